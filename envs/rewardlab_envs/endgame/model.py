"""An endgame as a finite model."""

from __future__ import annotations

from functools import lru_cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from rewardlab.errors import BadInput, Problem, one_of
from rewardlab.mdp import FiniteModel, FiniteTask
from rewardlab.rewards import Catalogue
from rewardlab_envs.endgame.board import Board
from rewardlab_envs.endgame.moves import PROMOTIONS, Moves
from rewardlab_envs.endgame.outcomes import Defender, Outcomes, move_names, outcomes
from rewardlab_envs.endgame.picture import BoardPicture
from rewardlab_envs.endgame.positions import (
    BARE,
    MATE,
    PLAY,
    PROMOTED,
    STALEMATE,
    STUCK,
    Positions,
    enumerated_positions,
)
from rewardlab_envs.endgame.potentials import endgame_potentials
from rewardlab_envs.endgame.rewards import EVENTS, OBJECTIVE, endgame_rewards
from rewardlab_envs.endgame.start_sets import start_sets
from rewardlab_envs.endgame.tablebase import NOT_WON, Tablebase
from rewardlab_envs.endgame.tablebase_cache import tablebase

__all__ = ["MAX_OUTCOMES", "PIECES", "SIZES", "IllegalMoves", "Promotion", "endgame_task"]

PIECES = {"KQK": ("Q",), "KRK": ("R",), "KPK": ("P", *PROMOTIONS)}
"""The endgames, each with what White's piece is at first and may become."""

SIZES = range(4, 9)
"""The squares of a side."""

MAX_OUTCOMES = 11_000_000
"""The most that S x A x K may be: with its events, and while it is made, an outcome takes up to 200 bytes."""

IllegalMoves = Literal["wasted", "refused"]
Promotion = Literal["plays_on", "ends"]

_FOLDED = "The board is turned or mirrored between steps: positions that differ by no more are one state here."


@lru_cache(maxsize=4, typed=True)  # typed, for else True would pass as an earlier 1, unchecked
def endgame_task(
    pieces: str = "KQK",
    size: int = 4,
    *,
    defender: Defender = "random",
    illegal_moves: IllegalMoves = "wasted",
    promotion: Promotion = "plays_on",
    fold: bool = False,
    max_episode_steps: int = 50,
) -> FiniteTask:
    """King and piece against a lone king. The agent is White and to move; Black's answer is part of the step.

    It begins in any position from which White can force a mate, each as likely as the other. Mate, stalemate and the
    loss of the piece end it. The time limit cuts off after so many of White's moves; to make it a rule of the game, as
    the fifty moves are, give audits and exact solutions a horizon.

    Args:
        pieces: One of `PIECES`: king and queen, rook or pawn against king.
        size: The squares of a side, 4 to 8. Below 8 a pawn has no double step.
        defender: ``random``, where each legal answer is as likely as the other, or ``perfect``, see
            `rewardlab_envs.endgame.outcomes.outcomes`.
        illegal_moves: ``wasted``: an illegal move leads nowhere and takes a step all the same, so that any learner may
            play. ``refused``: they are masked, and an error.
        promotion: With a pawn: ``plays_on`` with the new queen or rook until mate, or ``ends`` the game, which counts
            as mate if the tablebase says that it can be forced from there.
        fold: Whether positions that are one another turned or mirrored (with a pawn: mirrored) are one state; the agent
            then sees the board as it is once it is turned so that the lone king's square, the king's and the piece's
            are the lowest. An eighth of the states, and the same best results; needed for the larger boards.
        max_episode_steps: The time limit of an episode.

    Raises:
        BadInput: An argument is out of range, or the model would be too large.
    """
    _check(pieces, size, defender, illegal_moves, promotion, fold, max_episode_steps)
    board = Board(size)
    moves = {letter: Moves(board, letter, "piece" if pieces == "KPK" else "") for letter in PIECES[pieces]}
    positions = enumerated_positions(moves, fold=fold, promotion_ends=promotion == "ends")
    bases = {letter: tablebase(letter, size) for letter in moves}
    _check_size(positions, moves, {"fold": fold, "defender": defender == "perfect", "promotion": promotion == "ends"})
    led = outcomes(positions, moves, bases, defender)
    to_mate = _moves_to_mate(positions, bases)
    begins = (positions.kind == 0) & (positions.phase == PLAY) & (to_mate < NOT_WON)
    start = begins * positions.weight / positions.weight[begins].sum()
    catalogue = Catalogue(
        endgame_rewards(promotion_ends=promotion == "ends"),
        OBJECTIVE,
        EVENTS,
        endgame_potentials(positions, to_mate),
        shown_events=("mate", "stalemate", "piece_lost", "wasted_moves"),
        start_sets=start_sets(to_mate, start),
        averaged_where={"wasted_moves": "mate"},
    )
    picture = BoardPicture(positions)
    return FiniteTask(
        model=_model(positions, led, to_mate, start, masked=illegal_moves == "refused"),
        catalogue=catalogue,
        max_episode_steps=max_episode_steps,
        action_names=led.names,
        observations=_observations(positions),
        text_picture=picture.text,
        picture_note=_FOLDED if fold else "",
        rgb_picture=picture.rgb,
    )


