"""The environments of chess-like games: actions, events, opponents, the loophole, and learners on them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gymnasium as gym
import numpy as np
import pytest

from rewardlab.errors import BadInput
from rewardlab.transitions import Transitions
from rewardlab_envs.minichess import RULE_SETS, Game, MiniChessEnv, MiniChessVectorEnv, chess_env
from rewardlab_envs.minichess.actions import action_table

MINI_CHESS = "rewardlab_envs:rewardlab/MiniChess-v0"
VALUES = {"p": 1, "n": 3, "b": 3, "r": 5, "q": 9, "k": 0}


def flipped(move: str, size: int) -> str:
    """A move as the other side sees it."""
    return "".join(str(size + 1 - int(letter)) if letter.isdigit() else letter for letter in move)


def legal_by_name(env: MiniChessEnv, mirrored: bool = False) -> dict[str, int]:
    """The legal actions by White's names of the moves."""
    table = action_table(env.settings.rules)
    names = {table.describe(action): action for action in np.flatnonzero(env.action_masks()).tolist()}
    return {flipped(name, table.size) if mirrored else name: action for name, action in names.items()}


def step_by_name(env: MiniChessEnv, move: str, mirrored: bool = False) -> tuple[float, bool, dict[str, float]]:
    _, reward, terminated, _, info = env.step(legal_by_name(env, mirrored)[move])
    return reward, terminated, info["events"]


def some(events: dict[str, float]) -> dict[str, float]:
    return {name: amount for name, amount in events.items() if amount}


def balance(game: Game) -> int:
    """White's men less Black's, in pawns."""
    placed = game.fen.split()[0]
    return sum((1 if man.isupper() else -1) * VALUES[man.lower()] for man in placed if man.isalpha())


def after(game: Game, move: str) -> Game:
    other = Game(game.rules.name, game.fen)
    other.play(move)
    return other


@pytest.mark.parametrize("rules", RULE_SETS)
def test_the_numbers_of_actions_are_the_moves_of_the_game(rules: str) -> None:
    table = action_table(rules)
    size = table.size
    # From each square: all squares of its rows, columns and diagonals (counted by hand for 4 x 4), and leaps.
    if size == 4:
        assert len(table) == 16 * 6 + 2 * (14 * 2) + 48 + 10 * 4
    assert len({table.describe(action) for action in range(len(table))}) == len(table)
    for action, (origin, to, promotion) in enumerate(table.moves.tolist()):
        assert table.number[origin, to, promotion] == action


def test_the_order_of_the_actions_stays_as_written_down() -> None:
    # An agent that was saved knows moves by their numbers. 13 ways to the last row, 4 pieces each, stand at the end.
    table = action_table("gardner")
    assert [table.describe(action) for action in (0, 1, 415)] == ["a1b1", "a1c1", "e5d5"]
    assert [table.describe(action) for action in range(416, 421)] == ["a4a5q", "a4a5r", "a4a5b", "a4a5n", "a4b5q"]
    assert (table.describe(467), len(table)) == ("e4e5n", 468)
    assert len(action_table("chess")) == 1_880


@pytest.mark.parametrize("rules", RULE_SETS)
def test_masks_are_the_legal_moves_seen_from_the_agents_side(rules: str) -> None:
    env = MiniChessEnv(rules=rules, plays="either")
    rng, colours = np.random.default_rng(0), set()
    for game in range(12):
        env.reset(seed=game)
        mirrored = env.fen.split()[1] == "b"
        colours.add(mirrored)
        for _ in range(12):
            by_name = legal_by_name(env, mirrored)
            assert sorted(by_name) == Game(rules, env.fen).legal_moves()
            _, _, terminated, _, info = env.step(int(rng.choice(list(by_name.values()))))
            assert (info["action_mask"] == env.action_masks()).all()
            if terminated:
                assert not info["action_mask"].any()
                break
    assert colours == {True, False}


