"""Does the stack of wrappers keep what its parts promise? Read from the inside out, without training.

Ng, Harada & Russell (1999), "Policy invariance under reward transformations": shaping keeps what is optimal only with
the learner's own gamma, and only while nothing outside of it bends what it pays. Where there is a finite model, what
each wrapper adds is laid out as a table and judged by itself: whether it is potential-based for this gamma, and whether
what is optimal after the wrapper was optimal before it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rewardlab.audit.finding import LEVELS, Basis, Finding
from rewardlab.audit.stack.layer_verdict import LayerVerdict, layer_verdict
from rewardlab.audit.stack.reading import AnyStack, StackLayer, WrapperStack, read_stack
from rewardlab.audit.stack.remarks import Remark, StackCheck, stack_remarks
from rewardlab.audit.stack.stack_table import StackTable, stack_table_of
from rewardlab.audit.subject import Subject, audited_subject
from rewardlab.mdp.reachable import reachable_states
from rewardlab.wrappers.order import CHANGES_REWARDS

__all__ = ["stack_finding"]

QUESTION = "Does the stack of wrappers keep what its parts promise?"


def stack_finding(
    stack: AnyStack,
    subject: Subject | None = None,
    base: NDArray[np.float64] | None = None,
    *,
    gamma: float,
    terms: Mapping[str, NDArray[np.float64]] | None = None,
    horizon: int | None = None,
    hindsight: bool = False,
) -> Finding:
    """Read a stack of wrappers.

    Args:
        stack: A wrapped environment or vector, a ``VecEnv`` of stable-baselines3, or wrapper settings as in specs, the
            innermost first.
        subject: The model with its catalogue; read from the environment by default, where it has one.
        base: ``[S, A, K]`` what the environment pays; read from the environment by default.
        gamma: The learner's discount.
        terms: Name to ``[S, A, K]``, the summands of ``base``.
        horizon: The number of steps, if the time limit is part of the task.
        hindsight: Whether transitions will be relabelled in hindsight (HER).

    Raises:
        BadInput: Settings are wrong, or this is no stack.
    """
    taken_apart = read_stack(stack, subject, gamma)
    if subject is None and taken_apart.base is not None:
        subject = audited_subject(taken_apart.base)
    if subject is not None and base is None and subject.paid_reward is not None:
        _, base, terms = subject.reward(subject.paid_reward, "base")
    remarks = stack_remarks(_check(taken_apart, subject, gamma, hindsight))
    if subject is None or base is None:
        return _finding(taken_apart, remarks, None, [], gamma)
    table = stack_table_of(taken_apart, subject, base, terms)
    known = {remark.place for remark in remarks if remark.name == "unread"}
    remarks += [
        Remark("unread", "caution", problem.where, f"got {problem.got}, expected {problem.expected}", problem.fix)
        for problem in table.unread
        if problem.where not in known
    ]
    judged = [
        layer_verdict(layer, subject.model, gamma=gamma, horizon=horizon, trusted=_is_trusted(read, gamma, horizon))
        for layer, read in zip(table.layers, taken_apart.layers, strict=True)
    ]
    return _finding(taken_apart, remarks + [remark for one in judged for remark in one.remarks], table, judged, gamma)


def _check(stack: WrapperStack, subject: Subject | None, gamma: float, hindsight: bool) -> StackCheck:
    if subject is None:
        return StackCheck(stack, gamma, hindsight)
    model = subject.model
    ends = bool((reachable_states(model) & model.terminal).any())
    return StackCheck(stack, gamma, hindsight, runs_on=not model.ends_surely, lengths_vary=ends)


def _is_trusted(layer: StackLayer, gamma: float, horizon: int | None) -> bool:
    """Whether it is shaping as it should be, of which nothing needs to be proven again."""
    return layer.layer.role == "shaping" and horizon is None and bool(layer.wrapper.shaping_gamma == gamma)


def _finding(
    stack: WrapperStack, remarks: list[Remark], table: StackTable | None, judged: list[LayerVerdict], gamma: float
) -> Finding:
    remarks = sorted(remarks, key=lambda remark: LEVELS.index(remark.level))
    level = remarks[0].level if remarks else "fine"
    data: dict[str, Any] = {
        "gamma": gamma,
        "layers": [_as_dict(layer, judged[number] if judged else None) for number, layer in enumerate(stack.layers)],
        "remarks": [remark.as_dict() for remark in remarks],
        "notes": [] if table is None else list(table.notes),
    }
    evidence = [*map(str, remarks), *_chain(stack, judged), *([] if table is None else table.notes)]
    advice = next((remark.fix for remark in remarks if remark.fix), "")
    basis: Basis = "read from the wrappers" if table is None else "proven on the model"
    return Finding("stack", QUESTION, level, _verdict(stack, remarks), basis, tuple(evidence), advice, data)


def _verdict(stack: WrapperStack, remarks: list[Remark]) -> str:
    broken = [remark for remark in remarks if remark.level == "caution"]
    if broken:
        return f"No: {broken[0].place}: {broken[0].said}." + (f" And {len(broken) - 1} more." if broken[1:] else "")
    if remarks:
        return f"Nothing is broken, but mind {remarks[0].place}: {remarks[0].said}."
    changing = [layer for layer in stack.layers if layer.layer.role in CHANGES_REWARDS]
    return "Yes." if changing else "No wrapper round the environment changes the reward."


def _chain(stack: WrapperStack, judged: list[LayerVerdict]) -> list[str]:
    """The wrappers that change rewards, one a line, and all others in one."""
    lines, others = [], []
    for number, layer in enumerate(stack.layers):
        if layer.layer.role not in CHANGES_REWARDS:
            others.append(layer.layer.place)
            continue
        found = f"; {judged[number].said}" if judged and judged[number].said else ""
        lines.append(f"{layer.layer.place}: {layer.layer.role}{found}")
    return [*lines, *([f"leave rewards as they are: {', '.join(others)}"] if others else [])]


def _as_dict(layer: StackLayer, judged: LayerVerdict | None) -> dict[str, Any]:
    entry: dict[str, Any] = {"place": layer.layer.place, "role": layer.layer.role}
    return entry if judged is None else entry | judged.as_dict()
