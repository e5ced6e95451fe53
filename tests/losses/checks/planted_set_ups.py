"""Models with a loss and data, each with one fault or with none. All are small, and drawn from fixed generators."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from rewardlab.losses.modules import (
    AbsoluteErrorLoss,
    BinaryCrossEntropyLoss,
    FocalLoss,
    HuberLoss,
    SoftmaxCrossEntropyLoss,
    SquaredErrorLoss,
    WeightedBinaryCrossEntropyLoss,
)

_DRAWN = torch.Generator().manual_seed(5)
INPUTS = torch.randn(64, 4, generator=_DRAWN)
NUMBERS = 3 * INPUTS[:, 0] + INPUTS[:, 1] ** 2 + 30
LABELS = (INPUTS[:, 0] + torch.randn(64, generator=_DRAWN) > 0).float()
CLASSES = torch.arange(64)[torch.randperm(64, generator=_DRAWN)] % 5
TWO_SIGNS = (INPUTS[:, 0] * INPUTS[:, 1] > 0).float()


@dataclass(frozen=True)
class SetUp:
    """What the doctor is called with, and every finding that is not fine."""

    model: nn.Module
    loss: Any
    targets: Tensor
    inputs: Any = INPUTS
    settings: dict[str, Any] = field(default_factory=dict)
    ill: dict[str, str] = field(default_factory=dict)


def net(
    outputs: int = 1,
    *end: nn.Module,
    act: type[nn.Module] = nn.ReLU,
    depth: int = 1,
    inputs: int = 4,
    flat: bool = True,
) -> nn.Sequential:
    """A small network; with one output it says one number for each row."""
    generator = torch.random.get_rng_state()
    torch.manual_seed(0)
    layers: list[nn.Module] = [nn.Linear(inputs, 32), act()]
    for _ in range(depth - 1):
        layers += [nn.Linear(32, 32), act()]
    layers += [nn.Linear(32, outputs), *end]
    torch.random.set_rng_state(generator)
    return nn.Sequential(*layers, *([nn.Flatten(0)] if outputs == 1 and flat else []))


class OneNumber(nn.Module):
    """Says the same number, whatever it is asked."""

    def __init__(self) -> None:
        super().__init__()
        self.number = nn.Parameter(torch.zeros(()))

    def forward(self, inputs: Tensor) -> Tensor:
        return self.number.expand(len(inputs))


class Between(nn.Module):
    """Two layers, and something done to what goes from one to the other, or to what goes in."""

    def __init__(self, before: Callable[[Tensor], Tensor], between: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.first, self.last = net(8), nn.Linear(8, 1)
        self.before, self.between = before, between

    def forward(self, inputs: Tensor) -> Tensor:
        return self.last(self.between(self.first(self.before(inputs))))[:, 0]


class Ignored(nn.Module):
    """Two networks, of which the second counts nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.heard, self.ignored = net(), net()

    def forward(self, inputs: Tensor) -> Tensor:
        return self.heard(inputs) + 0 * self.ignored(inputs)


