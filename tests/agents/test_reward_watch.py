"""The watch finds the fault planted for it, keeps silent where there is none, and leaves the training alone."""

from __future__ import annotations

import json
from itertools import product
from pathlib import Path

import gymnasium as gym
import numpy as np
import pytest
from stable_baselines3 import A2C, DQN, PPO, SAC
from stable_baselines3.common.monitor import Monitor
from stable_baselines3.common.vec_env import DummyVecEnv, VecNormalize

from rewardlab.agents.evaluation import play_episodes
from rewardlab.agents.reward_watch import RewardWatch
from rewardlab.errors import BadInput
from rewardlab.wrappers import Ledger
from tests.agents.watched_training import (
    BAITED,
    DELIVERY,
    MEANT,
    TOWN,
    Scripted,
    hacked_after_honest_learning,
    small_agent,
    small_delivery,
    watched_script,
)


def delivered_by(agent: PPO) -> float:
    env = gym.make_vec(DELIVERY, 20, autoreset_mode="Disabled", reward=MEANT, **TOWN)
    episodes = play_episodes(env, lambda seen, states, masks: agent.predict(seen, deterministic=True)[0], seed=0)
    return float(np.mean([episode.objective.sum() for episode in episodes]))


@pytest.fixture(scope="module")
def hacked(tmp_path_factory: pytest.TempPathFactory) -> tuple[RewardWatch, PPO, Path]:
    path = tmp_path_factory.mktemp("watch") / "exploit.json"
    watch = RewardWatch(stop=True, keep_peak=True, episode_path=path)
    return watch, hacked_after_honest_learning(watch, 60_000), path


@pytest.mark.slow
def test_a_hack_learned_after_the_task_is_found_and_named(hacked: tuple[RewardWatch, PPO, Path]) -> None:
    alarm = hacked[0].alarm
    assert alarm is not None
    assert alarm.term == "picked_up"
    assert alarm.paid[1] > alarm.paid[0] + 1
    assert alarm.objective[1] < alarm.objective[0] - 0.5
    assert alarm.p_value <= alarm.level < alarm.alpha
    assert sum(alarm.changes.values()) == pytest.approx(alarm.paid[1] - alarm.paid[0], abs=1e-9)
    assert list(alarm.changes.values()) == sorted(alarm.changes.values(), reverse=True)
    assert alarm.exploit is not None
    assert "farm_pickups" in alarm.exploit.exploits
    assert alarm.peak_episode <= alarm.exploit.number <= alarm.episodes


@pytest.mark.slow
def test_the_saved_episode_plays_again_to_its_totals(hacked: tuple[RewardWatch, PPO, Path]) -> None:
    watch, _, path = hacked
    saved = json.loads(path.read_text(encoding="utf-8"))
    assert watch.alarm is not None
    assert watch.alarm.path == path
    assert watch.alarm.exploit is not None
    assert saved == json.loads(json.dumps(watch.alarm.exploit.as_dict()))
    assert [entry.name for entry in path.parent.iterdir()] == [path.name]
    env = Ledger(gym.make(DELIVERY, reward=BAITED, **TOWN))
    env.reset(options={"state": saved["first_state"]})
    for step, action in enumerate(saved["actions"]):
        _, paid, terminated, truncated, info = env.step(action)
        assert paid == pytest.approx(saved["paid"][step], abs=1e-12)
        assert info["objective"] == pytest.approx(saved["objective"][step], abs=1e-12)
    assert terminated == saved["terminated"]
    assert terminated or truncated
    assert info["episode"]["r"] == pytest.approx(saved["totals"]["paid"], abs=1e-9)
    assert info["episode"]["objective"] == pytest.approx(saved["totals"]["objective"], abs=1e-9)
    assert info["episode"]["ledger"] == pytest.approx(saved["totals"]["ledger"], abs=1e-9)


@pytest.mark.slow
def test_training_stops_and_the_peak_comes_back(hacked: tuple[RewardWatch, PPO, Path]) -> None:
    watch, agent, _ = hacked
    assert watch.alarm is not None
    assert watch.alarm.step == agent.num_timesteps < 60_000
    spoilt = delivered_by(agent)
    peak = watch.restore_peak()
    # The best that can be done here, two minutes from the depot, is 0.98 on average.
    assert delivered_by(agent) == pytest.approx(peak, abs=0.03)
    assert delivered_by(agent) > 0.95 > 0.5 > spoilt


