"""A copy of this process that does something and may die over it; it starts in no time, having all loaded already."""

from __future__ import annotations

import os
import traceback
import warnings
from collections.abc import Callable

__all__ = ["ended", "fork"]


def fork(body: Callable[[], int | None]) -> int:
    """Do something in a copy of this process that leads a process group of its own.

    Args:
        body: What to do; what it returns becomes the exit code.

    Returns:
        The number of the process, for `ended`.
    """
    with warnings.catch_warnings():
        # Python 3.12 warns where there are threads. Those that the libraries of numbers hold do nothing here.
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if child:
        return child
    code = 70
    try:
        os.setsid()
        code = body() or 0
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(code)


def ended(child: int) -> int:
    """Wait for the end of a copy: its exit code, or what killed it as a negative number."""
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
