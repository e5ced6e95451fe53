"""Sums along an episode: what stands at the ends is all that there is, and what each fault leaves there."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rewardlab.audit.identities import dynamic_shaping, look_ahead_advice, look_back_advice, shaped_return
from rewardlab.errors import BadInput
from rewardlab.rewards import shaping
from tests.audit.identities.drawn import one_choice, paying

numbers = st.floats(-10, 10, allow_subnormal=False)
A, B = 1, 0


class TestShapedReturn:
    # Grzes (2017): U' = U + gamma^T Phi(s_T) - Phi(s_0).

    def test_by_hand(self) -> None:
        # gamma 0.5, pay 1 and 2: U = 2. Potentials 3, 4, 8: F = 0.5 * 4 - 3 = -1 and 0.5 * 8 - 4 = 0; U' = 2 - 1 = 1.
        cut = shaped_return([1, 2], [3, 4, 8], 0.5, terminated=False)
        assert (cut.amounts.tolist(), cut.sum) == ([-1.0, 0.0], 1.0)
        # Terminated, the last amount is -4: U' = 2 - 1 - 2 = -1 = U - Phi(s_0). With the fault it stays 1.
        ended = shaped_return([1, 2], [3, 4, 8], 0.5, terminated=True)
        assert (ended.amounts.tolist(), ended.sum, ended.faulty_sum) == ([-1.0, -4.0], -1.0, 1.0)

    def test_a_terminal_potential_ranks_episodes_by_where_they_end(self) -> None:
        # Two exits of 1 and 0.5 whose ends have potentials 0 and 1, gamma 0.9: 1 against 0.5 + 0.9 = 1.4.
        first = shaped_return([1.0], [0, 0], 0.9, terminated=True)
        second = shaped_return([0.5], [0, 1], 0.9, terminated=True)
        assert (first.sum, second.sum) == (1.0, 0.5)
        assert (first.faulty_sum, second.faulty_sum) == pytest.approx((1.0, 1.4))

    @given(st.lists(st.tuples(numbers, numbers), min_size=1, max_size=30), numbers, st.floats(0, 1), st.booleans())
    def test_it_always_telescopes(
        self, steps: list[tuple[float, float]], last: float, gamma: float, terminated: bool
    ) -> None:
        rewards, potentials = [list(column) for column in zip(*steps, strict=True)]
        answer = shaped_return(rewards, [*potentials, last], gamma, terminated=terminated)
        assert answer.identity.holds
        ended = [False] * (len(rewards) - 1) + [terminated]
        phi = np.array([*potentials, last])
        np.testing.assert_allclose(answer.amounts, shaping(phi[:-1], phi[1:], ended, gamma), atol=1e-12)

    def test_refusals(self) -> None:
        with pytest.raises(BadInput, match="potentials: got 2 of them, expected 3"):
            shaped_return([1, 2], [3, 4], 0.5, terminated=True)
        with pytest.raises(BadInput, match=r"rewards: got NaN[\s\S]*potentials: got shape \(\)"):
            shaped_return([np.nan], 1, 0.5, terminated=True)


class TestDynamicShaping:
    # Devlin & Kudenko (2012).

    @pytest.mark.parametrize(("steps", "faulty"), [(2, 1), (4, 2), (10, 5)])
    def test_the_present_potential_twice_pays_for_going_to_and_fro(self, steps: int, faulty: int) -> None:
        # The potential of A is the time and that of B is 0; gamma is 1. Right: both pay T * 1 - 0.
        growing = np.stack([np.zeros(steps + 1), np.arange(steps + 1)], axis=1)
        to_and_fro = dynamic_shaping(growing, [A, B] * (steps // 2) + [A], 1.0)
        staying = dynamic_shaping(growing, [A] * (steps + 1), 1.0)
        assert (to_and_fro.sum, staying.sum) == (steps, steps)
        assert (to_and_fro.faulty_sum, staying.faulty_sum) == (faulty, 0)

    @given(st.integers(0, 2**32 - 1), st.integers(1, 40), st.floats(0, 1))
    def test_the_sum_is_what_stands_at_the_ends(self, seed: int, steps: int, gamma: float) -> None:
        rng = np.random.default_rng(seed)
        potentials, states = rng.normal(size=(steps + 1, 4)), rng.integers(4, size=steps + 1)
        answer = dynamic_shaping(potentials, states, gamma)
        assert answer.identity.deviation < 1e-12
        assert answer.sum == pytest.approx(
            gamma**steps * potentials[steps, states[steps]] - potentials[0, states[0]], abs=1e-12
        )

    def test_a_potential_that_stands_still_has_no_fault(self) -> None:
        rng = np.random.default_rng(0)
        still = np.tile(rng.normal(size=4), (11, 1))
        answer = dynamic_shaping(still, rng.integers(4, size=11), 0.9)
        np.testing.assert_array_equal(answer.faulty, answer.amounts)

    @pytest.mark.parametrize("states", [[0, 2, 0], [0, -1, 0], [0, 0.5, 0]])
    def test_what_is_no_state_is_refused(self, states: list[float]) -> None:
        with pytest.raises(BadInput, match="states: got a number that is no state"):
            dynamic_shaping(np.zeros((3, 2)), states, 0.9)
        with pytest.raises(BadInput, match="states: got 3 of them, expected 2"):
            dynamic_shaping(np.zeros((2, 2)), states, 0.9)


class TestLookBackAdvice:
    # Wiewiora, Cottrell & Elkan (2003): F_t = Phi_t - Phi_{t-1} / gamma.

    def test_by_hand(self) -> None:
        # Advice 1, 2, 3 at gamma 0.5: 1, 2 - 2 = 0, 3 - 4 = -1; sum 1 + 0 - 0.25 = 0.75 = 0.25 * 3.
        answer = look_back_advice([1, 2, 3], 0.5, terminated=False)
        assert (answer.amounts.tolist(), answer.sum) == ([1.0, 0.0, -1.0], 0.75)
        # Ended, the last step's own advice counts as 0: -4, and the sum is 0.
        ended = look_back_advice([1, 2, 3], 0.5, terminated=True)
        assert (ended.amounts.tolist(), ended.sum, ended.faulty_sum) == ([1.0, 0.0, -4.0], 0.0, 0.75)

    @given(st.lists(numbers, min_size=1, max_size=30), st.floats(0.1, 1), st.booleans())
    def test_the_sum_is_the_last_advice(self, advice: list[float], gamma: float, terminated: bool) -> None:
        answer = look_back_advice(advice, gamma, terminated=terminated)
        assert answer.identity.holds
        last = 0.0 if terminated else gamma ** (len(advice) - 1) * advice[-1]
        assert answer.sum == pytest.approx(last, abs=1e-9)

    def test_kept_at_the_end_it_flips_a_choice_that_ends_at_once(self) -> None:
        # a: 1, b: 0, advice 0 and 5. Kept at the end: 1 against 5. Counted as 0: 1 against 0, with no bias. Look-ahead
        # advice, on the same numbers, gives 1 and 0 - 5.
        kept = [paid + look_back_advice([advice], 0.9, terminated=True).faulty_sum for paid, advice in ((1, 0), (0, 5))]
        right = [paid + look_back_advice([advice], 0.9, terminated=True).sum for paid, advice in ((1, 0), (0, 5))]
        assert (kept, right) == ([1.0, 5.0], [1.0, 0.0])
        model = one_choice()
        ahead = look_ahead_advice(model, paying(model, [1, 0]), [[0, 5], [0, 0]], 0.9)
        assert ahead.action_values[0].tolist() == [1.0, -5.0]

    def test_in_an_endless_task_what_is_left_fades(self) -> None:
        left = [abs(look_back_advice(np.full(steps, 5.0), 0.9, terminated=False).sum) for steps in (10, 100, 300)]
        assert left == pytest.approx([5 * 0.9**9, 5 * 0.9**99, 5 * 0.9**299])

    def test_refusals(self) -> None:
        with pytest.raises(BadInput, match=r"advice: got no steps[\s\S]*gamma: got 0"):
            look_back_advice([], 0.0, terminated=True)
