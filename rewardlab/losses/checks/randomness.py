"""Random numbers that are drawn on the way and leave no trace: of torch, of NumPy and of Python."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch

__all__ = ["begin_at", "undisturbed"]


def begin_at(seed: int) -> None:
    """Set torch's generators, inside of `undisturbed`.

    ``torch.manual_seed`` would do, but formats stack traces for devices that are not there: at a thousand calls this is
    most of the time of an examination.

    Args:
        seed: Where they begin.
    """
    torch.default_generator.manual_seed(seed)
    if torch.cuda.is_available():
        torch.cuda.manual_seed_all(seed)


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
