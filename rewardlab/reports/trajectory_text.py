"""A trajectory drawn as text: pictures of its states side by side, and under each what was done and paid."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Sequence

from rewardlab.audit.trajectory import Trajectory

__all__ = ["WATCH", "narrow_picture", "trajectory_lines"]

WATCH = "rewardlab watch ..."
"""How a trajectory is played again, where the environment's id and settings are not known."""

_FRAMES = 12
"""More pictures than this say no more; the steps go on in words."""
_BETWEEN = "   "
_STORY_CHARACTERS = 26
_WORD = re.compile(r"[^\W\d_]{2,}")


def trajectory_lines(trajectory: Trajectory, width: int = 110, watch: str = WATCH) -> list[str]:
    """Draw it.

    Args:
        trajectory: What is to be shown.
        width: The characters of a line.
        watch: The command that plays an episode of this environment.

    Returns:
        Lines of text: a heading, the frames, and how to play it again.
    """
    chance = "" if trajectory.probability == 1.0 else f", probability {trajectory.probability:.3g}"
    steps = len(trajectory.actions)
    count = f"{steps} step{'s' * (steps != 1)}"
    known = f", known as {', '.join(trajectory.exploits)}" if trajectory.exploits else ""
    lines = textwrap.wrap(f"{trajectory.title} ({count}{chance}{known}):", width)
    captions = _captions(trajectory)
    if trajectory.pictures and not all("\n" not in picture for picture in trajectory.pictures):
        frames = [
            [*narrow_picture(picture), *caption]
            for picture, caption in zip(trajectory.pictures, captions, strict=False)
        ][:_FRAMES]
        lines += _side_by_side(frames, width)
        captions = captions[_FRAMES:]
    lines += [_one_line(caption) for caption in captions]
    lines.append(_ending(trajectory))
    lines.append(f"replay: {watch} --state {trajectory.states[0]} --actions {_listed(trajectory.actions)}")
    return lines


def narrow_picture(picture: str, width: int = _STORY_CHARACTERS) -> list[str]:
    """The lines of a picture; those that tell a story are broken, so that more of them stand in a row; maps are not."""
    return [part for line in picture.splitlines() for part in _broken(line, width)]


def _broken(line: str, width: int) -> list[str]:
    tells = len(_WORD.findall(line)) > 1
    return textwrap.wrap(line, width) if tells else [line.rstrip()]


def _captions(trajectory: Trajectory) -> list[tuple[str, str]]:
    amounts = zip(trajectory.action_names, trajectory.proxy, trajectory.objective, strict=True)
    return [
        (f"{number}: {name}", f"paid {_amount(paid)}, achieved {_amount(meant)}")
        for number, (name, paid, meant) in enumerate(amounts, start=1)
    ]


def _amount(number: float) -> str:
    return f"{number:.4g}"


def _one_line(caption: tuple[str, str]) -> str:
    return f"{caption[0]:<16} {caption[1]}"


def _side_by_side(frames: Sequence[Sequence[str]], width: int) -> list[str]:
    lines: list[str] = []
    row: list[Sequence[str]] = []
    used = 0
    for frame in frames:
        wide = max(len(line) for line in frame)
        if row and used + len(_BETWEEN) + wide > width:
            lines += [*_joined(row), ""]
            row, used = [], 0
        row.append(frame)
        used += wide + len(_BETWEEN) * (len(row) > 1)
    return lines + (_joined(row) if row else [])


def _joined(row: Sequence[Sequence[str]]) -> list[str]:
    height = max(len(frame) for frame in row)
    widths = [max(len(line) for line in frame) for frame in row]
    filled = [[*frame[:-2], *[""] * (height - len(frame)), *frame[-2:]] for frame in row]
    return [
        _BETWEEN.join(line.ljust(wide) for line, wide in zip(parts, widths, strict=True)).rstrip()
        for parts in zip(*filled, strict=True)
    ]


def _ending(trajectory: Trajectory) -> str:
    if trajectory.repeats_from is not None:
        return f"and from step {trajectory.repeats_from + 1} on the same again, for ever"
    total = f"{_amount(sum(trajectory.proxy))} paid, {_amount(sum(trajectory.objective))} achieved so far"
    return f"the episode is over: {total}" if trajectory.terminated else f"{total}"


def _listed(actions: Sequence[int]) -> str:
    return ",".join(str(action) for action in actions)
