"""The lines of the ledger: who added how much to the reward of a step.

``info["ledger"]`` maps a line's name to the amount, and the lines of a step add up to what the learner saw. A finite
environment opens it with the terms of its reward; for any other environment the first wrapper that adds a line opens it
with the line ``environment``. What is put round an environment adds lines under the names in `ADDED_LINES`, so that all
others are what the environment paid itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["ADDED_LINES", "ENVIRONMENT_LINE", "paid_by_itself", "with_line", "with_vector_line"]

ENVIRONMENT_LINE = "environment"

ADDED_LINES = frozenset({"amended", "bonus", "clip", "scale", "shaping", "transform", "unaccounted"})
"""The lines of wrappers: terms of an environment had better have other names."""


def paid_by_itself(lines: Mapping[str, Any]) -> Any:
    """What an environment paid before any wrapper: numbers or arrays, as the lines are; 0.0 where there are none.

    It is what an environment is taken to mean that states no objective.

    Args:
        lines: Line to amount, without masks.
    """
    return sum((amount for name, amount in lines.items() if name not in ADDED_LINES), start=0.0)


def with_line(info: dict[str, Any], paid_before: float, name: str, amount: float) -> dict[str, Any]:
    """A copy of a step's info with one more line; an amount under a name that is there is added to it."""
    lines = info.get("ledger", {ENVIRONMENT_LINE: paid_before})
    return {**info, "ledger": {**lines, name: lines.get(name, 0.0) + amount}}


def with_vector_line(
    infos: dict[str, Any],
    paid_before: NDArray[np.float64],
    name: str,
    amounts: NDArray[np.float64],
    paid: NDArray[np.bool_],
) -> dict[str, Any]:
    """A copy of a vector step's infos with one more line, in ``final_info`` for the episodes that ended there.

    Args:
        infos: The infos of the step.
        paid_before: ``[N]`` the rewards that came in.
        name: The line.
        amounts: ``[N]`` what was added.
        paid: ``[N]`` bool, the rows that took a paid step.
    """
    finals = infos.get("_final_info")
    if finals is None:
        return _extended(infos, paid_before, name, amounts, paid)
    top = _extended(infos, paid_before, name, np.where(finals, 0.0, amounts), paid & ~finals)
    top["final_info"] = _extended(infos["final_info"], paid_before, name, np.where(finals, amounts, 0.0), paid & finals)
    return top


def _extended(
    infos: dict[str, Any],
    paid_before: NDArray[np.float64],
    name: str,
    amounts: NDArray[np.float64],
    paid: NDArray[np.bool_],
) -> dict[str, Any]:
    lines = infos.get("ledger")
    if lines is None:
        count = np.count_nonzero(paid)
        if count == 0:
            return dict(infos)  # nobody to open a ledger for
        opening = paid_before.copy() if count == len(paid) else np.where(paid, paid_before, 0.0)
        lines = {ENVIRONMENT_LINE: opening, f"_{ENVIRONMENT_LINE}": paid}
    before = lines.get(name)
    total = amounts if before is None else before + amounts
    return {**infos, "ledger": {**lines, name: total, f"_{name}": paid}, "_ledger": paid}
