"""What a sweep varies: a path into the spec, and the values that stand there in turn."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, final

from rewardlab.errors import BadInput, Problem, nearest
from rewardlab.lab.toml_lines import KeyPath, dotted

__all__ = ["Axis", "axes_of_grid", "axes_of_rows"]

_SHARED = ("version", "name", "question", "seeds", "budget_steps", "evaluation_episodes", "probe_episodes", "threshold")
_GROWING = ("algorithm", "environment", "settings")
_EXPECTED = "a path that begins with algorithm, environment.settings or variants.NAME"


@final
@dataclass(frozen=True, eq=False)
class Axis:
    """One thing that a sweep varies.

    Attributes:
        target: The number of the variant that it belongs to; None for all.
        path: Within the variant, or from the top of the spec where it belongs to all.
        place: Of the axis in the file.
        values: What stands there in turn.
        places: Of each value in the file.
    """

    target: int | None
    path: KeyPath
    place: str
    values: tuple[Any, ...]
    places: tuple[str, ...]

    def within(self, data: Mapping[str, Any], variant: Mapping[str, Any]) -> KeyPath | None:
        """The path within a variant; None if the variant takes nothing from there.

        Args:
            data: The spec.
            variant: One of its variants, or a copy with other values.
        """
        if self.target is not None:
            theirs = data["variants"][self.target]["name"]
            return self.path if variant["name"] == theirs else None
        if self.path[0] == "environment":
            path: KeyPath = ("environment", *self.path[2:])
            return None if path[1] in variant.get("environment", {}) else path
        own = variant.get("algorithm", {})
        shared = data.get("algorithm", {}).get("name", "ppo")
        if self.path[1] == "settings":
            # The settings of another algorithm are not inherited.
            inherits = own.get("name", shared) == shared and self.path[2] not in own.get("settings", {})
            return self.path if inherits else None
        return None if self.path[1] in own else self.path

    def put(self, data: Mapping[str, Any], variant: dict[str, Any], path: KeyPath, value: object) -> None:
        """Change a variant.

        Args:
            data: The spec.
            variant: A copy of one of its variants.
            path: What `within` said of the variant before anything in it was changed.
            value: What is to stand there.

        Raises:
            LookupError: There is no such table or place in a list.
        """
        depth = 0 if self.target is not None else 2 if path[0] == "environment" else 3
        if 0 < depth < len(path):
            # A table that the variant would inherit is changed in one of its keys only.
            head = self.path[: depth + (path[0] == "environment")]
            _put(variant, path[:depth], copy.deepcopy(_get(data, head)))
        _put(variant, path, copy.deepcopy(value))


def axes_of_grid(grid: Mapping[str, Sequence[Any]], data: Mapping[str, Any], source: str) -> list[Axis]:
    """The axes of a grid: from a path to all its values.

    Args:
        grid: As it stands in the file.
        data: The spec.
        source: The file, or what else to name in errors.

    Raises:
        BadInput: A path leads nowhere, or a value stands twice. All problems are named at once.
    """
    axes: list[Axis] = []
    problems: list[Problem] = []
    for key, values in grid.items():
        place = dotted(("sweep", "grid", key))
        places = [f"{place}[{index}]" for index in range(len(values))]
        try:
            axes.append(_axis(key, data, source, place, values, places))
        except BadInput as fault:
            problems += fault.problems
        problems += [
            Problem(f"{source}: {places[index]}", f"{value!r} again", "each value once")
            for index, value in enumerate(values)
            if _alike(value) in map(_alike, values[:index])
        ]
    if problems:
        raise BadInput(*problems)
    return axes


def axes_of_rows(
    rows: Sequence[Mapping[str, Any]], data: Mapping[str, Any], source: str
) -> tuple[list[Axis], list[list[tuple[Axis, int]]]]:
    """The axes of a list, and for each row the axes that it sets and to which of their values.

    Args:
        rows: As they stand in the file: from a path to one value.
        data: The spec.
        source: The file, or what else to name in errors.

    Raises:
        BadInput: A path leads nowhere. All problems are named at once.
    """
    axes: dict[str, Axis] = {}
    problems: list[Problem] = []
    for key in dict.fromkeys(key for row in rows for key in row):
        holding = [(dotted(("sweep", "list", index, key)), row[key]) for index, row in enumerate(rows) if key in row]
        distinct = {_alike(value): (place, value) for place, value in reversed(holding)}
        places, values = zip(*reversed(distinct.values()), strict=True)
        try:
            axes[key] = _axis(key, data, source, places[0], values, places)
        except BadInput as fault:
            problems += fault.problems
    if problems:
        raise BadInput(*problems)
    taken = {key: [_alike(value) for value in axis.values] for key, axis in axes.items()}
    return list(axes.values()), [
        [(axes[key], taken[key].index(_alike(value))) for key, value in row.items()] for row in rows
    ]


def _axis(
    key: str, data: Mapping[str, Any], source: str, place: str, values: Sequence[Any], places: Sequence[str]
) -> Axis:
    target, path = _path(key, data, f"{source}: {place}")
    axis = Axis(target, path, place, tuple(values), tuple(places))
    variants = data["variants"] if target is None else [data["variants"][target]]
    for variant in variants:
        within = axis.within(data, variant)
        if within is not None:
            try:
                axis.put(data, copy.deepcopy(variant), within, values[0])
            except LookupError as fault:
                got = f"a path that ends at {fault.args[0]!r}"
                raise BadInput(Problem(f"{source}: {place}", got, "the path of a key that there is")) from None
    return axis


def _path(key: str, data: Mapping[str, Any], where: str) -> tuple[int | None, KeyPath]:
    head, _, rest = key.partition(".")
    if head == "variants":
        return _path_in_variant(rest, data, where)
    parts = tuple(key.split("."))
    if head == "algorithm" and len(parts) > 1 and "" not in parts and (parts[1] != "settings" or len(parts) > 2):
        return None, _numbered(parts)
    if parts[:2] == ("environment", "settings") and len(parts) > 2 and "" not in parts:
        return None, _numbered(parts)
    if parts == ("environment", "id") or head in _SHARED:
        fix = "all variants share it, lest their results mean different things"
        raise BadInput(Problem(where, repr(key), _EXPECTED, fix))
    kinds = {"algorithm": "algorithm.settings.gamma", "environment": "environment.settings.NAME"}
    fix = f"name a key in it, as in {kinds[head]}" if head in kinds else nearest(head, (*kinds, "variants"))
    raise BadInput(Problem(where, repr(key), _EXPECTED, fix))


def _path_in_variant(rest: str, data: Mapping[str, Any], where: str) -> tuple[int, KeyPath]:
    names = [variant["name"] for variant in data["variants"]]
    # A name may hold dots, and begin as another does.
    meant = [name for name in sorted(names, key=len, reverse=True) if rest.startswith(f"{name}.")]
    if not meant:
        expected = f"variants.NAME and a key of that variant, NAME one of {', '.join(map(repr, names))}"
        fix = f"add a key, as in variants.{rest}.reward" if rest in names else nearest(rest.partition(".")[0], names)
        raise BadInput(Problem(where, repr(f"variants.{rest}" if rest else "variants"), expected, fix))
    parts = rest[len(meant[0]) + 1 :].split(".")
    if "" in parts or parts[0] == "name":
        raise BadInput(Problem(where, repr(f"variants.{rest}"), "a key of the variant that changes its training"))
    return names.index(meant[0]), _numbered(parts)


def _numbered(parts: Sequence[str]) -> KeyPath:
    return tuple(int(part) if part.isascii() and part.isdigit() and len(part) < 6 else part for part in parts)


def _alike(value: object) -> str:
    return repr(value)


def _get(container: Any, path: KeyPath) -> Any:
    for part in path:
        container = _step(container, part)
    return container


def _put(container: Any, path: KeyPath, value: object) -> None:
    for part in path[:-1]:
        if isinstance(container, dict) and part not in container and part in _GROWING:
            container[part] = {}
        container = _step(container, part)
    last = path[-1]
    if isinstance(container, dict):
        container[str(last)] = value
    else:
        _step(container, last)
        container[last] = value


def _step(container: Any, part: str | int) -> Any:
    if isinstance(container, dict) and str(part) in container:
        return container[str(part)]
    if isinstance(container, list) and isinstance(part, int) and part < len(container):
        return container[part]
    raise LookupError(part)
