"""Who may move where: against the rules written a second time, and on positions set up by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from rewardlab_envs.endgame.board import Board
from rewardlab_envs.endgame.moves import Moves
from tests.environments.plain_endgame import (
    Position,
    black_moves,
    cell,
    in_check,
    possible,
    read,
    white_moves,
)

MOVES = {(letter, size): Moves(Board(size), letter) for letter in "QRP" for size in (4, 5, 8)}


@st.composite
def positions(draw: st.DrawFn) -> tuple[Position, int]:
    """A position that can be, and the size of its board."""
    size = draw(st.sampled_from((4, 5, 8)))
    square = st.tuples(st.integers(0, size - 1), st.integers(0, size - 1))
    position = Position(draw(st.sampled_from("QRP")), draw(square), draw(square), draw(square))
    assume(possible(position, size))
    return position, size


def one(position: Position, size: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The squares as batches of one."""
    king, piece, lone = (np.array([square]) for square in cell(position, size))
    return king, piece, lone


def replies(position: Position, size: int) -> dict[str, str]:
    """Black's legal moves, by square, and whether they take."""
    moves = MOVES[position.letter, size]
    steps, legal, takes = (part[0] for part in moves.black(*one(position, size)))
    names = ["abcdefgh"[step % size] + str(step // size + 1) for step in steps[legal]]
    return dict(zip(names, np.where(takes[legal], "takes", "goes").tolist(), strict=True))


@given(positions())
@settings(max_examples=150, deadline=None)
def test_moves_are_those_of_the_plain_rules(case: tuple[Position, int]) -> None:
    position, size = case
    moves, place = MOVES[position.letter, size], cell(position, size)
    assert moves.apart[place]
    assert moves.check[place] == in_check(position, size)
    if not moves.check[place]:
        assert moves.white_to_move[place]
        led = moves.white(*one(position, size))
        kinds = [letter or position.letter for letter in led.promoted]
        reached = [
            (kinds[action], int(led.king[0, action]), int(led.piece[0, action]))
            for action in np.flatnonzero(led.legal[0])
        ]
        plain = {(after.letter, *cell(after, size)[:2]) for after in white_moves(position, size)}
        assert set(reached) == plain
        assert len(reached) == len(plain)
        assert len(kinds) == len(moves.names)
    steps, legal, takes = moves.black(*one(position, size))
    went = {(int(step), bool(took)) for step, may, took in zip(steps[0], legal[0], takes[0], strict=True) if may}
    assert went == {(cell(after, size)[2], after.letter == "") for after in black_moves(position, size)}


@pytest.mark.parametrize("size", [4, 5, 6])
def test_white_is_stalemated_only_before_its_own_pawn(size: int) -> None:
    stuck = {}
    for letter in "QRP":
        moves = Moves(Board(size), letter)
        king, piece, lone = np.nonzero(moves.white_to_move)
        still = ~moves.white(king, piece, lone).legal.any(axis=1)
        stuck[letter] = {
            (int(a), int(b), int(c)) for a, b, c in zip(king[still], piece[still], lone[still], strict=True)
        }
    # In either corner of the last rank, the pawn below, the lone king two files away on one of the last two ranks.
    corner, two = size**2 - 1, size**2 - 3
    right = {(corner, corner - size, two), (corner, corner - size, two - size)}
    way = Board(size).turned(mirrored_only=True)[1].tolist()
    assert stuck == {"Q": set(), "R": set(), "P": right | {(way[a], way[b], way[c]) for a, b, c in right}}


@pytest.mark.parametrize("letter", "QRP")
def test_squares_off_the_board_or_shared_are_no_position(letter: str) -> None:
    moves = MOVES[letter, 4]
    plain = sum(
        possible(Position(letter, divmod(king, 4), divmod(piece, 4), divmod(lone, 4)), 4)
        for king in range(16)
        for piece in range(16)
        for lone in range(16)
    )
    assert moves.apart.sum() == plain


def test_mates_and_what_is_none() -> None:
    # The queen beside the king is protected and covers f8, h8, f7 and h7.
    assert replies(read("Kg6 Qg7 kg8"), 8) == {}
    # Unprotected, she is taken.
    assert replies(read("Ka1 Qg7 kg8"), 8) == {"g7": "takes"}
    # The rook looks through the king: h8, hidden behind it, is no escape. f7, g7 and h7 are the other king's.
    assert replies(read("Kg6 Ra8 kg8"), 8) == {}
    # One square to the left the king leaves h7 to Black.
    assert replies(read("Kf6 Ra8 kg8"), 8) == {"h7": "goes"}
    # White's own king stands in the rook's way, so that there is no check and f8 is free; g7 and h7 are too.
    assert not in_check(read("Kd8 Ra8 kg8"), 8)
    assert set(replies(read("Kd8 Ra8 kg8"), 8)) == {"f8", "h8", "f7", "g7", "h7"}


def test_stalemate() -> None:
    # From f7 the queen covers g8, g7 and h7, but not h8.
    position = read("Ka1 Qf7 kh8")
    assert replies(position, 8) == {}
    assert not MOVES["Q", 8].check[cell(position, 8)]


@pytest.mark.parametrize(
    ("text", "pushes"),
    [
        ("Kh1 Pa2 kh8", {"pawn_one", "pawn_two"}),
        ("Kh1 Pa3 kh8", {"pawn_one"}),
        ("Kh1 Pa2 ka4", {"pawn_one"}),
        ("Ka4 Pa2 kh8", {"pawn_one"}),
        ("Kh1 Pa2 ka3", set()),
        ("Ka3 Pa2 kh8", set()),
        ("Kh1 Pa7 kh8", {"promote_queen", "promote_rook"}),
        ("Kh1 Pa7 ka8", set()),
    ],
)
def test_how_a_pawn_moves(text: str, pushes: set[str]) -> None:
    moves = MOVES["P", 8]
    legal = moves.white(*one(read(text), 8)).legal[0]
    assert {name for name, may in zip(moves.names, legal, strict=True) if may and "king" not in name} == pushes


def test_small_boards_have_no_double_step() -> None:
    assert "pawn_two" in MOVES["P", 8].names
    assert "pawn_two" not in MOVES["P", 5].names


def test_turned_boards() -> None:
    board = Board(5)
    ways = board.turned(mirrored_only=False)
    assert len({tuple(way) for way in ways.tolist()}) == 8
    assert (ways[0] == np.arange(25)).all()
    for way in ways:
        assert (board.king_distance[np.ix_(way, way)] == board.king_distance).all()
        assert (board.edge_distance[way] == board.edge_distance).all()
    mirrored = board.turned(mirrored_only=True)
    assert len(mirrored) == 2
    assert (board.rank[mirrored] == board.rank).all()
