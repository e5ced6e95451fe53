"""A representation is found by name, with its parameters and the optimisers that step them."""

from __future__ import annotations

from typing import Any

import gymnasium as gym
import numpy as np
import pytest
import torch
from sb3_contrib import QRDQN, CrossQ, MaskablePPO, RecurrentPPO
from stable_baselines3 import A2C, DDPG, DQN, PPO, SAC, TD3
from stable_baselines3.common.base_class import BaseAlgorithm
from stable_baselines3.common.torch_layers import BaseFeaturesExtractor
from torch import Tensor, nn

from rewardlab.agents.auxiliary import (
    AuxiliaryObjectives,
    Reconstruction,
    RewardPrediction,
    find_representation,
    representation_names,
)
from rewardlab.errors import BadInput
from rewardlab.losses.modules import SquaredErrorLoss

CONTINUOUS, DISCRETE = "Pendulum-v1", "CartPole-v1"
BOTH_SIDES = ("actor_latent", "actor_features", "critic_features")
NAMES = {
    PPO: (DISCRETE, ("policy_latent", "value_latent", "features")),
    A2C: (CONTINUOUS, ("policy_latent", "value_latent", "features")),
    MaskablePPO: (DISCRETE, ("policy_latent", "value_latent", "features")),
    DQN: (DISCRETE, ("latent", "features")),
    QRDQN: (DISCRETE, ("latent", "features")),
    SAC: (CONTINUOUS, BOTH_SIDES),
    TD3: (CONTINUOUS, BOTH_SIDES),
    DDPG: (CONTINUOUS, BOTH_SIDES),
}


class Extractor(BaseFeaturesExtractor):
    """A features extractor with parameters."""

    def __init__(self, space: gym.Space[Any], layer: type[nn.Module] = nn.Identity) -> None:
        super().__init__(space, features_dim=5)
        assert space.shape is not None
        self.layers = nn.Sequential(nn.Linear(space.shape[0], 5), *([layer(5)] if layer is not nn.Identity else []))

    def forward(self, observations: Tensor) -> Tensor:
        return self.layers(observations)


def agent(kind: type[BaseAlgorithm], environment: str, **policy: Any) -> BaseAlgorithm:
    return kind("MlpPolicy", environment, device="cpu", seed=0, policy_kwargs={"net_arch": [7, 6], **policy})


@pytest.mark.parametrize("kind", NAMES, ids=lambda kind: kind.__name__)
def test_each_has_its_names_and_the_first_is_the_layer_below_the_outputs(kind: type[BaseAlgorithm]) -> None:
    environment, names = NAMES[kind]
    model = agent(kind, environment)
    assert representation_names(model) == names
    found = find_representation(model, None, "here")
    assert (found.name, found.size, len(found.parameters)) == (names[0], 6, 4)
    assert len(found.owners) == 1
    stepped = {id(parameter) for group in found.owners[0].param_groups for parameter in group["params"]}
    assert {id(parameter) for _, parameter in found.parameters} <= stepped
    observation, _ = model.policy.obs_to_tensor(np.ones(model.observation_space.shape, np.float32))
    assert found.encode(observation).shape == (1, 6)


def test_what_it_encodes_is_what_the_agent_itself_computes() -> None:
    observation = torch.randn(4, 4)
    ppo, dqn = agent(PPO, DISCRETE), agent(DQN, DISCRETE)
    latent = find_representation(ppo, "policy_latent", "here").encode(observation)
    logits = ppo.policy.action_net(latent)
    torch.testing.assert_close(ppo.policy.get_distribution(observation).distribution.logits, logits.log_softmax(-1))
    values = ppo.policy.value_net(find_representation(ppo, "value_latent", "here").encode(observation))
    torch.testing.assert_close(ppo.policy.predict_values(observation), values)
    latent = find_representation(dqn, "latent", "here").encode(observation)
    torch.testing.assert_close(dqn.policy.q_net(observation), dqn.policy.q_net.q_net[-1](latent))
    seen = torch.randn(4, 3)
    for kind, last in ((SAC, lambda actor: actor.mu), (TD3, lambda actor: actor.mu[-2:])):
        model = agent(kind, CONTINUOUS)
        latent = find_representation(model, "actor_latent", "here").encode(seen)
        expected = model.actor.get_action_dist_params(seen)[0] if kind is SAC else model.actor(seen)
        torch.testing.assert_close(last(model.actor)(latent), expected)


