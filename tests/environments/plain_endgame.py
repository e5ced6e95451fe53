"""The rules of king and piece against king once more, one position at a time and as plainly as can be."""

from __future__ import annotations

from typing import NamedTuple

AROUND = [(up, right) for up in (-1, 0, 1) for right in (-1, 0, 1) if (up, right) != (0, 0)]


class Position(NamedTuple):
    """Letter of White's piece ("" if it is taken) and (rank, file) of king, piece and lone king, from (0, 0)."""

    letter: str
    king: tuple[int, int]
    piece: tuple[int, int]
    lone: tuple[int, int]


def read(text: str) -> Position:
    """Read, for instance, ``Kg6 Qg7 kg8``."""
    men = {word[0]: (int(word[2]) - 1, "abcdefgh".index(word[1])) for word in text.split()}
    letter = next(letter for letter in "QRP" if letter in men)
    return Position(letter, men["K"], men[letter], men["k"])


def cell(position: Position, size: int) -> tuple[int, int, int]:
    """The three squares as numbers."""
    king, piece, lone = (rank * size + file for rank, file in (position.king, position.piece, position.lone))
    return king, piece, lone


def attacked(letter: str, piece: tuple[int, int], blockers: set[tuple[int, int]], size: int) -> set[tuple[int, int]]:
    """The squares that a piece attacks; it looks as far as the first blocker, and that square included."""
    rank, file = piece
    if letter == "P":
        return {(rank + 1, file - 1), (rank + 1, file + 1)}
    seen = set()
    for up, right in AROUND:
        if letter == "R" and up and right:
            continue
        for far in range(1, size):
            square = (rank + far * up, file + far * right)
            if not on_board(square, size):
                break
            seen.add(square)
            if square in blockers:
                break
    return seen


def on_board(square: tuple[int, int], size: int) -> bool:
    return 0 <= square[0] < size and 0 <= square[1] < size


def touching(one: tuple[int, int], other: tuple[int, int]) -> bool:
    return max(abs(one[0] - other[0]), abs(one[1] - other[1])) <= 1


def in_check(position: Position, size: int) -> bool:
    return position.lone in attacked(position.letter, position.piece, {position.king, position.lone}, size)


def possible(position: Position, size: int) -> bool:
    """Whether the men can stand like this, whoever is to move."""
    apart = not touching(position.king, position.lone) and position.piece not in (position.king, position.lone)
    return apart and not (position.letter == "P" and position.piece[0] in (0, size - 1))


def white_moves(position: Position, size: int) -> set[Position]:
    """Every position that White can reach in one move."""
    letter, king, piece, lone = position
    reached = set()
    for up, right in AROUND:
        step = (king[0] + up, king[1] + right)
        if on_board(step, size) and step != piece and not touching(step, lone):
            reached.add(position._replace(king=step))
    if letter != "P":
        seen = attacked(letter, piece, {king, lone}, size) - {king, lone}
        return reached | {position._replace(piece=square) for square in seen}
    ahead = (piece[0] + 1, piece[1])
    if ahead in (king, lone):
        return reached
    if ahead[0] == size - 1:
        return reached | {Position(new, king, ahead, lone) for new in "QR"}
    reached.add(position._replace(piece=ahead))
    double = (piece[0] + 2, piece[1])
    if size == 8 and piece[0] == 1 and double not in (king, lone):
        reached.add(position._replace(piece=double))
    return reached


def black_moves(position: Position, size: int) -> set[Position]:
    """Every position that Black can reach in one move; the letter is "" where the piece was taken."""
    letter, king, piece, lone = position
    reached = set()
    for up, right in AROUND:
        step = (lone[0] + up, lone[1] + right)
        if not on_board(step, size) or touching(step, king):
            continue
        if step == piece:
            reached.add(position._replace(letter="", lone=step))
        elif step not in attacked(letter, piece, {king}, size):
            reached.add(position._replace(lone=step))
    return reached
