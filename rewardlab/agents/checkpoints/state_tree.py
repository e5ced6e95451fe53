"""A tree of JSON data with arrays as leaves, taken apart into what JSON can hold and what safetensors can hold."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["put_together", "taken_apart"]

_MARK = "$"
_ARRAY, _FLOAT = f"{_MARK}array", f"{_MARK}float"
_KINDS = "biuf"


def taken_apart(tree: Any) -> tuple[Any, dict[str, NDArray[Any]]]:
    """Take arrays out of a tree.

    Args:
        tree: Dictionaries with words as keys, lists and tuples (which become lists), numbers, words, booleans, None and
            arrays of numbers or booleans.

    Returns:
        The tree as strict JSON data, in which each array is only named; and the arrays by name, which is their path.

    Raises:
        TypeError: Something else is in it.
    """
    arrays: dict[str, NDArray[Any]] = {}
    return _without_arrays(tree, "", arrays), arrays


def put_together(words: Any, arrays: Mapping[str, NDArray[Any]]) -> Any:
    """The way back. The arrays are copies that may be written to.

    Raises:
        KeyError: An array is named that is not there.
        ValueError: A number is named that is none.
    """
    if isinstance(words, list):
        return [put_together(part, arrays) for part in words]
    if not isinstance(words, dict):
        return words
    if words.keys() == {_ARRAY}:
        return np.array(arrays[words[_ARRAY]])
    if words.keys() == {_FLOAT}:
        return float(words[_FLOAT])
    return {_unmarked(key): put_together(part, arrays) for key, part in words.items()}


def _without_arrays(tree: Any, path: str, arrays: dict[str, NDArray[Any]]) -> Any:
    if isinstance(tree, np.ndarray):
        return _named(tree, path, arrays)
    if isinstance(tree, np.generic):
        tree = tree.item()
    if isinstance(tree, Mapping):
        unfit = [key for key in tree if not isinstance(key, str)]
        if unfit:
            raise TypeError(f"{path or 'the tree'}: got the key {unfit[0]!r}, expected a word")
        return {
            _marked(key): _without_arrays(part, f"{path}/{key}" if path else key, arrays) for key, part in tree.items()
        }
    if isinstance(tree, list | tuple):
        return [_without_arrays(part, f"{path}/{index}", arrays) for index, part in enumerate(tree)]
    if isinstance(tree, float) and not math.isfinite(tree):
        return {_FLOAT: repr(tree)}  # which strict JSON has no words for
    if tree is None or isinstance(tree, str | int | float):
        return tree
    raise TypeError(f"{path or 'the tree'}: got a {type(tree).__name__}, expected JSON data or an array")


def _marked(key: str) -> str:
    """A key that begins as our own do, such as the name of a line of somebody's ledger, with one mark more."""
    return f"{_MARK}{key}" if key.startswith(_MARK) else key


def _unmarked(key: str) -> str:
    return key[len(_MARK) :] if key.startswith(_MARK) else key


def _named(array: NDArray[Any], path: str, arrays: dict[str, NDArray[Any]]) -> dict[str, str]:
    if array.dtype.kind not in _KINDS:
        raise TypeError(f"{path}: got an array of {array.dtype}, expected one of numbers or booleans")
    if path in arrays:
        raise TypeError(f"{path}: got two arrays of this name, expected one")
    # What is not in one piece would be written wrong, without a word.
    arrays[path] = array if array.flags.c_contiguous else array.copy(order="C")
    return {_ARRAY: path}
