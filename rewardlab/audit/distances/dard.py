"""DARD: EPIC with the dynamics in its expectations.

Wulfe et al. 2022, "Dynamics-aware comparison of learned reward functions" (ICLR). Rewards are then asked mostly of
transitions that can happen; those between a state that follows s and one that follows s' remain and may not.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from rewardlab.audit.distances.checks import (
    distribution,
    dynamics_problems,
    gamma_problems,
    refuse_if_any,
    reward_problems,
    weight_problems,
)
from rewardlab.audit.distances.pearson import direction_distance, standardised

__all__ = ["dard_canonical", "dard_direction", "dard_distance"]


def dard_canonical(
    reward: ArrayLike, transitions: ArrayLike, gamma: float, *, actions: ArrayLike | None = None
) -> NDArray[np.float64]:
    """The dynamics-aware canonical form (Wulfe et al. 2022, definition 1).

    ``C(R)(s, a, s') = R(s, a, s') + E[gamma R(s', A, S'') - R(s, A, S') - gamma R(S', A, S'')]`` with one A from a
    distribution of actions, S' from the dynamics after s and A, and S'' from those after s' and the same A. It is the
    same for R and for R plus any potential-based shaping with this gamma.

    Args:
        reward: ``[S, A, S]`` what is paid for each transition, possible or not.
        transitions: ``[S, A, S]`` the probability of each next state.
        gamma: The discount, in [0, 1].
        actions: ``[A]`` weights of the actions; uniform by default.

    Returns:
        ``[S, A, S]``.

    Raises:
        BadInput: An argument has the wrong shape or values; all of them are named.
    """
    _check(reward, transitions, gamma, actions)
    paid, chances = np.asarray(reward, dtype=np.float64), np.asarray(transitions, dtype=np.float64)
    of_action = distribution(actions, paid.shape[1:2])
    ahead = np.einsum("sat,sat,a->s", chances, paid, of_action)
    between = np.zeros((len(paid), len(paid)))
    for action, share in enumerate(of_action):
        # From what follows s to what follows s', for each pair of the two.
        between += share * (chances[:, action] @ paid[:, action] @ chances[:, action].T)
    canonical = paid + gamma * ahead - ahead[:, None, None] - gamma * between[:, None, :]
    return np.asarray(canonical, dtype=np.float64)


def dard_distance(
    first: ArrayLike,
    second: ArrayLike,
    transitions: ArrayLike,
    gamma: float,
    *,
    actions: ArrayLike | None = None,
    coverage: ArrayLike | None = None,
) -> float:
    """The DARD distance of two dense rewards (Wulfe et al. 2022, definition 2).

    Args:
        first: ``[S, A, S]`` what one reward pays for each transition, possible or not.
        second: ``[S, A, S]`` what the other pays.
        transitions: ``[S, A, S]`` the probability of each next state.
        gamma: The discount, in [0, 1].
        actions: ``[A]`` weights of the actions; uniform by default.
        coverage: ``[S, A, S]`` weights of the transitions on which the canonical forms are compared. By default those
            that can happen, with states uniform, actions as above, and next states as the dynamics have them.

    Returns:
        In [0, 1]: 0 for equal up to shaping, a positive factor and a constant, 1 for the opposite. For a reward whose
        canonical form is constant see `pearson_distance`: 0 to another such reward and 1 to all else.

    Raises:
        BadInput: An argument has the wrong shape or values; all of them are named.
    """
    problems = reward_problems(first, "first") or reward_problems(second, "second", np.shape(first))
    refuse_if_any([*problems, *gamma_problems(gamma)])
    return direction_distance(
        dard_direction(first, transitions, gamma, actions=actions, coverage=coverage),
        dard_direction(second, transitions, gamma, actions=actions, coverage=coverage),
    )


def dard_direction(
    reward: ArrayLike,
    transitions: ArrayLike,
    gamma: float,
    *,
    actions: ArrayLike | None = None,
    coverage: ArrayLike | None = None,
) -> NDArray[np.float64]:
    """The canonical form brought to mean 0 and length 1, ``[n]``; arguments as for `dard_distance`.

    Raises:
        BadInput: An argument has the wrong shape or values; all of them are named.
    """
    _check(reward, transitions, gamma, actions, coverage)
    paid, chances = np.asarray(reward, dtype=np.float64), np.asarray(transitions, dtype=np.float64)
    likely = chances * distribution(actions, paid.shape[1:2])[:, None]
    shares = distribution(likely if coverage is None else coverage, paid.shape)
    canonical = dard_canonical(paid, chances, gamma, actions=actions)
    return standardised(canonical, shares, float(np.abs(paid).max()))


def _check(
    reward: ArrayLike,
    transitions: ArrayLike,
    gamma: float,
    actions: ArrayLike | None,
    coverage: ArrayLike | None = None,
) -> None:
    problems = reward_problems(reward, "reward")
    if not problems:
        shape = np.shape(reward)
        problems += dynamics_problems(transitions, shape)
        problems += weight_problems(actions, shape[1:2], "actions")
        problems += weight_problems(coverage, shape, "coverage")
    refuse_if_any([*problems, *gamma_problems(gamma)])
