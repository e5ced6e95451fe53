"""The catalogue that settings bring to an environment."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rewardlab.errors import BadInput, Problem, one_of
from rewardlab.outside.named_code import is_code, named_object
from rewardlab.rewards.catalogue import Catalogue
from rewardlab.rewards.potential import Potential
from rewardlab.rewards.reward import Reward

__all__ = ["OWN_REWARD", "brought_catalogue"]

OWN_REWARD = "own"
"""The name of what the environment pays itself."""


def brought_catalogue(
    own_events: tuple[str, ...],
    brought_events: tuple[str, ...],
    rewards: Mapping[str, Any],
    potentials: Mapping[str, Any],
    objective: str,
) -> Catalogue:
    """Make a catalogue of what settings name.

    Args:
        own_events: The events that every environment has.
        brought_events: Those that were brought, which a comparison shows.
        rewards: By name: weights on events, ``module:name`` of a function of steps or of a `Reward`, or such an object.
            What the environment pays itself is among them as `OWN_REWARD`.
        potentials: By name: ``module:name`` of a function of observations or of a `Potential`, or such an object.
        objective: The name of the reward that is meant.

    Raises:
        BadInput: Something does not fit; all at once.
    """
    events = (*own_events, *brought_events)
    own = Reward.from_event_weights({"reward": 1.0}, name=OWN_REWARD, summary="What the environment pays itself.")
    known = {OWN_REWARD: own}
    problems: list[Problem] = []
    bare = Catalogue(dict(known), OWN_REWARD, events)
    for name, value in rewards.items():
        try:
            known[name] = _reward(name, value, bare)
        except BadInput as fault:
            problems += fault.problems
    held = {}
    for name, value in potentials.items():
        try:
            held[name] = _potential(name, value)
        except BadInput as fault:
            problems += fault.problems
    if objective not in (*rewards, OWN_REWARD):
        problems.append(one_of("objective", objective, [OWN_REWARD, *rewards], "reward"))
    if problems:
        raise BadInput(*problems)
    return Catalogue(known, objective, events, held, shown_events=brought_events)


def _reward(name: str, value: object, bare: Catalogue) -> Reward:
    where = f"rewards.{name}"
    if name == OWN_REWARD:
        raise BadInput(Problem(where, repr(name), "another name: this one is what the environment pays itself"))
    found = named_object(value, where) if is_code(value) else value
    if isinstance(found, Reward):
        return Reward(name, found.terms, found.summary, found.exploit)
    if isinstance(found, Mapping):
        made = bare.reward(found, where)
        return Reward(name, made.terms, made.name)
    if not callable(found):
        form = "weights on events, or a function or a Reward, named as in my_module:my_function"
        raise BadInput(Problem(where, repr(value), form))
    return Reward.from_function(found, name=name)


def _potential(name: str, value: object) -> Potential:
    where = f"potentials.{name}"
    found = named_object(value, where) if is_code(value) else value
    if isinstance(found, Potential):
        return Potential(name, found.function, found.reads, found.summary, found.known_finite)
    if not callable(found):
        form = "a function of observations or a Potential, named as in my_module:my_function"
        raise BadInput(Problem(where, repr(value), form))
    summary = (found.__doc__ or "").strip().partition("\n")[0]
    return Potential(name, found, "observation", summary)
