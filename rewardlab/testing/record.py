"""Playing an environment at random, and keeping all that it said."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, final

import gymnasium as gym
import numpy as np

from rewardlab.errors import Problem
from rewardlab.plugins.declared import told
from rewardlab.testing.layers import listen
from rewardlab.testing.observations import kept_apart
from rewardlab.testing.patience import Patience, Stopped
from rewardlab.transitions import Transitions

__all__ = ["Episode", "Record", "Step", "legal_action", "play", "raised_problem"]


@final
@dataclass(frozen=True, slots=True)
class Step:
    """What a step said, as it was when it was said.

    Attributes:
        number: Counted from 1 over the whole record.
        action: What was done.
        observation: A copy of what was seen.
        reward: As it came.
        terminated: As it came.
        truncated: As it came.
        info: As it came.
    """

    number: int
    action: Any
    observation: Any
    reward: Any
    terminated: Any
    truncated: Any
    info: dict[str, Any]

    @property
    def where(self) -> str:
        """Its place, for messages."""
        return f"step {self.number}"

    @property
    def ended(self) -> bool:
        """Whether the episode was over."""
        return bool(self.terminated) or bool(self.truncated)


@final
@dataclass(slots=True)
class Episode:
    """One episode; the last of a record may not be over.

    Attributes:
        observation: What the reset showed.
        info: What the reset said.
        steps: In order.
    """

    observation: Any
    info: dict[str, Any]
    steps: list[Step] = field(default_factory=list)

    def transitions(self) -> Transitions | None:
        """The episode as rewards read it: states where info holds them, else observations; None where it cannot be."""
        told = [self.info, *(step.info for step in self.steps)]
        places = [self.observation, *(step.observation for step in self.steps)]
        if all("state" in info for info in told):
            places = [info["state"] for info in told]
        names = set(self.steps[0].info.get("events", {})) if self.steps else set()
        if not self.steps or isinstance(self.observation, dict | tuple):
            return None
        if any(set(step.info.get("events", {})) != names for step in self.steps):
            return None
        return Transitions(
            np.array(places[:-1]),
            np.array([step.action for step in self.steps]),
            np.array(places[1:]),
            np.array([bool(step.terminated) for step in self.steps]),
            {name: np.array([float(step.info["events"][name]) for step in self.steps]) for name in names},
        )


@final
@dataclass(slots=True)
class Record:
    """Some episodes in a row.

    Attributes:
        episodes: At least one, unless the first reset failed.
        stopped: Why the play could not go on; None if it did.
        rewards: Rewards that are no finite numbers, by the layer where they begin.
        changed: Observations that were other than they had been, some steps after they were handed out.
    """

    episodes: list[Episode] = field(default_factory=list)
    stopped: Problem | None = None
    rewards: list[Problem] = field(default_factory=list)
    changed: list[Problem] = field(default_factory=list)

    def steps(self) -> list[Step]:
        """The steps of all episodes."""
        return [step for episode in self.episodes for step in episode.steps]


def play(env: gym.Env[Any, Any], patience: Patience, *, steps: int, seed: int, name: str = "") -> Record:
    """Play at random, keeping to ``action_masks()`` where there is one.

    Args:
        env: The environment; it is closed by who made it.
        patience: Told of each call.
        steps: How many in all.
        seed: Of the first reset, and of the actions.
        name: Put before the places, such as ``"reward 'speed', "``.
    """
    record, listener = Record(), listen(env)
    generator = np.random.default_rng(seed)
    handed_out: list[tuple[str, Any, Any]] = []

    def at(place: str) -> None:
        listener.place = name + place
        patience.at(name + place)

    def reset(of_seed: int | None) -> None:
        observation, info = env.reset(seed=of_seed)
        handed_out.append((listener.place, observation, kept_apart(observation)))
        record.episodes.append(Episode(handed_out[-1][2], info))

    try:
        at("reset")
        reset(seed)
        for number in range(1, steps + 1):
            at(f"step {number}")
            action = legal_action(env, generator)
            observation, reward, terminated, truncated, info = env.step(action)
            handed_out.append((listener.place, observation, kept_apart(observation)))
            kept = Step(number, kept_apart(action), handed_out[-1][2], reward, terminated, truncated, info)
            record.episodes[-1].steps.append(kept)
            if kept.ended and number < steps:
                at(f"reset after step {number}")
                reset(None)
    except Stopped as stopped:
        record.stopped = stopped.problem
    except Exception as fault:
        record.stopped = raised_problem(fault, listener.place)
    record.rewards = listener.first_rewards()
    record.changed = _changed(handed_out)
    return record


def legal_action(env: gym.Env[Any, Any], generator: np.random.Generator) -> Any:
    """A random action, one that is legal where the environment says which are."""
    if isinstance(env.action_space, gym.spaces.Discrete) and env.has_wrapper_attr("action_masks"):
        legal = np.flatnonzero(np.asarray(env.get_wrapper_attr("action_masks")()))
        if len(legal):
            return env.action_space.start + generator.choice(legal)
    env.action_space.seed(int(generator.integers(2**31)))
    return env.action_space.sample()


def raised_problem(fault: BaseException, where: str) -> Problem:
    """The problem of an error in a stranger's code, with the line where it was raised."""
    trace = fault.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    line = f"{trace.tb_frame.f_code.co_filename}, line {trace.tb_lineno}" if trace is not None else ""
    return Problem(where, told(fault), "no error", f"look at {line}" if line else "")


def _changed(handed_out: list[tuple[str, Any, Any]]) -> list[Problem]:
    from rewardlab.testing.observations import same

    for place, observation, copy in handed_out:
        if not same(observation, copy):
            fix = "return a copy, as in self._buffer.copy(): what a learner keeps must not change behind its back"
            return [Problem(place, "an observation that changed after it was returned", "one that stays", fix)]
    return []
