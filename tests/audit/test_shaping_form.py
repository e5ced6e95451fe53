"""Shaping is recognised, with its potential; each slip is named; nothing is called a slip that is none."""

from __future__ import annotations

import gymnasium as gym
import numpy as np
import pytest
from numpy.typing import NDArray

from rewardlab.audit.shaping_form import ShapingForm, shaping_form, shaping_form_finding
from rewardlab.mdp import FiniteEnv, FiniteModel, FiniteTask
from rewardlab.rewards import Potential
from rewardlab.transitions import Transitions
from rewardlab.wrappers import PotentialShaping
from tests.audit.worlds import ENDLESS, GAMMA, WORLDS, case_of, shaping_of, some_potential

EACH_WORLD = pytest.mark.parametrize("task", WORLDS.values(), ids=WORLDS)
EVERYWHERE = pytest.mark.parametrize("task", [*WORLDS.values(), *ENDLESS.values()], ids=[*WORLDS, *ENDLESS])


def form(task: FiniteTask, proxy: NDArray[np.float64], gamma: float = GAMMA) -> ShapingForm:
    case = case_of(task, proxy, gamma)
    paid, meant = case.proxy[case.model.feasible], case.objective[case.model.feasible]
    return shaping_form(case.model.transitions, paid, meant, gamma, case.model.n_states)


def slips(task: FiniteTask, proxy: NDArray[np.float64], gamma: float = GAMMA) -> list[str]:
    answer = form(task, proxy, gamma)
    assert not answer.is_shaping
    return [slip.name for slip in answer.slips]


@EVERYWHERE
def test_shaping_is_recognised_and_its_potential_found(task: FiniteTask) -> None:
    potential = some_potential(task)
    case = case_of(task, task.objective_table + shaping_of(task, potential))
    paid, meant = case.proxy[case.model.feasible], case.objective[case.model.feasible]
    answer = shaping_form(case.model.transitions, paid, meant, GAMMA, case.model.n_states)
    assert answer.is_shaping
    assert answer.slips == ()
    expected = np.where(case.model.terminal, 0.0, potential[case.states])
    assert answer.fit.potential == pytest.approx(expected, abs=1e-9)
    assert shaping_form_finding(case).level == "fine"


@EVERYWHERE
def test_a_large_potential_is_no_trouble_and_a_tiny_fault_is(task: FiniteTask) -> None:
    shaped = task.objective_table + shaping_of(task, 1e4 * some_potential(task))
    assert form(task, shaped).is_shaping
    spoilt = shaped.copy()
    spoilt[tuple(np.argwhere(task.model.feasible & (task.model.start > 0)[:, None, None])[0])] += 1e-3
    assert not form(task, spoilt).is_shaping


@EVERYWHERE
@pytest.mark.parametrize("shaping_gamma", [1.0, 0.99, 0.9])
def test_another_gamma_is_named(task: FiniteTask, shaping_gamma: float) -> None:
    proxy = task.objective_table + shaping_of(task, some_potential(task), shaping_gamma)
    assert "gamma mismatch" in slips(task, proxy)
    answer = form(task, proxy)
    assert f"gamma {shaping_gamma:g}," in next(s.summary for s in answer.slips if s.name == "gamma mismatch")


@pytest.mark.parametrize("name", ["slippery", "frozen lake"])
def test_an_uncommon_gamma_is_searched_for(name: str) -> None:
    answer = form(
        WORLDS[name], WORLDS[name].objective_table + shaping_of(WORLDS[name], some_potential(WORLDS[name]), 0.87)
    )
    assert "gamma 0.87," in next(slip.summary for slip in answer.slips if slip.name == "gamma mismatch")


@EACH_WORLD
def test_a_kept_terminal_potential_is_named(task: FiniteTask) -> None:
    proxy = task.objective_table + shaping_of(task, some_potential(task) - 5, terminal_kept=True)
    assert "terminal potential kept" in slips(task, proxy)


@EVERYWHERE
def test_a_factor_is_named(task: FiniteTask) -> None:
    proxy = 3 * task.objective_table + shaping_of(task, some_potential(task))
    answer = form(task, proxy)
    assert answer.slips[0].name == "scaled"
    assert "times 3" in answer.slips[0].summary


@EVERYWHERE
def test_a_clip_after_shaping_is_named(task: FiniteTask) -> None:
    whole = task.objective_table + shaping_of(task, some_potential(task))
    low, high = np.quantile(whole[task.model.feasible], [0.05, 0.95])
    clipped = np.where(task.model.feasible, np.clip(whole, low, high), 0.0)
    assert "clipped after shaping" in slips(task, clipped)


@EVERYWHERE
def test_gains_without_losses_are_named(task: FiniteTask) -> None:
    difference = shaping_of(task, some_potential(task) * ~task.model.terminal, 1.0)
    assert "gains only" in slips(task, task.objective_table + np.maximum(difference, 0.0))


@EVERYWHERE
def test_noise_is_no_slip(task: FiniteTask) -> None:
    noise = np.random.default_rng(1).normal(size=task.model.successor.shape)
    assert slips(task, task.objective_table + noise * task.model.feasible) == []


