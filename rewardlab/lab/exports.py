"""The tables of an experiment as files, made of the store and of nothing else.

The same runs give the same bytes, whatever they were interrupted by and wherever they were done: no time, host or date
is in them. Those stand in a file of their own.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Iterator, Mapping
from typing import Any

from rewardlab.lab.store import Member, ResultStore, StoredRun, Submitted

__all__ = ["provenance_lines", "result_columns", "results_csv", "results_json_lines", "table_hash"]

_FIRST_COLUMNS = ("variant", "seed", "run", "state", "trained_steps")


def results_csv(store: ResultStore, experiment: Submitted) -> str:
    """One line for each run of an experiment, one column for each number of its evaluation.

    Args:
        store: Its results.
        experiment: Which runs to show, in their order. One that is not finished has no numbers.

    Returns:
        Columns ``variant``, ``seed``, ``run`` (its identity), ``state`` (``finished``, ``failed`` or ``missing``),
        ``trained_steps``, and the numbers by name, each with all the digits that it takes to read it back to the bit.
    """
    lines = [_line(member, store.read(member.identity)) for member in experiment.members]
    names = sorted({name for _, columns in lines for name in columns})
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow([*_FIRST_COLUMNS, *names])
    for first, columns in lines:
        writer.writerow([*first, *(repr(columns[name]) if name in columns else "" for name in names)])
    return buffer.getvalue()


def result_columns(run: StoredRun) -> dict[str, float]:
    """The numbers of a run's evaluation by name, as in ``objective`` and ``rewards/on_time``."""
    flat: dict[str, float] = {}
    for key, value in run.result.get("evaluation", {}).items():
        if isinstance(value, Mapping):
            flat |= {f"{key}/{name}": number for name, number in value.items()}
        else:
            flat[key] = value
    return flat


def table_hash(csv_text: str) -> str:
    """SHA-256 of the table of `results_csv`, hexadecimal: two experiments with the same one came to the same."""
    return hashlib.sha256(csv_text.encode("utf-8")).hexdigest()


def results_json_lines(store: ResultStore, experiment: Submitted) -> Iterator[str]:
    """The lines of a JSON file with all that came of an experiment: its spec, and each run with settings and result."""
    head = {"experiment": experiment.name, "spec": experiment.spec, "spec_hash": experiment.spec_hash}
    yield from _listed(head, "runs", (_whole(member, store.read(member.identity)) for member in experiment.members))


def provenance_lines(store: ResultStore, experiment: Submitted, table: str) -> Iterator[str]:
    """The lines of a JSON file with where each result comes from, and why others are missing.

    Args:
        store: The results.
        experiment: Which runs to show.
        table: The table that belongs to it; its hash is told along.
    """
    head = {"experiment": experiment.name, "spec_hash": experiment.spec_hash, "table_hash": table_hash(table)}
    yield from _listed(head, "runs", (_origin(member, store.read(member.identity)) for member in experiment.members))


def _line(member: Member, run: StoredRun | None) -> tuple[list[Any], dict[str, float]]:
    """The first columns of a run, and its numbers; without its curve, so that ten thousand runs need little memory."""
    steps = "" if run is None else run.result.get("steps", "")
    numbers = {} if run is None else result_columns(run)
    return [member.variant, member.seed, member.identity, _state(run), steps], numbers


def _whole(member: Member, run: StoredRun | None) -> dict[str, Any]:
    found: dict[str, Any] = {} if run is None else {"settings": run.settings, "result": run.result}
    return {"variant": member.variant, "seed": member.seed, "run": member.identity, "state": _state(run), **found}


def _origin(member: Member, run: StoredRun | None) -> dict[str, Any]:
    found: dict[str, Any] = {} if run is None else {"message": run.message, "provenance": run.provenance}
    return {"variant": member.variant, "seed": member.seed, "run": member.identity, "state": _state(run), **found}


def _state(run: StoredRun | None) -> str:
    return "missing" if run is None else run.state


def _listed(head: Mapping[str, Any], key: str, entries: Iterator[dict[str, Any]]) -> Iterator[str]:
    """A JSON object with a list at its end, one line for each entry, so that ten thousand of them need no memory."""
    yield _json(head)[:-1] + f', "{key}": [\n'
    before = ""
    for entry in entries:
        yield before + _json(entry)
        before = ",\n"
    yield "\n]}\n"


def _json(data: object) -> str:
    return json.dumps(data, sort_keys=True, allow_nan=False)
