"""The logistic function, softmax and their logarithms: known numbers, laws, and all that a number can be."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from rewardlab.errors import BadInput
from rewardlab.losses import log_sigmoid, log_softmax, log_sum_exp, logit, sigmoid, softmax, softplus

LOGITS = st.floats(-1e4, 1e4)
SCORES = arrays.arrays(np.float64, st.tuples(st.integers(1, 4), st.integers(1, 5)), elements=LOGITS)
FAR = [-np.inf, -1e4, -800.0, 0.0, 800.0, 1e4, np.inf]


def exact(function: object, *given: object) -> np.ndarray:
    with np.errstate(all="raise"), warnings.catch_warnings():
        warnings.simplefilter("error")
        return function(*given)  # type: ignore[operator, no-any-return]


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_at_the_ends_of_what_can_be_written_nothing_warns_and_nan_goes_through(dtype: type) -> None:
    logits = np.array([*FAR, np.nan], dtype)
    wide = np.float32 if dtype == np.float16 else dtype
    expected = {
        sigmoid: [0, 0, 0, 0.5, 1, 1, 1, np.nan],
        softplus: [0, 0, 0, np.log(2), 800, 1e4, np.inf, np.nan],
        log_sigmoid: [-np.inf, -1e4, -800, -np.log(2), 0, 0, 0, np.nan],
    }
    for function, values in expected.items():
        found = exact(function, logits)
        assert found.dtype == wide
        np.testing.assert_array_equal(found, np.array(values, wide))


def test_numbers_by_hand() -> None:
    np.testing.assert_allclose(sigmoid([0.4, 4.6]), [0.598688, 0.990048], atol=5e-7)
    # Not 1 - sigmoid(40), which is 0: log(1 + e**-40) is e**-40 to sixteen digits.
    assert log_sigmoid(40.0) == pytest.approx(-np.exp(-40.0), rel=1e-15, abs=0)
    assert softplus(-700.0) == pytest.approx(np.exp(-700.0), rel=1e-13, abs=0)
    np.testing.assert_array_equal(logit([0.0, 0.5, 1.0]), [-np.inf, 0, np.inf])
    assert logit(0.99) == pytest.approx(np.log(99.0))
    assert logit(1e-300) == pytest.approx(-300 * np.log(10))


def test_where_a_sigmoid_is_exactly_one_or_zero() -> None:
    assert sigmoid(np.float32(16.6)) < 1 == sigmoid(np.float32(16.7))
    assert sigmoid(36.7) < 1 == sigmoid(36.8)
    # The plain formula is 0 in float32 below -88.7, where exp(-x) overflows; here denormal numbers are left.
    assert sigmoid(np.float32(-103.0)) > 0 == sigmoid(np.float32(-104.0))


def test_a_number_alone_and_whole_numbers() -> None:
    assert sigmoid(0).shape == ()
    assert sigmoid(0) == 0.5
    assert sigmoid([True, False]).dtype == np.float64
    np.testing.assert_array_equal(softplus(np.array([200], np.uint8)), [200.0])


@given(st.lists(LOGITS, min_size=1, max_size=9))
@settings(max_examples=50, deadline=None)
def test_laws_of_the_logistic_function(numbers: list[float]) -> None:
    x = np.array(numbers)
    np.testing.assert_allclose(sigmoid(x) + sigmoid(-x), 1, rtol=1e-15)
    np.testing.assert_allclose(softplus(x) - softplus(-x), x, rtol=1e-14, atol=1e-14)
    np.testing.assert_array_equal(log_sigmoid(x), -softplus(-x))
    np.testing.assert_allclose(np.exp(log_sigmoid(x)), sigmoid(x), rtol=1e-12)
    np.testing.assert_allclose(softplus(x), torch.logaddexp(torch.zeros(len(x)).double(), torch.from_numpy(x)).numpy())


@given(st.floats(0, 1))
@settings(max_examples=50, deadline=None)
def test_sigmoid_gives_a_probability_back(probability: float) -> None:
    assert sigmoid(logit(probability)) == pytest.approx(probability, rel=1e-12, abs=1e-300)
    assert logit(1 - probability) == pytest.approx(-logit(1 - (1 - probability)), rel=1e-9, abs=1e-15)


def test_softmax_of_three_animals_and_of_a_batch() -> None:
    np.testing.assert_allclose(softmax([2.0, 1.0, 0.1]), [0.659001, 0.242433, 0.0985659], atol=5e-7)
    # The maximum and the sum are those of a row, not of all.
    np.testing.assert_allclose(softmax([[2.0, 1.0], [4.0, 3.0]]), [[0.731059, 0.268941]] * 2, atol=5e-7)
    np.testing.assert_array_equal(softmax([[1000.0, 0.0]]), [[1, 0]])
    np.testing.assert_array_equal(log_softmax([[1000.0, 0.0]]), [[0, -1000]])
    assert log_softmax([40.0, 0.0])[0] == pytest.approx(-np.exp(-40.0), rel=1e-12, abs=0)
    assert log_sum_exp([1000.0, 1000.0]) == pytest.approx(1000 + np.log(2))


@given(SCORES, LOGITS, st.sampled_from([0, 1, -1, -2]))
@settings(max_examples=50, deadline=None)
def test_laws_of_softmax(scores: np.ndarray, shift: float, axis: int) -> None:
    shares = exact(softmax, scores, axis)
    np.testing.assert_allclose(shares.sum(axis=axis), 1, rtol=1e-14)
    np.testing.assert_allclose(exact(softmax, scores + shift, axis), shares, rtol=1e-9, atol=1e-11)
    with np.errstate(under="ignore"):
        np.testing.assert_allclose(np.exp(exact(log_softmax, scores, axis)), shares, rtol=1e-11)
    total = exact(log_sum_exp, scores, axis)
    np.testing.assert_allclose(total, torch.logsumexp(torch.from_numpy(scores), axis).numpy(), rtol=1e-14, atol=1e-14)
    difference = scores - np.expand_dims(total, axis)
    np.testing.assert_allclose(exact(log_softmax, scores, axis), difference, rtol=1e-9, atol=1e-11)


def test_infinite_scores() -> None:
    one = [[-np.inf, 0.0, 0.0], [np.inf, 5.0, -np.inf]]
    np.testing.assert_array_equal(exact(softmax, one), [[0, 0.5, 0.5], [1, 0, 0]])
    np.testing.assert_array_equal(exact(log_softmax, one)[1], [0, -np.inf, -np.inf])
    rows = [[-np.inf, -np.inf], [np.inf, 0], [np.inf, -np.inf], [np.inf, np.inf], [np.nan, np.inf], [-np.inf, 3]]
    np.testing.assert_array_equal(exact(log_sum_exp, rows), [-np.inf, np.inf, np.inf, np.inf, np.nan, 3])
    for function in (softmax, log_softmax):
        for undefined in ([-np.inf, -np.inf], [np.inf, np.inf]):
            with pytest.raises(BadInput, match=r"scores: got 1 of 2 rows where all are -inf or several are inf"):
                function([undefined, [0.0, 0.0]])
        np.testing.assert_array_equal(exact(function, [[np.nan, 1.0], [0.0, np.nan]]), np.nan)


def test_scores_as_far_apart_as_can_be() -> None:
    widest = np.array([np.finfo(np.float64).max, np.finfo(np.float64).min])
    np.testing.assert_array_equal(exact(softmax, widest), [1, 0])
    assert exact(log_sum_exp, widest) == widest[0]


def test_inputs_are_left_as_they_are() -> None:
    scores = np.array([[1.0, 2.0], [np.inf, 0.0]])
    kept = scores.copy()
    for function in (softmax, log_softmax, log_sum_exp, sigmoid, softplus, log_sigmoid):
        function(scores)
    np.testing.assert_array_equal(scores, kept)


def test_what_makes_no_sense_is_refused() -> None:
    for function in (sigmoid, softplus, log_sigmoid, softmax, log_softmax, log_sum_exp, logit):
        with pytest.raises(BadInput, match="at least one element"):
            function([])
        with pytest.raises(BadInput, match="real numbers"):
            function(["a"])
    for function in (softmax, log_softmax, log_sum_exp):
        with pytest.raises(BadInput, match=r"axis: got axis 1 of an array of shape \(2,\)"):
            function([1.0, 2.0], axis=1)
        with pytest.raises(BadInput, match=r"axis: got 0\.0, expected a whole number"):
            function([1.0, 2.0], axis=0.0)
        with pytest.raises(BadInput, match=r"axis: got axis -1 of an array of shape \(\)"):
            function(1.0)
    for probability in (-0.1, 1.1, np.nan):
        with pytest.raises(BadInput, match=r"logit.probability: got values from .* expected values from 0 to 1"):
            logit(probability)
