"""Under pressure: a curve worked by hand, known hacks, planted faults and clean cases, and laws."""

from __future__ import annotations

import json

import numpy as np
import pytest

from rewardlab.audit.audited_case import audited_case
from rewardlab.audit.case import AuditCase, audit_case
from rewardlab.audit.optimal_set import optimal_set
from rewardlab.audit.pressure.under_pressure import TEMPERATURES, GoodhartCurve, under_pressure, under_pressure_finding
from rewardlab.mdp import FiniteTask
from rewardlab_envs.boat_race import boat_race_task
from rewardlab_envs.delivery import delivery_task
from rewardlab_envs.gridworld import gridworld_task
from rewardlab_envs.tomatoes import tomato_garden_task
from tests.audit.worlds import ENDLESS, WORLDS, case_of, shaping_of, some_potential
from tests.mdp.tiny_models import exit_or_stay, random_model

EVERYWHERE = pytest.mark.parametrize("task", [*WORLDS.values(), *ENDLESS.values()], ids=[*WORLDS, *ENDLESS])
PAID = (0.0, 1.0, 1.0, 1.2)
MEANT = (-1.0, 1.0, 1.0, -1.0)


def choice_of_four() -> AuditCase:
    """Stay for nothing, with gamma 0 so that it ends the matter, or leave by one of three exits."""
    model = exit_or_stay(exits=PAID[1:])
    proxy, objective = np.zeros(model.successor.shape), np.zeros(model.successor.shape)
    proxy[0, :, 0], objective[0, :, 0] = PAID, MEANT
    return audit_case(model, proxy, objective, gamma=0.0)


def drawn(number: int) -> AuditCase:
    """A random case with illegal actions, a quarter of them over a horizon without a discount."""
    rng = np.random.default_rng(number)
    model = random_model(rng, states=int(rng.integers(2, 7)), actions=3, outcomes=2, ends=int(rng.integers(0, 2)))
    proxy, objective = (rng.normal(size=model.successor.shape) * model.feasible for _ in range(2))
    gamma, horizon = (1.0, 4) if number % 4 == 0 else (float(rng.choice([0.0, 0.5, 0.9, 0.99])), None)
    return audit_case(model, proxy, objective, gamma=gamma, horizon=horizon)


def test_a_curve_that_rises_and_falls_by_hand() -> None:
    # Soft-optimal for one decision is a softmax. Two exits that are meant lie a little below one that is not: lukewarm,
    # the two outweigh it, and staying is given up; cold, it wins.
    answer = under_pressure(choice_of_four())
    paid, meant = np.array(PAID), np.array(MEANT)
    scale = np.abs(paid - paid.mean()).max()  # the largest advantage, 0.8: that of staying
    assert scale == pytest.approx(0.8)
    for index, temperature in enumerate(TEMPERATURES, start=1):
        weights = np.exp((paid - paid.max()) / (temperature * scale))
        weights /= weights.sum()
        assert answer.soft.proxy[index] == pytest.approx(weights @ paid, abs=1e-6)
        assert answer.soft.objective[index] == pytest.approx(weights @ meant, abs=1e-6)
    assert answer.temperatures[[0, -1]].tolist() == [np.inf, 0.0]
    assert answer.uniform == pytest.approx((0.8, 0.0))
    assert answer.optimum == pytest.approx((1.2, 1.0))
    assert (answer.soft.proxy[-1], answer.soft.objective[-1]) == pytest.approx((1.2, -1))
    assert answer.soft.span == pytest.approx(2)  # from -1 to 1
    assert answer.soft.goodharts
    assert answer.soft.lost == pytest.approx((answer.soft.objective.max() + 1) / 2)
    finding = under_pressure_finding(choice_of_four())
    assert finding.level == "caution"
    assert "rises, then falls" in finding.verdict
    # Policy iteration is there in one round: it has no way to show it, and does not hide what the other path shows.
    assert len(finding.data["rounds"]["proxy"]) == 1


def test_the_angle_by_hand() -> None:
    # One decision that ends all: visits differ by vectors that sum to 0, so the projection subtracts the mean.
    answer = under_pressure(choice_of_four())
    paid, meant = np.array(PAID) - np.mean(PAID), np.array(MEANT) - np.mean(MEANT)
    cosine = paid @ meant / np.linalg.norm(paid) / np.linalg.norm(meant)
    assert np.cos(answer.angle) == pytest.approx(cosine)


def test_what_a_curve_says() -> None:
    def curve(*objective: float) -> GoodhartCurve:
        return GoodhartCurve(np.arange(len(objective)) * 1.0, np.array(objective), 10.0)

    hump, falling, dip, rising = curve(0, 5, 3), curve(5, 4, 1), curve(0, 4, 2, 6), curve(0, 1, 2)
    assert (hump.peak, hump.gained, hump.lost, hump.goodharts) == (1, 0.5, 0.2, True)
    assert (falling.peak, falling.lost, falling.goodharts) == (0, 0.4, False)
    assert (dip.lost, dip.deepest_dip) == (0, 0.2)
    assert (rising.lost, rising.deepest_dip, rising.peak) == (0, 0, 2)
    # Less than a hundredth of the span is not spoken of.
    assert curve(0, 5, 4.95).lost == 0
    assert not curve(5, 5.05, 1).goodharts
    assert curve(5, 5.05, 1).lost == pytest.approx(0.405)


