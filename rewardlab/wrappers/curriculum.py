"""A curriculum over start states: episodes begin where the task is easy, and where it is harder once that succeeds.

Florensa et al. (2017), "Reverse curriculum generation for reinforcement learning", begin next to the goal and move
away; Bengio et al. (2009), "Curriculum learning". It changes where episodes begin and nothing else: neither rewards nor
what is optimal in any state. The last stage is always the environment's own distribution of first states, because it
is the task that counts; and an evaluation in the bare environment never sees a stage.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, SupportsFloat, final

import gymnasium as gym
import numpy as np
from gymnasium.utils import RecordConstructorArgs
from gymnasium.vector import AutoresetMode, VectorEnv, VectorWrapper
from numpy.typing import NDArray

from rewardlab.errors import BadInput, Problem
from rewardlab.snapshots import Restorable
from rewardlab.wrappers.endings import VectorEndings, restarted_rows
from rewardlab.wrappers.promotion import Promotion, Success

__all__ = ["StartCurriculum", "VectorStartCurriculum"]


@final
class StartCurriculum(gym.Wrapper[Any, Any, Any, Any], RecordConstructorArgs):
    """Lets the episodes of a finite environment begin in one set of states after the other.

    Args:
        env: A finite environment (one that has ``set_start``).
        stages: The sets of first states, the easiest first; the environment's own distribution comes after them.
        success: When an episode counts as a success.
        window: How many of the last episodes are looked at.
        rate: The share of them that must have succeeded.

    Attributes:
        promotion: Where the curriculum stands.

    Raises:
        BadInput: The environment is not finite, or an argument is out of its range.
    """

    def __init__(
        self,
        env: gym.Env[Any, Any],
        stages: Sequence[Sequence[int]],
        success: Success,
        *,
        window: int = 20,
        rate: float = 0.8,
    ) -> None:
        RecordConstructorArgs.__init__(
            self, _disable_deepcopy=True, stages=stages, success=success, window=window, rate=rate
        )
        gym.Wrapper.__init__(self, env)
        self.success = success
        self.promotion = Promotion(len(stages), window=window, rate=rate)
        self._starts = _distributions(env, stages)
        self._total, self._begun_in = 0.0, 0
        _set_start(env, self._starts[0])

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, dict[str, Any]]:
        """Begin an episode of the present stage."""
        self._total, self._begun_in = 0.0, self.promotion.stage
        return self.env.reset(seed=seed, options=options)

    def step(self, action: Any) -> tuple[Any, SupportsFloat, bool, bool, dict[str, Any]]:
        """Step the environment, and count its episode when it ends."""
        observation, reward, terminated, truncated, info = self.env.step(action)
        self._total += _amount(self.success, info, float(reward))
        ended = terminated or truncated
        if ended and self.promotion.take(self._begun_in, self.success.reached(self._total)):
            _set_start(self.env, self._starts[self.promotion.stage])
        return observation, reward, terminated, truncated, info

    def state_dict(self) -> dict[str, Any]:
        """Where the curriculum stands, as JSON data; the running episode is not in it."""
        return self.promotion.state_dict()

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from a saved state, with the next reset.

        Raises:
            BadInput: The state does not fit.
        """
        self.promotion.load_state_dict(state)
        _set_start(self.env, self._starts[self.promotion.stage])


