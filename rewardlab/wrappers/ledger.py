"""The ledger of an episode: what each part of the reward came to, beside the objective. Always outermost."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, SupportsFloat, final

import gymnasium as gym
import numpy as np
from gymnasium.utils import RecordConstructorArgs
from gymnasium.vector import VectorEnv, VectorWrapper
from numpy.typing import NDArray

from rewardlab.snapshots import Restorable
from rewardlab.wrappers.endings import VectorEndings, restarted_rows
from rewardlab.wrappers.ledger_lines import ENVIRONMENT_LINE, paid_by_itself, with_line

__all__ = ["UNACCOUNTED_LINE", "Ledger", "VectorLedger"]

UNACCOUNTED_LINE = "unaccounted"
"""What reward wrappers that are not of this package did; 0 where every wrapper keeps its line."""

_ROUNDING = 1e-9


@final
class Ledger(gym.Wrapper[Any, Any, Any, Any], RecordConstructorArgs):
    """Adds up the ledger over an episode.

    Each step's info gets the line ``unaccounted``, so that its ledger always adds up to the reward. At the end of an
    episode ``info["episode"]`` holds, undiscounted:

    - ``r``: the sum of rewards that the learner saw, ``l``: the number of steps (the keys of Gymnasium and SB3);
    - ``objective``: the sum of the objective. An environment without one is taken to mean what it pays itself, which
      is all lines but those of wrappers;
    - ``ledger``: the sum of each line.

    Args:
        env: Any Gymnasium environment, with all its reward wrappers inside.
    """

    def __init__(self, env: gym.Env[Any, Any]) -> None:
        RecordConstructorArgs.__init__(self, _disable_deepcopy=True)
        gym.Wrapper.__init__(self, env)
        self._sums: dict[str, float] = {}
        self._steps = 0

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, dict[str, Any]]:
        """Reset the environment and open a new ledger."""
        self._sums, self._steps = {}, 0
        return self.env.reset(seed=seed, options=options)

    def step(self, action: Any) -> tuple[Any, SupportsFloat, bool, bool, dict[str, Any]]:
        """Step the environment and add its lines up."""
        observation, reward, terminated, truncated, info = self.env.step(action)
        paid = float(reward)
        lines = info.get("ledger", {ENVIRONMENT_LINE: paid})
        difference = float(_without_rounding(paid - sum(lines.values()), paid, lines.values()))
        info = with_line(info, paid, UNACCOUNTED_LINE, difference)
        entries = {"r": paid, "objective": _objective(info), **_prefixed(info["ledger"])}
        for name, amount in entries.items():
            self._sums[name] = self._sums.get(name, 0.0) + float(amount)
        self._steps += 1
        if terminated or truncated:
            info["episode"] = _episode(self._sums) | {"l": self._steps}
        return observation, paid, terminated, truncated, info


@final
class VectorLedger(VectorWrapper[Any, Any, Any], Restorable):
    """`Ledger` for a vector environment.

    ``infos["episode"]`` (with the mask ``_episode``) stands at the top level in every autoreset mode, in the step in
    which the episode ended, as in Gymnasium's ``RecordEpisodeStatistics``. The ledger of a step's ended rows is in
    ``final_info`` in SAME_STEP mode.

    Args:
        env: Any Gymnasium vector environment that names its autoreset mode, with all its reward wrappers inside.
    """

    def __init__(self, env: VectorEnv[Any, Any, Any]) -> None:
        super().__init__(env)
        self._endings = VectorEndings(env)
        self._names: tuple[str, ...] = ()
        self._sums = np.zeros((2, self.num_envs))
        self._rows = [*self._sums]
        self._steps = np.zeros(self.num_envs, dtype=np.int64)
        self._nothing = np.zeros(self.num_envs)
        self._nothing.setflags(write=False)

    def reset(
        self, *, seed: int | list[int | None] | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Any, dict[str, Any]]:
        """Reset, and open new ledgers for the environments that were restarted."""
        restarted = restarted_rows(options, self.num_envs)
        observations, infos = self.env.reset(seed=seed, options=options)  # type: ignore[arg-type]
        self._sums[:, restarted] = 0.0
        self._steps[restarted] = 0
        self._endings.after_reset(restarted)
        return observations, infos

    def step(
        self, actions: Any
    ) -> tuple[Any, NDArray[np.float64], NDArray[np.bool_], NDArray[np.bool_], dict[str, Any]]:
        """Step all environments and add their lines up."""
        observations, rewards, terminations, truncations, infos = self.env.step(actions)
        ended, paid = self._endings.after_step(terminations, truncations)
        unpaid = self._endings.unpaid
        if len(unpaid) == len(paid):
            return observations, rewards, terminations, truncations, infos
        seen = rewards
        if len(unpaid):
            seen = np.array(rewards, dtype=np.float64)
            seen[unpaid] = 0.0
        lines, objective = _vector_entries(infos, seen)
        difference = _vector_difference(seen, lines)
        if difference is None:
            lines.setdefault(UNACCOUNTED_LINE, self._nothing)
        else:
            lines[UNACCOUNTED_LINE] = lines.get(UNACCOUNTED_LINE, 0.0) + difference
        infos = _with_lines(infos, lines, paid)
        self._add(seen, objective, lines)
        self._steps += 1
        self._steps[unpaid] = 0
        if len(self._endings.ended_rows):
            infos["episode"], infos["_episode"] = self._close(self._endings.ended_rows, ended), ended.copy()
        return observations, rewards, terminations, truncations, infos

    def snapshot(self) -> dict[str, Any]:
        """The running totals of every line, the steps of every episode, and what is known of endings."""
        totals = {"names": [*self._names], "sums": self._sums.copy(), "steps": self._steps.copy()}
        return {**totals, "endings": self._endings.snapshot()}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from a snapshot.

        Raises:
            BadInput: It is of another number of environments.
        """
        self._endings.restore(state["endings"])
        self._names = tuple(state["names"])
        self._sums = np.array(state["sums"], dtype=np.float64)
        self._rows = [*self._sums]
        self._steps = np.array(state["steps"], dtype=np.int64)

    def _add(self, rewards: NDArray[np.float64], objective: NDArray[np.float64], lines: dict[str, Any]) -> None:
        names = tuple(lines)
        if names != self._names[: len(names)]:
            # A line that appears late starts from 0 in all episodes; one that is gone is kept.
            known = dict(zip(self._names, self._sums[2:], strict=True))
            self._names = (*names, *(name for name in self._names if name not in lines))
            sums = [known.get(name, self._nothing) for name in self._names]
            self._sums = np.stack([self._sums[0], self._sums[1], *sums])
            self._rows = [*self._sums]
        # Rows that are kept of lines that are gone stand last, and get nothing.
        for row, amounts in zip(self._rows, (rewards, objective, *lines.values()), strict=False):
            if amounts is not self._nothing:
                row += amounts

    def _close(self, rows: NDArray[np.intp], ended: NDArray[np.bool_]) -> dict[str, Any]:
        """The totals of the episodes that ended, as a masked info, and new ledgers for them."""
        totals = np.zeros(self._sums.shape)
        totals[:, rows] = self._sums[:, rows]
        steps = np.zeros(self._steps.shape, dtype=np.int64)
        steps[rows] = self._steps[rows]
        self._sums[:, rows] = 0.0
        self._steps[rows] = 0
        lines = dict(zip(self._names, totals[2:], strict=True))
        return _masked({"r": totals[0], "objective": totals[1], "ledger": lines, "l": steps}, ended)


