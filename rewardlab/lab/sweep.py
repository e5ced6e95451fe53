"""A sweep: each combination of its values makes a variant, whose name says the values."""

from __future__ import annotations

import copy
import hashlib
import itertools
import json
import math
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, final

from rewardlab.errors import BadInput, Problem
from rewardlab.lab.spec_tables import MAX_NAME
from rewardlab.lab.sweep_axes import Axis, axes_of_grid, axes_of_rows
from rewardlab.lab.toml_lines import dotted

__all__ = ["MAX_VARIANTS", "Expansion", "Origin", "expand_sweep"]

MAX_VARIANTS = 10_000

_Chosen = tuple[tuple[Axis, int], ...]
"""Axes, each with the place of the value taken."""


@final
@dataclass(frozen=True, slots=True)
class Origin:
    """Where a variant of a sweep came from.

    Attributes:
        index: Of the variant in the file.
        swept: From a path within the variant to the place in the file of the value that it has here.
    """

    index: int
    swept: Mapping[str, str]


@final
@dataclass(frozen=True, slots=True)
class Expansion:
    """The variants of a sweep.

    Attributes:
        variants: As data, those of the first variant of the file first.
        origins: Of each of them.
    """

    variants: tuple[dict[str, Any], ...]
    origins: tuple[Origin, ...]

    def in_file(self, problems: Sequence[Problem], source: str) -> list[Problem]:
        """Problems of the variants, told of what stands in the file; those that are alike once.

        Args:
            problems: At ``SOURCE: variants[NUMBER]...``, by the number among `variants`.
            source: The file, or what else the problems name.
        """
        place = re.compile(re.escape(source) + r": variants\[(\d+)\](?:\.([^;,\s]+))?")

        def told(text: str) -> str:
            return place.sub(lambda found: f"{source}: {self._home(int(found[1]), found[2] or '')}", text)

        return list(
            dict.fromkeys(
                replace(problem, where=told(problem.where), expected=told(problem.expected), fix=told(problem.fix))
                for problem in problems
            )
        )

    def _home(self, number: int, key: str) -> str:
        origin = self.origins[number]
        for path, home in origin.swept.items():
            if key == path or key.startswith((f"{path}.", f"{path}[")):
                return home + key[len(path) :]
        return f"variants[{origin.index}]" + (f".{key}" if key else "")


def expand_sweep(data: Mapping[str, Any], source: str) -> Expansion:
    """Make the variants of a spec that sweeps.

    Args:
        data: The spec, of which each table is what the schema wants.
        source: The file, or what else to name in errors.

    Raises:
        BadInput: A path leads nowhere, two lead to the same place, or there are too many variants.
    """
    sweep = data["sweep"]
    if "grid" in sweep:
        axes = axes_of_grid(sweep["grid"], data, source)
        rows: list[list[tuple[Axis, int]]] = []
    else:
        axes, rows = axes_of_rows(sweep["list"], data, source)
    labels = _labels(axes)
    variants: list[dict[str, Any]] = []
    origins: list[Origin] = []
    used: set[Axis] = set()
    for index, variant in enumerate(data["variants"]):
        own = [axis for axis in axes if axis.within(data, variant) is not None]
        used.update(own)
        _refuse_overlap(own, data, variant, source)
        for chosen in _choices(own, rows):
            made, origin = _made(data, index, chosen, labels)
            variants.append(made)
            origins.append(origin)
    idle = [
        Problem(f"{source}: {axis.place}", "a key that no variant takes from there", "one that changes a variant")
        for axis in axes
        if axis not in used
    ]
    if idle:
        raise BadInput(*idle)
    return Expansion(tuple(variants), tuple(origins))


def _choices(axes: Sequence[Axis], rows: Sequence[Sequence[tuple[Axis, int]]]) -> Iterator[_Chosen]:
    """The combinations for one variant; an empty one if the sweep has nothing for it."""
    if not rows:
        yield from itertools.product(*([(axis, index) for index in range(len(axis.values))] for axis in axes))
        return
    # Rows that differ only in what other variants take are one for this.
    own = [tuple((axis, index) for axis, index in row if axis in axes) for row in rows]
    yield from dict.fromkeys(row for row in own if row) if any(own) else [()]


def _made(data: Mapping[str, Any], index: int, chosen: _Chosen, labels: Mapping[Axis, str]) -> tuple[Any, Origin]:
    variant = copy.deepcopy(data["variants"][index])
    swept = {}
    for axis, number in chosen:
        path = axis.within(data, data["variants"][index]) or ()
        axis.put(data, variant, path, axis.values[number])
        swept[dotted(path)] = axis.places[number]
    if chosen:
        values = ", ".join(f"{labels[axis]} = {_shown(axis.values[number])}" for axis, number in chosen)
        variant["name"] = _fitting(f"{variant['name']} ({values})")
    return variant, Origin(index, swept)


def _fitting(name: str) -> str:
    """A name, or where it is too long the beginning of it, with a hash that tells it from others that begin so."""
    if len(name) <= MAX_NAME:
        return name
    end = f"… {hashlib.sha256(name.encode('utf-8', 'surrogatepass')).hexdigest()[:8]})"
    return name[: MAX_NAME - len(end)] + end


def _labels(axes: Sequence[Axis]) -> dict[Axis, str]:
    """The end of each path, as short as tells it from the others."""
    ends = {axis: [".".join(map(str, axis.path[-length:])) for length in range(1, 40)] for axis in axes}
    labels = {}
    for axis, own in ends.items():
        others = Counter(end for other, theirs in ends.items() if other.path != axis.path for end in set(theirs))
        labels[axis] = next((end for end in own if not others[end]), own[-1])
    return labels


def _shown(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


def _refuse_overlap(axes: Sequence[Axis], data: Mapping[str, Any], variant: Mapping[str, Any], source: str) -> None:
    if math.prod(len(axis.values) for axis in axes) > MAX_VARIANTS:
        got = f"{math.prod(len(axis.values) for axis in axes)} combinations"
        raise BadInput(Problem(f"{source}: sweep", got, f"at most {MAX_VARIANTS} variants"))
    paths = [(axis, axis.within(data, variant) or ()) for axis in axes]
    overlaps = [
        Problem(f"{source}: {other.place}", "a key that is swept twice", "each key once", f"see {source}: {one.place}")
        for (one, path), (other, longer) in itertools.permutations(paths, 2)
        if longer[: len(path)] == path and (len(path) < len(longer) or axes.index(one) < axes.index(other))
    ]
    if overlaps:
        raise BadInput(*overlaps)
