"""Known faults of reward wrappers elsewhere; each test holds the faulty formula and shows that it pays otherwise.

Those of shaping are in `test_shaping_pitfalls`, those of an order of wrappers in `test_order`.
"""

from __future__ import annotations

import json
from typing import Any

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.vector import AutoresetMode, SyncVectorEnv

from rewardlab.errors import BadInput, InvalidReward
from rewardlab.rewards import Bonus, Potential
from rewardlab.rewards.running_scale import Moments, RunningScale
from rewardlab.wrappers import (
    Ledger,
    PotentialShaping,
    ReturnScaling,
    RewardClipping,
    RewardTransform,
    UnsafeBonus,
    VectorLedger,
    VectorReturnScaling,
    VectorRewardClipping,
    VectorRewardTransform,
)
from rewardlab.wrappers import gymnasium_compatible as compatible
from rewardlab.wrappers.clip import clipped
from tests.wrappers.scripted_env import ScriptedEnv, ScriptedEpisode, ScriptedStep

TRUTH = [1.0, 1.9, 2.71, 1.0, 1.9, 2.71]
GAMMA = 0.9


def ones(*, length: int = 3, **end: bool) -> list[ScriptedEpisode]:
    """Episodes of so many steps that pay 1 each and end as said."""
    steps = [ScriptedStep(0, 1.0) for _ in range(length - 1)] + [ScriptedStep(0, 1.0, **end)]
    return [ScriptedEpisode(0, steps)]


def entered(env: Any, steps: int) -> list[float]:
    """The running return of each step, as it entered the mean of the statistics."""
    env.reset()
    found, before = [], 0.0
    for _ in range(steps):
        _, _, terminated, truncated, _ = env.step(0)
        moments = env.running_scale.returns
        found.append(moments.mean * moments.count - before)
        before = moments.mean * moments.count
        if terminated or truncated:
            env.reset()
    return found


@pytest.mark.parametrize("end", ["terminated", "truncated"])
def test_b1_b2_the_last_reward_belongs_to_the_episode_that_it_ends(end: str) -> None:
    env = ReturnScaling(ScriptedEnv(ones(**{end: True})), gamma=GAMMA)
    assert entered(env, 6) == pytest.approx(TRUTH)
    faulty, got = compatible.NormalizeReward(ScriptedEnv(ones(**{end: True})), gamma=GAMMA), []
    faulty.reset()
    for _ in range(6):
        _, _, terminated, truncated, _ = faulty.step(0)
        got.append(float(faulty.discounted_reward[0]))
        if terminated or truncated:
            faulty.reset()
    leaks = {"terminated": [1, 1.9, 1, 1.9, 2.71, 1], "truncated": [1, 1.9, 2.71, 3.439, 4.0951, 4.68559]}
    assert got == pytest.approx(leaks[end])


@pytest.mark.parametrize("end", ["terminated", "truncated"])
@pytest.mark.parametrize("mode", AutoresetMode, ids=lambda mode: mode.value)
def test_b3_no_ending_leaks_in_any_mode(mode: AutoresetMode, end: str) -> None:
    inner = SyncVectorEnv([lambda: ScriptedEnv(ones(**{end: True}))], autoreset_mode=mode)
    env = VectorReturnScaling(inner, gamma=GAMMA)
    env.reset()
    got, before = [], Moments()
    for _ in range(8):
        _, _, terminations, truncations, _ = env.step(np.zeros(1, dtype=int))
        now = env.running_scale.returns
        if now.count > before.count:  # the reset step of NEXT_STEP enters nothing
            got.append(now.mean * now.count - before.mean * before.count)
        before = now
        if mode is AutoresetMode.DISABLED and (terminations | truncations).any():
            env.reset(options={"reset_mask": terminations | truncations})
    assert got[:6] == pytest.approx(TRUTH)


def test_b4_a_masked_reset_forgets_only_the_masked_returns() -> None:
    inner = SyncVectorEnv([lambda: ScriptedEnv(ones(length=9))] * 2, autoreset_mode=AutoresetMode.DISABLED)
    env = VectorReturnScaling(inner, gamma=GAMMA)
    env.reset()
    for _ in range(2):
        env.step(np.zeros(2, dtype=int))
    env.reset(options={"reset_mask": np.array([True, False])})
    assert env.running_scale.accumulators.tolist() == pytest.approx([0.0, 1.9])
    forgets_every_row = [0.0, 0.0]
    assert env.running_scale.accumulators.tolist() != forgets_every_row


def paid(env: Any, steps: int) -> list[float]:
    env.reset()
    return [float(env.step(0)[1]) for _ in range(steps)]


