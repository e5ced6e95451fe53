"""The decorator of compiled functions that only compiled functions call."""

from __future__ import annotations

from numba import njit

__all__ = ["inner"]

inner = njit(no_cpython_wrapper=True, no_cfunc_wrapper=True)  # type: ignore[call-overload]
"""Without an entry from Python and without a cache of their own: their code is part of whatever calls them."""
