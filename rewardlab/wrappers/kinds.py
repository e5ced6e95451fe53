"""The kinds of wrapper that a spec may name: which keys each takes, what is wrong with them, and how it is made."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, final, get_args

import numpy as np
from gymnasium.vector import VectorEnv

from rewardlab.errors import BadInput, Problem, one_of
from rewardlab.rewards.bonus import Bonus, BonusForm
from rewardlab.rewards.catalogue import Catalogue
from rewardlab.rewards.potential import Potential
from rewardlab.wrappers.amended_terms import VectorAmendedTerms
from rewardlab.wrappers.bonus import VectorUnsafeBonus
from rewardlab.wrappers.clip import VectorRewardClipping, bound_problems
from rewardlab.wrappers.curriculum import VectorStartCurriculum
from rewardlab.wrappers.potential_shaping import VectorPotentialShaping
from rewardlab.wrappers.promotion import Success
from rewardlab.wrappers.scale import VectorReturnScaling

__all__ = ["ANY_KIND", "KINDS", "WrapperKind", "WrapperSettings"]

WrapperSettings = Mapping[str, Any]
"""``{"kind": "potential_shaping", "potential": "distance"}``; the gamma is the agent's."""

AnyVectorEnv = VectorEnv[Any, Any, Any]


@final
@dataclass(frozen=True)
class WrapperKind:
    """One kind of wrapper.

    Attributes:
        keys: The keys that its settings may hold, beside ``kind``. ``gamma`` is checked elsewhere, for all alike.
        problems: What is wrong with the settings, at a place.
        make: Puts the wrapper round an environment. The catalogue is what the environment offers, the number is the
            learner's discount.
        required: The names that settings must hold, each with what is meant by it.
    """

    keys: tuple[str, ...]
    problems: Callable[[WrapperSettings, Catalogue | None, str], list[Problem]]
    make: Callable[[AnyVectorEnv, WrapperSettings, Catalogue | None, float], AnyVectorEnv]
    required: tuple[str, ...] = ()


def _shaping_problems(settings: WrapperSettings, catalogue: Catalogue | None, where: str) -> list[Problem]:
    problems = []
    potential = settings.get("potential")
    if not isinstance(potential, list):
        problems += _potential_problems(settings, catalogue, where)
    elif not potential or not all(_is_number(value) for value in potential):
        problems.append(Problem(f"{where}.potential", "a list", "a finite number for each state, or a name"))
    if not _is_number(settings.get("weight", 1.0)):
        problems.append(Problem(f"{where}.weight", repr(settings["weight"]), "a finite number"))
    return problems


def _make_shaping(
    env: AnyVectorEnv, settings: WrapperSettings, catalogue: Catalogue | None, gamma: float
) -> AnyVectorEnv:
    chosen, weight = settings["potential"], float(settings.get("weight", 1.0))
    if isinstance(chosen, list):
        potential = Potential.from_table(weight * np.array(chosen, dtype=np.float64))
        model = getattr(getattr(env.unwrapped, "task", None), "model", None)
        if model is None or model.n_states != len(chosen):
            expected = "an environment that is a table" if model is None else f"{model.n_states}, one for each state"
            raise BadInput(Problem("potential", f"a list of {len(chosen)} numbers", expected))
    else:
        potential = _offered(catalogue).potential(chosen)
        if weight != 1.0:
            potential = potential.times(weight)
    return VectorPotentialShaping(env, potential, gamma=gamma)


def _clip_problems(settings: WrapperSettings, catalogue: Catalogue | None, where: str) -> list[Problem]:
    return bound_problems(settings.get("min_reward"), settings.get("max_reward"), where)


def _make_clip(env: AnyVectorEnv, settings: WrapperSettings, catalogue: Catalogue | None, gamma: float) -> AnyVectorEnv:
    return VectorRewardClipping(env, settings.get("min_reward"), settings.get("max_reward"))


