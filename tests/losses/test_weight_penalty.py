"""Penalties on the weights of torch models: which weights, how much, and exact zeros."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from rewardlab.errors import BadInput
from rewardlab.losses import elastic_net_penalty, elastic_net_penalty_gradient, elastic_net_proximal
from rewardlab.losses.modules import WeightPenalty, named_weights


def chosen(model: Any, names: Any = None) -> list[str]:
    return [name for name, _ in named_weights(model, names)]


def flat(tensors: list[torch.Tensor]) -> np.ndarray:
    return np.concatenate([tensor.detach().double().numpy().ravel() for tensor in tensors])


class Policy(nn.Module):
    """The names of an SB3 policy with a layer of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.log_std = nn.Parameter(torch.full((2, 2), 0.5))
        self.kernel = nn.Parameter(torch.tensor([1.0, -2.0]))
        self.policy_net = nn.Sequential(nn.Linear(3, 4), nn.LayerNorm(4), nn.Linear(4, 4))
        self.value_net = nn.Linear(4, 1)


@pytest.fixture
def policy() -> Policy:
    torch.manual_seed(0)
    return Policy()


def test_by_default_weights_of_all_kinds_of_layers_and_nothing_else() -> None:
    layers: dict[str, nn.Module] = {
        "linear": nn.Linear(2, 2),
        "conv": nn.Conv1d(2, 2, 3),
        "back": nn.ConvTranspose2d(2, 2, 3),
        "table": nn.Embedding(3, 2),
        "bilinear": nn.Bilinear(2, 2, 2),
        "lstm": nn.LSTM(2, 2),
        "attention": nn.MultiheadAttention(2, 1, add_bias_kv=True),
        "norm": nn.BatchNorm1d(2),
        "planes": nn.InstanceNorm2d(2, affine=True),
        "wide": nn.LayerNorm((2, 2)),
        "groups": nn.GroupNorm(1, 2),
        "root": nn.RMSNorm((2, 2)),
        "slope": nn.PReLU(2),
    }
    assert chosen(nn.ModuleDict(layers)) == [
        "linear.weight",
        "conv.weight",
        "back.weight",
        "table.weight",
        "bilinear.weight",
        "lstm.weight_ih_l0",
        "lstm.weight_hh_l0",
        "attention.in_proj_weight",
        "attention.out_proj.weight",
    ]


def test_names_and_patterns_choose_among_the_weights(policy: Policy) -> None:
    everything = ["policy_net.0.weight", "policy_net.2.weight", "value_net.weight"]
    assert chosen(policy) == chosen(policy, "*") == everything
    # Biases, scales and spreads that a pattern covers are left out all the same.
    assert chosen(policy, "policy_net.*") == everything[:2]
    assert chosen(policy, ["value_net.weight", "policy_net.[0]*"]) == [everything[0], everything[2]]
    # What no pattern reaches can be named.
    assert chosen(policy, "kernel") == ["kernel"]
    assert chosen(policy.named_parameters()) == everything


@pytest.mark.parametrize(
    ("names", "message"),
    [
        ("policy_net.0.bias", r"'policy_net.0.bias', expected a weight, .*; policy_net.0.bias is a bias, which says"),
        ("*.bias", "'[*].bias', expected a weight, .*; policy_net.0.bias is a bias"),
        ("policy_net.1.weight", "policy_net.1.weight is the scale of a norm layer"),
        ("log_std", "log_std is the spread of a policy: 0 would be a spread of 1"),
        ("policy_net.0.wieght", "such as policy_net.0.weight, .*; did you mean 'policy_net.0.weight'?"),
        ("value.*", "names: got 'value.[*]', expected a weight, such as"),
        ("kern*", "'kern[*]', .*; name kernel exactly if it is one"),
        ([], "names: got none, expected names or patterns; None chooses all"),
    ],
)
def test_names_that_choose_no_weight_are_refused(policy: Policy, names: Any, message: str) -> None:
    for refused in (
        lambda: WeightPenalty(l2=1.0, names=names)(policy),
        lambda: WeightPenalty(l1=1.0, names=names).proximal_step(policy, 0.1),
        lambda: named_weights(policy, names),
    ):
        with pytest.raises(BadInput, match=message):
            refused()


def test_all_names_that_are_wrong_are_told_at_once(policy: Policy) -> None:
    with pytest.raises(BadInput) as refused:
        named_weights(policy, ["value_net.weight", "nothing", "log_std"])
    assert len(refused.value.problems) == 2