def test_what_is_seen_from_both_sides() -> None:
    # The mirrored position with the colours exchanged looks the same, but for the number that says which side one has.
    white = MiniChessEnv(rules="chess", fen="r3k3/8/8/3pP3/8/8/6N1/4K2R w Kq d6 10 20")
    black = MiniChessEnv(rules="chess", fen="4k2r/6n1/8/8/3Pp3/8/8/R3K3 b Qk d3 10 20")
    one, other = white.reset(seed=0)[0], black.reset(seed=0)[0]
    assert (one[:-1] == other[:-1]).all()
    assert (one[-1], other[-1]) == (1.0, 0.0)
    assert (white.action_masks() == black.action_masks()).all()
    planes = one[: 13 * 64].reshape(13, 8, 8)
    assert [tuple(place) for place in np.argwhere(planes[:6])] == [(0, 4, 4), (1, 1, 6), (3, 0, 7), (5, 0, 4)]
    assert [tuple(place) for place in np.argwhere(planes[6:])] == [(0, 4, 3), (3, 7, 0), (5, 7, 4), (6, 5, 3)]
    # Own castling to the last and first file, then the other's; quiet plies as a share of what ends the game.
    np.testing.assert_allclose(one[13 * 64 :], [1, 0, 0, 1, 0.1, 1], atol=1e-7)


def test_mate_wins_and_ends() -> None:
    env = MiniChessEnv("capture_bonus", fen="4k/R4/1R3/5/4K w - - 0 1")
    env.reset(seed=0)
    reward, terminated, events = step_by_name(env, "b3b5")
    assert (reward, terminated) == (1.0, True)
    assert some(events) == {"plies": 1, "gave_check": 1, "won": 1}
    with pytest.raises(BadInput, match="game that is over"):
        env.step(0)


def test_a_mate_that_is_let_go_is_noted() -> None:
    env = MiniChessEnv(fen="4k/R4/1R3/5/4K w - - 0 1")
    env.reset(seed=0)
    _, terminated, events = step_by_name(env, "b3b4")
    # Black has only d5 to go to, and from there back.
    assert not terminated
    assert some(events) == {"plies": 2, "mate_missed": 1}


def test_captures_of_both_sides() -> None:
    # The rook takes the pawn, and the king takes the rook: kings alone cannot mate.
    env = MiniChessEnv("capture_bonus", opponent="greedy", fen="k4/p4/2K2/5/R4 w - - 0 1")
    env.reset(seed=0)
    reward, terminated, events = step_by_name(env, "a1a4")
    assert reward == pytest.approx(0.1)
    assert terminated
    wanted = {"plies": 2, "captured": 1, "captured_value": 1, "lost_piece": 1, "lost_value": 5, "gave_check": 1}
    assert some(events) == {**wanted, "drawn": 1, "dead_position": 1}


def test_promotion_and_stalemate() -> None:
    promoting = MiniChessEnv(fen="5/P3k/5/5/K4 w - - 0 1")
    promoting.reset(seed=0)
    assert step_by_name(promoting, "a4a5q")[2]["promoted"] == 1
    # The king in the corner is not attacked and has nowhere to go.
    stale = MiniChessEnv(fen="k4/5/1K3/5/3Q1 w - - 0 1")
    stale.reset(seed=0)
    reward, terminated, events = step_by_name(stale, "d1e2")
    assert (reward, terminated) == (0.0, True)
    assert some(events)["stalemate"] == 1


def test_en_passant_counts_as_a_capture() -> None:
    env = chess_env(fen="k7/8/8/3pP3/8/8/8/K7 w - d6 0 1")
    env.reset(seed=0)
    events = step_by_name(env, "e5d6")[2]
    assert (events["captured"], events["captured_value"]) == (1, 1)


