"""Random numbers that are drawn on the way and leave no trace: of torch, of NumPy and of Python."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch

__all__ = ["undisturbed"]


@contextmanager
def undisturbed(seed: int | None = None) -> Iterator[None]:
    """Let foreign code draw from the global generators, and put them back as they were.

    A model with dropout draws from torch's, and a loss of somebody else's from any of the three.

    Args:
        seed: Where the block begins, for all three; None leaves them where they are.
    """
    python, numpy = random.getstate(), np.random.get_state()  # noqa: NPY002
    try:
        with torch.random.fork_rng(devices=range(torch.cuda.device_count())):
            if seed is not None:
                random.seed(seed)
                np.random.seed(seed)  # noqa: NPY002
                torch.manual_seed(seed)
            yield
    finally:
        random.setstate(python)
        np.random.set_state(numpy)  # noqa: NPY002
