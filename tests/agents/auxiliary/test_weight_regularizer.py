"""Penalties on the weights of an agent's representation: in its loss, after its step, never on a bias."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from stable_baselines3 import A2C, PPO
from torch import Tensor

from rewardlab.agents.auxiliary import AuxiliaryObjectives, WeightRegularizer, find_representation
from rewardlab.errors import BadInput


def agent(**options: Any) -> A2C:
    return A2C("MlpPolicy", "CartPole-v1", seed=2, device="cpu", policy_kwargs={"net_arch": [8]}, **options)


def test_l2_is_a_term_of_the_agents_loss(monkeypatch: pytest.MonkeyPatch) -> None:
    joined = agent()
    joined.learn(40, callback=AuxiliaryObjectives(regularizers=[WeightRegularizer(l2=0.05, on="policy_latent")]))
    summed, backward = agent(), torch.Tensor.backward
    weight = dict(summed.policy.named_parameters())["mlp_extractor.policy_net.0.weight"]

    def with_penalty(loss: Tensor, *arguments: Any, **rest: Any) -> None:
        backward(loss + 0.05 * weight.square().sum(), *arguments, **rest)

    monkeypatch.setattr(torch.Tensor, "backward", with_penalty)
    summed.learn(40)
    for (name, one), other in zip(joined.policy.named_parameters(), summed.policy.parameters(), strict=True):
        np.testing.assert_allclose(one.detach().numpy(), other.detach().numpy(), atol=1e-6, err_msg=name)


def test_l1_makes_weights_exactly_zero_and_leaves_biases_and_other_networks_alone() -> None:
    regularizer = WeightRegularizer(l1=50.0, on="policy_latent")
    model = agent(learning_rate=1e-3)
    model.learn(200, callback=AuxiliaryObjectives(regularizers=[regularizer]))
    body = model.policy.mlp_extractor
    assert (body.policy_net[0].weight == 0).all()
    assert (body.policy_net[0].bias != 0).any()
    assert (body.value_net[0].weight != 0).all()
    assert (model.policy.action_net.weight != 0).any()


def test_it_is_logged() -> None:
    model = agent()
    model.learn(40, callback=AuxiliaryObjectives(regularizers=[WeightRegularizer(l2=0.05, name="decay")]))
    logged = {key: value for key, value in model.logger.name_to_value.items() if key.startswith("auxiliary/decay/")}
    assert set(logged) == {f"auxiliary/decay/{key}" for key in ("loss", "weight", "gradient_norm", "cosine")}
    assert logged["auxiliary/decay/loss"] > 0


@pytest.mark.parametrize("strength", [-1.0, float("nan"), "much"])
def test_a_strength_without_sense_is_refused(strength: float) -> None:
    with pytest.raises(BadInput, match=r"l2: got .*, expected a finite number of at least 0"):
        WeightRegularizer(l2=strength)


def test_a_choice_that_fits_nothing_is_refused_before_training() -> None:
    for options, message in (
        ({"on": "policy_latnet"}, "regularizer.on: got 'policy_latnet'.*did you mean 'policy_latent'"),
        ({"names": "*.bias"}, r"is a bias"),
    ):
        model = PPO("MlpPolicy", "CartPole-v1", n_steps=16, batch_size=16, device="cpu")
        with pytest.raises(BadInput, match=message):
            model.learn(16, callback=AuxiliaryObjectives(regularizers=[WeightRegularizer(l2=1.0, **options)]))
        assert model.num_timesteps == 0


def test_an_exact_name_chooses_a_parameter_that_is_called_otherwise() -> None:
    model = agent(learning_rate=1e-3)
    layer = model.policy.mlp_extractor.policy_net[0]
    layer.register_parameter("kernel", torch.nn.Parameter(torch.ones(3)))
    chosen = "mlp_extractor.policy_net.0.kernel"
    regularizer = WeightRegularizer(l1=0.5, l2=1.0, names=chosen)
    representation = find_representation(model, "policy_latent", "here")
    found = regularizer.chosen(representation)
    assert [name for name, _ in found] == [chosen]
    added = regularizer.gradient(found, {id(found[0][1]): 0})
    np.testing.assert_allclose(added.gradients[0].numpy(), [2, 2, 2])
    regularizer.after_step(found, 0.1)
    np.testing.assert_allclose(found[0][1].detach().numpy(), [0.95, 0.95, 0.95])
