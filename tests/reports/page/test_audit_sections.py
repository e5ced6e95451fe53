"""The sections that need no training: what the rewards ask for, how far they are apart, and the maps of the board."""

from __future__ import annotations

from typing import Any

import gymnasium as gym
import numpy as np
import pytest

from rewardlab.audit.distances import distance_matrix
from rewardlab.lab.comparison import Comparison
from rewardlab.mdp import solve_finite_horizon
from rewardlab.reports.page import audited_rewards as module
from rewardlab.reports.page.audit_findings import audit_section
from rewardlab.reports.page.audited_rewards import AuditedReward, audited_rewards
from rewardlab.reports.page.distances_map import distances_section
from rewardlab.reports.page.goodhart_plane import exact_path
from rewardlab.reports.page.value_maps import maps_section
from tests.lab.small_experiment import DELIVERY, plan_of, small_spec
from tests.reports.page.made_comparison import checked

SHAPED = [{"kind": "potential_shaping", "potential": "work_left", "weight": 2.0}]
VARIANTS = [
    {"name": "hacked", "reward": "speed"},
    {"name": "repaired", "reward": "fixed_speed"},
    {"name": "again", "reward": "fixed_speed", "algorithm": {"settings": {"ent_coef": 0.01}}},
    {"name": "shaped", "reward": "fixed_speed", "wrappers": SHAPED},
]
TOWN = {"orders": 1, "town_map": "DA.\n.#."}


def rewards_of(variants: list[dict[str, Any]], **spec: Any) -> list[AuditedReward]:
    return audited_rewards(Comparison(plan_of(small_spec(variants=variants, seeds=1, **spec)), ()))


@pytest.fixture(scope="module")
def rewards() -> list[AuditedReward]:
    return rewards_of(VARIANTS, environment={"id": DELIVERY, "settings": TOWN})


def test_each_distinct_reward_is_audited_once(rewards: list[AuditedReward]) -> None:
    assert [(reward.name, reward.variants) for reward in rewards] == [
        ("speed", ("hacked",)),
        ("fixed_speed", ("repaired", "again")),
        ("fixed_speed + potential shaping (work_left, weight 2.0)", ("shaped",)),
    ]
    assert len({reward.group for reward in rewards}) == 1


def test_verdicts_stand_in_a_table_and_the_evidence_below(rewards: list[AuditedReward]) -> None:
    section = checked(audit_section(rewards))
    (table,) = section.tables
    rows = {row[0]: list(row[1:]) for row in table.rows}
    assert rows["verdict"] == ["UNSAFE", "SAFE", "SAFE"]
    assert rows["paid to"] == ["hacked", "repaired, again", "shaped"]
    assert rows["exploit"][0] == "unsafe"
    assert "drop" in section.blocks[0].text
    assert "rewardlab watch rewardlab_envs:rewardlab/Delivery-v0 --set" in section.blocks[0].text


def test_the_command_that_audits_one_says_all_that_it_is(rewards: list[AuditedReward]) -> None:
    command = rewards[2].command
    assert command.startswith("rewardlab audit rewardlab_envs:rewardlab/Delivery-v0 --set orders=1 --set ")
    assert "--wrapper 'potential_shaping:potential=\"work_left\",weight=2.0'" in command
    assert "--gamma 0.97" in command


def test_distances_are_those_of_the_audit_and_shaping_changes_nothing(rewards: list[AuditedReward]) -> None:
    (chart,) = checked(distances_section(rewards)).charts
    values = np.array(chart.traces[0]["z"])
    env = gym.make(DELIVERY, **TOWN)
    named = distance_matrix(env, {name: name for name in ("on_time", "speed", "fixed_speed")}, gamma=0.97)
    np.testing.assert_allclose(values[:3, :3], named.values, atol=1e-4)
    np.testing.assert_allclose(values[2], values[3], atol=1e-7)
    assert chart.traces[0]["text"][0][1] == f"{named.between('on_time', 'speed'):.2f}"
    assert chart.layout["yaxis"]["ticktext"][0] == "objective: on_time  1"


