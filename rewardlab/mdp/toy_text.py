"""From Gymnasium's toy-text tables (FrozenLake, CliffWalking, Taxi) to finite models.

Such an environment keeps its dynamics in ``env.unwrapped.P``: for each state and action a list of outcomes
``(probability, next state, reward, terminated)``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import gymnasium as gym
import numpy as np
from numpy.typing import ArrayLike, NDArray

from rewardlab.errors import BadInput, Problem
from rewardlab.mdp.finite_model import FiniteModel
from rewardlab.mdp.finite_task import FiniteTask
from rewardlab.rewards.catalogue import Catalogue
from rewardlab.rewards.reward import Reward

__all__ = ["ToyTextTable", "toy_text_model", "toy_text_task"]

ToyTextTable = Mapping[int, Mapping[int, Sequence[tuple[float, int, float, bool]]]]
"""State to action to outcomes: probability, next state, reward, whether it terminated."""


def toy_text_model(table: ToyTextTable, start: ArrayLike) -> FiniteModel:
    """Convert a toy-text table.

    There a *step* terminates; here a *state* is terminal. A state that is only ever entered by terminating steps
    becomes terminal as it is. One that is also entered by others (in Taxi) stays, and a terminal twin is added after
    the last state, where the terminating steps lead. So states keep their numbers.

    Args:
        table: The outcomes of each action in each state; both numbered from 0.
        start: ``[S]`` the distribution of the first state.

    Returns:
        A model with one event, ``reward``.

    Raises:
        BadInput: States or actions are not numbered from 0, an action has no outcome, an outcome leads outside, or
            ``start`` has not one number for each state.
    """
    n_states = len(table)
    n_actions = len(table[0]) if 0 in table else 0
    numbered = set(table) == set(range(n_states)) and all(set(row) == set(range(n_actions)) for row in table.values())
    if not numbered or n_actions == 0:
        raise BadInput(Problem("table", "other states or actions", "states and actions numbered from 0, none missing"))
    if not all(outcomes for row in table.values() for outcomes in row.values()):
        raise BadInput(Problem("table", "an action without an outcome", "one at least for each action"))
    if np.shape(start) != (n_states,):
        raise BadInput(Problem("start", f"shape {np.shape(start)}", f"({n_states},), one for each state"))
    outcomes = [(s, a, k, *row) for s in range(n_states) for a in table[s] for k, row in enumerate(table[s][a])]
    state, action, number, probability, reached, reward, ending = (
        np.array(part) for part in zip(*outcomes, strict=True)
    )
    outside = (reached < 0) | (reached >= n_states)
    if outside.any():
        raise BadInput(Problem("table", f"next state {reached[outside][0]}", f"one of the {n_states} states"))
    ending = ending.astype(np.bool_)
    # A step that stays in a state says nothing of how it is entered: the ends of a table may loop and go on.
    entering = (probability > 0) & (reached != state)
    entered_by_end = np.bincount(reached[ending & entering], minlength=n_states) > 0
    entered_alive = np.bincount(reached[~ending & entering], minlength=n_states) > 0
    terminal = entered_by_end & ~entered_alive & (np.asarray(start) == 0)
    needs_twin = np.unique(reached[ending & ~terminal[reached]])
    twin = np.full(n_states, -1)
    twin[needs_twin] = n_states + np.arange(len(needs_twin))
    return _lay_out(
        (state, action, number),
        probability,
        np.where(ending & ~terminal[reached], twin[reached], reached),
        reward,
        np.concatenate([terminal, np.ones(len(needs_twin), dtype=np.bool_)]),
        np.asarray(start, dtype=np.float64),
        (n_actions, int(number.max()) + 1),
    )


def toy_text_task(env: gym.Env[Any, Any], *, max_episode_steps: int | None = None) -> FiniteTask:
    """A toy-text environment as a finite task, for `FiniteEnv`, `FiniteVectorEnv` and the exact solvers.

    Its catalogue has one reward, ``reward``, the environment's own, which is also the objective. The time limit cuts
    off (truncates); it is no part of the model.

    Args:
        env: As ``gym.make`` gives it.
        max_episode_steps: The time limit; that of the registration by default.

    Raises:
        BadInput: The environment has no such table, does more than its table says, or has no time limit of its own.
    """
    base: Any = env.unwrapped
    if not hasattr(base, "P") or not hasattr(base, "initial_state_distrib"):
        raise BadInput(Problem("env", str(env), "a toy-text environment, with a table `P`"))
    if getattr(base, "fickle_passenger", False):
        got = "fickle_passenger=True"
        raise BadInput(Problem("env", got, "dynamics that the table holds", "the passenger's whims are not in it"))
    limit = max_episode_steps
    if limit is None and env.spec is not None:
        limit = env.spec.max_episode_steps
    if limit is None:
        raise BadInput(Problem("max_episode_steps", "None", "a time limit, since the environment has none of its own"))
    model = toy_text_model(base.P, base.initial_state_distrib)
    own = Reward.from_event_weights({"reward": 1.0}, name="reward", summary="What the environment pays.")
    return FiniteTask(
        model=model,
        catalogue=Catalogue({"reward": own}, "reward", ("reward",)),
        max_episode_steps=limit,
        action_names=tuple(f"action_{action}" for action in range(model.n_actions)),
        board_views=_board_views(base),
    )


def _board_views(base: Any) -> dict[str, NDArray[np.int64]]:
    """The map of FrozenLake or CliffWalking, whose states are its cells, row by row; none of other tables."""
    shape: Any = (getattr(base, "nrow", 0), getattr(base, "ncol", 0))
    shape = shape if all(shape) else getattr(base, "shape", ())
    is_board = isinstance(shape, tuple) and len(shape) == 2 and shape[0] * shape[1] == len(base.P)
    return {"the map": np.arange(len(base.P)).reshape(shape)} if is_board else {}


def _lay_out(
    places: tuple[NDArray[np.int64], ...],
    probability: NDArray[np.float64],
    reached: NDArray[np.int64],
    reward: NDArray[np.float64],
    terminal: NDArray[np.bool_],
    start: NDArray[np.float64],
    actions_and_outcomes: tuple[int, int],
) -> FiniteModel:
    """The arrays of the model from one entry for each outcome; what is terminal leads to itself and pays nothing."""
    shape = (len(terminal), *actions_and_outcomes)
    successor = np.broadcast_to(np.arange(shape[0])[:, None, None], shape).copy()
    chances, paid = np.zeros(shape), np.zeros(shape)
    successor[places], chances[places], paid[places] = reached, probability, reward
    successor[terminal] = np.flatnonzero(terminal)[:, None, None]
    chances[terminal], paid[terminal] = np.eye(shape[2])[0], 0.0
    padded = np.zeros(shape[0])
    padded[: len(start)] = start
    return FiniteModel(successor, chances, terminal, padded, events={"reward": paid})
