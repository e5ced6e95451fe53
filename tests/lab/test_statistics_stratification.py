"""Several tasks at once: rliable's numbers, and what the strata are for.

rliable cannot be imported beside today's pandas. The numbers are what its version 1.2.0 gives beside pandas 2 for the
scores below, with 50,000 draws for the interquartile mean, 5,000 for the improvement and 20,000 for the profile.
"""

from __future__ import annotations

import numpy as np
import pytest

from rewardlab.errors import BadInput
from rewardlab.lab import performance_profile, stratified_estimate, stratified_improvement
from rewardlab.lab.statistics import interquartile_mean

RNG = np.random.default_rng
_AT = np.arange(60)
# Ten runs of six tasks, as [T, R].
SCORES = (1 + 0.5 * np.sin(7 * _AT**2) + 0.05 * (_AT % 6)).reshape(10, 6).T
OTHERS = (0.9 + 0.6 * np.cos(5 * _AT**2)).reshape(10, 6).T


def test_the_interquartile_mean_of_rliable() -> None:
    found = stratified_estimate(SCORES, RNG(0), kind="percentile", resamples=20_000)
    assert found.value == pytest.approx(1.12067392, abs=1e-8)
    assert (found.low, found.high) == pytest.approx((0.96807112, 1.27309476), abs=0.01)
    assert found.count == 10


def test_the_probability_of_improvement_of_rliable() -> None:
    found = stratified_improvement(SCORES, OTHERS, RNG(0), paired=False, kind="percentile", resamples=5_000)
    assert found.value == pytest.approx(0.64833333, abs=1e-8)
    assert (found.low, found.high) == pytest.approx((0.54666667, 0.74666667), abs=0.01)


def test_the_performance_profile_of_rliable() -> None:
    found = performance_profile(SCORES, [0.5, 0.8, 1.0, 1.2, 1.5], RNG(0), kind="percentile")
    assert found.shares == pytest.approx([1, 0.66666667, 0.56666667, 0.5, 0.23333333])
    assert found.low == pytest.approx([1, 0.55, 0.45, 0.38333333, 0.13333333], abs=0.02)
    assert found.high == pytest.approx([1, 0.78333333, 0.68333333, 0.61666667, 0.33333333], abs=0.02)


def test_seeds_are_drawn_within_each_task() -> None:
    # Tasks differ by 100 and the seeds of a task by nothing: whatever is drawn, the mean is the same.
    table = np.repeat([[0.0], [100.0], [200.0], [300.0]], 5, axis=1)
    found = stratified_estimate(table, RNG(0), resamples=200)
    assert (found.low, found.value, found.high) == (150, 150, 150)
    mixed = interquartile_mean(table.ravel()[RNG(0).integers(20, size=(200, 20))])
    assert np.ptp(mixed) > 50


def test_a_seed_is_drawn_with_both_its_scores() -> None:
    # Better by a hair on every seed, and the seeds apart by far more: only seed by seed is that sure.
    base = np.tile(np.arange(8.0), (3, 1))
    paired = stratified_improvement(base + 0.1, base, RNG(0))
    unpaired = stratified_improvement(base + 0.1, base, RNG(0), paired=False)
    assert (paired.low, paired.value, paired.high) == (1, 1, 1)
    assert unpaired.low < 0.5 < unpaired.value < 0.6  # 36 of 64 pairs


def test_the_mean_over_tasks_of_the_improvement_by_hand() -> None:
    # First task: both seeds won, and 3 of 4 pairs. Second: a tie and a loss of the seeds, two of each of the pairs.
    scores, baseline = [[2, 4], [1, 1]], [[1, 3], [1, 2]]
    assert stratified_improvement(scores, baseline, RNG(0)).value == (1 + 0.25) / 2
    assert stratified_improvement(scores, baseline, RNG(0), paired=False).value == (0.75 + 0.25) / 2


def test_a_profile_falls_from_one_to_nought_and_counts_what_is_above() -> None:
    found = performance_profile([[1, 2, 3, 4]], [0.0, 1.0, 2.5, 4.0], RNG(0))
    assert found.shares.tolist() == [1, 0.75, 0.5, 0]
    assert (found.low <= found.shares).all()
    assert (found.shares <= found.high).all()
    assert found.low[1] < 0.75 < found.high[1]


@pytest.mark.parametrize(("tasks", "seeds"), [(3, 3), (3, 5), (6, 5), (3, 10)])
def test_how_often_an_interval_over_tasks_is_right(tasks: int, seeds: int) -> None:
    # Normal scores around means that lie close together; the truth is the mean by symmetry. 400 experiments: three
    # standard errors are 0.033.
    rng, held, plain = np.random.default_rng(5), 0, 0
    for _ in range(400):
        scores = rng.normal(np.linspace(-0.5, 0.5, tasks)[:, None], 1.0, size=(tasks, seeds))
        found = stratified_estimate(scores, rng, resamples=400)
        narrow = stratified_estimate(scores, rng, resamples=400, kind="percentile")
        held += found.low <= 0 <= found.high
        plain += narrow.low <= 0 <= narrow.high
    assert 0.92 <= held / 400 <= 0.985
    assert plain < held


def test_of_one_seed_in_each_task_there_is_no_interval() -> None:
    assert str(stratified_estimate([[1.0], [2.0]], RNG(0))) == "1.5 (1 seeds)"
    assert stratified_improvement([[1.0], [2.0]], [[0.0], [3.0]], RNG(0)).kind == "none"
    assert stratified_improvement([[1.0]], [[0.0, 3.0]], RNG(0), paired=False).kind == "none"
    assert stratified_estimate([[1.0, 2.0]], RNG(0)).kind == "expanded percentile"


def test_what_is_no_table_is_refused() -> None:
    with pytest.raises(
        BadInput, match=r"scores: got \[2, 3\] seeds, expected \[T\]\[R\], as many in each task; take the"
    ):
        stratified_estimate([[1, 2], [1, 2, 3]], RNG(0))
    with pytest.raises(BadInput, match=r"scores\[1\]: got"):
        stratified_estimate([[1, 2], [1, float("nan")]], RNG(0))
    with pytest.raises(BadInput, match="scores: got no tasks"):
        stratified_estimate([], RNG(0))
    with pytest.raises(BadInput, match=r"baseline: got \(1, 2\) for scores of \(2, 2\), expected as many tasks"):
        stratified_improvement([[1, 2], [3, 4]], [[1, 2]], RNG(0))
    with pytest.raises(BadInput, match="kind: got 'BCa'"):
        performance_profile([[1, 2]], [0], RNG(0), kind="BCa")  # type: ignore[arg-type]
