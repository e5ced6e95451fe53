"""What steps of games are paid, and the infos that say so."""

from __future__ import annotations

from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from rewardlab.rewards import Catalogue, Reward
from rewardlab.transitions import Transitions
from rewardlab_envs.minichess.events import EVENTS

__all__ = ["Paid", "pay"]


@final
class Paid:
    """N paid steps.

    Attributes:
        rewards: ``[N]`` float64, what is paid.
        objective: ``[N]`` float64, what is meant.
        lines: ``[N]`` float64 for each term of the reward.
        events: ``[N, E]`` float64.
    """

    def __init__(
        self, lines: dict[str, NDArray[np.float64]], objective: NDArray[np.float64], events: NDArray[np.float64]
    ) -> None:
        self.lines, self.objective, self.events = lines, objective, events
        self.rewards: NDArray[np.float64] = np.sum(list(lines.values()), axis=0)

    def info(self) -> dict[str, Any]:
        """The info of the first step, as of a single environment."""
        return {
            "objective": float(self.objective[0]),
            "ledger": {name: float(amounts[0]) for name, amounts in self.lines.items()},
            "events": dict(zip(EVENTS, self.events[0].tolist(), strict=True)),
        }

    def infos(self, mask: NDArray[np.bool_]) -> dict[str, Any]:
        """Gymnasium's vector infos of the steps that a mask picks, each key beside its mask; zeros elsewhere."""
        events = np.where(mask[:, None], self.events, 0.0)
        return {
            "objective": np.where(mask, self.objective, 0.0),
            "_objective": mask,
            "ledger": _masked({name: np.where(mask, amounts, 0.0) for name, amounts in self.lines.items()}, mask),
            "_ledger": mask,
            "events": _masked({name: events[:, index] for index, name in enumerate(EVENTS)}, mask),
            "_events": mask,
        }


def pay(
    reward: Reward,
    catalogue: Catalogue,
    before: NDArray[np.float32],
    actions: NDArray[np.int64],
    after: NDArray[np.float32],
    terminated: NDArray[np.bool_],
    events: NDArray[np.float64],
    stepped: NDArray[np.bool_],
) -> Paid:
    """Pay the steps of the games that took one; the others, which began anew, get nothing."""
    happened = {name: events[:, index] for index, name in enumerate(EVENTS)}
    steps = Transitions(before, actions, after, terminated, happened)
    everyone = bool(stepped.all())
    if not everyone:
        steps = steps.select(stepped)
    lines, meant = reward.lines(steps), catalogue.rewards[catalogue.objective](steps)
    if everyone:
        return Paid(lines, meant, events)
    return Paid({name: _spread(part, stepped) for name, part in lines.items()}, _spread(meant, stepped), events)


def _spread(part: NDArray[np.float64], stepped: NDArray[np.bool_]) -> NDArray[np.float64]:
    whole = np.zeros(len(stepped))
    whole[stepped] = part
    return whole


def _masked(columns: dict[str, NDArray[np.float64]], mask: NDArray[np.bool_]) -> dict[str, Any]:
    entries: dict[str, Any] = {}
    for name, column in columns.items():
        entries[name] = column
        entries[f"_{name}"] = mask
    return entries
