"""Games as text that other programs read: the export format of PGN (Edwards 1994, "Portable Game Notation")."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

from rewardlab.errors import BadInput, Problem
from rewardlab_envs.minichess.rules import RuleSet

__all__ = ["TERMINATIONS", "pgn_text"]

TERMINATIONS = {"": "unterminated", "forfeit": "rules infraction"}
"""What the tag Termination says of an ending; "normal" of all others."""

_COLUMNS = 79
_REMARKS = {"forfeit": "illegal move", "mate": ""}


def pgn_text(
    rules: RuleSet, first_fen: str, moves: Sequence[str], result: str, ending: str, tags: dict[str, str]
) -> str:
    """A game as PGN.

    Args:
        rules: What was played. Other games than chess are named in the tag Variant.
        first_fen: Where it began; in the tag FEN unless the rules begin there.
        moves: As people write them, check and mate included.
        result: "1-0", "0-1", "1/2-1/2" or "*".
        ending: What ended it, one of `rewardlab_envs.minichess.ENDINGS`.
        tags: The seven tags of the roster but Result, by name and in their order.

    Raises:
        BadInput: A tag holds a character that cannot be printed, such as a new line.
    """
    broken = [
        Problem(f"tag {name}", repr(value), "characters that can be printed")
        for name, value in tags.items()
        if not value.isprintable()
    ]
    if broken:
        raise BadInput(*broken)
    pairs = {**tags, "Result": result}
    if first_fen != rules.start:
        pairs |= {"FEN": first_fen, "SetUp": "1"}
    pairs["Termination"] = TERMINATIONS.get(ending, "normal")
    if rules.name != "chess":
        pairs["Variant"] = rules.name
    heads = [f'[{name} "{_escaped(value)}"]' for name, value in pairs.items()]
    remark = _REMARKS.get(ending, ending.replace("_", " "))
    words = [*_numbered(moves, first_fen), *([f"{{{remark}}}"] if remark else []), result]
    lines = textwrap.wrap(" ".join(words), _COLUMNS, break_long_words=False, break_on_hyphens=False)
    # The empty line at the end is the standard's: a file of several games is their texts, one after the other.
    return "\n".join([*heads, "", *lines, "", ""])


def _numbered(moves: Sequence[str], first_fen: str) -> list[str]:
    """The moves with their numbers, also where Black begins: "12... Kd5 13. Qe4"."""
    fields = first_fen.split()
    plies = 2 * (int(fields[5]) - 1) + (fields[1] == "b")
    words = []
    for index, move in enumerate(moves):
        number, is_black = (plies + index) // 2 + 1, (plies + index) % 2
        if not is_black:
            words.append(f"{number}.")
        elif index == 0:
            words.append(f"{number}...")
        words.append(move)
    return words


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"')
