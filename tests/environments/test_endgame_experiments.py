"""The experiments on endgames: they ask about each potential and bonus, and of nothing else at the same time."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from rewardlab.agents.training import train
from rewardlab.lab.plan import Plan, plan_experiment
from rewardlab.lab.shipped import shipped_experiments
from rewardlab.lab.spec import read_spec

NAMES = ("endgame-shaping", "endgame-shaping-queen", "endgame-shaping-ppo", "endgame-shaping-8x8")
# Solving the full board for each of the variants takes its time.
EACH = [pytest.param(name, marks=pytest.mark.slow) if name.endswith("8x8") else name for name in NAMES]


def plan_of(name: str) -> Plan:
    path = shipped_experiments()[name]
    return plan_experiment(read_spec(path), str(path))


@pytest.mark.parametrize("name", EACH)
def test_every_potential_and_every_bonus_is_asked_about(name: str) -> None:
    plan = plan_of(name)
    assert plan.catalogue is not None
    used = [wrapper for variant in plan.spec.variants for wrapper in variant.wrappers]
    assert {wrapper["potential"] for wrapper in used if "potential" in wrapper} == set(plan.catalogue.potentials)
    assert {variant.reward for variant in plan.spec.variants} == set(plan.catalogue.rewards)
    assert sum(wrapper["kind"] == "curriculum" for wrapper in used) == 1
    assert len(plan.spec.seeds) >= 10
    assert len({run.identity for run in plan.runs}) == len(plan.runs)


@pytest.mark.parametrize("name", NAMES)
def test_what_is_compared_differs_in_nothing_else(name: str) -> None:
    # So that a difference between two variants is that of reward, shaping or first states.
    for variant in read_spec(shipped_experiments()[name]).variants:
        assert set(variant.model_dump(exclude_unset=True)) <= {"name", "reward", "wrappers"}


def test_a_short_training_says_what_was_wasted() -> None:
    run = next(run for run in plan_of("endgame-shaping-queen").runs if run.variant == "oracle")
    result = train(replace(run.training, budget_steps=12_000, evaluation_episodes=40), lambda _: None)
    events = result["evaluation"]["events"]
    assert events["illegal_moves"] == 0
    assert 0 < events["mate"] <= 1
    assert events["mate"] + events["stalemate"] + events["piece_lost"] <= 1 + 1e-12
    assert 0 <= events["wasted_moves"] < 50
    assert np.isfinite([point["evaluated"] for point in result["curve"]]).all()
