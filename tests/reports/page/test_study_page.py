"""The page of a study: its sentence, its sections, what failed, and that texts stay text."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rewardlab.lab.distance_study import PREDICTORS
from rewardlab.lab.store import Member, ResultStore, Submitted
from rewardlab.reports.page.study_page import study_answer, write_study_page


def made_rows() -> list[dict[str, Any]]:
    """Two worlds in which STARC orders as regret does, EPIC the other way, and nothing else says anything."""
    return [
        dict.fromkeys(PREDICTORS, 0.5)
        | {"world": world, "proxy": f"<b>{number}", "family": "entries", "starc": number / 10, "epic": 1 - number / 10}
        | {"exact": number / 10, "exact_best": 0.0, "trained": [number / 10] * 2}
        for world in ("one", "two")
        for number in range(10)
    ]


def test_the_sentence_names_what_orders_best_and_says_when_there_is_nothing() -> None:
    said = study_answer(made_rows())
    assert said.startswith("STARC 1.00 [1.00, 1.00] orders proxies most")
    assert "overlap" not in said
    assert "mean over 2 environments, 20 proxies" in said
    assert study_answer([]) == "Nothing is finished yet."


def test_the_sentence_says_where_the_next_may_be_as_good() -> None:
    rows = [row | {"dard": row["starc"]} for row in made_rows()]
    assert "intervals overlap" in study_answer(rows)


def test_a_page_has_all_parts_and_names_what_failed(tmp_path: Path) -> None:
    experiment = Submitted("small", {"study": "distances", "question": "Which <i>?"}, (Member("one", 0, "a" * 32),))
    store = ResultStore(tmp_path / "results.sqlite")
    failures = ["one, proxies 0 to 4: ValueError: a <script>"]
    path = write_study_page(made_rows(), failures, store, experiment, tmp_path / "report.html")
    page = path.read_text(encoding="utf-8")
    for identifier in ("correlations", "regret", "origin", "failed"):
        assert f'<section id="{identifier}">' in page
    assert "1 of 1 blocks have no result." in page
    assert "ValueError: a &lt;script&gt;" in page
    assert "Which &lt;i&gt;?" in page
    assert "one, \\u0026lt;b\\u0026gt;3" in page  # Plotly is given the very characters
    write_study_page([], failures, store, experiment, path)
    assert "Nothing is finished yet." in path.read_text(encoding="utf-8")
