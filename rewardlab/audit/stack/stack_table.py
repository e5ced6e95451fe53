"""What an agent is paid through a stack of wrappers, as a table over a finite model.

An exact audit asks about what reaches the learner, not about what the environment says. So the wrappers are read from
the inside out, and what each makes of every step that can happen is laid out beside the lines of the ledger. A wrapper
that cannot be read is refused; none is passed over.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from rewardlab.audit.stack.layer_amounts import LayerAmounts, PaidSteps, layer_amounts, observations_after
from rewardlab.audit.stack.reading import AnyStack, WrapperStack, read_stack
from rewardlab.audit.subject import Subject, audited_subject
from rewardlab.errors import BadInput, Problem
from rewardlab.mdp.finite_model import FiniteModel
from rewardlab.mdp.occupancy import horizon_occupancy
from rewardlab.wrappers.ledger_lines import ENVIRONMENT_LINE
from rewardlab.wrappers.order import Role

__all__ = ["LayerTable", "StackTable", "stack_table", "stack_table_of", "subject_of_stack"]


@final
@dataclass(frozen=True, slots=True)
class LayerTable:
    """What one wrapper adds.

    Attributes:
        place: Where it stands: ``"wrapper 2 (RewardClipping)"``, ``"wrappers[0] (clip)"``.
        role: What it does to rewards.
        line: Its line of the ledger; empty if it hands rewards on as they came.
        before: ``[S, A, K]`` what comes in.
        after: ``[S, A, K]`` what comes out.
        notes: What had to be assumed.
    """

    place: str
    role: Role
    line: str
    before: NDArray[np.float64]
    after: NDArray[np.float64]
    notes: tuple[str, ...] = ()

    @property
    def added(self) -> NDArray[np.float64]:
        """``[S, A, K]`` the difference."""
        return self.after - self.before


@final
@dataclass(frozen=True, slots=True)
class StackTable:
    """What a stack pays.

    Attributes:
        paid: ``[S, A, K]`` what the learner sees.
        lines: Line of the ledger to ``[S, A, K]``, the terms of the reward first; they add up to what is paid.
        layers: The wrappers, the innermost first.
        unread: What could not be read, and was taken to hand rewards on; empty unless that was asked for.
    """

    paid: NDArray[np.float64]
    lines: Mapping[str, NDArray[np.float64]]
    layers: tuple[LayerTable, ...]
    unread: tuple[Problem, ...] = ()

    @property
    def notes(self) -> tuple[str, ...]:
        """All that had to be assumed, each with its place."""
        return tuple(f"{layer.place}: {note}" for layer in self.layers for note in layer.notes)


def stack_table(
    stack: AnyStack,
    subject: Subject | None = None,
    base: NDArray[np.float64] | None = None,
    *,
    gamma: float,
    terms: Mapping[str, NDArray[np.float64]] | None = None,
) -> StackTable:
    """What a stack of wrappers pays for every outcome.

    Args:
        stack: A wrapped environment or vector, a ``VecEnv`` of stable-baselines3, or wrapper settings as in specs, the
            innermost first: ``[{"kind": "potential_shaping", "potential": "distance"}]``.
        subject: The model with its catalogue; read from the environment by default.
        base: ``[S, A, K]`` what the environment pays; read from the environment by default.
        gamma: The learner's discount, by which settings shape. Wrappers that are made already keep their own.
        terms: Name to ``[S, A, K]``, the summands of ``base``.

    Returns:
        What is paid, and what each wrapper adds. A running scale is taken as it stands now; a mean that is subtracted
        and not known yet as that of a policy that acts at random; a potential that changes in time as at its beginning.
        Each of these is said in `StackTable.notes`.

    Raises:
        BadInput: A wrapper cannot be read, or it reads what is not there; all of them at once.
    """
    if subject is None:
        subject = subject_of_stack(stack)
    if base is None:
        base, terms = _own_reward(subject)
    found = stack_table_of(read_stack(stack, subject, gamma), subject, base, terms)
    if found.unread:
        raise BadInput(*found.unread)
    return found


def stack_table_of(
    stack: WrapperStack,
    subject: Subject,
    base: NDArray[np.float64],
    terms: Mapping[str, NDArray[np.float64]] | None = None,
) -> StackTable:
    """The table of a stack that has been taken apart; what cannot be read is listed, and taken to hand rewards on."""
    model = subject.model
    model.expected(base)  # refuses another shape, NaN and infinities
    so_far = _at_first(stack, subject, base, terms)
    layers, unread = [], []
    if stack.unseen:
        unread.append(Problem("stack", stack.unseen, "wrappers that can be looked at", "give one environment of them"))
    for layer in stack.layers:
        try:
            amounts = layer_amounts(layer, so_far)
        except BadInput as fault:
            unread += [_placed(problem, layer.layer.place) for problem in fault.problems]
            amounts = LayerAmounts(so_far.paid, notes=("cannot be read; taken to hand rewards on as they came",))
        before, after = model.scatter(so_far.paid), model.scatter(amounts.paid)
        layers.append(LayerTable(layer.layer.place, layer.layer.role, amounts.line, before, after, amounts.notes))
        so_far = so_far.after(amounts, observations_after(layer, so_far.observations))
    lines = {name: model.scatter(amounts) for name, amounts in so_far.lines.items()}
    return StackTable(model.scatter(so_far.paid), lines, tuple(layers), tuple(unread))


def subject_of_stack(stack: AnyStack) -> Subject:
    """The finite model inside of a wrapped environment.

    Raises:
        BadInput: There is none.
    """
    base = None if isinstance(stack, list | tuple) else read_stack(stack, None, 1.0).base
    found = None if base is None else audited_subject(base)
    if found is None:
        raise BadInput(Problem("stack", repr(stack), "an environment with a finite model inside, or its `subject`"))
    return found


def _own_reward(subject: Subject) -> tuple[NDArray[np.float64], dict[str, NDArray[Any]]]:
    if subject.paid_reward is None:
        raise BadInput(Problem("base", "nothing", "[S, A, K] numbers: what the environment pays"))
    _, table, terms = subject.reward(subject.paid_reward, "base")
    return table, terms


def _at_first(
    stack: WrapperStack,
    subject: Subject,
    base: NDArray[np.float64],
    terms: Mapping[str, NDArray[np.float64]] | None,
) -> PaidSteps:
    model = subject.model
    feasible = model.feasible
    lines = {name: table[feasible] for name, table in (terms or {ENVIRONMENT_LINE: base}).items()}
    steps = model.transitions

    def mean_paid(amounts: NDArray[np.float64]) -> float:
        return _mean_at_random(model, model.scatter(amounts), subject.episode_steps)

    seen = _observations(stack.base, subject)
    return PaidSteps(steps, model.n_states, base[feasible], lines, seen, stack.tells, mean_paid)


def _observations(base: Any, subject: Subject) -> NDArray[Any]:
    """What the environment shows of each state, ``[S, ...]``."""
    if subject.task is not None and subject.task.observations is not None:
        return subject.task.observations
    seen = np.arange(subject.model.n_states)
    table = getattr(base, "P", None)
    if table is None:
        return seen
    # The terminal twins of a toy text are states of the model alone: the environment shows where the step led.
    places = np.argwhere(subject.model.feasible & (subject.model.successor >= len(table)))
    for state, action, outcome in places.tolist():
        seen[subject.model.successor[state, action, outcome]] = table[state][action][outcome][1]
    return seen


def _mean_at_random(model: FiniteModel, table: NDArray[np.float64], steps: int) -> float:
    policy = model.legal / np.maximum(model.legal.sum(axis=1, keepdims=True), 1)
    visits = horizon_occupancy(model, policy, steps)
    return float((visits.state_action * model.expected(table)).sum() / visits.state_action.sum())


def _placed(problem: Problem, place: str) -> Problem:
    if place in problem.where:
        return problem
    return Problem(f"{place}: {problem.where}", problem.got, problem.expected, problem.fix)
