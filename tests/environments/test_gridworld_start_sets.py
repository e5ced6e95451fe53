"""Sets of first states for a curriculum: nested, possible, and as near as their names say."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from rewardlab_envs.gridworld import gridworld_task
from rewardlab_envs.gridworld.maps import MAPS


@pytest.mark.parametrize("name", MAPS)
def test_sets_are_nested_and_hold_no_end(name: str) -> None:
    task = gridworld_task(name)
    sets = {key: set(states) for key, states in task.catalogue.start_sets.items()}
    assert set(sets) <= {"near", "halfway", "far"}
    ordered = [sets[key] for key in ("near", "halfway", "far") if key in sets]
    for smaller, larger in pairwise(ordered):
        assert smaller <= larger
    assert all(not task.model.terminal[list(states)].any() for states in ordered)


def test_near_means_a_quarter_of_the_longest_way() -> None:
    # A corridor of nine: 8 steps to go at the far end, so that 2, 4 and 6 steps are a quarter, half and three quarters.
    task = gridworld_task("S.......G")
    steps_to_go = {state: 8 - state for state in range(8)}
    for name, longest in (("near", 2), ("halfway", 4), ("far", 6)):
        expected = {state for state, steps in steps_to_go.items() if steps <= longest}
        assert set(task.catalogue.start_sets[name]) == expected


def test_coins_are_still_in_their_places() -> None:
    task = gridworld_task("S.o.G")
    states = np.array(task.catalogue.start_sets["far"])
    assert len(states) == 2  # the cell before the coin, and the one behind it; none where it is taken
    assert all("o" in task.text_picture(int(state)) for state in states)
