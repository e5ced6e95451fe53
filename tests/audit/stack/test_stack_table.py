"""The table of a stack is what the wrapped environment really pays, reward by reward, whatever the stack."""

from __future__ import annotations

from typing import Any

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.vector import AutoresetMode, SyncVectorEnv
from numpy.typing import NDArray

from rewardlab.audit.stack.stack_table import StackTable, stack_table
from rewardlab.audit.subject import audited_subject
from rewardlab.errors import BadInput
from rewardlab.mdp import FiniteEnv, FiniteModel, FiniteVectorEnv
from rewardlab.rewards import Bonus, Potential, ScheduledPotential
from rewardlab.wrappers import (
    PotentialShaping,
    ReturnScaling,
    RewardClipping,
    RewardTransform,
    UnsafeBonus,
    wrap_vector,
)
from tests.audit.stack.stacks import WORLDS, Halved, scalar_layers, stacked, terms_of, vector_layers

STEPS = 12


def possible(table: NDArray[np.float64], model: FiniteModel, state: int, action: int, reached: int) -> NDArray[Any]:
    """What the table pays for the outcomes that lead there: one amount, where it does not matter which."""
    outcomes = model.feasible[state, action] & (model.successor[state, action] == reached)
    return table[state, action][outcomes]


def legal_action(model: FiniteModel, state: int, rng: np.random.Generator) -> int:
    return int(rng.choice(np.flatnonzero(model.legal[state])))


def follow_one(env: Any, table: StackTable, model: FiniteModel, rng: np.random.Generator, episodes: int) -> set[str]:
    """Play at random and compare each reward; returns which endings were seen."""
    endings = set()
    for episode in range(episodes):
        _, info = env.reset(seed=episode)
        over, state = False, info["state"]
        while not over:
            action = legal_action(model, state, rng)
            _, reward, terminated, truncated, info = env.step(action)
            expected = possible(table.paid, model, state, action, info["state"])
            assert np.abs(expected - float(reward)).min() <= 1e-9, (state, action, info["state"], reward, expected)
            over, state = terminated or truncated, info["state"]
            endings |= ({"terminated"} if terminated else set()) | ({"truncated"} if truncated else set())
    return endings


@pytest.mark.parametrize("name", WORLDS)
def test_one_environment_pays_what_the_table_says(name: str) -> None:
    task, rng, endings = WORLDS[name], np.random.default_rng(1), set()
    for _ in range(25):
        inside = FiniteEnv(task)
        limited = gym.wrappers.TimeLimit(inside, STEPS)
        env = stacked(limited, scalar_layers(task, rng, terms_of(task)), rng, 6)
        table = stack_table(env, gamma=0.9)
        assert np.abs(np.sum([*table.lines.values()], axis=0) - table.paid).max() <= 1e-12, "the lines add up"
        endings |= follow_one(env, table, task.model, rng, 8)
    assert endings == ({"truncated"} if not task.model.terminal.any() else {"terminated", "truncated"})


def follow_vector(env: Any, table: StackTable, model: FiniteModel, rng: np.random.Generator, steps: int) -> int:
    """Play at random and compare the rewards of all rows that took a step; returns how many episodes ended."""
    mode, size = env.metadata["autoreset_mode"], env.num_envs
    _, infos = env.reset(seed=0)
    states, resetting, ends = infos["state"], np.zeros(size, dtype=bool), 0
    for _ in range(steps):
        actions = np.array([legal_action(model, state, rng) for state in states])
        _, rewards, terminations, truncations, infos = env.step(actions)
        ended = terminations | truncations
        reached = infos["state"].copy()
        if mode is AutoresetMode.SAME_STEP and ended.any():
            reached[ended] = infos["final_info"]["state"][ended]
        for row in np.flatnonzero(~resetting).tolist():
            expected = possible(table.paid, model, states[row], actions[row], reached[row])
            assert np.abs(expected - rewards[row]).min() <= 1e-9, (row, rewards[row], expected)
        ends += int(ended.sum())
        resetting = ended if mode is AutoresetMode.NEXT_STEP else np.zeros(size, dtype=bool)
        if mode is AutoresetMode.DISABLED and ended.any():
            _, started = env.reset(options={"reset_mask": ended.copy()})
            infos["state"] = np.where(ended, started["state"], infos["state"])
        # Where the next step is a reset step its action is ignored, and its state may have no legal action.
        states = np.where(resetting, np.flatnonzero(~model.terminal)[0], infos["state"])
    return ends


