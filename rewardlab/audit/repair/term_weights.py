"""The smallest change of the weights of a reward's terms that makes it safe, or the proof that no weights do.

A linear programme over the weights. The amounts of a term are measured by the largest that it pays in a step, and
weights are normalised so that these largest amounts add up to 1; so a change of 0.1 means the same for every term, and
all weights 0, under which nothing is wrong because nothing is paid, do not count.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from rewardlab.audit.case import AuditCase
from rewardlab.audit.repair.weight_cuts import WeightCuts
from rewardlab.errors import RunFailed
from rewardlab.mdp.discounted import solve
from rewardlab.mdp.reachable import reachable_states

__all__ = ["DEFAULT_MARGIN", "TermWeights", "term_weights"]

DEFAULT_MARGIN = 0.01
"""Of the sum of the largest amounts. Where so much cannot be had, half of the most that can be."""

_NOTHING = 1e-7
"""A margin below this, of the sum of the largest amounts, is what the solver's rounding leaves of 0."""

_MOST_ROUNDS = 200
_MOST_CHOICES = 64
_MOST_MEMBERS = 6


@final
@dataclass(frozen=True, slots=True)
class TermWeights:
    """The answer.

    Attributes:
        factors: Term to what it is multiplied by; None if no weights were found. Terms that pay nothing keep theirs.
        margin: By how much, of the sum of the largest amounts, right actions are kept ahead of wrong ones.
        largest_margin: The most that any weights achieve; 0 if there are none.
        change: The sum of changes of the largest amounts, as a share of their sum before.
        decided: Whether, where there are none, that is proven, and not just so for the choices that were tried among
            actions that the objective likes equally.
        choices: How many such choices were tried.
    """

    factors: Mapping[str, float] | None
    margin: float
    largest_margin: float
    change: float
    decided: bool
    choices: int


def term_weights(
    case: AuditCase,
    terms: Mapping[str, NDArray[np.float64]],
    extra: Mapping[str, NDArray[np.float64]] | None = None,
    *,
    margin: float = DEFAULT_MARGIN,
) -> TermWeights:
    """Find the weights nearest to the present ones that make every proxy-optimal policy objective-optimal.

    What is asked for: an objective-optimal policy is paid best in every state that objective-optimal policies come to,
    and every action that is not objective-optimal there falls short by the margin, whatever is done after it. Where
    the objective likes several actions equally, the weights may prefer any of them or none. States that no
    objective-optimal policy comes to carry no inequality of their own: a perfect agent is never there.

    Args:
        case: The model, the objective and the discount.
        terms: Name to ``[S, A, K]``, what is paid at present.
        extra: More terms, of which nothing is paid at present.
        margin: What right actions should be ahead by, of the sum of the largest amounts. Positive.
    """
    tables = {**terms, **(extra or {})}
    unit = {name: float(np.abs(table * case.model.feasible).max()) for name, table in tables.items()}
    names = [name for name in tables if unit[name] > 0]
    if not names:
        return TermWeights(None, 0.0, 0.0, 0.0, True, 0)
    columns = [tables[name] / unit[name] for name in names]
    present = np.array([unit[name] * (name in terms) for name in names])
    total = float(present.sum()) or 1.0
    best: tuple[float, WeightCuts] | None = None
    choices, decided = 0, False
    for allowed, actions, last in _choices(case, columns, present):
        cuts = WeightCuts(case, columns, allowed, actions)
        choices += 1
        reached = _largest_margin(cuts)
        if best is None or reached > best[0]:
            best = (reached, cuts)
        # Where the objective's likings are paid alike by every term, there is nothing to choose among.
        decided = decided or last or (choices == 1 and cuts.ties_are_idle)
        if reached > _NOTHING or decided:
            break
    if best is None or best[0] <= _NOTHING:
        return TermWeights(None, 0.0, max(0.0, best[0]) if best else 0.0, 0.0, decided, choices)
    asked = margin if margin <= 0.75 * best[0] else 0.5 * best[0]
    weights = _nearest(best[1], present / total, asked)
    change = float(np.abs(weights - present / total).sum())
    factors = {name: float(weights[i]) * total / unit[name] for i, name in enumerate(names)}
    kept = {name: float(name in terms) for name in tables if name not in names}
    return TermWeights({**factors, **kept}, asked, best[0], change, decided, choices)


def _choices(
    case: AuditCase, columns: list[NDArray[np.float64]], present: NDArray[np.float64]
) -> Iterator[tuple[NDArray[np.bool_], NDArray[np.int64], bool]]:
    """What may be paid best, and a policy of it to begin with; and whether nothing is left to try after it.

    First all that the objective likes best, with several policies to begin with; then each of those policies alone, as
    weights may well prefer one of several good ways, and let it come to fewer states; then, if there are few, all sets.
    """
    liked = case.objective_optimal
    policies = [_best_liked(case, columns, direction) for direction in _directions(present)]
    for actions in policies:
        yield liked, actions, False
    alone = np.eye(case.model.n_actions, dtype=np.bool_)
    for actions in policies:
        yield alone[actions] & ~case.model.terminal[:, None], actions, False
    sets = [_subsets(row) for row in liked[_meant_states(case)]]
    if float(np.prod([float(len(options)) for options in sets])) <= _MOST_CHOICES:
        listed = list(product(*sets))
        for number, rows in enumerate(listed, start=1):
            allowed = liked.copy()
            allowed[_meant_states(case)] = rows
            yield allowed, np.where(case.model.terminal, 0, allowed.argmax(axis=1)), number == len(listed)


