"""A search for the values of one variant that achieve the most: Optuna proposes, every trial is a set of ordinary runs.

What is searched for is the *objective*, and never what is paid: a search for pay would look for the best loophole. The
trials have seeds of their own. The best of many trials looks better than it is, by luck on its seeds; so what is found
is trained anew on the seeds of the experiment, beside the variants of the file, and only that is compared.
"""

from __future__ import annotations

import importlib.util
import statistics
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, final

from pydantic import ValidationError

from rewardlab.errors import BadInput, Problem, RunFailed
from rewardlab.lab.spec import ExperimentSpec
from rewardlab.lab.spec_tables import SearchSpec
from rewardlab.lab.sweep import Expansion, Origin, expand_sweep
from rewardlab.lab.toml_lines import dotted

__all__ = ["Scores", "Trial", "check_search", "search", "search_of", "with_best"]

_DIGITS = 4
"""Of a value that is tried: more say nothing, and make names long."""

_ROW, _OVER = "sweep.list[0]", "sweep.search.over"  # values are put in their places as those of a list are

Values = Mapping[str, float]
Scores = Callable[[ExperimentSpec], Mapping[str, Sequence[float | None]]]
"""Trains an experiment, and tells by the name of each variant its objective on each seed; None where a run failed."""


@final
@dataclass(frozen=True, slots=True)
class Trial:
    """One combination of values.

    Attributes:
        number: From 0.
        variant: What it is called.
        values: From a path to what stood there.
        scores: The objective on each seed of the search; None where a run failed.
    """

    number: int
    variant: str
    values: Values
    scores: tuple[float | None, ...]

    @property
    def score(self) -> float | None:
        """The mean objective; None if a run failed."""
        finished = [score for score in self.scores if score is not None]
        return statistics.fmean(finished) if len(finished) == len(self.scores) else None


def search_of(spec: ExperimentSpec) -> SearchSpec | None:
    """What a spec says of a search; None if it says nothing."""
    return None if spec.sweep is None else spec.sweep.search


def check_search(spec: ExperimentSpec, source: str) -> ExperimentSpec:
    """Refuse a search that makes no sense.

    Args:
        spec: One that searches.
        source: The file, or what else to name in errors.

    Returns:
        The variants with all least and with all largest values, on the seeds of the search, for further checks.

    Raises:
        BadInput: Optuna is not installed, a path leads nowhere, or seeds are shared. All problems are named at once.
    """
    wanted = _wanted(spec)
    place = f"{source}: sweep.search"
    problems = [
        Problem(f"{place}.seeds", f"seed {seed}, on which the result is judged", "other seeds than those of the file")
        for seed in wanted.seeds
        if seed in spec.seeds
    ]
    outside = [path for path in wanted.over if not path.startswith("variants.")]
    problems += [
        Problem(f"{source}: {dotted(('sweep', 'search', 'over', path))}", repr(path), "variants.NAME and a key of it")
        for path in outside
    ]
    if importlib.util.find_spec("optuna") is None:
        problems.append(Problem(place, "no Optuna", "it to be installed", "pip install 'rewardlab[tune]'"))
    if problems:
        raise BadInput(*problems)
    ends = [{path: getattr(span, end) for path, span in wanted.over.items()} for end in ("low", "high")]
    try:
        tried = _tried(spec, ends)
    except ValidationError as fault:
        key = dotted(fault.errors()[0]["loc"])
        raise BadInput(Problem(f"{place}.over", f"the path of {key}", "keys that take any number in a range")) from None
    except BadInput as fault:
        moved = [
            replace(each, where=each.where.replace(f"search: {_ROW}", f"{source}: {_OVER}")) for each in fault.problems
        ]
        raise BadInput(*moved) from None
    if len(tried.variants) > len(ends):
        raise BadInput(Problem(f"{place}.over", "paths of several variants", "those of one variant"))
    return tried