def _vector_difference(rewards: NDArray[np.float64], lines: dict[str, Any]) -> NDArray[np.float64] | None:
    """What the lines leave out of the rewards, ``[N]``; None where that is nothing but rounding in every row."""
    # An infinite reward is refused where an agent would see it, with a better message than NumPy's warning.
    with np.errstate(invalid="ignore", over="ignore"):
        first, *others = lines.values()
        difference = rewards - first
        for amounts in others:
            difference -= amounts
        # Quick where all rows are in order, which is nearly always: one product stands for them.
        if difference.dot(difference) <= _ROUNDING**2:
            return None
    return np.asarray(_without_rounding(difference, rewards, lines.values()))


def _vector_entries(infos: dict[str, Any], rewards: NDArray[np.float64]) -> tuple[dict[str, Any], NDArray[np.float64]]:
    """The lines and the objective of every row, those that ended included; ``rewards`` are 0 where nothing was paid."""
    if "final_info" not in infos:
        entries = infos.get("ledger") or {ENVIRONMENT_LINE: rewards.copy()}
        lines = {name: amounts for name, amounts in entries.items() if name[0] != "_" or name[1:] not in entries}
        return lines, infos["objective"] if "objective" in infos else paid_by_itself(lines)
    parts = [infos, infos["final_info"]]
    lines = {}
    for part in parts:
        entries = part.get("ledger", {})
        for name, amounts in entries.items():
            # A mask is named after its line; a line's own name may begin like one.
            if not (name.startswith("_") and name[1:] in entries):
                lines[name] = lines[name] + amounts if name in lines else amounts
    if not lines:
        lines = {ENVIRONMENT_LINE: rewards.copy()}
    stated = [part["objective"] for part in parts if "objective" in part]
    objective = sum(stated[1:], start=stated[0]) if stated else paid_by_itself(lines)
    return lines, objective


def _with_lines(infos: dict[str, Any], lines: dict[str, Any], paid: NDArray[np.bool_]) -> dict[str, Any]:
    finals = infos.get("_final_info")
    if finals is None:
        return {**infos, "ledger": _masked(lines, paid), "_ledger": paid}
    going_on, ending = paid & ~finals, paid & finals
    top = {name: np.where(going_on, amounts, 0.0) for name, amounts in lines.items()}
    last = {name: np.where(ending, amounts, 0.0) for name, amounts in lines.items()}
    final_info = {**infos["final_info"], "ledger": _masked(last, ending), "_ledger": ending}
    return {**infos, "ledger": _masked(top, going_on), "_ledger": going_on, "final_info": final_info}


def _masked(entries: dict[str, Any], mask: NDArray[np.bool_]) -> dict[str, Any]:
    masked: dict[str, Any] = {}
    for name, values in entries.items():
        masked[name] = _masked(values, mask) if isinstance(values, dict) else values
        masked[f"_{name}"] = mask
    return masked


def _objective(info: dict[str, Any]) -> float:
    return float(info["objective"] if "objective" in info else paid_by_itself(info["ledger"]))


def _prefixed(lines: dict[str, Any]) -> dict[str, Any]:
    return {f"ledger/{name}": amount for name, amount in lines.items()}


def _episode(sums: dict[str, Any]) -> dict[str, Any]:
    lines = {name.removeprefix("ledger/"): total for name, total in sums.items() if name.startswith("ledger/")}
    return {"r": sums["r"], "objective": sums["objective"], "ledger": lines}


def _without_rounding(difference: Any, reward: Any, lines: Iterable[Any]) -> Any:
    """The difference, or 0 where it is no more than the rounding of the largest number in the sum."""
    largest = np.maximum(1.0, np.abs(reward))
    for amount in lines:
        largest = np.maximum(largest, np.abs(amount))
    return np.where(np.abs(difference) <= _ROUNDING * largest, 0.0, difference)
