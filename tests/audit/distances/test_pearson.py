"""The Pearson distance: numbers by hand, no rounding, and what is decided where a correlation does not exist."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rewardlab.audit.distances import pearson_distance
from rewardlab.errors import BadInput

numbers = st.lists(st.floats(-1e3, 1e3), min_size=4, max_size=4)


def test_numbers_by_hand() -> None:
    # Deviations (-1, 0, 1) and (-1, 1, 0): covariance 1, both squares 2, so rho = 1/2 and sqrt((1 - 1/2) / 2) = 1/2.
    assert pearson_distance([1, 2, 3], [0, 2, 1]) == pytest.approx(0.5, abs=1e-15)
    assert pearson_distance([1, 2, 3], [-1, -2, -3]) == 1.0
    # Orthogonal: rho = 0.
    assert pearson_distance([1, -1, 0, 0], [0, 0, 1, -1]) == pytest.approx(np.sqrt(0.5), abs=1e-15)


def test_weights_count_as_repetitions_do() -> None:
    weighted = pearson_distance([1, 5, 2], [3, 1, 4], [2, 1, 3])
    repeated = pearson_distance([1, 1, 5, 2, 2, 2], [3, 3, 1, 4, 4, 4])
    assert weighted == pytest.approx(repeated, abs=1e-14)
    assert weighted != pytest.approx(pearson_distance([1, 5, 2], [3, 1, 4]), abs=1e-3)
    # What has no weight does not count, however it differs.
    assert pearson_distance([1, 2, 3, 1e9], [2, 4, 6, -7], [1, 1, 1, 0]) == pytest.approx(0, abs=1e-15)


def test_it_agrees_with_the_correlation() -> None:
    rng = np.random.default_rng(0)
    for _ in range(50):
        first, second = rng.normal(size=(2, 3, 4))
        rho = np.corrcoef(first.ravel(), second.ravel())[0, 1]
        assert pearson_distance(first, second) == pytest.approx(np.sqrt((1 - rho) / 2), abs=1e-12)


def test_a_constant_is_as_far_as_can_be_from_all_but_constants() -> None:
    assert pearson_distance([3, 3, 3], [-1, -1, -1]) == 0.0
    assert pearson_distance([3, 3, 3], [1, 2, 3]) == 1.0
    assert pearson_distance([1, 2, 3], [0, 0, 0]) == 1.0
    # 0.1 + 0.2 is not 0.3: what differs by rounding is constant.
    assert pearson_distance([0.1 + 0.2, 0.3, 0.3], [1, 2, 3]) == 1.0
    assert pearson_distance([1 + 1e-6, 1, 1], [2, 1, 1]) == pytest.approx(0, abs=1e-8)


@pytest.mark.parametrize("size", [1e-300, 1e-150, 1.0, 1e150, 1e300])
def test_no_size_is_too_large_or_too_small(size: float) -> None:
    values = np.array([1.0, 2.0, 4.0])
    assert pearson_distance(size * values, values) == pytest.approx(0, abs=1e-14)
    assert pearson_distance(values, -size * values) == pytest.approx(1, abs=1e-14)


@given(numbers, numbers, numbers)
def test_it_is_a_pseudometric(first: list[float], second: list[float], third: list[float]) -> None:
    def between(one: list[float], two: list[float]) -> float:
        found = pearson_distance(one, two)
        assert 0.0 <= found <= 1.0
        return found

    assert between(first, second) == between(second, first)
    assert between(first, first) == 0.0
    assert between(first, third) <= between(first, second) + between(second, third) + 1e-12


@pytest.mark.parametrize(
    ("first", "second", "weights", "where"),
    [
        ([1, 2], [1, 2, 3], None, "pearson_distance"),
        ([], [], None, "pearson_distance"),
        ([1, np.nan], [1, 2], None, "first"),
        ([[1, 2], [3]], [1, 2], None, r"first: got \[\[1, 2\], \[3\]\]"),
        ([1, 2], [1, 2], [[1], [1, 2]], r"weights: got \[\[1\], \[1, 2\]\]"),
        ([1, 2], [1, np.inf], None, "second"),
        ([1, 2], [1, 2], [1, -1], "weights"),
        ([1, 2], [1, 2], [0, 0], "weights"),
        ([1, 2], [1, 2], [1, 1, 1], "weights"),
    ],
)
def test_what_is_refused(first: list[float], second: list[float], weights: list[float] | None, where: str) -> None:
    with pytest.raises(BadInput, match=where):
        pearson_distance(first, second, weights)
