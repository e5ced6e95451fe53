"""Models small enough to solve by hand or by trying every policy. Each says what it isolates."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

import numpy as np
from numpy.typing import NDArray

from rewardlab.mdp import FiniteModel, FiniteTask
from rewardlab.rewards import Catalogue, Potential, Reward

PAID = Reward.from_event_weights({"paid": 1.0}, name="paid")


def exit_or_stay(*, exits: tuple[float, ...] = (1.0,)) -> FiniteModel:
    """State 0 may stay for nothing (action 0) or leave by exit i (action i) for ``exits[i - 1]``, each to its own."""
    count = len(exits)
    successor = np.zeros((count + 1, count + 1, 1), dtype=np.int64)
    successor[0, :, 0] = np.arange(count + 1)
    for end in range(1, count + 1):
        successor[end] = end
    paid = np.zeros(successor.shape)
    paid[0, 1:, 0] = exits
    terminal = np.arange(count + 1) > 0
    return FiniteModel(successor, np.ones(successor.shape), terminal, ~terminal * 1.0, events={"paid": paid})


def stay_or_switch() -> FiniteModel:
    """Two states without end, stay (0) or switch (1); only the switch from state 0 to state 1 pays, 1."""
    successor = np.array([[[0], [1]], [[1], [0]]])
    paid = np.zeros(successor.shape)
    paid[0, 1] = 1.0
    start = np.array([0.5, 0.5])
    return FiniteModel(successor, np.ones(successor.shape), np.zeros(2, dtype=bool), start, events={"paid": paid})


def slippery_fork(*, certain: bool = False) -> FiniteModel:
    """Three outcomes an action, three exits, actions that are not always legal, and a start over two states.

    States 0 to 2 are places, 3 to 5 ends. Action 2 is not legal in state 1, and action 0 not in state 2. Some outcomes
    have probability 0. With ``certain`` one outcome of each action is sure and episodes begin in state 0, so that
    nothing is left to chance.
    """
    successor = np.array(
        [
            [[0, 1, 3], [1, 2, 2], [2, 0, 4]],
            [[0, 2, 5], [3, 1, 0], [1, 1, 1]],
            [[2, 2, 2], [4, 0, 1], [5, 3, 2]],
            *([[[end, end, end]] * 3 for end in (3, 4, 5)]),
        ]
    )
    probability = np.zeros(successor.shape)
    probability[0] = [[0.5, 0.3, 0.2], [0.25, 0.75, 0.0], [0.0, 0.4, 0.6]]
    probability[1] = [[0.1, 0.2, 0.7], [0.05, 0.9, 0.05], [1.0, 0.0, 0.0]]
    probability[2] = [[1.0, 0.0, 0.0], [0.2, 0.5, 0.3], [0.34, 0.33, 0.33]]
    probability[3:, :, 0] = 1.0
    start = np.array([0.7, 0.3, 0.0, 0.0, 0.0, 0.0])
    if certain:
        probability = np.eye(3)[(np.arange(6)[:, None] + 2 * np.arange(3)) % 3]
        start = np.eye(6)[0]
    legal = np.ones((6, 3), dtype=bool)
    legal[1, 2] = legal[2, 0] = False
    amounts = np.arange(successor.size, dtype=np.float64).reshape(successor.shape)
    events = {"paid": amounts / 7 - 1, "bumped": (amounts % 2).astype(np.float64)}
    return FiniteModel(successor, probability, np.arange(6) >= 3, start, legal, events)


def random_model(rng: np.random.Generator, *, states: int, actions: int, outcomes: int, ends: int = 1) -> FiniteModel:
    """A random model with ``ends`` terminal states, the last ones, some illegal actions, and rewards in tenths.

    Few outcomes are paid, so that many policies tie under what is paid and differ in what is meant.
    """
    shape = (states, actions, outcomes)
    probability = rng.dirichlet(np.ones(outcomes), size=(states, actions))
    terminal = np.arange(states) >= states - ends
    start = rng.dirichlet(np.ones(states - ends))
    legal = rng.random((states, actions)) < 0.8
    legal[np.arange(states), rng.integers(actions, size=states)] = True
    meant = rng.integers(-2, 3, size=shape) / 10
    events = {"paid": meant[::-1] * (rng.random(shape) < 0.25), "meant": meant}
    return FiniteModel(
        rng.integers(states, size=shape), probability, terminal, np.append(start, np.zeros(ends)), legal, events
    )


def sutton_barto_grid() -> FiniteModel:
    """The 5x5 grid of Sutton & Barto (2018), Example 3.5: A to A' pays 10, B to B' 5, a bump into the edge -1."""
    moves = ((-1, 0), (0, 1), (1, 0), (0, -1))
    jumps = {(0, 1): ((4, 1), 10.0), (0, 3): ((2, 3), 5.0)}
    successor, paid = np.zeros((25, 4, 1), dtype=np.int64), np.zeros((25, 4, 1))
    for (row, column), (action, (down, right)) in product(product(range(5), range(5)), enumerate(moves)):
        here = (5 * row + column, action, 0)
        target, amount = (row + down, column + right), 0.0
        if (row, column) in jumps:
            target, amount = jumps[row, column]
        elif not (0 <= target[0] < 5 and 0 <= target[1] < 5):
            target, amount = (row, column), -1.0
        successor[here], paid[here] = 5 * target[0] + target[1], amount
    start = np.full(25, 1 / 25)
    return FiniteModel(successor, np.ones(successor.shape), np.zeros(25, dtype=bool), start, events={"paid": paid})


def every_policy(model: FiniteModel, steps: int | None = None) -> Iterator[NDArray[np.float64]]:
    """Every deterministic policy that takes legal actions, ``[S, A]``; with ``steps`` every ``[H, S, A]`` one."""
    choices = [np.flatnonzero(row) if not end else [0] for row, end in zip(model.legal, model.terminal, strict=True)]
    stationary = [np.eye(model.n_actions)[list(actions)] for actions in product(*choices)]
    if steps is None:
        yield from stationary
    else:
        yield from (np.stack(policies) for policies in product(stationary, repeat=steps))


def uniform_policy(model: FiniteModel) -> NDArray[np.float64]:
    """Each legal action with the same probability, ``[S, A]``."""
    return model.legal / model.legal.sum(axis=1, keepdims=True)


def task_of(model: FiniteModel, *, max_episode_steps: int = 7, seen: bool = True) -> FiniteTask:
    """A task around a model: paid and meant by its first event, seen as two numbers or as the state index."""
    first = next(iter(model.events))
    rewards = {first: Reward.from_event_weights({first: 1.0}, name=first)}
    potential = Potential.from_table(np.arange(model.n_states) * 0.5 - 1, name="half_index")
    catalogue = Catalogue(rewards, first, tuple(model.events), {potential.name: potential})
    index = np.arange(model.n_states, dtype=np.float32) / model.n_states
    observations = np.stack([index, 1 - index], axis=1) if seen else None
    names = tuple(f"action_{number}" for number in range(model.n_actions))
    return FiniteTask(model, catalogue, max_episode_steps, names, observations)
