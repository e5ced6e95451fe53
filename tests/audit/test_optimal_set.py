"""SAFE and UNSAFE: the worst of what the proxy calls optimal, ties and unvisited states included."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from rewardlab.audit.case import audit_case
from rewardlab.audit.optimal_set import optimal_set, optimal_set_finding
from rewardlab.mdp import FiniteModel, FiniteTask, objective_range
from tests.audit.worlds import ENDLESS, GAMMA, WORLDS, case_of, shaping_of, some_potential
from tests.mdp.tiny_models import exit_or_stay

EVERYWHERE = pytest.mark.parametrize("task", [*WORLDS.values(), *ENDLESS.values()], ids=[*WORLDS, *ENDLESS])


@EVERYWHERE
def test_the_objective_itself_shaped_or_scaled_is_safe(task: FiniteTask) -> None:
    for proxy in (task.objective_table, 0.1 * task.objective_table + shaping_of(task, 1e4 * some_potential(task))):
        answer = optimal_set(case_of(task, proxy))
        assert answer.safe
        assert set(np.unique(answer.relation)) <= {-1, 0}
        assert answer.worst == pytest.approx(answer.optimum, abs=1e-9)


@EVERYWHERE
def test_the_opposite_is_unsafe_and_its_cost_is_that_of_the_plain_solution(task: FiniteTask) -> None:
    case = case_of(task, -task.objective_table)
    answer, plain = (
        optimal_set(case),
        objective_range(task.model, -task.objective_table, task.objective_table, gamma=GAMMA),
    )
    assert not answer.safe
    assert optimal_set_finding(case).level == "unsafe"
    assert (answer.worst, answer.best, answer.optimum) == pytest.approx((plain.worst, plain.best, plain.optimum))


@EVERYWHERE
def test_paying_nothing_is_unsafe_by_ties_alone(task: FiniteTask) -> None:
    # Everything is optimal for it: the best of that is the optimum, the worst is as bad as can be.
    case = case_of(task, 0 * task.objective_table)
    answer = optimal_set(case)
    worst = objective_range(task.model, -task.objective_table, task.objective_table, gamma=GAMMA).worst
    assert not answer.safe
    assert answer.best == pytest.approx(answer.optimum)
    assert answer.worst == pytest.approx(worst)
    assert "a tie decides" in optimal_set_finding(case).verdict


def fork() -> FiniteModel:
    """State 0 goes to 1 or to 2; 1 has a good and a bad way out, 2 too; 3 is the end. Action 0 is the good one."""
    successor = np.array([[[1], [2]], [[3], [3]], [[3], [3]], [[3], [3]]])
    return FiniteModel(successor, np.ones(successor.shape), np.arange(4) == 3, np.eye(4)[0])


def table(*paid: tuple[float, float]) -> np.ndarray:
    return np.array([*paid, (0.0, 0.0)])[:, :, None]


def test_what_a_perfect_agent_does_where_it_never_comes_is_no_fault() -> None:
    # Both send to state 1. In state 2 the proxy likes the bad way out, but nobody is ever there.
    meant, paid = table((1, 0), (1, 0), (1, 0)), table((1, 0), (1, 0), (0, 1))
    answer = optimal_set(audit_case(fork(), paid, meant, gamma=0.9))
    assert answer.safe
    assert answer.relation.tolist() == [0, 0, 3, -1]
    assert answer.visited.tolist() == [True, True, False, False]
    # Once both ways are equally good, some proxy-optimal policy comes there.
    meant, paid = table((0, 0), (1, 0), (1, 0)), table((0, 0), (1, 0), (0, 1))
    assert not optimal_set(audit_case(fork(), paid, meant, gamma=0.9)).safe


@pytest.mark.parametrize(
    ("paid", "meant", "relation", "safe"),
    [
        ((1, 0), (1, 0), 0, True),
        ((1, 0), (1, 1), 1, True),
        ((1, 1), (1, 0), 2, False),
        ((0, 1), (1, 0), 3, False),
        ((1, 1), (0, 0), 0, True),
    ],
)
def test_relations_of_two_sets(
    paid: tuple[float, float], meant: tuple[float, float], relation: int, safe: bool
) -> None:
    # One state with two exits, action 2 being the second exit; staying (action 0) pays nothing.
    model = exit_or_stay(exits=(1.0, 1.0))
    tables = []
    for amounts in (paid, meant):
        paying = np.full((3, 3, 1), -1.0)
        paying[0, 1:, 0] = amounts
        tables.append(paying * model.feasible)
    answer = optimal_set(audit_case(model, tables[0], tables[1], gamma=0.5))
    assert (answer.relation[0], answer.safe) == (relation, safe)


def test_a_horizon_is_another_criterion() -> None:
    # Shaping keeps its potential at a time limit, because learners bootstrap there. If the limit is an end, that is
    # the fault of Grzes (2017) in every last state, and may change what is optimal.
    task = WORLDS["robot"]
    proxy = task.objective_table + shaping_of(task, 5 * some_potential(task))
    assert optimal_set(case_of(task, proxy)).safe
    limited = case_of(task, proxy, horizon=6)
    assert not optimal_set(limited).safe
    assert "6 steps" in limited.criterion
    # Given back at the end, it is safe again.
    added = case_of(task, task.objective_table, horizon=6).model.shaping_table(
        5 * some_potential(task)[limited.states], GAMMA
    )
    corrected = replace(limited, proxy=limited.objective + added)
    assert optimal_set(corrected).safe
    assert not np.allclose(corrected.proxy, limited.proxy)


def test_of_agents_that_are_nearly_as_bad_one_that_errs_is_shown() -> None:
    # 1e-5 beside the 1e5 of a return: both actions are equally bad by the solution's tolerance of 1e-9.
    model = FiniteModel(np.zeros((1, 2, 1), dtype=np.int64), np.ones((1, 2, 1)), np.array([False]), np.ones(1))
    meant = np.array([[[1000.0 + 1e-5], [1000.0]]])
    answer = optimal_set(audit_case(model, 0 * meant, meant, gamma=0.99))
    assert not answer.safe
    assert answer.policy.tolist() == [1]


def test_where_double_precision_ends_it_is_said() -> None:
    task = ENDLESS["boat race"]
    said = {
        gamma: optimal_set_finding(case_of(task, task.objective_table, gamma)).evidence for gamma in (0.99, 0.99999)
    }
    assert not any("double precision" in line for line in said[0.99])
    assert any("double precision" in line for line in said[0.99999])


def test_a_perfect_agent_of_the_worst_kind_is_shown() -> None:
    task = ENDLESS["boat race"]
    proxy = task.model.reward_table(task.catalogue.reward("arrows"))
    answer = optimal_set(case_of(task, proxy, 0.99))
    # Ties: going round earns as much as going to and fro. 1 / (1 + 0.99) = 0.5025 and 1 / (1 - 0.99) = 100.
    assert (answer.worst, answer.best) == pytest.approx((1 / 1.99, 100))
    assert answer.policy.tolist()[:2] == [1, 3]  # east to the arrow, and west again
