"""How often the intervals are right, measured; the table in the code and the page on statistics say so."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from rewardlab.errors import BadInput
from rewardlab.lab import chosen_kind, estimate, measured_coverage
from rewardlab.lab.statistics import IntervalKind, interquartile_mean, measured_at
from rewardlab.lab.statistics.interval_coverage import DISTRIBUTIONS, MEASURED
from rewardlab.lab.statistics.interval_kinds import interval_ends, resampled
from tests.lab import measure_coverage
from tests.lab.measure_coverage import EXPERIMENTS, KINDS, SEEDS
from tests.lab.simulated_scores import DISTRIBUTIONS as DRAWS

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "statistics.md").read_text(encoding="utf-8")


def rows_of_page(first: str) -> dict[str, list[str]]:
    """The rows of the table of the page whose first cell of all is given: the first cell to the others."""
    table = PAGE[PAGE.index(f"| {first} |") :].partition("\n\n")[0]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()]
    return {row[0]: row[1:] for row in rows if not row[0].startswith("-")}


def test_every_kind_was_measured_with_every_number_of_seeds() -> None:
    assert set(MEASURED) == {(kind, seeds) for kind in KINDS for seeds in SEEDS}
    assert tuple(DRAWS) == DISTRIBUTIONS


def test_the_page_quotes_the_table_of_the_code() -> None:
    rows = rows_of_page("scores of a seed")
    assert rows.pop("scores of a seed") == [f"{seeds} seeds" for seeds in SEEDS]
    assert rows.pop("kind of interval") == [chosen_kind(seeds) for seeds in SEEDS]
    expected = {
        name: [f"{100 * measured_coverage(chosen_kind(seeds), seeds)[name]:.1f} %" for seeds in SEEDS]
        for name in DISTRIBUTIONS
    }
    assert rows == expected


def test_the_page_says_how_far_each_kind_was_off() -> None:
    rows = rows_of_page("off by")
    rows.pop("off by")
    expected = {
        kind: [f"{np.mean(np.abs(np.array(MEASURED[kind, seeds]) - 95)):.1f}" for seeds in SEEDS] for kind in KINDS
    }
    assert rows == expected


@pytest.mark.parametrize("seeds", [20, 50])
@pytest.mark.parametrize("name", DISTRIBUTIONS)
def test_from_20_seeds_on_intervals_are_what_they_say(name: str, seeds: int) -> None:
    assert 0.93 <= measured_coverage(chosen_kind(seeds), seeds)[name] <= 0.97


def test_what_is_chosen_is_never_worse_than_the_percentile_bootstrap() -> None:
    for seeds in SEEDS:
        for name in DISTRIBUTIONS[:4]:
            chosen, plain = (measured_coverage(kind, seeds)[name] for kind in (chosen_kind(seeds), "percentile"))
            assert abs(chosen - 0.95) <= abs(plain - 0.95) + 0.03


@pytest.mark.parametrize(("seeds", "measured"), [(2, 2), (4, 4), (6, 5), (7, 7), (19, 10), (50, 50), (9_999, 50)])
def test_between_measured_numbers_of_seeds_the_smaller_one_speaks(seeds: int, measured: int) -> None:
    assert measured_at(seeds) == measured
    assert chosen_kind(seeds) == chosen_kind(measured)


def test_of_one_seed_and_of_unknown_kinds_nothing_was_measured() -> None:
    for seeds in (1, 0, -5):
        with pytest.raises(BadInput, match=f"seeds: got {seeds}, expected at least 2"):
            chosen_kind(seeds)
        with pytest.raises(BadInput, match=f"seeds: got {seeds}, expected at least 2"):
            measured_coverage("BCa", seeds)
    with pytest.raises(BadInput, match=r"kind: got 'percentil', expected .*; did you mean 'percentile'\?"):
        measured_coverage("percentil", 5)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", DRAWS)
def test_the_truth_of_each_distribution_is_its_interquartile_mean(name: str) -> None:
    # Two experiments with 400,000 seeds each; three standard errors of the widest are 0.006.
    scores, truth = DRAWS[name](np.random.default_rng(1), 2, 400_000)
    assert interquartile_mean(scores) == pytest.approx(truth, abs=0.006)


@pytest.mark.parametrize("kind", ["percentile", "expanded percentile", "trimmed t"])
@pytest.mark.parametrize("seeds", [3, 5, 20])
def test_a_sample_agrees_with_the_table(kind: IntervalKind, seeds: int) -> None:
    # 300 experiments of each of the seven: three standard errors of a share around 0.8 are 0.07, of their mean 0.025.
    found = [
        measure_coverage.measured_coverage(draw, seeds, 300, kinds=[kind], resamples=300)[kind]
        for draw in DRAWS.values()
    ]
    shares = list(measured_coverage(kind, seeds).values())
    assert found == pytest.approx(shares, abs=0.09)
    assert np.mean(found) == pytest.approx(np.mean(shares), abs=0.025)


@pytest.mark.slow
@pytest.mark.parametrize("name", DRAWS)
@pytest.mark.parametrize("seeds", [5, 10, 20, 50])
def test_the_table_can_be_made_again(seeds: int, name: str) -> None:
    kind = chosen_kind(seeds)
    found = measure_coverage.measured_coverage(DRAWS[name], seeds, EXPERIMENTS, kinds=[kind])[kind]
    assert measure_coverage.in_percent(found) == measure_coverage.in_percent(measured_coverage(kind, seeds)[name])


@pytest.mark.parametrize("seeds", [2, 5, 8])
def test_what_is_measured_is_what_the_table_of_a_comparison_shows(seeds: int) -> None:
    scores = np.random.default_rng(0).normal(size=seeds)
    one = estimate(scores, np.random.default_rng(2), resamples=500)
    low, high = interval_ends(chosen_kind(seeds), resampled(scores[None], np.random.default_rng(2), 500), 0.95)
    assert (one.low, one.high) == (low[0], high[0])
