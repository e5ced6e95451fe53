"""All questions that can be asked of a loss alone, with a batch of predictions and targets."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

import torch
from torch import Tensor

from rewardlab.errors import BadInput, Problem, one_of
from rewardlab.losses.checks.batches import order, reduction
from rewardlab.losses.checks.direction import better_costs_less, direction, ladders_of, plateau
from rewardlab.losses.checks.extremes import extremes
from rewardlab.losses.checks.finding import LossFinding, answer, not_asked
from rewardlab.losses.checks.gradients import gradient, gradient_check
from rewardlab.losses.checks.interface import broadcasting, returned_value, target_dtypes
from rewardlab.losses.checks.joins import joins
from rewardlab.losses.checks.kinds import KINDS, LossCall, PredictionKind
from rewardlab.losses.checks.no_knowledge import no_knowledge
from rewardlab.losses.checks.questions import LOSS_QUESTIONS
from rewardlab.losses.checks.randomness import undisturbed
from rewardlab.losses.checks.subject import Subject, examined, loss_problems

__all__ = ["check_loss"]

# Questions that would only show a fault again. What is broadcast is another loss, and nothing is said of this one.
_ALWAYS_FIRST = ("broadcasting",)
_MEND_FIRST = {
    "reduction": ("broadcasting", "order"),
    "gradient_check": ("broadcasting", "gradient"),
    "direction": ("broadcasting", "gradient"),
    "plateau": ("broadcasting", "gradient", "direction"),
    "joins": ("broadcasting", "gradient", "direction"),
    "no_knowledge": ("broadcasting", "direction"),
}


def check_loss(
    loss: LossCall,
    predicted: Tensor,
    target: Tensor,
    *,
    kind: PredictionKind | None = None,
    better: Tensor | None = None,
    expected: float | None = None,
    generator: torch.Generator | None = None,
) -> list[LossFinding]:
    """Ask a loss what it does, before a model learns from it. Nothing is trained; the batch is left as it is.

    Args:
        loss: Called as ``loss(predicted, target)``: a function, or a module of torch's or ours.
        predicted: Predictions as a model would make them, floating, at least one row; 64 rows are looked at. They
            should be neither all alike nor all right.
        target: Their targets.
        kind: What the loss takes for a prediction; found out if None, and the finding ``kind`` says how.
        better: A prediction that you know to be better than ``predicted``, for losses of kind ``"other"``.
        expected: What the loss of a prediction that says nothing should be, such as 0.693 for two labels.
        generator: For what is drawn; by default one that begins at 0. The global ones are put back as they were.

    Returns:
        One finding for each question, in the order in which they were asked.

    Raises:
        BadInput: The loss cannot be called, the batch is no batch or holds NaN or infinities, or there is no such kind.

    Example:
        >>> from torch.nn.functional import mse_loss
        >>> findings = check_loss(lambda p, t: -mse_loss(p, t), torch.tensor([0.3, 1.8]), torch.tensor([1.5, -0.4]))
        >>> [finding.name for finding in findings if finding.level == "fault"]
        ['direction']
    """
    _refuse(loss, predicted, target, kind, better)
    generator = generator if generator is not None else torch.Generator().manual_seed(0)
    with undisturbed(), _one_thread():
        seed = int(torch.randint(2**31, (1,), generator=generator))
        first = returned_value(loss, predicted, target, seed)
        if first.level == "fault":
            reason = "the loss does not return what can be examined: mend returned_value first"
            return [first, *(not_asked(name, reason) for name in LOSS_QUESTIONS[1:])]
        subject = examined(loss, predicted, target, kind, generator)
        findings = [first, *_all_questions(subject, predicted, target, expected)]
        return [*findings, better_costs_less(subject, better[:64])] if better is not None else findings


@contextmanager
def _one_thread() -> Iterator[None]:
    """Batches of 64 rows are no faster with more threads, and many times slower where these wait for each other."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _all_questions(subject: Subject, predicted: Tensor, target: Tensor, expected: float | None) -> list[LossFinding]:
    findings: dict[str, LossFinding] = {}
    ladders = ladders_of(subject)
    ask: dict[str, Callable[[], LossFinding]] = {
        "kind": lambda: _kind_finding(subject),
        "broadcasting": lambda: broadcasting(subject, predicted, target),
        "target_dtypes": lambda: target_dtypes(subject),
        "order": lambda: order(subject),
        "reduction": lambda: reduction(subject),
        "gradient": lambda: gradient(subject),
        "gradient_check": lambda: gradient_check(subject),
        "direction": lambda: direction(subject, ladders),
        "plateau": lambda: plateau(subject, ladders),
        "extremes": lambda: extremes(subject, predicted.dtype),
        "joins": lambda: joins(subject, capped=findings["plateau"].level in ("fault", "caution")),
        "no_knowledge": lambda: no_knowledge(subject, expected),
    }
    for name in LOSS_QUESTIONS[1:]:
        first = [other for other in _MEND_FIRST.get(name, _ALWAYS_FIRST) if _faulty(findings, other)]
        reason = f"it would show {' and '.join(first)} again: mend that first"
        findings[name] = not_asked(name, reason) if first else ask[name]()
    return list(findings.values())


def _faulty(findings: Mapping[str, LossFinding], name: str) -> bool:
    return name in findings and findings[name].level == "fault"


def _kind_finding(subject: Subject) -> LossFinding:
    name = "kind"
    word = subject.kind.replace("_", " ")
    if not subject.read_from:
        return answer(name, "fine", f"{word}, as was said")
    remedy = "pass kind=... if that is not so" if "class of the loss" not in subject.read_from else ""
    return answer(name, "fine", f"{word}, read from {subject.read_from}", remedy)


def _refuse(loss: object, predicted: Tensor, target: Tensor, kind: str | None, better: Tensor | None) -> None:
    problems = loss_problems("check_loss.loss", loss)
    if kind is not None and kind not in KINDS:
        problems.append(one_of("check_loss.kind", kind, KINDS, "kind of prediction"))
    given: dict[str, object] = {"predicted": predicted, "target": target}
    if better is not None:
        given["better"] = better
    for name, tensor in given.items():
        where = f"check_loss.{name}"
        if not isinstance(tensor, Tensor):
            problems.append(Problem(where, type(tensor).__name__, "a tensor", "torch.as_tensor(...)"))
        elif tensor.ndim == 0 or tensor.numel() == 0:
            problems.append(Problem(where, f"shape {tuple(tensor.shape)}", "at least one row"))
        elif tensor.is_floating_point() and not bool(torch.isfinite(tensor).all()):
            count = int((~torch.isfinite(tensor)).sum())
            problems.append(Problem(where, f"{count} of {tensor.numel()} elements not finite", "finite numbers"))
    if problems:
        raise BadInput(*problems)
    if not predicted.is_floating_point():
        problems.append(Problem("check_loss.predicted", str(predicted.dtype), "a floating dtype", "use .float()"))
    if better is not None and better.shape != predicted.shape:
        problems.append(Problem("check_loss.better", f"shape {tuple(better.shape)}", f"shape {tuple(predicted.shape)}"))
    if problems:
        raise BadInput(*problems)
