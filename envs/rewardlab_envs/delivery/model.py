"""The delivery task as a finite model."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from itertools import pairwise, product

import numpy as np
from numpy.typing import NDArray

from rewardlab.errors import BadInput, Problem
from rewardlab.mdp import FiniteModel, FiniteTask
from rewardlab.rewards import Catalogue, Potential
from rewardlab_envs.delivery.picture import StatePicture
from rewardlab_envs.delivery.rewards import EVENTS, OBJECTIVE, REWARDS
from rewardlab_envs.delivery.state import DeliveryState
from rewardlab_envs.delivery.town import DEFAULT_MAP, MOVES, Town

__all__ = ["ACTIONS", "HANDLING_MINUTES", "MAX_WAIT_MINUTES", "delivery_task"]

ACTIONS = (*MOVES, "pick_up", "drop")
HANDLING_MINUTES = 0.1
"""What picking up, dropping, or trying to in vain takes."""
MAX_WAIT_MINUTES = 30
"""The clock of an order stops here: from then on it counts as this late."""


@lru_cache(maxsize=16, typed=True)  # typed, for else True would pass as an earlier 1, unchecked
def delivery_task(orders: int = 2, town_map: str = DEFAULT_MAP, max_episode_steps: int = 40) -> FiniteTask:
    """A courier takes parcels from the depot to customers, one at a time.

    Half of the shifts begin at the depot, where the first parcel waits; the others somewhere in town with the parcel in
    the bag. The first customer is drawn, and the others follow in the order of their letters, each ordering when the
    one before has been served. A parcel dropped anywhere but at its customer is brought back to the depot, to be picked
    up again, while the clock of the order runs on: it counts whole minutes of driving. The shift terminates when the
    last parcel has arrived.

    Args:
        orders: The parcels of a shift, at least 1.
        town_map: The map; see `rewardlab_envs.delivery.town.DEFAULT_MAP`.
        max_episode_steps: The time limit of an episode.

    Raises:
        BadInput: An argument is out of range, or the map cannot be read.
    """
    problems = [
        Problem(name, repr(value), "a whole number, at least 1")
        for name, value in (("orders", orders), ("max_episode_steps", max_episode_steps))
        if isinstance(value, bool) or not isinstance(value, int) or value < 1
    ]
    try:
        town = Town.from_map(town_map)
    except BadInput as refused:
        problems += refused.problems
    if problems:
        raise BadInput(*problems)
    states = [
        DeliveryState(*parts)
        for parts in product(
            range(len(town.cells)),
            (False, True),
            range(MAX_WAIT_MINUTES + 1),
            range(len(town.customers)),
            range(orders + 1),
        )
    ]
    potentials = _potentials(town, states)
    return FiniteTask(
        model=_model(town, states, orders),
        catalogue=Catalogue(REWARDS, OBJECTIVE, EVENTS, potentials, shown_events=("delivered",)),
        max_episode_steps=max_episode_steps,
        action_names=ACTIONS,
        observations=np.array([_observation(town, state, orders) for state in states], dtype=np.float32),
        text_picture=(picture := StatePicture(town, tuple(states))).text,
        rgb_picture=picture.rgb,
        board_views=_board_views(town, {state: number for number, state in enumerate(states)}, orders),
    )


def _board_views(town: Town, index: dict[DeliveryState, int], orders: int) -> dict[str, NDArray[np.int64]]:
    """The town as it is when a shift begins with a parcel for its first customer: in the bag, and at the depot."""
    views = {}
    for caption, carrying in (("in the bag", True), ("at the depot", False)):
        board = np.full((len(town.lines), len(town.lines[0])), -1, dtype=np.int64)
        for cell, place in enumerate(town.cells):
            board[place] = index[DeliveryState(cell, carrying, 0, 0, orders)]
        views[f"parcel for {town.mark(town.cells[town.customers[0]])} {caption}"] = board
    return views


def _model(town: Town, states: list[DeliveryState], orders: int) -> FiniteModel:
    index = {state: number for number, state in enumerate(states)}
    ahead = [town.minutes_to(cell) for cell in range(len(town.cells))]
    successor = np.zeros((len(states), len(ACTIONS), 1), dtype=np.int64)
    events = {name: np.zeros(successor.shape) for name in EVENTS}
    for state, action in product(states, range(len(ACTIONS))):
        here = index[state], action, 0
        if state.orders_left == 0:
            successor[here] = index[state]
            continue
        reached, caused = _outcome(town, state, ACTIONS[action])
        successor[here] = index[reached]
        if reached.cell != state.cell:
            stop = _next_stop(town, state)
            gain = float(ahead[stop][state.cell] - ahead[stop][reached.cell])
            caused |= {"approach_minutes": max(gain, 0.0), "retreat_minutes": max(-gain, 0.0)}
        for name, amount in caused.items():
            events[name][here] = amount
    start = np.zeros(len(states))
    for state in states:
        if state.waited == 0 and state.orders_left == orders:
            start[index[state]] = _start_probability(town, state)
    terminal = np.array([state.orders_left == 0 for state in states])
    return FiniteModel(successor, np.ones(successor.shape), terminal, start, events=events)


def _start_probability(town: Town, state: DeliveryState) -> float:
    """How likely a shift begins like this, given that it begins with a new order."""
    if not state.carrying:
        return 0.5 * (state.cell == town.depot) / len(town.customers)
    # With the parcel already at its customer there would be nothing to do but drop it.
    elsewhere = state.cell != town.customers[state.customer]
    return 0.5 * elsewhere / (len(town.customers) * (len(town.cells) - 1))


def _outcome(town: Town, state: DeliveryState, action: str) -> tuple[DeliveryState, dict[str, float]]:
    """Where an action leads from a state in which the shift is not over, and the events that it causes."""
    if action in MOVES:
        cell, minutes = town.drive(state.cell, action)
        waited = min(state.waited + minutes, MAX_WAIT_MINUTES)
        return replace(state, cell=cell, waited=waited), {"minutes": float(minutes)}
    caused = {"minutes": HANDLING_MINUTES}
    if action == "pick_up" and not state.carrying and state.cell == town.depot:
        return replace(state, carrying=True), caused | {"picked_up": 1.0}
    if action == "drop" and state.carrying:
        caused |= {"dropped": 1.0, "order_minutes": state.waited + HANDLING_MINUTES}
        if state.cell == town.customers[state.customer]:
            following = (state.customer + 1) % len(town.customers)
            return DeliveryState(state.cell, False, 0, following, state.orders_left - 1), caused | {"delivered": 1.0}
        return replace(state, carrying=False), caused
    return state, caused


def _next_stop(town: Town, state: DeliveryState) -> int:
    return town.customers[state.customer] if state.carrying else town.depot


def _observation(town: Town, state: DeliveryState, orders: int) -> list[float]:
    """Courier's cell and next customer one-hot, whether it carries, the order's clock, and the share of orders left."""
    cell = [float(state.cell == other) for other in range(len(town.cells))]
    customer = [float(state.customer == other) for other in range(len(town.customers))]
    clock = state.waited / MAX_WAIT_MINUTES
    return [*cell, *customer, float(state.carrying), clock, state.orders_left / orders]


def _potentials(town: Town, states: list[DeliveryState]) -> dict[str, Potential]:
    ahead = [town.minutes_to(cell) for cell in range(len(town.cells))]
    distance, work = np.zeros(len(states)), np.zeros(len(states))
    for number, state in enumerate(states):
        target = town.customers[state.customer]
        to_arrival = ahead[target][state.cell]
        if not state.carrying:
            to_arrival = ahead[town.depot][state.cell] + ahead[target][town.depot]
        later = [town.customers[(state.customer + turn) % len(town.customers)] for turn in range(state.orders_left)]
        trips = sum(ahead[town.depot][a] + ahead[b][town.depot] for a, b in pairwise(later))
        distance[number], work[number] = to_arrival, to_arrival + trips
    made = (
        ("distance", distance, "-0.01 for each driving minute until this parcel can arrive."),
        ("work_left", work, "-0.01 for each driving minute until all parcels can have arrived."),
    )
    return {name: Potential.from_table(-0.01 * minutes, name=name, summary=summary) for name, minutes, summary in made}
