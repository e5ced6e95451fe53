"""Delayed credit as a finite model."""

from __future__ import annotations

from functools import lru_cache
from itertools import pairwise

import numpy as np

from rewardlab.errors import BadInput, Problem
from rewardlab.mdp import FiniteModel, FiniteTask
from rewardlab.rewards import Catalogue, Potential
from rewardlab_envs.delayed_credit.picture import RoadPicture
from rewardlab_envs.delayed_credit.rewards import EVENTS, OBJECTIVE, delayed_credit_rewards

__all__ = ["ACTIONS", "LONGEST_DELAY", "MAX_EPISODE_STEPS", "delayed_credit_task"]

ACTIONS = ("decline", "accept")
"""Accepting wins. After the first step either action does the same: nothing."""
LONGEST_DELAY = 500
MAX_EPISODE_STEPS = 600
"""No episode is cut off: the longest has `LONGEST_DELAY` + 1 steps."""


@lru_cache(maxsize=16, typed=True)  # typed, for else True would pass as an earlier 1, unchecked
def delayed_credit_task(delay: int = 39, win: float = 1000.0, step_cost: float = 0.001) -> FiniteTask:
    """The first action decides, ``delay`` idle steps follow, and only the last of them pays.

    State 0 is the decision. The road of those who declined has the states 1 to ``delay``, that of those who accepted
    ``delay + 1`` to ``2 * delay``; the last two states are the ends. An episode has ``delay + 1`` steps, of which all
    but the last cost a little: with a delay of 39, 39 small costs and then the prize.

    Args:
        delay: The idle steps between the decision and its reward, 0 to 500.
        win: What a win pays.
        step_cost: What each step but the last costs.

    Raises:
        BadInput: An argument is out of range.
    """
    problems = []
    if isinstance(delay, bool) or not isinstance(delay, int) or not 0 <= delay <= LONGEST_DELAY:
        problems.append(Problem("delay", repr(delay), f"a whole number of steps, 0 to {LONGEST_DELAY}"))
    for name, value, lowest in (("win", win, "more than 0"), ("step_cost", step_cost, "at least 0")):
        number = isinstance(value, int | float) and not isinstance(value, bool)
        if not number or not 0 <= value < np.inf or (name == "win" and value == 0):
            problems.append(Problem(name, repr(value), f"a number, {lowest}"))
    if problems:
        raise BadInput(*problems)
    model = _model(delay)
    won, elapsed = _won(delay), _elapsed(delay)
    potentials = (
        ("promise", win * won, "The prize, from the moment on that it is certain: the reward without the delay."),
        ("clock", elapsed, "The share of the time that has passed: the same whatever was decided."),
        ("false_hope", win * (1 - won) * (elapsed > 0), "The prize for those who will not get it."),
    )
    picture = RoadPicture(delay)
    return FiniteTask(
        model=model,
        catalogue=Catalogue(
            delayed_credit_rewards(win=win, step_cost=step_cost),
            OBJECTIVE,
            EVENTS,
            {name: Potential.from_table(values, name=name, summary=summary) for name, values, summary in potentials},
            shown_events=("won",),
        ),
        max_episode_steps=MAX_EPISODE_STEPS,
        action_names=ACTIONS,
        observations=np.stack([elapsed == 0, won, elapsed], axis=1).astype(np.float32),
        text_picture=picture.text,
        rgb_picture=picture.rgb,
    )


def _model(delay: int) -> FiniteModel:
    n_states = 2 * delay + 3
    ends = (n_states - 2, n_states - 1)
    successor = np.zeros((n_states, 2, 1), dtype=np.int64)
    for action in range(2):
        road = [action * delay + 1 + step for step in range(delay)] + [ends[action]]
        successor[0, action] = road[0]
        for here, following in pairwise(road):
            successor[here] = following
        successor[ends[action]] = ends[action]
    terminal = np.arange(n_states) >= n_states - 2
    going_on = np.broadcast_to(~terminal[:, None, None], successor.shape)
    ending = terminal[successor] & going_on
    events = {
        "steps": going_on,
        "waited": going_on & ~ending,
        "accepted": np.zeros(successor.shape),
        "won": ending & (successor == ends[1]),
    }
    events["accepted"][0, 1] = 1.0
    start = np.eye(n_states)[0]
    return FiniteModel(
        successor, np.ones(successor.shape), terminal, start, events={n: v.astype(float) for n, v in events.items()}
    )


def _won(delay: int) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """1 in the states from which the win is certain, ``[S]``."""
    return np.array([0.0] * (delay + 1) + [1.0] * delay + [0.0, 1.0])


def _elapsed(delay: int) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """The share of the episode's steps that lie behind each state, ``[S]``."""
    road = np.arange(1, delay + 1) / (delay + 1)
    return np.concatenate([[0.0], road, road, [1.0, 1.0]])
