"""What does not fit is refused with a clear line, before training or in its first update."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from gymnasium import spaces
from sb3_contrib import TRPO
from stable_baselines3 import PPO
from torch import Tensor, nn

from rewardlab.agents.auxiliary import (
    AdversarialNextObservation,
    AuxiliaryBatch,
    AuxiliaryObjectives,
    InverseDynamics,
    NextObservation,
    OwnObjective,
    Reconstruction,
    RewardClasses,
    RewardPrediction,
    TerminationPrediction,
    ValueReplay,
)
from rewardlab.errors import BadInput, RunFailed
from rewardlab.losses.modules import (
    BinaryCrossEntropyLoss,
    FocalLoss,
    HuberLoss,
    MixtureNLLLoss,
    SoftmaxCrossEntropyLoss,
    SquaredErrorLoss,
)
from tests.agents.auxiliary.agents_in_script import LINE, STEPS, scripted_agent
from tests.agents.auxiliary.scripted_environment import Scripted

Made: Any = Callable[[], Any]
WRONG_ARGUMENTS: dict[str, tuple[Made, list[str]]] = {
    "classes for numbers": (
        lambda: RewardPrediction(FocalLoss(), 0.1),  # type: ignore[arg-type]
        ["reward.loss: got a FocalLoss, expected a loss of numbers: SquaredErrorLoss or AbsoluteErrorLoss or "],
    ),
    "numbers for classes": (
        lambda: RewardClasses(HuberLoss(1.0), 0.1),  # type: ignore[arg-type]
        ["reward_classes.loss: got a HuberLoss, expected a loss of classes"],
    ),
    "numbers for yes and no": (
        lambda: TerminationPrediction(SquaredErrorLoss(), 0.1),  # type: ignore[arg-type]
        ["termination.loss: got a SquaredErrorLoss, expected a loss of yes and no"],
    ),
    "torch's own": (
        lambda: Reconstruction(nn.MSELoss(), 0.1),  # type: ignore[arg-type]
        ["reconstruction.loss: got a MSELoss", "OwnObjective takes any function"],
    ),
    "no list": (
        lambda: AuxiliaryObjectives(Reconstruction(SquaredErrorLoss(), 0.1)),  # type: ignore[arg-type]
        ["AuxiliaryObjectives.objectives: got a Reconstruction, expected a list of objectives; put it into a list"],
    ),
    "a loss for an objective": (
        lambda: AuxiliaryObjectives([HuberLoss(1.0)]),  # type: ignore[list-item]
        ["AuxiliaryObjectives.objectives[0]: got a HuberLoss, expected a list of objectives; a loss stands in an"],
    ),
    "an objective for a regularizer": (
        lambda: AuxiliaryObjectives((), [Reconstruction(SquaredErrorLoss(), 0.1)]),  # type: ignore[list-item]
        ["AuxiliaryObjectives.regularizers[0]: got a Reconstruction, expected a list of regularizers"],
    ),
    "no generator": (
        lambda: AdversarialNextObservation(SquaredErrorLoss(), 0.1),  # type: ignore[arg-type]
        ["expected a loss of a generator: CombinedGenerativeLoss"],
    ),
    "a class": (
        lambda: RewardPrediction(SquaredErrorLoss, 0.1),  # type: ignore[arg-type]
        ["reward.loss: got the class SquaredErrorLoss, expected an instance of it; make one: SquaredErrorLoss(...)"],
    ),
    "no reduction": (
        lambda: RewardPrediction(SquaredErrorLoss(reduction="none"), 0.1),
        ["reward.loss.reduction: got 'none', expected 'mean' or 'sum'"],
    ),
    "a mixture of nothing": (
        lambda: NextObservation(MixtureNLLLoss(), 0.1),
        ["next_observation.components: got None, expected a whole number of at least 1"],
    ),
    "components of no mixture": (
        lambda: NextObservation(SquaredErrorLoss(), 0.1, components=2),
        ["next_observation.components: got 2 beside a SquaredErrorLoss"],
    ),
    "no spread": (
        lambda: NextObservation(MixtureNLLLoss(), 0.1, components=2, least_spread=0.0),
        ["next_observation.least_spread: got 0.0"],
    ),
    "negative noise": (
        lambda: AdversarialNextObservation(None, 0.1, noise=-1),  # type: ignore[arg-type]
        ["adversarial_next_observation.noise: got -1", "adversarial_next_observation.loss: got a NoneType"],
    ),
    "a discount above 1": (
        lambda: ValueReplay(SquaredErrorLoss(), 0.1, gamma=1.01),
        ["value_replay.gamma: got 1.01, expected a number from 0 to 1"],
    ),
    "all at once": (
        lambda: ValueReplay(FocalLoss(), -1.0, gamma=float("nan"), hidden=-1, head_learning_rate=0.0),  # type: ignore[arg-type]
        [
            "value_replay.loss: got a FocalLoss",
            "value_replay.weight: got -1.0",
            "value_replay.gamma: got nan",
            "value_replay.hidden: got -1",
            "value_replay.head_learning_rate: got 0.0",
        ],
    ),
    "no function": (
        lambda: OwnObjective("mine", nn.Linear(2, 1), None, 0.1),  # type: ignore[arg-type]
        ["mine.function: got None, expected a function"],
    ),
}


@pytest.mark.parametrize("case", WRONG_ARGUMENTS)
def test_an_argument_that_does_not_suit_is_refused_when_it_is_given(case: str) -> None:
    make, lines = WRONG_ARGUMENTS[case]
    with pytest.raises(BadInput) as refused:
        make()
    for line in lines:
        assert line in str(refused.value)


@pytest.mark.parametrize(
    ("actions", "loss", "expected"),
    [
        (None, SquaredErrorLoss(), "a loss of Discrete actions: SoftmaxCrossEntropyLoss"),
        (spaces.MultiDiscrete([2, 2]), BinaryCrossEntropyLoss(), "MultiDiscrete actions: SoftmaxCrossEntropyLoss"),
        (spaces.MultiBinary(2), SoftmaxCrossEntropyLoss(), "a loss of MultiBinary actions: BinaryCrossEntropyLoss"),
        (LINE, SoftmaxCrossEntropyLoss(), "a loss of Box actions: SquaredErrorLoss or AbsoluteErrorLoss or HuberLoss"),
    ],
)
def test_a_loss_that_does_not_suit_the_actions_is_refused_before_training(
    actions: spaces.Space[Any] | None, loss: Any, expected: str
) -> None:
    model = scripted_agent("PPO", Scripted("flat", actions))
    with pytest.raises(BadInput, match=rf"inverse_dynamics\.loss: got a {type(loss).__name__}, expected .*{expected}"):
        model.learn(STEPS, callback=AuxiliaryObjectives([InverseDynamics(loss, 0.1)]))
    assert model.num_timesteps == 0


def test_a_choice_of_one_action_is_refused_before_training() -> None:
    model = scripted_agent("PPO", Scripted("flat", spaces.MultiDiscrete([1, 2])))
    with pytest.raises(BadInput, match=r"inverse_dynamics: got a choice between one action in MultiDiscrete"):
        model.learn(STEPS, callback=AuxiliaryObjectives([InverseDynamics(SoftmaxCrossEntropyLoss(), 0.1)]))


def own(
    function: Callable[[Any, Any, AuxiliaryBatch], Any], make: Any = lambda task: nn.Linear(task.size, 1)
) -> OwnObjective:
    return OwnObjective("mine", make, function, 0.1)


WRONG_HEADS: dict[str, tuple[Any, str]] = {
    "no module": (lambda task: 3, "mine.make_head: got a int, expected a torch.nn.Module"),
    "nothing to train": (lambda task: nn.ReLU(), "mine.make_head: got a ReLU without parameters"),
}


@pytest.mark.parametrize("case", WRONG_HEADS)
def test_a_head_that_cannot_learn_is_refused_before_training(case: str) -> None:
    make, line = WRONG_HEADS[case]
    model = scripted_agent("PPO", Scripted())
    with pytest.raises(BadInput, match=line):
        model.learn(STEPS, callback=AuxiliaryObjectives([own(lambda *_: None, make)]))
    assert model.num_timesteps == 0


def predicted(head: Any, encode: Any, batch: AuxiliaryBatch) -> Tensor:
    said: Tensor = head(encode(batch.observations))
    return said


WRONG_LOSSES: dict[str, tuple[Callable[[Any, Any, Any], Any], str]] = {
    "a float": (lambda *given: predicted(*given).mean().item(), "got a float, expected a tensor; leave out .item()"),
    "nothing": (lambda *_: None, "got a NoneType, expected a tensor"),
    "no scalar": (lambda *given: predicted(*given), r"got a tensor of shape (16, 1), expected a scalar"),
    "detached": (lambda *given: predicted(*given).mean().detach(), "got a tensor without a gradient"),
    "of the batch alone": (lambda head, encode, batch: batch.rewards.mean(), "got a tensor without a gradient"),
    "whole": (lambda *_: torch.tensor(1), "got a tensor of torch.int64, expected a floating dtype"),
    "elsewhere": (lambda *given: predicted(*given).mean().to("meta"), "got a tensor on meta, expected one on cpu"),
    "shapes that do not fit": (
        lambda head, encode, batch: SquaredErrorLoss()(predicted(head, encode, batch), batch.rewards),
        "SquaredErrorLoss: got predicted of shape (16, 1), target of shape (16,), expected equal shapes",
    ),
    "an observation that is not there": (
        lambda head, encode, batch: batch.observations["stops"].mean(),
        "got 'stops', expected a known observation: all, steps; did you mean 'steps'?",
    ),
}


@pytest.mark.parametrize("algorithm", ["PPO", "DQN"])
@pytest.mark.parametrize("case", WRONG_LOSSES)
def test_a_loss_of_your_own_is_checked_in_its_first_update(case: str, algorithm: str) -> None:
    function, line = WRONG_LOSSES[case]
    model = scripted_agent(algorithm, Scripted("dict"), "MultiInputPolicy")
    before = [parameter.detach().clone() for parameter in model.policy.parameters()]
    with pytest.raises(BadInput) as refused:
        model.learn(STEPS, callback=AuxiliaryObjectives([own(function)]))
    assert line in str(refused.value)
    assert all(problem.where.startswith("loss of auxiliary objective 'mine'") for problem in refused.value.problems)
    assert all(torch.equal(*pair) for pair in zip(before, model.policy.parameters(), strict=True)), (
        "nothing was stepped"
    )


def test_a_loss_of_your_own_that_is_nan_stops_the_run() -> None:
    objective = own(lambda *given: predicted(*given).mean() * float("nan"))
    with pytest.raises(RunFailed, match="'mine': its loss is nan"):
        scripted_agent("PPO", Scripted()).learn(STEPS, callback=AuxiliaryObjectives([objective]))


def test_a_key_that_is_missing_in_your_own_dictionary_is_your_own_error() -> None:
    objective = own(lambda *_: {}["stops"])
    model = scripted_agent("PPO", Scripted("dict"), "MultiInputPolicy")
    with pytest.raises(KeyError, match="stops"):
        model.learn(STEPS, callback=AuxiliaryObjectives([objective]))


FORGETFUL: dict[str, tuple[dict[str, Any], str]] = {
    "time limits": ({}, "to which every ending is a termination, expected one that keeps time limits"),
    "last observations": (
        {"optimize_memory_usage": True},
        "which loses the last observation of each episode, expected one that keeps it",
    ),
}


@pytest.mark.parametrize("what", FORGETFUL)
def test_a_buffer_that_forgets_what_is_needed_is_refused_before_training(what: str) -> None:
    options, line = FORGETFUL[what]
    buffer = {"handle_timeout_termination": False}
    model = scripted_agent("DQN", Scripted(), replay_buffer_kwargs=buffer, **options)
    with pytest.raises(BadInput, match=line):
        model.learn(STEPS, callback=AuxiliaryObjectives([RewardPrediction(SquaredErrorLoss(), 0.1)]))
    assert model.num_timesteps == 0


def test_heads_that_have_learned_beside_another_agent_are_refused_where_they_do_not_fit() -> None:
    callback = AuxiliaryObjectives([RewardPrediction(SquaredErrorLoss(), 0.1)])
    small, alike, large = (
        PPO(
            "MlpPolicy",
            "CartPole-v1",
            n_steps=16,
            batch_size=16,
            n_epochs=1,
            device="cpu",
            policy_kwargs={"net_arch": arch},
        )
        for arch in ([8], [8], [9])
    )
    small.learn(16, callback=callback)
    alike.learn(16, callback=callback)
    assert callback.updates == 2
    with pytest.raises(BadInput, match=r"got an agent with other spaces or layers than .*; make another callback"):
        large.learn(16, callback=callback)


@pytest.mark.parametrize("steps", [8, 16])
def test_an_agent_that_learns_past_a_representation_ends_with_a_word(steps: int) -> None:
    # TRPO takes its policy's gradient by itself and sets the parameters; only its values go through the optimiser.
    model = TRPO("MlpPolicy", "CartPole-v1", n_steps=8, batch_size=8, device="cpu", seed=0)
    mine = RewardPrediction(SquaredErrorLoss(), 0.1, name="mine")
    with pytest.raises(RunFailed, match="mine: took no part in 1 updates of TRPO"):
        model.learn(steps, callback=AuxiliaryObjectives([mine]))
    beside = AuxiliaryObjectives([RewardPrediction(SquaredErrorLoss(), 0.1, representation="value_latent")])
    model.learn(steps, callback=beside)
    assert beside.updates > 0
