"""``ClipReward``, ``NormalizeReward`` and the transforms for a vector, as Gymnasium 1.4 documents them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, final

import gymnasium as gym
import numpy as np
from gymnasium.utils import RecordConstructorArgs
from gymnasium.vector import AutoresetMode, VectorEnv, VectorWrapper
from gymnasium.wrappers.utils import RunningMeanStd
from numpy.typing import NDArray

from rewardlab.wrappers.clip import CLIP_LINE
from rewardlab.wrappers.endings import VectorEndings, restarted_rows
from rewardlab.wrappers.gymnasium_compatible.arguments import Bound, check_bounds, check_normalization, clipping
from rewardlab.wrappers.ledger_lines import with_vector_line
from rewardlab.wrappers.scale import SCALE_LINE
from rewardlab.wrappers.transform import TRANSFORM_LINE

__all__ = ["ClipReward", "NormalizeReward", "TransformReward", "VectorizeTransformReward"]

Step = tuple[Any, NDArray[Any], NDArray[np.bool_], NDArray[np.bool_], dict[str, Any]]


@final
class TransformReward(VectorWrapper[Any, Any, Any]):
    """Applies a function to the rewards of each step, those of the reset rows of NEXT_STEP included.

    `rewardlab.wrappers.VectorRewardTransform` leaves reset rows alone and refuses what is no finite number.

    Args:
        env: The vector environment to wrap.
        func: The function to apply to the array of rewards. It gets a copy.
    """

    def __init__(self, env: VectorEnv[Any, Any, Any], func: Callable[[Any], Any]) -> None:
        super().__init__(env)
        self.func = func
        self._endings = _endings_of(env)

    def reset(
        self, *, seed: int | list[int | None] | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Any, dict[str, Any]]:
        """Reset the environments."""
        return _reset(self.env, self._endings, seed, options)

    def step(self, actions: Any) -> Step:
        """Step the environments and transform their rewards."""
        observations, rewards, terminations, truncations, infos = self.env.step(actions)
        changed = self.func(np.array(rewards))
        infos = _with_line(self._endings, rewards, changed, terminations, truncations, infos, TRANSFORM_LINE)
        return observations, changed, terminations, truncations, infos


@final
class VectorizeTransformReward(VectorWrapper[Any, Any, Any]):
    """Applies the function of a scalar reward wrapper to each reward by itself.

    Args:
        env: The vector environment to wrap.
        wrapper: A scalar wrapper class that has a ``func``, such as ``TransformReward`` or ``ClipReward``.
        **kwargs: The arguments of the wrapper, beside the environment.
    """

    def __init__(self, env: VectorEnv[Any, Any, Any], wrapper: type[Any], **kwargs: Any) -> None:
        super().__init__(env)
        self.wrapper = wrapper(gym.Env(), **kwargs)
        self._endings = _endings_of(env)

    def reset(
        self, *, seed: int | list[int | None] | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Any, dict[str, Any]]:
        """Reset the environments."""
        return _reset(self.env, self._endings, seed, options)

    def step(self, actions: Any) -> Step:
        """Step the environments and transform their rewards one by one."""
        observations, rewards, terminations, truncations, infos = self.env.step(actions)
        changed = np.array(rewards)
        for index, reward in enumerate(rewards):
            changed[index] = self.wrapper.func(reward)
        infos = _with_line(self._endings, rewards, changed, terminations, truncations, infos, TRANSFORM_LINE)
        return observations, changed, terminations, truncations, infos


@final
class ClipReward(VectorWrapper[Any, Any, Any]):
    """Clips the rewards of each step, those of the reset rows of NEXT_STEP included: a lower bound of 1 pays them 1.

    `rewardlab.wrappers.VectorRewardClipping` leaves reset rows alone.

    Args:
        env: The vector environment to wrap.
        min_reward: The lower bound.
        max_reward: The upper bound.

    Raises:
        InvalidBound: Both are missing, or the lower one is above the upper one.
    """

    def __init__(self, env: VectorEnv[Any, Any, Any], min_reward: Bound = None, max_reward: Bound = None) -> None:
        check_bounds(min_reward, max_reward)
        super().__init__(env)
        self.func = clipping(min_reward, max_reward)
        self._endings = _endings_of(env)

    def reset(
        self, *, seed: int | list[int | None] | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Any, dict[str, Any]]:
        """Reset the environments."""
        return _reset(self.env, self._endings, seed, options)

    def step(self, actions: Any) -> Step:
        """Step the environments and clip their rewards."""
        observations, rewards, terminations, truncations, infos = self.env.step(actions)
        kept = self.func(rewards)
        infos = _with_line(self._endings, rewards, kept, terminations, truncations, infos, CLIP_LINE)
        return observations, kept, terminations, truncations, infos


@final
class NormalizeReward(VectorWrapper[Any, Any, Any], RecordConstructorArgs):
    """Divides rewards so that their exponential moving average has about a fixed variance; one scale for all.

    Here being compatible and being right part: as in the scalar one, the reward of a termination opens the next
    episode; truncations leak into it in NEXT_STEP and DISABLED mode; a reset with a ``reset_mask`` forgets the running
    returns of *every* environment; they are float32; and the first rewards come out up to a hundred times too large.
    `rewardlab.wrappers.VectorReturnScaling` is right in all of that.

    Args:
        env: The vector environment to wrap.
        gamma: The discount factor of the exponential moving average.
        epsilon: Keeps the division away from zero.

    Attributes:
        return_rms: Mean, variance and count of the running returns.
        update_running_mean: Whether they go on being updated; False for an evaluation.

    Raises:
        InvalidBound: ``gamma`` is outside [0, 1], or ``epsilon`` is not positive.
    """

    def __init__(self, env: VectorEnv[Any, Any, Any], gamma: float = 0.99, epsilon: float = 1e-8) -> None:
        check_normalization(gamma, epsilon)
        RecordConstructorArgs.__init__(self, gamma=gamma, epsilon=epsilon)
        VectorWrapper.__init__(self, env)
        self.return_rms = RunningMeanStd(shape=())  # type: ignore[no-untyped-call]
        self.accumulated_reward = np.zeros(env.num_envs, dtype=np.float32)
        self.gamma, self.epsilon = gamma, epsilon
        self.update_running_mean = True
        self._ended = np.zeros(env.num_envs, dtype=np.bool_)
        self._in_same_step = env.metadata.get("autoreset_mode") is AutoresetMode.SAME_STEP
        self._endings = _endings_of(env)

    def reset(
        self, *, seed: int | list[int | None] | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Any, dict[str, Any]]:
        """Reset the environments, and forget the running returns of all of them."""
        self.accumulated_reward[:] = 0.0
        self._ended[:] = False
        return _reset(self.env, self._endings, seed, options)

    def step(self, actions: Any) -> Step:
        """Step the environments and normalise their rewards."""
        observations, rewards, terminations, truncations, infos = self.env.step(actions)
        active = np.ones_like(self._ended) if self._in_same_step else ~self._ended
        kept = self.accumulated_reward[active] * self.gamma * (1 - terminations[active])
        self.accumulated_reward[active] = kept + rewards[active]
        if self.update_running_mean and active.any():
            self.return_rms.update(self.accumulated_reward[active])  # type: ignore[no-untyped-call]
        self._ended = terminations | truncations
        if self._in_same_step:
            self.accumulated_reward[self._ended] = 0.0
        normalized = rewards / np.sqrt(self.return_rms.var + self.epsilon)
        infos = _with_line(self._endings, rewards, normalized, terminations, truncations, infos, SCALE_LINE)
        return observations, normalized, terminations, truncations, infos


def _endings_of(env: VectorEnv[Any, Any, Any]) -> VectorEndings | None:
    """What follows the endings for the ledger; None for an environment that does not say how it restarts."""
    return VectorEndings(env) if isinstance(env.metadata.get("autoreset_mode"), AutoresetMode) else None


def _reset(
    env: VectorEnv[Any, Any, Any],
    endings: VectorEndings | None,
    seed: int | list[int | None] | None,
    options: dict[str, Any] | None,
) -> tuple[Any, dict[str, Any]]:
    restarted = restarted_rows(options, env.num_envs)
    observations, infos = env.reset(seed=seed, options=options)  # type: ignore[arg-type]
    if endings is not None:
        endings.after_reset(restarted)
    return observations, infos


def _with_line(
    endings: VectorEndings | None,
    before: NDArray[Any],
    after: Any,
    terminations: NDArray[np.bool_],
    truncations: NDArray[np.bool_],
    infos: dict[str, Any],
    line: str,
) -> dict[str, Any]:
    """The infos with a line for what was changed in the rows that were paid; reset rows are in no ledger."""
    if endings is None:
        return infos
    _, paid = endings.after_step(terminations, truncations)
    if np.shape(after) != np.shape(before) or np.ndim(before) != 1:
        return infos
    return with_vector_line(infos, before, line, np.where(paid, np.asarray(after) - before, 0.0), paid)
