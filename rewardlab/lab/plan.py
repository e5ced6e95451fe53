"""From an experiment to its runs: what each run is, what identifies it, and the random streams it uses."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, final

import gymnasium as gym
import numpy as np

from rewardlab.agents.algorithms import (
    action_space_problems,
    algorithm_problems,
    finite_model_problems,
    observation_space_problems,
)
from rewardlab.agents.auxiliary_settings import auxiliary_problems
from rewardlab.agents.environments import ENVIRONMENT_REWARD
from rewardlab.agents.training import PROBE_EPISODES, TrainingRun
from rewardlab.errors import BadInput, Problem
from rewardlab.lab.checked_environment import checked_environment
from rewardlab.lab.spec import ExperimentSpec
from rewardlab.lab.spec_tables import VariantSpec
from rewardlab.rewards.catalogue import Catalogue
from rewardlab.rewards.returns import check_gamma
from rewardlab.wrappers.stack import order_of_stack_problems, wrapper_problems

__all__ = ["Plan", "PlannedRun", "environment_settings", "plan_experiment"]

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
    unmade: list[Problem] = []
    problems = _algorithm_problems(spec, source)
    catalogue = None
    for index, variant in enumerate(spec.variants):
        where = f"{source}: variants[{index}]"
        # A variant without settings of its own shares the experiment's environment, and its problems.
        place = f"{where}.environment" if variant.environment else f"{source}: environment.settings"
        settings = environment_settings(spec, variant)
        try:
            env = checked_environment(
                spec.environment.id, settings, f"{source}: environment.id", place, allowed_modules=allowed_modules
            )
        except BadInput as fault:
            unmade += fault.problems
            continue
        catalogue = catalogue or Catalogue.of(env)
        problems += observation_space_problems(env.observation_space, spec.environment.id, f"{source}: environment.id")
        problems += action_space_problems(spec.algorithm.name, env.action_space, f"{source}: algorithm.name")
        problems += _variant_problems(spec, variant, env, source, where)
        env.close()
    if unmade or problems:
        raise BadInput(*spec.in_file(list(dict.fromkeys([*unmade, *problems])), source))
    runs = tuple(_planned(spec, variant, seed) for seed in spec.seeds for variant in spec.variants)
    return Plan(spec, runs, catalogue)


def environment_settings(spec: ExperimentSpec, variant: VariantSpec) -> dict[str, Any]:
    """The keyword arguments of a variant's environment: the experiment's, and its own over them."""
    return {**spec.environment.settings, **variant.environment}


def _algorithm(spec: ExperimentSpec, variant: VariantSpec) -> tuple[str, int, dict[str, Any]]:
    """Name, number of environments and settings of a variant's algorithm."""
    own = variant.algorithm
    name = spec.algorithm.name if own.name is None else own.name
    num_envs = spec.algorithm.num_envs if own.num_envs is None else own.num_envs
    inherited = spec.algorithm.settings if name == spec.algorithm.name else {}
    return name, num_envs, {"gamma": _DEFAULT_GAMMA, **inherited, **own.settings}


def _algorithm_problems(spec: ExperimentSpec, source: str) -> list[Problem]:
    """The problems of all algorithms, each at the place where it was written, and those of the experiment's once."""
    shared = spec.algorithm
    everywhere = partial(_place, {}, f"{source}: algorithm")
    problems = algorithm_problems(shared.name, shared.settings, shared.num_envs, everywhere)
    for index, variant in enumerate(spec.variants):
        written = variant.algorithm.model_dump(exclude_unset=True)
        if not written:
            continue
        own = {*written, *(f"settings.{key}" for key in variant.algorithm.settings)}
        places = {key: f"{source}: variants[{index}].algorithm.{key}" for key in own}
        name, num_envs, settings = _algorithm(spec, variant)
        problems += algorithm_problems(name, settings, num_envs, partial(_place, places, f"{source}: algorithm"))
    return list(dict.fromkeys(problems))


def _place(places: Mapping[str, str], elsewhere: str, key: str) -> str:
    return places.get(key, f"{elsewhere}.{key}")


def _variant_problems(
    spec: ExperimentSpec, variant: VariantSpec, env: gym.Env[Any, Any], source: str, where: str
) -> list[Problem]:
    catalogue = Catalogue.of(env)
    problems = _reward_problems(variant, catalogue, f"{where}.reward")
    name, _, settings = _algorithm(spec, variant)
    if variant.algorithm.name is not None:
        problems += action_space_problems(name, env.action_space, f"{where}.algorithm.name")
    written = f"{where}.algorithm.name" if variant.algorithm.name is not None else f"{source}: algorithm.name"
    problems += finite_model_problems(name, env, written)
    problems += auxiliary_problems(variant.auxiliary, variant.regularizers, name, settings, env.action_space, where)
    try:
        gamma = check_gamma(settings["gamma"])
    except BadInput:  # reported where it was written
        gamma = None
    wrong = [
        problem
        for index, wrapper in enumerate(variant.wrappers)
        for problem in wrapper_problems(wrapper, catalogue, gamma, f"{where}.wrappers[{index}]")
    ]
    return problems + (wrong or order_of_stack_problems(variant.wrappers, f"{where}.wrappers"))


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
    environment: dict[str, Any] = {"id": spec.environment.id, "settings": environment_settings(spec, variant)}
    # The gamma of a wrapper can only be the agent's, which is in the algorithm's settings.
    wrappers = [{key: value for key, value in wrapper.items() if key != "gamma"} for wrapper in variant.wrappers]
    paid: dict[str, Any] = {
        "reward": variant.reward,
        "wrappers": wrappers,
        "algorithm": {"name": name, "num_envs": num_envs, "settings": algorithm_settings},
    }
    # Only where there are any: what identifies a run without them is older than they are.
    paid |= {key: value for key, value in _beside(variant).items() if value}
    settings = {
        "environment": environment,
        "variant": paid,
        "seed": seed,
        "budget_steps": spec.budget_steps,
        "evaluation_episodes": spec.evaluation_episodes,
    }
    probe_episodes = spec.probe_episodes or PROBE_EPISODES
    if probe_episodes != PROBE_EPISODES:  # a key of version 2 that leaves the runs of version 1 what they were
        settings["probe_episodes"] = probe_episodes
    training = TrainingRun(
        environment_id=spec.environment.id,
        environment_settings=environment["settings"],
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
        auxiliary=tuple(variant.auxiliary),
        regularizers=tuple(variant.regularizers),
        auxiliary_seed=_stream("auxiliary", seed, environment, paid),
        probe_episodes=probe_episodes,
    )
    return PlannedRun(_digest(settings).hexdigest()[:32], variant.name, seed, settings, training)


def _beside(variant: VariantSpec) -> dict[str, Any]:
    return {"auxiliary": variant.auxiliary, "regularizers": variant.regularizers}


def _digest(data: object) -> Any:
    text = json.dumps(data, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode())


def _stream(purpose: str, seed: int, *parts: object) -> int:
    """A seed for one purpose of one run, below 2**31; independent for any difference in what it is made of.

    SB3 seeds its i-th environment with ``seed + i``, so that neighbouring seeds would share most of their episodes.
    """
    words = np.frombuffer(_digest([purpose, *parts]).digest(), dtype=np.uint32)
    return int(np.random.SeedSequence([seed, *words.tolist()]).generate_state(1)[0] >> 1)
