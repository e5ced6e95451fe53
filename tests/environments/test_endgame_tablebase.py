"""Tablebases: known totals, positions out of textbooks, laws that hold for every position, and the cache."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from rewardlab_envs.endgame import cache_folder, tablebase
from rewardlab_envs.endgame.board import Board
from rewardlab_envs.endgame.moves import Moves
from rewardlab_envs.endgame.tablebase import NOT_WON, Tablebase, solved_tablebase
from tests.environments.plain_endgame import Position, black_moves, cell, in_check, possible, read, white_moves

EACH_LETTER = pytest.mark.parametrize("letter", "QRP")


@pytest.fixture(scope="module")
def full_board() -> dict[str, Tablebase]:
    """All three endgames on 8 x 8."""
    solved = {letter: solved_tablebase(letter, 8) for letter in "QR"}
    return solved | {"P": solved_tablebase("P", 8, solved)}


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty cache folder, and nothing in memory either."""
    monkeypatch.setenv("REWARDLAB_CACHE", str(tmp_path))
    tablebase.cache_clear()
    yield tmp_path
    tablebase.cache_clear()


class TestFullBoard:
    # The longest mates are those of the textbooks: queen 10, rook 16, pawn 28 moves. With queen or rook, White to move
    # always wins. The counts of positions are those of the definition: with the rook, 223,944 may be on the board with
    # Black to move and 175,168 with White to move.

    def test_longest_mates(self, full_board: dict[str, Tablebase]) -> None:
        assert {letter: base.longest for letter, base in full_board.items()} == {"Q": 10, "R": 16, "P": 28}
        assert {letter: int(base.black[base.black < NOT_WON].max()) for letter, base in full_board.items()} == {
            "Q": 10,
            "R": 16,
            "P": 28,
        }

    @pytest.mark.parametrize(("letter", "count"), [("Q", 144_508), ("R", 175_168)])
    def test_queen_and_rook_always_win(self, full_board: dict[str, Tablebase], letter: str, count: int) -> None:
        may_move = Moves(Board(8), letter).white_to_move
        assert may_move.sum() == count
        assert (full_board[letter].white < NOT_WON).sum() == count

    @pytest.mark.parametrize("letter", "QR")
    def test_black_draws_only_by_taking_or_by_stalemate(self, full_board: dict[str, Tablebase], letter: str) -> None:
        moves = Moves(Board(8), letter)
        king, piece, lone = np.nonzero(moves.apart)
        _, legal, takes = moves.black(king, piece, lone)
        stalemate = ~legal.any(axis=1) & ~moves.check[king, piece, lone]
        drawn = full_board[letter].black[king, piece, lone] == NOT_WON
        assert (drawn == (stalemate | takes.any(axis=1))).all()

    @pytest.mark.parametrize(
        ("text", "to_move", "expected"),
        [
            # Key squares: with the king two ranks before the pawn, on the sixth, White wins whoever moves.
            ("Ke6 Pe5 ke8", "white", "won"),
            ("Ke6 Pe5 ke8", "black", "won"),
            # Opposition: who has to move loses by it.
            ("Ke5 Pe4 ke7", "white", "drawn"),
            ("Ke5 Pe4 ke7", "black", "won"),
            # A rook's pawn with the lone king in its corner.
            ("Kb5 Pa5 ka8", "white", "drawn"),
            ("Kb5 Pa5 ka8", "black", "drawn"),
            # The square of the pawn: from e5 the lone king is a step late.
            ("Kh1 Pa5 kd5", "white", "drawn"),
            ("Kh1 Pa5 ke5", "white", "won"),
            ("Kh1 Pa5 ke5", "black", "drawn"),
        ],
    )
    def test_textbook_pawns(self, full_board: dict[str, Tablebase], text: str, to_move: str, expected: str) -> None:
        base = full_board["P"]
        value = (base.white if to_move == "white" else base.black)[cell(read(text), 8)]
        assert (value < NOT_WON) == (expected == "won")

    def test_a_rook_where_a_queen_would_stalemate(self, full_board: dict[str, Tablebase]) -> None:
        # 1. c8=R Ka6 2. Ra8 mate; 1. c8=Q is stalemate, and any other way takes longer.
        place = cell(read("Kc6 Pc7 ka7"), 8)
        assert full_board["P"].white[place] == 2
        assert full_board["Q"].black[cell(read("Kc6 Qc8 ka7"), 8)] == NOT_WON

    def test_mate_in_one_and_two(self, full_board: dict[str, Tablebase]) -> None:
        # Qg7 mate; Ra8 mate; and the shortest of all ends, the mate itself.
        assert full_board["Q"].white[cell(read("Kg6 Qa7 kh8"), 8)] == 1
        assert full_board["R"].white[cell(read("Kg6 Ra1 kg8"), 8)] == 1
        assert full_board["R"].black[cell(read("Kg6 Ra8 kg8"), 8)] == 0
        # With White's king a file farther away, Black's leaves by h7.
        assert full_board["R"].white[cell(read("Kf6 Ra1 kg8"), 8)] > 1


