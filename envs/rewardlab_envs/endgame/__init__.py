"""King and queen, rook or pawn against king, on small boards and large: sparse rewards, exact to the last move."""

from __future__ import annotations

import inspect
from collections.abc import Hashable, Mapping
from typing import Any

from gymnasium.vector import AutoresetMode

from rewardlab.errors import BadInput, Problem, one_of
from rewardlab.mdp import FiniteEnv, FiniteTask, FiniteVectorEnv
from rewardlab.rewards import RewardChoice
from rewardlab_envs.endgame.model import endgame_task
from rewardlab_envs.endgame.tablebase import Tablebase
from rewardlab_envs.endgame.tablebase_cache import cache_folder, tablebase

__all__ = ["Tablebase", "cache_folder", "endgame_env", "endgame_task", "endgame_vector_env", "tablebase"]


def endgame_env(reward: RewardChoice | None = None, render_mode: str | None = None, **settings: Any) -> FiniteEnv:
    """An endgame as a Gymnasium environment; ``settings`` go to `endgame_task`."""
    return FiniteEnv(_task(settings), reward, render_mode)


def endgame_vector_env(
    num_envs: int = 1,
    *,
    reward: RewardChoice | None = None,
    max_episode_steps: int | None = None,
    autoreset_mode: AutoresetMode | str = AutoresetMode.NEXT_STEP,
    render_mode: str | None = None,
    **settings: Any,
) -> FiniteVectorEnv:
    """An endgame as a native vector environment; ``settings`` go to `endgame_task`."""
    return FiniteVectorEnv(_task(settings), num_envs, reward, max_episode_steps, autoreset_mode, render_mode)


def _task(settings: Mapping[str, Any]) -> FiniteTask:
    """The task of settings that are given by name, and may come from anywhere."""
    known = inspect.signature(endgame_task).parameters
    problems = [one_of(name, name, known, "setting of this environment") for name in settings if name not in known]
    problems += [
        Problem(name, repr(value), "a text, a number, or true or false")
        for name, value in settings.items()
        if name in known and not isinstance(value, Hashable)
    ]
    if problems:
        raise BadInput(*problems)
    return endgame_task(**settings)
