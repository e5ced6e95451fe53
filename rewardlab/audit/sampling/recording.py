"""A record of whole episodes in any environment: what was done, what was paid for it, and what was meant."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import copy, deepcopy
from dataclasses import dataclass
from typing import Any, final

import gymnasium as gym
import numpy as np
from gymnasium import spaces
from gymnasium.wrappers import NormalizeReward
from numpy.typing import NDArray

from rewardlab.errors import BadInput, InvalidReward, Problem, RunFailed
from rewardlab.rewards.reward import Reward
from rewardlab.transitions import Transitions
from rewardlab.wrappers.ledger_lines import ENVIRONMENT_LINE

__all__ = ["RANDOM", "Record", "SampledPolicy", "random_policy", "record_episodes"]

SampledPolicy = Callable[[Any], Any]
"""An observation in, an action out. A policy that draws its actions brings its own generator."""

RANDOM = "random"
"""The name of the policy that takes each legal action with the same probability."""

MAX_EPISODE_STEPS = 100_000


@final
@dataclass(frozen=True, slots=True, eq=False)
class Record:
    """E whole episodes of one policy, B steps in all, in time order.

    Attributes:
        policy: The name of the policy.
        steps: The steps. States are numbers where the environment numbers them, observations (flattened) elsewhere.
        proxy: ``[B]`` what was paid.
        objective: ``[B]`` what was meant.
        truncated: ``[B]`` bool, the steps at which a time limit cut an episode off that had not terminated.
        lines: Name to ``[B]``, the ledger: its lines add up to what was paid, if the wrappers keep it.
        first: ``[E]`` the row in which each episode begins.
        seeds: What each episode was reset with.
        numbered: Whether states are numbers.
        meant_is_said: Whether somebody says what is meant: whoever records, or the info of every step.
    """

    policy: str
    steps: Transitions
    proxy: NDArray[np.float64]
    objective: NDArray[np.float64]
    truncated: NDArray[np.bool_]
    lines: Mapping[str, NDArray[np.float64]]
    first: NDArray[np.int64]
    seeds: tuple[int, ...]
    numbered: bool
    meant_is_said: bool = True

    @property
    def lengths(self) -> NDArray[np.int64]:
        """``[E]`` the steps of each episode."""
        return np.diff(self.first, append=len(self.steps))

    def returns(self, amounts: NDArray[np.float64], gamma: float) -> NDArray[np.float64]:
        """The discounted sum of amounts ``[B]`` over each episode as it was played, ``[E]``."""
        times = np.arange(len(self.steps)) - np.repeat(self.first, self.lengths)
        sums: NDArray[np.float64] = np.add.reduceat(gamma**times * amounts, self.first)
        return sums

    def episode_sums(self, amounts: NDArray[Any]) -> NDArray[np.float64]:
        """The plain sum of amounts ``[B]`` over each episode, ``[E]``."""
        return self.returns(np.asarray(amounts, dtype=np.float64), 1.0)


def random_policy(env: gym.Env[Any, Any], rng: np.random.Generator) -> SampledPolicy:
    """Each legal action with the same probability; legal is what ``action_masks`` says, where there is such a method.

    Args:
        env: The environment. Actions that are no plain choice are drawn as their space draws them: an unbounded number
            normally distributed, for one.
        rng: Draws the actions.
    """
    space = env.action_space
    if isinstance(space, spaces.Discrete):
        masked = env.has_wrapper_attr("action_masks")

        def choose(observation: Any) -> int:
            del observation
            legal = np.asarray(env.get_wrapper_attr("action_masks")()) if masked else np.ones(space.n, dtype=np.bool_)
            return int(space.start + rng.choice(np.flatnonzero(legal)))

        return choose
    # The environment's own space keeps its own generator: nobody else's draws are to change.
    drawn = deepcopy(space)
    drawn.seed(int(rng.integers(2**31)))
    return lambda observation: drawn.sample()


def record_episodes(
    env: gym.Env[Any, Any],
    policy: SampledPolicy,
    *,
    episodes: int,
    seed: int,
    name: str = "policy",
    reward: Reward | None = None,
    objective: Reward | None = None,
    on_progress: Callable[[int], None] | None = None,
) -> Record:
    """Play whole episodes of one environment and keep them.

    Args:
        env: Any Gymnasium environment with a time limit, with its reward wrappers.
        policy: Chooses the actions.
        episodes: E, at least 1.
        seed: Gives each episode its seed; policies recorded with the same seed meet the same chances where the
            environment allows it.
        name: What the policy is called.
        reward: What is paid, as a function of the steps; what the environment pays by default.
        objective: What is meant; by default what the info says, or else what the environment pays before any wrapper.
        on_progress: Called with the number of episodes played so far, after each.

    Raises:
        BadInput: What is meant cannot be seen, since a foreign wrapper changes what the environment pays.
        InvalidReward: A reward is no finite number; the message names the episode and the step.
        RunFailed: An episode does not end.
    """
    seeds = tuple(int(word) for word in np.random.SeedSequence(seed).generate_state(episodes))
    tape = _Tape(env)
    for number, episode_seed in enumerate(seeds):
        tape.play(policy, episode_seed, number)
        if on_progress is not None:
            on_progress(number + 1)
    return tape.record(name, seeds, reward, objective)


@final
class _Tape:
    """What is noted down while episodes are played."""

    def __init__(self, env: gym.Env[Any, Any]) -> None:
        self._env = env
        self._numbered = False
        self._rows: list[tuple[Any, Any, Any, bool, bool, float]] = []
        self._infos: list[dict[str, Any]] = []
        self._first: list[int] = []

    def play(self, policy: SampledPolicy, seed: int, number: int) -> None:
        """Play one episode."""
        observation, info = self._env.reset(seed=seed)
        if not self._rows:
            self._numbered = "state" in info or isinstance(self._env.observation_space, spaces.Discrete)
        self._first.append(len(self._rows))
        now, ended = self._place(observation, info), False
        while not ended:
            step = len(self._rows) - self._first[-1]
            if step >= MAX_EPISODE_STEPS:
                raise RunFailed(f"episode {number}: got no end after {step} steps; give the environment a time limit")
            action = policy(observation)
            observation, paid, terminated, truncated, info = self._env.step(action)
            if not np.isfinite(float(paid)):
                raise InvalidReward(f"episode {number}, step {step}: got reward {paid}, expected a finite number")
            reached = self._place(observation, info)
            cut_off = bool(truncated and not terminated)
            self._rows.append((now, np.array(action), reached, bool(terminated), cut_off, float(paid)))
            # Copies: whoever acts, and whoever fills an info, may use one array and one dictionary again and again.
            self._infos.append({name: copy(info[name]) for name in ("objective", "ledger", "events") if name in info})
            now, ended = reached, bool(terminated or truncated)

    def record(self, name: str, seeds: tuple[int, ...], reward: Reward | None, objective: Reward | None) -> Record:
        """All of it as arrays."""
        state, action, reached, terminated, cut_off, paid = zip(*self._rows, strict=True)
        steps = Transitions(
            np.array(state), np.array(action), np.array(reached), np.array(terminated), self._columns("events")
        )
        own = np.array(paid)
        lines = reward.lines(steps) if reward is not None else self._columns("ledger") or {ENVIRONMENT_LINE: own}
        proxy = own if reward is None else np.sum([*lines.values()], axis=0)
        meant = self._objective(own) if objective is None else objective(steps)
        said = objective is not None or all("objective" in info for info in self._infos)
        first = np.array(self._first, dtype=np.int64)
        return Record(name, steps, proxy, meant, np.array(cut_off), lines, first, seeds, self._numbered, said)

    def _place(self, observation: Any, info: Mapping[str, Any]) -> Any:
        if "state" in info:
            return np.array(info["state"])
        if isinstance(observation, np.ndarray | np.generic | int | float):
            return np.array(observation)
        return spaces.flatten(self._env.observation_space, observation)

    def _columns(self, key: str) -> dict[str, NDArray[np.float64]]:
        """A dictionary in each step's info as columns; what a step does not name is 0 there."""
        names = dict.fromkeys(name for info in self._infos for name in info.get(key, {}))
        return {name: np.array([float(info.get(key, {}).get(name, 0.0)) for info in self._infos]) for name in names}

    def _objective(self, own: NDArray[np.float64]) -> NDArray[np.float64]:
        stated = [info.get("objective") for info in self._infos]
        if all(amount is not None for amount in stated):
            return np.array(stated, dtype=np.float64)
        ledger = self._columns("ledger")
        if ENVIRONMENT_LINE in ledger:
            return ledger[ENVIRONMENT_LINE]
        foreign = _foreign_reward_wrapper(self._env)
        if foreign is None:
            return own
        fix = (
            "put 'objective' into the info of the environment, or give it as a Reward.from_function(...): against= of"
            " rewardlab.audit, objective= of sampled_audit"
        )
        got = f"nothing, and a reward that {foreign} changes"
        raise BadInput(Problem("info['objective']", got, "what is meant, in every step", fix))


def _foreign_reward_wrapper(env: gym.Env[Any, Any]) -> str | None:
    """The name of a wrapper that changes the reward and keeps no ledger, if there is one."""
    layer = env
    while isinstance(layer, gym.Wrapper):
        if isinstance(layer, gym.RewardWrapper | NormalizeReward):
            return type(layer).__name__
        layer = layer.env
    return None
