"""Makes the figures of the gallery anew by the commands that stand beside them, and says whether they are the same.

    python -m tests.reproduce_gallery delivery repair

Without names all are made, which takes hours. Results stay in build/gallery, so that what was broken off goes on.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import time
from pathlib import Path

from tests.house.gallery_page import DIGITS, PAGE, Shown, shown_experiments
from tests.house.project import ROOT

COMMAND = (sys.executable, "-m", "rewardlab.cli")
HOME = ROOT / "build" / "gallery"


def reproduce(shown: Shown, home: Path) -> list[str]:
    """Run the two commands of an experiment and compare what they make with what is kept.

    Args:
        shown: As the page shows it.
        home: The folder in which its commands are given.

    Returns:
        What differs, a line each; empty if nothing does.
    """
    for words in shown.commands:
        done = subprocess.run(
            [*COMMAND, *words[1:]], cwd=home, env=_environment(), check=False, stdout=subprocess.DEVNULL
        )
        if done.returncode:
            return [f"`{' '.join(words)}` ended with {done.returncode}"]
    differs = []
    table = hashlib.sha256((home / "results" / shown.name / "results.csv").read_bytes()).hexdigest()[:DIGITS]
    if table != shown.table:
        differs.append(f"table {table}, and not {shown.table}")
    if (home / shown.figure.name).read_bytes() != shown.figure.read_bytes():
        differs.append(f"{shown.figure.name} has other bytes")
    return differs


def main(names: list[str]) -> int:
    """Reproduce the experiments that are named, or all of them."""
    known = {shown.name: shown for shown in shown_experiments(PAGE.read_text(encoding="utf-8"))}
    unknown = sorted(set(names) - set(known))
    if unknown:
        print(f"not in the gallery: {', '.join(unknown)}; there are {', '.join(known)}")
        return 2
    HOME.mkdir(parents=True, exist_ok=True)
    failed = False
    for name in names or known:
        began = time.monotonic()
        differs = reproduce(known[name], HOME)
        failed |= bool(differs)
        print(
            f"{name}: {'; '.join(differs) or 'the same, table and figure'} ({time.monotonic() - began:.0f} s)",
            flush=True,
        )
    return 1 if failed else 0


def _environment() -> dict[str, str]:
    """Commands are given elsewhere, and yet by the code that stands here."""
    places = [str(ROOT), str(ROOT / "envs"), *filter(None, [os.environ.get("PYTHONPATH")])]
    return os.environ | {"PYTHONPATH": os.pathsep.join(places)}


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
