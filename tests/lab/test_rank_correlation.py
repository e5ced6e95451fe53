"""Rank correlations: known values, ties, groups that are not mixed, and intervals that cover."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import spearmanr

from rewardlab.lab.rank_correlation import grouped_rank_correlation, rank_correlation


def test_known_values() -> None:
    rising = np.array([1.0, 2.0, 3.0, 4.0])
    assert rank_correlation(rising, rising**3) == pytest.approx(1)
    assert rank_correlation(rising, -rising) == pytest.approx(-1)
    # 1 - 6 * (0 + 1 + 1 + 0) / (4 * 15) = 0.8
    assert rank_correlation(rising, np.array([1.0, 3.0, 2.0, 4.0])) == pytest.approx(0.8)


def test_what_does_not_vary_orders_nothing() -> None:
    assert rank_correlation(np.ones(4), np.arange(4.0)) == 0.0


def test_ties_as_scipy_counts_them() -> None:
    rng = np.random.default_rng(0)
    for _ in range(20):
        first, second = rng.integers(5, size=(2, 30)).astype(float)
        assert rank_correlation(first, second) == pytest.approx(spearmanr(first, second).statistic)


def test_groups_are_not_compared_with_each_other() -> None:
    # Within each group the order is reversed, though the groups together rise.
    groups = [(np.arange(5.0) + shift, -np.arange(5.0) + shift) for shift in (0.0, 100.0)]
    assert grouped_rank_correlation(groups, np.random.default_rng(0)).value == pytest.approx(-1)


def test_the_interval_covers_about_as_often_as_it_says() -> None:
    # A bivariate normal of correlation 0.5 has Spearman's rho 6 / pi * arcsin(0.25) = 0.4826.
    truth, rng, covered = 6 / np.pi * np.arcsin(0.25), np.random.default_rng(1), 0
    for _ in range(150):
        groups = []
        for _ in range(3):
            first = rng.normal(size=40)
            groups.append((first, 0.5 * first + np.sqrt(0.75) * rng.normal(size=40)))
        found = grouped_rank_correlation(groups, rng, resamples=200)
        covered += found.low <= truth <= found.high
    assert 0.87 <= covered / 150 <= 0.99
