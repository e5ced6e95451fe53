"""One state with exits: the published and the hand-worked numbers on what each shaping bug does to a decision.

`stay` is action 0 and pays nothing; exit i is action i. Where the potential is Phi everywhere but in the ends, right
shaping is worth -Phi for an exit and gamma * Phi - Phi for each stay, -Phi in total for staying for ever. So the exit
keeps its lead.
"""

from __future__ import annotations

import numpy as np
import pytest

from rewardlab.mdp import FiniteModel, solve
from tests.mdp.tiny_models import PAID, exit_or_stay


def stay_and_exits(model: FiniteModel, gamma: float, bonus_of_stay: float, bonus_of_exit: list[float]) -> list[float]:
    """What staying for ever and each exit are worth with these amounts added to a step."""
    table = model.reward_table(PAID)
    table[0, 0, 0] += bonus_of_stay
    table[0, 1:, 0] += bonus_of_exit
    stay = table[0, 0, 0] / (1 - gamma)
    exits = table[0, 1:, 0].tolist()
    solution = solve(model, table, gamma)
    assert solution.values[0] == pytest.approx(max(stay, *exits)), "the solver must agree with the sum by hand"
    return [stay, *exits]


class TestTerminalPotentialKept:
    # Grzes (2017): U' = U + gamma^N Phi(s_N) - Phi(s_0), so Phi must be 0 in every terminal state.

    def test_a_low_terminal_potential_makes_staying_better(self) -> None:
        # gamma 0.9, exit 1, Phi(T) = -2: exit 1 - 1.8 = -0.8 < 0 = stay.
        assert stay_and_exits(exit_or_stay(), 0.9, 0, [0.9 * -2]) == pytest.approx([0, -0.8])

    @pytest.mark.parametrize(("terminal_potential", "exit_is_best"), [(-1.10, True), (-1.12, False)])
    def test_the_flip_is_at_minus_ten_ninths(self, terminal_potential: float, exit_is_best: bool) -> None:
        stay, leave = stay_and_exits(exit_or_stay(), 0.9, 0, [0.9 * terminal_potential])
        assert (leave > stay) == exit_is_best

    def test_two_exits_are_ranked_by_their_potentials(self) -> None:
        # Exits of 1 and 0.5 whose ends have potentials 0 and 1: 1 against 0.5 + 0.9 = 1.4.
        model = exit_or_stay(exits=(1.0, 0.5))
        assert stay_and_exits(model, 0.9, 0, [0.9 * 0, 0.9 * 1]) == pytest.approx([0, 1, 1.4])

    def test_a_constant_on_terminals_too_is_a_living_bonus(self) -> None:
        # Phi = -10 everywhere: each step adds (0.9 - 1) * -10 = 1: stay 10 > exit 2.
        assert stay_and_exits(exit_or_stay(), 0.9, 1, [1]) == pytest.approx([10, 2])

    def test_the_same_constant_done_right_keeps_the_decision(self) -> None:
        # Phi = -10 but 0 at the end: stay 10 < exit 1 + 10 = 11; this is what the library pays.
        model = exit_or_stay()
        extra = model.shaping_table(np.array([-10.0, -10.0]), 0.9)
        assert extra[0, :, 0].tolist() == [1.0, 10.0]
        assert stay_and_exits(model, 0.9, *[extra[0, 0, 0], [extra[0, 1, 0]]]) == pytest.approx([10, 11])


class TestTruncationZeroed:
    # Phi = -10, gamma 0.9, staying is cut off with probability 0.1.

    def test_kept(self) -> None:
        # One stay and the exit after it: 1 + 0.9 * 11 = 10.9 < 11.
        stay_once = 1 + 0.9 * 11
        assert stay_once == pytest.approx(10.9)
        assert stay_and_exits(exit_or_stay(), 0.9, 1, [10])[1] > stay_once

    def test_zeroed(self) -> None:
        # E[F | stay] rises by -0.1 * 0.9 * -10 = 0.9 to 1.9: staying for ever is worth 19 > 11.
        assert stay_and_exits(exit_or_stay(), 0.9, 1 + 0.9, [10]) == pytest.approx([19, 11])


class TestGammaMismatch:
    # gamma 0.99, Phi = 20, exit 1. Right: stay (0.99 - 1) * 20 / 0.01 = -20 < exit 1 - 20 = -19.

    @pytest.mark.parametrize(("shaping_gamma", "stay"), [(0.99, -20), (0.995, -10), (1.0, 0)])
    def test_values(self, shaping_gamma: float, stay: float) -> None:
        model = exit_or_stay()
        extra = model.shaping_table(np.array([20.0, 20.0]), shaping_gamma)
        values = stay_and_exits(model, 0.99, extra[0, 0, 0], [extra[0, 1, 0]])
        assert values == pytest.approx([stay, -19])

    @pytest.mark.parametrize(
        ("shaping_gamma", "potential", "exit_is_best"),
        [(1.0, 0.99, True), (1.0, 1.01, False), (0.995, 1.99, True), (0.995, 2.01, False), (0.99, 1000.0, True)],
    )
    def test_flips(self, shaping_gamma: float, potential: float, exit_is_best: bool) -> None:
        # The wrong part is a state reward of (gamma_F - gamma) * Phi a step, against a lead of 1.
        model = exit_or_stay()
        extra = model.shaping_table(np.full(2, potential), shaping_gamma)
        solution = solve(model, model.reward_table(PAID) + extra, 0.99)
        assert solution.optimal[0].tolist() == [not exit_is_best, exit_is_best]
