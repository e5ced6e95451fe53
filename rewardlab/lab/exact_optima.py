"""What the best policy could score: the line that no agent can be above."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import gymnasium as gym

from rewardlab.rewards.catalogue import Catalogue

__all__ = ["exact_optima", "never_negative"]


def exact_optima(environment_id: str, settings: Mapping[str, Any]) -> dict[str, float]:
    """The exact best undiscounted score of each reward of the catalogue over one episode.

    Args:
        environment_id: A registered id.
        settings: Keyword arguments of the environment.

    Returns:
        Reward name to score; empty where the environment is no finite model.
    """
    return dict(_solved(environment_id, json.dumps(settings, sort_keys=True))[0])


def never_negative(environment_id: str, settings: Mapping[str, Any]) -> frozenset[str]:
    """The events of which no step of an environment has less than 0, such as those that are counted.

    Args:
        environment_id: A registered id.
        settings: Keyword arguments of the environment.

    Returns:
        Their names; empty where the environment is no finite model.
    """
    return _solved(environment_id, json.dumps(settings, sort_keys=True))[1]


@lru_cache(maxsize=64)
def _solved(environment_id: str, settings: str) -> tuple[Mapping[str, float], frozenset[str]]:
    from rewardlab.mdp import FiniteEnv, solve_finite_horizon

    env = gym.make(environment_id, **json.loads(settings))
    base, catalogue = env.unwrapped, Catalogue.of(env)
    if not isinstance(base, FiniteEnv) or catalogue is None:
        return {}, frozenset()
    horizon = env.spec.max_episode_steps if env.spec and env.spec.max_episode_steps else base.task.max_episode_steps
    model = base.task.model
    optima = {
        name: solve_finite_horizon(model, model.reward_table(reward), horizon).expected_score
        for name, reward in catalogue.rewards.items()
    }
    return optima, frozenset(name for name, amounts in model.events.items() if (amounts[model.feasible] >= 0).all())
