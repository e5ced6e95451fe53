"""The 3x3 gridworld rewards of Gleave et al. (2021), as dense arrays and with their dynamics."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

MOVES = ((-1, 0), (0, 1), (1, 0), (0, -1), (0, 0))
"""Up, right, down, left, stay."""

SPARSE = np.array([[0, 0, 0], [0, 0, 0], [0, 0, 1]], dtype=float).ravel()
CENTER = np.array([[0, 0, 0], [0, 1, 0], [0, 0, 0]], dtype=float).ravel()
PATH = np.array([[0, -1, -1], [0, 0, 0], [-1, -1, 4]], dtype=float).ravel()
CLIFF = np.array([[0, -1, -1], [0, 0, 0], [-4, -4, 4]], dtype=float).ravel()
NEARNESS = -np.array([[4, 3, 2], [3, 2, 1], [2, 1, 0]], dtype=float).ravel()
"""Minus the Manhattan distance to the goal: the potential that makes Sparse Dense."""


def of_state(values: NDArray[np.float64], actions: int = len(MOVES)) -> NDArray[np.float64]:
    """A reward for being in a state, ``[S, A, S]``."""
    return np.tile(values[:, None, None], (1, actions, len(values)))


def dynamics(slip: float = 0.0) -> NDArray[np.float64]:
    """``[9, 5, 9]``: with probability ``slip`` a move is one of the four directions at random; walls stop."""
    chances = np.zeros((9, len(MOVES), 9))
    for state in range(9):
        for action, (down, right) in enumerate(MOVES):
            row, column = state // 3 + down, state % 3 + right
            inside = 0 <= row < 3 and 0 <= column < 3
            chances[state, action, 3 * row + column if inside else state] = 1.0
    return (1 - slip) * chances + slip * chances[:, :4].mean(axis=1, keepdims=True)
