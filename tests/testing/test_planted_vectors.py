"""A fault of an environment's own vector is told by comparison with a vector of single ones, mode by mode."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import gymnasium as gym
import pytest

from rewardlab.mdp import FiniteTask, FiniteVectorEnv
from rewardlab.testing import check_environment, problems_of
from tests.mdp.tiny_models import slippery_fork, task_of
from tests.testing.planted_environments import many_of, one_of

NAME = "planted/Vector-v0"
FULL_ID = f"tests.testing.planted_environments:{NAME}"
OWN = "its own vector"


@pytest.fixture
def registered() -> Iterator[Callable[..., None]]:
    def register(task: FiniteTask, vector: Any) -> None:
        limit = task.max_episode_steps
        gym.register(NAME, partial(one_of, task), vector_entry_point=vector, max_episode_steps=limit)

    yield register
    gym.registry.pop(NAME, None)


def told() -> list[str]:
    answers = check_environment(FULL_ID, steps=40)
    assert any(OWN in answer.question for answer in answers), "it was compared"
    return [str(problem) for problem in problems_of([each for each in answers if OWN in each.question])]


@pytest.mark.parametrize("certain", [True, False], ids=["no chance", "chance"])
def test_a_sound_one_passes(registered: Callable[..., None], certain: bool) -> None:
    task = task_of(slippery_fork(certain=certain), max_episode_steps=4)
    registered(task, partial(many_of, task, ""))
    assert told() == []


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        (
            "pays more",
            r"the vector in mode NEXT_STEP: step 1, rewards: got array.*, expected array.*, as single ones give",
        ),
        ("single precision", r"the vector in mode NEXT_STEP: step 1, rewards: got array"),
        ("limits terminate", r"the vector in mode NEXT_STEP: step 4, terminations: got array\(\[ True"),
        ("no final_obs", r"the vector in mode SAME_STEP: step \d, infos\['_final_info'\]: got 'nothing'"),
        ("ignores the mode", r"the vector in mode SAME_STEP: metadata\['autoreset_mode'\]: got .*NEXT_STEP"),
        (
            "pays more later",
            r"the vector in mode DISABLED: step \d+, rewards: got .* in row \d, expected .*, which 'paid'",
        ),
        ("raises", r"the vector in mode NEXT_STEP: step 1 .*ZeroDivisionError: division by zero"),
    ],
)
def test_a_planted_fault_is_told(registered: Callable[..., None], fault: str, message: str) -> None:
    task = task_of(slippery_fork(certain=fault != "pays more later"), max_episode_steps=4)
    registered(task, partial(many_of, task, fault))
    (found,) = told()
    assert re.match(message, found), found


def test_one_that_takes_no_mode_is_told(registered: Callable[..., None]) -> None:
    task = task_of(slippery_fork(certain=True), max_episode_steps=4)
    registered(task, lambda num_envs, **_: FiniteVectorEnv(task, num_envs, mode="next"))
    (found,) = told()
    assert re.match(r"the vector in mode NEXT_STEP: making it .*unexpected keyword argument 'mode'", found)


def test_one_that_forgets_what_it_said_it_remembers_is_told(
    registered: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    task = task_of(slippery_fork(), max_episode_steps=4)
    registered(task, partial(many_of, task, ""))
    monkeypatch.setattr(FiniteVectorEnv, "restore", lambda self, state: None)
    (found,) = told()
    assert re.match(r"the vector in mode NEXT_STEP: step \d+, after restore\(\): got another outcome", found)
