"""Training one run anew, and comparing what comes of it with what was kept, number by number."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any, final

from rewardlab.agents.guards import GuardSettings
from rewardlab.agents.training import TrainingRun
from rewardlab.errors import BadInput, Problem
from rewardlab.lab.plan import plan_experiment
from rewardlab.lab.provenance import run_provenance
from rewardlab.lab.spec import parse_spec
from rewardlab.lab.store import Member, ResultStore, StoredRun

__all__ = ["Difference", "Reproduction", "differences", "find_member", "reproduce"]

_SHORTEST_PREFIX = 4
_MATTERS = ("code", "device", "machine", "packages", "python", "system", "threads")


@final
@dataclass(frozen=True, slots=True)
class Difference:
    """Something that is not the same twice.

    Attributes:
        place: Where, as in ``evaluation.objective``.
        kept: What was kept there; None for nothing.
        now: What is there now.
    """

    place: str
    kept: Any
    now: Any

    def __str__(self) -> str:
        return f"{self.place}: was {json.dumps(self.kept)}, is {json.dumps(self.now)}"


@final
@dataclass(frozen=True, slots=True)
class Reproduction:
    """A run that was trained twice.

    Attributes:
        run: As it was kept.
        numbers: How many values of its result were compared.
        results: Those that differ; empty if the second training equals the first bit by bit.
        provenance: What it was made with that is another now: code, versions, machine. Why results may differ.
    """

    run: StoredRun
    numbers: int
    results: tuple[Difference, ...]
    provenance: tuple[Difference, ...]


def find_member(store: ResultStore, text: str) -> tuple[str, Member]:
    """The experiment and the run that a user means.

    Args:
        store: Its results.
        text: The run's identity, or the beginning of it (4 digits at least), or ``VARIANT:SEED``.

    Raises:
        BadInput: No run, or more than one, is called so.
    """
    found: dict[str, tuple[str, Member]] = {}
    for experiment in store.submitted():
        for member in experiment.members:
            is_prefix = len(text) >= _SHORTEST_PREFIX and member.identity.startswith(text.lower())
            if is_prefix or text == f"{member.variant}:{member.seed}":
                found.setdefault(member.identity, (experiment.name, member))
    if len(found) == 1:
        return next(iter(found.values()))
    where = f"RESULT {text!r}"
    expected = f"the identity of a run in {store.path}, 4 digits of it, or VARIANT:SEED"
    if not found:
        raise BadInput(Problem(where, "no such run", expected, "results.csv beside it lists them"))
    raise BadInput(Problem(where, f"the beginning of {len(found)} runs", expected, "add digits"))


def reproduce(
    store: ResultStore,
    text: str,
    train: Callable[[TrainingRun, GuardSettings], Mapping[str, Any]],
    *,
    allowed_modules: Collection[str] = (),
) -> Reproduction:
    """Train a run that has finished once more.

    Args:
        store: Its results; nothing is written there.
        text: Which run, see `find_member`.
        train: Trains a run under guards, which are those that it had, and returns its result.
        allowed_modules: Modules that may be imported beside those of installed plugins.

    Raises:
        BadInput: There is no such run, it has not finished, or its settings mean another run to this version.
    """
    name, member = find_member(store, text)
    spec = next(experiment.spec for experiment in store.submitted() if experiment.name == name)
    if "study" in spec:
        fix = "run the study into another folder, with --out, and compare results.csv: it has the same bytes"
        raise BadInput(Problem(f"RESULT {text!r}", "a block of a study", "a run of an experiment with variants", fix))
    kept = store.read(member.identity)
    if kept is None or kept.state != "finished":
        got = "a run that has not finished" if kept is None else f"a run that failed: {kept.message}"
        raise BadInput(Problem(f"RESULT {text!r}", got, "a finished one", "run its experiment first"))
    plan = plan_experiment(parse_spec(dict(spec), name), name, allowed_modules=allowed_modules)
    planned = next((run for run in plan.runs if run.identity == member.identity), None)
    if planned is None:
        fix = "use the version of rewardlab that made it: its provenance names it"
        raise BadInput(Problem(f"RESULT {text!r}", "settings that mean another run today", "the same run", fix))
    largest = kept.provenance.get("largest_number")
    guards = GuardSettings() if largest is None else GuardSettings(float(largest))
    result = json.loads(json.dumps(train(planned.training, guards)))
    # What an older version did not keep yet cannot be compared.
    result = {key: value for key, value in result.items() if key in kept.result}
    origin = run_provenance(planned.training, spec_hash="", engine="", seconds=0.0)
    was = {key: kept.provenance[key] for key in _MATTERS if key in kept.provenance}
    return Reproduction(
        run=kept,
        numbers=_count(kept.result),
        results=tuple(differences(kept.result, result)),
        provenance=tuple(differences(was, {key: origin[key] for key in was})),
    )


def differences(kept: Any, now: Any, place: str = "") -> list[Difference]:
    """Where two pieces of JSON data are not the same, to the bit, each at its innermost place."""
    if isinstance(kept, Mapping) and isinstance(now, Mapping):
        keys = dict.fromkeys([*kept, *now])
        inner = [differences(kept.get(key), now.get(key), f"{place}.{key}" if place else key) for key in keys]
        return [found for part in inner for found in part]
    if isinstance(kept, list) and isinstance(now, list) and len(kept) == len(now):
        inner = [differences(*pair, f"{place}[{index}]") for index, pair in enumerate(zip(kept, now, strict=True))]
        return [found for part in inner for found in part]
    return [] if json.dumps(kept) == json.dumps(now) else [Difference(place, kept, now)]


def _count(data: Any) -> int:
    if isinstance(data, Mapping):
        return sum(map(_count, data.values()))
    return sum(map(_count, data)) if isinstance(data, list) else 1