def search(spec: ExperimentSpec, scores: Scores) -> Iterator[Trial]:
    """Try combinations, batch by batch, each chosen by what the earlier ones achieved.

    The choice is that of the tree-structured Parzen estimator (Bergstra, Bardenet, Bengio and Kégl 2011, "Algorithms
    for hyper-parameter optimization") with the seed of the file. Trials that were finished before are found, not
    trained, and so the same search comes to the same end, however often it is broken off.

    Args:
        spec: Of `check_search`.
        scores: Trains.
    """
    wanted = _wanted(spec)
    with _silent_optuna() as optuna:
        sampler = optuna.samplers.TPESampler(seed=wanted.seed, constant_liar=True)
        study = optuna.create_study(direction="maximize", sampler=sampler)
        spans = {
            path: optuna.distributions.FloatDistribution(span.low, span.high, log=span.log)
            for path, span in wanted.over.items()
        }
        for start in range(0, wanted.trials, wanted.batch):
            asked = [study.ask(spans) for _ in range(min(wanted.batch, wanted.trials - start))]
            rows = [_rounded(trial.params, wanted) for trial in asked]
            tried = _tried(spec, rows)
            # Two may have come to the same values; they are one variant.
            distinct = {variant.name: variant for variant in tried.variants}
            achieved = scores(tried.model_copy(update={"variants": [*distinct.values()]}))
            for trial, row, variant in zip(asked, rows, tried.variants, strict=True):
                done = Trial(trial.number, variant.name, row, tuple(achieved[variant.name]))
                if done.score is None:
                    study.tell(trial, state=optuna.trial.TrialState.FAIL)
                else:
                    study.tell(trial, done.score)
                yield done


def with_best(spec: ExperimentSpec, trials: Sequence[Trial]) -> ExperimentSpec:
    """The experiment with what was found beside its own variants, on its own seeds.

    Args:
        spec: That was searched for.
        trials: All of them.

    Raises:
        RunFailed: No trial has a score.
    """
    scored = [(trial.score, -trial.number, trial) for trial in trials if trial.score is not None]
    if not scored:
        raise RunFailed(f"{spec.name}: no trial of the search has a score, so there is nothing to compare")
    best = max(scored)[-1]
    found = _tried(spec, [best.values]).variants[0]
    return spec.model_copy(update={"variants": [*spec.variants, found]})


def _wanted(spec: ExperimentSpec) -> SearchSpec:
    wanted = search_of(spec)
    if wanted is None:
        raise BadInput(Problem("sweep", "no search", "one"))
    return wanted


def _tried(spec: ExperimentSpec, rows: Sequence[Values]) -> ExperimentSpec:
    """The variants that rows of values make of the one that is searched for, on the seeds of the search."""
    made = [pair for row in rows for pair in _expanded(spec, row)]
    expansion = Expansion(tuple(variant for variant, _ in made), tuple(origin for _, origin in made))
    return spec.with_variants(expansion, list(_wanted(spec).seeds))


def _expanded(spec: ExperimentSpec, row: Values) -> list[tuple[dict[str, Any], Origin]]:
    data = {
        "algorithm": spec.algorithm.model_dump(),
        "variants": [variant.model_dump(exclude_unset=True) for variant in spec.variants],
        "sweep": {"list": [dict(row)]},
    }
    expansion = expand_sweep(data, "search")
    return [
        (variant, Origin(origin.index, {key: place.replace(_ROW, _OVER, 1) for key, place in origin.swept.items()}))
        for variant, origin in zip(expansion.variants, expansion.origins, strict=True)
        if origin.swept
    ]


def _rounded(values: Values, wanted: SearchSpec) -> dict[str, float]:
    return {
        path: min(max(float(f"{value:.{_DIGITS}g}"), wanted.over[path].low), wanted.over[path].high)
        for path, value in values.items()
    }


@contextmanager
def _silent_optuna() -> Iterator[Any]:
    """Optuna, which tells of each trial on its own otherwise."""
    import optuna

    level = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    try:
        yield optuna
    finally:
        optuna.logging.set_verbosity(level)