def test_b5_the_first_rewards_are_not_blown_up() -> None:
    five = [ScriptedEpisode(0, [ScriptedStep(0, 5.0)])]
    assert paid(ReturnScaling(ScriptedEnv(five), gamma=0.99), 1) == [5.0]
    assert paid(compatible.NormalizeReward(ScriptedEnv(five)), 1)[0] == pytest.approx(98.07, abs=0.01)
    sparse = [ScriptedEpisode(0, [ScriptedStep(0, 0.0)] * 999 + [ScriptedStep(0, 1.0, terminated=True)])]
    assert paid(ReturnScaling(ScriptedEnv(sparse), gamma=0.99, warm_up=2000), 1000)[-1] == 1.0
    assert paid(compatible.NormalizeReward(ScriptedEnv(sparse)), 1000)[-1] == pytest.approx(31.6, abs=0.1)


def test_b5_rewards_that_are_all_alike_have_no_scale() -> None:
    tenths = [ScriptedEpisode(0, [ScriptedStep(0, 0.1)] * 50)]
    assert paid(ReturnScaling(ScriptedEnv(tenths), gamma=0.0, warm_up=1), 50) == [0.1] * 50


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf, 1e39, 1e300])
def test_b5_one_absurd_reward_is_refused_before_it_spoils_the_statistics(bad: float) -> None:
    streams = [ones(length=9), [ScriptedEpisode(0, [ScriptedStep(0, 1.0), ScriptedStep(0, bad)])]]
    env = VectorReturnScaling(SyncVectorEnv([lambda s=s: ScriptedEnv(s) for s in streams]), gamma=GAMMA)
    env.reset()
    env.step(np.zeros(2, dtype=int))
    before = env.state_dict()
    with pytest.raises(InvalidReward, match=r"environment 1: got a reward of .*, expected a finite number of at most"):
        env.step(np.zeros(2, dtype=int))
    assert env.state_dict() == before
    small = ReturnScaling(ScriptedEnv(ones(length=9)), gamma=GAMMA, largest_reward=0.5)
    small.reset()
    with pytest.raises(InvalidReward, match=r"environment 0: got a reward of 1.0, .* at most 0.5"):
        small.step(0)


def test_b6_b24_a_saved_scale_goes_on_as_if_nothing_had_happened() -> None:
    def made() -> VectorReturnScaling:
        rng = np.random.default_rng(0)
        steps = [ScriptedStep(0, reward) for reward in rng.normal(size=40).tolist()]
        return VectorReturnScaling(SyncVectorEnv([lambda: ScriptedEnv([ScriptedEpisode(0, steps)])] * 2), gamma=GAMMA)

    unbroken = made()
    unbroken.reset()
    expected = [unbroken.step(np.zeros(2, dtype=int))[1].tolist() for _ in range(40)]
    first = made()
    first.reset()
    got = [first.step(np.zeros(2, dtype=int))[1].tolist() for _ in range(20)]
    second = VectorReturnScaling(first.env, gamma=GAMMA)
    second.load_state_dict(json.loads(json.dumps(first.state_dict())), frozen=False)
    got += [second.step(np.zeros(2, dtype=int))[1].tolist() for _ in range(20)]
    assert got == expected
    returns_dropped = {**first.state_dict(), "accumulators": [0.0, 0.0]}
    assert first.state_dict() != returns_dropped


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"gamma": 0.5}, r"state\['gamma'\]: got 0.5, expected 0.9"),
        ({"accumulators": [0.0]}, r"state\['accumulators'\]: got shape \(1,\), expected 2 finite numbers"),
        ({"accumulators": ["x", "y"]}, "got no list of numbers"),
        ({"accumulators": [0.0, float("nan")]}, "got no list of numbers"),
        ({"returns": {"count": -1, "mean": 0.0, "variance": 0.0}}, r"state\['returns'\]: got .*, expected count, mean"),
        ({"rewards": {"count": 1, "mean": 0.0}}, r"state\['rewards'\]"),
        ({"resetting": [0, 1]}, r"state\['resetting'\]: got \[0, 1\], expected a list of 2 booleans"),
        ({"more": 1}, "got the keys .*more, expected the keys"),
    ],
)
def test_b6_a_state_that_does_not_fit_is_refused(change: dict[str, Any], said: str) -> None:
    env = VectorReturnScaling(SyncVectorEnv([lambda: ScriptedEnv(ones())] * 2), gamma=GAMMA)
    before = env.state_dict()
    with pytest.raises(BadInput, match=said):
        env.load_state_dict(before | change, frozen=False)
    assert env.state_dict() == before


