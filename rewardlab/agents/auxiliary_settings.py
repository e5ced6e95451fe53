"""Auxiliary objectives as data: those that a spec may name, the keys that each takes, and what is wrong with them.

Loads no torch. `rewardlab.agents.auxiliary_making` makes the objects of it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, final

from rewardlab.errors import Problem, nearest, one_of

__all__ = [
    "LOSSES",
    "OBJECTIVES",
    "REGULARIZER_KEYS",
    "REPRESENTATIONS",
    "AuxiliarySettings",
    "LossKind",
    "ObjectiveKind",
    "auxiliary_problems",
]

AuxiliarySettings = Mapping[str, Any]
"""``{"objective": "reward_prediction", "loss": "huber", "delta": 1.0, "weight": 0.1}``."""


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
    """

    class_name: str
    default_name: str
    losses: tuple[str, ...]
    keys: tuple[str, ...] = ()
    needs_gamma: bool = False


LOSSES: Final[Mapping[str, LossKind]] = {
    "absolute_error": LossKind("AbsoluteErrorLoss"),
    "combined_generative": LossKind("CombinedGenerativeLoss", ("adversarial_weight",), ("adversarial_weight",)),
    "huber": LossKind("HuberLoss", ("delta",), ("delta",)),
    # The number of components is an argument of the objective, but means nothing beside another loss.
    "mixture_nll": LossKind("MixtureNLLLoss", ("components", "least_spread"), ("components",)),
    "squared_error": LossKind("SquaredErrorLoss"),
}
"""By the name that specs use."""

_NUMBERS = ("absolute_error", "huber", "squared_error")

OBJECTIVES: Final[Mapping[str, ObjectiveKind]] = {
    "adversarial_next_observation": ObjectiveKind(
        "AdversarialNextObservation", "adversarial_next_observation", ("combined_generative",), ("noise",)
    ),
    "next_observation": ObjectiveKind("NextObservation", "next_observation", (*_NUMBERS, "mixture_nll")),
    "reconstruction": ObjectiveKind("Reconstruction", "reconstruction", _NUMBERS),
    "reward_prediction": ObjectiveKind("RewardPrediction", "reward", _NUMBERS),
    "value_replay": ObjectiveKind("ValueReplay", "value_replay", _NUMBERS, needs_gamma=True),
}
"""By the name that specs use."""

REGULARIZER_KEYS: Final = ("l1", "l2", "name", "on")
_REGULARIZER_NAME = "regularizer"
_COMMON = ("objective", "loss", "weight", "name", "representation", "head_learning_rate", "hidden")

REPRESENTATIONS: Final[Mapping[str, tuple[str, ...]]] = {
    **dict.fromkeys(("a2c", "maskable_ppo", "ppo"), ("policy_latent", "value_latent")),
    "dqn": ("latent",),
}
"""By algorithm, what can be shaped: the layers that have weights in the networks that the lab makes."""

_Rule = tuple[Callable[[object], bool], str]


def auxiliary_problems(
    objectives: Sequence[AuxiliarySettings],
    regularizers: Sequence[AuxiliarySettings],
    algorithm: str,
    algorithm_settings: Mapping[str, Any],
    where: str,
) -> list[Problem]:
    """Check the auxiliary objectives and regularisers of one agent without loading them.

    Args:
        objectives: One table each.
        regularizers: One table each.
        algorithm: The name of the agent's algorithm; an unknown one is reported elsewhere.
        algorithm_settings: Its settings.
        where: The place of what holds ``auxiliary`` and ``regularizers``, for the messages.

    Returns:
        Every problem found; an empty list if there is none.
    """
    if not objectives and not regularizers:
        return []
    problems = _agent_problems(
        algorithm, algorithm_settings, f"{where}.{'auxiliary' if objectives else 'regularizers'}"
    )
    places = REPRESENTATIONS.get(algorithm, ())
    for index, settings in enumerate(objectives):
        problems += _objective_problems(settings, algorithm, places, f"{where}.auxiliary[{index}]")
    for index, settings in enumerate(regularizers):
        problems += _regularizer_problems(settings, algorithm, places, f"{where}.regularizers[{index}]")
    return problems + _name_problems(objectives, regularizers, where)


def _agent_problems(algorithm: str, algorithm_settings: Mapping[str, Any], where: str) -> list[Problem]:
    if algorithm == "q_learning":
        return [
            Problem(where, f"a learner by {algorithm!r}", f"one with a network: {', '.join(sorted(REPRESENTATIONS))}")
        ]
    if algorithm in REPRESENTATIONS and algorithm_settings.get("net_arch") == []:
        got = "an agent with net_arch = []"
        return [Problem(where, got, "one with a layer to shape", "give it layers, such as net_arch = [64, 64]")]
    return []


