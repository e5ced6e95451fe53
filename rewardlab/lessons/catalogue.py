"""All lessons, in the order in which they build on each other."""

from __future__ import annotations

from rewardlab.errors import BadInput, Problem, nearest
from rewardlab.lessons.delivery_time import DELIVERY_TIME
from rewardlab.lessons.lesson import Lesson
from rewardlab.lessons.outliers import OUTLIERS

__all__ = ["CHAPTERS", "lesson", "lessons"]

CHAPTERS: dict[str, tuple[Lesson, ...]] = {
    "Delivery time": DELIVERY_TIME,
    "One corrupted record": OUTLIERS,
}
"""The lessons by chapter; each chapter is a module of this room, or a few."""


def lessons() -> tuple[Lesson, ...]:
    """Every lesson, chapter by chapter."""
    return tuple(lesson for chapter in CHAPTERS.values() for lesson in chapter)


def lesson(name: str) -> Lesson:
    """The lesson of that name.

    Raises:
        BadInput: There is none.
    """
    known = {lesson.name: lesson for lesson in lessons()}
    if name not in known:
        fix = nearest(name, known) or "`rewardlab lesson` lists them"
        raise BadInput(Problem("lesson", repr(name), "the name of a lesson", fix))
    return known[name]
