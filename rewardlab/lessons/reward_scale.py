"""Rewards of very different sizes: what clipping and normalising keep of them, and what they forget."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from rewardlab.lessons.layout import columns, paragraph
from rewardlab.lessons.lesson import Lesson
from rewardlab.mdp import dense_model, dense_reward_table, solve
from rewardlab.rewards.episode import normalized_episode
from rewardlab.rewards.returns import discounted_returns
from rewardlab.rewards.running_scale import RunningScale
from rewardlab.wrappers.clip import clipped

__all__ = ["REWARD_SCALE"]

STEPS, COST, BONUS, GAMMA = 39, -0.001, 1000.0, 0.99
ENDED = np.zeros(1, dtype=np.intp)
NOBODY = np.zeros(0, dtype=np.intp)


def _clip_and_normalise() -> list[str]:
    rewards = _episode(BONUS)
    rows = []
    for name, stream in (
        ("as it is", rewards),
        ("clipped to [-1, 1]", clipped(rewards, -1.0, 1.0)),
        ("normalised", normalized_episode(rewards)),
    ):
        rows.append(
            (
                name,
                f"{stream[0]:.6g}",
                f"{stream[-1]:.6g}",
                f"{abs(stream[-1] / stream[0]):,.0f} : 1",
                f"{_tidy(float(stream.sum())):.6g}",
            )
        )
    return [
        f"An episode of {STEPS} steps that pay {COST:g}, and one that pays {BONUS:g}.",
        "",
        *columns(("", "a step", "the bonus", "ratio", "sum"), rows, words=[0]),
        "",
        *paragraph(
            f"Mean {rewards.mean():.6g}, deviation {rewards.std():.6g}. Normalised, one spike among n - 1 equal steps "
            "is (n - 1) : 1, however large it was."
        ),
    ]


def _clipping_forgets_sizes() -> list[str]:
    small, large, gamma = 1.0, 10.0, GAMMA
    # From the start, 0, one way takes two steps to the end, 2, by way of 1; the other gets there at once.
    chances = np.zeros((3, 2, 3))
    chances[0, 0, 1] = chances[0, 1, 2] = chances[1, :, 2] = 1.0
    model = dense_model(chances, terminal=[False, False, True], start=[1.0, 0.0, 0.0])
    paid = np.array([[small, large], [small, small], [0.0, 0.0]])
    rows = []
    for name, reward in (("as it is", paid), ("clipped to [-1, 1]", clipped(paid, -1.0, 1.0)), ("a tenth", paid / 10)):
        values = solve(model, dense_reward_table(model, reward), gamma).action_values[0]
        best = "two small ones" if values[0] > values[1] else "one large one"
        rows.append((name, f"{values[0]:.6g}", f"{values[1]:.6g}", best))
    return [
        f"Two rewards of {small:g}, one after the other, or a single one of {large:g}; gamma {gamma:g}.",
        "",
        *columns(("rewards", "two small", "one large", "the best is"), rows, words=[0, 3]),
    ]


def _normalised_episodes() -> list[str]:
    episodes = {
        "won, +1000": _episode(BONUS),
        "won, +1": _episode(1.0),
        "lost, -1000": _episode(-BONUS),
        "every step alike": np.full(STEPS + 1, COST),
    }
    scale = RunningScale(1, gamma=GAMMA, warm_up=1)
    for stream in episodes.values():
        for step, reward in enumerate(stream):
            scale.scaled(np.array([reward]), ENDED if step == STEPS else NOBODY)
    scale.frozen = True
    rows = []
    for name, stream in episodes.items():
        normal = normalized_episode(stream)
        rows.append(
            (
                name,
                f"{discounted_returns(stream, GAMMA)[0]:.6g}",
                f"{normal[-1]:.6g}",
                f"{_tidy(float(normal.sum())):.6g}",
                f"{discounted_returns(normal, GAMMA)[0]:.6g}",
                f"{discounted_returns(stream / scale.scale, GAMMA)[0]:.6g}",
            )
        )
    return [
        *paragraph(
            f"Four episodes of {STEPS + 1} steps; each step pays {COST:g}, but for the last. Returns are those of "
            f"step 0, gamma {GAMMA:g}."
        ),
        "",
        *columns(("", "return", "last, norm.", "sum", "return, norm.", "return, scaled"), rows, words=[0]),
        "",
        "Norm.: each episode normalised by itself.",
        *paragraph(
            f"Scaled: all divided by one number, {scale.scale:.6g}, the running deviation of the discounted return. "
            "Nothing is subtracted, so ratios and signs stay."
        ),
    ]


def _episode(last: float) -> NDArray[Any]:
    return np.array([COST] * STEPS + [last])


def _tidy(value: float) -> float:
    """A sum of numbers near 1 that is 0 but for rounding, as 0."""
    return 0.0 if abs(value) < 1e-9 else value


REWARD_SCALE = (
    Lesson(
        "clip-and-normalise",
        "A bonus of 1000 among costs of a thousandth, clipped and normalised",
        _clip_and_normalise,
        belief="normalised by episode, the bonus and the costs are comparable, and the scale is mended.",
        truth="they are n - 1 to 1 whatever they were, and the costs have become larger by what was subtracted.",
    ),
    Lesson(
        "clipping-forgets-sizes",
        "Clipped rewards are another task",
        _clipping_forgets_sizes,
        belief="clipping changes the scale of rewards and nothing else.",
        truth="above the bound all are alike, so several small ones beat a large one; a factor would keep their order.",
    ),
    Lesson(
        "normalised-episodes",
        "Episodes that are normalised one by one can no longer be compared",
        _normalised_episodes,
        belief="normalising each episode is a mild way to mend the scale of rewards.",
        truth="each then sums to 0: a win of 1 is a win of 1000, and the first step of a won game is discouraged.",
    ),
)
"""Rewards that differ by orders of magnitude."""
