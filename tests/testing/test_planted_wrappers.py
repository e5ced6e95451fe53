"""Each fault planted in a wrapper is told in words; sound ones of strangers pass.

Those of rewardlab are asked in `tests/wrappers`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import partial
from typing import Any

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.vector import VectorWrapper

from rewardlab.snapshots import Restorable
from rewardlab.testing import check_wrapper, problems_of


def told(wrapper: Any, **settings: Any) -> list[str]:
    return [str(problem) for problem in problems_of(check_wrapper(wrapper, **settings))]


@pytest.mark.parametrize(
    "wrapper",
    [
        gym.wrappers.NormalizeReward,
        partial(gym.wrappers.ClipReward, min_reward=-1, max_reward=1),
    ],
    ids=lambda wrapper: getattr(wrapper, "func", wrapper).__name__,
)
def test_wrappers_of_one_environment_conform(wrapper: Any) -> None:
    answers = check_wrapper(wrapper, steps=60)
    assert problems_of(answers) == []
    assert len(answers) == 9


def test_a_wrapper_without_a_line_is_noted_and_one_that_may_not_stand_twice_too() -> None:
    noted = [str(note) for answer in check_wrapper(gym.wrappers.NormalizeReward) for note in answer.notes]
    assert re.match(r"step 1: got a reward of .* in place of .*, and no line that says so, .*`unaccounted`", noted[0])
    assert re.match(r"twice: wrapper 3 \(NormalizeReward\) outside of wrapper 2 .*: got two running scales", noted[1])


class Around(gym.Wrapper[Any, Any, Any, Any]):
    """Breaks one thing."""

    fault = ""

    def step(self, action: Any) -> Any:
        observation, reward, terminated, truncated, info = self.env.step(action)
        if self.fault == "NaN":
            reward = float("nan")
        if self.fault == "text":
            reward = str(reward)  # type: ignore[assignment]
        if self.fault == "no info":
            info = {}
        if self.fault == "own objective":
            info = {**info, "objective": float(reward)}
        if self.fault == "wrong line":
            reward, info = float(reward) + 1.0, {**info, "ledger": {**info["ledger"], "tip": 2.0}}
        if self.fault == "global":
            reward = float(reward) + float(np.random.random())  # noqa: NPY002
        if self.fault == "four":
            return observation, reward, terminated, info
        if self.fault == "outside":
            observation = observation + np.float32(2.0)
        return observation, reward, terminated, truncated, info


class NeedsMore(Around):
    def __init__(self, env: Any, strength: float) -> None:
        super().__init__(env)
        self.strength = strength


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        ("NaN", r"step 1, Around: got reward nan, expected a finite number"),
        ("text", r"step 1, Around: got reward '.*' \(str\), expected a number"),
        ("no info", r"step 1: got no info\['objective'\] any more, expected what the environment said; hand info on"),
        ("wrong line", r"step 1: got a ledger of .* \+ tip 2 = .* for a reward of .*, expected lines that add up"),
        ("global", r"step 1: got another outcome for the same seed 0, once the global generator stands elsewhere"),
        ("four", r"step 1, Around: got four values"),
        ("outside", r"step 1: got observation\[0\] = .*, expected a number in \[0, 1\]"),
    ],
)
def test_a_fault_planted_in_one_is_told(fault: str, message: str) -> None:
    found = told(type("Around", (Around,), {"fault": fault}), steps=40)
    assert any(re.match(message, each) for each in found), found


def test_other_endings_are_noted_since_they_may_be_meant() -> None:
    class Endless(Around):
        def step(self, action: Any) -> Any:
            observation, reward, _, truncated, info = super().step(action)
            return observation, reward, False, truncated, info

    answers = check_wrapper(Endless, steps=40)
    assert problems_of(answers) == []
    (note,) = (str(each) for answer in answers for each in answer.notes)
    assert re.match(r"step \d+: got terminated False, truncated False, expected terminated True, .*mean it", note)


def test_the_objective_is_the_environments_own() -> None:
    def doubled(env: Any) -> Any:
        return type("Around", (Around,), {"fault": "own objective"})(gym.wrappers.TransformReward(env, lambda r: 2 * r))

    (found,) = told(doubled)
    assert re.match(r"step \d+: got info\['objective'\] = .*, expected .*, as the environment said", found)


def test_of_a_wrapper_that_needs_more_than_the_environment_is_said_how_to_check_it() -> None:
    (answer,) = check_wrapper(NeedsMore)
    assert answer.not_asked == "it needs strength: check functools.partial(NeedsMore, strength=...)"
    assert told(partial(NeedsMore, strength=1.0)) == []


class AroundMany(VectorWrapper[Any, Any, Any], Restorable):
    """Breaks one thing; remembers what was paid."""

    fault = ""

    def __init__(self, env: Any) -> None:
        super().__init__(env)
        self.paid = np.zeros(self.num_envs)

    def step(self, actions: Any) -> Any:
        observations, rewards, terminations, truncations, infos = self.env.step(actions)
        self.paid = self.paid + rewards
        rewards = self.paid / 1000
        if self.fault != "pays resets":
            rewards = np.where(infos.get("_ledger", terminations) | terminations, rewards, 0.0)
        if self.fault == "writes":
            infos["objective"] *= 2
        if self.fault == "NaN":
            rewards[1] = np.nan
        if self.fault == "list":
            rewards = rewards.tolist()
        if self.fault == "no infos":
            infos = {}
        if self.fault == "wrong line":
            infos = {**infos, "ledger": {**infos["ledger"], "tip": np.full(self.num_envs, 2.0)}}
        if self.fault == "global":
            rewards = rewards * np.random.random()  # noqa: NPY002
        return observations, rewards, terminations, truncations, infos

    def snapshot(self) -> dict[str, Any]:
        return {"paid": self.paid.copy()}

    def restore(self, state: Mapping[str, Any]) -> None:
        self.paid = np.zeros(self.num_envs) if self.fault == "forgets" else np.array(state["paid"])


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        ("writes", r"mode NEXT_STEP: step 1: got ValueError: .*read-only.*, expected arrays left as they are"),
        ("NaN", r"mode NEXT_STEP: step 1: got reward nan in row 1, expected a finite number"),
        ("list", r"mode NEXT_STEP: step 1: got rewards \[.*\] \(list\), expected an array of 4 float64"),
        (
            "no infos",
            r"mode NEXT_STEP: step 1: got no infos\['objective'\] any more, expected what the environments said",
        ),
        (
            "wrong line",
            r"mode NEXT_STEP: step 1: got lines of .* in row 0 for a reward of .*, expected lines that add up",
        ),
        ("pays resets", r"mode NEXT_STEP: step \d+: got reward .* in row \d, which was only reset, expected 0"),
        ("global", r"mode NEXT_STEP: step \d+: got another reward for the same seed, expected the same"),
        ("forgets", r"mode NEXT_STEP: step \d+: got another reward after restore\(\), expected the same"),
    ],
)
def test_a_fault_planted_in_one_of_a_vector_is_told(fault: str, message: str) -> None:
    found = told(type("AroundMany", (AroundMany,), {"fault": fault}), steps=30)
    assert any(re.match(message, each) for each in found), found


def test_the_same_without_a_fault_passes() -> None:
    assert told(AroundMany, steps=40) == []
    assert told(Around) == []
