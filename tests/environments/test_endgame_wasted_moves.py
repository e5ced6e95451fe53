"""The event ``wasted_moves``: by hand on a mate in one, by law everywhere, and in whole games."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from rewardlab.agents.evaluation import play_episodes
from rewardlab.mdp import FiniteVectorEnv, solve
from rewardlab_envs.endgame import endgame_task, tablebase
from rewardlab_envs.endgame.positions import MATE, PROMOTED
from rewardlab_envs.endgame.tablebase import NOT_WON
from tests.environments.test_endgame_task import EACH, events_of, positions_of, state_of, to_mate


def test_by_hand_in_the_corner() -> None:
    # 5 . . . . k    Ra5 mates at once. If the rook stays on the a-file, the lone king must go to d5, its only square,
    # 4 . . . . .    and Ra5 mates it there: one move wasted. The same from the b-file, with Rb5; from the c-file the
    # 3 . . . K .    rook would be taken on c5. A king that walks beside Black's is illegal, as is a rook off the board.
    # 2 . . . . .
    # 1 R . . . .
    task = endgame_task("KRK", 5, defender="perfect")
    state = state_of(task, "Kd3 Ra1 ke5")
    assert events_of(task, state, "rook_north_4") == {"moves": 1, "mate": 1}
    for move in ("rook_north_1", "rook_north_2", "rook_north_3", "rook_east_1"):
        assert events_of(task, state, move) == {"moves": 1, "wasted_moves": 1}
    assert events_of(task, state, "rook_east_2")["wasted_moves"] > 1
    assert events_of(task, state, "king_northeast") == {"illegal_moves": 1, "wasted_moves": 1}
    assert events_of(task, state, "rook_south_1") == {"illegal_moves": 1, "wasted_moves": 1}


def test_what_gives_the_win_away_is_counted_elsewhere() -> None:
    # The mate in one of test_endgame_task: the queen left to be taken, and stalemate.
    task = endgame_task()
    state = state_of(task, "Kb3 Qc2 ka1")
    assert events_of(task, state, "queen_southwest_1") == {"moves": 1, "checks": 1, "piece_lost": 1}
    assert events_of(task, state, "king_north") == {"moves": 1, "stalemate": 1}


def left_after(task: Any) -> np.ndarray:
    """``[S]`` moves to mate by the tablebase, also where the game is over: at mate, and at a promotion that ends it."""
    positions, left = positions_of(task), to_mate(task)
    for kind, letter in enumerate(positions.letters):
        of = np.isin(positions.phase, (MATE, PROMOTED)) & (positions.kind == kind)
        base = tablebase(letter, positions.board.size)
        left[of] = base.black[positions.king[of], positions.piece[of], positions.lone[of]]
    return left


@EACH
def test_it_is_what_the_best_answer_leaves(settings: dict[str, Any]) -> None:
    # Two ways: the tablebase with Black to move, and the best of Black's answers with White to move again. A promotion
    # that ends the game is not answered, and leaves what the tablebase says.
    task = endgame_task(**settings)
    model, left = task.model, left_after(task)
    nearer = left[:, None, None] - left[model.successor]
    worst = np.where(model.feasible, 1 - nearer, -NOT_WON).max(axis=2)
    kept = (np.where(model.feasible, left[model.successor], 0) < NOT_WON).all(axis=2)
    counted = kept & (left < NOT_WON)[:, None] & model.legal & ~model.terminal[:, None]
    wasted = model.events["wasted_moves"]
    assert counted.any()
    assert (wasted == wasted[:, :, :1]).all(), "it is White's choice alone"
    assert (wasted[:, :, 0] == worst)[counted].all()
    assert wasted.min() == 0


@pytest.mark.parametrize("pieces", ["KQK", "KRK", "KPK"])
@pytest.mark.parametrize("fold", [False, True])
def test_whoever_is_perfect_wastes_nothing(pieces: str, fold: bool) -> None:
    # Value iteration knows of no tablebase. (Against chance it may prefer moves that waste something in theory.)
    task = endgame_task(pieces, fold=fold, defender="perfect")
    best = solve(task.model, task.objective_table, 0.9).optimal
    left = left_after(task)
    after = left[task.model.successor[:, :, 0]]
    wasteless = (task.model.events["wasted_moves"][:, :, 0] == 0) & (after < NOT_WON) & task.model.legal
    won = (left < NOT_WON) & ~task.model.terminal
    assert (wasteless == best)[won].all()


@pytest.mark.parametrize("settings", [{}, {"pieces": "KRK", "size": 5, "illegal_moves": "refused", "fold": True}])
def test_a_won_game_takes_the_moves_of_perfect_play_and_those_wasted(settings: dict[str, Any]) -> None:
    # Half at random, half perfect, so that some games are won quickly, some late and some never.
    task = endgame_task(**settings, defender="perfect")
    env = FiniteVectorEnv(task, 100, autoreset_mode="Disabled", max_episode_steps=50)
    best, rng, left = solve(task.model, task.objective_table, 0.9).optimal, np.random.default_rng(3), to_mate(task)

    def policy(observations: Any, states: Any, masks: Any) -> np.ndarray:
        choice = np.where(rng.random((len(states), 1)) < 0.5, task.model.legal[states], best[states])
        picked: np.ndarray = (choice * rng.random(choice.shape)).argmax(axis=1)
        return picked

    won = [episode.steps for episode in play_episodes(env, policy, 5) if episode.steps.event("mate").any()]
    wasted = np.array([steps.event("wasted_moves").sum() for steps in won])
    assert len(won) > 20
    assert wasted.max() > 5
    np.testing.assert_array_equal([len(steps.state) for steps in won], left[[steps.state[0] for steps in won]] + wasted)
