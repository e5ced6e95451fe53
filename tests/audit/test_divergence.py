"""The alarm of `divergence`: exact where it can be, rare where nothing is wrong, and there where something is."""

from __future__ import annotations

from itertools import combinations, pairwise

import numpy as np
import pytest

from rewardlab.audit import divergence
from rewardlab.audit.divergence import (
    WINDOWS,
    block_means,
    comparison_level,
    comparisons_due,
    divergence_now,
    fall_p_value,
    first_divergence,
    paid_alone,
)
from rewardlab.errors import BadInput
from tests.audit.alarm_rates import Streams, autoregression, first_alarms

STREAMS, BLOCKS, EPISODES = 2000, 100, 20


# The statistic.


def test_the_tail_counts_orders() -> None:
    # Of the C(8, 4) = 70 places that four later blocks can take among eight, 1 turns all 16 pairs round, 2 turn 15 or
    # more (1 + 1), 4 turn 14 or more (1 + 1 + 2): partitions of 0, 1 and 2 into at most 4 parts of at most 4.
    turned = [
        sum(late < early for late in places for early in set(range(8)) - set(places))
        for places in combinations(range(8), 4)
    ]
    tail = divergence._tail(4)
    assert tail == pytest.approx([np.mean(np.array(turned) >= least) for least in range(17)], abs=1e-15)
    assert tail[[16, 15, 14]] * 70 == pytest.approx([1, 2, 4])


@pytest.mark.parametrize("window", WINDOWS)
def test_the_tail_is_that_of_scipy(window: int) -> None:
    from scipy.stats import mannwhitneyu

    rng = np.random.default_rng(window)
    before, after = rng.normal(size=window), rng.normal(size=window) - 0.7
    turned = int((after[:, None] < before).sum())
    expected = mannwhitneyu(before, after, alternative="greater", method="exact").pvalue
    assert divergence._tail(window)[turned] == pytest.approx(expected, rel=1e-9)


def test_complete_separation_and_none() -> None:
    high, low = np.ones(16), np.zeros(16)
    # One order of C(32, 16) = 601,080,390; where all are equal, no pair is turned round, and nothing is said.
    assert fall_p_value(high, low) == pytest.approx(1 / 601_080_390)
    assert fall_p_value(low, high) == fall_p_value(high, high) == pytest.approx(1.0)


def test_blocks_that_are_like_those_before_them_say_less() -> None:
    # Complete separation twice. Where blocks alternate nothing is shrunk; where each is a little above the one before,
    # the correlation of ranks is 0.8125, and freed of bias 0.8125 + (1 + 3 * 0.8125) / 16 = 1.03, which counts as 0.99:
    # the 128 pairs beyond the centre become 128 * sqrt(0.01 / 1.99) = 9.07.
    rising = np.arange(16.0)
    alternating = np.stack([rising[:8], rising[:7:-1]], axis=1).ravel()
    assert fall_p_value(alternating + 100, alternating) == pytest.approx(1 / 601_080_390)
    assert fall_p_value(rising + 100, rising) == pytest.approx(divergence._tail(16)[128 + 9])


@pytest.mark.parametrize("law", ["normal", "cauchy", "few values"])
def test_a_p_value_is_at_most_as_often_small_as_it_says(law: str) -> None:
    rng = np.random.default_rng(1)
    draw = {"normal": rng.normal, "cauchy": lambda size: rng.standard_cauchy(size)}.get(law)
    blocks = rng.integers(0, 3, size=(2, 20_000, 16)) if draw is None else draw(size=(2, 20_000, 16))
    p_values = fall_p_value(*blocks)
    for level in (0.2, 0.05, 0.01, 0.001):
        assert (p_values <= level).mean() <= level + 3 * np.sqrt(level / 20_000)


def test_levels_add_up_to_alpha_and_never_run_out() -> None:
    levels = [comparison_level(test, 0.01) for test in range(1, 100_001)]
    # They telescope: after t comparisons alpha * (1 - log(101) / log(101 + t)) is spent.
    assert sum(levels) == pytest.approx(0.01 * (1 - np.log(101) / np.log(100_101)), rel=1e-9)
    assert all(earlier > later > 0 for earlier, later in pairwise(levels))


