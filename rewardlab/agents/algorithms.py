"""The algorithms that a spec may name, and the settings that each takes."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import gymnasium as gym
from gymnasium import spaces

from rewardlab.errors import BadInput, Problem, one_of
from rewardlab.mdp.finite_env import FiniteEnv
from rewardlab.rewards.returns import check_gamma

__all__ = [
    "TABULAR",
    "action_space_problems",
    "algorithm_problems",
    "finite_model_problems",
    "make_agent",
    "observation_space_problems",
    "setting_names",
    "steps_to_run",
]

TABULAR = "q_learning"
"""The one algorithm that is not of SB3: `rewardlab.agents.q_learning.QLearner`, for finite environments."""

_ALGORITHMS = {
    "a2c": "stable_baselines3",
    "dqn": "stable_baselines3",
    "maskable_ppo": "sb3_contrib",
    "ppo": "stable_baselines3",
    TABULAR: "rewardlab.agents.q_learning",
}
_CLASS_NAMES = {"a2c": "A2C", "dqn": "DQN", "maskable_ppo": "MaskablePPO", "ppo": "PPO"}
_ROLLOUTS = {
    "a2c": ("n_steps", 5),
    "dqn": ("train_freq", 4),
    "maskable_ppo": ("n_steps", 2048),
    "ppo": ("n_steps", 2048),
    TABULAR: ("", 1),
}
"""The setting that says how many steps of each environment belong together, and SB3's default of it."""
_ON_POLICY_SPACES = (spaces.Box, spaces.Discrete, spaces.MultiDiscrete, spaces.MultiBinary)
_ACTION_SPACES: dict[str, tuple[type[spaces.Space[Any]], ...]] = {
    "a2c": _ON_POLICY_SPACES,
    "dqn": (spaces.Discrete,),
    "maskable_ppo": (spaces.Discrete, spaces.MultiDiscrete, spaces.MultiBinary),
    "ppo": _ON_POLICY_SPACES,
    TABULAR: (spaces.Discrete,),
}
_OBSERVATION_SPACES = (spaces.Box, spaces.Discrete, spaces.MultiDiscrete, spaces.MultiBinary)
_MOST = 10_000_000  # beyond it there is only a slip of the pen
_POSITIVE_WHOLE = ("n_steps", "batch_size", "n_epochs", "buffer_size", "train_freq", "target_update_interval")
_UNIT = ("gae_lambda", "exploration_fraction", "exploration_initial_eps", "exploration_final_eps", "tau")
_POSITIVE = ("learning_rate", "clip_range", "clip_range_vf", "max_grad_norm", "rms_prop_eps", "target_kl")
_NOT_NEGATIVE = ("ent_coef", "vf_coef")
_NOT_IN_EXPERIMENTS = ("ars", "crossq", "ddpg", "qrdqn", "recurrent_ppo", "sac", "td3", "tqc", "trpo")
_YES_OR_NO = ("normalize_advantage", "use_rms_prop")


def algorithm_problems(
    name: str, settings: Mapping[str, object], num_envs: int, place: Callable[[str], str]
) -> list[Problem]:
    """Check the settings of an algorithm without loading it.

    Args:
        name: One of the algorithm names.
        settings: Keyword arguments for its class.
        num_envs: The environments that it steps at once.
        place: From ``"name"`` or ``"settings.KEY"`` to the place where a user wrote it, for the messages.

    Returns:
        Every problem found; an empty list if there is none.
    """
    if name not in _ALGORITHMS:
        problem = one_of(place("name"), name, _ALGORITHMS, "algorithm")
        known = str(name).lower() in _NOT_IN_EXPERIMENTS
        return [replace(problem, fix="an experiment does not train it, a program can") if known else problem]
    problems = []
    for key, value in settings.items():
        where = place(f"settings.{key}")
        if key in ("name", "num_envs"):
            problems.append(Problem(where, "a key in the wrong place", "a setting", f"it belongs at {place(key)}"))
        elif key not in _accepted(name):
            problems.append(one_of(where, key, _accepted(name), f"setting of {name}"))
        elif key == "gamma":
            problems += _gamma_problems(value, where)
        else:
            problems += _range_problems(name, key, value, where)
    return problems or _batch_problems(name, settings, num_envs, place)


