"""Which arguments a call cannot do without."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

__all__ = ["needed_arguments"]

_POSITIONAL = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)


def needed_arguments(call: Callable[..., Any]) -> list[str]:
    """The names of the arguments without a default, ``self`` left out; none where a signature cannot be read.

    Args:
        call: A function, a method or a class.
    """
    try:
        parameters = inspect.signature(call).parameters.values()
    except (TypeError, ValueError):
        return []
    kinds = (*_POSITIONAL, inspect.Parameter.KEYWORD_ONLY)
    return [
        each.name for each in parameters if each.default is each.empty and each.kind in kinds and each.name != "self"
    ]