def _scale_problems(settings: WrapperSettings, catalogue: Catalogue | None, where: str) -> list[Problem]:
    problems = []
    epsilon, warm_up = settings.get("epsilon", 1e-8), settings.get("warm_up", 1)
    if not _is_number(epsilon) or epsilon <= 0:
        problems.append(Problem(f"{where}.epsilon", repr(epsilon), "a positive number"))
    if isinstance(warm_up, bool) or not isinstance(warm_up, int) or warm_up < 1:
        problems.append(Problem(f"{where}.warm_up", repr(warm_up), "a number of steps, at least 1"))
    subtract_mean = settings.get("subtract_mean", False)
    if not isinstance(subtract_mean, bool):
        problems.append(Problem(f"{where}.subtract_mean", repr(subtract_mean), "true or false"))
    return problems


def _make_scale(
    env: AnyVectorEnv, settings: WrapperSettings, catalogue: Catalogue | None, gamma: float
) -> AnyVectorEnv:
    chosen = {key: settings[key] for key in ("epsilon", "warm_up", "subtract_mean") if key in settings}
    return VectorReturnScaling(env, gamma=gamma, **chosen)


def _bonus_problems(settings: WrapperSettings, catalogue: Catalogue | None, where: str) -> list[Problem]:
    problems = []
    if ("events" in settings) == ("potential" in settings):
        got = "both 'events' and 'potential'" if "events" in settings else "neither 'events' nor 'potential'"
        problems.append(Problem(where, got, "one of them", "weights on events, or a potential added the naive way"))
    if "events" in settings:
        problems += _weight_problems(settings["events"], catalogue, f"{where}.events")
        problems += [
            Problem(f"{where}.{key}", "a key that goes with 'potential'", "only the weights of 'events'")
            for key in ("form", "weight")
            if key in settings and "potential" not in settings
        ]
    if "potential" in settings:
        problems += _potential_problems(settings, catalogue, where)
    if settings.get("form", "difference") not in get_args(BonusForm):
        problems.append(one_of(f"{where}.form", str(settings["form"]), get_args(BonusForm), "form"))
    if not _is_number(settings.get("weight", 1.0)):
        problems.append(Problem(f"{where}.weight", repr(settings["weight"]), "a finite number"))
    return problems


def _make_bonus(
    env: AnyVectorEnv, settings: WrapperSettings, catalogue: Catalogue | None, gamma: float
) -> AnyVectorEnv:
    if "events" in settings:
        return VectorUnsafeBonus(env, Bonus.from_event_weights(settings["events"]))
    potential = _offered(catalogue).potential(settings["potential"])
    form, weight = settings.get("form", "difference"), float(settings.get("weight", 1.0))
    return VectorUnsafeBonus(env, Bonus.from_potential(potential, form=form, weight=weight))


def _terms_problems(settings: WrapperSettings, catalogue: Catalogue | None, where: str) -> list[Problem]:
    problems = []
    if not any(settings.get(key) for key in ("factors", "only_when", "never_when")):
        problems.append(Problem(where, "none of 'factors', 'only_when' and 'never_when'", "one of them at least"))
    for key, expected in (
        ("factors", "a table of factors by term, such as {picked_up = 0.5}"),
        ("only_when", "a table of events by term, such as {speed = 'delivered'}"),
        ("never_when", "a table of events by term, such as {seen_watered = 'in_bucket'}"),
    ):
        chosen = settings.get(key, {})
        if not isinstance(chosen, Mapping):
            problems.append(Problem(f"{where}.{key}", repr(chosen), expected))
            continue
        for term, value in chosen.items():
            place = f"{where}.{key}.{term}"
            if key == "factors" and not _is_number(value):
                problems.append(Problem(place, repr(value), "a finite number"))
            if key != "factors" and (catalogue is None or value not in catalogue.events):
                problems.append(one_of(place, str(value), catalogue.events if catalogue else (), "event"))
    return problems


def _make_terms(
    env: AnyVectorEnv, settings: WrapperSettings, catalogue: Catalogue | None, gamma: float
) -> AnyVectorEnv:
    chosen = {key: settings[key] for key in ("factors", "only_when", "never_when") if key in settings}
    return VectorAmendedTerms(env, **chosen)


