"""Many games at once, compiled: the agent's moves, the opponent's answers, what is seen, and what is legal.

Arrays have a row for each game: ``states [N, 128]`` int16, ``histories [N, 201]`` uint64, ``streams [N, 1]`` uint64 and
``colours [N]`` int64, 1 where the agent is White and -1 where it is Black. ``setup`` is opponent, depth, the colour
that the agent plays (0 to draw it), and how many of a million answers are random.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from rewardlab_envs.minichess.events import (
    CAPTURED,
    CAPTURED_VALUE,
    DRAWN,
    GAVE_CHECK,
    LOST,
    LOST_PIECE,
    LOST_VALUE,
    MATE_MISSED,
    PLIES,
    PROMOTED,
    WON,
)
from rewardlab_envs.minichess.inner import inner
from rewardlab_envs.minichess.moves import in_check, legal_moves, make
from rewardlab_envs.minichess.opponents import answer_of, drawn_below, worth_of_capture
from rewardlab_envs.minichess.playing import MATE, ending, remember
from rewardlab_envs.minichess.squares import (
    ANSWER,
    AWAITED,
    BEGIN,
    CASTLING,
    EN_PASSANT,
    MOST_MOVES,
    NOTHING,
    QUIET,
    QUIET_LIMIT,
    SIDE,
    SIZE,
    STATE_LENGTH,
)

__all__ = ["advance", "observe"]


@inner
def _cell(square: int, colour: int, size: int) -> int:
    row, column = square // size, square % size
    return 10 * (row if colour > 0 else size - 1 - row) + column + 21


@inner
def _square(cell: int, colour: int, size: int) -> int:
    row, column = (cell - 21) // 10, (cell - 21) % 10
    return (row if colour > 0 else size - 1 - row) * size + column


@inner
def _move_of(action: Any, colour: int, size: int) -> int:
    """The engine's move of an agent's action."""
    origin, to = _cell(action[0], colour, size), _cell(action[1], colour, size)
    return origin | to << 7 | action[2] << 14


@inner
def _play(state: Any, history: Any, rules: Any, move: int) -> None:
    after = np.empty(STATE_LENGTH, dtype=np.int16)
    make(state, rules, move, after)
    state[:] = after
    remember(state, rules, history)


@inner
def _could_mate(state: Any, rules: Any, legal: Any, count: int) -> bool:
    """Whether one of the legal moves mates."""
    after = np.empty(STATE_LENGTH, dtype=np.int16)
    answers = np.empty(MOST_MOVES, dtype=np.int64)
    for index in range(count):
        make(state, rules, legal[index], after)
        if in_check(after, after[SIDE]) and legal_moves(after, rules, answers) == 0:
            return True
    return False


@inner
def _note_ending(why: int, winner: int, events: Any) -> None:
    if why == MATE:
        events[WON if winner > 0 else LOST] = 1.0
    elif why:
        events[DRAWN] = 1.0
        events[DRAWN + why - 1] = 1.0


@inner
def _begin(state: Any, history: Any, rules: Any, start: Any) -> None:
    state[:] = start
    history[:] = 0
    remember(state, rules, history)


@inner
def _act(state: Any, history: Any, rules: Any, move: int, legal: Any, count: int, happened: Any) -> int:
    """Play the agent's move, note what it did, and write the answers to it into ``legal``; return their number."""
    could_mate = _could_mate(state, rules, legal, count)
    worth = worth_of_capture(state, move)
    happened[CAPTURED], happened[CAPTURED_VALUE] = worth > 0, worth
    happened[PROMOTED] = move >> 14 > 0
    happened[PLIES] = 1.0
    _play(state, history, rules, move)
    happened[GAVE_CHECK] = in_check(state, state[SIDE])
    count = legal_moves(state, rules, legal)
    why = ending(state, rules, history, count)
    happened[MATE_MISSED] = could_mate and why != MATE
    _note_ending(why, 1, happened)
    return 0 if why else count


