"""What an environment offers: rewards that pay what it pays, potentials that are potentials, detectors that answer."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import gymnasium as gym
import numpy as np
from numpy.typing import NDArray

from rewardlab.errors import Problem, RewardLabError
from rewardlab.rewards.catalogue import Catalogue
from rewardlab.rewards.potential import Potential, ScheduledPotential
from rewardlab.rewards.reward import Reward
from rewardlab.testing.answer import Answer
from rewardlab.testing.observations import brief
from rewardlab.testing.patience import Patience
from rewardlab.testing.record import Record, play, raised_problem
from rewardlab.testing.sending import cannot_be_sent
from rewardlab.transitions import Transitions

__all__ = [
    "DETECTED",
    "PLACES",
    "ROWS",
    "catalogue_answers",
    "check_catalogue",
    "check_potential",
    "check_reward",
    "described_problems",
]

ROWS = "rewards pay one finite number for each row, whatever stands beside it"
PLACES = "potentials are finite, one for each state, and functions of the state alone"
DETECTED = "detectors of exploits answer yes or no for whole episodes"
"""What is asked of the rewards, potentials and detectors of a catalogue."""

_NO_STEPS = "no step of its environment was given"
# Who computes in single precision is not wrong.
_TOLERANCE = 1e-5


def catalogue_answers(
    catalogue: Catalogue | None,
    make: Callable[..., gym.Env[Any, Any]],
    record: Record,
    patience: Patience,
    *,
    steps: int,
    seed: int,
) -> list[Answer]:
    """Judge a catalogue on what its environment does.

    Args:
        catalogue: What the environment offers; None if it does not.
        make: Makes the environment; takes ``reward``.
        record: What was played under the environment's own reward.
        patience: Told of each call.
        steps: How many to play under each reward.
        seed: Of resets and actions.
    """
    if catalogue is None:
        return []
    batches = [each for each in (episode.transitions() for episode in record.episodes) if each is not None]
    paid: list[Problem] = []
    for name in catalogue.rewards:
        paid += _played_under(name, catalogue, make, patience, steps, seed)
    return [
        Answer.of("every reward of the catalogue is what the environment pays under its name", paid),
        *check_catalogue(catalogue, batches),
    ]


def check_catalogue(catalogue: Catalogue, episodes: Sequence[Transitions] = ()) -> list[Answer]:
    """Ask a catalogue whether it is complete, and its rewards, potentials and detectors whether they answer.

    Args:
        catalogue: The catalogue.
        episodes: Episodes of its environment, each in time order; without any, only the catalogue itself is asked.
    """
    told, untold = described_problems(catalogue)
    named = Answer.of("the catalogue's names are those of what they stand for", told, untold)
    sent = Answer.of("the catalogue can be sent to another process", _unsent(catalogue))
    if not episodes:
        return [named, *(Answer(each, not_asked=_NO_STEPS) for each in (ROWS, PLACES, DETECTED)), sent]
    rewards = [each for reward in catalogue.rewards.values() for each in _reward_problems(reward, episodes)]
    potentials = [each for one in catalogue.potentials.values() for each in _potential_problems(one, episodes)]
    detectors = [each for reward in catalogue.rewards.values() for each in _detector_problems(reward, episodes)]
    return [
        named,
        Answer.of(ROWS, rewards),
        Answer.of(PLACES, potentials),
        Answer.of(DETECTED, detectors),
        sent,
    ]


def check_reward(reward: Reward, episodes: Sequence[Transitions]) -> list[Answer]:
    """Ask one reward whether it pays a batch row by row.

    Args:
        reward: The reward.
        episodes: Episodes to pay, each in time order; without any nothing can be asked.
    """
    if not episodes:
        return [Answer(each, not_asked=_NO_STEPS) for each in (ROWS, DETECTED)]
    return [
        Answer.of(ROWS, _reward_problems(reward, episodes)),
        Answer.of(DETECTED, _detector_problems(reward, episodes)),
    ]


def check_potential(potential: Potential | ScheduledPotential, batch: NDArray[Any]) -> list[Answer]:
    """Ask a potential whether it is one: finite, one number for each state, the same for the same state.

    Args:
        potential: The potential.
        batch: ``[B, ...]`` states or observations, whichever it reads; of none nothing can be asked.
    """
    return [Answer.of(PLACES, _on_batch(potential, batch)) if len(batch) else Answer(PLACES, not_asked=_NO_STEPS)]


def described_problems(catalogue: Catalogue) -> tuple[list[Problem], list[Problem]]:
    """Names that are not those of their entries, and, as notes, what is not explained.

    Args:
        catalogue: The catalogue.
    """
    entries: list[tuple[str, str, Reward | Potential]] = [("reward", *each) for each in catalogue.rewards.items()]
    entries += [("potential", *each) for each in catalogue.potentials.items()]
    wrong = [
        Problem(f"catalogue.{kind}s[{key!r}]", f"a {kind} named {entry.name!r}", f"the same name, {key!r}")
        for kind, key, entry in entries
        if entry.name != key
    ]
    silent = [
        Problem(f"catalogue.{kind}s[{key!r}]", "no summary", "a sentence: `rewardlab list` and reports show it")
        for kind, key, entry in entries
        if not entry.summary
    ]
    if catalogue.rewards[catalogue.objective].exploit is not None:
        wrong.append(
            Problem("catalogue.objective", "an objective with an exploit", "what is meant, without a loophole")
        )
    return wrong, silent


def _played_under(
    name: str,
    catalogue: Catalogue,
    make: Callable[..., gym.Env[Any, Any]],
    patience: Patience,
    steps: int,
    seed: int,
) -> list[Problem]:
    where = f"reward {name!r}, "
    patience.at(f"{where}making it")
    try:
        env = make(reward=name)
    except Exception as fault:
        fix = "" if not isinstance(fault, TypeError) else "take the keyword argument reward, a name of the catalogue"
        words = " ".join(f"{type(fault).__name__}: {fault}".split())
        return [Problem(f"{where}making it", words, "an environment that pays it", fix)]
    record = play(env, patience, steps=steps, seed=seed, name=where)
    env.close()
    if record.rewards or record.stopped is not None:
        return [*record.rewards, *([record.stopped] if record.stopped is not None else [])]
    return _unlike(name, catalogue, record, where)


def _unlike(name: str, catalogue: Catalogue, record: Record, where: str) -> list[Problem]:
    for episode in record.episodes:
        transitions = episode.transitions()
        if transitions is None:
            continue
        said = [("pays", catalogue.rewards[name], [float(step.reward) for step in episode.steps])]
        if all("objective" in step.info for step in episode.steps):
            objective = catalogue.rewards[catalogue.objective]
            said.append(("calls the objective", objective, [float(step.info["objective"]) for step in episode.steps]))
        for verb, reward, amounts in said:
            try:
                expected = reward(transitions)
            except Exception as fault:
                return [raised_problem(fault, f"{where}of the catalogue, on an episode")]
            off = np.flatnonzero(~np.isclose(expected, amounts, rtol=_TOLERANCE, atol=_TOLERANCE))
            if len(off):
                row = int(off[0])
                got = f"{amounts[row]:g}, which the environment {verb}"
                wanted = f"{expected[row]:g}, which {reward.name!r} of the catalogue pays for the same step"
                fix = "pay catalogue.reward(choice)(transitions), so that what is trained on is what is audited"
                return [Problem(f"{where}{episode.steps[row].where}", got, wanted, fix)]
    return []


def _reward_problems(reward: Reward, episodes: Sequence[Transitions]) -> list[Problem]:
    where = f"reward {reward.name!r}"
    for episode in episodes:
        try:
            whole = reward(episode)
            alone = np.array([reward(episode.select(slice(row, row + 1)))[0] for row in range(min(len(episode), 8))])
        except RewardLabError as fault:
            return [Problem(where, str(fault), "one finite number for each row")]
        except Exception as fault:
            return [raised_problem(fault, where)]
        off = np.flatnonzero(~np.isclose(whole[: len(alone)], alone, rtol=_TOLERANCE, atol=_TOLERANCE))
        if len(off):
            row = int(off[0])
            got = f"{whole[row]:g} for row {row} of an episode, and {alone[row]:g} for the same row alone"
            fix = "a row may depend on itself only: no sum, mean, cumsum or memory over the batch"
            return [Problem(where, got, "the same", fix)]
    return []


def _potential_problems(potential: Potential, episodes: Sequence[Transitions]) -> list[Problem]:
    batch = _places(potential, episodes)
    return [] if batch is None else _on_batch(potential, batch)


def _places(potential: Potential, episodes: Sequence[Transitions]) -> NDArray[Any] | None:
    """The places of some episodes that a potential reads; None where they are of the other kind."""
    if not episodes:
        return None
    places = np.concatenate([np.concatenate([each.state[:1], each.next_state]) for each in episodes])
    # Of a terminal state only the shaping knows what it is worth: nothing.
    ends = np.concatenate([np.concatenate([[False], each.terminated]) for each in episodes])
    counted = places.ndim == 1 and places.dtype.kind in "iu"
    return places[~ends][:200] if counted or potential.reads == "observation" else None


def _on_batch(potential: Potential | ScheduledPotential, batch: NDArray[Any]) -> list[Problem]:
    where, kind = f"potential {potential.name!r}", potential.reads
    at_once = np.zeros(len(batch), dtype=np.int64)
    before = batch.copy()
    try:
        values = potential.at(batch, at_once)
        again = potential.at(batch, at_once)
        backwards = potential.at(batch[::-1].copy(), at_once)[::-1]
        alone = np.concatenate([potential.at(batch[row : row + 1], at_once[:1]) for row in range(min(len(batch), 20))])
    except RewardLabError as fault:
        return [Problem(where, str(fault), f"one number for each {kind}")]
    except Exception as fault:
        return [raised_problem(fault, where)]
    if not np.array_equal(before, batch, equal_nan=batch.dtype.kind == "f"):
        return [Problem(where, f"a potential that changes the {kind}s it is given", "one that only reads them")]
    problems = []
    if not np.isfinite(values).all():
        row = int(np.flatnonzero(~np.isfinite(values))[0])
        problems.append(Problem(where, f"{values[row]} for {kind} {batch[row]!r}", "a finite number"))
    others = (("at a second call", again), ("in a batch of another order", backwards), ("alone", alone))
    for words, other in others:
        off = np.flatnonzero(~np.isclose(values[: len(other)], other, rtol=_TOLERANCE, atol=_TOLERANCE, equal_nan=True))
        if len(off):
            row = int(off[0])
            got = f"{values[row]:g} for {kind} {batch[row]!r}, and {other[row]:g} {words}"
            fix = "it is not a function of the state, and shaping by it changes what is optimal"
            problems.append(Problem(where, got, "the same number for the same state", fix))
            break
    return problems


def _detector_problems(reward: Reward, episodes: Sequence[Transitions]) -> list[Problem]:
    if reward.exploit is None:
        return []
    where = f"exploit {reward.exploit.name!r} of reward {reward.name!r}"
    for episode in episodes:
        try:
            answer: object = reward.exploit.detect(episode)
        except Exception as fault:
            return [raised_problem(fault, where)]
        if not isinstance(answer, bool | np.bool_):
            return [Problem(where, brief(answer), "True or False for the whole episode", "bool(....any())")]
    return []


def _unsent(catalogue: Catalogue) -> Iterable[Problem]:
    found = cannot_be_sent(dict(catalogue.rewards), "catalogue.rewards")
    found = found or cannot_be_sent(dict(catalogue.potentials), "catalogue.potentials")
    if found is not None:
        fix = "use a function of the module, or a class with __call__, in place of a lambda or an inner function"
        yield Problem(found[0], found[1], "what can be sent: each run is a process of its own", fix)
