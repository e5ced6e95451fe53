"""Strangers' texts: what is shown of them, on the page and in a chart."""

from __future__ import annotations

import html
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rewardlab.reports.page.charts import named_axis, rounded
from rewardlab.reports.page.shown_text import plain, shortened, shown


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("repaired + shaping", "repaired + shaping"),
        ("red\x1b[31m", "red␛[31m"),
        ("\x00\x07\x7f", "␀␇␡"),
        ("one\ntwo", "one␊two"),
        ("\u202eabc\u2066", "⟨U+202E⟩abc⟨U+2066⟩"),
        ("\ufeff\u200b", "⟨U+FEFF⟩⟨U+200B⟩"),
        ("\ud800", "⟨U+D800⟩"),
        ("שלום 日本 🎉", "שלום 日本 🎉"),
        ("👩\u200d🔬", "👩\u200d🔬"),
    ],
)
def test_what_steers_is_shown_as_a_mark(text: str, expected: str) -> None:
    assert shown(text) == expected


def test_line_ends_are_kept_where_they_are_meant() -> None:
    assert shown("a\n\tb\r\x0b", lines=True) == "a\n\tb␍␋"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("<b>bold</b>", "&lt;b&gt;bold&lt;/b&gt;"),
        ('<a href="javascript:alert(1)">x</a>', '&lt;a href="javascript:alert(1)"&gt;x&lt;/a&gt;'),
        ("&lt;", "&amp;lt;"),
        ("%{x} 1e5 2020-01-01", "%{x} 1e5 2020-01-01"),
        ("$x$", "&#36;x&#36;"),
    ],
)
def test_plotly_is_given_no_tags(text: str, expected: str) -> None:
    assert plain(text) == expected


def test_long_texts_keep_both_ends() -> None:
    """Of 20 characters 15 are kept: 11 and 3 and the mark between."""
    assert shortened("abcdefghijklmnopqrst", 15) == "abcdefghijk…rst"
    assert shortened("abc", 15) == "abc"
    assert len(plain("x" * 10_000)) == 120


@settings(max_examples=60)
@given(st.text())
def test_whatever_the_text_nothing_steers_and_nothing_is_a_tag(text: str) -> None:
    found = plain(text, 10_000)
    assert not set(found) & set("<>")
    assert html.unescape(found) == shown(text)
    odd = {mark for mark in found if unicodedata.category(mark) in ("Cc", "Cf", "Cs", "Zl", "Zp")}
    assert odd <= {"\u200c", "\u200d"}


def test_names_of_an_axis_stand_at_numbers() -> None:
    axis = named_axis(["1e5", "2020-01-01", "<b>"])
    assert axis["tickvals"] == [0, 1, 2]
    assert axis["ticktext"] == ["1e5", "2020-01-01", "&lt;b&gt;"]
    assert axis["range"] == [-0.5, 2.5]


def test_numbers_keep_the_digits_that_count() -> None:
    assert rounded([0.0123456789, 123456.789, -0.0, float("nan"), float("inf")], 4) == [
        0.01235,
        123500,
        0,
        None,
        None,
    ]
