"""Charts of the page: Plotly figures as data, with every name taken as text and one look for all.

Colours of text and grid are left to the page, which knows whether it is light or dark.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, final

import numpy as np
from numpy.typing import ArrayLike

from rewardlab.reports.page.shown_text import plain

__all__ = ["COLOURS", "DASHES", "PATTERNS", "SYMBOLS", "Chart", "named_axis", "plain", "rounded"]

COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#999999")
"""Of the variants, in their order and then again: Okabe and Ito (2008), told apart by all kinds of colour vision."""

SYMBOLS = ("circle", "square", "diamond", "triangle-up", "x", "cross", "star")
DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot")
PATTERNS = ("", "/", "x", ".", "\\", "-", "+")
"""Marks, strokes and hatchings, for who sees no colour; not all as many as colours, so that the pairs repeat late."""

_NAME_CHARACTERS = 28


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
        narrow_layout: What of the layout is otherwise on a screen that is narrow, as a telephone's.
        narrow_height_pixels: Of the chart there; 0 for the same.
    """

    identifier: str
    label: str
    traces: Sequence[dict[str, Any]]
    layout: dict[str, Any]
    height_pixels: int = 380
    narrow_layout: Mapping[str, Any] = field(default_factory=dict)
    narrow_height_pixels: int = 0

    def data(self) -> dict[str, Any]:
        """The figure as JSON values."""
        # No template of Plotly's: it would bring colours for light pages only, and 7 KB a chart.
        return {
            "data": list(self.traces),
            "layout": self.layout,
            "narrow": dict(self.narrow_layout),
            "heights": [self.height_pixels, self.narrow_height_pixels or self.height_pixels],
        }


def rounded(numbers: ArrayLike, digits: int = 5) -> list[float | None]:
    """Numbers of a chart with so many digits that count; a screen shows no more. None where there is no number.

    Args:
        numbers: ``[N]``, NaN for a gap.
        digits: At least 1.
    """
    return [
        float(f"{number:.{digits - 1}e}") if np.isfinite(number) else None
        for number in np.asarray(numbers, dtype=np.float64).tolist()
    ]


def named_axis(names: Iterable[object], **settings: Any) -> dict[str, Any]:
    """An axis with names at 0, 1, 2 and so on: of an axis of names, Plotly would take "1e5" or a date for a number.

    Args:
        names: Whatever they are; long ones are shortened.
        **settings: More of the axis, in Plotly's terms.
    """
    shown = [plain(name, _NAME_CHARACTERS) for name in names]
    return {
        "type": "linear", "tickmode": "array", "tickvals": list(range(len(shown))), "ticktext": shown,
        "range": [-0.5, len(shown) - 0.5], "zeroline": False, "showgrid": False, "automargin": True, **settings,
    }  # fmt: skip
