"""The page of several experiments: what changed from the first to the others, by how much, and what was set anew."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from rewardlab.lab.exports import results_csv, table_hash
from rewardlab.lab.written_beside import write_text
from rewardlab.reports.page.answer import failure_sentence
from rewardlab.reports.page.charts import COLOURS, SYMBOLS, Chart, named_axis, plain, rounded
from rewardlab.reports.page.document import page_html
from rewardlab.reports.page.failed_runs import failures_section
from rewardlab.reports.page.learning import learning_section
from rewardlab.reports.page.section import Section, TextTable, estimate_cell
from rewardlab.reports.page.several_experiments import (
    Change,
    ReportedExperiment,
    changes,
    changes_sentence,
    comparable,
)

__all__ = ["settings_that_differ", "several_page", "write_several"]

_MOST_SETTINGS = 200
_ROW_PIXELS = 26


def several_page(reported: Sequence[ReportedExperiment]) -> str:
    """The page as text.

    Args:
        reported: The first is what the others are compared with.

    Raises:
        BadInput: They cannot be compared; see `comparable`.
    """
    comparable(reported)
    found = changes(reported)
    sections = [_scores(reported, found), _settings(reported)]
    for make in (learning_section, failures_section):
        for number, one in enumerate(reported, start=1):
            section = make(one.comparison)
            sections += [] if section is None else [_of_one(section, number, one.label)]
    sections.append(_origin(reported))
    # The link beside the warning leads to the first failed runs.
    first = next((section for section in sections if section.identifier.startswith("failed-")), None)
    sections = [replace(section, identifier="failed") if section is first else section for section in sections]
    labels = [one.label for one in reported]
    failed = [(one.label, failure_sentence(one.comparison)) for one in reported]
    return page_html(
        f"{labels[0]}, and what became of it in {', '.join(labels[1:])}",
        changes_sentence(found),
        sections,
        warning=" ".join(f"{label}: {told}" for label, told in failed if told),
        footer="; ".join(f"{one.label}, spec {one.experiment.spec_hash}" for one in reported),
    )


def write_several(reported: Sequence[ReportedExperiment], path: Path) -> Path:
    """Write `several_page` to a file, as a whole or not at all.

    Args:
        reported: The first is what the others are compared with.
        path: Of the file.

    Returns:
        The path.

    Raises:
        BadInput: They cannot be compared.
    """
    return write_text(path, [several_page(reported)])


def settings_that_differ(specs: Sequence[Mapping[str, Any]]) -> list[list[str]]:
    """The settings that are not the same in all specs, a row each: its path, and its value in each.

    Args:
        specs: As the stores keep them. Variants are matched by name.
    """
    flat = [dict(_flat(spec, "")) for spec in specs]
    paths = list(dict.fromkeys(path for one in flat for path in one))
    rows = [[path, *(one.get(path, "-") for one in flat)] for path in paths]
    return [row for row in rows if len(set(row[1:])) > 1]


def _flat(value: Any, path: str) -> list[tuple[str, str]]:
    if isinstance(value, Mapping) and value:
        return [pair for key, inner in value.items() for pair in _flat(inner, f"{path}.{key}" if path else str(key))]
    if path == "variants":
        named = {f"{path}[{variant['name']}]": variant for variant in value}
        return [pair for place, variant in named.items() for pair in _flat({**variant, "name": "there"}, place)]
    return [(path, value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))]


def _scores(reported: Sequence[ReportedExperiment], found: Sequence[Change]) -> Section:
    head = ["variant", *(one.label for one in reported), "difference, seed by seed"]
    rows = [
        [
            change.name,
            *(_achieved(one, change) for one in reported),
            estimate_cell(change.difference.difference) if change.difference is not None else change.reason,
        ]
        for change in found
    ]
    only = [
        f"Only in {one.label}: {', '.join(names)}."
        for one in reported
        if (names := _without(one, {change.name for change in found}))
    ]
    lead = "What variants of the same name achieved. Differences are of seeds that both have, in the same environment."
    table = TextTable(head, rows, "Achieved (objective)")
    return Section("scores", "Before and after", lead, charts=[_chart(reported, found)], tables=[table], notes=only)


def _achieved(one: ReportedExperiment, change: Change) -> str:
    summary = next((variant for variant in one.comparison.variants if variant.name == change.name), None)
    found = None if summary is None else summary.metrics.get("objective")
    return estimate_cell(found)


def _without(one: ReportedExperiment, names: set[str]) -> list[str]:
    return [variant.name for variant in one.comparison.variants if variant.name not in names]


def _chart(reported: Sequence[ReportedExperiment], found: Sequence[Change]) -> Chart:
    names = list(dict.fromkeys(change.name for change in found))
    traces = [_marks(one, number, len(reported), names) for number, one in enumerate(reported)]
    rows = named_axis(names)
    layout = {
        "xaxis": {"title": {"text": "achieved (objective)"}},
        "yaxis": {**rows, "range": rows["range"][::-1]},
        "legend": {"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
        "hovermode": "closest",
        "margin": {"l": 10, "r": 10, "t": 10, "b": 45},
        "showlegend": True,
    }
    label = "A mark for each experiment, the interquartile mean over its seeds with the 95 % interval."
    return Chart("scores", label, traces, layout, 130 + _ROW_PIXELS * len(names) * len(reported))


def _marks(one: ReportedExperiment, number: int, count: int, names: Sequence[str]) -> dict[str, Any]:
    scores = {variant.name: variant.metrics.get("objective") for variant in one.comparison.variants}
    shown = [(place, name, score) for place, name in enumerate(names) if (score := scores.get(name)) is not None]
    # Beside each other within the row of a variant.
    shift = 0.6 * ((number + 0.5) / count - 0.5)
    return {
        "type": "scatter", "mode": "markers", "name": plain(one.label, 40),
        "x": rounded([score.value for _, _, score in shown]), "y": [place + shift for place, _, _ in shown],
        "error_x": {"type": "data", "symmetric": False, "thickness": 2.5, "color": COLOURS[number % len(COLOURS)],
                    "array": rounded([score.high - score.value for _, _, score in shown]),
                    "arrayminus": rounded([score.value - score.low for _, _, score in shown])},
        "marker": {"color": COLOURS[number % len(COLOURS)], "symbol": SYMBOLS[number % len(SYMBOLS)], "size": 11},
        "customdata": [[plain(name), plain(score)] for _, name, score in shown],
        "hovertemplate": "%{customdata[0]}: %{customdata[1]}<extra></extra>",
    }  # fmt: skip


def _settings(reported: Sequence[ReportedExperiment]) -> Section:
    rows = settings_that_differ([one.experiment.spec for one in reported])
    head = ["setting", *(one.label for one in reported)]
    lead = "Whatever is not named here is the same in all of them." if rows else "Their specs are the same."
    if len(rows) > _MOST_SETTINGS:
        lead += f" The first {_MOST_SETTINGS} of {len(rows)}."
    tables = [TextTable(head, rows[:_MOST_SETTINGS], is_prose=True)] if rows else []
    return Section("settings", "What was set otherwise", lead, tables=tables)


def _of_one(section: Section, number: int, label: str) -> Section:
    """A section under a name of its own, and its charts too."""
    charts = [replace(chart, identifier=f"{chart.identifier}-{number}") for chart in section.charts]
    title = f"{section.title}: {label}"
    return replace(section, identifier=f"{section.identifier}-{number}", title=title, charts=charts)


def _origin(reported: Sequence[ReportedExperiment]) -> Section:
    rows = [
        ["hash of the spec", *(one.experiment.spec_hash for one in reported)],
        ["hash of the table", *(table_hash(results_csv(one.store, one.experiment)) for one in reported)],
        ["code of rewardlab", *(_versions(one) for one in reported)],
    ]
    notes = ["`rewardlab report` writes the page of one of them, with all its numbers."]
    table = TextTable(["", *(one.label for one in reported)], rows, is_prose=True)
    return Section("origin", "Where the numbers come from", tables=[table], notes=notes)


def _versions(one: ReportedExperiment) -> str:
    codes = [run.provenance.get("code", {}) for variant in one.comparison.variants for run in variant.runs.values()]
    told = {f"{code.get('version')} {code.get('commit') or ''}".strip() for code in codes if code}
    return ", ".join(sorted(told)) or "not recorded"
