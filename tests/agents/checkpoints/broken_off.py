"""Trainings that are broken off, and what they come to when they go on; in this process or in others."""

from __future__ import annotations

import hashlib
import json
import multiprocessing
import random
from collections.abc import Mapping
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import numpy as np
import torch

from rewardlab.agents import TrainingJob, TrainingRun, train, train_job
from rewardlab.agents.checkpoints import CheckpointSettings

ALGORITHMS: dict[str, dict[str, Any]] = {
    # Several updates in a span of the curve, which are averaged over.
    "a2c": {"gamma": 0.97, "n_steps": 2},
    # A buffer that is overwritten in the course of the training.
    "dqn": {"gamma": 0.97, "learning_starts": 100, "target_update_interval": 300, "buffer_size": 1200, "tau": 0.5},
    "maskable_ppo": {"gamma": 0.97, "n_steps": 20, "batch_size": 100, "n_epochs": 2},
    "ppo": {"gamma": 0.97, "n_steps": 20, "batch_size": 100, "n_epochs": 2},
    "q_learning": {"gamma": 0.97},
}
_SHAPED = (
    {"kind": "curriculum", "stages": ["near", "halfway"], "event": "exits", "window": 25, "rate": 0.5},
    {"kind": "clip", "min_reward": -0.5, "max_reward": 0.5},
    {"kind": "potential_shaping", "potential": "distance"},
    {"kind": "scale", "warm_up": 100},
)
_GRIDWORLD = {"slip": 0.2, "max_episode_steps": 30}
ENVIRONMENTS: dict[str, dict[str, Any]] = {
    "delayed_credit": {
        "environment_id": "rewardlab_envs:rewardlab/DelayedCredit-v0",
        "environment_settings": {"delay": 7},
        "reward": "raw",
        "wrappers": ({"kind": "scale", "warm_up": 10},),
    },
    "delivery": {
        "environment_id": "rewardlab_envs:rewardlab/Delivery-v0",
        "reward": "speed",
        "wrappers": ({"kind": "bonus", "potential": "distance"},),
        "auxiliary": (
            {"objective": "next_observation", "loss": "squared_error", "weight": 0.1},
            {"objective": "adversarial_next_observation", "adversarial_weight": 0.1, "weight": 0.05},
        ),
        "regularizers": ({"l1": 1e-4, "l2": 1e-4},),
        "auxiliary_seed": 5,
    },
    "gridworld": {
        "environment_id": "rewardlab_envs:rewardlab/Gridworld-v0",
        "environment_settings": _GRIDWORLD,
        "reward": "goal",
        "wrappers": _SHAPED,
    },
    "noisy": {
        "environment_id": "rewardlab_envs:rewardlab/NoisyGridworld-v0",
        "environment_settings": {**_GRIDWORLD, "noise": 3},
        "reward": "goal",
    },
    "stranger": {"environment_id": "CartPole-v1", "reward": "environment"},
}


class BrokenOff(Exception):
    """Ends a training in the middle."""


def training(algorithm: str, environment: str, budget_steps: int = 2000) -> TrainingRun:
    """A small run."""
    chosen = {**ENVIRONMENTS[environment]}
    if algorithm == "q_learning":
        chosen = {key: part for key, part in chosen.items() if "auxiliary" not in key and key != "regularizers"}
    seeds = {"environment_seed": 1, "evaluation_seed": 2, "replay_seed": 3, "learner_seed": 4}
    return TrainingRun(
        **{"environment_settings": {}, "wrappers": (), **chosen, **seeds},
        algorithm=algorithm,
        algorithm_settings=ALGORITHMS[algorithm],
        num_envs=10,
        budget_steps=budget_steps,
        evaluation_episodes=5,
    )


def quiet(_: int) -> None:
    """Reports no progress."""


def hashed(result: Mapping[str, Any]) -> str:
    """The hash of a whole result, that of its weights among it; apart from what says that it was broken off."""
    kept = {name: part for name, part in result.items() if name != "resumed"}
    return hashlib.sha256(json.dumps(kept).encode()).hexdigest()


def break_off(run: TrainingRun, settings: CheckpointSettings, after_steps: int) -> None:
    """Train until that many steps are reported, and no further."""

    def stop(steps: int) -> None:
        if steps >= after_steps:
            raise BrokenOff

    try:
        train(run, stop, settings)
    except BrokenOff:
        return
    raise AssertionError(f"it was over before {after_steps} steps")


def go_on(run: TrainingRun, settings: CheckpointSettings) -> dict[str, Any]:
    """Train to the end, where everybody has drawn from the global streams meanwhile."""
    random.seed(99)
    np.random.seed(99)  # noqa: NPY002 - a disturbance on purpose
    torch.manual_seed(99)
    return train_job(TrainingJob(run, settings), quiet)


def kill(run: TrainingRun, settings: CheckpointSettings, after_steps: int) -> None:
    """Train in a process of its own, and kill that for good once it has reported so many steps."""
    process, receiving = _started(run, settings)
    while (news := receiving.recv())[0] == "progress" and news[1] < after_steps:
        pass
    assert news[0] == "progress", f"it was over before {after_steps} steps: {news}"
    process.kill()
    process.join()


def go_on_elsewhere(run: TrainingRun, settings: CheckpointSettings) -> dict[str, Any]:
    """Train to the end in a process of its own."""
    process, receiving = _started(run, settings)
    while (news := receiving.recv())[0] == "progress":
        pass
    process.join()
    result: dict[str, Any] = news[1]
    return result


def present(settings: CheckpointSettings) -> list[Path]:
    """The checkpoints in a folder, the oldest first."""
    return sorted(path for path in settings.folder.iterdir() if path.name.isdigit())


def _started(run: TrainingRun, settings: CheckpointSettings) -> tuple[Any, Connection]:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["rewardlab.agents.preload"])
    receiving, sending = context.Pipe(duplex=False)
    process = context.Process(target=_train, args=(TrainingJob(run, settings), sending), daemon=True)
    process.start()
    sending.close()
    return process, receiving


def _train(job: TrainingJob, sending: Connection) -> None:
    sending.send(("finished", train_job(job, lambda steps: sending.send(("progress", steps)))))
