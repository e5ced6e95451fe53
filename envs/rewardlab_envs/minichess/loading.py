"""Bringing in the compiled engine on first use.

Numba takes a third of a second to import and the engine some seconds to compile, so neither happens before a game is
played. What was compiled is kept by Numba in ``__pycache__``, and loaded from there the next time.
"""

from __future__ import annotations

import functools
import importlib
import sys
import threading
from pathlib import Path
from types import ModuleType
from typing import Literal

__all__ = ["compiled"]

_PATIENCE_SECONDS = 2.0
_SOURCES = ("events", "games", "inner", "mobility", "moves", "opponents", "playing", "squares")
"""The modules whose text is part of what is compiled."""
_NOTICE = "compiling the rules of the game with Numba; this happens once and is kept for the next time ..."


@functools.cache
def compiled(module: Literal["moves", "playing", "games", "mobility"]) -> ModuleType:
    """A module of compiled functions. Says so on standard error if it has to be compiled, which takes a while."""
    _forget_what_is_outdated(Path(__file__).parent)
    notice = threading.Timer(_PATIENCE_SECONDS, _announce)
    notice.daemon = True
    notice.start()
    try:
        return importlib.import_module(f"{__package__}.{module}")
    finally:
        notice.cancel()


@functools.cache
def _announce() -> None:
    """Say it once, however many modules are compiled."""
    print(_NOTICE, file=sys.stderr, flush=True)  # noqa: T201


def _forget_what_is_outdated(folder: Path) -> None:
    """Remove compiled code that is older than the text of any of its parts.

    Numba compares a function's compiled code with the file of that function only, but the code of all that it calls is
    part of it.
    """
    newest = max((folder / f"{name}.py").stat().st_mtime for name in _SOURCES)
    for index in (folder / "__pycache__").glob("*.nbi"):
        try:
            if index.stat().st_mtime < newest:
                index.unlink()
        except OSError:
            continue  # another process was faster, or the folder is read-only and Numba keeps its results elsewhere
