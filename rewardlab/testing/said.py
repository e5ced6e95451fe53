"""Whether what an environment says beside the reward is complete: objective, events, and the lines of a ledger."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from numbers import Real
from typing import Any

from rewardlab.errors import Problem
from rewardlab.rewards.catalogue import Catalogue
from rewardlab.testing.answer import Answer
from rewardlab.testing.record import Record, Step

__all__ = ["info_answers", "line_problems"]

_ROUNDING = 1e-6


def info_answers(record: Record, catalogue: Catalogue | None) -> list[Answer]:
    """Judge the info of each step.

    Args:
        record: What was played.
        catalogue: What the environment offers, if it does.
    """
    steps = record.steps()
    keys = Answer.of("info is a dictionary with the same keys in every step", _keys(steps))
    if not all(_is_dictionary(step.info) for step in steps):
        return [keys]
    answers = [keys, Answer.of("the ledger's lines add up to the reward", _lines(steps))]
    if catalogue is None:
        why = "the environment has no attribute `catalogue`: its own reward is all there is to compare"
        return [*answers, Answer("info says what was meant, and what happened", not_asked=why)]
    problems = [*_objective(steps), *_events(steps, catalogue)]
    return [*answers, Answer.of("info says what was meant, and what happened", problems)]


def line_problems(ledger: Mapping[str, Any], reward: Any, where: str) -> list[Problem]:
    """What is wrong with the ledger of one step.

    Args:
        ledger: ``info["ledger"]``.
        reward: What the step paid; a finite number.
        where: The place for the messages.
    """
    wrong = [(name, amount) for name, amount in ledger.items() if not _is_finite(amount)]
    if wrong:
        name, amount = wrong[0]
        return [Problem(where, f"ledger line {name!r} = {amount!r}", "a finite number")]
    total = math.fsum(float(amount) for amount in ledger.values())
    if math.isclose(total, float(reward), rel_tol=_ROUNDING, abs_tol=_ROUNDING):
        return []
    lines = " + ".join(f"{name} {float(amount):g}" for name, amount in ledger.items())
    fix = "add a line for what is missing, so that a reader sees which term paid"
    return [
        Problem(where, f"a ledger of {lines} = {total:g} for a reward of {float(reward):g}", "lines that add up", fix)
    ]


def _keys(steps: list[Step]) -> Iterable[Problem]:
    if not steps:
        return
    first = steps[0].info
    for step in steps:
        if not _is_dictionary(step.info):
            yield Problem(step.where, f"info of type {type(step.info).__name__}", "a dictionary")
            return
        other = {key for key in set(first) ^ set(step.info) if key in ("objective", "events", "ledger", "state")}
        if other:
            names = ", ".join(repr(key) for key in sorted(other))
            fix = "put them into every step, 0 where nothing happened"
            yield Problem(step.where, f"info that has {names} in some steps only", "the same keys in all", fix)
            return


def _lines(steps: list[Step]) -> Iterable[Problem]:
    for step in steps:
        ledger = step.info.get("ledger") if isinstance(step.info, dict) else None
        if isinstance(ledger, Mapping) and _is_finite(step.reward):
            problems = line_problems(ledger, step.reward, step.where)
            if problems:
                yield problems[0]
                return


def _objective(steps: list[Step]) -> Iterable[Problem]:
    for step in steps:
        if "objective" not in step.info:
            fix = "put info['objective'] = what the designer means, whatever is paid"
            yield Problem(step.where, "no info['objective']", "a number in every step", fix)
            return
        if type(step.info["objective"]) is not float or not math.isfinite(step.info["objective"]):
            value = step.info["objective"]
            got = f"info['objective'] = {value!r} ({type(value).__name__})"
            yield Problem(step.where, got, "a finite float", "float(...)")
            return


def _events(steps: list[Step], catalogue: Catalogue) -> Iterable[Problem]:
    for step in steps:
        events = step.info.get("events")
        if not isinstance(events, Mapping):
            fix = f"put info['events'] with {', '.join(catalogue.events) or 'no key'}"
            yield Problem(step.where, "no info['events']", "a dictionary in every step", fix)
            return
        if tuple(events) != tuple(catalogue.events):
            expected = f"those of the catalogue, in its order: {', '.join(catalogue.events)}"
            yield Problem(step.where, f"events {', '.join(map(str, events)) or '(none)'}", expected)
            return
        for name, amount in events.items():
            if type(amount) is not float or not math.isfinite(amount):
                got = f"event {name!r} = {amount!r} ({type(amount).__name__})"
                yield Problem(step.where, got, "a finite float", "float(...)")
                return


def _is_dictionary(info: object) -> bool:
    return isinstance(info, dict)


def _is_finite(value: object) -> bool:
    return not isinstance(value, bool) and isinstance(value, Real) and math.isfinite(value)
