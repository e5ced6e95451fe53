"""A study of distances as data: which environments, how many proxies, how long a learner trains."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal, final

from pydantic import Field, ValidationError

from rewardlab.errors import BadInput
from rewardlab.lab.located_problems import told_by_line
from rewardlab.lab.spec import ExperimentSpec, parse_spec
from rewardlab.lab.spec_problems import Tables, problems_of_schema, repetitions
from rewardlab.lab.spec_tables import ClosedModel, EnvironmentSpec, FirstVersion
from rewardlab.lab.toml_file import read_toml, refuse_deep

__all__ = ["MOST_SEEDS", "DistanceStudySpec", "StudyEnvironmentSpec", "read_any_spec"]

MOST_SEEDS = 1000
"""Learners for each proxy of a study."""


@final
class StudyEnvironmentSpec(ClosedModel):
    """An environment of a study: a name for tables, and what it is."""

    name: Annotated[str, Field(min_length=1, max_length=40)]
    environment: EnvironmentSpec


@final
class DistanceStudySpec(ClosedModel):
    """How well do distances between rewards predict what is lost by training on a proxy?

    Attributes:
        version: Of the format.
        name: What tables and folders call it.
        study: Says that it is a study and no comparison of variants.
        question: What it asks, in one sentence.
        environments: Finite environments; names are distinct, for proxies are compared within each.
        proxies: In each environment, those of its catalogue included.
        gamma: The discount of everything.
        budget_steps: Of each learner.
        seeds: The number of learners for each proxy.
        proxy_seed: Draws the random proxies.
    """

    version: FirstVersion
    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,79}$")]
    study: Literal["distances"]
    question: str = ""
    environments: Annotated[list[StudyEnvironmentSpec], Field(min_length=1)]
    proxies: Annotated[int, Field(ge=4, le=10_000)]
    gamma: Annotated[float, Field(ge=0, lt=1)]
    budget_steps: Annotated[int, Field(ge=1, le=10**9)]
    seeds: Annotated[int, Field(ge=1, le=MOST_SEEDS)]
    proxy_seed: Annotated[int, Field(ge=0, le=2**32 - 1)] = 0


_TABLES: Tables = {
    (): DistanceStudySpec,
    ("environments",): StudyEnvironmentSpec,
    ("environments", "environment"): EnvironmentSpec,
}


def read_any_spec(path: Path) -> ExperimentSpec | DistanceStudySpec:
    """Read an experiment or a study; a file with the key ``study`` is one.

    Raises:
        BadInput: The file is missing, too large, not TOML, or breaks its schema. All problems are named at once, with
            their lines.
    """
    with told_by_line(path):
        data = read_toml(path)
        if "study" not in data:
            return parse_spec(data, str(path))
        refuse_deep(data, str(path))
        try:
            spec = DistanceStudySpec.model_validate(data)
        except ValidationError as fault:
            raise BadInput(*problems_of_schema(fault, str(path), _TABLES, {})) from None
        names = [world.name for world in spec.environments]
        places = [f"{path}: environments[{index}].name" for index in range(len(names))]
        twice = repetitions(names, places, "name")
        if twice:
            raise BadInput(*twice)
        return spec
