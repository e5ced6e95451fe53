"""How many moves each side has, compiled, from what an agent sees."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from rewardlab_envs.minichess.inner import inner
from rewardlab_envs.minichess.moves import legal_moves
from rewardlab_envs.minichess.squares import (
    CASTLES,
    CASTLING,
    EN_PASSANT,
    KING,
    KING_PLACES,
    SIDE,
    SIZE,
    STATE_LENGTH,
    WALL,
)

__all__ = ["count_moves"]

_MOST_OF_ANY_BOARD = 2_048
"""What is seen may be no position, and 64 queens have more moves than a position has: 27 each at most."""


@inner
def _read(seen: Any, rules: Any, state: Any) -> bool:
    """Write what an agent sees into a state in which it has White, and say whether there is one king a side."""
    size = rules[SIZE]
    cells = size * size
    state[:SIDE] = WALL
    state[SIDE:] = 0
    state[SIDE] = 1
    kings, others = 0, 0
    for square in range(cells):
        cell = 10 * (square // size) + square % size + 21
        state[cell] = 0
        for piece in range(1, KING + 1):
            if seen[(piece - 1) * cells + square] > 0.5:
                state[cell] = piece
            elif seen[(piece + 5) * cells + square] > 0.5:
                state[cell] = -piece
        if seen[12 * cells + square] > 0.5:
            state[EN_PASSANT] = cell
        if state[cell] == KING:
            kings += 1
            state[KING_PLACES] = cell
        elif state[cell] == -KING:
            others += 1
            state[KING_PLACES + 1] = cell
    for right in range(4):
        if seen[13 * cells + right] > 0.5 and rules[CASTLES + 4 * right] != 0:
            state[CASTLING] |= 1 << right
    return kings == 1 and others == 1


@njit("void(float32[:, ::1], int16[::1], int64[:, ::1])", cache=True)
def count_moves(observations: Any, rules: Any, counts: Any) -> None:
    """Count the legal moves of the agents, and those of the other sides if it were their turn.

    Args:
        observations: ``[B, O]`` float32.
        rules: ``[32]`` int16, as `RuleSet.as_numbers` gives them.
        counts: ``[B, 2]`` int64, written: own and other's; zeros for what is no position, without one king a side.
    """
    state = np.empty(STATE_LENGTH, dtype=np.int16)
    moves = np.empty(_MOST_OF_ANY_BOARD, dtype=np.int64)
    for row in range(len(observations)):
        counts[row] = 0
        if not _read(observations[row], rules, state):
            continue
        counts[row, 0] = legal_moves(state, rules, moves)
        state[SIDE], state[EN_PASSANT] = -1, 0
        for index in range(legal_moves(state, rules, moves)):
            # Where the agent is in check, the other side could take its king, which is no move.
            counts[row, 1] += (moves[index] >> 7 & 127) != state[KING_PLACES]
