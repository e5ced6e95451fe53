"""The number of a discrete action, whatever whole number it comes as."""

from __future__ import annotations

import operator
from typing import Any

__all__ = ["action_index"]


def action_index(action: Any) -> int:
    """An action as an index: of an int, a NumPy integer or an array of no dimensions, as agents give them.

    Returns:
        -1, which is no action, where it is no whole number: 1.7 is not cut off to 1.
    """
    try:
        return operator.index(action)
    except TypeError:
        return -1
