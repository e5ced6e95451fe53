"""Proxies for an objective, from nearly right to quite wrong: those of a catalogue, and random ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

import numpy as np
from numpy.typing import NDArray

from rewardlab.mdp import FiniteTask

__all__ = ["FAMILIES", "DrawnProxy", "draw_proxies"]

FAMILIES = ("catalogue", "weights", "entries", "shaped")
"""Where a proxy comes from: a reward of the catalogue; the objective and random weights on events; the objective and
noise on every state and action; the same, and random potential-based shaping on top."""

_SMALLEST, _LARGEST = 0.01, 10.0
"""The range of the sizes of what is added, relative to the objective."""


@final
@dataclass(frozen=True, slots=True)
class DrawnProxy:
    """One proxy.

    Attributes:
        name: For tables.
        family: One of `FAMILIES`.
        table: ``[S, A, K]`` what it pays.
    """

    name: str
    family: str
    table: NDArray[np.float64]


def draw_proxies(task: FiniteTask, count: int, gamma: float, seed: int) -> list[DrawnProxy]:
    """The rewards of the catalogue but the objective, and as many random proxies as are wanted in all.

    Args:
        task: The environment.
        count: The number of proxies.
        gamma: The discount of the shaping.
        seed: The i-th proxy depends on it and on i alone, so that a larger count adds to the same ones.
    """
    catalogue = task.catalogue
    named = [
        DrawnProxy(name, "catalogue", task.model.reward_table(reward))
        for name, reward in catalogue.rewards.items()
        if name != catalogue.objective
    ]
    drawn = [_drawn(task, number, gamma, np.random.default_rng([seed, number])) for number in range(len(named), count)]
    return [*named, *drawn][:count]


def _drawn(task: FiniteTask, number: int, gamma: float, rng: np.random.Generator) -> DrawnProxy:
    model, objective = task.model, task.objective_table
    family = FAMILIES[1 + number % 3]
    size = float(np.exp(rng.uniform(np.log(_SMALLEST), np.log(_LARGEST))))
    if family == "weights":
        # Each event counts alike, however often it comes.
        events = [values / (_size(values, task) or 1.0) for values in model.events.values()]
        added = np.einsum("e,e...->...", rng.normal(size=len(events)), np.array(events)) / np.sqrt(len(events))
    else:
        added = np.broadcast_to(rng.normal(size=(*model.legal.shape, 1)), objective.shape)
    table = objective / (_size(objective, task) or 1.0) + size * np.where(model.feasible, added, 0.0)
    if family == "shaped":
        table = table + model.shaping_table(3.0 * rng.normal(size=model.n_states), gamma)
    return DrawnProxy(f"{family} {size:.3g}", family, table)


def _size(table: NDArray[np.float64], task: FiniteTask) -> float:
    """The root mean square over what can happen."""
    return float(np.sqrt(np.mean(table[task.model.feasible] ** 2)))