def test_the_rook_on_the_full_board_is_solved_from_nothing_in_seconds() -> None:
    # The budget is 30 s and 2 GB, for a process of its own that does nothing else: by the clock, and by peak memory.
    pytest.importorskip("resource", reason="peak memory is asked of the operating system here")
    program = (
        "import resource, time; begun = time.perf_counter()\n"
        "from rewardlab_envs.endgame.tablebase import solved_tablebase\n"
        "assert solved_tablebase('R', 8).longest == 16\n"
        "print(time.perf_counter() - begun, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"
    )
    printed = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    seconds, peak = (float(word) for word in printed.split())
    assert seconds < 30
    assert peak * (1 if sys.platform == "darwin" else 1024) < 2e9


@EACH_LETTER
@pytest.mark.parametrize("size", [4, 5])
def test_the_board_may_be_turned(letter: str, size: int) -> None:
    base = solved_tablebase(letter, size)
    for way in Board(size).turned(mirrored_only=letter == "P"):
        turned = np.ix_(way, way, way)
        assert (base.white[turned] == base.white).all()
        assert (base.black[turned] == base.black).all()


@EACH_LETTER
def test_every_value_follows_from_those_one_move_on(letter: str) -> None:
    # White takes the best of what can be reached, Black what lasts longest; found here by the plain rules.
    size = 4
    bases = {name: solved_tablebase(name, size) for name in "QRP"}

    def value(position: Position, black_to_move: bool) -> int:
        if position.letter == "":
            return NOT_WON
        base = bases[position.letter]
        return int((base.black if black_to_move else base.white)[cell(position, size)])

    squares = [divmod(square, size) for square in range(size**2)]
    for position in (Position(letter, k, p, lone) for k in squares for p in squares[::3] for lone in squares):
        if not possible(position, size):
            continue
        if not in_check(position, size):
            best = min(value(after, black_to_move=True) for after in white_moves(position, size))
            assert value(position, black_to_move=False) == (best + 1 if best < NOT_WON else NOT_WON), position
        answers = [value(after, black_to_move=False) for after in black_moves(position, size)]
        expected = max(answers) if answers else 0 if in_check(position, size) else NOT_WON
        assert value(position, black_to_move=True) == expected, position


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({"REWARDLAB_CACHE": "here"}, "here"),
        ({"REWARDLAB_CACHE": "here", "XDG_CACHE_HOME": os.path.abspath("there")}, "here"),  # noqa: PTH100 - as text
        ({"XDG_CACHE_HOME": os.path.abspath("there")}, os.path.join(os.path.abspath("there"), "rewardlab")),  # noqa: PTH100, PTH118
    ],
)
def test_where_the_cache_is(variables: dict[str, str], expected: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("REWARDLAB_CACHE", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert cache_folder() == Path(expected)


@pytest.mark.parametrize("shared", [None, "", "relative"])
@pytest.mark.parametrize(
    ("platform", "expected"),
    [("linux", ".cache/rewardlab"), ("darwin", "Library/Caches/rewardlab"), ("win32", "AppData/Local/rewardlab")],
)
def test_where_the_cache_is_by_default(
    shared: str | None, platform: str, expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("REWARDLAB_CACHE", "XDG_CACHE_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)
    if shared is not None:
        monkeypatch.setenv("XDG_CACHE_HOME", shared)
    monkeypatch.setattr(sys, "platform", platform)
    assert cache_folder() == Path.home() / expected


def test_it_is_solved_once_and_says_so(cache: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first = tablebase("R", 6)
    said = capsys.readouterr().err
    assert "solving the endgame KRK on 6 x 6" in said
    assert str(cache) in said
    assert "12 moves" in said
    assert [path.name for path in (cache / "endgames").iterdir()] == ["KRK-6x6-1.npz"]
    tablebase.cache_clear()
    second = tablebase("R", 6)
    assert capsys.readouterr().err == ""
    assert (second.white == first.white).all()
    assert (second.black == first.black).all()


def test_small_boards_leave_no_file(cache: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tablebase("P", 5)
    assert capsys.readouterr().err == ""
    assert list(cache.iterdir()) == []


def spoil_by_cutting(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-200])


def spoil_by_emptying(path: Path) -> None:
    path.write_bytes(b"")


def spoil_by_another_value(path: Path) -> None:
    with np.load(path) as kept:
        arrays = dict(kept)
    arrays["white"][0, 1, 35] -= 1
    np.savez_compressed(path, **arrays)


def spoil_by_another_size(path: Path) -> None:
    with np.load(path) as kept:
        arrays = {name: values[:1] for name, values in kept.items()}
    np.savez_compressed(path, **arrays)


def spoil_by_a_missing_array(path: Path) -> None:
    with np.load(path) as kept:
        np.savez_compressed(path, white=kept["white"], checksum=kept["checksum"])


def spoil_by_a_pickle(path: Path) -> None:
    with np.load(path) as kept:
        arrays = dict(kept) | {"white": np.array([{"code": "could run"}], dtype=object)}
    np.savez_compressed(path, **arrays)


@pytest.mark.parametrize(
    "spoil",
    [
        spoil_by_cutting,
        spoil_by_emptying,
        spoil_by_another_value,
        spoil_by_another_size,
        spoil_by_a_missing_array,
        spoil_by_a_pickle,
    ],
)
def test_a_spoilt_file_is_rebuilt(spoil: object, cache: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert callable(spoil)
    right = tablebase("Q", 6)
    path = cache / "endgames" / "KQK-6x6-1.npz"
    spoil(path)
    tablebase.cache_clear()
    capsys.readouterr()
    assert (tablebase("Q", 6).white == right.white).all()
    assert "is spoilt" in capsys.readouterr().err
    tablebase.cache_clear()
    assert (tablebase("Q", 6).white == right.white).all()
    assert capsys.readouterr().err == "", "the file is sound again"
    assert len(list(path.parent.iterdir())) == 1, "nothing half written is left behind"


def test_a_file_of_another_endgame_is_not_believed(cache: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tablebase("Q", 6)
    queen = cache / "endgames" / "KQK-6x6-1.npz"
    queen.rename(queen.with_name("KRK-6x6-1.npz"))
    capsys.readouterr()
    assert tablebase("R", 6).longest == 12
    assert "its checksum is another" in capsys.readouterr().err


def test_a_folder_that_cannot_be_written_to_stops_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cache: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "file"
    file.write_text("no folder")
    monkeypatch.setenv("REWARDLAB_CACHE", str(file))
    assert tablebase("R", 6).longest == 12
    assert "could not be kept" in capsys.readouterr().err
    assert file.read_text() == "no folder"
