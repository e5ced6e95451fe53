"""Where each number comes from: code, libraries, machine, hashes, and the command that makes each run again."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from rewardlab.lab.comparison import Comparison
from rewardlab.lab.exports import results_csv, table_hash
from rewardlab.lab.store import ResultStore, StoredRun, Submitted
from rewardlab.reports.page.section import Section, TextBlock, TextTable

__all__ = ["origin_facts", "origin_section"]

_MOST_ROWS = 500
_SPEC_CHARACTERS = 100_000


def origin_section(comparison: Comparison, store: ResultStore, experiment: Submitted) -> Section:
    """What the results depend on, each run's identity, and the spec.

    Args:
        comparison: What the experiment found.
        store: Its results.
        experiment: Which run is which.
    """
    runs = [run for variant in comparison.variants for run in variant.runs.values()]
    rows = [
        ["experiment", experiment.name],
        ["hash of the spec", experiment.spec_hash],
        ["hash of the table of results", table_hash(results_csv(store, experiment))],
        *origin_facts(runs),
    ]
    # Sorted, because one read from the store stands in another order than one read from its file.
    spec = json.dumps(experiment.spec, indent=1, ensure_ascii=False, sort_keys=True)
    if len(spec) > _SPEC_CHARACTERS:
        spec = f"{spec[:_SPEC_CHARACTERS]}\n... and so on; results.json has all of it"
    return Section(
        "origin",
        "Where the numbers come from",
        "Every number on this page is made of the runs below, and each can be made again, bit by bit on the same kind"
        " of machine with the same versions.",
        tables=[TextTable(["", ""], rows, "What the results depend on", is_prose=True), _runs(comparison)],
        notes=_left_out(comparison),
        blocks=[TextBlock(spec, "The spec, with all that was not said", is_folded=True)],
    )


def origin_facts(runs: Sequence[StoredRun]) -> list[list[str]]:
    """One row for each thing that runs depend on; more than one value is told with the runs it holds for.

    Args:
        runs: Those that are finished.

    Returns:
        What it is and what it was, as text.
    """
    places: dict[str, Callable[[Mapping[str, Any]], Any]] = {
        "code of rewardlab": lambda found: _code(found.get("code")),
        "Python": lambda found: found.get("python"),
        "libraries": lambda found: _packages(found.get("packages")),
        "machine": lambda found: " ".join(str(found[key]) for key in ("system", "machine", "device") if key in found),
        "threads a run": lambda found: found.get("threads"),
        "done by": lambda found: found.get("engine"),
    }
    rows = [[name, _told([place(run.provenance) for run in runs])] for name, place in places.items()]
    seconds = [float(run.provenance["seconds"]) for run in runs if "seconds" in run.provenance]
    return rows + ([["seconds of all runs", f"{sum(seconds):,.0f}"]] if seconds else [])


def _told(values: Iterable[Any]) -> str:
    counts: dict[str, int] = {}
    for value in values:
        text = str(value) if value else "not recorded"
        counts[text] = counts.get(text, 0) + 1
    if len(counts) <= 1:
        return next(iter(counts), "-")
    return "; ".join(f"{text} ({count} runs)" for text, count in counts.items())


def _code(code: Mapping[str, Any] | None) -> str:
    if not code:
        return ""
    commit = f", commit {code['commit']}" if code.get("commit") else ", not from a checkout"
    return f"version {code.get('version')}{commit}{' with changes' if code.get('dirty') else ''}"


def _packages(packages: Mapping[str, str] | None) -> str:
    return ", ".join(f"{name} {version}" for name, version in sorted((packages or {}).items()))


def _runs(comparison: Comparison) -> TextTable:
    rows = [
        [
            f"{variant.name}, seed {seed}",
            run.identity,
            f"{float(run.result['evaluation']['paid']):.5g}",
            f"{float(run.result['evaluation']['objective']):.5g}",
            shlex.join(["rewardlab", "reproduce", f"{variant.name}:{seed}", "--in", comparison.plan.spec.name]),
        ]
        for variant in comparison.variants
        for seed, run in sorted(variant.runs.items())
    ]
    caption = "Each run, and the command that makes it again"
    if len(rows) > _MOST_ROWS:
        caption += f" (the first {_MOST_ROWS} of {len(rows)}; results.csv has all)"
    head = ["run", "identity", "paid", "achieved", "to make it again"]
    return TextTable(head, rows[:_MOST_ROWS], caption, is_folded=True, is_prose=True)


def _left_out(comparison: Comparison) -> list[str]:
    twins: dict[str, list[str]] = {}
    for variant in comparison.variants:
        for run in variant.runs.values():
            twins.setdefault(run.identity, []).append(variant.name)
    shared = sorted({", ".join(names) for names in twins.values() if len(names) > 1})
    return [f"{names} differ in nothing but their names, and share their runs." for names in shared]