def test_models_without_weights_or_names_are_refused() -> None:
    with pytest.raises(BadInput, match=r"model: got no weight among weight, bias, expected a weight"):
        named_weights(nn.LayerNorm(3))
    with pytest.raises(BadInput, match="no weight among none"):
        named_weights([])
    with pytest.raises(BadInput, match=r"got Parameter, expected pairs .*; pass the model, or model.named_parameters"):
        named_weights(nn.Linear(2, 2).parameters())  # type: ignore[arg-type]
    with pytest.raises(BadInput, match=r"got weight without a shape, .*; run the model on one batch first"):
        named_weights(nn.LazyLinear(2))
    with pytest.raises(BadInput, match="no weight among weight, bias"):
        named_weights(nn.Linear(2, 2).requires_grad_(False))


def test_a_shared_weight_counts_once_under_either_name() -> None:
    model = nn.ModuleDict({"coder": nn.Linear(2, 2), "decoder": nn.Linear(2, 2)})
    model["decoder"].weight = model["coder"].weight
    assert chosen(model) == ["coder.weight"]
    assert chosen(model, "decoder.weight") == ["decoder.weight"]
    size = model["coder"].weight.abs().sum()
    torch.testing.assert_close(WeightPenalty(l1=1.0)(model), size)
    torch.testing.assert_close(WeightPenalty(l1=1.0)([*model.named_parameters(), *model.named_parameters()]), size)


@pytest.mark.parametrize(("l1", "l2"), [(0.3, 0.0), (0.0, 0.7), (0.3, 0.7)])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_torch_and_numpy_agree(policy: Policy, l1: float, l2: float, dtype: torch.dtype) -> None:
    policy.to(dtype)
    with torch.no_grad():
        policy.value_net.weight[0, 1] = 0.0
    weights = [weight for _, weight in named_weights(policy)]
    before = flat(weights)
    penalty = WeightPenalty(l1, l2)
    value = penalty(policy)
    value.backward()
    precision = 1e-12 if dtype == torch.float64 else 1e-6
    assert value.dtype == dtype
    assert value.item() == pytest.approx(elastic_net_penalty(before, l1, l2), rel=precision)
    gradients = flat([weight.grad for weight in weights])  # type: ignore[misc]
    np.testing.assert_allclose(gradients, elastic_net_penalty_gradient(before, l1, l2), rtol=precision)
    others = [parameter for name, parameter in policy.named_parameters() if name not in chosen(policy)]
    assert len(others) == 7
    assert all(parameter.grad is None for parameter in others)
    kept = flat(others)
    penalty.proximal_step(policy, 0.2)
    np.testing.assert_allclose(flat(weights), elastic_net_proximal(before, l1, l2, 0.2), rtol=precision, atol=precision)
    np.testing.assert_array_equal(flat(others), kept)


def test_autograd_agrees_with_differences() -> None:
    weight = torch.tensor([[1.5, -0.5], [2.0, 0.25]], dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda values: WeightPenalty(0.3, 0.7)([("weight", values)]), (weight,))


def trained(penalty: WeightPenalty, way: str, momentum: float, step_size: float) -> tuple[list[float], list[float]]:
    """Weights of a linear model of which only the first of four features says anything, and the pull of the data."""
    generator = torch.Generator().manual_seed(1)
    features = torch.randn(64, 4, generator=generator)
    target = 2.0 * features[:, :1]
    model = nn.Linear(4, 1)
    nn.init.constant_(model.weight, 1.0)
    nn.init.constant_(model.bias, 0.5)
    optimiser = torch.optim.SGD(model.parameters(), lr=0.05, momentum=momentum)
    for _ in range(200):
        optimiser.zero_grad()
        loss = nn.functional.mse_loss(model(features), target)
        (loss + penalty(model) if way == "slope" else loss).backward()
        optimiser.step()
        if way == "proximal":
            penalty.proximal_step(model, step_size)
    pull = torch.autograd.grad(nn.functional.mse_loss(model(features), target), model.weight)[0]
    return model.weight.tolist()[0], (-pull).tolist()[0]


def test_under_l1_steps_along_the_slope_reach_no_zero_and_proximal_steps_do() -> None:
    weights, _ = trained(WeightPenalty(l1=1.0), "slope", 0.0, 0.05)
    assert all(weights)
    weights, _ = trained(WeightPenalty(l1=1.0), "proximal", 0.0, 0.05)
    assert [weight == 0 for weight in weights] == [False, True, True, True]