@EVERYWHERE
def test_a_clean_proxy_is_fine(task: FiniteTask) -> None:
    case = case_of(task, 2 * task.objective_table + shaping_of(task, 10 * some_potential(task)))
    finding = under_pressure_finding(case)
    assert finding.level == "fine"
    assert finding.data["angle_degrees"] == pytest.approx(0, abs=1e-3)
    assert finding.data["stop"] == len(TEMPERATURES) + 1
    soft = finding.data["soft"]
    assert soft["objective"][-1] == pytest.approx(optimal_set(case).optimum)
    assert "short" not in finding.verdict


@EVERYWHERE
def test_a_proxy_with_the_wrong_sign_is_found_and_stopped_at_once(task: FiniteTask) -> None:
    finding = under_pressure_finding(case_of(task, -task.objective_table))
    assert finding.level == "caution"
    assert "falls from the beginning" in finding.verdict
    assert finding.data["angle_degrees"] == pytest.approx(180)
    assert finding.data["stop"] == 0
    assert finding.data["soft"]["peak"] == 0


TRAPPED = {name: WORLDS[name] for name in ("town", "robot", "slippery")} | ENDLESS
"""Not the ice: the slide takes one past every place, and whoever goes where it is meant collects such a prize too."""


@pytest.mark.parametrize("task", TRAPPED.values(), ids=TRAPPED)
def test_a_prize_for_being_at_the_worst_is_found(task: FiniteTask) -> None:
    # The objective, and in each step at the worst a prize that is a little more in all than what else there is to gain.
    worst = case_of(task, -task.objective_table)
    visits = worst.space.visits(np.eye(task.model.n_actions)[worst.proxy_optimal.argmax(axis=1)])
    at_worst = worst.space.table((visits > 0.0).astype(np.float64))
    clean = case_of(task, task.objective_table)
    needed = under_pressure(clean).optimum[0] - float(clean.space.rows(worst.objective) @ visits)
    prize = 1.05 * needed / float(visits.sum())
    spoilt = worst.objective + prize * at_worst[:, :, None] * worst.model.feasible
    case = audit_case(worst.model, spoilt, worst.objective, gamma=worst.gamma)
    assert not optimal_set(case).safe
    assert under_pressure_finding(case).level == "caution"


KNOWN = {
    "progress in the town": (delivery_task(1), "progress_bonus"),
    "the bucket": (tomato_garden_task(), "seen_watered"),
    "progress in the grid": (gridworld_task(), "progress_bonus"),
}


@pytest.mark.parametrize(("task", "reward"), KNOWN.values(), ids=KNOWN)
def test_known_hacks_get_worse_with_pressure(task: FiniteTask, reward: str) -> None:
    finding = under_pressure_finding(audited_case(task, reward))
    assert finding.level == "caution"
    assert finding.data["soft"]["lost"] > 0.1
    json.dumps(finding.as_dict(), allow_nan=False)


def test_the_boat_race_over_its_hundred_steps() -> None:
    # Round the ring and to and fro pay 50 alike; a policy that is as likely to do one as the other gains about half.
    answer = under_pressure(audited_case(boat_race_task(), "arrows", gamma=1.0, horizon=100))
    assert answer.optimum == pytest.approx((50, 100))
    assert answer.soft.proxy[-1] == pytest.approx(50)
    assert 0 < answer.soft.objective[-1] < 100
    assert answer.uniform[1] == pytest.approx(-50)  # a clockwise step (+1) in four, and -1 for the others


@pytest.mark.parametrize("number", range(80))
def test_laws_of_random_models(number: int) -> None:
    case = drawn(number)
    answer, found = under_pressure(case), optimal_set(case)
    size = max(1.0, np.abs(answer.soft.proxy).max())
    for curve in (answer.soft, answer.rounds):
        assert np.diff(curve.proxy).min(initial=0.0) >= -1e-4 * size
        assert curve.proxy[-1] == pytest.approx(answer.optimum[0], abs=1e-7)
        assert found.worst - 1e-7 <= curve.objective[-1] <= found.best + 1e-7
        assert curve.objective.max() <= answer.optimum[1] + 1e-7
        assert 0.0 <= curve.lost <= 1.0 + 1e-9
        assert curve.lost <= curve.deepest_dip + 1e-12
    assert answer.optimum[1] == pytest.approx(found.optimum, abs=1e-7)
    if answer.stop is not None:
        assert np.diff(answer.soft.objective[: answer.stop + 1]).min(initial=0.0) >= -1e-7


def test_where_nothing_is_asked_nothing_falls() -> None:
    for reward in ("proxy", "objective"):
        case = choice_of_four()
        tables = {"proxy": case.proxy, "objective": case.objective} | {reward: np.zeros(case.proxy.shape)}
        silent = audit_case(case.model, tables["proxy"], tables["objective"], gamma=0.9)
        finding = under_pressure_finding(silent)
        assert finding.level == "fine"
        assert finding.data["stop"] is None
        assert "no angle" in finding.evidence[-1]
        json.dumps(finding.as_dict(), allow_nan=False)
