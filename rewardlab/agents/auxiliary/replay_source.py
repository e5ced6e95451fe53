"""Transitions out of an off-policy agent's replay buffer, drawn without moving NumPy's global random stream.

SB3's own ``sample`` draws from the global stream, so that asking it would change what the agent itself is given next.
Its arrays are read instead: always single steps, also where the agent learns from n-step returns or relabelled goals.
"""

from __future__ import annotations

from typing import Any, final

import numpy as np
from gymnasium import spaces
from stable_baselines3.common.buffers import ReplayBuffer
from stable_baselines3.common.off_policy_algorithm import OffPolicyAlgorithm

from rewardlab.agents.auxiliary.batch import AuxiliaryBatch, as_tensors, map_observations
from rewardlab.errors import BadInput, Problem

__all__ = ["ReplaySource"]


@final
class ReplaySource:
    """The replay buffer of an agent as a source of transitions.

    Args:
        model: An off-policy agent.

    Raises:
        BadInput: Its buffer keeps observations only once (``optimize_memory_usage``), so that what followed the last
            step of an episode is lost; it does not keep how episodes ended (``handle_timeout_termination=False``); or
            it is no `ReplayBuffer`.
    """

    def __init__(self, model: OffPolicyAlgorithm) -> None:
        buffer = model.replay_buffer
        if not isinstance(buffer, ReplayBuffer):
            raise BadInput(Problem("AuxiliaryObjectives", f"a {type(buffer).__name__}", "a replay buffer of SB3"))
        if buffer.optimize_memory_usage:
            got = "a replay buffer with optimize_memory_usage=True, which loses the last observation of each episode"
            raise BadInput(Problem("AuxiliaryObjectives", got, "one that keeps it", "leave that option out"))
        if not buffer.handle_timeout_termination:
            got = "a replay buffer with handle_timeout_termination=False, to which every ending is a termination"
            raise BadInput(Problem("AuxiliaryObjectives", got, "one that keeps time limits", "leave that option out"))
        self._model, self._buffer = model, buffer

    def sample(self, generator: np.random.Generator, size: int) -> AuxiliaryBatch:
        """Draw transitions of the buffer, with replacement."""
        buffer, normalizer = self._buffer, self._model.get_vec_normalize_env()
        rows = generator.integers(0, buffer.size(), size)
        environments = generator.integers(0, buffer.n_envs, size)

        def observed(arrays: Any) -> Any:
            drawn = map_observations(lambda part: part[rows, environments], arrays)
            return as_tensors(buffer._normalize_obs(drawn, normalizer), buffer.device)

        rewards = buffer._normalize_reward(buffer.rewards[rows, environments], normalizer)
        done = buffer.dones[rows, environments].astype(bool)
        truncated = done & buffer.timeouts[rows, environments].astype(bool)
        actions = as_tensors(buffer.actions[rows, environments], buffer.device)
        return AuxiliaryBatch(
            observed(buffer.observations),
            actions.long().flatten() if isinstance(self._model.action_space, spaces.Discrete) else actions,
            as_tensors(np.asarray(rewards, np.float32), buffer.device),
            observed(buffer.next_observations),
            as_tensors(done & ~truncated, buffer.device),
            as_tensors(truncated, buffer.device),
        )
