"""The law of endings for vector wrappers: which rows of a step were paid, and where their episodes' last states are.

Gymnasium's vector environments restart ended episodes in one of three ways, and every stateful reward wrapper must
tell them apart:

- NEXT_STEP: the step after an ending ignores its action, pays nothing and returns a first observation. That row is no
  step at all.
- SAME_STEP: the step that ends already returns the next episode's first observation; the last one of the ended episode
  is in ``final_obs`` and its info in ``final_info``.
- DISABLED: nothing restarts by itself; ``reset(options={"reset_mask": mask})`` restarts some.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, final

import numpy as np
from gymnasium.vector import AutoresetMode, VectorEnv
from numpy.typing import NDArray

from rewardlab.errors import BadInput, Problem

__all__ = ["VectorEndings", "restarted_rows"]

_NOBODY: NDArray[np.intp] = np.zeros(0, dtype=np.intp)


@final
class VectorEndings:
    """Follows the endings of a vector environment, step by step.

    A wrapper that stands directly round another one of this package reads what that one has found out already.

    Attributes:
        mode: The environment's autoreset mode.
        ended_rows: The indices of the rows that ended in the last step.
        unpaid: The indices of the rows of the last step that were reset rows of NEXT_STEP, mostly none or few.
    """

    def __init__(self, env: VectorEnv[Any, Any, Any]) -> None:
        mode = env.metadata.get("autoreset_mode")
        if not isinstance(mode, AutoresetMode):
            fix = "set metadata['autoreset_mode'] in the environment: rewards cannot be shaped right without it"
            where = "env.metadata['autoreset_mode']"
            raise BadInput(Problem(where, repr(mode), "a gymnasium.vector.AutoresetMode", fix))
        self.mode = mode
        inside = vars(env).get("_endings")
        self._inside: VectorEndings | None = None
        if isinstance(inside, VectorEndings):
            self._inside = inside._inside or inside
        self.ended_rows = self.unpaid = _NOBODY
        self._everyone = np.ones(env.num_envs, dtype=np.bool_)
        self._everyone.setflags(write=False)
        self._resetting = ~self._everyone
        self._ended, self._paid = self._resetting, self._everyone

    @property
    def resetting(self) -> list[bool]:
        """The environments whose next step is a reset step, as data to be saved. May be set."""
        flags: list[bool] = (self._inside or self)._resetting.tolist()
        return flags

    @resetting.setter
    def resetting(self, flags: list[bool]) -> None:
        (self._inside or self)._resetting = np.array(flags, dtype=np.bool_)

    def checked_resetting(self, state: Mapping[str, Any]) -> list[bool]:
        """The flags in a saved state of a wrapper.

        Raises:
            BadInput: The key ``resetting`` does not hold one boolean for each environment.
        """
        size = len(self._resetting)
        flags = state.get("resetting") if isinstance(state, Mapping) else None
        if not isinstance(flags, list) or len(flags) != size or not all(isinstance(flag, bool) for flag in flags):
            raise BadInput(Problem("state['resetting']", repr(flags), f"a list of {size} booleans"))
        return flags

    def snapshot(self) -> dict[str, Any]:
        """Which rows have ended and which are about to be reset, as data."""
        return {"resetting": self.resetting, "ended_rows": self.ended_rows.tolist()}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from a snapshot.

        Raises:
            BadInput: It is of another number of environments.
        """
        self.resetting = self.checked_resetting(state)
        self.ended_rows = np.array(state["ended_rows"], dtype=np.intp)

    def after_reset(self, restarted: NDArray[np.bool_]) -> None:
        """Take note of a reset of the given rows."""
        if self._inside is None:
            self._resetting = self._resetting & ~restarted

    def after_step(
        self, terminations: NDArray[np.bool_], truncations: NDArray[np.bool_]
    ) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """Take note of a step.

        Args:
            terminations: ``[N]`` bool.
            truncations: ``[N]`` bool.

        Returns:
            ``[N]`` bool, the rows that ended either way, and ``[N]`` bool, the rows that were paid: all but the reset
            rows of NEXT_STEP.
        """
        inside = self._inside
        if inside is not None:
            self.ended_rows, self.unpaid = inside.ended_rows, inside.unpaid
            return inside._ended, inside._paid
        self._ended = terminations | truncations
        rows = self._ended.nonzero()[0]
        self._paid, self.unpaid = self._everyone, _NOBODY
        if self.mode is AutoresetMode.NEXT_STEP:
            # Counting is several times quicker than any() and all(), and this stands in every step.
            resetting = bool(np.count_nonzero(self._resetting))
            if resetting:
                self.unpaid, self._paid = self._resetting.nonzero()[0], ~self._resetting
            if resetting or len(rows):
                self._resetting = self._ended.copy()
        self.ended_rows = rows
        return self._ended, self._paid

    def final_batch(
        self,
        reads: Literal["state", "observation"],
        infos: dict[str, Any],
        ended: NDArray[np.bool_],
    ) -> NDArray[Any] | None:
        """The last states or observations of the rows that ended, where the returned ones are of a new episode.

        Args:
            reads: What is wanted.
            infos: The infos of the step.
            ended: ``[N]`` bool, terminated or truncated.

        Returns:
            ``[ended.sum(), ...]``, or None where the returned batch already holds them.

        Raises:
            BadInput: The environment ends in SAME_STEP mode and does not hand over what ended.
        """
        if self.mode is not AutoresetMode.SAME_STEP or not len(self.ended_rows):
            return None
        if reads == "state":
            info = infos.get("final_info", {})
            if "state" not in info or not info["_state"][ended].all():
                raise BadInput(Problem("infos['final_info']", "no 'state' of an ended episode", "one for each"))
            finals: NDArray[Any] = info["state"][ended]
            return finals
        if "final_obs" not in infos or not infos["_final_obs"][ended].all():
            raise BadInput(Problem("infos['final_obs']", "no observation of an ended episode", "one for each"))
        return np.stack([np.asarray(observation) for observation in infos["final_obs"][ended]])


def restarted_rows(options: dict[str, Any] | None, num_envs: int) -> NDArray[np.bool_]:
    """The rows that a reset with these options restarts, ``[N]`` bool.

    To be read *before* the options are passed on: Gymnasium's ``SyncVectorEnv`` removes the mask from them.
    """
    mask = (options or {}).get("reset_mask")
    return np.ones(num_envs, dtype=np.bool_) if mask is None else np.array(mask, dtype=np.bool_)
