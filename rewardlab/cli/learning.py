"""`rewardlab lesson`."""

from __future__ import annotations

import argparse

from rewardlab.cli import lines as layout
from rewardlab.cli.subjects import folder_problems
from rewardlab.errors import BadInput, Problem

__all__ = ["lesson"]


def lesson(options: argparse.Namespace) -> int:
    """List the lessons, or tell one or all of them."""
    from rewardlab.lessons import lesson as named
    from rewardlab.lessons import lessons

    _refuse(options)
    if options.name is None and not options.all:
        _list()
        return 0
    for place, chosen in enumerate(lessons() if options.all else [named(options.name)]):
        if place:
            print("\n")
        print("\n".join(chosen.lines()))
        if options.out is not None:
            picture = chosen.save_picture(options.out)
            if picture or not options.all:
                print(f"\nWritten: {picture}" if picture else "\nThis lesson has no picture.")
        elif chosen.draw is not None:
            print(f"\nThere is a picture: rewardlab lesson {chosen.name} --out DIR")
    return 0


def _refuse(options: argparse.Namespace) -> None:
    problems = folder_problems(options.out)
    if options.all and options.name is not None:
        problems.append(Problem("--all", f"a name too, {options.name!r}", "either a name or --all"))
    if options.out is not None and options.name is None and not options.all:
        fix = "`rewardlab lesson` lists them"
        problems.append(Problem("--out", "no lesson whose picture to write", "a name, or --all", fix))
    if problems:
        raise BadInput(*problems)


def _list() -> None:
    from rewardlab.lessons import CHAPTERS, lessons

    first = max((len(one.name) for one in lessons()), default=0) + 2
    lines: list[tuple[str, bool]] = []
    for chapter, members in CHAPTERS.items():
        titles = [(one.name, f"{one.title} (picture)" if one.draw else one.title) for one in members]
        lines += [(chapter, True), *layout.rows(titles, first), ("", False)]
    layout.show([*lines, ("Run one: rewardlab lesson NAME", False)])
