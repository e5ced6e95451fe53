"""Random scripts, what happens in them step by step in each autoreset mode, and what a wrapper makes of them.

What happens is worked out from the scripts alone, without Gymnasium, so that a reference computed from it owes nothing
to what is tested.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import gymnasium as gym
import numpy as np
from gymnasium.vector import AutoresetMode, SyncVectorEnv, VectorEnv, VectorWrapper

from tests.wrappers.scripted_env import ScriptedEnv, ScriptedEpisode, ScriptedStep

TERMINAL = 9
"""The state of every termination; the others are 0 to 8."""

Wrap = Callable[[Any], Any]
Stream = Sequence[ScriptedEpisode]


@dataclass(frozen=True)
class Happened:
    """What happened to N environments in T vector steps, each array ``[T, N]``.

    Attributes:
        now: The state where the step began.
        reached: The state that it led to, before any reset.
        reward: What the environment paid; 0 on the reset rows of NEXT_STEP.
        terminated: Whether the task ended.
        truncated: Whether a limit cut it off.
        paid: Whether it was a step at all; False on the reset rows of NEXT_STEP.
        restarted: Whether a new episode begins after this step, be it in mid-episode.
    """

    now: np.ndarray
    reached: np.ndarray
    reward: np.ndarray
    terminated: np.ndarray
    truncated: np.ndarray
    paid: np.ndarray
    restarted: np.ndarray

    @property
    def ended(self) -> np.ndarray:
        return self.terminated | self.truncated


@dataclass(frozen=True)
class Seen:
    """What came out of a wrapped environment: rewards ``[T, N]``, and the ledger's lines (NaN where there was none)."""

    reward: np.ndarray
    lines: dict[str, np.ndarray]
    env: Any


def random_stream(rng: np.random.Generator, steps: int) -> list[ScriptedEpisode]:
    """Episodes of one to eight steps, ``steps`` steps or more in all."""
    episodes = []
    for length in rng.integers(1, 9, size=steps).tolist():
        states, rewards = rng.integers(TERMINAL, size=length + 1).tolist(), rng.normal(scale=10, size=length).tolist()
        taken = [ScriptedStep(state, reward) for state, reward in zip(states[1:], rewards, strict=True)]
        terminated, truncated = [(True, False), (False, True), (False, True), (True, True)][rng.integers(4)]
        last = TERMINAL if terminated else states[-1]
        taken[-1] = ScriptedStep(last, rewards[-1], terminated, truncated)
        episodes.append(ScriptedEpisode(states[0], taken))
    return episodes


def happened(streams: Sequence[Stream], mode: AutoresetMode | None, abandon: np.ndarray) -> Happened:
    """What happens to some streams in a mode; None stands for single environments that are reset at once.

    Args:
        streams: N scripts.
        mode: The autoreset mode.
        abandon: ``[T, N]`` bool, where to reset in mid-episode (single environments and DISABLED only).
    """
    steps, count = abandon.shape
    out = Happened(
        *(np.zeros((steps, count), dtype) for dtype in (int, int, float, bool, bool, bool, bool)),
    )
    for index, stream in enumerate(streams):
        episode, taken, resetting = 0, 0, False
        for step in range(steps):
            script = stream[episode % len(stream)]
            state = script.first if taken == 0 else script.steps[taken - 1].state
            out.now[step, index] = state
            if resetting:
                out.reached[step, index], resetting = script.first, False
                continue
            this = script.steps[taken]
            taken += 1
            out.paid[step, index], out.reward[step, index], out.reached[step, index] = True, this.reward, this.state
            out.terminated[step, index], out.truncated[step, index] = this.terminated, this.truncated
            if this.terminated or this.truncated or abandon[step, index]:
                out.restarted[step, index] = True
                episode, taken = episode + 1, 0
                resetting = mode is AutoresetMode.NEXT_STEP
    return out


def play_scalar(stream: Stream, wrap: Wrap, abandon: np.ndarray) -> Seen:
    """Play one script through a scalar wrapper; ``abandon`` is ``[T]``. Arrays come out as ``[T, 1]``."""
    env = wrap(ScriptedEnv(stream, events=True))
    env.reset()
    rewards, ledgers = [], []
    for give_up in abandon:
        _, reward, terminated, truncated, info = env.step(0)
        rewards.append([float(reward)])
        ledgers.append(info.get("ledger", {}))
        if terminated or truncated or give_up:
            env.reset()
    names = dict.fromkeys(name for ledger in ledgers for name in ledger)
    lines = {name: np.array([[ledger.get(name, np.nan)] for ledger in ledgers], dtype=float) for name in names}
    return Seen(np.array(rewards), lines, env)


class Untouchable(VectorWrapper):
    """Hands out arrays that nobody may write to."""

    def step(self, actions: Any) -> Any:
        observations, rewards, terminations, truncations, infos = self.env.step(actions)
        rewards.setflags(write=False)
        for key, value in infos.items():
            if isinstance(value, np.ndarray) and key != "final_obs":
                value.setflags(write=False)
        return observations, rewards, terminations, truncations, infos


def vector_of(streams: Sequence[Stream], mode: AutoresetMode) -> VectorEnv:
    """A vector environment that plays the scripts."""
    makers = [lambda stream=stream: ScriptedEnv(stream, events=True) for stream in streams]
    return Untouchable(SyncVectorEnv(makers, autoreset_mode=mode))


def play_vector(
    streams: Sequence[Stream], wrap: Wrap, mode: AutoresetMode, abandon: np.ndarray, after: Wrap | None = None
) -> Seen:
    """Play some scripts through a vector wrapper.

    Args:
        streams: N scripts.
        wrap: Puts the wrapper round the vector environment.
        mode: The autoreset mode.
        abandon: ``[T, N]`` bool, where to reset in mid-episode (DISABLED only).
        after: Called with the wrapped environment after each step.
    """
    steps, count = abandon.shape
    env = wrap(vector_of(streams, mode))
    env.reset()
    rewards, lines = np.zeros((steps, count)), {}
    for step in range(steps):
        _, paid, terminations, truncations, infos = env.step(np.zeros(count, dtype=np.int64))
        rewards[step] = paid
        for part in (infos, infos.get("final_info", {})):
            ledger = part.get("ledger", {})
            for name in ledger:
                if name.startswith("_"):
                    continue
                row = lines.setdefault(name, np.full((steps, count), np.nan))[step]
                here = ledger[f"_{name}"] & part["_ledger"]
                row[here] = ledger[name][here]
        if after is not None:
            after(env)
        ended = terminations | truncations
        if mode is AutoresetMode.DISABLED and (ended | abandon[step]).any():
            env.reset(options={"reset_mask": ended | abandon[step]})
    return Seen(rewards, lines, env)


def no_wrapper(env: gym.Env | VectorEnv) -> Any:
    return env
