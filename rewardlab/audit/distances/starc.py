"""STARC: a distance that is 0 exactly if two rewards put all policies into the same order.

Skalse et al. 2024, "STARC: A general framework for quantifying differences between reward functions" (ICLR). Rewards
are brought into a canonical form, the forms to the same length, and what remains between them is measured.
"""

from __future__ import annotations

from typing import Literal, final, get_args

import numpy as np
from numpy.typing import NDArray

from rewardlab.audit.distances.canonical_forms import CanonicalForms, Form
from rewardlab.audit.distances.checks import refuse_if_any, weight_problems
from rewardlab.errors import Problem, one_of
from rewardlab.mdp.finite_model import FiniteModel

__all__ = ["NORMS", "Norm", "StarcSpace", "starc_distance"]

Norm = Literal["l1", "l2", "linf"]
"""The sum of the sizes of all entries, the root of the sum of their squares, or the largest size."""

NORMS: tuple[Norm, ...] = get_args(Norm)


def starc_distance(
    model: FiniteModel,
    first: NDArray[np.float64],
    second: NDArray[np.float64],
    gamma: float,
    *,
    form: Form = "value",
    norm: Norm = "l2",
    weights: NDArray[np.float64] | None = None,
    policy: NDArray[np.float64] | None = None,
) -> float:
    """The STARC distance of two rewards in a model.

    Args:
        model: The dynamics. States that no policy reaches are left out: no return depends on them.
        first: ``[S, A, K]`` what one reward pays for each outcome.
        second: ``[S, A, K]`` what the other pays.
        gamma: The discount, in [0, 1); also 1 where no state can come twice.
        form: The canonical form, one of `rewardlab.audit.distances.FORMS`. ``value`` weighs by the values of the
            policy: near gamma 1, in tasks that end, it says little but which steps end them; ``minimal`` does not.
        norm: One of `NORMS`; both the lengths and what remains between the two are measured by it.
        weights: ``[S, A]`` how much each state and action counts, positive; all alike by default.
        policy: ``[S, A]`` the policy whose values the form takes, positive for each legal action; uniform by default.

    Returns:
        In [0, 1], half of what the authors' definition gives: 0 exactly if all policies come in the same order (except
        for the form ``value_potential``, which is stricter), 1 for a reward and its opposite. A reward under which all
        policies are equal has the form 0: its distance is 0 to another such reward and 1/2 to all else, as the authors
        define it.

    Raises:
        BadInput: An argument has the wrong shape or values.
    """
    space = StarcSpace(model, gamma, form=form, norm=norm, weights=weights, policy=policy)
    return space.distance(space.direction(first), space.direction(second))


@final
class StarcSpace:
    """The rewards of one model with a STARC distance; what they share is computed once.

    Arguments as for `starc_distance`.

    Raises:
        BadInput: An argument has the wrong shape or values.
    """

    def __init__(
        self,
        model: FiniteModel,
        gamma: float,
        *,
        form: Form = "value",
        norm: Norm = "l2",
        weights: NDArray[np.float64] | None = None,
        policy: NDArray[np.float64] | None = None,
    ) -> None:
        problems = [] if norm in NORMS else [one_of("norm", norm, NORMS, "norm")]
        problems += weight_problems(weights, model.legal.shape, "weights")
        if not problems and weights is not None and (np.asarray(weights) <= 0)[_acted(model)].any():
            fix = "rewards that differ only where nothing counts would have distance 0"
            problems.append(Problem("weights", "0 for a legal action", "a positive weight for each", fix))
        refuse_if_any(problems)
        self._forms = CanonicalForms(model, gamma, form, policy)
        self._norm = norm
        self._weights = None if weights is None else self._forms.weights(np.asarray(weights, dtype=np.float64))

    def direction(self, table: NDArray[np.float64]) -> NDArray[np.float64]:
        """The canonical form of a table ``[S, A, K]`` brought to length 1, ``[n]``; 0 if all policies are equal.

        Raises:
            BadInput: The table has another shape, or an entry that is not finite.
        """
        entries, trivial = self._forms.entries(table)
        if trivial:
            return np.zeros_like(entries)
        entries = entries / np.abs(entries).max()
        return np.asarray(entries / self._length(entries), dtype=np.float64)

    def distance(self, first: NDArray[np.float64], second: NDArray[np.float64]) -> float:
        """The distance of two vectors from `direction`, in [0, 1]."""
        return min(1.0, self._length(first - second) / 2)

    def _length(self, vector: NDArray[np.float64]) -> float:
        size = np.abs(vector)
        if self._norm == "l1":
            return float((size if self._weights is None else self._weights * size).sum())
        if self._norm == "l2":
            squares = size**2
            return float(np.sqrt((squares if self._weights is None else self._weights * squares).sum()))
        return float((size if self._weights is None else self._weights * size).max(initial=0.0))


def _acted(model: FiniteModel) -> NDArray[np.bool_]:
    """``[S, A]`` where something may be done."""
    return np.asarray(model.legal & ~model.terminal[:, None])