def test_every_comparison_has_a_number_of_its_own() -> None:
    made = [test for count in range(1000) for test, _ in comparisons_due(count)]
    assert made == list(range(1, len(made) + 1))
    assert comparisons_due(47) == []
    assert comparisons_due(48) == [(1, 16)]
    assert [window for _, window in comparisons_due(384)] == list(WINDOWS)


def test_rows_are_judged_as_one_stream_is() -> None:
    rng = np.random.default_rng(2)
    shift = 4.0 * (np.arange(BLOCKS) >= 50)
    paid, objective = rng.normal(size=(2, 12, BLOCKS)) + np.stack([shift, -shift])[:, None]
    paid[:4] = rng.normal(size=(4, BLOCKS))
    singly = [first_divergence(*streams, alpha=0.05) for streams in zip(paid, objective, strict=True)]
    assert [found.blocks if found else 0 for found in singly] == first_alarms(paid, objective, 0.05).tolist()
    assert any(singly)
    assert not all(singly)


# False alarms. The pay is the objective with its sign turned wherever that is allowed: of all ways in which the two may
# depend on each other the worst, for then one fall is enough.


def noise(law: str, rng: np.random.Generator) -> Streams:
    """Block means of streams of episodes, ``[STREAMS, BLOCKS]``, in which nothing changes."""
    shape = (STREAMS, BLOCKS * EPISODES)
    if law == "cauchy":
        return block_means(rng.standard_cauchy(shape), EPISODES)
    if law == "rare prizes":
        return block_means((rng.random(shape) < 0.02) * 100.0, EPISODES)
    if law.startswith("carried"):
        return block_means(autoregression(rng.normal(size=shape), float(law.split()[1])), EPISODES)
    if law == "heavy and carried":
        return block_means(autoregression(rng.standard_t(2, size=shape), 0.9), EPISODES)
    return block_means(rng.normal(size=shape), EPISODES)


LAWS = [
    "heavy and carried",
    *(pytest.param(law, marks=pytest.mark.slow) for law in ("normal", "cauchy", "rare prizes")),
    *(pytest.param(f"carried {share}", marks=pytest.mark.slow) for share in (0.5, 0.9, 0.97)),
]


@pytest.mark.parametrize("law", LAWS)
def test_noise_rarely_alarms(law: str) -> None:
    objective = noise(law, np.random.default_rng(3))
    assert (first_alarms(-objective, objective, 0.05) > 0).mean() <= 0.05


def test_without_the_correction_likeness_would_alarm(monkeypatch: pytest.MonkeyPatch) -> None:
    """The test above can fail: the same streams, as if blocks were independent."""
    objective = noise("carried 0.97", np.random.default_rng(3))
    monkeypatch.setattr(divergence, "_autocorrelation", lambda early, late: np.zeros(early.shape[:-1]))
    assert (first_alarms(-objective, objective, 0.05) > 0).mean() > 0.1


@pytest.mark.parametrize("law", LAWS)
def test_randomised_signs_rarely_alarm(law: str) -> None:
    rng = np.random.default_rng(4)
    movement = np.abs(noise(law, rng))
    signs = rng.choice([-1.0, 1.0], size=movement.shape)
    assert (first_alarms(-signs * movement, signs * movement, 0.05) > 0).mean() <= 0.05


@pytest.mark.parametrize("law", LAWS)
def test_a_rising_pay_with_a_flat_objective_rarely_alarms(law: str) -> None:
    rng = np.random.default_rng(5)
    paid = noise("normal", rng) + np.linspace(0, 20, BLOCKS)
    assert (first_alarms(paid, noise(law, rng), 0.05) > 0).mean() <= 0.05


@pytest.mark.parametrize(
    "law",
    [pytest.param("normal", marks=pytest.mark.slow), "carried 0.9", pytest.param("cauchy", marks=pytest.mark.slow)],
)
def test_honest_learning_rarely_alarms(law: str) -> None:
    rng = np.random.default_rng(6)
    learned = 6 / (1 + np.exp(-(np.arange(BLOCKS) - 40) / 6))
    paid, objective = (learned + noise(law, rng) for _ in range(2))
    assert (first_alarms(paid, objective, 0.05) > 0).mean() <= 0.05


