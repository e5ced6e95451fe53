"""The global random streams that stable-baselines3 draws from: Python's, NumPy's and torch's."""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch

__all__ = ["restore_streams", "streams_snapshot"]


def streams_snapshot() -> dict[str, Any]:
    """Where the three streams are; none of them is moved."""
    version, words, gauss = random.getstate()
    return {
        "python": {"version": version, "words": list(words), "gauss": gauss},
        "numpy": np.random.get_state(legacy=False),  # noqa: NPY002 - the stream that SB3 draws from
        "torch": torch.get_rng_state().numpy().copy(),
    }


def restore_streams(state: Mapping[str, Any]) -> None:
    """Put the three streams where they were."""
    python = state["python"]
    random.setstate((python["version"], tuple(python["words"]), python["gauss"]))
    np.random.set_state(dict(state["numpy"]))  # noqa: NPY002 - the stream that SB3 draws from
    torch.set_rng_state(torch.from_numpy(np.array(state["torch"], dtype=np.uint8)))
