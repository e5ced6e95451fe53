"""EPIC: the distance of rewards that sees every transition, also those that cannot happen.

Gleave et al. 2021, "Quantifying differences in reward functions" (ICLR). A reward is brought into a canonical form that
potential-based shaping does not change; the distance is the Pearson distance of two such forms. No dynamics enter.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from rewardlab.audit.distances.checks import (
    distribution,
    gamma_problems,
    refuse_if_any,
    reward_problems,
    weight_problems,
)
from rewardlab.audit.distances.pearson import direction_distance, standardised

__all__ = ["epic_canonical", "epic_direction", "epic_distance"]


def epic_canonical(
    reward: ArrayLike, gamma: float, *, states: ArrayLike | None = None, actions: ArrayLike | None = None
) -> NDArray[np.float64]:
    """The canonically shaped reward (Gleave et al. 2021, definition 4.1).

    ``C(R)(s, a, s') = R(s, a, s') + E[gamma R(s', A, S') - R(s, A, S') - gamma R(S, A, S')]`` with S, S' drawn from one
    distribution of states and A from one of actions, independently. It is R plus shaping and a constant, the same for
    R and for R plus any potential-based shaping with this gamma.

    Args:
        reward: ``[S, A, S]`` what is paid for each transition, possible or not.
        gamma: The discount, in [0, 1].
        states: ``[S]`` weights of the states; uniform by default.
        actions: ``[A]`` weights of the actions; uniform by default.

    Returns:
        ``[S, A, S]``.

    Raises:
        BadInput: An argument has the wrong shape or values; all of them are named.
    """
    _check(reward, gamma, states, actions)
    paid = np.asarray(reward, dtype=np.float64)
    of_state, of_action = distribution(states, paid.shape[:1]), distribution(actions, paid.shape[1:2])
    ahead = np.einsum("sat,a,t->s", paid, of_action, of_state)
    canonical = paid + gamma * ahead - ahead[:, None, None] - gamma * float(of_state @ ahead)
    return np.asarray(canonical, dtype=np.float64)


def epic_distance(
    first: ArrayLike,
    second: ArrayLike,
    gamma: float,
    *,
    states: ArrayLike | None = None,
    actions: ArrayLike | None = None,
    coverage: ArrayLike | None = None,
) -> float:
    """The EPIC distance of two dense rewards (Gleave et al. 2021, definition 4.3).

    Args:
        first: ``[S, A, S]`` what one reward pays for each transition, possible or not.
        second: ``[S, A, S]`` what the other pays.
        gamma: The discount, in [0, 1].
        states: ``[S]`` weights of the states; uniform by default.
        actions: ``[A]`` weights of the actions; uniform by default.
        coverage: ``[S, A, S]`` weights of the transitions on which the canonical forms are compared; the product of
            states, actions and states by default.

    Returns:
        In [0, 1]: 0 for equal up to shaping, a positive factor and a constant, 1 for the opposite. For a reward whose
        canonical form is constant see `pearson_distance`: 0 to another such reward and 1 to all else.

    Raises:
        BadInput: An argument has the wrong shape or values; all of them are named.
    """
    problems = reward_problems(first, "first") or reward_problems(second, "second", np.shape(first))
    refuse_if_any([*problems, *gamma_problems(gamma)])
    return direction_distance(
        epic_direction(first, gamma, states=states, actions=actions, coverage=coverage),
        epic_direction(second, gamma, states=states, actions=actions, coverage=coverage),
    )


def epic_direction(
    reward: ArrayLike,
    gamma: float,
    *,
    states: ArrayLike | None = None,
    actions: ArrayLike | None = None,
    coverage: ArrayLike | None = None,
) -> NDArray[np.float64]:
    """The canonical form brought to mean 0 and length 1, ``[n]``; arguments as for `epic_distance`.

    The distance of two rewards is half the distance of these vectors, so that a matrix needs each of them once.

    Raises:
        BadInput: An argument has the wrong shape or values; all of them are named.
    """
    _check(reward, gamma, states, actions, coverage)
    paid = np.asarray(reward, dtype=np.float64)
    n_states, n_actions, _ = paid.shape
    if coverage is None:
        of_state, of_action = distribution(states, (n_states,)), distribution(actions, (n_actions,))
        shares = np.einsum("s,a,t->sat", of_state, of_action, of_state)
    else:
        shares = distribution(coverage, paid.shape)
    canonical = epic_canonical(paid, gamma, states=states, actions=actions)
    return standardised(canonical, shares, float(np.abs(paid).max()))


def _check(
    reward: ArrayLike,
    gamma: float,
    states: ArrayLike | None,
    actions: ArrayLike | None,
    coverage: ArrayLike | None = None,
) -> None:
    problems = reward_problems(reward, "reward")
    if not problems:
        shape = np.shape(reward)
        problems += weight_problems(states, shape[:1], "states")
        problems += weight_problems(actions, shape[1:2], "actions")
        problems += weight_problems(coverage, shape, "coverage")
    refuse_if_any([*problems, *gamma_problems(gamma)])
