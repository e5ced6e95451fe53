"""Known faults of shaping wrappers elsewhere; each test holds the faulty formula and shows that it pays otherwise."""

from __future__ import annotations

from typing import Any

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.vector import AutoresetMode, SyncVectorEnv

from rewardlab.rewards import Potential, shaping
from rewardlab.wrappers import PotentialShaping, VectorPotentialShaping
from tests.wrappers.scripted_env import ScriptedEnv, ScriptedEpisode, ScriptedStep

GAMMA = 0.9
ITSELF = Potential("itself", lambda seen: seen[:, 0], "observation")
STATE = Potential("state", lambda states: 1.0 * states, "state")


def episode(states: list[int], *, terminated: bool = False, truncated: bool = False) -> ScriptedEpisode:
    """An episode through these states that pays nothing itself and ends as said."""
    steps = [ScriptedStep(state, 0.0) for state in states[1:]]
    steps[-1] = ScriptedStep(states[-1], 0.0, terminated, truncated)
    return ScriptedEpisode(states[0], steps)


def vector_of(*streams: list[ScriptedEpisode], mode: AutoresetMode) -> VectorPotentialShaping:
    envs = SyncVectorEnv([lambda stream=stream: ScriptedEnv(stream) for stream in streams], autoreset_mode=mode)
    return VectorPotentialShaping(envs, ITSELF, gamma=GAMMA)


def rewards_of(env: VectorPotentialShaping, steps: int) -> list[list[float]]:
    env.reset()
    return [env.step(np.zeros(env.num_envs, dtype=int))[1].tolist() for _ in range(steps)]


def test_b4_a_masked_reset_reseeds_only_the_masked_rows() -> None:
    streams = (
        [episode([5, 6, 7, 8], truncated=True)],
        [episode([1, 2], truncated=True), episode([3, 4], truncated=True)],
    )
    env = vector_of(*streams, mode=AutoresetMode.DISABLED)
    env.reset()
    env.step(np.zeros(2, dtype=int))
    env.reset(options={"reset_mask": np.array([False, True])})
    rewards = env.step(np.zeros(2, dtype=int))[1]
    assert rewards.tolist() == pytest.approx([0.9 * 7 - 6, 0.9 * 4 - 3])
    forgets_every_row = 0.9 * 7 - 0
    assert rewards[0] != pytest.approx(forgets_every_row)


def test_b9_termination_takes_the_potential_back_so_that_where_it_ends_does_not_matter() -> None:
    # Two ways out of the start (potential 0): past potential 5 to a true return of 0, past potential 0 to one of 1.
    rich, poor = episode([0, 5, 9], terminated=True), episode([0, 0, 9], terminated=True)
    totals, faulty = [], []
    for way, true_return in ((rich, 0.0), (poor, 1.0)):
        env = PotentialShaping(ScriptedEnv([way]), ITSELF, gamma=1.0)
        env.reset()
        paid = [float(env.step(0)[1]) for _ in way.steps]
        totals.append(true_return + sum(paid))
        no_charge_at_the_end = [paid[0], 0.0]
        faulty.append(true_return + sum(no_charge_at_the_end))
    assert totals == [0.0, 1.0]
    assert faulty == [5.0, 1.0], "the fault prefers the worthless way out"


@pytest.mark.parametrize("mode", AutoresetMode, ids=lambda mode: mode.value)
def test_b10_truncation_keeps_the_potential_and_termination_does_not(mode: AutoresetMode) -> None:
    cut_off, over = [episode([2, 4], truncated=True)], [episode([2, 4], terminated=True)]
    rewards = rewards_of(vector_of(cut_off, over, mode=mode), 1)[0]
    assert rewards == pytest.approx([0.9 * 4 - 2, -2])
    zeroed_on_done = 0.9 * 0 - 2
    assert rewards[0] - zeroed_on_done == pytest.approx(GAMMA * 4), "the bootstrap target would be off by gamma * Phi"


def test_b10_an_episode_that_terminates_at_its_time_limit_has_terminated() -> None:
    env = PotentialShaping(ScriptedEnv([episode([2, 4], terminated=True, truncated=True)]), ITSELF, gamma=GAMMA)
    env.reset()
    assert env.step(0)[1] == -2


