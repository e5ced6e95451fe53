"""How good the policy is that has been learned so far: played in the bare environment, while training goes on."""

from __future__ import annotations

from typing import Any, final

import numpy as np
from gymnasium.vector import VectorEnv

from rewardlab.agents.evaluation import Policy, play_episodes

__all__ = ["Probe"]


@final
class Probe:
    """Plays a policy without exploration, always from the same draws, and without touching the training.

    Training episodes say little of the task where exploration spoils them or a curriculum makes them easy.

    Args:
        env: A bare vector environment in DISABLED mode; one episode is played in each of its environments.
        seed: Seeds it, each time anew.
    """

    def __init__(self, env: VectorEnv[Any, Any, Any], seed: int) -> None:
        self._env = env
        self._seed = seed

    def __call__(self, policy: Policy) -> float:
        """The mean objective of the episodes."""
        return float(np.mean([episode.objective.sum() for episode in play_episodes(self._env, policy, self._seed)]))

    def close(self) -> None:
        """Close the environment."""
        self._env.close()
