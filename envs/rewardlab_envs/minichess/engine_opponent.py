"""An engine as the opponent in many games: it is asked for one move after the other."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, final

from rewardlab_envs.minichess.engine_settings import EngineSettings
from rewardlab_envs.minichess.uci_process import EngineFailed, UciProcess

__all__ = ["EngineOpponent"]

_NO_MOVE = ("(none)", "0000")


@final
class EngineOpponent:
    """An engine, the games that it is in, and what has been played in them.

    It starts with the first question, in the process that plays. Before each question it forgets all others, so that an
    answer depends on the game alone: not on what else is played beside it, nor on an engine that died and was started
    anew.

    Args:
        settings: Which engine, and how long it thinks.
        start: Where the games begin, in FEN.
        count: The number of games.
    """

    def __init__(self, settings: EngineSettings, start: str, count: int) -> None:
        self.settings = settings
        self._start = start
        self._moves: list[tuple[str, ...]] = [()] * count
        self._process: UciProcess | None = None

    @property
    def moves(self) -> list[list[str]]:
        """What has been played in each game, as data. May be set, to go on where other games were."""
        return [list(moves) for moves in self._moves]

    @moves.setter
    def moves(self, played: Iterable[Iterable[str]]) -> None:
        self._moves = [tuple(moves) for moves in played]

    def begin(self, games: Iterable[int]) -> None:
        """Forget what has been played in these games."""
        for game in games:
            self._moves[game] = ()

    def note(self, game: int, move: str) -> None:
        """A move was played in a game, by whomever."""
        self._moves[game] = (*self._moves[game], move)

    def answer(self, game: int, fen: str, legal: dict[str, int]) -> int:
        """The engine's move in a game, as the compiled rules know it. An engine that dies is started once more.

        Args:
            game: The number of the game.
            fen: The position, for the messages.
            legal: The legal moves by their names, at least one.

        Raises:
            EngineFailed: It died twice over this question, did not answer in time twice, or answered nonsense.
        """
        where = f"game {game} in {fen!r}"
        try:
            named = self._ask(game)
        except EngineFailed as fault:
            warnings.warn(f"{where}: {fault}; it is started once more", RuntimeWarning, stacklevel=2)
            try:
                named = self._ask(game)
            except EngineFailed as again:
                raise EngineFailed(f"{where}: {again}; it was started once more in vain") from fault
        move = legal.get(named)
        if move is None:
            self._kill()  # it may be in any state
            got = "that there is no move" if named in _NO_MOVE else f"{named!r}"
            raise EngineFailed(
                f"{where}: {self.settings.name} answered {got}, expected one of {', '.join(sorted(legal))}"
            )
        return move

    @contextmanager
    def undone_on_failure(self) -> Iterator[None]:
        """Whatever is raised meanwhile, the games are afterwards where they were."""
        kept = list(self._moves)
        try:
            yield
        except BaseException:
            self._moves = kept
            raise

    def close(self) -> None:
        """End the engine. A further question would start it anew."""
        if self._process is not None:
            self._process.close()
            self._process = None

    def _ask(self, game: int) -> str:
        played = " ".join(self._moves[game])
        position = f"position fen {self._start}" + (f" moves {played}" if played else "")
        try:
            if self._process is not None and not self._process.is_ours:
                self.close()
            self._process = self._process or self.settings.start()
            self._process.say("ucinewgame", position, self.settings.limits())
            answer = self._process.hear("bestmove", self.settings.seconds)[-1]
        except BaseException:
            self._kill()  # also after Ctrl-C: the answer to this question must not be taken for that to the next
            raise
        words = answer.split()
        return words[1].lower() if len(words) > 1 else ""

    def _kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process = None

    def __getstate__(self) -> dict[str, Any]:
        # A copy, in this process or another, starts an engine of its own.
        return {**self.__dict__, "_process": None}
