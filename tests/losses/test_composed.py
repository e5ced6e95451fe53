"""Losses with penalties, and their derivatives by the parameters of a linear model: numbers of the errata, and laws.

Every function of the first table of its Appendix B is here a sum of ours: a mean of values and a penalty; by the
weights, the chain rule of a linear model and the derivative of the penalty; by the bias, the chain rule alone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from rewardlab import losses as L  # noqa: N812  # one letter, so that a row is a formula
from rewardlab.errors import BadInput

FEATURES = np.array([[1.0, 2.0], [3.0, 4.0], [-1.0, 0.5]])
WEIGHTS, BIAS = np.array([0.5, -0.25]), 0.1
LABELS = np.array([1.0, 0.0, 1.0])
LOGITS = FEATURES @ WEIGHTS + BIAS
SIX_DIGITS = 5e-6


@dataclass(frozen=True)
class Composed:
    """A loss of predictions plus a penalty on weights: values and their derivatives."""

    values: Callable[[Any, Any], NDArray[Any]]
    slopes: Callable[[Any, Any], NDArray[Any]]
    l1: float = 0.0
    l2: float = 0.0

    def cost(self, features: NDArray[Any], labels: NDArray[Any], weights: NDArray[Any], bias: float) -> float:
        data = float(self.values(features @ weights + bias, labels).mean())
        return data + L.elastic_net_penalty(weights, self.l1, self.l2)

    def gradient(
        self, features: NDArray[Any], labels: NDArray[Any], weights: NDArray[Any], bias: float
    ) -> tuple[NDArray[Any], float]:
        data = L.linear_gradient(features, self.slopes(features @ weights + bias, labels))
        return data.weights + L.elastic_net_penalty_gradient(weights, self.l1, self.l2), data.bias


def weighted(positive_weight: float, l1: float = 0.0, l2: float = 0.0) -> Composed:
    return Composed(
        lambda logits, labels: L.weighted_binary_cross_entropy(logits, labels, positive_weight),
        lambda logits, labels: L.weighted_binary_cross_entropy_gradient(logits, labels, positive_weight),
        l1,
        l2,
    )


SQUARED_L2 = Composed(L.squared_error, L.squared_error_gradient, l2=0.01)
CROSS_ENTROPY = Composed(L.binary_cross_entropy, L.binary_cross_entropy_gradient)
CROSS_ENTROPY_L1 = Composed(L.binary_cross_entropy, L.binary_cross_entropy_gradient, l1=0.01)
WEIGHTED, WEIGHTED_L2, ELASTIC = weighted(19.0), weighted(19.0, l2=0.01), weighted(19.0, 0.001, 0.01)
EVERY = {
    "squared error, L2": SQUARED_L2,
    "cross-entropy": CROSS_ENTROPY,
    "cross-entropy, L1": CROSS_ENTROPY_L1,
    "weighted": WEIGHTED,
    "weighted, L2": WEIGHTED_L2,
    "weighted, elastic": ELASTIC,
    "focal, elastic": Composed(L.focal_loss, L.focal_loss_gradient, 0.02, 0.03),
    "Huber, elastic": Composed(lambda p, t: L.huber(p, t, 0.7), lambda p, t: L.huber_gradient(p, t, 0.7), 0.02, 0.03),
}


def test_the_inputs_are_those_of_the_table() -> None:
    np.testing.assert_allclose(LOGITS, [0.1, 0.6, -0.525], rtol=1e-15)
    np.testing.assert_allclose(L.sigmoid(LOGITS), [0.524979, 0.645656, 0.371684], rtol=SIX_DIGITS)


@pytest.mark.parametrize(
    ("composed", "cost"),
    [
        (SQUARED_L2, 1.16833),
        (CROSS_ENTROPY, 0.890532),
        (CROSS_ENTROPY_L1, 0.898032),
        (WEIGHTED, 10.6952),
        (WEIGHTED_L2, 10.6983),
        (ELASTIC, 10.6991),
        (weighted(10.0), 5.79286),
    ],
)
def test_costs_of_the_table(composed: Composed, cost: float) -> None:
    assert composed.cost(FEATURES, LABELS, WEIGHTS, BIAS) == pytest.approx(cost, rel=SIX_DIGITS)


@pytest.mark.parametrize(
    ("composed", "by_weights", "by_bias"),
    [
        (SQUARED_L2, [1.62667, -0.113333], -1.21667),
        (CROSS_ENTROPY_L1, [0.706755, 0.429475], -0.152560),
        (ELASTIC, [1.62753, -7.15172], -6.77258),
    ],
)
def test_gradients_of_the_table(composed: Composed, by_weights: list[float], by_bias: float) -> None:
    weights, bias = composed.gradient(FEATURES, LABELS, WEIGHTS, BIAS)
    np.testing.assert_allclose(weights, by_weights, rtol=SIX_DIGITS)
    assert bias == pytest.approx(by_bias, rel=SIX_DIGITS)


def test_the_rows_of_the_table_without_a_model() -> None:
    by_example = L.weighted_binary_cross_entropy_gradient(LOGITS, LABELS, 10.0) / 3
    np.testing.assert_allclose(by_example, [-1.58340, 0.215219, -2.09439], rtol=SIX_DIGITS)
    constant = L.focal_loss(LOGITS, LABELS, gamma=2.0, alpha=0.25, constant_alpha=True)
    assert constant.mean() == pytest.approx(0.0807187, rel=SIX_DIGITS)
    assert L.focal_loss(LOGITS, LABELS, gamma=2.0, alpha=0.25).mean() == pytest.approx(0.152802, rel=SIX_DIGITS)


@pytest.mark.parametrize("name", EVERY)
def test_gradients_are_those_of_the_costs_by_central_differences(name: str) -> None:
    composed, step = EVERY[name], 1e-6
    weights, bias = composed.gradient(FEATURES, LABELS, WEIGHTS, BIAS)
    for index, move in enumerate(np.eye(2) * step):
        more, less = (composed.cost(FEATURES, LABELS, WEIGHTS + by, BIAS) for by in (move, -move))
        assert weights[index] == pytest.approx((more - less) / (2 * step), abs=5e-9)
    more, less = (composed.cost(FEATURES, LABELS, WEIGHTS, BIAS + by) for by in (step, -step))
    assert bias == pytest.approx((more - less) / (2 * step), abs=5e-9)


@given(st.lists(st.integers(-1000, 1000), min_size=2, max_size=2), st.integers(0, 64), st.integers(0, 64))
@settings(max_examples=50, deadline=None)
def test_a_penalty_adds_its_own_gradient_and_leaves_the_bias_alone(whole: list[int], l1: int, l2: int) -> None:
    # Binary fractions, so that sums are exact and the difference is to the last bit what was added.
    weights, strengths = np.array(whole) / 16, (l1 / 64, l2 / 64)
    with_penalty = Composed(L.squared_error, L.squared_error_gradient, *strengths)
    without = Composed(L.squared_error, L.squared_error_gradient)
    features, labels = np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([1.0, 0.0])
    regularised, bias = with_penalty.gradient(features, labels, weights, 0.25)
    plain, plain_bias = without.gradient(features, labels, weights, 0.25)
    np.testing.assert_array_equal(regularised - plain, 2 * strengths[1] * weights + strengths[0] * np.sign(weights))
    assert bias == plain_bias


def test_elastic_net_with_one_strength_is_that_penalty_alone() -> None:
    assert weighted(19.0, 0.0, 0.01).cost(FEATURES, LABELS, WEIGHTS, BIAS) == WEIGHTED.cost(
        FEATURES, LABELS, WEIGHTS, BIAS
    ) + L.l2_penalty(WEIGHTS, 0.01)
    assert weighted(19.0, 0.0, 0.0).cost(FEATURES, LABELS, WEIGHTS, BIAS) == WEIGHTED.cost(
        FEATURES, LABELS, WEIGHTS, BIAS
    )


def test_a_column_of_targets_is_refused_and_never_broadcast() -> None:
    # Broadcast to three by three, the same cost would come out at another value, and nobody would know.
    for composed in EVERY.values():
        with pytest.raises(BadInput, match=r"predicted of shape \(3,\), target of shape \(3, 1\)"):
            composed.cost(FEATURES, LABELS[:, None], WEIGHTS, BIAS)
        with pytest.raises(BadInput, match=r"predicted of shape \(3,\), target of shape \(3, 1\)"):
            composed.gradient(FEATURES, LABELS[:, None], WEIGHTS, BIAS)
    with pytest.raises(BadInput, match=r"slopes: got shape \(3, 1\)"):
        SQUARED_L2.gradient(FEATURES, LABELS[:, None], WEIGHTS[:, None], BIAS)


class TestOneFeature:
    """The training script of the tutorial: 200 transactions, weight 9, learning rate 0.1."""

    @pytest.fixture
    def transactions(self) -> tuple[NDArray[Any], NDArray[Any]]:
        # The tutorial seeds the legacy generator; this is its stream without moving the global one.
        stream = np.random.RandomState(0)
        amounts = stream.randn(200)
        frauds = (amounts + stream.randn(200) * 0.5 > 0.5).astype(np.float64)
        return amounts[:, None], frauds

    @staticmethod
    def descend(
        composed: Composed, data: tuple[NDArray[Any], NDArray[Any]], steps: int, *, proximal: float | None = None
    ) -> tuple[list[float], float]:
        weights, bias, visited = np.zeros(1), 0.0, []
        for _ in range(steps):
            by_weights, by_bias = composed.gradient(*data, weights, bias)
            weights, bias = weights - 0.1 * by_weights, bias - 0.1 * by_bias
            if proximal is not None:
                weights = L.l1_proximal(weights, proximal, 0.1)
            visited.append(float(weights[0]))
        return visited, bias

    def test_where_l2_ends(self, transactions: tuple[NDArray[Any], NDArray[Any]]) -> None:
        composed = weighted(9.0, l2=0.5)
        visited, bias = self.descend(composed, transactions, 600)
        weights = np.array(visited[-1:])
        assert visited[-1] == pytest.approx(0.617217, rel=SIX_DIGITS)
        assert bias == pytest.approx(1.04332, rel=SIX_DIGITS)
        assert weighted(9.0).cost(*transactions, weights, bias) == pytest.approx(1.27052, rel=SIX_DIGITS)
        assert composed.cost(*transactions, weights, bias) == pytest.approx(1.46100, rel=SIX_DIGITS)
        # There the data pull with what the penalty pulls back: 2 * 0.5 * w.
        pull, _ = weighted(9.0).gradient(*transactions, weights, bias)
        assert -pull[0] == pytest.approx(visited[-1], abs=1e-6)
        # The penalty does not grow on the way: it has its peak at step 16.
        penalties = 0.5 * np.square([0.0, *visited])
        assert int(penalties.argmax()) == 16
        assert penalties.max() == pytest.approx(0.239015, rel=SIX_DIGITS)

    def test_where_l1_ends_and_from_which_strength_on_at_zero(
        self, transactions: tuple[NDArray[Any], NDArray[Any]]
    ) -> None:
        visited, bias = self.descend(weighted(9.0), transactions, 600, proximal=0.5)
        assert (visited[-1], bias) == pytest.approx((0.893975, 0.891672), rel=SIX_DIGITS)
        # With no weight the best bias is the weighted odds of fraud.
        frauds = transactions[1].sum()
        odds = float(np.log(9 * frauds / (200 - frauds)))
        assert odds == pytest.approx(1.48904, rel=SIX_DIGITS)
        slope, _ = weighted(9.0).gradient(*transactions, np.zeros(1), odds)
        strength = L.l1_zeroing_strength(slope)
        assert strength == pytest.approx(0.895288, rel=SIX_DIGITS)
        for factor, is_zero in ((1.01, True), (0.99, False)):
            visited, _ = self.descend(weighted(9.0), transactions, 3000, proximal=factor * strength)
            assert (visited[-1] == 0) is is_zero

    def test_steps_along_the_slope_of_l1_never_arrive(self, transactions: tuple[NDArray[Any], NDArray[Any]]) -> None:
        visited, _ = self.descend(weighted(9.0, l1=2.0), transactions, 3000)
        last = visited[-500:]
        assert 0.0 not in last
        assert (min(last), max(last)) == pytest.approx((-0.0820, 0.274), abs=5e-4)
        visited, _ = self.descend(weighted(9.0), transactions, 3000, proximal=2.0)
        assert visited[-500:] == [0.0] * 500
