"""Every wrapper of rewardlab passes the public battery, and pays as a reference in plain loops does in every mode."""

from __future__ import annotations

from functools import partial
from typing import Any

import gymnasium as gym
import numpy as np
import pytest

from rewardlab import wrappers
from rewardlab.rewards import Bonus, Potential
from rewardlab.testing import check_wrapper, problems_of
from rewardlab.testing.practice import practice_task
from rewardlab.wrappers import Success, gymnasium_compatible
from rewardlab.wrappers.gymnasium_compatible import vector as gymnasium_compatible_vector
from rewardlab.wrappers.kinds import KINDS
from tests.wrappers.battery import Case, cases, check, check_scale

CASES = cases(wrappers)
CATALOGUE = practice_task().catalogue
DELIVERY, BONUS = "rewardlab_envs:rewardlab/Delivery-v0", Bonus.from_event_weights({"dropped": 7.0})

NEEDED: dict[str, dict[str, Any]] = {
    "AmendedTerms": {"factors": {"gain": 0.5}},
    "ClipReward": {"min_reward": -1.0, "max_reward": 1.0},
    "PotentialShaping": {"potential": CATALOGUE.potentials["place"], "gamma": 0.9},
    "ReturnScaling": {"gamma": 0.9},
    "RewardClipping": {"min_reward": -1.0, "max_reward": 1.0},
    "RewardTransform": {"function": np.tanh},
    "StartCurriculum": {"stages": [(0, 1), (2, 3)], "success": Success(event="gain")},
    "TransformReward": {"func": np.tanh},
    "UnsafeBonus": {"bonus": Bonus.from_event_weights({"gain": 1.0})},
    "VectorizeTransformReward": {"wrapper": gym.wrappers.TransformReward, "func": np.tanh},
}
"""What each wrapper must be told; those of vectors the same as those of one environment."""

EVERY = [
    pytest.param(
        partial(made, **NEEDED.get(name, NEEDED.get(name.removeprefix("Vector"), {}))),
        id=f"{room.__name__.removeprefix('rewardlab.wrappers').removeprefix('.')} {name}".strip(),
    )
    for room in (wrappers, gymnasium_compatible, gymnasium_compatible_vector)
    for name in room.__all__
    if isinstance(made := getattr(room, name), type) and issubclass(made, gym.Wrapper | gym.vector.VectorWrapper)
]
SETTINGS: dict[str, dict[str, Any]] = {
    "bonus": {"events": {"gain": 1.0}},
    "clip": {"min_reward": -1, "max_reward": 1},
    "curriculum": {"stages": ["near", "far"], "event": "gain"},
    "potential_shaping": {"potential": "place"},
    "scale": {},
    "terms": {"factors": {"gain": 0.5}},
}


@pytest.mark.parametrize("wrapper", EVERY)
def test_it_passes_the_battery_that_is_asked_of_anybodys(wrapper: Any) -> None:
    answers = check_wrapper(wrapper, steps=60)
    assert problems_of(answers) == []
    assert not any(answer.not_asked for answer in answers)


@pytest.mark.parametrize("name", [name for name in wrappers.__all__ if f"Vector{name}" in wrappers.__all__])
def test_gymnasium_makes_it_again_from_its_spec(name: str) -> None:
    here = {"AmendedTerms": {"only_when": {"speed": "delivered"}}, "UnsafeBonus": {"bonus": BONUS}}
    alive = np.flatnonzero(~gym.make(DELIVERY).unwrapped.task.model.terminal)
    here["StartCurriculum"] = {"stages": [alive[:2]], "success": Success(event="delivered")}
    here["PotentialShaping"] = {"potential": Potential("index", lambda states: 1.0 * states, "state"), "gamma": 0.9}
    made = getattr(wrappers, name)(gym.make(DELIVERY, reward="speed"), **here.get(name, NEEDED.get(name, {})))
    again = gym.make(made.spec)
    assert type(again) is type(made)
    seen = []
    for env in (made, again):
        env.reset(seed=3)
        seen.append([env.step(action)[1] for action in (4, 5, 4, 1, 5, 0) * 3])
    assert seen[0] == seen[1]


@pytest.mark.parametrize("kind", KINDS)
def test_so_does_every_kind_that_a_spec_may_name(kind: str) -> None:
    answers = check_wrapper(lambda env: KINDS[kind].make(env, SETTINGS[kind], CATALOGUE, 0.9), steps=40)
    assert problems_of(answers) == []
    assert not any(answer.not_asked for answer in answers)
    assert "stopped and gone on, it does the same" in [answer.question for answer in answers]


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_it_pays_as_its_reference_does_in_every_mode(case: Case) -> None:
    for seed in range(3):
        check(case, seed=seed)


def test_the_running_scale_freezes_saves_and_keeps_its_accumulators_apart() -> None:
    check_scale(wrappers)
