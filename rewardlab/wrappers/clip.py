"""Clipping of rewards: to at least ``min_reward``, to at most ``max_reward``, or both.

Mnih et al. (2015), "Human-level control through deep reinforcement learning", clip to [-1, 1] so that one learning rate
serves many games. It is *another task*: clipped, one reward of 10 is worth less than two of 1, where it was worth more
(van Hasselt et al. 2016). And it undoes shaping that stands inside of it, because a clipped potential difference
telescopes no longer; so clip first, and shape what is left (`rewardlab.wrappers.order` looks after that).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, SupportsFloat, final

import gymnasium as gym
import numpy as np
from gymnasium.utils import RecordConstructorArgs
from gymnasium.vector import VectorEnv, VectorWrapper
from numpy.typing import ArrayLike, NDArray

from rewardlab.errors import BadInput, Problem
from rewardlab.snapshots import Restorable
from rewardlab.wrappers.endings import VectorEndings, restarted_rows
from rewardlab.wrappers.ledger_lines import with_line, with_vector_line

__all__ = ["CLIP_LINE", "RewardClipping", "VectorRewardClipping", "bound_problems", "clipped"]

CLIP_LINE = "clip"


def clipped(rewards: ArrayLike, min_reward: float | None, max_reward: float | None) -> NDArray[np.float64]:
    """Rewards moved into their bounds.

    Args:
        rewards: ``[B]`` numbers. A NaN stays one.
        min_reward: The lower bound; None for none.
        max_reward: The upper bound; None for none.

    Returns:
        ``[B]`` float64, a new array.

    Example:
        >>> clipped([-0.001, 1000.0], -1.0, 1.0)
        array([-0.001,  1.   ])
    """
    values = np.array(rewards, dtype=np.float64)
    if min_reward is not None:
        np.maximum(values, min_reward, out=values)
    if max_reward is not None:
        np.minimum(values, max_reward, out=values)
    return values


def bound_problems(min_reward: object, max_reward: object, where: str) -> list[Problem]:
    """What is wrong with a pair of bounds; an empty list if nothing is.

    Args:
        min_reward: As the user gave it.
        max_reward: As the user gave it.
        where: The place to name, such as ``"wrappers[0]"``.
    """
    problems = []
    for name, bound in (("min_reward", min_reward), ("max_reward", max_reward)):
        number = isinstance(bound, int | float | np.integer | np.floating) and not isinstance(bound, bool | np.bool_)
        if bound is not None and not (number and math.isfinite(bound)):  # type: ignore[arg-type]
            problems.append(Problem(f"{where}.{name}", repr(bound), "a finite number, or none for no bound"))
    if problems:
        return problems
    if min_reward is None and max_reward is None:
        return [Problem(where, "neither min_reward nor max_reward", "at least one of them", "or leave the wrapper out")]
    if min_reward is not None and max_reward is not None and min_reward >= max_reward:  # type: ignore[operator]
        if min_reward == max_reward:
            fix = "equal bounds would make all rewards alike"
        else:
            fix = f"did you mean min_reward={max_reward}, max_reward={min_reward}?"
        return [Problem(where, f"min_reward {min_reward}, max_reward {max_reward}", "min_reward below max_reward", fix)]
    return []


def _checked(bound: float | None) -> float | None:
    return None if bound is None else float(bound)


@final
class RewardClipping(gym.Wrapper[Any, Any, Any, Any], RecordConstructorArgs):
    """Clips each reward, and adds the line ``clip`` to its ledger: what clipping took or gave.

    Args:
        env: Any Gymnasium environment.
        min_reward: The lower bound; None for none.
        max_reward: The upper bound; None for none.

    Raises:
        BadInput: A bound is no finite number, both are missing, or they are equal or the wrong way round.
    """

    def __init__(
        self, env: gym.Env[Any, Any], min_reward: float | None = None, max_reward: float | None = None
    ) -> None:
        problems = bound_problems(min_reward, max_reward, "RewardClipping")
        if problems:
            raise BadInput(*problems)
        RecordConstructorArgs.__init__(self, _disable_deepcopy=True, min_reward=min_reward, max_reward=max_reward)
        gym.Wrapper.__init__(self, env)
        self.min_reward, self.max_reward = _checked(min_reward), _checked(max_reward)

    def step(self, action: Any) -> tuple[Any, SupportsFloat, bool, bool, dict[str, Any]]:
        """Step the environment and clip what it pays."""
        observation, reward, terminated, truncated, info = self.env.step(action)
        paid = float(reward)
        kept = float(clipped(paid, self.min_reward, self.max_reward))
        return observation, kept, terminated, truncated, with_line(info, paid, CLIP_LINE, kept - paid)


@final
class VectorRewardClipping(VectorWrapper[Any, Any, Any], Restorable):
    """`RewardClipping` for a vector environment. The reset rows of NEXT_STEP pay nothing, whatever the lower bound.

    Args:
        env: Any Gymnasium vector environment that names its autoreset mode in its metadata.
        min_reward: The lower bound; None for none.
        max_reward: The upper bound; None for none.

    Raises:
        BadInput: A bound is no finite number, both are missing, or they are equal or the wrong way round.
    """

    def __init__(
        self, env: VectorEnv[Any, Any, Any], min_reward: float | None = None, max_reward: float | None = None
    ) -> None:
        problems = bound_problems(min_reward, max_reward, "VectorRewardClipping")
        if problems:
            raise BadInput(*problems)
        super().__init__(env)
        self.min_reward, self.max_reward = _checked(min_reward), _checked(max_reward)
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
        """Step all environments and clip what they pay."""
        observations, rewards, terminations, truncations, infos = self.env.step(actions)
        _, paid = self._endings.after_step(terminations, truncations)
        kept = clipped(rewards, self.min_reward, self.max_reward)
        unpaid = self._endings.unpaid
        if len(unpaid):
            kept[unpaid] = rewards[unpaid]
        infos = with_vector_line(infos, rewards, CLIP_LINE, kept - rewards, paid)
        return observations, kept, terminations, truncations, infos

    def snapshot(self) -> dict[str, Any]:
        """What it knows of endings; it remembers nothing else."""
        return self._endings.snapshot()

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from a snapshot.

        Raises:
            BadInput: It is of another number of environments.
        """
        self._endings.restore(state)
