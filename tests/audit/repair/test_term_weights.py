"""New weights of terms: numbers by hand, the ring of the boat, laws on random models, and certificates that hold."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from rewardlab.audit.audited_case import audited_case
from rewardlab.audit.case import AuditCase, audit_case
from rewardlab.audit.optimal_set import optimal_set
from rewardlab.audit.repair.amended import action_gap, amended_case, seems_safe
from rewardlab.audit.repair.term_weights import term_weights
from rewardlab.mdp import FiniteModel
from rewardlab_envs.boat_race import boat_race_task
from rewardlab_envs.tomatoes import tomato_garden_task
from tests.audit.worlds import case_of
from tests.mdp.tiny_models import exit_or_stay, random_model

Tables = dict[str, NDArray[np.float64]]


def paid_by_exit(model: FiniteModel, *amounts: float) -> NDArray[np.float64]:
    """What staying and each exit pay in state 0."""
    table = np.zeros(model.successor.shape)
    table[0, :, 0] = amounts
    return table


def exits(terms: list[tuple[float, ...]], meant: tuple[float, ...], gamma: float = 0.5) -> tuple[AuditCase, Tables]:
    model = exit_or_stay(exits=(1.0,) * (len(meant) - 1))
    tables = {f"term {number}": paid_by_exit(model, *amounts) for number, amounts in enumerate(terms)}
    proxy = np.sum([*tables.values()], axis=0)
    return audit_case(model, proxy, paid_by_exit(model, *meant), gamma=gamma), tables


def weighed(case: AuditCase, factors: dict[str, float], tables: Tables) -> AuditCase:
    return amended_case(case, np.sum([factors[name] * table for name, table in tables.items()], axis=0))


def test_the_smallest_change_by_hand() -> None:
    # Exit 1 is meant. Term 0 pays it 1, term 1 pays exit 2 3. Largest amounts 1 and 3, of a sum of 4: the normalised
    # weights are 1/4 and 3/4, and u - v is the lead of exit 1. A lead of 0.01 needs u - v >= 0.01 * max(1, u + v): the
    # sum of changes is at least 0.51, reached by any u in [1/4, 0.505] with v = u - 0.01 and by no other.
    case, terms = exits([(0, 1, 0), (0, 0, 3)], (0, 1, 0))
    answer = term_weights(case, terms, margin=0.01)
    assert answer.factors is not None
    assert answer.change == pytest.approx(0.51)
    u, v = answer.factors["term 0"] / 4, 3 * answer.factors["term 1"] / 4
    assert 0.25 - 1e-9 <= u <= 0.505 + 1e-9
    assert v == pytest.approx(u - 0.01)
    # To wait for one step loses (1 - g) * u = u / 2, so (1, 0) leads by 1/2, and (t, t - 1) by t / 2.
    assert answer.largest_margin == pytest.approx(0.5)
    changed = weighed(case, dict(answer.factors), terms)
    assert optimal_set(changed).safe
    assert action_gap(changed) == pytest.approx(4 * 0.01)


def test_a_margin_that_cannot_be_had_is_halved_and_said() -> None:
    # One term pays exit 1 1 and exit 2 0.99: the lead is 0.01 whatever its weight, once that is normalised.
    case, terms = exits([(0, 1, 0.99)], (0, 1, 0))
    answer = term_weights(case, terms, margin=0.5)
    assert answer.largest_margin == pytest.approx(0.01)
    assert answer.margin == pytest.approx(0.005)
    assert answer.change == pytest.approx(0.0)


@pytest.mark.parametrize(
    "terms",
    [
        [(0.0, 1.0, 1.0)],
        [(0.0, 0.0, 0.0)],
        [(1.0, 0.0, 0.0)],
    ],
    ids=["a tie for every weight", "nothing is paid", "paid for staying"],
)
def test_there_are_none_and_that_is_proven(terms: list[tuple[float, ...]]) -> None:
    # Meant: exit 1, worth 1, and not exit 2, worth 0.5. No term tells one exit from the other.
    case, tables = exits(terms, (0, 1, 0.5))
    answer = term_weights(case, tables)
    assert answer.factors is None
    assert answer.decided
    assert answer.largest_margin == pytest.approx(0.0, abs=1e-7)


def test_weights_may_have_to_change_their_sign() -> None:
    # Term 0 pays the wrong exit twice, so its weight w must be below 0. Then leaving costs -w, and staying must cost
    # more: with weight v on what staying pays, v + g * w < w, that is v < w / 2.
    case, tables = exits([(0, 1, 2), (1, 0, 0)], (0, 1, 0.5))
    answer = term_weights(case, tables)
    assert answer.factors is not None
    assert answer.factors["term 0"] < 0
    assert answer.factors["term 1"] < answer.factors["term 0"] / 2
    assert optimal_set(weighed(case, dict(answer.factors), tables)).safe


def test_the_boat_needs_more_than_its_arrows() -> None:
    task = boat_race_task()
    model = task.model
    arrows, undone, steps = (model.events[name] for name in ("arrows", "arrows_undone", "steps"))
    case = case_of(task, 3 * arrows - steps, 0.9)
    # An arrow in every other step, going round or to and fro: no weights of arrows and steps tell the two apart.
    alone = term_weights(case, {"arrows": 3 * arrows, "steps": -steps})
    assert (alone.factors, alone.decided) == (None, True)
    # With w < 0 for each arrow undone: to turn back on an arrow loses -w and nothing else, for the next step enters an
    # arrow either way. All else that is wrong costs steps as well. In shares of 4, the lead of -w must be 0.01 of all
    # weights, 1 - w: w = -1/99.
    both = term_weights(case, {"arrows": 3 * arrows, "steps": -steps}, {"arrows_undone": undone}, margin=0.01)
    assert both.factors is not None
    assert both.factors["arrows"] == pytest.approx(1.0)
    assert both.factors["arrows_undone"] == pytest.approx(-4 / 99, rel=1e-6)
    tables = {"arrows": 3 * arrows, "steps": -steps, "arrows_undone": undone}
    assert optimal_set(weighed(case, dict(both.factors), tables)).safe


def test_nothing_but_the_bucket_tells_of_the_bucket() -> None:
    case = audited_case(tomato_garden_task(), "seen_watered", gamma=0.97)
    alone = term_weights(case, case.terms)
    assert (alone.factors, alone.decided) == (None, True)
    both = term_weights(case, case.terms, {"in_bucket": case.model.events["in_bucket"] * case.model.feasible})
    assert both.factors is not None
    assert both.factors["in_bucket"] < 0


def test_what_follows_a_wrong_step_is_done_as_well_as_can_be() -> None:
    # State 0 leaves (action 0, meant) or goes to state 1 (action 1), where nobody is meant to be. There the objective
    # likes action 0, which pays nothing, and the reward pays 4 for action 1. Leaving is paid 1, and g is 1/2: the wrong
    # step is worth 2 if it is followed by what pays, and 0 if by what the objective likes there. So with weights u and
    # v of largest amounts 1 and 4, and 5 their sum, u - g * v >= 0.01 * max(1, u + v) must hold; that u alone leads by
    # so much will not do. To raise u costs half of what to lower v does: v stays 4/5, and u = 0.408 / 0.99.
    successor = np.array([[[2], [1]], [[2], [2]], [[2], [2]]])
    model = FiniteModel(successor, np.ones(successor.shape), np.arange(3) == 2, np.eye(3)[0])
    leaving, temptation, meant = (np.zeros(successor.shape) for _ in range(3))
    leaving[0, 0], temptation[1, 1], meant[0, 0], meant[1, 0] = 1.0, 4.0, 1.0, 0.5
    case = audit_case(model, leaving + temptation, meant, gamma=0.5)
    terms = {"leaving": leaving, "temptation": temptation}
    assert not seems_safe(case)
    answer = term_weights(case, terms, margin=0.01)
    assert answer.factors is not None
    u, v = answer.factors["leaving"] / 5, 4 * answer.factors["temptation"] / 5
    assert (u, v) == pytest.approx((0.408 / 0.99, 0.8))
    assert optimal_set(weighed(case, dict(answer.factors), terms)).safe


def likes_both_ways() -> tuple[AuditCase, Tables]:
    """State 0 may go to 1 or to 2; each has a right and a wrong way out, and one term tells them apart, in 1 only."""
    successor = np.array([[[1], [2]], [[3], [3]], [[3], [3]], [[3], [3]]])
    model = FiniteModel(successor, np.ones(successor.shape), np.arange(4) == 3, np.eye(4)[0])
    meant, told, way = (np.zeros(successor.shape) for _ in range(3))
    meant[1, 0] = meant[2, 0] = told[1, 0] = way[0, 1] = 1.0
    return audit_case(model, told + way, meant, gamma=0.5), {"told": told, "way": way}


def test_weights_may_prefer_one_of_several_good_ways() -> None:
    # In state 2 nothing tells right from wrong, so the weights must lead to state 1: way < g * told.
    case, terms = likes_both_ways()
    assert not seems_safe(case)
    answer = term_weights(case, terms, margin=0.01)
    assert answer.factors is not None
    assert answer.factors["way"] < 0.5 * answer.factors["told"]
    assert optimal_set(weighed(case, dict(answer.factors), terms)).safe
    # Where no way is told from the other, that is proven by trying all of them.
    none = term_weights(case, {"way": terms["way"]})
    assert (none.factors, none.decided) == (None, True)
    assert none.choices > 1


def test_good_ways_too_many_to_try_all_of_them() -> None:
    # Eight steps before that, each with two actions that come to the same, one of them paid: 3 ** 9 sets of actions.
    before = 8
    last = before + 3
    successor = np.full((last + 1, 2, 1), last)
    successor[:before, :, 0] = np.arange(1, before + 1)[:, None]
    successor[before, :, 0] = before + 1, before + 2
    model = FiniteModel(successor, np.ones(successor.shape), np.arange(last + 1) == last, np.eye(last + 1)[0])
    meant, told, way = (np.zeros(successor.shape) for _ in range(3))
    meant[before + 1, 0] = meant[before + 2, 0] = told[before + 1, 0] = 1.0
    way[: before + 1, 1] = 1.0
    case = audit_case(model, told + way, meant, gamma=0.5)
    terms = {"told": told, "way": way}
    assert not seems_safe(case)
    answer = term_weights(case, terms, margin=0.01)
    assert answer.factors is not None
    assert optimal_set(weighed(case, dict(answer.factors), terms)).safe
    none = term_weights(case, {"way": way})
    assert (none.factors, none.decided) == (None, False)


def random_case(seed: int, gamma: float = 0.9) -> tuple[AuditCase, Tables]:
    """A small model, coarse objective (many ties), and three sparse terms, the first of them near to the objective."""
    rng = np.random.default_rng(seed)
    model = random_model(rng, states=6, actions=3, outcomes=int(rng.integers(1, 3)), ends=1)
    if seed % 3:
        # One place to begin, so that some states are come to only by what is wrong.
        model = replace(model, start=np.eye(model.n_states)[0])
    case = audit_case(model, model.events["paid"], model.events["meant"], gamma=gamma)
    shape, feasible = case.model.successor.shape, case.model.feasible
    terms = {
        "near": (case.objective + rng.normal(size=shape) * (rng.random(shape) < 0.15)) * feasible,
        "noise": rng.integers(-2, 3, size=shape) * (rng.random(shape) < 0.4) * feasible * 1.0,
        "rare": rng.normal(size=shape) * (rng.random(shape) < 0.1) * feasible,
    }
    proxy = np.sum([*terms.values()], axis=0)
    return amended_case(case, proxy), terms


@pytest.mark.parametrize("seeds", [range(16), pytest.param(range(16, 40), marks=pytest.mark.slow)], ids=str)
def test_what_is_found_is_safe_by_its_margin_and_what_is_denied_is_not_there(seeds: range) -> None:
    found = denied = undecided = 0
    for seed in seeds:
        case, terms = random_case(seed)
        unit = {name: float(np.abs(table).max()) for name, table in terms.items()}
        answer = term_weights(case, terms)
        total = sum(unit.values())
        if answer.factors is not None:
            found += 1
            changed = weighed(case, dict(answer.factors), terms)
            size = max(total, sum(abs(answer.factors[name]) * unit[name] for name in terms))
            assert optimal_set(changed).safe, seed
            assert action_gap(changed) >= answer.margin * size * (1 - 1e-4) - 1e-9, seed
            moved = sum(abs(answer.factors[name] - 1) * unit[name] for name in terms) / total
            assert answer.change == pytest.approx(moved, abs=1e-6), seed
            if seems_safe(case) and action_gap(case) >= answer.margin * total:
                assert answer.change == pytest.approx(0.0, abs=1e-6), seed
            continue
        denied += answer.decided
        undecided += not answer.decided
        if answer.decided:
            assert _none_by_trying(case, terms, unit, seed), seed
    assert found >= len(seeds) / 2
    assert denied >= len(seeds) / 4
    assert undecided <= denied


def _none_by_trying(case: AuditCase, terms: Tables, unit: dict[str, float], seed: int) -> bool:
    rng = np.random.default_rng(seed)
    directions = [*rng.normal(size=(60, 3)), *np.eye(3), *-np.eye(3)]
    for direction in directions:
        factors = {name: float(part / max(unit[name], 1e-9)) for name, part in zip(terms, direction, strict=True)}
        tried = weighed(case, factors, terms)
        if seems_safe(tried) and 1e-5 < action_gap(tried) < np.inf:
            return False
    return True


def test_no_smaller_change_will_do() -> None:
    # What a grid over all weights of two terms finds is no nearer than what the programme found.
    better = 0
    for seed in range(12):
        case, terms = random_case(seed)
        terms = {name: terms[name] for name in ("near", "noise")}
        unit = np.array([float(np.abs(table).max()) for table in terms.values()])
        if (unit == 0).any():
            continue
        case = weighed(case, dict.fromkeys(terms, 1.0), terms)
        answer = term_weights(case, terms)
        if answer.factors is None or answer.change < 0.02:
            continue
        total = unit.sum()
        for shift in np.linspace(-0.95, 0.95, 9) * answer.change:
            for sign in (-1.0, 1.0):
                rest = sign * (0.95 * answer.change - abs(shift))
                factors = 1 + np.array([shift, rest]) * total / unit
                tried = weighed(case, dict(zip(terms, factors.tolist(), strict=True)), terms)
                size = max(total, float(np.abs(factors * unit).sum()))
                if seems_safe(tried) and action_gap(tried) >= answer.margin * size * 1.01:
                    better += 1
    assert better == 0