def test_a_game_is_drawn_by_repetition_and_by_quiet_moves() -> None:
    env = MiniChessEnv(rules="chess", fen="k7/p1p5/P1P5/8/8/8/8/K7 w - - 96 60")
    env.reset(seed=0)
    for place, move in enumerate(("a1b1", "b1a1")):
        # Black can only step from a8 to b8 and back.
        _, terminated, events = step_by_name(env, move)
        assert terminated == (place == 1)
    assert some(events) == {"plies": 2, "drawn": 1, "quiet_moves": 1}
    env = MiniChessEnv(rules="chess", fen="k7/p1p5/P1P5/8/8/8/8/K7 w - - 0 60")
    env.reset(seed=0)
    for place, move in enumerate(("a1b1", "b1a1", "a1b1", "b1a1")):
        _, terminated, events = step_by_name(env, move)
        assert terminated == (place == 3)
    assert some(events) == {"plies": 2, "drawn": 1, "repetition": 1}


def test_greedy_takes_what_is_worth_most() -> None:
    # The rook may take the queen or the knight.
    for seed in range(10):
        env = MiniChessEnv(opponent="greedy", fen="3k1/5/r1Q2/5/N3K w - - 0 1")
        env.reset(seed=seed)
        assert step_by_name(env, "e1e2")[2]["lost_value"] == 9


def minimax(game: Game, depth: int) -> int:
    """What the side to move can reach, in pawns, looking at everything."""
    moves = game.legal_moves()
    if depth == 0:
        return game.side * balance(game)
    if not moves:
        return -10_000 - depth if game.ending == "mate" else 0
    return max(-minimax(after(game, move), depth - 1) for move in moves)


@pytest.mark.parametrize("depth", [1, 2, 3])
def test_alpha_beta_plays_a_best_move_of_the_whole_tree(depth: int) -> None:
    rng, compared = np.random.default_rng(depth), 0
    env = MiniChessEnv(rules="silverman", opponent="alpha_beta", depth=depth)
    for seed in range(4):
        env.reset(seed=seed)
        for _ in range(4):
            position, (name, action) = Game("silverman", env.fen), _any(legal_by_name(env), rng)
            position.play(name)
            if position.ending:
                break
            _, _, terminated, _, _ = env.step(action)
            reached = env.fen
            worth = {move: -minimax(after(position, move), depth - 1) for move in position.legal_moves()}
            played = [move for move in worth if after(position, move).fen == reached]
            assert [worth[move] for move in played] == [max(worth.values())]
            compared += 1
            if terminated:
                break
    assert compared >= 6


def _any(options: dict[str, int], rng: np.random.Generator) -> tuple[str, int]:
    return list(options.items())[int(rng.integers(len(options)))]


def test_stronger_opponents_win_more() -> None:
    def share_lost(**settings: Any) -> float:
        env = MiniChessVectorEnv(256, autoreset_mode="NextStep", **settings)
        env.reset(seed=5)
        rng, lost, ended = np.random.default_rng(5), 0.0, 0
        for _ in range(60):
            masks = env.action_masks()
            _, _, over, _, infos = env.step(np.argmax(rng.random(masks.shape) * masks, axis=1))
            lost += infos["events"]["lost"].sum()
            ended += int(over.sum())
        assert ended > 200
        return lost / ended

    by_chance, greedy = share_lost(), share_lost(opponent="greedy")
    shallow, deep = (share_lost(opponent="alpha_beta", depth=depth) for depth in (1, 2))
    assert by_chance < greedy < shallow < deep
    assert deep > 0.95


def episode(env: MiniChessEnv, seed: int, choose: Callable[[dict[str, list[int]], np.random.Generator], int]) -> Any:
    """Play a game by what moves do: the actions that mate, that capture, and the others."""
    before, _ = env.reset(seed=seed)
    rng, rows, paid, terminated = np.random.default_rng(seed), [], 0.0, False
    while not terminated and len(rows) < 100:
        game, kinds = Game("gardner", env.fen), {"mate": [], "capture": [], "quiet": []}
        for name, action in legal_by_name(env).items():
            reached = after(game, name)
            takes = balance(reached) != balance(game) and len(name) == 4
            kinds["mate" if reached.ending == "mate" else "capture" if takes else "quiet"].append(action)
        action = choose(kinds, rng)
        following, reward, terminated, _, info = env.step(action)
        rows.append((before, action, following, terminated, info["events"]))
        paid, before = paid + reward, following
    states, actions, reached_states, ends, events = zip(*rows, strict=True)
    columns = {name: np.array([event[name] for event in events]) for name in env.catalogue.events}
    return paid, Transitions(np.array(states), np.array(actions), np.array(reached_states), np.array(ends), columns)


