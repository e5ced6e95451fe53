"""EPIC from samples, for rewards that are functions of any state, action and next state."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from rewardlab.audit.distances.checks import gamma_problems, refuse_if_any, resampling_problems
from rewardlab.audit.distances.sampled import (
    SampledCanonical,
    SampledDistance,
    TripleReward,
    Triples,
    checked_triples,
    paid,
    sampled_pearson,
)
from rewardlab.errors import Problem

__all__ = ["LARGEST_SAMPLE", "sampled_epic"]

LARGEST_SAMPLE = 20_000_000
"""The most pairs of a triple and a draw that are held in memory."""


def sampled_epic(
    first: TripleReward,
    second: TripleReward,
    gamma: float,
    *,
    coverage: Triples,
    actions: ArrayLike,
    next_states: ArrayLike,
    rng: np.random.Generator,
    level: float = 0.95,
    resamples: int = 1000,
) -> SampledDistance:
    """Estimate the EPIC distance (Gleave et al. 2021, appendix A.1).

    The expectations of the canonical form become means over M pairs of an action and a state, the same pairs for all
    triples and both rewards, so that shaping is taken out exactly whatever the sample. The last of them is a constant,
    which no correlation notices, and is left out.

    The interval is a percentile bootstrap over the triples and over the pairs. It does not cover the bias that few
    pairs cause: their error is in both canonical forms, and moves the distance one way or the other, less with more
    pairs. Nor does it cover what the coverage never shows: of an exploit that no triple contains it says nothing. At a
    distance of 0 or 1 it is a point.

    Args:
        first: States, actions and next states of B triples in, ``[B]`` numbers out.
        second: The other reward.
        gamma: The discount, in [0, 1].
        coverage: N triples, from the distribution on which the rewards are to be compared.
        actions: ``[M, ...]`` sampled from the distribution of actions.
        next_states: ``[M, ...]`` sampled from the distribution of states, independently.
        rng: Draws the resamples.
        level: The nominal coverage of the interval.
        resamples: The number of bootstrap draws.

    Raises:
        BadInput: The samples do not fit together, or are too many to be held.
        InvalidReward: A reward returned another shape, NaN or an infinity.
    """
    triples = checked_triples(coverage)
    inner = (np.asarray(actions), np.asarray(next_states))
    refuse_if_any([*gamma_problems(gamma), *resampling_problems(resamples, level), *_draw_problems(triples, inner)])
    forms = [_canonical(reward, name, gamma, triples, inner) for name, reward in (("first", first), ("second", second))]
    return sampled_pearson(forms[0], forms[1], rng, level=level, resamples=resamples)


def _draw_problems(triples: Triples, inner: tuple[NDArray[Any], NDArray[Any]]) -> list[Problem]:
    sizes = [np.shape(part)[:1] for part in inner]
    if sizes[0] != sizes[1] or not sizes[0] or sizes[0] == (0,):
        got = f"shapes {np.shape(inner[0])} and {np.shape(inner[1])}"
        return [Problem("actions and next_states", got, "one at least, as many of the one as of the other")]
    if inner[1].shape[1:] != triples[0].shape[1:] or inner[0].shape[1:] != triples[1].shape[1:]:
        got = f"shapes {inner[0].shape} and {inner[1].shape}"
        return [Problem("actions and next_states", got, "actions and states shaped as those of the coverage")]
    pairs = len(triples[0]) * sizes[0][0]
    if pairs > LARGEST_SAMPLE:
        return [Problem("coverage", f"{pairs:,} pairs of a triple and a draw", f"at most {LARGEST_SAMPLE:,}")]
    return []


def _canonical(
    reward: TripleReward, name: str, gamma: float, triples: Triples, inner: tuple[NDArray[Any], NDArray[Any]]
) -> SampledCanonical:
    states, actions, next_states = triples
    direct = paid(reward, name, states, actions, next_states)
    ahead, here = (_from_each(reward, name, begin, *inner) for begin in (next_states, states))
    scale = max(float(np.abs(amounts).max()) for amounts in (direct, ahead, here))
    return SampledCanonical(direct, gamma * ahead - here, scale)


def _from_each(
    reward: TripleReward, name: str, states: NDArray[Any], actions: NDArray[Any], next_states: NDArray[Any]
) -> NDArray[np.float64]:
    """What is paid from each of N states for each of M actions with its next state, ``[N, M]``."""
    count, draws = len(states), len(actions)
    rows = max(1, (1 << 18) // draws)
    table = np.empty((count, draws))
    for begin in range(0, count, rows):
        some = states[begin : begin + rows]
        n_some = len(some)
        repeated = np.repeat(some, draws, axis=0)
        tiled = [np.concatenate([part] * n_some) for part in (actions, next_states)]
        table[begin : begin + n_some] = paid(reward, name, repeated, *tiled).reshape(n_some, draws)
    return table
