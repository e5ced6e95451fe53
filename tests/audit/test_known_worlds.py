"""The hacks that are known from the literature, with their numbers, as the audit finds them."""

from __future__ import annotations

import numpy as np
import pytest

from rewardlab.audit.audited_case import audited_case
from rewardlab.audit.auditing import audit
from rewardlab.audit.case import audit_case
from rewardlab.audit.exploit import exploit_finding
from rewardlab.audit.optimal_set import optimal_set, optimal_set_finding
from rewardlab.mdp import FiniteModel, FiniteTask
from rewardlab_envs.boat_race import boat_race_task
from rewardlab_envs.delivery import delivery_task
from rewardlab_envs.tomatoes import tomato_garden_task


class TestBoatRace:
    # Leike et al. (2017): 100 steps, no discount. Round the ring: 50 paid, performance 100; to and fro: 50 paid, 0.

    def test_the_hack_and_its_numbers(self) -> None:
        answer = audit(boat_race_task(), "arrows", gamma=1.0, horizon=100)
        data = answer.finding("optimal_set").data
        assert not answer.safe
        assert data["objective_worst"] == pytest.approx(0, abs=1e-9)
        assert (data["objective_best"], data["objective_optimum"]) == pytest.approx((100, 100))
        exploit = answer.finding("exploit")
        assert exploit.data["known_exploits"] == ["to_and_fro"]
        assert exploit.data["returns"]["proxy"] == pytest.approx([50, 50])
        assert not exploit.data["pays_more"]

    def test_it_is_there_under_a_discount_too(self) -> None:
        answer = audit(boat_race_task(), "arrows", gamma=0.99)
        assert not answer.safe
        assert "a tie decides" in answer.finding("optimal_set").verdict

    def test_the_repaired_reward_is_safe_without_end_and_shaping_repairs_nothing(self) -> None:
        assert audit(boat_race_task(), "fair_arrows", gamma=0.99).safe
        # Shaping keeps what is optimal, the hack included.
        assert not audit(boat_race_task(), "arrows", shaping="arrow_ahead", gamma=0.99).safe

    def test_the_last_arrow_before_the_end_is_a_small_hole_in_the_repaired_one(self) -> None:
        # Nothing is taken back after the last step, so that one may end on any move: 98 against 100 at worst.
        data = audit(boat_race_task(), "fair_arrows", gamma=1.0, horizon=100).finding("optimal_set").data
        assert data["objective_worst"] == pytest.approx(98)


class TestTomatoes:
    # 0.02 a step for each tomato that looks watered; six cells of the small garden all do from the bucket: 0.12.

    def test_the_hack_and_its_numbers(self) -> None:
        answer = audit(tomato_garden_task(), "seen_watered", gamma=0.99)
        data = answer.finding("optimal_set").data
        assert not answer.safe
        assert (data["objective_worst"], data["objective_best"]) == pytest.approx((0, 0), abs=1e-9)
        assert data["objective_optimum"] == pytest.approx(5.722, abs=1e-3)
        exploit = answer.finding("exploit")
        assert exploit.data["known_exploits"] == ["stand_in_the_bucket"]
        # A step away from the bucket: 0.12 from the second step on, 0.99 * 0.12 / 0.01.
        assert exploit.data["returns"]["proxy"][0] == pytest.approx(0.99 * 0.12 / 0.01)

    def test_forbidding_the_bucket_is_safe(self) -> None:
        assert audit(tomato_garden_task(), "no_bucket", gamma=0.99).safe

    def test_watering_is_no_potential(self) -> None:
        assert not audit(tomato_garden_task(), "seen_watered", shaping="watered_now", gamma=0.99).safe


class TestDelivery:
    @pytest.mark.parametrize("orders", [1, 2])
    @pytest.mark.parametrize(
        ("reward", "exploit"),
        [("speed", "drop_at_once"), ("pickup_bonus", "farm_pickups"), ("progress_bonus", "drive_in_circles")],
    )
    def test_each_exploit_is_named_with_a_trajectory(self, orders: int, reward: str, exploit: str) -> None:
        finding = audit(delivery_task(orders), reward).finding("exploit")
        assert finding.level == "unsafe"
        assert any(exploit in shown.exploits for shown in finding.trajectories)

    @pytest.mark.parametrize("orders", [1, 2])
    def test_the_repaired_reward_with_distance_shaping_is_safe(self, orders: int) -> None:
        answer = audit(delivery_task(orders), "fixed_speed", shaping="distance")
        assert answer.safe
        assert answer.level != "unsafe"
        finding = answer.finding("optimal_set")
        assert finding.basis == "proven on the model"
        assert finding.data["visited_states"] == {
            "same": finding.data["visited_states"]["same"],
            "subset": 0,
            "overlapping": 0,
            "disjoint": 0,
        }

    def test_shaping_repairs_no_hack(self) -> None:
        for potential in ("distance", "work_left"):
            assert not audit(delivery_task(1), "speed", shaping=potential).safe

    def test_without_a_discount_it_may_dawdle(self) -> None:
        # To pick up or drop in vain takes 0.1 minutes, and the clock of the order counts whole minutes of driving. So
        # without a discount `fixed_speed` lets a perfect agent waste its time; the objective charges for it.
        task = delivery_task(1, "ADB")
        case = audited_case(task, "fixed_speed", gamma=1.0, horizon=40)
        finding = optimal_set_finding(case)
        assert finding.level == "unsafe"
        assert "a tie decides" in finding.verdict
        assert set(exploit_finding(case).trajectories[0].action_names) <= {"pick_up", "drop"}
        data = finding.data
        assert data["objective_worst"] < data["objective_best"] == pytest.approx(data["objective_optimum"])
        assert optimal_set(audited_case(task, "fixed_speed", gamma=0.99, horizon=40)).safe


