"""Random stacks of wrappers round finite environments, for one environment and for a vector."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gymnasium as gym
import numpy as np

from rewardlab.mdp import FiniteTask
from rewardlab.rewards import Bonus, Potential, Term
from rewardlab.rewards.running_scale import Moments
from rewardlab.wrappers import (
    AmendedTerms,
    Ledger,
    PotentialShaping,
    ReturnScaling,
    RewardClipping,
    RewardTransform,
    UnsafeBonus,
    VectorAmendedTerms,
    VectorLedger,
    VectorPotentialShaping,
    VectorReturnScaling,
    VectorRewardClipping,
    VectorRewardTransform,
    VectorUnsafeBonus,
)
from rewardlab.wrappers import gymnasium_compatible as compatible
from rewardlab.wrappers.gymnasium_compatible import vector as compatible_vector
from rewardlab_envs.boat_race import boat_race_task
from rewardlab_envs.delivery import delivery_task
from rewardlab_envs.gridworld import gridworld_task

WORLDS: dict[str, FiniteTask] = {
    "town": delivery_task(1, "ADB"),
    "slippery": gridworld_task("four_by_three"),
    "boat race": boat_race_task(),
}

Layer = Callable[[Any], Any]


class Halved(gym.RewardWrapper):
    """A wrapper of a stranger: a function of the reward, written as everybody writes it."""

    factor = 0.5

    def reward(self, reward: Any) -> Any:
        return self.factor * reward


def potential_of(task: FiniteTask, reads: str, rng: np.random.Generator) -> Potential:
    """A potential that says nothing sensible, also of terminal states."""
    if reads == "state":
        return Potential.from_table(rng.normal(size=task.model.n_states))
    seen = task.observations
    if seen is None:
        weights = rng.normal(size=task.model.n_states)
        return Potential("look-up", weights.take, "observation")
    weights = rng.normal(size=seen.shape[1])
    return Potential("weighted", lambda batch: np.asarray(batch, dtype=np.float64) @ weights, "observation")


def _scaled(wrapper: Any, rng: np.random.Generator) -> Any:
    """Frozen, as after a training."""
    wrapper.running_scale.returns = Moments(5000, 0.3, float(rng.uniform(0.1, 3.0)))
    wrapper.running_scale.rewards = Moments(5000, float(rng.normal()), 1.0)
    wrapper.frozen = True
    return wrapper


def _normalized(wrapper: Any, rng: np.random.Generator) -> Any:
    wrapper.return_rms.var = float(rng.uniform(0.1, 3.0))
    wrapper.update_running_mean = False
    return wrapper


def _shared(task: FiniteTask, rng: np.random.Generator, terms: list[str]) -> dict[str, Any]:
    """What both kinds of layer are made of."""
    low = float(rng.uniform(-1.0, 0.0))
    event = str(rng.choice(list(task.catalogue.events)))
    form = str(rng.choice(["difference", "progress", "level"]))
    reads = str(rng.choice(["state", "observation"]))
    bonuses = [
        Bonus.from_event_weights({event: float(rng.normal())}),
        Bonus.from_potential(potential_of(task, reads, rng), form=form, weight=float(rng.normal())),  # type: ignore[arg-type]
    ]
    amended = {"factors": {terms[0]: 0.5}, "only_when": {terms[-1]: event}}
    return {
        "gamma": float(rng.uniform(0.5, 1.0)),
        "bounds": (low, low + float(rng.uniform(0.01, 1.0))),
        "bonus": bonuses[rng.integers(2)],
        "potential": potential_of(task, reads, rng),
        "amended": amended,
        "centred": bool(rng.integers(2)),
    }


def scalar_layers(task: FiniteTask, rng: np.random.Generator, terms: list[str]) -> list[Layer]:
    """One of each, with settings of its own."""
    s = _shared(task, rng, terms)
    return [
        lambda env: PotentialShaping(env, s["potential"], gamma=s["gamma"]),
        lambda env: RewardClipping(env, *s["bounds"]),
        lambda env: RewardClipping(env, None, s["bounds"][1]),
        lambda env: UnsafeBonus(env, s["bonus"]),
        lambda env: RewardTransform(env, np.tanh),
        lambda env: AmendedTerms(env, **s["amended"]),
        lambda env: _scaled(ReturnScaling(env, gamma=0.9, subtract_mean=s["centred"]), rng),
        lambda env: _normalized(compatible.NormalizeReward(env), rng),
        lambda env: _normalized(gym.wrappers.NormalizeReward(env), rng),
        lambda env: compatible.ClipReward(env, *s["bounds"]),
        lambda env: gym.wrappers.ClipReward(env, *s["bounds"]),
        lambda env: compatible.TransformReward(env, lambda reward: 2.0 * reward + 1.0),
        lambda env: gym.wrappers.TransformReward(env, lambda reward: reward**2),
        Halved,
        Ledger,
        # Under a key of its own: it refuses to write over the ledger's.
        lambda env: gym.wrappers.RecordEpisodeStatistics(env, stats_key="statistics"),
        lambda env: gym.wrappers.TransformObservation(env, lambda seen: seen, None),
        lambda env: gym.wrappers.TransformAction(env, lambda action: action, None),
    ]


def vector_layers(task: FiniteTask, rng: np.random.Generator, terms: list[str]) -> list[Layer]:
    """The same for a vector."""
    s = _shared(task, rng, terms)
    return [
        lambda env: VectorPotentialShaping(env, s["potential"], gamma=s["gamma"]),
        lambda env: VectorRewardClipping(env, *s["bounds"]),
        lambda env: VectorUnsafeBonus(env, s["bonus"]),
        lambda env: VectorRewardTransform(env, np.tanh),
        lambda env: VectorAmendedTerms(env, **s["amended"]),
        lambda env: _scaled(VectorReturnScaling(env, gamma=0.9, subtract_mean=s["centred"]), rng),
        lambda env: _normalized(compatible_vector.NormalizeReward(env), rng),
        lambda env: compatible_vector.ClipReward(env, *s["bounds"]),
        lambda env: gym.wrappers.vector.ClipReward(env, *s["bounds"]),
        lambda env: gym.wrappers.vector.TransformReward(env, lambda rewards: 2.0 * rewards + 1.0),
        lambda env: compatible_vector.VectorizeTransformReward(env, gym.wrappers.ClipReward, max_reward=s["bounds"][1]),
        VectorLedger,
    ]


def stacked(env: Any, layers: list[Layer], rng: np.random.Generator, most: int) -> Any:
    """Some of the layers, in any order, round an environment."""
    for number in rng.permutation(len(layers))[: rng.integers(1, most + 1)].tolist():
        env = layers[number](env)
    return env


def terms_of(task: FiniteTask) -> list[str]:
    """The names of the terms of the objective."""
    terms: tuple[Term, ...] = task.catalogue.rewards[task.catalogue.objective].terms
    return [term.name for term in terms]
