"""Whether a seed says all: the same seed, the same stream, whatever the generators of the process are doing."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import gymnasium as gym
import numpy as np

from rewardlab.errors import Problem
from rewardlab.testing.answer import Answer
from rewardlab.testing.observations import same
from rewardlab.testing.patience import Patience
from rewardlab.testing.record import Record, play

__all__ = ["seed_answers", "untouched_generators"]

_GLOBAL = "it draws from a generator of the whole process (numpy.random.rand, random.random): draw from self.np_random"


@contextmanager
def untouched_generators(seed: int) -> Iterator[None]:
    """Let the generators of the process begin at a seed, and put them back afterwards."""
    kept = random.getstate(), np.random.get_state()  # noqa: NPY002 - the global one is what is put back
    random.seed(seed)
    np.random.seed(seed)  # noqa: NPY002
    try:
        yield
    finally:
        random.setstate(kept[0])
        np.random.set_state(kept[1])  # noqa: NPY002


def seed_answers(make: Callable[[], gym.Env[Any, Any]], patience: Patience, *, steps: int, seed: int) -> list[Answer]:
    """Play the same seed twice, with the process's own generators elsewhere each time.

    Args:
        make: Makes the environment.
        patience: Told of each call.
        steps: How many to compare.
        seed: The seed.
    """
    question = "the same seed gives the same episodes, and no global generator is drawn from"
    with untouched_generators(1):
        one = _played(make, patience, steps, seed)
    with untouched_generators(1):
        again = _played(make, patience, steps, seed)
    with untouched_generators(2):
        other = _played(make, patience, steps, seed)
    place = _first_difference(one, again)
    if place:
        fix = "draw all that is random from self.np_random, which super().reset(seed=seed) seeds; look for clocks too"
        return [Answer.of(question, [Problem(place, f"another outcome for the same seed {seed}", "the same", fix)])]
    place = _first_difference(one, other)
    if place:
        got = f"another outcome for the same seed {seed}, once the global generator stands elsewhere"
        return [Answer.of(question, [Problem(place, got, "the same", _GLOBAL)])]
    return [Answer.of(question, [])]


def _played(make: Callable[[], gym.Env[Any, Any]], patience: Patience, steps: int, seed: int) -> Record:
    env = make()
    try:
        return play(env, patience, steps=steps, seed=seed)
    finally:
        env.close()


def _first_difference(one: Record, other: Record) -> str:
    """The first place where two records differ; empty if nowhere."""
    for number, (left, right) in enumerate(zip(one.episodes, other.episodes, strict=False), start=1):
        if not same(left.observation, right.observation):
            return "the first reset" if number == 1 else f"the reset of episode {number}"
        for step, twin in zip(left.steps, right.steps, strict=False):
            parts = ("observation", "reward", "terminated", "truncated")
            if not all(same(getattr(step, part), getattr(twin, part)) for part in parts):
                return step.where
            keys = ("objective", "events", "ledger", "state")
            if not all(same(step.info.get(key), twin.info.get(key)) for key in keys):
                return step.where
    return ""