def record(
    task: FiniteTask, gamma: float, *, zeroed: bool, limit: int
) -> tuple[Transitions, NDArray[np.float64], NDArray[np.bool_]]:
    """A random walk with a time limit, what a shaping wrapper pays, and where the limit cut off."""
    potential, rng = some_potential(task), np.random.default_rng(0)
    env = FiniteEnv(task)
    rows: list[tuple[int, int, int, bool, bool]] = []
    for episode in range(200):
        _, info = env.reset(seed=episode)
        for step in range(limit):
            state, action = info["state"], int(rng.choice(np.flatnonzero(env.action_masks())))
            _, _, terminated, _, info = env.step(action)
            rows.append((state, action, info["state"], terminated, not terminated and step == limit - 1))
            if terminated:
                break
    before, action, after, terminated, cut = (np.array(column) for column in zip(*rows, strict=True))
    ahead = potential[after] * ~(terminated | cut if zeroed else terminated)
    return Transitions(before, action, after, terminated, {}), gamma * ahead - potential[before], cut


@pytest.mark.parametrize("unit", [1e-12, 1e-6, 1e12])
def test_rewards_in_another_unit_have_the_same_slips(unit: float) -> None:
    task = WORLDS["slippery"]
    shift = shaping_of(task, some_potential(task), 0.87)
    kept = shaping_of(task, some_potential(task), terminal_kept=True)
    clipped = np.clip(task.objective_table + shaping_of(task, some_potential(task)), -0.5, 0.5) * task.model.feasible
    noise = np.random.default_rng(2).normal(size=task.objective_table.shape) * task.model.feasible
    model = task.model
    for paid in (task.objective_table + shift, task.objective_table + kept, clipped, task.objective_table + noise):
        plain, scaled = (
            shaping_form(
                model.transitions,
                factor * paid[model.feasible],
                factor * task.objective_table[model.feasible],
                GAMMA,
                model.n_states,
            )
            for factor in (1.0, unit)
        )
        assert [slip.name for slip in scaled.slips] == [slip.name for slip in plain.slips]


@pytest.mark.parametrize("name", ["slippery", "robot", "frozen lake"])
def test_a_zeroed_truncation_is_named_in_a_record(name: str) -> None:
    task = WORLDS[name]
    for zeroed in (True, False):
        steps, paid, cut = record(task, GAMMA, zeroed=zeroed, limit=6)
        assert cut.any()
        nothing = np.zeros(len(steps))
        answer = shaping_form(steps, paid, nothing, GAMMA, task.model.n_states, truncated=cut)
        assert answer.is_shaping != zeroed
        assert ("truncation zeroed" in [slip.name for slip in answer.slips]) == zeroed


def line(length: int) -> FiniteModel:
    """Cells in a row without an end; action 0 goes left and action 1 right, against the walls nowhere."""
    cells = np.arange(length)
    successor = np.stack([np.maximum(cells - 1, 0), np.minimum(cells + 1, length - 1)], axis=1)[:, :, None]
    return FiniteModel(successor, np.ones(successor.shape), np.zeros(length, dtype=bool), np.eye(length)[0])


def test_trap_a_sum_of_zero_round_every_cycle_is_not_enough() -> None:
    # 1 towards the right end, -1 away: 0 round every cycle, and potential-based with gamma 1, but not with 0.95.
    model = line(5)
    steps = model.transitions
    paid = (steps.next_state - steps.state).astype(float)
    assert shaping_form(steps, paid, np.zeros(len(steps)), 1.0, 5).is_shaping
    answer = shaping_form(steps, paid, np.zeros(len(steps)), 0.95, 5)
    assert not answer.is_shaping
    assert [slip.name for slip in answer.slips] == ["gamma mismatch"]
    # Going to and fro for ever is worth 1 / (1 + gamma) = 0.5128.
    cycle = sum(0.95**t * (-1.0) ** t for t in range(2000))
    assert cycle == pytest.approx(1 / 1.95, abs=1e-12)
    assert cycle == pytest.approx(0.5128, abs=1e-4)


def test_trap_a_positive_cycle_is_no_proof_of_a_loophole() -> None:
    # Potential 10 at the left, 0 at the right: with gamma 0.9, standing at the right wall pays 0, and the cycle
    # between the first two cells 0.9 * 5 - 10 + 0.9 * 10 - 5 = -1.5; with potentials below 0 it is + 1.5, and safe.
    model = line(3)
    steps = model.transitions
    potential = -np.array([10.0, 5.0, 0.0])
    paid = 0.9 * potential[steps.next_state] - potential[steps.state]
    there, back = paid[(steps.state == 0) & (steps.next_state == 1)], paid[(steps.state == 1) & (steps.next_state == 0)]
    assert float(there[0] + back[0]) == pytest.approx(1.5)
    assert shaping_form(steps, paid, np.zeros(len(steps)), 0.9, 3).is_shaping


@EVERYWHERE
def test_the_wrapper_of_the_library_shapes_rightly(task: FiniteTask) -> None:
    # What is really paid, truncations included: here is no fault to be found.
    env = gym.wrappers.TimeLimit(FiniteEnv(task), 5)
    shaped = PotentialShaping(env, Potential.from_table(some_potential(task)), gamma=GAMMA)
    rng, rows = np.random.default_rng(0), []
    for episode in range(100):
        _, info = shaped.reset(seed=episode)
        ended = False
        while not ended:
            state = info["state"]
            action = int(rng.choice(np.flatnonzero(task.model.legal[state])))
            _, paid, terminated, truncated, info = shaped.step(action)
            rows.append((state, action, info["state"], terminated, float(paid) - info["objective"]))
            ended = terminated or truncated
    before, action_of, after, terminations, added = (np.array(column) for column in zip(*rows, strict=True))
    steps = Transitions(before, action_of, after, terminations, {})
    assert shaping_form(steps, added, np.zeros(len(steps)), GAMMA, task.model.n_states).is_shaping
