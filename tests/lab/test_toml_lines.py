"""Where keys stand: counted by hand in one file that holds every form, and by a law for all others."""

from __future__ import annotations

import json
import time
import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rewardlab.errors import BadInput, Problem
from rewardlab.lab.located_problems import told_by_line, with_lines
from rewardlab.lab.toml_lines import dotted, toml_lines

EVERY_FORM = '''\
# 1: a comment with [brackets] and "quotes
version = 1  # = 2
dotted . inner."odd key" = 'a # no comment'
long = """
[no.table]
key = 1 \\""" still
""""  # 7: four quotes end it
seeds = [
  1, # one
  [2,
   3], "]",
]
inline = { a = 1, b = { c = [ { d = 1 }, { d = 2 } ] }, 'e f' = 2 }
when = 1979-05-27 07:32:00
[table]
key = 1
[table.below]
key = 2
[[variants]]
name = "one"
wrappers = [
    { kind = "clip" },
    { kind = "scale", bounds = [
      1 ], warm_up = 3 },
]
[variants.algorithm.settings]
gamma = 0.9
[[variants]]
name = \'\'\'two
lines\'\'\'
[[variants.auxiliary]]
weight = 1
[[variants.auxiliary]]
weight = 2
'''
LINES = {
    "version": 2,
    "dotted": 3,
    "dotted.inner.'odd key'": 3,
    "long": 4,
    "seeds": 8,
    "seeds[0]": 9,
    "seeds[1]": 10,
    "seeds[1][1]": 11,
    "seeds[2]": 11,
    "inline.b.c[1].d": 13,
    "inline.'e f'": 13,
    "when": 14,
    "table": 15,
    "table.key": 16,
    "table.below.key": 18,
    "variants": 19,
    "variants[0].name": 20,
    "variants[0].wrappers[1]": 23,
    "variants[0].wrappers[1].warm_up": 24,
    "variants[0].algorithm": 26,
    "variants[0].algorithm.settings.gamma": 27,
    "variants[1]": 28,
    "variants[1].name": 29,
    "variants[1].auxiliary[0].weight": 32,
    "variants[1].auxiliary[1].weight": 34,
}


def test_the_lines_of_every_form_are_those_counted_by_hand() -> None:
    tomllib.loads(EVERY_FORM)
    found = toml_lines(EVERY_FORM)
    assert {key: found.lines.get(key) for key in LINES} == LINES
    assert found.repeated == ()


@pytest.mark.parametrize(
    ("key", "line"),
    [
        ("variants[0].wrappers[1].kid", 23),
        ("variants[0].wrappers[0] (clip) outside of x: variants[0].wrappers[1] (scale)", 22),
        ("variants[0].algorithm.settings", 26),
        ("table.below.none.at.all", 17),
        ("dotted.inner.odd key", 3),
        ("seeds[7]", 8),
        ("nowhere", 1),
        ("", 1),
        (".x", 1),
    ],
)
def test_of_a_key_that_is_not_there_it_is_the_line_of_the_table_round_it(key: str, line: int) -> None:
    assert toml_lines(EVERY_FORM).near(key) == line


KEYS = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), max_size=6)
VALUES = st.recursive(
    st.integers(-9, 9) | st.booleans() | st.floats(allow_nan=False, allow_infinity=False, width=16) | KEYS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=6,
)


def _written(value: Any) -> str:
    if isinstance(value, dict):
        pairs = (f"{_written(key)} = {_written(inner)}" for key, inner in value.items())
        return "{" + ", ".join(pairs) + "}"
    if isinstance(value, list):
        return "[\n" + ",\n".join(map(_written, value)) + "\n]"
    return json.dumps(value, ensure_ascii=False) if isinstance(value, str | bool) else repr(value)


def _paths(value: Any, path: tuple[str | int, ...]) -> list[tuple[str | int, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(found for key, each in inner for found in _paths(each, (*path, key)))]


@given(st.dictionaries(KEYS, VALUES, max_size=4))
def test_every_key_of_any_file_is_found_and_keys_at_the_top_at_their_line(data: dict[str, Any]) -> None:
    text, starts = "", {}
    for key, value in data.items():
        starts[key] = text.count("\n") + 1
        text += f"{_written(key)} = {_written(value)}\n"
    assert tomllib.loads(text) == data
    found = toml_lines(text)
    for path in _paths(data, ()):
        assert not path or dotted(path) in found.lines
    assert all(found.lines[dotted((key,))] == line for key, line in starts.items())


@given(st.text(st.sampled_from("[]{}=.,#\"'\\ \nab1"), max_size=40))
def test_any_text_at_all_is_walked_through(text: str) -> None:
    assert all(1 <= line <= text.count("\n") + 1 for line in toml_lines(text).lines.values())


def test_a_million_characters_and_deep_nesting_do_no_harm() -> None:
    assert toml_lines("a = " + "[" * 500_000).lines["a"] == 1
    begun = time.process_time()
    assert len(toml_lines(".".join("a" * 20_000) + " = 1\nb = 2\nc = ?").lines) < 100
    assert len(toml_lines("".join(f"x{number} = [1, 2, 3]\n" for number in range(2_000))).lines) == 8_000
    assert time.process_time() - begun < 1.0


def test_a_key_that_is_written_twice_is_told_with_both_lines() -> None:
    (again,) = toml_lines("a = 1\n[t]\na = 2\nb = 3\na = 4\n").repeated
    assert (again.key, again.first, again.line) == ("t.a", 3, 5)


def test_problems_are_told_with_the_lines_of_all_keys_that_they_name(tmp_path: Path) -> None:
    path = tmp_path / "x.toml"
    problems = [
        Problem(f"{path}: table.kez", "an unknown key", "one of key", f"it belongs at {path}: table.below.key"),
        Problem(f"{path}", "no file", "one"),
        Problem(f"{path}:3: a", "told already", "once"),
    ]
    told = [str(problem) for problem in with_lines(problems, str(path), toml_lines(EVERY_FORM))]
    assert told == [
        f"{path}:15: table.kez: got an unknown key, expected one of key; it belongs at {path}:18: table.below.key",
        f"{path}: got no file, expected one",
        f"{path}:3: a: got told already, expected once",
    ]


def test_where_the_file_cannot_be_read_the_problem_is_told_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "gone.toml"
    with pytest.raises(BadInput) as refused, told_by_line(path):
        raise BadInput(Problem(f"{path}: a", "1", "2"))
    assert str(refused.value) == f"{path}: a: got 1, expected 2"
