"""A game as it goes on, compiled: what has ended it, and what position has been there before."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from rewardlab_envs.minichess.inner import inner
from rewardlab_envs.minichess.moves import in_check
from rewardlab_envs.minichess.squares import (
    BISHOP,
    CASTLING,
    EN_PASSANT,
    KING,
    KNIGHT,
    QUIET,
    QUIET_LIMIT,
    REPETITION_LIMIT,
    SIDE,
    SIZE,
)

__all__ = ["DEAD_POSITION", "MATE", "QUIET_MOVES", "REPETITION", "STALEMATE", "ending", "remember"]

MATE, STALEMATE, REPETITION, QUIET_MOVES, DEAD_POSITION = 1, 2, 3, 4, 5
"""What ends a game; 0 says that it goes on."""

_KEYS = np.random.Generator(np.random.PCG64(20261125)).integers(0, 2**63, (13, 120)).astype(np.uint64)
"""Zobrist (1970), "A new hashing method with application for game playing": one number for each piece on each cell."""


@inner
def _key(state: Any, rules: Any) -> Any:
    """A number that is the same for positions that are the same in the sense of the rule of repetition."""
    key = np.uint64(0)
    for row in range(rules[SIZE]):
        for square in range(10 * row + 21, 10 * row + 21 + rules[SIZE]):
            if state[square] != 0:
                key ^= _KEYS[state[square] + 6, square]
    if state[SIDE] < 0:
        key ^= _KEYS[6, 0]
    return key ^ _KEYS[6, 1 + state[CASTLING]] ^ _KEYS[6, 20 + state[EN_PASSANT]]


@njit("void(int16[::1], int16[::1], uint64[::1])", cache=True)
def remember(state: Any, rules: Any, history: Any) -> None:
    """Write the position into the history, ``[201]`` uint64, at the number of quiet plies that led to it."""
    history[state[QUIET]] = _key(state, rules)


@inner
def _is_repeated(state: Any, rules: Any, history: Any) -> bool:
    now, seen = state[QUIET], 1
    for before in range(now - 2, -1, -2):
        seen += history[before] == history[now]
    return bool(seen >= rules[REPETITION_LIMIT])


@inner
def _is_dead(state: Any, rules: Any) -> bool:
    """Whether nobody can mate: a lone knight or bishop, or nothing but bishops on squares of one colour."""
    knights, bishops, colours = 0, 0, 0
    for row in range(rules[SIZE]):
        for square in range(10 * row + 21, 10 * row + 21 + rules[SIZE]):
            piece = abs(state[square])
            if piece == KNIGHT:
                knights += 1
            elif piece == BISHOP:
                bishops += 1
                colours |= 1 + (row + square) % 2
            elif piece not in (0, KING):
                return False
    return knights + bishops <= 1 or (knights == 0 and colours != 3)


@njit("int64(int16[::1], int16[::1], uint64[::1], int64)", cache=True)
def ending(state: Any, rules: Any, history: Any, n_legal: int) -> int:
    """What has ended the game, if anything: the position stands in ``history`` and has so many legal moves."""
    if n_legal == 0:
        return MATE if in_check(state, state[SIDE]) else STALEMATE
    if _is_repeated(state, rules, history):
        return REPETITION
    if state[QUIET] >= rules[QUIET_LIMIT]:
        return QUIET_MOVES
    if _is_dead(state, rules):
        return DEAD_POSITION
    return 0
