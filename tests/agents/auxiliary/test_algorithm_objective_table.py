"""The table of `docs/auxiliary.md`: with each algorithm each objective that suits it trains head and representation."""

from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from gymnasium import spaces
from gymnasium.vector import AutoresetMode, SyncVectorEnv
from numpy.typing import NDArray
from stable_baselines3.common.base_class import BaseAlgorithm
from stable_baselines3.common.vec_env import DummyVecEnv, VecNormalize
from torch import nn

from rewardlab.agents.auxiliary import (
    AbstractObjective,
    AdversarialNextObservation,
    AuxiliaryObjectives,
    InverseDynamics,
    NextObservation,
    OwnObjective,
    Reconstruction,
    RewardClasses,
    RewardPrediction,
    Task,
    TerminationPrediction,
    ValueReplay,
    representation_names,
)
from rewardlab.agents.vector_adapter import VectorAdapter
from rewardlab.losses.modules import (
    BinaryCrossEntropyLoss,
    CombinedGenerativeLoss,
    FocalLoss,
    HuberLoss,
    MixtureNLLLoss,
    ReconstructionLoss,
    SoftmaxCrossEntropyLoss,
    SquaredErrorLoss,
    WeightedBinaryCrossEntropyLoss,
)
from tests.agents.auxiliary.agents_in_script import ALGORITHMS, CONTINUOUS, LINE, STEPS, scripted_agent
from tests.agents.auxiliary.scripted_environment import Kind, Scripted


def single(task: Task) -> nn.Module:
    return nn.Linear(task.size, 1)


OBJECTIVES: dict[str, Callable[[float], AbstractObjective]] = {
    "reward": lambda weight: RewardPrediction(HuberLoss(1.0), weight),
    "three reward classes": lambda weight: RewardClasses(SoftmaxCrossEntropyLoss(), weight),
    "reward or none": lambda weight: RewardClasses(FocalLoss(), weight, name="pays"),
    "termination": lambda weight: TerminationPrediction(WeightedBinaryCrossEntropyLoss(3.0), weight),
    "next observation": lambda weight: NextObservation(SquaredErrorLoss(), weight),
    "one of many futures": lambda weight: NextObservation(MixtureNLLLoss(), weight, components=2, name="mixture"),
    "reconstruction": lambda weight: Reconstruction(SquaredErrorLoss(), weight),
    "adversarial next observation": lambda weight: AdversarialNextObservation(CombinedGenerativeLoss(0.5), weight),
    "value replay": lambda weight: ValueReplay(SquaredErrorLoss(), weight, gamma=0.9),
    "own": lambda weight: OwnObjective(
        "own", single, lambda head, encode, batch: head(encode(batch.observations)).square().mean(), weight
    ),
}
"""All but the inverse dynamics, whose loss depends on the actions."""


def inverse(algorithm: str, weight: float) -> AbstractObjective:
    loss = SquaredErrorLoss() if algorithm in CONTINUOUS else SoftmaxCrossEntropyLoss()
    return InverseDynamics(loss, weight)


def objectives(algorithm: str, names: list[str], weight: float) -> list[AbstractObjective]:
    return [inverse(algorithm, weight) if name == "inverse dynamics" else OBJECTIVES[name](weight) for name in names]


def environment(algorithm: str, kind: Kind = "flat", actions: spaces.Space[Any] | None = None) -> Scripted:
    return Scripted(kind, actions or (LINE if algorithm in CONTINUOUS else None))


def weights(model: BaseAlgorithm) -> dict[str, NDArray[Any]]:
    return {name: values.numpy().copy() for name, values in model.policy.state_dict().items()}


@functools.cache
def plain_weights(algorithm: str) -> dict[str, NDArray[Any]]:
    model = scripted_agent(algorithm, environment(algorithm))
    model.learn(STEPS)
    return weights(model)


def require_training(model: BaseAlgorithm, objective: AbstractObjective) -> None:
    """Training runs, the representation gets a gradient, and the head is stepped."""
    callback = AuxiliaryObjectives([objective])
    model.learn(STEPS, callback=callback)
    assert callback.updates > 0
    logged = model.logger.name_to_value
    assert logged[f"auxiliary/{objective.name}/gradient_norm"] > 0
    assert math.isfinite(logged[f"auxiliary/{objective.name}/loss"])
    fresh = AuxiliaryObjectives([objective])
    fresh.init_callback(model)
    learned, unlearned = (some.heads[objective.name].state_dict() for some in (callback, fresh))
    assert all(torch.isfinite(values).all() for values in learned.values())
    assert [key for key, values in unlearned.items() if torch.equal(values, learned[key])] == [], "no part stood still"