def action_space_problems(name: str, space: spaces.Space[Any], where: str) -> list[Problem]:
    """Check that an algorithm can act in an environment; an unknown algorithm is no problem of this kind.

    Args:
        name: One of the algorithm names.
        space: The actions of the environment.
        where: The place of the name, for the messages.
    """
    if isinstance(space, _ACTION_SPACES.get(name, spaces.Space)):
        return []
    fitting = [other for other, fits in _ACTION_SPACES.items() if isinstance(space, fits)]
    listed = ", ".join(fitting) if fitting else "(there is none)"
    return [Problem(where, repr(name), f"an algorithm for actions of {space}: {listed}")]


def observation_space_problems(space: spaces.Space[Any], environment_id: str, where: str) -> list[Problem]:
    """Check that an agent can see an environment: each has a network that takes one array.

    Args:
        space: The observations of the environment.
        environment_id: The environment.
        where: The place of the environment, for the messages.
    """
    if isinstance(space, _OBSERVATION_SPACES):
        return []
    fix = "put it into a wrapper that makes an array of them (docs/any-environment.md, observed_by)"
    shown = " ".join(str(space).split())[:200]
    return [Problem(where, f"{environment_id!r} with observations in {shown}", "arrays or numbers", fix)]


def finite_model_problems(name: str, env: gym.Env[Any, Any], where: str) -> list[Problem]:
    """Check that a tabular learner has a table to learn.

    Args:
        name: One of the algorithm names.
        env: The environment.
        where: The place of the name, for the messages.
    """
    if name != TABULAR or isinstance(env.unwrapped, FiniteEnv):
        return []
    others = ", ".join(sorted(set(_ALGORITHMS) - {TABULAR}))
    return [Problem(where, repr(name), f"one of {others}", "this environment is no finite model, and has no table")]


def setting_names() -> set[str]:
    """The settings that some algorithm takes."""
    return {key for name in _ALGORITHMS for key in _accepted(name)}


