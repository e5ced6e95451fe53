"""The ledger: its lines add up to what the learner saw, and an episode's sums are the sums of its steps."""

from __future__ import annotations

from typing import Any

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.vector import AutoresetMode, SyncVectorEnv
from gymnasium.wrappers import TransformReward
from gymnasium.wrappers.vector import TransformReward as VectorTransformReward

from rewardlab.mdp import FiniteEnv, FiniteVectorEnv
from rewardlab.rewards import Potential, Reward
from rewardlab.wrappers import (
    Ledger,
    PotentialShaping,
    RewardClipping,
    VectorLedger,
    VectorPotentialShaping,
    VectorRewardClipping,
    amended_terms,
    bonus,
    clip,
    ledger,
    ledger_lines,
    potential_shaping,
    scale,
    transform,
)
from rewardlab.wrappers.ledger_lines import ADDED_LINES, ENVIRONMENT_LINE
from rewardlab_envs.delivery import delivery_task
from tests.wrappers.scripted_env import ScriptedEnv, ScriptedEpisode, ScriptedStep

TASK = delivery_task(1, "A.D\n.#B", 12)
DISTANCE = TASK.catalogue.potential("distance")
ROOMS = (amended_terms, bonus, clip, ledger, ledger_lines, potential_shaping, scale, transform)
FLAT = Potential("flat", lambda states: np.full(len(states), 3.0), "state")
TWO_STEPS = ScriptedEpisode(0, [ScriptedStep(1, 2.0), ScriptedStep(2, 5.0, truncated=True)])


def episode_of(env: Ledger, rng: np.random.Generator) -> tuple[list[float], list[dict[str, Any]]]:
    env.reset(seed=3)
    rewards, infos, ended = [], [], False
    while not ended:
        _, reward, terminated, truncated, info = env.step(int(rng.integers(6)))
        rewards.append(float(reward))
        infos.append(info)
        ended = terminated or truncated
    return rewards, infos


def test_the_lines_of_every_step_add_up_to_the_reward() -> None:
    rng = np.random.default_rng(0)
    env = Ledger(PotentialShaping(gym.wrappers.TimeLimit(FiniteEnv(TASK, "pickup_bonus"), 12), DISTANCE, gamma=0.99))
    for _ in range(20):
        rewards, infos = episode_of(env, rng)
        for reward, info in zip(rewards, infos, strict=True):
            assert list(info["ledger"]) == ["speed_on_arrival", "picked_up", "shaping", "unaccounted"]
            assert sum(info["ledger"].values()) == pytest.approx(reward, abs=1e-12)
            assert info["ledger"]["unaccounted"] == 0.0


def test_an_episode_is_the_sum_of_its_steps() -> None:
    env = Ledger(PotentialShaping(gym.wrappers.TimeLimit(FiniteEnv(TASK, "speed"), 12), DISTANCE, gamma=0.99))
    for _ in range(5):
        rewards, infos = episode_of(env, np.random.default_rng(1))
        assert [step for step, info in enumerate(infos) if "episode" in info] == [len(infos) - 1]
        episode = infos[-1]["episode"]
        assert episode["l"] == len(rewards)
        assert episode["r"] == pytest.approx(sum(rewards))
        assert episode["objective"] == pytest.approx(sum(info["objective"] for info in infos))
        for line, total in episode["ledger"].items():
            assert total == pytest.approx(sum(info["ledger"][line] for info in infos)), line


def test_an_environment_without_ledger_and_objective_is_taken_at_its_word() -> None:
    env = Ledger(PotentialShaping(ScriptedEnv([TWO_STEPS]), FLAT, gamma=0.5))
    env.reset()
    assert env.step(0)[-1]["ledger"] == {"environment": 2.0, "shaping": -1.5, "unaccounted": 0.0}
    episode = env.step(0)[-1]["episode"]
    assert episode["objective"] == 2 + 5, "what the environment paid, without the shaping"
    assert episode["r"] == 2 + 5 - 3


class OwnLines(gym.Wrapper):
    """Keeps lines of its own and states no objective, as a stranger's environment may."""

    def step(self, action: Any) -> Any:
        observation, reward, terminated, truncated, info = self.env.step(action)
        own = {"speed": reward - 1.0, "_bonus of mine": 1.0}
        return observation, reward, terminated, truncated, {"state": info["state"], "ledger": own}


