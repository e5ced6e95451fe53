"""Charts of the page: Plotly figures as data, with every name taken as text and one look for all.

Colours of text and grid are left to the page, which knows whether it is light or dark.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, final

__all__ = ["COLOURS", "DASHES", "SYMBOLS", "Chart", "plain", "translucent"]

COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#999999")
"""Of the variants, in their order and then again: Okabe and Ito (2008), told apart by all kinds of colour vision."""

SYMBOLS = ("circle", "square", "diamond", "triangle-up", "x", "cross", "star")
DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot")
"""Marks and strokes of the variants, for who sees no colour; not as many as colours, so that the pairs repeat late."""


@final
@dataclass(frozen=True, slots=True)
class Chart:
    """One chart and what stands for it where it cannot be seen.

    Attributes:
        identifier: Of the element in the page: small letters, digits and hyphens.
        label: One sentence for those who hear the page.
        traces: What is drawn, in Plotly's terms.
        layout: Where it is drawn, in Plotly's terms.
        height_pixels: Of the chart.
    """

    identifier: str
    label: str
    traces: Sequence[dict[str, Any]]
    layout: dict[str, Any]
    height_pixels: int = 380

    def data(self) -> dict[str, Any]:
        """The figure as JSON values.

        Raises:
            ValueError: Plotly knows no such trace or setting.
        """
        import plotly.graph_objects as go

        # Plotly's own template is left out: it would bring colours for light pages only, and 7 KB a chart.
        figure = go.Figure(list(self.traces), {"template": {}, **self.layout})
        found: dict[str, Any] = json.loads(figure.to_json(validate=True))
        return found


def plain(text: object) -> str:
    """A text as Plotly must be given it to draw these very characters: it takes some of HTML for formatting."""
    return str(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def translucent(colour: str, share: float) -> str:
    """A ``#rrggbb`` colour that lets the rest through.

    Args:
        colour: Such as those of `COLOURS`.
        share: How much of it is to be seen, in [0, 1].
    """
    red, green, blue = (int(colour[place : place + 2], 16) for place in (1, 3, 5))
    return f"rgba({red},{green},{blue},{share:g})"
