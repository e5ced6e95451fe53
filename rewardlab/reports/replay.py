"""Replays: a recorded episode played again, frame by frame, as text or as an animated GIF."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, final

import gymnasium as gym
import numpy as np
from numpy.typing import NDArray

from rewardlab.errors import BadInput, Problem

__all__ = ["Frame", "caption", "described_action", "play_again", "write_gif"]

FRAME_MILLISECONDS, LAST_FRAME_MILLISECONDS = 350, 2_000
CAPTION_PIXELS, MIN_WIDTH = 74, 360


@final
@dataclass(frozen=True, slots=True)
class Frame:
    """One moment of an episode.

    Attributes:
        picture: What ``render`` returned: text or an image.
        step: The steps taken so far.
        action: The action that led here, or what it did; empty at the start.
        paid: What the step paid under the variant's own reward.
        total_paid: Since the start.
        total_objective: The objective since the start.
        note: How the episode ended; empty before its end.
    """

    picture: str | NDArray[np.uint8]
    step: int
    action: str
    paid: float
    total_paid: float
    total_objective: float
    note: str


def play_again(
    env: gym.Env[Any, Any], seed: int, actions: Sequence[Any], first_state: int | None = None
) -> Iterator[Frame]:
    """Play recorded actions again.

    Args:
        env: An environment made as the recorded one was, with a render mode. If it has a method ``describe_step()``,
            that names what a step did, more than its action, as where an opponent answers.
        seed: Of the recorded episode.
        actions: Of the recorded episode.
        first_state: The state to begin in, of an environment that lets it be chosen; drawn by default.

    Raises:
        BadInput: The environment began in another state than this.
    """
    observation, info = env.reset(seed=seed, options=None if first_state is None else {"state": first_state})
    begun = info.get("state", observation)
    if first_state is not None and not np.array_equal(begun, first_state):
        fix = "this environment does not let it be chosen; another seed may begin there"
        begins = (
            f"{begun}, where the episode of seed {seed} begins" if np.ndim(begun) == 0 else "none: they are no numbers"
        )
        raise BadInput(Problem("state", f"{first_state}", begins, fix))
    total_paid = total_objective = 0.0
    picture: Any = env.render()
    yield Frame(picture, 0, "", 0.0, 0.0, 0.0, "")
    for step, action in enumerate(actions, start=1):
        _, reward, terminated, truncated, info = env.step(action)
        paid = float(reward)
        total_paid += paid
        total_objective += float(info.get("objective", paid))
        note = "the task is over" if terminated else "time is up" if truncated else ""
        picture = env.render()
        yield Frame(picture, step, described_action(env, action), paid, total_paid, total_objective, note)
        if terminated or truncated:
            return


def write_gif(frames: Iterator[Frame], title: str, path: Path) -> Path:
    """Write an animated GIF, with what was paid and what was achieved under each picture.

    Args:
        frames: With images as pictures.
        title: Stands above each caption.
        path: The file to write.
    """
    from PIL import Image

    palettes = [_captioned(frame, title).quantize(64, method=Image.Quantize.FASTOCTREE) for frame in frames]
    durations = [FRAME_MILLISECONDS] * (len(palettes) - 1) + [LAST_FRAME_MILLISECONDS]
    palettes[0].save(path, save_all=True, append_images=palettes[1:], duration=durations, loop=0, optimize=False)
    return path


def caption(frame: Frame) -> tuple[str, str, str]:
    """Three lines: the step, the money, the truth."""
    action = frame.action.replace("_", " ") or "start"
    return (
        f"step {frame.step}: {action}{'  - ' + frame.note if frame.note else ''}",
        f"paid {frame.paid:+.2f}   in all {frame.total_paid:.2f}",
        f"objective in all {frame.total_objective:.3f}",
    )


def described_action(env: gym.Env[Any, Any], action: Any) -> str:
    """What the step that has just been taken did: in the environment's words, or by the action's name or number.

    Args:
        env: The environment that took it.
        action: The action.
    """
    base = env.unwrapped
    describe = getattr(base, "describe_step", None)
    if callable(describe):
        return str(describe())
    names = getattr(getattr(base, "task", None), "action_names", None)
    return str(action) if names is None else str(names[int(action)])


def _captioned(frame: Frame, title: str) -> Any:
    from PIL import Image, ImageDraw

    picture = Image.fromarray(np.asarray(frame.picture))
    width = max(picture.width, MIN_WIDTH)
    image = Image.new("RGB", (width, picture.height + CAPTION_PIXELS + 18), "white")
    image.paste(picture, ((width - picture.width) // 2, 18))
    draw = ImageDraw.Draw(image)
    draw.text((8, 2), title, fill="#222222", font_size=_fitting(draw, title, width, 13))
    colours = ("#222222", "#d55e00", "#0072b2")
    for line, (text, colour) in enumerate(zip(caption(frame), colours, strict=True)):
        place = (8, picture.height + 24 + 21 * line)
        draw.text(place, text, fill=colour, font_size=_fitting(draw, text, width, 15))
    return image


def _fitting(draw: Any, text: str, width: int, pixels: int) -> int:
    """The size of letters in which a line fits into a picture: so many pixels, or fewer, down to 8."""
    needed = max((draw.textlength(line, font_size=pixels) for line in text.splitlines()), default=0.0)
    return max(8, min(pixels, int(pixels * (width - 16) / max(needed, 1))))