@pytest.mark.slow
def test_captures_pay_an_agent_that_never_wins_and_the_detector_sees_it() -> None:
    env = MiniChessEnv("capture_bonus")
    exploit = env.catalogue.rewards["capture_bonus"].exploit
    assert exploit is not None

    def farms(kinds: dict[str, list[int]], rng: np.random.Generator) -> int:
        return int(rng.choice(kinds["capture"] or kinds["quiet"] or kinds["mate"]))

    def finishes(kinds: dict[str, list[int]], rng: np.random.Generator) -> int:
        return int(rng.choice(kinds["mate"] or kinds["capture"] or kinds["quiet"]))

    farmed = [episode(env, seed, farms) for seed in range(15)]
    finished = [episode(env, seed, finishes) for seed in range(15)]
    assert sum(steps.event("won").sum() for _, steps in farmed) <= 1
    assert np.mean([paid for paid, _ in farmed]) > 0.6, "paid for taking, without ever winning"
    assert np.mean([steps.event("won").sum() for _, steps in finished]) > 0.6
    assert sum(exploit.detect(steps) for _, steps in farmed) >= 2
    assert not any(exploit.detect(steps) for _, steps in finished)


def test_material_is_the_balance_of_the_men() -> None:
    material = MiniChessEnv().catalogue.potentials["material"]
    for fen in ("rnbqk/ppppp/5/PPPPP/RNBQK w - - 0 1", "4k/5/5/P4/RQ2K w - - 0 1", "1q2k/5/5/5/N3K b - - 0 1"):
        env = MiniChessEnv(fen=fen)
        observation, _ = env.reset(seed=0)
        game = Game("gardner", fen)
        # All of White's men at first: 5 + 5 + 3 + 3 + 9.
        assert material(observation[None])[0] == pytest.approx(game.side * balance(game) / 25)


def test_an_illegal_action_is_wasted_refused_or_lost() -> None:
    for treatment, over in (("wasted", False), ("lost", True)):
        env = MiniChessEnv(illegal_moves=treatment)
        env.reset(seed=0)
        fen = env.fen
        _, reward, terminated, _, info = env.step(0)
        assert (env.fen, reward, terminated) == (fen, -1.0 if over else 0.0, over)
        assert some(info["events"]) == ({"lost": 1, "illegal": 1} if over else {"illegal": 1})
        assert info["action_mask"].any() == env.action_masks().any() == (not over)
    env = MiniChessEnv(illegal_moves="refused")
    env.reset(seed=0)
    with pytest.raises(BadInput, match=r"a1b1.*expected a legal move.*\(a2a3\).*action_masks"):
        env.step(0)
    vector = MiniChessVectorEnv(3, illegal_moves="refused")
    vector.reset(seed=0)
    fine = vector.action_masks().argmax(axis=1)
    with pytest.raises(BadInput, match=r"actions\[1\]"):
        vector.step(np.array([fine[0], 0, fine[2]]))
    vector.step(fine)
    for broken in (-1, env.action_space.n):
        with pytest.raises(BadInput, match="whole number in"):
            env.step(broken)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"rules": "gardener"}, "did you mean 'gardner'"),
        ({"opponent": "rando"}, "did you mean 'random'"),
        ({"depth": 0, "opponent": "alpha_beta"}, r"depth: got 0, expected a whole number in \[1, 6\]"),
        ({"depth": 3}, "depth: got 3, expected none beside the opponent 'random'; set opponent to 'alpha_beta', or"),
        ({"opponent": "greedy", "engine_nodes": 9}, "engine_nodes: got 9, expected none beside the opponent 'greedy'"),
        ({"engine_options": {"Hash": 1}}, "engine_options: got {'Hash': 1}, .*; set opponent to 'uci', or leave it"),
        ({"plays": "White"}, "did you mean 'white'"),
        ({"fen": "4k/5/5/5/R3K b - - 0 1", "plays": "white"}, "leave it out"),
        ({"fen": "4k/5/5/5/4K w - - 0 1"}, "dead_position"),
        ({"fen": "nonsense"}, "4 or 6 fields"),
        ({"opponnent": "greedy"}, "did you mean 'opponent'"),
        ({"fen": 5}, "fen: got 5, expected a text"),
        ({"rules": ["gardner"]}, "rules: .*expected a known rule set"),
        ({"opponent": ["random"]}, "opponent: .*expected a known opponent"),
        ({"plays": ["white"], "fen": "4k/5/5/5/R3K w - - 0 1"}, "plays: .*expected a known colour"),
        ({"illegal_moves": "ignored"}, "illegal_moves"),
        ({"reward": "capture"}, "capture_bonus"),
        ({"render_mode": "human"}, "render_mode"),
    ],
)
def test_settings_are_refused(settings: dict[str, Any], message: str) -> None:
    for make in (MiniChessEnv, MiniChessVectorEnv):
        with pytest.raises(BadInput, match=message):
            make(**settings)


