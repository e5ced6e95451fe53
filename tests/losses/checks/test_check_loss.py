"""check_loss finds the fault planted for it and nothing else, is silent where there is none, and leaves no trace."""

from __future__ import annotations

import json
import random
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from rewardlab.errors import BadInput
from rewardlab.losses.checks import LossFinding, LossReport, check_loss
from rewardlab.losses.checks.questions import LOSS_QUESTIONS, QUESTIONS
from tests.losses.checks.planted_losses import (
    CLASS,
    CLASSES,
    CLEAN,
    FAULTY,
    GUESSES,
    LABELS,
    LOGIT,
    LOGITS,
    NUMBER,
    NUMBERS,
)


def ill(findings: list[LossFinding]) -> dict[str, str]:
    return {finding.name: finding.level for finding in findings if finding.level in ("fault", "caution")}


def one(findings: list[LossFinding], name: str) -> LossFinding:
    return LossReport(tuple(findings)).finding(name)


@pytest.mark.parametrize("name", FAULTY)
def test_each_planted_fault_is_found_by_its_name_and_sets_off_no_other(name: str) -> None:
    loss, (predicted, target), expected = FAULTY[name]
    assert ill(check_loss(loss, predicted, target)) == expected


@pytest.mark.parametrize("name", CLEAN)
def test_nothing_is_found_where_nothing_is_wrong(name: str) -> None:
    loss, (predicted, target) = CLEAN[name]
    findings = check_loss(loss, predicted, target)
    assert ill(findings) == {}
    assert tuple(finding.name for finding in findings) == LOSS_QUESTIONS


def test_clipping_at_one_in_ten_million_is_flat_beyond_a_logit_of_sixteen() -> None:
    loss, (predicted, target), _ = FAULTY["clipped probabilities"]
    found = one(check_loss(loss, predicted, target), "plateau")
    # -log(1e-7) = 16.1181; flat between logits of the truth of -30 and -20, and not from -20 to -10.
    assert found.evidence == (
        "target 0: from -30 to -20 the loss goes 16.1181 -> 16.1181",
        "target 1: from -30 to -20 the loss goes 16.1181 -> 16.1181",
    )


def test_a_jump_is_located_and_measured() -> None:
    loss, (predicted, target), _ = FAULTY["Huber without its constant"]
    # 5 |e| without its - 12.5 stands 12.5 above e^2 / 2 where they should meet, at 5.
    assert one(check_loss(loss, predicted, target), "joins").evidence == (
        "error: at -5 the value jumps by -12.5",
        "error: at 5 the value jumps by +12.5",
    )


@pytest.mark.parametrize(("loss", "corners"), [(nn.L1Loss(), 1), (nn.MSELoss(), 0), (nn.HuberLoss(), 0)])
def test_a_corner_at_the_target_is_told_and_no_fault(loss: nn.Module, corners: int) -> None:
    found = one(check_loss(loss, *NUMBER), "joins")
    assert found.level == "fine"
    assert len(found.evidence) == corners


def test_a_gradient_of_zero_is_told_apart_by_moving() -> None:
    at_optimum = check_loss(nn.MSELoss(), NUMBERS, NUMBERS)
    assert "at an optimum" in one(at_optimum, "gradient").saw
    flat = check_loss(lambda p, t: functional.relu(p - 1e3 + 0 * t).sum() + 0 * p.sum(), *NUMBER)
    assert one(flat, "gradient").level == "fault"
    assert "changes nothing" in one(flat, "gradient").saw
    rounded, _, _ = FAULTY["rounded predictions"]
    assert "changes all the same" in one(check_loss(rounded, *NUMBER), "gradient").saw


@pytest.mark.parametrize(
    ("loss", "batch", "words"),
    [
        (nn.BCEWithLogitsLoss(), LOGIT, "0.693147, 1 times ln 2"),
        # Half of the labels are 1, so that the mean weight is (1 + 19) / 2.
        (nn.BCEWithLogitsLoss(pos_weight=torch.tensor(19.0)), LOGIT, "6.93147, 10 times ln 2"),
        (nn.CrossEntropyLoss(), CLASS, "1.60944, 1 times ln 5"),
    ],
)
def test_the_value_of_no_knowledge(loss: nn.Module, batch: tuple[Tensor, Tensor], words: str) -> None:
    assert words in one(check_loss(loss, *batch), "no_knowledge").saw


def test_an_expected_value_is_held_against_the_loss() -> None:
    loss = nn.BCEWithLogitsLoss()
    assert one(check_loss(loss, *LOGIT, expected=0.6931), "no_knowledge").level == "fine"
    found = one(check_loss(loss, *LOGIT, expected=0.35), "no_knowledge")
    assert (found.level, found.saw) == ("fault", "it is 0.693147, and 0.35 was expected")


