"""An auxiliary objective is exactly a term of the agent's loss at any weight, and nothing at all at weight 0."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
import torch
from stable_baselines3 import A2C, DQN, PPO, SAC, TD3
from stable_baselines3.common.base_class import BaseAlgorithm
from stable_baselines3.common.callbacks import BaseCallback
from torch import Tensor, nn

from rewardlab.agents.auxiliary import AbstractObjective, AuxiliaryBatch, AuxiliaryObjectives, ObjectiveLoss, Task
from rewardlab.errors import Problem

# Clipping at 0.5 fires at nearly every update of PPO and A2C.
ON_POLICY: dict[str, Any] = {"gamma": 0.9, "device": "cpu"}
OFF_POLICY: dict[str, Any] = {"learning_starts": 20, "batch_size": 16, "buffer_size": 200, "device": "cpu"}
ROLLOUT: dict[str, Any] = {"n_steps": 32, "batch_size": 16, "n_epochs": 3}


def agent(name: str, seed: int, **options: Any) -> BaseAlgorithm:
    """An agent that is soon done; its keyword arguments are its own, for SB3 writes into some."""
    options.setdefault("policy_kwargs", {"net_arch": [16, 16]})
    on_policy = {"PPO": (PPO, ROLLOUT), "A2C": (A2C, {})}
    if name in on_policy:
        kind, rollout = on_policy[name]
        return kind("MlpPolicy", "CartPole-v1", seed=seed, **{**rollout, **ON_POLICY, **options})
    kinds = {"DQN": (DQN, "CartPole-v1"), "SAC": (SAC, "Pendulum-v1"), "TD3": (TD3, "Pendulum-v1")}
    kind, environment = kinds[name]
    return kind("MlpPolicy", environment, seed=seed, train_freq=2, **{**OFF_POLICY, **options})


NAMED = pytest.mark.parametrize("name", ["PPO", "A2C", "DQN", "SAC", "TD3"])


class LastAngle(AbstractObjective):
    """Predict the last number of the next observation, with dropout in the head, which draws random numbers."""

    def problems(self, task: Task) -> list[Problem]:
        return []

    def make_head(self, task: Task) -> nn.Module:
        return nn.Sequential(nn.Linear(task.size, 8), nn.Dropout(0.1), nn.Tanh(), nn.Linear(8, 1))

    def loss(self, head: nn.Module, encode: Callable[[Any], Tensor], batch: AuxiliaryBatch) -> ObjectiveLoss:
        predicted = head(encode(batch.observations))[:, 0]
        return ObjectiveLoss((predicted - batch.next_observations[:, -1]).square().mean())


class Extractor(nn.Module):
    features_dim = 6

    def __init__(self, space: Any) -> None:
        super().__init__()
        self.layer = nn.Linear(space.shape[0], self.features_dim)

    def forward(self, observations: Tensor) -> Tensor:
        return torch.tanh(self.layer(observations))


def weights(model: BaseAlgorithm) -> dict[str, np.ndarray]:
    return {name: values.numpy().copy() for name, values in model.policy.state_dict().items()}


def global_streams() -> tuple[bytes, bytes]:
    return torch.get_rng_state().numpy().tobytes(), np.random.get_state()[1].tobytes()  # noqa: NPY002  # SB3's own


@NAMED
@pytest.mark.parametrize("seed", [0, *(pytest.param(seed, marks=pytest.mark.slow) for seed in (1, 2))])
@pytest.mark.parametrize("count", [0, 1], ids=["none", "weight 0"])
def test_weight_zero_changes_nothing(name: str, seed: int, count: int) -> None:
    plain = agent(name, seed)
    plain.learn(120)
    streams = global_streams()
    callback = AuxiliaryObjectives([LastAngle("angle", 0.0)][:count])
    joined = agent(name, seed)
    joined.learn(120, callback=callback)
    assert global_streams() == streams
    for key, values in weights(plain).items():
        np.testing.assert_array_equal(weights(joined)[key], values, err_msg=key)
    without = [[parameter.grad is None for parameter in model.policy.parameters()] for model in (plain, joined)]
    assert without[0] == without[1], "a parameter without a gradient stays without"
    if count:
        assert callback.updates > 0
        fresh = AuxiliaryObjectives([LastAngle("angle", 0.0)])
        fresh.init_callback(agent(name, seed))
        pairs = zip(callback.heads["angle"].parameters(), fresh.heads["angle"].parameters(), strict=True)
        assert min((one - other).abs().max().item() for one, other in pairs) > 0, "the head learns along"


# Which of the calls of loss.backward() are meant. SAC: temperature, critic, actor; TD3: critic, critic, actor.
MEANT = {
    ("PPO", None): (1, {0}),
    ("A2C", None): (1, {0}),
    ("DQN", None): (1, {0}),
    ("SAC", None): (3, {2}),
    ("TD3", None): (3, {2}),
    ("SAC", "critic_features"): (3, {1}),
    ("TD3", "critic_features"): (3, {0, 1}),
}


@pytest.mark.parametrize(
    ("name", "representation"),
    # Both with several optimisers, and each of them once.
    [pytest.param(*pair, marks=pytest.mark.slow if pair in (("SAC", None), ("TD3", None)) else ()) for pair in MEANT],
)
def test_the_update_is_that_of_the_summed_loss(name: str, representation: str | None) -> None:
    ends = []
    for way in ("hooks", "sum", "plain"):
        policy = {"net_arch": [16, 16]} | ({"features_extractor_class": Extractor} if representation else {})
        model = agent(name, 3, policy_kwargs=policy)
        objectives = [LastAngle("angle", 0.7, representation=representation)] if way != "plain" else []
        callback = AuxiliaryObjectives(objectives, seed=5)
        with summed_losses(callback, *MEANT[name, representation]) if way == "sum" else contextlib.nullcontext():
            model.learn(120, callback=callback)
        ends.append(weights(model))
    joined, summed, plain = ends
    assert max(np.abs(joined[key] - values).max() for key, values in plain.items()) > 1e-3
    for key, values in summed.items():
        np.testing.assert_allclose(joined[key], values, atol=1e-6, err_msg=key)


@contextlib.contextmanager
def summed_losses(callback: AuxiliaryObjectives, cycle: int, meant: set[int]) -> Iterator[None]:
    """Adds the auxiliary loss to the agent's own where SB3 calls ``loss.backward()``, instead of any hook."""
    backward, start, calls = torch.Tensor.backward, callback._on_training_start, [0]
    (objective,) = callback.objectives

    def start_without_hooks() -> None:
        start()
        for joined in callback._joined:
            joined.remove()
        callback._took_part.add(objective.name)  # by the sum

    def joint(loss: Tensor, *arguments: Any, **options: Any) -> None:
        calls[0] += 1
        if (calls[0] - 1) % cycle not in meant:
            backward(loss, *arguments, **options)
            return
        learned = callback._learned
        assert learned is not None
        head, optimizer = learned.modules[objective.name], learned.optimizers[objective.name]
        representation = callback._representations[objective.name]
        with learned.random.swapped_in():
            batch = callback._source.sample(learned.generator, callback._batch_size())  # type: ignore[union-attr]
            own = objective.loss(head, representation.encode, batch).value
        optimizer.zero_grad()
        backward(loss + objective.weight * own, *arguments, **options)
        for parameter in head.parameters():
            assert parameter.grad is not None
            parameter.grad /= objective.weight
        optimizer.step()

    callback._on_training_start = start_without_hooks  # type: ignore[method-assign]
    torch.Tensor.backward = joint  # type: ignore[assignment, method-assign]
    try:
        yield
    finally:
        torch.Tensor.backward = backward  # type: ignore[method-assign]


