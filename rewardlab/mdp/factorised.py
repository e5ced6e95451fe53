"""Factors of the linear system of a policy, in an order of the states that keeps them sparse."""

from __future__ import annotations

from typing import Any

__all__ = ["factorised"]


def factorised(system: Any) -> Any:
    """The LU factors of a sparse square matrix, as scipy's ``splu`` gives them.

    Where time is part of the state, steps lead only to later states, and the system is triangular as it stands: in that
    order its factors are no larger than itself, while any order made for general systems fills them (14-fold and more).

    Args:
        system: ``[S, S]`` sparse.
    """
    from scipy.sparse.linalg import splu

    columns = system.tocsc()
    columns.sort_indices()
    filled = columns.indptr[1:] > columns.indptr[:-1]
    lowest = columns.indices[columns.indptr[1:][filled] - 1]
    triangular = (lowest <= filled.nonzero()[0]).all()
    return splu(columns, permc_spec="NATURAL" if triangular else "COLAMD")
