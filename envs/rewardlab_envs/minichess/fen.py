"""Positions as text: reading and writing FEN on boards of any size."""

from __future__ import annotations

import re

import numpy as np
from numpy.typing import NDArray

from rewardlab.errors import BadInput, Problem
from rewardlab_envs.minichess.loading import compiled
from rewardlab_envs.minichess.rules import CASTLING_LETTERS, LETTERS, RuleSet
from rewardlab_envs.minichess.squares import (
    CASTLING,
    EN_PASSANT,
    KING,
    KING_PLACES,
    PAWN,
    PLY,
    QUIET,
    ROOK,
    SIDE,
    STATE_LENGTH,
    WALL,
    name_of,
    square_of,
)

__all__ = ["read_fen", "write_fen"]


def read_fen(text: str, rules: RuleSet, where: str = "fen") -> NDArray[np.int16]:
    """The state that a FEN describes, ``[128]`` int16.

    Args:
        text: Six fields; the last two, the counters, may be left out.
        rules: The game, which decides the size of the board and what may stand on it.
        where: The place to name in an error.

    Raises:
        BadInput: It is no FEN, or of a position that plainly no game of these rules can reach: kings that are missing
            or can be taken, pawns on the last rows, too many pieces, rights without king and rook at home.
    """
    if not isinstance(text, str):  # a file of settings may hold anything
        raise BadInput(Problem(where, repr(text), "a text", f"the start of this game is {rules.start!r}"))
    fields = text.split()
    if len(fields) not in (4, 6):
        expected = "4 or 6 fields: placement, side, castling, en passant, and two counters"
        raise BadInput(Problem(where, repr(text), expected, f"the start of this game is {rules.start!r}"))
    state = np.full(STATE_LENGTH, WALL, dtype=np.int16)
    state[SIDE:] = 0
    problems = _place(state, fields[0], rules, where)
    if fields[1] not in ("w", "b"):
        problems.append(Problem(f"{where}, side to move", repr(fields[1]), "'w' or 'b'"))
    if problems:
        raise BadInput(*problems)
    state[SIDE] = 1 if fields[1] == "w" else -1
    problems = _check_men(state, rules, where)
    problems += _grant_castling(state, fields[2], rules, where)
    problems += _set_en_passant(state, fields[3], rules, where)
    problems += _set_counters(state, fields[4:], rules, where)
    if not problems and compiled("moves").in_check(state, -int(state[SIDE])):
        got = "the side that has just moved in check"
        problems = [Problem(where, got, "a king that cannot be taken at once", "is the side to move right?")]
    if problems:
        raise BadInput(*problems)
    passed, state[EN_PASSANT] = int(state[EN_PASSANT]), 0
    if passed:
        compiled("moves").allow_en_passant(state, passed)
    return state


def write_fen(state: NDArray[np.int16], rules: RuleSet) -> str:
    """The FEN of a state. The en passant square is named only where a pawn may legally be taken."""
    lines = []
    for row in reversed(range(rules.size)):
        pieces = state[10 * row + 21 : 10 * row + 21 + rules.size].tolist()
        letters = "".join(LETTERS[piece] if piece >= 0 else LETTERS[-piece].lower() for piece in pieces)
        lines.append(re.sub(r"\.+", lambda gap: str(len(gap.group())), letters))
    rights = "".join(letter for bit, letter in enumerate(CASTLING_LETTERS) if state[CASTLING] >> bit & 1)
    passed = name_of(int(state[EN_PASSANT])) if state[EN_PASSANT] else "-"
    side, move = "w" if state[SIDE] > 0 else "b", int(state[PLY]) // 2 + 1
    return f"{'/'.join(lines)} {side} {rights or '-'} {passed} {state[QUIET]} {move}"