def test_b11_the_reset_step_of_next_step_mode_pays_nothing() -> None:
    # Potentials 0, 1, 2, 3 and then a new episode from 0: naive shaping charges the last potential on the reset step.
    env = vector_of([episode([0, 1, 2, 3], truncated=True)], mode=AutoresetMode.NEXT_STEP)
    rewards = np.ravel(rewards_of(env, 5))
    assert rewards.tolist() == pytest.approx([0.9, 0.8, 0.7, 0.0, 0.9])
    naive_at_the_reset_step = GAMMA * 0 - 3
    assert rewards[3] != naive_at_the_reset_step


def test_b12_the_truncated_step_of_same_step_mode_reads_the_final_observation() -> None:
    # The observation that comes with the truncation is already the next episode's 0.
    env = vector_of([episode([0, 1, 2, 3], truncated=True)], mode=AutoresetMode.SAME_STEP)
    rewards = np.ravel(rewards_of(env, 4))
    assert rewards.tolist() == pytest.approx([0.9, 0.8, 0.7, 0.9])
    naive_with_the_returned_observation = GAMMA * 0 - 2
    assert rewards[2] != naive_with_the_returned_observation


class NoFinals(gym.vector.VectorWrapper):
    """Drops what a vector environment says about ended episodes."""

    def step(self, actions: Any) -> Any:
        *rest, infos = self.env.step(actions)
        return *rest, {key: value for key, value in infos.items() if "final" not in key}


@pytest.mark.parametrize(("potential", "named"), [(ITSELF, "final_obs"), (STATE, "final_info")], ids=["obs", "state"])
def test_b12_a_final_observation_that_is_missing_is_refused(potential: Potential, named: str) -> None:
    stream = [episode([0, 1], truncated=True)]
    inner = SyncVectorEnv([lambda: ScriptedEnv(stream)], autoreset_mode=AutoresetMode.SAME_STEP)
    env = VectorPotentialShaping(NoFinals(inner), potential, gamma=GAMMA)
    env.reset()
    with pytest.raises(ValueError, match=rf"infos\['{named}'\].*of an ended episode, expected one for each"):
        env.step(np.array([0]))


class ReusesItsArrays(ScriptedEnv):
    """Returns the very same observation array at every step, with new numbers in it."""

    _array = np.zeros(1)

    def _seen(self, state: int) -> tuple[Any, dict[str, Any]]:
        self._array[:] = state
        return self._array, {"state": state}


def test_b20_an_environment_may_write_over_its_observations() -> None:
    env = PotentialShaping(ReusesItsArrays([episode([2, 4, 8], truncated=True)]), ITSELF, gamma=GAMMA)
    env.reset()
    assert [env.step(0)[1] for _ in range(2)] == pytest.approx([0.9 * 4 - 2, 0.9 * 8 - 4])


def test_b20_a_vector_environment_may_write_over_its_observations() -> None:
    stream = [episode([2, 4, 8], truncated=True)]
    for mode in AutoresetMode:
        inner = SyncVectorEnv([lambda: ScriptedEnv(stream)] * 2, copy=False, autoreset_mode=mode)
        env = VectorPotentialShaping(inner, ITSELF, gamma=GAMMA)
        assert rewards_of(env, 2) == [pytest.approx([0.9 * 4 - 2] * 2), pytest.approx([0.9 * 8 - 4] * 2)]


class OneRewardArray(gym.vector.VectorWrapper):
    """Returns the same read-only rewards and infos at every step."""

    def step(self, actions: Any) -> Any:
        observations, rewards, *endings, infos = self.env.step(actions)
        for array in (rewards, infos["state"]):
            array.setflags(write=False)
        self.rewards, self.infos = rewards, infos
        return observations, rewards, *endings, infos


def test_b20_neither_rewards_nor_infos_of_the_environment_are_written_to() -> None:
    inner = OneRewardArray(SyncVectorEnv([lambda: ScriptedEnv([episode([2, 4, 8], truncated=True)])] * 2))
    env = VectorPotentialShaping(inner, STATE, gamma=GAMMA)
    env.reset()
    infos = env.step(np.array([0, 0]))[-1]
    assert inner.rewards.tolist() == [0.0, 0.0]
    assert "ledger" in infos
    assert "ledger" not in inner.infos


def test_the_formula_ignores_even_a_nan_where_it_terminated() -> None:
    added = shaping([1.0, 1.0, 1.0], [np.nan, 3.0, np.inf], [True, False, True], 0.5)
    assert added.tolist() == [-1.0, 0.5, -1.0]