def test_an_extractor_with_parameters_is_shared_and_comes_with_what_stands_on_it() -> None:
    shared = agent(PPO, DISCRETE, features_extractor_class=Extractor)
    features = find_representation(shared, "features", "here")
    assert (features.size, len(features.parameters)) == (5, 2)
    latent = find_representation(shared, "policy_latent", "here")
    assert len(latent.parameters) == 6
    assert {id(parameter) for _, parameter in features.parameters} <= {id(each) for _, each in latent.parameters}
    apart = agent(PPO, DISCRETE, features_extractor_class=Extractor, share_features_extractor=False)
    assert representation_names(apart) == ("policy_latent", "value_latent", "policy_features", "value_features")
    sides = [
        find_representation(apart, name, "here").parameters[0][1] for name in ("policy_features", "value_features")
    ]
    assert sides[0] is not sides[1]


@pytest.mark.parametrize(("kind", "owners"), [(SAC, 1), (TD3, 2)])
def test_actor_and_critic_that_share_are_told(kind: type[BaseAlgorithm], owners: int) -> None:
    # SAC's critic does not step a shared extractor; TD3's optimisers both list it, though only one finds a gradient.
    model = agent(kind, CONTINUOUS, features_extractor_class=Extractor, share_features_extractor=True)
    assert len(find_representation(model, "actor_features", "here").owners) == owners


def test_a_flat_extractor_has_nothing_to_train_and_the_message_says_what_has() -> None:
    with pytest.raises(
        BadInput, match=r"'features', which has no trained parameter.*policy_latent, value_latent can be"
    ):
        find_representation(agent(PPO, DISCRETE), "features", "here")
    linear = PPO("MlpPolicy", DISCRETE, device="cpu", policy_kwargs={"net_arch": []})
    with pytest.raises(BadInput, match=r"no trained parameter.*give the policy layers .* or a features extractor"):
        find_representation(linear, None, "here")


def test_a_name_that_there_is_not_is_refused_with_a_suggestion() -> None:
    with pytest.raises(BadInput, match="here: got 'policy-latent', expected a known representation of PPO: features"):
        find_representation(agent(PPO, DISCRETE), "policy-latent", "here")


@pytest.mark.parametrize("layer", [nn.BatchNorm1d], ids=lambda layer: layer.__name__)
def test_layers_that_remember_are_refused(layer: type[nn.Module]) -> None:
    options = {"features_extractor_class": Extractor, "features_extractor_kwargs": {"layer": layer}}
    with pytest.raises(BadInput, match=r"'features' with BatchNorm1d, expected layers that a second pass.*LayerNorm"):
        find_representation(agent(PPO, DISCRETE, **options), "features", "here")
    kept = find_representation(
        agent(PPO, DISCRETE, features_extractor_class=Extractor, features_extractor_kwargs={"layer": nn.LayerNorm}),
        "features",
        "here",
    )
    assert len(kept.parameters) == 4


def test_the_batch_renormalisation_of_crossq_remembers_too() -> None:
    with pytest.raises(BadInput, match=r"'actor_latent' with BatchRenorm1d, expected layers that a second pass"):
        find_representation(agent(CrossQ, CONTINUOUS), None, "here")


def test_an_agent_with_a_memory_is_refused() -> None:
    model = RecurrentPPO("MlpLstmPolicy", DISCRETE, device="cpu", n_steps=8)
    with pytest.raises(BadInput, match="a RecurrentActorCriticPolicy"):
        representation_names(model)
    two = [Reconstruction(SquaredErrorLoss(), 0.1), RewardPrediction(SquaredErrorLoss(), 0.1)]
    with pytest.raises(BadInput) as refused:
        AuxiliaryObjectives(two).init_callback(model)
    assert len(refused.value.problems) == 1  # it is the agent's fault, told once


def test_looking_changes_neither_mode_nor_random_streams() -> None:
    model = agent(PPO, DISCRETE)
    model.policy.set_training_mode(True)
    before = torch.get_rng_state(), model.observation_space.np_random.bit_generator.state
    find_representation(model, None, "here")
    assert model.policy.training
    assert torch.equal(before[0], torch.get_rng_state())
    assert model.observation_space.np_random.bit_generator.state == before[1]