def _place(state: NDArray[np.int16], placement: str, rules: RuleSet, where: str) -> list[Problem]:
    """Put the men on the board."""
    problems, lines = [], placement.split("/")
    if len(lines) != rules.size:
        return [Problem(f"{where}, placement", f"{len(lines)} rows", f"{rules.size}, as {rules.name} is played")]
    known = "PRNBQK" if "B" in rules.promotions + rules.start.upper() else "PRNQK"
    for row, line in enumerate(reversed(lines)):
        spelt = re.sub(r"\d", lambda gap: "." * int(gap.group()), line)
        strange = sorted({letter for letter in spelt if letter.upper() not in known + "."})
        if strange:
            problems.append(Problem(f"{where}, row {row + 1}", repr("".join(strange)), f"letters of {known}, any case"))
        elif len(spelt) != rules.size:
            problems.append(Problem(f"{where}, row {row + 1}", f"{len(spelt)} squares in {line!r}", str(rules.size)))
        else:
            men = [LETTERS.index(letter.upper()) * (-1 if letter.islower() else 1) for letter in spelt]
            state[10 * row + 21 : 10 * row + 21 + rules.size] = men
    return problems


def _check_men(state: NDArray[np.int16], rules: RuleSet, where: str) -> list[Problem]:
    problems = []
    board = np.stack([state[10 * row + 21 : 10 * row + 21 + rules.size] for row in range(rules.size)])
    for side, name in ((1, "White"), (-1, "Black")):
        kings = np.flatnonzero(state[:SIDE] == KING * side)
        if len(kings) != 1:
            problems.append(Problem(f"{where}, {name}", f"{len(kings)} kings", "one"))
        else:
            state[KING_PLACES + (side < 0)] = kings[0]
        men, pawns = int((board * side > 0).sum()), int((board == PAWN * side).sum())
        if men > 2 * rules.size or pawns > rules.size:
            got, expected = f"{men} men, {pawns} of them pawns", f"at most {2 * rules.size} and {rules.size}"
            problems.append(Problem(f"{where}, {name}", got, expected))
    if (np.abs(board[[0, -1]]) == PAWN).any():
        problems.append(Problem(where, "a pawn on the first or last row", "none there"))
    return problems


def _grant_castling(state: NDArray[np.int16], rights: str, rules: RuleSet, where: str) -> list[Problem]:
    ways, problems = dict(rules.castling), []
    for letter in "" if rights == "-" else rights:
        if letter not in ways:
            allowed = f"letters of {''.join(ways)!r}" if ways else "'-': nobody castles in this game"
            problems.append(Problem(f"{where}, castling", repr(letter), allowed))
            continue
        bit, side = CASTLING_LETTERS.index(letter), 1 if letter.isupper() else -1
        at_home = state[square_of(ways[letter].king_from)], state[square_of(ways[letter].rook_from)]
        if at_home != (KING * side, ROOK * side):
            expected = f"its king on {ways[letter].king_from} and its rook on {ways[letter].rook_from}"
            problems.append(Problem(f"{where}, castling", f"{letter!r} without them", expected))
        state[CASTLING] |= 1 << bit
    return problems


def _set_en_passant(state: NDArray[np.int16], square: str, rules: RuleSet, where: str) -> list[Problem]:
    if square == "-":
        return []
    place = f"{where}, en passant"
    if not rules.en_passant:
        return [Problem(place, repr(square), "'-': there is no en passant in this game")]
    side = int(state[SIDE])
    row = rules.size - 2 if side > 0 else 3
    if not re.fullmatch(rf"[a-{'abcdefgh'[rules.size - 1]}]{row}", square):
        return [Problem(place, repr(square), f"'-' or a square of row {row}, which a pawn has just passed")]
    passed = square_of(square)
    if (state[passed], state[passed + 10 * side], state[passed - 10 * side]) != (0, 0, -PAWN * side):
        return [Problem(place, repr(square), "a pawn that has just gone two squares past it")]
    state[EN_PASSANT] = passed
    return []


def _set_counters(state: NDArray[np.int16], counters: list[str], rules: RuleSet, where: str) -> list[Problem]:
    names = ("quiet plies", "number of the move")
    bounds = ((0, rules.quiet_plies), (1, 9999))
    problems, values = [], [0, 1]
    for index, counter in enumerate(counters):
        low, high = bounds[index]
        if counter.isdecimal() and len(counter) < 6 and low <= int(counter) <= high:
            values[index] = int(counter)
        else:
            problems.append(Problem(f"{where}, {names[index]}", repr(counter), f"a whole number in [{low}, {high}]"))
    state[QUIET], state[PLY] = values[0], 2 * (values[1] - 1) + (state[SIDE] < 0)
    return problems
