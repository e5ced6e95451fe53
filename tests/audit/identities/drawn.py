"""Random small models with a reward, and one choice that ends at once: what the identities are tried on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from rewardlab.mdp import FiniteModel
from tests.mdp.tiny_models import random_model

GAMMAS = (0.0, 0.5, 0.9, 0.97)


@dataclass(frozen=True)
class Drawn:
    """A model, a reward of each outcome, a policy, and numbers for states and actions."""

    model: FiniteModel
    table: NDArray[np.float64]
    policy: NDArray[np.float64]
    potential: NDArray[np.float64]
    advice: NDArray[np.float64]
    gamma: float
    rng: np.random.Generator


def drawn(seed: int) -> Drawn:
    """The same for the same seed; with and without terminal states, illegal actions and luck."""
    rng = np.random.default_rng(seed)
    sizes = {name: int(rng.integers(low, high)) for name, low, high in (("states", 2, 7), ("actions", 1, 4))}
    model = random_model(rng, **sizes, outcomes=int(rng.integers(1, 4)), ends=int(rng.integers(0, 2)))
    policy = model.legal * rng.dirichlet(np.ones(model.n_actions), size=model.n_states)
    policy /= policy.sum(axis=1, keepdims=True)
    scale = float(rng.choice([0.1, 1.0, 30.0]))
    return Drawn(
        model,
        rng.normal(size=model.successor.shape),
        policy,
        scale * rng.normal(size=model.n_states),
        scale * rng.normal(size=model.legal.shape),
        float(rng.choice(GAMMAS)),
        rng,
    )


def one_choice(n_actions: int = 2) -> FiniteModel:
    """State 0, in which every action ends the task, in state 1."""
    successor = np.ones((2, n_actions, 1), dtype=np.int64)
    return FiniteModel(successor, np.ones(successor.shape), np.array([False, True]), np.array([1.0, 0.0]))


def paying(model: FiniteModel, amounts: ArrayLike) -> NDArray[np.float64]:
    """A reward table that pays ``[A]`` amounts in state 0, whatever the outcome, and nothing elsewhere."""
    table = np.zeros(model.successor.shape)
    table[0] = np.asarray(amounts)[:, None]
    return table