def _curriculum_problems(settings: WrapperSettings, catalogue: Catalogue | None, where: str) -> list[Problem]:
    offered = {} if catalogue is None else catalogue.start_sets
    stages = settings.get("stages")
    problems = []
    if stages is not None and (not isinstance(stages, list) or not stages):
        problems.append(Problem(f"{where}.stages", repr(stages), f"a list of names: {', '.join(offered) or '(none)'}"))
    elif stages is not None:
        problems += [
            one_of(f"{where}.stages[{number}]", str(name), offered, "set of first states")
            for number, name in enumerate(stages)
            if not isinstance(name, str) or name not in offered
        ]
    event, enough = settings.get("event"), settings.get("objective_at_least")
    if (event is None) == (enough is None):
        got = "neither 'event' nor 'objective_at_least'" if event is None else "both 'event' and 'objective_at_least'"
        problems.append(Problem(where, got, "one of them, to say when an episode has succeeded"))
    if event is not None and (catalogue is None or event not in catalogue.events):
        problems.append(one_of(f"{where}.event", str(event), catalogue.events if catalogue else (), "event"))
    if enough is not None and not _is_number(enough):
        problems.append(Problem(f"{where}.objective_at_least", repr(enough), "a finite number"))
    window, rate = settings.get("window", 20), settings.get("rate", 0.8)
    if isinstance(window, bool) or not isinstance(window, int) or window < 1:
        problems.append(Problem(f"{where}.window", repr(window), "a number of episodes, at least 1"))
    if not _is_number(rate) or not 0.0 < rate <= 1.0:
        problems.append(Problem(f"{where}.rate", repr(rate), "a share in (0, 1]"))
    return problems


def _make_curriculum(
    env: AnyVectorEnv, settings: WrapperSettings, catalogue: Catalogue | None, gamma: float
) -> AnyVectorEnv:
    stages = [_offered(catalogue).start_sets[name] for name in settings["stages"]]
    success = Success(settings.get("event"), settings.get("objective_at_least"))
    chosen = {key: settings[key] for key in ("window", "rate") if key in settings}
    return VectorStartCurriculum(env, stages, success, **chosen)


KINDS: Mapping[str, WrapperKind] = {
    "potential_shaping": WrapperKind(
        ("potential", "weight", "gamma"), _shaping_problems, _make_shaping, ("potential",)
    ),
    "bonus": WrapperKind(("events", "potential", "form", "weight"), _bonus_problems, _make_bonus),
    "clip": WrapperKind(("min_reward", "max_reward"), _clip_problems, _make_clip),
    "curriculum": WrapperKind(
        ("stages", "event", "objective_at_least", "window", "rate"),
        _curriculum_problems,
        _make_curriculum,
        ("stages",),
    ),
    "scale": WrapperKind(("gamma", "epsilon", "warm_up", "subtract_mean"), _scale_problems, _make_scale),
    "terms": WrapperKind(("factors", "only_when", "never_when"), _terms_problems, _make_terms),
}
"""By the name that specs use."""

ANY_KIND = WrapperKind(
    tuple(dict.fromkeys(key for kind in KINDS.values() for key in kind.keys)), _shaping_problems, _make_shaping
)
"""What is checked of a wrapper whose kind is unknown, so that its other problems are told at once."""


def _potential_problems(settings: WrapperSettings, catalogue: Catalogue | None, where: str) -> list[Problem]:
    offered = {} if catalogue is None else catalogue.potentials
    name = settings.get("potential")
    if "potential" not in settings or (isinstance(name, str) and name in offered):
        return []
    return [one_of(f"{where}.potential", str(name), offered, "potential")]


def _weight_problems(weights: object, catalogue: Catalogue | None, where: str) -> list[Problem]:
    if not isinstance(weights, Mapping):
        return [Problem(where, repr(weights), "weights on events, such as {captured = 0.1}")]
    if catalogue is None:
        return [Problem(where, "an environment without a catalogue", "one that offers events")]
    endless = [
        Problem(f"{where}.{event}", repr(weight), "a finite number")
        for event, weight in weights.items()
        if isinstance(weight, float) and not math.isfinite(weight)
    ]
    if endless:
        return endless
    try:
        catalogue.reward(weights, where)
    except BadInput as fault:
        return list(fault.problems)
    return []


def _offered(catalogue: Catalogue | None) -> Catalogue:
    if catalogue is None:
        raise BadInput(Problem("wrappers", "an environment without a catalogue", "one that offers potentials"))
    return catalogue


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
