"""The memory of an agent of stable-baselines3, as it is between two rollouts: arrays and JSON data, no pickle.

What SB3's own ``save`` leaves out, and what makes the difference between going on and going on identically: the last
observations, the beginnings of episodes, every counter, the stream of the action space, and the replay buffer.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from stable_baselines3.common.buffers import DictReplayBuffer, ReplayBuffer
from torch.optim import Optimizer

from rewardlab.errors import BadInput, Problem
from rewardlab.snapshots import generator_from

__all__ = ["agent_snapshot", "restore_agent"]

_COUNTERS = (
    "num_timesteps",
    "_current_progress_remaining",
    "_episode_num",
    "_n_calls",
    "_n_updates",
    "exploration_rate",
)
_LAST = ("_last_episode_starts", "_last_obs", "_last_original_obs")
_REPLAYED = ("observations", "next_observations", "actions", "rewards", "dones", "timeouts")


def agent_snapshot(agent: Any) -> dict[str, Any]:
    """Weights, optimiser, counters, last observations, the stream of the action space and the replay buffer.

    Args:
        agent: An ``A2C``, ``DQN``, ``PPO`` or ``MaskablePPO`` between two rollouts, so that its rollout buffer is void.
    """
    state: dict[str, Any] = {
        "counters": {name: getattr(agent, name) for name in _COUNTERS if hasattr(agent, name)},
        "last": {name: _copied(getattr(agent, name)) for name in _LAST if hasattr(agent, name)},
        "policy": {name: _array(weights) for name, weights in agent.policy.state_dict().items()},
        "optimizer": _optimizer_snapshot(agent.policy.optimizer),
        "actions": agent.action_space.np_random.bit_generator.state,
        "episodes": list(agent.ep_info_buffer),
        "successes": list(agent.ep_success_buffer),
    }
    buffer = getattr(agent, "replay_buffer", None)
    return state if buffer is None else {**state, "replay": _replay_snapshot(buffer)}


def restore_agent(agent: Any, state: Mapping[str, Any]) -> None:
    """Give an agent that was made alike what another one was.

    Raises:
        BadInput: It is of an agent of another make.
    """
    weights = {name: torch.from_numpy(array) for name, array in state["policy"].items()}
    try:
        agent.policy.load_state_dict(weights)
    except RuntimeError as fault:
        got = " ".join(str(fault).split())
        raise BadInput(Problem("the weights of a checkpoint", got, "those of an agent that was made alike")) from None
    _restore_optimizer(agent.policy.optimizer, state["optimizer"])
    for name, value in {**state["counters"], **state["last"]}.items():
        setattr(agent, name, value)
    agent.action_space._np_random = generator_from(state["actions"])
    window = agent._stats_window_size
    agent.ep_info_buffer = deque(state["episodes"], maxlen=window)
    agent.ep_success_buffer = deque(state["successes"], maxlen=window)
    if "replay" in state:
        _restore_replay(agent.replay_buffer, state["replay"])


def _optimizer_snapshot(optimizer: Optimizer) -> dict[str, Any]:
    found = optimizer.state_dict()
    return {
        "learning_rates": [group["lr"] for group in found["param_groups"]],
        "state": {
            str(place): {name: _array(part) if isinstance(part, torch.Tensor) else part for name, part in kept.items()}
            for place, kept in found["state"].items()
        },
    }


def _restore_optimizer(optimizer: Optimizer, state: Mapping[str, Any]) -> None:
    kept = {
        int(place): {
            # A copy by torch lies in memory as its own tensors do.
            name: torch.from_numpy(part).clone() if isinstance(part, np.ndarray) else part
            for name, part in parts.items()
        }
        for place, parts in state["state"].items()
    }
    optimizer.load_state_dict({**optimizer.state_dict(), "state": kept})
    for group, rate in zip(optimizer.param_groups, state["learning_rates"], strict=True):
        group["lr"] = rate


def _replay_snapshot(buffer: Any) -> dict[str, Any]:
    if type(buffer) not in (ReplayBuffer, DictReplayBuffer):
        raise BadInput(Problem("the replay buffer", f"a {type(buffer).__name__}", "a ReplayBuffer of SB3"))
    filled = buffer.size()
    names = [name for name in _REPLAYED if hasattr(buffer, name)]
    rows = {name: _each(lambda part: part[:filled], getattr(buffer, name)) for name in names}
    return {"pos": buffer.pos, "full": buffer.full, "rows": rows}


def _restore_replay(buffer: Any, state: Mapping[str, Any]) -> None:
    for name, rows in state["rows"].items():
        kept = getattr(buffer, name)
        parts = [(rows[key], kept[key]) for key in rows] if isinstance(rows, dict) else [(rows, kept)]
        for part, place in parts:
            place[: len(part)] = part
    buffer.pos, buffer.full = state["pos"], state["full"]


def _array(tensor: torch.Tensor) -> np.ndarray[Any, Any]:
    found: np.ndarray[Any, Any] = tensor.detach().cpu().numpy().copy()
    return found


def _copied(value: Any) -> Any:
    return None if value is None else _each(np.array, value)


def _each(function: Any, value: Any) -> Any:
    return {key: function(part) for key, part in value.items()} if isinstance(value, dict) else function(value)
