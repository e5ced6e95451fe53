"""A catalogue finds rewards by name, by weights or as they are, and helps with what it does not know."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import gymnasium as gym
import numpy as np
import pytest

from rewardlab.errors import BadInput
from rewardlab.rewards import Catalogue, Potential, Reward
from rewardlab_envs.delivery import delivery_task

SPEED = Reward.from_event_weights({"minutes": -1.0}, name="speed")
ON_TIME = Reward.from_event_weights({"delivered": 1.0}, name="on_time")
DISTANCE = Potential.from_table(np.arange(3), name="distance")
CATALOGUE = Catalogue({"speed": SPEED, "on_time": ON_TIME}, "on_time", ("minutes", "delivered"), {"distance": DISTANCE})


def test_three_ways_to_name_a_reward() -> None:
    assert CATALOGUE.reward("speed") is SPEED
    other = Reward.from_event_weights({"minutes": 1.0})
    assert CATALOGUE.reward(other) is other
    weighed = CATALOGUE.reward({"delivered": 2.0, "minutes": -0.5})
    assert weighed.name == "+2*delivered -0.5*minutes"
    assert [(term.name, term.weight) for term in weighed.terms] == [("delivered", 2.0), ("minutes", -0.5)]


def test_a_potential_by_name() -> None:
    assert CATALOGUE.potential("distance") is DISTANCE
    with pytest.raises(BadInput, match=r"potential: got 'distanz', .*potential: distance; did you mean 'distance'\?"):
        CATALOGUE.potential("distanz")


@pytest.mark.parametrize(
    ("choice", "said"),
    [
        ("sped", r"reward: got 'sped', expected a known reward: on_time, speed; did you mean 'speed'\?"),
        ("Speed", r"did you mean 'speed'\?"),
        ("xyz", r"got 'xyz', expected a known reward: on_time, speed$"),
        ({"minuts": 1.0}, r"reward.minuts: got 'minuts', expected a known event: .*did you mean 'minutes'\?"),
        ({}, r"reward: got \{\}, expected at least one weight other than 0"),
        ({"minutes": 0.0}, r"reward: got \{'minutes': 0.0\}, expected at least one weight other than 0"),
        ({"minutes": float("nan")}, r"weight of term 'minutes': got nan, expected a finite number"),
        ({"minutes": "fast"}, r"reward.minutes: got 'fast', expected a number"),
        ({"minutes": True}, r"reward.minutes: got True, expected a number"),
        (lambda steps: steps.terminated, r"reward: got <function.*Reward.from_function"),
        (3, r"reward: got 3, expected a name, weights on events, or a Reward"),
    ],
)
def test_what_is_refused(choice: Any, said: str) -> None:
    with pytest.raises(BadInput, match=said):
        CATALOGUE.reward(choice)


def test_every_unknown_event_at_once() -> None:
    with pytest.raises(BadInput) as refused:
        CATALOGUE.reward({"minuts": 1.0, "minutes": 2.0, "deliverd": 1.0}, where="variant.reward")
    assert [problem.where for problem in refused.value.problems] == ["variant.reward.minuts", "variant.reward.deliverd"]


def test_an_objective_that_is_not_in_it_is_refused() -> None:
    with pytest.raises(BadInput, match=r"catalogue.objective: got 'ontime', .*did you mean 'on_time'\?"):
        Catalogue({"on_time": ON_TIME}, "ontime", ())


def test_the_catalogue_of_a_vector_of_copies_is_that_of_the_first() -> None:
    one = gym.make("rewardlab_envs:rewardlab/Delivery-v0")
    many = gym.vector.SyncVectorEnv([lambda: one] * 2)
    assert Catalogue.of(many) is Catalogue.of(one) is one.unwrapped.catalogue
    assert Catalogue.of(gym.vector.SyncVectorEnv([lambda: gym.make("CartPole-v1")])) is None


def test_all_that_is_wrong_with_a_catalogue_is_told_at_once() -> None:
    with pytest.raises(BadInput) as refused:
        Catalogue({"on_time": ON_TIME}, "ontime", ("minutes",), shown_events=("minuts", "deliverd"))
    told = [problem.got for problem in refused.value.problems]
    assert told == ["'ontime'", "'minuts'", "'deliverd'"]


def test_each_reward_of_delivery_says_what_it_pays_for_and_each_hack_has_a_name() -> None:
    catalogue = delivery_task(1).catalogue
    for name, reward in catalogue.rewards.items():
        assert reward.name == name
        assert reward.summary.endswith(".")
        assert reward.exploit is None or reward.exploit.summary.endswith(".")
    assert [name for name, reward in catalogue.rewards.items() if reward.exploit] == [
        "speed",
        "pickup_bonus",
        "progress_bonus",
    ]
    for name, potential in catalogue.potentials.items():
        assert (potential.name, potential.reads) == (name, "state")


@pytest.mark.parametrize("averaged", [{"minuts": "delivered"}, {"minutes": "deliverd"}])
def test_only_known_events_are_averaged_where_known_ones_occur(averaged: dict[str, str]) -> None:
    with pytest.raises(BadInput, match=r"catalogue.averaged_where: got '(minuts|deliverd)'.*did you mean"):
        replace(CATALOGUE, averaged_where=averaged)
    assert replace(CATALOGUE, averaged_where={"minutes": "delivered"}).averaged_where == {"minutes": "delivered"}
