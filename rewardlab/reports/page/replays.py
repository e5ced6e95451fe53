"""The replays of a page: for each variant a player with its best, its median and its first exploiting episode.

All texts go into the page as data, and its script writes them as text; none becomes a part of the document.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, final

from rewardlab.lab.comparison import Comparison
from rewardlab.reports.page.replays_boards import BoardShelf
from rewardlab.reports.page.replays_chosen import chosen_episodes
from rewardlab.reports.page.replays_episode import episode_data
from rewardlab.reports.page.replays_room import within_room
from rewardlab.reports.page.shown_text import shortened

__all__ = ["ROOM_BYTES", "Replays", "replays_of"]

ROOM_BYTES = 520_000
"""For the pictures of all replays of a page, as text."""

_NAME = 120


@final
@dataclass(frozen=True, slots=True)
class Replays:
    """The replays of a page.

    Attributes:
        variants: Their names as they are shown, one a player.
        data: JSON values: ``images`` and ``texts``, the boards, and ``players``, for each variant its episodes as
            `episode_data` makes them.
    """

    variants: tuple[str, ...]
    data: Mapping[str, Any]


def replays_of(comparison: Comparison) -> Replays | None:
    """Play the chosen episodes of each variant again; None if no run has finished.

    An episode that cannot be played again is told in words in its place.

    Args:
        comparison: What the experiment found.
    """
    chosen = {variant.name: chosen_episodes(variant) for variant in comparison.variants if variant.runs}
    if not chosen:
        return None
    shelf = BoardShelf()
    players = [[episode_data(episode, shelf) for episode in episodes] for episodes in chosen.values()]
    images = within_room(shelf.images, [episode for player in players for episode in player], ROOM_BYTES)
    return Replays(
        tuple(shortened(name, _NAME) for name in chosen),
        {"images": images, "texts": shelf.texts, "players": players},
    )