def test_b8_the_mean_stays_so_that_there_is_a_reason_to_finish() -> None:
    late = [ScriptedEpisode(0, [ScriptedStep(0, -1.0)] * 50)]
    scaled = paid(ReturnScaling(ScriptedEnv(late), gamma=0.5, warm_up=5), 50)
    assert max(scaled) < 0.0, "every step costs"
    centred = paid(ReturnScaling(ScriptedEnv(late), gamma=0.5, warm_up=5, subtract_mean=True), 50)
    assert centred[5:] == pytest.approx([0.0] * 45), "with the mean subtracted no step does"


def test_b17_a_reward_that_overwrites_shaping_at_the_end_is_another_task() -> None:
    # LunarLander pays +-100 instead of the shaped reward at the end, so the last potential is never given back.
    gamma, potential = 0.9, {0: 0.0, 1: 3.0, 2: 6.0}
    steps = [ScriptedStep(1, 0.0), ScriptedStep(2, 0.0), ScriptedStep(9, 100.0, terminated=True)]
    table = Potential.from_table([potential.get(state, 0.0) for state in range(10)])
    ours = paid(PotentialShaping(ScriptedEnv([ScriptedEpisode(0, steps)]), table, gamma=gamma), 3)
    weights = gamma ** np.arange(3)
    assert weights @ ours == pytest.approx(gamma**2 * 100.0), "telescopes: the first potential is 0"
    overwritten = [*ours[:2], 100.0]
    assert weights @ overwritten == pytest.approx(gamma**2 * (100.0 + 6.0))


@pytest.mark.parametrize(
    ("low", "high", "kept"), [(-1.0, None, [-1, 0.5, 9]), (None, 1.0, [-9, 0.5, 1]), (-1.0, 1.0, [-1, 0.5, 1])]
)
def test_b18_either_bound_may_be_missing(low: float | None, high: float | None, kept: list[float]) -> None:
    steps = [ScriptedStep(0, reward) for reward in (-9.0, 0.5, 9.0)]
    assert paid(RewardClipping(ScriptedEnv([ScriptedEpisode(0, steps)]), low, high), 3) == kept


@pytest.mark.parametrize(
    ("bounds", "said"),
    [
        ((None, None), "got neither min_reward nor max_reward, expected at least one"),
        ((2.0, 1.0), "got min_reward 2.0, max_reward 1.0, .*; did you mean min_reward=1.0, max_reward=2.0"),
        ((1.0, 1.0), "equal bounds would make all rewards alike"),
        ((np.nan, 1.0), "min_reward: got nan, expected a finite number"),
        ((0.0, np.inf), "max_reward: got inf, expected a finite number"),
        (("-1", True), r"min_reward: got '-1'.*\n.*max_reward: got True"),
    ],
)
def test_b18_bounds_that_make_no_sense_are_refused(bounds: Any, said: str) -> None:
    with pytest.raises(BadInput, match=said):
        RewardClipping(ScriptedEnv([]), *bounds)
    with pytest.raises(BadInput, match=said):
        VectorRewardClipping(SyncVectorEnv([lambda: ScriptedEnv(ones())]), *bounds)


@pytest.mark.parametrize("mode", AutoresetMode, ids=lambda mode: mode.value)
def test_b19_a_reset_in_mid_episode_leaks_into_no_sum(mode: AutoresetMode) -> None:
    inner = SyncVectorEnv([lambda: ScriptedEnv(ones(terminated=True))] * 2, autoreset_mode=mode)
    env = VectorLedger(VectorReturnScaling(inner, gamma=GAMMA))
    env.reset()
    env.step(np.zeros(2, dtype=int))
    env.reset()
    assert env.env.running_scale.accumulators.tolist() == [0.0, 0.0]
    infos = [env.step(np.zeros(2, dtype=int))[-1] for _ in range(3)][-1]
    assert infos["episode"]["r"].tolist() == [3.0, 3.0]
    leaks = [4.0, 4.0]
    assert infos["episode"]["r"].tolist() != leaks


def test_b20_rewards_of_the_environment_are_not_written_to() -> None:
    rewards = np.array([-5.0, 5.0])
    assert clipped(rewards, -1.0, 1.0).tolist() == [-1.0, 1.0]
    scale = RunningScale(2, gamma=GAMMA, warm_up=1)
    scale.scaled(rewards, np.array([0]))
    env = VectorRewardTransform(FixedRewards(rewards), lambda given: np.multiply(given, 2.0, out=given))
    env.reset()
    assert env.step(None)[1].tolist() == [-10.0, 10.0]
    assert rewards.tolist() == [-5.0, 5.0]


