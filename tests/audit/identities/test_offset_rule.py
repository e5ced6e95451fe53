"""The constant that gives shaping its sign (Mueller & Kudenko 2025)."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rewardlab.audit.identities import offset_rule
from rewardlab.errors import BadInput
from rewardlab.mdp import solve
from tests.mdp.tiny_models import PAID, exit_or_stay

potentials = st.lists(st.floats(-20, 20, allow_subnormal=False), min_size=2, max_size=12)


@pytest.mark.parametrize(
    ("offset", "distance", "stay", "forward"),
    # A line, potential -distance, gamma 0.99: a stay pays 0.01 * distance - 0.01 * offset, a step forward 0.99 more.
    [
        (0, 5, 0.05, 1.04),
        (0, 9, 0.09, 1.08),
        (10, 5, -0.05, 0.94),
        (10, 9, -0.01, 0.98),
        (-10, 5, 0.15, 1.14),
        (-10, 9, 0.19, 1.18),
    ],
)
def test_what_a_stay_and_a_step_pay(offset: float, distance: float, stay: float, forward: float) -> None:
    answer = offset_rule([-distance, -distance], [-distance, 1 - distance], 0.99, offset=offset)
    assert answer.amounts == pytest.approx([stay, forward], abs=1e-12)
    assert answer.wrong.tolist() == [stay > 0, False]


def test_the_rule_on_the_line() -> None:
    # Stays ask for b > 9 at the farthest. Steps from d to d - 1 ask for b < (0.99 * (1 - d) + d) / 0.01 = 99 + d,
    # least at d = 2 (the step from 1 ends the task): 101.
    now = -np.arange(1.0, 10.0)
    answer = offset_rule(np.concatenate([now, now[1:]]), np.concatenate([now, now[1:] + 1]), 0.99, offset=10)
    assert (answer.above, answer.below) == pytest.approx((9, 101))
    assert answer.possible
    assert not answer.wrong.any()


@given(potentials, potentials, st.floats(0.1, 0.999), st.floats(-200, 200))
def test_a_constant_is_right_exactly_between_the_limits(
    one: list[float], other: list[float], gamma: float, offset: float
) -> None:
    size = min(len(one), len(other))
    answer = offset_rule(one[:size], other[:size], gamma, offset=offset)
    near = min(abs(offset - answer.above), abs(offset - answer.below)) < 1e-6
    if not near:
        assert (not answer.wrong.any()) == (answer.above < offset < answer.below)


def test_the_step_into_the_end_is_not_judged_and_pays_the_constant_back() -> None:
    # From distance 1 into the goal, whose potential is 0: 0 - (-1 + 10) = -9, though it is a step forward.
    answer = offset_rule([-1.0], [0.0], 0.99, offset=10, terminated=[True])
    assert answer.amounts.tolist() == [-9.0]
    assert (answer.wrong.tolist(), answer.above, answer.below) == ([False], -np.inf, np.inf)


def test_on_terminals_too_it_is_a_living_cost() -> None:
    # Exit 1 against staying for 0 at gamma 0.9, potential 0 and a constant of -20. Only on the state: leaving is worth
    # 1 + 20 and staying 20. On the end as well each step adds 2: staying is worth 20, leaving 1 + 2.
    model = exit_or_stay()
    table = model.reward_table(PAID)
    right = model.shaping_table(np.array([-20.0, 0.0]), 0.9)
    assert solve(model, table + right, 0.9).optimal[0].tolist() == [False, True]
    everywhere = np.where(model.feasible, offset_rule([0.0], [0.0], 0.9, offset=-20).amounts[0], 0.0)
    assert everywhere[0, 0, 0] == pytest.approx(2)
    assert solve(model, table + everywhere, 0.9).optimal[0].tolist() == [True, False]


def test_refusals() -> None:
    with pytest.raises(BadInput, match="potential_next: got shape"):
        offset_rule([1.0, 2.0], [1.0], 0.9)
    with pytest.raises(BadInput, match=r"terminated: got shape \(3,\)"):
        offset_rule([1.0, 2.0], [1.0, 2.0], 0.9, terminated=[True] * 3)
    with pytest.raises(BadInput, match="gamma: got 1"):
        offset_rule([1.0], [1.0], 1.0)
