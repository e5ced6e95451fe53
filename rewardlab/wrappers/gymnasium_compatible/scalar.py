"""``ClipReward``, ``NormalizeReward`` and ``TransformReward`` for one environment, as Gymnasium 1.4 documents them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, SupportsFloat, final

import gymnasium as gym
import numpy as np
from gymnasium.utils import RecordConstructorArgs
from gymnasium.wrappers.utils import RunningMeanStd

from rewardlab.wrappers.clip import CLIP_LINE
from rewardlab.wrappers.gymnasium_compatible.arguments import Bound, check_bounds, check_normalization, clipping
from rewardlab.wrappers.ledger_lines import with_line
from rewardlab.wrappers.scale import SCALE_LINE
from rewardlab.wrappers.transform import TRANSFORM_LINE

__all__ = ["ClipReward", "NormalizeReward", "TransformReward"]


@final
class TransformReward(gym.Wrapper[Any, Any, Any, Any], RecordConstructorArgs):
    """Applies a function to the reward of each step.

    Whatever the function returns is handed on. `rewardlab.wrappers.RewardTransform` refuses what is no finite number.

    Args:
        env: The environment to wrap.
        func: The function to apply to the reward.
    """

    def __init__(self, env: gym.Env[Any, Any], func: Callable[[Any], Any]) -> None:
        RecordConstructorArgs.__init__(self, func=func)
        gym.Wrapper.__init__(self, env)
        self.func = func

    def reward(self, reward: SupportsFloat) -> Any:
        """Apply the function to a reward."""
        return self.func(reward)

    def step(self, action: Any) -> tuple[Any, Any, bool, bool, dict[str, Any]]:
        """Step the environment and transform its reward."""
        observation, reward, terminated, truncated, info = self.env.step(action)
        return _changed(observation, reward, self.reward(reward), terminated, truncated, info, TRANSFORM_LINE)


@final
class ClipReward(gym.Wrapper[Any, Any, Any, Any], RecordConstructorArgs):
    """Clips the reward of each step between two bounds, of which one may be missing.

    `rewardlab.wrappers.RewardClipping` does the same, and refuses equal bounds and NaN too.

    Args:
        env: The environment to wrap.
        min_reward: The lower bound.
        max_reward: The upper bound.

    Raises:
        InvalidBound: Both are missing, or the lower one is above the upper one.
    """

    def __init__(self, env: gym.Env[Any, Any], min_reward: Bound = None, max_reward: Bound = None) -> None:
        check_bounds(min_reward, max_reward)
        RecordConstructorArgs.__init__(self, min_reward=min_reward, max_reward=max_reward)
        gym.Wrapper.__init__(self, env)
        self.func = clipping(min_reward, max_reward)

    def reward(self, reward: SupportsFloat) -> Any:
        """Clip a reward."""
        return self.func(reward)  # type: ignore[arg-type]

    def step(self, action: Any) -> tuple[Any, Any, bool, bool, dict[str, Any]]:
        """Step the environment and clip its reward."""
        observation, reward, terminated, truncated, info = self.env.step(action)
        return _changed(observation, reward, self.reward(reward), terminated, truncated, info, CLIP_LINE)


@final
class NormalizeReward(gym.Wrapper[Any, Any, Any, Any], RecordConstructorArgs):
    """Divides rewards so that their exponential moving average has about a fixed variance.

    Here being compatible and being right part: the accumulator forgets an episode *before* the reward of its
    termination is added, so that this reward opens the next episode, and it forgets nothing at truncations and resets;
    and the first rewards are divided by the deviation of one or two numbers, so that a first reward of 5 comes out as
    98.07. `rewardlab.wrappers.ReturnScaling` is right in all of that.

    Args:
        env: The environment to wrap.
        gamma: The discount factor of the exponential moving average.
        epsilon: Keeps the division away from zero.

    Attributes:
        return_rms: Mean, variance and count of the running returns.
        update_running_mean: Whether they go on being updated; False for an evaluation.

    Raises:
        InvalidBound: ``gamma`` is outside [0, 1], or ``epsilon`` is not positive.
    """

    def __init__(self, env: gym.Env[Any, Any], gamma: float = 0.99, epsilon: float = 1e-8) -> None:
        check_normalization(gamma, epsilon)
        RecordConstructorArgs.__init__(self, gamma=gamma, epsilon=epsilon)
        gym.Wrapper.__init__(self, env)
        self.return_rms = RunningMeanStd(shape=())  # type: ignore[no-untyped-call]
        self.discounted_reward = np.array([0.0])
        self.gamma, self.epsilon = gamma, epsilon
        self.update_running_mean = True

    def step(self, action: Any) -> tuple[Any, Any, bool, bool, dict[str, Any]]:
        """Step the environment and normalise its reward."""
        observation, reward, terminated, truncated, info = self.env.step(action)
        kept = self.discounted_reward * self.gamma * (1 - terminated)
        self.discounted_reward = kept + float(reward)
        if self.update_running_mean:
            self.return_rms.update(self.discounted_reward)  # type: ignore[no-untyped-call]
        normalized = reward / np.sqrt(self.return_rms.var + self.epsilon)
        return _changed(observation, reward, normalized, terminated, truncated, info, SCALE_LINE)


def _changed(
    observation: Any, before: Any, after: Any, terminated: bool, truncated: bool, info: dict[str, Any], line: str
) -> tuple[Any, Any, bool, bool, dict[str, Any]]:
    """The step with its new reward and, where both rewards are single numbers, a line in the ledger."""
    if np.ndim(before) == 0 and np.ndim(after) == 0 and isinstance(after, int | float | np.number):
        info = with_line(info, float(before), line, float(after) - float(before))
    return observation, after, terminated, truncated, info
