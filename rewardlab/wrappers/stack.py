"""Reward wrappers as data: checked at the border, then put round a vector environment in the order given."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from gymnasium.vector import VectorEnv

from rewardlab.errors import BadInput, Problem, nearest, one_of
from rewardlab.rewards.catalogue import Catalogue
from rewardlab.rewards.returns import check_gamma
from rewardlab.wrappers.potential_shaping import VectorPotentialShaping

__all__ = ["WrapperSettings", "wrap_vector", "wrapper_problems"]

WrapperSettings = Mapping[str, Any]
"""``{"kind": "potential_shaping", "potential": "distance"}``; the gamma is the agent's."""

_SETTINGS = {"potential_shaping": ("potential", "gamma")}


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
    kind = settings.get("kind")
    known = ("kind", *_SETTINGS.get(str(kind), ("potential", "gamma")))
    unknown = [
        Problem(f"{where}.{key}", "an unknown key", f"one of {', '.join(known)}", nearest(key, known))
        for key in settings
        if key not in known
    ]
    # A misspelt key has been reported, with the suggestion; that it is missing too would be no news.
    misspelt = {problem.fix for problem in unknown}
    offered = {} if catalogue is None else catalogue.potentials
    problems = []
    for key, what, options in (("kind", "wrapper", [*_SETTINGS]), ("potential", "potential", [*offered])):
        if key in settings and settings[key] not in options:
            problems.append(one_of(f"{where}.{key}", str(settings[key]), options, what))
        elif key not in settings and f"did you mean {key!r}?" not in misspelt:
            listed = ", ".join(options) if options else "(there is none)"
            problems.append(Problem(f"{where}.{key}", "nothing", f"a {what}: {listed}"))
    return unknown + problems + _gamma_problems(settings, agent_gamma, where)


def wrap_vector(
    env: VectorEnv[Any, Any, Any], stack: Sequence[WrapperSettings], agent_gamma: float
) -> VectorEnv[Any, Any, Any]:
    """Put a stack of wrappers round a vector environment, the first one innermost.

    Args:
        env: The bare environment.
        stack: The wrappers, already checked by `wrapper_problems`.
        agent_gamma: The learner's discount.
    """
    catalogue = Catalogue.of(env)
    for settings in stack:
        if catalogue is None:
            raise BadInput(Problem("wrappers", "an environment without a catalogue", "one that offers potentials"))
        env = VectorPotentialShaping(env, catalogue.potential(settings["potential"]), gamma=agent_gamma)
    return env


def _gamma_problems(settings: WrapperSettings, agent_gamma: float | None, where: str) -> list[Problem]:
    if "gamma" not in settings:
        return []
    try:
        gamma = check_gamma(settings["gamma"], f"{where}.gamma")
    except BadInput as fault:
        return list(fault.problems)
    if agent_gamma is not None and gamma != agent_gamma:
        fix = "leave it out: shaping with another gamma changes the optimal policies (Ng et al. 1999)"
        return [
            Problem(
                f"{where}.gamma", f"{gamma:g}", f"the agent's gamma, {agent_gamma:g} (algorithm.settings.gamma)", fix
            )
        ]
    return []
