"""Whatever a text is, the page shows this text, makes nothing of it, and runs nothing but its own scripts."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from rewardlab.reports.page import page_html
from rewardlab.reports.page.charts import Chart, plain
from rewardlab.reports.page.replays import Replays
from rewardlab.reports.page.section import Section, TextBlock, TextTable
from rewardlab.reports.page.shown_text import shortened, shown
from tests.reports.page.chromium_window import window
from tests.reports.page.hostile_texts import HOSTILE_TEXTS

DRAWN = 40
"""Of the texts that a chart is given here; the others differ in nothing that Plotly knows of."""

FEW = tuple(
    next(text for text in HOSTILE_TEXTS if part in text)
    for part in (
        "onerror",
        "<b>",
        "%{x}",
        "$x^2$",
        "<a href='https",
        "&lt;b",
        "{{7*7}}",
        "\u202e",
        "\x00",
        "-->",
        "</script>",
        "\n",
        "xx",
    )
)
"""One of each kind: what a browser, Plotly, Jinja, an eye or a parser might fall for."""

TAGS = """(() => { const found = {};
for (const one of document.querySelectorAll("*")) found[one.tagName] = (found[one.tagName] ?? 0) + 1;
return found; })()"""


def page_of(texts: tuple[str, ...]) -> str:
    """A page that shows each of some texts in every kind of place that there is."""
    drawn = [plain(text, 40) for text in texts[:: max(1, len(texts) // DRAWN)]]
    traces = [
        {"type": "scatter", "mode": "markers", "x": [place], "y": [place], "name": name, "customdata": [[name]],
         "hovertemplate": "%{customdata[0]}<extra></extra>", "marker": {"size": 9}}
        for place, name in enumerate(drawn)
    ]  # fmt: skip
    ticks = {"tickmode": "array", "tickvals": [*range(len(drawn))], "ticktext": drawn}
    layout = {
        "xaxis": {"visible": False},
        "yaxis": ticks,
        "margin": {"l": 400},
        "showlegend": True,
        "title": {"text": drawn[0]},
    }
    section = Section(
        "all", texts[0], texts[1],
        charts=[Chart("all", texts[2], traces, layout, 2_000)],
        tables=[TextTable([texts[3], texts[4]], [[text, text] for text in texts], texts[5])],
        notes=texts, blocks=[TextBlock(text, text) for text in texts],
    )  # fmt: skip
    amounts = {"paid": [0.0, 1.0], "total": [0.0, 1.0]}
    episode = {
        "label": "best", "told": [*map(shown, texts)], "steps": [0, 1], "actions": ["", "".join(map(shown, texts))],
        "notes": ["", ""], "images": [None, None], "texts": [0, 1], "seen": amounts, "objective": amounts,
        "lines": [{"name": shown(text), **amounts} for text in texts],
        "marks": [{"step": 1, "kind": "exploit", "text": shown(text)} for text in texts],
    }  # fmt: skip
    boards = ["", "\n".join(shown(text) for text in texts)]
    replays = Replays((texts[6],), {"images": [], "texts": boards, "players": [[episode]]})
    title, answer, warning, footer = texts[7:11]
    return page_html(title, answer, [section], warning=warning, footer=footer, replays=replays)


@pytest.mark.parametrize("texts", [FEW, pytest.param(HOSTILE_TEXTS, marks=pytest.mark.slow)], ids=["some", "all"])
def test_hostile_texts_stay_text(browser: Any, tmp_path: Path, texts: tuple[str, ...]) -> None:
    paths = [tmp_path / "hostile.html", tmp_path / "harmless.html"]
    for path, shown_here in zip(paths, (texts, tuple(f"text {number}" for number in range(len(texts)))), strict=True):
        path.write_text(page_of(shown_here), encoding="utf-8")
    with window(browser, paths[0]) as hostile, window(browser, paths[1]) as other:
        for opened in (hostile, other):
            opened.page.locator(".forward").click()
        assert hostile.page.evaluate(TAGS) == other.page.evaluate(TAGS)
        assert hostile.page.evaluate("window.pwned") is None
        assert hostile.page.evaluate("[...document.querySelectorAll('*')].flatMap((one) => one.getAttributeNames())"
                                     ".filter((name) => name.startsWith('on'))") == []  # fmt: skip
        whole = [shown(text, lines=True) for text in texts]
        line = [shown(text) for text in texts]

        def read(selector: str) -> list[str]:
            found: list[str] = hostile.page.locator(selector).all_text_contents()
            return found

        assert read("#all tbody th") == read("#all tbody td") == whole
        assert read("#all pre") == whole
        assert [note for note in read("#all > .note") if note in whole] == whole
        assert read(".ledger tbody th")[:-2] == line
        assert read(".told") == [" ".join(line)]
        assert read(".caption")[0].startswith(f"Step 1 of 1: {''.join(line)}")
        assert read(".board pre") == ["\n".join(line)]
        assert hostile.page.title().split() == whole[7].split()
        drawn = [shortened(text, 40) for text in texts[:: max(1, len(texts) // DRAWN)]]
        assert read("#chart-all .legendtext") == drawn
        assert read("#chart-all .ytick text") == drawn
        for place in range(0, len(drawn), 9):
            point = hostile.page.locator("#chart-all .scatterlayer .point").nth(place)
            point.scroll_into_view_if_needed()
            box = point.bounding_box()
            hostile.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2, steps=2)
            now = "document.querySelector('#chart-all .hovertext')?.textContent"
            hostile.wait_until(f"{now} === {json.dumps(drawn[place])}")
        assert hostile.complaints() == []


def test_there_are_three_hundred_hostile_texts() -> None:
    assert len(set(HOSTILE_TEXTS)) == len(HOSTILE_TEXTS) >= 300


@pytest.mark.parametrize(
    "has_policy", [True, pytest.param(False, marks=pytest.mark.slow)], ids=["with-policy", "without"]
)
def test_the_policy_stops_what_got_into_the_page(browser: Any, tmp_path: Path, *, has_policy: bool) -> None:
    # Without the policy these scripts do run, which shows that the test could fail.
    planted = (
        "<script>window.pwned=1</script><img src='data:,' onerror='window.pwned=1'>"
        "<img src='https://example.org/x.png'><link rel=stylesheet href='https://example.org/x.css'>"
    )
    text = page_of(tuple(f"text {number}" for number in range(12))).replace("</main>", f"{planted}</main>")
    if not has_policy:
        text = re.sub(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", text)
    path = tmp_path / "planted.html"
    path.write_text(text, encoding="utf-8")
    with window(browser, path) as opened:
        opened.wait_until("document.querySelectorAll('.js-plotly-plot').length === 1")
        assert opened.page.evaluate("window.pwned") == (None if has_policy else 1)
        blocked = ["img-src", "script-src-attr", "script-src-elem", "style-src-elem"]
        assert sorted(opened.page.evaluate("window.violations")) == (blocked if has_policy else [])
