"""From an experiment to its runs: what each run is, what identifies it, and the random streams it uses."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, final

import gymnasium as gym
import numpy as np

from rewardlab.agents.algorithms import algorithm_problems
from rewardlab.agents.environments import ENVIRONMENT_REWARD
from rewardlab.agents.training import TrainingRun
from rewardlab.errors import BadInput, Problem, RewardLabError
from rewardlab.lab.spec import ExperimentSpec, VariantSpec
from rewardlab.plugins import environment_spec
from rewardlab.rewards.catalogue import Catalogue
from rewardlab.wrappers.stack import wrapper_problems

__all__ = ["Plan", "PlannedRun", "plan_experiment"]

_DEFAULT_GAMMA = 0.99  # of every SB3 algorithm


@final
@dataclass(frozen=True, slots=True)
class PlannedRun:
    """One run of an experiment.

    Attributes:
        identity: The hash of the run's own settings, 32 hexadecimal digits. Names of variants are no part of it.
        variant: The name of its variant.
        seed: Its seed.
        settings: All that the identity is made of, as JSON data.
        training: The same, ready to train.
    """

    identity: str
    variant: str
    seed: int
    settings: Mapping[str, Any]
    training: TrainingRun


@final
@dataclass(frozen=True, slots=True)
class Plan:
    """The runs of an experiment, checked.

    Attributes:
        spec: The experiment.
        runs: One for each seed and variant, all variants of the first seed first.
        catalogue: What the environment offers; None if it has no catalogue.
    """

    spec: ExperimentSpec
    runs: tuple[PlannedRun, ...]
    catalogue: Catalogue | None


def plan_experiment(spec: ExperimentSpec, source: str, *, allowed_modules: Collection[str] = ()) -> Plan:
    """Check an experiment against its environment and list its runs.

    Args:
        spec: The experiment.
        source: Where it came from, for the messages.
        allowed_modules: Modules that may be imported beside those of installed plugins.

    Raises:
        BadInput: A name, key or value does not fit. All problems are named at once.
    """
    where = f"{source}: environment"
    environment_spec(spec.environment.id, allowed_modules=allowed_modules, where=f"{where}.id")
    env = _made(spec, where)
    catalogue = Catalogue.of(env)
    problems = [
        problem
        for index, variant in enumerate(spec.variants)
        for problem in _variant_problems(spec, variant, catalogue, f"{source}: variants[{index}]")
    ]
    env.close()
    if problems:
        raise BadInput(*problems)
    runs = tuple(_planned(spec, variant, seed) for seed in spec.seeds for variant in spec.variants)
    return Plan(spec, runs, catalogue)


def _made(spec: ExperimentSpec, where: str) -> gym.Env[Any, Any]:
    try:
        return gym.make(spec.environment.id, **spec.environment.settings)
    except RewardLabError:
        raise
    except TypeError as fault:
        raise BadInput(
            Problem(f"{where}.settings", str(spec.environment.settings), f"other settings ({fault})")
        ) from None


def _algorithm(spec: ExperimentSpec, variant: VariantSpec) -> tuple[str, int, dict[str, Any]]:
    """Name, number of environments and settings of a variant's algorithm."""
    own = dict(variant.algorithm)
    name = own.pop("name", spec.algorithm.name)
    num_envs = own.pop("num_envs", spec.algorithm.num_envs)
    inherited = spec.algorithm.settings if name == spec.algorithm.name else {}
    return name, num_envs, {"gamma": _DEFAULT_GAMMA, **inherited, **own.pop("settings", {}), **own}


def _variant_problems(
    spec: ExperimentSpec, variant: VariantSpec, catalogue: Catalogue | None, where: str
) -> list[Problem]:
    problems = _reward_problems(variant, catalogue, f"{where}.reward")
    name, num_envs, settings = _algorithm(spec, variant)
    if isinstance(num_envs, bool) or not isinstance(num_envs, int) or num_envs < 1:
        return [*problems, Problem(f"{where}.algorithm.num_envs", repr(num_envs), "a whole number, at least 1")]
    problems += algorithm_problems(name, settings, num_envs, f"{where}.algorithm")
    if any(problem.where.endswith(".gamma") for problem in problems):
        return problems
    for index, wrapper in enumerate(variant.wrappers):
        problems += wrapper_problems(wrapper, catalogue, settings["gamma"], f"{where}.wrappers[{index}]")
    return problems


def _reward_problems(variant: VariantSpec, catalogue: Catalogue | None, where: str) -> list[Problem]:
    if catalogue is None:
        return (
            []
            if variant.reward == ENVIRONMENT_REWARD
            else [
                Problem(
                    where, repr(variant.reward), f"{ENVIRONMENT_REWARD!r}: this environment has no catalogue of rewards"
                )
            ]
        )
    try:
        catalogue.reward(variant.reward, where)
    except BadInput as fault:
        return list(fault.problems)
    return []


def _planned(spec: ExperimentSpec, variant: VariantSpec, seed: int) -> PlannedRun:
    name, num_envs, algorithm_settings = _algorithm(spec, variant)
    environment = {"id": spec.environment.id, "settings": spec.environment.settings}
    wrappers = [{**wrapper, "gamma": algorithm_settings["gamma"]} for wrapper in variant.wrappers]
    paid = {
        "reward": variant.reward,
        "wrappers": wrappers,
        "algorithm": {"name": name, "num_envs": num_envs, "settings": algorithm_settings},
    }
    settings = {
        "environment": environment,
        "variant": paid,
        "seed": seed,
        "budget_steps": spec.budget_steps,
        "evaluation_episodes": spec.evaluation_episodes,
    }
    training = TrainingRun(
        environment_id=spec.environment.id,
        environment_settings=spec.environment.settings,
        reward=variant.reward,
        wrappers=tuple(wrappers),
        algorithm=name,
        algorithm_settings=algorithm_settings,
        num_envs=num_envs,
        budget_steps=spec.budget_steps,
        evaluation_episodes=spec.evaluation_episodes,
        environment_seed=_stream("training", seed, environment),
        evaluation_seed=_stream("evaluation", seed, environment),
        replay_seed=_stream("replay", 0, environment),
        learner_seed=_stream("learner", seed, environment, paid),
    )
    return PlannedRun(_digest(settings).hexdigest()[:32], variant.name, seed, settings, training)


def _digest(data: object) -> Any:
    text = json.dumps(data, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode())


def _stream(purpose: str, seed: int, *parts: object) -> int:
    """A seed for one purpose of one run, below 2**31; independent for any difference in what it is made of.

    SB3 seeds its i-th environment with ``seed + i``, so that neighbouring seeds would share most of their episodes.
    """
    words = np.frombuffer(_digest([purpose, *parts]).digest(), dtype=np.uint32)
    return int(np.random.SeedSequence([seed, *words.tolist()]).generate_state(1)[0] >> 1)
