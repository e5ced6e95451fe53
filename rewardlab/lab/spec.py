"""An experiment as data: TOML in, a closed schema, every problem at once.

Version 2 of the format; files of version 1 are read as before. What depends on the environment (names of rewards,
potentials, events) is checked by `rewardlab.lab.plan`.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, final

from pydantic import (
    BeforeValidator,
    Field,
    PrivateAttr,
    SerializerFunctionWrapHandler,
    ValidationError,
    model_serializer,
)

from rewardlab.agents.algorithms import setting_names
from rewardlab.errors import BadInput, Problem
from rewardlab.lab.located_problems import told_by_line
from rewardlab.lab.spec_problems import Tables, problems_of_schema, repetitions
from rewardlab.lab.spec_tables import (
    AlgorithmSpec,
    ClosedModel,
    EnvironmentSpec,
    LimitsSpec,
    RangeSpec,
    SearchSpec,
    Seed,
    SweepSpec,
    VariantAlgorithmSpec,
    VariantSpec,
    Version,
)
from rewardlab.lab.sweep import Expansion, expand_sweep
from rewardlab.lab.toml_file import read_toml, refuse_deep
from rewardlab.wrappers.kinds import KINDS

__all__ = ["ExperimentSpec", "parse_spec", "read_spec"]

MAX_SEEDS = 10_000
MAX_BUDGET_STEPS = 10**12


def _seed_list(value: object) -> object:
    # `seeds = 5` means the first five.
    is_count = isinstance(value, int) and not isinstance(value, bool) and 0 < value <= MAX_SEEDS
    return list(range(value)) if is_count else value  # type: ignore[call-overload]


@final
class ExperimentSpec(ClosedModel):
    """An experiment: one environment, some variants, some seeds, one budget.

    Attributes:
        version: Of the format.
        name: What tables and folders call it.
        question: What it asks, in one sentence.
        environment: Where.
        algorithm: How all variants learn, unless they say otherwise.
        variants: What is compared; names are distinct.
        seeds: A list, or the number of seeds.
        budget_steps: Environment steps of each run; whole rollouts are finished.
        evaluation_episodes: The episodes that each final policy plays.
        threshold: The share of the exact best objective at which training counts as having learned.
        probe_episodes: The episodes of each look at the policy along the way. Version 2, as are the rest.
        checkpoint_seconds: Of training, between two checkpoints of a run.
        limits: Of each run.
        sweep: What the variants were made by; they are all in `variants`.
    """

    version: Version
    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,79}$")]
    question: str = ""
    environment: EnvironmentSpec
    algorithm: AlgorithmSpec = AlgorithmSpec()
    variants: Annotated[list[VariantSpec], Field(min_length=1)]
    seeds: Annotated[list[Seed], Field(min_length=1), BeforeValidator(_seed_list)]
    budget_steps: Annotated[int, Field(ge=1, le=MAX_BUDGET_STEPS)]
    evaluation_episodes: Annotated[int, Field(ge=1, le=100_000)] = 100
    threshold: Annotated[float, Field(gt=0, le=1, allow_inf_nan=False)] = 0.8
    probe_episodes: Annotated[int, Field(ge=1, le=10_000)] | None = None
    checkpoint_seconds: Annotated[float, Field(ge=0.1, le=1e6, allow_inf_nan=False)] | None = None
    limits: LimitsSpec | None = None
    sweep: SweepSpec | None = None
    _expansion: Expansion | None = PrivateAttr(None)

    @model_serializer(mode="wrap")
    def _as_written(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        # A spec of version 1 is to look as it always did, for its hash is kept with its results. What a sweep made
        # stands among the variants, and would be made once more by whoever reads what was kept.
        made = self.sweep is not None and self.sweep.search is None
        return {
            key: value
            for key, value in handler(self).items()
            if key not in _SINCE_2 or (value is not None and not (made and key == "sweep"))
        }

    def in_file(self, problems: list[Problem], source: str) -> list[Problem]:
        """Problems of the variants, told of what stands in the file, where a sweep made them.

        Args:
            problems: At ``SOURCE: variants[NUMBER]...``.
            source: The file, or what else the problems name.
        """
        return problems if self._expansion is None else self._expansion.in_file(problems, source)

    def with_variants(self, expansion: Expansion, seeds: list[int]) -> ExperimentSpec:
        """The same experiment with variants that a search has made, on other seeds.

        Args:
            expansion: The variants, as data.
            seeds: What each is trained on.

        Raises:
            ValidationError: A variant is none.
        """
        variants = [VariantSpec.model_validate(variant) for variant in expansion.variants]
        changed = self.model_copy(update={"variants": variants, "seeds": seeds})
        changed._expansion = expansion
        return changed


_SINCE_2 = ("probe_episodes", "checkpoint_seconds", "limits", "sweep")
_TABLES: Tables = {
    (): ExperimentSpec,
    ("environment",): EnvironmentSpec,
    ("algorithm",): AlgorithmSpec,
    ("variants",): VariantSpec,
    ("variants", "algorithm"): VariantAlgorithmSpec,
    ("limits",): LimitsSpec,
    ("sweep",): SweepSpec,
    ("sweep", "search"): SearchSpec,
    ("sweep", "search", "over"): RangeSpec,
}


def read_spec(path: Path) -> ExperimentSpec:
    """Read an experiment from a TOML file.

    Raises:
        BadInput: The file is missing, too large, not TOML, or breaks the schema. All problems are named at once, with
            their lines.
    """
    with told_by_line(path):
        return parse_spec(read_toml(path), str(path))


def parse_spec(data: dict[str, Any], source: str) -> ExperimentSpec:
    """Check the data of an experiment, and make the variants of its sweep.

    Args:
        data: What a TOML file holds.
        source: The file, or what else to name in errors.

    Raises:
        BadInput: The data breaks the schema. All problems are named at once.
    """
    refuse_deep(data, source)
    written = _validated(data, source)
    if written.sweep is None:
        return written
    kinds = [kind for kind in ("grid", "list", "search") if getattr(written.sweep, kind) is not None]
    if len(kinds) != 1:
        got = " and ".join(kinds) if kinds else "none of them"
        raise BadInput(Problem(f"{source}: sweep", got, "one of grid, list and search"))
    if kinds == ["search"]:
        return written
    expansion = expand_sweep(data, source)
    try:
        spec = _validated({**data, "variants": list(expansion.variants)}, source)
    except BadInput as fault:
        raise BadInput(*expansion.in_file(fault.problems, source)) from None
    spec._expansion = expansion
    return spec


def _validated(data: dict[str, Any], source: str) -> ExperimentSpec:
    version = data.get("version")
    is_first = isinstance(version, int) and version == 1
    late = [key for key in _SINCE_2 if is_first and key in data]
    problems = [
        Problem(f"{source}: {key}", "a key of version 2", "a key of version 1", "write version = 2") for key in late
    ]
    try:
        spec = ExperimentSpec.model_validate({key: value for key, value in data.items() if key not in late})
    except ValidationError as fault:
        found = problems_of_schema(fault, source, _TABLES, _homes(), _SINCE_2 if is_first else ())
        raise BadInput(*problems, *[_with_size(problem, data, source) for problem in found]) from None
    names = [variant.name.lower() for variant in spec.variants]
    places = [f"{source}: variants[{index}].name" for index in range(len(names))]
    problems += repetitions(names, places, "name")
    problems += repetitions([str(seed) for seed in spec.seeds], _seed_places(data, source), "seed")
    if problems:
        raise BadInput(*problems)
    return spec


def _with_size(problem: Problem, data: dict[str, Any], source: str) -> Problem:
    """Say of an odd number of seeds how many runs it would be."""
    if problem.where != f"{source}: seeds" or problem.got == "nothing":
        return problem
    expected = f"a list of whole numbers, or how many to train, at most {MAX_SEEDS}"
    seeds, variants = data.get("seeds"), data.get("variants")
    if isinstance(seeds, int) and MAX_SEEDS < seeds < 10**15 and isinstance(variants, list):
        return replace(problem, expected=expected, fix=f"it would be {seeds * len(variants):,} runs")
    return replace(problem, expected=expected)


def _seed_places(data: dict[str, Any], source: str) -> list[str]:
    seeds = data["seeds"]
    return [f"{source}: seeds[{index}]" for index in range(seeds if isinstance(seeds, int) else len(seeds))]


def _homes() -> dict[str, str]:
    """Where each key belongs, for one that stands elsewhere."""
    return {
        **dict.fromkeys((key for kind in KINDS.values() for key in kind.keys), "variants.wrappers"),
        **dict.fromkeys(VariantSpec.model_fields, "variants"),
        **dict.fromkeys(EnvironmentSpec.model_fields, "environment"),
        **dict.fromkeys(LimitsSpec.model_fields, "limits"),
        **dict.fromkeys(SweepSpec.model_fields, "sweep"),
        **dict.fromkeys(("over", "trials", "batch"), "sweep.search"),
        **dict.fromkeys(RangeSpec.model_fields, "sweep.search.over"),
        **dict.fromkeys(AlgorithmSpec.model_fields, "algorithm"),
        **dict.fromkeys(setting_names(), "algorithm.settings"),
        **dict.fromkeys(ExperimentSpec.model_fields, "the top of the file"),
    }