def _directions(present: NDArray[np.float64]) -> list[NDArray[np.float64]]:
    units = np.eye(len(present))
    return [present, *units, *-units]


def _best_liked(
    case: AuditCase, columns: list[NDArray[np.float64]], direction: NDArray[np.float64]
) -> NDArray[np.int64]:
    """Of the objective-optimal policies, one that some weights pay best."""
    liked, model = case.objective_optimal, case.model
    table = np.tensordot(direction, np.stack(columns), axes=1)
    found = solve(model, table, case.gamma, allowed=liked | model.terminal[:, None]).optimal
    best: NDArray[np.int64] = np.where(found.any(axis=1), found.argmax(axis=1), liked.argmax(axis=1))
    return best


def _meant_states(case: AuditCase) -> NDArray[np.int64]:
    return np.flatnonzero(reachable_states(case.model, allowed=case.objective_optimal) & ~case.model.terminal)


def _subsets(row: NDArray[np.bool_]) -> list[NDArray[np.bool_]]:
    """All that are not empty; too many to count are as good as none."""
    members = np.flatnonzero(row)
    if len(members) > _MOST_MEMBERS:
        return [row] * (_MOST_CHOICES + 1)
    bits = (np.arange(1, 2 ** len(members))[:, None] >> np.arange(len(members))) & 1
    subsets = np.zeros((len(bits), len(row)), dtype=np.bool_)
    subsets[:, members] = bits == 1
    return list(subsets)


def _largest_margin(cuts: WeightCuts) -> float:
    """The most that wrong actions can be made to fall short by, with weights of sum 1 at most."""
    for _ in range(_MOST_ROUNDS):
        weights, margin = _widest(cuts)
        if margin <= _NOTHING or not cuts.broken_by(weights, margin):
            return margin
    raise RunFailed(f"repair: got no end of the linear programme after {_MOST_ROUNDS} rounds")


def _nearest(cuts: WeightCuts, present: NDArray[np.float64], margin: float) -> NDArray[np.float64]:
    """The weights nearest to the present ones that keep the margin."""
    for _ in range(_MOST_ROUNDS):
        weights = _closest(cuts, present, margin)
        if not cuts.broken_by(weights, margin):
            return weights
    raise RunFailed(f"repair: got no end of the linear programme after {_MOST_ROUNDS} rounds")


def _widest(cuts: WeightCuts) -> tuple[NDArray[np.float64], float]:
    """Maximise the margin: variables are the weights' positive parts, their negative parts, and the margin."""
    count = len(cuts.tables)
    wrong, tied = cuts.wrong, cuts.tied
    rows = [
        np.hstack([-wrong, wrong, np.ones((len(wrong), 1))]),
        np.hstack([-tied, tied, np.zeros((len(tied), 1))]),
        np.append(np.ones(2 * count), 0.0)[None],
    ]
    bounds = np.append(np.zeros(len(wrong) + len(tied)), 1.0)
    costs = np.append(np.zeros(2 * count), -1.0)
    found = _solved(costs, np.vstack(rows), bounds, [(0, None)] * (2 * count) + [(0, 1e6)])
    return found[:count] - found[count : 2 * count], float(found[-1])


def _closest(cuts: WeightCuts, present: NDArray[np.float64], margin: float) -> NDArray[np.float64]:
    """Minimise the change: variables are the weights' positive parts, their negative parts, and the changes."""
    count = len(cuts.tables)
    wrong, tied, one = cuts.wrong, cuts.tied, np.eye(count)
    rows = [
        np.hstack([-wrong, wrong, np.zeros((len(wrong), count))]),
        # The margin is one of normalised weights: if they grow, so must it.
        np.hstack([margin - wrong, margin + wrong, np.zeros((len(wrong), count))]),
        np.hstack([-tied, tied, np.zeros((len(tied), count))]),
        np.hstack([one, -one, -one]),
        np.hstack([-one, one, -one]),
    ]
    bounds = np.concatenate([np.full(len(wrong), -margin), np.zeros(len(wrong) + len(tied)), present, -present])
    costs = np.concatenate([np.zeros(2 * count), np.ones(count)])
    found = _solved(costs, np.vstack(rows), bounds, [(0, None)] * (3 * count))
    return found[:count] - found[count : 2 * count]


def _solved(costs: Any, rows: Any, limits: Any, bounds: list[tuple[float, float | None]]) -> NDArray[np.float64]:
    from scipy.optimize import linprog

    found = linprog(costs, A_ub=rows, b_ub=limits, bounds=bounds, method="highs")
    if found.status != 0:
        raise RunFailed(f"repair: got {found.message!r} from the linear programme, expected a solution")
    solution: NDArray[np.float64] = found.x
    return solution