@pytest.mark.parametrize(("momentum", "step_size"), [(0.0, 0.05), (0.5, 0.05 / (1 - 0.5))])
def test_proximal_steps_end_where_the_penalised_loss_is_least(momentum: float, step_size: float) -> None:
    # There the data pull a weight that is left with the strength of L1, and one that is 0 with no more than that.
    weights, pull = trained(WeightPenalty(l1=1.0), "proximal", momentum, step_size)
    assert weights[0] > 0
    assert pull[0] == pytest.approx(1.0, abs=1e-4)
    assert max(map(abs, pull[1:])) < 1


def test_strength_or_step_of_nothing_leaves_every_bit(policy: Policy) -> None:
    with torch.no_grad():
        policy.value_net.weight[0, 0] = -0.0
    before = [parameter.detach().clone() for parameter in policy.parameters()]
    WeightPenalty().proximal_step(policy, 0.1)
    WeightPenalty(1.0, 1.0).proximal_step(policy, 0.0)
    for old, new in zip(before, policy.parameters(), strict=True):
        assert old.numpy().tobytes() == new.detach().numpy().tobytes()
    nothing = WeightPenalty()(policy)
    assert nothing.item() == 0
    # Not a gradient of zeros: an optimiser that skips parameters without one goes on skipping them.
    assert not nothing.requires_grad


def test_a_weight_that_is_not_finite_is_named_and_nothing_changes(policy: Policy) -> None:
    with torch.no_grad():
        policy.policy_net[2].weight[1, 2] = torch.nan  # type: ignore[union-attr,index]
    before = flat(list(policy.parameters()))
    for refused in (
        lambda: WeightPenalty(l2=0.1)(policy),
        lambda: WeightPenalty(l1=0.1).proximal_step(policy, 0.1),
    ):
        with pytest.raises(
            BadInput, match=r"WeightPenalty.policy_net.2.weight: got 1 of 16 elements, the first nan at \[1, 2\]"
        ):
            refused()
    np.testing.assert_array_equal(flat(list(policy.parameters())), before)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_is_summed_in_single(dtype: torch.dtype) -> None:
    model = nn.Linear(4, 1).to(dtype)
    nn.init.constant_(model.weight, 300.0)
    penalty = WeightPenalty(l1=1.0, l2=1.0)
    value = penalty(model)
    assert value.dtype == torch.float32
    # 4 (300 + 300**2); in half precision a single square of 300 is infinite.
    assert value.item() == pytest.approx(361200, rel=0.01)
    penalty.proximal_step(model, 300.0)
    assert model.weight.dtype == dtype
    assert not model.weight.any()


def test_layers_of_different_precision_are_added() -> None:
    model = nn.ModuleDict({"short": nn.Linear(1, 1), "long": nn.Linear(1, 1).double()})
    for layer in model.values():
        nn.init.constant_(layer.weight, 2.0)
    assert WeightPenalty(l2=1.0)(model).item() == 8.0


@pytest.mark.parametrize("wrong", [-0.1, float("nan"), float("inf"), "1", None, True])
def test_settings_that_are_no_numbers_from_zero_on_are_refused(wrong: Any) -> None:
    with pytest.raises(BadInput, match=r"WeightPenalty.l1: got .*\nWeightPenalty.l2: got .* of at least 0"):
        WeightPenalty(wrong, wrong)
    with pytest.raises(BadInput, match=r"proximal_step.step_size: got .* of at least 0"):
        WeightPenalty(1.0).proximal_step(nn.Linear(1, 1), wrong)


def test_it_says_what_it_is() -> None:
    assert repr(WeightPenalty(0.1, 0.01, names="actor.*")) == "WeightPenalty(l1=0.1, l2=0.01, names='actor.*')"
    assert repr(WeightPenalty(l2=1)) == "WeightPenalty(l1=0, l2=1)"


def test_the_weights_of_agents() -> None:
    sb3 = pytest.importorskip("stable_baselines3")
    agent = sb3.PPO("MlpPolicy", "Pendulum-v1", policy_kwargs={"net_arch": [4], "use_expln": True}, use_sde=True)
    assert "log_std" in dict(agent.policy.named_parameters())
    assert chosen(agent.policy) == [
        "mlp_extractor.policy_net.0.weight",
        "mlp_extractor.value_net.0.weight",
        "action_net.weight",
        "value_net.weight",
    ]
    agent = sb3.SAC("MlpPolicy", "Pendulum-v1", policy_kwargs={"net_arch": [4]})
    # Here the spread is the output of a layer, and its weight a weight as any other.
    assert chosen(agent.actor) == ["latent_pi.0.weight", "mu.weight", "log_std.weight"]
    WeightPenalty(l1=0.1, names="latent_pi.*").proximal_step(agent.actor, 100.0)
    assert not agent.actor.latent_pi[0].weight.any()
    assert agent.actor.mu.weight.all()