@pytest.mark.slow
def test_an_alarm_is_one_line(hacked: tuple[RewardWatch, PPO, Path]) -> None:
    alarm, path = hacked[0].alarm, hacked[2]
    line = str(alarm)
    assert "\n" not in line
    assert "picked_up brought +" in line
    assert line.endswith(f"saved to {path}")


@pytest.mark.parametrize("reward", [MEANT, pytest.param("fixed_speed", marks=pytest.mark.slow)])
def test_honest_learning_does_not_alarm(reward: object) -> None:
    watch = RewardWatch()
    small_agent(small_delivery(reward)).learn(12_000, callback=watch)
    assert watch.alarm is None
    assert watch.note == ""


@pytest.mark.slow
def test_random_signs_do_not_alarm() -> None:
    class RandomSigns(gym.vector.VectorRewardWrapper):
        rng = np.random.default_rng(0)

        def rewards(self, rewards):
            return rewards + self.rng.choice([-0.5, 0.5], size=len(rewards))

    watch = RewardWatch(alpha=0.05)
    small_agent(small_delivery(MEANT, RandomSigns)).learn(12_000, callback=watch)
    assert watch.alarm is None


# Scripts: what the episodes come to is known.


def test_a_script_in_two_phases_is_read_off_exactly() -> None:
    watch = RewardWatch(block_episodes=10)
    watched_script(lambda number: (1.0, 0.0, 1.0) if number < 300 else (0.5, 2.0, 0.2), watch, 900)
    alarm = watch.alarm
    assert alarm is not None
    # Sixteen blocks of ten after episode 300 are separated completely from those before it: p = 1 / C(32, 16).
    assert alarm.p_value == pytest.approx(1 / 601_080_390)
    # Between the 16 blocks of each window 16 are left out, so that 48 are needed: here 480 episodes.
    assert (alarm.peak_episode, alarm.episodes) == (301, 480)
    assert alarm.paid == pytest.approx((1.0, 2.5))
    assert alarm.objective == pytest.approx((1.0, 0.2))
    assert alarm.term == "bonus"
    assert alarm.changes == pytest.approx({"bonus": 2.0, "unaccounted": 0.0, "base": -0.5}, abs=1e-12)
    assert alarm.exploit is not None
    assert alarm.exploit.number == alarm.exploit.first_state + 1 == 301
    assert alarm.exploit.paid == pytest.approx((1.25, 1.25))
    assert alarm.exploit.terminated
    assert alarm.path is None


@pytest.mark.parametrize(
    "kind",
    [
        "flat objective",
        "both rise",
        *(pytest.param(kind, marks=pytest.mark.slow) for kind in ("noise", "both fall", "signs")),
    ],
)
def test_scripts_without_the_fault_do_not_alarm(kind: str) -> None:
    rng = np.random.default_rng(12)

    def script(number: int) -> tuple[float, float, float]:
        late, sway, other = float(number >= 400), rng.normal(), rng.normal()
        sign = rng.choice([-3.0, 3.0])
        return {
            "flat objective": (sway, 5 * late, other),
            "noise": (sway, 0.0, -sway),
            "both rise": (sway, 5 * late, 5 * late + other),
            "both fall": (sway, -5 * late, -5 * late + other),
            "signs": (sign, 0.0, -sign),
        }[kind]

    watch = RewardWatch(block_episodes=10)
    watched_script(script, watch, 1_000)
    assert watch.alarm is None
    assert (watch.note != "") == (kind == "flat objective")


