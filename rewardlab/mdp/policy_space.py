"""What rewards say about policies: the geometry of visits.

The return of a stationary policy is the inner product of its discounted visits with the expected rewards, so a reward
orders policies by its component along *differences* of visits. All else of it is potential-based shaping, which every
policy is paid alike. Two canonical forms follow, both linear, both 0 for shaping and for nothing else:

- the **advantages** under a fixed policy that takes every action, ``R + gamma * E V(s') - V(s)``, exact by one linear
  solution (the form VAL of Skalse et al. 2024, "STARC: A general framework for quantifying differences between reward
  functions");
- the **orthogonal projection** on the differences of visits, which has the angles of Karwowski et al. 2024,
  "Goodhart's law in reinforcement learning".
"""

from __future__ import annotations

from functools import cached_property
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from rewardlab.mdp.discounted import checked_discount
from rewardlab.mdp.factorised import factorised
from rewardlab.mdp.finite_model import FiniteModel

__all__ = ["PolicySpace"]

_DIRECT_STATES = 5_000
"""Beyond this many states the factors of least squares fill up; an iteration is quicker, and as exact."""


@final
class PolicySpace:
    """The visits of all stationary policies of a model, in which every state can be reached.

    Vectors have one entry for each row: a state that is not terminal and a legal action in it.

    Attributes:
        model: The dynamics.
        gamma: The discount.
        state: ``[n]`` the state of each row.
        action: ``[n]`` its action.

    Args:
        model: The dynamics; see `rewardlab.mdp.reachable_part`.
        gamma: The discount, in [0, 1); also 1 where no state can come twice.
    """

    def __init__(self, model: FiniteModel, gamma: float) -> None:
        self.model = model
        self.gamma = checked_discount(model, gamma)
        self.state, self.action = np.nonzero(model.legal & ~model.terminal[:, None])

    def rows(self, table: NDArray[np.float64]) -> NDArray[np.float64]:
        """An ``[S, A]`` or ``[S, A, K]`` table (then its expectation over outcomes) as a vector, ``[n]``."""
        expected = table if table.ndim == 2 else self.model.expected(table)
        rows: NDArray[np.float64] = expected[self.state, self.action]
        return rows

    def table(self, rows: NDArray[np.float64]) -> NDArray[np.float64]:
        """A vector as an ``[S, A]`` table, with 0 where there is no row."""
        table = np.zeros(self.model.legal.shape)
        table[self.state, self.action] = rows
        return table

    @cached_property
    def shaping_matrix(self) -> Any:
        """``[n, S']`` sparse: a potential of the S' states that are not terminal to the shaping of each row."""
        from scipy import sparse

        model = self.model
        alive = np.flatnonzero(~model.terminal)
        column = np.zeros(model.n_states, dtype=np.int64)
        column[alive] = np.arange(len(alive))
        n_rows, shape = len(self.state), (len(self.state), len(alive))
        reached = model.successor[self.state, self.action]
        weights = model.probability[self.state, self.action] * ~model.terminal[reached]
        origin = np.repeat(np.arange(n_rows), model.n_outcomes)
        ahead = sparse.csr_array((weights.ravel(), (origin, column[reached].ravel())), shape=shape)
        here = sparse.csr_array((np.ones(n_rows), (np.arange(n_rows), column[self.state])), shape=shape)
        return (self.gamma * ahead - here).tocsr()

    @cached_property
    def uniform(self) -> NDArray[np.float64]:
        """``[S, A]`` the policy that takes every legal action with the same probability."""
        policy: NDArray[np.float64] = self.model.legal / np.maximum(1, self.model.legal.sum(axis=1, keepdims=True))
        return policy

    def values(self, rewards: NDArray[np.float64]) -> NDArray[np.float64]:
        """The values of the uniform policy, ``[S]``, from a vector of expected rewards."""
        values = np.zeros(self.model.n_states)
        values[~self.model.terminal] = self._evaluate(np.bincount(self.state, self._choice * rewards)[self._alive])
        return values

    def advantages(self, rewards: NDArray[np.float64]) -> NDArray[np.float64]:
        """The advantages under the uniform policy, ``[n]``: 0 exactly if all policies are paid alike."""
        advantages: NDArray[np.float64] = rewards + self.shaping_matrix @ self.values(rewards)[self._alive]
        return advantages

    def projected(self, rewards: NDArray[np.float64]) -> NDArray[np.float64]:
        """The orthogonal projection on the differences of visits, ``[n]``."""
        rest: NDArray[np.float64] = self.advantages(rewards)
        # The second pass takes away what rounding left of the first one.
        for _ in range(2):
            rest = rest - self.shaping_matrix @ self._fitted(rest)
        return rest

    def nearest_potential(self, rewards: NDArray[np.float64]) -> NDArray[np.float64]:
        """The potential whose expected shaping comes nearest by least squares, ``[S]``; 0 in terminal states."""
        potential = np.zeros(self.model.n_states)
        fitted = np.zeros(len(self._alive))
        for _ in range(2):
            fitted = fitted + self._fitted(rewards - self.shaping_matrix @ fitted)
        potential[self._alive] = fitted
        return potential

    def visits(self, policy: NDArray[np.float64]) -> NDArray[np.float64]:
        """The discounted visits of each row under an ``[S, A]`` policy, ``[n]``.

        Their inner product with a vector of expected rewards is the return from the start distribution.
        """
        from scipy import sparse

        self.model.check_policy(policy)
        chosen = policy[self.state, self.action]
        mixing = sparse.csr_array((chosen, (self._column, np.arange(len(chosen)))))
        state_visits = factorised(-(mixing @ self.shaping_matrix)).solve(self.model.start[self._alive], trans="T")
        visits: NDArray[np.float64] = chosen * state_visits[self._column]
        return visits

    def policy(self, visits: NDArray[np.float64]) -> NDArray[np.float64]:
        """The policy with these visits, ``[S, A]``; uniform in states that are not visited."""
        table = self.table(np.maximum(visits, 0.0))  # rounding may leave some below 0 where next to none go
        totals = table.sum(axis=1, keepdims=True)
        return np.where(totals > 0, table / np.where(totals > 0, totals, 1.0), self.uniform)

    @cached_property
    def _alive(self) -> NDArray[np.int64]:
        return np.flatnonzero(~self.model.terminal)

    @cached_property
    def _column(self) -> NDArray[np.int64]:
        """Of each row: which of the states that are not terminal it belongs to."""
        return np.searchsorted(self._alive, self.state)

    @cached_property
    def _choice(self) -> NDArray[np.float64]:
        chosen: NDArray[np.float64] = self.uniform[self.state, self.action]
        return chosen

    @cached_property
    def _evaluate(self) -> Any:
        """Solves for the values of the uniform policy; factorised once for all rewards."""
        from scipy import sparse

        mixing = sparse.csr_array((self._choice, (self._column, np.arange(len(self._choice)))))
        return factorised(-(mixing @ self.shaping_matrix)).solve

    def _fitted(self, rewards: NDArray[np.float64]) -> NDArray[np.float64]:
        """The potential of the states that are not terminal whose shaping is nearest, nearly."""
        from scipy.sparse.linalg import lsmr

        if len(self._alive) > _DIRECT_STATES:
            near: NDArray[np.float64] = lsmr(
                self.shaping_matrix, rewards, atol=1e-14, btol=1e-14, conlim=0, maxiter=20_000
            )[0]
            return near
        solved: NDArray[np.float64] = self._normal_solve(self.shaping_matrix.T @ rewards)
        return solved

    @cached_property
    def _normal_solve(self) -> Any:
        from scipy.sparse.linalg import splu

        normal = (self.shaping_matrix.T @ self.shaping_matrix).tocsc()
        return splu(normal, permc_spec="MMD_AT_PLUS_A", diag_pivot_thresh=0.0, options={"SymmetricMode": True}).solve
