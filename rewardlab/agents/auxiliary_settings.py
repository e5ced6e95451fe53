"""Auxiliary objectives as data: checked at the border. Loads no torch; `rewardlab.agents.auxiliary_making` does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from gymnasium import spaces

from rewardlab.agents.auxiliary_kinds import (
    LOSSES,
    OBJECTIVES,
    REGULARIZER_KEYS,
    REPRESENTATIONS,
    RULES,
    fitting_losses,
)
from rewardlab.errors import Problem, nearest, one_of

__all__ = ["AuxiliarySettings", "auxiliary_problems"]

AuxiliarySettings = Mapping[str, Any]
"""``{"objective": "reward_prediction", "loss": "huber", "delta": 1.0, "weight": 0.1}``."""

_COMMON = ("objective", "loss", "weight", "name", "representation", "head_learning_rate", "hidden")
_REGULARIZER_NAME = "regularizer"


def auxiliary_problems(
    objectives: Sequence[AuxiliarySettings],
    regularizers: Sequence[AuxiliarySettings],
    algorithm: str,
    algorithm_settings: Mapping[str, Any],
    action_space: spaces.Space[Any],
    where: str,
) -> list[Problem]:
    """Check the auxiliary objectives and regularisers of one agent without loading them.

    Args:
        objectives: One table each.
        regularizers: One table each.
        algorithm: The name of the agent's algorithm; an unknown one is reported elsewhere.
        algorithm_settings: Its settings.
        action_space: What the agent can do.
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
        place = f"{where}.auxiliary[{index}]"
        problems += _objective_problems(settings, action_space, place)
        problems += _place_problems(settings, "representation", algorithm, places, place)
    for index, settings in enumerate(regularizers):
        place = f"{where}.regularizers[{index}]"
        problems += _regularizer_problems(settings, place)
        problems += _place_problems(settings, "on", algorithm, places, place)
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


def _objective_problems(settings: AuxiliarySettings, action_space: spaces.Space[Any], where: str) -> list[Problem]:
    kind = OBJECTIVES.get(_word(settings.get("objective")))
    kinds = [kind] if kind else [*OBJECTIVES.values()]
    suitable = sorted({name for each in kinds for name in fitting_losses(each, action_space)})
    named = settings.get("loss", kind.losses[0] if kind and len(kind.losses) == 1 else None)
    loss = LOSSES[named] if _word(named) in suitable else None
    own = [key for each in kinds for key in each.keys]
    of_losses = [key for name in suitable for key in LOSSES[name].keys]
    known = list(dict.fromkeys([*_COMMON, *own, *of_losses]))
    problems = _unknown_keys(settings, known, where)
    misspelt = {problem.fix for problem in problems}
    required = ["objective", "weight", *(["loss"] if kind and len(kind.losses) > 1 else [])]
    required += loss.required if loss else ()
    problems += [
        Problem(f"{where}.{key}", "nothing", _required(key, suitable))
        for key in required
        if key not in settings and f"did you mean {key!r}?" not in misspelt
    ]
    if "objective" in settings and kind is None:
        problems.append(one_of(f"{where}.objective", str(settings["objective"]), OBJECTIVES, "auxiliary objective"))
    if "loss" in settings and loss is None:
        of_actions = f" for {type(action_space).__name__} actions" if kind and kind.predicts_actions else ""
        what = f"loss of this objective{of_actions}"
        problems.append(one_of(f"{where}.loss", str(settings["loss"]), suitable, what))
    if loss is not None:
        problems += [
            Problem(f"{where}.{key}", f"a key of another loss than {named!r}", "none", _homes(key))
            for key in settings
            if key in of_losses and key not in (*loss.keys, *own)
        ]
    return problems + _rule_problems(settings, known, where)


def _regularizer_problems(settings: AuxiliarySettings, where: str) -> list[Problem]:
    problems = _unknown_keys(settings, REGULARIZER_KEYS, where)
    misspelt = {problem.fix for problem in problems}
    strengths = [settings[key] for key in ("l1", "l2") if key in settings]
    if not misspelt & {"did you mean 'l1'?", "did you mean 'l2'?"} and not any(strengths):
        got = "no strength" if not strengths else "only strengths of 0"
        problems.append(Problem(where, got, "l1 or l2 above 0"))
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
        Problem(f"{where}.{key}", repr(value), RULES[key][1])
        for key, value in settings.items()
        if key in known and key in RULES and not RULES[key][0](value)
    ]


def _required(key: str, losses: Sequence[str]) -> str:
    if key == "objective":
        return f"an auxiliary objective: {', '.join(OBJECTIVES)}"
    return f"a loss: {', '.join(losses)}" if key == "loss" else RULES[key][1]


def _homes(key: str) -> str:
    return f"it goes with {' or '.join(name for name, loss in LOSSES.items() if key in loss.keys)}"


def _word(value: object) -> str:
    return value if isinstance(value, str) else ""
