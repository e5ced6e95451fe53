"""The memory of a vector environment and of all that is wrapped round it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from gymnasium.vector import VectorEnv, VectorWrapper

from rewardlab.errors import BadInput, Problem
from rewardlab.snapshots import Restorable

__all__ = ["layers", "obstacle", "restore_stack", "stack_snapshot"]


def layers(env: VectorEnv[Any, Any, Any]) -> list[VectorEnv[Any, Any, Any]]:
    """The environment's wrappers and it itself, the bare environment first."""
    found = [env]
    while isinstance(found[-1], VectorWrapper):
        found.append(found[-1].env)
    return found[::-1]


def obstacle(parts: Iterable[object]) -> str:
    """Why parts of a training cannot be stopped and go on, as a clause; empty if they can."""
    unfit = dict.fromkeys(type(part).__name__ for part in parts if not isinstance(part, Restorable))
    if not unfit:
        return ""
    return f"{', '.join(unfit)} cannot be saved (no rewardlab.snapshots.Restorable), so that it keeps no checkpoints"


def stack_snapshot(env: VectorEnv[Any, Any, Any]) -> list[dict[str, Any]]:
    """The snapshot of every layer, the bare environment's first."""
    return [{"layer": type(part).__name__, "state": _restorable(part).snapshot()} for part in layers(env)]


def restore_stack(env: VectorEnv[Any, Any, Any], states: Sequence[Any]) -> None:
    """Give every layer its own back. No reset is needed before, and none may follow.

    Raises:
        BadInput: They are of other layers, or of layers made otherwise.
    """
    present = layers(env)
    saved, names = [state["layer"] for state in states], [type(part).__name__ for part in present]
    if saved != names:
        raise BadInput(Problem("the snapshot of a stack", ", ".join(saved), ", ".join(names)))
    for part, state in zip(present, states, strict=True):
        _restorable(part).restore(state["state"])


def _restorable(part: VectorEnv[Any, Any, Any]) -> Restorable:
    if isinstance(part, Restorable):
        return part
    raise BadInput(Problem(type(part).__name__, "no snapshot", "a rewardlab.snapshots.Restorable"))
