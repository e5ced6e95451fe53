"""Scaling of rewards by the running standard deviation of the discounted return.

The formula is `rewardlab.rewards.running_scale.RunningScale`; here is what endings mean to it:

==============================  ==============================================================================
at the step                     accumulator of the environment
==============================  ==============================================================================
ordinary                        ``gamma * accumulator + reward``, and enters the statistics
terminated or truncated         the same, and is 0 afterwards
the reset step of NEXT_STEP     stays 0 and enters no statistic; the step pays what the environment said: nothing
``reset()``                     0, with a ``reset_mask`` only in the masked environments
==============================  ==============================================================================

A vector shares *one* scale. With one for each environment, the same deed would be worth different amounts in different
copies, and the learner sees only the amounts.

While the scale moves, the same deed is worth different amounts at different times too. So what is optimal is kept
exactly only once it is frozen, which goes for shaping inside of it as well. Evaluate with ``frozen = True``, or without
the wrapper.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, SupportsFloat, final

import gymnasium as gym
import numpy as np
from gymnasium.utils import RecordConstructorArgs
from gymnasium.vector import VectorEnv, VectorWrapper
from numpy.typing import NDArray

from rewardlab.rewards.running_scale import LARGEST_REWARD, RunningScale
from rewardlab.snapshots import Restorable
from rewardlab.wrappers.endings import VectorEndings, restarted_rows
from rewardlab.wrappers.ledger_lines import with_line, with_vector_line

__all__ = ["SCALE_LINE", "ReturnScaling", "VectorReturnScaling"]

SCALE_LINE = "scale"

_ONE = np.ones(1, dtype=np.bool_)
_FIRST, _NOBODY = np.zeros(1, dtype=np.intp), np.zeros(0, dtype=np.intp)


@final
class ReturnScaling(gym.Wrapper[Any, Any, Any, Any], RecordConstructorArgs):
    """Divides each reward by the running standard deviation of the discounted return; its ledger line is ``scale``.

    Args:
        env: Any Gymnasium environment.
        gamma: The learner's discount.
        epsilon: Added to the variance under the root.
        warm_up: Rewards pass unscaled until so many steps have been paid.
        subtract_mean: Subtract the running mean of the rewards first. **Only where every episode has the same length**:
            elsewhere it changes what is optimal, see `RunningScale`.
        largest_reward: A reward beyond this is refused.

    Attributes:
        running_scale: The statistics.

    Raises:
        BadInput: An argument is out of its range.
    """

    def __init__(
        self,
        env: gym.Env[Any, Any],
        *,
        gamma: float,
        epsilon: float = 1e-8,
        warm_up: int = 1000,
        subtract_mean: bool = False,
        largest_reward: float = LARGEST_REWARD,
    ) -> None:
        self.running_scale = RunningScale(
            1,
            gamma=gamma,
            epsilon=epsilon,
            warm_up=warm_up,
            subtract_mean=subtract_mean,
            largest_reward=largest_reward,
        )
        RecordConstructorArgs.__init__(
            self,
            _disable_deepcopy=True,
            gamma=gamma,
            epsilon=epsilon,
            warm_up=warm_up,
            subtract_mean=subtract_mean,
            largest_reward=largest_reward,
        )
        gym.Wrapper.__init__(self, env)

    @property
    def frozen(self) -> bool:
        """Whether the statistics stand still, as they must in an evaluation. May be set."""
        return self.running_scale.frozen

    @frozen.setter
    def frozen(self, frozen: bool) -> None:
        self.running_scale.frozen = bool(frozen)

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, dict[str, Any]]:
        """Reset the environment and begin a new return."""
        observation, info = self.env.reset(seed=seed, options=options)
        self.running_scale.restart(_ONE)
        return observation, info

    def step(self, action: Any) -> tuple[Any, SupportsFloat, bool, bool, dict[str, Any]]:
        """Step the environment and scale what it pays.

        Raises:
            InvalidReward: The reward is NaN, infinite or too large.
        """
        observation, reward, terminated, truncated, info = self.env.step(action)
        paid = float(reward)
        ended = _FIRST if terminated or truncated else _NOBODY
        scaled = float(self.running_scale.scaled(np.array([paid]), ended)[0])
        return observation, scaled, terminated, truncated, with_line(info, paid, SCALE_LINE, scaled - paid)

    def state_dict(self) -> dict[str, Any]:
        """All that the wrapper remembers, as JSON data."""
        return self.running_scale.state_dict()

    def load_state_dict(self, state: Mapping[str, Any], *, frozen: bool) -> None:
        """Go on from a saved state; ``frozen`` says whether to go on learning the scale or to evaluate with it.

        Raises:
            BadInput: The state does not fit.
        """
        self.running_scale.load_state_dict(state, frozen=frozen)


@final
class VectorReturnScaling(VectorWrapper[Any, Any, Any], Restorable):
    """`ReturnScaling` for a vector environment: N accumulators, one scale.

    Args:
        env: Any Gymnasium vector environment that names its autoreset mode in its metadata.
        gamma: The learner's discount.
        epsilon: Added to the variance under the root.
        warm_up: Rewards pass unscaled until so many steps have been paid, all environments together.
        subtract_mean: Subtract the running mean of the rewards first. **Only where every episode has the same length**:
            elsewhere it changes what is optimal, see `RunningScale`.
        largest_reward: A reward beyond this is refused.

    Attributes:
        running_scale: The statistics.

    Raises:
        BadInput: An argument is out of its range.
    """

    def __init__(
        self,
        env: VectorEnv[Any, Any, Any],
        *,
        gamma: float,
        epsilon: float = 1e-8,
        warm_up: int = 1000,
        subtract_mean: bool = False,
        largest_reward: float = LARGEST_REWARD,
    ) -> None:
        self.running_scale = RunningScale(
            env.num_envs,
            gamma=gamma,
            epsilon=epsilon,
            warm_up=warm_up,
            subtract_mean=subtract_mean,
            largest_reward=largest_reward,
        )
        super().__init__(env)
        self._endings = VectorEndings(env)

    @property
    def frozen(self) -> bool:
        """Whether the statistics stand still, as they must in an evaluation. May be set."""
        return self.running_scale.frozen

    @frozen.setter
    def frozen(self, frozen: bool) -> None:
        self.running_scale.frozen = bool(frozen)

    def reset(
        self, *, seed: int | list[int | None] | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Any, dict[str, Any]]:
        """Reset, and begin new returns in the environments that were restarted."""
        restarted = restarted_rows(options, self.num_envs)
        observations, infos = self.env.reset(seed=seed, options=options)  # type: ignore[arg-type]
        self.running_scale.restart(restarted)
        self._endings.after_reset(restarted)
        return observations, infos

    def step(
        self, actions: Any
    ) -> tuple[Any, NDArray[np.float64], NDArray[np.bool_], NDArray[np.bool_], dict[str, Any]]:
        """Step all environments and scale what they pay.

        Raises:
            InvalidReward: A reward is NaN, infinite or too large; names the environment.
        """
        observations, rewards, terminations, truncations, infos = self.env.step(actions)
        _, paid = self._endings.after_step(terminations, truncations)
        rewards = np.asarray(rewards, dtype=np.float64)
        scaled = self.running_scale.scaled(rewards, self._endings.ended_rows, self._endings.unpaid)
        infos = with_vector_line(infos, rewards, SCALE_LINE, scaled - rewards, paid)
        return observations, scaled, terminations, truncations, infos

    def state_dict(self) -> dict[str, Any]:
        """All that the wrapper remembers, as JSON data; which environments are about to be reset included."""
        return {**self.running_scale.state_dict(), "resetting": self._endings.resetting}

    def load_state_dict(self, state: Mapping[str, Any], *, frozen: bool) -> None:
        """Go on from a saved state; ``frozen`` says whether to go on learning the scale or to evaluate with it.

        Raises:
            BadInput: The state does not fit.
        """
        resetting = self._endings.checked_resetting(state)
        scale = {key: value for key, value in state.items() if key != "resetting"}
        self.running_scale.load_state_dict(scale, frozen=frozen)
        self._endings.resetting = resetting

    def snapshot(self) -> dict[str, Any]:
        """The statistics, whether they stand still, and what is known of endings."""
        scale = self.running_scale
        return {"scale": scale.state_dict(), "frozen": scale.frozen, "endings": self._endings.snapshot()}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from a snapshot.

        Raises:
            BadInput: It is of another number of environments or another gamma.
        """
        self.running_scale.load_state_dict(state["scale"], frozen=state["frozen"])
        self._endings.restore(state["endings"])
