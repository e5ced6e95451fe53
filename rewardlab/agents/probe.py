"""How good the policy is that has been learned so far: played in the bare environment, while training goes on."""

from __future__ import annotations

from typing import Any, final

import numpy as np
from gymnasium.vector import VectorEnv

from rewardlab.agents.evaluation import Policy, play_episodes
from rewardlab.agents.guards import GuardSettings
from rewardlab.agents.guards.evaluation_guard import require_sound_episodes, sound_policy

__all__ = ["Probe"]

_GUARDS = GuardSettings()


@final
class Probe:
    """Plays a policy without exploration, always from the same draws, and without touching the training.

    Training episodes say little of the task where exploration spoils them or a curriculum makes them easy.

    Args:
        env: A bare vector environment in DISABLED mode; one episode is played in each of its environments.
        seed: Seeds it, each time anew.
        guards: What is too large to be believed.
    """

    def __init__(self, env: VectorEnv[Any, Any, Any], seed: int, guards: GuardSettings = _GUARDS) -> None:
        self._env = env
        self._seed = seed
        self._guards = guards

    def __call__(self, policy: Policy) -> float:
        """The mean objective of the episodes.

        Raises:
            Diverged: A number in them is NaN, infinite or absurdly large.
        """
        episodes = play_episodes(self._env, sound_policy(policy, self._guards, "probe"), self._seed)
        require_sound_episodes(episodes, self._guards, "probe")
        return float(np.mean([episode.objective.sum() for episode in episodes]))

    def close(self) -> None:
        """Close the environment."""
        self._env.close()
