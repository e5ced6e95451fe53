"""An experiment as data: TOML in, a closed schema, every problem at once.

Version 1 of the format. What depends on the environment (names of rewards, potentials, events) is checked by
`rewardlab.lab.plan`.
"""

from __future__ import annotations

import math
import re
import tomllib
import unicodedata
from pathlib import Path
from typing import Annotated, Any, Literal, final

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Discriminator, Field, Tag, ValidationError
from pydantic_core import ErrorDetails, PydanticCustomError

from rewardlab.agents.algorithms import setting_names
from rewardlab.errors import BadInput, Problem, nearest

__all__ = [
    "AlgorithmSpec",
    "ClosedModel",
    "EnvironmentSpec",
    "ExperimentSpec",
    "VariantAlgorithmSpec",
    "VariantSpec",
    "parse_spec",
    "read_spec",
    "read_toml",
]

MAX_SPEC_BYTES = 1_000_000
MAX_NESTING = 20
MAX_SEED = 2**32 - 1
MAX_SEEDS = 10_000
MAX_BUDGET_STEPS = 10**12

Seed = Annotated[int, Field(ge=0, le=MAX_SEED)]
Weight = Annotated[float, Field(allow_inf_nan=False)]


def _seed_list(value: object) -> object:
    # `seeds = 5` means the first five.
    is_count = isinstance(value, int) and not isinstance(value, bool) and 0 < value <= MAX_SEEDS
    return list(range(value)) if is_count else value  # type: ignore[call-overload]


def _reward_form(value: object) -> str:
    return "weights" if isinstance(value, dict) else "name"


def _printable(name: str) -> str:
    odd = next((character for character in name if unicodedata.category(character) in ("Cc", "Cs")), None)
    if odd is not None:
        raise PydanticCustomError(
            "control_character", "a name without control characters such as {odd}", {"odd": repr(odd)}
        )
    return name


def _plain(settings: dict[str, Any]) -> dict[str, Any]:
    """What identifies a run is JSON: no dates, no NaN."""
    layer: list[Any] = [settings]
    while layer:
        values = [value for part in layer for value in (part.values() if isinstance(part, dict) else part)]
        layer = [value for value in values if isinstance(value, dict | list)]
        for value in values:
            finite = not isinstance(value, float) or math.isfinite(value)
            if not (finite and isinstance(value, str | bool | int | float | dict | list)):
                raise PydanticCustomError(
                    "not_plain", "text, finite numbers, true, false, lists and tables, not {odd}", {"odd": repr(value)}
                )
    return settings


Settings = Annotated[dict[str, Any], AfterValidator(_plain)]
NumEnvs = Annotated[int, Field(ge=1, le=4096)]


class ClosedModel(BaseModel):
    """A table of a spec: unknown keys are refused, nothing is converted, nothing changes."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


@final
class EnvironmentSpec(ClosedModel):
    """An environment: its id and keyword arguments."""

    id: str
    settings: Settings = {}


@final
class AlgorithmSpec(ClosedModel):
    """An algorithm: its name, the number of environments stepped at once, and keyword arguments of its class."""

    name: str = "ppo"
    num_envs: NumEnvs = 50
    settings: dict[str, Any] = {}


@final
class VariantAlgorithmSpec(ClosedModel):
    """What a variant learns by, where that differs from the experiment: the same keys, each of them optional."""

    name: str | None = None
    num_envs: NumEnvs | None = None
    settings: dict[str, Any] = {}


@final
class VariantSpec(ClosedModel):
    """One way to pay and train the agent.

    Attributes:
        name: What tables call it.
        reward: A name of the environment's catalogue, or event weights.
        wrappers: Reward wrappers, innermost first.
        auxiliary: What the agent learns beside its task; see `rewardlab.agents.auxiliary_settings`.
        regularizers: Penalties on the weights of its networks.
        environment: Settings of the environment that differ from the experiment's.
        algorithm: What differs from the experiment's. The settings of another algorithm are not inherited.
    """

    name: Annotated[str, Field(min_length=1, max_length=100), AfterValidator(_printable)]
    reward: Annotated[
        Annotated[str, Tag("name")] | Annotated[dict[str, Weight], Tag("weights")], Discriminator(_reward_form)
    ]
    wrappers: list[dict[str, Any]] = []
    auxiliary: list[dict[str, Any]] = []
    regularizers: list[dict[str, Any]] = []
    environment: Settings = {}
    algorithm: VariantAlgorithmSpec = VariantAlgorithmSpec()


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
    """

    version: Literal[1]
    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,79}$")]
    question: str = ""
    environment: EnvironmentSpec
    algorithm: AlgorithmSpec = AlgorithmSpec()
    variants: Annotated[list[VariantSpec], Field(min_length=1)]
    seeds: Annotated[list[Seed], Field(min_length=1), BeforeValidator(_seed_list)]
    budget_steps: Annotated[int, Field(ge=1, le=MAX_BUDGET_STEPS)]
    evaluation_episodes: Annotated[int, Field(ge=1, le=100_000)] = 100
    threshold: Annotated[float, Field(gt=0, le=1, allow_inf_nan=False)] = 0.8


