"""Which orders of reward wrappers keep what the theory promises, and which break it.

From the inside out: environment, bonus or clip (they change the task, and say so), potential-based shaping of that
task, scale, ledger. Shaping promises that what is optimal stays optimal, because it telescopes; whatever bends single
rewards *after* it, a clip, a curve, a mean subtracted, takes the promise back. A scale multiplies all rewards alike, so
it may stand outside of shaping; while it moves the promise holds only roughly, and exactly once it is frozen.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any, Literal, final

import gymnasium as gym
from gymnasium.vector import AsyncVectorEnv, VectorEnv

from rewardlab.errors import BadInput, Problem

__all__ = [
    "CHANGES_REWARDS",
    "Layer",
    "OrderWarning",
    "Role",
    "broken_orders",
    "check_order",
    "doubtful_orders",
    "layers",
    "order_problems",
    "role_of",
]

Role = Literal[
    "shaping", "clip", "transform", "scale", "centred scale", "bonus", "ledger", "monitor", "autoreset", "other"
]

_ROLES: dict[str, Role] = {
    "PotentialShaping": "shaping",
    "RewardClipping": "clip",
    "ClipReward": "clip",
    "RewardTransform": "transform",
    "TransformReward": "transform",
    "VectorizeTransformReward": "transform",
    "ReturnScaling": "scale",
    "NormalizeReward": "scale",
    "UnsafeBonus": "bonus",
    "AmendedTerms": "bonus",
    "Ledger": "ledger",
    "RecordEpisodeStatistics": "monitor",
    "Monitor": "monitor",
    "Autoreset": "autoreset",
}
CHANGES_REWARDS: frozenset[Role] = frozenset({"shaping", "clip", "transform", "scale", "centred scale", "bonus"})
"""The roles of what does not hand rewards on as they came."""

_BENDS = {
    "clip": "a clipped potential difference telescopes no longer",
    "transform": "a bent potential difference telescopes no longer",
    "centred scale": "to subtract a mean pays or charges for every step that an episode lasts",
    "bonus": "a bonus changes the task; shape the task that is to be solved, bonus included",
}


class OrderWarning(UserWarning):
    """An order of wrappers that works, but perhaps not as meant."""


@final
@dataclass(frozen=True, slots=True)
class Layer:
    """One wrapper of a stack.

    Attributes:
        place: Where it stands, counted from the environment: ``"wrapper 2 (RewardClipping)"``.
        role: What it does to rewards.
    """

    place: str
    role: Role


def layers(env: gym.Env[Any, Any] | VectorEnv[Any, Any, Any]) -> list[Layer]:
    """The wrappers of a stack, the innermost first; those inside the copies of a vector are counted before its own."""
    found = list(_wrappers(env))
    return [
        Layer(f"wrapper {number} ({type(wrapper).__name__})", role_of(wrapper))
        for number, wrapper in enumerate(reversed(found), start=1)
    ]


def order_problems(
    env: gym.Env[Any, Any] | VectorEnv[Any, Any, Any], *, hindsight: bool = False
) -> tuple[list[Problem], list[Problem]]:
    """What is wrong with the order of a stack.

    Args:
        env: The outermost wrapper.
        hindsight: Whether transitions will be relabelled in hindsight (HER).

    Returns:
        What must be refused, since a promise is broken, and what deserves a warning; both name both places.

    Raises:
        BadInput: It is no environment, or its copies run in other processes.
    """
    given: object = env
    one_of_them = "give one environment that is wrapped as its copies are"
    if not isinstance(given, gym.Env | VectorEnv) and getattr(given, "envs", None) is None:
        got, expected = f"a {type(given).__name__}", "a Gymnasium environment, or a vector of them in this process"
        raise BadInput(Problem("env", got, expected, one_of_them))
    stack = layers(env)
    refused, warned = broken_orders(stack), doubtful_orders(stack)
    for inner, outer in combinations(stack, 2):
        if inner.role == "autoreset" and outer.role in ("shaping", "ledger"):
            (refused if outer.role == "shaping" else warned).append(_over_resets(inner, outer))
    changing = [layer for layer in stack if layer.role in CHANGES_REWARDS]
    if changing and hasattr(_innermost(env), "compute_reward"):
        problem = Problem(
            f"{changing[0].place} round an environment with compute_reward",
            "rewards that hindsight relabelling computes inside of it",
            "one reward for all transitions",
            "relabelled transitions bypass the wrapper, so a batch would mix rewards with and without it; put what "
            "changes the reward into compute_reward, or do without hindsight",
        )
        (refused if hindsight else warned).append(problem)
    if isinstance(env.unwrapped, AsyncVectorEnv):
        got = "copies in other processes, whose wrappers cannot be seen"
        warned.append(Problem("env", got, "copies in this process", one_of_them))
    return refused, warned


def broken_orders(stack: Sequence[Layer]) -> list[Problem]:
    """What must be refused in an order of wrappers, since it breaks a promise.

    Args:
        stack: The wrappers, the innermost first.
    """
    return [problem for inner, outer in combinations(stack, 2) for problem in _broken(inner, outer)]


def doubtful_orders(stack: Sequence[Layer]) -> list[Problem]:
    """What deserves a warning in an order of wrappers.

    Args:
        stack: The wrappers, the innermost first.
    """
    return [problem for inner, outer in combinations(stack, 2) for problem in _doubtful(inner, outer)]


def role_of(wrapper: object) -> Role:
    """What a wrapper does to rewards: known by its class's name, and of any other reward wrapper a transform."""
    name = type(wrapper).__name__
    role = _ROLES.get(name) or _ROLES.get(name.removeprefix("Vector"), "other")
    running = getattr(wrapper, "running_scale", None) if role == "scale" else None
    if getattr(running, "subtract_mean", False):
        return "centred scale"
    if role == "other" and isinstance(wrapper, gym.RewardWrapper | gym.vector.VectorRewardWrapper):
        return "transform"
    return role


