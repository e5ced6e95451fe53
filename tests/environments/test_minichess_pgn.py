"""Games as PGN: exact texts worked out by hand, and games of an environment found again move by move."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rewardlab.errors import BadInput
from rewardlab_envs.minichess import RULE_SETS, Game, MiniChessEnv
from rewardlab_envs.minichess.actions import action_names
from rewardlab_envs.minichess.notation import standard_notation
from rewardlab_envs.minichess.two_players import TwoPlayerEnv


def movetext(game: Game) -> str:
    return game.pgn().split("\n\n")[1].rstrip("\n")


def test_scholars_mate_word_for_word() -> None:
    game = Game("chess")
    game.play("e2e4", "e7e5", "d1h5", "b8c6", "f1c4", "g8f6", "h5f7")
    assert game.pgn(event='The "first" lesson', date="2026.11.25", white="A\\B", black="Pupil") == (
        '[Event "The \\"first\\" lesson"]\n'
        '[Site "?"]\n'
        '[Date "2026.11.25"]\n'
        '[Round "?"]\n'
        '[White "A\\\\B"]\n'
        '[Black "Pupil"]\n'
        '[Result "1-0"]\n'
        '[Termination "normal"]\n'
        "\n"
        "1. e4 e5 2. Qh5 Nc6 3. Bc4 Nf6 4. Qxf7# 1-0\n"
        "\n"  # the standard, 8.2.1: an empty line concludes the moves, or the next game's tags are read as moves
    )


def test_a_game_of_another_kind_from_another_start_says_so() -> None:
    game = Game("gardner_1969", "1r2k/5/5/5/R3K b Q - 3 12")
    game.play("b5d5", "a1a5", "d5a5", "e1d1")
    heads, moves = game.pgn().rstrip("\n").split("\n\n")
    assert heads.splitlines()[6:] == [
        '[Result "*"]',
        '[FEN "1r2k/5/5/5/R3K b Q - 3 12"]',
        '[SetUp "1"]',
        '[Termination "unterminated"]',
        '[Variant "gardner_1969"]',
    ]
    # The rook goes past the white king's file, takes and is taken.
    assert moves == "12... Rd5 13. Ra5 Rxa5 14. Kd1 *"


@pytest.mark.parametrize(
    ("rules", "fen", "moves", "written"),
    [
        ("chess", "r3k2r/8/8/8/8/8/8/R3K2R w KQkq - 0 1", "e1g1 e8c8", "1. O-O O-O-O *"),
        ("chess", "r3k2r/8/8/8/8/8/8/R3K2R w KQkq - 0 1", "e1c1 e8g8", "1. O-O-O O-O *"),
        ("chess", "3k4/8/8/8/8/8/8/R3K3 w Q - 0 1", "e1c1", "1. O-O-O+ *"),
        ("gardner_1969", "1r2k/5/5/5/R3K w Q - 0 1", "e1c1", "1. O-O-O *"),
        ("chess", "4k3/8/8/8/3p4/8/4P3/4K3 w - - 0 1", "e2e4 d4e3", "1. e4 dxe3 *"),
        ("chess", "7k/P5pp/8/8/8/8/8/K7 w - - 0 1", "a7a8q", "1. a8=Q# 1-0"),
        ("chess", "1n5k/P5pp/8/8/8/8/8/K7 w - - 0 1", "a7b8r", "1. axb8=R# 1-0"),
        ("chess", "7k/P5pp/8/8/8/8/8/K7 w - - 0 1", "a7a8n g7g5", "1. a8=N g5 *"),
        # Two knights reach d2; the file tells them apart.
        ("chess", "4k3/8/8/8/8/5N2/8/1N2K3 w - - 0 1", "b1d2", "1. Nbd2 *"),
        ("chess", "4k3/8/8/8/8/5N2/8/1N2K3 w - - 0 1", "f3d2", "1. Nfd2 *"),
        # Two rooks on one file: the row does.
        ("chess", "4k3/8/8/R7/8/p7/8/R3K3 w - - 0 1", "a1a3", "1. R1xa3 *"),
        # Three queens reach e1, and one of them shares its row with one and its file with the other.
        ("chess", "8/8/k7/8/4Q2Q/8/8/K6Q w - - 0 1", "h4e1", "1. Qh4e1 *"),
        ("chess", "8/8/k7/8/4Q2Q/8/8/K6Q w - - 0 1", "h1e1", "1. Q1e1 *"),
        ("chess", "8/8/k7/8/4Q2Q/8/8/K6Q w - - 0 1", "e4e1", "1. Qee1 *"),
        # The knight on c3 is pinned, so only the other can go to e2.
        ("chess", "4k3/8/8/8/1b6/2N5/8/4K1N1 w - - 0 1", "g1e2", "1. Ne2 *"),
        ("chess", "7k/8/6K1/8/8/8/8/5Q2 w - - 0 40", "f1f7", "40. Qf7 {stalemate} 1/2-1/2"),
        ("gardner", "4k/5/5/3p1/4K w - - 0 1", "e1d2", "1. Kxd2 {dead position} 1/2-1/2"),
        ("gardner", "4k/5/5/5/R3K w - - 99 80", "a1b1", "80. Rb1 {quiet moves} 1/2-1/2"),
        (
            "silverman",
            None,
            "a2b3 b4b3 c2b3 c4b3 b2a3 b3c4 b1a2",
            "1. axb3+ Qxb3 2. cxb3+ Kxb3 3. bxa3+ Kc4 4. Qa2# 1-0",
        ),
        ("chess", None, "f2f3 e7e5 g2g4 d8h4", "1. f3 e5 2. g4 Qh4# 0-1"),
        ("chess", None, "", "*"),
    ],
)
def test_moves_as_people_write_them(rules: str, fen: str | None, moves: str, written: str) -> None:
    game = Game(rules, fen)
    game.play(*moves.split())
    assert movetext(game) == written


def test_long_games_are_wrapped_and_repetition_is_told() -> None:
    game = Game("chess")
    game.play(*("g1f3", "g8f6", "f3g1", "f6g8") * 2)
    assert movetext(game) == (
        "1. Nf3 Nf6 2. Ng1 Ng8 3. Nf3 Nf6 4. Ng1 Ng8 {repetition} 1/2-1/2"  # 63 characters
    )
    other = Game("chess")
    other.play(*("e2e4", "e7e5", "g1f3", "b8c6", "f1b5", "a7a6", "b5a4", "g8f6", "e1g1", "f8e7", "f1e1", "b7b5"))
    other.play(*("a4b3", "d7d6", "c2c3", "e8g8"))
    assert movetext(other).splitlines() == [
        "1. e4 e5 2. Nf3 Nc6 3. Bb5 a6 4. Ba4 Nf6 5. O-O Be7 6. Re1 b5 7. Bb3 d6 8. c3",
        "O-O *",
    ]


@settings(max_examples=30, deadline=None)
@given(st.sampled_from(sorted(RULE_SETS)), st.lists(st.integers(0, 10_000), max_size=80))
def test_no_two_moves_of_a_position_are_written_alike(rules: str, picks: list[int]) -> None:
    game = Game(rules)
    for pick in picks:
        if game.ending:
            break
        legal = game.legal_moves()
        game.play(legal[pick % len(legal)])
    numbers = game.rules.as_numbers()
    written = [standard_notation(game.state, numbers, [move])[0] for move in game.legal_moves()]
    assert len(set(written)) == len(written)
    pattern = r"(O-O(-O)?|[NBRQK][a-h]?[1-8]?x?[a-h][1-8]|([a-h]x)?[a-h][1-8](=[QRBN])?)[+#]?"
    assert [move for move in written if not re.fullmatch(pattern, move)] == []


@pytest.mark.parametrize("rules", ["gardner", "los_alamos", "chess"])
@pytest.mark.parametrize("treatment", ["wasted", "lost"])
def test_the_game_of_an_episode_is_found_again(rules: str, treatment: str) -> None:
    env = MiniChessEnv(rules=rules, opponent="greedy", plays="either", illegal_moves=treatment)
    rng, colours, results = np.random.default_rng(1), set(), set()
    for seed in range(8):
        env.reset(seed=seed)
        is_black = env.fen.split()[1] == "b"
        colours.add(is_black)
        plies, over, events = float(is_black), False, {}
        for _ in range(60):
            legal = np.flatnonzero(env.action_masks())
            action = int(rng.choice(legal)) if rng.random() < 0.97 else int(rng.integers(env.action_space.n))
            _, _, over, _, info = env.step(action)
            events = info["events"]
            plies += events["plies"]
            if over:
                break
        game = env.game
        assert (game.fen, len(game.moves)) == (env.fen, plies)
        again = Game(rules)
        again.play(*game.moves)
        assert again.fen == env.fen
        won, lost = ("0-1", "1-0") if is_black else ("1-0", "0-1")
        expected = {"won": won, "lost": lost, "drawn": "1/2-1/2"}
        assert game.result == (next(score for event, score in expected.items() if events[event]) if over else "*")
        assert game.ending == ("forfeit" if events["illegal"] and over else again.ending)
        results.add(game.result)
        assert f'[{"Black" if is_black else "White"} "agent"]' in env.pgn()
        assert f'[{"White" if is_black else "Black"} "greedy"]' in env.pgn()
    assert colours == {True, False}
    assert len(results) >= 2


def test_an_illegal_move_that_loses_is_told() -> None:
    env = MiniChessEnv(illegal_moves="lost")
    env.reset(seed=0)
    env.step(0)
    assert '[Termination "rules infraction"]' in env.pgn()
    assert env.pgn().endswith("\n\n{illegal move} 0-1\n\n")
    with pytest.raises(BadInput, match="over"):
        env.game.forfeit()
    players = TwoPlayerEnv(illegal_moves="lost")
    players.reset()
    players.step(0)
    assert players.game.result == "0-1"


def test_an_episode_may_begin_elsewhere_and_with_black() -> None:
    env = MiniChessEnv(fen="k4/p4/2K2/5/R4 w - - 0 7", opponent="greedy")
    env.reset(seed=0)
    env.step(action_names("gardner", 1).index("a1a4"))
    assert env.pgn().splitlines()[-2] == "7. Rxa4+ Kxa4 {dead position} 1/2-1/2"


def test_a_name_that_would_break_a_line_is_refused() -> None:
    with pytest.raises(BadInput) as caught:
        Game().pgn(white='x"]\n[Result "1-0', black="\x1b[2J")
    assert [problem.where for problem in caught.value.problems] == ["tag White", "tag Black"]
