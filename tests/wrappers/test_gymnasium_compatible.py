"""The compatible classes do what Gymnasium documents, and pay what Gymnasium's own classes pay, to the last bit."""

from __future__ import annotations

from typing import Any

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.error import InvalidBound
from gymnasium.utils import RecordConstructorArgs
from gymnasium.vector import AutoresetMode
from gymnasium.wrappers import vector as theirs_vector

from rewardlab.wrappers import Ledger, VectorLedger
from rewardlab.wrappers import gymnasium_compatible as ours
from rewardlab.wrappers.gymnasium_compatible import vector as ours_vector
from tests.wrappers.played import play_scalar, play_vector, random_stream
from tests.wrappers.scripted_env import ScriptedEnv, ScriptedEpisode, ScriptedStep

SCALAR: list[tuple[str, dict[str, Any]]] = [
    ("ClipReward", {"min_reward": -3.0, "max_reward": 4.0}),
    ("ClipReward", {"min_reward": 1.0}),
    ("ClipReward", {"max_reward": -1.0}),
    ("ClipReward", {"min_reward": 2.0, "max_reward": 2.0}),
    ("TransformReward", {"func": lambda reward: 2 * reward + 1}),
    ("NormalizeReward", {}),
    ("NormalizeReward", {"gamma": 0.9, "epsilon": 1e-4}),
]
VECTOR = [
    *SCALAR,
    ("VectorizeTransformReward", {"wrapper": gym.wrappers.TransformReward, "func": lambda reward: reward**2}),
]
MOUNTAIN = "MountainCarContinuous-v0"


def id_of(value: Any) -> str:
    return value if isinstance(value, str) else "-".join(value)


@pytest.mark.parametrize(("name", "arguments"), SCALAR, ids=id_of)
def test_scalar_classes_pay_what_those_of_gymnasium_pay(name: str, arguments: dict[str, Any]) -> None:
    rng = np.random.default_rng(0)
    for _ in range(20):
        stream, abandon = random_stream(rng, 30), rng.random(30) < 0.1
        seen, expected = (
            play_scalar(stream, lambda env, module=module: getattr(module, name)(env, **arguments), abandon)
            for module in (ours, gym.wrappers)
        )
        assert seen.reward.tolist() == expected.reward.tolist()


@pytest.mark.parametrize(("name", "arguments"), VECTOR, ids=id_of)
@pytest.mark.parametrize("mode", AutoresetMode, ids=lambda mode: mode.value)
def test_vector_classes_pay_what_those_of_gymnasium_pay(
    name: str, arguments: dict[str, Any], mode: AutoresetMode
) -> None:
    rng = np.random.default_rng(1)
    streams = [random_stream(rng, 30) for _ in range(20)]
    abandon = (rng.random((30, 20)) < 0.1) & (mode is AutoresetMode.DISABLED)
    seen = play_vector(streams, lambda env: getattr(ours_vector, name)(env, **arguments), mode, abandon)
    # Theirs writes into the rewards, so that it has to be given some of its own.
    expected = play_vector(
        streams, lambda env: getattr(theirs_vector, name)(OwnRewards(env), **arguments), mode, abandon
    )
    assert seen.reward.tolist() == expected.reward.tolist()


class OwnRewards(gym.vector.VectorWrapper):
    def step(self, actions: Any) -> Any:
        observations, rewards, *rest = self.env.step(actions)
        return observations, rewards.copy(), *rest


@pytest.mark.parametrize(("name", "arguments"), SCALAR, ids=id_of)
def test_the_constructor_is_recorded_as_in_gymnasium(name: str, arguments: dict[str, Any]) -> None:
    mine, theirs = (getattr(module, name)(gym.make(MOUNTAIN), **arguments) for module in (ours, gym.wrappers))
    assert isinstance(mine, RecordConstructorArgs)
    assert mine._saved_kwargs == theirs._saved_kwargs
    assert mine.spec is not None
    [wrapper] = [spec for spec in mine.spec.additional_wrappers if spec.name == name]
    assert set(wrapper.kwargs) >= set(arguments)
    rebuilt = mine.spec.make()
    assert isinstance(rebuilt, getattr(ours, name))


