"""Which state stands for which cell of a board: what environments say of it, and what is refused."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import gymnasium as gym
import numpy as np
import pytest

from rewardlab.errors import BadInput
from rewardlab.mdp import FiniteTask, toy_text_task
from rewardlab_envs.delivery import delivery_task
from rewardlab_envs.gridworld import gridworld_task


def test_a_cell_of_the_gridworld_is_the_state_in_which_the_robot_stands_there() -> None:
    task = gridworld_task("coins")
    for board in task.board_views.values():
        for (row, column), state in np.ndenumerate(board):
            if state >= 0:
                assert task.text_picture(int(state)).splitlines()[row].split()[column] == "@"
    with_coins, without = task.board_views.values()
    assert "o" in task.text_picture(int(with_coins.max()))
    assert "o" not in task.text_picture(int(without.max()))


def test_a_cell_of_the_town_is_the_state_in_which_the_courier_stands_there() -> None:
    """In the bag it is drawn as &, at the depot the courier is an @; the building in the middle is no place."""
    task = delivery_task(1, "DA.\n.#.")
    assert [*task.board_views] == ["parcel for A in the bag", "parcel for A at the depot"]
    for board, sign in zip(task.board_views.values(), "&@", strict=True):
        assert board[1, 1] == -1
        for (row, column), state in np.ndenumerate(board):
            if state >= 0:
                lines = task.text_picture(int(state)).splitlines()
                assert lines[row].split()[column] == sign


@pytest.mark.parametrize(("name", "shape"), [("FrozenLake-v1", (4, 4)), ("CliffWalking-v1", (4, 12))])
def test_toy_texts_that_are_maps_are_boards(name: str, shape: tuple[int, int]) -> None:
    env = gym.make(name)
    (board,) = toy_text_task(env, max_episode_steps=100).board_views.values()
    assert board.tolist() == np.arange(shape[0] * shape[1]).reshape(shape).tolist()
    env.close()


def test_taxi_is_none() -> None:
    env = gym.make("Taxi-v4")
    assert toy_text_task(env).board_views == {}
    env.close()


@pytest.mark.parametrize(
    "board",
    [np.array([0, 1]), np.array([[0.0, 1.0]]), np.array([[0, 10**6]]), np.array([[-2, 0]]), np.zeros((0, 3), np.int64)],
    ids=["one-dimensional", "floats", "no such state", "below -1", "empty"],
)
def test_boards_of_another_form_are_refused(board: Any) -> None:
    task = gridworld_task("robot")
    with pytest.raises(BadInput, match=r"FiniteTask.board_views\['mine'\]"):
        replace(task, board_views={"mine": board})
    assert isinstance(replace(task, board_views={"mine": np.array([[0, -1]])}), FiniteTask)
