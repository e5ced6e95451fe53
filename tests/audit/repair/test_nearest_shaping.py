"""Projection on shaping, and bonuses recognised as the gains of a feature."""

from __future__ import annotations

import numpy as np
import pytest

from rewardlab.audit.audited_case import audited_case
from rewardlab.audit.case import audit_case
from rewardlab.audit.repair.bonus_to_potential import gain_bonus
from rewardlab.audit.repair.nearest_shaping import Occupation, given_up, nearest_shaping, step_weights
from rewardlab.errors import BadInput
from rewardlab.mdp import FiniteTask
from rewardlab_envs.delivery import delivery_task
from rewardlab_envs.delivery.model import ACTIONS
from rewardlab_envs.gridworld import gridworld_task
from tests.audit.worlds import GAMMA, WORLDS, case_of, shaping_of, some_potential
from tests.mdp.tiny_models import stay_or_switch

TOWN = delivery_task(1, "A.D.B")
OCCUPATIONS: tuple[Occupation, ...] = ("uniform", "objective", "alike")


@pytest.mark.parametrize("task", WORLDS.values(), ids=list(WORLDS))
@pytest.mark.parametrize("occupation", OCCUPATIONS)
def test_shaping_is_its_own_projection(task: FiniteTask, occupation: Occupation) -> None:
    case = case_of(task, task.objective_table)
    added = shaping_of(task, some_potential(task))[case.states]
    found = nearest_shaping(case, added, occupation=occupation)
    assert found.given_up < 1e-12
    weighty = step_weights(case, occupation) > 0
    np.testing.assert_allclose(found.table[weighty], added[weighty], atol=1e-6)


def test_the_projection_by_hand() -> None:
    # Two states, stay or switch, gamma 1/2; the switch from 0 to 1 is paid 1. With p and q the potentials, shaping pays
    # -p/2, q/2 - p, -q/2, p/2 - q for stay and switch in 0, then in 1. All alike, half of the squares to minimise has
    # the derivatives 3/2 p - q + 1 and 3/2 q - p - 1/2: p = -4/5 and q = -1/5. It pays 0.4, 0.7, 0.1, -0.2, which
    # leaves squares of 0.16 + 0.09 + 0.01 + 0.04 = 0.3 of 1, and most, 0.4, where nothing was paid for staying.
    model = stay_or_switch()
    case = audit_case(model, model.events["paid"], model.events["paid"], gamma=0.5)
    found = nearest_shaping(case, case.proxy, occupation="alike")
    assert found.potential == pytest.approx([-0.8, -0.2])
    assert found.given_up == pytest.approx(0.3)
    assert (found.worst, found.worst_step) == (pytest.approx(0.4), (0, 0, 0))


@pytest.mark.parametrize("occupation", OCCUPATIONS)
def test_no_potential_comes_nearer(occupation: Occupation) -> None:
    case = audited_case(TOWN, "progress_bonus", gamma=GAMMA)
    added, rng = case.terms["approach"], np.random.default_rng(0)
    found = nearest_shaping(case, added, occupation=occupation)
    # Along the perfect policy's own way the approach is a potential, so that nothing of it is given up there.
    assert found.given_up == pytest.approx(0.0, abs=1e-20) if occupation == "objective" else 0.1 < found.given_up < 1.0
    for size in (1e-3, 0.1, 1.0):
        other = found.potential + size * rng.normal(size=len(found.potential))
        assert given_up(case, added, other, occupation=occupation).given_up >= found.given_up - 1e-12
    # Chance hardly ever finds a better one among so many; that there is no slope at all shows that there is none.
    steps, feasible = case.model.transitions, case.model.feasible
    left = (step_weights(case, occupation) * (found.table - added))[feasible]
    ahead = np.bincount(steps.next_state, GAMMA * left * ~steps.terminated, minlength=case.model.n_states)
    slope = ahead - np.bincount(steps.state, left, minlength=case.model.n_states)
    assert np.abs(slope).max() <= 1e-12 * (step_weights(case, occupation) * np.abs(added)).sum()


