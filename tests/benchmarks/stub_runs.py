"""Runs that learn nothing: some keep a core busy, some end at once; their results are as large as real ones."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

CURVE_POINTS = 60
"""With as many, a result takes about 10,000 characters, as that of a training does."""


def busy(loops: int, on_progress: Callable[[int], None]) -> dict[str, Any]:
    """Keep one core busy for so many loops."""
    value = 1
    for number in range(loops):
        value = (value * 1_103_515_245 + 12_345) % 2_147_483_648
        if not number % 1_000_000:
            on_progress(number)
    return {"value": value}


def loops_in(seconds: float) -> int:
    """How many loops keep this machine busy for so long, of processor time."""
    tried = 2_000_000
    begun = time.process_time()
    busy(tried, lambda _: None)
    return int(tried * seconds / (time.process_time() - begun))


def stub(number: int, on_progress: Callable[[int], None]) -> dict[str, Any]:
    """End at once, with a result as large as a real one."""
    on_progress(1)
    points = [
        {
            "step": 1000 * point,
            "paid": number / 7 + point,
            "objective": number / 3 - point,
            "ledger": {"delivered": 1 / 3},
        }
        for point in range(CURVE_POINTS)
    ]
    replay = {"seed": number, "actions": [number % 4] * 400, "exploits": []}
    return {
        "steps": 60_000,
        "curve": points,
        "evaluation": {"objective": number / 3, "paid": number / 7},
        "replay": replay,
    }
