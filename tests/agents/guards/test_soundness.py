"""What sound trainings have of the guards: nothing at all. And what guards say of a number that is only large."""

from __future__ import annotations

import math
import pickle
from typing import Any

import gymnasium as gym
import numpy as np
import pytest
import torch
from gymnasium.vector import AutoresetMode
from stable_baselines3.common.callbacks import BaseCallback

from rewardlab.agents import make_agent
from rewardlab.agents.guards import GuardSettings, StepGuard, StepTaken
from rewardlab.agents.guards.table_guard import TableGuard
from rewardlab.agents.guards.update_guard import UpdateGuard
from rewardlab.agents.vector_adapter import VectorAdapter
from rewardlab.errors import BadInput, Diverged
from tests.agents.guards.spoilt_training import SETTINGS

DELIVERY = "rewardlab_envs:rewardlab/Delivery-v0"
MASKS = np.ones(2, dtype=np.bool_)


def learned(algorithm: str, guards: GuardSettings | None) -> bytes:
    """The weights and the optimiser of an agent that was trained with guards, or without any."""
    env = gym.make_vec(DELIVERY, 2, autoreset_mode=AutoresetMode.SAME_STEP, reward="speed")
    step_guard = None if guards is None else StepGuard(guards)
    adapter = VectorAdapter(env, step_guard)
    agent = make_agent(algorithm, SETTINGS[algorithm], adapter, 0)
    adapter.seed(1)
    if guards is None or step_guard is None:
        agent.learn(120)
    else:
        updates = UpdateGuard(agent, guards, step_guard.trail)
        callbacks: list[BaseCallback] = [updates]
        with updates.watching():
            agent.learn(120, callback=callbacks)
    optimiser = agent.policy.optimizer.state_dict()["state"].values()
    tensors = [*agent.policy.state_dict().values(), *(part for kept in optimiser for part in kept.values())]
    return b"".join(np.asarray(tensor).tobytes() for tensor in tensors)


@pytest.mark.parametrize("algorithm", SETTINGS)
def test_weights_are_the_same_with_guards_and_without(algorithm: str) -> None:
    before = torch.get_rng_state()
    bare = learned(algorithm, None)
    assert bare == learned(algorithm, GuardSettings())
    assert bare == learned(algorithm, GuardSettings(math.inf))
    torch.set_rng_state(before)


def step_of(reward: float, **lines: float) -> StepTaken:
    """A step of two environments, of which the second is paid."""
    masks: dict[str, Any] = {f"_{name}": MASKS for name in lines}
    ledger = {name: np.array([0.0, amount]) for name, amount in lines.items()} | masks
    seen = np.zeros((2, 3), dtype=np.float32)
    return StepTaken(1, np.zeros(2), seen, np.array([0.0, reward]), ~MASKS, ~MASKS, {"ledger": ledger})


def test_the_bound_itself_is_let_through_and_what_is_beyond_is_not() -> None:
    StepGuard(GuardSettings(100.0)).took(step_of(100.0))
    with pytest.raises(Diverged, match=r"step 1, environment 1: got reward -100.5, expected .* at most 100 in size"):
        StepGuard(GuardSettings(100.0)).took(step_of(-100.5))


@pytest.mark.parametrize("part", ["rewards", "objective"])
def test_whole_numbers_are_looked_at_like_others(part: str) -> None:
    # 2**40 squared is 2**80, of which the last 64 bits are 0.
    large = np.array([0, 2**40])
    rewards, infos = (large, {}) if part == "rewards" else (np.zeros(2), {"objective": large})
    taken = StepTaken(1, np.zeros(2), np.zeros((2, 3), dtype=np.float32), rewards, ~MASKS, ~MASKS, infos)
    with pytest.raises(
        Diverged, match=r"step 1, environment 1: got .* 1\.09951e\+12, expected a finite number of at mo"
    ):
        StepGuard(GuardSettings()).took(taken)


def test_many_numbers_that_are_sound_one_by_one_are_let_through() -> None:
    StepGuard(GuardSettings(100.0)).took(step_of(90.0, environment=90.0, more=-90.0, less=90.0))


def test_a_line_that_another_one_hides_is_named() -> None:
    with pytest.raises(Diverged, match=r"got 'environment' in the ledger of 1e\+30, expected"):
        StepGuard(GuardSettings()).took(step_of(1.0, environment=1e30, clip=-1e30))


def test_the_first_layer_that_spoilt_it_is_named() -> None:
    with pytest.raises(Diverged, match=r"got reward nan \(of which 'bonus' is nan\)") as caught:
        StepGuard(GuardSettings()).took(step_of(math.nan, environment=1.0, bonus=math.nan, unaccounted=math.nan))
    assert caught.value.report["layer"] == "bonus"


@pytest.mark.parametrize("bad", [math.nan, math.inf, 1e300])
def test_infinity_turns_off_all_but_what_is_no_float32(bad: float) -> None:
    guard = StepGuard(GuardSettings(math.inf))
    guard.took(step_of(1e30, environment=1e30))
    with pytest.raises(Diverged):
        guard.took(step_of(bad))


@pytest.mark.parametrize("largest", [math.nan, 0.5, -1.0])
def test_what_is_no_bound_is_refused(largest: float) -> None:
    with pytest.raises(BadInput, match=r"--largest-number: got .*, expected a number in \[1, inf\]"):
        GuardSettings(largest)


def test_action_values_are_looked_at_where_they_change_and_all_of_them_at_times() -> None:
    table = np.zeros((3, 2))
    table[0, 0] = -np.inf  # not legal
    guard = TableGuard(table, GuardSettings(), StepGuard(GuardSettings()).trail)
    guard.whole(table, 1)
    table[1, 1] = 1e30
    guard.updated(table, np.array([2]), np.array([0]), 1)
    with pytest.raises(Diverged, match="step 2: got an action value of 1e\\+30 for action 1 in state 1"):
        guard.updated(table, np.array([2, 1]), np.array([0, 1]), 2)
    with pytest.raises(Diverged, match="step 3: got an action value of 1e\\+30 for action 1 in state 1"):
        guard.whole(table, 3)


def test_a_divergence_crosses_process_borders() -> None:
    fault = Diverged("step 1: it did", {"step": 1})
    again = pickle.loads(pickle.dumps(fault))
    assert (str(again), again.report) == (str(fault), fault.report)
