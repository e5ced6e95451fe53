"""Signal: delayed credit with its known numbers, terms by hand, toy texts, planted faults and clean cases."""

from __future__ import annotations

import json

import gymnasium as gym
import numpy as np
import pytest

from rewardlab.audit.auditing import audited_case
from rewardlab.audit.case import AuditCase, audit_case
from rewardlab.audit.signal.proxy_signal import proxy_signal
from rewardlab.audit.signal.signal_finding import signal_finding
from rewardlab.mdp import FiniteModel, FiniteTask, toy_text_task
from rewardlab_envs.delayed_credit import delayed_credit_task
from rewardlab_envs.delivery import delivery_task
from rewardlab_envs.gridworld import gridworld_task
from tests.audit.worlds import ENDLESS, WORLDS, case_of
from tests.mdp.tiny_models import exit_or_stay, random_model

EVERYWHERE = pytest.mark.parametrize("task", [*WORLDS.values(), *ENDLESS.values()], ids=[*WORLDS, *ENDLESS])


class TestDelayedCredit:
    # The first action decides; 39 idle steps later 1000 is won. Each step but the last costs 0.001.

    @pytest.mark.parametrize("delay", [0, 1, 39, 200])
    def test_the_credit_left_is_gamma_to_the_delay(self, delay: int) -> None:
        answer = proxy_signal(audited_case(delayed_credit_task(delay), "win_only", gamma=0.99))
        assert answer.horizon == pytest.approx(delay)
        assert answer.credit == pytest.approx(0.99**delay)
        # Every second episode of delay + 1 steps is paid, at its end.
        assert answer.first.steps == pytest.approx(2 * (delay + 1))
        assert answer.first.paid == pytest.approx(0.5)
        # One step in all those of both roads pays, out of the two actions of each state.
        assert answer.paying_actions == pytest.approx((1 if delay == 0 else 2) / (2 * (2 * delay + 1)))

    def test_a_far_payment_is_a_cause_for_caution_and_a_near_one_is_not(self) -> None:
        # 0.99 ** 229 = 0.1001 and 0.99 ** 230 = 0.0991.
        near, far = (signal_finding(audited_case(delayed_credit_task(delay), "win_only")) for delay in (229, 230))
        assert near.level != "caution"
        assert far.level == "caution"
        assert "9.9 % of the payment is left" in far.verdict
        assert "shape by a potential" in far.advice

    def test_a_million_to_one(self) -> None:
        finding = signal_finding(audited_case(delayed_credit_task(39), "raw"))
        assert finding.level == "caution"
        assert finding.data["scale_ratio"] == pytest.approx(1e6)
        assert (finding.data["smallest"], finding.data["largest"]) == (0.001, 1000.0)
        # All episodes last 40 steps, so that a constant is the same for all.
        assert finding.data["penalty"] is finding.data["bonus"] is None

    def test_what_rounding_left_of_nothing_is_no_payment(self) -> None:
        # To leave pays 1 and to stay 1e-17; a random policy waits two steps on average, not one.
        model = exit_or_stay()
        proxy = np.array([[[1e-17], [1.0]], [[0.0], [0.0]]])
        answer = proxy_signal(audit_case(model, proxy, proxy, gamma=0.9))
        assert (answer.paying_actions, answer.smallest) == (0.5, 1.0)
        assert answer.first.steps == pytest.approx(2.0)

    def test_amounts_of_shaping_in_all_sizes_are_no_cause_for_caution(self) -> None:
        # A potential of 0.001 but where it begins takes 1e-5 a step, while 1000 is paid for the win.
        task = delayed_credit_task(39)
        states = np.arange(task.model.n_states)
        shaped = audited_case(task, "win_only", shaping=np.where(states == 0, 0.0, 0.001))
        answer = proxy_signal(shaped)
        assert answer.scale_ratio > 10_000
        assert answer.unshaped_ratio == 1
        assert signal_finding(shaped).level != "caution"
        # What is not shaping still is one, shaped or not.
        assert signal_finding(audited_case(task, "raw", shaping="promise")).level == "caution"

    def test_shaping_brings_the_payment_near(self) -> None:
        task = delayed_credit_task(39)
        # The potential is 1000 from the decision on: 990 at once, -10 for each of 38 steps, and at last 1000 - 1000.
        weights = 10 * 0.99 ** np.arange(1, 39)
        horizon = (np.arange(1, 39) * weights).sum() / (990 + weights.sum())
        answer = proxy_signal(audited_case(task, "win_only", shaping="promise"))
        assert answer.horizon == pytest.approx(horizon)
        assert answer.credit > 0.95