class FixedRewards(gym.vector.VectorEnv):
    """Returns the very same rewards at every step."""

    num_envs = 2
    metadata = {"autoreset_mode": AutoresetMode.NEXT_STEP}  # noqa: RUF012

    def __init__(self, rewards: np.ndarray) -> None:
        self.rewards = rewards

    def reset(self, *, seed: Any = None, options: Any = None) -> Any:
        return np.zeros(2), {}

    def step(self, actions: Any) -> Any:
        nobody = np.zeros(2, dtype=bool)
        return np.zeros(2), self.rewards, nobody, nobody.copy(), {}


def test_b21_every_argument_does_something() -> None:
    rng = np.random.default_rng(0)
    steps = [
        ScriptedStep(int(state), 3 * reward)
        for state, reward in zip(rng.integers(9, size=30), rng.normal(size=30), strict=True)
    ]
    stream = [ScriptedEpisode(0, steps)]

    def outcome(make: Any, **arguments: Any) -> list[float]:
        return paid(make(ScriptedEnv(stream, events=True), **arguments), 30)

    plain = outcome(ReturnScaling, gamma=0.9, warm_up=5)
    for change in ({"gamma": 0.5}, {"epsilon": 1.0}, {"warm_up": 9}, {"subtract_mean": True}):
        assert outcome(ReturnScaling, **({"gamma": 0.9, "warm_up": 5} | change)) != plain, change
    places = Potential("places", lambda states: 1.0 * states, "state")
    bonuses = [
        Bonus.from_potential(places, form=form, weight=weight)
        for form in ("difference", "progress", "level")
        for weight in (1.0, 2.0)
    ]
    assert len({tuple(outcome(UnsafeBonus, bonus=bonus)) for bonus in bonuses}) == 6
    assert outcome(RewardClipping, min_reward=-1.0) != outcome(RewardClipping, max_reward=1.0)


def test_b22_what_the_learner_saw_and_what_was_achieved_stand_side_by_side() -> None:
    five = [ScriptedEpisode(0, [ScriptedStep(0, 5.0), ScriptedStep(0, 5.0), ScriptedStep(0, 5.0, terminated=True)])]
    env = Ledger(RewardClipping(ScriptedEnv(five), max_reward=1.0))
    env.reset()
    episode = [env.step(0) for _ in range(3)][-1][-1]["episode"]
    assert (episode["r"], episode["objective"]) == (3.0, 15.0)
    assert episode["ledger"] == {"environment": 15.0, "clip": -12.0, "unaccounted": 0.0}


def test_b23_one_scale_serves_all_environments() -> None:
    large, small = (
        [ScriptedEpisode(0, [ScriptedStep(0, size * sign) for sign in (1.0, -1.0) * 10])] for size in (100.0, 1.0)
    )
    env = VectorReturnScaling(
        SyncVectorEnv([lambda s=s: ScriptedEnv(s) for s in (large, small)]), gamma=GAMMA, warm_up=4
    )
    env.reset()
    rewards = [env.step(np.zeros(2, dtype=int))[1] for _ in range(20)][-1]
    assert rewards[0] / rewards[1] == pytest.approx(100.0)
    a_scale_of_its_own_each = 1.0
    assert rewards[0] / rewards[1] != pytest.approx(a_scale_of_its_own_each)


@pytest.mark.parametrize(
    ("function", "said"),
    [
        (lambda rewards: None, "got None, expected numbers of shape"),
        (lambda rewards: rewards[:0], r"got float64 of shape \(0,\), expected numbers of shape \(1,\)"),
        (lambda rewards: np.array([["a"]]), "got <U1 of shape"),
        (lambda rewards: rewards * np.nan, "got nan for reward 1.0, expected a finite number"),
        (lambda rewards: rewards + np.inf, "got inf for reward 1.0, expected a finite number"),
    ],
)
def test_a_transform_that_returns_no_finite_number_is_refused(function: Any, said: str) -> None:
    env = RewardTransform(ScriptedEnv(ones()), function)
    env.reset()
    with pytest.raises(InvalidReward, match=said):
        env.step(0)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"gamma": 1.5}, r"RunningScale.gamma: got 1.5, expected a number in \[0, 1\]"),
        ({"gamma": 0.9, "epsilon": 0.0, "warm_up": 0}, r"epsilon: got 0.0.*\n.*warm_up: got 0"),
        ({"gamma": 0.9, "largest_reward": np.inf}, r"largest_reward: got inf, expected a number in \(0, 3.4e\+38\]"),
    ],
)
def test_arguments_of_the_scale_that_make_no_sense_are_refused(arguments: dict[str, Any], said: str) -> None:
    with pytest.raises(BadInput, match=said):
        ReturnScaling(ScriptedEnv([]), **arguments)
