"""Specs that use every key of the schema between them."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

from tests.lab.small_experiment import DELIVERY, small_spec

Path = tuple[str | int, ...]

_ON_POLICY = {
    "gamma": 0.97,
    "n_steps": 40,
    "learning_rate": 1e-3,
    "gae_lambda": 0.9,
    "ent_coef": 0.0,
    "vf_coef": 0.5,
    "max_grad_norm": 0.5,
    "net_arch": [8],
    "normalize_advantage": True,
}
_PPO = _ON_POLICY | {
    "batch_size": 200,
    "n_epochs": 4,
    "clip_range": 0.2,
    "clip_range_vf": 0.2,
    "target_kl": 0.1,
}
_EXPLORING = {"exploration_fraction": 0.1, "exploration_initial_eps": 1.0, "exploration_final_eps": 0.05}
_SETTINGS: dict[str, dict[str, Any]] = {
    "a2c": _ON_POLICY | {"rms_prop_eps": 1e-5, "use_rms_prop": True},
    "dqn": _EXPLORING
    | {
        "gamma": 0.97,
        "learning_rate": 1e-3,
        "buffer_size": 1000,
        "learning_starts": 100,
        "batch_size": 32,
        "tau": 1.0,
        "train_freq": 4,
        "gradient_steps": 1,
        "target_update_interval": 100,
        "net_arch": [8],
        "max_grad_norm": 10.0,
    },
    "maskable_ppo": _PPO,
    "ppo": _PPO,
    "q_learning": _EXPLORING | {"gamma": 0.97, "learning_rate": 0.1, "initial_value": 0.0},
}
_WRAPPERS: list[dict[str, Any]] = [
    {"kind": "potential_shaping", "potential": "distance", "weight": 2.0, "gamma": 0.97},
    {"kind": "bonus", "events": {"delivered": 1.0}},
    {"kind": "bonus", "potential": "distance", "form": "difference", "weight": 1.0},
    {"kind": "clip", "min_reward": -1.0, "max_reward": 1.0},
    {"kind": "scale", "gamma": 0.97, "epsilon": 1e-8, "warm_up": 10, "subtract_mean": False},
    {"kind": "terms", "factors": {"delivered": 2.0}},
    {"kind": "terms", "only_when": {"delivered": "delivered"}, "never_when": {"picked_up": "delivered"}},
]
_CURRICULA: list[dict[str, Any]] = [
    {"kind": "curriculum", "stages": ["near", "far"], "event": "exits", "window": 20, "rate": 0.8},
    {"kind": "curriculum", "stages": ["near", "far"], "objective_at_least": 0.5},
]
_OBJECTIVES: list[dict[str, Any]] = [
    {
        "objective": "next_observation",
        "loss": "mixture_nll",
        "components": 2,
        "least_spread": 0.1,
        "weight": 0.1,
        "name": "futures",
        "representation": "value_latent",
        "head_learning_rate": 1e-3,
        "hidden": 32,
    },
    {"objective": "reward_prediction", "loss": "huber", "delta": 1.0, "weight": 0.1},
    {"objective": "adversarial_next_observation", "adversarial_weight": 0.1, "noise": 4, "weight": 0.1},
    {"objective": "termination_prediction", "loss": "focal", "gamma": 2.0, "alpha": 0.2, "constant_alpha": True}
    | {"weight": 0.1},
    {"objective": "reward_classes", "loss": "weighted_binary_cross_entropy", "positive_weight": 9.0}
    | {"negative_weight": 1.0, "weight": 0.1},
]
_REGULARIZER = {"l1": 1e-5, "l2": 1e-4, "on": "policy_latent", "name": "decay"}


def specs() -> dict[str, dict[str, Any]]:
    """All of them, by a name; each is accepted."""
    late = {
        "threshold": 0.8,
        "probe_episodes": 10,
        "checkpoint_seconds": 30,
        "limits": {"seconds": 100, "memory_mib": 900, "silent_seconds": 60, "processes": 9, "attempts": 2},
    }
    plain = [{"name": "plain", "reward": "speed"}]
    found = {
        "top": small_spec(version=2, sweep={"grid": {"algorithm.num_envs": [5]}}, **late),
        "list": small_spec(version=2, sweep={"list": [{"algorithm.num_envs": 5}]}),
        "search": small_spec(
            version=2,
            sweep={
                "search": {
                    "over": {"variants.hacked.algorithm.settings.gamma": {"low": 0.5, "high": 0.9, "log": True}},
                    "trials": 4,
                    "batch": 2,
                    "seeds": [7],
                    "seed": 3,
                }
            },
        ),
        "wrappers": small_spec(
            variants=[{"name": str(n), "reward": "on_time", "wrappers": [each]} for n, each in enumerate(_WRAPPERS)]
        ),
        "curricula": small_spec(
            environment={"id": "rewardlab_envs:rewardlab/Gridworld-v0", "settings": {"map": "four_rooms"}},
            variants=[{"name": str(n), "reward": "sparse", "wrappers": [each]} for n, each in enumerate(_CURRICULA)],
        ),
        "beside": small_spec(
            variants=[
                {
                    "name": "beside",
                    "reward": "speed",
                    "environment": {"orders": 1},
                    "auxiliary": _OBJECTIVES,
                    "regularizers": [_REGULARIZER],
                    "algorithm": {"name": "ppo", "num_envs": 10, "settings": {"gamma": 0.97}},
                }
            ]
        ),
        "study": {
            "version": 1,
            "name": "study",
            "study": "distances",
            "question": "What?",
            "environments": [{"name": "town", "environment": {"id": DELIVERY, "settings": {"orders": 1}}}],
            "proxies": 10,
            "gamma": 0.9,
            "budget_steps": 1000,
            "seeds": 1,
            "proxy_seed": 0,
        },
    }
    for name, settings in _SETTINGS.items():
        found[name] = small_spec(variants=plain, algorithm={"name": name, "num_envs": 10, "settings": settings})
    return copy.deepcopy(found)


# Tables whose keys are the user's own: names of events and terms, paths, settings of an environment.
_FREE = ("events", "factors", "only_when", "never_when", "grid", "reward")


def paths(table: Any, path: Path = ()) -> Iterator[Path]:
    """The path of every key of the schema that a spec uses."""
    if isinstance(table, list):
        for index, each in enumerate(table):
            yield from paths(each, (*path, index))
    elif isinstance(table, dict):
        of_environment = path[-1:] == ("environment",) and path[:1] == ("variants",)
        if path[-2:] == ("environment", "settings") or of_environment or path[-2:-1] == ("list",):
            return
        for key, inner in table.items():
            yield (*path, key)
            if key == "over":  # its keys are paths, but what they lead to is of the schema
                for name, span in inner.items():
                    yield from paths(span, (*path, key, name))
            elif key not in _FREE:
                yield from paths(inner, (*path, key))


def every_key() -> list[tuple[str, Path]]:
    """A spec and a path for each key of each table of the schema, no key of a table twice."""
    found: dict[tuple[Any, ...], tuple[str, Path]] = {}
    for name, spec in specs().items():
        for path in paths(spec):
            # The keys of a learner are its own; elsewhere a table is the same in every spec.
            owner = name if "settings" in path or name == "study" else ""
            kind = (
                spec["variants"][path[1]]["wrappers"][path[3]]["kind"]
                if path[2:3] == ("wrappers",) and path[4:]
                else ""
            )
            place = tuple(part for part in path if isinstance(part, str))
            found.setdefault((owner, kind, *place), (name, path))
    return list(found.values())


def renamed(spec: dict[str, Any], path: Path, key: str) -> dict[str, Any]:
    """A spec in which the key at a path is called otherwise, in its old place."""
    table: Any = spec
    for part in path[:-1]:
        table = table[part]
    pairs = [(key if other == path[-1] else other, value) for other, value in table.items()]
    table.clear()
    table.update(pairs)
    return spec


def replaced(spec: dict[str, Any], path: Path, value: object) -> dict[str, Any]:
    """A spec in which another value stands at a path."""
    table: Any = spec
    for part in path[:-1]:
        table = table[part]
    table[path[-1]] = value
    return spec
