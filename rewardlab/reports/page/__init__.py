"""The page of an experiment: one HTML file that opens offline, fetches nothing, and takes no text for code."""

from rewardlab.reports.page.document import page_html
from rewardlab.reports.page.experiment_page import write_page

__all__ = ["page_html", "write_page"]