@pytest.mark.parametrize("module", [ours, ours_vector], ids=["scalar", "vector"])
def test_bad_arguments_raise_the_documented_error(module: Any) -> None:
    env = gym.make(MOUNTAIN) if module is ours else gym.make_vec(MOUNTAIN, num_envs=2)
    for arguments in ({}, {"min_reward": 2.0, "max_reward": 1.0}):
        with pytest.raises(InvalidBound):
            module.ClipReward(env, **arguments)
    for arguments in ({"gamma": 1.5}, {"gamma": -0.1}, {"gamma": np.nan}, {"epsilon": 0.0}, {"epsilon": -1.0}):
        with pytest.raises(InvalidBound):
            module.NormalizeReward(env, **arguments)
    env.close()


def test_arguments_may_be_given_by_position() -> None:
    one_step = ScriptedEnv([ScriptedEpisode(0, [ScriptedStep(1, 7.0, terminated=True)])])
    for env, expected in (
        (ours.ClipReward(one_step, 0, 0.5), 0.5),
        (ours.TransformReward(one_step, lambda reward: 2 * reward + 1), 15.0),
        (ours.NormalizeReward(one_step, 0.9, 1e-8), 7.0 / np.sqrt((1e-4 + 49e-4 / 1.0001) / 1.0001 + 1e-8)),
    ):
        env.reset()
        assert env.step(0)[1] == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("module", [ours, ours_vector], ids=["scalar", "vector"])
def test_statistics_stand_still_on_demand(module: Any) -> None:
    stream = random_stream(np.random.default_rng(2), 40)
    inner: Any = ScriptedEnv(stream)
    if module is ours_vector:
        inner = gym.vector.SyncVectorEnv([lambda: ScriptedEnv(stream)], autoreset_mode=AutoresetMode.SAME_STEP)
    env = module.NormalizeReward(inner)
    assert env.update_running_mean
    env.reset()

    def play() -> None:
        for _ in range(20):
            _, _, terminated, truncated, _ = env.step(0 if module is ours else np.array([0]))
            if module is ours and (terminated or truncated):
                env.reset()

    play()
    before = (env.return_rms.mean, env.return_rms.var, env.return_rms.count)
    env.update_running_mean = False
    play()
    assert (env.return_rms.mean, env.return_rms.var, env.return_rms.count) == before
    env.update_running_mean = True
    play()
    assert env.return_rms.count == pytest.approx(before[2] + 20)


@pytest.mark.parametrize(("name", "arguments"), SCALAR, ids=id_of)
def test_the_ledger_adds_up_round_them_too(name: str, arguments: dict[str, Any]) -> None:
    rng = np.random.default_rng(3)
    streams = [random_stream(rng, 15) for _ in range(8)]
    nowhere = np.zeros((15, 8), dtype=bool)
    seen = [play_scalar(streams[0], lambda env: Ledger(getattr(ours, name)(env, **arguments)), nowhere[:, 0])]
    for mode in AutoresetMode:
        wrapped = lambda env: VectorLedger(getattr(ours_vector, name)(env, **arguments))  # noqa: E731
        seen.append(play_vector(streams, wrapped, mode, nowhere))
    for played in seen:
        unaccounted = played.lines["unaccounted"]
        assert (unaccounted[~np.isnan(unaccounted)] == 0.0).all()


def test_their_rewards_are_not_written_to() -> None:
    stream = random_stream(np.random.default_rng(4), 10)
    for name, arguments in VECTOR:
        play_vector(  # its rewards are read-only
            [stream],
            lambda env, n=name, a=arguments: getattr(ours_vector, n)(env, **a),
            AutoresetMode.NEXT_STEP,
            np.zeros((10, 1), dtype=bool),
        )
