"""The chain rule of a linear model: by hand, by differences, and what does not fit."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rewardlab.errors import BadInput
from rewardlab.losses import huber, huber_gradient, linear_gradient


def test_two_examples_by_hand() -> None:
    gradient = linear_gradient([[1, 2], [3, 4]], [1.0, -2.0])
    # ((1 - 6) / 2, (2 - 8) / 2) and (1 - 2) / 2.
    np.testing.assert_array_equal(gradient.weights, [-2.5, -3.0])
    assert gradient.bias == -0.5
    assert isinstance(gradient.bias, float)


@given(st.integers(1, 6), st.integers(1, 4), st.integers(0, 2**32 - 1))
@settings(max_examples=50, deadline=None)
def test_it_is_the_derivative_of_the_mean(examples: int, count: int, seed: int) -> None:
    generator = np.random.default_rng(seed)
    features, target = generator.normal(size=(examples, count)), generator.normal(size=examples)
    weights, bias = generator.normal(size=count), float(generator.normal())

    def cost(at: np.ndarray, shift: float) -> float:
        return float(huber(features @ at + shift, target, 0.7).mean())

    found = linear_gradient(features, huber_gradient(features @ weights + bias, target, 0.7))
    step = 1e-6
    for index, move in enumerate(np.eye(count) * step):
        slope = (cost(weights + move, bias) - cost(weights - move, bias)) / (2 * step)
        assert found.weights[index] == pytest.approx(slope, rel=1e-5, abs=1e-5)
    assert found.bias == pytest.approx(
        (cost(weights, bias + step) - cost(weights, bias - step)) / (2 * step), rel=1e-5, abs=1e-5
    )


def test_whole_numbers_do_not_wrap_and_precision_is_kept() -> None:
    wide = linear_gradient(np.array([[200], [200]], np.uint8), np.array([2, 2], np.uint8))
    assert wide.weights == 400.0
    assert wide.bias == 2.0
    assert linear_gradient(np.float32([[1.0]]), np.float32([1.0])).weights.dtype == np.float32


@pytest.mark.parametrize(
    ("features", "slopes", "message"),
    [
        (
            [[1.0], [2.0]],
            [[1.0], [2.0]],
            r"slopes: got shape \(2, 1\), .*; take the column out .*, as in target\[:, 0\]",
        ),
        ([[1.0], [2.0]], [[1.0, 2.0], [3.0, 4.0]], r"slopes: got shape \(2, 2\), .*several outputs are several models"),
        ([1.0, 2.0], [1.0, 2.0], r"features: got shape \(2,\), .*features\[:, None\]"),
        ([[1.0], [2.0]], [1.0], "features of 2 examples, slopes of 1, expected one slope for each row"),
        ([[1.0], [2.0]], 1.0, r"slopes: got shape \(\), expected shape \(examples,\)"),
        ([[1.0]], [np.nan], r"slopes: got 1 of 1 elements, the first nan at \[0\]"),
        ([[np.inf]], [1.0], r"features: got 1 of 1 elements, the first inf at \[0, 0\]"),
        (np.empty((0, 2)), np.empty(0), "features: got shape .*\n.*slopes: got shape"),
    ],
)
def test_what_does_not_fit_is_refused(features: object, slopes: object, message: str) -> None:
    with pytest.raises(BadInput, match=message):
        linear_gradient(features, slopes)  # type: ignore[arg-type]


def test_all_shape_problems_are_told_at_once() -> None:
    with pytest.raises(BadInput) as refused:
        linear_gradient([1.0], [[1.0]])
    assert len(refused.value.problems) == 2
