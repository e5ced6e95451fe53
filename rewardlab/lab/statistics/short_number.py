"""A number as it stands in a sentence or a cell."""

from __future__ import annotations

__all__ = ["short_number"]

_WRITTEN_OUT_BELOW = 1e6


def short_number(value: float, *, signed: bool = False) -> str:
    """Three digits that count, and whole numbers below a million written out rather than as powers of ten.

    Args:
        value: Any number.
        signed: Whether a plus is written too.

    Example:
        >>> short_number(0.03456), short_number(999.4), short_number(1000.2), short_number(2.5e7)
        ('0.0346', '999', '1,000', '2.5e+07')
    """
    sign = "+" if signed else ""
    short = f"{value:{sign}.3g}"
    return f"{value:{sign},.0f}" if "e+" in short and abs(value) < _WRITTEN_OUT_BELOW else short
