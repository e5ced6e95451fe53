"""The potential whose shaping comes nearest to given amounts, by least squares over steps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from rewardlab.transitions import Transitions

__all__ = ["PotentialFit", "fit_potential", "potential_between"]

_DIRECT_STATES = 5_000
"""Beyond this many states a factorisation fills up; an iteration is quicker, and as exact."""


@final
@dataclass(frozen=True, slots=True)
class PotentialFit:
    """The least-squares fit of ``gamma * potential(next) - potential(now)`` to amounts.

    Attributes:
        potential: ``[S]``, the smallest of all that fit equally well; 0 in terminal states unless those were free.
        residual: ``[B]`` what the shaping leaves of each amount.
        factors: ``[E]`` the factors of the extra columns, where there were any.
    """

    potential: NDArray[np.float64]
    residual: NDArray[np.float64]
    factors: NDArray[np.float64]

    @property
    def largest(self) -> float:
        """The largest residual in size."""
        return float(np.abs(self.residual).max(initial=0.0))

    @property
    def worst_row(self) -> int:
        """The row in which it stands."""
        return int(np.abs(self.residual).argmax())


def fit_potential(
    steps: Transitions,
    amounts: NDArray[np.float64],
    gamma: float,
    n_states: int,
    *,
    terminals_free: bool = False,
    extra: NDArray[np.float64] | None = None,
    weights: NDArray[np.float64] | None = None,
) -> PotentialFit:
    """Fit a potential (and, if asked, factors of further columns) to what was paid for each step.

    Args:
        steps: B steps between states that are numbered.
        amounts: ``[B]`` what is to be explained.
        gamma: The discount of the shaping, in [0, 1].
        n_states: S.
        terminals_free: Whether the potential of terminal states may be other than 0. Shaping that does so is not safe
            (Grzes 2017); the option is there to recognise it.
        extra: ``[B, E]`` further columns, each with a factor of its own.
        weights: ``[B]`` how much each step counts; all alike by default. Not negative.
    """
    from scipy import sparse

    kept = np.ones(len(steps), dtype=np.bool_) if terminals_free else ~steps.terminated
    matrix = _shaping_matrix(steps, kept, gamma, n_states)
    if extra is not None:
        matrix = sparse.hstack([matrix, sparse.csr_array(extra)]).tocsr()
    root = np.ones(len(steps)) if weights is None else np.sqrt(weights)
    solution = _least_squares(sparse.diags_array(root) @ matrix, root * amounts)
    return PotentialFit(solution[:n_states], amounts - matrix @ solution, solution[n_states:])


def potential_between(
    steps: Transitions, low: NDArray[np.float64], high: NDArray[np.float64], gamma: float, n_states: int
) -> NDArray[np.float64] | None:
    """A potential whose shaping of every step lies between two bounds, by a linear programme.

    Args:
        steps: B steps between states that are numbered.
        low: ``[B]`` at least; may be minus infinity.
        high: ``[B]`` at most; may be infinity. Equal bounds prescribe the amount.
        gamma: The discount of the shaping.
        n_states: S.

    Returns:
        ``[S]``, or None if there is none.
    """
    from scipy.optimize import Bounds, LinearConstraint, milp

    matrix = _shaping_matrix(steps, ~steps.terminated, gamma, n_states)
    limits = Bounds(np.full(n_states, -np.inf), np.full(n_states, np.inf))
    found = milp(np.zeros(n_states), constraints=LinearConstraint(matrix, low, high), bounds=limits)
    potential: NDArray[np.float64] | None = found.x
    return potential


def _shaping_matrix(steps: Transitions, kept: NDArray[np.bool_], gamma: float, n_states: int) -> Any:
    """``[B, S]`` sparse: from a potential to the shaping of each step."""
    from scipy import sparse

    rows, shape = np.arange(len(steps)), (len(steps), n_states)
    ahead = sparse.csr_array((gamma * kept, (rows, steps.next_state)), shape=shape)
    return (ahead - sparse.csr_array((np.ones(len(steps)), (rows, steps.state)), shape=shape)).tocsr()


def _least_squares(matrix: Any, target: NDArray[np.float64]) -> NDArray[np.float64]:
    from scipy import sparse
    from scipy.sparse.linalg import lsmr, splu

    columns = matrix.shape[1]
    if columns > _DIRECT_STATES:
        found: NDArray[np.float64] = lsmr(matrix, target, atol=1e-14, btol=1e-14, conlim=0, maxiter=20_000)[0]
        return found
    normal = (matrix.T @ matrix).tocsc()
    # The ridge makes it solvable where columns depend on each other; refinement then takes its effect out again.
    ridge = 1e-10 * max(float(normal.diagonal().max(initial=0.0)), 1e-300)
    regular = (normal + ridge * sparse.eye_array(columns, format="csc")).tocsc()
    inverse = splu(regular, permc_spec="MMD_AT_PLUS_A", diag_pivot_thresh=0.0, options={"SymmetricMode": True}).solve
    solution = np.zeros(columns)
    for _ in range(12):
        step = inverse(matrix.T @ (target - matrix @ solution))
        solution = solution + step
        if np.abs(step).max(initial=0.0) <= 1e-15 * np.abs(solution).max(initial=0.0):
            break
    return solution
