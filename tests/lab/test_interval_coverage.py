"""How often the intervals are right, measured; the page on statistics quotes the table."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from rewardlab.lab import estimate
from tests.lab.measure_coverage import DISTRIBUTIONS, SEEDS, intervals, measured_coverage

PAGE = Path(__file__).resolve().parents[2] / "docs" / "statistics.md"


def quoted() -> dict[tuple[str, int], float]:
    """The table of the page: distribution and number of seeds to the share of intervals that were right."""
    rows = re.findall(r"^\| ([^|]+) \|((?: [\d.]+ % \|)+)$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    return {
        (name, seeds): float(share) / 100
        for name, cells in rows
        for seeds, share in zip(SEEDS, re.findall(r"[\d.]+", cells), strict=True)
    }


def test_the_page_quotes_every_measurement() -> None:
    assert set(quoted()) == {(name, seeds) for name in DISTRIBUTIONS for seeds in SEEDS}


@pytest.mark.parametrize("name", DISTRIBUTIONS)
@pytest.mark.parametrize("seeds", [5, 20])
def test_coverage_is_about_what_the_page_says(name: str, seeds: int) -> None:
    # 500 experiments: three standard errors are at most 0.067.
    share = measured_coverage(DISTRIBUTIONS[name], seeds, 500, resamples=400)
    assert share == pytest.approx(quoted()[name, seeds], abs=0.07)


@pytest.mark.slow
@pytest.mark.parametrize("name", DISTRIBUTIONS)
@pytest.mark.parametrize("seeds", SEEDS)
def test_coverage_is_what_the_page_says(name: str, seeds: int) -> None:
    assert measured_coverage(DISTRIBUTIONS[name], seeds, 10_000) == pytest.approx(quoted()[name, seeds], abs=0.001)


def test_what_is_measured_is_what_the_table_shows() -> None:
    scores = np.random.default_rng(0).normal(size=(3, 8))
    low, high = intervals(scores, np.random.default_rng(1), 20_000)
    for row in range(3):
        one = estimate(scores[row], np.random.default_rng(2), resamples=20_000)
        assert (low[row], high[row]) == pytest.approx((one.low, one.high), abs=0.03)
