"""A wrapper that is written for one environment is asked round that one."""

from __future__ import annotations

from typing import Any

import gymnasium as gym
import pytest

from rewardlab.errors import BadInput
from rewardlab.testing import assert_conforms, check_wrapper, problems_of
from rewardlab.testing.targets import subjects_named
from tests.command_line import call

UPRIGHT = """
import gymnasium as gym
class Upright(gym.Wrapper):
    def step(self, action):
        observation, reward, terminated, truncated, info = self.env.step(action)
        return observation, reward - abs(observation[2]), terminated, truncated, info
"""


class Upright(gym.Wrapper[Any, Any, Any, Any]):
    """Reads the third number of what is observed, which not every environment shows."""

    def step(self, action: Any) -> Any:
        observation, reward, terminated, truncated, info = self.env.step(action)
        return observation, float(reward) - abs(observation[2]), terminated, truncated, info


class Spoilt(Upright):
    """With a fault of its own."""

    def step(self, action: Any) -> Any:
        observation, reward, *rest = super().step(action)
        return observation, reward * float("nan"), *rest


class Closes(Upright):
    """Keeps info from whoever stands outside."""

    def step(self, action: Any) -> Any:
        return *super().step(action)[:4], {}


def test_it_is_a_fault_elsewhere_and_the_way_out_is_told() -> None:
    (problem,) = problems_of(check_wrapper(Upright))
    assert problem.got.startswith("IndexError")
    assert "if it is written for one environment, name that: --env ID, or check_wrapper(..., env=...)" in problem.fix


@pytest.mark.parametrize("env", ["CartPole-v1", lambda: gym.make("CartPole-v1")], ids=["id", "function"])
def test_round_its_own_it_conforms(env: Any) -> None:
    answers = check_wrapper(Upright, env, steps=40)
    assert problems_of(answers) == []
    assert [answer.not_asked for answer in answers if answer.not_asked] == ["the environment keeps no ledger"]
    assert_conforms(Upright, env=env)


def test_its_own_faults_are_found_there() -> None:
    told = problems_of(check_wrapper(Spoilt, "CartPole-v1", steps=40))
    assert told
    assert {problem.got for problem in told} == {"reward nan"}
    # MountainCar has two numbers.
    (problem,) = problems_of(check_wrapper(Upright, "MountainCar-v0", steps=40))
    assert "IndexError" in problem.got
    assert "--env" not in problem.fix


def test_what_the_environment_says_is_handed_on_there_too() -> None:
    told = [
        problem.got for problem in problems_of(check_wrapper(Closes, "rewardlab_envs:rewardlab/Delivery-v0", steps=40))
    ]
    assert any("no info[" in got for got in told)


class Broken(gym.Env[Any, Any]):
    """Fails at its second step."""

    observation_space = action_space = gym.spaces.Discrete(2)

    def reset(self, *, seed: int | None = None, options: Any = None) -> Any:
        super().reset(seed=seed)
        self._steps = 0
        return 0, {}

    def step(self, action: Any) -> Any:
        self._steps += 1
        return 0, 1.0 / (2 - self._steps), False, False, {}


def unmade() -> gym.Env[Any, Any]:
    raise RuntimeError("no screen")


@pytest.mark.parametrize(
    ("env", "why"),
    [
        (Broken, "without it, the environment itself fails: step 2: got ZeroDivisionError"),
        (unmade, "the environment cannot be made: making it: got RuntimeError: no screen"),
    ],
)
def test_what_is_wrong_with_the_environment_is_no_fault_of_the_wrapper(env: Any, why: str) -> None:
    for wrapper in (gym.Wrapper, lambda env: gym.wrappers.TimeLimit(env, 9)):
        (answer,) = check_wrapper(wrapper, env)
        assert answer.problems == ()
        assert answer.not_asked.startswith(why)


def test_only_wrappers_are_put_round_something() -> None:
    with pytest.raises(BadInput, match="expected a wrapper to put round it, not 'CartPole-v1'"):
        assert_conforms("CartPole-v1", env="CartPole-v1")
    with pytest.raises(BadInput, match="--env: got 'CartPole-v1', expected a wrapper"):
        subjects_named("CartPole-v1", env="CartPole-v1")
    (answer,) = check_wrapper(gym.wrappers.vector.NormalizeReward, "CartPole-v1")
    assert "only put round the vector of this check" in answer.not_asked


def test_from_the_command_line(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "upright_of_mine.py").write_text(UPRIGHT)
    monkeypatch.chdir(tmp_path)
    said = call("check", "upright_of_mine:Upright", "--env", "CartPole-v1")
    assert (said.code, said.err) == (0, "")
    assert call("check", "upright_of_mine:Upright").code == 1
    said = call("check", "upright_of_mine:Upright", "--env", "CartPole-v9")
    assert (said.code, said.out) == (2, "")
    assert "did you mean 'CartPole-v1'?" in said.err
