"""Two rewards of every step side by side, and a mixture of them to train on."""

from __future__ import annotations

from typing import Any, final

import numpy as np
from gymnasium.vector import AutoresetMode, VectorEnv, VectorWrapper
from numpy.typing import NDArray

from rewardlab.errors import BadInput, Problem
from rewardlab.rewards.reward import Reward
from rewardlab.transitions import Transitions
from rewardlab.wrappers.endings import restarted_rows

__all__ = ["VectorMixture", "VectorTwoRewards"]


@final
class VectorTwoRewards(VectorWrapper[Any, Any, Any]):
    """Pays a reward and says what was meant, whatever the environment does by itself. To be the innermost wrapper.

    Each step's infos hold ``objective``; an environment without one means what it pays.

    Attributes:
        objective: ``[N]`` what was meant by the last step.

    Args:
        env: A bare vector environment in DISABLED mode, so that what a step led to is always in sight.
        reward: What is paid, as a function of the steps; None leaves what the environment pays.
        meant: What is meant, likewise; None leaves what the environment says.

    Raises:
        BadInput: The mode is another one.
    """

    def __init__(self, env: VectorEnv[Any, Any, Any], reward: Reward | None, meant: Reward | None) -> None:
        super().__init__(env)
        if env.metadata.get("autoreset_mode") is not AutoresetMode.DISABLED:
            raise BadInput(Problem("env autoreset mode", str(env.metadata.get("autoreset_mode")), "DISABLED"))
        self._reward, self._meant = reward, meant
        self._now: NDArray[Any] = np.zeros(0)
        self.objective = np.zeros(self.num_envs)

    def reset(
        self, *, seed: int | list[int | None] | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Any, dict[str, Any]]:
        """Reset all environments, or those of ``options["reset_mask"]``."""
        restarted = restarted_rows(options, self.num_envs)
        observations, infos = self.env.reset(seed=seed, options=options)  # type: ignore[arg-type]
        places = np.asarray(infos.get("state", observations))
        self._now = places.copy() if restarted.all() else np.where(_beside(restarted, places), places, self._now)
        return observations, infos

    def step(
        self, actions: Any
    ) -> tuple[Any, NDArray[np.float64], NDArray[np.bool_], NDArray[np.bool_], dict[str, Any]]:
        """Step all environments."""
        observations, rewards, terminations, truncations, infos = self.env.step(actions)
        reached = np.asarray(infos.get("state", observations))
        events = {name: values for name, values in infos.get("events", {}).items() if not name.startswith("_")}
        steps = Transitions(self._now, np.asarray(actions), reached, terminations, events)
        own = np.asarray(infos.get("objective", rewards), dtype=np.float64)
        self.objective = own if self._meant is None else self._meant(steps)
        infos = {**infos, "objective": self.objective, "_objective": np.ones(self.num_envs, dtype=np.bool_)}
        if self._reward is not None:
            # The lines of the environment's own reward would no longer add up to what is paid.
            infos = {name: values for name, values in infos.items() if name not in ("ledger", "_ledger")}
            rewards = self._reward(steps)
        self._now = reached
        return observations, rewards, terminations, truncations, infos


@final
class VectorMixture(VectorWrapper[Any, Any, Any]):
    """Pays ``weight * proxy + objective_weight * objective``. To be the outermost wrapper.

    Args:
        env: The environment with its reward wrappers, which pays the proxy.
        two: Its innermost wrapper, which knows the objective.
        weight: Of the proxy.
        objective_weight: Of the objective.
    """

    def __init__(
        self, env: VectorEnv[Any, Any, Any], two: VectorTwoRewards, weight: float, objective_weight: float
    ) -> None:
        super().__init__(env)
        self._two, self._weight, self._objective_weight = two, weight, objective_weight

    def step(
        self, actions: Any
    ) -> tuple[Any, NDArray[np.float64], NDArray[np.bool_], NDArray[np.bool_], dict[str, Any]]:
        """Step all environments and mix what they pay with what was meant."""
        observations, rewards, terminations, truncations, infos = self.env.step(actions)
        mixed = self._weight * rewards + self._objective_weight * self._two.objective
        return observations, mixed, terminations, truncations, infos


def _beside(rows: NDArray[np.bool_], batch: NDArray[Any]) -> NDArray[np.bool_]:
    """A mask of rows, shaped to go with a batch ``[N, ...]``."""
    return rows.reshape(-1, *[1] * (batch.ndim - 1))
