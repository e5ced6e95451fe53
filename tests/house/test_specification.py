"""docs/specification.md is complete, and what it calls done exists."""

from __future__ import annotations

import importlib
import re

import pytest

from rewardlab.lessons import lessons
from tests.house.project import ROOT

ITEMS = 221
ROOMS = {"audit", "docs", "environments", "lessons", "losses", "wrappers"}
_ROW = re.compile(r"^\| (S\d+) \| (.+?) \| (.+?) \| (.+?) \|$", re.MULTILINE)
_PLACE = re.compile(r'([\w.]+):(\w+)(?:\["([^"]+)"\])?')
_LESSON = "rewardlab lesson "

ROWS = [found.groups() for found in _ROW.finditer((ROOT / "docs" / "specification.md").read_text(encoding="utf-8"))]
DONE = [(item, place) for item, _, cell, status in ROWS if status == "done" for place in re.findall(r"`([^`]+)`", cell)]


def test_every_item_has_one_row_in_order() -> None:
    assert [row[0] for row in ROWS] == [f"S{number}" for number in range(1, ITEMS + 1)]


def test_every_item_has_a_status_that_means_something() -> None:
    allowed = {"done", *(f"planned ({room})" for room in ROOMS)}
    assert {row[0]: row[3] for row in ROWS if row[3] not in allowed} == {}


def test_every_item_that_is_done_names_a_place() -> None:
    assert {row[0] for row in ROWS if row[3] == "done"} == {item for item, _ in DONE}


@pytest.mark.parametrize(("item", "place"), DONE, ids=[f"{item} {place}" for item, place in DONE])
def test_a_place_that_serves_an_item_exists(item: str, place: str) -> None:
    assert _exists(place), f"{item}: there is no {place}"


@pytest.mark.parametrize(
    "place",
    [
        "rewardlab.rewards:no_such_name",
        "rewardlab.no_such_room:solve",
        'rewardlab_envs.delivery.rewards:REWARDS["none"]',
        'rewardlab.losses.advice:DECISION_RULES["none"]',
        "rewardlab lesson none",
        "docs/no_such_page.md",
        "docs",
    ],
)
def test_a_place_that_does_not_exist_is_found(place: str) -> None:
    assert not _exists(place)


def _exists(place: str) -> bool:
    if place.startswith(_LESSON):
        return place.removeprefix(_LESSON) in {lesson.name for lesson in lessons()}
    named = _PLACE.fullmatch(place)
    if named is None:
        return (ROOT / place).is_file()
    module, name, key = named.groups()
    try:
        value = getattr(importlib.import_module(module), name)
    except (ModuleNotFoundError, AttributeError):
        return False
    # A table is a mapping, or rows of which the first thing is a name.
    return key is None or key in (value if isinstance(value, dict) else {row.name for row in value})
