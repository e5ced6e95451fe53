"""The seven algorithms, each so small that it is soon done, in the scripted environment."""

from __future__ import annotations

from typing import Any

import torch
from gymnasium import spaces
from sb3_contrib import QRDQN, MaskablePPO
from stable_baselines3 import A2C, DQN, PPO, SAC, TD3
from stable_baselines3.common.base_class import BaseAlgorithm

ROLLOUT: dict[str, Any] = {"n_steps": 16, "batch_size": 16, "n_epochs": 2}
REPLAY: dict[str, Any] = {"learning_starts": 12, "batch_size": 16, "buffer_size": 100, "train_freq": 4}
ALGORITHMS: dict[str, tuple[type[BaseAlgorithm], dict[str, Any]]] = {
    "PPO": (PPO, ROLLOUT),
    "A2C": (A2C, {"n_steps": 8}),
    "MaskablePPO": (MaskablePPO, ROLLOUT),
    "DQN": (DQN, REPLAY),
    "QRDQN": (QRDQN, REPLAY),
    "SAC": (SAC, REPLAY),
    "TD3": (TD3, REPLAY),
}
CONTINUOUS = ("SAC", "TD3")
"""Those that know continuous actions only."""
LINE = spaces.Box(-1.0, 1.0, (2,))
STEPS = 32
"""Of a training; two rollouts of PPO, and five updates of what learns from a buffer."""


def scripted_agent(algorithm: str, environment: Any, policy: str = "MlpPolicy", **options: Any) -> BaseAlgorithm:
    """An agent in an environment that suits it."""
    # Two threads for layers of sixteen units only wait for one another.
    torch.set_num_threads(1)
    kind, settings = ALGORITHMS[algorithm]
    options.setdefault("policy_kwargs", {"net_arch": [16]})
    return kind(policy, environment, seed=0, device="cpu", **{**settings, **options})
