"""The page of a study of distances, from what its store holds."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from rewardlab.lab.distance_study import PREDICTORS, correlations
from rewardlab.lab.statistics import Estimate
from rewardlab.lab.store import ResultStore, StoredRun, Submitted
from rewardlab.lab.written_beside import write_text
from rewardlab.reports.distance_study import COST_TITLES, PREDICTOR_TITLES, correlation_cell, correlation_scope
from rewardlab.reports.page.charts import COLOURS, SYMBOLS, Chart, plain, rounded
from rewardlab.reports.page.document import page_html
from rewardlab.reports.page.origin import origin_facts
from rewardlab.reports.page.section import Section, TextBlock, TextTable
from rewardlab.reports.page.shown_text import shortened

__all__ = ["study_answer", "study_page", "write_study_page"]

_DRAWN = ("starc", "epic", "epic_mean", "dard", "angle")
_TITLE_CHARACTERS = 300
_REASON_CHARACTERS = 1_000
_SAID = {
    "epic_mean": "EPIC with plain means",
    "angle": "the angle",
    "hackable": "the verdict hackable",
    "unsafe": "the verdict UNSAFE",
}
"""In a sentence, where it differs from the title."""


def study_answer(rows: Sequence[Mapping[str, Any]]) -> str:
    """Which distance or verdict goes best with what training loses, and how far it is from the next, in one sentence.

    Args:
        rows: Of `rewardlab.lab.distance_study.study_rows`.
    """
    found = {name: cost["trained"] for name, cost in correlations(rows).items()} if rows else {}
    ordered = sorted((name for name in found if not math.isnan(found[name].value)), key=lambda name: -found[name].value)
    if not ordered:
        return "Too little is finished for a rank correlation." if rows else "Nothing is finished yet."
    best, others = ordered[0], ordered[1:]
    if found[best].value > 0:
        chance = ", which may be chance" if found[best].low <= 0 else ""
        text = f"{_told(best, found)} orders proxies most as training on them loses{chance}"
    else:
        text = f"Nothing orders proxies as training on them loses: the most is {_told(best, found)}"
    if others:
        overlap = ", and their intervals overlap" if found[others[0]].high >= found[best].low else ""
        text += f"; the next is {_told(others[0], found)}{overlap}"
    text = (
        f"{text} (Spearman's rank correlation, {correlation_scope(rows)}; the best of {len(ordered)}, chosen by these"
        " very numbers, which flatters it)."
    )
    return text[0].upper() + text[1:]


def study_page(
    rows: Sequence[Mapping[str, Any]], failures: Sequence[str], store: ResultStore, experiment: Submitted
) -> str:
    """The page as text.

    Args:
        rows: Of `rewardlab.lab.distance_study.study_rows`.
        failures: Why the other blocks have no result; of the same function.
        store: Its results.
        experiment: Which block is which.
    """
    missing = f"{len(failures)} of {len(experiment.members)} blocks have no result." if failures else ""
    sections = [*([_correlations(rows), _regret(rows)] if rows else []), _origin(store, experiment)]
    if failures:
        table = TextTable(["block", "what happened"], [_parted(line) for line in failures], is_prose=True)
        sections.append(
            Section("failed", "Blocks without a result", "`rewardlab run` tries them again.", tables=[table])
        )
    return page_html(
        shortened(experiment.spec.get("question") or experiment.name, _TITLE_CHARACTERS),
        study_answer(rows),
        sections,
        warning=missing,
        footer=f"{experiment.name}, spec {experiment.spec_hash}",
    )


def write_study_page(
    rows: Sequence[Mapping[str, Any]], failures: Sequence[str], store: ResultStore, experiment: Submitted, path: Path
) -> Path:
    """Write `study_page` to a file, as a whole or not at all.

    Args:
        rows: Of `rewardlab.lab.distance_study.study_rows`.
        failures: Why the other blocks have no result; of the same function.
        store: Its results.
        experiment: Which block is which.
        path: Of the file.

    Returns:
        The path.
    """
    return write_text(path, [study_page(rows, failures, store, experiment)])


def _correlations(rows: Sequence[Mapping[str, Any]]) -> Section:
    found = correlations(rows)
    cells = [
        [PREDICTOR_TITLES[name], *(correlation_cell(found[name][cost]) for cost in COST_TITLES)] for name in PREDICTORS
    ]
    table = TextTable(["", *COST_TITLES.values()], cells, "Rank correlation with normalised regret")
    lead = (
        "1 if it orders the proxies of an environment just as their regret does, 0 if the two orders are unrelated, -1"
        " if one is the other turned round."
    )
    notes = [
        "[95 % bootstrap intervals over the proxies of each environment; environments as they are]",
        "EPIC and DARD need rewards of steps that cannot happen too: these are filled in so that shaping stays shaping,"
        " and by plain means where it says plain. The angle is that of the two rewards, projected on what they say of"
        " policies. Hackable: for some two policies the proxy pays more where the objective gets less. UNSAFE: some"
        " policy that is optimal for the proxy is not optimal for the objective.",
    ]
    return Section("correlations", "What foresees what is lost", lead, tables=[table], notes=notes)


def _regret(rows: Sequence[Mapping[str, Any]]) -> Section:
    lead = (
        "Each mark is a proxy: 0 loses nothing of the objective, 1 loses all there is to lose. On the left (or above)"
        " the worst policy that is optimal for it, on the right (or below) the mean of the learners trained on it."
    )
    return Section("regret", "Regret against each distance", lead, charts=[_chart(rows, name) for name in _DRAWN])


def _chart(rows: Sequence[Mapping[str, Any]], name: str) -> Chart:
    families = list(dict.fromkeys(row["family"] for row in rows))
    traces = [
        _trace([row for row in rows if row["family"] == family], name, cost, panel, number)
        for number, family in enumerate(families)
        for panel, cost in enumerate(COST_TITLES, start=1)
    ]
    label = PREDICTOR_TITLES[name] + (", degrees" if name == "angle" else " distance to the objective")
    axes: dict[str, Any] = {"title": {"text": label}, "rangemode": "tozero"}
    up: dict[str, Any] = {"range": [-0.04, 1.04]}
    layout: dict[str, Any] = {
        "xaxis": {**axes, "domain": [0, 0.46]}, "xaxis2": {**axes, "domain": [0.54, 1], "anchor": "y2"},
        "yaxis": {**up, "title": {"text": "regret, worst optimal"}},
        "yaxis2": {**up, "title": {"text": "regret, trained"}, "anchor": "x2"},
        "legend": {"orientation": "h", "y": -0.25}, "margin": {"l": 60, "r": 10, "t": 10, "b": 60},
    }  # fmt: skip
    narrow = {
        "xaxis": {**layout["xaxis"], "domain": [0, 1]}, "xaxis2": {**layout["xaxis2"], "domain": [0, 1]},
        "yaxis": {**layout["yaxis"], "domain": [0.58, 1]}, "yaxis2": {**layout["yaxis2"], "domain": [0, 0.42]},
        "legend": {"orientation": "h", "y": -0.14},
    }  # fmt: skip
    told = f"Normalised regret of {len(rows)} proxies against {label}, one mark each, by family."
    return Chart(f"regret-{name.replace('_', '-')}", told, traces, layout, 360, narrow, 640)


def _trace(rows: Sequence[Mapping[str, Any]], name: str, cost: str, panel: int, number: int) -> dict[str, Any]:
    axis = "" if panel == 1 else "2"
    return {
        "type": "scatter", "mode": "markers", "name": plain(rows[0]["family"]), "legendgroup": str(number),
        "showlegend": panel == 1, "x": rounded([row[name] for row in rows], 4),
        "y": rounded([float(np.mean(row[cost])) for row in rows], 4), "xaxis": f"x{axis}", "yaxis": f"y{axis}",
        "marker": {"color": COLOURS[number % len(COLOURS)], "symbol": SYMBOLS[number % len(SYMBOLS)], "size": 6,
                   "opacity": 0.65},
        "text": [plain(f"{row['world']}, {row['proxy']}") for row in rows],
        "hovertemplate": "%{text}: %{x:.3f}, regret %{y:.3f}<extra></extra>",
    }  # fmt: skip


def _origin(store: ResultStore, experiment: Submitted) -> Section:
    stored = {identity: store.read(identity) for identity in dict.fromkeys(one.identity for one in experiment.members)}
    finished: list[StoredRun] = [run for run in stored.values() if run is not None and run.state == "finished"]
    facts = [["study", experiment.name], ["hash of the spec", experiment.spec_hash], *origin_facts(finished)]
    blocks = [[f"{one.variant}, proxies from {one.seed} on", one.identity] for one in experiment.members]
    return Section(
        "origin",
        "Where the numbers come from",
        "Every number on this page is made of the blocks below; results.csv has one line for each proxy.",
        tables=[
            TextTable(["", ""], facts, "What the results depend on", is_prose=True),
            TextTable(["block", "identity"], blocks, "Each block", is_folded=True, is_prose=True),
        ],
        blocks=[
            TextBlock(
                json.dumps(experiment.spec, indent=1, ensure_ascii=False, sort_keys=True),
                "The spec, with all that was not said",
                True,
            )
        ],
    )


def _parted(line: str) -> list[str]:
    """The block and why; a colon may stand in the name of an environment and in a message."""
    found = re.fullmatch(r"(.*?, proxies \d+ to \d+): (.*)", line, re.DOTALL)
    return [line, ""] if found is None else [found[1], shortened(found[2], _REASON_CHARACTERS)]


def _told(name: str, found: Mapping[str, Estimate]) -> str:
    return f"{_SAID.get(name, PREDICTOR_TITLES[name])} {correlation_cell(found[name])}"
