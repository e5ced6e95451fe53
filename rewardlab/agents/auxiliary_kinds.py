"""The auxiliary objectives that a spec may name, their losses, and the rules for the value of each key. No torch."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, final

from gymnasium import spaces

__all__ = [
    "LOSSES",
    "OBJECTIVES",
    "REGULARIZER_KEYS",
    "REPRESENTATIONS",
    "RULES",
    "LossKind",
    "ObjectiveKind",
    "Rule",
    "fitting_losses",
]

Rule = tuple[Callable[[object], bool], str]
"""Whether a value will do, and what would."""


@final
@dataclass(frozen=True, slots=True)
class LossKind:
    """A loss that a spec may name.

    Attributes:
        class_name: In `rewardlab.losses.modules`.
        keys: The arguments that it takes from the objective's table.
        required: Those of them that have no default.
    """

    class_name: str
    keys: tuple[str, ...] = ()
    required: tuple[str, ...] = ()


@final
@dataclass(frozen=True, slots=True)
class ObjectiveKind:
    """An objective that a spec may name.

    Attributes:
        class_name: In `rewardlab.agents.auxiliary`.
        default_name: Under which it is logged if the table has no ``name``.
        losses: The names of `LOSSES` that it can use; where there is one only, ``loss`` may be left out.
        keys: Arguments of its own, beside those that all objectives take.
        needs_gamma: Whether it is given the agent's discount.
        predicts_actions: Whether the action space decides which of its losses fit.
    """

    class_name: str
    default_name: str
    losses: tuple[str, ...]
    keys: tuple[str, ...] = ()
    needs_gamma: bool = False
    predicts_actions: bool = False


LOSSES: Final[Mapping[str, LossKind]] = {
    "absolute_error": LossKind("AbsoluteErrorLoss"),
    "binary_cross_entropy": LossKind("BinaryCrossEntropyLoss"),
    "combined_generative": LossKind("CombinedGenerativeLoss", ("adversarial_weight",), ("adversarial_weight",)),
    "focal": LossKind("FocalLoss", ("gamma", "alpha", "constant_alpha")),
    "huber": LossKind("HuberLoss", ("delta",), ("delta",)),
    # The number of components is an argument of the objective, but means nothing beside another loss.
    "mixture_nll": LossKind("MixtureNLLLoss", ("components", "least_spread"), ("components",)),
    "softmax_cross_entropy": LossKind("SoftmaxCrossEntropyLoss"),
    "squared_error": LossKind("SquaredErrorLoss"),
    "weighted_binary_cross_entropy": LossKind(
        "WeightedBinaryCrossEntropyLoss", ("positive_weight", "negative_weight"), ("positive_weight",)
    ),
}
"""By the name that specs use."""

_NUMBERS = ("absolute_error", "huber", "squared_error")
_YES_AND_NO = ("binary_cross_entropy", "focal", "weighted_binary_cross_entropy")
_OF_ACTIONS: Mapping[type[spaces.Space[Any]], tuple[str, ...]] = {
    spaces.Box: _NUMBERS,
    spaces.Discrete: ("softmax_cross_entropy",),
    spaces.MultiBinary: ("binary_cross_entropy",),
    spaces.MultiDiscrete: ("softmax_cross_entropy",),
}

OBJECTIVES: Final[Mapping[str, ObjectiveKind]] = {
    "adversarial_next_observation": ObjectiveKind(
        "AdversarialNextObservation", "adversarial_next_observation", ("combined_generative",), ("noise",)
    ),
    "inverse_dynamics": ObjectiveKind(
        "InverseDynamics",
        "inverse_dynamics",
        ("binary_cross_entropy", "softmax_cross_entropy", *_NUMBERS),
        predicts_actions=True,
    ),
    "next_observation": ObjectiveKind("NextObservation", "next_observation", (*_NUMBERS, "mixture_nll")),
    "reconstruction": ObjectiveKind("Reconstruction", "reconstruction", _NUMBERS),
    "reward_classes": ObjectiveKind("RewardClasses", "reward_classes", ("softmax_cross_entropy", *_YES_AND_NO)),
    "reward_prediction": ObjectiveKind("RewardPrediction", "reward", _NUMBERS),
    "termination_prediction": ObjectiveKind("TerminationPrediction", "termination", _YES_AND_NO),
    "value_replay": ObjectiveKind("ValueReplay", "value_replay", _NUMBERS, needs_gamma=True),
}
"""By the name that specs use."""

REGULARIZER_KEYS: Final = ("l1", "l2", "name", "on")

REPRESENTATIONS: Final[Mapping[str, tuple[str, ...]]] = {
    **dict.fromkeys(("a2c", "maskable_ppo", "ppo"), ("policy_latent", "value_latent")),
    "dqn": ("latent",),
}
"""By algorithm, what can be shaped: the layers that have weights in the networks that the lab makes."""


def fitting_losses(kind: ObjectiveKind, action_space: spaces.Space[Any]) -> tuple[str, ...]:
    """The names of the losses that an objective can use where an agent acts in this space."""
    return _OF_ACTIONS.get(type(action_space), kind.losses) if kind.predicts_actions else kind.losses


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < math.inf


def _is_positive(value: object) -> bool:
    return _is_number(value) and value > 0  # type: ignore[operator]


def _is_not_negative(value: object) -> bool:
    return _is_number(value) and value >= 0  # type: ignore[operator]


def _is_whole(lowest: int) -> Callable[[object], bool]:
    return lambda value: isinstance(value, int) and not isinstance(value, bool) and lowest <= value <= 10_000


def _is_name(value: object) -> bool:
    return isinstance(value, str) and bool(value) and not any(letter.isspace() or letter in "/\\" for letter in value)


_POSITIVE: Rule = (_is_positive, "a finite number above 0")
_NOT_NEGATIVE: Rule = (_is_not_negative, "a finite number, at least 0")
RULES: Final[Mapping[str, Rule]] = {
    "adversarial_weight": _NOT_NEGATIVE,
    "alpha": (lambda value: _is_not_negative(value) and value <= 1, "a number in [0, 1]"),  # type: ignore[operator]
    "components": (_is_whole(1), "a whole number in [1, 10000]"),
    "constant_alpha": (lambda value: isinstance(value, bool), "true or false"),
    "delta": _POSITIVE,
    "gamma": _NOT_NEGATIVE,
    "head_learning_rate": _POSITIVE,
    "hidden": (_is_whole(0), "a whole number in [0, 10000]"),
    "l1": _NOT_NEGATIVE,
    "l2": _NOT_NEGATIVE,
    "least_spread": _POSITIVE,
    "name": (_is_name, "a word without spaces and slashes"),
    "negative_weight": _POSITIVE,
    "noise": (_is_whole(0), "a whole number in [0, 10000]"),
    "positive_weight": _POSITIVE,
    "weight": _NOT_NEGATIVE,
}
"""By key of a table."""