def check_order(env: gym.Env[Any, Any] | VectorEnv[Any, Any, Any], *, hindsight: bool = False) -> None:
    """Refuse a stack whose order breaks what shaping promises, and warn of one that is doubtful.

    Args:
        env: The outermost wrapper.
        hindsight: Whether transitions will be relabelled in hindsight (HER).

    Raises:
        BadInput: The order breaks a promise, or cannot be seen.
    """
    refused, warned = order_problems(env, hindsight=hindsight)
    for problem in warned:
        warnings.warn(OrderWarning(str(problem)), stacklevel=2)
    if refused:
        raise BadInput(*refused)


def _broken(inner: Layer, outer: Layer) -> Iterator[Problem]:
    where = f"{outer.place} outside of {inner.place}"
    if inner.role == "shaping" and outer.role in _BENDS:
        fix = f"{_BENDS[outer.role]}: put it inside, and shape what is left"
        yield Problem(where, f"a {outer.role} of shaped rewards", "shaping outside of it", fix)
    if inner.role == outer.role == "shaping":
        fix = "add the two potentials up and shape once, so that one place says what is shaped by"
        yield Problem(where, "shaping twice", "one potential", fix)
    if "scale" in inner.role and "scale" in outer.role:
        yield Problem(
            where, "two running scales", "one", "the outer one divides by what the inner one has just set to 1"
        )


def _over_resets(inner: Layer, outer: Layer) -> Problem:
    """Of a wrapper that sees an end and the reset after it as two steps of one episode."""
    got = "a ledger that adds up over all episodes, and counts their resets as steps"
    if outer.role == "shaping":
        got = "shaping that pays for the way from an end to a beginning"
    return Problem(f"{outer.place} outside of {inner.place}", got, "it inside", "put Autoreset round it")


def _doubtful(inner: Layer, outer: Layer) -> Iterator[Problem]:
    where = f"{outer.place} outside of {inner.place}"
    if inner.role == "shaping" and outer.role == "scale":
        fix = "what is optimal is kept exactly only while its statistics stand still: freeze it once it has settled"
        yield Problem(where, "a moving scale of shaped rewards", "a frozen one", fix)
    if inner.role in ("ledger", "monitor") and outer.role in CHANGES_REWARDS:
        fix = "put it outermost; where it stands, it reports rewards that the learner never sees"
        yield Problem(where, f"a {inner.role} inside of what changes rewards", "it outside", fix)


def _wrappers(env: Any) -> Iterator[Any]:
    """From the outside in; a vector of copies goes on with its first copy."""
    while env is not None:
        if isinstance(env, gym.Wrapper | gym.vector.VectorWrapper):
            yield env
            env = env.env
        else:
            copies = getattr(env, "envs", None)
            env = copies[0] if copies else None


def _innermost(env: Any) -> Any:
    base = env.unwrapped
    copies = getattr(base, "envs", None)
    return copies[0].unwrapped if copies else base
