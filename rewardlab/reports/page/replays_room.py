"""What to do where the pictures of all replays take more room than a page has for them."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import zip_longest
from typing import Any

__all__ = ["within_room"]


def within_room(images: Sequence[str], episodes: Sequence[dict[str, Any]], room_bytes: int) -> list[str]:
    """Keep as many pictures as there is room for, those at the beginnings of all episodes first.

    Args:
        images: All of them, as data addresses.
        episodes: As `episode_data` makes them. In place, ``images`` gets the new places, or None for a picture that is
            left out, and ``told`` a sentence about these.
        room_bytes: For all pictures together.

    Returns:
        Those that are kept.
    """
    kept: dict[int, int] = {}
    free = room_bytes
    # Moment by moment, all episodes side by side, so that none is left without pictures for the sake of another.
    for moment in zip_longest(*(episode.get("images", ()) for episode in episodes)):
        for place in moment:
            if place is not None and place not in kept and len(images[place]) <= free:
                free -= len(images[place])
                kept[place] = len(kept)
    for episode in episodes:
        drawn = episode.get("images", ())
        left_out = sum(place is not None and place not in kept for place in drawn)
        if left_out:
            episode["told"].append(f"This page has no room for {left_out} of its pictures.")
        if drawn:
            episode["images"] = [kept.get(place) for place in drawn]
    return [images[place] for place in kept]
