"""Rule sets: what a chess-like game is, as data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

import numpy as np
from numpy.typing import NDArray

from rewardlab.errors import BadInput, one_of
from rewardlab_envs.minichess.squares import square_of

__all__ = ["CASTLING_LETTERS", "LETTERS", "RULE_SETS", "Castling", "RuleSet", "rule_set"]

LETTERS = ".PNBRQK"
"""The letter of each kind of piece, at the number that the engine knows it by; 0 is an empty square."""

CASTLING_LETTERS = "KQkq"
"""The four rights as FEN writes them: White's towards the last file and towards the first, then Black's."""


@final
@dataclass(frozen=True, slots=True)
class Castling:
    """One way to castle, as squares such as "e1"."""

    king_from: str
    king_to: str
    rook_from: str
    rook_to: str


@final
@dataclass(frozen=True, slots=True)
class RuleSet:
    """A game. All that is not named here is as in chess.

    Attributes:
        name: The name by which it is chosen.
        summary: Where it comes from.
        start: The first position, in FEN.
        double_step: Whether a pawn may go two squares from where it stood at first.
        en_passant: Whether a pawn that did may be taken as if it had gone one.
        promotions: What a pawn may become, as letters.
        castling: By the letter of FEN; empty where nobody castles.
        quiet_plies: A draw after so many plies without a capture or a pawn's move. At most 200.
        repetitions: A draw when the same position is there so many times.
    """

    name: str
    summary: str
    start: str
    double_step: bool = False
    en_passant: bool = False
    promotions: str = "QRBN"
    castling: tuple[tuple[str, Castling], ...] = ()
    quiet_plies: int = 100
    repetitions: int = 3

    @property
    def size(self) -> int:
        """The number of rows, which is that of files."""
        return self.start.split(" ")[0].count("/") + 1

    def as_numbers(self) -> NDArray[np.int16]:
        """What the engine reads, ``[32]`` int16; the places are named in `rewardlab_envs.minichess.squares`."""
        numbers = np.zeros(32, dtype=np.int16)
        numbers[:6] = (
            self.size,
            self.double_step,
            self.en_passant,
            self.quiet_plies,
            self.repetitions,
            len(self.promotions),
        )
        numbers[6 : 6 + len(self.promotions)] = [LETTERS.index(letter) for letter in self.promotions]
        for letter, way in self.castling:
            first = 12 + 4 * CASTLING_LETTERS.index(letter)
            squares = (way.king_from, way.king_to, way.rook_from, way.rook_to)
            numbers[first : first + 4] = [square_of(square) for square in squares]
        return numbers


RULE_SETS = {
    rules.name: rules
    for rules in (
        RuleSet(
            "gardner",
            "5x5, the rules of the Italian players (AISE): no double step, no castling; a draw (Mhalla & Prost 2013).",
            "rnbqk/ppppp/5/PPPPP/RNBQK w - - 0 1",
        ),
        RuleSet(
            "gardner_1969",
            "5x5, as Martin Gardner proposed it in 1969: with double step, en passant and castling.",
            "rnbqk/ppppp/5/PPPPP/RNBQK w Qq - 0 1",
            double_step=True,
            en_passant=True,
            castling=(("Q", Castling("e1", "c1", "a1", "d1")), ("q", Castling("e5", "c5", "a5", "d5"))),
        ),
        RuleSet(
            "baby",
            "5x5, kings in opposite corners (Gardner 1989); here with double step and en passant.",
            "kqbnr/ppppp/5/PPPPP/RNBQK w - - 0 1",
            double_step=True,
            en_passant=True,
        ),
        RuleSet(
            "mallett",
            "5x5, two knights against two bishops (Jeff Mallett); here with double step and en passant, no castling.",
            "rbkqb/ppppp/5/PPPPP/RNKQN w - - 0 1",
            double_step=True,
            en_passant=True,
        ),
        RuleSet(
            "silverman",
            "4x4 (David Silverman 1981): the pawns face each other at once, and White wins.",
            "rqkr/pppp/PPPP/RQKR w - - 0 1",
        ),
        RuleSet(
            "los_alamos",
            "6x6 without bishops, the first chess a computer played (Los Alamos 1956).",
            "rnqknr/pppppp/6/6/PPPPPP/RNQKNR w - - 0 1",
            promotions="QRN",
        ),
        RuleSet(
            "chess",
            "8x8, the laws of FIDE; repetition, fifty moves and dead positions end the game unasked.",
            "rnbqkbnr/pppppppp/8/8/8/8/PPPPPPPP/RNBQKBNR w KQkq - 0 1",
            double_step=True,
            en_passant=True,
            castling=(
                ("K", Castling("e1", "g1", "h1", "f1")),
                ("Q", Castling("e1", "c1", "a1", "d1")),
                ("k", Castling("e8", "g8", "h8", "f8")),
                ("q", Castling("e8", "c8", "a8", "d8")),
            ),
        ),
    )
}
"""All rule sets by name."""


def rule_set(name: str, where: str = "rules") -> RuleSet:
    """Find a rule set by its name.

    Raises:
        BadInput: There is none of that name; the message suggests one.
    """
    if not isinstance(name, str) or name not in RULE_SETS:
        raise BadInput(one_of(where, str(name), RULE_SETS, "rule set"))
    return RULE_SETS[name]
