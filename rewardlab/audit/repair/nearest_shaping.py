"""The potential-based shaping that comes nearest to what was added to a reward.

Shaping is the linear space ``gamma * potential(next) - potential(now)`` over all potentials that are 0 where the task
has terminated (Ng, Harada & Russell 1999; Grzes 2017). What was added is projected on it by least squares, each step
counting as often as it is taken under a stated policy. What is left over is given up.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, final, get_args

import numpy as np
from numpy.typing import NDArray

from rewardlab.audit.case import AuditCase
from rewardlab.audit.potential_fit import fit_potential
from rewardlab.errors import BadInput, one_of

__all__ = ["NearestShaping", "Occupation", "given_up", "nearest_shaping", "step_weights"]

Occupation = Literal["uniform", "objective", "alike"]
"""How much each step counts: as often as the policy that takes every legal action alike takes it (discounted), as
often as one that takes all objective-optimal actions alike does, or all steps alike."""


@final
@dataclass(frozen=True, slots=True)
class NearestShaping:
    """What shaping makes of an addition.

    Attributes:
        potential: ``[S]``, 0 in terminal states.
        table: ``[S, A, K]`` its shaping.
        given_up: The share of the addition's weighted squares that is left over, in [0, 1] for a projection.
        worst: How much is left over of the step of which most is, shaping minus addition.
        worst_step: Its state, action and outcome.
    """

    potential: NDArray[np.float64]
    table: NDArray[np.float64]
    given_up: float
    worst: float
    worst_step: tuple[int, int, int]


def nearest_shaping(
    case: AuditCase, added: NDArray[np.float64], *, occupation: Occupation = "uniform"
) -> NearestShaping:
    """Project what was added to a reward on potential-based shaping.

    Args:
        case: The model and the discount.
        added: ``[S, A, K]`` what was added.
        occupation: How much each step counts.

    Raises:
        BadInput: There is no such occupation.
    """
    feasible = case.model.feasible
    weights = step_weights(case, occupation)[feasible]
    fit = fit_potential(case.model.transitions, added[feasible], case.gamma, case.model.n_states, weights=weights)
    return given_up(case, added, fit.potential, occupation=occupation)


def given_up(
    case: AuditCase, added: NDArray[np.float64], potential: NDArray[np.float64], *, occupation: Occupation = "uniform"
) -> NearestShaping:
    """Compare what was added with the shaping of some potential.

    Args:
        case: The model and the discount.
        added: ``[S, A, K]`` what was added.
        potential: ``[S]`` what is shaped by instead; that of terminal states counts as 0.
        occupation: How much each step counts.
    """
    potential = np.where(case.model.terminal, 0.0, potential)
    table = case.model.shaping_table(potential, case.gamma)
    left = (table - added) * case.model.feasible
    weights = step_weights(case, occupation)
    total = float((weights * added**2).sum())
    share = float((weights * left**2).sum()) / total if total > 0 else 0.0
    state, action, outcome = (int(part) for part in np.unravel_index(np.abs(left).argmax(), left.shape))
    return NearestShaping(potential, table, share, float(left[state, action, outcome]), (state, action, outcome))


def step_weights(case: AuditCase, occupation: Occupation) -> NDArray[np.float64]:
    """How much each step counts, ``[S, A, K]``.

    Raises:
        BadInput: There is no such occupation.
    """
    if occupation not in get_args(Occupation):
        raise BadInput(one_of("occupation", str(occupation), get_args(Occupation), "occupation"))
    if occupation == "alike":
        return case.model.feasible.astype(np.float64)
    policy = case.space.uniform
    if occupation == "objective":
        best = case.objective_optimal
        policy = np.where(case.model.terminal[:, None], policy, best / np.maximum(1, best.sum(axis=1, keepdims=True)))
    visits = case.space.table(case.space.visits(policy))
    counted: NDArray[np.float64] = visits[:, :, None] * case.model.probability * case.model.feasible
    return counted
