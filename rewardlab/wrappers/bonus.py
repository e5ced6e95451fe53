"""A plain bonus on top of the reward. **Unsafe**: it may change what is optimal, and in general it does.

Only `rewardlab.wrappers.PotentialShaping` adds to a reward and keeps what is optimal (Ng, Harada & Russell 1999). A
bonus is here because that is what everybody writes first, and to see its loop is the quickest way to learn why not to.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, SupportsFloat, final

import gymnasium as gym
import numpy as np
from gymnasium.utils import RecordConstructorArgs
from gymnasium.vector import VectorEnv, VectorWrapper
from numpy.typing import NDArray

from rewardlab.errors import BadInput, Problem
from rewardlab.rewards.bonus import Bonus
from rewardlab.snapshots import Restorable
from rewardlab.wrappers.endings import VectorEndings, restarted_rows
from rewardlab.wrappers.ledger_lines import with_line, with_vector_line
from rewardlab.wrappers.seen_as_array import check_seen_as_array

__all__ = ["BONUS_LINE", "UnsafeBonus", "VectorUnsafeBonus"]

BONUS_LINE = "bonus"


@final
class UnsafeBonus(gym.Wrapper[Any, Any, Any, Any], RecordConstructorArgs):
    """Adds a bonus to each step, and the line ``bonus`` to its ledger. May change what is optimal.

    Args:
        env: Any Gymnasium environment; its info holds ``"state"`` or ``"events"`` if the bonus reads them.
        bonus: What is added.

    Raises:
        BadInput: The bonus is none, or one of observations finds no arrays.
    """

    def __init__(self, env: gym.Env[Any, Any], bonus: Bonus) -> None:
        RecordConstructorArgs.__init__(self, _disable_deepcopy=True, bonus=bonus)
        gym.Wrapper.__init__(self, env)
        self.bonus = _checked_bonus(bonus, env)
        self._now: NDArray[Any] = np.zeros(1)

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, dict[str, Any]]:
        """Reset the environment."""
        observation, info = self.env.reset(seed=seed, options=options)
        if self.bonus.reads != "events":
            self._now = _place(self.bonus, observation, info)[None]
        return observation, info

    def step(self, action: Any) -> tuple[Any, SupportsFloat, bool, bool, dict[str, Any]]:
        """Step the environment and add the bonus."""
        observation, reward, terminated, truncated, info = self.env.step(action)
        if self.bonus.reads == "events":
            events = _events(self.bonus, info)
            batch = {name: np.array([events[name]], dtype=np.float64) for name in self.bonus.reads_events}
            added = float(self.bonus.of_events(batch, 1)[0])
        else:
            reached = _place(self.bonus, observation, info)[None]
            added = float(self.bonus.of_places(self._now, reached)[0])
            self._now = reached
        paid = float(reward)
        return observation, paid + added, terminated, truncated, with_line(info, paid, BONUS_LINE, added)


@final
class VectorUnsafeBonus(VectorWrapper[Any, Any, Any], Restorable):
    """`UnsafeBonus` for a vector environment; no bonus on the reset rows of NEXT_STEP. May change what is optimal.

    Args:
        env: Any Gymnasium vector environment that names its autoreset mode in its metadata.
        bonus: What is added.

    Raises:
        BadInput: The bonus is none, one of observations finds no arrays, or the environment does not name its mode.
    """

    def __init__(self, env: VectorEnv[Any, Any, Any], bonus: Bonus) -> None:
        super().__init__(env)
        self.bonus = _checked_bonus(bonus, env)
        self._endings = VectorEndings(env)
        self._now: NDArray[Any] = np.zeros(self.num_envs)

    def reset(
        self, *, seed: int | list[int | None] | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Any, dict[str, Any]]:
        """Reset, and take note of where the restarted environments begin."""
        restarted = restarted_rows(options, self.num_envs)
        observations, infos = self.env.reset(seed=seed, options=options)  # type: ignore[arg-type]
        if self.bonus.reads != "events":
            places = _place(self.bonus, observations, infos)
            if restarted.all():
                self._now = places
            else:
                self._now = self._now.copy()
                self._now[restarted] = places[restarted]
        self._endings.after_reset(restarted)
        return observations, infos

    def step(
        self, actions: Any
    ) -> tuple[Any, NDArray[np.float64], NDArray[np.bool_], NDArray[np.bool_], dict[str, Any]]:
        """Step all environments and add the bonus to the rows that took a step."""
        observations, rewards, terminations, truncations, infos = self.env.step(actions)
        ended, paid = self._endings.after_step(terminations, truncations)
        added = np.zeros(self.num_envs)
        if paid.any():
            added[paid] = self._bonus(observations, infos, ended, paid)
        if self.bonus.reads != "events":
            self._now = _place(self.bonus, observations, infos)
        infos = with_vector_line(infos, rewards, BONUS_LINE, added, paid)
        return observations, rewards + added, terminations, truncations, infos

    def snapshot(self) -> dict[str, Any]:
        """Where each environment is, and what is known of endings."""
        return {"now": self._now.copy(), "endings": self._endings.snapshot()}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from a snapshot.

        Raises:
            BadInput: It is of another number of environments.
        """
        self._endings.restore(state["endings"])
        self._now = np.array(state["now"])

    def _bonus(
        self, observations: Any, infos: dict[str, Any], ended: NDArray[np.bool_], paid: NDArray[np.bool_]
    ) -> NDArray[np.float64]:
        if self.bonus.reads == "events":
            batch = {name: amounts[paid] for name, amounts in _vector_events(self.bonus, infos).items()}
            return self.bonus.of_events(batch, int(paid.sum()))
        reached = _place(self.bonus, observations, infos)
        finals = self._endings.final_batch(self.bonus.reads, infos, ended)
        if finals is not None:
            reached[ended] = finals
        return self.bonus.of_places(self._now[paid], reached[paid])


def _checked_bonus(bonus: object, env: Any) -> Bonus:
    if not isinstance(bonus, Bonus):
        fix = "use Bonus.from_event_weights, Bonus.from_potential, or Bonus('name', 'observation', function)"
        raise BadInput(Problem("bonus", repr(bonus), "a rewardlab.rewards.Bonus", fix))
    if bonus.reads == "observation":
        check_seen_as_array(env, f"bonus {bonus.name!r}")
    return bonus


def _place(bonus: Bonus, observation: Any, info: dict[str, Any]) -> NDArray[Any]:
    """A copy of the observation or state, because an environment may write over what it returned."""
    if bonus.reads == "observation":
        return np.array(observation)
    if "state" not in info:
        raise BadInput(Problem("info['state']", "nothing", f"the state, which bonus {bonus.name!r} reads"))
    return np.array(info["state"])


def _events(bonus: Bonus, info: dict[str, Any]) -> dict[str, Any]:
    events = info.get("events", {})
    missing = [name for name in bonus.reads_events if name not in events]
    if missing:
        raise BadInput(Problem(f"info['events'][{missing[0]!r}]", "nothing", f"what bonus {bonus.name!r} reads"))
    return dict(events)


def _vector_events(bonus: Bonus, infos: dict[str, Any]) -> dict[str, NDArray[np.float64]]:
    """The events of every paid row, those of episodes that ended in SAME_STEP mode included."""
    parts = [infos, infos["final_info"]] if "final_info" in infos else [infos]
    found = [_events(bonus, part) for part in parts if "events" in part]
    if not found:
        _events(bonus, {})
    # An entry that is not there is 0 in Gymnasium's arrays, and each row stands in one of the two parts.
    return {name: np.sum([part[name] for part in found], axis=0) for name in bonus.reads_events}
