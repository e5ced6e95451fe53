"""Reward wrappers as data: checked at the border, then put round a vector environment in the order given."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from gymnasium.vector import VectorEnv

from rewardlab.errors import BadInput, Problem, nearest, one_of
from rewardlab.rewards.catalogue import Catalogue
from rewardlab.rewards.returns import check_gamma
from rewardlab.wrappers.kinds import ANY_KIND, KINDS, WrapperKind, WrapperSettings
from rewardlab.wrappers.order import Layer, Role, broken_orders, order_problems

__all__ = ["WrapperSettings", "order_of_stack_problems", "wrap_vector", "wrapper_problems"]


def wrapper_problems(
    settings: WrapperSettings, catalogue: Catalogue | None, agent_gamma: float | None, where: str
) -> list[Problem]:
    """Check one wrapper of a stack.

    Args:
        settings: The wrapper as data.
        catalogue: What the environment offers.
        agent_gamma: The learner's discount. Another one in the wrapper is refused. None if it is itself refused.
        where: The place of the wrapper, for the messages.

    Returns:
        Every problem found; an empty list if there is none.
    """
    kind = _kind_meant(settings)
    known = ("kind", *kind.keys)
    unknown = [
        Problem(f"{where}.{key}", "an unknown key", f"one of {', '.join(known)}", nearest(key, known))
        for key in settings
        if key not in known
    ]
    # A misspelt key has been reported, with the suggestion; that it is missing too would be no news.
    misspelt = {problem.fix for problem in unknown}
    problems = []
    for key in ("kind", *kind.required):
        if key not in settings and f"did you mean {key!r}?" not in misspelt:
            options = _options(key, catalogue)
            listed = ", ".join(options) if options else "(there is none)"
            problems.append(Problem(f"{where}.{key}", "nothing", f"{_WHAT[key]}: {listed}"))
    if "kind" in settings and not _is_known(settings["kind"]):
        problems.insert(0, _unknown_kind(settings["kind"], where))
    found = kind.problems(settings, catalogue, where)
    if misspelt & {f"did you mean {key!r}?" for key in kind.keys}:
        found = [problem for problem in found if problem.where != where]  # "neither ... nor ..." is no news either
    return unknown + problems + found + _gamma_problems(settings, agent_gamma, where)


def order_of_stack_problems(stack: Sequence[WrapperSettings], where: str) -> list[Problem]:
    """Check the order of a stack, before any environment is made.

    Args:
        stack: The wrappers, the innermost first, already checked by `wrapper_problems`.
        where: The place of the list, for the messages.

    Returns:
        Every broken promise, with both places; see `rewardlab.wrappers.order`.
    """
    layers = [
        Layer(f"{where}[{number}] ({settings['kind']})", _role(settings)) for number, settings in enumerate(stack)
    ]
    return broken_orders(layers)


def wrap_vector(
    env: VectorEnv[Any, Any, Any], stack: Sequence[WrapperSettings], agent_gamma: float
) -> VectorEnv[Any, Any, Any]:
    """Put a stack of wrappers round a vector environment, the first one innermost.

    Args:
        env: The bare environment.
        stack: The wrappers, already checked by `wrapper_problems`.
        agent_gamma: The learner's discount.

    Raises:
        BadInput: The order breaks what shaping promises, see `rewardlab.wrappers.order`.
    """
    catalogue = Catalogue.of(env)
    for settings in stack:
        env = KINDS[settings["kind"]].make(env, settings, catalogue, agent_gamma)
    refused, _ = order_problems(env)
    if refused:
        raise BadInput(*refused)
    return env


def _role(settings: WrapperSettings) -> Role:
    if settings["kind"] == "scale" and settings.get("subtract_mean"):
        return "centred scale"
    roles: dict[str, Role] = {
        "potential_shaping": "shaping",
        "clip": "clip",
        "bonus": "bonus",
        "terms": "bonus",
        "scale": "scale",
    }
    return roles.get(settings["kind"], "other")


_WHAT = {"kind": "a wrapper", "potential": "a potential", "stages": "a list of sets of first states"}
_OTHER_WORDS = {"normalize": "scale", "normalise": "scale", "shaping": "potential_shaping"}


def _options(key: str, catalogue: Catalogue | None) -> Iterable[str]:
    if key == "kind":
        return KINDS
    if catalogue is None:
        return ()
    return catalogue.potentials if key == "potential" else catalogue.start_sets


def _is_known(kind: object) -> bool:
    return isinstance(kind, str) and kind in KINDS


def _unknown_kind(kind: object, where: str) -> Problem:
    problem = one_of(f"{where}.kind", str(kind), [*KINDS], "wrapper")
    meant = _OTHER_WORDS.get(str(kind).lower())
    return Problem(problem.where, problem.got, problem.expected, f"did you mean {meant!r}?") if meant else problem


def _kind_meant(settings: WrapperSettings) -> WrapperKind:
    """The kind that is named. Where there is none of that name, any key of any kind may be meant."""
    named = settings.get("kind")
    return KINDS[str(named)] if _is_known(named) else ANY_KIND


def _gamma_problems(settings: WrapperSettings, agent_gamma: float | None, where: str) -> list[Problem]:
    if "gamma" not in settings or "gamma" not in _kind_meant(settings).keys:
        return []
    try:
        gamma = check_gamma(settings["gamma"], f"{where}.gamma")
    except BadInput as fault:
        return list(fault.problems)
    if agent_gamma is not None and gamma != agent_gamma:
        fix = "leave it out: shaping with another gamma changes the optimal policies (Ng et al. 1999)"
        if settings.get("kind") == "scale":
            fix = "leave it out: the scale is that of the returns which the agent learns"
        return [
            Problem(
                f"{where}.gamma", f"{gamma:g}", f"the agent's gamma, {agent_gamma:g} (algorithm.settings.gamma)", fix
            )
        ]
    return []
