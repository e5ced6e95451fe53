"""A gridworld as a finite model."""

from __future__ import annotations

import sys
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from rewardlab.errors import BadInput, Problem
from rewardlab.mdp import FiniteModel, FiniteTask
from rewardlab.rewards import Catalogue
from rewardlab_envs.gridworld.grid import MOVES, Grid
from rewardlab_envs.gridworld.maps import find_map
from rewardlab_envs.gridworld.picture import GridPicture
from rewardlab_envs.gridworld.potentials import gridworld_potentials
from rewardlab_envs.gridworld.rewards import EVENTS, OBJECTIVE, gridworld_rewards
from rewardlab_envs.gridworld.start_sets import start_sets

__all__ = ["MAX_COINS", "MAX_STATES", "gridworld_task"]

MAX_COINS = 8
"""More would make too many states: each coin doubles them."""
MAX_STATES = 20_000
"""What an agent sees of a state is one number for each cell, so that memory grows with the square of the map."""


@lru_cache(maxsize=16, typed=True)  # typed, for else True would pass as an earlier 1, unchecked
def gridworld_task(
    map: str = "robot",  # noqa: A002 - the word that users write into their settings
    *,
    moves: int | None = None,
    slip: float | None = None,
    step_cost: float | None = None,
    hazard_cost: float = 1.0,
    coin_worth: float = 0.2,
    max_episode_steps: int = 100,
) -> FiniteTask:
    """A walk over a grid to an exit.

    An exit or a pit ends the episode; a cliff throws back to the start; a coin is gone once it is taken. A move against
    a wall or the edge leads nowhere and takes a step all the same.

    Args:
        map: The name of one of `rewardlab_envs.gridworld.maps.MAPS`, or a map as text.
        moves: 4, or 8 with the diagonals; the map's own by default.
        slip: The probability of going sideways, half of it to each side at right angles; the map's own by default.
        step_cost: What the objective takes for each step; the map's own by default.
        hazard_cost: What it takes for a pit or a cliff.
        coin_worth: What it pays for a coin.
        max_episode_steps: The time limit of an episode.

    Raises:
        BadInput: An argument is out of range, or the map cannot be read.
    """
    chosen = find_map(map)
    moves = chosen.moves if moves is None else moves
    slip = chosen.slip if slip is None else slip
    step_cost = chosen.step_cost if step_cost is None else step_cost
    worth = {"step_cost": step_cost, "hazard_cost": hazard_cost, "coin_worth": coin_worth}
    problems = _problems(moves, slip, worth, max_episode_steps)
    try:
        grid = Grid.from_text(chosen.text)
    except BadInput as refused:
        raise BadInput(*refused.problems, *problems) from None
    problems += _size_problems(grid)
    if problems:
        raise BadInput(*problems)
    cell, left = _states(grid)
    actions = tuple(MOVES)[:: 8 // moves]
    rewards = gridworld_rewards(grid, **worth)
    shown = ("exits", *(("coins",) if "o" in grid.marks else ()))
    picture = GridPicture(grid, tuple(cell.tolist()), tuple(left.tolist()))
    model = _model(grid, cell, left, actions, slip)
    catalogue = Catalogue(
        rewards,
        OBJECTIVE,
        EVENTS,
        gridworld_potentials(grid, cell, moves),
        shown_events=shown,
        start_sets=start_sets(grid, cell, left, model.terminal, moves),
    )
    return FiniteTask(
        model=model,
        catalogue=catalogue,
        max_episode_steps=max_episode_steps,
        action_names=actions,
        observations=_observations(grid, cell, left),
        text_picture=picture.text,
        rgb_picture=picture.rgb,
        board_views=_board_views(grid, cell, left),
    )


def _board_views(grid: Grid, cell: NDArray[np.int64], left: NDArray[np.int64]) -> dict[str, NDArray[np.int64]]:
    """The map with all coins, and without any."""
    captions = {int(left.max()): "all coins left", 0: "no coin left"} if left.any() else {0: "the map"}
    views = {}
    for coins, caption in captions.items():
        board = np.full((len(grid.lines), len(grid.lines[0])), -1, dtype=np.int64)
        for state in np.flatnonzero(left == coins).tolist():
            board[grid.cells[cell[state]]] = state
        views[caption] = board
    return views


def _problems(moves: object, slip: object, worth: dict[str, float], max_episode_steps: object) -> list[Problem]:
    problems = []
    if isinstance(moves, bool) or not isinstance(moves, int) or moves not in (4, 8):
        problems.append(Problem("moves", repr(moves), "4 or 8"))
    if not _is_number(slip, highest=1):
        problems.append(Problem("slip", repr(slip), "a probability"))
    problems += [
        Problem(name, repr(value), "a number, at least 0") for name, value in worth.items() if not _is_number(value)
    ]
    if isinstance(max_episode_steps, bool) or not isinstance(max_episode_steps, int) or max_episode_steps < 1:
        problems.append(Problem("max_episode_steps", repr(max_episode_steps), "a whole number, at least 1"))
    return problems


def _is_number(value: object, highest: float = sys.float_info.max) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= highest


def _size_problems(grid: Grid) -> list[Problem]:
    coins = len(grid.where("o"))
    if coins > MAX_COINS:
        return [Problem("map", f"{coins} coins", f"at most {MAX_COINS}")]
    states = len(grid.cells) * 2**coins
    return [Problem("map", f"about {states} states", f"at most {MAX_STATES}")] * (states > MAX_STATES)


def _states(grid: Grid) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Cell and coins left (one bit each) of every state: all that are possible, for a coin underfoot is taken."""
    coins = grid.where("o")
    sets, cells = np.meshgrid(np.arange(2 ** len(coins))[::-1], np.arange(len(grid.cells)), indexing="ij")
    underfoot = _coin_bit(grid)[cells]
    possible = (sets & underfoot) == 0
    return cells[possible], sets[possible]


def _coin_bit(grid: Grid) -> NDArray[np.int64]:
    bits = np.zeros(len(grid.cells), dtype=np.int64)
    for number, cell in enumerate(grid.where("o")):
        bits[cell] = 1 << number
    return bits


def _model(
    grid: Grid, cell: NDArray[np.int64], left: NDArray[np.int64], actions: tuple[str, ...], slip: float
) -> FiniteModel:
    marks = np.array(grid.marks)
    bits = _coin_bit(grid)
    entered, probability = _outcomes(grid, actions, slip)
    thrown_back = marks[entered] == "!"
    reached = np.where(thrown_back, grid.starts[0], entered)
    index = np.full((left.max() + 1, len(grid.cells)), -1, dtype=np.int64)
    index[left, cell] = np.arange(len(cell))
    # From here on by state rather than by cell: [S, A, K].
    here, entered, reached, fallen = cell[:, None, None], entered[cell], reached[cell], thrown_back[cell]
    coin = (left[:, None, None] & bits[reached]) > 0
    successor = index[left[:, None, None] & ~bits[reached], reached]
    best = grid.worth.max()
    steps = grid.steps_to(grid.best_exits, moves=len(actions))
    gain = np.where((steps[here] < 0) | (steps[reached] < 0), 0, steps[here] - steps[reached])
    exits = grid.worth[reached] > 0
    events = {
        "steps": np.ones(successor.shape),
        "exits": exits,
        "worth": grid.worth[reached],
        "lesser_exits": exits & (grid.worth[reached] < best),
        "falls": fallen | (marks[reached] == "X"),
        "coins": coin,
        "approach": np.maximum(gain, 0),
        "retreat": np.maximum(-gain, 0),
        "bumps": (here == entered),
    }
    terminal = (grid.worth[cell] > 0) | (marks[cell] == "X")
    successor[terminal] = np.flatnonzero(terminal)[:, None, None]
    start = np.isin(cell, grid.starts) & (left == left.max())
    return FiniteModel(
        successor,
        np.broadcast_to(probability, successor.shape),
        terminal,
        start / start.sum(),
        events={name: np.where(terminal[:, None, None], 0.0, values) for name, values in events.items()},
    )


def _outcomes(grid: Grid, actions: tuple[str, ...], slip: float) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """The cells that each move may enter from each cell, ``[C, A, K]``, and how probable each is, ``[K]``."""
    led = np.array([[grid.neighbour(cell, move) for move in actions] for cell in range(len(grid.cells))])
    if slip == 0:
        return led[:, :, None], np.ones(1)
    quarter = len(actions) // 4
    sideways = [np.roll(led, turn, axis=1) for turn in (quarter, -quarter)]
    return np.stack([led, *sideways], axis=-1), np.array([1 - slip, slip / 2, slip / 2])


def _observations(grid: Grid, cell: NDArray[np.int64], left: NDArray[np.int64]) -> NDArray[np.float32]:
    """The cell one-hot, and for each coin whether it is still there."""
    place = np.eye(len(grid.cells), dtype=np.float32)[cell]
    coins = (left[:, None] >> np.arange(len(grid.where("o")))) & 1
    return np.concatenate([place, coins.astype(np.float32)], axis=1)
