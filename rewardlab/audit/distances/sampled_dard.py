"""DARD from samples, for rewards that are functions of a state, an action and a next state, and sampled dynamics."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, final

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
from rewardlab.audit.distances.sampled_epic import LARGEST_SAMPLE
from rewardlab.errors import BadInput, Problem

__all__ = ["NextStates", "sampled_dard"]

NextStates = Callable[[NDArray[Any], NDArray[Any], np.random.Generator], NDArray[Any]]
"""B states and B actions in, a sampled next state for each out: a model, true or learned."""


def sampled_dard(
    first: TripleReward,
    second: TripleReward,
    gamma: float,
    *,
    coverage: Triples,
    actions: ArrayLike,
    sample_next: NextStates,
    rng: np.random.Generator,
    level: float = 0.95,
    resamples: int = 1000,
) -> SampledDistance:
    """Estimate the DARD distance (Wulfe et al. 2022, section 4 and appendix).

    For each of N triples and each of M actions a state is drawn that follows the first state, and one that follows the
    second. The draws are the same for both rewards, so that shaping is taken out exactly whatever they are.

    The interval is a percentile bootstrap over the triples and over the actions with their draws. It covers no error
    of the dynamics, nothing that the coverage never shows, and not the bias that few draws cause: their noise is in
    both canonical forms, other for each triple, and moves the distance one way or the other, less with more draws. At a
    distance of 0 or 1 it is a point.

    Args:
        first: States, actions and next states of B triples in, ``[B]`` numbers out.
        second: The other reward.
        gamma: The discount, in [0, 1].
        coverage: N triples, from the distribution on which the rewards are to be compared; they should be possible.
        actions: ``[M, ...]`` sampled from the distribution of actions.
        sample_next: B states, B actions and a generator in, B next states out.
        rng: Draws the next states and the resamples.
        level: The nominal coverage of the interval.
        resamples: The number of bootstrap draws.

    Raises:
        BadInput: The samples do not fit together, or are too many to be held.
        InvalidReward: A reward returned another shape, NaN or an infinity.
    """
    triples = checked_triples(coverage)
    drawn_actions = np.asarray(actions)
    refuse_if_any(
        [*gamma_problems(gamma), *resampling_problems(resamples, level), *_draw_problems(triples, drawn_actions)]
    )
    steps = _Draws(triples, drawn_actions, sample_next, rng)
    forms = [steps.canonical(reward, name, gamma) for name, reward in (("first", first), ("second", second))]
    return sampled_pearson(forms[0], forms[1], rng, level=level, resamples=resamples)


def _draw_problems(triples: Triples, actions: NDArray[Any]) -> list[Problem]:
    if not actions.shape or len(actions) == 0 or actions.shape[1:] != triples[1].shape[1:]:
        return [Problem("actions", f"shape {actions.shape}", "one action at least, shaped as those of the coverage")]
    pairs = len(triples[0]) * len(actions)
    if pairs > LARGEST_SAMPLE // 4:
        return [Problem("coverage", f"{pairs:,} pairs of a triple and a draw", f"at most {LARGEST_SAMPLE // 4:,}")]
    return []


@final
class _Draws:
    """For each triple and action: the action, what follows the first state, and what follows the second."""

    def __init__(
        self, triples: Triples, actions: NDArray[Any], sample_next: NextStates, rng: np.random.Generator
    ) -> None:
        self._triples = triples
        self._shape = (len(triples[0]), len(actions))
        self._here, self._ahead = (np.repeat(part, len(actions), axis=0) for part in (triples[0], triples[2]))
        self._action = np.concatenate([actions] * len(triples[0]))
        self._after_here = self._checked(sample_next(self._here, self._action, rng))
        self._after_ahead = self._checked(sample_next(self._ahead, self._action, rng))

    def canonical(self, reward: TripleReward, name: str, gamma: float) -> SampledCanonical:
        """The form of one reward."""
        direct = paid(reward, name, *self._triples)
        ahead = paid(reward, name, self._ahead, self._action, self._after_ahead)
        here = paid(reward, name, self._here, self._action, self._after_here)
        between = paid(reward, name, self._after_here, self._action, self._after_ahead)
        scale = max(float(np.abs(amounts).max()) for amounts in (direct, ahead, here, between))
        return SampledCanonical(direct, (gamma * ahead - here - gamma * between).reshape(self._shape), scale)

    def _checked(self, reached: NDArray[Any]) -> NDArray[Any]:
        states = np.asarray(reached)
        if states.shape != self._here.shape:
            raise BadInput(Problem("sample_next", f"shape {states.shape}", f"{self._here.shape}, a state for each"))
        return states
