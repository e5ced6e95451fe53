"""Loss of a predicted mixture of Gaussians: for targets that may come out in one of several ways.

A car that will turn left or right ends at -10 m or at +10 m, never at 0. Squared error prefers 0 to either, because the
mean costs least; a mixture can put a hill on each. Bishop (1994), "Mixture density networks".

Everything is computed relative to the component that is nearest in units of its spread. So a far target costs what it
should, and not infinity, wherever that is a number of the dtype; and its gradient points at the nearest component.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from rewardlab.errors import BadInput, Problem
from rewardlab.losses.borders import Floats, floats, refuse_not_finite
from rewardlab.losses.gaussian import LOG_ROOT_TWO_PI, SPREAD_FIX, standardised
from rewardlab.losses.number_or_elements import is_number, refuse_not_positive

__all__ = [
    "MixtureGradient",
    "expected_squared_error",
    "mixture_nll",
    "mixture_nll_gradient",
    "mixture_responsibilities",
]

_TOLERANCE = 1e-6
"""How far a sum of probabilities may be from 1; in half precision, as far as its rounding goes."""


class MixtureGradient(NamedTuple):
    """Derivatives of each example's value, each of shape ``[..., K]``.

    Attributes:
        means: By the means.
        sigmas: By the spreads.
        weights: By the weights, each moved alone, though their sum is then no longer 1. By the logits of a softmax that
            makes the weights, the derivative is ``weights - mixture_responsibilities(...)``.
    """

    means: Floats
    sigmas: Floats
    weights: Floats


class _Mixture(NamedTuple):
    """Means, targets, spreads and weights, all ``[K, ...]`` or to be broadcast to it.

    NumPy is several times faster along the first axis of a few components than along the last.
    """

    means: Floats
    target: Floats
    sigmas: Floats
    weights: Floats


class _Terms(NamedTuple):
    """``z`` by component, the least size of a z, log density relative to that one, log of the weighted total."""

    z: Floats
    nearest: Floats
    relative: Floats
    log_total: Floats


def mixture_nll(means: ArrayLike, target: ArrayLike, sigmas: ArrayLike, weights: ArrayLike) -> Floats:
    """Negative log density of each target under its mixture of K Gaussians.

    Args:
        means: ``[..., K]`` finite numbers.
        target: ``[...]``.
        sigmas: Standard deviations, above 0: a number, ``[K]``, or ``[..., K]``.
        weights: Probabilities of the components, of at least 0 and with sum 1: ``[K]`` or ``[..., K]``.

    Returns:
        ``[...]``; may be negative, as a density may exceed 1; ``inf`` where the number is too large for the dtype.

    Raises:
        BadInput: Shapes do not fit, something is empty, not finite or no number, a spread is not above 0, or the
            weights are no probabilities.

    Example:
        >>> mixture_nll([[-10.0, 10.0], [-10.0, 10.0]], [-10.0, 0.0], sigmas=2.0, weights=[0.5, 0.5]).round(4)
        array([ 2.3052, 14.1121])
    """
    terms = _terms(_inputs("mixture_nll", means, target, sigmas, weights))
    with np.errstate(all="ignore"):
        return np.asarray(terms.nearest / 2 * terms.nearest + LOG_ROOT_TWO_PI - terms.log_total)


def mixture_nll_gradient(means: ArrayLike, target: ArrayLike, sigmas: ArrayLike, weights: ArrayLike) -> MixtureGradient:
    """Derivatives of `mixture_nll`: those of each Gaussian, times how responsible it is for the target.

    Arguments and errors are those of the loss.
    """
    mixture = _inputs("mixture_nll_gradient", means, target, sigmas, weights)
    terms = _terms(mixture)
    with np.errstate(all="ignore"):
        by_weights = -np.exp(terms.relative - np.log(mixture.sigmas) - terms.log_total)
        share = _responsibilities(mixture, terms)
        size = np.abs(terms.z)
        by_means = share * (terms.z / mixture.sigmas)
        by_sigmas = share * ((1 - size) / mixture.sigmas * (1 + size))
    # Without a share there is no pull, however far away: 0 times infinity is 0 here.
    none = share == 0
    first = np.where(none, 0, by_means), np.where(none, 0, by_sigmas), by_weights
    return MixtureGradient(*map(_components_last, first))


def mixture_responsibilities(means: ArrayLike, target: ArrayLike, sigmas: ArrayLike, weights: ArrayLike) -> Floats:
    """The probability that each component brought forth the target, once it is known.

    Arguments and errors are those of `mixture_nll`.

    Returns:
        ``[..., K]``, with sum 1 over the last axis.
    """
    mixture = _inputs("mixture_responsibilities", means, target, sigmas, weights)
    return _components_last(_responsibilities(mixture, _terms(mixture)))


def expected_squared_error(prediction: ArrayLike, outcomes: ArrayLike, probabilities: ArrayLike) -> Floats:
    """What a single prediction costs on average when one of several outcomes will happen.

    It is the variance of the outcomes plus the squared distance to their mean, so the mean costs least, even where it
    is none of the outcomes.

    Args:
        prediction: Finite numbers, any shape.
        outcomes: ``[K]``, what may happen.
        probabilities: ``[K]``, of at least 0 and with sum 1.

    Returns:
        The shape of ``prediction``.

    Raises:
        BadInput: Something is empty, not finite or no number, the lengths differ, or the probabilities are none.

    Example:
        >>> expected_squared_error([0.0, -10.0, 10.0], [-10.0, 10.0], [0.5, 0.5])
        array([100., 200., 200.])
    """
    where = "expected_squared_error"
    guess, outcome, chance = floats(where, prediction=prediction, outcomes=outcomes, probabilities=probabilities)
    if outcome.ndim != 1 or chance.shape != outcome.shape:
        got = f"outcomes of shape {outcome.shape}, probabilities of shape {chance.shape}"
        raise BadInput(Problem(where, got, "two lists of one length"))
    refuse_not_finite(where, prediction=guess, outcomes=outcome, probabilities=chance)
    _refuse_no_probabilities(where, "probabilities", chance, probabilities)
    possible = chance > 0
    with np.errstate(all="ignore"):
        error = guess[..., np.newaxis] - outcome[possible]
        return np.asarray((error * error * chance[possible]).sum(axis=-1))


def _terms(mixture: _Mixture) -> _Terms:
    counted = mixture.weights > 0
    all_count = bool(counted.all())
    with np.errstate(all="ignore"):
        z = standardised(mixture.means, mixture.target, mixture.sigmas)
        size = np.abs(z)
        nearest = np.min(size if all_count else np.where(counted, size, np.inf), axis=0).astype(z.dtype, copy=False)
        # Half the difference of the squares.
        relative = (nearest - size) * (nearest / 2 + size / 2)
        if not np.isfinite(nearest).all():
            # Equal sizes are no difference, even if both are infinite.
            relative = np.where(size == nearest, 0, relative)
        terms = relative + (np.log(mixture.weights) - np.log(mixture.sigmas))
        if not all_count:
            terms = np.where(counted, terms, -np.inf)
        peak = terms.max(axis=0)
        log_total = peak + np.log(np.exp(terms - peak).sum(axis=0))
    return _Terms(z, nearest, relative, log_total)


def _responsibilities(mixture: _Mixture, terms: _Terms) -> Floats:
    with np.errstate(all="ignore"):
        shares = mixture.weights * np.exp(terms.relative - np.log(mixture.sigmas) - terms.log_total)
    return np.where(mixture.weights > 0, shares, 0)


def _inputs(where: str, means: ArrayLike, target: ArrayLike, sigmas: ArrayLike, weights: ArrayLike) -> _Mixture:
    given = {"means": means, "target": target, "sigmas": sigmas, "weights": weights}
    number = is_number(sigmas)
    if number:
        del given["sigmas"]
    found = dict(zip(given, floats(where, **given), strict=True))
    common = np.result_type(*found.values())
    with np.errstate(all="ignore"):
        found = {name: array.astype(common, copy=False) for name, array in found.items()}
        found.setdefault("sigmas", np.asarray(sigmas, dtype=common))
    problems = _shape_problems(where, found)
    if problems:
        raise BadInput(*problems)
    refuse_not_finite(where, allow_infinite=False, **found)
    refuse_not_positive(where, SPREAD_FIX, sigmas=found["sigmas"])
    _refuse_no_probabilities(where, "weights", found["weights"], weights)
    full = found["means"].ndim
    means, sigmas, weights = (_components_first(found[name], full) for name in ("means", "sigmas", "weights"))
    return _Mixture(means, found["target"], sigmas, weights)


def _components_first(array: Floats, full: int) -> Floats:
    """``[K, ...]`` from ``[..., K]``, ``[K, 1, ...]`` from ``[K]``; a number as it is."""
    if array.ndim == 0:
        return array
    if array.ndim == full:
        return np.ascontiguousarray(np.moveaxis(array, -1, 0))
    return array.reshape(-1, *[1] * (full - 1))


def _components_last(array: Floats) -> Floats:
    return np.ascontiguousarray(np.moveaxis(array, 0, -1))


def _shape_problems(where: str, arrays: dict[str, NDArray[Any]]) -> list[Problem]:
    shape = arrays["means"].shape
    if not shape:
        fix = "for one component that is [mean], or use gaussian_nll"
        return [Problem(f"{where}.means", "a single number", "the components along the last axis", fix)]
    allowed = {"target": [shape[:-1]], "sigmas": [(), shape[-1:], shape], "weights": [shape[-1:], shape]}
    return [
        Problem(
            f"{where}.{name}",
            f"shape {arrays[name].shape}",
            f"shape {' or '.join(str(shape) for shape in dict.fromkeys(shapes))} beside means of shape {shape}",
        )
        for name, shapes in allowed.items()
        if arrays[name].shape not in shapes
    ]


def _refuse_no_probabilities(where: str, name: str, array: Floats, given: ArrayLike) -> None:
    """Refuse what has an element below 0, or a sum along the last axis that is not 1."""
    rounding = float(np.finfo(np.float16).eps) if getattr(given, "dtype", None) == np.float16 else _TOLERANCE
    problems = []
    least = float(array.min())
    if least < 0:
        problems.append(Problem(f"{where}.{name}", f"values down to {least:g}", "numbers of at least 0"))
    sums = np.atleast_1d(array.sum(axis=-1, dtype=np.float64))
    worst = float(sums.flat[np.argmax(np.abs(sums - 1))])
    if abs(worst - 1) > rounding:
        fix = "divide by the sum, or take the softmax of logits"
        problems.append(Problem(f"{where}.{name}", f"a sum of {worst:.7g}", "a sum of 1", fix))
    if problems:
        raise BadInput(*problems)
