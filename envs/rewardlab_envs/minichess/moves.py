"""The rules of movement, compiled: attacks, pseudo-legal and legal moves, and what a move does.

A move is one whole number: ``from | to << 7 | promotion << 14``, cells of the padded board and the new piece (0 for
none). Castling is the king's move of two squares. Nothing here checks its arguments: that is done at the borders.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from rewardlab_envs.minichess.inner import inner
from rewardlab_envs.minichess.squares import (
    BISHOP,
    CASTLES,
    CASTLING,
    DOUBLE_STEP,
    EN_PASSANT,
    EN_PASSANT_RULE,
    KING,
    KING_PLACES,
    KNIGHT,
    PAWN,
    PLY,
    PROMOTIONS,
    QUEEN,
    QUIET,
    ROOK,
    SIDE,
    SIZE,
    STATE_LENGTH,
)

__all__ = ["allow_en_passant", "attacked", "in_check", "legal_moves", "make", "perft"]

_LEAPS = np.array([-21, -19, -12, -8, 8, 12, 19, 21])
_DIRECTIONS = np.array([-10, -1, 1, 10, -11, -9, 9, 11])


@inner
def attacked(state: Any, square: int, by: int) -> bool:
    """Whether the side ``by`` (1 or -1) attacks a cell."""
    for leap in _LEAPS:
        if state[square + leap] == KNIGHT * by:
            return True
    if state[square - 10 * by - 1] == PAWN * by or state[square - 10 * by + 1] == PAWN * by:
        return True
    for index in range(8):
        direction = _DIRECTIONS[index]
        slider = ROOK if index < 4 else BISHOP
        place = square + direction
        if state[place] == KING * by:
            return True
        while state[place] == 0:
            place += direction
        piece = state[place] * by
        if piece in (slider, QUEEN):
            return True
    return False


@njit("boolean(int16[::1], int64)", cache=True)
def in_check(state: Any, side: int) -> bool:
    """Whether the king of a side is attacked."""
    return attacked(state, state[KING_PLACES + (side < 0)], -side)


@inner
def _is_enemy(piece: int, side: int) -> bool:
    return -KING <= piece * side < 0


@inner
def _add_pawn(state: Any, rules: Any, square: int, row: int, moves: Any, count: int) -> int:
    side, size = state[SIDE], rules[SIZE]
    last_row, home_row = (size - 1, 1) if side > 0 else (0, size - 2)
    ahead = square + 10 * side
    promotes = row + side == last_row
    for sideways in range(-1, 2):
        to = ahead + sideways
        if sideways == 0:
            fits = state[to] == 0
        else:
            fits = _is_enemy(state[to], side) or (to == state[EN_PASSANT])
        if not fits:
            continue
        if promotes:
            for index in range(rules[PROMOTIONS]):
                moves[count] = square | to << 7 | rules[PROMOTIONS + 1 + index] << 14
                count += 1
            continue
        moves[count] = square | to << 7
        count += 1
        if sideways == 0 and row == home_row and rules[DOUBLE_STEP] and state[to + 10 * side] == 0:
            moves[count] = square | (to + 10 * side) << 7
            count += 1
    return count


@inner
def _add_piece(state: Any, square: int, piece: int, moves: Any, count: int) -> int:
    side = state[SIDE]
    first = 4 if piece == BISHOP else 0
    last = 4 if piece == ROOK else 8
    slides = piece not in (KNIGHT, KING)
    for index in range(first, last):
        step = _LEAPS[index] if piece == KNIGHT else _DIRECTIONS[index]
        to = square + step
        while state[to] == 0:
            moves[count] = square | to << 7
            count += 1
            to += step
            if not slides:
                break
        # A leaper that went to an empty cell has done with this direction.
        if (slides or to == square + step) and _is_enemy(state[to], side):
            moves[count] = square | to << 7
            count += 1
    return count


@inner
def _add_castling(state: Any, rules: Any, moves: Any, count: int) -> int:
    side = state[SIDE]
    for index in range(0 if side > 0 else 2, 2 if side > 0 else 4):
        if not state[CASTLING] >> index & 1:
            continue
        place = CASTLES + 4 * index
        king_from, king_to, rook_from = rules[place], rules[place + 1], rules[place + 2]
        free = True
        for cell in range(min(king_from, rook_from) + 1, max(king_from, rook_from)):
            free = free and state[cell] == 0
        if not free:
            continue
        for cell in range(min(king_from, king_to), max(king_from, king_to) + 1):
            free = free and not attacked(state, cell, -side)
        if free:
            moves[count] = king_from | king_to << 7
            count += 1
    return count


@inner
def _pseudo_legal_moves(state: Any, rules: Any, moves: Any) -> int:
    count = 0
    for row in range(rules[SIZE]):
        for square in range(10 * row + 21, 10 * row + 21 + rules[SIZE]):
            piece = state[square] * state[SIDE]
            if piece <= 0:
                continue
            if piece == PAWN:
                count = _add_pawn(state, rules, square, row, moves, count)
            else:
                count = _add_piece(state, square, piece, moves, count)
    if state[CASTLING]:
        count = _add_castling(state, rules, moves, count)
    return count


@inner
def _mark_en_passant(after: Any, passed: int, to: int, side: int) -> None:
    """Note a square only where the pawn may legally be taken, so that equal positions are equal arrays."""
    for sideways in (-1, 1):
        neighbour = to + sideways
        if after[neighbour] != -PAWN * side:
            continue
        after[neighbour], after[to], after[passed] = 0, 0, -PAWN * side
        legal = not in_check(after, -side)
        after[neighbour], after[to], after[passed] = -PAWN * side, PAWN * side, 0
        if legal:
            after[EN_PASSANT] = passed


@njit("void(int16[::1], int64)", cache=True)
def allow_en_passant(state: Any, passed: int) -> None:
    """Note the square that a pawn of the side that does not move has passed, if the pawn may legally be taken."""
    side = -state[SIDE]
    _mark_en_passant(state, passed, passed + 10 * side, side)


@njit("void(int16[::1], int16[::1], int64, int16[::1])", cache=True)
def make(state: Any, rules: Any, move: int, after: Any) -> None:
    """Write the state after a move, which is a pseudo-legal one, into ``after``."""
    for index in range(STATE_LENGTH):
        after[index] = state[index]
    side = state[SIDE]
    origin, to, promotion = move & 127, move >> 7 & 127, move >> 14
    piece = state[origin] * side
    after[origin] = 0
    after[to] = side * (promotion if promotion else piece)
    after[QUIET] = 0 if piece == PAWN or state[to] != 0 else state[QUIET] + 1
    after[EN_PASSANT] = 0
    after[SIDE] = -side
    after[PLY] = state[PLY] + 1
    if piece == PAWN:
        if to == state[EN_PASSANT]:
            after[to - 10 * side] = 0
        elif to - origin == 20 * side and rules[EN_PASSANT_RULE]:
            _mark_en_passant(after, origin + 10 * side, to, side)
    elif piece == KING:
        after[KING_PLACES + (side < 0)] = to
    if not state[CASTLING]:
        return
    for index in range(4):
        place = CASTLES + 4 * index
        king_from, rook_from = rules[place], rules[place + 2]
        if not state[CASTLING] >> index & 1:
            continue
        if piece == KING and origin == king_from and to == rules[place + 1] and abs(to - origin) == 2:
            after[rook_from] = 0
            after[rules[place + 3]] = ROOK * side
        if origin in (king_from, rook_from) or to == rook_from:
            after[CASTLING] &= ~(1 << index)


@njit("int64(int16[::1], int16[::1], int64[::1])", cache=True)
def legal_moves(state: Any, rules: Any, moves: Any) -> int:
    """Write all legal moves into ``moves``, ``[512]`` int64, and return how many there are."""
    after = np.empty(STATE_LENGTH, dtype=np.int16)
    side, kept = state[SIDE], 0
    for index in range(_pseudo_legal_moves(state, rules, moves)):
        make(state, rules, moves[index], after)
        if not in_check(after, side):
            moves[kept] = moves[index]
            kept += 1
    return kept


@njit("int64(int16[:, ::1], int64[:, ::1], int16[::1], int64)", cache=True)
def perft(states: Any, moves: Any, rules: Any, depth: int) -> int:
    """The number of ways to play ``depth`` plies from ``states[depth]``; the rest of both arrays is scratch."""
    count = legal_moves(states[depth], rules, moves[depth])
    if depth == 1:
        return count
    total = 0
    for index in range(count):
        make(states[depth], rules, moves[depth, index], states[depth - 1])
        total += perft(states, moves, rules, depth - 1)
    return total
