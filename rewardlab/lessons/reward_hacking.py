"""Rewards that pay for what was not meant, and what shaping can and cannot do about it."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from rewardlab.lessons.layout import columns, paragraph
from rewardlab.lessons.lesson import Lesson
from rewardlab.mdp import FiniteModel, Solution, dense_model, dense_reward_table, solve
from rewardlab.rewards.potential import shaping

__all__ = ["REWARD_HACKING"]

GAMMA = 0.99
WALK, DROP = 0, 1
LENGTH = 4
"""Steps to the customer. States 0 to 3 are the way, 4 is the customer, 5 a parcel in the ditch."""

DISTANCE = np.array([4.0, 3.0, 2.0, 1.0, 0.0, 0.0])
"""From the customer, along the way; 0 where the task is over."""


def _reward_for_speed() -> list[str]:
    minutes = np.array([60.0, 30.0, 10.0, 0.1, 0.01])
    arrives = np.array([1.0, 1.0, 1.0, 0.0, 0.0])
    rewards = {"1 / minutes": 1 / minutes, "1 / minutes if it arrives": arrives / minutes}
    # One decision: from state 0, each action ends it.
    chances = np.zeros((2, len(minutes), 2))
    chances[:, :, 1] = 1.0
    model = dense_model(chances, terminal=[False, True])
    rows = [
        (f"{m:g}", "delivered" if at else "dropped", f"{speed:.6g}", f"{speed * 10:.6g} x", f"{mended:.6g}")
        for m, at, speed, mended in zip(minutes, arrives, *rewards.values(), strict=True)
    ]
    lines = []
    for name, reward in rewards.items():
        table = dense_reward_table(model, np.stack([reward, np.zeros(len(minutes))]))
        best = int(solve(model, table, GAMMA).optimal[0].argmax())
        lines.append(f"{name}: {minutes[best]:g} minutes, {rows[best][1]}")
    return [
        *columns(("minutes", "the parcel is", "1 / minutes", "against 10", "if it arrives"), rows, words=[1]),
        "",
        "The best that can be done:",
        *(f"  {line}" for line in lines),
    ]


def _shaping_does_not_repair() -> list[str]:
    model = _way()
    hacked = _pay(model, arriving=1.0, dropping=1.5)
    meant = _pay(model, arriving=1.0, dropping=0.0)
    rows = []
    for name, table in (
        ("pays 1.5 for a drop", hacked),
        ("the same, shaped", hacked + _shaped(model, -DISTANCE)),
        ("pays nothing for a drop", meant),
        ("the same, shaped", meant + _shaped(model, -DISTANCE)),
    ):
        rows.append((name, *_values(solve(model, table, GAMMA))))
    return [
        *paragraph(
            f"A robot is {LENGTH} steps from the customer, who pays 1. At each step it can walk on or drop the parcel. "
            f"Shaping: minus the distance as potential, gamma {GAMMA:g}. Solved exactly; values at the start."
        ),
        "",
        *columns(("reward", "walk", "drop", "difference", "the best is to"), rows, words=[0, 4]),
        "",
        "Shaping adds the same to both. Only another reward makes another optimum.",
    ]


def _potential_at_the_end() -> list[str]:
    model = _way()
    table = _pay(model, arriving=1.0, dropping=0.0)
    left = DISTANCE.max() - DISTANCE
    left[5] = 5.0
    forgotten = np.zeros(len(left), dtype=bool)
    rows = []
    for name, shaped in (
        ("not shaped", table),
        ("shaped, 0 at both ends", table + _shaped(model, left)),
        ("shaped, 5 left in the ditch", table + _shaped(model, left, forgotten)),
    ):
        rows.append((name, *_values(solve(model, shaped, GAMMA))))
    return [
        *paragraph(
            "The same way; the customer pays 1, a drop nothing. The potential counts the steps walked, up to "
            f"{left[4]:g} at the customer; someone gave the ditch {left[5]:g}, and the task ends there."
        ),
        "",
        *columns(("reward", "walk", "drop", "difference", "the best is to"), rows, words=[0, 4]),
    ]


def _way() -> FiniteModel:
    chances = np.zeros((LENGTH + 2, 2, LENGTH + 2))
    for place in range(LENGTH):
        chances[place, WALK, place + 1] = chances[place, DROP, LENGTH + 1] = 1.0
    ends = np.arange(LENGTH + 2) >= LENGTH
    return dense_model(chances, terminal=ends, start=np.eye(LENGTH + 2)[0])


def _pay(model: FiniteModel, arriving: float, dropping: float) -> NDArray[Any]:
    paid = np.zeros((LENGTH + 2, 2))
    paid[LENGTH - 1, WALK] = arriving
    paid[:LENGTH, DROP] = dropping
    return dense_reward_table(model, paid)


def _shaped(model: FiniteModel, potential: NDArray[Any], ended: NDArray[Any] | None = None) -> NDArray[Any]:
    """What shaping adds to each outcome; ``ended`` says in which states the potential counts as 0."""
    over = model.terminal if ended is None else ended
    after = model.successor.ravel()
    before = np.repeat(np.arange(model.n_states), model.successor[0].size)
    added = shaping(potential[before], potential[after], over[after], GAMMA).reshape(model.successor.shape)
    added[model.terminal] = 0.0
    return added


def _values(solution: Solution) -> tuple[str, str, str, str]:
    walk, drop = solution.action_values[0]
    best = "drop it" if solution.optimal[0, DROP] else "walk on"
    return f"{walk:.6g}", f"{drop:.6g}", f"{walk - drop:+.6g}", best


REWARD_HACKING = (
    Lesson(
        "reward-for-speed",
        "A reward for speed is best earned by dropping the parcel",
        _reward_for_speed,
        belief="to be paid 1 / minutes is to be paid for delivering fast.",
        truth="a parcel dropped after 0.1 minutes pays 10, a hundred times what 10 minutes do; sooner pays more, "
        "without end.",
    ),
    Lesson(
        "shaping-does-not-repair",
        "Shaping keeps the optimum, the hacked one too",
        _shaping_does_not_repair,
        belief="against reward hacking, use potential-based shaping.",
        truth="what it guarantees is that nothing changes; it adds no loophole, and closes none.",
    ),
    Lesson(
        "potential-at-the-end",
        "A potential left over where the task ends is a reward for ending there",
        _potential_at_the_end,
        belief="shaping with a potential never changes what is optimal.",
        truth="it does unless the potential counts as 0 in every state in which the task is over.",
    ),
)
"""Loopholes in rewards."""
