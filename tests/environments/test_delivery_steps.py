"""Delivery, step by step, worked by hand on a street of four cells with a building behind it.

The map is ``A.D~`` over ``#B..``: the depot's west leads over a fast street (2 minutes) to customer A (another 2), its
east over a slow one (5), its south to a fast street below, west of which lives B.
"""

from __future__ import annotations

import numpy as np
import pytest

from rewardlab.mdp import FiniteEnv
from rewardlab_envs.delivery import delivery_task
from rewardlab_envs.delivery.model import ACTIONS
from rewardlab_envs.delivery.state import DeliveryState
from rewardlab_envs.delivery.town import Town

MAP = "A.D~\n#B.."
TOWN = Town.from_map(MAP)
TASK = delivery_task(2, MAP)
PICTURE_STATES = TASK.text_picture.__self__.states  # type: ignore[attr-defined]
INDEX = {state: index for index, state in enumerate(PICTURE_STATES)}
DEPOT, A, B = TOWN.depot, *TOWN.customers
WEST_STREET, EAST_STREET, SOUTH_STREET = DEPOT - 1, DEPOT + 1, DEPOT + 3
NORTH, EAST, SOUTH, WEST, PICK_UP, DROP = range(6)


def after(state: DeliveryState, action: int) -> tuple[DeliveryState, dict[str, float]]:
    """The next state, and the events that are not 0."""
    env = FiniteEnv(TASK)
    env.reset(options={"state": INDEX[state]})
    _, _, terminated, _, info = env.step(action)
    reached = PICTURE_STATES[info["state"]]
    assert terminated == (reached.orders_left == 0)
    return reached, {name: amount for name, amount in info["events"].items() if amount}


def at(cell: int, *, carrying: bool = False, waited: int = 0, customer: int = 0, left: int = 2) -> DeliveryState:
    return DeliveryState(cell, carrying, waited, customer, left)


def test_the_cells_are_where_the_comment_says() -> None:
    assert ACTIONS == ("north", "east", "south", "west", "pick_up", "drop")
    assert [TOWN.mark(TOWN.cells[cell]) for cell in (DEPOT, A, B, WEST_STREET, EAST_STREET, SOUTH_STREET)] == list(
        "DAB.~."
    )


@pytest.mark.parametrize(
    ("action", "cell", "minutes", "won"),
    [
        # To the depot's customer A it is 4 minutes; from the west street 2, from the east one 2 + 4, from below 2 + 4.
        (WEST, WEST_STREET, 2, 4 - 2),
        (EAST, EAST_STREET, 5, 4 - 6),
        (SOUTH, SOUTH_STREET, 2, 4 - 6),
    ],
)
def test_driving_with_the_parcel(action: int, cell: int, minutes: int, won: int) -> None:
    reached, events = after(at(DEPOT, carrying=True, waited=3), action)
    assert reached == at(cell, carrying=True, waited=3 + minutes)
    line = "approach_minutes" if won > 0 else "retreat_minutes"
    assert events == {"minutes": minutes, line: abs(won)}


def test_without_the_parcel_the_next_stop_is_the_depot() -> None:
    assert after(at(A), EAST)[1] == {"minutes": 2, "approach_minutes": 2}
    # From the slow street back to the depot, a fast cell: it is the cell that is entered that counts.
    assert after(at(EAST_STREET), WEST)[1] == {"minutes": 2, "approach_minutes": 2}
    # From below it the way round is 4, so the slow cell, which takes 5 and is 2 from the depot, still wins 2.
    below_east = SOUTH_STREET + 1
    assert after(at(below_east), NORTH)[1] == {"minutes": 5, "approach_minutes": 2}


@pytest.mark.parametrize(("cell", "action"), [(DEPOT, NORTH), (A, SOUTH), (A, WEST), (B, WEST)])
def test_an_edge_or_a_building_costs_a_fast_street_and_nothing_moves(cell: int, action: int) -> None:
    reached, events = after(at(cell, carrying=True), action)
    assert reached == at(cell, carrying=True, waited=2)
    assert events == {"minutes": 2}


