"""What every environment must keep, asked of somebody's own."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable
from functools import partial
from typing import Any

import gymnasium as gym
from gymnasium import spaces

from rewardlab.errors import BadInput, Problem
from rewardlab.rewards.catalogue import Catalogue
from rewardlab.testing.answer import Answer
from rewardlab.testing.arguments import needed_arguments
from rewardlab.testing.asking import asked
from rewardlab.testing.catalogue import catalogue_answers
from rewardlab.testing.endings import ending_answers
from rewardlab.testing.observations import space_problems
from rewardlab.testing.patience import Patience
from rewardlab.testing.pictures import picture_answers
from rewardlab.testing.record import Record, play, raised_problem
from rewardlab.testing.said import info_answers
from rewardlab.testing.seeds import seed_answers
from rewardlab.testing.sending import sending_answers
from rewardlab.testing.vectors import vector_answers
from rewardlab.wrappers.order import order_problems

__all__ = ["EnvironmentMaker", "check_environment", "maker_of"]

EnvironmentMaker = Callable[..., gym.Env[Any, Any]]
"""Makes the environment anew each time; takes ``reward=`` where the environment has a catalogue."""

_MADE = "it can be made"
_LONG_ENOUGH = 3000
_COLOURED = re.compile(r"\x1b\[\d+m|WARN: ")


def maker_of(environment: str | EnvironmentMaker) -> EnvironmentMaker:
    """What makes an environment: ``gymnasium.make`` of an id, without its own checker; else what was given."""
    return partial(gym.make, environment, disable_env_checker=True) if isinstance(environment, str) else environment


def check_environment(
    environment: str | EnvironmentMaker,
    *,
    steps: int = 300,
    seconds: float = 10.0,
    seed: int = 0,
    patience: Patience | None = None,
) -> list[Answer]:
    """Ask an environment all that rewardlab relies on. It is played at random; nothing is trained.

    Args:
        environment: A registered id, the class, or whatever makes it anew at each call.
        steps: How many steps to play for each question.
        seconds: How long a single call, such as one step, may take.
        seed: Of resets and actions.
        patience: Knows where the check is; for who shows that to somebody.

    Returns:
        One answer for each question. Those that would only show a fault again are not asked.

    Example:
        >>> from rewardlab.testing import check_environment, problems_of
        >>> problems_of(check_environment("CartPole-v1"))
        []
    """
    settings = [] if isinstance(environment, str) else needed_arguments(environment)
    if settings:
        why = f"it needs {', '.join(settings)}: check a function of the module that makes it, or its id"
        return [Answer(_MADE, not_asked=why)]
    patience = patience or Patience(seconds)
    make = maker_of(environment)
    return asked(lambda answers: _ask(answers, environment, make, patience, steps, seed), patience)


def _ask(
    answers: list[Answer],
    environment: str | EnvironmentMaker,
    make: EnvironmentMaker,
    patience: Patience,
    steps: int,
    seed: int,
) -> None:
    patience.at("making it")
    try:
        env = make()
    except BadInput as fault:
        answers.append(Answer.of(_MADE, fault.problems))
        return
    except Exception as fault:
        answers.append(Answer.of(_MADE, [raised_problem(fault, "making it")]))
        return
    made = _made_problems(env)
    answers.append(Answer.of(_MADE, made))
    if made:
        return
    refused, doubtful = order_problems(env)
    answers.append(Answer.of("its wrappers stand in an order that keeps what they promise", refused, doubtful))
    record = _played(env, patience, steps, seed)
    answers += _of_the_record(record, env)
    told = all(isinstance(step.info, dict) for step in record.steps())
    if record.stopped is not None or record.rewards or not told:
        return
    answers += seed_answers(make, patience, steps=min(steps, 100), seed=seed)
    catalogue = Catalogue.of(env)
    answers += catalogue_answers(catalogue, make, record, patience, steps=min(steps, 120), seed=seed)
    if isinstance(environment, str):
        answers += vector_answers(environment, catalogue, patience, seed=seed)
    env.close()
    if isinstance(environment, str | type):  # a function that makes one may take no more than the reward
        answers += picture_answers(make, env.metadata.get("render_modes"), patience, seed=seed)
    answers += sending_answers(make, patience)
    if not any(answer.problems for answer in answers):
        answers.append(_gymnasium_answer(make, patience))


def _played(env: gym.Env[Any, Any], patience: Patience, steps: int, seed: int) -> Record:
    record = play(env, patience, steps=steps, seed=seed)
    endless = record.stopped is None and len(record.episodes) == 1 and not record.steps()[-1].ended
    if endless and _limit(env) is None:
        record = play(env, patience, steps=max(steps, _LONG_ENOUGH), seed=seed)
    return record


def _limit(env: gym.Env[Any, Any]) -> int | None:
    return env.spec.max_episode_steps if env.spec else None


def _made_problems(env: object) -> list[Problem]:
    if not isinstance(env, gym.Env):
        return [Problem("making it", type(env).__name__, "a gymnasium.Env", "subclass gymnasium.Env")]
    return [
        Problem(name, repr(getattr(env, name, None)), "a space of gymnasium.spaces", f"set self.{name} in __init__")
        for name in ("observation_space", "action_space")
        if not isinstance(getattr(env, name, None), spaces.Space)
    ]


def _of_the_record(record: Record, env: gym.Env[Any, Any]) -> list[Answer]:
    stopped = [record.stopped] if record.stopped is not None and not record.rewards else []
    answers = [
        Answer.of("reset and step speak Gymnasium's language", stopped),
        Answer.of("rewards are finite numbers", record.rewards),
    ]
    if not record.episodes:
        return answers
    answers += [
        Answer.of("observations lie in their space", _outside(record, env.observation_space)),
        Answer.of("observations stay as they were returned", record.changed),
        *ending_answers(record, env.observation_space, _limit(env)),
    ]
    return [*answers, *info_answers(record, Catalogue.of(env))]


def _outside(record: Record, space: spaces.Space[Any]) -> list[Problem]:
    for episode in record.episodes:
        for place, observation in (("reset", episode.observation), *((s.where, s.observation) for s in episode.steps)):
            problems = space_problems(space, observation, place)
            if problems:
                return problems
    return []


def _gymnasium_answer(make: EnvironmentMaker, patience: Patience) -> Answer:
    """Whatever else Gymnasium's own checker finds. Its warnings are notes: most of them are matters of taste."""
    from gymnasium.utils.env_checker import check_env

    question = "Gymnasium's own checker accepts it"
    patience.at("Gymnasium's own checker")
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        try:
            check_env(make().unwrapped, skip_render_check=True)
        except Exception as fault:
            words = " ".join(f"{fault}".split())
            return Answer.of(question, [Problem("gymnasium.utils.env_checker", words, "what it asks for")])
    notes = {" ".join(_COLOURED.sub("", str(each.message)).split()): None for each in told}
    return Answer.of(question, [], [Problem("gymnasium.utils.env_checker", each, "no warning") for each in notes])
