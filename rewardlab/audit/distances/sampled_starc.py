"""STARC from recorded steps: exact on the model that they speak for."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from rewardlab.audit.distances.canonical_forms import FORMS, Form
from rewardlab.audit.distances.checks import gamma_problems, refuse_if_any, resampling_problems
from rewardlab.audit.distances.empirical_model import EmpiricalModel, empirical_model
from rewardlab.audit.distances.sampled import SampledDistance
from rewardlab.audit.distances.starc import NORMS, Norm, starc_distance
from rewardlab.errors import BadInput, Problem, one_of
from rewardlab.mdp.dense_model import number_array
from rewardlab.transitions import Transitions

__all__ = ["sampled_starc"]


def sampled_starc(
    steps: Transitions,
    first: ArrayLike,
    second: ArrayLike,
    gamma: float,
    *,
    rng: np.random.Generator,
    episodes: ArrayLike | None = None,
    form: Form = "value",
    norm: Norm = "l2",
    level: float = 0.95,
    resamples: int = 200,
) -> SampledDistance:
    """Estimate the STARC distance from recorded steps of an environment with numbered states and actions.

    Chances become shares of what was seen, the rewards of outcomes become means, and the distance is exact on that
    model, in which what was never seen cannot be done. Steps into a state from which nothing is known are left out
    unless they ended the task. So shaping is taken out exactly, whatever the sample.

    The interval is a percentile bootstrap over episodes (or over steps, if these are independent). It does not cover
    what was never done: the distance is one of the recorded part of the environment. Nor does it cover the bias of
    few visits, whose noise is in both canonical forms. A resample may lack a rare step, and is then one of a smaller
    model; one that has no usable step at all is passed over.

    Args:
        steps: B steps, see `rewardlab.audit.sampling.recording.record_episodes`.
        first: ``[B]`` what one reward paid.
        second: ``[B]`` what the other would have paid.
        gamma: The discount, in [0, 1).
        rng: Draws the resamples.
        episodes: ``[E]`` the row in which each episode begins, the first of them 0; then whole episodes are resampled.
        form: The canonical form, see `starc_distance`.
        norm: One of `NORMS`.
        level: The nominal coverage of the interval.
        resamples: The number of bootstrap draws.

    Raises:
        BadInput: States or actions are not numbered, an argument does not fit, or no step can be used.
    """
    amounts = tuple(number_array(paid, name, "[B] numbers") for name, paid in (("first", first), ("second", second)))
    begins = None if episodes is None else np.asarray(episodes)
    problems = [*gamma_problems(gamma), *resampling_problems(resamples, level), *_step_problems(steps, amounts, begins)]
    problems += [] if form in FORMS else [one_of("form", form, FORMS, "canonical form")]
    refuse_if_any([*problems, *([] if norm in NORMS else [one_of("norm", norm, NORMS, "norm")])])

    def measured(seen: EmpiricalModel) -> float:
        return starc_distance(seen.model, seen.tables[0], seen.tables[1], gamma, form=form, norm=norm)

    seen = empirical_model(steps, amounts, np.ones(len(steps)))
    distances = []
    for _ in range(resamples):
        try:
            drawn = empirical_model(steps, amounts, _resampled(len(steps), begins, rng))
        except BadInput:
            continue
        distances.append(measured(drawn))
    if not distances:
        raise BadInput(Problem("steps", "no resample with a usable step", "more episodes"))
    low, high = np.quantile(distances, [(1 - level) / 2, (1 + level) / 2])
    used = int(seen.used.sum())
    return SampledDistance(measured(seen), float(low), float(high), level, used, 0, len(steps) - used)


def _resampled(count: int, begins: NDArray[Any] | None, rng: np.random.Generator) -> NDArray[np.float64]:
    """How often each step counts in one resample, ``[B]``."""
    units = count if begins is None else len(begins)
    drawn = rng.multinomial(units, np.full(units, 1 / units)).astype(np.float64)
    return drawn if begins is None else np.repeat(drawn, np.diff(begins, append=count))


def _step_problems(
    steps: Transitions, amounts: tuple[NDArray[np.float64], ...], begins: NDArray[Any] | None
) -> list[Problem]:
    problems = []
    for name, numbers in (("state", steps.state), ("action", steps.action), ("next_state", steps.next_state)):
        if numbers.ndim != 1 or numbers.dtype.kind not in "iu":
            got = f"{numbers.dtype} of shape {numbers.shape}"
            fix = "EPIC and DARD can be sampled for rewards of observations"
            problems.append(Problem(f"steps.{name}", got, "whole numbers, one for each step", fix))
    if len(steps) == 0:
        problems.append(Problem("steps", "none", "one at least"))
    for name, paid in zip(("first", "second"), amounts, strict=True):
        if paid.shape != (len(steps),) or not np.isfinite(paid).all():
            got = f"an array of shape {paid.shape}" if paid.shape != (len(steps),) else "NaN or an infinity"
            problems.append(Problem(name, got, f"({len(steps)},) finite numbers"))
    if begins is not None:
        whole = begins.ndim == 1 and begins.dtype.kind in "iu" and len(begins) > 0
        if not whole or begins[0] != 0 or (np.diff(begins) <= 0).any() or begins[-1] >= len(steps):
            problems.append(Problem("episodes", f"{begins!r}", f"rows from 0, rising, below {len(steps)}"))
    return problems