def read_spec(path: Path) -> ExperimentSpec:
    """Read an experiment from a TOML file.

    Raises:
        BadInput: The file is missing, too large, not TOML, or breaks the schema. All problems are named at once.
    """
    return parse_spec(read_toml(path), str(path))


def read_toml(path: Path) -> dict[str, Any]:
    """Read a TOML file.

    Raises:
        BadInput: The file is missing, too large or not TOML.
    """
    if path.suffix in (".yaml", ".yml"):
        raise BadInput(Problem(str(path), "a YAML file", "TOML", "rewrite it as .toml: its values keep their types"))
    if not path.is_file():
        got = "a folder" if path.is_dir() else "no file"
        raise BadInput(Problem(str(path), got, f"a TOML file, seen from {Path.cwd()}"))
    if path.stat().st_size > MAX_SPEC_BYTES:
        raise BadInput(Problem(str(path), f"{path.stat().st_size} bytes", f"at most {MAX_SPEC_BYTES}"))
    try:
        content = path.read_bytes()
        data = tomllib.loads(content.decode("utf-8-sig"))
    except UnicodeDecodeError as fault:
        line = content.count(b"\n", 0, fault.start) + 1
        got = f"a byte that is not UTF-8 at offset {fault.start}, in line {line}"
        raise BadInput(Problem(str(path), got, "UTF-8 text")) from None
    except RecursionError:
        raise BadInput(_too_deep(str(path))) from None
    except ValueError as fault:  # TOMLDecodeError is one, and so is what int() says of a number of 5,000 digits
        raise BadInput(Problem(str(path), f"text that is not TOML ({fault})", "TOML")) from None
    except OSError as fault:
        raise BadInput(Problem(str(path), f"{fault.strerror}", "a file that can be read")) from None
    return data


def parse_spec(data: dict[str, Any], source: str) -> ExperimentSpec:
    """Check the data of an experiment.

    Args:
        data: What a TOML file holds.
        source: The file, or what else to name in errors.

    Raises:
        BadInput: The data breaks the schema. All problems are named at once.
    """
    if _is_deep(data):
        raise BadInput(_too_deep(source))
    try:
        spec = ExperimentSpec.model_validate(data)
    except ValidationError as fault:
        raise BadInput(*_problems(fault.errors(include_url=False), source)) from None
    problems = _repetitions([variant.name.lower() for variant in spec.variants], f"{source}: variants", "name")
    problems += _repetitions([str(seed) for seed in spec.seeds], f"{source}: seeds", "seed")
    if problems:
        raise BadInput(*problems)
    return spec


