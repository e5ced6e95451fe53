"""The rules: perft against published counts, hand-worked positions for what perft cannot see, FEN and its refusals."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import rewardlab_envs
from rewardlab.errors import BadInput
from rewardlab_envs.minichess import RULE_SETS, Game, rule_set

KIWIPETE = "r3k2r/p1ppqpb1/bn2pnp1/3PN3/1p2P3/2N2Q1p/PPPBBPPP/R3K2R w KQkq - 0 1"
ROOK_ENDING = "8/2p5/3p4/KP5r/1R3p1k/8/4P1P1/8 w - - 0 1"
PROMOTIONS = "r3k2r/Pppp1ppp/1b3nbN/nP6/BBP1P3/q4N2/Pp1P2PP/R2Q1RK1 w kq - 0 1"
LOS_ALAMOS_PAWN = "6/2P3/6/1K1k2/6/6 w - - 0 1"


# The counts of Gardner's game to depth 6, of Los Alamos and of chess are those of Fairy-Stockfish and its tests. Those
# of Gardner 1969 and of baby chess at depths 4 and 5 are another program's.
@pytest.mark.parametrize(
    ("rules", "fen", "counts"),
    [
        ("gardner", None, [7, 53, 506, 4_775, 52_512, 572_874]),
        ("gardner_1969", None, [7, 53, 517, 4_949, 55_763]),
        ("baby", None, [7, 53, 515, 4_882, 54_019]),
        ("los_alamos", None, [10, 100, 1_212, 14_332, 191_846]),
        ("los_alamos", LOS_ALAMOS_PAWN, [8, 49, 508, 3_117, 39_171, 187_431]),
        ("chess", None, [20, 400, 8_902, 197_281]),
        ("chess", KIWIPETE, [48, 2_039, 97_862]),
        ("chess", ROOK_ENDING, [14, 191, 2_812, 43_238]),
        ("chess", PROMOTIONS, [6, 264, 9_467, 422_333]),
    ],
)
def test_perft(rules: str, fen: str | None, counts: list[int]) -> None:
    game = Game(rules, fen)
    assert [game.perft(depth) for depth in range(1, len(counts) + 1)] == counts


@pytest.mark.slow
@pytest.mark.parametrize(
    ("rules", "fen", "depth", "count"),
    [
        ("los_alamos", None, 6, 2_549_164),
        ("chess", None, 6, 119_060_324),
        ("chess", KIWIPETE, 5, 193_690_690),
        ("chess", ROOK_ENDING, 6, 11_030_083),
        ("chess", PROMOTIONS, 5, 15_833_292),
        ("chess", "rnbq1k1r/pp1Pbppp/2p5/8/2B5/8/PPP1NnPP/RNBQK2R w KQ - 1 8", 5, 89_941_194),
    ],
)
def test_deep_perft(rules: str, fen: str | None, depth: int, count: int) -> None:
    assert Game(rules, fen).perft(depth) == count


def test_silverman_is_won_as_published() -> None:
    # 1. axb3+ Qxb3 2. cxb3+ Kxb3 3. bxa3+ Kc4 4. Qa2#, which every account of the game gives.
    game = Game("silverman")
    game.play("a2b3", "b4b3", "c2b3", "c4b3", "b2a3", "b3c4", "b1a2")
    assert game.ending == "mate"


def test_castling_on_five_files() -> None:
    # Nothing between king and rook; the black rook on the b-file attacks only what the rook passes, which is allowed.
    game = Game("gardner_1969", "1r2k/5/5/5/R3K w Q - 0 1")
    assert "e1c1" in game.legal_moves()
    game.play("e1c1")
    assert game.fen == "1r2k/5/5/5/2KR1 b - - 1 1"
    # On the d-file it attacks what the king passes.
    assert "e1c1" not in Game("gardner_1969", "3rk/5/5/5/R3K w Q - 0 1").legal_moves()


def test_a_taken_rook_takes_the_right_with_it() -> None:
    game = Game("chess", "4k3/8/8/8/8/6n1/8/R3K2R b KQ - 0 1")
    game.play("g3h1")
    assert game.fen == "4k3/8/8/8/8/8/8/R3K2n w Q - 0 2"


def test_en_passant_is_noted_only_where_it_is_legal() -> None:
    free = Game("chess", "4k3/8/8/8/3p4/8/4P3/4K3 w - - 0 1")
    free.play("e2e4")
    assert free.fen == "4k3/8/8/8/3pP3/8/8/4K3 b - e3 0 1"
    free.play("d4e3")
    assert free.fen == "4k3/8/8/8/8/4p3/8/4K3 w - - 0 2"
    # Both pawns would leave the fourth row, and the rook would look at the king.
    pinned = Game("chess", "8/8/8/8/k2p3R/8/4P3/4K3 w - - 0 1")
    pinned.play("e2e4")
    assert pinned.fen.split()[3] == "-"
    assert "d4e3" not in pinned.legal_moves()


def test_the_third_time_is_a_draw() -> None:
    game = Game("chess")
    there_and_back = ("g1f3", "g8f6", "f3g1", "f6g8")
    game.play(*there_and_back)
    assert game.ending == "", "the start stands there for the second time"
    game.play(*there_and_back)
    assert game.ending == "repetition"


def test_a_lost_right_makes_another_position() -> None:
    # White's first king move loses the right to castle, so the start counts only from the second visit on.
    game = Game("chess", "r3k3/8/8/8/8/8/8/4K2R w K - 0 1")
    there_and_back = ("e1e2", "e8e7", "e2e1", "e7e8")
    game.play(*there_and_back, *there_and_back)
    assert game.ending == "", "twice without the right, once with it"
    game.play("e1e2")
    assert game.ending == "repetition", "but king on e2, rook on h1, Black to move was there three times"


def test_other_counts_of_repetition_are_two_plies_apart() -> None:
    game = Game("gardner", "4k/5/5/5/R3K w - - 0 1")
    for move in ("a1a2", "e5e4", "a2a1", "e4e5", "a1a2", "e5e4", "a2a1"):
        game.play(move)
        assert game.ending == ""
    game.play("e4e5")
    assert game.ending == "repetition"


def test_fifty_moves() -> None:
    game = Game("chess", "4k3/8/8/8/8/8/4P3/R3K3 w Q - 98 90")
    game.play("a1a2")
    assert game.ending == ""
    quiet = Game("chess", game.fen)
    quiet.play("e8d8")
    assert quiet.fen.split()[4] == "100"
    assert quiet.ending == Game("chess", quiet.fen).ending == "quiet_moves"
    pushed = Game("chess", "4k3/8/8/8/8/8/4P3/R3K3 w Q - 99 90")
    pushed.play("e2e3")
    assert pushed.fen.split()[4] == "0"
    assert pushed.ending == ""


def test_mate_on_the_last_of_fifty_moves_wins() -> None:
    game = Game("chess", "6k1/5ppp/8/8/8/8/8/R3K3 w - - 99 90")
    game.play("a1a8")
    assert game.fen.split()[4] == "100"
    assert game.ending == "mate"


@pytest.mark.parametrize(
    ("rules", "fen", "dead"),
    [
        ("chess", "4k3/8/8/8/8/8/8/4K3 w - - 0 1", True),
        ("chess", "4k3/8/8/8/8/8/8/4KN2 w - - 0 1", True),
        ("chess", "4k3/8/8/8/8/8/8/4KB2 w - - 0 1", True),
        ("chess", "4kb2/8/8/8/8/8/8/2B1K3 w - - 0 1", True),  # c1 and f8 are both dark
        ("chess", "2b1k3/8/8/8/8/8/8/2B1K3 w - - 0 1", False),  # c8 is light: a bishop can help to mate the other side
        ("chess", "4k3/8/8/8/8/8/8/3NKN2 w - - 0 1", False),  # two knights can mate who helps them
        ("chess", "4kn2/8/8/8/8/8/8/4KN2 w - - 0 1", False),
        ("chess", "4k3/8/8/8/8/8/4P3/4K3 w - - 0 1", False),
        ("gardner", "4k/5/5/5/1B2K w - - 0 1", True),
        ("gardner", "4k/5/5/5/R3K w - - 0 1", False),
    ],
)
def test_dead_positions(rules: str, fen: str, dead: bool) -> None:
    assert Game(rules, fen).ending == ("dead_position" if dead else "")


def test_mate_and_stalemate() -> None:
    assert Game("chess", "7k/5Q2/6K1/8/8/8/8/8 b - - 0 1").ending == "stalemate"
    assert Game("chess", "7k/6Q1/6K1/8/8/8/8/8 b - - 0 1").ending == "mate"
    fool = Game("chess")
    fool.play("f2f3", "e7e5", "g2g4", "d8h4")
    assert fool.ending == "mate"
    with pytest.raises(BadInput, match="legal move"):
        fool.play("e1e2")


def test_promotion_gives_what_the_rules_allow() -> None:
    assert {move for move in Game("chess", "8/P7/8/8/8/8/8/k1K5 w - - 0 1").legal_moves() if move[:2] == "a7"} == {
        "a7a8q",
        "a7a8r",
        "a7a8b",
        "a7a8n",
    }
    moves = Game("los_alamos", "6/P5/6/6/6/k1K3 w - - 0 1").legal_moves()
    assert {move for move in moves if move[:2] == "a5"} == {"a5a6q", "a5a6r", "a5a6n"}


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(sorted(RULE_SETS)), st.lists(st.integers(0, 10_000), max_size=60))
def test_fen_is_read_back_as_written(rules: str, picks: list[int]) -> None:
    game = Game(rules)
    for pick in picks:
        if game.ending:
            break
        legal = game.legal_moves()
        game.play(legal[pick % len(legal)])
        if game.ending != "quiet_moves":
            again = Game(rules, game.fen)
            assert (again.state == game.state).all()
            assert again.legal_moves() == game.legal_moves()


@pytest.mark.parametrize(
    ("rules", "fen", "message"),
    [
        ("gardner", "rnbqk/ppppp/5/PPPPP w - - 0 1", "4 rows, expected 5"),
        ("gardner", "rnbqk/ppppp/6/PPPPP/RNBQK w - - 0 1", "6 squares"),
        ("gardner", "rnbqk/ppppp/5/PPPPP/RNBQX w - - 0 1", "'X'"),
        ("gardner", "rnbqk/ppppp/5/PPPPP/RNBQQ w - - 0 1", "0 kings"),
        ("gardner", "rnbqk/ppppp/5/PPPPP/RNBKK w - - 0 1", "2 kings"),
        ("gardner", "4k/5/5/5/P3K w - - 0 1", "first or last row"),
        ("gardner", "rnbqk/ppppp/5/PPPPP/RNBQK x - - 0 1", "'w' or 'b'"),
        ("gardner", "rnbqk/ppppp/5/PPPPP/RNBQK w Q - 0 1", "nobody castles"),
        ("gardner", "rnbqk/ppppp/5/PPPPP/RNBQK w - a3 0 1", "no en passant"),
        ("gardner", "rnbqk/ppppp/5/PPPPP/RNBQK w - - 101 1", r"\[0, 100\]"),
        ("gardner", "rnbqk/ppppp/5/PPPPP/RNBQK w - - 0 0", "number of the move"),
        ("gardner", "QQQQQ/QQQQQ/QQ3/k4/4K w - - 0 1", "13 men"),
        ("gardner", "4k/5/5/5/4K/ w", "4 or 6 fields"),
        ("gardner", "4k/5/5/5/R3K w - -", None),
        ("gardner", "R3k/5/5/5/4K w - - 0 1", "in check"),
        ("gardner", "5/5/5/3k1/4K w - - 0 1", "in check"),
        ("los_alamos", "rnqknr/pppppp/6/6/PPPPPP/RBQKNR w - - 0 1", "'B'"),
        ("chess", "4k3/8/8/8/8/8/8/4K2R w Q - 0 1", "its rook on a1"),
        ("chess", "4k3/8/8/8/8/8/8/4K3 w - e6 0 1", "just gone two squares"),
        ("chess", "4k3/8/8/4p3/8/8/8/4K3 w - e3 0 1", "row 6"),
    ],
)
def test_impossible_positions_are_refused(rules: str, fen: str, message: str | None) -> None:
    if message is None:
        assert Game(rules, fen).fen == f"{fen} 0 1"
        return
    with pytest.raises(BadInput, match=message):
        Game(rules, fen)


def test_all_problems_of_a_position_are_told_at_once() -> None:
    with pytest.raises(BadInput) as caught:
        Game("chess", "3qk3/8/8/8/8/8/8/P3KK2 w Kx e6 x 0")
    places = [problem.where for problem in caught.value.problems]
    assert len(places) == 7
    assert {"fen, White", "fen, castling", "fen, en passant", "fen, quiet plies"} <= set(places)


def test_an_unknown_game_is_refused_with_a_suggestion() -> None:
    with pytest.raises(BadInput, match="did you mean 'gardner'"):
        Game("gardener")
    with pytest.raises(BadInput, match="did you mean 'los_alamos'"):
        rule_set("losalamos")


def test_an_illegal_move_is_refused() -> None:
    with pytest.raises(BadInput, match="legal move"):
        Game("chess").play("e2e5")
    with pytest.raises(BadInput, match="depth"):
        Game("chess").perft(0)


def test_numba_is_not_imported_before_a_game_is_played() -> None:
    code = "import sys, rewardlab_envs, rewardlab_envs.minichess; sys.exit('numba' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.slow
def test_what_is_compiled_is_kept_and_never_outdated(tmp_path: Path) -> None:
    """Numba looks at the file of a function only; here one file changes, and a function of another that calls it."""
    copy = tmp_path / "rewardlab_envs"
    shutil.copytree(
        Path(rewardlab_envs.__file__).parent, copy, ignore=shutil.ignore_patterns("__pycache__", "*.pyc", "*.nb*")
    )
    program = (
        "import rewardlab_envs.minichess as games\n"
        f"assert games.__file__.startswith({str(tmp_path)!r})\n"
        "env = games.MiniChessEnv(fen='k4/p4/2K2/5/R4 w - - 0 1')\n"
        "env.reset(seed=0)\n"
        "names = [games.action_table('gardner').describe(action) for action in range(env.action_space.n)]\n"
        "print(env.step(names.index('a1a4'))[-1]['events']['captured_value'])"
    )
    environment = {**os.environ, "PYTHONPATH": str(tmp_path), "PYTHONDONTWRITEBYTECODE": "1"}

    def worth_of_a_pawn() -> str:
        command = [sys.executable, "-c", program]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True, cwd=tmp_path)
        return done.stdout.strip()

    assert worth_of_a_pawn() == "1.0"
    assert list((copy / "minichess" / "__pycache__").glob("games.advance*.nbi"))
    worths = copy / "minichess" / "opponents.py"
    worths.write_text(worths.read_text().replace("[0, 1, 3,", "[0, 7, 3,"))
    assert worth_of_a_pawn() == "7.0"
