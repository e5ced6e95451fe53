"""A section of the page: what stands in it, as data. How it looks is the template's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import final

from rewardlab.lab.statistics import Estimate
from rewardlab.reports.page.charts import Chart

__all__ = ["Section", "TextBlock", "TextTable", "estimate_cell"]


@final
@dataclass(frozen=True, slots=True)
class TextTable:
    """Numbers as text, in rows.

    Attributes:
        head: The names of the columns; the first is that of the rows.
        rows: A cell for each column; a row of one cell is a heading.
        caption: What it shows.
        is_folded: Whether it is shown only when asked for, as where a chart shows the same.
        is_prose: Whether its cells are words rather than numbers.
    """

    head: Sequence[str]
    rows: Sequence[Sequence[str]]
    caption: str = ""
    is_folded: bool = False
    is_prose: bool = False


@final
@dataclass(frozen=True, slots=True)
class TextBlock:
    """A text in which every space counts, such as a trajectory or a board.

    Attributes:
        text: Its lines.
        caption: What it shows.
        is_folded: Whether it is shown only when asked for.
    """

    text: str
    caption: str = ""
    is_folded: bool = False


@final
@dataclass(frozen=True, slots=True)
class Section:
    """One section.

    Attributes:
        identifier: Of the element in the page: small letters, digits and hyphens.
        title: Its heading.
        lead: A sentence or two above everything else; may be empty.
        charts: Drawn one below the other.
        tables: Below the charts.
        notes: What a reader must know, a sentence or two each.
        blocks: Texts in which every space counts.
    """

    identifier: str
    title: str
    lead: str = ""
    charts: Sequence[Chart] = ()
    tables: Sequence[TextTable] = ()
    notes: Sequence[str] = ()
    blocks: Sequence[TextBlock] = ()


def estimate_cell(found: Estimate | None) -> str:
    """A number, its interval and its seeds below each other, so that a table of many variants stays narrow."""
    return "-" if found is None else str(found).replace(" [", "\n[").replace(" (", "\n(")
