"""The page of a study: its sentence, its sections, what failed, and that texts stay text."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from rewardlab.lab.claimed_work import at_work
from rewardlab.lab.distance_study import PREDICTORS
from rewardlab.lab.store import Member, ResultStore, Submitted
from rewardlab.reports.distance_study import study_lines
from rewardlab.reports.page.study_page import study_answer, write_study_page
from tests.command_line import call


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


def test_verdicts_are_called_verdicts() -> None:
    rows = [row | {"unsafe": row["starc"], "starc": 0.5} for row in made_rows()]
    assert study_answer(rows).startswith("The verdict UNSAFE 1.00 [1.00, 1.00] orders proxies most")


def test_a_name_with_a_comma_is_said_otherwise() -> None:
    rows = [row | {"epic_mean": row["starc"], "starc": 0.5} for row in made_rows()]
    assert study_answer(rows).startswith("EPIC with plain means 1.00 [1.00, 1.00] orders proxies most")


def test_what_orders_the_other_way_round_is_not_said_to_order() -> None:
    rows = [row | dict.fromkeys(PREDICTORS, -row["exact"]) for row in made_rows()]
    assert study_answer(rows).startswith("Nothing orders proxies as training on them loses: the most is STARC -1.00")


def test_an_order_that_may_be_chance_is_said_to_be() -> None:
    """Three proxies, of which two are in order: a resample often has them the other way round, or one thing alone."""
    rows = [row | {"starc": place} for row, place in zip(made_rows()[:3], (1.0, 0.0, 2.0), strict=True)]
    rows = [row | {"epic": 0.5} for row in rows]
    assert "loses, which may be chance; the next is" in study_answer(rows)


def test_a_proxy_that_is_alone_in_its_environment_is_in_no_correlation(tmp_path: Path) -> None:
    """It has no order; where no environment has more, there is nothing to say, and no warning of numpy's."""
    ten, alone = made_rows()[:10], made_rows()[10:11]
    assert "mean over 1 environment, 10 proxies" in study_answer([*ten, *alone])
    assert study_answer(alone) == "Too little is finished for a rank correlation."
    experiment = Submitted("small", {"study": "distances"}, (Member("two", 0, "a" * 32),))
    path = write_study_page(alone, [], ResultStore(tmp_path / "results.sqlite"), experiment, tmp_path / "report.html")
    assert '<th scope="row">STARC</th><td>-</td><td>-</td>' in path.read_text(encoding="utf-8")
    assert study_lines(alone)[3].split() == ["STARC", "-", "-"]


def test_a_colon_in_a_name_parts_no_block_from_its_number(tmp_path: Path) -> None:
    experiment = Submitted("small", {"study": "distances"}, (Member("map: ice", 0, "a" * 32),))
    failures = ["map: ice, proxies 0 to 4: ValueError: a"]
    path = write_study_page([], failures, ResultStore(tmp_path / "results.sqlite"), experiment, tmp_path / "page.html")
    row = '<th scope="row">map: ice, proxies 0 to 4</th><td>ValueError: a</td>'
    assert row in path.read_text(encoding="utf-8")


def test_the_command_takes_a_study_of_which_nothing_is_finished(tmp_path: Path) -> None:
    world = {"name": "ice", "environment": {"id": "rewardlab_envs:rewardlab/BoatRace-v0", "settings": {}}}
    spec = {
        "version": 1, "name": "far", "study": "distances", "question": "", "environments": [world],
        "proxies": 4, "gamma": 0.9, "budget_steps": 10, "seeds": 1, "proxy_seed": 0,
    }  # fmt: skip
    with at_work(ResultStore(tmp_path / "results.sqlite"), Submitted("far", spec, (Member("ice", 0, "0" * 32),))):
        pass
    said = call("report", tmp_path)
    assert (said.code, said.out, said.err) == (0, f"Written: {tmp_path / 'report.html'}\n", "")
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "Nothing is finished yet." in page
    assert '<th scope="row">ice, proxies 0 to 3</th><td>not run</td>' in page


@pytest.mark.parametrize(("out", "words"), [("", "got a folder, expected a file"), ("no/page.html", "got no folder")])
def test_where_no_page_can_be_written_is_told_before_it_is_made(out: str, words: str, tmp_path: Path) -> None:
    experiment = Submitted("small", {"study": "distances"}, (Member("two", 0, "a" * 32),))
    with at_work(ResultStore(tmp_path / "results.sqlite"), experiment):
        pass
    for command in (("report", tmp_path), ("compare-reports", tmp_path, tmp_path)):
        said = call(*command, "--out", tmp_path / out)
        assert said.code == 2
        assert words in said.err


def test_each_cost_has_its_own_column_and_its_own_panel(tmp_path: Path) -> None:
    """The worst optimal policy loses as STARC says, learners the other way round: the mean of theirs is drawn."""
    rows = [row | {"trained": [1 - row["exact"], 0.0]} for row in made_rows()[:10]]
    experiment = Submitted("small", {"study": "distances"}, (Member("one", 0, "a" * 32),))
    path = write_study_page(rows, [], ResultStore(tmp_path / "results.sqlite"), experiment, tmp_path / "report.html")
    page = path.read_text(encoding="utf-8")
    assert '<th scope="row">STARC</th><td>1.00 [1.00, 1.00]</td><td>-1.00 [-1.00, -1.00]</td>' in page
    island = page.split('<script type="application/json" id="charts">')[1].split("</script>")[0]
    exact, trained = json.loads(island)["regret-starc"]["data"]
    assert (exact["yaxis"], exact["x"], exact["y"]) == ("y", *[[number / 10 for number in range(10)]] * 2)
    assert (trained["yaxis"], trained["x"]) == ("y2", exact["x"])
    assert trained["y"] == pytest.approx([(1 - number / 10) / 2 for number in range(10)])
