"""A small experiment as data, as a file and as a plan: PPO learns it in 4,000 steps, about a second."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

from rewardlab.lab import Plan, parse_spec, plan_experiment

DELIVERY = "rewardlab_envs:rewardlab/Delivery-v0"
_DATA: dict[str, Any] = {
    "version": 1,
    "name": "small",
    "question": "What is learned?",
    "seeds": [0, 1],
    "budget_steps": 4000,
    "evaluation_episodes": 20,
    "environment": {"id": DELIVERY, "settings": {"orders": 1, "town_map": "DA."}},
    "algorithm": {
        "name": "ppo",
        "num_envs": 10,
        "settings": {
            "gamma": 0.97,
            "n_steps": 40,
            "batch_size": 200,
            "n_epochs": 10,
            "learning_rate": 3e-3,
            "gae_lambda": 0.98,
        },
    },
    "variants": [{"name": "hacked", "reward": "speed"}, {"name": "repaired", "reward": "fixed_speed"}],
}


def small_spec(**changes: Any) -> dict[str, Any]:
    """The data of the experiment; ``changes`` replace keys at its top."""
    return copy.deepcopy(_DATA) | changes


def with_learner(**settings: Any) -> dict[str, Any]:
    """The experiment with some settings of its algorithm changed."""
    spec = small_spec()
    spec["algorithm"]["settings"] |= settings
    return spec


def with_variant(**changes: Any) -> dict[str, Any]:
    """The experiment with its first variant changed."""
    spec = small_spec()
    spec["variants"][0] |= changes
    return spec


def plan_of(spec: dict[str, Any]) -> Plan:
    """Checked, and ready to run."""
    return plan_experiment(parse_spec(spec, "spec"), "spec")


def write_toml(path: Path, spec: dict[str, Any]) -> Path:
    """Write a spec as a TOML file."""
    path.write_text("".join(f"{_key(key)} = {_value(value)}\n" for key, value in spec.items()), encoding="utf-8")
    return path


def _key(key: str) -> str:
    return json.dumps(key)


def _value(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_key(key)} = {_value(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_value, value)) + "]"
    if isinstance(value, float):
        return repr(value)  # TOML writes nan and inf as Python does
    return json.dumps(value).replace("\x7f", "\\u007f")
