"""A reward: a sum of named, weighted terms over a batch of transitions."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from rewardlab.errors import BadInput, InvalidReward, Problem
from rewardlab.rewards.exploit import Exploit
from rewardlab.transitions import Transitions

__all__ = ["Reward", "RewardFunction", "Term"]

RewardFunction = Callable[[Transitions], ArrayLike]
"""Transitions of B steps in, ``[B]`` numbers out. Row i may depend on row i alone."""


@final
@dataclass(frozen=True, slots=True)
class Term:
    """One named summand of a reward.

    Attributes:
        name: What the term pays for; the key of its line in the ledger.
        function: Pays B steps at once.
        weight: What the paid amount is multiplied by. Finite.
    """

    name: str
    function: RewardFunction
    weight: float = 1.0

    def __post_init__(self) -> None:
        if not math.isfinite(self.weight):
            raise BadInput(Problem(f"weight of term {self.name!r}", str(self.weight), "a finite number"))

    def __call__(self, transitions: Transitions) -> NDArray[np.float64]:
        """The weighted amounts, ``[B]`` float64.

        Raises:
            InvalidReward: The function paid the wrong shape, NaN or an infinity.
        """
        size = len(transitions)
        paid = np.asarray(self.function(transitions))
        if paid.shape != (size,) or paid.dtype.kind not in "biuf":
            raise InvalidReward(
                f"reward term {self.name!r}: got {paid.dtype} of shape {paid.shape},"
                f" expected numbers of shape ({size},); a term takes a batch and returns one number per row"
            )
        amounts = self.weight * paid.astype(np.float64)
        if not np.isfinite(amounts).all():
            row = int(np.flatnonzero(~np.isfinite(amounts))[0])
            raise InvalidReward(
                f"reward term {self.name!r}: got {amounts[row]} for state {transitions.state[row]!r}, "
                f"action {transitions.action[row]!r}, expected a finite number; guard the division or logarithm in it"
            )
        return amounts


@final
@dataclass(frozen=True, slots=True)
class Reward:
    """What a step is worth: the sum of its terms.

    The same object pays a single step, a vector of environments and a whole model, so what is trained on is what is
    audited.

    Attributes:
        name: The name under which it stands in a catalogue.
        terms: The summands, with distinct names. At least one.
        summary: One sentence: what it pays for.
        exploit: How it can be gamed, where that is known.
    """

    name: str
    terms: tuple[Term, ...]
    summary: str = ""
    exploit: Exploit | None = None

    def __post_init__(self) -> None:
        names = [term.name for term in self.terms]
        if not names:
            raise BadInput(Problem(f"reward {self.name!r}", "no terms", "at least one"))
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise BadInput(Problem(f"reward {self.name!r}", f"two terms named {twice[0]!r}", "distinct names"))

    def __call__(self, transitions: Transitions) -> NDArray[np.float64]:
        """Pay a batch: the sum of the terms, ``[B]`` float64."""
        total = np.zeros(len(transitions))
        for amounts in self.lines(transitions).values():
            total += amounts
        return total

    def lines(self, transitions: Transitions) -> dict[str, NDArray[np.float64]]:
        """What each term pays, weighted: term name to ``[B]`` float64, in the order of the terms."""
        return {term.name: term(transitions) for term in self.terms}

    @staticmethod
    def from_event_weights(weights: Mapping[str, float], *, name: str = "weights", summary: str = "") -> Reward:
        """A reward that pays a fixed weight for each unit of an event.

        Args:
            weights: Event name to weight, such as ``{"delivered": 1.0, "minutes": -0.01}``.
            name: The name of the reward.
            summary: One sentence: what it pays for.
        """
        terms = tuple(Term(event, _EventAmount(event), weight) for event, weight in weights.items())
        return Reward(name, terms, summary)

    @staticmethod
    def from_function(function: RewardFunction, *, name: str | None = None, summary: str = "") -> Reward:
        """A reward of one term from a plain function of transitions.

        Args:
            function: Pays B steps at once, ``[B]`` numbers.
            name: The name of the reward and of its term; the function's own by default.
            summary: One sentence: what it pays for; the first line of the function's docstring by default.
        """
        name = name or str(getattr(function, "__name__", "function"))
        documentation = (function.__doc__ or "").strip().splitlines()
        return Reward(name, (Term(name, function),), summary or (documentation[0] if documentation else ""))


@final
@dataclass(frozen=True, slots=True)
class _EventAmount:
    """The amount of one event; a class rather than a closure, so that rewards survive pickling between processes."""

    event: str

    def __call__(self, transitions: Transitions) -> NDArray[np.float64]:
        return transitions.event(self.event)
