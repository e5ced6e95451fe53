"""From Gymnasium's vector infos, arrays with masks, to one dictionary for each environment."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["unbatched_infos"]

_FINAL_KEYS = ("final_obs", "final_info")


def unbatched_infos(
    infos: dict[str, Any], count: int, *, only: NDArray[np.bool_] | None = None
) -> list[dict[str, Any]]:
    """Take a vector step's infos apart.

    An ended environment of SAME_STEP gets the info of its last step, out of ``final_info``, not that of the reset.

    Args:
        infos: Gymnasium's vector infos.
        count: N, the number of environments.
        only: ``[N]`` bool, the rows wanted, and those from the top level alone; the others stay empty. All by default.

    Returns:
        N dictionaries of plain numbers, arrays and dictionaries.
    """
    dicts: list[dict[str, Any]] = [{} for _ in range(count)]
    if only is None and "final_info" in infos:
        ended = np.flatnonzero(infos["_final_info"])
        episodes = {name: infos[name] for name in ("episode", "_episode") if name in infos}
        finals = zip(_rows(infos["final_info"], ended), _rows(episodes, ended), strict=True)
        _put(dicts, ended, [info | episode for info, episode in finals])
        only = ~infos["_final_info"]
    wanted = np.arange(count) if only is None else np.flatnonzero(only)
    return _put(dicts, wanted, _rows(infos, wanted))


def _put(dicts: list[dict[str, Any]], wanted: NDArray[np.int64], rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    for index, row in zip(wanted.tolist(), rows, strict=True):
        dicts[index] = row
    return dicts


def _rows(infos: dict[str, Any], wanted: NDArray[np.int64]) -> list[dict[str, Any]]:
    """One dictionary for each wanted row."""
    full: dict[str, list[Any]] = {}
    partial: dict[str, NDArray[np.int64]] = {}
    for name, values in infos.items():
        if name.startswith("_") or name in _FINAL_KEYS:
            continue
        mask = infos.get(f"_{name}")
        has = None if mask is None else np.flatnonzero(mask[wanted])
        if has is None or len(has) == len(wanted):
            full[name] = _column(values, wanted)
        elif len(has):
            partial[name] = has
    # Column by column, into copies of a dictionary that has the keys already: twice as fast as row by row.
    template: dict[str, Any] = dict.fromkeys(full)
    rows = [template.copy() for _ in range(len(wanted))]
    for name, column in full.items():
        for row, value in zip(rows, column, strict=True):
            row[name] = value
    for name, has in partial.items():
        for position, value in zip(has.tolist(), _column(infos[name], wanted[has]), strict=True):
            rows[position][name] = value
    return rows


def _column(values: Any, wanted: NDArray[np.int64]) -> list[Any]:
    if isinstance(values, dict):
        return _rows(values, wanted)
    if not isinstance(values, np.ndarray):
        return [values[index] for index in wanted.tolist()]
    chosen = values[wanted]
    return chosen.tolist() if chosen.ndim == 1 and chosen.dtype != object else list(chosen)
