"""TOML that is written is read as it was."""

from __future__ import annotations

import tomllib
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rewardlab.reports.spec_text import spec_text

TEXT = st.text(st.characters(codec="utf-8", exclude_categories=("Cs",)), max_size=12)
PLAIN = TEXT | st.booleans() | st.integers(-(2**60), 2**60) | st.floats(allow_nan=False, allow_infinity=False)
VALUES = st.recursive(PLAIN, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3))


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(TEXT, VALUES, max_size=5))
def test_what_is_written_is_read_as_it_was(data: dict[str, Any]) -> None:
    assert tomllib.loads(spec_text(data)) == data


def test_a_spec_looks_as_people_write_it() -> None:
    data = {"version": 1, "environment": {"id": "a:b", "settings": {"orders": 1}}, "variants": [{"name": "x"}]}
    lines = ["version = 1", "", "[environment]", 'id = "a:b"', "settings = { orders = 1 }"]
    assert spec_text(data).splitlines() == [*lines, "", "[[variants]]", 'name = "x"']


def test_what_toml_has_no_word_for_is_refused() -> None:
    with pytest.raises(TypeError, match="no TOML for None"):
        spec_text({"a": None})
