"""The moves of a game against an opponent, found again from what the agent did and where that led."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

import numpy as np
from numpy.typing import NDArray

from rewardlab_envs.minichess.actions import action_names
from rewardlab_envs.minichess.game import Game
from rewardlab_envs.minichess.notation import after, named_moves
from rewardlab_envs.minichess.rules import RuleSet
from rewardlab_envs.minichess.squares import SIDE

__all__ = ["Recorded", "moves_of_step", "recorded_game"]


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


def moves_of_step(rules: RuleSet, before: NDArray[np.int16], step: Recorded) -> list[str]:
    """What was played in a step, as UCI writes it: nothing, the agent's move, the answer, or both.

    Args:
        rules: The rule set.
        before: Where it began, ``[128]`` int16.
        step: What the agent did there, and where it led.
    """
    numbers, moves, state = rules.as_numbers(), [], before
    if step.action is not None and step.is_legal:
        moves.append(action_names(rules.name, int(state[SIDE]))[step.action])
        state = after(state, numbers, named_moves(state, numbers)[moves[0]])
    if (state != step.state).any():
        # No two moves lead to the same position.
        answers = named_moves(state, numbers).items()
        moves.append(next(name for name, move in answers if (after(state, numbers, move) == step.state).all()))
    return moves


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
        game.play(*moves_of_step(game.rules, game.state, step))
        if forfeits and step.action is not None and not step.is_legal:
            game.forfeit()
    return game