class TestGymnasium:
    def test_cliff_walking_pays_in_every_step(self) -> None:
        # -1 a step, 13 steps: sum of t 0.99**t over the sum of 0.99**t, t = 0 ... 12. The cliff costs 100.
        task = toy_text_task(gym.make("CliffWalking-v1"), max_episode_steps=100)
        answer = proxy_signal(audited_case(task))
        times = np.arange(13)
        assert answer.horizon == pytest.approx((times * 0.99**times).sum() / (0.99**times).sum())
        assert (answer.paying_actions, answer.paid_steps, answer.first.steps) == pytest.approx((1, 1, 1))
        assert answer.scale_ratio == 100
        # Clipped, a fall costs no more than a step, and takes one back to the start: the way is the same.
        assert answer.clipped["clip to [-1, 1]"].safe
        assert answer.clipped["clip to [-1, 1]"].alters

    def test_frozen_lake_pays_once_and_ends(self) -> None:
        case = audited_case(gym.make("FrozenLake-v1"))
        answer = proxy_signal(case)
        # Only the cell before the goal pays, by the three of its four moves that may slip there.
        assert answer.paying_actions == pytest.approx(3 / (11 * 4))
        # The same chance as the value without a discount, by following the walk for long.
        weight = case.space.uniform[:, :, None] * case.model.probability * case.model.feasible
        here, won = case.model.start.copy(), 0.0
        for _ in range(2000):
            moved = here[:, None, None] * weight
            won += (moved * case.proxy).sum()
            here = np.bincount(case.model.successor.ravel(), moved.ravel(), minlength=case.model.n_states)
            here[case.model.terminal] = 0.0
        assert answer.first.paid == pytest.approx(won)
        assert signal_finding(case).level == "note"  # a living bonus of any size would do


class TestTerms:
    def two_terms(self) -> AuditCase:
        """Stay for 0.25 or leave for 1 - 0.5, gamma 0.5; a third term has a condition that is never met."""
        model = exit_or_stay()
        terms = {name: np.zeros(model.successor.shape) for name in ("wage", "prize", "fee", "ghost")}
        terms["wage"][0, 0], terms["prize"][0, 1], terms["fee"][0, 1] = 0.25, 1.0, -0.5
        terms["ghost"][1] = 7.0  # after the end
        return audit_case(model, sum(terms.values()), terms["prize"], gamma=0.5, terms=terms)

    def test_sizes_by_hand(self) -> None:
        # At random, a visit is followed by another with probability 1/2, and each action has half of them: per step
        # 0.125 wage, 0.5 prize, 0.25 fee. To stay is worth 0.25 / (1 - 0.5) = 0.5, as much as to leave: a tie, so that
        # the policy that takes optimal actions evenly is the random one.
        terms = proxy_signal(self.two_terms()).terms
        for who in ("random", "optimal"):
            sizes = {name: getattr(term, who) for name, term in terms.items()}
            assert [sizes[name].mean for name in ("wage", "prize", "fee")] == pytest.approx([0.125, 0.5, 0.25])
            assert [sizes[name].share for name in ("wage", "prize", "fee")] == pytest.approx([1 / 7, 4 / 7, 2 / 7])
            assert [sizes[name].largest for name in ("wage", "prize", "fee")] == [0.25, 1.0, 0.5]

    def test_a_term_that_never_fires_is_named(self) -> None:
        finding = signal_finding(self.two_terms())
        assert finding.level == "caution"
        assert "ghost never fires" in finding.verdict
        assert not finding.data["terms"]["ghost"]["fires"]
        assert "condition" in finding.advice

    def test_a_fee_that_is_only_paid_where_nobody_perfect_comes(self) -> None:
        # From 0 to the end for 3, or to 1 for nothing; from there to the end for a fee of 5, whatever is done.
        successor = np.array([[[2], [1]], [[2], [2]], [[2], [2]]])
        model = FiniteModel(successor, np.ones(successor.shape), np.array([False, False, True]), np.array([1.0, 0, 0]))
        prize = np.array([[[3.0], [0.0]], [[0.0], [0.0]], [[0.0], [0.0]]])
        fee = np.array([[[0.0], [0.0]], [[-5.0], [-5.0]], [[0.0], [0.0]]])
        terms = {"prize": prize, "fee": fee}
        found = proxy_signal(audit_case(model, prize + fee, prize, gamma=0.5, terms=terms)).terms["fee"]
        assert (found.random.largest, found.optimal.largest, found.optimal.mean) == (5.0, 0.0, 0.0)

    def test_what_only_a_random_policy_pays(self) -> None:
        # Who is perfect does not step back from the goal.
        terms = proxy_signal(audited_case(gridworld_task(), "fair_progress")).terms
        assert terms["retreat"].random.share > 0.1
        assert terms["retreat"].optimal.share == terms["retreat"].optimal.largest == 0.0
        assert terms["retreat"].fires


