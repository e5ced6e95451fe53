"""What every wrapper of rewards must keep, asked of somebody's own round a small environment made for it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Any

import gymnasium as gym
from gymnasium.vector import VectorWrapper

from rewardlab.errors import BadInput, Problem
from rewardlab.testing.answer import Answer
from rewardlab.testing.arguments import needed_arguments
from rewardlab.testing.asking import asked
from rewardlab.testing.environment import EnvironmentMaker, maker_of
from rewardlab.testing.observations import same, space_problems
from rewardlab.testing.patience import Patience
from rewardlab.testing.practice import practice_env
from rewardlab.testing.record import Record, play, raised_problem
from rewardlab.testing.said import line_problems
from rewardlab.testing.seeds import seed_answers
from rewardlab.testing.vector_wrapper import vector_wrapper_answers
from rewardlab.wrappers.order import order_problems

__all__ = ["check_wrapper"]

_MADE = "it can be put round an environment"
_SPEAKS = "reset and step speak Gymnasium's language"


def check_wrapper(
    wrapper: Callable[[Any], Any],
    env: str | EnvironmentMaker | None = None,
    *,
    steps: int = 200,
    seconds: float = 10.0,
    seed: int = 0,
    patience: Patience | None = None,
) -> list[Answer]:
    """Ask a wrapper all that rewardlab relies on, round a small environment of which every step is known.

    Args:
        wrapper: A subclass of ``gymnasium.Wrapper`` or ``gymnasium.vector.VectorWrapper``, or a function that puts one
            round what it is given; the settings that it needs bound beforehand, as with ``functools.partial``.
        env: What to put it round instead, if it is written for one environment: its id, or what makes it. The small one
            is a walk between ten places, three actions, and observations of one number. Wrappers of vectors have no
            choice.
        steps: How many steps to play for each question.
        seconds: How long a single call may take.
        seed: Of resets and actions.
        patience: Knows where the check is.

    Returns:
        One answer for each question.
    """
    settings = needed_arguments(wrapper)[1:]
    if settings:
        why = f"it needs {', '.join(settings)}: check functools.partial({_name(wrapper)}, {settings[0]}=...)"
        return [Answer(_MADE, not_asked=why)]
    patience = patience or Patience(seconds)

    def questions(answers: list[Answer]) -> None:
        make = practice_env if env is None else maker_of(env)
        if hopeless := _why_not(make, patience, seed):
            answers.append(Answer(_MADE, not_asked=hopeless))
        elif not _is_for_vectors(wrapper, make):
            answers += _answers(wrapper, make, patience, steps, seed)
        elif env is not None:
            answers.append(Answer(_MADE, not_asked="a wrapper of vectors is only put round the vector of this check"))
        else:
            answers += vector_wrapper_answers(wrapper, patience, steps=min(steps, 80), seed=seed)

    return asked(questions, patience)


def _name(wrapper: Any) -> str:
    return str(getattr(wrapper, "__name__", "Wrapper"))


def _is_for_vectors(wrapper: Any, make: EnvironmentMaker) -> bool:
    inner = getattr(wrapper, "func", wrapper)  # of a partial
    if isinstance(inner, type):
        return issubclass(inner, VectorWrapper)
    try:
        return not isinstance(wrapper(make()), gym.Env)
    except Exception:
        return True  # what does not go round one environment is tried round a vector


def _answers(
    wrapper: Callable[[Any], Any], make: EnvironmentMaker, patience: Patience, steps: int, seed: int
) -> list[Answer]:
    patience.at("putting it round an environment")
    try:
        env = wrapper(make())
    except BadInput as fault:
        return [Answer(_MADE, not_asked=f"it refuses to be made without settings of its own: {fault}")]
    except Exception as fault:
        return [Answer.of(_MADE, [_perhaps_elsewhere(raised_problem(fault, "putting it round an environment"), make)])]
    if not isinstance(env, gym.Env):
        return [
            Answer.of(_MADE, [Problem("putting it round an environment", type(env).__name__, "a gymnasium.Wrapper")])
        ]
    bare = play(make(), patience, steps=steps, seed=seed)
    seen = play(env, patience, steps=steps, seed=seed)
    answers = [
        Answer.of(_MADE),
        Answer.of(_SPEAKS, [_perhaps_elsewhere(seen.stopped, make)] if seen.stopped else []),
        Answer.of("rewards are finite numbers", seen.rewards),
    ]
    if seen.stopped is not None or seen.rewards:
        return answers
    refused, doubtful = order_problems(wrapper(wrapper(make())))
    twice = [Problem(f"twice: {each.where}", each.got, each.expected, each.fix) for each in (*refused, *doubtful)]
    return [
        *answers,
        Answer.of("observations lie in their space", _outside(env, seen)),
        Answer.of("observations stay as they were returned", seen.changed),
        Answer.of("what the environment says of the step is handed on", _kept(bare, seen), _other_endings(bare, seen)),
        _ledger_answer(bare, seen),
        *seed_answers(lambda: wrapper(make()), patience, steps=min(steps, 100), seed=seed),
        Answer.of("it may stand round another of its kind", [], twice),
    ]


def _why_not(make: EnvironmentMaker, patience: Patience, seed: int) -> str:
    """Why nothing can be put round an environment: what is wrong with it is no fault of a wrapper's."""
    if make is practice_env:
        return ""
    patience.at("making the environment that it is put round")
    try:
        env = make()
    except Exception as fault:  # of somebody's environment
        return f"the environment cannot be made: {raised_problem(fault, 'making it')}"
    bare = play(env, patience, steps=100, seed=seed)
    faults = [bare.stopped] if bare.stopped is not None else bare.rewards
    return f"without it, the environment itself fails: {faults[0]}" if faults else ""


