"""Occupancies: how often a policy is in each state, and takes each action there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

import numpy as np
from numpy.typing import NDArray

from rewardlab.errors import BadInput, Problem
from rewardlab.mdp.finite_model import FiniteModel
from rewardlab.rewards.returns import check_gamma

__all__ = ["Occupancy", "discounted_occupancy", "horizon_occupancy"]


@final
@dataclass(frozen=True, slots=True)
class Occupancy:
    """Expected visits, each weighted by the discount to the power of its step; not normalised.

    Attributes:
        state: ``[S]`` visits of each state. A terminal state, once reached, is visited in every later step, so that
            they always sum to ``total``.
        state_action: ``[S, A]`` how often each action is taken. Nothing is done in terminal states: their rows are 0,
            and the sum is the expected (discounted) length of an episode.
        total: The sum of the discounts: ``1 / (1 - gamma)`` without end, ``1 + gamma + ... + gamma ** (H - 1)`` over
            H steps.
    """

    state: NDArray[np.float64]
    state_action: NDArray[np.float64]
    total: float

    def expected_return(self, expected_reward: NDArray[np.float64]) -> float:
        """The return of the policy: the inner product with ``[S, A]`` expected rewards (`FiniteModel.expected`)."""
        return float((self.state_action * expected_reward).sum())

    @property
    def share(self) -> NDArray[np.float64]:
        """``[S]`` the normalised visits, which sum to 1."""
        shares: NDArray[np.float64] = self.state / self.total
        return shares


def discounted_occupancy(model: FiniteModel, policy: NDArray[np.float64], gamma: float) -> Occupancy:
    """The visits of a stationary policy without end (Puterman 1994, section 6.9).

    Args:
        model: The dynamics.
        policy: ``[S, A]`` probabilities of the actions in each state. Rows of terminal states are ignored.
        gamma: The discount, in [0, 1).

    Raises:
        BadInput: ``gamma`` lies outside [0, 1), or the policy does not fit the model.
    """
    if check_gamma(gamma) == 1.0:
        raise BadInput(Problem("gamma", "1", "a number in [0, 1)", "for gamma 1 use horizon_occupancy"))
    weights, acting = _weights(model, policy)
    from scipy import sparse
    from scipy.sparse.linalg import spsolve

    origin = np.broadcast_to(np.arange(model.n_states)[:, None, None], weights.shape)
    shape = (model.n_states, model.n_states)
    # Columns are where a step begins and rows where it leads: the transpose of what evaluates a policy.
    flow = sparse.csc_array((weights.ravel(), (model.successor.ravel(), origin.ravel())), shape=shape)
    flow = flow + sparse.diags_array(model.terminal.astype(np.float64), format="csc")
    system = (sparse.eye_array(model.n_states, format="csc") - gamma * flow).tocsc()
    state = np.atleast_1d(spsolve(system, model.start))
    return Occupancy(state, state[:, None] * acting, 1 / (1 - gamma))


def horizon_occupancy(
    model: FiniteModel, policy: NDArray[np.float64], horizon: int, *, gamma: float = 1.0
) -> Occupancy:
    """The visits of a policy in the first ``horizon`` steps.

    Args:
        model: The dynamics.
        policy: ``[S, A]`` probabilities of the actions in each state. Rows of terminal states are ignored.
        horizon: H, the number of steps; at least 1.
        gamma: The discount, in [0, 1].

    Raises:
        BadInput: An argument is out of range, or the policy does not fit the model.
    """
    check_gamma(gamma)
    if isinstance(horizon, bool) or not isinstance(horizon, int | np.integer) or horizon < 1:
        raise BadInput(Problem("horizon", repr(horizon), "a whole number of steps, at least 1"))
    weights, acting = _weights(model, policy)
    now, state = model.start.copy(), np.zeros(model.n_states)
    total = 0.0
    for step in range(int(horizon)):
        state += gamma**step * now
        total += gamma**step
        moved = (now[:, None, None] * weights).ravel()
        now = np.bincount(model.successor.ravel(), moved, minlength=model.n_states) + now * model.terminal
    return Occupancy(state, state[:, None] * acting, total)


def _weights(model: FiniteModel, policy: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The probability of each action and outcome, ``[S, A, K]``, and of each action, ``[S, A]``; 0 where it is over."""
    if policy.shape != model.legal.shape:
        raise BadInput(Problem("policy", f"shape {policy.shape}", f"{model.legal.shape}"))
    model.check_policy(policy)
    acting = np.where(model.terminal[:, None], 0.0, policy)
    return acting[:, :, None] * model.probability, acting
