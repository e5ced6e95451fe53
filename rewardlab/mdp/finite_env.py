"""A Gymnasium environment driven by a table."""

from __future__ import annotations

from typing import Any, final

import gymnasium as gym
import numpy as np
from numpy.typing import ArrayLike, NDArray

from rewardlab.errors import BadInput, Problem
from rewardlab.mdp.action_index import action_index
from rewardlab.mdp.finite_task import FiniteTask
from rewardlab.mdp.outcome_table import OutcomeTable
from rewardlab.rewards.catalogue import Catalogue, RewardChoice

__all__ = ["FiniteEnv"]


@final
class FiniteEnv(gym.Env[Any, Any]):
    """One episode at a time of a finite task, paid by a reward of the user's choice.

    The ``info`` of a step holds ``state`` (the index that the step led to), ``objective`` (what the designer means,
    whatever is paid), ``ledger`` (the amount of each term of the reward) and ``events``; that of a reset holds
    ``state``. The time limit is left to ``gymnasium.wrappers.TimeLimit``, which ``gym.make`` adds.

    Args:
        task: The finite task.
        reward: What is paid: a name of the task's catalogue, weights on its events, or a reward. The objective by
            default.
        render_mode: "ansi" for text, "rgb_array" for an image, or None.
    """

    metadata: dict[str, Any] = {  # noqa: RUF012 - Gymnasium declares it so
        "render_modes": ["ansi", "rgb_array"],
        "render_fps": 4,
    }

    def __init__(self, task: FiniteTask, reward: RewardChoice | None = None, render_mode: str | None = None) -> None:
        task.check_render_mode(render_mode)
        self.task = task
        self.table = OutcomeTable(task, task.catalogue.objective if reward is None else reward)
        self.render_mode = render_mode
        self.metadata = {**type(self).metadata, "render_modes": task.render_modes}
        self.observation_space = task.observation_space()
        self.action_space = gym.spaces.Discrete(task.model.n_actions)
        self._state: int | None = None

    @property
    def catalogue(self) -> Catalogue:
        """The rewards and potentials of the task."""
        return self.task.catalogue

    def set_start(self, start: ArrayLike) -> None:
        """Begin episodes from another distribution from now on, ``[S]`` weights; see `OutcomeTable.set_start`."""
        self.table.set_start(start)

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, dict[str, Any]]:
        """Begin an episode.

        Args:
            seed: Seeds the environment's own generator.
            options: ``{"state": index}`` begins in that state instead of a drawn one.

        Raises:
            BadInput: Episodes cannot begin in that state.
        """
        super().reset(seed=seed)
        state = (options or {}).get("state")
        if state is None:
            state = self.table.draw_starts(1, self.np_random)[0]
        elif not self._is_place(state):
            raise BadInput(Problem("options['state']", repr(state), "the index of a state that is not terminal"))
        self._state = int(state)
        return self._observation(self._state), {"state": self._state}

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        """Take one step.

        Raises:
            BadInput: The action is not one of the legal ones of this state.
        """
        state, index = self._current(), action_index(action)
        if not (0 <= index < self.table.n_actions) or not self.task.model.legal[state, index]:
            legal = np.flatnonzero(self.task.model.legal[state]).tolist()
            raise BadInput(Problem("action", repr(action), f"one of {legal} in state {state}", "see action_masks()"))
        row = int(self.table.draw_outcomes(np.array([state]), np.array([index]), self.np_random)[0])
        self._state = int(self.table.successor[row])
        terminated = bool(self.task.model.terminal[self._state])
        info = self.table.info(row, self._state)
        return self._observation(self._state), float(self.table.rows[row, 0]), terminated, False, info

    def action_masks(self) -> NDArray[np.bool_]:
        """The actions that are legal now, ``[A]`` bool, as sb3-contrib's MaskablePPO asks for them."""
        mask: NDArray[np.bool_] = self.task.model.legal[self._current()].copy()
        return mask

    def render(self) -> Any:
        """The current state, as the render mode says."""
        if self.render_mode == "ansi":
            return self.task.text_picture(self._current())
        if self.render_mode == "rgb_array" and self.task.rgb_picture is not None:
            return self.task.rgb_picture(self._current())
        return None

    def _is_place(self, state: object) -> bool:
        """Whether an episode can be in this state and go on."""
        model = self.task.model
        return isinstance(state, int | np.integer) and bool(0 <= state < model.n_states and not model.terminal[state])

    def _current(self) -> int:
        if self._state is None:
            raise gym.error.ResetNeeded("call reset() before the first step")
        return self._state

    def _observation(self, state: int) -> Any:
        if self.task.observations is None:
            return state
        return self.task.observations[state].copy()
