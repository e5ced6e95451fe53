"""An environment of anybody's, paid by what was brought to it."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from functools import partial
from numbers import Real
from typing import Any, final

import gymnasium as gym
import numpy as np
from gymnasium import spaces
from gymnasium.wrappers import TimeLimit
from numpy.typing import NDArray

from rewardlab.errors import BadInput, InvalidReward, Problem
from rewardlab.outside.brought import OWN_REWARD, brought_catalogue
from rewardlab.outside.events import OWN_EVENTS, event_sources
from rewardlab.outside.named_code import named_object
from rewardlab.rewards.catalogue import Catalogue, RewardChoice
from rewardlab.transitions import Transitions

__all__ = ["AnyEnv", "make_any"]

_NOTHING: Mapping[str, Any] = {}
_PLAIN = spaces.Box | spaces.Discrete | spaces.MultiBinary | spaces.MultiDiscrete


@final
class AnyEnv(gym.Env[Any, Any]):
    """A Gymnasium environment with a catalogue of rewards that it does not have itself.

    Observations, endings, chances and pictures are those of the environment. The ``info`` of a step holds
    ``objective``, ``ledger`` and ``events``, as that of every environment with a catalogue, and nothing else.

    Args:
        env: The environment, with its time limit. Its observations are arrays or numbers.
        events: Name to a key of its info, to ``{key = ..., missing = ...}``, or to a function of steps; see
            `rewardlab.outside.event_sources`. A function is given the events that stand before its own.
        rewards: By name, see `rewardlab.outside.brought_catalogue`.
        potentials: By name, likewise.
        objective: The name of the reward that is meant; what the environment pays itself by default.
        reward: What is paid; the objective by default.

    Raises:
        BadInput: Something does not fit; all that can be seen at once.
    """

    def __init__(
        self,
        env: gym.Env[Any, Any],
        *,
        events: Mapping[str, Any] = _NOTHING,
        rewards: Mapping[str, Any] = _NOTHING,
        potentials: Mapping[str, Any] = _NOTHING,
        objective: str = OWN_REWARD,
        reward: RewardChoice | None = None,
    ) -> None:
        _require_fit(env, {"events": events, "rewards": rewards, "potentials": potentials})
        self.env = env
        self._sources = event_sources(events)
        self.catalogue: Catalogue = brought_catalogue(OWN_EVENTS, tuple(events), rewards, potentials, objective)
        self._objective = self.catalogue.rewards[objective]
        self._paid = self._objective if reward is None else self.catalogue.reward(reward)
        self.observation_space, self.action_space = env.observation_space, env.action_space
        self.metadata, self.render_mode = env.metadata, env.render_mode
        self._now: Any = None
        self._step = 0

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, dict[str, Any]]:
        """Begin an episode of the environment."""
        observation, _ = self.env.reset(seed=seed, options=options)
        self._now, self._step = _kept(observation), 0
        return observation, {}

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        """Take one step of the environment, paid by the reward that was brought.

        Raises:
            InvalidReward: An event or a reward of this step is no finite number; the message names the step.
        """
        observation, paid, terminated, truncated, info = self.env.step(action)
        when = f"step {self._step}"
        amounts = {
            "reward": _own_reward(paid, when),
            "steps": 1.0,
            "terminated": float(terminated),
            "truncated": float(truncated),
        }
        batch = self._batch(action, observation, bool(terminated), amounts)
        for source in self._sources:
            amounts[source.name] = source.amount(info, batch, when)
            batch = self._batch(action, observation, bool(terminated), amounts)
        lines = {name: float(line[0]) for name, line in self._paid.lines(batch).items()}
        objective = float(self._objective(batch)[0])
        self._now, self._step = _kept(observation), self._step + 1
        told = {"objective": objective, "ledger": lines, "events": amounts}
        return observation, sum(lines.values()), bool(terminated), bool(truncated), told

    def render(self) -> Any:
        """The picture of the environment."""
        return self.env.render()

    def close(self) -> None:
        """Close the environment."""
        self.env.close()

    def try_step(self) -> None:
        """Take one step of a new episode, so that what is misnamed is found before anything is trained.

        Raises:
            BadInput: An event, a reward or a potential of that step cannot be had; each that cannot.
        """
        self.reset(seed=0)
        space = deepcopy(self.action_space)
        space.seed(0)
        masks = self.env.get_wrapper_attr("action_masks")() if self.env.has_wrapper_attr("action_masks") else None
        action = space.sample() if masks is None else int(np.flatnonzero(masks)[0])
        batch = self._batch(action, self._now, False, dict.fromkeys(self.catalogue.events, 0.0))
        problems = []
        for name, reward in self.catalogue.rewards.items():
            problems += _first_step_problems(f"rewards.{name}", partial(reward, batch))
        for name, potential in self.catalogue.potentials.items():
            problems += _first_step_problems(f"potentials.{name}", partial(potential, batch.state))
        # Only now, so that what a reward does is not laid at the door of the events.
        problems = problems or _first_step_problems("events", partial(self.step, action))
        if problems:
            raise BadInput(*problems)

    def __getattr__(self, name: str) -> Any:
        # Whoever asks whether some actions are not legal is to hear what the environment says.
        if name == "action_masks" and "env" in self.__dict__ and self.env.has_wrapper_attr(name):
            return self.env.get_wrapper_attr(name)
        raise AttributeError(f"{type(self).__name__} has no attribute {name!r}")

    def _batch(self, action: Any, reached: Any, terminated: bool, amounts: Mapping[str, float]) -> Transitions:
        before, acted, after = (_kept(part)[None] for part in (self._now, action, reached))
        events = {name: np.array([amount]) for name, amount in amounts.items()}
        return Transitions(before, acted, after, np.array([terminated]), events)


def make_any(
    env: str | None = None,
    settings: Mapping[str, Any] = _NOTHING,
    observed_by: Sequence[str] = (),
    render_mode: str | None = None,
    **brought: Any,
) -> gym.Env[Any, Any]:
    """Make `AnyEnv` of plain settings, as specs and the command line give them.

    Args:
        env: The id of the environment, such as ``CartPole-v1``; with its module where it is not Gymnasium's own.
        settings: Its keyword arguments.
        observed_by: What it is put into first, innermost first, each a wrapper's class or another function from an
            environment to one, as in ``gymnasium.wrappers:FlattenObservation``.
        render_mode: As in Gymnasium.
        **brought: ``events``, ``rewards``, ``potentials``, ``objective`` and ``reward`` of `AnyEnv`.

    Raises:
        BadInput: Something does not fit.
    """
    known = ("events", "rewards", "potentials", "objective", "reward")
    problems = [Problem(key, repr(brought[key]), f"one of env, settings, observed_by, {', '.join(known)}")
                for key in brought if key not in known]  # fmt: skip
    given = {"env": env, "settings": settings, "observed_by": observed_by, "objective": OWN_REWARD, **brought}
    problems += [
        Problem(key, repr(given[key]), expected)
        for key, kind, expected in (
            ("env", str, "the id of an environment, as CartPole-v1"),
            ("settings", Mapping, "a table of keyword arguments"),
            ("observed_by", list | tuple, "a list of wrappers"),
            ("objective", str, "the name of a reward"),
        )
        if not isinstance(given[key], kind)
    ]
    if problems:
        raise BadInput(*problems)
    # One that draws nothing need not take the mode at all.
    drawn: dict[str, Any] = {} if render_mode is None else {"render_mode": render_mode}
    made = gym.make(str(env), **drawn, **settings)
    for index, name in enumerate(observed_by):
        made = named_object(name, f"observed_by[{index}]")(made)
    limit = None if made.spec is None else made.spec.max_episode_steps
    # Its own time limit cuts off at the same step, but is hidden within.
    return AnyEnv(made, **brought) if limit is None else TimeLimit(AnyEnv(made, **brought), limit)


def _first_step_problems(where: str, acting: Callable[[], object]) -> list[Problem]:
    try:
        acting()
    except (BadInput, InvalidReward) as fault:
        return [Problem(where, f"in the first step: {fault}", "numbers for every step")]
    except Exception as fault:  # a function of somebody's may raise anything
        why = " ".join(f"{type(fault).__name__}: {fault}".split())[:300]
        return [Problem(where, f"in the first step: {why}", "a function that takes a batch, here of one row")]
    return []


def _own_reward(paid: Any, when: str) -> float:
    single = isinstance(paid, np.ndarray) and paid.shape == () and paid.dtype.kind in "iuf"
    if isinstance(paid, bool | np.bool_) or not (single or isinstance(paid, Real)) or not math.isfinite(float(paid)):
        shown = f"{paid!r}"[:80] + f" ({type(paid).__name__})"
        raise InvalidReward(f"{when}: got reward {shown} of the environment itself, expected a finite number")
    return float(paid)


def _kept(part: Any) -> NDArray[Any]:
    """A copy: an environment may hand out its own buffer, and somebody's function may write into what it is given."""
    return np.array(part)


def _require_fit(env: gym.Env[Any, Any], tables: Mapping[str, object]) -> None:
    problems = [
        Problem(where, repr(table), "a table") for where, table in tables.items() if not isinstance(table, Mapping)
    ]
    if Catalogue.of(env) is not None:
        problems.append(Problem("env", str(env), "an environment without a catalogue", "name it itself: it has one"))
    if not isinstance(env.observation_space, _PLAIN):
        fix = 'put it into a wrapper: observed_by = ["gymnasium.wrappers:FlattenObservation"]'
        problems.append(Problem("env", f"observations in {env.observation_space}"[:200], "arrays or numbers", fix))
    if problems:
        raise BadInput(*problems)