@pytest.mark.parametrize("mode", [*AutoresetMode])
@pytest.mark.parametrize("name", WORLDS)
def test_a_vector_pays_what_the_table_says(name: str, mode: AutoresetMode) -> None:
    task, rng, ends = WORLDS[name], np.random.default_rng(2), 0
    for _ in range(8):
        inside = FiniteVectorEnv(task, 3, max_episode_steps=STEPS, autoreset_mode=mode)
        env = stacked(inside, vector_layers(task, rng, terms_of(task)), rng, 5)
        ends += follow_vector(env, stack_table(env, gamma=0.9), task.model, rng, 40)
    assert ends > 20


@pytest.mark.parametrize("name", WORLDS)
def test_wrapped_copies_in_a_wrapped_vector_pay_what_the_table_says(name: str) -> None:
    task, rng = WORLDS[name], np.random.default_rng(3)
    for seed in range(6):

        def copy(seed: int = seed) -> Any:
            inside = gym.wrappers.TimeLimit(FiniteEnv(task), STEPS)
            same = np.random.default_rng(seed)
            return stacked(inside, scalar_layers(task, same, terms_of(task)), same, 3)

        vector = SyncVectorEnv([copy] * 3, autoreset_mode=AutoresetMode.SAME_STEP)
        env = stacked(vector, vector_layers(task, rng, terms_of(task)), rng, 3)
        assert follow_vector(env, stack_table(env, gamma=0.9), task.model, rng, 40) > 0


SETTINGS: list[list[dict[str, Any]]] = [
    [{"kind": "clip", "min_reward": -0.3}, {"kind": "potential_shaping", "potential": "distance", "weight": 2.0}],
    [{"kind": "bonus", "potential": "distance", "form": "progress"}, {"kind": "scale"}],
    [{"kind": "bonus", "potential": "distance", "form": "level", "weight": -0.5}, {"kind": "clip", "max_reward": 0.01}],
]


@pytest.mark.parametrize("number", range(len(SETTINGS)))
@pytest.mark.parametrize("name", ["town", "slippery"])
def test_settings_are_read_as_what_they_are_made_into(name: str, number: int) -> None:
    task, settings = WORLDS[name], SETTINGS[number]
    env = wrap_vector(FiniteVectorEnv(task, 3, max_episode_steps=STEPS, autoreset_mode="SameStep"), settings, 0.9)
    subject = audited_subject(env)
    table = stack_table(settings, subject, task.objective_table, gamma=0.9)
    assert np.array_equal(table.paid, stack_table(env, gamma=0.9).paid)
    follow_vector(env, table, task.model, np.random.default_rng(0), 60)


def test_a_list_as_potential_and_amended_terms_are_read_from_settings() -> None:
    task = WORLDS["town"]
    env = FiniteVectorEnv(task, 2, autoreset_mode="SameStep")
    potential = np.random.default_rng(0).normal(size=task.model.n_states)
    settings = [
        {"kind": "terms", "factors": {terms_of(task)[0]: 0.0}},
        {"kind": "potential_shaping", "potential": potential.tolist()},
    ]
    table = stack_table(wrap_vector(env, settings, 0.9), gamma=0.9)
    subject = audited_subject(env)
    _, base, terms = subject.reward(task.catalogue.objective, "reward")
    assert np.allclose(table.paid, base - terms[terms_of(task)[0]] + task.model.shaping_table(potential, 0.9))
    assert np.array_equal(stack_table(settings, subject, base, gamma=0.9, terms=terms).paid, table.paid)


@pytest.mark.parametrize("game", ["FrozenLake-v1", "CliffWalking-v1", pytest.param("Taxi-v4", marks=pytest.mark.slow)])
def test_a_toy_text_pays_what_the_table_says(game: str) -> None:
    # An observation is a state's number; the bonus reads it where the task ends too, in Taxi from a twin of the model.
    weights = np.random.default_rng(0).normal(size=600)
    bonus = Bonus("looked up", "observation", lambda now, reached: weights[reached] - 0.5 * weights[now])
    potential = Potential("looked up", weights.take, "observation")
    subject = audited_subject(gym.make(game))
    assert subject is not None
    ending = subject.model.transitions.select(subject.model.transitions.terminated)

    def wrapped(start: int) -> Any:
        shaped = PotentialShaping(UnsafeBonus(Begins(gym.make(game), start), bonus), potential, gamma=0.9)
        return RewardClipping(shaped, -1.5, 25.0)

    table = stack_table(wrapped(0), gamma=0.9)
    alive, rng, ended = np.flatnonzero(~subject.model.terminal), np.random.default_rng(1), 0
    for number in range(150):
        start, action = int(rng.choice(alive)), int(rng.integers(subject.model.n_actions))
        if number % 2:
            start, action = int(ending.state[number % len(ending)]), int(ending.action[number % len(ending)])
        env = wrapped(start)
        env.reset()
        reached, reward, terminated, _, _ = env.step(action)
        rows = env.unwrapped.P[start][action]
        outcomes = [k for k, row in enumerate(rows) if (row[1], row[3]) == (reached, terminated)]
        assert np.abs(table.paid[start, action, outcomes] - float(reward)).min() <= 1e-9
        ended += terminated
    assert ended > 10


