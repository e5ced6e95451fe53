"""What weights of terms must fulfil so that every optimal policy is one that was meant: linear inequalities.

Fix a policy of allowed actions, all of them objective-optimal. Its values, and the action values of any other way to
go on, are linear in the weights of the terms. It is paid best, and better by a margin than whatever is not allowed,
exactly if no way to go on after such an action comes nearer to it than the margin. There are too many ways to go on to
write them all down, but for given weights the best one is found by solving the model, so inequalities are added as they
are found to be broken (Kelley 1960, "The cutting-plane method for solving convex programs"). Each of them is necessary;
once none is broken they are enough. Those of inverse reinforcement learning are the first round (Ng & Russell 2000).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import final

import numpy as np
from numpy.typing import NDArray

from rewardlab.audit.case import AuditCase
from rewardlab.mdp.discounted import Solution, solve
from rewardlab.mdp.reachable import reachable_states

__all__ = ["WeightCuts"]

_DECIMALS = 12
"""Inequalities that agree to so many decimals are the same one."""


@final
@dataclass
class WeightCuts:
    """The inequalities found so far, for some of the actions that the objective likes best.

    Attributes:
        case: The model, the objective and the discount.
        tables: T tables ``[S, A, K]``, what each term pays at weight 1.
        allowed: ``[S, A]`` the actions that may be paid best: of the objective-optimal ones, one or more in each state.
        actions: ``[S]`` the policy that is to be paid best; it takes allowed actions.
        wrong: ``[n, T]`` rows d such that ``d @ weights`` must be at least the margin.
        tied: ``[m, T]`` rows d such that ``d @ weights`` must be at least 0.
    """

    case: AuditCase
    tables: Sequence[NDArray[np.float64]]
    allowed: NDArray[np.bool_]
    actions: NDArray[np.int64]
    wrong: NDArray[np.float64] = field(init=False)
    tied: NDArray[np.float64] = field(init=False)

    def __post_init__(self) -> None:
        model = self.case.model
        self._expected = np.stack([model.expected(table) for table in self.tables])
        self._meant = reachable_states(model, allowed=self.allowed) & ~model.terminal
        self._ways: list[NDArray[np.float64]] = []
        self._choose(self.actions)
        self._add(self.actions)

    @property
    def ties_are_idle(self) -> bool:
        """Whether every term pays all policies of allowed actions alike, so that no choice among them matters."""
        policy_advantage = self._action_values(self._values) - self._values[:, :, None]
        return bool((np.abs(policy_advantage[:, self._tied_places]) <= 1e-9 * self._scale).all())

    def broken_by(self, weights: NDArray[np.float64], margin: float) -> bool:
        """Look for a way to go on that breaks what must hold for these weights; add its inequalities if there is one.

        If the weights pay another policy of allowed actions better than the chosen one, that one takes its place:
        whatever was fulfilled then stays so.

        Args:
            weights: ``[T]``.
            margin: What wrong actions must fall short by.
        """
        model, gamma = self.case.model, self.case.gamma
        table = np.tensordot(weights, np.stack(self.tables), axes=1)
        tolerance = 1e-7 * max(self._scale * float(np.abs(weights).max(initial=0.0)), 1e-12)
        meant = solve(model, table, gamma, allowed=self.allowed | model.terminal[:, None])
        chosen = weights @ self._values
        if ((meant.values - chosen)[self._meant] > tolerance).any():
            self._choose(_first_best(meant, self.actions))
            chosen = weights @ self._values
        best = solve(model, table, gamma)
        loss = chosen[:, None] - best.action_values
        wrong_broken = (loss[self._wrong_places] < margin - tolerance).any()
        tied_broken = (loss[self._tied_places] < -tolerance).any()
        if wrong_broken or tied_broken:
            self._add(_first_best(best, self.actions))
        return bool(wrong_broken or tied_broken)

    def _choose(self, actions: NDArray[np.int64]) -> None:
        self.actions = actions
        self._values = self._policy_values(actions)
        others = self.case.model.legal & self._meant[:, None]
        others[np.arange(len(actions)), actions] = False
        self._wrong_places = others & ~self.allowed
        self._tied_places = others & self.allowed
        self._scale = max(1e-12, float(np.abs(self._expected).max(initial=0.0)), float(np.abs(self._values).max()))
        self._lay_out()

    def _add(self, actions: NDArray[np.int64]) -> None:
        """Ways to go on by one policy after every first action."""
        self._ways.append(self._action_values(self._policy_values(actions)))
        self._lay_out()

    def _lay_out(self) -> None:
        losses = [self._values[:, :, None] - way for way in self._ways]
        self.wrong = _distinct([loss[:, self._wrong_places].T for loss in losses], len(self.tables))
        self.tied = _distinct([loss[:, self._tied_places].T for loss in losses], len(self.tables))

    def _policy_values(self, actions: NDArray[np.int64]) -> NDArray[np.float64]:
        """The values of a policy for each term, ``[T, S]``."""
        from scipy import sparse
        from scipy.sparse.linalg import splu

        model, states = self.case.model, np.arange(self.case.model.n_states)
        weights = model.probability[states, actions] * ~model.terminal[:, None]
        rows = np.repeat(states, model.n_outcomes)
        chain = sparse.csc_array((weights.ravel(), (rows, model.successor[states, actions].ravel())))
        chain.resize((model.n_states, model.n_states))
        system = (sparse.eye_array(model.n_states, format="csc") - self.case.gamma * chain).tocsc()
        paid = np.where(model.terminal, 0.0, self._expected[:, states, actions])
        values: NDArray[np.float64] = splu(system).solve(np.ascontiguousarray(paid.T)).T
        return values

    def _action_values(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """``[T, S]`` values to ``[T, S, A]`` action values."""
        model = self.case.model
        ahead = np.einsum("sak,tsak->tsa", model.probability, values[:, model.successor])
        action_values: NDArray[np.float64] = self._expected + self.case.gamma * ahead
        return action_values


def _first_best(solution: Solution, fallback: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.where(solution.optimal.any(axis=1), solution.optimal.argmax(axis=1), fallback)


def _distinct(parts: list[NDArray[np.float64]], columns: int) -> NDArray[np.float64]:
    rows = np.concatenate([*parts, np.zeros((0, columns))])
    return np.unique(np.round(rows, _DECIMALS), axis=0)
