"""The moves of a game against an opponent, found again from what the agent did and where that led."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

import numpy as np
from numpy.typing import NDArray

from rewardlab_envs.minichess.actions import action_names
from rewardlab_envs.minichess.game import Game
from rewardlab_envs.minichess.notation import after, named_moves

__all__ = ["Recorded", "recorded_game"]


@final
@dataclass(frozen=True, slots=True)
class Recorded:
    """One step of an episode.

    Attributes:
        action: What the agent did; None where it did nothing, as when a game begins.
        is_legal: Whether it could be played.
        state: Where it led, answer included, ``[128]`` int16.
    """

    action: int | None
    is_legal: bool
    state: NDArray[np.int16]


def recorded_game(rules: str, fen: str | None, steps: list[Recorded], *, forfeits: bool) -> Game:
    """The game that was played, with the moves of both sides.

    Args:
        rules: The name of a rule set.
        fen: Where it began; the start of the rule set by default.
        steps: From the beginning of the episode on.
        forfeits: Whether an illegal action lost the game.
    """
    game = Game(rules, fen)
    for step in steps:
        if step.action is not None and step.is_legal:
            game.play(action_names(rules, game.side)[step.action])
        elif step.action is not None and forfeits:
            game.forfeit()
        if (step.state != game.state).any():
            game.play(_move_between(game, step.state))
    return game


def _move_between(game: Game, reached: NDArray[np.int16]) -> str:
    """The one move that leads from where a game stands to a position; no two lead to the same."""
    numbers = game.rules.as_numbers()
    legal = named_moves(game.state, numbers)
    return next(name for name, move in legal.items() if (after(game.state, numbers, move) == reached).all())
