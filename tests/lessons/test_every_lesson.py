"""What holds for every lesson, whoever wrote it."""

from __future__ import annotations

import re
import time
import warnings
from collections.abc import Callable
from functools import cache
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any

import numpy as np
import pytest

from rewardlab.errors import BadInput
from rewardlab.lessons import CHAPTERS, Lesson, lesson, lessons
from rewardlab.lessons.layout import WIDTH

ALL = [pytest.param(one, id=one.name) for one in lessons()]
DRAWN = [pytest.param(one, id=one.name) for one in lessons() if one.draw]


@cache
def told(one: Lesson) -> tuple[str, ...]:
    return tuple(one.lines())


@pytest.mark.parametrize("one", ALL)
def test_a_lesson_is_told_in_lines_that_fit(one: Lesson) -> None:
    assert [line for line in told(one) if len(line) > WIDTH or line != line.rstrip() or "\n" in line] == []
    assert 4 < len(told(one)) < 50
    assert any(re.search(r"\d", line) for line in told(one)[3:])


@pytest.mark.parametrize("one", ALL)
def test_a_lesson_is_the_same_at_every_call_quick_and_quiet(one: Lesson) -> None:
    first = told(one)
    state = np.random.get_state()[1].tobytes()  # noqa: NPY002 - it is the global one that must not move
    start = time.process_time()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert tuple(one.lines()) == first
    assert time.process_time() - start < 2
    assert np.random.get_state()[1].tobytes() == state  # noqa: NPY002


@pytest.mark.parametrize("one", ALL)
def test_a_common_belief_never_stands_without_the_truth(one: Lesson) -> None:
    assert bool(one.belief) == bool(one.truth)
    assert one.belief != one.truth or not one.belief
    for text in (one.title, one.belief, one.truth):
        assert text == " ".join(text.split())
    assert not one.title.endswith(".")


@pytest.mark.parametrize("one", ALL)
def test_the_numbers_of_a_lesson_are_computed(one: Lesson, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another formula gives another lesson: for at least one of the formulas that it uses."""
    formulas, as_it_is = _formulas(one), told(one)
    assert formulas, "it uses none of our functions"
    for name, (formula, namespaces) in formulas.items():
        with monkeypatch.context() as patch:
            for namespace in namespaces:
                patch.setitem(namespace, name, _broken(formula))
            if _told_otherwise(one, as_it_is):
                return
    pytest.fail(f"the same lines with any of {', '.join(formulas)} broken")


def test_names_and_titles_are_told_apart() -> None:
    names = [one.name for one in lessons()]
    assert len(set(names)) == len(names) > 40
    assert [name for name in names if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name) or len(name) > 32] == []
    assert len({one.title for one in lessons()}) == len(names)
    assert all(CHAPTERS.values())


def test_a_lesson_is_found_by_its_name() -> None:
    for one in lessons():
        assert lesson(one.name) is one
    with pytest.raises(BadInput, match="did you mean 'mean-or-median'"):
        lesson("mean-or-medain")
    with pytest.raises(BadInput, match="lists them"):
        lesson("")


@pytest.mark.parametrize("one", DRAWN)
def test_a_picture_shows_something(one: Lesson, tmp_path: Path) -> None:
    assert one.draw is not None
    figure = one.draw()
    figure.canvas.draw()
    pixels = np.asarray(figure.canvas.buffer_rgba())[..., :3]  # type: ignore[attr-defined]
    assert np.ptp(pixels.reshape(-1, 3), axis=0).min() > 100
    assert (pixels != pixels[0, 0]).any(axis=-1).mean() > 0.01
    assert all(axis.get_xlabel() or not axis.axison for axis in figure.axes)
    path = one.save_picture(tmp_path / "new")
    assert path == tmp_path / "new" / f"{one.name}.png"
    assert path.stat().st_size > 5000


def test_a_lesson_without_a_picture_writes_none(tmp_path: Path) -> None:
    one = next(one for one in lessons() if one.draw is None)
    assert one.save_picture(tmp_path / "new") is None
    assert list(tmp_path.iterdir()) == []


def _formulas(one: Lesson) -> dict[str, tuple[Callable[..., Any], list[dict[str, Any]]]]:
    """The functions of other rooms that a lesson comes to, each with the modules that know it by its name."""
    found: dict[str, tuple[Callable[..., Any], list[dict[str, Any]]]] = {}
    seen: set[Callable[..., Any]] = set()

    def walk(code: CodeType, namespace: dict[str, Any]) -> None:
        for constant in code.co_consts:
            if isinstance(constant, CodeType):
                walk(constant, namespace)
        for name in code.co_names:
            value = namespace.get(name)
            home = getattr(value, "__module__", None) or ""
            if not callable(value) or not home.startswith("rewardlab."):
                continue
            if not home.startswith("rewardlab.lessons."):
                found.setdefault(name, (value, []))[1].append(namespace)
            elif isinstance(value, FunctionType) and value not in seen:
                seen.add(value)
                walk(value.__code__, value.__globals__)

    tell = getattr(one.tell, "func", one.tell)
    walk(tell.__code__, tell.__globals__)
    return found


def _broken(formula: Callable[..., Any]) -> Callable[..., Any]:
    def other(*arguments: Any, **settings: Any) -> Any:
        return _changed(formula(*arguments, **settings))

    return other


def _changed(value: Any) -> Any:
    if isinstance(value, float | int | np.ndarray | np.number) and not isinstance(value, bool):
        return 0.7 * value + 0.11
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return type(value)(*(_changed(part) for part in value))
    raise LookupError("broken")


def _told_otherwise(one: Lesson, as_it_is: tuple[str, ...]) -> bool:
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return tuple(one.lines()) != as_it_is
        except (ArithmeticError, LookupError, ValueError):
            return True
