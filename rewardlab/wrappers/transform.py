"""Any function of the reward. Nothing is known about it, so nothing is promised: it may change what is optimal.

What a positive factor does to a reward is harmless, what a constant does is not (it pays for living on), and a curve
such as a logarithm changes how one large reward compares with several small ones.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, SupportsFloat, final

import gymnasium as gym
import numpy as np
from gymnasium.utils import RecordConstructorArgs
from gymnasium.vector import VectorEnv, VectorWrapper
from numpy.typing import ArrayLike, NDArray

from rewardlab.errors import BadInput, InvalidReward, Problem
from rewardlab.snapshots import Restorable
from rewardlab.wrappers.endings import VectorEndings, restarted_rows
from rewardlab.wrappers.ledger_lines import with_line, with_vector_line

__all__ = ["TRANSFORM_LINE", "RewardTransform", "VectorRewardTransform", "transformed"]

TRANSFORM_LINE = "transform"

RewardMap = Callable[[NDArray[np.float64]], ArrayLike]


def transformed(function: RewardMap, rewards: NDArray[np.float64]) -> NDArray[np.float64]:
    """Apply a function to a batch of rewards, and refuse what no learner may see.

    Args:
        function: ``[B]`` numbers in, ``[B]`` numbers out. Row i may depend on row i alone.
        rewards: ``[B]`` float64. The function gets a copy.

    Raises:
        InvalidReward: The function returned nothing, another shape, NaN or an infinity.
    """
    given = rewards.copy()
    result = np.asarray(function(given))
    if result.shape != rewards.shape or result.dtype.kind not in "biuf":
        got = "None" if result.dtype.kind == "O" else f"{result.dtype} of shape {result.shape}"
        raise InvalidReward(
            f"transform {_name(function)}: got {got}, expected numbers of shape {rewards.shape}; it takes a batch of "
            f"rewards and returns one number for each"
        )
    # A copy: the function may return its argument, or an array that it keeps.
    values = np.array(result, dtype=np.float64)
    if not np.isfinite(values).all():
        row = int(np.flatnonzero(~np.isfinite(values))[0])
        raise InvalidReward(
            f"transform {_name(function)}: got {values[row]} for reward {rewards[row]}, expected a finite number"
        )
    return values


@final
class RewardTransform(gym.Wrapper[Any, Any, Any, Any], RecordConstructorArgs):
    """Applies a function to each reward, and adds the line ``transform`` to its ledger.

    Args:
        env: Any Gymnasium environment.
        function: ``[B]`` rewards in, ``[B]`` numbers out, as NumPy's functions do it; B is 1 here.
    """

    def __init__(self, env: gym.Env[Any, Any], function: RewardMap) -> None:
        RecordConstructorArgs.__init__(self, _disable_deepcopy=True, function=function)
        gym.Wrapper.__init__(self, env)
        self.function = _checked_function(function)

    def step(self, action: Any) -> tuple[Any, SupportsFloat, bool, bool, dict[str, Any]]:
        """Step the environment and transform what it pays.

        Raises:
            InvalidReward: The function returned something else than one finite number.
        """
        observation, reward, terminated, truncated, info = self.env.step(action)
        paid = float(reward)
        turned = float(transformed(self.function, np.array([paid]))[0])
        return observation, turned, terminated, truncated, with_line(info, paid, TRANSFORM_LINE, turned - paid)


@final
class VectorRewardTransform(VectorWrapper[Any, Any, Any], Restorable):
    """`RewardTransform` for a vector environment. The reset rows of NEXT_STEP pay nothing, whatever the function.

    Args:
        env: Any Gymnasium vector environment that names its autoreset mode in its metadata.
        function: ``[B]`` rewards in, ``[B]`` numbers out, as NumPy's functions do it.
    """

    def __init__(self, env: VectorEnv[Any, Any, Any], function: RewardMap) -> None:
        super().__init__(env)
        self.function = _checked_function(function)
        self._endings = VectorEndings(env)

    def reset(
        self, *, seed: int | list[int | None] | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Any, dict[str, Any]]:
        """Reset all environments, or those of ``options["reset_mask"]``."""
        restarted = restarted_rows(options, self.num_envs)
        observations, infos = self.env.reset(seed=seed, options=options)  # type: ignore[arg-type]
        self._endings.after_reset(restarted)
        return observations, infos

    def step(
        self, actions: Any
    ) -> tuple[Any, NDArray[np.float64], NDArray[np.bool_], NDArray[np.bool_], dict[str, Any]]:
        """Step all environments and transform what they pay.

        Raises:
            InvalidReward: The function returned something else than one finite number for each reward.
        """
        observations, rewards, terminations, truncations, infos = self.env.step(actions)
        _, paid = self._endings.after_step(terminations, truncations)
        turned = np.array(rewards, dtype=np.float64)
        if paid.any():
            turned[paid] = transformed(self.function, turned[paid])
        infos = with_vector_line(infos, rewards, TRANSFORM_LINE, turned - rewards, paid)
        return observations, turned, terminations, truncations, infos

    def snapshot(self) -> dict[str, Any]:
        """What it knows of endings; it remembers nothing else."""
        return self._endings.snapshot()

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from a snapshot.

        Raises:
            BadInput: It is of another number of environments.
        """
        self._endings.restore(state)


def _checked_function(function: object) -> RewardMap:
    if not callable(function):
        raise BadInput(Problem("function", repr(function), "a function from rewards to rewards"))
    return function


def _name(function: RewardMap) -> str:
    return repr(getattr(function, "__name__", type(function).__name__))
