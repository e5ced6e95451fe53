"""The files of a comparison: page, table, figure, replays and all numbers, in one folder."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

from rewardlab.agents.environments import make_single
from rewardlab.lab.comparison import Comparison, VariantSummary
from rewardlab.lab.exports import provenance_lines, results_csv, results_json_lines
from rewardlab.lab.store import ResultStore, StoredRun, Submitted
from rewardlab.lab.written_beside import write_text, written_beside
from rewardlab.reports.curves import draw_curves
from rewardlab.reports.replay import Frame, play_again, write_gif
from rewardlab.reports.table import as_text

__all__ = ["page_or_told", "replay_frames", "typical_run", "write_report", "write_tables"]


def write_report(
    comparison: Comparison, store: ResultStore, experiment: Submitted, folder: Path, tell: Callable[[str], None]
) -> list[Path]:
    """Write all that can be shown of a comparison. Each file is there as a whole or not at all.

    Args:
        comparison: What to show.
        store: Its results, from which alone the tables of numbers are made.
        experiment: Which run is which.
        folder: Where to; made if it does not exist.
        tell: Told what could not be drawn, and why.

    Returns:
        The files, in the order in which a reader wants them.
    """
    folder.mkdir(parents=True, exist_ok=True)
    table = write_text(folder / "table.txt", [as_text(comparison)])
    figure = folder / "curves.png"
    with written_beside(figure) as beside:
        is_drawn = draw_curves(comparison, beside) is not None
    replays = [
        path
        for index, variant in enumerate(comparison.variants, start=1)
        if (path := _write_replay(variant, folder, index, tell)) is not None
    ]
    page = _write_page(comparison, store, experiment, folder, tell)
    return [*page, table, *([figure] if is_drawn else []), *replays, *write_tables(store, experiment, folder)]


def write_tables(store: ResultStore, experiment: Submitted, folder: Path) -> list[Path]:
    """Write the numbers of an experiment: ``results.csv``, ``results.json`` and ``provenance.json``.

    Args:
        store: Its results.
        experiment: Which run is which.
        folder: Where to; it exists.
    """
    numbers = results_csv(store, experiment)
    return [
        write_text(folder / "results.csv", [numbers]),
        write_text(folder / "results.json", results_json_lines(store, experiment)),
        write_text(folder / "provenance.json", provenance_lines(store, experiment, numbers)),
    ]


def typical_run(variant: VariantSummary) -> StoredRun:
    """The run with the median objective (the lower one of two), of a variant with at least one finished run."""
    ordered = sorted(variant.runs.values(), key=lambda run: (run.result["evaluation"]["objective"], run.identity))
    return ordered[(len(ordered) - 1) // 2]


def replay_frames(run: StoredRun, render_mode: str) -> Iterator[Frame]:
    """The recorded episode of a run, played again under the run's own reward."""
    environment = run.settings["environment"]
    env = make_single(environment["id"], environment["settings"], run.settings["variant"]["reward"], render_mode)
    replay = run.result["replay"]
    try:
        yield from play_again(env, int(replay["seed"]), replay["actions"])
    finally:
        env.close()


def page_or_told(write: Callable[[], Path], name: str, tell: Callable[[str], None]) -> list[Path]:
    """Write a page, or tell why there is none.

    Args:
        write: Writes it.
        name: What it is called.
        tell: Told what went wrong.

    Returns:
        The file, or nothing.

    Raises:
        OSError: It cannot be written.
    """
    try:
        return [write()]
    except OSError:  # a full disk, which costs the tables as well
        raise
    except Exception as fault:  # much of the page is a stranger's, and must not cost the table
        tell(f"no {name}: {' '.join(f'{type(fault).__name__}: {fault}'.split())}")
        return []


def _write_page(
    comparison: Comparison, store: ResultStore, experiment: Submitted, folder: Path, tell: Callable[[str], None]
) -> list[Path]:
    from rewardlab.reports.page import write_page
    from rewardlab.reports.page.experiment_page import PAGE_NAME

    path = folder / PAGE_NAME
    return page_or_told(lambda: write_page(comparison, store, experiment, path), path.name, tell)


def _write_replay(variant: VariantSummary, folder: Path, index: int, tell: Callable[[str], None]) -> Path | None:
    if not variant.runs:
        return None
    run = typical_run(variant)
    environment = run.settings["environment"]
    try:
        bare = make_single(environment["id"], environment["settings"], run.settings["variant"]["reward"])
        bare.close()
        if "rgb_array" not in bare.metadata.get("render_modes", ()):
            tell(f"no replay of {variant.name}: {environment['id']} draws no images")
            return None
        frames = list(replay_frames(run, "rgb_array"))
    except Exception as fault:  # the picture is a stranger's, and must not cost the table
        tell(f"no replay of {variant.name}: {' '.join(f'{type(fault).__name__}: {fault}'.split())}")
        return None
    shown = run.result["replay"]["exploits"]
    title = f"{variant.name}, seed {run.settings['seed']}" + (f": {', '.join(shown)}" if shown else "")
    # The name of a variant is data: only letters and digits of it reach the file system.
    slug = re.sub(r"[^a-z0-9]+", "-", variant.name.lower())[:40].strip("-")
    path = folder / f"replay-{index}-{slug or 'variant'}.gif"
    with written_beside(path) as beside:
        write_gif(iter(frames), title, beside)
    return path