@final
class VectorStartCurriculum(VectorWrapper[Any, Any, Any], Restorable):
    """`StartCurriculum` for a vector environment: one stage for all, moved on by the episodes of all.

    A promotion holds for the episodes that begin after the step in which it came about. In SAME_STEP mode those that
    begin in that very step are of the old stage still.

    Args:
        env: A finite vector environment, or a ``SyncVectorEnv`` of finite environments.
        stages: The sets of first states, the easiest first; the environment's own distribution comes after them.
        success: When an episode counts as a success.
        window: How many of the last episodes are looked at.
        rate: The share of them that must have succeeded.

    Attributes:
        promotion: Where the curriculum stands.

    Raises:
        BadInput: The environment is not finite, or an argument is out of its range.
    """

    def __init__(
        self,
        env: VectorEnv[Any, Any, Any],
        stages: Sequence[Sequence[int]],
        success: Success,
        *,
        window: int = 20,
        rate: float = 0.8,
    ) -> None:
        super().__init__(env)
        self.success = success
        self.promotion = Promotion(len(stages), window=window, rate=rate)
        self._starts = _distributions(env, stages)
        self._endings = VectorEndings(env)
        self._totals = np.zeros(env.num_envs)
        self._begun_in = np.zeros(env.num_envs, dtype=np.int64)
        _set_start(env, self._starts[0])

    def reset(
        self, *, seed: int | list[int | None] | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Any, dict[str, Any]]:
        """Begin episodes of the present stage in the environments that are restarted."""
        restarted = restarted_rows(options, self.num_envs)
        self._totals[restarted], self._begun_in[restarted] = 0.0, self.promotion.stage
        observations, infos = self.env.reset(seed=seed, options=options)  # type: ignore[arg-type]
        self._endings.after_reset(restarted)
        return observations, infos

    def step(
        self, actions: Any
    ) -> tuple[Any, NDArray[np.float64], NDArray[np.bool_], NDArray[np.bool_], dict[str, Any]]:
        """Step all environments, and count the episodes that end, in the order of the environments."""
        if self._endings.mode is AutoresetMode.NEXT_STEP:
            # Those that ended are about to begin anew, with the first states of the stage as it is now.
            self._begun_in[self._endings.ended_rows] = self.promotion.stage
        observations, rewards, terminations, truncations, infos = self.env.step(actions)
        _, paid = self._endings.after_step(terminations, truncations)
        self._totals += np.where(paid, _amounts(self.success, infos, rewards), 0.0)
        begun_with, promoted = self.promotion.stage, False
        for row in self._endings.ended_rows.tolist():
            succeeded = self.success.reached(float(self._totals[row]))
            promoted |= self.promotion.take(int(self._begun_in[row]), succeeded)
            self._totals[row], self._begun_in[row] = 0.0, begun_with
        if promoted:
            _set_start(self.env, self._starts[self.promotion.stage])
        return observations, rewards, terminations, truncations, infos

    def state_dict(self) -> dict[str, Any]:
        """Where the curriculum stands, as JSON data; the running episodes are not in it."""
        return self.promotion.state_dict()

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from a saved state, with the next reset.

        Raises:
            BadInput: The state does not fit.
        """
        self.promotion.load_state_dict(state)
        _set_start(self.env, self._starts[self.promotion.stage])

    def snapshot(self) -> dict[str, Any]:
        """Where the curriculum stands, the running episodes, and what is known of endings."""
        return {
            "promotion": self.promotion.state_dict(),
            "totals": self._totals.copy(),
            "begun_in": self._begun_in.copy(),
            "endings": self._endings.snapshot(),
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from a snapshot, at once.

        Raises:
            BadInput: It is of another number of environments or other stages.
        """
        self._endings.restore(state["endings"])
        self.load_state_dict(state["promotion"])
        self._totals = np.array(state["totals"], dtype=np.float64)
        self._begun_in = np.array(state["begun_in"], dtype=np.int64)


def _finite_base(env: Any) -> Any:
    """The finite environment inside, or the first of its copies."""
    base = env.unwrapped
    copies = getattr(base, "envs", None)
    base = copies[0].unwrapped if copies else base
    if not hasattr(base, "set_start"):
        raise BadInput(Problem("env", repr(env), "a finite environment, whose first states can be set"))
    return base


def _distributions(env: Any, stages: Sequence[Sequence[int]]) -> list[NDArray[np.float64]]:
    model = _finite_base(env).task.model
    starts, problems = [], []
    for number, stage in enumerate(stages):
        states = np.asarray(stage)
        whole = states.ndim == 1 and len(states) > 0 and states.dtype.kind in "iu"
        if not whole or (states < 0).any() or (states >= model.n_states).any() or model.terminal[states].any():
            expected = f"indices of states below {model.n_states} that are not terminal"
            problems.append(Problem(f"stages[{number}]", repr(stage), expected))
            continue
        start = np.zeros(model.n_states)
        start[states] = 1.0
        starts.append(start)
    if problems:
        raise BadInput(*problems)
    return [*starts, model.start]


def _set_start(env: Any, start: NDArray[np.float64]) -> None:
    for one in getattr(env.unwrapped, "envs", [env]):
        one.unwrapped.set_start(start)


def _amount(success: Success, info: dict[str, Any], reward: float) -> float:
    if success.event is None:
        return float(info.get("objective", reward))
    events = info.get("events", {})
    if success.event not in events:
        raise BadInput(
            Problem("success.event", repr(success.event), f"one of {', '.join(events) or '(there is none)'}")
        )
    return float(events[success.event])


def _amounts(success: Success, infos: dict[str, Any], rewards: NDArray[np.float64]) -> NDArray[np.float64]:
    """The amounts of all rows, those that ended in SAME_STEP mode included."""
    parts = [infos, infos["final_info"]] if "final_info" in infos else [infos]
    if success.event is None:
        found = [part["objective"] for part in parts if "objective" in part]
        return np.sum(found, axis=0) if found else rewards
    batches = [part["events"] for part in parts if "events" in part]
    if batches and success.event not in batches[0]:
        known = ", ".join(name for name in batches[0] if not name.startswith("_"))
        raise BadInput(Problem("success.event", repr(success.event), f"one of {known}"))
    return np.sum([batch[success.event] for batch in batches], axis=0) if batches else np.zeros_like(rewards)
