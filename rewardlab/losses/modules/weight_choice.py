"""Which parameters of a model are weights: never a bias, a norm layer's scale, or a spread that stands on its own.

A bias says where the data lie and a norm layer's scale how large its outputs are; to pull them to 0 fits a wrong model,
not a simple one. SB3's ``log_std`` is the spread of a policy: to pull it to 0 is to pull the spread to 1.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from fnmatch import fnmatchcase
from typing import NamedTuple

from torch import Tensor, nn

from rewardlab.errors import BadInput, Problem, nearest

__all__ = ["Model", "named_weights"]

Model = nn.Module | Iterable[tuple[str, Tensor]]
"""A model, or names and parameters of one, such as ``model.named_parameters()`` or some of them."""

_NORMS = (nn.modules.batchnorm._NormBase, nn.LayerNorm, nn.GroupNorm, nn.RMSNorm)
_SHOWN = 6


class _Candidate(NamedTuple):
    name: str
    parameter: Tensor
    why_not: str
    is_usual: bool


def named_weights(
    model: Model, names: str | Sequence[str] | None = None, *, where: str = "named_weights"
) -> list[tuple[str, Tensor]]:
    """The weights of a model that a penalty is for.

    Without names these are the trained parameters called ``weight``, ``weight_...`` or ``..._weight`` that have two
    dimensions or more, which is what linear, convolutional, recurrent, attention and embedding layers have. Left out
    are biases, scales of norm layers, ``log_std``, and what is frozen. What is reached twice counts once. Of a layer
    that makes its weight out of others, such as ``weight_norm``, look at what was chosen.

    Args:
        model: A module, or pairs of name and parameter. Of pairs it is not known to which layer they belong, so that a
            norm layer's scale is known only by its one dimension.
        names: Patterns such as ``"actor.*"`` (as in ``fnmatch``; ``*`` matches dots too) choose among these weights.
            An exact name may also be that of another parameter, such as one of a layer of your own.
        where: The place to name in messages.

    Returns:
        Names and parameters in the order of the model; at least one.

    Raises:
        BadInput: There is no weight, or a name fits none, or only what is no weight.
    """
    candidates = list(_candidates(model, where))
    wanted = ["*"] if names is None else [names] if isinstance(names, str) else list(names)
    if not wanted:
        raise BadInput(Problem(f"{where}.names", "none", "names or patterns", "None chooses all weights"))
    chosen: set[str] = set()
    problems = []
    for pattern in wanted:
        found = _fitting(pattern, candidates)
        chosen.update(candidate.name for candidate in found)
        if not found:
            problems.append(_nothing_found(where, None if names is None else pattern, candidates))
    if problems:
        raise BadInput(*problems)
    once: dict[int, tuple[str, Tensor]] = {}
    for candidate in candidates:
        if candidate.name in chosen:
            once.setdefault(id(candidate.parameter), (candidate.name, candidate.parameter))
    return list(once.values())


def _candidates(model: Model, where: str) -> Iterator[_Candidate]:
    layers = dict(model.named_modules(remove_duplicate=False)) if isinstance(model, nn.Module) else {}
    pairs: Iterable[object] = model.named_parameters(remove_duplicate=False) if isinstance(model, nn.Module) else model
    for pair in pairs:
        if not (isinstance(pair, tuple) and len(pair) == 2 and isinstance(pair[1], Tensor)):
            fix = "pass the model, or model.named_parameters()"
            raise BadInput(Problem(f"{where}.model", type(pair).__name__, "pairs of name and parameter", fix))
        name, parameter = pair
        if nn.parameter.is_lazy(parameter):
            fix = "run the model on one batch first"
            raise BadInput(Problem(f"{where}.model", f"{name} without a shape", "parameters that exist", fix))
        holder, _, own_name = name.rpartition(".")
        why_not = _why_not(own_name, parameter, layers.get(holder))
        yield _Candidate(name, parameter, why_not, not why_not and _is_usual(own_name, parameter))


def _why_not(own_name: str, parameter: Tensor, layer: nn.Module | None) -> str:
    if "bias" in own_name.split("_"):
        return "a bias, which says where the data lie"
    if isinstance(layer, _NORMS):
        return "the scale of a norm layer"
    if own_name == "log_std":
        return "the spread of a policy: 0 would be a spread of 1"
    return "" if parameter.requires_grad else "frozen"


def _is_usual(own_name: str, parameter: Tensor) -> bool:
    return "weight" in own_name.split("_") and parameter.ndim >= 2


def _is_pattern(name: str) -> bool:
    return any(mark in name for mark in "*?[")


def _fitting(pattern: str, candidates: Sequence[_Candidate]) -> list[_Candidate]:
    if _is_pattern(pattern):
        return [candidate for candidate in candidates if candidate.is_usual and fnmatchcase(candidate.name, pattern)]
    return [candidate for candidate in candidates if candidate.name == pattern and not candidate.why_not]


def _nothing_found(where: str, pattern: str | None, candidates: Sequence[_Candidate]) -> Problem:
    usual = [candidate.name for candidate in candidates if candidate.is_usual]
    if pattern is None:
        fix = "name them exactly if they are called otherwise; a frozen weight has nothing to learn"
        return Problem(f"{where}.model", f"no weight among {_listed([c.name for c in candidates])}", "a weight", fix)
    fitting = [candidate for candidate in candidates if fnmatchcase(candidate.name, pattern)]
    expected = f"a weight, such as {_listed(usual)}" if usual else "a weight, but this model has none"
    if not fitting:
        return Problem(f"{where}.names", repr(pattern), expected, nearest(pattern, usual))
    forbidden = [candidate for candidate in fitting if candidate.why_not]
    if forbidden:
        return Problem(f"{where}.names", repr(pattern), expected, f"{forbidden[0].name} is {forbidden[0].why_not}")
    return Problem(f"{where}.names", repr(pattern), expected, f"name {fitting[0].name} exactly if it is one")


def _listed(names: Sequence[str]) -> str:
    if not names:
        return "none"
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more