def _perhaps_elsewhere(problem: Problem, make: EnvironmentMaker) -> Problem:
    """What fails round the small environment may be at home in another."""
    if make is not practice_env:
        return problem
    other = "if it is written for one environment, name that: --env ID, or check_wrapper(..., env=...)"
    return replace(problem, fix=f"{problem.fix}; {other}" if problem.fix else other)


def _outside(env: gym.Env[Any, Any], seen: Record) -> list[Problem]:
    for step in seen.steps():
        problems = space_problems(env.observation_space, step.observation, step.where)
        if problems:
            return problems
    return []


def _kept(bare: Record, seen: Record) -> Iterator[Problem]:
    """Objective, events and state are the environment's; a wrapper of rewards has no say in them."""
    fix = "hand info on, as in {**info, ...}"
    for plain, wrapped in zip(bare.episodes, seen.episodes, strict=False):
        # Who begins elsewhere, as in a curriculum, may come to the same place by another way.
        alike = same(plain.observation, wrapped.observation)
        for one, other in zip(plain.steps, wrapped.steps, strict=False):
            if one.ended != other.ended:
                return  # from here on they are in other episodes
            alike = alike and same(one.observation, other.observation)
            for key in ("objective", "events", "state"):
                if key not in one.info:
                    continue
                if key not in other.info:
                    yield Problem(other.where, f"no info[{key!r}] any more", "what the environment said", fix)
                    return
                if alike and not same(one.info[key], other.info[key]):
                    got = f"info[{key!r}] = {other.info[key]!r}"
                    yield Problem(other.where, got, f"{one.info[key]!r}, as the environment said", fix)
                    return


def _other_endings(bare: Record, seen: Record) -> Iterable[Problem]:
    for one, other in zip(bare.steps(), seen.steps(), strict=True):
        if (bool(one.terminated), bool(one.truncated)) != (bool(other.terminated), bool(other.truncated)):
            got = f"terminated {other.terminated}, truncated {other.truncated}"
            expected = f"terminated {one.terminated}, truncated {one.truncated}, as the environment said"
            yield Problem(other.where, got, expected, "mean it: another ending is another task")
            return


def _ledger_answer(bare: Record, seen: Record) -> Answer:
    """A wrapper that keeps no line is honest, but its part of the reward shows up without a name."""
    question = "the ledger's lines add up to the reward"
    changed = any(
        float(one.reward) != float(other.reward) for one, other in zip(bare.steps(), seen.steps(), strict=True)
    )
    for one, step in zip(bare.steps(), seen.steps(), strict=True):
        ledger = step.info.get("ledger")
        if ledger is None and "ledger" not in one.info:
            return Answer(question, not_asked="the environment keeps no ledger")
        if not isinstance(ledger, dict):
            return Answer.of(question, [Problem(step.where, "no info['ledger'] any more", "the lines handed on")])
        problems = line_problems(ledger, step.reward, step.where)
        if not problems:
            continue
        if changed and same(ledger, one.info.get("ledger")):
            fix = (
                "add a line, see rewardlab.wrappers.ledger_lines.with_line; without one, reports call it `unaccounted`"
            )
            got = f"a reward of {float(step.reward):g} in place of {float(one.reward):g}, and no line that says so"
            return Answer.of(question, [], [Problem(step.where, got, "a line in info['ledger']", fix)])
        return Answer.of(question, problems)
    return Answer.of(question)