def test_maps_show_the_value_of_each_cell_and_nothing_in_a_wall(rewards: list[AuditedReward]) -> None:
    (chart,) = checked(maps_section(rewards)).charts
    task: Any = gym.make(DELIVERY, **TOWN).unwrapped
    model = task.task.model
    values = solve_finite_horizon(model, task.task.objective_table, task.task.max_episode_steps).values[0]
    in_the_bag, at_the_depot, potential, _ = (np.array(trace["z"], dtype=float) for trace in chart.traces)
    boards = list(task.task.board_views.values())
    assert [trace["name"] for trace in chart.traces] == ["value of the objective"] * 2 + [
        "potential work_left, 2 times"
    ] * 2
    np.testing.assert_allclose(in_the_bag[boards[0] >= 0], values[boards[0][boards[0] >= 0]], rtol=1e-3)
    np.testing.assert_allclose(at_the_depot[boards[1] >= 0], values[boards[1][boards[1] >= 0]], rtol=1e-3)
    # Beside the customer there are two minutes to drive, each -0.01, twice; the middle of the second row is a wall.
    assert potential[0].tolist() == [-0.04, 0.0, -0.04]
    assert np.isnan(in_the_bag[1, 1])
    assert chart.traces[0]["text"][1][1] == ""


def test_the_exact_path_goes_from_random_to_the_most_that_can_be_paid(rewards: list[AuditedReward]) -> None:
    path = exact_path(rewards[1])
    case = rewards[1].case
    assert path is not None
    assert case is not None
    paid, achieved = path
    best = solve_finite_horizon(case.model, case.objective, case.episode_steps).expected_score
    assert (np.diff(paid) > -1e-9).all()
    # The reward is safe, so that the last policy achieves the best of the objective, and the first one does not.
    assert achieved[-1] == pytest.approx(best, abs=1e-6)
    assert achieved[0] < 0.5 * best
    shaped = exact_path(rewards[2])
    assert shaped is not None
    # Shaping is left out of the axis; it does change which policies are in between by nothing.
    np.testing.assert_allclose(shaped[0], paid, atol=1e-6)


def test_a_wrapper_that_changes_rewards_changes_the_verdict() -> None:
    """Five for each pick-up: to drop the parcel and fetch it again pays more than to deliver it."""
    bonus = [{"kind": "bonus", "events": {"picked_up": 5.0}}]
    plain, spoilt = rewards_of(
        [{"name": "a", "reward": "on_time"}, {"name": "b", "reward": "on_time", "wrappers": bonus}]
    )
    assert [reward.audit and reward.audit.safe for reward in (plain, spoilt)] == [True, False]


def test_what_is_no_table_is_said_with_the_command() -> None:
    rewards = rewards_of([{"name": "a", "reward": "environment"}], environment={"id": "CartPole-v1", "settings": {}})
    (table,) = checked(audit_section(rewards)).tables
    assert [list(row) for row in table.rows] == [
        [
            "environment",
            "its environment is no table; the command samples it",
            "rewardlab audit CartPole-v1 --gamma 0.97",
        ]
    ]
    assert distances_section(rewards) is None
    assert maps_section(rewards) is None


def test_what_is_too_large_is_left_out_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LARGEST_TABLE", 10)
    (reward,) = rewards_of([{"name": "a", "reward": "pickup_bonus"}])
    assert reward.case is None
    assert reward.reason == "2,232 pairs of state and action, and a page audits 10 at most"


def test_two_environments_have_two_maps() -> None:
    rewards = rewards_of(
        [
            {"name": "small", "reward": "speed"},
            {"name": "large", "reward": "speed", "environment": {"town_map": "DA..."}},
        ]
    )
    assert len({reward.group for reward in rewards}) == 2
    assert len(checked(distances_section(rewards)).charts) == 2
    assert [len(chart.traces[0]["z"][0]) for chart in checked(maps_section(rewards)).charts] == [3, 5]


def test_gymnasium_s_own_maps_are_boards() -> None:
    rewards = rewards_of([{"name": "a", "reward": "environment"}], environment={"id": "FrozenLake-v1", "settings": {}})
    (chart,) = checked(maps_section(rewards)).charts
    # Beside the goal more can be had than at the start; the goal and the four holes are ends, and empty.
    values = np.array(chart.traces[0]["z"], dtype=float)
    assert values.shape == (4, 4)
    assert values[3, 2] > values[0, 0] > 0
    assert sorted(zip(*np.nonzero(np.isnan(values)), strict=True)) == [(1, 1), (1, 3), (2, 3), (3, 0), (3, 3)]
