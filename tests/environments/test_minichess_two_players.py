"""Two learners in one game: PettingZoo's own tests, the same views and moves as elsewhere, endings, and refusals."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import numpy as np
import pytest
from pettingzoo.test import api_test, seed_test

from rewardlab.errors import BadInput
from rewardlab_envs.minichess import RULE_SETS, Game, MiniChessEnv
from rewardlab_envs.minichess.actions import action_names, action_table
from rewardlab_envs.minichess.two_players import TwoPlayerEnv

WHITE, BLACK = "player_0", "player_1"


def act(env: TwoPlayerEnv, move: str) -> None:
    """Play a move by its name on the board, for whoever is to move."""
    env.step(action_names(env.settings.rules, env.game.side).index(move))


@pytest.mark.parametrize("rules", ["gardner", "silverman", "chess"])
def test_pettingzoo_accepts_it(rules: str) -> None:
    for treatment in ("wasted", "lost"):
        api_test(TwoPlayerEnv(rules, illegal_moves=treatment), num_cycles=100)  # type: ignore[arg-type]
    seed_test(lambda: TwoPlayerEnv(rules), num_cycles=60)


@pytest.mark.parametrize("rules", RULE_SETS)
def test_a_random_game_is_the_record_of_the_same_moves(rules: str) -> None:
    """What each player sees and may do is what the agent of a single environment would, in the same position."""
    rng, env, colours = np.random.default_rng(3), TwoPlayerEnv(rules), {WHITE: "white", BLACK: "black"}
    table = action_table(rules)
    env.reset()
    moves: list[str] = []
    for agent in env.agent_iter(80):
        seen, _, terminated, _, info = env.last()
        if terminated:
            break
        if len(moves) % 4 < 2:
            single = MiniChessEnv(rules=rules, fen=env.game.fen, plays=colours[agent])
            assert (single.reset(seed=0)[0] == seen).all()
            assert (single.action_masks() == info["action_mask"]).all()
        action = int(rng.choice(np.flatnonzero(info["action_mask"])))
        # The player's own names, its first row being row 1, turned into White's by hand.
        name = table.describe(action)
        own = "".join(str(table.size + 1 - int(sign)) if sign.isdigit() else sign for sign in name)
        moves.append(name if agent == WHITE else own)
        env.step(action)
    record = Game(rules)
    record.play(*moves)
    assert len(moves) >= 10
    assert (record.fen, record.ending) == (env.game.fen, env.game.ending)
    assert [record.moves, env.game.moves] == [tuple(moves)] * 2


def test_the_one_who_mates_is_paid_and_the_other_pays() -> None:
    env = TwoPlayerEnv("chess")
    env.reset()
    for move in ("f2f3", "e7e5", "g2g4"):
        act(env, move)
        assert env.rewards == {WHITE: 0.0, BLACK: 0.0}
    assert env.agent_selection == BLACK
    act(env, "d8h4")
    assert env.rewards == {WHITE: -1.0, BLACK: 1.0}
    assert env.terminations == {WHITE: True, BLACK: True}
    assert not any(info["action_mask"].any() for info in env.infos.values())
    last = {}
    for agent in env.agent_iter():
        _, last[agent], *_ = env.last()
        env.step(None)
    assert last == {WHITE: -1.0, BLACK: 1.0}
    assert env.agents == []


def test_a_draw_pays_nobody() -> None:
    env = TwoPlayerEnv("chess", fen="7k/8/6K1/8/8/8/8/5Q2 w - - 0 1")
    env.reset()
    act(env, "f1f7")
    assert env.game.ending == "stalemate"
    assert env.terminations == {WHITE: True, BLACK: True}
    assert env.rewards == {WHITE: 0.0, BLACK: 0.0}


def test_an_illegal_action_is_wasted_refused_or_lost() -> None:
    wasted = TwoPlayerEnv()
    wasted.reset()
    act(wasted, "a2a3")
    wasted.step(0)
    assert (wasted.agent_selection, wasted.game.moves, wasted.rewards[BLACK]) == (BLACK, ("a2a3",), 0.0)
    assert wasted.last()[-1]["action_mask"].any()
    lost = TwoPlayerEnv(illegal_moves="lost")
    lost.reset()
    act(lost, "a2a3")
    lost.step(0)
    assert lost.rewards == {WHITE: 1.0, BLACK: -1.0}
    assert lost.terminations == {WHITE: True, BLACK: True}
    refused = TwoPlayerEnv(illegal_moves="refused")
    refused.reset()
    act(refused, "a2a3")
    with pytest.raises(BadInput, match=r"a1b1.*expected a legal move.*\(b2a3\).*action_mask"):
        refused.step(0)
    for broken in (-1, 468, 1.5, "0", None, True):
        with pytest.raises(BadInput, match=r"whole number in \[0, 468\)"):
            refused.step(broken)


def test_the_time_limit_cuts_off_unless_the_game_is_over_by_then() -> None:
    env = TwoPlayerEnv("chess", max_episode_steps=4)
    env.reset()
    for move in ("f2f3", "e7e5", "g2g4"):
        act(env, move)
        assert not any(env.truncations.values())
    act(env, "a7a6")
    assert env.truncations == {WHITE: True, BLACK: True}
    assert not any(env.terminations.values())
    env.reset()
    for move in ("f2f3", "e7e5", "g2g4", "d8h4"):
        act(env, move)
    assert not any(env.truncations.values())
    assert all(env.terminations.values())


def test_nobody_moves_before_the_first_game_or_after_the_last() -> None:
    env = TwoPlayerEnv()
    with pytest.raises(BadInput, match=r"call reset\(\)"):
        env.step(0)
    env.reset()
    env.agents = []
    with pytest.raises(BadInput, match=r"call reset\(\)"):
        env.step(0)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"rules": "gardener"}, "did you mean 'gardner'"),
        ({"fen": "4k/5/5/5/4K w - - 0 1"}, "dead_position"),
        ({"illegal_moves": "ignored"}, "illegal_moves"),
        ({"max_episode_steps": 0}, "at least 1"),
        ({"render_mode": "human"}, "None or one of 'ansi'"),
    ],
)
def test_settings_are_refused(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(BadInput, match=message):
        TwoPlayerEnv(**settings)


def test_where_pettingzoo_is_missing_the_error_says_how_to_get_it() -> None:
    code = "import sys; sys.modules['pettingzoo'] = None; import rewardlab_envs.minichess.two_players"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert result.returncode == 1
    assert "pip install 'pettingzoo>=1.27'" in result.stderr.splitlines()[-1]
    games = "import sys; sys.modules['pettingzoo'] = None; import rewardlab_envs.minichess"
    assert subprocess.run([sys.executable, "-c", games], check=False).returncode == 0
