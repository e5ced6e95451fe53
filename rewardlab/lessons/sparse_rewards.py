"""A reward that comes at the end: what reaches the steps before it, and what shaping adds along the way."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from rewardlab.lessons.layout import columns, paragraph
from rewardlab.lessons.lesson import Lesson
from rewardlab.lessons.shaping_figure import GAMMA, PATHS, distances, shaping_figure
from rewardlab.rewards.potential import shaping
from rewardlab.rewards.returns import discounted_returns

__all__ = ["SPARSE_REWARDS"]

MOVES = 40


def _forty_moves() -> list[str]:
    rewards = np.zeros(MOVES)
    rewards[-1] = 1.0
    returns = [discounted_returns(rewards, gamma) for gamma in (0.0, GAMMA, 1.0)]
    rows = [
        (f"{step}", f"{rewards[step]:g}", f"{MOVES - 1 - step}", *(f"{stream[step]:.6g}" for stream in returns))
        for step in (0, 10, 20, 30, 38, 39)
    ]
    return [
        f"A game of {MOVES} moves; only the last pays, 1 for the win. The return of each move:",
        "",
        *columns(("move", "paid", "moves to the end", "gamma 0", f"gamma {GAMMA:g}", "gamma 1"), rows),
        "",
        f"At gamma {GAMMA:g} credit is halved after {_half_life(GAMMA):.6g} moves.",
    ]


def _credit_after_500_steps() -> list[str]:
    distance = 500
    rewards = np.zeros(distance + 1)
    rewards[-1] = 1.0
    rows = []
    for gamma in (0.9, GAMMA, 0.999, 1.0):
        returns = discounted_returns(rewards, gamma)
        half_life = f"{_half_life(gamma):.6g}" if gamma < 1 else "never"
        rows.append((f"{gamma:g}", f"{returns[-40]:.6g}", f"{returns[0]:.6g}", half_life))
    return [
        "A reward of 1, and what is left of it for a step so many steps before it.",
        "",
        *columns(("gamma", "39 before", f"{distance} before", "halved after"), rows),
        "",
        *paragraph(
            f"For half of it to reach {distance} steps back, gamma must be at least {0.5 ** (1 / distance):.6g}. "
            "The longer the reach, the more of what happened in between is credited along with it."
        ),
    ]


def _which_move_lost() -> list[str]:
    rows = []
    for moves in (5, 9, 41, 101):
        # A move changes who wins where the others are even.
        edge = math.comb(moves - 1, (moves - 1) // 2) / 2 ** (moves - 1)
        credit = float(discounted_returns([0.0] * (moves - 1) + [1.0], 1.0)[0])
        # The means of two halves of n games, of variance 1 - edge**2 each, differ by 2 edge; two deviations of that
        # difference are 4 (1 - edge**2)**0.5 / n**0.5.
        games = math.ceil(4 * (1 - edge**2) / edge**2)
        rows.append((f"{moves}", f"{credit * edge:+.4f}", f"{-credit * edge:+.4f}", f"{games}"))
    return [
        *paragraph(
            "Each move is good or bad by the toss of a coin, and more good moves than bad ones win: +1, else -1. "
            "The mean return of the first move, if it was good and if it was bad (gamma 1, exact):"
        ),
        "",
        *columns(("moves", "good", "bad", "games until that shows"), rows),
        "",
        *paragraph("Until it shows: until the difference of the means is two of its standard deviations."),
    ]


def _shaping_along_a_path() -> list[str]:
    path = PATHS["straight"]
    potentials = -distances(path)
    paid = _shaped(potentials)
    rows = [
        (f"{step}", _spot(path[step]), _spot(path[step + 1]), f"{potentials[step]:.6g}", f"{pay:+.6g}")
        for step, pay in enumerate(paid)
    ]
    start = float(-potentials[0])
    still = float(shaping(-start, -start, False, GAMMA))
    away = float(shaping(-start, -float(distances([[5.05, 5.05]])[0]), False, GAMMA))
    return [
        f"The potential is minus the distance to (0, 0), gamma {GAMMA:g}. Shaping pays:",
        "",
        *columns(("step", "from", "to", "potential", "shaping"), rows),
        "",
        f"Discounted sum: {discounted_returns(paid, GAMMA)[0]:.6g}, which is minus the first potential.",
        "",
        f"Standing still at (5, 5) pays  {still:+.6g}",
        f"going away to (5.05, 5.05)     {away:+.6g}",
        "",
        f"From {start:.6g} away, going to {start / GAMMA:.6g} pays nothing; going further costs.",
    ]


def _detours_pay_nothing() -> list[str]:
    rows = []
    for name, path in PATHS.items():
        paid = _shaped(-distances(path))
        rows.append((name, f"{len(paid)}", f"{paid.sum():.6g}", f"{discounted_returns(paid, GAMMA)[0]:.6g}"))
    return [
        "Four paths from (5, 5) to (0, 0), with the same potential:",
        "",
        *columns(("path", "steps", "sum", "discounted sum"), rows, words=[0]),
        "",
        *paragraph(
            "The plain sum grows with every step that is wasted. What a learner sees is the discounted one, "
            "and in it nothing is left but the start."
        ),
    ]


def _half_life(gamma: float) -> float:
    return math.log(0.5) / math.log(gamma)


def _shaped(potentials: NDArray[Any]) -> NDArray[Any]:
    """Shaping of each step along a path that ends at the goal."""
    ends = np.arange(len(potentials) - 1) == len(potentials) - 2
    return shaping(potentials[:-1], potentials[1:], ends, GAMMA)


def _spot(place: ArrayLike) -> str:
    return "({:g}, {:g})".format(*np.asarray(place))


SPARSE_REWARDS = (
    Lesson(
        "forty-moves",
        "What of a win reaches the forty moves before it",
        _forty_moves,
        belief="without discounting, no move before the last gets any credit.",
        truth="not to discount is gamma 1, full credit for every move; it is gamma 0 that credits the last alone.",
    ),
    Lesson(
        "credit-after-500-steps",
        "Credit fades by the discount: little over forty steps, nearly all over 500",
        _credit_after_500_steps,
        belief="at gamma 0.99 the signal forty steps back is very weak.",
        truth="two thirds of it are left; what is weak is the signal five hundred steps back.",
    ),
    Lesson(
        "which-move-lost",
        "Every move gets its game's result; which one earned it, only many games tell",
        _which_move_lost,
        belief="rewarded at the end only, every move gets the same signal: nothing.",
        truth="each gets plus or minus 1, and good ones more often plus; the longer the game, the more it is drowned.",
    ),
    Lesson(
        "shaping-along-a-path",
        "Shaping along a path adds up to the potential of its start",
        _shaping_along_a_path,
        belief="what shaping pays is positive exactly where a step leads towards the goal.",
        truth="a discounted negative potential is a higher one: standing still pays, and so do small steps back.",
    ),
    Lesson(
        "detours-pay-nothing",
        "Whichever way it goes, shaping pays the same in all",
        _detours_pay_nothing,
        belief="an agent can collect shaping by walking to and fro.",
        truth="with the learner's own gamma, all that a detour has paid is taken back by the time the goal is reached.",
        draw=shaping_figure,
    ),
)
"""Rewards that are seldom paid, and potential-based shaping."""