def _check(
    pieces: object,
    size: object,
    defender: object,
    illegal_moves: object,
    promotion: object,
    fold: object,
    max_episode_steps: object,
) -> None:
    words = (
        ("pieces", pieces, PIECES, "endgame"),
        ("defender", defender, ("random", "perfect"), "defender"),
        ("illegal_moves", illegal_moves, ("wasted", "refused"), "treatment"),
        ("promotion", promotion, ("plays_on", "ends"), "rule"),
    )
    problems = [one_of(where, str(got), known, what) for where, got, known, what in words if got not in known]
    if isinstance(size, bool) or not isinstance(size, int) or size not in SIZES:
        problems.append(Problem("size", repr(size), f"a whole number from {SIZES[0]} to {SIZES[-1]}"))
    if not isinstance(fold, bool):
        problems.append(Problem("fold", repr(fold), "True or False"))
    if isinstance(max_episode_steps, bool) or not isinstance(max_episode_steps, int) or max_episode_steps < 1:
        problems.append(Problem("max_episode_steps", repr(max_episode_steps), "a whole number, at least 1"))
    if promotion == "ends" and pieces in ("KQK", "KRK"):
        problems.append(Problem("promotion", "'ends'", "'plays_on'", "there is no pawn to promote"))
    if problems:
        raise BadInput(*problems)


def _check_size(positions: Positions, moves: dict[str, Moves], saved: dict[str, bool]) -> None:
    """Refuse what would not fit into memory; ``saved`` says which of the settings that make it smaller are chosen."""
    actions = len(move_names(moves, positions.playing))
    answers = 1 if saved["defender"] else 8
    size = len(positions.phase) * actions * answers
    if size > MAX_OUTCOMES:
        got = f"{len(positions.phase)} states x {actions} moves x {answers} answers"
        ways = {"fold": "fold=True", "defender": "defender='perfect'"}
        ways |= {"promotion": "promotion='ends'"} if "P" in moves else {}
        fix = " or ".join(["take a smaller board", *(way for setting, way in ways.items() if not saved[setting])])
        raise BadInput(Problem("size", got, f"at most {MAX_OUTCOMES} outcomes", fix))


def _moves_to_mate(positions: Positions, bases: dict[str, Tablebase]) -> NDArray[np.int64]:
    """``[S]`` White's moves to mate in perfect play; 0 at mate, `NOT_WON` where it cannot be forced."""
    to_mate = np.full(len(positions.phase), NOT_WON, dtype=np.int64)
    for kind, letter in enumerate(positions.letters):
        for phase, values in (
            (PLAY, bases[letter].white),
            (MATE, bases[letter].black),
            (PROMOTED, bases[letter].black),
        ):
            of = (positions.kind == kind) & (positions.phase == phase)
            to_mate[of] = values[positions.king[of], positions.piece[of], positions.lone[of]]
    return to_mate


def _model(
    positions: Positions, led: Outcomes, to_mate: NDArray[np.int64], start: NDArray[np.float64], *, masked: bool
) -> FiniteModel:
    successor = led.successor
    width = np.arange(successor.shape[2])
    probability = (width < led.replies[:, :, None]) / led.replies[:, :, None]
    phase = positions.phase.astype(np.int8)[successor]
    won = (positions.phase == MATE) | ((positions.phase == PROMOTED) & (to_mate < NOT_WON))
    mate = won[successor]
    edge = positions.board.edge_distance[positions.lone]
    driven = edge[:, None, None] - edge[successor]
    legal = led.legal[:, :, None]
    events = {
        "moves": legal,
        "illegal_moves": ~legal,
        "mate": mate,
        "stalemate": (phase == STALEMATE) | (phase == STUCK),
        "piece_lost": phase == BARE,
        "promotions": legal & led.promotes[:, None],
        "checks": led.checks[:, :, None] & ~mate,
        "drives": np.maximum(driven, 0),
        "retreats": np.maximum(-driven, 0),
        "wasted_moves": _wasted(led, to_mate)[:, :, None],
    }
    going_on = ~positions.terminal[:, None, None]
    laid_out = {name: np.broadcast_to(amounts * going_on, successor.shape) for name, amounts in events.items()}
    allowed = led.legal | positions.terminal[:, None] if masked else np.ones_like(led.legal)
    return FiniteModel(successor.astype(np.int64), probability, positions.terminal, start, allowed, laid_out)


def _wasted(led: Outcomes, to_mate: NDArray[np.int64]) -> NDArray[np.int64]:
    """``[S, A]`` how many moves more than in perfect play mate takes after this one: 1 for one that is not legal."""
    before = to_mate[:, None]
    won_still = (before < NOT_WON) & (led.left < NOT_WON)
    return np.where(led.legal, np.where(won_still, 1 + led.left - before, 0), 1)


def _observations(positions: Positions) -> NDArray[np.float32]:
    """One plane of squares for White's king, one for each piece that White may have, and one for Black's king."""
    squares, states = positions.board.squares, np.arange(len(positions.phase))
    planes = np.zeros((len(states), len(positions.letters) + 2, squares), dtype=np.float32)
    planes[states, 0, positions.king] = 1.0
    standing = states[positions.kind >= 0]
    planes[standing, 1 + positions.kind[standing], positions.piece[standing]] = 1.0
    planes[states, -1, positions.lone] = 1.0
    return planes.reshape(len(states), -1)
