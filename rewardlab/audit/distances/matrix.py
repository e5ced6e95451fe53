"""The distances between all pairs of some rewards."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, final, get_args

import numpy as np
from numpy.typing import NDArray

from rewardlab.audit.distances.dard import dard_direction
from rewardlab.audit.distances.dense import Fill, dense_reward, dense_transitions
from rewardlab.audit.distances.epic import epic_direction
from rewardlab.audit.distances.pearson import direction_distance
from rewardlab.audit.distances.starc import StarcSpace
from rewardlab.audit.subject import AuditedReward, AuditedSubject, Subject, audited_subject
from rewardlab.errors import BadInput, Problem, one_of
from rewardlab.mdp.finite_model import FiniteModel
from rewardlab.mdp.reachable import reachable_part

__all__ = ["KINDS", "DistanceMatrix", "Kind", "distance_matrix", "table_distances"]

Kind = Literal["starc", "epic", "dard"]

KINDS: tuple[Kind, ...] = get_args(Kind)


@final
@dataclass(frozen=True, slots=True)
class DistanceMatrix:
    """All distances between N rewards.

    Attributes:
        kind: One of `KINDS`.
        gamma: The discount.
        names: Of the rewards, N of them.
        values: ``[N, N]`` in [0, 1], symmetric, 0 on the diagonal.
    """

    kind: str
    gamma: float
    names: tuple[str, ...]
    values: NDArray[np.float64]

    def between(self, first: str, second: str) -> float:
        """The distance of two rewards by their names.

        Raises:
            BadInput: There is none of such a name.
        """
        unknown = [name for name in (first, second) if name not in self.names]
        if unknown:
            raise BadInput(*(one_of("reward", name, self.names, "reward") for name in unknown))
        return float(self.values[self.names.index(first), self.names.index(second)])

    def as_text(self) -> str:
        """A table for terminals: each row a reward; columns are numbered as rows are."""
        numbers = [f"{number}" for number in range(1, len(self.names) + 1)]
        name_width = max(len(name) for name in self.names)
        number_width = len(numbers[-1])
        head = " " * (number_width + 1 + name_width) + "".join(f"{number:>7}" for number in numbers)
        rows = [
            f"{number:>{number_width}} {name:<{name_width}}" + "".join(f"{value:>7.3f}" for value in row)
            for number, name, row in zip(numbers, self.names, self.values, strict=True)
        ]
        return "\n".join([head, *rows])

    def as_dict(self) -> dict[str, Any]:
        """All of it as JSON data."""
        return {
            "kind": self.kind,
            "gamma": self.gamma,
            "names": list(self.names),
            "values": self.values.tolist(),
        }


def distance_matrix(
    subject: AuditedSubject,
    rewards: Mapping[str, AuditedReward] | None = None,
    *,
    kind: Kind = "starc",
    gamma: float = 0.99,
    **options: Any,
) -> DistanceMatrix:
    """The distances between all pairs of some rewards in one environment.

    Args:
        subject: A finite model or task, or an environment that has one.
        rewards: Name to a reward: a name of the catalogue, weights on events, a `Reward`, or an array ``[S, A]``,
            ``[S, A, S]`` or ``[S, A, K]``. By default the rewards of the catalogue.
        kind: One of `KINDS`.
        gamma: The discount.
        **options: Those of `table_distances`.

    Raises:
        BadInput: There is no model, or a reward does not fit it; all that do not are named.
    """
    found = audited_subject(subject)
    if found is None:
        fix = "from samples there are sampled_epic, sampled_dard and sampled_starc"
        raise BadInput(Problem("distance_matrix", repr(subject), "a model, or an environment that has one", fix))
    if rewards is None:
        if found.catalogue is None:
            raise BadInput(Problem("rewards", "None", "rewards by name: a bare model has no catalogue"))
        rewards = found.catalogue.rewards
    return table_distances(found.model, _tables(found, rewards), kind=kind, gamma=gamma, **options)


def table_distances(
    model: FiniteModel,
    tables: Mapping[str, NDArray[np.float64]],
    *,
    kind: Kind = "starc",
    gamma: float = 0.99,
    fill: Fill = "advantage",
    **options: Any,
) -> DistanceMatrix:
    """The distances between all pairs of some tables of one model.

    Args:
        model: The dynamics. Whatever the kind, states that no policy reaches are left out.
        tables: Name to ``[S, A, K]``, what each outcome pays.
        kind: One of `KINDS`.
        gamma: The discount.
        fill: For ``epic`` and ``dard``: what is put where nothing can happen, see `dense_reward`.
        **options: For ``starc``: ``form``, ``norm``, ``weights``, ``policy`` as for `starc_distance`. For ``epic`` and
            ``dard``: ``actions``, ``[A]`` weights.

    Raises:
        BadInput: The kind is unknown, there is no reward, an option does not fit the kind or the model, or the model is
            too large to be made dense.
    """
    problems = [] if kind in KINDS else [one_of("kind", kind, KINDS, "kind of distance")]
    if not tables:
        problems.append(Problem("rewards", "none", "one at least"))
    known = {"form", "norm", "weights", "policy"} if kind == "starc" else {"actions"}
    problems += [one_of("option", name, known, f"option of {kind}") for name in options if name not in known]
    if problems:
        raise BadInput(*problems)
    measure = direction_distance
    if kind == "starc":
        space = StarcSpace(model, gamma, **options)
        directions = [space.direction(table) for table in tables.values()]
        measure = space.distance
    else:
        directions = _dense_directions(model, tables, kind, gamma, fill, options)
    return DistanceMatrix(kind, float(gamma), tuple(tables), _pairwise(directions, measure))


def _dense_directions(
    model: FiniteModel,
    tables: Mapping[str, NDArray[np.float64]],
    kind: Kind,
    gamma: float,
    fill: Fill,
    options: Mapping[str, Any],
) -> list[NDArray[np.float64]]:
    for table in tables.values():
        model.expected(table)
    part = reachable_part(model)
    chances = dense_transitions(part.model)
    dense = [dense_reward(part.model, part.table(table), gamma, fill=fill) for table in tables.values()]
    if kind == "epic":
        return [epic_direction(reward, gamma, **options) for reward in dense]
    return [dard_direction(reward, chances, gamma, **options) for reward in dense]


def _tables(subject: Subject, rewards: Mapping[str, AuditedReward]) -> dict[str, NDArray[np.float64]]:
    tables: dict[str, NDArray[np.float64]] = {}
    problems: list[Problem] = []
    for name, choice in rewards.items():
        try:
            tables[name] = subject.reward(choice, f"rewards[{name!r}]")[1]
        except BadInput as refused:
            problems += refused.problems
    if problems:
        raise BadInput(*problems)
    return tables


def _pairwise(
    directions: list[NDArray[np.float64]], measure: Callable[[NDArray[np.float64], NDArray[np.float64]], float]
) -> NDArray[np.float64]:
    values = np.zeros((len(directions), len(directions)))
    for row, first in enumerate(directions):
        for column in range(row):
            values[row, column] = values[column, row] = measure(first, directions[column])
    return values