def test_there_is_one_alarm_and_training_goes_on_unless_told_to_stop() -> None:
    def script(number: int) -> tuple[float, float, float]:
        return (float(number // 300), 0.0, -float(number // 300))

    going_on, stopping = RewardWatch(block_episodes=10), RewardWatch(block_episodes=10, stop=True)
    watched_script(script, going_on, 900)
    watched_script(script, stopping, 900)
    assert going_on.alarm == stopping.alarm
    assert going_on.num_timesteps == 1_800
    assert stopping.alarm is not None
    assert stopping.num_timesteps == stopping.alarm.step < 1_000


# Any SB3 agent, any way in which SB3 can be handed environments.


def test_weights_are_bit_identical_with_and_without() -> None:
    states = []
    for watch in (None, RewardWatch(keep_peak=True, block_episodes=5)):
        agent = small_agent(small_delivery(BAITED), seed=3)
        agent.learn(3_000, callback=watch)
        states.append(agent.policy.state_dict())
    assert states[0].keys() == states[1].keys()
    for name, weights in states[0].items():
        assert weights.numpy().tobytes() == states[1][name].numpy().tobytes(), name


class Totals(gym.Wrapper):
    """Keeps the totals of each episode, on its own account."""

    def __init__(self, env: gym.Env, seen: list[float]) -> None:
        super().__init__(env)
        self.seen = seen

    def step(self, action):
        result = self.env.step(action)
        if "episode" in result[4]:
            self.seen.append(result[4]["episode"]["r"])
        return result


ONCE = ((PPO, "normalised"), (A2C, "monitor"), (DQN, "bare"))


@pytest.mark.parametrize(
    ("algorithm", "outer"),
    [
        pytest.param(*pair, marks=() if pair in ONCE else pytest.mark.slow)
        for pair in product((PPO, A2C, DQN), ("bare", "monitor", "normalised"))
    ],
)
def test_agents_and_wrappers_of_sb3(algorithm: type, outer: str) -> None:
    seen: list[float] = []

    def make() -> gym.Env:
        env = Totals(Ledger(gym.make(DELIVERY, reward="speed", **TOWN)), seen)
        return Monitor(env) if outer == "monitor" else env

    venv = DummyVecEnv([make])
    if outer == "normalised":
        venv = VecNormalize(venv)
    watch = RewardWatch(block_episodes=2)
    settings = {"learning_starts": 50} if algorithm is DQN else {"n_steps": 50}
    settings |= {"batch_size": 50} if algorithm is PPO else {}
    algorithm("MlpPolicy", venv, seed=0, device="cpu", **settings).learn(600, callback=watch)
    blocks = len(seen) // 2
    assert blocks > 1
    assert watch._paid == pytest.approx(np.mean(np.reshape(seen[: 2 * blocks], (-1, 2)), axis=1), abs=1e-9)


@pytest.mark.slow
def test_continuous_actions_are_those_that_the_environment_got() -> None:
    for algorithm, settings in ((PPO, {"n_steps": 100, "batch_size": 100}), (SAC, {"learning_starts": 300})):
        watch = RewardWatch(block_episodes=1)
        env = Ledger(gym.make("Pendulum-v1"))
        algorithm("MlpPolicy", env, seed=0, device="cpu", **settings).learn(400, callback=watch)
        episode = watch._telling[0][0].watched(1, None)
        assert len(episode.actions) == 200
        assert all(-2 <= action[0] <= 2 for action in episode.actions)
        assert episode.first_state is None
        assert episode.exploits == ()
        json.dumps(episode.as_dict())


def test_a_training_that_goes_on_leaves_broken_episodes_out() -> None:
    env = DummyVecEnv([lambda: Ledger(Scripted(lambda number: (float(number), 0.0, 0.0), lengths=(3,)))])
    watch = RewardWatch(block_episodes=1)
    agent = small_agent(env, n_steps=10, batch_size=10)
    agent.learn(10, callback=watch)
    agent.learn(10, callback=watch, reset_num_timesteps=False)
    # Three whole episodes of three steps; the fourth was cut in two by the end of the first call, and is left out.
    assert watch._paid == pytest.approx([0, 1, 2, 4, 5])


# Borders.


def test_an_environment_without_ledger_is_refused_with_the_remedy() -> None:
    with pytest.raises(BadInput, match=r"no 'ledger', expected one in each step; wrap it in rewardlab.Ledger"):
        small_agent(gym.make("CartPole-v1"), n_steps=200).learn(200, callback=RewardWatch())


def test_bad_settings_are_refused_all_at_once(tmp_path: Path) -> None:
    with pytest.raises(BadInput) as refused:
        RewardWatch(alpha=0.0, block_episodes=0, episode_path=tmp_path / "no such folder" / "episode.json")
    assert [problem.where for problem in refused.value.problems] == ["alpha", "block_episodes", "episode_path"]


def test_there_is_no_peak_to_restore_if_none_was_kept() -> None:
    with pytest.raises(BadInput, match="restore_peak: got no parameters kept, expected some; pass keep_peak=True"):
        RewardWatch().restore_peak()
