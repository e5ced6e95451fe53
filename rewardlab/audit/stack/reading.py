"""A stack of wrappers taken apart, the innermost first: from settings, from a live environment, from SB3's vectors.

Nothing is stepped and nothing is changed. Stable-Baselines3 is known here by the names of its attributes alone, because
the audit does not import it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, final

import gymnasium as gym
from gymnasium.vector import AutoresetMode, VectorEnv, VectorWrapper
from numpy.typing import ArrayLike

from rewardlab.audit.subject import Subject
from rewardlab.errors import BadInput, Problem
from rewardlab.mdp.finite_env import FiniteEnv
from rewardlab.mdp.finite_vector_env import FiniteVectorEnv
from rewardlab.wrappers.kinds import KINDS, WrapperSettings
from rewardlab.wrappers.order import Layer, role_of
from rewardlab.wrappers.stack import wrapper_problems

__all__ = ["AnyStack", "StackLayer", "WrapperStack", "read_stack"]

AnyStack = Any
"""A wrapped ``gym.Env`` or ``VectorEnv``, a ``VecEnv`` of stable-baselines3, or a sequence of wrapper settings."""


@final
@dataclass(frozen=True, slots=True)
class StackLayer:
    """One wrapper, and what it is.

    Attributes:
        layer: Its place and its role, as `rewardlab.wrappers.order` reads them.
        wrapper: The wrapper itself.
        in_copies: Whether it stands inside the copies of a vector, once for each.
    """

    layer: Layer
    wrapper: Any
    in_copies: bool = False

    @property
    def kind(self) -> str:
        """The name of its class, the same for one environment and for a vector."""
        return type(self.wrapper).__name__.removeprefix("Vector")

    @property
    def is_of_vector(self) -> bool:
        """Whether it stands round a vector and is given all rewards of a step at once."""
        return isinstance(self.wrapper, VectorWrapper)

    @property
    def is_known(self) -> bool:
        """Whether its class is of a package whose classes are known here by their names."""
        return type(self.wrapper).__module__.split(".")[0] in ("rewardlab", "gymnasium", "stable_baselines3")


@final
@dataclass(frozen=True, slots=True)
class WrapperStack:
    """A stack of wrappers, taken apart.

    Attributes:
        layers: The wrappers, the innermost first.
        base: The innermost environment; None where only settings were given, or it runs in another process.
        tells: Whether the info of a step holds the state, the events and the ledger of a finite environment.
        unseen: What could not be looked into; empty if nothing.
        copies_differ: Whether the copies of a vector are wrapped in different ways; the first one is read.
    """

    layers: tuple[StackLayer, ...]
    base: Any
    tells: bool
    unseen: str = ""
    copies_differ: bool = False

    @property
    def order(self) -> list[Layer]:
        """Places and roles alone."""
        return [layer.layer for layer in self.layers]


def read_stack(stack: AnyStack, subject: Subject | None, gamma: float) -> WrapperStack:
    """Take a stack of wrappers apart.

    Args:
        stack: A wrapped environment or vector, a ``VecEnv`` of stable-baselines3, or a list of wrapper settings.
        subject: What the settings are put round; without it they can name nothing of a catalogue.
        gamma: The learner's discount, where settings give none of their own.

    Raises:
        BadInput: The settings are wrong, or this is no stack.
    """
    if isinstance(stack, Sequence) and not isinstance(stack, str) and all(isinstance(one, Mapping) for one in stack):
        return _from_settings(stack, subject, gamma)
    if not isinstance(stack, gym.Env | VectorEnv) and not hasattr(stack, "step_async"):
        expected = "a Gymnasium environment, a VecEnv, or a list of wrapper settings"
        raise BadInput(Problem("stack", repr(stack), expected))
    found, base = list(_outside_in(stack)), _innermost(stack)
    layers = []
    for number, (wrapper, in_copies) in enumerate(reversed(found), start=1):
        layers += _layers_of(wrapper, f"wrapper {number} ({type(wrapper).__name__}", in_copies)
    unseen = "" if base is not None else f"the environments of {_last(stack)} run in other processes"
    tells = isinstance(base, FiniteEnv | FiniteVectorEnv)
    return WrapperStack(tuple(layers), base, tells, unseen, _copies_differ(stack))


def _from_settings(stack: Sequence[WrapperSettings], subject: Subject | None, gamma: float) -> WrapperStack:
    catalogue = None if subject is None else subject.catalogue
    # Another gamma than the learner's is something to report here, not to refuse.
    problems = [
        problem
        for number, settings in enumerate(stack)
        for problem in wrapper_problems(settings, catalogue, None, f"wrappers[{number}]")
    ]
    if problems:
        raise BadInput(*problems)
    env: VectorEnv[Any, Any, Any] = _Unstepped(subject)
    layers = []
    for number, settings in enumerate(stack):
        env = KINDS[settings["kind"]].make(env, settings, catalogue, float(settings.get("gamma", gamma)))
        layers.append(StackLayer(Layer(f"wrappers[{number}] ({settings['kind']})", role_of(env)), env))
    return WrapperStack(tuple(layers), None, tells=True)


@final
class _Unstepped(VectorEnv[Any, Any, Any]):
    """What settings are put round to be read: it has all that wrappers look at, and nobody steps it."""

    metadata = {"autoreset_mode": AutoresetMode.SAME_STEP}  # noqa: RUF012 - Gymnasium declares it so

    def __init__(self, subject: Subject | None) -> None:
        self.num_envs = 1
        self.task = None if subject is None else subject.task or SimpleNamespace(model=subject.model)

    def set_start(self, start: ArrayLike) -> None:
        """Begin nowhere."""


def _outside_in(env: Any) -> Iterator[tuple[Any, bool]]:
    """Each wrapper, and whether it stands inside the copies of a vector."""
    in_copies = False
    while env is not None:
        if _is_wrapper(env):
            yield env, in_copies
        in_copies = in_copies or (not _is_wrapper(env) and bool(_copies(env)))
        env = _inside(env)


def _is_wrapper(env: Any) -> bool:
    return isinstance(env, gym.Wrapper | VectorWrapper) or "venv" in vars(env)


def _copies(env: Any) -> Any:
    return vars(env).get("envs")


def _inside(env: Any) -> Any:
    """The next environment inside; None if there is none."""
    if isinstance(env, gym.Wrapper | VectorWrapper):
        return env.env
    inside = vars(env)
    copies = _copies(env)
    return inside.get("venv") or inside.get("vector_env") or (copies[0] if copies else None)


def _copies_differ(env: Any) -> bool:
    while env is not None:
        chains = [[type(wrapper) for wrapper, _ in _outside_in(one)] for one in _copies(env) or ()]
        if any(chain != chains[0] for chain in chains):
            return True
        env = _inside(env)
    return False


def _last(env: Any) -> str:
    while _inside(env) is not None:
        env = _inside(env)
    return type(env).__name__


def _innermost(env: Any) -> Any:
    """The innermost environment; None if it runs in other processes."""
    while _inside(env) is not None:
        env = _inside(env)
    elsewhere = type(env).__name__ in ("AsyncVectorEnv", "SubprocVecEnv")
    return None if elsewhere else env


def _layers_of(wrapper: Any, opening: str, in_copies: bool) -> list[StackLayer]:
    if type(wrapper).__name__ != "VecNormalize":
        return [StackLayer(Layer(f"{opening})", role_of(wrapper)), wrapper, in_copies)]
    if not wrapper.norm_reward:
        return [StackLayer(Layer(f"{opening})", "other"), wrapper)]
    # It divides, and then clips: two things of which one is harmless.
    scale = StackLayer(Layer(f"{opening})", "scale"), wrapper)
    if wrapper.clip_reward == float("inf"):
        return [scale]
    return [scale, StackLayer(Layer(f"{opening}.clip_reward)", "clip"), wrapper)]
