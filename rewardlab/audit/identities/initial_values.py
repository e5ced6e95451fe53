"""Shaping as initial values: two Q-learners on the same experience, side by side.

Wiewiora (2003), "Potential-based shaping and Q-value initialization are equivalent". One learner is shaped and begins
at 0, the other is not and begins at the potential. After *every* update the first one's values plus the potential are
the second one's, so both explore alike under any rule that looks at differences of values. The potential of a state in
which the task ended counts as 0; at a time limit it is kept. With either slip the two part at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from rewardlab.audit.identities.identity import checked_arrays
from rewardlab.errors import BadInput, Problem
from rewardlab.rewards.potential import shaping
from rewardlab.rewards.returns import check_gamma
from rewardlab.transitions import Transitions

__all__ = ["InitialValues", "TabularUpdate", "initial_values", "q_learning_update"]


class TabularUpdate(Protocol):
    """An update of a table of action values by N steps, in place, such as `rewardlab.agents.q_update`."""

    def __call__(
        self,
        table: NDArray[np.float64],
        states: NDArray[np.int64],
        actions: NDArray[np.int64],
        rewards: NDArray[np.float64],
        next_states: NDArray[np.int64],
        terminated: NDArray[np.bool_],
        *,
        learning_rate: float,
        gamma: float,
    ) -> None:
        """Learn from the steps."""
        ...


@final
@dataclass(frozen=True, slots=True)
class InitialValues:
    """How far two learners were apart.

    Attributes:
        deviations: ``[B]`` after each update the largest difference in size between the shaped learner's values plus
            the potential, and those of the learner that began at the potential.
        shaped: ``[S, A]`` the shaped learner's values at the end.
        started: ``[S, A]`` the other's.
        tolerance: What counts as rounding, relative to the largest value that either learned or to 1.
    """

    deviations: NDArray[np.float64]
    shaped: NDArray[np.float64]
    started: NDArray[np.float64]
    tolerance: float

    @property
    def deviation(self) -> float:
        """The largest of all."""
        return float(self.deviations.max(initial=0.0))

    @property
    def first_apart(self) -> int | None:
        """The first step after which the two differ by more than rounding; None if they never do."""
        apart = np.flatnonzero(~(self.deviations <= self._allowed))
        return int(apart[0]) if len(apart) else None

    @property
    def holds(self) -> bool:
        """Whether they never part."""
        return self.first_apart is None

    @property
    def _allowed(self) -> float:
        return self.tolerance * max(1.0, float(np.abs([self.shaped, self.started]).max(initial=0.0)))


def q_learning_update(
    table: NDArray[np.float64],
    states: NDArray[np.int64],
    actions: NDArray[np.int64],
    rewards: NDArray[np.float64],
    next_states: NDArray[np.int64],
    terminated: NDArray[np.bool_],
    *,
    learning_rate: float,
    gamma: float,
) -> None:
    """Watkins' Q-learning, in place: ``Q += learning_rate * (reward + gamma * max Q(next) - Q)``."""
    following = np.where(terminated, 0.0, table[next_states].max(axis=1))
    errors = rewards + gamma * following - table[states, actions]
    np.add.at(table, (states, actions), learning_rate * errors)


def initial_values(
    steps: Transitions,
    rewards: ArrayLike,
    potential: ArrayLike,
    n_actions: int,
    gamma: float,
    *,
    learning_rate: float = 0.1,
    amounts: ArrayLike | None = None,
    update: TabularUpdate = q_learning_update,
    tolerance: float = 1e-12,
) -> InitialValues:
    """Let both learn from the same steps, one by one.

    Args:
        steps: B steps between states that are numbered, in the order in which they are learned from.
        rewards: ``[B]`` what each paid, without shaping.
        potential: ``[S]`` the potential.
        n_actions: A.
        gamma: The learners' discount, in [0, 1].
        learning_rate: In (0, 1].
        amounts: ``[B]`` what shaping adds to each step; by default `rewardlab.rewards.shaping`, the right one. Give
            what your own code adds, to see whether it is right.
        update: The learner.
        tolerance: What counts as rounding.

    Raises:
        BadInput: Lengths do not fit, a state or action is none, or a number is not finite or out of its range.
    """
    check_gamma(gamma)
    right = shaping(*_potentials(steps, potential, n_actions), steps.terminated, gamma)
    paid, phi, added = checked_arrays(
        {
            "rewards": (rewards, (len(steps),)),
            "potential": (potential, (-1,)),
            "amounts": (right if amounts is None else amounts, (len(steps),)),
        }
    )
    if not 0.0 < learning_rate <= 1.0:
        raise BadInput(Problem("learning_rate", repr(learning_rate), "a number in (0, 1]"))
    shaped, started = np.zeros((len(phi), n_actions)), np.tile(phi[:, None], n_actions)
    deviations = np.zeros(len(steps))
    for row in range(len(steps)):
        step = steps.select(slice(row, row + 1))
        for table, amount in ((shaped, paid[row] + added[row]), (started, paid[row])):
            update(
                table,
                step.state,
                step.action,
                np.array([amount]),
                step.next_state,
                step.terminated,
                learning_rate=learning_rate,
                gamma=gamma,
            )
        deviations[row] = np.abs(shaped + phi[:, None] - started).max()
    return InitialValues(deviations, shaped, started, tolerance)


def _potentials(
    steps: Transitions, potential: ArrayLike, n_actions: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    (phi,) = checked_arrays({"potential": (potential, (-1,))})
    sizes = {"state": len(phi), "next_state": len(phi), "action": n_actions}
    problems = [
        Problem(f"steps.{name}", "a number outside the table", f"whole numbers in [0, {size})")
        for name, size in sizes.items()
        if not ((getattr(steps, name) >= 0) & (getattr(steps, name) < size)).all()
    ]
    if problems:
        raise BadInput(*problems)
    return phi[steps.state], phi[steps.next_state]