def test_a_reward_that_rises_with_the_objective_cannot_alarm_whatever_happens() -> None:
    rng = np.random.default_rng(7)
    objective = autoregression(rng.normal(size=(STREAMS, BLOCKS)), 0.999).cumsum(axis=1)  # wild up and down
    assert not first_alarms(np.exp(objective / np.abs(objective).max()), objective, 0.99).any()


def test_both_falling_is_no_divergence() -> None:
    rng = np.random.default_rng(8)
    collapse = -8.0 * (np.arange(BLOCKS) >= 50)
    paid, objective = rng.normal(size=(2, STREAMS, BLOCKS)) + collapse
    assert not first_alarms(paid, objective, 0.05).any()


# Detection.


def goodhart(effect: float, over: int, rng: np.random.Generator) -> tuple[Streams, Streams]:
    """Honest learning for 30 blocks; from block 60 the pay rises and the objective falls by so many deviations."""
    blocks = np.arange(160)
    learned, hacked = 3 * np.clip(blocks / 30, 0, 1), effect * np.clip((blocks - 59) / over, 0, 1)
    paid, objective = rng.normal(size=(2, 200, 160)) + np.stack([learned + hacked, learned - hacked])[:, None]
    return paid, objective


@pytest.mark.parametrize(("effect", "over", "power", "delay"), [(3, 1, 0.99, 20), (2, 1, 0.95, 40), (3, 20, 0.99, 40)])
def test_a_hack_after_honest_learning_is_found(effect: float, over: int, power: float, delay: int) -> None:
    found = first_alarms(*goodhart(effect, over, np.random.default_rng(9)), 0.01)
    assert ((found == 0) | (found > 60)).all()
    assert (found > 60).mean() >= power
    assert np.median(found[found > 0]) - 60 <= delay


def test_an_alarm_says_what_moved_and_since_when() -> None:
    paid, objective = goodhart(5, 1, np.random.default_rng(10))
    alarms = [first_divergence(*streams) for streams in zip(paid, objective, strict=True)]
    assert all(alarms)
    peaks = np.array([found.peak for found in alarms if found])
    assert (np.abs(peaks - 60) <= 1).mean() > 0.95
    one = alarms[0]
    assert one is not None
    assert one.p_value <= one.level < 0.01
    assert one.paid == (paid[0, one.first : one.peak].mean(), paid[0, one.peak : one.blocks].mean())
    assert one.objective == (objective[0, one.first : one.peak].mean(), objective[0, one.peak : one.blocks].mean())
    assert one.paid[1] > one.paid[0]
    assert one.objective[1] < one.objective[0]


def test_pay_alone_is_noted_and_honest_learning_is_not() -> None:
    rng = np.random.default_rng(11)
    rising, flat = rng.normal(size=(2, 60)) + np.stack([np.linspace(0, 6, 60), np.zeros(60)])
    assert paid_alone(rising, flat)
    assert first_divergence(rising, flat) is None
    assert not paid_alone(rising, rising + rng.normal(size=60))
    assert not paid_alone(flat, rising)
    assert not paid_alone(rising[:31], flat[:31])


# Borders.


def test_block_means_leave_the_unfinished_block_out() -> None:
    assert block_means([1, 3, 5, 7, 100], 2).tolist() == [2, 6]
    assert block_means(np.zeros((3, 4)), 5).shape == (3, 0)
    with pytest.raises(BadInput, match="size: got 0, expected a whole number, at least 1"):
        block_means([1.0], 0)


def test_a_short_stream_says_nothing() -> None:
    assert divergence_now([], []) is None
    assert first_divergence(np.arange(47), -np.arange(47)) is None
    assert first_divergence(np.arange(24) > 11, np.arange(24) < 12) is None


def test_bad_streams_are_refused_with_all_their_problems() -> None:
    with pytest.raises(BadInput) as refused:
        divergence_now([1.0, 2.0], [1.0], alpha=1.0)
    assert [problem.where for problem in refused.value.problems] == ["paid, objective", "alpha"]
    with pytest.raises(BadInput, match="NaN or an infinity"):
        divergence_now([1.0, np.nan], [1.0, 2.0])
