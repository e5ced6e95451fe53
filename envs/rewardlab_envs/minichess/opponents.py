"""Who plays against the agent, compiled: at random, greedily, by alpha-beta search, or somebody elsewhere.

Every choice among equals is drawn, from a stream of its own for each game (splitmix64; Steele, Lea & Flood 2014, "Fast
splittable pseudorandom number generators").
"""

from __future__ import annotations

from typing import Any

import numpy as np

from rewardlab_envs.minichess.inner import inner
from rewardlab_envs.minichess.moves import in_check, legal_moves, make
from rewardlab_envs.minichess.squares import AWAITED, MOST_MOVES, PAWN, SIDE, SIZE, STATE_LENGTH

__all__ = [
    "ALPHA_BETA",
    "ELSEWHERE",
    "GREEDY",
    "MILLION",
    "RANDOM",
    "answer_of",
    "drawn_below",
    "material",
    "worth_of_capture",
]

RANDOM, GREEDY, ALPHA_BETA, ELSEWHERE = 0, 1, 2, 3
MILLION = 1_000_000

_WORTHS = np.array([0, 1, 3, 3, 5, 9, 0])
_MATED = 10_000


@inner
def drawn_below(stream: Any, count: int) -> int:
    """A whole number in [0, count) from a stream, ``[1]`` uint64, which moves on."""
    stream[0] += np.uint64(0x9E3779B97F4A7C15)
    mixed = stream[0]
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    mixed = mixed ^ (mixed >> np.uint64(31))
    # The high half is scaled, so that no remainder of a division favours the small ones noticeably.
    return int(((mixed >> np.uint64(32)) * np.uint64(count)) >> np.uint64(32))


@inner
def worth_of_capture(state: Any, move: int) -> int:
    """What a move takes, in pawns: pawn 1, knight and bishop 3, rook 5, queen 9; 0 if it takes nothing."""
    origin, to = move & 127, move >> 7 & 127
    if state[to] == 0 and abs(state[origin]) == PAWN and (to - origin) % 10 != 0:
        return 1  # en passant
    return _WORTHS[abs(state[to])]


@inner
def material(state: Any, rules: Any, side: int) -> int:
    """The worth of a side's men less that of the other's, in pawns."""
    total = 0
    for row in range(rules[SIZE]):
        for square in range(10 * row + 21, 10 * row + 21 + rules[SIZE]):
            piece = state[square]
            if piece != 0:
                total += _WORTHS[abs(piece)] if piece * side > 0 else -_WORTHS[abs(piece)]
    return total


@inner
def _search(states: Any, moves: Any, rules: Any, depth: int, alpha: int, beta: int) -> int:
    """Negamax with alpha-beta cut-offs (Knuth & Moore 1975) on material; draws by rule are not seen."""
    state = states[depth]
    if depth == 0:
        return material(state, rules, state[SIDE])
    count = legal_moves(state, rules, moves[depth])
    if count == 0:
        # A mate that is nearer, with more depth left, is worse for who suffers it.
        return -_MATED - depth if in_check(state, state[SIDE]) else 0
    # Captures first: good moves early let more of the others be cut.
    for takes in (True, False):
        for index in range(count):
            move = moves[depth, index]
            if (worth_of_capture(state, move) > 0) != takes:
                continue
            make(state, rules, move, states[depth - 1])
            value = -_search(states, moves, rules, depth - 1, -beta, -alpha)
            alpha = max(alpha, value)
            if alpha >= beta:
                return alpha
    return alpha


@inner
def answer_of(state: Any, rules: Any, legal: Any, count: int, setup: Any, stream: Any) -> int:
    """The opponent's move, one of the ``count`` legal ones; `AWAITED` where it is chosen elsewhere.

    ``setup`` holds the kind of opponent, its depth, the agent's colour, and how many of a million moves are random.
    """
    kind = setup[0]
    if setup[3] > 0 and drawn_below(stream, MILLION) < setup[3]:
        kind = RANDOM
    if kind == ELSEWHERE:
        return AWAITED
    return _choose(state, rules, legal, count, kind, setup[1], stream)


@inner
def _choose(state: Any, rules: Any, legal: Any, count: int, kind: int, depth: int, stream: Any) -> int:
    """One of the ``count`` legal moves: any, the one that takes most, or the one that searching finds best."""
    if kind == RANDOM:
        return legal[drawn_below(stream, count)]
    states = np.empty((depth + 1, STATE_LENGTH), dtype=np.int16)
    moves = np.empty((depth + 1, MOST_MOVES), dtype=np.int64)
    best, chosen, equals = -2 * _MATED, legal[0], 0
    for index in range(count):
        if kind == GREEDY:
            value = worth_of_capture(state, legal[index])
        else:
            make(state, rules, legal[index], states[depth - 1])
            # The window leaves room for a tie, so that ties are exact.
            value = -_search(states, moves, rules, depth - 1, -2 * _MATED, -(best - 1))
        if value > best:
            best, equals = value, 0
        if value == best:
            equals += 1
            if drawn_below(stream, equals) == 0:
                chosen = legal[index]
    return chosen
