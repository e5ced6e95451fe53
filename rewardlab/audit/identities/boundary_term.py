"""Intrinsic rewards made harmless: all that was paid is taken back before the episode is over.

Forbes et al. (2024), "Potential-based reward shaping for intrinsic motivation" (PBIM): pay as before, and at the last
step take back the discounted sum of all. Forbes et al. (2024), "Potential-based intrinsic motivation: preserving
optimality with complex, non-Markovian shaping rewards" (GRM, generalised reward matching): take each amount back at a
later step of choice, the matching. Either way every trajectory's discounted sum is 0, so that no policy gains by it,
whatever the amounts depended on.

That is more than safety asks: amounts whose sum *differs* between trajectories may leave what is optimal alone too, and
these methods cancel their effect on the return all the same (the point of ADOPS, 2025, "Action-dependent
optimality-preserving reward shaping").
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from rewardlab.audit.identities.identity import checked_arrays
from rewardlab.errors import BadInput, Problem
from rewardlab.mdp.finite_model import FiniteModel
from rewardlab.rewards.returns import check_gamma

__all__ = ["BoundaryTerm", "boundary_term", "delayed_matching", "matched_rewards", "settled_rewards"]

_UNDISCOUNTED = Problem("gamma", "0", "a number in (0, 1]", "what is taken back later is divided by it")

Correction = Callable[[NDArray[np.float64], float], NDArray[np.float64]]


@final
@dataclass(frozen=True, slots=True)
class BoundaryTerm:
    """The discounted sums over every trajectory of a small model.

    Attributes:
        before: ``[N]`` what each trajectory is paid on top, as the amounts are.
        after: ``[N]`` what it is paid once corrected.
        probability: ``[N]`` how likely it is under the policy, or under actions drawn alike.
        tolerance: What counts as rounding, relative to the largest sum before or to 1.
        worst: The states of the trajectory with the largest sum after.
    """

    before: NDArray[np.float64]
    after: NDArray[np.float64]
    probability: NDArray[np.float64]
    tolerance: float
    worst: tuple[int, ...]

    @property
    def deviation(self) -> float:
        """The largest sum in size that is left to a trajectory."""
        return float(np.abs(self.after).max(initial=0.0))

    @property
    def holds(self) -> bool:
        """Whether every trajectory's sum is 0, so that no policy gains anything."""
        return self.deviation <= self.tolerance * max(1.0, float(np.abs(self.before).max(initial=0.0)))

    @property
    def expected_before(self) -> float:
        """What the policy gains by the amounts as they are."""
        return float(self.probability @ self.before)

    @property
    def expected_after(self) -> float:
        """What it gains by the corrected ones."""
        return float(self.probability @ self.after)


def settled_rewards(amounts: ArrayLike, gamma: float) -> NDArray[np.float64]:
    """PBIM: as before, but at the last step all is taken back, ``sum of gamma**(i - (T - 1)) * amounts[i]``.

    Args:
        amounts: ``[T]`` the intrinsic rewards of one whole episode.
        gamma: The discount, in (0, 1].

    Returns:
        ``[T]``, with a discounted sum of 0.

    Raises:
        BadInput: There is no step, a number is not finite, gamma is out of its range, or what is taken back has grown
            beyond all numbers.
    """
    (paid,) = checked_arrays({"amounts": (amounts, (-1,))})
    if not len(paid):
        raise BadInput(Problem("amounts", "no steps", "at least one"))
    if check_gamma(gamma) == 0.0:
        raise BadInput(_UNDISCOUNTED)
    with np.errstate(over="ignore", invalid="ignore"):
        total = paid @ gamma ** -np.arange(len(paid) - 1.0, -1.0, -1.0)
    return _finite(np.append(paid[:-1], paid[-1] - total), gamma)


def matched_rewards(amounts: ArrayLike, matching: ArrayLike, gamma: float) -> NDArray[np.float64]:
    """GRM: ``amounts[t] - sum over i <= t of gamma**(i - t) * amounts[i] * matching[t, i]``.

    Args:
        amounts: ``[T]`` the intrinsic rewards of one whole episode.
        matching: ``[T, T]`` the share of amount ``i`` that is taken back at step ``t``. Nothing is taken back before it
            was paid, and all of it in the end: columns sum to 1.
        gamma: The discount, in (0, 1].

    Returns:
        ``[T]``, with a discounted sum of 0.

    Raises:
        BadInput: A number is not finite, the matching is none, gamma is out of its range, or what is taken back late
            has grown beyond all numbers.
    """
    (paid,) = checked_arrays({"amounts": (amounts, (-1,))})
    (shares,) = checked_arrays({"matching": (matching, (len(paid), len(paid)))})
    problems = []
    if check_gamma(gamma) == 0.0:
        problems.append(_UNDISCOUNTED)
    if np.triu(shares, 1).any():
        problems.append(Problem("matching", "an amount taken back before it was paid", "0 where i > t"))
    if not np.allclose(shares.sum(axis=0), 1.0, rtol=0, atol=1e-9):
        problems.append(Problem("matching", "columns that do not sum to 1", "all taken back in the end"))
    if problems:
        raise BadInput(*problems)
    steps = np.arange(len(paid))
    # Where nothing is taken back the power does not matter, and must not overflow.
    since = np.where(shares == 0.0, 0.0, steps[:, None] - steps)
    with np.errstate(over="ignore", invalid="ignore"):
        corrected: NDArray[np.float64] = paid - (shares * gamma**-since) @ paid
    return _finite(corrected, gamma)


