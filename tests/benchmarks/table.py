"""The table of results."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import final

from tests.benchmarks.measuring import Rates

_HEADINGS = ("row", "ours", "peer", "ratio", "spread", "budget", "kept", "measured")


@final
@dataclass(frozen=True)
class Row:
    """One line of the table.

    Attributes:
        name: What was measured, shortly.
        measured: The same in words.
        ours: Our number, with its unit.
        peer: The peer's number, or why there is none.
        ratio: Ours over the peer's.
        spread: The lowest and the highest ratio of a round.
        budget: What is asked, or nothing.
        kept: Whether it is; None without a budget, or if it could not be judged.
    """

    name: str
    measured: str
    ours: str = ""
    peer: str = ""
    ratio: float | None = None
    spread: tuple[float, float] | None = None
    budget: str = ""
    kept: bool | None = None

    @staticmethod
    def from_rates(name: str, measured: str, ours: Rates, peer: Rates, *, at_least: float | None) -> Row:
        """A row that compares steps a second; the budget is the least ratio."""
        ratio, low, high = ours.over(peer)
        return Row(
            name,
            measured,
            ours=f"{ours.median:,.0f}/s",
            peer=f"{peer.median:,.0f}/s {peer.name}",
            ratio=ratio,
            spread=(low, high),
            budget="" if at_least is None else f">= {at_least:g} x",
            kept=None if at_least is None else ratio >= at_least,
        )

    def cells(self) -> tuple[str, ...]:
        """The texts of the line, in the order of the headings."""
        ratio = "" if self.ratio is None else f"{self.ratio:.2f} x"
        spread = "" if self.spread is None else f"{self.spread[0]:.2f}-{self.spread[1]:.2f}"
        kept = {True: "yes", False: "NO", None: "-"}[self.kept]
        return self.name, self.ours, self.peer, ratio, spread, self.budget, kept, self.measured


def as_text(rows: Iterable[Row]) -> str:
    """The table as aligned plain text."""
    lines = [_HEADINGS, *(row.cells() for row in rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    lines.insert(1, tuple("-" * width for width in widths))
    return "\n".join(
        "  ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)).rstrip() for line in lines
    )