def _problems(errors: list[ErrorDetails], source: str) -> list[Problem]:
    """One problem for each error, but only one for a misspelt required key, which is both unknown and missing."""
    misspelt = {(*error["loc"][:-1], _fix(error["loc"])) for error in errors if error["type"] == "extra_forbidden"}
    return [
        _problem(error, source)
        for error in errors
        if error["type"] != "missing" or (*error["loc"][:-1], f"did you mean {error['loc'][-1]!r}?") not in misspelt
    ]


def _problem(error: ErrorDetails, source: str) -> Problem:
    where = f"{source}: {_dotted(error['loc'])}"
    if error["type"] == "extra_forbidden":
        return Problem(where, "an unknown key", f"one of {', '.join(_keys_at(error['loc']))}", _fix(error["loc"]))
    if error["type"] == "missing":
        return Problem(where, "nothing", "a value: the key is required")
    shown = repr(error["input"])
    return Problem(where, shown if len(shown) < 80 else f"{shown[:77]}...", _expectation(error))


def _expectation(error: ErrorDetails) -> str:
    if error["loc"] == ("seeds",):
        return f"a list of whole numbers, or how many to train, at most {MAX_SEEDS}"
    if error["loc"][-2:] == ("reward", "name"):
        return "the name of a reward, or a table of weights on events"
    message = error["msg"].removeprefix("Input should be ").removeprefix("String should have ")
    words = {"a valid ": "a ", "integer": "whole number", "dictionary": "table", "an object": "a table"}
    for theirs, ours in words.items():
        message = message.replace(theirs, ours)
    return re.sub(r"^a table or instance of \w+$", "a table", message)


def _dotted(location: tuple[int | str, ...]) -> str:
    text = ""
    for depth, part in enumerate(location):
        if depth == 3 and location[2] == "reward":  # which of its two forms it has is no key of the file
            continue
        key = part if isinstance(part, int) or re.fullmatch(r"[\w-]+", part) else repr(part)
        text += f"[{key}]" if isinstance(key, int) else f".{key}" if text else key
    return text or "the file"


def _keys_at(location: tuple[int | str, ...]) -> list[str]:
    """The keys that are known where a key stands."""
    tables: dict[tuple[str, ...], type[BaseModel]] = {
        (): ExperimentSpec,
        ("environment",): EnvironmentSpec,
        ("algorithm",): AlgorithmSpec,
        ("variants",): VariantSpec,
        ("variants", "algorithm"): VariantAlgorithmSpec,
    }
    return sorted(tables[tuple(part for part in location[:-1] if isinstance(part, str))].model_fields)


def _fix(location: tuple[int | str, ...]) -> str:
    """Where an unknown key belongs, or what was meant by it."""
    key, known = str(location[-1]), _keys_at(location)
    homes = {
        **dict.fromkeys(VariantSpec.model_fields, "variants"),
        **dict.fromkeys(EnvironmentSpec.model_fields, "environment"),
        **dict.fromkeys(AlgorithmSpec.model_fields, "algorithm"),
        **dict.fromkeys(setting_names(), "algorithm.settings"),
        **dict.fromkeys(ExperimentSpec.model_fields, "the top of the file"),
    }
    return f"it belongs at {homes[key]}" if key in homes else nearest(key, known)


def _is_deep(data: dict[str, Any]) -> bool:
    layer: list[Any] = [data]
    for _ in range(MAX_NESTING):
        values = [value for part in layer for value in (part.values() if isinstance(part, dict) else part)]
        layer = [value for value in values if isinstance(value, dict | list)]
    return bool(layer)


def _too_deep(source: str) -> Problem:
    return Problem(source, "tables or lists nested too deeply", f"at most {MAX_NESTING} levels")


def _repetitions(names: list[str], where: str, what: str) -> list[Problem]:
    repeated = sorted({name for name in names if names.count(name) > 1})
    places = [[index for index, other in enumerate(names) if other == name] for name in repeated]
    return [
        Problem(where, f"{what} {name!r} at {', '.join(map(str, indices))}", f"each {what} once")
        for name, indices in zip(repeated, places, strict=True)
    ]
