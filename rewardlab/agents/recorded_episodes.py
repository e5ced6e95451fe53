"""A few episodes of the final policy, recorded so that they can be played again: what to watch of a run."""

from __future__ import annotations

from typing import Any

import gymnasium as gym

from rewardlab.agents.evaluation import Policy, exploits_shown, play_single
from rewardlab.rewards.catalogue import Catalogue

__all__ = ["PLAYED_EPISODES", "recorded_episodes"]

PLAYED_EPISODES = 8
"""What is kept is chosen among so many."""


def recorded_episodes(env: gym.Env[Any, Any], policy: Policy, first_seed: int) -> dict[str, Any]:
    """Play `PLAYED_EPISODES` episodes and keep the actions of those worth watching.

    Args:
        env: A bare environment with a time limit.
        policy: Chooses the actions; given batches of one.
        first_seed: Of the first episode; the others have the next ones.

    Returns:
        JSON data. ``replay``: the first episode that shows an exploit, or the first of all, as ``seed``, ``actions``
        and ``exploits``. ``episodes``: how many were ``played``, those ``kept`` (as above, with ``objective``, its
        sum), and which of these is the ``best`` and the ``median`` by objective, the lower of two and the first of
        equals; and the first ``exploiting``, None if there is none.
    """
    catalogue = Catalogue.of(env)
    played: list[dict[str, Any]] = []
    for seed in range(first_seed, first_seed + PLAYED_EPISODES):
        actions, steps, objective = play_single(env, policy, seed)
        shown = exploits_shown(steps, catalogue)
        played.append({"seed": seed, "actions": actions, "exploits": shown, "objective": objective})
    best = max(played, key=_objective)
    median = sorted(played, key=_objective)[(len(played) - 1) // 2]
    exploiting = next((episode for episode in played if episode["exploits"]), None)
    kept = [episode for episode in played if episode in (best, median, exploiting)]
    replay = {name: (exploiting or played[0])[name] for name in ("seed", "actions", "exploits")}
    return {
        "replay": replay,
        "episodes": {
            "played": len(played),
            "kept": kept,
            "best": kept.index(best),
            "median": kept.index(median),
            "exploiting": None if exploiting is None else kept.index(exploiting),
        },
    }


def _objective(episode: dict[str, Any]) -> float:
    return float(episode["objective"])
