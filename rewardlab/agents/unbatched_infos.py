"""From Gymnasium's vector infos, arrays with masks, to one dictionary for each environment."""

from __future__ import annotations

from typing import Any, final

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
        ended = _Rows(np.flatnonzero(infos["_final_info"]))
        episodes: dict[str, Any] = {name: infos[name] for name in ("episode", "_episode") if name in infos}
        finals = zip(ended.dicts(infos["final_info"]), ended.dicts(episodes), strict=True)
        ended.put([info | episode for info, episode in finals], dicts)
        only = ~infos["_final_info"]
    rows = _Rows(np.arange(count) if only is None else np.flatnonzero(only))
    rows.put(rows.dicts(infos), dicts)
    return dicts


@final
class _Rows:
    """Some rows of the vector infos of one step."""

    def __init__(self, wanted: NDArray[np.int64]) -> None:
        self._wanted = wanted
        self._count = len(wanted)
        self._having: dict[int, NDArray[np.int64]] = {}

    def put(self, rows: list[dict[str, Any]], dicts: list[dict[str, Any]]) -> None:
        """Put what was made of these rows where they belong."""
        for index, row in zip(self._wanted.tolist(), rows, strict=True):
            dicts[index] = row

    def dicts(self, infos: dict[str, Any]) -> list[dict[str, Any]]:
        """One dictionary for each row."""
        full: dict[str, list[Any]] = {}
        partial: dict[str, NDArray[np.int64]] = {}
        for name, values in infos.items():
            if name.startswith("_") or name in _FINAL_KEYS:
                continue
            having = self._rows_having(infos.get(f"_{name}"))
            if having is None:
                full[name] = self._column(values)
            elif len(having):
                partial[name] = having
        # Column by column, into copies of a dictionary that has the keys already: twice as fast as row by row.
        template: dict[str, Any] = dict.fromkeys(full)
        rows = [template.copy() for _ in range(self._count)]
        for name, column in full.items():
            for row, value in zip(rows, column, strict=True):
                row[name] = value
        for name, having in partial.items():
            column = _Rows(self._wanted[having])._column(infos[name])
            for position, value in zip(having.tolist(), column, strict=True):
                rows[position][name] = value
        return rows

    def _rows_having(self, mask: NDArray[np.bool_] | None) -> NDArray[np.int64] | None:
        """Which of the rows the mask covers; None if it covers all. Many names share one mask, so it is remembered."""
        if mask is None:
            return None
        having = self._having.get(id(mask))
        if having is None:
            having = self._having[id(mask)] = np.flatnonzero(mask[self._wanted])
        return None if len(having) == self._count else having

    def _column(self, values: Any) -> list[Any]:
        if isinstance(values, dict):
            return self.dicts(values)
        if not isinstance(values, np.ndarray):
            return [values[index] for index in self._wanted.tolist()]
        chosen = values[self._wanted]
        return chosen.tolist() if chosen.ndim == 1 and chosen.dtype != object else list(chosen)
