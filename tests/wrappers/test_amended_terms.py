"""Terms paid with other factors or under conditions: one environment and vectors in every mode against the formula."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from gymnasium.vector import AutoresetMode

from rewardlab.errors import BadInput
from rewardlab.mdp import FiniteEnv, FiniteVectorEnv
from rewardlab.wrappers import AmendedTerms, Ledger, VectorAmendedTerms, VectorLedger, wrapper_problems
from rewardlab.wrappers.amended_terms import amendment
from rewardlab.wrappers.order import broken_orders, layers
from rewardlab_envs.delivery import delivery_task

TASK = delivery_task(1, "A.D.B", max_episode_steps=6)
AMENDED: dict[str, Any] = {
    "factors": {"picked_up": -2.0},
    "only_when": {"speed_on_arrival": "picked_up"},
    "never_when": {"picked_up": "delivered"},
}


def expected_table() -> np.ndarray:
    """``[S, A, 1]`` what is paid in the end: the arrival never (nothing is picked up then), a pick-up -2 * 0.1."""
    return -0.2 * TASK.model.events["picked_up"]


def test_the_formula_by_hand() -> None:
    lines = {"a": np.array([1.0, 2.0, 3.0]), "b": np.array([5.0, 5.0, 5.0])}
    events = {"seen": np.array([0.0, 1.0, -1.0])}
    only = amendment(lines, events, factors={}, only_when={"a": "seen"}, never_when={})
    assert only.tolist() == [-1.0, 0.0, -3.0]
    never = amendment(lines, events, factors={"b": 0.5}, only_when={}, never_when={"a": "seen"})
    assert never.tolist() == [-2.5, -4.5, -2.5]
    both = amendment(lines, events, factors={"a": 2.0}, only_when={"a": "seen"}, never_when={})
    assert both.tolist() == [-1.0, 2.0, -3.0]


def test_one_environment_pays_the_formula_and_accounts_for_it() -> None:
    env = Ledger(AmendedTerms(FiniteEnv(TASK, "pickup_bonus"), AMENDED["factors"], **conditions()))
    table, rng = expected_table(), np.random.default_rng(0)
    paid_something = False
    for seed in range(20):
        _, info = env.reset(seed=seed)
        ended = False
        while not ended:
            state, action = info["state"], int(rng.integers(TASK.model.n_actions))
            _, reward, terminated, truncated, info = env.step(action)
            assert float(reward) == pytest.approx(table[state, action, 0])
            assert sum(info["ledger"].values()) == pytest.approx(float(reward))
            assert info["ledger"]["unaccounted"] == 0.0
            paid_something = paid_something or float(reward) != 0.0
            ended = terminated or truncated
    assert paid_something


@pytest.mark.parametrize("mode", list(AutoresetMode))
def test_a_vector_pays_the_same_in_every_mode(mode: AutoresetMode) -> None:
    bare = FiniteVectorEnv(TASK, 16, "pickup_bonus", autoreset_mode=mode)
    env = VectorLedger(VectorAmendedTerms(bare, AMENDED["factors"], **conditions()))
    table, rng = expected_table(), np.random.default_rng(1)
    _, infos = env.reset(seed=3)
    state, ended = infos["state"], np.zeros(16, dtype=bool)
    steps_that_ended = 0
    for _ in range(40):
        actions = rng.integers(TASK.model.n_actions, size=16)
        if mode is AutoresetMode.DISABLED and ended.any():
            _, again = env.reset(options={"reset_mask": ended})
            state = np.where(ended, again["state"], state)
        unpaid = ended if mode is AutoresetMode.NEXT_STEP else np.zeros(16, dtype=bool)
        _, rewards, terminated, truncated, infos = env.step(actions)
        np.testing.assert_allclose(rewards, np.where(unpaid, 0.0, table[state, actions, 0]), atol=1e-12)
        state, ended = infos["state"], terminated | truncated
        steps_that_ended += int(ended.sum())
        if ended.any():
            totals = infos["episode"]["ledger"]
            lines = sum(amounts[ended] for name, amounts in totals.items() if not name.startswith("_"))
            np.testing.assert_allclose(lines, infos["episode"]["r"][ended], atol=1e-9)
    assert steps_that_ended > 16


def test_a_spec_is_checked() -> None:
    def problems(**settings: Any) -> list[str]:
        return [str(problem) for problem in wrapper_problems({"kind": "terms", **settings}, TASK.catalogue, 0.9, "w")]

    assert problems(**AMENDED) == []
    assert problems() == ["w: got none of 'factors', 'only_when' and 'never_when', expected one of them at least"]
    wrong = problems(factors={"speed": "2"}, only_when={"speed": "deliverd"}, never_when=[1])
    assert wrong[0] == "w.factors.speed: got '2', expected a finite number"
    assert "did you mean 'delivered'?" in wrong[1]
    assert wrong[2].startswith("w.never_when: got [1], expected a table of events by term")


def test_a_term_that_is_not_there_is_refused_at_the_first_step() -> None:
    env = AmendedTerms(FiniteEnv(TASK, "pickup_bonus"), {"pickedup": 1.0})
    env.reset(seed=0)
    with pytest.raises(BadInput, match="did you mean 'picked_up'"):
        env.step(0)
    vector = VectorAmendedTerms(FiniteVectorEnv(TASK, 2, "pickup_bonus"), only_when={"picked_up": "delivred"})
    vector.reset(seed=0)
    with pytest.raises(BadInput, match="did you mean 'delivered'"):
        vector.step([0, 0])
    with pytest.raises(BadInput, match="no factors and no conditions"):
        AmendedTerms(FiniteEnv(TASK), {})


def test_it_changes_the_task_and_so_stands_inside_of_shaping() -> None:
    from rewardlab.wrappers import PotentialShaping

    potential = TASK.catalogue.potential("distance")
    inside = PotentialShaping(AmendedTerms(FiniteEnv(TASK, "pickup_bonus"), {"picked_up": 0.0}), potential, gamma=0.9)
    outside = AmendedTerms(PotentialShaping(FiniteEnv(TASK, "pickup_bonus"), potential, gamma=0.9), {"picked_up": 0.0})
    assert broken_orders(layers(inside)) == []
    assert len(broken_orders(layers(outside))) == 1


def test_a_potential_may_be_a_list_or_a_multiple() -> None:
    def problems(**settings: Any) -> list[str]:
        shaping = {"kind": "potential_shaping", **settings}
        return [str(problem) for problem in wrapper_problems(shaping, TASK.catalogue, 0.9, "w")]

    assert problems(potential=[0.0, 1, -2.5]) == []
    assert problems(potential="distance", weight=2) == []
    assert problems(potential=[]) == ["w.potential: got a list, expected a finite number for each state, or a name"]
    assert len(problems(potential=[0.0, float("nan")], weight=True)) == 2


def conditions() -> dict[str, Any]:
    return {key: AMENDED[key] for key in ("only_when", "never_when")}
