"""The last steps of a training, kept as they came and made readable only when something has gone wrong."""

from __future__ import annotations

import math
from collections import deque
from typing import Any, NamedTuple, final

import numpy as np
from numpy.typing import NDArray

__all__ = ["StepTaken", "Trail"]

_KEPT = 10
_SHOWN = 16
"""Numbers of an observation."""


class StepTaken(NamedTuple):
    """A step of all environments, as a vector environment tells it.

    Attributes:
        number: Of the step: 1 for the first.
        actions: ``[N, ...]`` what was done.
        observations: ``[N, ...]`` what was seen then; of a new episode where one ended, in SAME_STEP mode.
        rewards: ``[N]`` what the learner is paid.
        terminations: ``[N]`` bool.
        truncations: ``[N]`` bool.
        infos: Gymnasium's vector infos, with the ledger.
    """

    number: int
    actions: Any
    observations: Any
    rewards: NDArray[np.float64]
    terminations: NDArray[np.bool_]
    truncations: NDArray[np.bool_]
    infos: dict[str, Any]


@final
class Trail:
    """Keeps the last ten steps. Nothing is copied: what environments return is never written to again."""

    def __init__(self) -> None:
        self._steps: deque[StepTaken] = deque(maxlen=_KEPT + 1)

    def add(self, taken: StepTaken) -> None:
        """Keep a step."""
        self._steps.append(taken)

    def last_steps(self, environment: int) -> list[dict[str, Any]]:
        """The last steps of one environment, oldest first, as JSON data; numbers that are none are text.

        Each has ``step``, ``action``, ``reward``, ``ledger``, ``ended``, and where the environment tells of its state
        ``state`` and ``next_state``, else ``next_observation`` (its first 16 numbers). A training that went on from a
        checkpoint has none from before.
        """
        steps = [*self._steps]
        befores = [None, *steps]
        told = [_told(taken, before, environment) for taken, before in zip(steps, befores, strict=False)]
        return told[-_KEPT:]


def _told(taken: StepTaken, before: StepTaken | None, index: int) -> dict[str, Any]:
    ended = bool(taken.terminations[index] or taken.truncations[index])
    is_final = ended and "final_info" in taken.infos
    infos = taken.infos["final_info"] if is_final else taken.infos
    told: dict[str, Any] = {"step": taken.number, "action": _plain(taken.actions, index)}
    if before is not None and "state" in before.infos:
        told["state"] = _plain(before.infos["state"], index)
    if "state" in infos:
        told["next_state"] = _plain(infos["state"], index)
    else:
        seen = taken.infos["final_obs"] if is_final and "final_obs" in taken.infos else taken.observations
        told["next_observation"] = _plain(seen, index)
    told["reward"] = _plain(taken.rewards, index)
    lines = infos.get("ledger", {})
    told["ledger"] = {
        name: _plain(amounts, index)
        for name, amounts in lines.items()
        if not (name.startswith("_") and name[1:] in lines)
    }
    return {**told, "ended": ended}


def _plain(batch: Any, index: int) -> Any:
    """One environment's part as JSON data."""
    if isinstance(batch, dict):
        return {str(name): _plain(part, index) for name, part in batch.items() if not str(name).startswith("_")}
    found = np.asarray(batch[index])
    if found.ndim:
        return [_number(value) for value in found.ravel()[:_SHOWN].tolist()]
    return _number(found.item())


def _number(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value if isinstance(value, bool | int | float | str) else str(value)
