"""The audit of an environment that is no table: from a record of episodes, and from a search.

Samples can show violations, never their absence; whether a reward is SAFE is a question for tables.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

import gymnasium as gym
import numpy as np
from gymnasium.vector import VectorEnv

from rewardlab.audit.exploit import QUESTION as EXPLOIT_QUESTION
from rewardlab.audit.finding import LEVELS, Finding
from rewardlab.audit.optimal_set import QUESTION as OPTIMAL_SET_QUESTION
from rewardlab.audit.sampling.paired_returns import SampledReturns
from rewardlab.audit.sampling.recording import RANDOM, Record, SampledPolicy, random_policy, record_episodes
from rewardlab.audit.sampling.sampled_hackability import sampled_hackability_finding
from rewardlab.audit.sampling.sampled_shaping import sampled_shaping, sampled_shaping_finding
from rewardlab.audit.sampling.sampled_signal import sampled_signal_finding
from rewardlab.audit.sampling.searched_exploit import ExploitSearch, exploit_search_finding
from rewardlab.errors import BadInput, Problem
from rewardlab.rewards.catalogue import Catalogue, RewardChoice
from rewardlab.rewards.returns import check_gamma
from rewardlab.rewards.reward import Reward
from rewardlab.wrappers.bonus import UnsafeBonus
from rewardlab.wrappers.order import CHANGES_REWARDS, role_of
from rewardlab.wrappers.potential_shaping import SHAPING_LINE, PotentialShaping

__all__ = ["sampled_audit", "sampled_returns"]

_NO_POLICIES: Mapping[str, SampledPolicy] = MappingProxyType({})
_FEWEST_EPISODES = 10


def sampled_audit(
    env: gym.Env[Any, Any] | Callable[[], gym.Env[Any, Any]],
    *,
    gamma: float,
    seed: int,
    reward: RewardChoice | None = None,
    objective: RewardChoice | None = None,
    episodes: int = 100,
    policies: Mapping[str, SampledPolicy] = _NO_POLICIES,
    search: Callable[[], ExploitSearch] | None = None,
    on_progress: Callable[[str, int], None] | None = None,
) -> list[Finding]:
    """Ask of any environment what can be asked by playing it.

    Args:
        env: Any Gymnasium environment with a time limit, with its reward wrappers, or a function that makes it.
        gamma: The learner's discount. Returns are those of an episode as it is played, its time limit included.
        seed: Seeds episodes and the random policy. All policies get the same seeds for their episodes.
        reward: What is paid, as a function of the steps: a `Reward`, or a name or weights for an environment with a
            catalogue. By default what the environment pays.
        objective: What is meant, likewise. By default ``info["objective"]``; an environment without it is its own, and
            nothing is asked that compares the two.
        episodes: How many each policy plays, at least 10.
        policies: Name to a function from observation to action, beside the random policy.
        search: Looks for an exploit, such as ``lambda: rewardlab.agents.search_exploit(...)``; it may take minutes. Not
            called where what is paid is all that is known of what is meant.
        on_progress: Called after each episode with the name of the policy and the number of its episodes.

    Returns:
        Findings on the optimal set (never answered here), the exploit, hackability, the form of the shaping and the
        signal, worst first.

    Raises:
        BadInput: Something does not fit; all that is wrong is said at once where that can be seen at once.
        RunFailed: An episode does not end, or a reward is no finite number.
    """
    gamma = _checked(gamma, seed, episodes, policies, search)
    made: object = env() if callable(env) else env
    if not isinstance(made, gym.Env):
        fix = "a vector cannot be recorded: give one of its environments" if isinstance(made, VectorEnv) else ""
        raise BadInput(Problem("env", repr(made), "a Gymnasium environment, or a function that makes one", fix))
    paid, meant = _chosen(made, reward, "reward"), _chosen(made, objective, "objective")
    rng, bootstrap = (np.random.default_rng(stream) for stream in np.random.SeedSequence(seed).spawn(2))
    players = {RANDOM: random_policy(made, rng), **policies}
    records = []
    for name, policy in players.items():
        progress = None if on_progress is None else _named(on_progress, name)
        records.append(
            record_episodes(
                made, policy, episodes=episodes, seed=seed, name=name, reward=paid, objective=meant,
                on_progress=progress,
            )
        )  # fmt: skip
    one = _one_reward(records)
    returns, remarks = sampled_returns(made, records, gamma)
    hackability = sampled_hackability_finding(returns, remarks=remarks)
    findings = [
        _unanswered(),
        _pointless(_searched(None)) if one else _searched(search),
        _pointless(hackability) if one else hackability,
        sampled_shaping_finding(records, gamma),
        sampled_signal_finding(records[0], gamma, bootstrap),
    ]
    if made is not env:
        made.close()
    return sorted(findings, key=lambda finding: LEVELS.index(finding.level))


def sampled_returns(
    env: gym.Env[Any, Any], records: list[Record], gamma: float
) -> tuple[list[SampledReturns], list[str]]:
    """The discounted returns of each policy, without what is known to be shaping, and what to say of them.

    Shaping adds ``gamma ** T * potential(last) - potential(first)`` to an episode that is cut off after T steps: a
    sum that a learner which bootstraps there never sees, and that would make honest shaping look like a hack. It is
    left out where it is known: in the ledger of `PotentialShaping` with the learner's gamma, unless a wrapper outside
    of it changes what it paid, and where all that was seen of the difference is shaping.

    Args:
        env: The environment with its wrappers.
        records: Of its policies.
        gamma: The learner's discount.
    """
    paid = [record.proxy for record in records]
    cut = sum(int(record.truncated.sum()) for record in records)
    played = sum(len(record.first) for record in records)
    remarks = [f"returns of episodes as played, gamma {gamma:g}; {cut} of {played} were cut off by a time limit"]
    if all(record.numbered for record in records) and sampled_shaping(records, gamma).is_shaping:
        paid = [record.objective for record in records]
        remarks.append("what is paid beyond the objective is shaping in every step seen, and was left out")
    elif _shapes_rightly(env, gamma):
        changed = _changed_outside(env)
        if changed is None:
            paid = [record.proxy - record.lines.get(SHAPING_LINE, 0.0) for record in records]
            remarks.append("the shaping of PotentialShaping was left out")
        elif cut:
            remarks.append(
                f"the shaping of PotentialShaping is in them, for {changed} changes what it paid: an episode"
                " that was cut off ends with what the potential was there"
            )
    returns = [
        SampledReturns(record.policy, record.returns(amounts, gamma), record.returns(record.objective, gamma))
        for record, amounts in zip(records, paid, strict=True)
    ]
    return returns, remarks


def _shapes_rightly(env: gym.Env[Any, Any], gamma: float) -> bool:
    found: list[float] = []
    layer = env
    while isinstance(layer, gym.Wrapper):
        if isinstance(layer, PotentialShaping):
            found.append(layer.shaping_gamma)
        layer = layer.env
    return bool(found) and all(shaping_gamma == gamma for shaping_gamma in found)


def _changed_outside(env: gym.Env[Any, Any]) -> str | None:
    """A wrapper outside of the shaping that changes what it paid, the nearest; None without."""
    outside: str | None = None
    layer = env
    while isinstance(layer, gym.Wrapper):
        role = role_of(layer)
        if role == "shaping":
            return outside
        if role in CHANGES_REWARDS and not isinstance(layer, UnsafeBonus):
            outside = type(layer).__name__
        layer = layer.env
    return outside


def _unanswered() -> Finding:
    verdict = "Cannot be answered from samples: no policy that was played is known to be optimal."
    advice = "solve a small version of the task that is a finite model (rewardlab.mdp), and audit that"
    return Finding("optimal_set", OPTIMAL_SET_QUESTION, "note", verdict, "not asked", advice=advice)


def _one_reward(records: list[Record]) -> bool:
    """Whether nobody says what is meant, and nothing changes what is paid: then the two are one."""
    return all(not record.meant_is_said and np.array_equal(record.proxy, record.objective) for record in records)


def _pointless(finding: Finding) -> Finding:
    """A question that compares the two, where they are one."""
    verdict = (
        "Not asked: nothing says what is meant, so what is paid is taken for it, and no reward can be gamed against"
        " itself."
    )
    advice = (
        "say what is meant: put 'objective' into the info, give against= (a Reward.from_function), or bring it from"
        " outside with rewardlab.outside:rewardlab/Any-v0"
    )
    return replace(finding, level="note", basis="not asked", verdict=verdict, advice=advice)


def _searched(search: Callable[[], ExploitSearch] | None) -> Finding:
    if search is not None:
        return exploit_search_finding(search())
    advice = "train two agents to find one: --search STEPS, or search=lambda: rewardlab.agents.search_exploit(...)"
    return Finding("exploit", EXPLOIT_QUESTION, "note", "Not asked: no search was ordered.", "not asked", advice=advice)


def _checked(gamma: object, seed: object, episodes: object, policies: object, search: object) -> float:
    """The discount, where all of these are right; else all that is wrong."""
    problems: list[Problem] = []
    checked = 0.0
    try:
        checked = check_gamma(gamma)
    except BadInput as fault:
        problems += fault.problems
    if isinstance(seed, bool) or not isinstance(seed, int) or seed < 0:
        problems.append(Problem("seed", repr(seed), "a whole number, at least 0"))
    if isinstance(episodes, bool) or not isinstance(episodes, int) or episodes < _FEWEST_EPISODES:
        problems.append(Problem("episodes", repr(episodes), f"a whole number, at least {_FEWEST_EPISODES}"))
    if not isinstance(policies, Mapping) or not all(callable(policy) for policy in policies.values()):
        problems.append(Problem("policies", repr(policies), "names, each with a function from observation to action"))
    elif RANDOM in policies:
        problems.append(Problem("policies", repr(RANDOM), "another name: that of the random policy is taken"))
    if search is not None and not callable(search):
        problems.append(Problem("search", repr(search), "a function without arguments that returns an ExploitSearch"))
    if problems:
        raise BadInput(*problems)
    return checked


def _chosen(env: gym.Env[Any, Any], choice: RewardChoice | None, where: str) -> Reward | None:
    if choice is None or isinstance(choice, Reward):
        return choice
    catalogue = Catalogue.of(env)
    if catalogue is None:
        fix = "make a function of steps a reward: Reward.from_function(f)"
        fix += ", or bring it events with rewardlab.outside:rewardlab/Any-v0"
        raise BadInput(Problem(where, repr(choice), "a Reward: this environment has no catalogue", fix))
    return catalogue.reward(choice, where)


def _named(on_progress: Callable[[str, int], None], name: str) -> Callable[[int], None]:
    return lambda count: on_progress(name, count)