@EVERYWHERE
class TestPlantedFaults:
    def test_a_dense_even_reward_is_strong(self, task: FiniteTask) -> None:
        even = np.where(np.arange(task.model.n_actions)[:, None] == 0, 1.0, 0.5) * task.model.feasible
        finding = signal_finding(case_of(task, even, terms={"even": even}))
        assert finding.level in ("fine", "note")
        assert finding.data["first_payment"]["steps"] == pytest.approx(1)
        assert finding.data["paid_steps"] == pytest.approx(1)
        assert finding.data["scale_ratio"] == 2
        assert finding.advice == ""

    def test_a_term_that_cannot_fire(self, task: FiniteTask) -> None:
        even = 1.0 * task.model.feasible
        ghost = 1.0 * ~task.model.feasible
        finding = signal_finding(case_of(task, even + ghost, terms={"even": even, "ghost": ghost}))
        assert finding.level == "caution"
        assert "ghost never fires" in finding.verdict

    def test_crumbs_beside_a_loaf(self, task: FiniteTask) -> None:
        uneven = np.where(np.arange(task.model.n_actions)[:, None] == 0, 1e5, 1.0) * task.model.feasible
        finding = signal_finding(case_of(task, uneven))
        assert finding.level == "caution"
        assert "times the smallest" in finding.verdict

    def test_nothing_at_all(self, task: FiniteTask) -> None:
        finding = signal_finding(case_of(task, np.zeros(task.model.successor.shape)))
        assert finding.level == "caution"
        assert "pays nothing at all" in finding.verdict
        assert finding.data["effective_horizon"] is finding.data["first_payment"]["steps"] is None
        json.dumps(finding.as_dict(), allow_nan=False)


def test_a_long_corridor_is_walked_for_too_long() -> None:
    # n (n + 1) steps to the end of a corridor with a wall: 9,900 for 99 places, 10,100 for 100.
    def corridor(length: int) -> AuditCase:
        places = np.arange(length + 1)
        successor = np.stack([np.maximum(places - 1, 0), np.minimum(places + 1, length)], axis=1)[:, :, None]
        model = FiniteModel(successor, np.ones(successor.shape), places == length, 1.0 * (places == 0))
        pays = 1.0 * (successor == length) * model.feasible
        return audit_case(model, pays, pays, gamma=0.999)

    short, long = signal_finding(corridor(99)), signal_finding(corridor(100))
    assert short.level == "note"
    assert long.level == "caution"
    assert "waits 10,100 steps" in long.verdict
    assert long.data["effective_horizon"] == pytest.approx(99)


@pytest.mark.parametrize("reward", ["fixed_speed", "pickup_bonus"])
def test_the_town(reward: str) -> None:
    case = audited_case(delivery_task(1), reward)
    finding = signal_finding(case)
    assert finding.level == "note"
    assert set(finding.data["terms"]) == set(case.terms)
    shares = [term["random"]["share"] for term in finding.data["terms"].values()]
    assert sum(shares) == pytest.approx(1)
    if reward == "pickup_bonus":
        # A bonus for each pick-up is nearly all that is paid, to a random policy and to a perfect one.
        assert min(finding.data["terms"]["picked_up"][who]["share"] for who in ("random", "optimal")) > 0.9
    json.dumps(finding.as_dict(), allow_nan=False)


@pytest.mark.parametrize("number", range(60))
def test_whatever_the_model_it_answers(number: int) -> None:
    rng = np.random.default_rng(number)
    model = random_model(rng, states=int(rng.integers(2, 7)), actions=3, outcomes=2, ends=number % 2)
    proxy = model.events["paid"] * model.feasible
    gamma, horizon = (1.0, 4) if number % 5 == 0 else (float(rng.choice([0.0, 0.5, 0.99])), None)
    case = audit_case(model, proxy, model.events["meant"], gamma=gamma, horizon=horizon, terms={"paid": proxy})
    answer = proxy_signal(case)
    json.dumps(signal_finding(case).as_dict(), allow_nan=False)
    assert 0 <= answer.paid_steps <= 1 + 1e-9
    assert answer.first.paid + answer.first.unpaid + answer.first.never == pytest.approx(1)
    assert (answer.first.paid > 0) == (answer.largest > 0) == answer.terms["paid"].fires
    assert answer.penalty < 0 < answer.bonus
    # The effective horizon by its definition, the policy followed step by step.
    optimal = case.proxy_optimal / np.maximum(1, case.proxy_optimal.sum(axis=1, keepdims=True))
    weight = optimal[:, :, None] * case.model.probability * case.model.feasible
    here, late, total = case.model.start.copy(), 0.0, 0.0
    for step in range(3000):
        moved = here[:, None, None] * weight
        size = float((moved * np.abs(case.proxy)).sum()) * gamma**step
        late, total = late + step * size, total + size
        here = np.bincount(case.model.successor.ravel(), moved.ravel(), minlength=case.model.n_states)
    if total > 0:
        assert answer.horizon == pytest.approx(late / total)
        assert answer.credit == pytest.approx(gamma**answer.horizon)
    else:
        assert np.isnan(answer.horizon)
