"""Equality of all that a vector environment returns."""

from __future__ import annotations

from typing import Any

import numpy as np


def assert_same(ours: Any, theirs: Any, where: str = "result") -> None:
    """Equal in type, shape and every value, through nested dictionaries, tuples and object arrays."""
    if isinstance(theirs, dict):
        assert set(ours) == set(theirs), where
        for key in theirs:
            assert_same(ours[key], theirs[key], f"{where}[{key!r}]")
    elif isinstance(theirs, tuple) or (isinstance(theirs, np.ndarray) and theirs.dtype == object):
        for index, (our, their) in enumerate(zip(ours, theirs, strict=True)):
            assert_same(our, their, f"{where}[{index}]")
    elif theirs is None:
        assert ours is None, where
    else:
        ours, theirs = np.asarray(ours), np.asarray(theirs)
        assert ours.dtype == theirs.dtype, where
        # It says where they differ, but takes its time, and nearly always they are the same to the byte.
        if ours.shape != theirs.shape or ours.tobytes() != theirs.tobytes():
            np.testing.assert_array_equal(ours, theirs, err_msg=where, strict=True)