def test_an_environment_with_lines_and_no_objective_means_what_they_come_to() -> None:
    env = Ledger(RewardClipping(PotentialShaping(OwnLines(ScriptedEnv([TWO_STEPS])), FLAT, gamma=0.5), max_reward=1.0))
    env.reset()
    env.step(0)
    assert env.step(0)[-1]["episode"]["objective"] == 2.0 + 5.0  # it was 0: there is no line "environment"


@pytest.mark.parametrize("mode", AutoresetMode, ids=lambda mode: mode.value)
def test_so_it_is_in_a_vector(mode: AutoresetMode) -> None:
    env = VectorLedger(
        VectorRewardClipping(
            SyncVectorEnv([lambda: OwnLines(ScriptedEnv([TWO_STEPS]))] * 2, autoreset_mode=mode), max_reward=1.0
        )
    )
    env.reset()
    env.step(np.zeros(2, dtype=int))
    assert env.step(np.zeros(2, dtype=int))[-1]["episode"]["objective"].tolist() == [7.0, 7.0]


def test_the_lines_of_wrappers_are_known() -> None:
    said = {getattr(room, name) for room in ROOMS for name in room.__all__ if name.endswith("_LINE")}
    assert said - {ENVIRONMENT_LINE} == ADDED_LINES


def test_two_shapings_share_a_line() -> None:
    env = Ledger(PotentialShaping(PotentialShaping(ScriptedEnv([TWO_STEPS]), FLAT, gamma=0.5), FLAT, gamma=1.0))
    env.reset()
    assert env.step(0)[-1]["ledger"] == {"environment": 2.0, "shaping": -1.5, "unaccounted": 0.0}


def test_a_foreign_wrapper_shows_as_unaccounted() -> None:
    shaped = PotentialShaping(ScriptedEnv([TWO_STEPS]), FLAT, gamma=0.5)
    env = Ledger(TransformReward(shaped, lambda reward: 10 * reward))
    env.reset()
    _, reward, _, _, info = env.step(0)
    assert reward == 10 * (2 - 1.5)
    assert info["ledger"] == {"environment": 2.0, "shaping": -1.5, "unaccounted": 4.5}
    assert env.step(0)[-1]["episode"]["ledger"]["unaccounted"] == 4.5 + 9 * (5 - 1.5)


@pytest.mark.parametrize("mode", AutoresetMode, ids=lambda mode: mode.value)
def test_a_foreign_vector_wrapper_shows_as_unaccounted(mode: AutoresetMode) -> None:
    inner = SyncVectorEnv([lambda: ScriptedEnv([TWO_STEPS])] * 3, autoreset_mode=mode)
    shaped = VectorPotentialShaping(inner, FLAT, gamma=0.5)
    env = VectorLedger(VectorTransformReward(shaped, lambda rewards: 10 * rewards))
    env.reset()
    infos = env.step(np.zeros(3, dtype=int))[-1]
    assert infos["ledger"]["unaccounted"].tolist() == [4.5] * 3
    infos = env.step(np.zeros(3, dtype=int))[-1]
    assert infos["episode"]["ledger"]["unaccounted"].tolist() == [4.5 + 9 * 3.5] * 3
    paid = infos["final_info"] if mode is AutoresetMode.SAME_STEP else infos
    assert paid["ledger"]["unaccounted"].tolist() == [9 * 3.5] * 3


def test_b19_a_reset_in_mid_episode_does_not_leak_into_the_next_one() -> None:
    env = Ledger(ScriptedEnv([TWO_STEPS]))
    env.reset()
    env.step(0)
    env.reset()
    env.step(0)
    episode = env.step(0)[-1]["episode"]
    assert (episode["r"], episode["l"]) == (7.0, 2)
    sums_that_are_kept = 2.0 + 7.0
    assert episode["r"] != sums_that_are_kept


def test_b19_a_masked_reset_clears_the_masked_rows_alone() -> None:
    env = VectorLedger(SyncVectorEnv([lambda: ScriptedEnv([TWO_STEPS])] * 2, autoreset_mode=AutoresetMode.DISABLED))
    env.reset()
    env.step(np.zeros(2, dtype=int))
    env.reset(options={"reset_mask": np.array([True, False])})
    infos = env.step(np.zeros(2, dtype=int))[-1]
    assert infos["_episode"].tolist() == [False, True]
    assert infos["episode"]["r"].tolist() == [0.0, 7.0]
    env.reset(options={"reset_mask": np.array([False, True])})
    infos = env.step(np.zeros(2, dtype=int))[-1]
    assert infos["_episode"].tolist() == [True, False]
    assert infos["episode"]["r"].tolist() == [7.0, 0.0]
    assert infos["episode"]["l"].tolist() == [2, 0]


