"""Agents trained on a repaired reward do not show the exploit, and those trained on the reward as it was do."""

from __future__ import annotations

from typing import Any

import gymnasium as gym
import numpy as np
import pytest

from rewardlab.agents import train
from rewardlab.audit.repair import Repair, repair
from rewardlab.lab.exact_optima import exact_optima
from rewardlab.lab.plan import PlannedRun, plan_experiment
from rewardlab.lab.quick_comparison import QUICK_PPO
from rewardlab.lab.spec import parse_spec

ENVIRONMENT = "rewardlab_envs:rewardlab/Delivery-v0"
TOWN = {"orders": 1, "town_map": "A.D.B"}
GAMMA = 0.95
OPTIMUM = exact_optima(ENVIRONMENT, TOWN)["on_time"]
EXPLOITS = {"speed": "drop_at_once", "pickup_bonus": "farm_pickups", "progress_bonus": "drive_in_circles"}

TABULAR = {
    "name": "q_learning",
    "num_envs": 4,
    "settings": {"learning_rate": 0.3, "exploration_initial_eps": 1.0, "exploration_final_eps": 0.1},
}
PPO = {"name": "ppo", "settings": QUICK_PPO}


def runs(found: Repair, algorithm: dict[str, Any], *, budget_steps: int, seeds: int) -> list[PlannedRun]:
    spec = found.spec(ENVIRONMENT, TOWN, algorithm=algorithm, seeds=seeds, budget_steps=budget_steps)
    assert spec is not None
    return list(plan_experiment(parse_spec(spec, "repair"), "repair").runs)


def scores(planned: list[PlannedRun]) -> list[dict[str, Any]]:
    return [train(run.training, lambda steps: None)["evaluation"] for run in planned]


@pytest.mark.slow
@pytest.mark.parametrize("reward", EXPLOITS)
def test_a_tabular_learner_is_gamed_by_the_reward_and_not_by_its_repair(reward: str) -> None:
    found = repair(gym.make(ENVIRONMENT, **TOWN), reward, gamma=GAMMA)  # type: ignore[arg-type]
    planned = runs(found, TABULAR, budget_steps=40_000, seeds=3)
    before = scores([run for run in planned if run.variant == "as it is"])
    after = scores([run for run in planned if run.variant.startswith("1. ")])
    exploit = EXPLOITS[reward]
    assert np.mean([score["exploits"][exploit] for score in before]) >= 0.3
    assert max(share for score in after for share in score["exploits"].values()) <= 0.02
    assert np.mean([score["objective"] for score in before]) <= 0.3 * OPTIMUM
    assert np.mean([score["objective"] for score in after]) >= 0.95 * OPTIMUM


@pytest.mark.slow
@pytest.mark.parametrize("reward", EXPLOITS)
def test_ppo_is_not_gamed_by_a_repair(reward: str) -> None:
    found = repair(gym.make(ENVIRONMENT, **TOWN), reward, gamma=GAMMA)  # type: ignore[arg-type]
    planned = runs(found, PPO, budget_steps=80_000, seeds=3)
    after = scores([run for run in planned if run.variant.startswith("1. ")])
    assert max(share for score in after for share in score["exploits"].values()) <= 0.02
    assert np.mean([score["objective"] for score in after]) >= 0.95 * OPTIMUM
