"""The distinct rewards of an experiment as the audit takes them, where their environment is a table small enough."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, final

import gymnasium as gym
import numpy as np
from numpy.typing import NDArray

from rewardlab.agents.environments import ENVIRONMENT_REWARD, make_single
from rewardlab.audit.audited_case import audited_case
from rewardlab.audit.auditing import Audit, audit
from rewardlab.audit.case import AuditCase
from rewardlab.audit.subject import Subject, audited_subject
from rewardlab.errors import RewardLabError
from rewardlab.lab.comparison import Comparison
from rewardlab.wrappers.potential_shaping import SHAPING_LINE

__all__ = ["LARGEST_TABLE", "AuditedReward", "audited_rewards"]

LARGEST_TABLE = 50_000
"""States times actions of the largest model that is audited for a page: about a second for each reward. What is larger
is audited by the command that the page names."""

_MOST_REWARDS = 12
_WHOLE_PAGE = 8 * LARGEST_TABLE


@final
@dataclass(frozen=True)
class AuditedReward:
    """One way to pay in one environment, with the variants that are paid so.

    Attributes:
        name: The reward, and what wraps it.
        variants: The names of the variants.
        group: Which environment and discount it belongs to; what differs in it is not compared.
        subject: The model with what is known of it; None where there is no table, or it was not looked at.
        wrappers: Settings of the wrappers, the innermost first.
        case: Both rewards on the model; None where there is no table, or it is too large.
        audit: The findings; None without a case.
        base: ``[S, A, K]`` what is paid without shaping, on the model of the case.
        reason: Why there is no case; empty if there is one.
        command: The command that audits it; empty where no command says all that wraps it.
        watch: The command that plays an episode, before any wrapper.
    """

    name: str
    variants: tuple[str, ...]
    group: str
    subject: Subject | None
    wrappers: tuple[Mapping[str, Any], ...]
    case: AuditCase | None
    audit: Audit | None
    base: NDArray[np.float64] | None
    reason: str
    command: str
    watch: str


def audited_rewards(comparison: Comparison) -> list[AuditedReward]:
    """Each distinct reward once, in the order of the spec.

    A curriculum is no part of a reward: it changes where episodes begin, and nothing that is paid.

    Args:
        comparison: The experiment.
    """
    first = {run.variant: run.settings for run in reversed(comparison.plan.runs)}
    variants: dict[str, list[str]] = {}
    for variant in comparison.plan.spec.variants:
        key = json.dumps(_setting(first[variant.name]), sort_keys=True)
        variants.setdefault(key, []).append(variant.name)
    found: list[AuditedReward] = []
    spent = 0
    for key, names in variants.items():
        is_within = spent < _WHOLE_PAGE and len(found) < _MOST_REWARDS
        subject, case, audited, base, reason = _audited(key) if is_within else (None, None, None, None, _TOO_MANY)
        spent += 0 if case is None else case.model.legal.size
        setting = json.loads(key)
        group = json.dumps([setting["environment"], setting["gamma"]], sort_keys=True)
        name = " + ".join([_reward_name(setting["reward"]), *map(_wrapper_name, setting["wrappers"])])
        commands = _command(setting, has_table=subject is not None), _watch(setting)
        wrappers = tuple(setting["wrappers"])
        found.append(
            AuditedReward(name, tuple(names), group, subject, wrappers, case, audited, base, reason, *commands)
        )
    return found


_TOO_MANY = f"a page audits {_MOST_REWARDS} rewards at most"

_Answer = tuple[Subject | None, AuditCase | None, Audit | None, NDArray[np.float64] | None, str]


def _setting(run: Mapping[str, Any]) -> dict[str, Any]:
    """What of a run's settings an audit depends on."""
    paid = run["variant"]
    wrappers = [wrapper for wrapper in paid["wrappers"] if wrapper["kind"] != "curriculum"]
    return {
        "environment": run["environment"], "reward": paid["reward"], "wrappers": wrappers,
        "gamma": paid["algorithm"]["settings"]["gamma"],
    }  # fmt: skip


@lru_cache(maxsize=64)
def _audited(key: str) -> _Answer:
    setting = json.loads(key)
    environment = setting["environment"]
    env = make_single(environment["id"], environment["settings"], setting["reward"])
    try:
        return _answer(env, setting)
    except RewardLabError as refused:
        return None, None, None, None, " ".join(str(refused).split())
    finally:
        env.close()


def _answer(env: gym.Env[Any, Any], setting: Mapping[str, Any]) -> _Answer:
    subject = audited_subject(env)
    if subject is None:
        return None, None, None, None, "its environment is no table; the command samples it"
    entries = subject.model.legal.size
    if entries > LARGEST_TABLE:
        return (
            None,
            None,
            None,
            None,
            f"{entries:,} pairs of state and action, and a page audits {LARGEST_TABLE:,} at most",
        )
    chosen = {"wrappers": setting["wrappers"], "gamma": setting["gamma"]}
    case = audited_case(env, **chosen)
    base = case.proxy - case.terms.get(SHAPING_LINE, np.zeros(1))
    return subject, case, audit(env, **chosen), base, ""


def _command(setting: Mapping[str, Any], *, has_table: bool) -> str:
    words = ["rewardlab", "audit", *_environment_words(setting), "--gamma", f"{setting['gamma']:g}"]
    wrappers = list(setting["wrappers"])
    last = wrappers[-1] if wrappers else {}
    if set(last) == {"kind", "potential"} and isinstance(last["potential"], str):
        words += ["--shaping", last["potential"]]
        del wrappers[-1]
    for wrapper in wrappers:
        options = {key: json.dumps(value) for key, value in wrapper.items() if key != "kind"}
        if not has_table or any("," in value for value in options.values()):
            return ""
        given = ",".join(f"{key}={value}" for key, value in options.items())
        words += ["--wrapper", f"{wrapper['kind']}:{given}" if given else wrapper["kind"]]
    return shlex.join(words)


def _watch(setting: Mapping[str, Any]) -> str:
    return shlex.join(["rewardlab", "watch", *_environment_words(setting)])


def _environment_words(setting: Mapping[str, Any]) -> list[str]:
    words = [setting["environment"]["id"]]
    for key, value in setting["environment"]["settings"].items():
        words += ["--set", f"{key}={json.dumps(value)}"]
    reward = setting["reward"]
    if reward != ENVIRONMENT_REWARD:
        weights = "" if isinstance(reward, str) else ",".join(f"{event}={weight:g}" for event, weight in reward.items())
        words += ["--reward", reward if isinstance(reward, str) else weights]
    return words


def _reward_name(reward: str | Mapping[str, float]) -> str:
    return reward if isinstance(reward, str) else " ".join(f"{weight:+g}*{event}" for event, weight in reward.items())


def _wrapper_name(wrapper: Mapping[str, Any]) -> str:
    given = ", ".join(
        str(value) if key == "potential" and isinstance(value, str) else f"{key} {json.dumps(value)}"
        for key, value in wrapper.items()
        if key != "kind"
    )
    kind = str(wrapper["kind"]).replace("_", " ")
    return f"{kind} ({given})" if given else kind
