"""The doctor finds each planted fault by its name and no other, passes what is sound, and leaves all as it was."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from rewardlab.errors import BadInput
from rewardlab.losses.checks import LossReport, check_diversity, doctor
from rewardlab.losses.checks.questions import (
    DATA_QUESTIONS,
    LAYER_QUESTIONS,
    LOSS_QUESTIONS,
    OUTPUT_QUESTIONS,
    STEP_QUESTIONS,
)
from tests.losses.checks.planted_set_ups import CLASSES, CLEAN, EXCEPTIONS, FAULTY, INPUTS, LABELS, NUMBERS, SetUp, net


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    # Small matrices are no faster with more, and the tests run beside each other.
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def examined(set_up: SetUp) -> LossReport:
    return doctor(set_up.model, set_up.loss, set_up.inputs, set_up.targets, **set_up.settings)


def ill(report: LossReport) -> dict[str, str]:
    return {finding.name: finding.level for finding in (*report.faults, *report.cautions)}


@pytest.mark.parametrize("name", FAULTY)
def test_each_planted_fault_is_found_by_its_name_and_sets_off_no_other(name: str) -> None:
    assert ill(examined(FAULTY[name])) == FAULTY[name].ill


@pytest.mark.parametrize("name", CLEAN)
def test_what_is_sound_passes(name: str) -> None:
    report = examined(CLEAN[name])
    assert ill(report) == {}
    assert report.clean
    assert report.finding("memorising").level == "fine"


@pytest.mark.parametrize("name", EXCEPTIONS)
def test_what_cannot_learn_by_heart_and_need_not_is_told_apart(name: str) -> None:
    set_up, words = EXCEPTIONS[name]
    report = examined(set_up)
    assert ill(report) == {}
    assert words in report.finding("memorising").saw


def test_a_gradient_of_zero_at_an_optimum_is_told_apart() -> None:
    found = examined(EXCEPTIONS["one parameter, at its optimum"][0]).finding("zero_gradients")
    assert "is zero, and single examples pull" in found.saw
    assert (
        "no example pulls on ignored."
        in examined(FAULTY["a network that counts nothing"]).finding("zero_gradients").saw
    )


def test_contradictions_are_counted() -> None:
    found = examined(EXCEPTIONS["contradictory labels"][0]).finding("memorising")
    contradictions = sum(LABELS[row] != LABELS[row + 20] for row in range(20))
    assert found.evidence[0].startswith(f"{contradictions} examples have the inputs of another")


@pytest.mark.parametrize(
    ("name", "question", "words"),
    [
        ("labels from 1", "labels", "counted from 1"),
        ("labels -1 and 1", "labels", "-1 and 1"),
        ("percentages", "labels", "percentages"),
        ("one-hot integers", "labels", "argmax"),
        ("integer labels", "target_dtype", "targets.float()"),
        ("floating classes", "target_dtype", "targets.long()"),
        ("a column", "target_shape", "broadcast"),
        ("two softmaxes", "activation", "softmax itself"),
        ("two sigmoids", "activation", "sigmoid itself"),
    ],
)
def test_the_cause_is_named(name: str, question: str, words: str) -> None:
    assert words in examined(FAULTY[name]).finding(question).cause


def test_everything_is_asked_or_said_why_not() -> None:
    asked = (*DATA_QUESTIONS, *OUTPUT_QUESTIONS, *LOSS_QUESTIONS, *LAYER_QUESTIONS, "memorising", *STEP_QUESTIONS)
    for set_up in (
        CLEAN["squared error"],
        CLEAN["classes"],
        FAULTY["labels from 1"],
        FAULTY["a sign"],
        FAULTY["NaN in the targets"],
    ):
        report = examined(set_up)
        assert sorted(finding.name for finding in report.findings) == sorted(asked)
        assert all(finding.question and finding.saw for finding in report.findings)
        json.dumps(report.as_dict())


def test_the_users_model_and_random_numbers_are_left_as_they_are() -> None:
    model = nn.Sequential(nn.Linear(4, 16), nn.BatchNorm1d(16), nn.Dropout(0.5), nn.Linear(16, 5))
    model[0].requires_grad_(False)
    nn.CrossEntropyLoss()(model(INPUTS), CLASSES).backward()
    before, gradients = copy.deepcopy(model.state_dict()), [each.grad for each in model.parameters()]
    state, modes = torch.get_rng_state(), [each.training for each in model.modules()]
    doctor(model, nn.CrossEntropyLoss(), INPUTS, CLASSES, optimizer=torch.optim.Adam, max_gradient_norm=1.0)
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    assert all(now is was for now, was in zip([each.grad for each in model.parameters()], gradients, strict=True))
    assert torch.equal(torch.get_rng_state(), state)
    assert [each.training for each in model.modules()] == modes
    assert [each.requires_grad for each in model.parameters()] == [False, False, True, True, True, True]


def test_the_same_generator_gives_the_same_report() -> None:
    set_up, _ = EXCEPTIONS["dropout"]
    first, second = (
        doctor(set_up.model, set_up.loss, set_up.inputs, set_up.targets, generator=torch.Generator().manual_seed(7))
        for _ in range(2)
    )
    assert first == second


def test_inputs_may_be_several() -> None:
    class Both(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.inside = net()

        def forward(self, left: Tensor, right: Tensor) -> Tensor:
            return self.inside(torch.cat([left, right], 1))

    left, right = INPUTS[:, :2], INPUTS[:, 2:]
    assert doctor(Both(), nn.MSELoss(), (left, right), NUMBERS).clean
    assert doctor(Both(), nn.MSELoss(), {"left": left, "right": right}, NUMBERS).clean


def test_a_model_that_says_several_things_is_asked_what_can_be_asked() -> None:
    class TwoHeads(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.inside = net(2)

        def forward(self, inputs: Tensor) -> tuple[Tensor, Tensor]:
            said = self.inside(inputs)
            return said[:, 0], nn.functional.softplus(said[:, 1]) + 0.1

    def loss(said: tuple[Tensor, Tensor], target: Tensor) -> Tensor:
        return nn.functional.gaussian_nll_loss(said[0], target, said[1] ** 2)

    report = doctor(TwoHeads(), loss, INPUTS, NUMBERS - 30, mean_and_sigma=lambda said: said)
    assert report.clean
    assert report.finding("direction").level == "not asked"
    assert report.finding("spread").level == "fine"
    assert report.finding("memorising").level == "fine"


def test_what_the_first_step_mends_is_not_called_dead_beside_what_is() -> None:
    class Branches(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.base, self.late, self.dead = net(), nn.Linear(4, 1), nn.Linear(4, 1)
            self.gate = nn.Parameter(torch.zeros(1))

        def forward(self, inputs: Tensor) -> Tensor:
            below = torch.relu(self.dead(inputs) - 100)
            return self.base(inputs) + (self.gate * self.late(inputs) + below)[:, 0]

    found = doctor(Branches(), nn.MSELoss(), INPUTS, NUMBERS).finding("zero_gradients")
    assert (found.level, found.saw) == ("fault", "no example pulls on dead.weight, dead.bias")


def test_mode_collapse_is_low_diversity() -> None:
    generator = torch.Generator().manual_seed(2)
    real = torch.randn(100, 6, generator=generator)
    assert check_diversity(torch.randn(100, 6, generator=generator), real).level == "fine"
    collapsed = torch.ones(100, 6) + 1e-3 * torch.randn(100, 6, generator=generator)
    found = check_diversity(collapsed, real)
    assert (found.level, found.name) == ("fault", "diversity")
    assert "0.1" in found.saw
    narrow = real * 0.1
    assert check_diversity(narrow, real).level == "caution"
    assert check_diversity(real, torch.ones(9, 6)).level == "not asked"


@pytest.mark.parametrize(
    ("outputs", "words"),
    [
        (torch.full((3, 2), torch.nan), "outputs: got 6 of 6 elements not finite"),
        (torch.ones(1, 2), r"outputs: got shape \(1, 2\), expected at least two rows"),
        (torch.ones(0, 2), "at least two rows"),
        (torch.rand(3, 5), "rows of 5 numbers beside real ones of 2"),
        ([[1.0, 2.0]], "outputs: got list, expected a tensor"),
    ],
)
def test_what_has_no_diversity_is_refused(outputs: torch.Tensor, words: str) -> None:
    with pytest.raises(BadInput, match=words):
        check_diversity(outputs, torch.eye(2))


def test_a_standard_deviation_that_is_zero_or_far_too_sure() -> None:
    ways: list[tuple[float, str]] = [(0.0, "fault"), (-1.0, "fault"), (1e-3, "fault"), (0.02, "caution"), (1.0, "fine")]
    for sigma, level in ways:
        report = doctor(net(), nn.MSELoss(), INPUTS, NUMBERS, mean_and_sigma=_fixed(sigma), optimizer=None)
        assert report.finding("spread").level == level, sigma


def _fixed(sigma: float) -> Any:
    # Off by 3, so that a standard deviation of 0.02 is 150 times too small.
    return lambda said: (NUMBERS + 3, torch.full_like(said, sigma))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"model": lambda inputs: inputs}, "model: got function, expected a torch.nn.Module"),
        ({"loss": "mse"}, "loss: got 'mse', expected a function or module to be called as loss"),
        ({"loss": nn.MSELoss}, r"loss: got the class MSELoss, .*; make one: MSELoss\(\)"),
        (
            {"optimizer": torch.optim.SGD(net().parameters())},
            r"got SGD, .*; lambda parameters: SGD\(parameters, \.\.\.\)",
        ),
        ({"optimizer": 1e-3}, "optimizer: got float, expected a function that makes an optimiser"),
        ({"inputs": INPUTS[:3]}, "got 3 rows of inputs for 64 targets"),
        ({"inputs": (INPUTS, INPUTS[:3])}, "got 64, 3 rows of inputs for 64 targets"),
        ({"inputs": [1.0]}, "inputs: got list"),
        ({"inputs": INPUTS.numpy()}, r"inputs: got ndarray, .*; torch\.as_tensor"),
        ({"targets": NUMBERS.numpy()}, r"targets: got ndarray, expected a tensor; torch\.as_tensor"),
        ({"targets": torch.tensor(1.0)}, r"targets: got shape \(\), expected at least one row"),
        ({"targets": NUMBERS[:0]}, r"targets: got shape \(0,\), expected at least one row"),
        ({"kind": "class"}, "did you mean 'classes'"),
        ({"max_gradient_norm": 0.0}, "max_gradient_norm: got 0.0"),
        ({"max_gradient_norm": "1"}, "max_gradient_norm: got '1'"),
    ],
)
def test_what_cannot_be_examined_is_refused(changes: dict[str, Any], words: str) -> None:
    arguments: dict[str, Any] = {"model": net(), "loss": nn.MSELoss(), "inputs": INPUTS, "targets": NUMBERS}
    with pytest.raises(BadInput, match=words):
        doctor(**(arguments | changes))
