"""A constant for each step: worked thresholds, the ring where there are none, and solving anew on both sides."""

from __future__ import annotations

from dataclasses import replace

import gymnasium as gym
import numpy as np
import pytest

from rewardlab.audit.case import AuditCase, audit_case
from rewardlab.audit.optimal_set import optimal_set
from rewardlab.audit.signal import constant_shift
from rewardlab.audit.signal.constant_shift import shift_thresholds
from rewardlab.mdp import FiniteModel, toy_text_task
from rewardlab_envs.boat_race import boat_race_task
from tests.audit.worlds import case_of
from tests.mdp.tiny_models import PAID, exit_or_stay, random_model, stay_or_switch


def alone(model: FiniteModel, proxy: np.ndarray, gamma: float, horizon: int | None = None) -> AuditCase:
    """The objective plays no part."""
    return audit_case(model, proxy, proxy, gamma=gamma, horizon=horizon)


def keeps(case: AuditCase, constant: float) -> bool:
    """Whether all that is optimal for the shifted proxy is optimal for the proxy, by solving anew."""
    shifted = case.proxy + constant * case.model.feasible
    return optimal_set(audit_case(case.model, shifted, case.proxy, gamma=case.gamma)).safe


def test_to_stay_for_a_living() -> None:
    # Leaving pays 1 + c, staying for ever c / (1 - 0.9) = 10 c: the same at c = 1 / 9. A penalty only hastens it.
    model = exit_or_stay()
    assert shift_thresholds(alone(model, model.reward_table(PAID), 0.9)) == (-np.inf, pytest.approx(1 / 9))


def test_to_leave_for_fear_of_living() -> None:
    # Leaving pays -1 + c, staying 10 c: the same at c = -1 / 9.
    model = exit_or_stay(exits=(-1.0,))
    assert shift_thresholds(alone(model, model.reward_table(PAID), 0.9)) == (pytest.approx(-1 / 9), np.inf)


def test_the_long_way_round() -> None:
    # 1 at once, or 0 and then 2, gamma 0.9: 1 + c against 0.9 * 2 + 1.9 c; the long way is best, until c < -0.8 / 0.9.
    successor = np.array([[[2], [1]], [[2], [2]], [[2], [2]]])
    model = FiniteModel(successor, np.ones(successor.shape), np.array([False, False, True]), np.array([1.0, 0, 0]))
    proxy = np.array([[[1.0], [0.0]], [[2.0], [2.0]], [[0.0], [0.0]]])
    assert shift_thresholds(alone(model, proxy, 0.9)) == (pytest.approx(-0.8 / 0.9), np.inf)


def test_without_an_end_there_is_no_threshold() -> None:
    model = stay_or_switch()
    assert shift_thresholds(alone(model, model.reward_table(PAID), 0.9)) == (-np.inf, np.inf)
    race = boat_race_task()
    for horizon, gamma in ((None, 0.99), (20, 1.0)):
        case = case_of(race, race.model.reward_table(race.catalogue.rewards["arrows"]), gamma, horizon=horizon)
        assert shift_thresholds(case) == (-np.inf, np.inf)


def test_a_proxy_that_pays_nothing_has_nothing_to_lose() -> None:
    model = exit_or_stay()
    assert shift_thresholds(alone(model, np.zeros(model.successor.shape), 0.9)) == (-np.inf, np.inf)


def test_cliff_walking_is_walked_until_living_pays() -> None:
    # -1 for each of 13 steps to the goal: with 1 more a step costs nothing, and with more it is worth dawdling. The
    # cliff begins anew and is no end, so that no penalty makes it a way out.
    task = toy_text_task(gym.make("CliffWalking-v1"), max_episode_steps=100)
    assert shift_thresholds(case_of(task, task.objective_table, 0.99)) == (-np.inf, pytest.approx(1.0))


def test_a_state_that_nobody_visits_decides_nothing() -> None:
    # From 0: to the end for 3, or to 1 for 0. In 1: on to the end for 1, or stay for 0. Gamma 0.5. In 1, where nobody
    # comes, staying is worth it from 1 + c = 2 c on, c = 1; going there from 3 + c = c + 0.5 * 2 c on, c = 3.
    successor = np.array([[[2], [1]], [[2], [1]], [[2], [2]]])
    model = FiniteModel(successor, np.ones(successor.shape), np.array([False, False, True]), np.array([1.0, 0, 0]))
    proxy = np.array([[[3.0], [0.0]], [[1.0], [0.0]], [[0.0], [0.0]]])
    case = alone(model, proxy, 0.5)
    assert shift_thresholds(case) == (-np.inf, pytest.approx(3.0))
    assert keeps(case, 2.99)
    assert not keeps(case, 3.01)


@pytest.mark.parametrize("seeds", [range(60), pytest.param(range(60, 150), marks=pytest.mark.slow)], ids=str)
def test_solving_anew_on_both_sides_of_each_threshold(seeds: range, monkeypatch: pytest.MonkeyPatch) -> None:
    slow_ways: list[float] = []
    slow_way = constant_shift._beyond_unvisited

    def noted(*arguments: object) -> float:
        slow_ways.append(slow_way(*arguments))  # type: ignore[arg-type]
        return slow_ways[-1]

    monkeypatch.setattr(constant_shift, "_beyond_unvisited", noted)
    finite = 0
    for number in seeds:
        rng = np.random.default_rng(number)
        model = random_model(rng, states=int(rng.integers(3, 8)), actions=3, outcomes=1 + number % 2)
        model = replace(model, start=np.eye(model.n_states)[0]) if number % 3 else model
        # In tenths every other time, so that many policies tie.
        drawn = rng.normal(size=model.successor.shape) if number % 4 < 2 else model.events["meant"]
        case = alone(model, drawn * model.feasible, float(rng.choice([0.5, 0.9])))
        size = max(1.0, float(np.abs(case.proxy).max()))
        for sign, threshold in zip((-1, 1), shift_thresholds(case), strict=True):
            assert sign * threshold > 0
            if np.isfinite(threshold):
                finite += 1
                assert keeps(case, 0.999 * threshold)
                assert not keeps(case, 1.001 * threshold)
            else:
                assert keeps(case, sign * 100 * size)
    assert finite > 50
    assert len(slow_ways) > 5
    assert np.isfinite(slow_ways).any()