def test_picking_up() -> None:
    reached, events = after(at(DEPOT, waited=7), PICK_UP)
    assert reached == at(DEPOT, carrying=True, waited=7), "handling does not advance the order's clock"
    assert events == {"minutes": 0.1, "picked_up": 1}


@pytest.mark.parametrize(
    ("state", "action"),
    [(at(A), PICK_UP), (at(DEPOT, carrying=True), PICK_UP), (at(DEPOT), DROP), (at(A), DROP)],
    ids=["no parcel here", "bag full", "bag empty", "bag empty at the customer"],
)
def test_handling_in_vain_takes_its_time(state: DeliveryState, action: int) -> None:
    assert after(state, action) == (state, {"minutes": 0.1})


@pytest.mark.parametrize("cell", [DEPOT, B, EAST_STREET])
def test_a_drop_elsewhere_sends_the_parcel_back_and_the_clock_runs_on(cell: int) -> None:
    reached, events = after(at(cell, carrying=True, waited=9), DROP)
    assert reached == at(cell, waited=9)
    assert events == {"minutes": 0.1, "dropped": 1, "order_minutes": 9.1}


def test_a_delivery_calls_the_next_customer() -> None:
    reached, events = after(at(A, carrying=True, waited=4), DROP)
    assert reached == at(A, customer=1, left=1)
    assert events == {"minutes": 0.1, "dropped": 1, "delivered": 1, "order_minutes": 4.1}


def test_after_the_last_customer_comes_the_first_and_after_the_last_parcel_nothing() -> None:
    reached, _ = after(at(B, carrying=True, customer=1), DROP)
    assert reached == at(B, customer=0, left=1)
    reached, _ = after(at(B, carrying=True, customer=1, left=1), DROP)
    assert reached.orders_left == 0


def test_the_clock_stops_at_thirty_minutes() -> None:
    assert after(at(DEPOT, waited=28), EAST)[0].waited == 30
    assert after(at(DEPOT, waited=30), EAST)[0].waited == 30
    assert after(at(B, carrying=True, waited=30, customer=0), DROP)[1]["order_minutes"] == 30.1


def test_where_a_shift_begins() -> None:
    starts = {PICTURE_STATES[index]: TASK.model.start[index] for index in np.flatnonzero(TASK.model.start)}
    assert sum(starts.values()) == pytest.approx(1, abs=1e-15)
    assert all((state.waited, state.orders_left) == (0, 2) for state in starts)
    # Half at the depot without the parcel, each of two customers alike.
    assert [starts[at(DEPOT, customer=customer)] for customer in (0, 1)] == [0.25, 0.25]
    # Half with the parcel in the bag: each customer, and each of the 6 cells that are not theirs.
    carrying = {state: chance for state, chance in starts.items() if state.carrying}
    assert len(carrying) == 2 * 6
    assert set(carrying.values()) == {0.5 / 2 / 6}
    assert at(A, carrying=True, customer=0) not in starts


def test_what_an_agent_sees() -> None:
    state = at(EAST_STREET, carrying=True, waited=15, customer=1, left=1)
    cells = [float(cell == EAST_STREET) for cell in range(7)]
    assert TASK.observations is not None
    assert TASK.observations[INDEX[state]].tolist() == [*cells, 0, 1, 1, 0.5, 0.5]
    assert len(np.unique(TASK.observations, axis=0)) == len(PICTURE_STATES), "no two states look alike"


def test_potentials_by_hand() -> None:
    distance, work = (TASK.catalogue.potential(name) for name in ("distance", "work_left"))
    # From the west street to the depot 2, from there to B: south 2, west 2. After that back to the depot 4 and to A 4.
    state = np.array([INDEX[at(WEST_STREET, customer=1)]])
    assert distance(state)[0] == pytest.approx(-0.01 * (2 + 4))
    assert work(state)[0] == pytest.approx(-0.01 * (2 + 4 + 4 + 4))
    in_the_bag = np.array([INDEX[at(WEST_STREET, carrying=True, customer=0, left=1)]])
    assert distance(in_the_bag)[0] == work(in_the_bag)[0] == pytest.approx(-0.01 * 2)


def test_a_task_is_built_once() -> None:
    assert delivery_task(2, MAP) is TASK