def test_the_reduction_is_named() -> None:
    assert one(check_loss(nn.MSELoss(), *NUMBER), "reduction").saw.startswith("a mean")
    assert one(check_loss(nn.MSELoss(reduction="sum"), *NUMBER), "reduction").saw.startswith("a sum")


def test_the_number_of_pairs_of_a_column_and_a_row() -> None:
    found = one(check_loss(nn.MSELoss(), GUESSES[:, None], NUMBERS), "broadcasting")
    assert "256 pairs are compared instead of 16" in found.saw


@pytest.mark.parametrize(
    ("loss", "batch", "words"),
    [
        (nn.BCEWithLogitsLoss(), (LOGITS, LABELS.long()), "target.float()"),
        (nn.CrossEntropyLoss(), (CLASS[0], CLASSES.double()), "target.long()"),
        (FAULTY["broadcast silently"][0], (GUESSES, NUMBERS[:3]), "none of the usual"),
        (nn.NLLLoss(), (CLASS[0], functional.one_hot(CLASSES, 5)), "argmax"),
    ],
)
def test_what_would_have_helped_a_loss_that_raised(loss: Any, batch: tuple[Tensor, Tensor], words: str) -> None:
    found = one(check_loss(loss, *batch), "returned_value")
    assert found.level == "fault"
    assert words in found.cause


def test_whole_numbers_that_wrap() -> None:
    # In uint8 2 * 0 - 1 is 255.
    loss, _, _ = FAULTY["signs of bytes"]
    found = one(check_loss(loss, LOGITS, LABELS.to(torch.uint8)), "target_dtypes")
    assert (found.level, found.saw) == ("fault", "as uint8 they cost something else")


@pytest.mark.parametrize(
    ("loss", "batch", "kind"),
    [
        (lambda p, t: ((p - t) ** 2).mean(), NUMBER, "number"),
        (lambda p, t: ((p - t) ** 2).mean(), LOGIT, "number"),
        (lambda z, t: functional.binary_cross_entropy_with_logits(z, t), LOGIT, "logit"),
        (lambda z, t: functional.binary_cross_entropy_with_logits(z, t), (torch.sigmoid(LOGITS), LABELS), "logit"),
        (lambda p, t: functional.binary_cross_entropy(p, t), (torch.sigmoid(LOGITS), LABELS), "probability"),
        (lambda z, t: functional.cross_entropy(z, t), CLASS, "classes"),
        (nn.GaussianNLLLoss(), NUMBER, "other"),
    ],
)
def test_the_kind_is_read_from_what_the_loss_does(loss: Any, batch: tuple[Tensor, Tensor], kind: str) -> None:
    wrapped = (lambda p, t: loss(p, t, torch.ones_like(p))) if kind == "other" else loss
    given = {"kind": "other"} if kind == "other" else {}
    assert one(check_loss(wrapped, *batch, **given), "kind").saw.startswith(kind)


_COUNTS, _SIDES, _SHARES = torch.arange(16.0), 2 * LABELS - 1, torch.full((16, 5), 0.2)


@pytest.mark.parametrize(
    ("losses", "batch", "kind"),
    [
        ((nn.PoissonNLLLoss(), functional.poisson_nll_loss), (LOGITS, _COUNTS), "other"),
        ((nn.SoftMarginLoss(), functional.soft_margin_loss), (LOGITS, _SIDES), "other"),
        ((nn.HingeEmbeddingLoss(), functional.hinge_embedding_loss), (LOGITS.exp(), _SIDES), "other"),
        ((nn.KLDivLoss(reduction="batchmean"), functional.kl_div), (CLASS[0].log_softmax(1), _SHARES), "other"),
        ((nn.MultiMarginLoss(), functional.multi_margin_loss), CLASS, "classes"),
        (
            (nn.MultiLabelSoftMarginLoss(), functional.multilabel_soft_margin_loss),
            (CLASS[0], functional.one_hot(CLASSES, 5).float()),
            "logit",
        ),
    ],
)
def test_a_loss_of_torch_is_known_as_a_class_and_as_a_function(
    losses: tuple[Any, Any], batch: tuple[Tensor, Tensor], kind: str
) -> None:
    for loss in losses:
        findings = check_loss(loss, *batch)
        assert one(findings, "kind").saw == f"{kind}, read from the class of the loss"
        assert [finding.name for finding in findings if finding.level == "fault"] == []


def test_a_loss_of_its_own_kind_is_asked_by_a_better_prediction() -> None:
    predicted = torch.randn(16, 2, generator=torch.Generator().manual_seed(1))
    better = torch.stack([NUMBERS, torch.zeros(16)], 1)

    def density(said: Tensor, target: Tensor) -> Tensor:
        return functional.gaussian_nll_loss(said[:, 0], target, said[:, 1].exp())

    findings = check_loss(density, predicted, NUMBERS, better=better)
    assert one(findings, "better").level == "fine"
    assert one(findings, "direction").level == "not asked"
    assert one(check_loss(lambda p, t: -density(p, t), predicted, NUMBERS, better=better), "better").level == "fault"


