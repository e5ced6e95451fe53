"""Soft-optimal policies: as good as can be for a price on leaving the uniform policy, exact at any temperature.

A policy is charged ``temperature * KL(policy || prior)`` for each step, as in Fox, Pakman & Tishby 2016, "Taming the
noise in reinforcement learning via soft updates". A charge on leaving the uniform policy, rather than a prize for
entropy, makes the hot end exactly the uniform policy, whatever actions are legal and however long episodes are.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from rewardlab.errors import BadInput, Problem, RunFailed
from rewardlab.mdp.factorised import factorised
from rewardlab.mdp.policy_space import PolicySpace

__all__ = ["SoftPolicy", "soft_optimal_limit", "soft_optimal_policies"]

_MOST_ROUNDS = 200
_PRECISION = 1e-11
"""How much a round may still improve a state when the policy counts as optimal, relative to the largest reward. What is
left of the policy is about the square root of it, and other rewards see that."""
_ROUNDING = 1e-14
"""The same relative to the largest value, below which there is nothing but rounding."""


@final
@dataclass(frozen=True, slots=True)
class SoftPolicy:
    """One policy, evaluated.

    Attributes:
        choice: ``[n]`` the probability of each row of the space: of an action in its state.
        visits: ``[n]`` how often the policy takes each row, see `PolicySpace.visits`.
    """

    choice: NDArray[np.float64]
    visits: NDArray[np.float64]


def soft_optimal_policies(
    space: PolicySpace, rewards: NDArray[np.float64], temperatures: NDArray[np.float64]
) -> list[SoftPolicy]:
    """The soft-optimal policy at each temperature; the reward's return never falls from one to a colder one.

    Soft policy iteration (Haarnoja et al. 2018, "Soft actor-critic", section 4.1), with an exact evaluation in each
    round, so that it is Newton's method; each temperature begins with the policy of the last one.

    Args:
        space: The model, in which every state can be reached, and the discount.
        rewards: ``[n]`` what each row pays on average. Shaping changes nothing, so that the advantages of
            `PolicySpace.advantages` do as well, and are better conditioned.
        temperatures: ``[T]`` positive numbers, in units of the rewards; hot to cold is fastest.

    Raises:
        BadInput: A temperature is not positive and finite.
        RunFailed: The rounds did not come to an end.
    """
    temperatures = np.asarray(temperatures, dtype=np.float64)
    if not ((temperatures > 0) & np.isfinite(temperatures)).all():
        raise BadInput(Problem("temperatures", f"{temperatures}", "positive finite numbers", "soft_optimal_limit is 0"))
    layout = _Layout.of(space)
    prior = space.uniform[space.state, space.action]
    ratio = np.zeros(len(prior))
    policies = []
    for temperature in temperatures.tolist():
        policy, ratio = _soft_optimal(layout, rewards, temperature, prior, ratio)
        policies.append(policy)
    return policies


def soft_optimal_limit(space: PolicySpace, optimal: NDArray[np.bool_]) -> SoftPolicy:
    """Where soft-optimal policies go as the temperature goes to 0: the optimal policy nearest to the uniform one.

    Args:
        space: The model and the discount.
        optimal: ``[S, A]`` the optimal actions. Among the policies that take only these, whose return is the same, the
            charge decides, which is soft-optimal for a reward of 0.

    Raises:
        BadInput: A state is left without an action.
    """
    space.model.choices(optimal)
    layout = _Layout.of(space)
    prior = space.uniform[space.state, space.action] * optimal[space.state, space.action]
    ratio = -np.log(np.bincount(layout.group, prior))[layout.group]
    policy, _ = _soft_optimal(layout, np.zeros(len(prior)), 1.0, prior, ratio)
    return policy


@final
@dataclass(frozen=True, slots=True)
class _Layout:
    """The linear system of a space, with its states in an order that keeps factors sparse, found once for all rounds.

    Attributes:
        group: ``[n]`` of each row: which of the states that are not terminal it belongs to, in their own order.
        column: ``[n]`` the same in the new order.
        matrix: ``[n, S']`` the shaping matrix, its columns in the new order.
        start: ``[S']`` where episodes begin, in the new order.
    """

    group: NDArray[np.int64]
    column: NDArray[np.int64]
    matrix: Any
    start: NDArray[np.float64]

    @classmethod
    def of(cls, space: PolicySpace) -> _Layout:
        group = np.cumsum(np.diff(space.state, prepend=-1) > 0) - 1
        start = space.model.start[~space.model.terminal]
        plain = cls(group, group, space.shaping_matrix, start)
        place = factorised(plain.system(space.uniform[space.state, space.action])).perm_c
        order = np.argsort(place)
        return cls(group, place[group], space.shaping_matrix[:, order], start[order])

    def system(self, choice: NDArray[np.float64]) -> Any:
        """``[S', S']`` what a policy's values are solved from."""
        from scipy import sparse

        mixing = sparse.csr_array((choice, (self.column, np.arange(len(choice)))))
        return (-(mixing @ self.matrix)).tocsc()


def _soft_optimal(
    layout: _Layout,
    rewards: NDArray[np.float64],
    temperature: float,
    prior: NDArray[np.float64],
    ratio: NDArray[np.float64],
) -> tuple[SoftPolicy, NDArray[np.float64]]:
    """Begin with the policy ``prior * exp(ratio)``; ratios stay finite where probabilities vanish."""
    from scipy.sparse.linalg import splu

    group, column = layout.group, layout.column
    firsts = np.flatnonzero(np.diff(group, prepend=-1))
    scale = max(float(np.abs(rewards).max(initial=0.0)), temperature)
    closed = prior == 0.0
    for _ in range(_MOST_ROUNDS):
        choice = prior * np.exp(ratio)
        charged = np.bincount(column, choice * (rewards - temperature * ratio))
        solver = splu(layout.system(choice), permc_spec="NATURAL")
        values = solver.solve(charged)
        advantages = rewards + layout.matrix @ values
        advantages[closed] = -np.inf
        best = np.maximum.reduceat(advantages, firsts)
        exponent = (advantages - best[group]) / temperature
        weight = np.log(np.bincount(group, prior * np.exp(exponent)))
        improvement = best + temperature * weight
        if improvement.max() <= max(_PRECISION * scale, _ROUNDING * float(np.abs(values).max())):
            return SoftPolicy(choice, choice * solver.solve(layout.start, trans="T")[column]), ratio
        ratio = np.where(closed, 0.0, exponent - weight[group])
    raise RunFailed(f"soft policy iteration: got no fixed point in {_MOST_ROUNDS} rounds, expected a handful")
