"""A living bonus: how much may be added to every step's reward before the proxy asks for something else?

Where episodes last equally long whatever is done, a constant is the same for all policies. Elsewhere a bonus pays for
dawdling and a penalty for ending soon. A learner that subtracts a mean from its rewards adds such a constant unasked.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rewardlab.audit.case import AuditCase
from rewardlab.errors import RunFailed
from rewardlab.mdp.discounted import solve
from rewardlab.mdp.factorised import factorised
from rewardlab.mdp.policy_iteration import policy_iteration
from rewardlab.mdp.reachable import reachable_states

__all__ = ["shift_thresholds"]

_TIE = 1e-9
_MOST_ROUNDS = 100


def shift_thresholds(case: AuditCase) -> tuple[float, float]:
    """The largest penalty and the largest bonus for each step that change nothing.

    Between the two every policy that is optimal for the shifted proxy is optimal for the proxy; beyond one of them none
    or not all are.

    Returns:
        The penalty as a number below 0 and the bonus as one above; infinite where no shift changes anything.
    """
    space = case.space
    ones = np.ones(len(space.state))
    lengths = space.advantages(ones)
    scales = [float(np.abs(rows).max(initial=0.0)) for rows in (case.proxy_advantages, lengths)]
    if scales[0] == 0.0 or scales[1] <= 10 * case.tolerance(ones):
        return -np.inf, np.inf
    paid, lengths = case.proxy_advantages / scales[0], lengths / scales[1]
    unit = scales[0] / scales[1]
    return -unit * _threshold(case, paid, -lengths), unit * _threshold(case, paid, lengths)


def _threshold(case: AuditCase, paid: NDArray[np.float64], shifted: NDArray[np.float64]) -> float:
    """The largest c for which ``paid + c * shifted`` leaves optimal only what is optimal for ``paid``."""
    space, model = case.space, case.model
    # Of the optimal policies, the one that the shift favours stays optimal longest.
    favoured = solve(model, _laid_out(case, shifted), case.gamma, allowed=case.proxy_optimal).optimal
    actions = favoured.argmax(axis=1)
    rewards = np.stack([paid, shifted], axis=1)
    losses, gains = (rewards + space.shaping_matrix @ _values(case, rewards, actions)).T
    tempting = (gains > _TIE) & ~case.proxy_optimal[space.state, space.action]
    if not tempting.any():
        return float("inf")
    turning = np.where(tempting, -losses / np.where(tempting, gains, 1.0), np.inf)
    first = int(turning.argmin())
    one_hot = np.eye(model.n_actions, dtype=np.bool_)[actions]
    if reachable_states(model, allowed=one_hot)[space.state[first]]:
        return float(turning[first])
    return _beyond_unvisited(case, paid, shifted, actions)


def _beyond_unvisited(
    case: AuditCase, paid: NDArray[np.float64], shifted: NDArray[np.float64], actions: NDArray[np.int64]
) -> float:
    """The same where a state turns first that is never visited, which changes nothing by itself.

    The best return is convex and piecewise linear in c, and the favoured policy's is its first piece. Where that ends
    is found from above, by cutting it with the line of the best policy at the last cut (Dinkelbach 1967, "On nonlinear
    fractional programming"), which ends after finitely many cuts.
    """
    base, base_length = _worth(case, paid, shifted, actions)
    challenger = policy_iteration(case.model, _laid_out(case, shifted), case.gamma, first=actions).policies[-1]
    for _ in range(_MOST_ROUNDS):
        worth, length = _worth(case, paid, shifted, challenger)
        if length - base_length <= _TIE * max(1.0, abs(base_length)):
            return float("inf")
        cut = max(0.0, (base - worth) / (length - base_length))
        rewards = _laid_out(case, paid + cut * shifted)
        challenger = policy_iteration(case.model, rewards, case.gamma, first=challenger).policies[-1]
        better = np.dot((1.0, cut), np.subtract(_worth(case, paid, shifted, challenger), (base, base_length)))
        if better <= _TIE * max(1.0, abs(base), abs(cut * base_length)):
            return float(cut)
    raise RunFailed(f"shift_thresholds: got no fixed point in {_MOST_ROUNDS} cuts, expected a handful")


def _worth(
    case: AuditCase, paid: NDArray[np.float64], shifted: NDArray[np.float64], actions: NDArray[np.int64]
) -> tuple[float, float]:
    """What a policy is paid, and how much the shift adds to it."""
    values = _values(case, np.stack([paid, shifted], axis=1), actions)
    start = case.model.start[~case.model.terminal]
    return float(start @ values[:, 0]), float(start @ values[:, 1])


def _values(case: AuditCase, rewards: NDArray[np.float64], actions: NDArray[np.int64]) -> NDArray[np.float64]:
    """The values ``[S', 2]`` of a policy, in the states that are not terminal, under two rewards ``[n, 2]``."""
    space = case.space
    own = np.flatnonzero(space.action == actions[space.state])
    values: NDArray[np.float64] = factorised(-space.shaping_matrix[own]).solve(rewards[own])
    return values


def _laid_out(case: AuditCase, rows: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.repeat(case.space.table(rows)[:, :, None], case.model.n_outcomes, axis=2)
