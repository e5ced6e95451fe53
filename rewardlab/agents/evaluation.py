"""Evaluation: whole episodes in the bare environment, kept as transitions, so that any reward can score them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, final

import gymnasium as gym
import numpy as np
from gymnasium.vector import AutoresetMode, VectorEnv
from numpy.typing import NDArray

from rewardlab.errors import BadInput, Problem, RunFailed
from rewardlab.rewards.catalogue import Catalogue
from rewardlab.rewards.reward import Reward
from rewardlab.transitions import Transitions

__all__ = [
    "MAX_EPISODE_STEPS",
    "Episode",
    "Policy",
    "evaluation_scores",
    "exploits_shown",
    "legal_actions",
    "play_episodes",
    "play_single",
]

Policy = Callable[[Any, NDArray[np.int64] | None, NDArray[np.bool_] | None], NDArray[Any]]
"""Observations ``[N, ...]``, states ``[N]`` and legal actions ``[N, A]`` in (None if there are none), actions out."""

MAX_EPISODE_STEPS = 100_000
"""Of an episode that is played to its end, until it counts as one that has none."""

_Played = tuple[NDArray[np.bool_], Transitions, NDArray[np.float64], NDArray[np.float64]]
"""A step of all environments: which of them run, what they did, the objective and what was paid."""


@final
@dataclass(frozen=True, slots=True)
class Episode:
    """One whole episode.

    Attributes:
        steps: Its transitions in time order.
        objective: ``[T]`` what the designer means, step by step.
        paid: ``[T]`` what the environment that was played in paid.
    """

    steps: Transitions
    objective: NDArray[np.float64]
    paid: NDArray[np.float64]


def play_episodes(env: VectorEnv[Any, Any, Any], policy: Policy, seed: int) -> list[Episode]:
    """Play one episode in each environment of a vector.

    Args:
        env: A bare vector environment in DISABLED mode: no reward wrapper belongs here.
        policy: Chooses the actions.
        seed: Seeds the environments.

    Returns:
        N episodes, in the order of the environments.

    Raises:
        BadInput: The environment restarts episodes by itself.
        RunFailed: An episode does not end.
    """
    if env.metadata.get("autoreset_mode") is not AutoresetMode.DISABLED:
        raise BadInput(Problem("env autoreset mode", str(env.metadata.get("autoreset_mode")), "DISABLED"))
    observations, infos = env.reset(seed=seed)
    states = infos.get("state")
    current = observations if states is None else states
    running = np.ones(env.num_envs, dtype=np.bool_)
    history: list[_Played] = []
    while running.any():
        if len(history) >= MAX_EPISODE_STEPS:
            raise _endless("evaluation")
        masks = legal_actions(env)
        actions = np.asarray(policy(observations, states, masks))
        observations, rewards, terminations, truncations, infos = env.step(actions)
        states = infos.get("state")
        reached = observations if states is None else states
        events = {name: values for name, values in infos.get("events", {}).items() if not name.startswith("_")}
        step = Transitions(current, actions, reached, terminations, events)
        history.append((running, step, infos.get("objective", rewards), rewards))
        current = reached
        ended = terminations | truncations
        running = running & ~ended
        if ended.any() and running.any():
            # Restarted only because DISABLED mode forbids stepping on; what these do from here is not recorded.
            observations, restarted = env.reset(options={"reset_mask": ended})
            masks = legal_actions(env)
            if states is not None and masks is not None and not masks.all():
                # Told of the state that has ended, a policy would choose what is not legal in the one begun anew.
                states = np.where(ended, restarted["state"], states)
    return _episodes(history)


def evaluation_scores(
    episodes: list[Episode], own_reward: Reward | None, catalogue: Catalogue | None
) -> dict[str, Any]:
    """Score episodes under every reward of a catalogue, undiscounted, as means over the episodes.

    Args:
        episodes: What was played.
        own_reward: What the agent was paid in training, without shaping. None for an environment's own reward.
        catalogue: What the environment offers.

    Returns:
        ``objective``, ``paid``, ``steps``, and by name ``rewards``, ``exploits`` (the share of episodes in which the
        detector fired) and ``events`` (totals of an episode; of those that the catalogue counts in some episodes only,
        over these, and left out where there is none).
    """
    objective = float(np.mean([episode.objective.sum() for episode in episodes]))
    scores: dict[str, Any] = {
        "objective": objective,
        "paid": objective if own_reward is None else _mean_score(own_reward, episodes),
        "steps": float(np.mean([len(episode.steps) for episode in episodes])),
        "rewards": {},
        "exploits": {},
        "events": _mean_totals(episodes, catalogue.averaged_where if catalogue else {}),
    }
    shown = Counter(exploit for episode in episodes for exploit in set(exploits_shown(episode.steps, catalogue)))
    for name, reward in (catalogue.rewards if catalogue else {}).items():
        scores["rewards"][name] = _mean_score(reward, episodes)
        if reward.exploit is not None:
            scores["exploits"][reward.exploit.name] = shown[reward.exploit.name] / len(episodes)
    return scores


def play_single(env: gym.Env[Any, Any], policy: Policy, seed: int) -> tuple[list[Any], Transitions, float]:
    """Play one episode of a single environment.

    Args:
        env: A bare environment with a time limit.
        policy: Chooses the actions; given batches of one.
        seed: Seeds the environment.

    Returns:
        The actions as plain numbers, the transitions in time order, and the sum of the objective.

    Raises:
        RunFailed: The episode does not end.
    """
    observation, info = env.reset(seed=seed)
    actions: list[Any] = []
    steps: list[Transitions] = []
    objective = 0.0
    ended = False
    while not ended:
        if len(actions) >= MAX_EPISODE_STEPS:
            raise _endless("a replay")
        masks = env.get_wrapper_attr("action_masks")()[None] if env.has_wrapper_attr("action_masks") else None
        state = np.array([info["state"]]) if "state" in info else None
        action = policy(np.asarray(observation)[None], state, masks)[0]
        before = info.get("state", observation)
        observation, paid, terminated, truncated, info = env.step(action)
        objective += float(info.get("objective", paid))
        after = info.get("state", observation)
        events = {name: np.array([amount]) for name, amount in info.get("events", {}).items()}
        before, after, ended_here = (np.asarray(part)[None] for part in (before, after, terminated))
        steps.append(Transitions(before, np.asarray(action)[None], after, ended_here, events))
        actions.append(np.asarray(action).tolist())
        ended = bool(terminated or truncated)
    return actions, Transitions.concatenate(steps), objective


def exploits_shown(steps: Transitions, catalogue: Catalogue | None) -> list[str]:
    """The names of the exploits of a catalogue that an episode shows."""
    known = [reward.exploit for reward in catalogue.rewards.values() if reward.exploit] if catalogue else []
    return [exploit.name for exploit in known if exploit.detect(steps)]


def legal_actions(env: VectorEnv[Any, Any, Any]) -> NDArray[np.bool_] | None:
    """The legal actions of every environment, ``[N, A]``, of a native vector or of copies; None if none are given."""
    base: Any = env.unwrapped
    if hasattr(base, "action_masks"):
        return np.asarray(base.action_masks())
    if getattr(base, "envs", None) and base.envs[0].has_wrapper_attr("action_masks"):
        return np.stack(base.call("action_masks"))
    return None


def _endless(what: str) -> RunFailed:
    return RunFailed(f"{what}: got no end after {MAX_EPISODE_STEPS} steps; give the environment a time limit")


def _mean_totals(episodes: list[Episode], averaged_where: Mapping[str, str]) -> dict[str, float]:
    means = {}
    for name in episodes[0].steps.events:
        where = averaged_where.get(name)
        counted = [episode.steps for episode in episodes if where is None or episode.steps.events[where].any()]
        if counted:
            means[name] = float(np.mean([steps.events[name].sum() for steps in counted]))
    return means


def _mean_score(reward: Reward, episodes: list[Episode]) -> float:
    paid = reward(Transitions.concatenate([episode.steps for episode in episodes]))
    return float(paid.sum() / len(episodes))


def _episodes(history: list[_Played]) -> list[Episode]:
    """The steps of all environments, sorted by environment; those after its end are left out."""
    steps = Transitions.concatenate([step for _, step, _, _ in history])
    running, objective, paid = (np.array([played[part] for played in history]) for part in (0, 2, 3))
    episodes = []
    for index in range(running.shape[1]):
        lived = np.flatnonzero(running[:, index])
        of_this = steps.select(lived * running.shape[1] + index)
        mine = (np.asarray(part[lived, index], dtype=np.float64) for part in (objective, paid))
        episodes.append(Episode(of_this, *mine))
    return episodes
