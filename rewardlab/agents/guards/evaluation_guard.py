"""Looks at the episodes of an evaluation before they are scored."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rewardlab.agents.evaluation import Episode, Policy
from rewardlab.agents.guards.guard_settings import GuardSettings
from rewardlab.agents.guards.step_guard import StepGuard
from rewardlab.errors import Diverged, Problem

__all__ = ["require_sound_episodes", "sound_policy"]

_SHOWN = 10


def require_sound_episodes(episodes: Sequence[Episode], settings: GuardSettings, where: str = "evaluation") -> None:
    """Refuse episodes in which a number is none, or absurdly large.

    Args:
        episodes: What was played.
        settings: How large is absurd.
        where: What they were played for.

    Raises:
        Diverged: There is such a number; it says where.
    """
    for index, episode in enumerate(episodes):
        for what, values in _numbers(episode):
            if np.asarray(values).dtype.kind != "f":
                continue
            rows = np.asarray(values, dtype=np.float64).reshape(len(episode.steps), -1)
            wrong = np.argwhere(~(np.abs(rows) <= settings.number))
            if len(wrong):
                step, value = int(wrong[0][0]), float(rows[tuple(wrong[0])])
                problem = Problem(
                    f"{where}: episode {index}, step {step + 1}",
                    f"{what} {value:g}",
                    f"a finite number of at most {settings.number:g} in size",
                    "look at the environment's reward and observations",
                )
                report = {"step": step + 1, "environment": index, "layer": "evaluation", "value": f"{value:g}"}
                raise Diverged(str(problem), {**report, "last_steps": _last_steps(episode, step)})


def sound_policy(policy: Policy, settings: GuardSettings, where: str = "evaluation") -> Policy:
    """A policy that refuses observations that are no numbers, or absurd; networks would raise anything, or nothing.

    Args:
        policy: What chooses.
        settings: How large is absurd.
        where: What it is played for.
    """
    guard = StepGuard(settings)

    def choose(observations: Any, states: NDArray[np.int64] | None, masks: NDArray[np.bool_] | None) -> NDArray[Any]:
        guard.began(observations, where)
        return policy(observations, states, masks)

    return choose


def _numbers(episode: Episode) -> Iterable[tuple[str, Any]]:
    yield "objective", episode.objective
    yield "reward", episode.paid
    yield "observation", episode.steps.next_state
    yield from episode.steps.events.items()


def _last_steps(episode: Episode, last: int) -> list[dict[str, Any]]:
    return [
        {
            "step": step + 1,
            "action": np.asarray(episode.steps.action[step]).tolist(),
            "reward": str(episode.paid[step]),
            "objective": str(episode.objective[step]),
        }
        for step in range(max(0, last + 1 - _SHOWN), last + 1)
    ]
