"""A batch of steps: the one thing every reward, detector and audit reads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from rewardlab.errors import BadInput, Problem, one_of

__all__ = ["Transitions"]


@final
@dataclass(frozen=True, slots=True)
class Transitions:
    """A batch of B steps, as arrays.

    The same type carries a single step (B = 1), one step of a vector of environments, an episode in time order,
    or every state, action and outcome of a finite model at once, so that a reward is written once.

    Attributes:
        state: ``[B, ...]`` where each step began: state indices of a finite model, else observations.
        action: ``[B, ...]`` what was done.
        next_state: ``[B, ...]`` where it led; of the *final* state where an episode ended, never of the next episode.
        terminated: ``[B]`` bool, whether the step ended the task itself. A time limit is not a termination.
        events: What the step caused, by name, each ``[B]`` float64.
    """

    state: NDArray[Any]
    action: NDArray[Any]
    next_state: NDArray[Any]
    terminated: NDArray[np.bool_]
    events: Mapping[str, NDArray[np.float64]]

    def __post_init__(self) -> None:
        size = len(self.state)
        parts = {"action": self.action, "next_state": self.next_state, "terminated": self.terminated}
        parts |= {f"events[{name!r}]": values for name, values in self.events.items()}
        wrong = [
            Problem(f"Transitions.{name}", f"{len(part)} rows", f"{size} rows, as in state")
            for name, part in parts.items()
            if len(part) != size
        ]
        if wrong:
            raise BadInput(*wrong)

    def __len__(self) -> int:
        return len(self.state)

    def event(self, name: str) -> NDArray[np.float64]:
        """The event of this name, ``[B]`` float64.

        Raises:
            BadInput: No such event; the message lists those that there are.
        """
        if name not in self.events:
            raise BadInput(one_of("event", name, self.events, "event"))
        return self.events[name]

    def select(self, rows: NDArray[Any] | slice) -> Transitions:
        """The steps picked by an index array, a mask or a slice."""
        return Transitions(
            self.state[rows],
            self.action[rows],
            self.next_state[rows],
            self.terminated[rows],
            {name: values[rows] for name, values in self.events.items()},
        )

    @staticmethod
    def concatenate(parts: Sequence[Transitions]) -> Transitions:
        """Join batches that carry the same events, in order.

        Raises:
            BadInput: ``parts`` is empty, or their events differ.
        """
        if not parts:
            raise BadInput(Problem("Transitions.concatenate", "no batches", "at least one"))
        names = set(parts[0].events)
        if any(set(part.events) != names for part in parts):
            raise BadInput(Problem("Transitions.concatenate", "batches with different events", "the same in each"))
        return Transitions(
            np.concatenate([part.state for part in parts]),
            np.concatenate([part.action for part in parts]),
            np.concatenate([part.next_state for part in parts]),
            np.concatenate([part.terminated for part in parts]),
            {name: np.concatenate([part.events[name] for part in parts]) for name in parts[0].events},
        )
