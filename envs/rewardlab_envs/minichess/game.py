"""One game at a time: for people, tests and analysis. Learners play in `MiniChessEnv`."""

from __future__ import annotations

from typing import final

import numpy as np

from rewardlab.errors import BadInput, Problem, one_of
from rewardlab_envs.drawn_board import DrawnBoard
from rewardlab_envs.minichess.fen import read_fen, write_fen
from rewardlab_envs.minichess.loading import compiled
from rewardlab_envs.minichess.notation import after, named_moves, standard_notation
from rewardlab_envs.minichess.pgn import pgn_text
from rewardlab_envs.minichess.picture import drawn_position, squares_of
from rewardlab_envs.minichess.rules import rule_set
from rewardlab_envs.minichess.squares import MOST_MOVES, SIDE, STATE_LENGTH

__all__ = ["ENDINGS", "HISTORY_LENGTH", "Game"]

ENDINGS = ("", "mate", "stalemate", "repetition", "quiet_moves", "dead_position", "forfeit")
"""What ends a game, at the number that the engine knows it by; of a forfeit it knows nothing."""

HISTORY_LENGTH = 201
"""Positions that are remembered: those since the last capture or pawn's move, and no rule set allows more of them."""


@final
class Game:
    """A game under a rule set.

    Args:
        rules: The name of a rule set.
        fen: Where to begin; the start of the game by default.

    Attributes:
        rules: The rule set.
        first_fen: The position where it began.
        state: The position as the engine knows it, ``[128]`` int16.

    Raises:
        BadInput: No such rule set, or an impossible position.
    """

    def __init__(self, rules: str = "gardner", fen: str | None = None) -> None:
        self.rules = rule_set(rules)
        self._numbers = self.rules.as_numbers()
        self.state = read_fen(self.rules.start if fen is None else fen, self.rules)
        self._history = np.zeros(HISTORY_LENGTH, dtype=np.uint64)
        self.first_fen = self.fen
        self._played: list[str] = []
        self._is_forfeited = False
        compiled("playing").remember(self.state, self._numbers, self._history)

    @property
    def fen(self) -> str:
        """The position."""
        return write_fen(self.state, self.rules)

    @property
    def ending(self) -> str:
        """What has ended the game, one of `ENDINGS`; empty while it goes on."""
        if self._is_forfeited:
            return "forfeit"
        count = len(self._moves())
        return ENDINGS[compiled("playing").ending(self.state, self._numbers, self._history, count)]

    @property
    def result(self) -> str:
        """The score as PGN writes it: "1-0", "0-1", "1/2-1/2", or "*" while the game goes on."""
        ending = self.ending
        if not ending:
            return "*"
        if ending not in ("mate", "forfeit"):
            return "1/2-1/2"
        return "0-1" if self.side > 0 else "1-0"

    @property
    def moves(self) -> tuple[str, ...]:
        """What has been played, as UCI writes it."""
        return tuple(self._played)

    @property
    def side(self) -> int:
        """Who moves: 1 for White, -1 for Black."""
        return int(self.state[SIDE])

    def legal_moves(self) -> list[str]:
        """The legal moves as UCI writes them, such as "e2e4" or "a7a8q", sorted. Also those of a drawn game."""
        return sorted(self._moves())

    def play(self, *moves: str) -> None:
        """Play moves, for both sides in turn.

        Raises:
            BadInput: A move is not legal. Those before it have been played.
        """
        for move in moves:
            legal = self._moves()
            if move not in legal:
                raise BadInput(one_of(f"move in {self.fen!r}", move, legal, "legal move"))
            if self.ending:
                raise BadInput(Problem("move", repr(move), f"none: the game is over ({self.ending})"))
            self.state = after(self.state, self._numbers, legal[move])
            self._played.append(move)
            compiled("playing").remember(self.state, self._numbers, self._history)

    def forfeit(self) -> None:
        """End the game as lost for the side to move, which has tried an illegal move.

        Raises:
            BadInput: The game is over.
        """
        if self.ending:
            raise BadInput(Problem("forfeit", f"a game that is over ({self.ending})", "one that goes on"))
        self._is_forfeited = True

    def pgn(self, *, event: str = "?", date: str = "????.??.??", white: str = "?", black: str = "?") -> str:
        """The game as PGN, which other programs read.

        Args:
            event: What it was played for.
            date: As in "2026.11.25".
            white: Who played White.
            black: Who played Black.

        Raises:
            BadInput: A name holds a character that cannot be printed.
        """
        first = read_fen(self.first_fen, self.rules)
        written = standard_notation(first, self._numbers, self._played)
        tags = {"Event": event, "Site": "?", "Date": date, "Round": "?", "White": white, "Black": black}
        return pgn_text(self.rules, self.first_fen, written, self.result, self.ending, tags)

    @property
    def standing(self) -> str:
        """One line: who is to move, or who has won or that it is a draw, and by what."""
        ending, result = self.ending, self.result
        if not ending:
            return f"{'White' if self.side > 0 else 'Black'} to move"
        reason = "illegal move" if ending == "forfeit" else ending.replace("_", " ")
        return {"1-0": "White has won", "0-1": "Black has won"}.get(result, "a draw") + f": {reason}"

    def board(self, marked: frozenset[int] | None = None) -> DrawnBoard:
        """The position, to be drawn as text, SVG or an image.

        Args:
            marked: Squares to mark, each its row times the rows of the board plus its file; by default from where to
                where the last move went.
        """
        if marked is None:
            marked = squares_of(self._played[-1:], self.rules.size)
        note, is_over = self.standing, bool(self.ending)
        return drawn_position(self.state, self.rules.size, note=note, marked=marked, is_over=is_over)

    def svg(self) -> str:
        """The position as SVG."""
        return self.board().svg()

    def __str__(self) -> str:
        return self.board().text()

    def _repr_svg_(self) -> str:
        """What notebooks show."""
        return self.svg()

    def perft(self, depth: int) -> int:
        """The number of ways to play so many plies, draws by rule not counted as ends.

        Raises:
            BadInput: The depth is not in [1, 64].
        """
        if not 1 <= depth <= 64:
            raise BadInput(Problem("depth", repr(depth), "a whole number in [1, 64]"))
        states = np.zeros((depth + 1, STATE_LENGTH), dtype=np.int16)
        states[depth] = self.state
        moves = np.zeros((depth + 1, MOST_MOVES), dtype=np.int64)
        return int(compiled("moves").perft(states, moves, self._numbers, depth))

    def _moves(self) -> dict[str, int]:
        return named_moves(self.state, self._numbers)
