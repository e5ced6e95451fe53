"""The watch in four worlds: behaviour that turns from what was meant to the hack, and honest behaviour throughout.

What the agent wants is overruled by a script of policies, so that the change is known; episodes, amounts and ledgers
are those of the environments.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from gymnasium.vector import VectorWrapper
from numpy.typing import NDArray
from stable_baselines3 import PPO

from rewardlab.agents.reward_watch import RewardWatch
from rewardlab.agents.vector_adapter import VectorAdapter
from rewardlab.mdp import FiniteTask, FiniteVectorEnv, solve
from rewardlab.wrappers import VectorLedger
from rewardlab_envs.boat_race import boat_race_task
from rewardlab_envs.delivery import delivery_task
from rewardlab_envs.gridworld import gridworld_task
from rewardlab_envs.tomatoes import tomato_garden_task

GAMMA, RANDOM_SHARE, COPIES = 0.97, 0.05, 10
HACKS: dict[str, tuple[FiniteTask, str, str]] = {
    "town": (delivery_task(1, "DA."), "pickup_bonus", "picked_up"),
    "corridor": (gridworld_task("S...G"), "progress_bonus", "approach"),
    "tomatoes": (tomato_garden_task(), "seen_watered", "seen_watered"),
}
"""The task, a reward that can be gamed, and the line of the ledger that pays for it."""
WORLDS = ["town", *(pytest.param(world, marks=pytest.mark.slow) for world in ("corridor", "tomatoes"))]
LIMIT = 40
"""Within so many steps each hack pays more than what was meant; in 20 steps to and fro in the corridor does not."""


class Overruled(VectorWrapper[Any, Any, Any]):
    """Plays the first policy, and from some step on the second, whatever the agent says; a few actions are random."""

    def __init__(self, env: FiniteVectorEnv, first: NDArray[Any], second: NDArray[Any], turn: int) -> None:
        super().__init__(env)
        self.policies, self.turn, self.steps = (first, second), turn, 0
        self.rng = np.random.default_rng(0)
        self.states = np.zeros(env.num_envs, dtype=np.int64)

    def reset(self, **arguments: Any) -> Any:
        observations, infos = self.env.reset(**arguments)
        self.states = infos["state"]
        return observations, infos

    def step(self, actions: Any) -> Any:
        chosen = self.policies[self.steps >= self.turn][self.states]
        at_random = self.rng.random(len(chosen)) < RANDOM_SHARE
        chosen = np.where(at_random, self.rng.integers(self.single_action_space.n, size=len(chosen)), chosen)
        self.steps += 1
        observations, rewards, terminations, truncations, infos = self.env.step(chosen)
        self.states = infos["state"]
        return observations, rewards, terminations, truncations, infos


def perfect(task: FiniteTask, reward: str) -> NDArray[np.int64]:
    table = task.model.reward_table(task.catalogue.reward(reward))
    actions: NDArray[np.int64] = solve(task.model, table, GAMMA).optimal.argmax(axis=1)
    return actions


def watched(task: FiniteTask, paid: str, first: NDArray[Any], second: NDArray[Any], episodes: int = 800) -> RewardWatch:
    """Each half lasts for as many steps as so many episodes of 20 steps have."""
    env = FiniteVectorEnv(task, COPIES, reward=paid, autoreset_mode="SameStep", max_episode_steps=LIMIT)
    torch.set_num_threads(1)
    half = 20 * episodes // COPIES
    adapter = VectorAdapter(VectorLedger(Overruled(env, first, second, half)))
    agent = PPO("MlpPolicy", adapter, seed=0, device="cpu", n_steps=200, batch_size=2000, n_epochs=1)
    watch = RewardWatch(block_episodes=10)
    agent.learn(2 * half * COPIES, callback=watch)
    return watch


@pytest.mark.parametrize("world", WORLDS)
def test_the_turn_to_the_hack_is_told_and_the_term_named(world: str) -> None:
    task, reward, term = HACKS[world]
    watch = watched(task, reward, perfect(task, task.catalogue.objective), perfect(task, reward))
    alarm = watch.alarm
    assert alarm is not None
    assert alarm.term == term
    assert alarm.paid[1] > alarm.paid[0]
    assert alarm.objective[1] < alarm.objective[0]
    # The peak is where the script turns: half of the steps are gone, 16,000 of 32,000.
    assert alarm.step > 16_000


@pytest.mark.slow
@pytest.mark.parametrize("world", WORLDS)
def test_who_does_what_was_meant_throughout_raises_no_alarm(world: str) -> None:
    task, reward, _ = HACKS[world]
    meant = perfect(task, task.catalogue.objective)
    assert watched(task, reward, meant, meant, 400).alarm is None


@pytest.mark.parametrize("world", WORLDS)
def test_who_learns_what_was_meant_raises_no_alarm(world: str) -> None:
    task, reward, _ = HACKS[world]
    fixed = {"pickup_bonus": "fixed_speed", "progress_bonus": "fair_progress", "seen_watered": "no_bucket"}[reward]
    clumsy = np.random.default_rng(1).integers(task.model.n_actions, size=task.model.n_states)
    assert watched(task, fixed, clumsy, perfect(task, task.catalogue.objective), 400).alarm is None


def test_a_hack_that_is_paid_no_better_raises_no_alarm() -> None:
    # To and fro over one arrow earns what going round earns: the objective falls, and pay does not rise.
    task = boat_race_task()
    round_and_round = perfect(task, "performance")
    to_and_fro = np.where(np.arange(8) % 2 == 0, round_and_round, (round_and_round + 2) % 4)  # from arrows, back
    watch = watched(task, "arrows", round_and_round, to_and_fro, 400)
    assert watch.alarm is None