def steps_to_run(name: str, settings: Mapping[str, Any], num_envs: int, budget_steps: int) -> int:
    """The environment steps that a training takes: whole rollouts, the budget at least.

    Args:
        name: One of the algorithm names.
        settings: Keyword arguments for its class, already checked by `algorithm_problems`.
        num_envs: The environments that it steps at once.
        budget_steps: The environment steps to train for.
    """
    key, of_sb3 = _ROLLOUTS[name]
    rollout = num_envs * int(settings.get(key, of_sb3))
    return -(-budget_steps // rollout) * rollout


def make_agent(name: str, settings: Mapping[str, Any], environment: Any, seed: int) -> Any:
    """An untrained SB3 agent on the CPU, with the given learner seed.

    Args:
        name: One of the algorithm names.
        settings: Keyword arguments for its class, already checked by `algorithm_problems`.
        environment: An SB3 ``VecEnv``.
        seed: Seeds the learner's streams, in [0, 2**32).
    """
    import importlib

    from stable_baselines3.common.logger import Logger

    agent_class = getattr(importlib.import_module(_ALGORITHMS[name]), _CLASS_NAMES[name])
    agent = agent_class("MlpPolicy", environment, seed=seed, device="cpu", verbose=0, **_native(settings))
    # SB3's own would leave an empty folder behind for each run.
    agent.set_logger(Logger(folder=None, output_formats=[]))
    return agent


def _native(settings: Mapping[str, Any]) -> dict[str, Any]:
    # A TOML table cannot hold a class, so layer sizes are a setting of their own here.
    native = dict(settings)
    if "net_arch" in native:
        native["policy_kwargs"] = {"net_arch": list(native.pop("net_arch"))}
    return native


def _accepted(name: str) -> list[str]:
    exploration = {"exploration_fraction", "exploration_initial_eps", "exploration_final_eps"}
    if name == TABULAR:
        return sorted(exploration | {"gamma", "learning_rate", "initial_value"})
    common = {"learning_rate", "gamma", "net_arch", "max_grad_norm"}
    on_policy = {"n_steps", "gae_lambda", "ent_coef", "vf_coef", "normalize_advantage"}
    own = {
        "a2c": on_policy | {"rms_prop_eps", "use_rms_prop"},
        "ppo": on_policy | {"batch_size", "n_epochs", "clip_range", "clip_range_vf", "target_kl"},
        "maskable_ppo": on_policy | {"batch_size", "n_epochs", "clip_range", "clip_range_vf", "target_kl"},
        "dqn": exploration
        | {
            "buffer_size",
            "learning_starts",
            "batch_size",
            "tau",
            "train_freq",
            "gradient_steps",
            "target_update_interval",
        },
    }
    return sorted(common | own[name])


def _gamma_problems(value: object, place: str) -> list[Problem]:
    try:
        check_gamma(value, place)
    except BadInput as fault:
        return list(fault.problems)
    return []


def _range_problems(name: str, key: str, value: object, place: str) -> list[Problem]:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    is_whole = isinstance(value, int) and not isinstance(value, bool)
    number = float(value) if isinstance(value, int | float) and abs(value) < 1e300 else math.nan
    rules = [
        (_POSITIVE_WHOLE, is_whole and 1 <= number <= _MOST, f"a whole number in [1, {_MOST}]"),
        (("learning_starts",), is_whole and 0 <= number <= _MOST, f"a whole number in [0, {_MOST}]"),
        (("gradient_steps",), is_whole and (1 <= number <= _MOST or number == -1), "a whole number, at least 1, or -1"),
        (_UNIT, is_number and 0 <= number <= 1, "a number in [0, 1]"),
        (() if name == TABULAR else _POSITIVE, is_number and number > 0, "a finite number above 0"),
        (_NOT_NEGATIVE, is_number and number >= 0, "a finite number, at least 0"),
        # Beyond 1 a step goes past what it learns from, each time further.
        (("learning_rate",) if name == TABULAR else (), is_number and 0 < number <= 1, "a number in (0, 1]"),
        (("initial_value",), is_number and math.isfinite(number), "a finite number"),
        (_YES_OR_NO, isinstance(value, bool), "true or false"),
        (("net_arch",), _is_layers(value), "a list of layer sizes, each at least 1"),
    ]
    return [Problem(place, repr(value), expected) for keys, kept, expected in rules if key in keys and not kept]


def _batch_problems(
    name: str, settings: Mapping[str, Any], num_envs: int, place: Callable[[str], str]
) -> list[Problem]:
    """A last, smaller minibatch would weigh its samples more than the others do; SB3 warns in each worker."""
    if name not in ("a2c", "maskable_ppo", "ppo"):
        return []
    rollout = steps_to_run(name, settings, num_envs, 1)
    batch = rollout if name == "a2c" else settings.get("batch_size", 64)
    is_normalised = settings.get("normalize_advantage", name != "a2c")
    if is_normalised and 1 in (rollout, batch):
        key, what = ("n_steps", "a rollout") if rollout == 1 else ("batch_size", "a batch")
        expected = "2 at least, since advantages are divided by their spread"
        return [Problem(place(f"settings.{key}"), f"{what} of 1 step", expected, "or normalize_advantage = false")]
    if rollout % batch == 0:
        return []
    small = [size for size in range(1, math.isqrt(rollout) + 1) if rollout % size == 0]
    fitting = {*small, *(rollout // size for size in small)} - ({1} if is_normalised else set())
    below = max((size for size in fitting if size < batch), default=None)
    above = min((size for size in fitting if size > batch), default=None)
    nearest_sizes = " or ".join(str(size) for size in (below, above) if size is not None)
    expected = f"a divisor of the rollout of {rollout} steps (num_envs * n_steps)"
    return [Problem(place("settings.batch_size"), str(batch), expected, f"the nearest are {nearest_sizes}")]


def _is_layers(value: object) -> bool:
    return isinstance(value, list | tuple) and all(type(size) is int and 1 <= size <= _MOST for size in value)
