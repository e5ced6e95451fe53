"""What a wrapper of a vector must keep, in each of the three autoreset modes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from gymnasium.vector import AutoresetMode, VectorEnv

from rewardlab.errors import BadInput, Problem
from rewardlab.snapshots import Restorable
from rewardlab.testing.answer import Answer
from rewardlab.testing.observations import kept_apart, same
from rewardlab.testing.patience import Patience
from rewardlab.testing.practice import practice_vector
from rewardlab.testing.record import raised_problem
from rewardlab.testing.seeds import untouched_generators

__all__ = ["vector_wrapper_answers"]

_MADE = "it can be put round a vector, in every autoreset mode"
_PLAYED = "it steps and resets, and writes into nothing that it is given"
_ROUNDING = 1e-6


def vector_wrapper_answers(wrapper: Callable[[Any], Any], patience: Patience, *, steps: int, seed: int) -> list[Answer]:
    """Judge a wrapper of vectors.

    Args:
        wrapper: Puts it round a vector.
        patience: Told of each call.
        steps: How many steps to play in each mode.
        seed: Of resets and actions.
    """
    try:
        wrapper(practice_vector(AutoresetMode.NEXT_STEP))
    except BadInput as fault:
        return [Answer(_MADE, not_asked=f"it refuses to be made without settings of its own: {fault}")]
    except Exception:  # noqa: S110 - told below, with its place
        pass
    found: dict[str, list[Problem]] = {}
    for mode in AutoresetMode:
        for question, problems in _in_mode(wrapper, mode, patience, steps, seed):
            # One mode that shows a fault is enough to mend it.
            if not found.get(question):
                found[question] = problems
    return [Answer.of(question, problems) for question, problems in found.items()]


def _in_mode(
    wrapper: Callable[[Any], Any], mode: AutoresetMode, patience: Patience, steps: int, seed: int
) -> Iterator[tuple[str, list[Problem]]]:
    place = f"mode {mode.name}"
    patience.at(f"{place}: putting it round a vector")
    try:
        env = wrapper(practice_vector(mode))
    except Exception as fault:
        yield _MADE, [raised_problem(fault, f"{place}: putting it round a vector")]
        return
    if not isinstance(env, VectorEnv):
        yield _MADE, [Problem(place, type(env).__name__, "a gymnasium.vector.VectorWrapper")]
        return
    yield _MADE, []
    try:
        bare, seen = (_played(each, mode, patience, steps, seed, place) for each in (practice_vector(mode), env))
    except Exception as fault:
        problem = raised_problem(fault, patience.place)
        if "read-only" in str(fault):
            fix = "make a new array: whoever writes into one that was handed out changes what others see"
            problem = Problem(problem.where, problem.got, "arrays left as they are", fix)
        yield _PLAYED, [problem]
        return
    yield _PLAYED, []
    yield "rewards are finite numbers, and 0 where a row was only reset", _paid(seen, bare, place)
    yield "what the environment says of the step is handed on", _kept(seen, bare, place)
    yield "the ledger's lines add up to the reward", _lines(seen, bare, place)
    with untouched_generators(7):
        again = _played(wrapper(practice_vector(mode)), mode, patience, steps, seed, place)
    yield "the same seed gives the same rewards", _again(seen, again, place)
    if isinstance(env, Restorable):
        yield "stopped and gone on, it does the same", _restored(wrapper, mode, patience, steps, seed, place)


def _played(env: Any, mode: AutoresetMode, patience: Patience, steps: int, seed: int, place: str) -> list[Any]:
    patience.at(f"{place}: reset")
    env.reset(seed=seed)
    return _gone_on(env, mode, patience, range(1, steps + 1), seed, place)


def _gone_on(env: Any, mode: AutoresetMode, patience: Patience, numbers: range, seed: int, place: str) -> list[Any]:
    seen = []
    for number in numbers:
        patience.at(f"{place}: step {number}")
        actions = np.random.default_rng([seed, number]).integers(0, 3, env.num_envs)
        returned = env.step(actions)
        if not isinstance(returned, tuple) or len(returned) != 5:
            raise TypeError(f"step returned {type(returned).__name__}, not five values")
        seen.append(kept_apart(returned))
        ended = np.asarray(returned[2]) | np.asarray(returned[3])
        if mode is AutoresetMode.DISABLED and ended.any():
            env.reset(options={"reset_mask": ended.copy()})
    return seen


def _paid(seen: list[Any], bare: list[Any], place: str) -> list[Problem]:
    only_reset = np.zeros(len(bare[0][1]), dtype=bool)
    for number, (step, plain) in enumerate(zip(seen, bare, strict=True), start=1):
        where, rewards = f"{place}: step {number}", step[1]
        if not isinstance(rewards, np.ndarray) or rewards.shape != plain[1].shape or rewards.dtype.kind != "f":
            got = f"rewards {rewards!r} ({type(rewards).__name__})"
            return [Problem(where, got, f"an array of {len(plain[1])} float64")]
        if not np.isfinite(rewards).all():
            row = int(np.flatnonzero(~np.isfinite(rewards))[0])
            return [Problem(where, f"reward {rewards[row]} in row {row}", "a finite number")]
        if "NEXT_STEP" in place and rewards[only_reset].any():
            row = int(np.flatnonzero(only_reset & (rewards != 0))[0])
            fix = "in this mode the step after an ending only resets: leave its reward at 0"
            return [Problem(where, f"reward {rewards[row]:g} in row {row}, which was only reset", "0", fix)]
        only_reset = step[2] | step[3]
    return []


def _kept(seen: list[Any], bare: list[Any], place: str) -> list[Problem]:
    for number, (step, plain) in enumerate(zip(seen, bare, strict=True), start=1):
        where = f"{place}: step {number}"
        if not same(step[2], plain[2]) or not same(step[3], plain[3]):
            return []  # it ends episodes elsewhere, and from here on they are others
        for part, own in ((step[4], plain[4]), (step[4].get("final_info", {}), plain[4].get("final_info", {}))):
            for key in ("objective", "events"):
                if key in own and key not in part:
                    fix = "hand infos on, as in {**infos, ...}"
                    return [Problem(where, f"no infos[{key!r}] any more", "what the environments said", fix)]
                if key in own and same(step[0], plain[0]) and not same(part[key], own[key]):
                    return [Problem(where, f"another infos[{key!r}]", "what the environments said")]
    return []


def _lines(seen: list[Any], bare: list[Any], place: str) -> list[Problem]:
    """Of lines that were left alone nothing is said: what a foreign wrapper did is called `unaccounted` by reports."""
    for number, (step, plain) in enumerate(zip(seen, bare, strict=True), start=1):
        rewards = np.asarray(step[1], dtype=np.float64)
        own, ours = _total(plain[4], len(rewards)), _total(step[4], len(rewards))
        off = np.abs(ours - rewards) > _ROUNDING * np.maximum(1.0, np.abs(rewards))
        if off.any() and not np.array_equal(own, ours):
            row = int(np.flatnonzero(off)[0])
            got = f"lines of {ours[row]:g} in row {row} for a reward of {rewards[row]:g}"
            fix = "see rewardlab.wrappers.ledger_lines.with_vector_line"
            return [Problem(f"{place}: step {number}", got, "lines that add up", fix)]
    return []


def _total(infos: dict[str, Any], count: int) -> Any:
    total = np.zeros(count)
    for part in (infos, infos.get("final_info", {})):
        ledger = part.get("ledger", {})
        for name, amounts in ledger.items():
            if not (name.startswith("_") and name[1:] in ledger):
                total = total + np.where(ledger.get(f"_{name}", True), amounts, 0.0)
    return total


def _again(seen: list[Any], again: list[Any], place: str) -> list[Problem]:
    for number, (step, other) in enumerate(zip(seen, again, strict=True), start=1):
        if not same(step[1], other[1]):
            fix = "draw from a generator that is an argument, and keep nothing in the class or module"
            return [Problem(f"{place}: step {number}", "another reward for the same seed", "the same", fix)]
    return []


def _restored(
    wrapper: Callable[[Any], Any], mode: AutoresetMode, patience: Patience, steps: int, seed: int, place: str
) -> list[Problem]:
    """Give a twin what one remembers in the middle of its episodes, and compare what they do from there on."""
    half = steps // 2
    one, twin = wrapper(practice_vector(mode)), wrapper(practice_vector(mode))
    _played(one, mode, patience, half, seed, place)
    # The environments inside must stand alike: the twin's own are played there, then what it remembers is replaced.
    _played(twin, mode, patience, half, seed, place)
    patience.at(f"{place}: snapshot and restore")
    try:
        twin.restore(kept_apart(one.snapshot()))
    except Exception as fault:
        return [raised_problem(fault, f"{place}: restore(snapshot())")]
    numbers = range(half + 1, steps + 1)
    left, right = (_gone_on(each, mode, patience, numbers, seed, place) for each in (one, twin))
    problems = _again(left, right, place)
    return [Problem(problems[0].where, "another reward after restore()", "the same")] if problems else []
