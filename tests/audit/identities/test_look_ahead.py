"""Look-ahead advice (Wiewiora, Cottrell & Elkan 2003): values move by the advice, so a policy needs the bias."""

from __future__ import annotations

import numpy as np
import pytest

from rewardlab.audit.identities import look_ahead_advice
from rewardlab.errors import BadInput, RunFailed
from rewardlab.mdp import expected_return, solve
from tests.audit.identities.drawn import drawn, one_choice, paying
from tests.mdp.tiny_models import PAID, every_policy, exit_or_stay


def test_without_the_bias_the_worse_action_looks_better() -> None:
    # One state, a: 1, b: 0, then the end; advice 5 and 0. Values 1 - 5 = -4 and 0: b looks better and is worth 0.
    model = one_choice()
    answer = look_ahead_advice(model, paying(model, [1, 0]), [[5, 0], [0, 0]], 0.9)
    assert answer.action_values[0].tolist() == [-4.0, 0.0]
    assert answer.unbiased[0].tolist() == [False, True]
    assert answer.biased[0].tolist() == [True, False]
    assert (answer.misled.tolist(), answer.unbiased_is_safe, answer.loss) == ([True, False], False, 1.0)


def test_advice_that_agrees_with_the_task_needs_no_bias_less_than_the_lead() -> None:
    # The lead of a is 1, so advice of less than 1 for a leaves a best even without the bias.
    model = one_choice()
    for advice, safe in ((0.9, True), (1.1, False), (-3.0, True)):
        answer = look_ahead_advice(model, paying(model, [1, 0]), [[advice, 0], [0, 0]], 0.9)
        assert answer.unbiased_is_safe == safe


@pytest.mark.parametrize("seed", range(60))
def test_values_move_by_the_advice_and_the_biased_policy_is_right(seed: int) -> None:
    case = drawn(seed)
    answer = look_ahead_advice(case.model, case.table, case.advice, case.gamma)
    assert answer.identity.holds
    assert answer.identity.deviation < 1e-8
    assert (answer.biased == solve(case.model, case.table, case.gamma).optimal).all()


def test_the_loss_is_that_of_the_worst_policy_that_follows_the_values() -> None:
    misled = 0
    for seed in range(40):
        case = drawn(seed)
        if np.prod(case.model.legal.sum(axis=1)) > 300:
            continue
        answer = look_ahead_advice(case.model, case.table, case.advice, case.gamma)
        running = ~case.model.terminal
        followed = [
            expected_return(case.model, case.table, policy, case.gamma)
            for policy in every_policy(case.model)
            if (answer.unbiased[running] >= policy[running]).all()
        ]
        best = solve(case.model, case.table, case.gamma).expected_return
        assert answer.loss == pytest.approx(best - min(followed), abs=1e-9)
        misled += not answer.unbiased_is_safe
    assert misled > 5


def test_of_equals_the_worst_counts() -> None:
    # Pay 1, 0, -1 and advice 5, 0, -1: values -4, 0, 0. Who goes by them may do the last: 2 less than the best.
    model = one_choice(3)
    answer = look_ahead_advice(model, paying(model, [1, 0, -1]), [[5, 0, -1], [0, 0, 0]], 0.9)
    assert answer.unbiased[0].tolist() == [False, True, True]
    assert answer.loss == 2.0


def test_a_potential_of_states_alone_is_the_safe_case() -> None:
    for seed in range(20):
        case = drawn(seed)
        advice = np.repeat(case.potential[:, None], case.model.n_actions, axis=1)
        answer = look_ahead_advice(case.model, case.table, advice, case.gamma)
        assert answer.identity.holds
        assert answer.unbiased_is_safe
        assert answer.loss == pytest.approx(0, abs=1e-9)


def test_all_that_is_wrong_is_said_at_once() -> None:
    with pytest.raises(BadInput) as refused:
        look_ahead_advice(one_choice(), np.zeros((2, 2)), [[np.nan, 0], [0, 0]], 0.9)
    assert [problem.where for problem in refused.value.problems] == ["reward_table", "advice"]
    model = exit_or_stay()
    with pytest.raises(RunFailed, match=r"still moving by .* the discount is too near to 1"):
        look_ahead_advice(model, model.reward_table(PAID) + 1.0, np.zeros((2, 2)), 1 - 1e-9)