def test_a_forfeited_game_of_a_vector_is_over_and_the_others_are_not() -> None:
    vector = MiniChessVectorEnv(2, illegal_moves="lost", autoreset_mode="Disabled", render_mode="ansi")
    vector.reset(seed=0)
    _, _, terminated, _, infos = vector.step(np.array([0, vector.action_masks()[1].argmax()]))
    assert terminated.tolist() == [True, False]
    assert infos["action_mask"].any(axis=1).tolist() == [False, True]
    pictures = vector.render()
    assert pictures is not None
    assert ["over" in picture for picture in pictures] == [True, False]


def test_a_vector_is_reset_whole_at_first_and_with_as_many_seeds_as_games() -> None:
    vector = MiniChessVectorEnv(2)
    with pytest.raises(BadInput, match="reset_mask"):
        vector.reset(options={"reset_mask": np.array([True, False])})
    with pytest.raises(BadInput, match="step"):
        vector.step(np.zeros(2, dtype=np.int64))
    with pytest.raises(BadInput, match="1 seeds, expected one for each of 2 games"):
        vector.reset(seed=[1])


def test_all_wrong_settings_are_told_at_once() -> None:
    with pytest.raises(BadInput) as caught:
        MiniChessEnv(rules="go", opponent="me", depth=9)
    assert [problem.where for problem in caught.value.problems] == ["opponent", "depth", "rules"]


def test_the_vector_is_the_sync_vector_under_other_settings() -> None:
    from tests.mdp.test_vector_equals_sync import play_both

    settings: dict[str, Any] = {"plays": "either", "opponent": "alpha_beta", "reward": "capture_bonus"}
    sync = gym.make_vec(MINI_CHESS, 4, vectorization_mode="sync", **settings)
    native: Any = gym.make_vec(MINI_CHESS, 4, **settings)
    endings = play_both((sync, native), 120, np.random.default_rng(0))  # type: ignore[arg-type]
    assert endings[0] > 10


@pytest.mark.parametrize("native", [True, False], ids=["adapter", "dummy_vec_env"])
def test_maskable_ppo_learns_on_it_and_never_moves_illegally(native: bool) -> None:
    import torch
    from sb3_contrib import MaskablePPO
    from stable_baselines3.common.vec_env import DummyVecEnv

    from rewardlab.agents.vector_adapter import VectorAdapter

    torch.set_num_threads(1)
    env: Any = (
        VectorAdapter(gym.make_vec(MINI_CHESS, 4, autoreset_mode="SameStep", illegal_moves="refused"))
        if native
        else DummyVecEnv([lambda: gym.make(MINI_CHESS, illegal_moves="refused")] * 2)
    )
    agent = MaskablePPO("MlpPolicy", env, n_steps=32, batch_size=32, n_epochs=1, seed=0, device="cpu")
    agent.learn(128)
    assert agent.num_timesteps >= 128
