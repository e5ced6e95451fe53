"""A finite model with all that an environment needs beside its dynamics."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import final

import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray

from rewardlab.errors import BadInput, Problem
from rewardlab.mdp.finite_model import FiniteModel
from rewardlab.rewards.catalogue import Catalogue

__all__ = ["FiniteTask"]


@final
@dataclass(frozen=True)
class FiniteTask:
    """A finite model, what may be asked of it, what an agent sees of it, and how it looks.

    Attributes:
        model: The dynamics, with the events that the rewards of the catalogue read.
        catalogue: The rewards and potentials; one reward is the objective.
        max_episode_steps: The time limit of an episode, at least 1. It cuts off; it does not terminate.
        observations: ``[S, D]`` float32 in [0, 1], what an agent sees of each state; None shows the state index.
        action_names: A word for each action, ``A`` of them.
        text_picture: A state as a few lines of text.
        rgb_picture: A state as an image, ``[H, W, 3]`` uint8.
        board_views: Where the task is played on a board: a caption, such as "parcel in the bag", to ``[rows, columns]``
            int64, the state that stands for each cell; -1 where none does, as in a wall. Values are drawn on it.
        picture_note: A sentence that who looks at pictures of an episode must know; mostly empty.

    Raises:
        BadInput: A part does not fit the model, or is out of its range.
    """

    model: FiniteModel
    catalogue: Catalogue
    max_episode_steps: int
    action_names: tuple[str, ...]
    observations: NDArray[np.float32] | None = None
    text_picture: Callable[[int], str] = field(default="state {}".format)
    rgb_picture: Callable[[int], NDArray[np.uint8]] | None = None
    board_views: Mapping[str, NDArray[np.int64]] = field(default_factory=dict)
    picture_note: str = ""

    def __post_init__(self) -> None:
        problems = []
        if len(self.action_names) != self.model.n_actions:
            problems.append(
                Problem("FiniteTask.action_names", f"{len(self.action_names)} names", f"{self.model.n_actions}")
            )
        if set(self.catalogue.events) != set(self.model.events):
            problems.append(
                Problem("FiniteTask.catalogue.events", f"{self.catalogue.events}", f"{tuple(self.model.events)}")
            )
        limit = self.max_episode_steps
        if isinstance(limit, bool) or not isinstance(limit, int | np.integer) or limit < 1:
            problems.append(Problem("FiniteTask.max_episode_steps", repr(limit), "a whole number, at least 1"))
        seen = self.observations
        fits = seen is None or (seen.dtype == np.float32 and seen.ndim == 2 and len(seen) == self.model.n_states)
        if seen is not None and not fits:
            problems.append(
                Problem("FiniteTask.observations", f"{seen.dtype} {seen.shape}", f"float32 ({self.model.n_states}, D)")
            )
        elif seen is not None and not ((seen >= 0) & (seen <= 1)).all():
            got, fix = f"numbers from {seen.min():g} to {seen.max():g}", "divide by the largest"
            problems.append(Problem("FiniteTask.observations", got, "numbers in [0, 1]", fix))
        for caption, board in self.board_views.items():
            fits = board.ndim == 2 and board.dtype == np.int64 and board.size > 0
            if not fits or board.min() < -1 or board.max() >= self.model.n_states:
                expected = f"[rows, columns] int64 from -1 to {self.model.n_states - 1}"
                problems.append(
                    Problem(f"FiniteTask.board_views[{caption!r}]", f"{board.dtype} {board.shape}", expected)
                )
        if problems:
            raise BadInput(*problems)

    @cached_property
    def objective_table(self) -> NDArray[np.float64]:
        """``[S, A, K]`` what the objective pays for every outcome."""
        return self.model.reward_table(self.catalogue.rewards[self.catalogue.objective])

    def observation_space(self) -> spaces.Space[NDArray[np.float32]] | spaces.Discrete:
        """What one observation looks like."""
        if self.observations is None:
            return spaces.Discrete(self.model.n_states)
        return spaces.Box(0.0, 1.0, (self.observations.shape[1],), np.float32)

    @property
    def render_modes(self) -> list[str]:
        """How its states can be shown."""
        return ["ansi"] if self.rgb_picture is None else ["ansi", "rgb_array"]

    def check_render_mode(self, mode: str | None) -> None:
        """Refuse a render mode that this task has no pictures for.

        Raises:
            BadInput: It is neither None, "ansi" nor, where there are images, "rgb_array".
        """
        if mode not in (None, "ansi", "rgb_array"):
            raise BadInput(Problem("render_mode", repr(mode), "None, 'ansi' or 'rgb_array'"))
        if mode == "rgb_array" and self.rgb_picture is None:
            raise BadInput(Problem("render_mode", "'rgb_array'", "'ansi'", "this task has no image of its states"))
