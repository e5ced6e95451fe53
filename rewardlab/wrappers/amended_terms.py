"""Terms of a reward paid with other factors, or only under a condition: what a repair does to a reward.

A finite environment writes what each term paid into its ledger, and what happened into its events. So a term can be
paid half, not at all, only in steps with some event, or never in those, without a line of the environment's code. It is
*another task*; `rewardlab.audit` says whether it is a better one.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, SupportsFloat, final

import gymnasium as gym
import numpy as np
from gymnasium.utils import RecordConstructorArgs
from gymnasium.vector import VectorEnv, VectorWrapper
from numpy.typing import NDArray

from rewardlab.errors import BadInput, Problem, one_of
from rewardlab.snapshots import Restorable
from rewardlab.wrappers.endings import VectorEndings, restarted_rows
from rewardlab.wrappers.ledger_lines import with_line, with_vector_line

__all__ = ["AMENDED_LINE", "AmendedTerms", "VectorAmendedTerms", "amendment"]

AMENDED_LINE = "amended"

Amounts = Mapping[str, Any]


def amendment(
    lines: Amounts,
    events: Amounts,
    *,
    factors: Mapping[str, float],
    only_when: Mapping[str, str],
    never_when: Mapping[str, str],
) -> Any:
    """What is added to the reward of each step so that its terms are paid as amended.

    Args:
        lines: Term to ``[B]`` what it paid.
        events: Event to ``[B]`` how much of it happened; more than 0 counts as happening.
        factors: Term to what it is multiplied by.
        only_when: Term to the event without which it is not paid.
        never_when: Term to the event with which it is not paid.

    Returns:
        ``[B]``.

    Raises:
        BadInput: The step has no such term or event.
    """
    added: Any = 0.0
    for name in dict.fromkeys((*factors, *only_when, *never_when)):
        paid = _of(lines, name, "term")
        kept = factors.get(name, 1.0) * paid
        if name in only_when:
            kept = kept * (_of(events, only_when[name], "event") > 0)
        if name in never_when:
            kept = kept * ~np.asarray(_of(events, never_when[name], "event") > 0)
        added = added + (kept - paid)
    return added


@final
class AmendedTerms(gym.Wrapper[Any, Any, Any, Any], RecordConstructorArgs):
    """Pays terms with other factors or under conditions, and adds the line ``amended`` to the ledger.

    Args:
        env: An environment whose info holds ``"ledger"`` with a line for each term, and ``"events"``.
        factors: Term to what it is multiplied by.
        only_when: Term to the event without which it is not paid.
        never_when: Term to the event with which it is not paid.
    """

    def __init__(
        self,
        env: gym.Env[Any, Any],
        factors: Mapping[str, float] | None = None,
        *,
        only_when: Mapping[str, str] | None = None,
        never_when: Mapping[str, str] | None = None,
    ) -> None:
        RecordConstructorArgs.__init__(
            self, _disable_deepcopy=True, factors=factors, only_when=only_when, never_when=never_when
        )
        gym.Wrapper.__init__(self, env)
        self.amendments: dict[str, Any] = _amendments(factors, only_when, never_when)

    def step(self, action: Any) -> tuple[Any, SupportsFloat, bool, bool, dict[str, Any]]:
        """Step the environment and pay what it pays as amended."""
        observation, reward, terminated, truncated, info = self.env.step(action)
        added = float(amendment(info.get("ledger", {}), info.get("events", {}), **self.amendments))
        paid = float(reward)
        return observation, paid + added, terminated, truncated, with_line(info, paid, AMENDED_LINE, added)


@final
class VectorAmendedTerms(VectorWrapper[Any, Any, Any], Restorable):
    """`AmendedTerms` for a vector environment. The reset rows of NEXT_STEP pay nothing, as before.

    Args:
        env: A vector environment that names its autoreset mode, with ``"ledger"`` and ``"events"`` in its infos.
        factors: Term to what it is multiplied by.
        only_when: Term to the event without which it is not paid.
        never_when: Term to the event with which it is not paid.
    """

    def __init__(
        self,
        env: VectorEnv[Any, Any, Any],
        factors: Mapping[str, float] | None = None,
        *,
        only_when: Mapping[str, str] | None = None,
        never_when: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(env)
        self.amendments: dict[str, Any] = _amendments(factors, only_when, never_when)
        self._endings = VectorEndings(env)

    def reset(
        self, *, seed: int | list[int | None] | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Any, dict[str, Any]]:
        """Reset all environments, or those of ``options["reset_mask"]``."""
        restarted = restarted_rows(options, self.num_envs)
        observations, infos = self.env.reset(seed=seed, options=options)  # type: ignore[arg-type]
        self._endings.after_reset(restarted)
        return observations, infos

    def step(
        self, actions: Any
    ) -> tuple[Any, NDArray[np.float64], NDArray[np.bool_], NDArray[np.bool_], dict[str, Any]]:
        """Step all environments and pay what they pay as amended."""
        observations, rewards, terminations, truncations, infos = self.env.step(actions)
        _, paid = self._endings.after_step(terminations, truncations)
        added = np.zeros(self.num_envs)
        if paid.any():
            # Rows whose episode ended in SAME_STEP mode stand in final_info, with 0 in their place at the top. Where
            # all end at once, a ledger inside of this wrapper leaves lines at the top that are nobody's.
            parts = [part for part in (infos, infos.get("final_info", {})) if np.any(part.get("_ledger", False))]
            for part in parts or [infos]:
                added = added + amendment(part.get("ledger", {}), part.get("events", {}), **self.amendments)
        infos = with_vector_line(infos, rewards, AMENDED_LINE, added, paid)
        return observations, rewards + added, terminations, truncations, infos

    def snapshot(self) -> dict[str, Any]:
        """What it knows of endings; it remembers nothing else."""
        return self._endings.snapshot()

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from a snapshot.

        Raises:
            BadInput: It is of another number of environments.
        """
        self._endings.restore(state)


def _amendments(
    factors: Mapping[str, float] | None, only_when: Mapping[str, str] | None, never_when: Mapping[str, str] | None
) -> dict[str, Any]:
    kept = {"factors": dict(factors or {}), "only_when": dict(only_when or {}), "never_when": dict(never_when or {})}
    if not any(kept.values()):
        raise BadInput(Problem("terms", "no factors and no conditions", "at least one", "or leave the wrapper out"))
    return kept


def _of(amounts: Amounts, name: str, what: str) -> Any:
    if name not in amounts:
        known = [other for other in amounts if not other.startswith("_")]
        raise BadInput(one_of(f"terms.{name}", name, known, what))
    return amounts[name]