@pytest.mark.parametrize("mode", AutoresetMode, ids=lambda mode: mode.value)
def test_every_episode_of_a_vector_has_its_own_length(mode: AutoresetMode) -> None:
    three = ScriptedEpisode(0, [*[ScriptedStep(1, 1.0)] * 2, ScriptedStep(2, 1.0, terminated=True)])
    scripts = ([TWO_STEPS], [three])
    copies = [lambda script=script: ScriptedEnv(script) for script in scripts]
    env = VectorLedger(SyncVectorEnv(copies, autoreset_mode=mode))
    env.reset()
    lengths: list[set[int]] = [set(), set()]
    for _ in range(12):
        infos = env.step(np.zeros(2, dtype=int))[-1]
        ended = infos.get("_episode", np.zeros(2, dtype=bool))
        for row in np.flatnonzero(ended):
            lengths[row].add(int(infos["episode"]["l"][row]))
        if mode is AutoresetMode.DISABLED and ended.any():
            env.reset(options={"reset_mask": ended.copy()})
    assert lengths == [{2}, {3}]  # a reset row of NEXT_STEP is no step of either


class FirstStepOnly(gym.Wrapper):
    """Keeps a line ``welcome`` in the first step of each episode, and in no other."""

    def step(self, action: Any) -> Any:
        observation, reward, terminated, truncated, info = self.env.step(action)
        welcome = {"welcome": 0.5} if info["state"] == 1 else {}
        own = {"rest": reward - 0.5 * bool(welcome), **welcome}
        return observation, reward, terminated, truncated, {**info, "ledger": own}


@pytest.mark.parametrize("mode", AutoresetMode, ids=lambda mode: mode.value)
def test_a_line_that_is_gone_again_is_kept(mode: AutoresetMode) -> None:
    env = VectorLedger(SyncVectorEnv([lambda: FirstStepOnly(ScriptedEnv([TWO_STEPS]))] * 2, autoreset_mode=mode))
    env.reset()
    env.step(np.zeros(2, dtype=int))
    episode = env.step(np.zeros(2, dtype=int))[-1]["episode"]
    assert {name: episode["ledger"][name].tolist() for name in ("rest", "welcome", "unaccounted")} == {
        "rest": [6.5, 6.5],
        "welcome": [0.5, 0.5],
        "unaccounted": [0.0, 0.0],
    }


def _private_pay(steps: Any) -> np.ndarray:
    return steps.event("minutes") * 2


@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize("mode", AutoresetMode, ids=lambda mode: mode.value)
def test_the_vector_ledger_keeps_the_lines_of_the_scalar_one(mode: AutoresetMode, count: int) -> None:
    # A term named like a mask, and steps in which every row ends at once, must open or lose no line.
    reward = Reward.from_function(_private_pay)
    env = VectorLedger(
        VectorPotentialShaping(FiniteVectorEnv(TASK, count, reward, 2, autoreset_mode=mode), DISTANCE, gamma=0.99)
    )
    env.reset(seed=0)
    for _ in range(6):
        *_, terminations, truncations, infos = env.step(np.zeros(count, dtype=int))
        ended = terminations | truncations
        if ended.any():
            ledger = infos["episode"]["ledger"]
            assert set(ledger) == {
                *("_private_pay", "shaping", "unaccounted"),
                *("__private_pay", "_shaping", "_unaccounted"),
            }
            assert (ledger["_private_pay"] > 0).all()
            assert (ledger["unaccounted"] == 0).all()
        if mode is AutoresetMode.DISABLED and ended.any():
            env.reset(options={"reset_mask": ended})


def test_the_caller_may_write_to_what_it_is_given() -> None:
    env = VectorLedger(SyncVectorEnv([lambda: ScriptedEnv([TWO_STEPS])] * 2, autoreset_mode=AutoresetMode.NEXT_STEP))
    env.reset()
    env.step(np.zeros(2, dtype=int))
    infos = env.step(np.zeros(2, dtype=int))[-1]
    infos["_episode"][:] = False
    assert env.step(np.zeros(2, dtype=int))[1].tolist() == [0.0, 0.0]
    env.step(np.zeros(2, dtype=int))
    assert env.step(np.zeros(2, dtype=int))[-1]["episode"]["l"].tolist() == [2, 2]
