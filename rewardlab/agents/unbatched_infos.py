"""From Gymnasium's vector infos, arrays with masks, to one dictionary for each environment."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["unbatched_infos"]

_FINAL_KEYS = ("final_obs", "final_info")


def unbatched_infos(infos: dict[str, Any], count: int, *, only: NDArray[np.bool_] | None = None) -> list[dict[str, Any]]:
    """Take a vector step's infos apart.

    An ended environment of SAME_STEP gets the info of its last step, out of ``final_info``, not that of the reset.

    Args:
        infos: Gymnasium's vector infos.
        count: N, the number of environments.
        only: ``[N]`` bool, the rows wanted, and those from the top level alone; the others stay empty. All by default.

    Returns:
        N dictionaries of plain numbers, arrays and dictionaries.
    """
    dicts = _rows(infos, count, only)
    if only is None and "final_info" in infos:
        finals = _rows(infos["final_info"], count, None)
        for index in np.flatnonzero(infos["_final_info"]).tolist():
            kept = {"episode": dicts[index]["episode"]} if "episode" in dicts[index] else {}
            dicts[index] = finals[index] | kept
    return dicts


def _rows(infos: dict[str, Any], count: int, only: NDArray[np.bool_] | None) -> list[dict[str, Any]]:
    names, columns, masks = [], [], []
    for name, values in infos.items():
        if name.startswith("_") or name in _FINAL_KEYS:
            continue
        mask = infos.get(f"_{name}")
        present = np.ones(count, dtype=np.bool_) if mask is None else mask
        names.append(name)
        columns.append(_column(values, count))
        masks.append(present if only is None else present & only)
    if all(mask.all() for mask in masks):
        return [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)] or [{} for _ in range(count)]
    dicts: list[dict[str, Any]] = [{} for _ in range(count)]
    for name, column, mask in zip(names, columns, masks, strict=True):
        for index in np.flatnonzero(mask).tolist():
            dicts[index][name] = column[index]
    return dicts


def _column(values: Any, count: int) -> list[Any]:
    if isinstance(values, dict):
        return _rows(values, count, None)
    if isinstance(values, np.ndarray) and values.ndim == 1 and values.dtype != object:
        return values.tolist()
    return list(values)
