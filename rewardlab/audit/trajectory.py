"""A piece of behaviour that an audit shows: where it begins, what is done, what is paid, and what was meant by it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, final

__all__ = ["Trajectory"]


@final
@dataclass(frozen=True, slots=True)
class Trajectory:
    """Steps that can be played again: reset with ``options={"state": states[0]}``, then take the actions.

    Attributes:
        title: What it shows, in a few words.
        states: T + 1 state numbers of the environment's model, the first included.
        actions: T actions.
        action_names: A word for each of them.
        proxy: T amounts paid, undiscounted.
        objective: T amounts of the objective, undiscounted.
        probability: How likely chance plays along, given the actions, and begins there; 1 in a deterministic model.
        repeats_from: The step from which the actions repeat for ever; None if they do not.
        terminated: Whether the task is over after the last step.
        exploits: The names of the known exploits that it shows.
        pictures: T + 1 states as text, where the environment can draw them.
    """

    title: str
    states: tuple[int, ...]
    actions: tuple[int, ...]
    action_names: tuple[str, ...]
    proxy: tuple[float, ...]
    objective: tuple[float, ...]
    probability: float = 1.0
    repeats_from: int | None = None
    terminated: bool = False
    exploits: tuple[str, ...] = ()
    pictures: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """All of it but the pictures, as JSON data."""
        return {
            "title": self.title,
            "states": list(self.states),
            "actions": list(self.actions),
            "action_names": list(self.action_names),
            "proxy": list(self.proxy),
            "objective": list(self.objective),
            "probability": self.probability,
            "repeats_from": self.repeats_from,
            "terminated": self.terminated,
            "exploits": list(self.exploits),
        }
