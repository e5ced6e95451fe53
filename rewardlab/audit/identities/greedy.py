"""The best actions by some values, ties included, and what comes of acting on them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rewardlab.mdp.discounted import TIE_TOLERANCE, solve
from rewardlab.mdp.finite_model import FiniteModel

__all__ = ["greedy_actions", "misled_states", "worst_return"]


def greedy_actions(action_values: NDArray[np.float64], acting: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The *set* of best actions in each state, ``[S, A]``; empty in terminal states.

    Args:
        action_values: ``[S, A]``.
        acting: ``[S, A]`` bool, the legal actions of states that are not terminal.
    """
    values = np.where(acting, action_values, -np.inf)
    tie = TIE_TOLERANCE * max(1.0, float(np.abs(action_values[acting]).max(initial=0.0)))
    return np.asarray(acting & (values >= values.max(axis=1, keepdims=True) - tie), dtype=np.bool_)


def misled_states(chosen: NDArray[np.bool_], optimal: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The states in which one of the chosen actions is not optimal, ``[S]``."""
    return np.asarray((chosen & ~optimal).any(axis=1), dtype=np.bool_)


def worst_return(
    model: FiniteModel, reward_table: NDArray[np.float64], chosen: NDArray[np.bool_], gamma: float
) -> float:
    """The least return of a policy that takes chosen actions only, from the start."""
    return -solve(model, -reward_table, gamma, allowed=chosen).expected_return
