"""Cross-entropy of yes and no, plain and weighted: numbers worked out by hand, laws, and infinite logits."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional

from rewardlab.errors import BadInput
from rewardlab.losses import (
    binary_cross_entropy,
    binary_cross_entropy_gradient,
    cross_entropy_of_probability,
    cross_entropy_of_probability_gradient,
    focal_loss,
    focal_loss_gradient,
    logit,
    sigmoid,
    softplus,
    weighted_binary_cross_entropy,
    weighted_binary_cross_entropy_gradient,
)
from rewardlab.losses.modules import BinaryCrossEntropyLoss, FocalLoss, WeightedBinaryCrossEntropyLoss

LOGITS = st.floats(-1e4, 1e4)
LABELS = st.floats(0, 1) | st.sampled_from([0.0, 1.0])
WEIGHTS = st.floats(0.01, 100)
FAR = np.array([-np.inf, -1e4, -200.0, -20.0, 0.0, 20.0, 200.0, 1e4, np.inf])
INF = np.inf

Loss = tuple[Callable[..., Any], Callable[..., Any], Callable[..., Any]]
LABEL_LOSSES: dict[str, Loss] = {
    "plain": (binary_cross_entropy, binary_cross_entropy_gradient, BinaryCrossEntropyLoss),
    "weighted": (
        partial(weighted_binary_cross_entropy, positive_weight=19.0, negative_weight=0.5),
        partial(weighted_binary_cross_entropy_gradient, positive_weight=19.0, negative_weight=0.5),
        partial(WeightedBinaryCrossEntropyLoss, 19.0, 0.5),
    ),
} | {
    f"focal, gamma {gamma:g}, alpha {alpha}": (
        partial(focal_loss, gamma=gamma, alpha=alpha),
        partial(focal_loss_gradient, gamma=gamma, alpha=alpha),
        partial(FocalLoss, gamma, alpha),
    )
    for gamma, alpha in ((0.0, None), (0.5, 0.25), (1.0, 0.0), (2.0, 0.25), (3.3, 1.0))
}
ALL = pytest.mark.parametrize("loss", LABEL_LOSSES.values(), ids=LABEL_LOSSES)


@pytest.fixture(autouse=True)
def _no_floating_point_warnings() -> Any:
    # Underflow is tested on its own: what compares numbers here has some too.
    with np.errstate(all="raise", under="ignore"), warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


@ALL
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_nothing_warns_at_any_logit_with_any_label(loss: Loss, dtype: type) -> None:
    tiny = np.finfo(dtype).smallest_subnormal
    logits = np.array([*FAR, 745.0, -745.0, 89.0, -89.0, tiny, -tiny, np.finfo(dtype).max, np.finfo(dtype).min], dtype)
    with np.errstate(all="raise"):
        for label in (0.0, tiny, 0.5, np.nextafter(dtype(1), dtype(0)), 1.0):
            labels = np.full(logits.shape, label, dtype)
            values, slopes = loss[0](logits, labels), loss[1](logits, labels)
            assert (values >= 0).all()
            assert np.isfinite(slopes).all()


def test_numbers_by_hand() -> None:
    np.testing.assert_allclose(
        binary_cross_entropy([-2.2, 0.4, 4.6], [0, 0, 0]), [0.105083, 0.913015, 4.61000], rtol=5e-6
    )
    assert binary_cross_entropy(0.0, 1.0) == pytest.approx(np.log(2))
    np.testing.assert_allclose(cross_entropy_of_probability([0.6, 0.99], [0, 0]), [-np.log(0.4), -np.log(0.01)])
    # pos_weight 3: 3 ln 2, and softplus(2) for a label of 0.
    np.testing.assert_allclose(weighted_binary_cross_entropy([0, 2], [1, 0], 3.0), [2.079441541680, 2.126928011043])


def test_a_missed_fraud_is_nineteen_false_alarms() -> None:
    missed, calm, alarm = weighted_binary_cross_entropy([-2, -2, 2], [1, 0, 0], 19.0)
    assert (missed, calm, alarm) == pytest.approx((40.4116, 0.126928, 2.12693), rel=5e-6)
    # Without any weight the first two differ by 16.757, since the logit is right for one of them.
    assert missed / calm == pytest.approx(19 * 16.7570, rel=5e-6)
    assert missed / alarm == pytest.approx(19, rel=1e-15)
    # A soft label takes its share of the weight: 10 * 0.9 softplus(-1) + 0.1 softplus(1).
    assert weighted_binary_cross_entropy(1.0, 0.9, 10.0) == pytest.approx(2.95068, rel=5e-6)
    zeros = np.zeros(100)
    assert weighted_binary_cross_entropy(zeros, [1] * 5 + [0] * 95, 19.0).mean() == pytest.approx(1.9 * np.log(2))


def test_exact_from_one_infinity_to_the_other() -> None:
    tail = np.exp(-20.0) - np.exp(-40.0) / 2
    right = [0, 0, np.exp(-200.0), tail, np.log(2), 20 + tail, 200, 1e4, INF]
    slopes = [0, 0, np.exp(-200.0), sigmoid(-20.0), 0.5, sigmoid(20.0), 1, 1, 1]
    zero, one = np.zeros(9), np.ones(9)
    np.testing.assert_allclose(binary_cross_entropy(FAR, zero), right, rtol=1e-14)
    np.testing.assert_allclose(binary_cross_entropy(-FAR, one), right, rtol=1e-14)
    np.testing.assert_allclose(binary_cross_entropy_gradient(FAR, zero), slopes, rtol=1e-14)
    np.testing.assert_allclose(binary_cross_entropy_gradient(-FAR, one), np.negative(slopes), rtol=1e-14)
    np.testing.assert_allclose(weighted_binary_cross_entropy(-FAR, one, 19.0), 19 * np.array(right), rtol=1e-14)
    np.testing.assert_allclose(weighted_binary_cross_entropy(FAR, zero, 7.0, 19.0), 19 * np.array(right), rtol=1e-14)
    half = binary_cross_entropy(FAR, np.full(9, 0.5))
    np.testing.assert_allclose(half[[0, 1, 4, 7, 8]], [INF, 5e3, np.log(2), 5e3, INF])
    np.testing.assert_allclose(binary_cross_entropy_gradient(FAR, np.full(9, 0.5))[[0, 4, 8]], [-0.5, 0, 0.5])


@ALL
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("label", [0.0, 0.3, 1.0, "mixed"])
def test_torch_agrees_at_extreme_logits_in_value_and_gradient(loss: Loss, dtype: type, label: Any) -> None:
    values, gradient, module = loss
    mixed = [0, 0, 1, 0.5, 1, 0, 0.5, 1, 1]
    logits, labels = FAR.astype(dtype), np.array(mixed if label == "mixed" else [label] * 9, dtype)
    # With infinities and without: the two go different ways in torch, and neither may spoil the other elements.
    for kept in (slice(None), slice(1, -1)):
        tensor = torch.from_numpy(logits[kept].copy()).requires_grad_()
        found = module(reduction="none")(tensor, torch.from_numpy(labels[kept]))
        found.sum().backward()
        assert tensor.grad is not None
        # Torch's formula subtracts near numbers where the label is 0.
        precision = {"rtol": 1e-5, "atol": 1e-5 if dtype == np.float32 else 1e-13}
        np.testing.assert_allclose(found.detach().numpy(), values(logits[kept], labels[kept]), **precision)
        np.testing.assert_allclose(tensor.grad.numpy(), gradient(logits[kept], labels[kept]), **precision)


@ALL
def test_the_mean_of_a_batch_with_sure_and_right_logits_is_finite_in_torch(loss: Loss) -> None:
    tensor = torch.tensor([INF, -INF, 1.0, -2.0], requires_grad=True)
    labels = torch.tensor([1, 0, 0, 1])
    values = loss[0]([1.0, -2.0], [0, 1])
    for found in (loss[2]()(tensor, labels), loss[2](reduction="sum", check=True)(tensor, labels) / 4):
        assert found.item() == pytest.approx(values.sum() / 4, rel=1e-6)
    found.backward()
    assert tensor.grad is not None
    np.testing.assert_allclose(tensor.grad.numpy()[2:], loss[1]([1.0, -2.0], [0, 1]) / 4, rtol=1e-5)
    assert not tensor.grad[:2].any()


@ALL
@given(st.lists(st.tuples(st.floats(-30, 30), LABELS), min_size=1, max_size=9))
@settings(max_examples=30, deadline=None)
def test_gradients_are_those_of_the_values(loss: Loss, rows: list[tuple[float, float]]) -> None:
    logits, labels = np.array(rows).T
    # Focal loss of a soft label with a tiny share has a bend of that width.
    labels = np.where(labels < 1e-3, 0.0, labels)
    step = 1e-5
    slope = (loss[0](logits + step, labels) - loss[0](logits - step, labels)) / (2 * step)
    np.testing.assert_allclose(loss[1](logits, labels), slope, rtol=1e-5, atol=1e-7)


@given(st.lists(st.tuples(LOGITS, LABELS), min_size=1, max_size=9), WEIGHTS, WEIGHTS)
@settings(max_examples=50, deadline=None)
def test_cross_entropy_is_a_mixture_of_softplus(rows: list[tuple[float, float]], yes: float, no: float) -> None:
    z, y = np.array(rows).T
    mixture = y * softplus(-z) + (1 - y) * softplus(z)
    weighted = yes * y * softplus(-z) + no * (1 - y) * softplus(z)
    slope = no * (1 - y) * sigmoid(z) - yes * y * sigmoid(-z)
    np.testing.assert_allclose(binary_cross_entropy(z, y), mixture, rtol=1e-12, atol=1e-300)
    np.testing.assert_allclose(weighted_binary_cross_entropy(z, y, yes, no), weighted, rtol=1e-12, atol=1e-300)
    np.testing.assert_allclose(weighted_binary_cross_entropy_gradient(z, y, yes, no), slope, rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(binary_cross_entropy_gradient(z, y), sigmoid(z) - y, rtol=1e-9, atol=1e-15)
    np.testing.assert_array_equal(weighted_binary_cross_entropy(z, y, 1.0), binary_cross_entropy(z, y))


@given(st.lists(st.tuples(LOGITS, st.booleans()), min_size=1, max_size=20))
@settings(max_examples=50, deadline=None)
def test_a_weight_of_nineteen_is_nineteen_copies(rows: list[tuple[float, bool]]) -> None:
    z, y = np.array([row[0] for row in rows]), np.array([row[1] for row in rows])
    copies = np.where(y, 19, 1)
    repeated = binary_cross_entropy(np.repeat(z, copies), np.repeat(y, copies))
    # Up to the denominator: the weighted mean divides by the number of examples, not by that of copies.
    np.testing.assert_allclose(weighted_binary_cross_entropy(z, y, 19.0).mean() * len(z), repeated.sum(), rtol=1e-12)
    # Where the rare class is coded 0, the other weight does the same.
    np.testing.assert_allclose(
        weighted_binary_cross_entropy(-z, ~y, 1.0, 19.0), weighted_binary_cross_entropy(z, y, 19.0), rtol=1e-15
    )


@given(st.floats(0.01, 0.99), st.floats(-6, 6), st.floats(1, 100))
@settings(max_examples=50, deadline=None)
def test_the_true_rate_costs_least(rate: float, other: float, weight: float) -> None:
    def expected(z: float, w: float) -> float:
        return float(np.dot([rate, 1 - rate], weighted_binary_cross_entropy([z, z], [1, 0], w)))

    best = float(logit(rate))
    assert expected(best, 1.0) <= expected(other, 1.0) + 1e-12
    # A weight moves the optimum by ln w in the logit.
    assert expected(best + np.log(weight), weight) <= expected(other, weight) * (1 + 1e-12)


@given(LOGITS, LOGITS, LABELS, st.floats(0, 1))
@settings(max_examples=50, deadline=None)
def test_it_is_convex_in_the_logit(first: float, second: float, label: float, share: float) -> None:
    between, one, other = binary_cross_entropy([share * first + (1 - share) * second, first, second], [label] * 3)
    assert between <= (share * one + (1 - share) * other) * (1 + 1e-12) + 1e-9


def test_the_pull_of_a_positive_is_its_weight_times_the_error() -> None:
    z = np.array([-3.0, -1.0, 0.5, 2.0])
    pull = weighted_binary_cross_entropy_gradient(z, [1] * 4, 10.0)
    np.testing.assert_allclose(pull, 10 * (sigmoid(z) - 1))
    np.testing.assert_allclose(pull / binary_cross_entropy_gradient(z, [1] * 4), 10)
    # Beyond the tutorial's clip the slope is still there.
    assert weighted_binary_cross_entropy_gradient(-20.0, 1.0, 10.0) == pytest.approx(-10)
    assert weighted_binary_cross_entropy(-20.0, 1.0, 10.0) == pytest.approx(200)


def test_probabilities_of_zero_and_one() -> None:
    chances = [0.0, 0.0, 0.0, 1.0, 1.0, 1.0]
    labels = [0.0, 0.5, 1.0, 0.0, 0.5, 1.0]
    np.testing.assert_array_equal(cross_entropy_of_probability(chances, labels), [0, INF, INF, INF, INF, 0])
    np.testing.assert_array_equal(cross_entropy_of_probability_gradient(chances, labels), [1, -INF, -INF, INF, INF, -1])
    assert not np.signbit(cross_entropy_of_probability([0.0, 1.0], [0.0, 1.0])).any()


@given(st.floats(-20, 20), LABELS)
@settings(max_examples=50, deadline=None)
def test_the_probability_of_a_logit_costs_what_the_logit_does(z: float, y: float) -> None:
    p = sigmoid(z)
    assert cross_entropy_of_probability(p, y) == pytest.approx(binary_cross_entropy(z, y), rel=1e-6, abs=1e-12)
    # The chain rule: dp/dz = p (1 - p).
    slope = cross_entropy_of_probability_gradient(p, y) * p * (1 - p)
    assert slope == pytest.approx(binary_cross_entropy_gradient(z, y), rel=1e-5, abs=1e-7)


def test_parity_with_torch() -> None:
    generator = torch.Generator().manual_seed(0)
    z = 3 * torch.randn(1000, generator=generator, dtype=torch.float64)
    y = torch.rand(1000, generator=generator, dtype=torch.float64)
    peer = functional.binary_cross_entropy_with_logits(z, y, pos_weight=torch.tensor(19.0), reduction="none")
    np.testing.assert_allclose(weighted_binary_cross_entropy(z.numpy(), y.numpy(), 19.0), peer.numpy(), rtol=1e-12)
    torch.testing.assert_close(WeightedBinaryCrossEntropyLoss(19.0)(z, y), peer.mean())
    hard = y.round()
    chances = torch.sigmoid(z)
    peer = functional.binary_cross_entropy(chances, hard, reduction="none")
    np.testing.assert_allclose(cross_entropy_of_probability(chances.numpy(), hard.numpy()), peer.numpy(), rtol=1e-12)
    # Whole labels of any kind, and a module that travels.
    loss = WeightedBinaryCrossEntropyLoss(19.0)
    for dtype in (torch.int64, torch.uint8, torch.bool, torch.float16):
        torch.testing.assert_close(loss(z, hard.to(dtype)).double(), loss(z, hard))
    assert loss.state_dict() == {}
    assert loss(z.float(), hard.float()).dtype == torch.float32


@ALL
def test_single_beside_double_is_double_on_both_sides(loss: Loss) -> None:
    logits, labels = np.array([1 / 3, np.inf, -1 / 7]), np.array([1.0, 1.0, 0.0])
    for kinds in ((np.float32, np.float64), (np.float64, np.float32)):
        pair = logits.astype(kinds[0]), labels.astype(kinds[1])
        for kept in (slice(None), slice(0, 1)):
            values = loss[0](pair[0][kept], pair[1][kept])
            found = loss[2](reduction="none")(torch.from_numpy(pair[0][kept]), torch.from_numpy(pair[1][kept]))
            assert values.dtype == found.numpy().dtype == np.float64
            np.testing.assert_allclose(found.numpy(), values, rtol=1e-14)


@ALL
@pytest.mark.parametrize("labels", [[1.0, 2.0], [-1.0, 1.0], [0.0, 1.0000001], [0.0, INF], [np.nan, 0.0]])
def test_labels_outside_of_their_range_are_refused_in_every_batch(loss: Loss, labels: list[float]) -> None:
    logits, target = np.array([0.5, -0.5]), np.array(labels)
    tensors = torch.from_numpy(logits), torch.from_numpy(target)
    for refused in (
        lambda: loss[0](logits, target),
        lambda: loss[1](logits, target),
        lambda: loss[2]()(*tensors),
        lambda: loss[2](check=True)(*tensors),
    ):
        with pytest.raises(BadInput, match=r"target: got values from .* from 0 to 1; code the two classes as 0 and 1"):
            refused()


@pytest.mark.parametrize("weight", [0.0, -1.0, np.nan, INF, "1", None, True])
def test_weights_that_are_no_numbers_above_zero_are_refused(weight: Any) -> None:
    for refused in (
        lambda: weighted_binary_cross_entropy([1.0], [0.0], weight, weight),
        lambda: weighted_binary_cross_entropy_gradient([1.0], [0.0], weight, weight),
        lambda: WeightedBinaryCrossEntropyLoss(weight, weight),
    ):
        with pytest.raises(BadInput, match=r"positive_weight: got .*\n.*negative_weight: got .* above 0"):
            refused()


def test_probabilities_outside_of_their_range_are_refused() -> None:
    for function in (cross_entropy_of_probability, cross_entropy_of_probability_gradient):
        with pytest.raises(BadInput, match=r"predicted: got values from -0.5 to 1.5.*; for logits there is"):
            function([-0.5, 1.5], [0.0, 1.0])
        with pytest.raises(BadInput, match=r"target: got values from 0 to 2"):
            function([0.5, 0.5], [0.0, 2.0])


def test_it_says_what_it_is() -> None:
    expected = "WeightedBinaryCrossEntropyLoss(positive_weight=19, negative_weight=1, reduction='mean')"
    assert repr(WeightedBinaryCrossEntropyLoss(19)) == expected
    assert repr(BinaryCrossEntropyLoss(check=True)) == "BinaryCrossEntropyLoss(reduction='mean', check=True)"
