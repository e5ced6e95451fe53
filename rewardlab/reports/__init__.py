"""What people look at: the table, the figure, the replays, and the progress of a running experiment."""

from rewardlab.reports.curves import draw_curves
from rewardlab.reports.folder import replay_frames, typical_run, write_report
from rewardlab.reports.progress import ProgressDisplay
from rewardlab.reports.replay import Frame, caption, play_again, write_gif
from rewardlab.reports.table import as_text, comparison_notes, comparison_table, comparison_tables

__all__ = [
    "Frame",
    "ProgressDisplay",
    "as_text",
    "caption",
    "comparison_notes",
    "comparison_table",
    "comparison_tables",
    "draw_curves",
    "play_again",
    "replay_frames",
    "typical_run",
    "write_gif",
    "write_report",
]
