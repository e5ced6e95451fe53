"""Trainings that are broken off, and what they come to when they go on; also as a program, in a process of its own."""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rewardlab.agents import TrainingJob, TrainingRun, train, train_job
from rewardlab.agents.checkpoints import CheckpointSettings

SETTINGS: dict[str, dict[str, Any]] = {
    "a2c": {"gamma": 0.97, "n_steps": 20},
    "dqn": {"gamma": 0.97, "learning_starts": 100, "target_update_interval": 100, "buffer_size": 500},
    "maskable_ppo": {"gamma": 0.97, "n_steps": 20, "batch_size": 100, "n_epochs": 2},
    "ppo": {"gamma": 0.97, "n_steps": 20, "batch_size": 100, "n_epochs": 2},
    "q_learning": {"gamma": 0.97},
}
SHAPED = (
    {"kind": "clip", "min_reward": -5.0, "max_reward": 5.0},
    {"kind": "scale", "warm_up": 50},
    {"kind": "potential_shaping", "potential": "distance"},
    {"kind": "curriculum", "stages": ["near"], "window": 3, "rate": 0.1, "objective_at_least": -1000.0},
)


class BrokenOff(Exception):
    """Ends a training in the middle."""


def training(algorithm: str, environment: str, budget_steps: int = 2000) -> TrainingRun:
    """A small run."""
    identifier, settings, reward, wrappers = _ENVIRONMENTS[environment]
    return TrainingRun(
        environment_id=identifier,
        environment_settings=settings,
        reward=reward,
        wrappers=wrappers,
        algorithm=algorithm,
        algorithm_settings=SETTINGS[algorithm],
        num_envs=10,
        budget_steps=budget_steps,
        evaluation_episodes=5,
        environment_seed=1,
        evaluation_seed=2,
        replay_seed=3,
        learner_seed=4,
    )


_ENVIRONMENTS: dict[str, tuple[str, dict[str, Any], Any, tuple[Mapping[str, Any], ...]]] = {
    "delivery": ("rewardlab_envs:rewardlab/Delivery-v0", {}, "speed", ()),
}


def quiet(_: int) -> None:
    """Reports no progress."""


def hashed(result: Mapping[str, Any]) -> str:
    """The hash of a whole result, its weights among it; apart from what says that it was broken off."""
    kept = {name: part for name, part in result.items() if name != "resumed"}
    return hashlib.sha256(json.dumps(kept).encode()).hexdigest()


def broken_off(run: TrainingRun, settings: CheckpointSettings, after_steps: int) -> None:
    """Train until that many steps are reported, and no further."""

    def stop(steps: int) -> None:
        if steps >= after_steps:
            raise BrokenOff

    try:
        train(run, stop, settings)
    except BrokenOff:
        return
    raise AssertionError(f"it was over before {after_steps} steps")


def gone_on(run: TrainingRun, settings: CheckpointSettings) -> dict[str, Any]:
    """Train to the end, by what an engine would be given."""
    return train_job(TrainingJob(run, settings), quiet)


if __name__ == "__main__":
    algorithm, environment, folder = sys.argv[1:4]
    print(json.dumps(gone_on(training(algorithm, environment), CheckpointSettings(Path(folder), 0.0, 1.0))))