@pytest.mark.parametrize("objective", [*OBJECTIVES, "inverse dynamics"])
@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_cell_of_the_table(algorithm: str, objective: str) -> None:
    model = scripted_agent(algorithm, environment(algorithm))
    require_training(model, objectives(algorithm, [objective], 0.5)[0])
    changed = {
        name for name, values in plain_weights(algorithm).items() if not np.array_equal(values, weights(model)[name])
    }
    assert changed, "the agent itself is another"


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_all_objectives_at_weight_0_change_nothing(algorithm: str) -> None:
    model = scripted_agent(algorithm, environment(algorithm))
    alone = OwnObjective("alone", single, lambda head, encode, batch: encode(batch.observations).mean(), 0.0)
    callback = AuxiliaryObjectives([*objectives(algorithm, [*OBJECTIVES, "inverse dynamics"], 0.0), alone])
    model.learn(STEPS, callback=callback)
    for name, values in plain_weights(algorithm).items():
        np.testing.assert_array_equal(weights(model)[name], values, err_msg=name)
    assert callback.updates > 0


@pytest.mark.parametrize("kind", ["dict", "image", "discrete"])
@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_other_observations(algorithm: str, kind: Kind) -> None:
    policy = {"dict": "MultiInputPolicy", "image": "CnnPolicy", "discrete": "MlpPolicy"}[kind]
    options: dict[str, Any] = {"net_arch": [16]}
    if kind == "image":
        options["features_extractor_kwargs"] = {"features_dim": 16}
    model = scripted_agent(algorithm, environment(algorithm, kind), policy, policy_kwargs=options)
    callback = AuxiliaryObjectives(
        objectives(algorithm, ["next observation", "reconstruction", "inverse dynamics", "reward"], 0.5)
    )
    model.learn(STEPS, callback=callback)
    for objective in callback.objectives:
        assert model.logger.name_to_value[f"auxiliary/{objective.name}/gradient_norm"] > 0


ACTIONS: dict[str, tuple[spaces.Space[Any], nn.Module]] = {
    "numbers": (LINE, HuberLoss(1.0)),
    "two choices": (spaces.MultiDiscrete([2, 3]), SoftmaxCrossEntropyLoss()),
    "switches": (spaces.MultiBinary(2), BinaryCrossEntropyLoss()),
}


MASKABLE = [("MaskablePPO", actions) for actions in ACTIONS if actions != "numbers"]


@pytest.mark.parametrize(("algorithm", "actions"), [*itertools.product(["PPO", "A2C"], ACTIONS), *MASKABLE])
def test_other_actions(algorithm: str, actions: str) -> None:
    space, loss = ACTIONS[actions]
    model = scripted_agent(algorithm, environment(algorithm, "flat", space))
    guess = InverseDynamics(loss, 0.5)  # type: ignore[arg-type]
    callback = AuxiliaryObjectives([guess, NextObservation(SquaredErrorLoss(), 0.5)])
    model.learn(STEPS, callback=callback)
    for objective in callback.objectives:
        assert model.logger.name_to_value[f"auxiliary/{objective.name}/gradient_norm"] > 0


@pytest.mark.parametrize("how", ["VectorAdapter", "VecNormalize"])
@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_other_vectors_of_environments(algorithm: str, how: str) -> None:
    make = functools.partial(environment, algorithm)
    if how == "VectorAdapter":
        vector: Any = VectorAdapter(SyncVectorEnv([make, make], autoreset_mode=AutoresetMode.SAME_STEP))
    else:
        vector = VecNormalize(DummyVecEnv([make, make]))
    model = scripted_agent(algorithm, vector)
    callback = AuxiliaryObjectives(objectives(algorithm, ["reward", "value replay", "next observation"], 0.5))
    model.learn(2 * STEPS, callback=callback)
    for objective in callback.objectives:
        assert model.logger.name_to_value[f"auxiliary/{objective.name}/gradient_norm"] > 0


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_every_representation_that_has_parameters(algorithm: str) -> None:
    model = scripted_agent(
        algorithm,
        environment(algorithm, "image"),
        "CnnPolicy",
        policy_kwargs={"net_arch": [16], "features_extractor_kwargs": {"features_dim": 16}},
    )
    names = representation_names(model)
    callback = AuxiliaryObjectives(
        [RewardPrediction(SquaredErrorLoss(), 0.5, name=name, representation=name) for name in names]
    )
    model.learn(STEPS, callback=callback)
    for name in names:
        assert model.logger.name_to_value[f"auxiliary/{name}/gradient_norm"] > 0


def test_a_reconstruction_within_a_range() -> None:
    model = scripted_agent(
        "PPO",
        environment("PPO", "image"),
        "CnnPolicy",
        policy_kwargs={"net_arch": [16], "features_extractor_kwargs": {"features_dim": 16}},
    )
    require_training(model, Reconstruction(ReconstructionLoss((0.0, 1.0)), 0.5))
