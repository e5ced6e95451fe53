"""Rewards, potentials and catalogues that come without an environment, asked on steps that nobody took."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from rewardlab.rewards.catalogue import Catalogue
from rewardlab.rewards.potential import Potential, ScheduledPotential
from rewardlab.rewards.reward import Reward
from rewardlab.testing.answer import Answer
from rewardlab.testing.catalogue import PLACES, ROWS, check_catalogue, check_potential, check_reward
from rewardlab.testing.invented import WIDTHS, invented_places, readable_episode

__all__ = ["catalogue_alone", "potential_alone", "reward_alone"]

_ELSEWHERE = "of its own environment only: offer it in the environment's catalogue, and check that"


def reward_alone(reward: Reward) -> list[Answer]:
    """What `rewardlab.testing.check_reward` asks, on an invented episode.

    That a reward is no finite number where an event did not happen is a note: its environment may never say so.

    Args:
        reward: The reward.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        episode, busy = readable_episode(reward), readable_episode(reward, least=1)
        if episode is None or busy is None:
            return [Answer(ROWS, not_asked=f"it reads steps {_ELSEWHERE}")]
        answers = check_reward(reward, [episode])
        where_all_happens = check_reward(reward, [busy])
    return [
        replace(quiet, problems=(), notes=quiet.problems) if quiet.problems and not there.problems else quiet
        for quiet, there in zip(answers, where_all_happens, strict=True)
    ]


def potential_alone(potential: Potential | ScheduledPotential) -> list[Answer]:
    """What `rewardlab.testing.check_potential` asks, on invented places.

    Args:
        potential: The potential.
    """
    for width in WIDTHS if potential.reads == "observation" else (None,):
        answers = check_potential(potential, invented_places(width))
        if not any("Error" in problem.got for answer in answers for problem in answer.problems):
            return answers
    return [Answer(PLACES, not_asked=f"it reads {potential.reads}s {_ELSEWHERE}")]


def catalogue_alone(catalogue: Catalogue) -> list[Answer]:
    """What `rewardlab.testing.check_catalogue` asks, its rewards and potentials on invented steps.

    Args:
        catalogue: The catalogue.
    """
    parts = [each for reward in catalogue.rewards.values() for each in reward_alone(reward)]
    parts += [each for potential in catalogue.potentials.values() for each in potential_alone(potential)]
    return [_together(answer, parts) for answer in check_catalogue(catalogue)]


def _together(answer: Answer, parts: Iterable[Answer]) -> Answer:
    """One answer of those to the same question; not asked only if none of them was."""
    same = [each for each in parts if each.question == answer.question]
    asked = [each for each in same if not each.not_asked]
    if not asked:
        return same[0] if same else answer
    return Answer.of(
        answer.question,
        [problem for each in asked for problem in each.problems],
        [note for each in asked for note in each.notes],
    )
