"""A catalogue: the rewards and potentials that an environment offers by name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from numbers import Real
from typing import final

from rewardlab.errors import BadInput, Problem, one_of
from rewardlab.rewards.potential import Potential
from rewardlab.rewards.reward import Reward

__all__ = ["Catalogue", "RewardChoice"]

RewardChoice = str | Mapping[str, float] | Reward
"""How a user may name a reward: from the catalogue, as weights on events, or as an object."""


@final
@dataclass(frozen=True, slots=True)
class Catalogue:
    """What an environment offers: the objective, other rewards, potentials, and the events that rewards may read.

    An environment offers it as the attribute ``catalogue``; it then takes the keyword argument ``reward``, and its info
    holds ``objective`` and ``events``.

    Attributes:
        rewards: By name; the objective is one of them.
        objective: The name of the reward that the designer means.
        events: The names of the events that every step carries.
        potentials: By name.
        shown_events: The events whose totals a comparison shows, such as the parcels delivered.
        start_sets: Sets of states, by name, in which a curriculum may let episodes begin.
        averaged_where: Event to another event: the total of the first is averaged over the episodes in which the second
            occurs, such as the moves that were wasted over the games that were won. Of all others over all episodes.

    Raises:
        BadInput: The objective is no reward of it, or an event that is shown or averaged none of its events.
    """

    rewards: Mapping[str, Reward]
    objective: str
    events: tuple[str, ...]
    potentials: Mapping[str, Potential] = field(default_factory=dict)
    shown_events: tuple[str, ...] = ()
    start_sets: Mapping[str, Sequence[int]] = field(default_factory=dict)
    averaged_where: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        problems = []
        if self.objective not in self.rewards:
            problems.append(one_of("catalogue.objective", self.objective, self.rewards, "reward"))
        for where, names in (
            ("shown_events", self.shown_events),
            ("averaged_where", (*self.averaged_where, *self.averaged_where.values())),
        ):
            unknown = [name for name in names if name not in self.events]
            problems += [one_of(f"catalogue.{where}", name, self.events, "event") for name in unknown]
        if problems:
            raise BadInput(*problems)

    @staticmethod
    def of(env: object) -> Catalogue | None:
        """The catalogue that an environment (or a vector of them) offers, if it does."""
        base = getattr(env, "unwrapped", env)
        offered = getattr(base, "catalogue", None)
        if offered is None and hasattr(base, "envs"):
            offered = getattr(base.envs[0].unwrapped, "catalogue", None)
        return offered if isinstance(offered, Catalogue) else None

    def reward(self, choice: RewardChoice, where: str = "reward") -> Reward:
        """Find or make the reward that a user named.

        Args:
            choice: A name of the catalogue, event weights, or a reward.
            where: The place to name in an error.

        Raises:
            BadInput: The name or an event is unknown, a weight is no number, or there is nothing to weigh.
        """
        if isinstance(choice, Reward):
            return choice
        if isinstance(choice, str):
            if choice not in self.rewards:
                raise BadInput(one_of(where, choice, self.rewards, "reward"))
            return self.rewards[choice]
        _check_weights(choice, self.events, where)
        label = " ".join(f"{weight:+g}*{event}" for event, weight in choice.items())
        return Reward.from_event_weights(choice, name=label)

    def potential(self, name: str, where: str = "potential") -> Potential:
        """Find a potential by name.

        Raises:
            BadInput: There is none of that name.
        """
        if name not in self.potentials:
            raise BadInput(one_of(where, name, self.potentials, "potential"))
        return self.potentials[name]


def _check_weights(choice: object, events: tuple[str, ...], where: str) -> None:
    if not isinstance(choice, Mapping):
        fix = "make a function a reward with Reward.from_function" if callable(choice) else ""
        raise BadInput(Problem(where, repr(choice), "a name, weights on events, or a Reward", fix))
    problems = [one_of(f"{where}.{event}", event, events, "event") for event in choice if event not in events]
    problems += [
        Problem(f"{where}.{event}", repr(weight), "a number")
        for event, weight in choice.items()
        if isinstance(weight, bool) or not isinstance(weight, Real)
    ]
    if problems:
        raise BadInput(*problems)
    if not any(choice.values()):
        raise BadInput(Problem(where, str(dict(choice)), "at least one weight other than 0"))
