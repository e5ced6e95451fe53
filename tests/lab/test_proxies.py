"""Random proxies and what they cost."""

from __future__ import annotations

import numpy as np
import pytest

from rewardlab.lab.proxies import FAMILIES, draw_proxies
from rewardlab.lab.proxy_loss import proxy_loss
from rewardlab_envs.boat_race import boat_race_task
from rewardlab_envs.gridworld import gridworld_task

ROBOT = gridworld_task("robot")


def test_a_larger_count_adds_to_the_same_proxies() -> None:
    few, many = draw_proxies(ROBOT, 8, 0.9, 0), draw_proxies(ROBOT, 20, 0.9, 0)
    for first, second in zip(few, many, strict=False):
        assert first.name == second.name
        assert (first.table == second.table).all()
    assert {proxy.family for proxy in many} == set(FAMILIES)
    assert [proxy.name for proxy in many[:3]] == ["sparse", "progress_bonus", "fair_progress"]
    assert not any((proxy.table[~ROBOT.model.feasible] != 0).any() for proxy in many)


def test_shaped_proxies_cost_what_they_cost_without_shaping() -> None:
    # Shaping costs nothing, however large the potential: where the noise is small, so is the loss.
    other = draw_proxies(ROBOT, 30, 0.9, 1)
    shaped = [proxy for proxy in other if proxy.family == "shaped"]
    assert len(shaped) > 5
    losses = [proxy_loss(ROBOT, proxy.table, 0.9, budget_steps=16, seeds=()).exact for proxy in shaped]
    sizes = [float(proxy.name.split()[1]) for proxy in shaped]
    assert max(loss for loss, size in zip(losses, sizes, strict=True) if size < 0.1) < 0.2


@pytest.mark.parametrize(("reward", "worst", "best"), [("fair_arrows", 0, 0), ("arrows", 0.4975, 0)])
def test_exact_losses_by_hand(reward: str, worst: float, best: float) -> None:
    # The boat: 100 at best, -100 at worst, 1 / 1.99 = 0.5025 for to and fro: (100 - 0.5025) / 200 = 0.4975.
    task = boat_race_task()
    loss = proxy_loss(task, task.model.reward_table(task.catalogue.reward(reward)), 0.99, budget_steps=16, seeds=())
    assert (loss.exact, loss.exact_best) == pytest.approx((worst, best), abs=1e-4)


@pytest.mark.slow
def test_learners_come_near_what_is_exact_where_learning_is_easy() -> None:
    table = ROBOT.model.reward_table(ROBOT.catalogue.reward("fair_progress"))
    loss = proxy_loss(ROBOT, table, 0.97, budget_steps=20_000, seeds=(0, 1, 2))
    assert np.mean(loss.trained) < 0.05
    hacked = ROBOT.model.reward_table(ROBOT.catalogue.reward("progress_bonus"))
    assert min(proxy_loss(ROBOT, hacked, 0.97, budget_steps=20_000, seeds=(0, 1, 2)).trained) > 0.5


def test_a_learner_is_repeated_to_the_bit() -> None:
    table = ROBOT.objective_table
    losses = [proxy_loss(ROBOT, table, 0.97, budget_steps=2_000, seeds=(3, 4)).trained for _ in range(2)]
    assert losses[0] == losses[1]


def test_learners_that_gather_in_one_place_do_not_run_away() -> None:
    # To and fro at the cliff draws all walkers together. At a rate of 0.2 for each, 3.2 where all sixteen meet, the
    # values of this learner were beyond 1e18 after 2,400 of its 2,500 steps.
    task = gridworld_task("cliff")
    table = task.model.reward_table(task.catalogue.reward("progress_bonus"))
    loss = proxy_loss(task, table, 0.97, budget_steps=40_000, seeds=(1358922860,))
    assert loss.trained == pytest.approx((loss.exact,), abs=1e-9)
