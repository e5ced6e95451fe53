"""L1, L2 and elastic net: numbers worked out by hand, laws, and where the zeros are."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from numpy.typing import NDArray

from rewardlab.errors import BadInput
from rewardlab.losses import (
    elastic_net_penalty,
    elastic_net_penalty_gradient,
    elastic_net_proximal,
    l1_penalty,
    l1_penalty_gradient,
    l1_proximal,
    l1_zeroing_strength,
    l2_penalty,
    l2_penalty_gradient,
    l2_proximal,
)

WEIGHTS = arrays(np.float64, array_shapes(max_dims=3, max_side=4), elements=st.floats(-100, 100))
STRENGTHS = st.floats(0, 10)
STEPS = st.floats(0, 2)
EVERY: dict[str, Callable[[Any], Any]] = {
    "l1_penalty": partial(l1_penalty, strength=0.5),
    "l1_penalty_gradient": partial(l1_penalty_gradient, strength=0.5),
    "l1_proximal": partial(l1_proximal, strength=0.5, step_size=0.5),
    "l2_penalty": partial(l2_penalty, strength=0.5),
    "l2_penalty_gradient": partial(l2_penalty_gradient, strength=0.5),
    "l2_proximal": partial(l2_proximal, strength=0.5, step_size=0.5),
    "elastic_net_penalty": partial(elastic_net_penalty, l1=0.5, l2=0.25),
    "elastic_net_penalty_gradient": partial(elastic_net_penalty_gradient, l1=0.5, l2=0.25),
    "elastic_net_proximal": partial(elastic_net_proximal, l1=0.5, l2=0.25, step_size=0.5),
    "l1_zeroing_strength": l1_zeroing_strength,
}
PENALTIES = {name: function for name, function in EVERY.items() if name.endswith("_penalty")}
PROXIMAL = {name: function for name, function in EVERY.items() if name.endswith("_proximal")}


def test_penalties_and_slopes_of_six_weights() -> None:
    weights = np.array([0.0, 0.1, 0.5, 1.0, 2.0, 5.0])
    one_by_one = [(l2_penalty([w], 1.0), l1_penalty([w], 1.0)) for w in weights]
    np.testing.assert_allclose(one_by_one, [[0, 0], [0.01, 0.1], [0.25, 0.5], [1, 1], [4, 2], [25, 5]], rtol=1e-15)
    np.testing.assert_array_equal(l2_penalty_gradient(weights, 1.0), [0, 0.2, 1, 2, 4, 10])
    # At 0 the slope of L1 is 0, not 1, and below it is -1.
    np.testing.assert_array_equal(l1_penalty_gradient(weights, 1.0), [0, 1, 1, 1, 1, 1])
    np.testing.assert_array_equal(l1_penalty_gradient([[-3.0], [0.0]], 0.5), [[-0.5], [0.0]])


def test_a_sum_over_all_shapes_neither_halved_nor_a_mean() -> None:
    weights = np.array([[[1.0, -2.0]], [[3.0, 0.0]]])
    assert l1_penalty(weights, 0.5) == 3.0
    assert l2_penalty(weights, 0.5) == 7.0
    assert elastic_net_penalty(weights, 0.5, 0.25) == 3.0 + 3.5
    assert l2_penalty(-3.0, 2.0) == 18.0


def test_proximal_steps_by_hand() -> None:
    weights = np.array([3.0, 0.5, -0.25, -2.0, 0.0])
    # Soft thresholding by 0.5 * 1; a half of each with 1 + 2 * 0.5 * 1 = 2; first one, then the other.
    np.testing.assert_array_equal(l1_proximal(weights, 1.0, 0.5), [2.5, 0, 0, -1.5, 0])
    np.testing.assert_array_equal(l2_proximal(weights, 1.0, 0.5), [1.5, 0.25, -0.125, -1, 0])
    np.testing.assert_array_equal(elastic_net_proximal(weights, 1.0, 1.0, 0.5), [1.25, 0, 0, -0.75, 0])


@given(WEIGHTS, STRENGTHS, STEPS)
@settings(max_examples=50, deadline=None)
def test_elastic_net_is_exactly_each_of_its_parts(weights: NDArray[Any], strength: float, step_size: float) -> None:
    assert elastic_net_penalty(weights, strength, 0.0) == l1_penalty(weights, strength)
    assert elastic_net_penalty(weights, 0.0, strength) == l2_penalty(weights, strength)
    parts = [
        (elastic_net_penalty_gradient(weights, strength, 0.0), l1_penalty_gradient(weights, strength)),
        (elastic_net_penalty_gradient(weights, 0.0, strength), l2_penalty_gradient(weights, strength)),
        (elastic_net_proximal(weights, strength, 0.0, step_size), l1_proximal(weights, strength, step_size)),
        (elastic_net_proximal(weights, 0.0, strength, step_size), l2_proximal(weights, strength, step_size)),
    ]
    for both, one in parts:
        np.testing.assert_array_equal(both, one)


@given(WEIGHTS, STRENGTHS, STRENGTHS)
@settings(max_examples=50, deadline=None)
def test_gradients_are_those_of_the_penalties(weights: NDArray[Any], l1: float, l2: float) -> None:
    weights = weights + np.where(weights < 0, -0.01, 0.01)
    gradient = elastic_net_penalty_gradient(weights, l1, l2)
    step = 1e-5
    for place in np.ndindex(weights.shape):
        more, less = weights.copy(), weights.copy()
        more[place] += step
        less[place] -= step
        slope = (elastic_net_penalty(more, l1, l2) - elastic_net_penalty(less, l1, l2)) / (more[place] - less[place])
        assert gradient[place] == pytest.approx(slope, rel=1e-6, abs=1e-3)


@given(WEIGHTS, STRENGTHS, STRENGTHS, STEPS, st.floats(-100, 100))
@settings(max_examples=100, deadline=None)
def test_a_proximal_step_is_where_penalty_and_distance_cost_least(
    weights: NDArray[Any], l1: float, l2: float, step_size: float, other: float
) -> None:
    def cost(at: NDArray[Any]) -> float:
        return step_size * elastic_net_penalty(at, l1, l2) + 0.5 * float(((at - weights) ** 2).sum())

    found = elastic_net_proximal(weights, l1, l2, step_size)
    least = cost(found)
    rivals = [np.full_like(weights, other), weights, np.zeros_like(weights), found + 1e-3, found - 1e-3, found * 0.999]
    assert all(least <= cost(rival) * (1 + 1e-12) + 1e-12 for rival in rivals)


def test_a_proximal_step_is_what_a_fine_grid_finds() -> None:
    grid = np.linspace(-4.0, 4.0, 80001)
    for weight in (-3.0, -0.4, 0.0, 0.2, 1.7):
        cost = 0.3 * (1.5 * np.abs(grid) + 0.7 * grid**2) + 0.5 * (grid - weight) ** 2
        found = elastic_net_proximal([weight], 1.5, 0.7, 0.3)[0]
        assert found == pytest.approx(grid[np.argmin(cost)], abs=1e-4)


@given(st.lists(st.tuples(st.floats(-50, 50), st.floats(-50, 50)), min_size=1, max_size=6), STRENGTHS, STRENGTHS, STEPS)
@settings(max_examples=100, deadline=None)
def test_proximal_steps_are_firmly_non_expansive(
    pairs: list[tuple[float, float]], l1: float, l2: float, step_size: float
) -> None:
    first, second = np.array(pairs).T
    apart = elastic_net_proximal(first, l1, l2, step_size) - elastic_net_proximal(second, l1, l2, step_size)
    assert apart @ apart <= apart @ (first - second) * (1 + 1e-12) + 1e-9


def test_steps_along_the_slope_jump_across_zero_and_proximal_steps_end_there() -> None:
    # One weight of 0.1, no loss but the penalty, strength 1, learning rate 0.01: ten steps to 0, or nearly.
    weight, thresholded = np.array([0.1]), np.array([0.1])
    visited = []
    for _ in range(1000):
        weight = weight - 0.01 * l1_penalty_gradient(weight, 1.0)
        thresholded = l1_proximal(thresholded, 1.0, 0.01)
        visited.append(float(weight[0]))
    assert 0.0 not in visited
    np.testing.assert_allclose(sorted(set(visited[10:])), [-0.01, 1.04083e-17], rtol=1e-5)
    assert thresholded[0] == 0.0


@pytest.mark.parametrize(
    ("strength", "rate", "left"), [(1.0, 0.01, 1.68297e-10), (0.01, 0.1, 0.0135065), (0.01, 0.01, 0.0818714)]
)
def test_l2_takes_the_same_share_in_every_step(strength: float, rate: float, left: float) -> None:
    # 0.1 (1 - 2 rate strength)**1000: "it barely moves" is true of none of these.
    weights = np.array([0.1, 100.0])
    for _ in range(1000):
        weights = weights - rate * l2_penalty_gradient(weights, strength)
    np.testing.assert_allclose(weights, [left, 1000 * left], rtol=4e-6)
    assert (l2_proximal(weights, strength, rate) > 0).all()


def test_at_the_zeroing_strength_all_weights_are_zero_and_just_below_not() -> None:
    # Half the squared distance to (3, -1, 0.5): slopes at 0 are -3, 1 and -0.5, and the minimum is the threshold of it.
    target = np.array([3.0, -1.0, 0.5])
    strength = l1_zeroing_strength(-target)
    assert strength == 3.0
    assert not l1_proximal(target, strength, 1.0).any()
    np.testing.assert_array_equal(l1_proximal(target, np.nextafter(strength, 0.0), 1.0) != 0, [True, False, False])


@pytest.mark.parametrize("name", EVERY)
@pytest.mark.parametrize("dtype", [np.uint8, np.int8, np.int64, np.bool_])
def test_whole_numbers_do_not_wrap(name: str, dtype: type) -> None:
    weights = np.array([0, 1, 100], dtype)
    np.testing.assert_array_equal(EVERY[name](weights), EVERY[name](weights.astype(np.float64)))


@pytest.mark.parametrize("name", EVERY)
def test_precision_is_kept_whatever_the_settings_are(name: str) -> None:
    wide = {key: np.float64(value) for key, value in EVERY[name].keywords.items()} if name in PROXIMAL else {}
    for dtype, expected in ((np.float16, np.float32), (np.float32, np.float32), (np.float64, np.float64)):
        result = EVERY[name](np.array([0.5, -2.0], dtype), **wide)
        assert isinstance(result, float) or result.dtype == expected
    scalar = EVERY[name](0.5)
    assert isinstance(scalar, float) or scalar.shape == ()


def test_penalties_sum_single_precision_in_double() -> None:
    # In single precision the square of 1e30 is infinite.
    assert l2_penalty(np.float32([1e30]), 1.0) == pytest.approx(1e60, rel=1e-6)
    assert l1_penalty(np.full(10**5, 0.1, np.float32), 1.0) == pytest.approx(1e4, rel=1e-7)


@pytest.mark.parametrize("name", EVERY)
def test_huge_weights_give_no_warning(name: str) -> None:
    with np.errstate(all="raise"):
        EVERY[name]([1e300, -1e300, 5e-324])
        EVERY[name](np.float32([3e38, 1e-45]))
    with np.errstate(all="raise"):
        assert l2_penalty([1e200], 1.0) == np.inf
        # No penalty is none, however large the sum is.
        assert l2_penalty([1e200], 0.0) == 0.0
        np.testing.assert_array_equal(elastic_net_proximal(np.float32([3.0]), 1e300, 1e300, 1e300), [0])
        np.testing.assert_array_equal(l2_penalty_gradient(np.float32([3.0, 0.0]), 0.0), [0, 0])


@pytest.mark.parametrize("name", EVERY)
def test_inputs_are_left_as_they_are(name: str) -> None:
    weights = np.array([0.1, -5.0])
    result = EVERY[name](weights)
    np.testing.assert_array_equal(weights, [0.1, -5.0])
    assert not np.shares_memory(weights, np.asarray(result))


def test_settings_of_nothing_change_nothing() -> None:
    weights = np.array([0.1, -5.0])
    # A learning rate that has decayed to 0 is no mistake.
    np.testing.assert_array_equal(elastic_net_proximal(weights, 3.0, 3.0, 0.0), weights)
    np.testing.assert_array_equal(elastic_net_proximal(weights, 0.0, 0.0, 3.0), weights)


@pytest.mark.parametrize("name", EVERY)
def test_weights_that_are_none_are_refused(name: str) -> None:
    argument = "gradient" if name == "l1_zeroing_strength" else "weights"
    for spoilt in (np.nan, np.inf):
        with pytest.raises(
            BadInput, match=rf"{name}\.{argument}: got 1 of 2 elements, the first \w+ at \[1\], expected finite"
        ):
            EVERY[name]([1.0, spoilt])
    with pytest.raises(BadInput, match=rf"{name}\.{argument}: got shape \(0,\), expected at least one element"):
        EVERY[name]([])
    with pytest.raises(BadInput, match=rf"{name}\.{argument}: got dtype <U1, expected real numbers"):
        EVERY[name](["a"])


@pytest.mark.parametrize("name", [name for name in EVERY if name != "l1_zeroing_strength"])
@pytest.mark.parametrize("wrong", [-0.1, float("nan"), float("inf"), "1", None, True])
def test_settings_that_are_no_numbers_from_zero_on_are_refused_all_at_once(name: str, wrong: Any) -> None:
    settings_of = EVERY[name].keywords
    with pytest.raises(BadInput, match=r"expected a finite number of at least 0") as refused:
        EVERY[name]([1.0], **dict.fromkeys(settings_of, wrong))
    assert [problem.where for problem in refused.value.problems] == [f"{name}.{key}" for key in settings_of]
