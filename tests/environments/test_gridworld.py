"""Gridworlds, step by step and worked by hand: moves, walls, slipping, exits, pits, cliffs and coins."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from rewardlab.errors import BadInput
from rewardlab.mdp import FiniteEnv, FiniteTask, objective_range, solve, solve_finite_horizon
from rewardlab.rewards import shaping
from rewardlab_envs.gridworld import gridworld_task
from rewardlab_envs.gridworld.grid import MOVES, Grid
from rewardlab_envs.gridworld.maps import MAPS
from rewardlab_envs.gridworld.potentials import negative_distance

NORTH, EAST, SOUTH, WEST = range(4)


def walk(task: FiniteTask, actions: list[int]) -> tuple[list[dict[str, float]], FiniteEnv, bool]:
    """The events of each step that are not 0, ``steps`` left out; the environment, and whether it has terminated."""
    env = FiniteEnv(task, render_mode="ansi")
    env.reset(seed=0)
    seen, terminated = [], False
    for action in actions:
        _, _, terminated, _, info = env.step(action)
        assert info["events"].pop("steps") == 1
        seen.append({name: amount for name, amount in info["events"].items() if amount})
    return seen, env, terminated


def test_a_walk_with_a_bump_a_coin_and_an_exit() -> None:
    task = gridworld_task("S.o\n.#G")
    seen, env, terminated = walk(task, [NORTH, EAST, SOUTH, EAST])
    # The goal is 3 steps away: two east, one south.
    assert seen == [{"bumps": 1}, {"approach": 1}, {"bumps": 1}, {"approach": 1, "coins": 1}]
    assert env.render() == "S . @\n. # G"
    assert not terminated
    seen, env, terminated = walk(task, [EAST, EAST, WEST, EAST, SOUTH])  # the coin is there only once
    assert seen[2:] == [{"retreat": 1}, {"approach": 1}, {"approach": 1, "exits": 1, "worth": 1}]
    assert env.render() == "S . .\n. # @"
    assert terminated


def test_the_objective_adds_up() -> None:
    task = gridworld_task("So5", coin_worth=0.25, step_cost=0.125)
    # Two steps, a coin, and an exit worth a half.
    assert solve_finite_horizon(task.model, task.objective_table, 9).expected_score == 0.25 + 0.5 - 2 * 0.125


def test_a_pit_ends_it_and_a_cliff_throws_back() -> None:
    seen, _, terminated = walk(gridworld_task("SXG\n..."), [EAST])
    assert terminated
    assert seen == [{"falls": 1}]
    # Next to the goal on the upper way there are 2 steps left, from the start 4.
    seen, env, terminated = walk(gridworld_task("...\nS!G"), [NORTH, EAST, SOUTH])
    assert not terminated
    assert seen[2] == {"falls": 1, "retreat": 2}
    assert env.render() == ". . .\n@ ! G"


def test_falling_from_the_start_is_no_bump() -> None:
    seen, env, _ = walk(gridworld_task("S!G\n..."), [EAST])
    assert seen == [{"falls": 1}]
    assert env.render() == "@ ! G\n. . ."


def test_of_two_equal_exits_the_nearer_one_counts() -> None:
    task = gridworld_task("GS...G")
    values = task.catalogue.potential("straight_line")(np.arange(6))
    assert values.tolist() == [0, -1, -2, -2, -1, 0]
    assert (task.catalogue.potential("distance")(np.arange(6)) == values / 2).all()
    assert walk(task, [WEST])[0] == [{"approach": 1, "exits": 1, "worth": 1}]


def test_exits_of_different_worth() -> None:
    seen, _, _ = walk(gridworld_task("S3.\n..G"), [EAST])
    assert seen == [{"exits": 1, "worth": 0.3, "lesser_exits": 1}]


@pytest.mark.parametrize(
    ("text", "move", "reached"),
    [
        ("..\n.G", "southeast", 3),
        ("..\n#G", "southeast", 0),  # no cutting of corners
        (".#\n.G", "southeast", 0),
        ("..\n.G", "northwest", 0),
        ("..\n.G", "east", 1),
    ],
)
def test_diagonal_moves(text: str, move: str, reached: int) -> None:
    assert Grid.from_text(text + "\n..").neighbour(0, move) == reached


@pytest.mark.parametrize("moves", [4, 8])
def test_slipping_goes_to_either_side_at_right_angles(moves: int) -> None:
    task = gridworld_task("...\n.S.\n..G", slip=0.3, moves=moves)
    centre = int(np.flatnonzero(task.model.start)[0])
    model = task.model
    for action, name in enumerate(task.action_names):
        down, right = MOVES[name]
        targets = [(1 + down, 1 + right), (1 - right, 1 + down), (1 + right, 1 - down)]
        assert model.successor[centre, action].tolist() == [3 * row + column for row, column in targets]
        np.testing.assert_allclose(model.probability[centre, action], [0.7, 0.15, 0.15])


def test_without_marks_an_episode_begins_anywhere_on_the_floor() -> None:
    assert gridworld_task("..\n.G").model.start.tolist() == [1 / 3, 1 / 3, 1 / 3, 0]


def test_coins_are_part_of_the_state() -> None:
    task = gridworld_task("coins")
    cells = len(Grid.from_text(MAPS["coins"].text).cells)
    # Four coins: each cell with any set of coins left, but a coin underfoot is always taken.
    assert task.model.n_states == (cells - 4) * 16 + 4 * 8
    first = int(np.flatnonzero(task.model.start)[0])
    assert task.observations[first, -4:].tolist() == [1, 1, 1, 1]
    assert task.observations[:, :-4].sum(axis=1).tolist() == [1] * task.model.n_states


class TestTheRobot:
    TASK = gridworld_task("robot")

    def test_five_diagonal_steps_to_the_goal(self) -> None:
        seen, _, terminated = walk(self.TASK, [list(MOVES).index("southwest")] * 5)
        assert terminated
        assert [step["approach"] for step in seen] == [1] * 5

    def test_shaped_by_the_straight_line_it_is_paid_what_the_tutorials_code_pays(self) -> None:
        model, potential = self.TASK.model, self.TASK.catalogue.potential("straight_line")
        state = [int(np.flatnonzero(model.start)[0])]
        for _ in range(5):
            state.append(int(model.successor[state[-1], self.TASK.action_names.index("southwest"), 0]))
        values = potential(np.array(state))
        np.testing.assert_allclose(values, -np.sqrt(2) * np.arange(5, -1, -1), atol=1e-12)
        added = shaping(values[:-1], values[1:], model.terminal[state[1:]], 0.99)
        np.testing.assert_allclose(added, [1.47078, 1.45664, 1.44250, 1.42836, 1.41421], atol=5e-6)
        assert (0.99 ** np.arange(5) * added).sum() == pytest.approx(7.07107, abs=5e-6)

    def test_the_naive_bonus_keeps_it_from_ever_arriving(self) -> None:
        table = self.TASK.model.reward_table(self.TASK.catalogue.reward("progress_bonus"))
        result = objective_range(self.TASK.model, table, self.TASK.objective_table, gamma=0.99)
        assert result.best == pytest.approx(-0.01 / (1 - 0.99)), "a cost for each step, and no goal"
        assert result.optimum == pytest.approx(0.99**4 - 0.01 * (1 - 0.99**5) / 0.01)


@pytest.mark.parametrize("name", MAPS)
def test_potentials(name: str) -> None:
    task = gridworld_task(name)
    potentials, model = task.catalogue.potentials, task.model
    assert set(potentials) >= {"distance", "distance_scaled", "straight_line", "misleading", "constant"}
    states = np.arange(model.n_states)
    good = potentials["distance"](states)
    assert (good.min(), good.max()) == (-1, 0)
    np.testing.assert_allclose(potentials["distance_scaled"](states), 10 * good, rtol=1e-15)
    # Where nothing slips, every optimal step of the sparse reward climbs the good potential.
    table = model.reward_table(task.catalogue.reward("sparse"))
    solution = solve(model, table, 0.97)
    state, action = np.nonzero(solution.optimal)
    if model.n_outcomes == 1 and name not in ("two_exits", "coins"):
        assert (good[model.successor[state, action, 0]] > good[state]).all()
    # Whatever the potential: shaping keeps the optimal set.
    for potential in potentials.values():
        shaped = solve(model, table + model.shaping_table(potential(states), 0.97), 0.97)
        assert (shaped.optimal == solution.optimal).all(), potential.name


def test_the_misleading_potential_leads_to_the_poor_exit_or_to_the_farthest_place() -> None:
    poor = gridworld_task("two_exits")
    values = poor.catalogue.potential("misleading")(np.arange(poor.model.n_states))
    assert poor.model.terminal[values.argmax()], "an exit"
    assert poor.catalogue.potential("distance")(np.array([values.argmax()]))[0] < 0, "but not the best one"
    robot = gridworld_task("robot")
    values = robot.catalogue.potential("misleading")(np.arange(robot.model.n_states))
    assert robot.catalogue.potential("distance")(np.array([values.argmax()]))[0] == -1


def test_the_tutorials_potential() -> None:
    assert negative_distance([5.0, 5.0]) == pytest.approx(-7.07107, abs=5e-6)
    assert negative_distance([[3, 4], [0, 0]]).tolist() == [-5, 0]
    assert negative_distance([1.0, 2.0], goal=[1.0, 2.0]) == 0
    with pytest.raises(BadInput, match=r"goal: got shape \(3,\), expected \(2,\)"):
        negative_distance([5.0, 5.0], goal=[0.0, 0.0, 0.0])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("S.G\n..", "rows of different lengths"),
        ("S..", "no exit"),
        ("#G", "no place to start"),
        (".!G", "a cliff and 0 starts, expected exactly one 'S'"),
        ("S#G", "a start in row 0, column 0, without a way to the best exit"),
        ("SXG", "a start in row 0, column 0, without a way to the best exit"),
        ("Sooooooooo.G", "9 coins, expected at most 8"),
        ("robbot", r"'robbot', .*did you mean 'robot'\?"),
        ("S?G", r"'S\?G', expected a known map"),
    ],
)
def test_bad_maps(text: str, said: str) -> None:
    with pytest.raises(BadInput, match=f"map: got {said}"):
        gridworld_task(text)


@pytest.mark.parametrize(
    ("settings", "where"),
    [
        ({"moves": 5}, ["moves"]),
        ({"moves": True}, ["moves"]),
        ({"slip": 1.2}, ["slip"]),
        ({"slip": float("nan")}, ["slip"]),
        ({"slip": "0.1"}, ["slip"]),
        ({"step_cost": -1}, ["step_cost"]),
        ({"hazard_cost": float("inf"), "coin_worth": None}, ["hazard_cost", "coin_worth"]),
        ({"max_episode_steps": 0, "moves": 3}, ["moves", "max_episode_steps"]),
        ({"map": "S?", "moves": 3}, ["map"]),  # no map, so no settings of its own to go by
        ({"map": "S.\n...", "moves": 3}, ["map", "map", "moves"]),
        ({"map": "G" + "." * 20_000}, ["map"]),
    ],
)
def test_bad_settings(settings: dict[str, Any], where: list[str]) -> None:
    with pytest.raises(BadInput) as refused:
        gridworld_task(**{"map": "robot"} | settings)
    assert [problem.where for problem in refused.value.problems] == where
