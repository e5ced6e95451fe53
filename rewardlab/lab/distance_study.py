"""The study: many proxies in several environments, their distances to the objective, and what they cost.

What is done is cut into blocks of a few proxies of one environment. Each block runs in a process of its own, depends on
nothing but its settings, and ends in one row of the store, so that a study that was stopped goes on from there.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from rewardlab.audit.case import audit_case
from rewardlab.audit.distance_finding import distances_of
from rewardlab.audit.distances import table_distances
from rewardlab.audit.hackability import hackable_witness
from rewardlab.audit.optimal_set import optimal_set
from rewardlab.errors import BadInput, Problem
from rewardlab.lab.checked_environment import checked_environment
from rewardlab.lab.claimed_work import Session, Task, do_claimed
from rewardlab.lab.engines import Engine, Event
from rewardlab.lab.provenance import work_provenance
from rewardlab.lab.proxies import draw_proxies
from rewardlab.lab.proxy_loss import proxy_loss
from rewardlab.lab.rank_correlation import grouped_rank_correlation
from rewardlab.lab.statistics import Estimate
from rewardlab.lab.store import Member, ResultStore, StoredRun, Submitted
from rewardlab.lab.study_spec import DistanceStudySpec
from rewardlab.mdp import FiniteEnv, FiniteTask

__all__ = [
    "PREDICTORS",
    "Block",
    "correlations",
    "measure_block",
    "planned_blocks",
    "predictions",
    "run_study",
    "study_rows",
    "study_submission",
]

PREDICTORS = ("starc", "epic", "epic_mean", "dard", "angle", "hackable", "unsafe")
"""Distances to the objective: STARC (VAL, L2), EPIC and DARD with what cannot happen filled in so that shaping stays
shaping, EPIC with it filled by plain means; the angle of the rewards projected on what they say of policies, by which
STARC with its smallest form orders too; whether the pair is hackable over all stationary policies; whether it is
UNSAFE."""

_BLOCK_PROXIES = 5
_LEARNER = 2
"""Counts the changes of the learner of `rewardlab.lab.proxy_loss`: results of an older one are not taken for its."""


@final
@dataclass(frozen=True, slots=True)
class Block:
    """Some proxies of one environment: everything that its results depend on.

    Attributes:
        world: What tables call the environment.
        environment_id: A registered id.
        environment_settings: Keyword arguments of the environment.
        first: The first proxy of the block.
        last: The one after the last.
        proxies: The number of proxies of the environment.
        gamma: The discount.
        budget_steps: Of each learner.
        seeds: The number of learners for each proxy.
        proxy_seed: Draws the random proxies.
    """

    world: str
    environment_id: str
    environment_settings: dict[str, Any]
    first: int
    last: int
    proxies: int
    gamma: float
    budget_steps: int
    seeds: int
    proxy_seed: int

    @property
    def label(self) -> str:
        """What to call it."""
        return f"{self.world}, proxies {self.first} to {self.last - 1}"

    @property
    def identity(self) -> str:
        """The hash of its settings; what tables call the environment is no part of it."""
        settings = {name: value for name, value in asdict(self).items() if name != "world"} | {"learner": _LEARNER}
        return hashlib.sha256(json.dumps(settings, sort_keys=True).encode()).hexdigest()[:32]


def planned_blocks(spec: DistanceStudySpec, source: str, *, allowed_modules: Collection[str] = ()) -> list[Block]:
    """Cut a study into blocks, having made every environment once.

    Args:
        spec: The study.
        source: Where it was read, for the messages.
        allowed_modules: Modules that may be imported beside those of installed plugins.

    Raises:
        BadInput: An environment cannot be made, or is no finite model. All problems are named at once.
    """
    problems: list[Problem] = []
    blocks = []
    for number, world in enumerate(spec.environments):
        place = f"{source}: environments[{number}].environment"
        try:
            env = checked_environment(
                world.environment.id,
                world.environment.settings,
                f"{place}.id",
                f"{place}.settings",
                allowed_modules=allowed_modules,
            )
        except BadInput as fault:
            problems += fault.problems
            continue
        if not isinstance(env.unwrapped, FiniteEnv):
            problems.append(Problem(f"{place}.id", repr(world.environment.id), "a finite environment"))
        blocks += [
            Block(
                world.name,
                world.environment.id,
                dict(world.environment.settings),
                first,
                min(first + _BLOCK_PROXIES, spec.proxies),
                spec.proxies,
                spec.gamma,
                spec.budget_steps,
                spec.seeds,
                spec.proxy_seed,
            )
            for first in range(0, spec.proxies, _BLOCK_PROXIES)
        ]
    if problems:
        raise BadInput(*problems)
    return blocks


def study_submission(spec: DistanceStudySpec, blocks: Sequence[Block]) -> Submitted:
    """The study as a store keeps it: a member for each block, with its first proxy in the place of a seed."""
    members = tuple(Member(block.world, block.first, block.identity) for block in blocks)
    return Submitted(spec.name, spec.model_dump(mode="json"), members)


def run_study(blocks: Sequence[Block], session: Session, engine: Engine) -> Iterator[Block]:
    """Do the blocks that the store does not have, or wait until other processes have done them.

    Args:
        blocks: Of `planned_blocks`.
        session: Of `rewardlab.lab.claimed_work.at_work`.
        engine: Does the work.

    Yields:
        Every block, once it is done or has failed; first those that were done before.
    """
    standings = session.store.standings(block.identity for block in blocks)
    finished = {identity for identity, found in standings.items() if found.state == "finished"}
    yield from (block for block in blocks if block.identity in finished)
    # Two names of one environment share their blocks.
    missing = {block.identity: block for block in blocks if block.identity not in finished}
    tasks = [Task(identity, asdict(block), block) for identity, block in missing.items()]
    row = partial(_row, engine=type(engine).__name__)
    with closing(do_claimed(tasks, session, engine, measure_block, row, ["numpy", "scipy.sparse.linalg"])) as happened:
        for task, event in happened:
            if event.kind in ("finished", "failed"):
                yield from (block for block in blocks if block.identity == task.identity)


def _row(task: Task, event: Event, seconds: float, *, engine: str) -> StoredRun:
    provenance = work_provenance(engine=engine, seconds=seconds)
    if event.kind == "finished":
        return StoredRun(task.identity, "finished", task.settings, event.payload, "", provenance)
    return StoredRun(task.identity, "failed", task.settings, {}, str(event.payload), provenance)


def measure_block(block: Block, on_progress: Callable[[int], None]) -> dict[str, Any]:
    """Measure the proxies of a block.

    Returns:
        JSON data: ``rows``, one for each proxy: its name and family, each of `PREDICTORS`, ``exact`` and ``exact_best``
        regret and the ``trained`` ones.
    """
    task = _task(block)
    drawn = draw_proxies(task, block.proxies, block.gamma, block.proxy_seed)[block.first : block.last]
    rows = []
    for number, proxy in enumerate(drawn, start=block.first):
        # The learner's streams are those of the proxy, so that it matters to no result how a study is cut.
        streams = np.random.SeedSequence([block.proxy_seed, number]).generate_state(block.seeds)
        seeds = tuple(int(seed) for seed in streams)
        loss = proxy_loss(task, proxy.table, block.gamma, budget_steps=block.budget_steps, seeds=seeds)
        rows.append(
            {"proxy": proxy.name, "family": proxy.family}
            | predictions(task, proxy.table, block.gamma)
            | {"exact": loss.exact, "exact_best": loss.exact_best, "trained": list(loss.trained)}
        )
        on_progress(number)
    return {"rows": rows}


def predictions(task: FiniteTask, proxy: NDArray[np.float64], gamma: float) -> dict[str, float]:
    """What each of `PREDICTORS` says of a proxy."""
    case = audit_case(task.model, proxy, task.objective_table, gamma=gamma)
    paid, meant = (case.space.projected(rows) for rows in (case.proxy_advantages, case.objective_advantages))
    tables = {"proxy": case.proxy, "objective": case.objective}
    plain = table_distances(case.model, tables, kind="epic", gamma=gamma, fill="mean")
    return {
        **distances_of(case),
        "epic_mean": plain.between("proxy", "objective"),
        "angle": _degrees(paid, meant),
        "hackable": float(hackable_witness(case) is not None),
        "unsafe": float(not optimal_set(case).safe),
    }


def _degrees(first: NDArray[np.float64], second: NDArray[np.float64]) -> float:
    """The angle of two vectors; a right one where one of them says nothing."""
    length = float(np.linalg.norm(first) * np.linalg.norm(second))
    return float(np.degrees(np.arccos(np.clip(first @ second / length, -1.0, 1.0)))) if length else 90.0


def study_rows(blocks: Sequence[Block], store: ResultStore) -> tuple[list[dict[str, Any]], list[str]]:
    """What is finished, one row for each proxy with the name of its ``world``, and why the other blocks are not."""
    rows, failures = [], []
    for block in blocks:
        stored = store.read(block.identity)
        if stored is None or stored.state != "finished":
            why = "not run" if stored is None else stored.message
            failures.append(f"{block.label}: {why}")
            continue
        rows += [{"world": block.world, **row} for row in stored.result["rows"]]
    return rows, failures


def correlations(rows: Sequence[Mapping[str, Any]], seed: int = 0) -> dict[str, dict[str, Estimate]]:
    """How well each predictor orders proxies by what they cost.

    Args:
        rows: Of `study_rows`.
        seed: Draws the bootstrap resamples.

    Returns:
        Predictor to ``{"exact": ..., "trained": ...}``: the mean over environments of Spearman's rho within each, with
        the regret of the worst proxy-optimal policy and with the mean regret of the learners.
    """
    worlds = list(dict.fromkeys(row["world"] for row in rows))
    found: dict[str, dict[str, Estimate]] = {}
    for predictor in PREDICTORS:
        found[predictor] = {}
        for cost in ("exact", "trained"):
            groups = [
                (_column(rows, world, predictor), _column(rows, world, cost))
                for world in worlds
                if len(_column(rows, world, predictor)) > 1
            ]
            found[predictor][cost] = grouped_rank_correlation(groups, np.random.default_rng(seed))
    return found


def _column(rows: Sequence[Mapping[str, Any]], world: str, name: str) -> NDArray[np.float64]:
    return np.array([np.mean(row[name]) for row in rows if row["world"] == world], dtype=np.float64)


def _task(block: Block) -> FiniteTask:
    # Whether its code may run was asked when the study was planned.
    allowed = [block.environment_id.rpartition(":")[0]]
    env = checked_environment(
        block.environment_id,
        block.environment_settings,
        "environment",
        "environment.settings",
        allowed_modules=allowed,
    )
    base: Any = env.unwrapped
    task: FiniteTask = base.task
    return task
