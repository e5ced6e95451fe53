"""The page as a document: what stands in it and in which order, what is told of faults, and how large it is."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rewardlab.lab import ResultStore, StoredRun, compare, submission
from rewardlab.lab.comparison import Comparison
from rewardlab.lab.exports import results_csv, table_hash
from rewardlab.reports.page.charts import Chart
from rewardlab.reports.page.document import page_html
from rewardlab.reports.page.experiment_page import experiment_page, experiment_sections
from rewardlab.reports.page.failed_runs import failures_section
from rewardlab.reports.page.numbers_table import numbers_section
from rewardlab.reports.page.origin import origin_section
from rewardlab.reports.page.replays import Replays
from rewardlab.reports.page.section import Section
from tests.lab.small_experiment import plan_of, small_spec
from tests.reports.finished_experiment import comparison_of, result
from tests.reports.page.made_comparison import checked

LARGEST_BYTES = 6_000_000
NAMES = ("one", "<script>alert(1)</script>")


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> tuple[Comparison, ResultStore]:
    folder = tmp_path_factory.mktemp("store")
    comparison = comparison_of(folder, *NAMES, failed=(2,))
    return comparison, ResultStore(folder / "results.sqlite")


@pytest.fixture(scope="module")
def page(found: tuple[Comparison, ResultStore]) -> str:
    comparison, store = found
    return experiment_page(comparison, store, submission(comparison.plan))


class Outline(HTMLParser):
    """What a browser would find: tags with their attributes, and whether they are closed as they were opened."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attributes)))
        if tag not in ("meta", "input", "img", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_the_document_is_in_order(page: str) -> None:
    outline = Outline(page)
    assert outline.open == []
    names = [tag for tag, _ in outline.tags]
    assert [names.count(tag) for tag in ("h1", "main", "header", "footer", "nav")] == [1] * 5
    identifiers = [attributes["id"] for _, attributes in outline.tags if "id" in attributes]
    assert len(identifiers) == len(set(identifiers))
    sections = [attributes["id"] for tag, attributes in outline.tags if tag == "section"]
    assert sections == [
        "scores", "replays", "learning", "ledger", "goodhart", "audit", "distances", "maps", "numbers", "origin",
        "failed",
    ]  # fmt: skip
    links = [str(attributes["href"]) for tag, attributes in outline.tags if tag == "a"]
    assert {link.removeprefix("#") for link in links} == set(sections)


def test_nothing_is_fetched_and_no_script_runs_but_our_own(page: str) -> None:
    outline = Outline(page)
    assert not [attributes for tag, attributes in outline.tags if tag in ("link", "iframe", "object", "embed")]
    assert all("src" not in attributes for tag, attributes in outline.tags if tag == "script")
    assert not [name for _, attributes in outline.tags for name in attributes if name.startswith("on")]
    (policy,) = (
        str(attributes["content"])
        for tag, attributes in outline.tags
        if attributes.get("http-equiv") == "Content-Security-Policy"
    )
    assert policy.startswith("default-src 'none'; script-src 'sha256-")
    assert "unsafe-eval" not in policy


def test_names_are_text(page: str) -> None:
    assert "<script>alert(1)" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


def test_texts_steer_neither_the_page_nor_the_reader() -> None:
    text = page_html("\u202etitle", "answer\x1b[2J", [], warning="\u2066</p>")
    head = text.partition("<main>")[0]
    assert not {"\u202e", "\x1b", "\u2066"} & set(head)
    assert "<title>⟨U+202E⟩title</title>" in head
    assert "answer␛[2J" in head
    assert "⟨U+2066⟩&lt;/p&gt;" in head


def test_no_text_ends_the_data_that_it_stands_in() -> None:
    text = "</script ><i>out</i><!--<script "
    section = Section("one", "One", charts=[Chart("one", "one", [], {"title": {"text": text}})])
    page = page_html("", "", [section], replays=Replays(("one",), {"images": [], "texts": [text], "players": [[]]}))
    assert "i" not in [tag for tag, _ in Outline(page).tags]
    (data,) = re.findall('<script type="application/json" id="replay-data">(.*?)</script>', page)
    # Of "</script" with a space behind it, and of "<!--<script", a browser needs no ">" to leave the data, or never to.
    assert not {"<", ">"} & set(data)
    assert json.loads(data)["texts"] == [text]


def test_failed_runs_are_told_at_the_top_and_below(page: str, found: tuple[Comparison, ResultStore]) -> None:
    head = page.partition("<main>")[0]
    assert "2 of 6 runs failed: what is shown rests on the others alone." in head
    (table,) = checked(failures_section(found[0])).tables
    assert [(row[0], row[2]) for row in table.rows] == [(f"{name}, seed 2", "step 7: got reward nan") for name in NAMES]
    assert all(re.fullmatch("[0-9a-f]{32}", row[1]) for row in table.rows)


def test_all_numbers_are_those_of_the_table(found: tuple[Comparison, ResultStore]) -> None:
    section = numbers_section(found[0])
    (table,) = section.tables
    assert table.head[1] == "one (2 of 3 seeds)"
    rows = {row[0]: row[1:] for row in table.rows}
    # Seeds 0 and 1: their mean is half of what seed 1 got.
    assert rows["paid (own reward)"][0].startswith("5.0\n")
    assert rows["objective, best 0.98"][0].startswith("0.05\n")
    assert rows["exploit seen, %"] == []
    assert not [note for note in section.notes if "got reward nan" in note]


def test_every_run_is_named_with_the_command_that_makes_it_again(found: tuple[Comparison, ResultStore]) -> None:
    comparison, store = found
    experiment = submission(comparison.plan)
    facts, runs = origin_section(comparison, store, experiment).tables
    told = {row[0]: row[1] for row in facts.rows}
    assert told["hash of the spec"] == experiment.spec_hash
    assert told["hash of the table of results"] == table_hash(results_csv(store, experiment))
    assert told["Python"] == "not recorded"
    assert told["seconds of all runs"] == "6"
    assert [row[2:4] for row in runs.rows] == [["0", "0"], ["10", "0.1"]] * 2
    assert runs.rows[1][4] == "rewardlab reproduce one:1 --in small"
    assert runs.rows[3][4] == "rewardlab reproduce '<script>alert(1)</script>:1' --in small"


def test_a_spec_looks_the_same_whatever_order_its_keys_come_in(found: tuple[Comparison, ResultStore]) -> None:
    comparison, store = found
    experiment = submission(comparison.plan)
    turned = replace(experiment, spec=dict(reversed(list(experiment.spec.items()))))
    assert list(turned.spec) != list(experiment.spec)
    assert origin_section(comparison, store, turned) == origin_section(comparison, store, experiment)


def test_a_part_that_cannot_be_made_is_told_and_costs_no_other(
    found: tuple[Comparison, ResultStore], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_: object) -> None:
        raise ZeroDivisionError("a stranger's\npicture")

    comparison, store = found
    monkeypatch.setattr("rewardlab.reports.page.experiment_page.audited_rewards", broken)
    sections = experiment_sections(comparison, store, submission(comparison.plan))
    assert [section.identifier for section in sections] == [
        "scores", "learning", "ledger", "goodhart", "numbers", "origin", "failed", "missing",
    ]  # fmt: skip
    assert sections[-1].notes == ["the audit: ZeroDivisionError: a stranger's picture"]


def test_the_same_store_gives_the_same_page(page: str, found: tuple[Comparison, ResultStore]) -> None:
    assert experiment_page(*found, submission(found[0].plan)) == page
    assert unescape(page).count(found[0].plan.spec.question) >= 2


@pytest.mark.slow
def test_five_variants_with_ten_seeds_are_below_six_megabytes(tmp_path: Path) -> None:
    """Curves as long as any, numbers with all their digits, six terms of the ledger, and the default town."""
    rng = np.random.default_rng(1)
    rewards = ("speed", "fixed_speed", "on_time", "pickup_bonus", "progress_bonus")
    spec = small_spec(variants=[{"name": name, "reward": name} for name in rewards], seeds=10)
    spec["environment"]["settings"] = {}
    plan = plan_of(spec)
    store = ResultStore(tmp_path / "results.sqlite")
    for run in plan.runs:
        made: dict[str, Any] = result(run.seed)
        made["curve"] = [
            {
                "steps": 3000 * step, "episodes": 75, "length": 40.0, "paid": float(rng.normal()),
                "objective": float(rng.normal()), "evaluated": float(rng.normal()),
                "ledger": {f"term number {term}": float(rng.normal()) for term in range(6)},
            }
            for step in range(1, 41)
        ]  # fmt: skip
        made["replay"] = {"seed": run.seed, "actions": rng.integers(0, 4, 40).tolist(), "exploits": []}
        store.write(StoredRun(run.identity, "finished", run.settings, made, "", {"seconds": 1.5}))
    text = experiment_page(compare(plan, store), store, submission(plan))
    assert 4_500_000 < len(text.encode("utf-8")) < LARGEST_BYTES
    assert "What this page could not show" not in text
