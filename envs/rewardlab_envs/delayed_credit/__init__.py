"""One decision, then a long wait for what it was worth."""

from __future__ import annotations

from typing import Any

from rewardlab.mdp import FiniteEnv, FiniteVectorEnv
from rewardlab_envs.delayed_credit.model import delayed_credit_task
from rewardlab_envs.named_settings import task_of

__all__ = ["delayed_credit_env", "delayed_credit_task", "delayed_credit_vector_env"]


def delayed_credit_env(*, delay: int = 39, win: float = 1000.0, step_cost: float = 0.001, **settings: Any) -> FiniteEnv:
    """Delayed credit as a Gymnasium environment; ``settings`` go to `rewardlab.mdp.FiniteEnv`."""
    chosen = {"delay": delay, "win": win, "step_cost": step_cost}
    return FiniteEnv(task_of(delayed_credit_task, chosen), **settings)


def delayed_credit_vector_env(
    num_envs: int = 1, *, delay: int = 39, win: float = 1000.0, step_cost: float = 0.001, **settings: Any
) -> FiniteVectorEnv:
    """Delayed credit as a native vector environment; ``settings`` go to `rewardlab.mdp.FiniteVectorEnv`."""
    chosen = {"delay": delay, "win": win, "step_cost": step_cost}
    return FiniteVectorEnv(task_of(delayed_credit_task, chosen), num_envs, **settings)
