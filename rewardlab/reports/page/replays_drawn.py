"""A recorded episode with all that its environment can draw of it: images, letters, or neither, and why."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, final

from rewardlab.agents.environments import make_single
from rewardlab.errors import RunFailed
from rewardlab.reports.page.replays_played import PlayedEpisode, played_episode

__all__ = ["DrawnEpisode", "drawn_episode"]


@final
@dataclass(frozen=True, slots=True)
class DrawnEpisode:
    """An episode played again, and drawn.

    Attributes:
        played: With images as boards where the environment draws some.
        texts: The same boards in letters, one a moment; empty where the environment draws none.
        told: What could not be drawn, and why; a sentence each.
    """

    played: PlayedEpisode
    texts: tuple[str, ...]
    told: tuple[str, ...]


def drawn_episode(settings: Mapping[str, Any], recording: Mapping[str, Any]) -> DrawnEpisode:
    """Play a recorded episode again, with the best boards that its environment draws.

    Args:
        settings: Of the run, as the store keeps them.
        recording: See `played_episode`.

    Raises:
        RunFailed: Another episode comes out.
    """
    offered, note = _render_modes(settings)
    told = [note] if note else []
    if not {"rgb_array", "ansi"} & {*offered}:
        told.append("Its environment draws no boards.")
    found: dict[str, PlayedEpisode] = {}
    for mode in ("rgb_array", "ansi"):
        if mode not in offered:
            continue
        try:
            found[mode] = played_episode(settings, recording, mode)
        except RunFailed:
            raise
        except Exception as fault:  # the picture is a stranger's, and must not cost the ledger
            told.append(f"No boards of kind {mode!r}: {' '.join(f'{type(fault).__name__}: {fault}'.split())}.")
    played = next(iter(found.values()), None) or played_episode(settings, recording, None)
    texts = [moment.board for moment in found["ansi"].moments] if "ansi" in found else []
    if not all(isinstance(text, str) for text in texts):
        return DrawnEpisode(played, (), (*told, "Its boards of letters are no text."))
    return DrawnEpisode(played, tuple(map(str, texts)), tuple(told))


def _render_modes(settings: Mapping[str, Any]) -> tuple[Collection[str], str]:
    """What the environment can draw, and what it says of its pictures."""
    environment = settings["environment"]
    bare = make_single(environment["id"], environment["settings"], settings["variant"]["reward"])
    bare.close()
    note = str(getattr(getattr(bare.unwrapped, "task", None), "picture_note", ""))
    return tuple(bare.metadata.get("render_modes") or ()), note
