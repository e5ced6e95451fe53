"""Wrappers as data: what a spec may say, what is refused, all of it at once, and what is built."""

from __future__ import annotations

import re
from dataclasses import replace
from inspect import signature
from pathlib import Path
from typing import Any

import pytest
from gymnasium.vector import AutoresetMode

from rewardlab.errors import BadInput
from rewardlab.mdp import FiniteVectorEnv
from rewardlab.rewards import Catalogue
from rewardlab.wrappers import VectorReturnScaling, wrap_vector, wrapper_problems
from rewardlab.wrappers.order import layers
from tests.wrappers.test_curriculum import TASK

CATALOGUE: Catalogue = replace(TASK.catalogue, start_sets={"near": [4], "middle": [2, 3]})
GAMMA = 0.9
CURRICULUM = {"kind": "curriculum", "stages": ["near", "middle"], "event": "arrived", "window": 5, "rate": 0.5}


def lines(settings: dict[str, Any], catalogue: Catalogue | None = CATALOGUE) -> list[str]:
    return [str(problem) for problem in wrapper_problems(settings, catalogue, GAMMA, "w")]


@pytest.mark.parametrize(
    "settings",
    [
        {"kind": "clip", "min_reward": -1},
        {"kind": "clip", "max_reward": 0.5},
        {"kind": "clip", "min_reward": -1.0, "max_reward": 1.0},
        {"kind": "scale"},
        {"kind": "scale", "gamma": GAMMA, "epsilon": 1e-6, "warm_up": 10, "subtract_mean": True},
        {"kind": "bonus", "events": {"arrived": 0.1}},
        CURRICULUM,
        {"kind": "curriculum", "stages": ["near"], "objective_at_least": 1},
    ],
    ids=lambda settings: "-".join(settings),
)
def test_what_is_right_passes_and_is_built(settings: dict[str, Any]) -> None:
    assert lines(settings) == []
    task = replace(TASK, catalogue=CATALOGUE)
    env = wrap_vector(FiniteVectorEnv(task, 3, autoreset_mode=AutoresetMode.SAME_STEP), [settings], GAMMA)
    assert len(layers(env)) == 1
    env.reset(seed=0)
    for _ in range(12):
        env.step([1, 1, 0])


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"kind": "clip"}, ["w: got neither min_reward nor max_reward, expected at least one of them"]),
        ({"kind": "clip", "min_reward": 1, "max_reward": -1}, ["w: got min_reward 1, max_reward -1, expected"]),
        ({"kind": "clip", "min_reward": 1, "max_reward": 1}, ["w: got min_reward 1, max_reward 1, expected"]),
        (
            {"kind": "clip", "min_reward": float("nan"), "max_reward": "1"},
            ["w.min_reward: got nan, expected a finite", "w.max_reward: got '1', expected a finite"],
        ),
        ({"kind": "clip", "min_rewrad": -1}, ["w.min_rewrad: got an unknown key, expected one of kind, min_reward, m"]),
        ({"kind": "normalize"}, ["w.kind: got 'normalize', expected a known wrapper: bonus, clip, curriculum, "]),
        (
            {"kind": "scale", "epsilon": 0, "warm_up": 0, "subtract_mean": 1},
            ["w.epsilon: got 0", "w.warm_up: got 0", "w.subtract_mean: got 1, expected true or false"],
        ),
        ({"kind": "scale", "gamma": 0.5}, ["w.gamma: got 0.5, expected the agent's gamma, 0.9"]),
        ({"kind": "scale", "potential": "x"}, ["w.potential: got an unknown key, expected one of kind, gamma, eps"]),
        ({"kind": "bonus"}, ["w: got neither 'events' nor 'potential', expected one of them"]),
        ({"kind": "bonus", "events": {"arived": 1}}, ["w.events.arived: got 'arived', expected a known event: arr"]),
        ({"kind": "bonus", "events": {"arrived": float("inf")}}, ["w.events.arrived: got inf, expected a finite"]),
        ({"kind": "bonus", "events": [1]}, ["w.events: got [1], expected weights on events"]),
        ({"kind": "bonus", "events": {"arrived": 1}, "form": "level"}, ["w.form: got a key that goes with 'potent"]),
        (
            {"kind": "bonus", "potential": "distance", "form": "levle", "weight": "2"},
            [
                "w.potential: got 'distance', expected a known potential: (there is none)",
                "w.form: got 'levle', expected a known form: difference, level, progress; did you mean 'level'?",
                "w.weight: got '2', expected a finite number",
            ],
        ),
        ({"kind": "curriculum", "event": "arrived"}, ["w.stages: got nothing, expected a list of sets of first sta"]),
        (
            CURRICULUM | {"stages": ["nera"], "event": "arived", "window": 0, "rate": 2},
            [
                "w.stages[0]: got 'nera', expected a known set of first states: middle, near; did you mean 'near'?",
                "w.event: got 'arived', expected a known event: arrived; did you mean 'arrived'?",
                "w.window: got 0, expected a number of episodes",
                "w.rate: got 2, expected a share in (0, 1]",
            ],
        ),
        (CURRICULUM | {"objective_at_least": 1.0}, ["w: got both 'event' and 'objective_at_least', expected one"]),
        ({"kind": "clap", "min_reward": 1}, ["w.kind: got 'clap', expected a known wrapper: "]),
        ({"knid": "clip", "min_reward": 1}, ["w.knid: got an unknown key, expected one of kind, potential, "]),
        ({}, ["w.kind: got nothing, expected a wrapper: potential_shaping, bonus, clip, curriculum, scale"]),
    ],
    ids=str,
)
def test_what_is_wrong_is_told_all_at_once(settings: dict[str, Any], expected: list[str]) -> None:
    found = lines(settings)
    assert len(found) == len(expected), found
    for line, start in zip(found, expected, strict=True):
        assert line.startswith(start), line


def test_without_a_catalogue_only_what_needs_none_passes() -> None:
    assert lines({"kind": "clip", "min_reward": 0}, None) == []
    assert lines({"kind": "scale"}, None) == []
    assert lines({"kind": "bonus", "events": {"x": 1}}, None) == [
        "w.events: got an environment without a catalogue, expected one that offers events"
    ]


def test_an_order_that_breaks_shaping_is_refused_when_it_is_built() -> None:
    stack = [{"kind": "scale"}, {"kind": "clip", "max_reward": 1.0}, {"kind": "scale"}]
    with pytest.raises(BadInput, match=r"wrapper 3 .* outside of wrapper 1 .*: got two running scales"):
        wrap_vector(FiniteVectorEnv(TASK, 2), stack, GAMMA)


def test_the_page_of_experiments_tells_the_defaults_of_a_scale() -> None:
    page = Path(__file__, "../../../docs/experiments.md").resolve().read_text(encoding="utf-8")
    (row,) = [line for line in page.splitlines() if line.startswith("| `scale` | ")]
    told = dict(re.findall(r"`(\w+)` \((?:[^();]*[,;] )?(\w[\w.-]*)\)", row))
    defaults = signature(VectorReturnScaling).parameters
    assert {name: float(told[name]) for name in ("epsilon", "warm_up")} == {
        name: defaults[name].default for name in ("epsilon", "warm_up")
    }