def test_a_minibatch_dropped_by_target_kl_trains_no_objective() -> None:
    agent = PPO("MlpPolicy", "CartPole-v1", seed=0, n_steps=32, batch_size=16, n_epochs=3, target_kl=1e-9, **ON_POLICY)
    callback = AuxiliaryObjectives([LastAngle("angle", 0.1)])
    agent.learn(64, callback=callback)
    # The first minibatch of a rollout cannot have diverged; the second has, and is dropped with all that follow.
    assert callback.updates == 2


def test_heads_stay_outside_of_the_norm_that_the_agent_clips(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[int] = []
    clip = torch.nn.utils.clip_grad_norm_

    def counted(parameters: Any, *arguments: Any, **options: Any) -> Tensor:
        listed = list(parameters)
        seen.append(len(listed))
        return clip(listed, *arguments, **options)

    monkeypatch.setattr(torch.nn.utils, "clip_grad_norm_", counted)
    model = agent("A2C", 0)
    model.learn(20, callback=AuxiliaryObjectives([LastAngle("angle", 0.1)]))
    assert set(seen) == {len(list(model.policy.parameters()))}


@pytest.mark.parametrize("name", ["SAC", "TD3"])
def test_a_critic_ignores_what_the_actors_pass_leaves_in_it(name: str) -> None:
    policy = {"net_arch": [16], "features_extractor_class": Extractor}
    model = agent(name, 0, policy_kwargs=policy)
    callback = AuxiliaryObjectives([LastAngle("angle", 0.1, representation="critic_features")])
    model.learn(60, callback=callback)
    assert callback.updates == model._n_updates, "one for each step of the critic's optimiser, none for the actor's"


@NAMED
def test_an_interrupted_training_leaves_nothing_behind(name: str) -> None:
    class Interrupt(BaseCallback):
        def _on_step(self) -> bool:
            if self.num_timesteps == 70:
                raise KeyboardInterrupt
            return True

    model = agent(name, 0)
    left = AuxiliaryObjectives([LastAngle("angle", 0.7)])
    with pytest.raises(KeyboardInterrupt):
        model.learn(120, callback=[left, Interrupt()])
    assert left.updates > 0
    head = {key: value.clone() for key, value in left.heads["angle"].state_dict().items()}
    fresh = AuxiliaryObjectives([LastAngle("angle", 0.0)])
    before = left.updates
    model.learn(70, callback=fresh)
    assert (left.updates, fresh.updates > 0) == (before, True)
    for key, value in left.heads["angle"].state_dict().items():
        assert torch.equal(value, head[key])
    again = agent(name, 0)
    again.learn(70, callback=left)
    assert left.updates > before


def test_what_two_optimisers_own_is_given_once_and_said() -> None:
    model = agent("TD3", 0, policy_kwargs={"net_arch": [8], "share_features_extractor": True})
    callback = AuxiliaryObjectives([LastAngle("angle", 0.1)])
    model.learn(60, callback=callback)
    assert callback.notes == ()
    shared = {"net_arch": [8], "share_features_extractor": True, "features_extractor_class": Extractor}
    model = agent("TD3", 0, policy_kwargs=shared)
    callback = AuxiliaryObjectives([LastAngle("angle", 0.1, representation="actor_features")])
    model.learn(60, callback=callback)
    assert "belongs to 2 optimisers; what it adds is added once" in callback.notes[0]
    assert callback.updates == model._n_updates // model.policy_delay  # type: ignore[attr-defined]
