"""Whether an environment draws what it says it can draw: replays and `rewardlab watch` ask for it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gymnasium as gym
import numpy as np

from rewardlab.errors import Problem
from rewardlab.testing.answer import Answer
from rewardlab.testing.observations import brief
from rewardlab.testing.patience import Patience
from rewardlab.testing.record import legal_action, raised_problem

__all__ = ["picture_answers"]

_QUESTION = "it draws a text and an image where it says that it can"
_MODES = ("ansi", "rgb_array")


def picture_answers(
    make: Callable[..., gym.Env[Any, Any]], modes: object, patience: Patience, *, seed: int
) -> list[Answer]:
    """Draw a reset and a step in the modes that are used here.

    Args:
        make: Makes the environment; takes ``render_mode``.
        modes: ``metadata["render_modes"]``.
        patience: Told of each call.
        seed: Of the reset and the action.
    """
    declared = [mode for mode in _MODES if isinstance(modes, list | tuple) and mode in modes]
    problems: list[Problem] = []
    for mode in declared:
        patience.at(f"render_mode {mode!r}")
        try:
            problems += _drawn(make(render_mode=mode), mode, seed)
        except gym.error.DependencyNotInstalled as fault:
            return [Answer(_QUESTION, not_asked=" ".join(str(fault).split()))]
        except Exception as fault:
            problems.append(raised_problem(fault, f"render_mode {mode!r}"))
    return [Answer.of(_QUESTION, problems)] if declared else []


def _drawn(env: gym.Env[Any, Any], mode: str, seed: int) -> list[Problem]:
    try:
        env.reset(seed=seed)
        for where in ("reset", "step 1"):
            frame: Any = env.render()
            place = f"render_mode {mode!r}, after {where}"
            if mode == "ansi" and not isinstance(frame, str):
                return [Problem(place, brief(frame), "a text")]
            image = isinstance(frame, np.ndarray) and frame.ndim == 3 and frame.shape[2] == 3
            if mode == "rgb_array" and not (image and frame.dtype == np.uint8):
                got = f"{frame.dtype} of shape {frame.shape}" if isinstance(frame, np.ndarray) else brief(frame)
                return [Problem(place, got, "[height, width, 3] uint8")]
            if where == "reset":
                env.step(legal_action(env, np.random.default_rng(seed)))
    finally:
        env.close()
    return []