class Begins(gym.Wrapper):
    """Begins where it is told."""

    def __init__(self, env: Any, state: int) -> None:
        super().__init__(env)
        self.state = state

    def reset(self, **settings: Any) -> Any:
        _, info = self.env.reset(**settings)
        self.env.unwrapped.s = self.state  # type: ignore[attr-defined]
        return self.state, info


def test_a_vecnormalize_of_sb3_is_read_by_its_attributes() -> None:
    from stable_baselines3.common.monitor import Monitor
    from stable_baselines3.common.vec_env import DummyVecEnv, VecNormalize

    task, rng = WORLDS["slippery"], np.random.default_rng(0)
    potential = Potential.from_table(rng.normal(size=task.model.n_states))

    def one() -> Any:
        return Monitor(PotentialShaping(gym.wrappers.TimeLimit(FiniteEnv(task), STEPS), potential, gamma=0.9))

    env = VecNormalize(DummyVecEnv([one]), norm_obs=False, training=False, clip_reward=1.0)
    env.ret_rms.var = np.float64(0.7)
    table = stack_table(env, gamma=0.9)
    assert table.paid.min() == -1.0
    env.reset()
    state = env.venv.envs[0].unwrapped._state
    for _ in range(200):
        action = legal_action(task.model, state, rng)
        _, rewards, _, infos = env.step(np.array([action]))
        expected = possible(table.paid, task.model, state, action, infos[0]["state"])
        assert np.abs(expected - rewards[0]).min() <= 1e-6, "SB3 hands rewards on as float32"
        state = env.venv.envs[0].unwrapped._state


def test_a_running_scale_and_a_schedule_are_frozen_and_said() -> None:
    task = WORLDS["town"]
    fading = ScheduledPotential.faded(task.catalogue.potentials["distance"], over_steps=10)
    env = ReturnScaling(PotentialShaping(FiniteEnv(task), fading, gamma=0.9), gamma=0.9, subtract_mean=True)
    table = stack_table(env, gamma=0.9)
    at_first = task.objective_table + task.model.shaping_table(fading.at(np.arange(744), np.zeros(744, int)), 0.9)
    # Not a step has been taken: the scale is 1, and the mean is that of a policy that acts at random.
    shift = (at_first - table.paid)[task.model.feasible]
    assert np.allclose(shift, shift[0])
    assert table.layers[0].notes == ("potential 'faded distance' changes in time; taken as at step 0 of the training",)
    assert "the mean is not known yet" in table.notes[1]
    assert "a running scale, taken as it stands now, 1/1:" in table.notes[2]


def test_the_mean_of_a_random_policy_is_that_of_its_episodes() -> None:
    # The boat race never ends, so every step of its 100 counts alike; played many times it comes near.
    task, rng = WORLDS["boat race"], np.random.default_rng(0)
    env = FiniteVectorEnv(task, 200, autoreset_mode="SameStep")
    env.reset(seed=0)
    paid = [env.step(rng.integers(task.model.n_actions, size=200))[1].mean() for _ in range(task.max_episode_steps)]
    table = stack_table(ReturnScaling(FiniteEnv(task), gamma=0.9, subtract_mean=True), gamma=0.9)
    shift = (task.objective_table - table.paid)[task.model.feasible][0]
    assert shift == pytest.approx(np.mean(paid), abs=4 * np.std(paid) / np.sqrt(len(paid)) + 1e-3)


class Remembers(Halved):
    seen = 0

    def reward(self, reward: Any) -> Any:
        self.seen += 1
        return reward / self.seen


class LooksInside(Halved):
    def reward(self, reward: Any) -> Any:
        return reward - 0.1 * self.unwrapped._state  # type: ignore[attr-defined]


