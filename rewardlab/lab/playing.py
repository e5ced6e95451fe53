"""Episodes to watch: those of an exactly optimal policy, or of a random one."""

from __future__ import annotations

from typing import Any

import gymnasium as gym
import numpy as np
from numpy.typing import NDArray

from rewardlab.agents.evaluation import MAX_EPISODE_STEPS
from rewardlab.errors import BadInput, Problem, RunFailed
from rewardlab.mdp import FiniteEnv, solve

__all__ = ["POLICIES", "choose_actions"]

POLICIES = ("optimal", "random")


def choose_actions(
    env: gym.Env[Any, Any], policy: str, seed: int, gamma: float, first_state: int | None = None
) -> list[int]:
    """The actions of one episode, to be played again. None of them is illegal where ``action_masks()`` says what is.

    Args:
        env: What is played; left at the end of the episode.
        policy: ``optimal`` for what the environment pays (finite models only), or ``random``.
        seed: Of the episode, and of the random policy.
        gamma: The discount under which ``optimal`` is optimal.
        first_state: The state to begin in, of an environment that lets it be chosen; drawn by default.

    Raises:
        BadInput: An optimal policy is asked of what is no finite model.
        RunFailed: The episode goes on, and yet no action is legal; or it goes on without end.
    """
    base = env.unwrapped
    if policy == "optimal" and not isinstance(base, FiniteEnv):
        raise BadInput(Problem("--policy", "'optimal'", "'random'", "only finite models have an exact solution"))
    rng = np.random.default_rng(seed)
    best = None
    if policy == "optimal" and isinstance(base, FiniteEnv):
        model = base.task.model
        best = solve(model, model.reward_table(base.table.reward), gamma).optimal
    env.action_space.seed(seed)
    _, info = env.reset(seed=seed, options=None if first_state is None else {"state": first_state})
    actions: list[int] = []
    ended = False
    while not ended:
        if len(actions) >= MAX_EPISODE_STEPS:
            raise RunFailed(f"got no end after {MAX_EPISODE_STEPS} steps; give the environment a time limit")
        if best is not None:
            action = int(np.argmax(best[info["state"]]))
        else:
            legal = _legal_actions(env)
            action = int(rng.choice(legal)) if legal is not None else int(env.action_space.sample())
        _, _, terminated, truncated, info = env.step(action)
        actions.append(action)
        ended = terminated or truncated
    return actions


def _legal_actions(env: gym.Env[Any, Any]) -> NDArray[np.int64] | None:
    """The actions that are legal now; None where the environment does not say."""
    if not isinstance(env.action_space, gym.spaces.Discrete) or not env.has_wrapper_attr("action_masks"):
        return None
    legal = np.flatnonzero(env.get_wrapper_attr("action_masks")())
    if not len(legal):
        raise RunFailed("action_masks(): got no legal action, expected one at least while an episode goes on")
    return legal + int(env.action_space.start)
