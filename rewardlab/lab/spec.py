"""An experiment as data: TOML in, a closed schema, every problem at once.

Version 1 of the format. What depends on the environment (names of rewards, potentials, events) is checked by
`rewardlab.lab.plan`.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal, final

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic_core import ErrorDetails

from rewardlab.errors import BadInput, Problem, nearest

__all__ = ["AlgorithmSpec", "EnvironmentSpec", "ExperimentSpec", "VariantSpec", "parse_spec", "read_spec"]

MAX_SPEC_BYTES = 1_000_000
MAX_SEED = 2**32 - 1

Seed = Annotated[int, Field(ge=0, le=MAX_SEED)]
Weight = Annotated[float, Field(allow_inf_nan=False)]


def _seed_list(value: object) -> object:
    # `seeds = 5` means the first five.
    is_count = isinstance(value, int) and not isinstance(value, bool) and 0 < value <= 10_000
    return list(range(value)) if is_count else value  # type: ignore[call-overload]


class _Closed(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


@final
class EnvironmentSpec(_Closed):
    """An environment: its id and keyword arguments."""

    id: str
    settings: dict[str, Any] = {}


@final
class AlgorithmSpec(_Closed):
    """An algorithm: its name, the number of environments stepped at once, and keyword arguments of its class."""

    name: str = "ppo"
    num_envs: Annotated[int, Field(ge=1, le=4096)] = 50
    settings: dict[str, Any] = {}


@final
class VariantSpec(_Closed):
    """One way to pay and train the agent.

    Attributes:
        name: What tables call it.
        reward: A name of the environment's catalogue, or event weights.
        wrappers: Reward wrappers, innermost first.
        algorithm: Settings that differ from the experiment's.
    """

    name: Annotated[str, Field(min_length=1, max_length=100)]
    reward: str | dict[str, Weight]
    wrappers: list[dict[str, Any]] = []
    algorithm: dict[str, Any] = {}


@final
class ExperimentSpec(_Closed):
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
    """

    version: Literal[1]
    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,79}$")]
    question: str = ""
    environment: EnvironmentSpec
    algorithm: AlgorithmSpec = AlgorithmSpec()
    variants: Annotated[list[VariantSpec], Field(min_length=1)]
    seeds: Annotated[list[Seed], Field(min_length=1), BeforeValidator(_seed_list)]
    budget_steps: Annotated[int, Field(ge=1)]
    evaluation_episodes: Annotated[int, Field(ge=1, le=100_000)] = 100


def read_spec(path: Path) -> ExperimentSpec:
    """Read an experiment from a TOML file.

    Raises:
        BadInput: The file is missing, too large, not TOML, or breaks the schema. All problems are named at once.
    """
    if path.suffix in (".yaml", ".yml"):
        raise BadInput(Problem(str(path), "a YAML file", "TOML", "rewrite it as .toml: its values keep their types"))
    if not path.is_file():
        got = "a folder" if path.is_dir() else "no file"
        raise BadInput(Problem(str(path), got, f"a TOML file, seen from {Path.cwd()}"))
    if path.stat().st_size > MAX_SPEC_BYTES:
        raise BadInput(Problem(str(path), f"{path.stat().st_size} bytes", f"at most {MAX_SPEC_BYTES}"))
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except UnicodeDecodeError as fault:
        raise BadInput(Problem(str(path), f"a byte that is not UTF-8 at offset {fault.start}", "UTF-8 text")) from None
    except tomllib.TOMLDecodeError as fault:
        raise BadInput(Problem(str(path), f"text that is not TOML ({fault})", "TOML")) from None
    return parse_spec(data, str(path))


def parse_spec(data: dict[str, Any], source: str) -> ExperimentSpec:
    """Check the data of an experiment.

    Args:
        data: What a TOML file holds.
        source: The file, or what else to name in errors.

    Raises:
        BadInput: The data breaks the schema. All problems are named at once.
    """
    try:
        spec = ExperimentSpec.model_validate(data)
    except ValidationError as fault:
        problems = [_problem(error, source, data) for error in fault.errors(include_url=False)]
        raise BadInput(*dict.fromkeys(problems)) from None
    problems = _repetitions([variant.name.lower() for variant in spec.variants], f"{source}: variants", "name")
    problems += _repetitions([str(seed) for seed in spec.seeds], f"{source}: seeds", "seed")
    if problems:
        raise BadInput(*problems)
    return spec


def _problem(error: ErrorDetails, source: str, data: dict[str, Any]) -> Problem:
    # pydantic adds the branch of a union to the path; keys of the data are all that a user knows.
    path = [part for part in error["loc"] if not (isinstance(part, str) and ("[" in part or part in ("str",)))]
    where = f"{source}: {_dotted(path)}"
    if error["type"] == "extra_forbidden":
        known = _fields_at(path[:-1])
        return Problem(where, "an unknown key", f"one of {', '.join(known)}", nearest(str(path[-1]), known))
    if error["type"] == "missing":
        # A misspelt required key is reported twice, once as missing; the other report has the suggestion.
        return Problem(where, "nothing", "a value: the key is required")
    shown = repr(error["input"])
    return Problem(where, shown if len(shown) < 80 else f"{shown[:77]}...", _expectation(error))


def _expectation(error: ErrorDetails) -> str:
    message = error["msg"].removeprefix("Input should be ").replace("a valid ", "a ")
    return message.replace("integer", "whole number")


def _dotted(path: list[int | str]) -> str:
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else str(part)
    return text or "the file"


def _fields_at(path: list[int | str]) -> list[str]:
    tables: dict[str, type[BaseModel]] = {
        "environment": EnvironmentSpec,
        "algorithm": AlgorithmSpec,
        "variants": VariantSpec,
    }
    table = tables.get(str(path[0]), ExperimentSpec) if path else ExperimentSpec
    return sorted(table.model_fields)


def _repetitions(names: list[str], where: str, what: str) -> list[Problem]:
    repeated = sorted({name for name in names if names.count(name) > 1})
    places = [[index for index, other in enumerate(names) if other == name] for name in repeated]
    return [
        Problem(where, f"{what} {name!r} at {', '.join(map(str, indices))}", f"each {what} once")
        for name, indices in zip(repeated, places, strict=True)
    ]