def test_nothing_is_left_behind() -> None:
    torch_state, numpy_state, python_state = torch.get_rng_state(), np.random.get_state(), random.getstate()  # noqa: NPY002
    predicted, target = GUESSES.clone().requires_grad_(), NUMBERS.clone()
    loss = nn.MSELoss()

    def careless(p: Tensor, t: Tensor) -> Tensor:
        return loss(p + 1e-6 * torch.rand(p.shape) * random.random() * np.random.rand(), t)  # noqa: NPY002

    first, second = check_loss(loss, predicted, target), check_loss(loss, predicted, target)
    assert first == second
    check_loss(careless, predicted, target)
    assert torch.equal(torch.get_rng_state(), torch_state)
    assert random.getstate() == python_state
    assert np.array_equal(np.random.get_state()[1], numpy_state[1])  # noqa: NPY002
    assert predicted.grad is None
    assert torch.equal(target, NUMBERS)


def test_torch_has_as_many_threads_as_before() -> None:
    before = torch.get_num_threads()

    def careless(p: Tensor, t: Tensor) -> Tensor:
        raise KeyboardInterrupt

    try:
        torch.set_num_threads(3)
        check_loss(nn.MSELoss(), *NUMBER)
        assert torch.get_num_threads() == 3
        with pytest.raises(KeyboardInterrupt):
            check_loss(careless, *NUMBER)
        assert torch.get_num_threads() == 3
    finally:
        torch.set_num_threads(before)


def test_a_probability_of_zero_that_came_true_costs_infinity_which_is_no_mistake_of_the_loss() -> None:
    def surprise(p: Tensor, t: Tensor) -> Tensor:
        return -torch.where(t == 1, p, 1 - p).log().mean()

    found = one(check_loss(surprise, torch.sigmoid(LOGITS), LABELS, kind="probability"), "extremes")
    assert (found.level, found.evidence[0]) == ("caution", "at probability of the truth 0 the loss is inf")
    # As 0 * log(0) it is NaN, where the truth has probability 1.
    loss, batch, _ = FAULTY["log(0) of probabilities"]
    assert one(check_loss(loss, *batch), "extremes").level == "fault"


def test_findings_are_plain_data_and_text() -> None:
    findings = check_loss(*_first_faulty())
    report = LossReport(tuple(findings))
    data = json.loads(json.dumps(report.as_dict()))
    assert not data["clean"]
    assert [entry["name"] for entry in data["findings"]] == list(LOSS_QUESTIONS)
    assert {entry["question"] for entry in data["findings"]} <= set(QUESTIONS.values())
    text = report.as_text()
    assert text.splitlines()[0].startswith("FAULT     direction: ")
    assert text.splitlines()[-1].startswith("13 questions: 1 fault, 0 caution, ")
    assert max(map(len, report.as_text(everything=True).splitlines())) <= 100
    with pytest.raises(BadInput, match="did you mean 'direction'"):
        report.finding("directon")


@pytest.mark.parametrize(
    ("predicted", "target", "settings", "words"),
    [
        ([1.0], NUMBERS, {}, "predicted: got list, expected a tensor"),
        (GUESSES.long(), NUMBERS, {}, "predicted: got torch.int64, expected a floating dtype"),
        (GUESSES[:0], NUMBERS[:0], {}, "at least one row"),
        (GUESSES, NUMBERS / 0, {}, "target: got 16 of 16 elements not finite"),
        (GUESSES, NUMBERS, {"kind": "logits"}, "did you mean 'logit'"),
        (GUESSES, NUMBERS, {"better": NUMBERS[:3]}, r"better: got shape \(3,\)"),
    ],
)
def test_what_is_no_batch_is_refused(predicted: Any, target: Any, settings: dict[str, Any], words: str) -> None:
    with pytest.raises(BadInput, match=words):
        check_loss(nn.MSELoss(), predicted, target, **settings)


def test_what_is_no_loss_is_refused() -> None:
    with pytest.raises(BadInput, match=r"loss: got the class MSELoss, .*; make one: MSELoss\(\)"):
        check_loss(nn.MSELoss, GUESSES, NUMBERS)
    with pytest.raises(BadInput, match="loss: got 'mse', expected a function or module"):
        check_loss("mse", GUESSES, NUMBERS)  # type: ignore[arg-type]


def _first_faulty() -> tuple[Any, Tensor, Tensor]:
    loss, (predicted, target), _ = FAULTY["a sign"]
    return loss, predicted, target
