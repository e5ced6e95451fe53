"""The maps that have names, each with the settings that belong to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

from rewardlab.errors import BadInput, one_of
from rewardlab_envs.gridworld.grid import MARKS

__all__ = ["MAPS", "NamedMap", "find_map"]


@final
@dataclass(frozen=True, slots=True)
class NamedMap:
    """A map with its own settings, which hold where the user gives none.

    Attributes:
        text: One character a cell, as in `rewardlab_envs.gridworld.grid.MARKS`.
        summary: What the map is for.
        moves: 4 or 8.
        slip: The probability of going sideways.
        step_cost: What the objective takes for each step.
    """

    text: str
    summary: str = ""
    moves: int = 4
    slip: float = 0.0
    step_cost: float = 0.01


MAPS = {
    "robot": NamedMap(
        """
.....S
......
......
......
......
G.....
""",
        "The tutorial's robot: from (5, 5) to (0, 0), five diagonal steps.",
        moves=8,
    ),
    "ng": NamedMap(
        """
.........G
..........
..........
..........
..........
..........
..........
..........
..........
S.........
""",
        "A wide field to cross from corner to corner, as Ng, Harada & Russell (1999) used to show what shaping saves.",
        slip=0.2,
    ),
    "cliff": NamedMap(
        """
............
............
............
S!!!!!!!!!!G
""",
        "The short way runs along a cliff (Sutton & Barto 2018, Example 6.6).",
    ),
    "four_rooms": NamedMap(
        """
S....#.....
.....#.....
...........
.....#.....
.....#.....
##.#####.##
.....#.....
.....#.....
...........
.....#.....
.....#....G
""",
        "Four rooms with narrow doors: the way as the crow flies leads into walls.",
    ),
    "two_exits": NamedMap(
        """
..........
.S..3....G
..........
""",
        "An exit nearby that is worth little, and a good one behind it.",
    ),
    "coins": NamedMap(
        """
S..o.
.#.#.
o...o
.#.#.
..o.G
""",
        "Coins that can be had once each, on the way to the goal or not.",
    ),
    "four_by_three": NamedMap(
        """
...G
.#.X
S...
""",
        "The world of Russell & Norvig (2020), chapter 17: a goal, a pit, and a floor that slips.",
        slip=0.2,
        step_cost=0.04,
    ),
    "ice": NamedMap(
        """
S...
.X.X
...X
X..G
""",
        "A frozen lake with holes, on which every second move or more goes wrong.",
        slip=2 / 3,
        step_cost=0.001,
    ),
}


def find_map(choice: str) -> NamedMap:
    """The map of that name, or the text itself as a map.

    Raises:
        BadInput: It is neither the name of a map nor made of the characters of one.
    """
    if choice in MAPS:
        return MAPS[choice]
    if isinstance(choice, str) and set(choice) <= {*MARKS, "\n", " "}:
        return NamedMap(choice)
    raise BadInput(one_of("map", str(choice), MAPS, "map"))
