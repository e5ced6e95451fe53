"""The episodes of a training, as they end: their totals in the order in which they began, and each step on demand."""

from __future__ import annotations

import heapq
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from rewardlab.agents.evaluation import exploits_shown
from rewardlab.errors import BadInput, Problem
from rewardlab.rewards.catalogue import Catalogue
from rewardlab.transitions import Transitions
from rewardlab.wrappers.ledger_lines import paid_by_itself

__all__ = ["EndedEpisode", "EpisodeLog", "WatchedEpisode", "told_state", "write_episode"]


@final
@dataclass(frozen=True, slots=True)
class WatchedEpisode:
    """What was done, step by step, and what it was worth.

    In a deterministic model it can be played again: reset with ``options={"state": first_state}``, then take the
    actions. Where chance takes part they may lead elsewhere; SB3 seeds an environment once, not each episode, so there
    is no seed to go by.

    Attributes:
        number: Which episode of the training it is, from 1, in the order in which they began.
        environment: Which of the environments played it.
        began: The steps that the training had taken, in all environments together, when it began.
        first_state: The state that it began in, where the environment tells it at a reset; else None.
        actions: T actions, as plain numbers or lists.
        ledger: By line, T amounts. In each step they add up to what was paid.
        objective: T amounts.
        terminated: Whether the task was over, and not only the time.
        exploits: The known exploits that it shows, where the environment has a catalogue and tells its states.
    """

    number: int
    environment: int
    began: int
    first_state: int | None
    actions: tuple[Any, ...]
    ledger: dict[str, tuple[float, ...]]
    objective: tuple[float, ...]
    terminated: bool
    exploits: tuple[str, ...]

    @property
    def paid(self) -> tuple[float, ...]:
        """T amounts paid."""
        return tuple(map(sum, zip(*self.ledger.values(), strict=True)))

    def as_dict(self) -> dict[str, Any]:
        """All of it as JSON data, and the totals."""
        ledger = {name: list(amounts) for name, amounts in self.ledger.items()}
        totals = {
            "paid": sum(self.paid),
            "objective": sum(self.objective),
            "ledger": {name: sum(amounts) for name, amounts in ledger.items()},
        }
        sequences = {"actions": list(self.actions), "objective": list(self.objective), "exploits": list(self.exploits)}
        return asdict(self) | sequences | {"ledger": ledger, "paid": list(self.paid), "totals": totals}


def write_episode(episode: WatchedEpisode, path: Path) -> None:
    """Write an episode as JSON: to a temporary file first, so that no half of one is ever found.

    Args:
        episode: What to write.
        path: In a folder that exists.
    """
    unfinished = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    unfinished.write_text(json.dumps(episode.as_dict(), indent=1) + "\n", encoding="utf-8")
    unfinished.replace(path)


def told_state(info: Mapping[str, Any]) -> int | None:
    """The number of the state that an info tells, as those of a finite environment do; None if it tells none."""
    state = info.get("state")
    return int(state) if isinstance(state, int | np.integer) else None


@final
@dataclass(frozen=True, slots=True)
class EndedEpisode:
    """An episode that ended.

    Attributes:
        paid: Its total.
        objective: Its total.
        ledger: The total of each line.
        environment: Which of the environments played it.
        began: The steps that the training had taken when it began.
        first_state: Where it began, or None.
        terminated: Whether the task was over.
        steps: T of action, ledger, objective, events and state reached.
    """

    paid: float
    objective: float
    ledger: Mapping[str, float]
    environment: int
    began: int
    first_state: int | None
    terminated: bool
    steps: Sequence[tuple[Any, Mapping[str, float], float, Mapping[str, float], int | None]]

    def watched(self, number: int, catalogue: Catalogue | None) -> WatchedEpisode:
        """All of it step by step, as plain data.

        Args:
            number: Which episode of the training it is.
            catalogue: Knows the exploits to look for; None if there is none.
        """
        actions, ledgers, objective, _, _ = zip(*self.steps, strict=True)
        lines = {name: tuple(float(step.get(name, 0.0)) for step in ledgers) for name in self.ledger}
        return WatchedEpisode(
            number,
            self.environment,
            self.began,
            self.first_state,
            actions,
            lines,
            objective,
            self.terminated,
            tuple(exploits_shown(self._transitions(), catalogue)) if self._tells_states else (),
        )

    @property
    def _tells_states(self) -> bool:
        return self.first_state is not None and all(step[4] is not None for step in self.steps)

    def _transitions(self) -> Transitions:
        states = np.array([self.first_state, *(step[4] for step in self.steps)])
        names = self.steps[0][3]
        events = {name: np.array([float(step[3][name]) for step in self.steps]) for name in names}
        ends = np.zeros(len(self.steps), dtype=np.bool_)
        ends[-1] = self.terminated
        return Transitions(states[:-1], np.array([step[0] for step in self.steps]), states[1:], ends, events)


