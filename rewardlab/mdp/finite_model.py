"""A finite environment as a table: every state, action and outcome, with its probability and its events."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from rewardlab.errors import BadInput, Problem
from rewardlab.rewards.potential import shaping
from rewardlab.rewards.returns import check_gamma
from rewardlab.rewards.reward import Reward
from rewardlab.transitions import Transitions

__all__ = ["FiniteModel"]

_WHOLE = 1e-12
"""A sum as near to 1 as this is 1 but for rounding."""


@final
@dataclass(frozen=True)
class FiniteModel:
    """The dynamics of a finite Markov decision process with S states, A actions and K outcomes of each.

    Rewards are no part of it: they are functions of its transitions, and any number of them share one model. The arrays
    are copied and made read-only.

    Attributes:
        successor: ``[S, A, K]`` int, the state that each outcome leads to.
        probability: ``[S, A, K]`` float, the probability of each outcome; sums to 1 over K. What is off by no more than
            1e-9 is divided by its sum; so is ``start``.
        terminal: ``[S]`` bool, the states in which the task is over. Nothing is paid in them.
        start: ``[S]`` float, the distribution of the first state; no terminal state among them.
        legal: ``[S, A]`` bool, the actions that may be taken; all by default.
        events: Event name to ``[S, A, K]`` float, what each outcome causes.
    """

    successor: NDArray[np.int64]
    probability: NDArray[np.float64]
    terminal: NDArray[np.bool_]
    start: NDArray[np.float64]
    legal: NDArray[np.bool_] = None  # type: ignore[assignment]  # __post_init__ fills it in
    events: Mapping[str, NDArray[np.float64]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        legal = np.ones(np.shape(self.successor)[:2], dtype=np.bool_) if self.legal is None else self.legal
        arrays: dict[str, NDArray[Any]] = {
            "successor": np.array(self.successor, dtype=np.int64),
            "probability": np.array(self.probability, dtype=np.float64),
            "terminal": np.array(self.terminal, dtype=np.bool_),
            "start": np.array(self.start, dtype=np.float64),
            "legal": np.array(legal, dtype=np.bool_),
        }
        events = {name: np.array(values, dtype=np.float64) for name, values in self.events.items()}
        problems = _shape_problems(arrays, events) or _content_problems(arrays, events)
        if problems:
            raise BadInput(*problems)
        for name in ("probability", "start"):
            _make_whole(arrays[name])
        for array in [*arrays.values(), *events.values()]:
            array.setflags(write=False)
        for name, array in arrays.items():
            object.__setattr__(self, name, array)
        object.__setattr__(self, "events", events)

    @property
    def n_states(self) -> int:
        """S."""
        return int(self.successor.shape[0])

    @property
    def n_actions(self) -> int:
        """A."""
        return int(self.successor.shape[1])

    @property
    def n_outcomes(self) -> int:
        """K; 1 for a deterministic model."""
        return int(self.successor.shape[2])

    @cached_property
    def feasible(self) -> NDArray[np.bool_]:
        """``[S, A, K]`` bool: the outcomes that can happen, from states that are not terminal and by legal actions."""
        return (self.probability > 0) & self.legal[:, :, None] & ~self.terminal[:, None, None]

    @cached_property
    def ends_surely(self) -> bool:
        """Whether no state can come twice, so that every episode ends whatever is done, within S steps."""
        # Imported here, because scipy takes longer to import than all else and playing an environment does without it.
        from scipy import sparse
        from scipy.sparse.csgraph import connected_components

        left, entered = np.nonzero(self.feasible)[0], self.successor[self.feasible]
        if (left == entered).any():
            return False
        steps = sparse.csr_array((np.ones(len(left)), (left, entered)), shape=(self.n_states, self.n_states))
        parts, _ = connected_components(steps, directed=True, connection="strong")
        return int(parts) == self.n_states

    @cached_property
    def transitions(self) -> Transitions:
        """Every feasible transition once, as a batch in the order of ``np.nonzero(model.feasible)``."""
        state, action, outcome = np.nonzero(self.feasible)
        next_state = self.successor[state, action, outcome]
        events = {name: values[state, action, outcome] for name, values in self.events.items()}
        return Transitions(state, action, next_state, self.terminal[next_state], events)

    def reward_table(self, reward: Reward) -> NDArray[np.float64]:
        """What a reward pays for every outcome, ``[S, A, K]``; 0 for what cannot happen."""
        return self.scatter(reward(self.transitions))

    def scatter(self, amounts: NDArray[np.float64]) -> NDArray[np.float64]:
        """Lay one amount per feasible transition out as ``[S, A, K]``, with 0 elsewhere."""
        table = np.zeros(self.successor.shape)
        table[self.feasible] = amounts
        return table

    def shaping_table(self, potential: NDArray[np.float64], gamma: float) -> NDArray[np.float64]:
        """What potential-based shaping adds to every outcome, ``[S, A, K]``.

        Args:
            potential: ``[S]`` numbers. Those of terminal states are ignored: they count as 0.
            gamma: The learner's discount.

        Raises:
            BadInput: There is not one potential for each state, or gamma lies outside [0, 1].
        """
        gamma, values = check_gamma(gamma), np.asarray(potential)
        if values.shape != (self.n_states,):
            raise BadInput(Problem("potential", f"shape {values.shape}", f"({self.n_states},), one for each state"))
        batch = self.transitions
        return self.scatter(shaping(values[batch.state], values[batch.next_state], batch.terminated, gamma))

    def expected(self, table: NDArray[np.float64]) -> NDArray[np.float64]:
        """The expectation over outcomes: ``[S, A, K]`` to ``[S, A]``.

        Raises:
            BadInput: The table has another shape or an entry that is not finite.
        """
        if table.shape != self.successor.shape or not np.isfinite(table).all():
            kind = "with NaN or an infinity" if table.shape == self.successor.shape else f"of shape {table.shape}"
            raise BadInput(Problem("reward_table", f"a table {kind}", f"{self.successor.shape} finite numbers"))
        expectation: NDArray[np.float64] = np.einsum("sak,sak->sa", self.probability, table)
        return expectation

    def choices(self, allowed: NDArray[np.bool_] | None) -> NDArray[np.bool_]:
        """The legal actions among those that are allowed, ``[..., S, A]``; all legal ones by default.

        Raises:
            BadInput: It has another shape, is not bool, or leaves a state that is not terminal without an action.
        """
        if allowed is None:
            return self.legal
        given = np.asarray(allowed)
        if given.dtype != np.bool_ or given.shape[-2:] != self.legal.shape:
            got = f"{given.dtype} of shape {given.shape}"
            raise BadInput(Problem("allowed", got, f"bool of shape {self.legal.shape}"))
        left: NDArray[np.bool_] = given & self.legal
        if not (left.any(axis=-1) | self.terminal).all():
            raise BadInput(Problem("allowed", "a state without a legal action", "one at least in each state"))
        return left

    def check_policy(self, policy: NDArray[np.float64]) -> None:
        """Refuse what is not a policy, ``[..., S, A]``. Rows of terminal states are ignored.

        Raises:
            BadInput: It has another shape, a row is no distribution, or an action that is not legal has a probability.
        """
        if np.shape(policy)[-2:] != self.legal.shape:
            raise BadInput(Problem("policy", f"shape {np.shape(policy)}", f"{self.legal.shape}"))
        rows = policy[..., ~self.terminal, :]
        checks = [
            (not (rows >= 0).all(), "a negative or NaN entry", "numbers in [0, 1]"),
            (not np.allclose(rows.sum(axis=-1), 1.0), "rows that do not sum to 1", "a distribution in each state"),
            ((rows * ~self.legal[~self.terminal] > 0).any(), "an action that is not legal", "legal actions only"),
        ]
        problems = [Problem("policy", got, expected) for bad, got, expected in checks if bad]
        if problems:
            raise BadInput(*problems)


def _make_whole(chances: NDArray[np.float64]) -> None:
    """Let distributions that were written with a few digits less sum to 1, in place; the others keep every bit.

    A third written as 0.3333333333 would leave something of each reward out, and a tie would be none.
    """
    sums = chances.sum(axis=-1, keepdims=True)
    off = np.abs(sums - 1.0) > _WHOLE
    if off.any():
        np.divide(chances, sums, out=chances, where=off)


def _shape_problems(arrays: Mapping[str, NDArray[Any]], events: Mapping[str, NDArray[np.float64]]) -> list[Problem]:
    shape = arrays["successor"].shape
    if len(shape) != 3 or 0 in shape:
        return [Problem("FiniteModel.successor", f"shape {shape}", "[S, A, K], none of them 0")]
    n_states, n_actions, _ = shape
    expected: dict[str, tuple[int, ...]] = {
        "probability": shape,
        "terminal": (n_states,),
        "start": (n_states,),
        "legal": (n_states, n_actions),
    }
    named = {**arrays, **{f"events[{name!r}]": values for name, values in events.items()}}
    return [
        Problem(f"FiniteModel.{name}", f"shape {array.shape}", f"{expected.get(name, shape)}")
        for name, array in named.items()
        if name != "successor" and array.shape != expected.get(name, shape)
    ]


def _content_problems(arrays: Mapping[str, NDArray[Any]], events: Mapping[str, NDArray[np.float64]]) -> list[Problem]:
    successor, probability, terminal, start, legal = arrays.values()
    outside = (successor < 0) | (successor >= len(terminal))
    sums = probability.sum(axis=-1)
    total = start.sum()
    checks = [
        (outside.any(), "successor", "an index outside the states", "in [0, S)"),
        (not (probability >= 0).all(), "probability", "a negative or NaN entry", "numbers in [0, 1]"),
        (
            not np.allclose(sums, 1.0, rtol=0, atol=1e-9),
            "probability",
            "rows that do not sum to 1",
            "a sum of 1 over K",
        ),
        (not np.isclose(total, 1.0, rtol=0, atol=1e-9), "start", f"sum {total}", "a sum of 1"),
        (not (start >= 0).all(), "start", "a negative or NaN entry", "numbers in [0, 1]"),
        (start[terminal].any(), "start", "mass on a terminal state", "none there"),
        (not (legal.any(axis=1) | terminal).all(), "legal", "a state without actions", "one at least in each state"),
    ]
    problems = [Problem(f"FiniteModel.{name}", got, expected) for bad, name, got, expected in checks if bad]
    problems += [
        Problem(f"FiniteModel.events[{name!r}]", "NaN or an infinity", "finite numbers")
        for name, values in events.items()
        if not np.isfinite(values).all()
    ]
    return problems
