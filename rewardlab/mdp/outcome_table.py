"""All that an environment needs to know of an outcome, side by side in one row, so that a step is one look-up."""

from __future__ import annotations

from typing import Any, final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from rewardlab.errors import BadInput, Problem
from rewardlab.mdp.finite_task import FiniteTask
from rewardlab.rewards.catalogue import RewardChoice

__all__ = ["OutcomeTable"]


@final
class OutcomeTable:
    """The outcomes of a finite task under one reward, flattened: row ``(state * A + action) * K + outcome``.

    The columns are: reward paid, objective, one for each term of the reward, one for each event.
    """

    def __init__(self, task: FiniteTask, reward: RewardChoice) -> None:
        model = task.model
        self.reward = task.catalogue.reward(reward)
        self.n_actions, self.n_outcomes = model.n_actions, model.n_outcomes
        self.term_names = tuple(term.name for term in self.reward.terms)
        self.event_names = tuple(model.events)
        lines = self.reward.lines(model.transitions)
        columns = [sum(lines.values()), *lines.values()]
        paid, *terms = (model.scatter(np.asarray(column)) for column in columns)
        events = [model.events[name] for name in self.event_names]
        table = np.stack([paid, task.objective_table, *terms, *events], axis=-1)
        self.rows: NDArray[np.float64] = np.ascontiguousarray(table.reshape(-1, table.shape[-1]))
        self.successor: NDArray[np.int64] = model.successor.ravel()
        # The last threshold is above every draw, so that rounding in the sum cannot lead outside the K outcomes.
        cumulative = model.probability.cumsum(axis=-1)[:, :, :-1]
        self.thresholds: NDArray[np.float64] = cumulative.reshape(
            model.n_states * model.n_actions, model.n_outcomes - 1
        )
        self._terminal = model.terminal
        self.set_start(model.start)

    def set_start(self, start: ArrayLike) -> None:
        """Draw first states from another distribution from now on; the model and its exact solution stay as they are.

        Args:
            start: ``[S]`` weights; divided by their sum.

        Raises:
            BadInput: A weight is negative or no finite number, all are 0, or a terminal state has one.
        """
        weights = np.array(start, dtype=np.float64)
        if weights.shape != self._terminal.shape or not np.isfinite(weights).all() or (weights < 0).any():
            got = f"an array of shape {weights.shape}"
            raise BadInput(Problem("start", got, f"{len(self._terminal)} weights, one for each state, none negative"))
        if not weights.any() or weights[self._terminal].any():
            got = f"weight on the terminal states {np.flatnonzero(self._terminal & (weights > 0))[:8].tolist()}"
            expected = "weight on states in which an episode can begin, and on no other"
            raise BadInput(Problem("start", got if weights.any() else "no weight at all", expected))
        self.start: NDArray[np.float64] = weights
        self.start_states: NDArray[np.int64] = np.flatnonzero(weights)
        self._start_thresholds = (weights / weights.sum())[self.start_states].cumsum()[:-1]

    def draw_starts(self, count: int, rng: np.random.Generator) -> NDArray[np.int64]:
        """Draw first states, ``[count]`` int64."""
        picks = np.searchsorted(self._start_thresholds, rng.random(count), side="right")
        starts: NDArray[np.int64] = self.start_states[picks]
        return starts

    def draw_outcomes(
        self, states: NDArray[np.int64], actions: NDArray[np.int64], rng: np.random.Generator
    ) -> NDArray[np.int64]:
        """Draw the row of the outcome of each action, ``[N]`` int64. Draws nothing where there is one outcome only."""
        pair = states * self.n_actions + actions
        if self.n_outcomes == 1:
            return pair
        draws = rng.random(len(pair))
        thresholds = self.thresholds.take(pair, axis=0)
        outcome: NDArray[np.int64] = (draws[:, None] >= thresholds).sum(axis=1)
        return pair * self.n_outcomes + outcome

    def infos(
        self, rows: NDArray[np.float64], next_states: NDArray[np.int64], mask: NDArray[np.bool_]
    ) -> dict[str, Any]:
        """Gymnasium's vector infos for paid steps: each key beside its mask, nested ones too.

        Args:
            rows: ``[N, C]`` rows of this table.
            next_states: ``[N]`` the states that the steps led to.
            mask: ``[N]`` the environments that took a paid step.
        """
        places = {"state": next_states, "_state": mask}
        if not mask.any():
            # As in Gymnasium: a key that no environment has is not there.
            return places
        columns = rows.T
        first_event = 2 + len(self.term_names)
        return places | {
            "objective": columns[1],
            "_objective": mask,
            "ledger": _masked(self.term_names, columns[2:first_event], mask),
            "_ledger": mask,
            "events": _masked(self.event_names, columns[first_event:], mask),
            "_events": mask,
        }

    def info(self, row: int, next_state: int) -> dict[str, Any]:
        """The info of one paid step of a single environment."""
        _, objective, *rest = self.rows[row].tolist()
        n_terms = len(self.term_names)
        return {
            "state": next_state,
            "objective": objective,
            "ledger": dict(zip(self.term_names, rest[:n_terms], strict=True)),
            "events": dict(zip(self.event_names, rest[n_terms:], strict=True)),
        }


def _masked(names: tuple[str, ...], columns: NDArray[np.float64], mask: NDArray[np.bool_]) -> dict[str, Any]:
    entries: dict[str, Any] = {}
    for name, column in zip(names, columns, strict=True):
        entries[name] = column
        entries[f"_{name}"] = mask
    return entries
