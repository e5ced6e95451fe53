"""The room as a finite model: eleven temperatures, and a lamp beside the sensor."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from rewardlab.mdp import FiniteModel, FiniteTask
from rewardlab.rewards import Catalogue, Potential
from thermostat.rewards import EVENTS, OBJECTIVE, REWARDS

__all__ = ["COLDEST_DEGREES", "WARM_DEGREES", "room"]

COLDEST_DEGREES, WARMEST_DEGREES = 15, 25
WARM_DEGREES = (19, 21)
LAMP_DEGREES = 5
"""By so much the sensor reads more while the lamp is on."""

ACTIONS = ("wait", "heat", "lamp")
_LEVELS = WARMEST_DEGREES - COLDEST_DEGREES + 1


@lru_cache(maxsize=1)
def room() -> FiniteTask:
    """State ``2 * level + lamp``: the room has ``15 + level`` degrees, and the lamp is off (0) or on (1).

    In each step the room loses a degree with probability 1/2. Heating adds two; ``lamp`` switches the lamp. An episode
    begins in a cold room in the dark and is cut off after 60 steps.
    """
    degrees, lamp = COLDEST_DEGREES + np.arange(2 * _LEVELS) // 2, np.arange(2 * _LEVELS) % 2
    nearness = Potential.from_table(
        -0.2 * np.abs(degrees - 20.0), name="nearness", summary="-0.2 for each degree that the room is away from 20."
    )
    return FiniteTask(
        model=_model(degrees, lamp),
        catalogue=Catalogue(REWARDS, OBJECTIVE, EVENTS, {nearness.name: nearness}, shown_events=("warm", "lamp_on")),
        max_episode_steps=60,
        action_names=ACTIONS,
        observations=np.stack([(degrees - COLDEST_DEGREES) / (_LEVELS - 1), lamp], axis=1).astype(np.float32),
        text_picture=_text_picture,
        board_views={"lamp off": np.arange(0, 2 * _LEVELS, 2)[None], "lamp on": np.arange(1, 2 * _LEVELS, 2)[None]},
    )


def _model(degrees: np.ndarray, lamp: np.ndarray) -> FiniteModel:
    """Two outcomes of each action: the room keeps its warmth, or loses a degree."""
    heats, switches = (np.array([name == word for word in ACTIONS])[None, :, None] for name in ("heat", "lamp"))
    lost = np.array([0, 1])[None, None, :]
    after = np.clip(degrees[:, None, None] + 2 * heats - lost, COLDEST_DEGREES, WARMEST_DEGREES)
    lamp_after = np.where(switches, 1 - lamp[:, None, None], lamp[:, None, None]) + np.zeros_like(after)
    reads = after + LAMP_DEGREES * lamp_after
    low, high = WARM_DEGREES
    reads_warm = (reads >= low) & (reads <= high)
    events = {
        "warm": (after >= low) & (after <= high),
        "reads_warm": reads_warm,
        "reads_warm_in_the_dark": reads_warm & (lamp_after == 0),
        "fuel": heats & np.ones_like(reads_warm),
        "lamp_on": lamp_after == 1,
    }
    return FiniteModel(
        2 * (after - COLDEST_DEGREES) + lamp_after,
        np.full(after.shape, 0.5),
        np.zeros(len(degrees), dtype=np.bool_),
        np.eye(len(degrees))[0],
        events={name: caused.astype(np.float64) for name, caused in events.items()},
    )


def _text_picture(state: int) -> str:
    degrees, lamp = COLDEST_DEGREES + state // 2, state % 2
    return f"room {degrees} degrees, lamp {'on ' if lamp else 'off'}, sensor {degrees + LAMP_DEGREES * lamp} degrees"
