"""From what a user puts before the audit to the case that its questions are asked of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import gymnasium as gym
import numpy as np
from gymnasium.vector import VectorEnv
from numpy.typing import ArrayLike, NDArray

from rewardlab.audit.case import AuditCase, audit_case
from rewardlab.audit.stack.reading import read_stack
from rewardlab.audit.stack.stack_table import stack_table
from rewardlab.audit.subject import AuditedReward, AuditedSubject, Subject, audited_subject, potential_table
from rewardlab.errors import BadInput, Problem
from rewardlab.rewards.potential import Potential
from rewardlab.rewards.returns import check_gamma
from rewardlab.wrappers.kinds import WrapperSettings
from rewardlab.wrappers.order import CHANGES_REWARDS
from rewardlab.wrappers.potential_shaping import SHAPING_LINE
from rewardlab.wrappers.stack import wrapper_problems

__all__ = ["audited_case", "base_reward"]


def audited_case(
    subject: AuditedSubject,
    reward: AuditedReward | None = None,
    *,
    against: AuditedReward | None = None,
    shaping: str | Potential | ArrayLike | None = None,
    wrappers: Sequence[WrapperSettings] = (),
    gamma: float = 0.99,
    horizon: int | None = None,
) -> AuditCase:
    """The case that `rewardlab.audit.audit` asks its questions of. Arguments as there.

    Raises:
        BadInput: Something does not fit; all that is wrong is said at once where that can be seen at once.
    """
    found = audited_subject(subject)
    if found is None:
        raise BadInput(Problem("audit", str(subject), "an environment with a finite model", "`audit` samples it"))
    refused: list[Problem] = []
    with _collected(refused):
        gamma = check_gamma(gamma)
    with _collected(refused):
        proxy_name, proxy, terms = base_reward(found, reward)
    with _collected(refused):
        objective_name, objective, _ = found.reward(_default_objective(found, against), "against")
    with _collected(refused):
        potential = None if shaping is None else potential_table(found, shaping, "shaping")
    stack: Any = wrappers
    if isinstance(stack, str) or not isinstance(stack, Sequence):
        refused.append(Problem("wrappers", repr(stack), "a list of settings", 'such as [{"kind": "clip", ...}]'))
        raise BadInput(*refused)
    for number, settings in enumerate(stack):
        if isinstance(settings, Mapping):
            refused += wrapper_problems(settings, found.catalogue, gamma, f"wrappers[{number}]")
        else:
            expected = 'settings such as {"kind": "clip", "max_reward": 1.0}'
            refused.append(Problem(f"wrappers[{number}]", repr(settings), expected))
    if refused:
        raise BadInput(*refused)
    roles, proxy, terms = _through_wrappers(subject, found, wrappers, proxy, terms, gamma)
    if potential is not None:
        added = found.model.shaping_table(potential, gamma)
        proxy, terms = proxy + added, {**terms, SHAPING_LINE: terms.get(SHAPING_LINE, 0.0) + added}
        roles = [*roles, shaping if isinstance(shaping, str) else SHAPING_LINE]
    return audit_case(
        found.model,
        proxy,
        objective,
        gamma=gamma,
        horizon=horizon,
        terms=terms,
        proxy_name=" + ".join([proxy_name, *roles]),
        objective_name=objective_name,
        action_names=found.action_names,
        picture=found.picture,
        exploits=found.exploits,
        episode_steps=found.episode_steps,
    )


def base_reward(
    found: Subject, reward: AuditedReward | None
) -> tuple[str, NDArray[np.float64], dict[str, NDArray[Any]]]:
    """What is paid before any wrapper: its name, its table ``[S, A, K]``, and the table of each of its terms.

    Args:
        found: What is audited.
        reward: What the user named; by default what the environment pays, or else its objective.

    Raises:
        BadInput: There is no such reward, or it does not fit.
    """
    return found.reward(_default_proxy(found, reward), "reward")


def _through_wrappers(
    subject: AuditedSubject,
    found: Subject,
    wrappers: Sequence[WrapperSettings],
    base: NDArray[np.float64],
    terms: dict[str, NDArray[Any]],
    gamma: float,
) -> tuple[list[str], NDArray[np.float64], dict[str, NDArray[Any]]]:
    """The roles of the wrappers that change rewards, and what the learner sees of a base reward through them."""
    stack: Any = list(wrappers)
    if isinstance(subject, gym.Env | VectorEnv):
        order = [layer.layer for layer in read_stack(subject, found, gamma).layers]
        worn = [layer.place for layer in order if layer.role in CHANGES_REWARDS]
        if worn and wrappers:
            fix = "name all of them in the settings, or put all of them round the environment"
            raise BadInput(Problem("wrappers", f"settings, and an environment in {worn[0]}", "one of the two", fix))
        # A wrapper that is not known to change rewards may do so all the same: reading the whole stack refuses it.
        stack = stack or (subject if order else [])
    if not isinstance(stack, gym.Env | VectorEnv) and not stack:
        return [], base, terms
    roles = [layer.layer.role for layer in read_stack(stack, found, gamma).layers]
    table = stack_table(stack, found, base, gamma=gamma, terms=terms)
    return [role for role in roles if role in CHANGES_REWARDS], table.paid, dict(table.lines)


@contextmanager
def _collected(refused: list[Problem]) -> Iterator[None]:
    try:
        yield
    except BadInput as fault:
        refused += fault.problems


def _default_proxy(found: Subject, reward: AuditedReward | None) -> AuditedReward:
    own = isinstance(reward, str) and reward == "environment"  # what `compare` calls it
    if reward is not None and not (own and found.paid_reward is not None):
        return reward
    if found.paid_reward is not None:
        return found.paid_reward
    if found.catalogue is not None:
        return found.catalogue.objective
    raise BadInput(Problem("reward", "nothing", "what the agent is paid, as an array or a Reward"))


def _default_objective(found: Subject, against: AuditedReward | None) -> AuditedReward:
    if against is not None:
        return against
    if found.catalogue is not None:
        return found.catalogue.objective
    raise BadInput(Problem("against", "nothing", "what the designer means, as an array or a Reward"))
