"""Orders of wrappers that break what the theory promises are refused or warned about, and both places are named."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.vector import AsyncVectorEnv, AutoresetMode, SyncVectorEnv

from rewardlab.errors import BadInput
from rewardlab.rewards import Bonus, Potential
from rewardlab.wrappers import (
    Ledger,
    PotentialShaping,
    ReturnScaling,
    RewardClipping,
    RewardTransform,
    UnsafeBonus,
    VectorLedger,
    VectorPotentialShaping,
    VectorReturnScaling,
    VectorRewardClipping,
    check_order,
)
from rewardlab.wrappers import gymnasium_compatible as compatible
from rewardlab.wrappers.order import OrderWarning, layers
from tests.wrappers.scripted_env import ScriptedEnv, ScriptedEpisode, ScriptedStep

ITSELF = Potential("itself", lambda seen: seen[:, 0], "observation")
BONUS = Bonus.from_event_weights({"odd": 1.0})
Wrap = Callable[[Any], Any]


def bare() -> ScriptedEnv:
    return ScriptedEnv([ScriptedEpisode(0, [ScriptedStep(1, 1.0, terminated=True)])])


def shaped(env: Any) -> Any:
    return PotentialShaping(env, ITSELF, gamma=0.9)


def clipped(env: Any) -> Any:
    return RewardClipping(env, -1.0, 1.0)


def scaled(env: Any) -> Any:
    return ReturnScaling(env, gamma=0.9)


def centred(env: Any) -> Any:
    return ReturnScaling(env, gamma=0.9, subtract_mean=True)


class Halved(gym.RewardWrapper):
    def reward(self, reward: Any) -> Any:
        return reward / 2


@pytest.mark.parametrize(
    ("outer", "name", "said"),
    [
        (clipped, "RewardClipping", "a clip of shaped rewards"),
        (lambda env: compatible.ClipReward(env, -1, 1), "ClipReward", "a clip of shaped rewards"),
        (lambda env: gym.wrappers.ClipReward(env, -1, 1), "ClipReward", "a clip of shaped rewards"),
        (lambda env: RewardTransform(env, np.tanh), "RewardTransform", "a transform of shaped rewards"),
        (Halved, "Halved", "a transform of shaped rewards"),
        (centred, "ReturnScaling", "a centred scale of shaped rewards"),
        (lambda env: UnsafeBonus(env, BONUS), "UnsafeBonus", "a bonus of shaped rewards"),
        (shaped, "PotentialShaping", "shaping twice"),
    ],
)
def test_what_bends_shaped_rewards_is_refused(outer: Wrap, name: str, said: str) -> None:
    expected = rf"wrapper 2 \({name}\) outside of wrapper 1 \(PotentialShaping\): got {said}, expected "
    with pytest.raises(BadInput, match=expected):
        check_order(outer(shaped(bare())))
    with pytest.raises(BadInput, match=r"wrapper 3 .* outside of wrapper 1 "):
        check_order(outer(gym.wrappers.TimeLimit(shaped(bare()), 5)))


@pytest.mark.parametrize("outer", [scaled, gym.wrappers.NormalizeReward, compatible.NormalizeReward])
def test_two_scales_are_refused(outer: Wrap) -> None:
    with pytest.raises(BadInput, match=r"outside of wrapper 1 \(ReturnScaling\): got two running scales, expected one"):
        check_order(outer(scaled(bare())))


@pytest.mark.parametrize("log", [Ledger, gym.wrappers.RecordEpisodeStatistics])
def test_b22_a_log_inside_of_what_changes_rewards_is_warned_about(log: Wrap) -> None:
    with pytest.warns(OrderWarning, match=r"wrapper 2 \(RewardClipping\) outside of wrapper 1 .* put it outermost"):
        check_order(clipped(log(bare())))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        check_order(log(clipped(bare())))


def test_a_scale_outside_of_shaping_is_fine_once_frozen_and_says_so() -> None:
    with pytest.warns(OrderWarning, match="wrapper 2 .* outside of wrapper 1 .* freeze it once it has settled"):
        check_order(scaled(shaped(bare())))


def test_the_safe_order_passes_without_a_word() -> None:
    check_order(Ledger(shaped(scaled(clipped(UnsafeBonus(bare(), BONUS))))))


def test_all_faults_are_told_at_once() -> None:
    with pytest.raises(BadInput) as refused:
        check_order(clipped(centred(shaped(shaped(bare())))))
    assert len(refused.value.problems) == 5


class Goals(ScriptedEnv):
    def compute_reward(self, achieved: Any, desired: Any, info: Any) -> float:
        return 0.0


def test_b13_hindsight_that_bypasses_a_wrapper_is_refused() -> None:
    env = clipped(Goals([ScriptedEpisode(0, [ScriptedStep(1, 1.0, terminated=True)])]))
    with pytest.raises(BadInput, match=r"wrapper 1 \(RewardClipping\) round an environment with compute_reward: .*"):
        check_order(env, hindsight=True)
    with pytest.warns(OrderWarning, match="relabelled transitions bypass the wrapper"):
        check_order(env)
    check_order(Goals([]), hindsight=True)


def test_a_vector_is_read_too_and_so_are_the_copies_in_it() -> None:
    def vector(inside: Wrap) -> Any:
        return SyncVectorEnv([lambda: inside(bare())] * 2, autoreset_mode=AutoresetMode.SAME_STEP)

    env = VectorPotentialShaping(vector(lambda env: env), ITSELF, gamma=0.9)
    with pytest.raises(BadInput, match=r"wrapper 2 \(VectorRewardClipping\) outside of wrapper 1 \(VectorPotential"):
        check_order(VectorLedger(VectorRewardClipping(env, -1.0, 1.0)))
    with pytest.raises(BadInput, match=r"wrapper 2 \(VectorReturnScaling\) outside of wrapper 1 \(ReturnScaling\)"):
        check_order(VectorReturnScaling(vector(scaled), gamma=0.9))
    assert [layer.role for layer in layers(VectorLedger(vector(clipped)))] == ["clip", "ledger"]


def test_what_follows_episodes_stands_inside_of_autoreset() -> None:
    resetting = gym.wrappers.Autoreset(bare())
    with pytest.raises(
        BadInput, match=r"wrapper 2 \(PotentialShaping\) outside of wrapper 1 \(Autoreset\): got shaping"
    ):
        check_order(shaped(resetting))
    with pytest.warns(OrderWarning, match="a ledger that adds up over all episodes.*; put Autoreset round it"):
        check_order(Ledger(resetting))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        check_order(gym.wrappers.Autoreset(Ledger(shaped(bare()))))


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_what_cannot_be_looked_into_is_not_passed_in_silence() -> None:
    class Elsewhere:
        """As a SubprocVecEnv of SB3: its environments run in other processes."""

    for given in (Elsewhere(), lambda: bare(), None):
        with pytest.raises(BadInput, match=r"env: got a \w+, expected a Gymnasium environment.*; give one environment"):
            check_order(given)  # type: ignore[arg-type]
    copies = AsyncVectorEnv([bare], context="fork")
    try:
        with pytest.warns(OrderWarning, match="env: got copies in other processes, whose wrappers cannot be seen"):
            check_order(VectorLedger(copies))
    finally:
        copies.close()


def test_b7_clipping_after_shaping_turns_the_best_action_into_the_worse() -> None:
    # Four steps right lead to a reward of 1; in each state one may quit for 0.3. Potentials are misleading.
    gamma, potential = 0.95, np.array([0.0, -4.0, -8.0, -12.0])

    def worth_at_first(bend: Callable[[float], float], shaped: bool) -> tuple[float, float]:
        value, quits = 0.0, 0.0
        for state in (3, 2, 1, 0):
            ahead = 0.0 if state == 3 else potential[state + 1]
            added = gamma * ahead - potential[state] if shaped else 0.0
            right = bend(float(state == 3) + added) + gamma * value
            quits = bend(0.3 - (potential[state] if shaped else 0.0))
            value = max(right, quits)
        return right, quits

    def clip(reward: float) -> float:
        return min(max(reward, -1.0), 1.0)

    assert worth_at_first(float, False) == pytest.approx((0.857375, 0.3))
    assert worth_at_first(float, True) == pytest.approx((0.857375, 0.3)), "shaping keeps the order"
    assert worth_at_first(clip, False) == pytest.approx((0.857375, 0.3)), "clip inside, shape outside"
    assert worth_at_first(clip, True) == pytest.approx((-0.05, 0.3)), "clip outside: to quit looks better"
