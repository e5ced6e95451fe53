"""All lessons, in the order in which they build on each other."""

from __future__ import annotations

from rewardlab.errors import BadInput, Problem, nearest
from rewardlab.lessons.class_weights import CLASS_WEIGHTS
from rewardlab.lessons.delivery_time import DELIVERY_TIME
from rewardlab.lessons.focus import FOCUS
from rewardlab.lessons.fraud import FRAUD
from rewardlab.lessons.judge_and_maker import JUDGE_AND_MAKER
from rewardlab.lessons.large_weights import LARGE_WEIGHTS
from rewardlab.lessons.left_or_right import LEFT_OR_RIGHT
from rewardlab.lessons.lesson import Lesson
from rewardlab.lessons.logarithms import LOGARITHMS
from rewardlab.lessons.many_features import MANY_FEATURES
from rewardlab.lessons.outliers import OUTLIERS
from rewardlab.lessons.own_loss import OWN_LOSS
from rewardlab.lessons.penalised_training import PENALISED_TRAINING
from rewardlab.lessons.pictures import PICTURES
from rewardlab.lessons.rain import RAIN
from rewardlab.lessons.reward_hacking import REWARD_HACKING
from rewardlab.lessons.reward_scale import REWARD_SCALE
from rewardlab.lessons.sparse_rewards import SPARSE_REWARDS
from rewardlab.lessons.training import TRAINING
from rewardlab.lessons.weather_signals import WEATHER_SIGNALS

__all__ = ["CHAPTERS", "lesson", "lessons"]

CHAPTERS: dict[str, tuple[Lesson, ...]] = {
    "Before any loss": TRAINING,
    "Delivery time": DELIVERY_TIME,
    "One corrupted record": OUTLIERS,
    "Rain": (*RAIN, *LOGARITHMS, *WEATHER_SIGNALS),
    "Fraud": (*FRAUD, *CLASS_WEIGHTS, *FOCUS),
    "Left or right": LEFT_OR_RIGHT,
    "Large weights": (*LARGE_WEIGHTS, *MANY_FEATURES),
    "A loss of your own": (*OWN_LOSS, *PENALISED_TRAINING),
    "Rewards": (*REWARD_HACKING, *SPARSE_REWARDS, *REWARD_SCALE),
    "Generated pictures": (*PICTURES, *JUDGE_AND_MAKER),
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
