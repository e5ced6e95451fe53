"""Potential-based shaping, for one environment and for a vector of them.

Ng, Harada & Russell (1999), "Policy invariance under reward transformations". What differs between the two shells and
the formula, `rewardlab.rewards.shaping`, is only the memory of the last potential, taken when its state was visited,
as is right for potentials that change in time (Devlin & Kudenko 2012) or are learned. The truth table for endings:

========================================  =========================  ===============================================
at the step                               potential of next state    read from
========================================  =========================  ===============================================
ordinary                                  as it is                   the returned observation or ``info["state"]``
terminated                                0                          nothing
truncated                                 as it is                   the *final* one (``final_obs``, ``final_info``)
the reset step of NEXT_STEP               no shaping at all          re-seeded from the returned one
DISABLED with ``reset_mask``              no shaping at all          only masked environments are re-seeded
========================================  =========================  ===============================================
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
from rewardlab.rewards.potential import Potential, ScheduledPotential, shaping
from rewardlab.rewards.returns import check_gamma
from rewardlab.snapshots import Restorable
from rewardlab.wrappers.endings import VectorEndings, restarted_rows
from rewardlab.wrappers.ledger_lines import with_line, with_vector_line
from rewardlab.wrappers.seen_as_array import check_seen_as_array

__all__ = ["SHAPING_LINE", "PotentialShaping", "VectorPotentialShaping"]

SHAPING_LINE = "shaping"


@final
class PotentialShaping(gym.Wrapper[Any, Any, Any, Any], RecordConstructorArgs):
    """Adds ``gamma * potential(next) - potential(now)`` to the reward of each step, and a line to its ledger.

    Args:
        env: Any Gymnasium environment; for a potential that reads the state, one whose info holds ``"state"``.
        potential: What is shaped by; if it is scheduled in time, each state counts as at the time of its visit.
        gamma: The learner's discount. With another value the optimal policies are no longer kept.

    Raises:
        BadInput: The potential is none, gamma lies outside [0, 1], or a potential of observations finds no arrays.

    Example:
        >>> import gymnasium as gym
        >>> env = gym.make("rewardlab_envs:rewardlab/Delivery-v0", reward="fixed_speed")
        >>> env = PotentialShaping(env, env.unwrapped.catalogue.potential("distance"), gamma=0.99)
    """

    def __init__(self, env: gym.Env[Any, Any], potential: Potential | ScheduledPotential, *, gamma: float) -> None:
        RecordConstructorArgs.__init__(self, _disable_deepcopy=True, potential=potential, gamma=gamma)
        gym.Wrapper.__init__(self, env)
        self.potential = _checked_potential(potential, env)
        self.shaping_gamma = check_gamma(gamma, "PotentialShaping.gamma")
        self._now = np.zeros(1)
        self._times = np.zeros(1, dtype=np.int64)

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, dict[str, Any]]:
        """Reset the environment and take the potential of its first state."""
        observation, info = self.env.reset(seed=seed, options=options)
        self._now = self._potential(observation, info)
        return observation, info

    def step(self, action: Any) -> tuple[Any, SupportsFloat, bool, bool, dict[str, Any]]:
        """Step the environment and shape what it pays."""
        observation, reward, terminated, truncated, info = self.env.step(action)
        self._times = self._times + 1
        # After a termination the potential of the state counts as 0, and it may well be undefined there.
        after = np.zeros(1) if terminated else self._potential(observation, info)
        added = float(shaping(self._now, after, terminated, self.shaping_gamma)[0])
        self._now = after
        paid = float(reward)
        return observation, paid + added, terminated, truncated, with_line(info, paid, SHAPING_LINE, added)

    def _potential(self, observation: Any, info: dict[str, Any]) -> NDArray[np.float64]:
        batch = np.asarray(_subject(self.potential, observation, info))[None]
        return self.potential.finite(self.potential.at(batch, self._times), batch)


@final
class VectorPotentialShaping(VectorWrapper[Any, Any, Any], Restorable):
    """`PotentialShaping` for a vector environment: the same rewards as N scalar ones, in every autoreset mode.

    Args:
        env: Any Gymnasium vector environment that names its autoreset mode in its metadata.
        potential: What is shaped by; if it is scheduled in time, each state counts as at the time of its visit.
        gamma: The learner's discount. With another value the optimal policies are no longer kept.

    Raises:
        BadInput: The potential is none, gamma lies outside [0, 1], a potential of observations finds no arrays, or the
            environment does not name its mode.
    """

    def __init__(
        self, env: VectorEnv[Any, Any, Any], potential: Potential | ScheduledPotential, *, gamma: float
    ) -> None:
        super().__init__(env)
        self.potential = _checked_potential(potential, env)
        self.shaping_gamma = check_gamma(gamma, "VectorPotentialShaping.gamma")
        self._endings = VectorEndings(env)
        self._now = np.zeros(self.num_envs)
        self._times = np.zeros(self.num_envs, dtype=np.int64)
        self._scheduled = isinstance(self.potential, ScheduledPotential)

    def reset(
        self, *, seed: int | list[int | None] | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Any, dict[str, Any]]:
        """Reset, and take the potentials of the first states of the environments that were restarted."""
        restarted = restarted_rows(options, self.num_envs)
        observations, infos = self.env.reset(seed=seed, options=options)  # type: ignore[arg-type]
        batch = np.asarray(_subject(self.potential, observations, infos))
        self._now = self._now.copy()
        first = batch[restarted]
        self._now[restarted] = self.potential.finite(self.potential.at(first, self._times[restarted]), first)
        self._endings.after_reset(restarted)
        return observations, infos

    def step(
        self, actions: Any
    ) -> tuple[Any, NDArray[np.float64], NDArray[np.bool_], NDArray[np.bool_], dict[str, Any]]:
        """Step all environments and shape what they pay."""
        observations, rewards, terminations, truncations, infos = self.env.step(actions)
        ended, paid = self._endings.after_step(terminations, truncations)
        batch = np.asarray(_subject(self.potential, observations, infos))
        if self._scheduled:
            self._times = self._times + paid
        returned = reached = self.potential.at(batch, self._times)
        finals = self._endings.final_batch(self.potential.reads, infos, ended)
        if finals is not None:
            reached = returned.copy()
            final_potentials = self.potential.at(finals, self._times[ended])
            cut_off = ~terminations[ended]
            self.potential.finite(final_potentials[cut_off], finals[cut_off])
            reached[ended] = final_potentials
        elif len(self._endings.ended_rows):
            returned[terminations] = 0.0
        self.potential.finite(returned, batch)
        added = shaping(self._now, reached, terminations if finals is not None else False, self.shaping_gamma)
        added[self._endings.unpaid] = 0.0
        self._now = returned
        infos = with_vector_line(infos, rewards, SHAPING_LINE, added, paid)
        return observations, rewards + added, terminations, truncations, infos

    def snapshot(self) -> dict[str, Any]:
        """The last potentials, the times and what is known of endings. What a potential itself learns is not in it."""
        return {"now": self._now.copy(), "times": self._times.copy(), "endings": self._endings.snapshot()}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from a snapshot.

        Raises:
            BadInput: It is of another number of environments.
        """
        self._endings.restore(state["endings"])
        self._now = np.array(state["now"], dtype=np.float64)
        self._times = np.array(state["times"], dtype=np.int64)


def _checked_potential(potential: object, env: Any) -> Potential | ScheduledPotential:
    if not isinstance(potential, Potential | ScheduledPotential):
        fix = "say what a function reads: Potential('name', function, reads='state') or reads='observation'"
        raise BadInput(Problem("potential", repr(potential), "a rewardlab.rewards.Potential", fix))
    if potential.reads == "observation":
        check_seen_as_array(env, f"potential {potential.name!r}")
    return potential


def _subject(potential: Potential | ScheduledPotential, observation: Any, info: dict[str, Any]) -> Any:
    """What the potential is to be given: the observation or the state, of one environment or of all."""
    if potential.reads == "observation":
        return observation
    if "state" not in info:
        fix = "use a potential that reads='observation', or let the environment put its state into info"
        raise BadInput(Problem("info['state']", "nothing", f"the state, which potential {potential.name!r} reads", fix))
    return info["state"]
