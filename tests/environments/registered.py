"""Everything that is registered, with settings worth trying, and how an optimal agent plays it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any, final

import gymnasium as gym
import numpy as np
from gymnasium.envs.registration import EnvSpec

from rewardlab.mdp import FiniteEnv, FiniteTask, solve, solve_finite_horizon
from rewardlab.plugins import load_plugin
from rewardlab.transitions import Transitions

IDS = load_plugin("rewardlab_envs").environment_ids

Criterion = tuple[float, int | None]  # discount and horizon
Choose = Callable[[int, int], int]  # (state, step) to action


@final
@dataclass(frozen=True)
class Case:
    """An environment with settings.

    Attributes:
        name: For the names of tests.
        id: The registered id.
        settings: Keyword arguments.
    """

    name: str
    id: str
    settings: dict[str, Any] = field(default_factory=dict)

    def make(self, **more: Any) -> gym.Env[Any, Any]:
        """The environment, as ``gym.make`` makes it."""
        return gym.make(self.id, **self.settings, **more)

    def spec(self) -> EnvSpec:
        """Its registration."""
        return gym.registry[self.id.rpartition(":")[2]]

    def task(self) -> FiniteTask | None:
        """The finite task, if it is one."""
        base = self.make().unwrapped
        return base.task if isinstance(base, FiniteEnv) else None


def _named(short: str) -> str:
    return next(full for full in IDS if full.endswith(f"/{short}"))


_MAPS = ("ng", "cliff", "four_rooms", "two_exits", "coins", "four_by_three", "ice")
CASES = (
    *(Case(full.rpartition("/")[2], full) for full in IDS),
    *(Case(f"Gridworld-{name}", _named("Gridworld-v0"), {"map": name}) for name in _MAPS),
    Case("DelayedCredit-500", _named("DelayedCredit-v0"), {"delay": 500, "win": 1.0}),
    Case("DelayedCredit-0", _named("DelayedCredit-v0"), {"delay": 0}),
)


def without_chance(task: FiniteTask) -> FiniteTask:
    """The same task, but the likeliest outcome and the likeliest start are sure."""
    model = task.model
    sure = np.eye(model.n_outcomes)[model.probability.argmax(axis=2)]
    begin = (np.arange(model.n_states) == model.start.argmax()).astype(float)
    return replace(task, model=replace(model, probability=sure, start=begin))


def optimal_agent(task: FiniteTask, reward: str, criterion: Criterion) -> Choose:
    """A policy that is optimal for the reward, and among those the worst for the objective."""
    gamma, horizon = criterion
    model, table = task.model, task.model.reward_table(task.catalogue.reward(reward))
    if horizon is None:
        choices = solve(model, table, gamma).optimal
        actions = solve(model, -task.objective_table, gamma, allowed=choices).optimal.argmax(axis=1)
        return lambda state, step: int(actions[state])
    steps = solve_finite_horizon(model, table, horizon, gamma=gamma).optimal
    by_step = solve_finite_horizon(model, -task.objective_table, horizon, gamma=gamma, allowed=steps)
    plan = by_step.optimal.argmax(axis=2)
    return lambda state, step: int(plan[step, state])


def episodes(task: FiniteTask, choose: Choose, count: int) -> Iterator[Transitions]:
    """Whole episodes of a policy, from drawn starts."""
    model, rng = task.model, np.random.default_rng(0)
    for first in rng.choice(model.n_states, p=model.start, size=count):
        states, actions, outcomes = [int(first)], [], []
        while len(actions) < task.max_episode_steps and not model.terminal[states[-1]]:
            actions.append(choose(states[-1], len(actions)))
            outcomes.append(int(rng.choice(model.n_outcomes, p=model.probability[states[-1], actions[-1]])))
            states.append(int(model.successor[states[-1], actions[-1], outcomes[-1]]))
        before, acted, after = np.array(states[:-1]), np.array(actions), np.array(states[1:])
        events = {name: amounts[before, acted, outcomes] for name, amounts in model.events.items()}
        yield Transitions(before, acted, after, model.terminal[after], events)
