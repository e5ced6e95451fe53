"""The audit: every question that can be asked of a reward, asked, and the answers put in order, worst first."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast, final

import gymnasium as gym
import numpy as np
from gymnasium.vector import VectorEnv
from numpy.typing import ArrayLike, NDArray

from rewardlab.audit.audited_case import audited_case, base_reward
from rewardlab.audit.case import AuditCase
from rewardlab.audit.distance_finding import distances_finding
from rewardlab.audit.exploit import exploit_finding
from rewardlab.audit.finding import LEVELS, Finding, Level
from rewardlab.audit.hackability import hackability_finding
from rewardlab.audit.optimal_set import optimal_set_finding
from rewardlab.audit.policy_order import policy_order_finding
from rewardlab.audit.pressure.under_pressure import under_pressure_finding
from rewardlab.audit.sampling.recording import SampledPolicy
from rewardlab.audit.sampling.sampled_audit import sampled_audit
from rewardlab.audit.sampling.searched_exploit import ExploitSearch
from rewardlab.audit.shaping_form import shaping_form_finding
from rewardlab.audit.signal.signal_finding import signal_finding
from rewardlab.audit.stack.stack_finding import stack_finding
from rewardlab.audit.subject import AuditedReward, AuditedSubject, audited_subject, subject_name
from rewardlab.errors import BadInput, Problem, one_of
from rewardlab.mdp.dense_model import number_array
from rewardlab.rewards.catalogue import Catalogue
from rewardlab.rewards.potential import Potential
from rewardlab.wrappers.kinds import WrapperSettings
from rewardlab.wrappers.potential_shaping import PotentialShaping

__all__ = ["QUESTIONS", "Audit", "audit"]

QUESTIONS: Mapping[str, Callable[[AuditCase], Finding]] = {
    "optimal_set": optimal_set_finding,
    "exploit": exploit_finding,
    "shaping_form": shaping_form_finding,
    "policy_order": policy_order_finding,
    "hackability": hackability_finding,
    "distances": distances_finding,
    "under_pressure": under_pressure_finding,
    "signal": signal_finding,
}
"""What is asked of every model, in the order in which equals are shown."""


@final
@dataclass(frozen=True)
class Audit:
    """The answers.

    Attributes:
        subject: What was audited.
        proxy: What the agent is paid.
        objective: What the designer means.
        criterion: Under which criterion the two are compared.
        findings: Worst first.
    """

    subject: str
    proxy: str
    objective: str
    criterion: str
    findings: tuple[Finding, ...]

    @property
    def safe(self) -> bool | None:
        """Whether every proxy-optimal policy is objective-optimal; None where that could not be decided."""
        found = [finding for finding in self.findings if finding.name == "optimal_set"]
        return bool(found[0].data["safe"]) if found and "safe" in found[0].data else None

    @property
    def level(self) -> Level:
        """That of the worst finding."""
        return self.findings[0].level if self.findings else "fine"

    def finding(self, name: str) -> Finding:
        """The answer to one question.

        Raises:
            BadInput: It was not asked; the message lists those that were.
        """
        found = {finding.name: finding for finding in self.findings}
        if name not in found:
            raise BadInput(one_of("finding", name, found, "question"))
        return found[name]

    def as_dict(self) -> dict[str, Any]:
        """All of it as JSON data."""
        return {
            "subject": self.subject,
            "proxy": self.proxy,
            "objective": self.objective,
            "criterion": self.criterion,
            "safe": self.safe,
            "level": self.level,
            "findings": [finding.as_dict() for finding in self.findings],
        }


def audit(
    subject: AuditedSubject,
    reward: AuditedReward | None = None,
    *,
    against: AuditedReward | None = None,
    shaping: str | Potential | ArrayLike | None = None,
    wrappers: Sequence[WrapperSettings] = (),
    gamma: float = 0.99,
    horizon: int | None = None,
    policies: Sequence[NDArray[np.float64]] | Mapping[str, SampledPolicy] = (),
    episodes: int = 100,
    seed: int = 0,
    search: Callable[[], ExploitSearch] | None = None,
    on_progress: Callable[[str, int], None] | None = None,
) -> Audit:
    """Say whether a reward still asks for what was meant.

    Args:
        subject: A `FiniteModel`, a `FiniteTask`, or an environment; one that has no table is sampled.
        reward: What the agent is paid: a name of the catalogue, weights on events, a `Reward`, or an array ``[S, A]``,
            ``[S, A, S]`` or ``[S, A, K]``. What the environment pays by default. Reward wrappers that the environment
            is in count on top of it.
        against: What the designer means; the objective of the catalogue by default.
        shaping: A potential that is shaped by on top: a name of the catalogue, a `Potential`, or ``[S]`` numbers.
        wrappers: Reward wrappers as in specs, the innermost first, between the reward and that shaping, such as
            ``[{"kind": "clip", "min_reward": -1.0, "max_reward": 1.0}]``.
        gamma: The learner's discount; 1 only with a horizon.
        horizon: The number of steps, if the time limit is part of the task. By default a time limit only cuts off, and
            learners bootstrap there, as those of stable-baselines3 do.
        policies: Policies ``[S, A]`` to compare pair by pair, beside all stationary ones; for an environment that is
            sampled, names with functions from observation to action, to be played beside a random policy.
        episodes: How many each policy plays where an environment is sampled.
        seed: Seeds those.
        search: Looks for an exploit where an environment is sampled, such as
            ``lambda: rewardlab.agents.search_exploit(...)``.
        on_progress: Called after each sampled episode with the name of its policy and the number of its episodes.

    Returns:
        The findings. SAFE, `Audit.safe`, means that every proxy-optimal policy is objective-optimal under the
        criterion; all else is reported beside it and never changes it.

    Raises:
        BadInput: Something does not fit; all that is wrong is said at once where that can be seen at once.

    Example:
        >>> from rewardlab.mdp import dense_model
        >>> stay_or_switch = dense_model([[[1, 0], [0, 1]], [[0, 1], [1, 0]]])
        >>> meant, paid = [[0, 1], [0, 0]], [[0, 1], [0.6, 0]]
        >>> audit(stay_or_switch, paid, against=meant, gamma=0.9).safe
        False
    """
    found = audited_subject(subject)
    if found is None:
        env = cast("gym.Env[Any, Any]", subject)
        if wrappers:
            fix = "put them round the environment, and give that"
            raise BadInput(Problem("wrappers", "settings", "none for an environment that is no table", fix))
        return _sampled(env, reward, against, shaping, gamma, horizon, policies, episodes, seed, search, on_progress)
    if isinstance(policies, Mapping):
        raise BadInput(Problem("policies", "functions", "[S, A] arrays: this environment has a table"))
    if not isinstance(policies, Sequence | np.ndarray):
        raise BadInput(Problem("policies", repr(policies), "a list of [S, A] arrays"))
    if search is not None:
        fix = "leave it out: the exploit is found exactly"
        raise BadInput(Problem("search", "a function", "None: this environment has a table", fix))
    case = audited_case(
        subject, reward, against=against, shaping=shaping, wrappers=wrappers, gamma=gamma, horizon=horizon
    )
    findings = [ask(case) for name, ask in QUESTIONS.items() if name != "hackability"]
    findings.append(hackability_finding(case, _of_case(case, subject, policies)))
    stack: Any = list(wrappers) or (subject if isinstance(subject, gym.Env | VectorEnv) else None)
    if stack is not None:
        _, base, terms = base_reward(found, reward)
        findings.append(stack_finding(stack, found, base, gamma=gamma, terms=terms, horizon=horizon))
    findings.sort(key=lambda finding: LEVELS.index(finding.level))
    return Audit(subject_name(subject), case.proxy_name, case.objective_name, case.criterion, tuple(findings))


def _sampled(
    env: gym.Env[Any, Any],
    reward: AuditedReward | None,
    against: AuditedReward | None,
    shaping: str | Potential | ArrayLike | None,
    gamma: float,
    horizon: int | None,
    policies: Sequence[NDArray[np.float64]] | Mapping[str, SampledPolicy],
    episodes: int,
    seed: int,
    search: Callable[[], ExploitSearch] | None,
    on_progress: Callable[[str, int], None] | None,
) -> Audit:
    if horizon is not None:
        fix = "leave it out: episodes are played with the environment's own time limit"
        raise BadInput(Problem("horizon", repr(horizon), "None for an environment that is no table", fix))
    if not isinstance(policies, Mapping) and not (isinstance(policies, Sequence) and len(policies) == 0):
        got = "arrays" if isinstance(policies, Sequence | np.ndarray) else repr(policies)
        raise BadInput(Problem("policies", got, "names with functions: this environment has no table"))
    played = env if shaping is None else PotentialShaping(env, _sampled_potential(env, shaping), gamma=gamma)
    chosen = {
        "reward": None if isinstance(reward, str) and reward == "environment" else reward,
        "objective": against,
    }
    findings = sampled_audit(
        played,
        gamma=gamma,
        seed=seed,
        episodes=episodes,
        policies=policies if isinstance(policies, Mapping) else {},
        search=search,
        on_progress=on_progress,
        **cast("Any", chosen),
    )
    findings = sorted([*findings, stack_finding(played, gamma=gamma)], key=lambda each: LEVELS.index(each.level))
    catalogue = Catalogue.of(env)
    proxy = _named(reward, catalogue, "the environment's reward") + ("" if shaping is None else " + shaping")
    meant = catalogue.objective if catalogue else "the environment's objective"
    objective = _named(against, catalogue, meant)
    criterion = f"gamma {gamma:g}, over {episodes} episodes of each policy, as they were played"
    return Audit(subject_name(env), proxy, objective, criterion, tuple(findings))


def _of_case(
    case: AuditCase, subject: AuditedSubject, policies: Sequence[NDArray[np.float64]]
) -> list[NDArray[np.float64]]:
    """Policies of the environment's own states as policies of the states that the case holds."""
    found = audited_subject(subject)
    shape = () if found is None else found.model.legal.shape
    tables = [number_array(policy, f"policies[{place}]", f"{shape}") for place, policy in enumerate(policies)]
    problems = [
        Problem(f"policies[{place}]", f"shape {table.shape}", f"{shape}")
        for place, table in enumerate(tables)
        if table.shape != shape
    ]
    if problems:
        raise BadInput(*problems)
    return [table[case.states] for table in tables]


def _named(choice: AuditedReward | None, catalogue: Catalogue | None, default: str) -> str:
    if isinstance(choice, Mapping) and catalogue is not None:
        return catalogue.reward(choice).name
    return choice if isinstance(choice, str) else getattr(choice, "name", default)


def _sampled_potential(env: gym.Env[Any, Any], shaping: str | Potential | ArrayLike) -> Potential:
    if isinstance(shaping, Potential):
        return shaping
    catalogue = Catalogue.of(env)
    if not isinstance(shaping, str) or catalogue is None:
        fix = "say what it is called and reads: Potential('name', function, 'observation')" if callable(shaping) else ""
        raise BadInput(
            Problem("shaping", repr(shaping), "a Potential: this environment has no table or catalogue", fix)
        )
    return catalogue.potential(shaping, "shaping")
