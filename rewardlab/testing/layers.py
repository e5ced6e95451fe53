"""Listening at every layer of a stack of wrappers, so that a fault is told of the layer where it begins."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable
from dataclasses import dataclass, field
from numbers import Real
from typing import Any, final

import gymnasium as gym
import numpy as np

from rewardlab.errors import Problem
from rewardlab.testing.patience import Stopped

__all__ = ["Listener", "listen", "reward_problem"]


@final
@dataclass(slots=True)
class Listener:
    """What was heard.

    Attributes:
        place: Where the play is now, such as ``"step 3"``; kept by who plays.
        rewards: The first reward of each layer that no learner may see, in the order in which they came.
    """

    place: str = "reset"
    rewards: dict[str, Problem] = field(default_factory=dict)

    def first_rewards(self) -> list[Problem]:
        """The faults of rewards, each told once: of the innermost layer where it occurs."""
        by_place: dict[str, Problem] = {}
        for problem in self.rewards.values():
            by_place.setdefault(problem.where.rpartition(",")[0], problem)
        return list(by_place.values())


def listen(env: gym.Env[Any, Any]) -> Listener:
    """Listen at each layer of an environment from now on.

    A step or reset of an older form is refused in the layer where it occurs, by `Stopped`.

    Args:
        env: The outermost layer; the layers get a ``step`` and a ``reset`` of their own.
    """
    listener = Listener()
    layer: Any = env
    while layer is not None:
        # One with slots cannot be listened to; the layer around it still is.
        with contextlib.suppress(AttributeError):
            layer.step = _heard_step(layer.step, type(layer).__name__, listener)
            layer.reset = _heard_reset(layer.reset, type(layer).__name__, listener)
        layer = layer.env if isinstance(layer, gym.Wrapper) else None
    return listener


def reward_problem(reward: Any, where: str) -> Problem | None:
    """What is wrong with a reward; None if it is a finite number.

    Args:
        reward: What a step paid.
        where: The place for the message.
    """
    fix = "return float(...)"
    if isinstance(reward, bool | np.bool_):
        return Problem(where, f"reward {reward} (bool)", "a number, not a boolean", fix)
    single = isinstance(reward, np.ndarray) and reward.shape == () and reward.dtype.kind in "iuf"
    if not single and not isinstance(reward, Real):
        return Problem(where, f"reward {reward!r} ({type(reward).__name__})", "a number", fix)
    if not math.isfinite(float(reward)):
        return Problem(where, f"reward {float(reward)}", "a finite number", "guard the division or logarithm in it")
    return None


def _heard_step(step: Callable[[Any], Any], name: str, listener: Listener) -> Callable[[Any], Any]:
    def heard(action: Any) -> Any:
        returned = step(action)
        where = f"{listener.place}, {name}"
        if not isinstance(returned, tuple) or len(returned) != 5:
            raise Stopped(_not_a_step(returned, where))
        if name not in listener.rewards:
            problem = reward_problem(returned[1], where)
            if problem is not None:
                listener.rewards[name] = problem
        return returned

    return heard


def _heard_reset(reset: Callable[..., Any], name: str, listener: Listener) -> Callable[..., Any]:
    def heard(*, seed: int | None = None, options: dict[str, Any] | None = None) -> Any:
        where = f"{listener.place}, {name}"
        try:
            returned = reset(seed=seed, options=options)
        except TypeError as fault:
            if "unexpected keyword" not in str(fault):
                raise
            fix = "this is the interface of old Gym: write def reset(self, *, seed=None, options=None)"
            raise Stopped(Problem(where, str(fault), "reset(seed=..., options=...)", fix)) from None
        if not isinstance(returned, tuple) or len(returned) != 2 or not isinstance(returned[1], dict):
            fix = "this is the interface of old Gym: return observation, {} from reset"
            got = f"{type(returned).__name__} instead of (observation, info)"
            raise Stopped(Problem(where, got, "two values: observation and info", fix))
        return returned

    return heard


def _not_a_step(returned: Any, where: str) -> Problem:
    expected = "five values: observation, reward, terminated, truncated, info"
    if isinstance(returned, tuple) and len(returned) == 4:
        fix = (
            "this is the interface of old Gym: return observation, reward, terminated, truncated, info, where "
            "terminated is the old done and truncated is False (gymnasium.make adds the time limit)"
        )
        return Problem(where, "four values", expected, fix)
    got = f"{len(returned)} values" if isinstance(returned, tuple) else type(returned).__name__
    return Problem(where, got, expected)
