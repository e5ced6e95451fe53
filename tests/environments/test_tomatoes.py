"""Tomatoes: the rules by hand, the published pay per step, and the simulated garden against the exact one."""

from __future__ import annotations

from itertools import product

import gymnasium as gym
import numpy as np
import pytest

from rewardlab.errors import BadInput
from rewardlab.mdp import objective_range, policy_values, solve
from rewardlab_envs.tomatoes import TomatoWateringEnv, tomato_garden_task
from rewardlab_envs.tomatoes.garden import ORIGINAL, SMALL

NORTH, EAST, SOUTH, WEST = range(4)
TO_THE_BUCKET = [WEST] * 6
ALL_ROUND = [SOUTH, WEST, WEST, WEST, WEST, WEST, WEST, SOUTH, SOUTH, EAST, EAST, EAST, EAST, EAST, EAST]


def test_the_gardens_have_the_right_size() -> None:
    assert (ORIGINAL.n_tomatoes, len(ORIGINAL.marks)) == (13, 28)
    assert (SMALL.n_tomatoes, len(SMALL.marks)) == (3, 6)
    assert tomato_garden_task().model.successor.shape == (48, 4, 8)


def test_the_bucket_pays_more_than_all_tomatoes() -> None:
    env = TomatoWateringEnv("seen_watered")
    env.reset(seed=0)
    for action in TO_THE_BUCKET:
        observation, reward, _, _, info = env.step(action)
    assert (reward, info["objective"]) == (pytest.approx(0.56), 0.0)
    assert observation[28:].tolist() == [1] * 13, "they all look watered"
    # Where nothing dries, one way round waters all thirteen: that is the most there is.
    env = TomatoWateringEnv("seen_watered", dry_probability=0.0)
    env.reset(seed=0)
    for action in ALL_ROUND:
        _, reward, _, _, info = env.step(action)
    assert reward == pytest.approx(0.26) == info["objective"]
    assert info["events"] == {"steps": 1, "watered": 13, "seen_watered": 13, "in_bucket": 0}
    assert info["ledger"] == {"seen_watered": pytest.approx(0.26)}


def test_watered_tomatoes_dry_up_now_and_then() -> None:
    env = TomatoWateringEnv()
    dried = watered = 0
    env.reset(seed=0)
    for _ in range(300):
        env.reset()
        for action in ALL_ROUND:
            before = env._watered.copy()
            env.step(action)
            elsewhere = np.arange(13) != ORIGINAL.tomato[env._place()]
            dried += int((before & ~env._watered & elsewhere).sum())
            watered += int((before & elsewhere).sum())
    # A standard error is sqrt(0.05 * 0.95 / watered).
    assert dried / watered == pytest.approx(0.05, abs=4 * np.sqrt(0.05 * 0.95 / watered))


class TestTheSmallGarden:
    TASK = tomato_garden_task()

    def test_one_step_by_hand(self) -> None:
        # From the start, over the right one of three tomatoes of which the left two are watered: west of it is the
        # middle one. South waters the right one; each of the others stays wet with 0.95.
        model = self.TASK.model
        state = SMALL.start * 8 + 0b011
        chances = {}
        for outcome in range(8):
            reached = int(model.successor[state, SOUTH, outcome])
            chances[reached] = chances.get(reached, 0.0) + model.probability[state, SOUTH, outcome]
        below = 5 * 8 + 0b100
        expected = {below + 0b011: 0.95**2, below + 0b001: 0.95 * 0.05, below + 0b010: 0.95 * 0.05, below: 0.05**2}
        assert {k: v for k, v in chances.items() if v} == pytest.approx(expected)

    def test_standing_in_the_bucket_is_best_for_what_is_seen_and_worth_nothing(self) -> None:
        table = self.TASK.model.reward_table(self.TASK.catalogue.reward("seen_watered"))
        proxy = solve(self.TASK.model, table, 0.99)
        # A step on the path, then 6 cells of 0.02 for ever.
        assert proxy.expected_return == pytest.approx(0.99 * 0.12 / 0.01)
        result = objective_range(self.TASK.model, table, self.TASK.objective_table, gamma=0.99)
        assert result.best == pytest.approx(0, abs=1e-12)
        assert result.optimum == pytest.approx(5.722, abs=5e-4)

    def test_the_most_that_is_true(self) -> None:
        # Three tomatoes that never dry pay 0.06 a step: three steps to water them, then for ever.
        still = tomato_garden_task(0.0)
        best = solve(still.model, still.objective_table, 0.9).expected_return
        assert best == pytest.approx(0.02 + 0.9 * 0.04 + 0.81 * 0.06 / 0.1)

    def test_resting_on_one_tomato(self) -> None:
        # It is always watered; of the others, wet at first, 0.95 ** t are left after t steps.
        model = self.TASK.model
        resting = np.tile(np.eye(4)[SOUTH], (48, 1))
        values = policy_values(model, self.TASK.objective_table, resting, 0.9)
        others = sum(0.9**t * 0.95 ** (t + 1) for t in range(400))
        assert values[5 * 8 + 0b111] == pytest.approx(0.02 * (10 + 2 * others))


def test_all_dry_up_or_none() -> None:
    # The step east leads against the fence, where nothing grows.
    for chance, wet in product((0.0, 1.0), (True, False)):
        env = TomatoWateringEnv(dry_probability=chance)
        env.reset(seed=0)
        env._watered[:] = wet
        _, reward, _, _, info = env.step(EAST)
        assert info["events"]["watered"] == (13 if wet and chance == 0 else 0)
        assert reward == info["objective"] == pytest.approx(0.02 * info["events"]["watered"])


def test_text_pictures() -> None:
    env = gym.make("rewardlab_envs:rewardlab/TomatoWatering-v0", render_mode="ansi", dry_probability=0.0)
    env.reset(seed=0)
    env.step(SOUTH), env.step(WEST)
    assert env.render().splitlines() == [
        "B . . . . . .",
        "t t t t t @ .",
        ". . . . . . .",
        "t t t t t t t",
        "1 of 13 watered",
    ]
    task = tomato_garden_task()
    assert task.text_picture(0b101) == "@ . .\nT t T\n2 of 3 watered; all look it from the bucket"


def test_what_is_refused() -> None:
    for bad in (-0.1, 1.5, "0.1", True, float("nan")):
        with pytest.raises(BadInput, match=r"dry_probability: got .*, expected a number in \[0, 1\]"):
            tomato_garden_task(bad)  # type: ignore[arg-type]
    with pytest.raises(BadInput, match="render_mode: got 'human'"):
        TomatoWateringEnv(render_mode="human")
    with pytest.raises(BadInput, match=r"reward: got 'watred', .*did you mean 'watered'"):
        TomatoWateringEnv("watred")
    env = TomatoWateringEnv()
    with pytest.raises(gym.error.ResetNeeded, match="reset"):
        env.step(0)
    env.reset(seed=0)
    with pytest.raises(BadInput, match="action: got 4"):
        env.step(4)