class Steps(gym.Wrapper):
    def step(self, action: Any) -> Any:
        observation, reward, terminated, truncated, info = self.env.step(action)
        return observation, reward + 1.0, terminated, truncated, info


class Backwards(gym.ActionWrapper):
    def action(self, action: Any) -> Any:
        return 3 - action


@pytest.mark.parametrize(
    ("wrap", "said"),
    [
        (Remembers, r"wrapper 2 \(Remembers\): got other amounts when asked again, expected a function of the reward"),
        (LooksInside, r"wrapper 2 \(LooksInside\): got AttributeError: .*, expected a function of the reward alone"),
        (Steps, r"wrapper 2 \(Steps\): got a step of its own, which may change rewards"),
        (lambda env: gym.wrappers.RepeatAction(env, 2), r"wrapper 2 \(RepeatAction\): got a step of its own"),
        (Backwards, r"wrapper 2 \(Backwards\): got a step of its own"),
        (lambda env: gym.wrappers.TransformAction(env, lambda action: 0, None), r"wrapper 2 \(TransformAction\): got "),
        (lambda env: gym.wrappers.StickyAction(env, 0.5), r"wrapper 2 \(StickyAction\): got a step of its own"),
        (
            lambda env: PotentialShaping(
                gym.wrappers.TimeAwareObservation(env), Potential("p", lambda seen: seen[:, 0], "observation"), gamma=1
            ),
            r"wrapper 3 \(PotentialShaping\): observations: got changed on the way, expected those of the states",
        ),
        (
            lambda env: PotentialShaping(env, Potential("p", lambda s: np.full(len(s), np.nan), "state"), gamma=1),
            r"wrapper 2 \(PotentialShaping\): got InvalidReward: potential 'p': got nan",
        ),
        (
            lambda env: PotentialShaping(env, Potential.from_table([1.0]), gamma=1),
            r"wrapper 2 \(PotentialShaping\): got IndexError",
        ),
        (
            lambda env: UnsafeBonus(env, Bonus.from_event_weights({"sang": 1.0})),
            r"wrapper 2 \(UnsafeBonus\): info\['events'\]\['sang'\]: got nothing",
        ),
        (lambda env: RewardTransform(env, np.log), r"wrapper 2 \(RewardTransform\): got .*InvalidReward"),
    ],
)
@pytest.mark.filterwarnings("ignore:divide by zero|invalid value")
def test_what_cannot_be_read_is_refused(wrap: Any, said: str) -> None:
    env = FiniteEnv(WORLDS["slippery"])
    _, before = env.reset(seed=0)
    with pytest.raises(BadInput, match=said):
        stack_table(wrap(gym.wrappers.TimeLimit(env, 5)), gamma=0.9)
    assert env._state == before["state"], "nobody stepped it"


def test_all_that_cannot_be_read_is_told_at_once() -> None:
    with pytest.raises(BadInput) as refused:
        stack_table(Steps(RewardClipping(Remembers(FiniteEnv(WORLDS["town"])), -1, 1)), gamma=0.9)
    assert len(refused.value.problems) == 2


def test_a_state_that_the_info_does_not_tell_is_refused() -> None:
    potential = Potential.from_table(np.zeros(16))
    with pytest.raises(BadInput, match=r"info\['state'\]: got nothing, expected the state, which potential 'table'"):
        stack_table(PotentialShaping(gym.make("FrozenLake-v1"), potential, gamma=0.9), gamma=0.9)
    env = PotentialShaping(gym.make("FrozenLake-v1"), potential, gamma=0.9)
    with pytest.raises(BadInput, match=r"info\['state'\]"):
        env.reset()


def test_settings_are_checked_and_need_a_model() -> None:
    with pytest.raises(BadInput, match=r"wrappers\[0\].kind: got 'clipp'"):
        stack_table([{"kind": "clipp"}], audited_subject(WORLDS["town"]), WORLDS["town"].objective_table, gamma=0.9)
    with pytest.raises(BadInput, match="expected an environment with a finite model inside, or its `subject`"):
        stack_table([{"kind": "scale"}], gamma=0.9)
    with pytest.raises(BadInput, match="stack: got 'speed', expected a Gymnasium environment, a VecEnv, or a list"):
        stack_table("speed", gamma=0.9)
    with pytest.raises(BadInput, match="an environment with a finite model"):
        stack_table(gym.make("CartPole-v1"), gamma=0.9)