class WithPenalty(nn.Module):
    """Squared error and, in the loss itself, a strong penalty on the weights of a model."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, predicted: Tensor, target: Tensor) -> Tensor:
        return functional.mse_loss(predicted, target) + strong_penalty(self.model)


class Uphill(torch.autograd.Function):
    """Hands its input on, and the gradient with the wrong sign."""

    @staticmethod
    def forward(context: Any, values: Tensor) -> Tensor:
        return values.clone()

    @staticmethod
    def backward(context: Any, *slopes: Tensor) -> Tensor:
        return -slopes[0]


class WrongWay(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.inside = net()

    def forward(self, inputs: Tensor) -> Tensor:
        return Uphill.apply(self.inside(inputs))


class WithoutAGraph(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.inside = net()

    @torch.no_grad()
    def forward(self, inputs: Tensor) -> Tensor:
        return self.inside(inputs)


class Remembering(nn.Module):
    """Reads a row number by number; what it remembers is bounded, what it says is not."""

    def __init__(self, outputs: int) -> None:
        super().__init__()
        generator = torch.random.get_rng_state()
        torch.manual_seed(0)
        self.reader, self.last = nn.LSTM(1, 16, batch_first=True), nn.Linear(16, outputs)
        torch.random.set_rng_state(generator)

    def forward(self, inputs: Tensor) -> Tensor:
        said = self.last(self.reader(inputs[:, :, None])[0][:, -1])
        return said[:, 0] if said.shape[1] == 1 else said


def strong_penalty(model: nn.Module) -> Tensor:
    return 10 * sum((each.square().sum() for each in model.parameters()), torch.zeros(()))


def altered(model: nn.Sequential, change: Callable[[nn.Sequential], Any]) -> nn.Sequential:
    with torch.no_grad():
        change(model)
    return model


def adam(rate: float) -> Callable[[Any], torch.optim.Optimizer]:
    return lambda parameters: torch.optim.Adam(parameters, lr=rate)


def sgd(rate: float) -> Callable[[Any], torch.optim.Optimizer]:
    return lambda parameters: torch.optim.SGD(parameters, lr=rate)


def density(said: Tensor, target: Tensor, floor: float = 0.01) -> Tensor:
    mean, sigma = mean_and_sigma(said, floor)
    return functional.gaussian_nll_loss(mean, target, sigma**2, eps=0.0)


def mean_and_sigma(said: Tensor, floor: float = 0.01) -> tuple[Tensor, Tensor]:
    return said[:, 0], functional.softplus(said[:, 1]) * min(1.0, floor * 100) + floor


def from_zero(model: nn.Sequential) -> nn.Sequential:
    """The last layer begins at 0, so that the first step moves nothing before it."""

    def change(model: nn.Sequential) -> None:
        last = [each for each in model if isinstance(each, nn.Linear)][-1]
        last.weight.zero_()
        last.bias.zero_()

    return altered(model, change)


def with_a_wrong_alpha(logits: Tensor, target: Tensor) -> Tensor:
    return functional.binary_cross_entropy_with_logits(logits, target, weight=1.5 * target - 0.5 * (1 - target))


def floored(predicted: Tensor, target: Tensor) -> Tensor:
    if predicted.shape != target.shape:
        raise ValueError("shapes differ")
    return ((predicted // 1 - target) ** 2).mean()


def _scaled(model: nn.Sequential) -> None:
    for each in model.parameters():
        each.mul_(20)


_SPOILT = NUMBERS.clone()
_SPOILT[3] = float("nan")
_PENALISED = net()
_BYTES = torch.randint(0, 256, (64, 4), generator=_DRAWN).float()

FAULTY: dict[str, SetUp] = {
    "labels from 1": SetUp(net(5), nn.CrossEntropyLoss(), CLASSES + 1, ill={"labels": "fault"}),
    "labels -1 and 1": SetUp(net(), nn.BCEWithLogitsLoss(), 2 * LABELS - 1, ill={"labels": "fault"}),
    "percentages": SetUp(net(), nn.BCEWithLogitsLoss(), 100 * LABELS, ill={"labels": "fault"}),
    "one-hot integers": SetUp(net(5), nn.CrossEntropyLoss(), functional.one_hot(CLASSES, 5), ill={"labels": "fault"}),
    "integer labels": SetUp(net(), nn.BCEWithLogitsLoss(), LABELS.long(), ill={"target_dtype": "fault"}),
    "floating classes": SetUp(net(5), nn.CrossEntropyLoss(), CLASSES.float(), ill={"target_dtype": "fault"}),
    "a column": SetUp(net(flat=False), nn.MSELoss(), NUMBERS, ill={"target_shape": "fault"}),
    "NaN in the targets": SetUp(net(), nn.MSELoss(), _SPOILT, ill={"target_values": "fault"}),
    "NaN in the inputs": SetUp(net(), nn.MSELoss(), NUMBERS, INPUTS / 0, ill={"input_values": "fault"}),
    "constant targets": SetUp(net(), nn.MSELoss(), torch.full((64,), 3.0), ill={"target_variety": "caution"}),
    "two softmaxes": SetUp(net(5, nn.Softmax(1)), nn.CrossEntropyLoss(), CLASSES, ill={"activation": "fault"}),
    "two sigmoids": SetUp(net(1, nn.Sigmoid()), nn.BCEWithLogitsLoss(), LABELS, ill={"activation": "fault"}),
    "no sigmoid": SetUp(net(), nn.BCELoss(), LABELS, ill={"activation": "fault"}),
    "no log_softmax": SetUp(net(5), nn.NLLLoss(), CLASSES, ill={"activation": "fault"}),
    "a ReLU at the end": SetUp(net(1, nn.ReLU()), nn.MSELoss(), NUMBERS - 30, ill={"output_range": "fault"}),
    "a sigmoid at the end": SetUp(net(1, nn.Sigmoid()), nn.MSELoss(), NUMBERS, ill={"output_range": "fault"}),
    "a vanishing sigma": SetUp(
        net(2),
        lambda said, target: density(said, target, 1e-5),
        NUMBERS - 30,
        settings={"mean_and_sigma": lambda said: mean_and_sigma(said, 1e-5)},
        ill={"spread": "fault"},
    ),
    "a sign": SetUp(net(), lambda p, t: -functional.mse_loss(p, t), NUMBERS, ill={"direction": "fault"}),
    "a sum": SetUp(net(), nn.MSELoss(reduction="sum"), NUMBERS, ill={"reduction": "caution"}),
    "detached": SetUp(
        Between(lambda x: x, lambda x: torch.relu(x).detach()), nn.MSELoss(), NUMBERS, ill={"reached": "fault"}
    ),
    "dead units": SetUp(
        altered(net(), lambda model: model[0].bias.fill_(-1e3)), nn.MSELoss(), NUMBERS, ill={"dead_units": "fault"}
    ),
    "a network that counts nothing": SetUp(Ignored(), nn.MSELoss(), NUMBERS, ill={"zero_gradients": "fault"}),
    "a collapsed output": SetUp(
        Between(lambda x: 0 * x, torch.relu), nn.MSELoss(), NUMBERS, ill={"output_variety": "fault"}
    ),
    "vanishing gradients": SetUp(
        net(act=nn.Sigmoid, depth=12), nn.MSELoss(), NUMBERS, ill={"vanishing_gradients": "fault"}
    ),
    "exploding gradients": SetUp(
        altered(net(depth=8), _scaled), nn.MSELoss(), NUMBERS, ill={"exploding_gradients": "fault"}
    ),
    "a backward pass with the wrong sign": SetUp(WrongWay(), nn.MSELoss(), NUMBERS, ill={"memorising": "fault"}),
    "layers with nothing between": SetUp(
        nn.Sequential(nn.Linear(2, 20), nn.Linear(20, 1), nn.Flatten(0)),
        nn.BCEWithLogitsLoss(),
        TWO_SIGNS,
        INPUTS[:, :2],
        ill={"memorising": "caution"},
    ),
    "a model without a graph": SetUp(WithoutAGraph(), nn.MSELoss(), NUMBERS, ill={"reached": "fault"}),
    "all weights begin at 0": SetUp(
        altered(net(), lambda model: [each.zero_() for each in model.parameters()]),
        nn.MSELoss(),
        NUMBERS,
        ill={"dead_units": "fault"},
    ),
    "one number normalised by itself": SetUp(
        net(1, nn.LayerNorm(1)), nn.MSELoss(), NUMBERS, ill={"output_variety": "fault"}
    ),
    "an alpha above 1": SetUp(net(), with_a_wrong_alpha, LABELS, ill={"direction": "fault"}),
    "a loss without a derivative": SetUp(net(), floored, NUMBERS, ill={"gradient": "fault"}),
    "a tanh for bytes": SetUp(net(4, nn.Tanh()), nn.MSELoss(), _BYTES, ill={"output_range": "fault"}),
    "log_softmax over the batch": SetUp(net(5, nn.LogSoftmax(0)), nn.NLLLoss(), CLASSES, ill={"activation": "fault"}),
    "another model's parameters": SetUp(
        net(),
        nn.MSELoss(),
        NUMBERS,
        settings={"optimizer": lambda parameters: torch.optim.Adam(net().parameters())},
        ill={"learning_rate": "caution"},
    ),
    "a learning rate of 10": SetUp(
        net(), nn.MSELoss(), NUMBERS, settings={"optimizer": sgd(10.0)}, ill={"learning_rate": "fault"}
    ),
    "a learning rate of next to nothing": SetUp(
        net(), nn.MSELoss(), NUMBERS, settings={"optimizer": sgd(1e-14)}, ill={"learning_rate": "caution"}
    ),
    "clipping that always fires": SetUp(
        net(),
        nn.MSELoss(),
        NUMBERS,
        settings={"optimizer": adam(1e-3), "max_gradient_norm": 1e-3},
        ill={"clipping": "caution"},
    ),
}
"""Set-ups with one fault each."""

_REPEATED = INPUTS.clone()
_REPEATED[:20] = _REPEATED[20:40]
_SOME_LEFT_OUT = torch.where(torch.arange(64) % 3 == 0, -100, CLASSES)

CLEAN: dict[str, SetUp] = {
    "squared error": SetUp(net(), nn.MSELoss(), NUMBERS, settings={"optimizer": adam(1e-3), "max_gradient_norm": 1e3}),
    "our squared error": SetUp(net(), SquaredErrorLoss(), NUMBERS),
    "our absolute error": SetUp(net(), AbsoluteErrorLoss(), NUMBERS),
    "our Huber": SetUp(net(), HuberLoss(15.0), NUMBERS),
    "Huber": SetUp(net(), nn.HuberLoss(), NUMBERS),
    "targets of a large unit": SetUp(net(), nn.MSELoss(), 1000 * NUMBERS),
    "logits": SetUp(
        net(), nn.BCEWithLogitsLoss(), LABELS, settings={"optimizer": adam(1e-3), "max_gradient_norm": 1.0}
    ),
    "weighted logits": SetUp(net(), nn.BCEWithLogitsLoss(pos_weight=torch.tensor(19.0)), LABELS),
    "our logits": SetUp(net(), BinaryCrossEntropyLoss(), LABELS),
    "our weighted logits": SetUp(net(), WeightedBinaryCrossEntropyLoss(19.0), LABELS),
    "our focal loss": SetUp(net(), FocalLoss(), LABELS),
    "our classes": SetUp(net(5), SoftmaxCrossEntropyLoss(), CLASSES),
    "probabilities": SetUp(net(1, nn.Sigmoid()), nn.BCELoss(), LABELS),
    "classes": SetUp(net(5), nn.CrossEntropyLoss(), CLASSES),
    "smoothed classes": SetUp(net(5), nn.CrossEntropyLoss(label_smoothing=0.1), CLASSES),
    "log-probabilities": SetUp(net(5, nn.LogSoftmax(1)), nn.NLLLoss(), CLASSES),
    "one-hot shares": SetUp(net(5), nn.CrossEntropyLoss(), functional.one_hot(CLASSES, 5).float()),
    "a tanh that reaches": SetUp(net(1, nn.Tanh(), act=nn.Tanh), nn.MSELoss(), torch.tanh(INPUTS[:, 0])),
    "normalised layers": SetUp(
        nn.Sequential(nn.Linear(4, 32), nn.BatchNorm1d(32), nn.ReLU(), nn.Linear(32, 5)), nn.CrossEntropyLoss(), CLASSES
    ),
    "a likelihood": SetUp(net(2), density, NUMBERS - 30, settings={"mean_and_sigma": mean_and_sigma}),
    "embedded words": SetUp(
        nn.Sequential(nn.Embedding(50, 8), nn.Flatten(), nn.Linear(16, 1), nn.Flatten(0)),
        nn.BCEWithLogitsLoss(),
        LABELS,
        torch.randint(0, 50, (64, 2), generator=_DRAWN),
    ),
    "pictures": SetUp(
        nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(144, 5)),
        nn.CrossEntropyLoss(),
        CLASSES[:32],
        torch.randn(32, 1, 8, 8, generator=_DRAWN),
    ),
    "a last layer that begins at 0": SetUp(from_zero(net()), nn.MSELoss(), NUMBERS),
    "logits that begin at 0": SetUp(from_zero(net()), nn.BCEWithLogitsLoss(), LABELS),
    "bounded units before the last layer": SetUp(net(act=nn.Sigmoid), nn.MSELoss(), NUMBERS - 30),
    "a memory": SetUp(Remembering(1), nn.MSELoss(), INPUTS.sum(1)),
    "a memory of classes": SetUp(Remembering(5), nn.CrossEntropyLoss(), CLASSES),
    "log-probabilities as scores": SetUp(net(5, nn.LogSoftmax(1)), nn.CrossEntropyLoss(), CLASSES),
    "several labels a row": SetUp(net(3), nn.BCEWithLogitsLoss(), (INPUTS[:, :3] > 0).float()),
    "classes with some left out": SetUp(net(5), nn.CrossEntropyLoss(), _SOME_LEFT_OUT),
    "targets in double": SetUp(net(), nn.MSELoss(), NUMBERS.double()),
    "a frozen layer": SetUp(
        altered(net(5), lambda model: model[0].requires_grad_(False)), nn.CrossEntropyLoss(), CLASSES
    ),
}
"""Set-ups of which nothing ill can be said."""

EXCEPTIONS: dict[str, tuple[SetUp, str]] = {
    "contradictory labels": (SetUp(net(), nn.BCEWithLogitsLoss(), LABELS, _REPEATED), "10 examples, by"),
    "inputs that say nothing": (SetUp(net(), nn.BCEWithLogitsLoss(), LABELS, torch.ones(64, 4)), "1 examples, by"),
    "one parameter": (SetUp(OneNumber(), nn.BCEWithLogitsLoss(), LABELS), "1 of 10 examples as many as the model"),
    "one parameter, at its optimum": (
        SetUp(OneNumber(), nn.BCEWithLogitsLoss(), torch.tensor([0.0, 1.0] * 32)),
        "1 of 10 examples as many as the model",
    ),
    "a line through a pattern that has none": (
        SetUp(nn.Sequential(nn.Linear(2, 1), nn.Flatten(0)), nn.BCEWithLogitsLoss(), TWO_SIGNS, INPUTS[:, :2]),
        "3 of 10 examples as many as the model",
    ),
    "dropout": (
        SetUp(
            nn.Sequential(nn.Linear(4, 64), nn.ReLU(), nn.Dropout(0.5), nn.Linear(64, 1), nn.Flatten(0)),
            nn.MSELoss(),
            NUMBERS,
        ),
        "without the model's noise",
    ),
    "a penalty": (SetUp(net(), nn.MSELoss(), NUMBERS, settings={"penalty": strong_penalty}), "without the penalty"),
    "a penalty in the loss": (SetUp(_PENALISED, WithPenalty(_PENALISED), NUMBERS), "without the penalty"),
}
"""Sound set-ups that cannot learn ten examples by heart, or not all of them, and what the doctor says of it."""