def delayed_matching(steps: int, delay: int | None) -> NDArray[np.float64]:
    """The matching that takes each amount back ``delay`` steps later, or at the last step if that comes first.

    Args:
        steps: T.
        delay: How many steps later, at least 0; None for the last step, which is PBIM.

    Raises:
        BadInput: The delay is negative.
    """
    if delay is not None and delay < 0:
        raise BadInput(Problem("delay", repr(delay), "a whole number, at least 0"))
    paid_at = np.arange(steps)
    taken_back = np.full(steps, steps - 1) if delay is None else np.minimum(paid_at + delay, steps - 1)
    matching = np.zeros((steps, steps))
    matching[taken_back, paid_at] = 1.0
    return matching


def boundary_term(
    model: FiniteModel,
    amounts: ArrayLike,
    gamma: float,
    horizon: int,
    *,
    correct: Correction = settled_rewards,
    policy: ArrayLike | None = None,
    most: int = 100_000,
    tolerance: float = 1e-9,
) -> BoundaryTerm:
    """Follow every trajectory of a small model, and add up what each is paid on top.

    Args:
        model: The dynamics.
        amounts: ``[S, A, K]`` the intrinsic reward of each outcome.
        gamma: The discount, in (0, 1].
        horizon: The number of steps after which an episode is over, if it has not ended before.
        correct: From the ``[T]`` amounts of an episode and gamma to the corrected ones.
        policy: ``[S, A]`` weighs the trajectories; each legal action alike by default. Trajectories that it never takes
            are followed all the same.
        most: The most trajectories to follow.
        tolerance: What counts as rounding.

    Raises:
        BadInput: An argument has another shape or is out of its range, or there are too many trajectories.
    """
    alike = model.legal / np.maximum(model.legal.sum(axis=1, keepdims=True), 1)
    table, chances = checked_arrays(
        {
            "amounts": (amounts, model.successor.shape),
            "policy": (alike if policy is None else policy, model.legal.shape),
        }
    )
    model.check_policy(chances)
    check_gamma(gamma)
    if isinstance(horizon, bool) or not isinstance(horizon, int | np.integer) or horizon < 1:
        raise BadInput(Problem("horizon", repr(horizon), "a whole number of steps, at least 1"))
    sums: list[tuple[float, float, float]] = []
    paths: list[tuple[int, ...]] = []
    for path, paid, weight in _trajectories(model, table, chances, int(horizon)):
        if len(paths) == most:
            raise BadInput(Problem("horizon", f"more than {most} trajectories", "fewer", "give a shorter horizon"))
        discounts = gamma ** np.arange(len(paid))
        sums.append((float(discounts @ paid), float(discounts @ correct(np.array(paid), gamma)), weight))
        paths.append(path)
    before, after, probability = np.array(sums).T
    return BoundaryTerm(before, after, probability, tolerance, paths[int(np.abs(after).argmax())])


def _finite(corrected: NDArray[np.float64], gamma: float) -> NDArray[np.float64]:
    if not np.isfinite(corrected).all():
        got = f"{len(corrected)} steps at gamma {gamma:g}"
        fix = "what is taken back grows by 1 / gamma each step: use matched_rewards with a shorter delay"
        raise BadInput(Problem("amounts", got, "an episode short enough to take back at its end", fix))
    return corrected


def _trajectories(
    model: FiniteModel, table: NDArray[np.float64], policy: NDArray[np.float64], horizon: int
) -> Iterator[tuple[tuple[int, ...], tuple[float, ...], float]]:
    """States, amounts and probability of every way in which an episode can go."""
    begun: list[tuple[tuple[int, ...], tuple[float, ...], float]] = [
        ((int(state),), (), float(model.start[state])) for state in np.flatnonzero(model.start)
    ]
    while begun:
        path, paid, weight = begun.pop()
        here = path[-1]
        if len(paid) == horizon or model.terminal[here]:
            yield path, paid, weight
            continue
        for action, outcome in np.argwhere(model.feasible[here]).tolist():
            chance = float(policy[here, action] * model.probability[here, action, outcome])
            after = int(model.successor[here, action, outcome])
            begun.append(((*path, after), (*paid, float(table[here, action, outcome])), weight * chance))