def test_the_weights_are_visits() -> None:
    case = audited_case(TOWN, "speed", gamma=0.9)
    # An episode that never ends takes 1 / (1 - gamma) discounted steps; those that end take fewer.
    total = float(step_weights(case, "uniform").sum())
    assert 1.0 < total < 10.0
    best = step_weights(case, "objective")
    assert (best[~case.objective_optimal] == 0).all()
    with pytest.raises(BadInput, match="did you mean 'uniform'"):
        step_weights(case, "unifrom")  # type: ignore[arg-type]


def test_what_comes_nearest_to_paying_for_approach_is_the_way_to_the_next_stop() -> None:
    case = audited_case(delivery_task(1), "progress_bonus", gamma=GAMMA)
    found = nearest_shaping(case, case.terms["approach"])
    # Half of each gain can be kept on the way to and fro, so the potential falls with the distance, at each clock.
    distance = -100 * delivery_task(1).catalogue.potential("distance")(np.arange(delivery_task(1).model.n_states))
    # Compared among states that differ in the cell alone: same customer (of three), parcel, clock and orders left.
    seen = delivery_task(1).observations
    assert seen is not None
    rest = seen[case.states][:, -6:]
    groups = np.unique(rest, axis=0, return_inverse=True)[1].ravel()
    related = []
    for group in range(groups.max() + 1):
        members = np.flatnonzero((groups == group) & ~case.model.terminal)
        ways = distance[case.states][members]
        if len(members) >= 6 and ways.std() > 0:
            related.append(float(np.corrcoef(ways, found.potential[members])[0, 1]))
    assert len(related) > 10
    assert float(np.median(related)) < -0.9


def test_a_pickup_bonus_pays_for_carrying() -> None:
    case = audited_case(TOWN, "pickup_bonus", gamma=GAMMA)
    observations = TOWN.observations
    assert observations is not None
    features = {str(column): observations[case.states, column] * 1.0 for column in range(observations.shape[1])}
    found = gain_bonus(case, case.terms["picked_up"], features)
    assert found is not None
    assert found.factor == pytest.approx(0.1)
    carrying = int(found.feature)
    # Carrying is what a drop ends, whatever else the entry may be called.
    drop = case.model.successor[:, ACTIONS.index("drop"), 0]
    carried = features[str(carrying)][drop] < features[str(carrying)]
    assert carried.any()
    assert found.potential.tolist() == [
        0.1 * flag for flag in np.where(case.model.terminal, 0, features[str(carrying)])
    ]
    shaped = given_up(case, case.terms["picked_up"], found.potential)
    picked = case.terms["picked_up"] > 0
    np.testing.assert_allclose(shaped.table[picked], GAMMA * 0.1)
    kept = ~case.model.terminal[case.model.successor] & case.model.feasible
    dropped = (case.model.events["dropped"] > 0) & kept
    np.testing.assert_allclose(shaped.table[dropped], -0.1)


@pytest.mark.parametrize(
    ("task", "factor"),
    [(TOWN, 2.0), (gridworld_task("two_exits"), 1.65)],
    ids=["town: 0.02 of 0.01", "11 cells of 0.15"],
)
def test_a_progress_bonus_pays_the_gains_of_a_distance(task: FiniteTask, factor: float) -> None:
    case = audited_case(task, "progress_bonus", gamma=GAMMA)
    distance = task.catalogue.potential("distance")(np.arange(task.model.n_states))[case.states]
    found = gain_bonus(case, case.terms["approach"], {"noise": some_potential(task)[case.states], "distance": distance})
    assert found is not None
    assert (found.feature, found.factor) == ("distance", pytest.approx(factor))


def test_what_pays_for_something_else_is_not_recognised() -> None:
    case = audited_case(TOWN, "progress_bonus", gamma=GAMMA)
    distance = TOWN.catalogue.potential("distance")(np.arange(TOWN.model.n_states))[case.states]
    features = {"distance": distance}
    assert gain_bonus(case, case.terms["speed_on_arrival"], features) is None
    assert gain_bonus(case, 0 * case.proxy, features) is None
    # A bonus that misses a single step is another one.
    spoilt = case.terms["approach"].copy()
    spoilt[tuple(np.argwhere(spoilt > 0)[0])] *= 1.01
    assert gain_bonus(case, spoilt, features) is None
    # A feature whose falls are paid has a negative factor.
    falls = gain_bonus(case, case.terms["approach"], {"way": -distance})
    assert falls is not None
    assert falls.factor == pytest.approx(-2.0)
