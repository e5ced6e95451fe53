"""Whether what ends an episode says what it is: an ending of the task, or a limit of time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from gymnasium import spaces

from rewardlab.errors import Problem
from rewardlab.testing.answer import Answer
from rewardlab.testing.observations import same
from rewardlab.testing.record import Episode, Record

__all__ = ["ending_answers"]

_FEWEST = 4
_SHORTEST = 3
_FIX = (
    "return truncated=True where only a clock ends it, or leave the limit to gymnasium.make(max_episode_steps=...); "
    "a learner takes a terminated state to be worth nothing"
)


def ending_answers(record: Record, space: spaces.Space[object], limit: int | None) -> list[Answer]:
    """Judge how the episodes of a record end.

    Args:
        record: What was played.
        space: Of the observations.
        limit: The registered limit of an episode, if there is one.
    """
    whole = [episode for episode in record.episodes if episode.steps and episode.steps[-1].ended]
    flags = Answer.of("terminated and truncated are booleans", _not_boolean(record))
    if not whole:
        never = []
        if limit is None and record.stopped is None:
            steps = len(record.steps())
            fix = "register it with max_episode_steps=..., or end it"
            got = f"no end of an episode within {steps} steps, and no limit"
            never = [Problem(f"step {steps}", got, "an episode that ends", fix)]
        return [flags, Answer.of("episodes end", never)]
    ended = Answer.of("episodes end", [])
    problems = [*_clock_as_ending(whole, record.episodes, space), *_ending_as_clock(whole, limit)]
    return [flags, ended, Answer.of("a time limit truncates, and the task's own ending terminates", problems)]


def _not_boolean(record: Record) -> Iterable[Problem]:
    for name in ("terminated", "truncated"):
        for step in record.steps():
            value = getattr(step, name)
            if not isinstance(value, bool | np.bool_):
                got = f"{name} {value!r} ({type(value).__name__})"
                yield Problem(step.where, got, "True or False", f"return bool({name})")
                break


def _clock_as_ending(
    whole: Sequence[Episode], episodes: Sequence[Episode], space: spaces.Space[object]
) -> Iterable[Problem]:
    """All that last longest end at the same step as terminated, and nothing that is seen says why."""
    longest = max(len(episode.steps) for episode in episodes)
    those = [episode for episode in whole if len(episode.steps) == longest]
    if len(those) < _FEWEST or longest < _SHORTEST or not all(episode.steps[-1].terminated for episode in those):
        return
    if _shows_a_clock(those):
        return
    seen_elsewhere = _went_on_elsewhere(those, episodes)
    if seen_elsewhere or (isinstance(space, spaces.Box) and _all_differ(those)):
        got = f"terminated after exactly {longest} steps in each of the {len(those)} longest episodes"
        why = ", though the same step went on elsewhere" if seen_elsewhere else ", whatever was seen"
        yield Problem(those[0].steps[-1].where, got + why, "a time limit that truncates", _FIX)


def _ending_as_clock(whole: Sequence[Episode], limit: int | None) -> Iterable[Problem]:
    """Episodes are cut off at many different lengths, and none ever terminates."""
    lengths = {len(each.steps) for each in whole if each.steps[-1].truncated and len(each.steps) != limit}
    if len(lengths) < 3 or any(episode.steps[-1].terminated for episode in whole):
        return
    shown = ", ".join(str(length) for length in sorted(lengths)[:4])
    got = f"truncated after {shown} steps, and never terminated"
    fix = "terminated and truncated may be swapped: an ending that the task itself brings is terminated"
    first = next(each for each in whole if each.steps[-1].truncated)
    yield Problem(first.steps[-1].where, got, "one length, that of a time limit", fix)


def _shows_a_clock(episodes: Sequence[Episode]) -> bool:
    """Whether some number of the observation is the same in all episodes at each step, and always rises or falls."""
    try:
        seen = np.array([[np.ravel(step.observation) for step in each.steps] for each in episodes], dtype=np.float64)
    except (TypeError, ValueError):
        return False
    alike = (seen == seen[:1]).all(axis=(0, 1))
    change = np.diff(seen[0], axis=0)
    return bool((alike & ((change > 0).all(axis=0) | (change < 0).all(axis=0))).any())


def _went_on_elsewhere(those: Sequence[Episode], episodes: Sequence[Episode]) -> bool:
    last = those[0].steps
    before = [last[-2].observation, last[-1].action, last[-1].observation]
    for episode in episodes:
        places = [episode.observation, *(step.observation for step in episode.steps)]
        for place, step in zip(places, episode.steps, strict=False):
            if not step.ended and same([place, step.action, step.observation], before):
                return True
    return False


def _all_differ(those: Sequence[Episode]) -> bool:
    last = [np.ravel(episode.steps[-1].observation) for episode in those]
    return len({each.tobytes() for each in last if isinstance(each, np.ndarray)}) == len(last)
