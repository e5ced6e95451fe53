"""What pydantic finds wrong with a spec, in the words of this house: where, what came, what was expected, the fix."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from pydantic import BaseModel, ValidationError

from rewardlab.errors import Problem, nearest
from rewardlab.lab.toml_lines import KeyPath, dotted

__all__ = ["Tables", "problems_of_schema", "repetitions"]

Tables = Mapping[tuple[str, ...], type[BaseModel]]
"""The schema: the table at each path, places in arrays left out."""


def problems_of_schema(
    fault: ValidationError, source: str, tables: Tables, homes: Mapping[str, str], hidden: Collection[str] = ()
) -> list[Problem]:
    """One problem for each error, but only one for a misspelt required key, which is both unknown and missing.

    Args:
        fault: What pydantic says.
        source: The file, or what else to name.
        tables: The schema that was broken.
        homes: Where a key belongs that stands elsewhere.
        hidden: Keys at the top that are not to be proposed.
    """
    errors = fault.errors(include_url=False)
    said = [_problem(error, source, tables, homes, hidden) for error in errors]
    misspelt = {
        (*error["loc"][:-1], problem.fix)
        for error, problem in zip(errors, said, strict=True)
        if error["type"] == "extra_forbidden"
    }
    return [
        problem
        for error, problem in zip(errors, said, strict=True)
        if error["type"] != "missing" or (*error["loc"][:-1], f"did you mean {error['loc'][-1]!r}?") not in misspelt
    ]


def repetitions(names: Sequence[str], places: Sequence[str], what: str) -> list[Problem]:
    """The problem of each name that is given twice.

    Args:
        names: As they are compared.
        places: Where each stands.
        what: What they are names of.
    """
    first: dict[str, str] = {}
    found = []
    for name, place in zip(names, places, strict=True):
        if name in first:
            found.append(Problem(place, f"{what} {name!r} again", f"each {what} once", f"it is also at {first[name]}"))
        first.setdefault(name, place)
    return found


def _problem(error: Any, source: str, tables: Tables, homes: Mapping[str, str], hidden: Collection[str]) -> Problem:
    location = error["loc"]
    where = f"{source}: {_place(location)}"
    if error["type"] == "extra_forbidden":
        table = tuple(part for part in location[:-1] if isinstance(part, str))
        # Where a table's keys are the user's own, what they lead to is known.
        schema = tables[table if table in tables else table[:-1]]
        known = sorted(set(schema.model_fields) - (set(hidden) if not table else set()))
        key = str(location[-1])
        fix = f"it belongs at {homes[key]}" if key in homes else nearest(key, known)
        return Problem(where, "an unknown key", f"one of {', '.join(known)}", fix)
    if error["type"] == "missing":
        return Problem(where, "nothing", "a value: the key is required")
    shown = repr(error["input"])
    return Problem(where, shown if len(shown) < 80 else f"{shown[:77]}...", _expectation(error))


def _expectation(error: Any) -> str:
    if error["loc"][-2:] == ("reward", "name"):
        return "the name of a reward, or a table of weights on events"
    message: str = re.sub("^(Input should be|(String|List|Dictionary) should have) ", "", error["msg"])
    message = message.partition(" after validation")[0]
    words = {"a valid ": "a ", "integer": "whole number", "dictionary": "table", "an object": "a table"}
    for theirs, ours in words.items():
        message = message.replace(theirs, ours)
    return re.sub(r"^a table or instance of \w+$", "a table", message)


def _place(location: KeyPath) -> str:
    # Which of its two forms a reward has is no key of the file.
    shown = tuple(part for depth, part in enumerate(location) if depth != 3 or location[2] != "reward")
    return dotted(shown) or "the file"