@inner
def _answer(state: Any, history: Any, rules: Any, move: int, legal: Any, happened: Any) -> int:
    """Play the opponent's move, note what it did, write the agent's moves into ``legal``; return their number."""
    worth = worth_of_capture(state, move)
    happened[LOST_PIECE], happened[LOST_VALUE] = worth > 0, worth
    happened[PLIES] += 1.0
    _play(state, history, rules, move)
    count = legal_moves(state, rules, legal)
    why = ending(state, rules, history, count)
    _note_ending(why, -1, happened)
    return 0 if why else count


@inner
def _unmask(mask: Any, table: Any, colour: int, size: int, legal: Any) -> int:
    """Take the legal actions out of a mask, and write them into ``legal`` as moves; return their number."""
    count = 0
    for action in range(len(mask)):
        if mask[action]:
            legal[count] = _move_of(table[action], colour, size)
            count += 1
            mask[action] = False
    return count


@njit(
    "void(int16[:, ::1], uint64[:, ::1], uint64[:, ::1], int64[::1], int64[::1], int64[::1], int64[:, ::1],"
    " int32[:, :, ::1], int16[::1], int16[::1], int64[::1], int64[:, ::1], float64[:, ::1], boolean[:, ::1])",
    cache=True,
)
def advance(
    states: Any,
    histories: Any,
    streams: Any,
    colours: Any,
    which: Any,
    actions: Any,
    table: Any,
    number: Any,
    start: Any,
    rules: Any,
    setup: Any,
    played: Any,
    events: Any,
    masks: Any,
) -> None:
    """Play on in the games ``which``, until the agent is to move or the game is over.

    `BEGIN` instead of an action begins a new game, in which the opponent moves first if the agent is not the one to
    move; any action must be legal. ``played [N, 2]`` int64 gets the agent's move and the answer, or `NOTHING`. An
    answer of `AWAITED` is chosen elsewhere, and until then nothing is legal: call again with the move in its place and
    `ANSWER` instead of an action. What happened is added to ``events [N, E]``; ``masks [N, A]`` holds what is legal
    before and after.
    """
    legal, size = np.empty(MOST_MOVES, dtype=np.int64), rules[SIZE]
    for game in which:
        state, history, happened, mask = states[game], histories[game], events[game], masks[game]
        count = _unmask(mask, table, colours[game], size, legal)
        if actions[game] != ANSWER:
            played[game] = NOTHING
        if actions[game] == BEGIN:
            _begin(state, history, rules, start)
            colours[game] = setup[2] if setup[2] != 0 else 1 - 2 * drawn_below(streams[game], 2)
            count = legal_moves(state, rules, legal)
        elif actions[game] != ANSWER:
            played[game, 0] = _move_of(table[actions[game]], colours[game], size)
            count = _act(state, history, rules, played[game, 0], legal, count, happened)
        if actions[game] != ANSWER and count > 0 and colours[game] != state[SIDE]:
            played[game, 1] = answer_of(state, rules, legal, count, setup, streams[game])
        if played[game, 1] == AWAITED:
            continue
        if played[game, 1] != NOTHING:
            count = _answer(state, history, rules, played[game, 1], legal, happened)
        for index in range(count):
            move, colour = legal[index], colours[game]
            origin, to = _square(move & 127, colour, size), _square(move >> 7 & 127, colour, size)
            mask[number[origin, to, move >> 14]] = True


@njit("void(int16[:, ::1], int64[::1], int16[::1], float32[:, ::1])", cache=True)
def observe(states: Any, colours: Any, rules: Any, observations: Any) -> None:
    """Write what the agents see into rows of zeros."""
    size = rules[SIZE]
    cells = size * size
    for game in range(len(states)):
        state, colour, seen = states[game], colours[game], observations[game]
        for square in range(cells):
            piece = state[_cell(square, colour, size)] * colour
            if piece != 0:
                plane = piece - 1 if piece > 0 else 5 - piece
                seen[plane * cells + square] = 1.0
        if state[EN_PASSANT]:
            seen[12 * cells + _square(state[EN_PASSANT], colour, size)] = 1.0
        for right in range(4):
            # The agent's own rights come first.
            seen[13 * cells + (right if colour > 0 else right ^ 2)] = state[CASTLING] >> right & 1
        seen[13 * cells + 4] = state[QUIET] / rules[QUIET_LIMIT]
        seen[13 * cells + 5] = colour > 0