def _objective_problems(
    settings: AuxiliarySettings, algorithm: str, places: tuple[str, ...], where: str
) -> list[Problem]:
    kind = OBJECTIVES.get(_word(settings.get("objective")))
    kinds = [kind] if kind else [*OBJECTIVES.values()]
    suitable = sorted({name for each in kinds for name in each.losses})
    named = settings.get("loss", suitable[0] if len(suitable) == 1 else None)
    loss = LOSSES[named] if _word(named) in suitable else None
    own = [key for each in kinds for key in each.keys]
    possible = [key for name in suitable for key in LOSSES[name].keys]
    known = list(dict.fromkeys([*_COMMON, *own, *possible]))
    problems = _unknown_keys(settings, known, where)
    misspelt = {problem.fix for problem in problems}
    required = ["objective", "weight", *(["loss"] if kind and len(suitable) > 1 else [])]
    required += loss.required if loss else ()
    for key in required:
        if key not in settings and f"did you mean {key!r}?" not in misspelt:
            problems.append(Problem(f"{where}.{key}", "nothing", _required(key, suitable)))
    if "objective" in settings and kind is None:
        problems.append(one_of(f"{where}.objective", str(settings["objective"]), OBJECTIVES, "auxiliary objective"))
    if "loss" in settings and _word(settings["loss"]) not in suitable:
        problems.append(one_of(f"{where}.loss", str(settings["loss"]), suitable, "loss of this objective"))
    elif loss is not None:
        problems += [
            Problem(
                f"{where}.{key}",
                f"a key of another loss than {settings.get('loss', suitable[0])!r}",
                "none",
                _homes(key),
            )
            for key in settings
            if key in possible and key not in (*loss.keys, *own)
        ]
    problems += _place_problems(settings, "representation", algorithm, places, where)
    return problems + _rule_problems(settings, known, where)


def _regularizer_problems(
    settings: AuxiliarySettings, algorithm: str, places: tuple[str, ...], where: str
) -> list[Problem]:
    problems = _unknown_keys(settings, REGULARIZER_KEYS, where)
    misspelt = {problem.fix for problem in problems}
    strengths = [settings[key] for key in ("l1", "l2") if key in settings]
    if not misspelt & {"did you mean 'l1'?", "did you mean 'l2'?"} and not any(strengths):
        got = "no strength" if not strengths else "only strengths of 0"
        problems.append(Problem(where, got, "l1 or l2 above 0"))
    problems += _place_problems(settings, "on", algorithm, places, where)
    return problems + _rule_problems(settings, REGULARIZER_KEYS, where)


def _name_problems(
    objectives: Sequence[AuxiliarySettings], regularizers: Sequence[AuxiliarySettings], where: str
) -> list[Problem]:
    named: dict[str, list[str]] = {}
    for index, settings in enumerate(objectives):
        kind = OBJECTIVES.get(_word(settings.get("objective")))
        if "name" in settings or kind is not None:
            default = kind.default_name if kind else ""
            named.setdefault(str(settings.get("name", default)), []).append(f"auxiliary[{index}]")
    for index, settings in enumerate(regularizers):
        named.setdefault(str(settings.get("name", _REGULARIZER_NAME)), []).append(f"regularizers[{index}]")
    fix = "give one of them another name"
    return [
        Problem(f"{where}.{places[-1]}.name", f"{name!r}, as in {', '.join(places[:-1])}", "each name once", fix)
        for name, places in named.items()
        if len(places) > 1
    ]


def _unknown_keys(settings: AuxiliarySettings, known: Sequence[str], where: str) -> list[Problem]:
    return [
        Problem(f"{where}.{key}", "an unknown key", f"one of {', '.join(known)}", nearest(key, known))
        for key in settings
        if key not in known
    ]


def _place_problems(
    settings: AuxiliarySettings, key: str, algorithm: str, places: tuple[str, ...], where: str
) -> list[Problem]:
    if key not in settings or not places or _word(settings[key]) in places:
        return []
    return [one_of(f"{where}.{key}", str(settings[key]), places, f"representation of {algorithm}")]


def _rule_problems(settings: AuxiliarySettings, known: Sequence[str], where: str) -> list[Problem]:
    return [
        Problem(f"{where}.{key}", repr(value), _RULES[key][1])
        for key, value in settings.items()
        if key in known and key in _RULES and not _RULES[key][0](value)
    ]


def _required(key: str, losses: Sequence[str]) -> str:
    if key == "objective":
        return f"an auxiliary objective: {', '.join(OBJECTIVES)}"
    return f"a loss: {', '.join(losses)}" if key == "loss" else _RULES[key][1]


def _homes(key: str) -> str:
    return f"it goes with {' or '.join(name for name, loss in LOSSES.items() if key in loss.keys)}"


def _word(value: object) -> str:
    return value if isinstance(value, str) else ""


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


_POSITIVE: _Rule = (_is_positive, "a finite number above 0")
_NOT_NEGATIVE: _Rule = (_is_not_negative, "a finite number, at least 0")
_RULES: Final[Mapping[str, _Rule]] = {
    "adversarial_weight": _NOT_NEGATIVE,
    "components": (_is_whole(1), "a whole number in [1, 10000]"),
    "delta": _POSITIVE,
    "head_learning_rate": _POSITIVE,
    "hidden": (_is_whole(0), "a whole number in [0, 10000]"),
    "l1": _NOT_NEGATIVE,
    "l2": _NOT_NEGATIVE,
    "least_spread": _POSITIVE,
    "name": (_is_name, "a word without spaces and slashes"),
    "noise": (_is_whole(0), "a whole number in [0, 10000]"),
    "weight": _NOT_NEGATIVE,
}
