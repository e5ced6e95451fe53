"""The page in a real Chromium: it keeps to itself, its controls work, and it is readable everywhere."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from rewardlab.cli import main
from rewardlab.lab import ResultStore, submission
from rewardlab.reports.page import write_page
from tests.reports.finished_experiment import comparison_of
from tests.reports.page.chromium_window import Window, window

SHOWN = "document.querySelector('.player .board img').src"
CAPTION, PLAY, SCRUB = ".player >> nth=0 >> .caption", ".player >> nth=0 >> .play", ".player >> nth=0 >> [type=range]"


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of an experiment whose results were written by hand; its episodes are real."""
    folder = tmp_path_factory.mktemp("page")
    comparison = comparison_of(folder, "one", "two", seeds=2)
    store = ResultStore(folder / "results.sqlite")
    return write_page(comparison, store, submission(comparison.plan), folder / "report.html")


@pytest.fixture(scope="module")
def opened(browser: Any, path: Path) -> Iterator[Window]:
    """That page, opened once for all tests that change nothing but what it shows."""
    with window(browser, path) as found:
        yield found


def test_the_page_keeps_to_itself(opened: Window, path: Path) -> None:
    assert opened.page.locator(".js-plotly-plot").count() == opened.page.locator(".chart").count() > 0
    assert opened.requests == [path.as_uri()]
    assert opened.complaints() == []


def test_a_step_changes_the_board_and_the_ledger(opened: Window) -> None:
    player = opened.page.locator(".player").first
    opened.page.locator(CAPTION).scroll_into_view_if_needed()
    player.locator(".ledger tbody tr").first.wait_for()
    player.focus()
    opened.page.keyboard.press("Home")
    before = opened.page.evaluate(SHOWN)
    assert _totals(opened) == ["0", "0", "0"]
    assert opened.page.text_content(CAPTION) == "Start"
    player.get_by_role("button", name="Forward").click()
    # Picked up: nothing is paid, and the objective has a cost of 0.001 each minute.
    assert opened.page.text_content(CAPTION) == "Step 1 of 40: pick up"
    assert _totals(opened) == ["0", "0", "−0.001"]
    picked_up = opened.page.evaluate(SHOWN)
    player.get_by_role("button", name="Forward").click()
    # Dropped in the minute in which it was picked up: 10 for speed, by nothing but the exploit.
    assert opened.page.text_content(CAPTION) == "Step 2 of 40: drop; drop at once shows from here on"
    assert _totals(opened) == ["+10", "+10", "−0.002"]
    assert _of_this_step(opened) == ["+10", "+10", "−0.001"]
    player.get_by_role("button", name="Back").click()
    assert opened.page.evaluate(SHOWN) == picked_up != before
    assert _totals(opened) == ["0", "0", "−0.001"]


def test_keys_and_the_scale_go_to_a_step(opened: Window) -> None:
    opened.page.locator(".player").first.focus()
    for key, caption in [
        ("Home", "Start"),
        ("ArrowRight", "Step 1 of 40"),
        ("ArrowLeft", "Start"),
        ("End", "Step 40 of 40: drop; time is up"),
    ]:
        opened.page.keyboard.press(key)
        assert (opened.page.text_content(CAPTION) or "").startswith(caption)
    scale = opened.page.locator(SCRUB).bounding_box()
    opened.page.mouse.click(scale["x"] + scale["width"] / 2, scale["y"] + scale["height"] / 2)
    assert re.match(r"Step (19|20|21) of 40", opened.page.text_content(CAPTION) or "")
    opened.page.locator(".player .marks .exploit").first.click()
    assert (opened.page.text_content(CAPTION) or "").startswith("Step 2 of 40")


def test_play_goes_on_by_itself_until_it_is_stopped(opened: Window) -> None:
    opened.page.locator(".player").first.focus()
    opened.page.keyboard.press("Home")
    opened.page.locator(".player .speed").first.select_option("5")
    opened.page.keyboard.press(" ")
    assert opened.page.text_content(PLAY) == "Pause"
    opened.wait_until("document.querySelector('.player [type=range]').value >= 3")
    opened.page.locator(PLAY).click()
    stopped = opened.page.text_content(CAPTION)
    opened.page.wait_for_timeout(300)
    assert opened.page.text_content(CAPTION) == stopped
    assert opened.page.text_content(PLAY) == "Play"


