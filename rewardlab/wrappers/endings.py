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


@final
class VectorEndings:
    """Follows the endings of a vector environment, step by step.

    Attributes:
        mode: The environment's autoreset mode.
    """

    def __init__(self, env: VectorEnv[Any, Any, Any]) -> None:
        mode = env.metadata.get("autoreset_mode")
        if not isinstance(mode, AutoresetMode):
            fix = "set metadata['autoreset_mode'] in the environment: rewards cannot be shaped right without it"
            where = "env.metadata['autoreset_mode']"
            raise BadInput(Problem(where, repr(mode), "a gymnasium.vector.AutoresetMode", fix))
        self.mode = mode
        self._resetting = np.zeros(env.num_envs, dtype=np.bool_)

    @property
    def resetting(self) -> list[bool]:
        """The environments whose next step is a reset step, as data to be saved."""
        flags: list[bool] = self._resetting.tolist()
        return flags

    @resetting.setter
    def resetting(self, flags: list[bool]) -> None:
        self._resetting = np.array(flags, dtype=np.bool_)

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

    def after_reset(self, restarted: NDArray[np.bool_]) -> None:
        """Take note of a reset of the given rows."""
        self._resetting = self._resetting & ~restarted

    def after_step(self, ended: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Take note of a step.

        Args:
            ended: ``[N]`` bool, terminated or truncated.

        Returns:
            ``[N]`` bool, the rows that were paid: all but the reset rows of NEXT_STEP.
        """
        paid: NDArray[np.bool_] = ~self._resetting
        if self.mode is AutoresetMode.NEXT_STEP:
            self._resetting = ended.copy()
        return paid

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
        if self.mode is not AutoresetMode.SAME_STEP or not ended.any():
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
