"""The tables of an experiment's file: which keys each has, of which type and range."""

from __future__ import annotations

import math
import unicodedata
from typing import Annotated, Any, Literal, Self, final

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Discriminator, Field, Tag, model_validator
from pydantic_core import PydanticCustomError

__all__ = [
    "MAX_NAME",
    "MAX_SEED",
    "AlgorithmSpec",
    "ClosedModel",
    "EnvironmentSpec",
    "FirstVersion",
    "LimitsSpec",
    "RangeSpec",
    "SearchSpec",
    "Seed",
    "SweepSpec",
    "VariantAlgorithmSpec",
    "VariantSpec",
    "Version",
]

MAX_NAME = 100
"""The characters of a variant's name."""

MAX_SEED = 2**32 - 1

Seed = Annotated[int, Field(ge=0, le=MAX_SEED)]
Weight = Annotated[float, Field(allow_inf_nan=False)]


def _no_look_alike(value: object) -> object:
    # To Python 1, 1.0 and True are alike, and whatever is like a literal is taken for it.
    if type(value) is not int:
        raise PydanticCustomError("whole_number", "a whole number")
    return value


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
FirstVersion = Annotated[Literal[1], BeforeValidator(_no_look_alike)]
Version = Annotated[Literal[1, 2], BeforeValidator(_no_look_alike)]
NumEnvs = Annotated[int, Field(ge=1, le=4096)]
SweepGrid = Annotated[dict[str, Annotated[list[Any], Field(min_length=1)]], Field(min_length=1)]
SweepRows = Annotated[list[Annotated[dict[str, Any], Field(min_length=1)]], Field(min_length=1)]


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

    name: Annotated[str, Field(min_length=1, max_length=MAX_NAME), AfterValidator(_printable)]
    reward: Annotated[
        Annotated[str, Tag("name")] | Annotated[dict[str, Weight], Tag("weights")], Discriminator(_reward_form)
    ]
    wrappers: list[dict[str, Any]] = []
    auxiliary: list[dict[str, Any]] = []
    regularizers: list[dict[str, Any]] = []
    environment: Settings = {}
    algorithm: VariantAlgorithmSpec = VariantAlgorithmSpec()


@final
class LimitsSpec(ClosedModel):
    """What each run may use before it is ended; see `rewardlab.lab.engines.RunLimits`.

    Attributes:
        seconds: Of wall time.
        memory_mib: Held by its process and those that it started, in MiB.
        silent_seconds: Without a sign of progress.
        processes: Its own and those that it started.
        attempts: How often a run is tried whose process dies or hangs.
    """

    seconds: Annotated[float, Field(ge=0.1, le=1e9, allow_inf_nan=False)] | None = None
    memory_mib: Annotated[float, Field(ge=1, le=1e9, allow_inf_nan=False)] | None = None
    silent_seconds: Annotated[float, Field(ge=0.1, le=1e9, allow_inf_nan=False)] | None = None
    processes: Annotated[int, Field(ge=1, le=1_000_000)] | None = None
    attempts: Annotated[int, Field(ge=1, le=101)] | None = None


@final
class RangeSpec(ClosedModel):
    """What a search may try.

    Attributes:
        low: The least value.
        high: The largest, above it.
        log: Whether a factor counts, and not a difference; the least value is then above 0.
    """

    low: Weight
    high: Weight
    log: bool = False

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.low >= self.high:
            raise PydanticCustomError("order", "low below high")
        if self.log and self.low <= 0:
            raise PydanticCustomError("order", "low above 0, since factors count (log = true)")
        return self


@final
class SearchSpec(ClosedModel):
    """A search for the values of one variant that bring the most of the objective; see `rewardlab.lab.search`.

    Attributes:
        over: From a path to its range.
        trials: The combinations that are tried.
        batch: How many of them are chosen, and trained, at once.
        seeds: On which they are trained; none of those of the experiment.
        seed: Of the choice.
    """

    over: Annotated[dict[str, RangeSpec], Field(min_length=1)]
    trials: Annotated[int, Field(ge=1, le=1000)]
    batch: Annotated[int, Field(ge=1, le=100)] = 4
    seeds: Annotated[list[Seed], Field(min_length=1)]
    seed: Seed = 0


@final
class SweepSpec(ClosedModel):
    """What is varied; one of the three.

    Attributes:
        grid: From a path to its values; all combinations.
        list: Combinations, each from paths to values.
        search: Combinations that are chosen by what the earlier ones achieved.
    """

    grid: SweepGrid | None = None
    list: SweepRows | None = None
    search: SearchSpec | None = None