def test_another_episode_is_chosen_by_its_button(opened: Window) -> None:
    player = opened.page.locator(".player").first
    best, median = player.locator(".episodes button").all()
    median.click()
    assert [button.get_attribute("aria-pressed") for button in (best, median)] == ["false", "true"]
    assert "seed 0" in (player.locator(".told").text_content() or "")
    best.click()
    assert "seed 1" in (player.locator(".told").text_content() or "")


def test_hovering_over_a_point_shows_its_value(opened: Window) -> None:
    chart = opened.page.locator("#chart-scores")
    chart.scroll_into_view_if_needed()
    point = chart.locator(".scatterlayer .point").first.bounding_box()
    opened.page.mouse.move(point["x"] + point["width"] / 2, point["y"] + point["height"] / 2, steps=3)
    told = chart.locator(".hoverlayer .hovertext").first
    told.wait_for()
    assert re.search(r"one, seed 0: 0", told.text_content() or "")


def test_a_click_in_the_legend_hides_a_variant(opened: Window) -> None:
    chart = opened.page.locator("#chart-learning")
    visible = "document.getElementById('chart-learning')._fullData.map((trace) => trace.visible === true)"
    chart.scroll_into_view_if_needed()
    assert all(opened.page.evaluate(visible))
    chart.locator(".legendtoggle").first.click()
    opened.wait_until(f"{visible}.includes(false)")
    assert any(opened.page.evaluate(visible))
    chart.locator(".legendtoggle").first.click()
    opened.wait_until(f"!{visible}.includes(false)")


def test_it_fits_a_phone_and_has_dark_and_printed_colours(opened: Window) -> None:
    page = opened.page
    paper = "getComputedStyle(document.body).backgroundColor"
    assert page.evaluate(paper) == "rgb(255, 255, 255)"
    page.emulate_media(color_scheme="dark")
    dark = page.evaluate(paper)
    assert max(map(int, re.findall(r"\d+", dark))) < 60
    assert min(map(int, re.findall(r"\d+", page.evaluate("getComputedStyle(document.body).color")))) > 200
    page.emulate_media(media="print")
    assert page.evaluate(paper) == "rgb(255, 255, 255)"
    page.emulate_media(media="screen", color_scheme="light")
    page.set_viewport_size({"width": 400, "height": 800})
    page.wait_for_timeout(300)
    assert page.evaluate("document.documentElement.scrollWidth") <= 400
    page.set_viewport_size({"width": 1100, "height": 900})
    assert opened.complaints() == []


def _of_this_step(opened: Window) -> list[str]:
    """What the step paid, as the ledger of the first player shows it."""
    rows = opened.page.locator(".player").first.locator(".ledger tbody tr td:nth-child(2)")
    found: list[str] = rows.all_text_contents()
    return found


def _totals(opened: Window) -> list[str]:
    """The sums so far, as the ledger of the first player shows them."""
    rows = opened.page.locator(".player").first.locator(".ledger tbody tr td:last-child")
    found: list[str] = rows.all_text_contents()
    return found


@pytest.mark.slow
def test_the_page_of_a_real_run_of_delivery(browser: Any, tmp_path: Path) -> None:
    assert main(["run", "delivery", "--seeds", "1", "--out", str(tmp_path)]) == 0
    with window(browser, tmp_path / "report.html") as opened:
        page = opened.page
        assert page.locator(".player h3").all_text_contents() == [
            "hacked", "naive bonus", "repaired", "repaired + shaping",
        ]  # fmt: skip
        for player in page.locator(".player").all():
            for button in player.locator(".episodes button").all():
                button.click()
                assert "cannot be played again" not in (player.locator(".told").text_content() or "")
                boards = {player.locator(".board img").get_attribute("src")}
                for _ in range(4):
                    player.locator(".forward").click()
                    boards.add(player.locator(".board img").get_attribute("src"))
                assert len(boards) > 1
        hacked = page.locator(".player").first
        hacked.get_by_role("button", name="exploiting").click()
        hacked.locator(".marks .exploit").first.click()
        assert "drop at once shows from here on" in (hacked.locator(".caption").text_content() or "")
        for chart in page.locator(".chart").all():
            chart.scroll_into_view_if_needed()
        point = page.locator("#chart-scores .scatterlayer .point").first.bounding_box()
        page.mouse.move(point["x"] + 1, point["y"] + 1, steps=3)
        assert opened.complaints() == []
    with window(browser, tmp_path / "report.html", width=400, scheme="dark") as narrow:
        assert narrow.page.evaluate("document.documentElement.scrollWidth") <= 400
        assert narrow.complaints() == []
