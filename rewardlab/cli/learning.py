"""`rewardlab lesson`."""

from __future__ import annotations

import argparse

from rewardlab.errors import BadInput, Problem

__all__ = ["lesson"]


def lesson(options: argparse.Namespace) -> int:
    """List the lessons, or tell one or all of them."""
    from rewardlab.lessons import lesson as named
    from rewardlab.lessons import lessons

    if options.all and options.name is not None:
        raise BadInput(Problem("--all", f"a name too, {options.name!r}", "either a name or --all"))
    if options.out is not None and options.name is None and not options.all:
        fix = "`rewardlab lesson` lists them"
        raise BadInput(Problem("--out", "no lesson whose picture to write", "a name, or --all", fix))
    if options.name is None and not options.all:
        _list()
        return 0
    for place, chosen in enumerate(lessons() if options.all else [named(options.name)]):
        if place:
            print("\n")
        print("\n".join(chosen.lines()))
        if options.out is not None:
            picture = chosen.save_picture(options.out)
            print(f"\nWritten: {picture}" if picture else "\nThis lesson has no picture.")
        elif chosen.draw is not None:
            print(f"\nThere is a picture: rewardlab lesson {chosen.name} --out DIR")
    return 0


def _list() -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from rewardlab.lessons import CHAPTERS, lessons

    console = Console()
    longest = max((len(one.name) for one in lessons()), default=0)
    for place, (chapter, members) in enumerate(CHAPTERS.items()):
        console.print(Text(f"\n{chapter}" if place else chapter, style="bold"))
        table = Table.grid(padding=(0, 2, 0, 0))
        table.add_column(width=0)
        table.add_column(no_wrap=True, width=longest)
        table.add_column()
        for one in members:
            table.add_row("", Text(one.name), Text(f"{one.title} (picture)" if one.draw else one.title))
        console.print(table)
    console.print(Text("\nRun one: rewardlab lesson NAME"))
