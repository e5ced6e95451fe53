"""What a step may cause, and at which place the engine notes it."""

from __future__ import annotations

__all__ = [
    "CAPTURED",
    "CAPTURED_VALUE",
    "DRAWN",
    "EVENTS",
    "GAVE_CHECK",
    "ILLEGAL",
    "LOST",
    "LOST_PIECE",
    "LOST_VALUE",
    "MATE_MISSED",
    "N_EVENTS",
    "PLIES",
    "PROMOTED",
    "WON",
]

EVENTS = (
    "plies",
    "captured",
    "captured_value",
    "lost_piece",
    "lost_value",
    "promoted",
    "gave_check",
    "mate_missed",
    "won",
    "lost",
    "drawn",
    "stalemate",
    "repetition",
    "quiet_moves",
    "dead_position",
    "illegal",
)
"""``plies``: half-moves played, the agent's and the answer. ``captured`` and ``lost_piece`` are 0 or 1, the values
beside them in pawns (1, 3, 3, 5, 9). ``promoted`` and ``gave_check`` are the agent's. ``mate_missed``: the agent could
have mated with this move and did not. ``won``, ``lost``, ``drawn``: the game is over; the four after them say why it is
drawn. ``illegal``: the action was no legal move."""

N_EVENTS = len(EVENTS)
PLIES, CAPTURED, CAPTURED_VALUE, LOST_PIECE, LOST_VALUE, PROMOTED, GAVE_CHECK, MATE_MISSED = range(8)
WON, LOST, DRAWN = 8, 9, 10  # in a row, so that a slice asks whether a game is over
ILLEGAL = 15
