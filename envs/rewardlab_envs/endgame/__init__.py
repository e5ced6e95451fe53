"""King and queen, rook or pawn against king, on small boards and large: sparse rewards, exact to the last move."""

from __future__ import annotations

from typing import Any

from gymnasium.vector import AutoresetMode

from rewardlab.mdp import FiniteEnv, FiniteVectorEnv
from rewardlab.rewards import RewardChoice
from rewardlab_envs.endgame.model import endgame_task
from rewardlab_envs.endgame.tablebase import Tablebase
from rewardlab_envs.endgame.tablebase_cache import cache_folder, tablebase
from rewardlab_envs.named_settings import task_of

__all__ = ["Tablebase", "cache_folder", "endgame_env", "endgame_task", "endgame_vector_env", "tablebase"]


def endgame_env(reward: RewardChoice | None = None, render_mode: str | None = None, **settings: Any) -> FiniteEnv:
    """An endgame as a Gymnasium environment; ``settings`` go to `endgame_task`."""
    return FiniteEnv(task_of(endgame_task, settings), reward, render_mode)


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
    return FiniteVectorEnv(
        task_of(endgame_task, settings), num_envs, reward, max_episode_steps, autoreset_mode, render_mode
    )
