"""N games against the same opponent: the arrays that the compiled games work on, and the moves from elsewhere."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from rewardlab.errors import BadInput, Problem
from rewardlab.snapshots import Restorable
from rewardlab_envs.minichess.actions import action_table
from rewardlab_envs.minichess.engine_opponent import EngineOpponent
from rewardlab_envs.minichess.events import ILLEGAL, LOST, N_EVENTS
from rewardlab_envs.minichess.fen import write_fen
from rewardlab_envs.minichess.game import HISTORY_LENGTH
from rewardlab_envs.minichess.loading import compiled
from rewardlab_envs.minichess.match_settings import MatchSettings
from rewardlab_envs.minichess.notation import named_moves, written
from rewardlab_envs.minichess.rules import rule_set
from rewardlab_envs.minichess.squares import ANSWER, AWAITED, BEGIN, NOTHING, STATE_LENGTH

__all__ = ["Match"]


@final
class Match(Restorable):
    """N games under the same settings.

    Args:
        settings: What is played, against whom.
        count: N.

    Attributes:
        states: ``[N, 128]`` int16, as the engine knows them.
        masks: ``[N, A]`` bool, the actions that are legal now; none where a game is over.
    """

    def __init__(self, settings: MatchSettings, count: int) -> None:
        self.settings = settings
        self.table = action_table(settings.rules)
        self._rules = rule_set(settings.rules).as_numbers()
        self._start: NDArray[np.int16] | None = None  # read on first use, so that nothing is compiled before
        self._setup = settings.as_numbers()
        self.states = np.zeros((count, STATE_LENGTH), dtype=np.int16)
        self._histories = np.zeros((count, HISTORY_LENGTH), dtype=np.uint64)
        self._streams = np.zeros((count, 1), dtype=np.uint64)
        self._colours = np.ones(count, dtype=np.int64)
        self.masks = np.zeros((count, len(self.table)), dtype=np.bool_)
        self.observation_length = 13 * self.table.size**2 + 6
        self._engine: EngineOpponent | None = None  # where one plays, from the first game on

    def seed(self, which: NDArray[np.int64], streams: NDArray[np.uint64]) -> None:
        """Give the games ``which`` new random streams, one number for each."""
        self._streams[which, 0] = streams

    def begin(self, which: NDArray[np.int64]) -> None:
        """Begin new games in the rows ``which``, up to the agent's first move.

        Raises:
            EngineFailed: The engine died or answered nonsense. No game has changed then.
        """
        self._advance(which, np.full(len(self.states), BEGIN), np.zeros((len(self.states), N_EVENTS)))

    def act(self, which: NDArray[np.int64], actions: NDArray[np.int64]) -> NDArray[np.float64]:
        """Play actions ``[N]`` in the games ``which``, and the opponent's answers.

        Args:
            which: The rows that play.
            actions: ``[N]``, read in those rows.

        Returns:
            ``[N, E]`` float64, what happened; zeros in all other rows.

        Raises:
            BadInput: An action is no action, or not legal where illegal moves are refused.
            EngineFailed: The engine died or answered nonsense. No game has moved then.
        """
        chosen = actions[which]
        outside = (chosen < 0) | (chosen >= len(self.table))
        if outside.any():
            index = int(which[np.flatnonzero(outside)[0]])
            raise BadInput(
                Problem(f"actions[{index}]", str(actions[index]), f"a whole number in [0, {len(self.table)})")
            )
        legal = self.masks[which, chosen]
        events = np.zeros((len(self.states), N_EVENTS))
        if not legal.all():
            illegal = which[~legal]
            if self.settings.illegal_moves == "refused":
                raise BadInput(self._illegal(int(illegal[0]), int(actions[illegal[0]])))
            events[illegal, ILLEGAL] = 1.0
            events[illegal, LOST] = float(self.settings.illegal_moves == "lost")
        self._advance(which[legal], actions, events)
        if self.settings.illegal_moves == "lost":
            self.masks[which[~legal]] = False  # those games are over
        return events

    def observe(self) -> NDArray[np.float32]:
        """What the agents see, ``[N, O]`` float32."""
        observations = np.zeros((len(self.states), self.observation_length), dtype=np.float32)
        compiled("games").observe(self.states, self._colours, self._rules, observations)
        return observations

    @contextmanager
    def undone_on_failure(self, *beside: NDArray[Any]) -> Iterator[None]:
        """Whatever is raised meanwhile, all games are afterwards where they were. Does nothing where no engine plays.

        Args:
            beside: Arrays that go with the games, and are put back as well.
        """
        if self._engine is None:
            yield
            return
        arrays = (*self._remembered().values(), *beside)
        kept = [array.copy() for array in arrays]
        try:
            with self._engine.undone_on_failure():
                yield
        except BaseException:
            for array, before in zip(arrays, kept, strict=True):
                array[:] = before
            raise

    def snapshot(self) -> dict[str, Any]:
        """Every position, what led to it as far as rules and the engine ask, and the random streams."""
        arrays = {name: array.copy() for name, array in self._remembered().items()}
        return {**arrays, "engine": None if self._engine is None else self._engine.moves}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from a snapshot of as many games under the same settings. An engine starts with the next question.

        Raises:
            BadInput: It is of another number of games, or of other rules.
        """
        for name, array in self._remembered().items():
            if np.shape(state[name]) != array.shape:
                raise BadInput(Problem(f"the snapshot's {name}", f"shape {np.shape(state[name])}", str(array.shape)))
            array[:] = state[name]
        self._begun()
        if self._engine is not None and state["engine"] is not None:
            self._engine.moves = state["engine"]

    def close(self) -> None:
        """End the engine, where one plays."""
        if self._engine is not None:
            self._engine.close()

    def _advance(self, which: NDArray[np.int64], actions: NDArray[np.int64], events: NDArray[np.float64]) -> None:
        start = self._begun()
        played = np.full((len(self.states), 2), NOTHING)
        if self._engine is None:
            self._play_on(start, which, actions, played, events)
            return
        with self.undone_on_failure():
            self._play_on(start, which, actions, played, events)
            self._engine.begin(which[actions[which] == BEGIN].tolist())
            self._let_answer(self._engine, start, which, played, events)

    def _begun(self) -> NDArray[np.int16]:
        """The first position; with it comes the engine, where one plays."""
        if self._start is None:
            self._start = self.settings.start()
            if self.settings.opponent == "uci":
                start = write_fen(self._start, rule_set(self.settings.rules))
                self._engine = EngineOpponent(self.settings.engine_settings(), start, len(self.states))
        return self._start

    def _remembered(self) -> dict[str, NDArray[Any]]:
        """The arrays that the compiled games write into."""
        return {
            "states": self.states,
            "histories": self._histories,
            "streams": self._streams,
            "colours": self._colours,
            "masks": self.masks,
        }

    def _let_answer(
        self,
        engine: EngineOpponent,
        start: NDArray[np.int16],
        which: NDArray[np.int64],
        played: NDArray[np.int64],
        events: NDArray[np.float64],
    ) -> None:
        """Tell the engine what was played in the games ``which``, and play its answers where they are awaited."""
        for game in which.tolist():
            for move in played[game].tolist():
                if move >= 0:
                    engine.note(game, written(move))
        awaited = which[played[which, 1] == AWAITED]
        for game in awaited.tolist():
            fen = write_fen(self.states[game], rule_set(self.settings.rules))
            played[game, 1] = engine.answer(game, fen, named_moves(self.states[game], self._rules))
            engine.note(game, written(int(played[game, 1])))
        if len(awaited):
            self._play_on(start, awaited, np.full(len(self.states), ANSWER), played, events)

    def _play_on(
        self,
        start: NDArray[np.int16],
        which: NDArray[np.int64],
        actions: NDArray[np.int64],
        played: NDArray[np.int64],
        events: NDArray[np.float64],
    ) -> None:
        compiled("games").advance(
            self.states,
            self._histories,
            self._streams,
            self._colours,
            which,
            actions,
            self.table.moves,
            self.table.number,
            start,
            self._rules,
            self._setup,
            played,
            events,
            self.masks,
        )

    def _illegal(self, index: int, action: int) -> Problem:
        legal = [f"{move} ({self.table.describe(move)})" for move in np.flatnonzero(self.masks[index]).tolist()]
        fix = "see action_masks(), or set illegal_moves='wasted'"
        got = f"{action} ({self.table.describe(action)})"
        return Problem(f"actions[{index}]", got, f"a legal move: {', '.join(legal)}", fix)