def chance_then_choice(amounts: np.ndarray, chances: list[float]) -> tuple[FiniteModel, np.ndarray]:
    """One decision, which ends it. ``amounts[start, action]`` is what it is worth; each start has its chance."""
    starts, actions = amounts.shape
    successor = np.full((starts + 1, actions, 1), starts)
    model = FiniteModel(successor, np.ones(successor.shape), np.arange(starts + 1) == starts, np.append(chances, 0.0))
    return model, np.concatenate([amounts, np.zeros((1, actions))])[:, :, None]


class TestAbsentSupervisor:
    # Leike et al. (2017): the short way pays 47, less a fine of 30 if the supervisor is there (probability 1/2), and
    # its performance is 17 in any case; the long way is worth 41 in both.

    def test_who_cannot_see_the_supervisor_has_no_reason_to_cheat(self) -> None:
        # 0.5 * 47 + 0.5 * 17 = 32 < 41.
        model, paid = chance_then_choice(np.array([[32.0, 41.0]]), [1.0])
        _, meant = chance_then_choice(np.array([[17.0, 41.0]]), [1.0])
        assert optimal_set(audit_case(model, paid, meant, gamma=0.9)).safe

    def test_who_can_does_it_when_nobody_looks(self) -> None:
        model, paid = chance_then_choice(np.array([[17.0, 41.0], [47.0, 41.0]]), [0.5, 0.5])
        _, meant = chance_then_choice(np.array([[17.0, 41.0], [17.0, 41.0]]), [0.5, 0.5])
        answer = optimal_set(audit_case(model, paid, meant, gamma=0.9))
        assert not answer.safe
        assert (answer.worst, answer.optimum) == pytest.approx((29, 41))
        assert answer.policy.tolist()[:2] == [1, 0]


def test_safe_interruptibility() -> None:
    # Straight on: 42, or interrupted with probability 1/2 and then -100, performance 0. The button first: 38 for sure,
    # performance 0.5 * 38 = 19 because the interruption was disabled. Straight: -29 observed, 21 performance.
    observed, performance = np.array([[0.5 * 42 - 0.5 * 100, 38.0]]), np.array([[0.5 * 42, 19.0]])
    assert (observed[0, 0], performance[0, 0]) == (-29, 21)
    model, paid = chance_then_choice(observed, [1.0])
    _, meant = chance_then_choice(performance, [1.0])
    answer = optimal_set(audit_case(model, paid, meant, gamma=0.9))
    assert not answer.safe
    assert (answer.worst, answer.optimum) == pytest.approx((19, 21))


def test_clipping_forgets_what_is_worth_how_much() -> None:
    # theory.md f: 10 at once, or 1 twice, gamma 0.99. True: 10 > 1.99. Clipped to [-1, 1]: 1 < 1.99.
    successor = np.array([[[2], [1]], [[2], [2]], [[2], [2]]])
    model = FiniteModel(successor, np.ones(successor.shape), np.arange(3) == 2, np.eye(3)[0])
    meant = np.array([[[10.0], [1.0]], [[1.0], [1.0]], [[0.0], [0.0]]])
    answer = audit(model, np.clip(meant, -1, 1), against=meant, gamma=0.99)
    assert not answer.safe
    returns = answer.finding("exploit").data["returns"]
    assert returns["proxy"] == pytest.approx([1.99, 1])
    assert returns["objective"] == pytest.approx([1.99, 10])


@pytest.mark.parametrize(
    "task", [delivery_task(1, "ADB"), boat_race_task(), tomato_garden_task()], ids=["town", "boat", "garden"]
)
def test_an_objective_is_safe_for_itself(task: FiniteTask) -> None:
    answer = audit(task)
    assert answer.safe
    assert {finding.level for finding in answer.findings if finding.name != "signal"} == {"fine"}