@final
class EpisodeLog:
    """Follows the running episodes of N environments and hands over each that ended, in the order of beginning.

    Of episodes that begin together the short ones end first. In the order of their ends a stream would open with short
    episodes only, and would seem to change where nothing did; so an episode waits for those that began before it.

    Args:
        first_states: N states in which the episodes begin, None where it is not told.
        taken: The steps that the training has taken.
    """

    def __init__(self, first_states: Sequence[int | None], taken: int) -> None:
        self._first: list[int | None] = list(first_states)
        self._began = [taken] * len(self._first)
        self._steps: list[list[Any]] = [[] for _ in self._first]
        self._waiting: list[tuple[int, int, EndedEpisode]] = []

    def add(
        self,
        actions: NDArray[Any],
        dones: NDArray[np.bool_],
        infos: Sequence[Mapping[str, Any]],
        first_states: Sequence[int | None],
        taken: int,
    ) -> list[EndedEpisode]:
        """Take note of a step.

        Args:
            actions: ``[N, ...]`` what was done.
            dones: ``[N]`` bool, whose episode ended.
            infos: N infos as SB3 gets them, with the ledger.
            first_states: N states in which the newest episodes began, None where it is not told.
            taken: The steps that the training has taken, this one included.

        Returns:
            The episodes that need not wait any more.

        Raises:
            BadInput: There is no ledger.
        """
        for steps, action, info in zip(self._steps, actions.tolist(), infos, strict=True):
            if "ledger" not in info:
                fix = "wrap it in rewardlab.Ledger, or a vector of them in VectorAdapter"
                raise BadInput(Problem("the environment's info", "no 'ledger'", "one in each step", fix))
            ledger = info["ledger"]
            objective = float(info["objective"] if "objective" in info else paid_by_itself(ledger))
            steps.append((action, ledger, objective, info.get("events", {}), told_state(info)))
        for index in np.flatnonzero(dones).tolist():
            self._end(index, infos[index])
            self._steps[index], self._began[index] = [], taken
            self._first[index] = first_states[index]
        return self._released()

    def _end(self, index: int, info: Mapping[str, Any]) -> None:
        steps = self._steps[index]
        # A training that goes on where another stopped begins in the middle of episodes, of which it saw only the rest.
        if info.get("episode", {}).get("l", len(steps)) != len(steps):
            return
        lines: dict[str, float] = {}
        for step in steps:
            for name, amount in step[1].items():
                lines[name] = lines.get(name, 0.0) + float(amount)
        paid, objective = sum(lines.values()), sum(step[2] for step in steps)
        terminated = not info.get("TimeLimit.truncated", False)
        began = self._began[index]
        ended = EndedEpisode(paid, objective, lines, index, began, self._first[index], terminated, tuple(steps))
        heapq.heappush(self._waiting, (began, index, ended))

    def _released(self) -> list[EndedEpisode]:
        oldest_running = min(zip(self._began, range(len(self._began)), strict=True))
        released = []
        while self._waiting and self._waiting[0][:2] < oldest_running:
            released.append(heapq.heappop(self._waiting)[2])
        return released
