"""The proxy as a signal to learn from, as a random policy finds it: how often it pays, how soon, how much, which terms.

The steps to the first payment count on over episodes that end unpaid, as they do for a learner: with T the steps of an
episode up to its first payment or its end, and p the probability that it is paid at all, E[T] / p (Wald 1944, "On
cumulative sums of random variables"). What never happened in n episodes happens in at most 3 / n of them (the rule of
three: Hanley & Lippman-Hand 1983, "If nothing goes wrong, is everything all right?"; 95 %). It is stated for episodes:
steps of an episode hang together, so that 3 / steps is no bound unless they do not.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from rewardlab.audit.finding import Finding, Level
from rewardlab.audit.sampling.paired_returns import CONFIDENCE, Interval
from rewardlab.audit.sampling.recording import Record

__all__ = ["SampledSignal", "TermSignal", "sampled_signal", "sampled_signal_finding"]

QUESTION = "How strong a signal is the proxy to learn from?"
_RARE_EPISODES = 0.05
"""If fewer episodes of a random policy are paid than one in twenty, a learner spends most of its budget unpaid."""
_RULE_OF_THREE = 3.0
_RESAMPLES = 2_000


@final
@dataclass(frozen=True, slots=True)
class TermSignal:
    """How one line of the ledger fires.

    Attributes:
        share: The share of steps in which it is not 0.
        mean: Its mean size where it is not 0; 0 if it never is.
        largest: Its largest size.
        at_most: If it never fired: the largest share of episodes in which it may, by the rule of three; else None.
    """

    share: float
    mean: float
    largest: float
    at_most: float | None


@final
@dataclass(frozen=True, slots=True)
class SampledSignal:
    """The answer.

    Attributes:
        episodes: E.
        steps: B.
        paid_steps: The share of steps in which the proxy is not 0.
        paid_episodes: The number of episodes in which it ever is.
        first_payment: The steps to the first payment, episodes that end unpaid included; the upper end is infinite, and
            the value too, if no episode was paid.
        smallest: The smallest size of a payment; 0 if there was none.
        largest: The largest.
        spreads: The deviation of the discounted return of an episode: of the proxy, and of the objective.
        terms: By line of the ledger.
    """

    episodes: int
    steps: int
    paid_steps: float
    paid_episodes: int
    first_payment: Interval
    smallest: float
    largest: float
    spreads: tuple[float, float]
    terms: Mapping[str, TermSignal]


def sampled_signal(record: Record, gamma: float, rng: np.random.Generator) -> SampledSignal:
    """Measure it on a record of a random policy.

    Args:
        record: The episodes.
        gamma: The learner's discount.
        rng: Draws the bootstrap over episodes.
    """
    paid = record.proxy != 0.0
    sizes = np.abs(record.proxy[paid])
    spreads = [float(record.returns(amounts, gamma).std()) for amounts in (record.proxy, record.objective)]
    return SampledSignal(
        len(record.first),
        len(record.steps),
        float(paid.mean()),
        int((record.episode_sums(paid) > 0).sum()),
        _first_payment(record, paid, rng),
        float(sizes.min(initial=np.inf)) if len(sizes) else 0.0,
        float(sizes.max(initial=0.0)),
        (spreads[0], spreads[1]),
        {name: _term(amounts, len(record.first)) for name, amounts in record.lines.items()},
    )


def sampled_signal_finding(record: Record, gamma: float, rng: np.random.Generator) -> Finding:
    """Ask it of a record of a random policy.

    Args:
        record: The episodes.
        gamma: The learner's discount.
        rng: Draws the bootstrap over episodes.
    """
    answer = sampled_signal(record, gamma, rng)
    rare = answer.paid_episodes < _RARE_EPISODES * answer.episodes
    silent = [name for name, term in answer.terms.items() if term.at_most is not None]
    evidence = [
        f"{100 * answer.paid_steps:.3g} % of {answer.steps} steps are paid, and {answer.paid_episodes} of"
        f" {answer.episodes} episodes",
        _first_line(answer),
        f"payments from {answer.smallest:.4g} to {answer.largest:.4g} in size; an episode's return spreads by"
        f" {answer.spreads[0]:.4g} (objective: {answer.spreads[1]:.4g})",
        *_term_lines(answer),
    ]
    verdict = (
        "Weak: a random policy is hardly ever paid."
        if rare
        else f"A random policy is paid in {answer.paid_episodes} of {answer.episodes} episodes."
    )
    if silent:
        verdict += f" Never seen to fire: {', '.join(silent)}."
    advice = "shape by a potential, or begin episodes nearer to what is paid (a curriculum)" if rare else ""
    level: Level = "caution" if rare else "note" if silent else "fine"
    return Finding("signal", QUESTION, level, verdict, "sampled", tuple(evidence), advice, _data(answer))


def _first_payment(record: Record, paid: NDArray[np.bool_], rng: np.random.Generator) -> Interval:
    """Steps spent over episodes paid, with a percentile bootstrap over episodes."""
    waiting = np.where(paid, np.arange(len(paid)), len(paid))
    first_paid = np.minimum.reduceat(waiting, record.first)
    ends = record.first + record.lengths
    reached = first_paid < ends
    spent = np.where(reached, first_paid + 1, ends) - record.first
    total, count = float(spent.sum()), len(spent)
    if not reached.any():
        return Interval(np.inf, total / _RULE_OF_THREE, np.inf)
    draws = rng.integers(count, size=(_RESAMPLES, count))
    with np.errstate(divide="ignore"):
        drawn = spent[draws].sum(axis=1) / reached[draws].sum(axis=1)
    # A draw without any payment lies above all others, and an end of the interval that it reaches is unknown.
    ordered = np.sort(drawn)
    tail = (1 - CONFIDENCE) / 2
    low, high = ordered[int(tail * _RESAMPLES)], ordered[int((1 - tail) * _RESAMPLES)]
    return Interval(total / float(reached.sum()), float(low), float(high))


def _term(amounts: NDArray[np.float64], episodes: int) -> TermSignal:
    fired = np.abs(amounts[amounts != 0.0])
    if not len(fired):
        return TermSignal(0.0, 0.0, 0.0, min(1.0, _RULE_OF_THREE / episodes))
    return TermSignal(len(fired) / len(amounts), float(fired.mean()), float(fired.max()), None)


def _first_line(answer: SampledSignal) -> str:
    first = answer.first_payment
    if not np.isfinite(first.value):
        return f"never paid: the first payment takes {first.low:.4g} steps or more (rule of three, 95 %)"
    upper = f"{first.high:.4g}" if np.isfinite(first.high) else "unknown"
    return f"first payment after {first.value:.4g} steps ({first.low:.4g} to {upper}), unpaid episodes included"


def _term_lines(answer: SampledSignal) -> list[str]:
    lines = []
    for name, term in answer.terms.items():
        if term.at_most is None:
            size = f"mean size {term.mean:.4g}, largest {term.largest:.4g}"
            lines.append(f"{name}: fires in {100 * term.share:.3g} % of steps, {size}")
        else:
            bound = f"in at most {100 * term.at_most:.3g} % of episodes (rule of three, 95 %)"
            lines.append(f"{name}: never fired in {answer.steps} steps of {answer.episodes} episodes: {bound}")
    return lines


def _data(answer: SampledSignal) -> dict[str, Any]:
    return {
        "episodes": answer.episodes,
        "steps": answer.steps,
        "paid_steps": answer.paid_steps,
        "paid_episodes": answer.paid_episodes,
        "first_payment": answer.first_payment.as_list(),
        "smallest": answer.smallest,
        "largest": answer.largest,
        "spreads": list(answer.spreads),
        "terms": {
            name: {"share": term.share, "mean": term.mean, "largest": term.largest, "at_most": term.at_most}
            for name, term in answer.terms.items()
        },
    }
