"""Static figures for papers: what an experiment found as PNG, SVG or PDF."""

from rewardlab.reports.figures.drawn_ledger import ledger_figure
from rewardlab.reports.figures.drawn_scores import score_figure
from rewardlab.reports.figures.goodhart_plane import training_plane
from rewardlab.reports.figures.kinds import FIGURE_KINDS, check_figure_path, write_figure, write_study_figure

__all__ = [
    "FIGURE_KINDS",
    "check_figure_path",
    "ledger_figure",
    "score_figure",
    "training_plane",
    "write_figure",
    "write_study_figure",
]
