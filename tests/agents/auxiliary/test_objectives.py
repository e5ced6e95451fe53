"""What each objective asks its head to say, learned on small problems of which the answer is known."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch
from gymnasium import spaces
from torch import Tensor, nn

from rewardlab.agents.auxiliary import (
    AdversarialNextObservation,
    InverseDynamics,
    NextObservation,
    Reconstruction,
    RewardClasses,
    RewardPrediction,
    TerminationPrediction,
    ValueReplay,
)
from rewardlab.losses.modules import (
    AbsoluteErrorLoss,
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
from tests.agents.auxiliary.learned_heads import batch_of, learned, task_of

GENERATOR = np.random.default_rng(0)
POINTS = torch.as_tensor(GENERATOR.uniform(-1, 1, (48, 2)), dtype=torch.float32)
CHOSEN = torch.as_tensor(GENERATOR.integers(0, 3, 48))
SIGNS = torch.tensor([-1.0, 1.0, 3.0])


@pytest.mark.parametrize(
    "loss", [SquaredErrorLoss(), AbsoluteErrorLoss(), HuberLoss(1.0)], ids=lambda loss: type(loss).__name__
)
def test_a_reward_of_observation_and_action_is_learned(loss: Any) -> None:
    # What the observation is worth depends on the action, so that a head without either could not know it.
    batch = batch_of(POINTS, actions=CHOSEN, rewards=POINTS[:, 0] * SIGNS[CHOSEN])
    _, first, last = learned(RewardPrediction(loss, 0.1), task_of(), batch)
    assert last < 0.1 * first


def test_the_prediction_of_an_unforeseeable_reward_is_its_mean_or_its_median() -> None:
    # One step in four pays 8, and nothing tells which: the mean is 2, the median 0.
    batch = batch_of(torch.zeros(4, 2), rewards=torch.tensor([8.0, 0.0, 0.0, 0.0]))
    for loss, answer in ((SquaredErrorLoss(), 2.0), (AbsoluteErrorLoss(), 0.0)):
        head, _, _ = learned(RewardPrediction(loss, 0.1, hidden=0), task_of(), batch, steps=400)
        assert head(torch.zeros(1, 2), torch.tensor([0])).item() == pytest.approx(answer, abs=0.05)


def test_three_classes_of_rewards_are_learned_at_their_frequency() -> None:
    # Of eight steps one costs, five pay nothing and two pay: scores are the logarithms of these shares.
    rewards = torch.tensor([-0.5, 0, 0, 0, 0, 0, 2.0, 0.01])
    batch = batch_of(torch.zeros(8, 2), rewards=rewards)
    head, _, last = learned(RewardClasses(SoftmaxCrossEntropyLoss(), 0.1, hidden=0), task_of(), batch, steps=400)
    shares = torch.softmax(head(torch.zeros(1, 2), torch.tensor([0])), dim=1)[0]
    np.testing.assert_allclose(shares.detach().numpy(), [1 / 8, 5 / 8, 2 / 8], atol=0.01)
    entropy = -sum(share * math.log(share) for share in (1 / 8, 5 / 8, 2 / 8))
    assert last == pytest.approx(entropy, abs=1e-3)


@pytest.mark.parametrize(("positive_weight", "answer"), [(None, 1 / 4), (3.0, 1 / 2)])
def test_whether_a_step_pays_is_learned_at_its_frequency(positive_weight: float | None, answer: float) -> None:
    # One step in four pays or costs; with weight w the answer is w q / (w q + 1 - q) = 3/4 / (3/4 + 3/4).
    loss = BinaryCrossEntropyLoss() if positive_weight is None else WeightedBinaryCrossEntropyLoss(positive_weight)
    batch = batch_of(torch.zeros(8, 2), rewards=torch.tensor([-0.5, 0, 0, 0, 0, 0, 2.0, 0]))
    head, _, _ = learned(RewardClasses(loss, 0.1, hidden=0), task_of(), batch, steps=400)
    assert torch.sigmoid(head(torch.zeros(1, 2), torch.tensor([0]))).item() == pytest.approx(answer, abs=0.01)


@pytest.mark.parametrize(
    "loss",
    [BinaryCrossEntropyLoss(), WeightedBinaryCrossEntropyLoss(3.0), FocalLoss()],
    ids=lambda loss: type(loss).__name__,
)
def test_terminations_are_learned(loss: Any) -> None:
    batch = batch_of(POINTS, terminated=POINTS[:, 0] > 0.7)
    _, first, last = learned(TerminationPrediction(loss, 0.1), task_of(), batch)
    assert last < 0.2 * first


def test_a_time_limit_is_no_termination() -> None:
    batch = batch_of(torch.zeros(4, 2), truncated=torch.ones(4, dtype=torch.bool))
    head, _, _ = learned(TerminationPrediction(BinaryCrossEntropyLoss(), 0.1), task_of(), batch)
    assert torch.sigmoid(head(torch.zeros(1, 2), torch.tensor([0]))).item() < 0.01


@pytest.mark.parametrize("loss", [SquaredErrorLoss(), HuberLoss(1.0)], ids=lambda loss: type(loss).__name__)
def test_the_next_observation_is_learned(loss: Any) -> None:
    moved = POINTS + SIGNS[CHOSEN][:, None]
    batch = batch_of(POINTS, actions=CHOSEN, next_observations=moved)
    _, first, last = learned(NextObservation(loss, 0.1), task_of(), batch)
    assert last < 0.05 * first


def test_of_two_futures_a_mixture_names_both_and_the_squared_error_their_mean() -> None:
    after = torch.tensor([[2.0], [-2.0], [2.0], [-2.0]])
    batch, task = batch_of(torch.zeros(4, 1), next_observations=after), task_of(1)
    mean, _, _ = learned(NextObservation(SquaredErrorLoss(), 0.1), task, batch)
    assert mean(torch.zeros(4, 1), batch)[0][0][0].item() == pytest.approx(0.0, abs=0.05)
    objective = NextObservation(MixtureNLLLoss(), 0.1, components=2, least_spread=0.1)
    mixture, _, last = learned(objective, task, batch, steps=600)
    (means, sigmas, logits), target = mixture(torch.zeros(4, 1), batch)
    assert means.shape == sigmas.shape == logits.shape == (4, 1, 2)
    np.testing.assert_array_equal(target.numpy(), after.numpy())
    np.testing.assert_allclose(sorted(means[0, 0].tolist()), [-2.0, 2.0], atol=0.1)
    np.testing.assert_allclose(torch.softmax(logits[0, 0], 0).tolist(), [0.5, 0.5], atol=0.05)
    # At best: log 2 for which of the two, and the density at the middle of a Gaussian of the least spread.
    best = math.log(2) + math.log(0.1) + 0.5 * math.log(2 * math.pi)
    assert best <= last < best + 0.7


def test_an_observation_is_rebuilt() -> None:
    _, first, last = learned(Reconstruction(SquaredErrorLoss(), 0.1), task_of(), batch_of(POINTS))
    assert last < 0.02 * first


def test_with_a_range_the_head_cannot_leave_it() -> None:
    objective = Reconstruction(ReconstructionLoss((-1.0, 1.0)), 0.1)
    head, first, last = learned(objective, task_of(), batch_of(POINTS))
    assert last < 0.1 * first
    for far in (-1e6, 1e6):
        said = head(torch.full((1, 2), far))
        assert said.min().item() >= -1.0
        assert said.max().item() <= 1.0


def test_the_generator_learns_and_the_judge_is_trained_by_its_own_loss_alone() -> None:
    batch = batch_of(POINTS, actions=CHOSEN, next_observations=POINTS + SIGNS[CHOSEN][:, None])
    objective = AdversarialNextObservation(CombinedGenerativeLoss(0.05), 0.1)
    head, first, last = learned(objective, task_of(), batch)
    assert last < 0.2 * first
    representation = POINTS.clone().requires_grad_()
    loss = objective.loss(head, lambda observations: representation, batch)
    assert loss.opponent is not None
    others = [representation, *head.generator.parameters()]  # type: ignore[union-attr]
    assert torch.autograd.grad(loss.opponent, others, allow_unused=True, retain_graph=True) == (None,) * len(others)
    judge = torch.autograd.grad(loss.opponent, [*head.opponent.parameters()])  # type: ignore[union-attr]
    assert all(gradient.abs().sum() > 0 for gradient in judge)
    (reached,) = torch.autograd.grad(loss.value, [representation])
    assert reached.abs().sum() > 0


def test_a_judge_that_is_trained_alone_tells_true_from_generated() -> None:
    batch = batch_of(POINTS, actions=CHOSEN, next_observations=POINTS + 3)
    objective = AdversarialNextObservation(CombinedGenerativeLoss(1.0), 0.1)
    torch.manual_seed(0)
    head = objective.make_head(task_of())
    optimizer = torch.optim.Adam(head.opponent.parameters(), lr=0.02)  # type: ignore[union-attr]
    losses = []
    for _ in range(100):
        loss = objective.loss(head, lambda observations: observations, batch).opponent
        assert loss is not None
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    # Who cannot tell them apart says 1/2 to both and pays 2 log 2 = 1.39.
    assert losses[0] > 1.0
    assert losses[-1] < 0.1


INVERSE: list[tuple[spaces.Space[Any], Any, Tensor]] = [
    (spaces.Discrete(3), SoftmaxCrossEntropyLoss(), CHOSEN),
    (spaces.MultiDiscrete([2, 3]), SoftmaxCrossEntropyLoss(), torch.stack([CHOSEN % 2, CHOSEN], dim=1)),
    (spaces.MultiBinary(2), BinaryCrossEntropyLoss(), torch.stack([CHOSEN % 2, CHOSEN // 2], dim=1).float()),
    (spaces.Box(-1, 1, (1,)), HuberLoss(1.0), CHOSEN[:, None] - 1.0),
]


@pytest.mark.parametrize(("space", "loss", "actions"), INVERSE, ids=[type(row[0]).__name__ for row in INVERSE])
def test_the_action_is_found_out_from_what_it_did(space: spaces.Space[Any], loss: Any, actions: Tensor) -> None:
    # Only the difference of the two observations tells: -1, 1 or 3 by the action.
    batch = batch_of(POINTS, actions=actions, next_observations=POINTS + SIGNS[CHOSEN][:, None])
    head, first, last = learned(InverseDynamics(loss, 0.1), task_of(actions=space), batch)
    assert last < 0.1 * first
    guesses, rows = head(POINTS, batch.next_observations), actions.reshape(len(POINTS), -1)
    if isinstance(space, spaces.Discrete | spaces.MultiDiscrete):
        said = torch.stack([scores.argmax(dim=1) for scores in guesses], dim=1)
    else:
        said = guesses[0].round() if isinstance(space, spaces.Box) else (guesses[0] > 0).float()
    assert torch.equal(said, rows), "each choice its own"


def test_values_go_on_behind_a_time_limit_and_end_with_a_termination() -> None:
    # State 0 pays 1 and leads to 1; state 1 pays 2 and terminates; state 2 pays 4, leads to 0 and is cut off there.
    # gamma 1/2: V(1) = 2, V(0) = 1 + 2/2 = 2, V(2) = 4 + 2/2 = 5.
    states = torch.eye(3)
    batch = batch_of(
        states,
        rewards=torch.tensor([1.0, 2.0, 4.0]),
        next_observations=states[[1, 2, 0]],
        terminated=torch.tensor([False, True, False]),
        truncated=torch.tensor([False, False, True]),
    )
    objective = ValueReplay(SquaredErrorLoss(), 0.1, gamma=0.5, hidden=0)
    head, first, last = learned(objective, task_of(3), batch, steps=600)
    np.testing.assert_allclose(head(states)[:, 0].detach().numpy(), [2.0, 2.0, 5.0], atol=0.02)
    assert last < 0.01 * first


def test_the_target_of_a_value_has_no_gradient() -> None:
    objective = ValueReplay(SquaredErrorLoss(), 0.1, gamma=0.5, hidden=0)
    head = nn.Linear(1, 1)
    with torch.no_grad():
        head.weight.fill_(2.0)
        head.bias.fill_(0.0)
    batch = batch_of(torch.tensor([[1.0]]), rewards=torch.tensor([3.0]), next_observations=torch.tensor([[5.0]]))
    loss = objective.loss(head, lambda observations: observations, batch)
    # V(1) = 2, its target 3 + 10/2 = 8: loss 36, derivative by the slope 2 (2 - 8) 1 = -12. With a gradient through
    # the target it would be 2 (2 - 8) (1 - 5/2) = 18.
    assert loss.value.item() == 36.0
    assert torch.autograd.grad(loss.value, [head.weight])[0].item() == -12.0
