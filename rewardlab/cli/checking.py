"""`rewardlab check`."""

from __future__ import annotations

import argparse
import importlib.util
import json
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from rewardlab.cli import lines as layout
from rewardlab.cli.words import one_line

if TYPE_CHECKING:
    from rewardlab.testing import Answer
    from rewardlab.testing.patience import Patience

__all__ = ["check"]

_QUIET_SECONDS = 2.0
_CALLS_OF_AN_IMPORT = 3  # in whose time it is to be done, since it may read a thousand files


def check(options: argparse.Namespace) -> int:
    """Ask somebody's environment, reward, wrapper or loss all that rewardlab relies on."""
    from rewardlab.testing.patience import Patience
    from rewardlab.testing.targets import subjects_named

    with _this_folder(options.target):
        subjects = subjects_named(options.target, seconds=_CALLS_OF_AN_IMPORT * options.patience, env=options.env)
        found = []
        for subject in subjects:
            patience = Patience(options.patience)
            with _progress(f"{subject.kind} {subject.name}", patience):
                found.append((subject, subject.check(patience)))
    faults = sum(len(answer.problems) for _, answers in found for answer in answers)
    asked = sum(not answer.not_asked for _, answers in found for answer in answers)
    if options.json:
        checked = [
            {"name": subject.name, "kind": subject.kind, "answers": [answer.as_dict() for answer in answers]}
            for subject, answers in found
        ]
        print(json.dumps({"conforms": bool(asked and not faults), "checked": checked}, indent=2))
        return 1 if faults or not asked else 0
    lines: list[tuple[str, bool]] = []
    for subject, answers in found:
        lines.append((one_line(f"{subject.kind} {subject.name}"), True))
        for answer in answers:
            lines += _lines_of(answer)
    things = "1 thing" if len(found) == 1 else f"{len(found)} things"
    words = "1 problem" if faults == 1 else f"{faults} problems"
    verdict = f"does not conform: {words}" if faults else "conforms" if asked else "cannot be asked anything"
    layout.show([*lines, (one_line(f"{options.target} {verdict} ({things}, {asked} questions)"), True)])
    return 1 if faults or not asked else 0


def _lines_of(answer: Answer) -> Iterator[tuple[str, bool]]:
    yield from layout.wrapped(answer.question, f"  {answer.word:<10}")
    for text in (*answer.problems, *answer.notes, *([answer.not_asked] if answer.not_asked else [])):
        yield from layout.wrapped(one_line(str(text)), " " * 12)


@contextmanager
def _this_folder(target: str) -> Iterator[None]:
    """Let modules of this folder be found, after all others, so that none of them can stand in for one."""
    here = str(Path.cwd())
    # A folder without code, as `new` writes one round a package, would hide what is installed by `pip install -e`.
    added = here not in sys.path and not _is_installed(target.partition(":")[0].partition(".")[0])
    if added:
        sys.path.append(here)
    try:
        yield
    finally:
        if added:
            sys.path.remove(here)


def _is_installed(name: str) -> bool:
    try:
        found = importlib.util.find_spec(name) if name.isidentifier() else None
    except (ImportError, ValueError):  # a finder of somebody's, or a module that says nothing of itself
        return False
    return found is not None and found.origin is not None


@contextmanager
def _progress(name: str, patience: Patience) -> Iterator[None]:
    """Say on stderr where a check is that takes long, and wipe that out at its end."""
    over = threading.Event()
    shown = sys.stderr is not None and sys.stderr.isatty()

    def tell() -> None:
        began = time.monotonic()
        while not over.wait(_QUIET_SECONDS if time.monotonic() - began < _QUIET_SECONDS else 0.5):
            text = one_line(f"checking {name}: {patience.place}, {time.monotonic() - began:.0f} s")
            print(f"\r{text[: layout.width() - 1]:<{layout.width() - 1}}", end="", file=sys.stderr, flush=True)
        if time.monotonic() - began >= _QUIET_SECONDS:
            print(f"\r{'':<{layout.width() - 1}}\r", end="", file=sys.stderr, flush=True)

    teller = threading.Thread(target=tell, daemon=True)
    if shown:
        teller.start()
    try:
        yield
    finally:
        over.set()
        if shown:
            teller.join()
