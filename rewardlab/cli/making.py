"""`rewardlab new`."""

from __future__ import annotations

import argparse
from pathlib import Path

__all__ = ["KINDS", "new"]

KINDS = ("env", "reward", "wrapper", "loss", "experiment")
"""What there is a template of."""


def new(options: argparse.Namespace) -> int:
    """Write a small package that works, for somebody to fill in."""
    from rewardlab.scaffolding import write_package

    written = write_package(options.kind, options.name, options.out or Path())
    for path in written.files:
        print(path)
    print()
    for step in written.next_steps:
        print(step)
    return 0
