"""`rewardlab report`."""

from __future__ import annotations

import argparse

__all__ = ["report"]


def report(options: argparse.Namespace) -> int:
    """Write the page of an experiment, from the results that are kept."""
    from rewardlab.cli.results import compared, opened
    from rewardlab.reports.page import write_page
    from rewardlab.reports.page.experiment_page import PAGE_NAME

    store, experiment = opened(options.what)
    comparison = compared(store, experiment, options.allow_code)
    path = write_page(comparison, store, experiment, options.out or store.path.parent / PAGE_NAME)
    print(f"Written: {path}")
    return 0
