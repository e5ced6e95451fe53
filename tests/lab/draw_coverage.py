"""Draws docs/images/interval-coverage.png from the measured table. Run as ``python -m tests.lab.draw_coverage``."""

from __future__ import annotations

from pathlib import Path

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from rewardlab.lab.statistics.interval_coverage import DISTRIBUTIONS, MEASURED, chosen_kind
from tests.lab.measure_coverage import KINDS, SEEDS

TARGET = Path(__file__).resolve().parents[2] / "docs" / "images" / "interval-coverage.png"
# The studentised interval is left out: where it holds the truth with few seeds, it does so by being infinite.
COLOURS = {"expanded percentile": "#0072b2", "percentile": "#d55e00", "BCa": "#cc79a7", "trimmed t": "#009e73"}
SHOWN = DISTRIBUTIONS[:4]


def coverage_figure() -> Figure:
    """A panel for each of four distributions, a line for each kind, and a ring at the one that is chosen."""
    figure = Figure(figsize=(10.5, 3.4), layout="constrained")
    FigureCanvasAgg(figure)
    panels = figure.subplots(1, len(SHOWN), sharey=True)
    for column, (panel, name) in enumerate(zip(panels, SHOWN, strict=True)):
        panel.axhspan(93, 97, color="#dddddd", zorder=0)
        for kind in (kind for kind in KINDS if kind in COLOURS):
            shares = [MEASURED[kind, seeds][column] for seeds in SEEDS]
            panel.plot(SEEDS, shares, marker="o", markersize=3, color=COLOURS[kind], label=kind, linewidth=1.4)
        chosen = [MEASURED[chosen_kind(seeds), seeds][column] for seeds in SEEDS]
        panel.plot(SEEDS, chosen, "o", markersize=9, markerfacecolor="none", color="black", label="chosen")
        panel.set_xscale("log")
        panel.set_xticks(SEEDS, [str(seeds) for seeds in SEEDS])
        panel.minorticks_off()
        panel.set_title(name, fontsize=10)
        panel.set_xlabel("seeds")
        panel.grid(alpha=0.25)
    panels[0].set_ylabel("95 % intervals that hold the truth, %")
    panels[-1].legend(fontsize=8, loc="lower right")
    return figure


if __name__ == "__main__":
    coverage_figure().savefig(TARGET, dpi=110)
