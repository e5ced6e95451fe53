"""How much each term of the proxy pays, under a random policy and under an optimal one, and whether it ever does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import final

import numpy as np
from numpy.typing import NDArray

from rewardlab.audit.case import AuditCase
from rewardlab.mdp.reachable import reachable_states

__all__ = ["TermSize", "TermSizes", "term_sizes"]


@final
@dataclass(frozen=True, slots=True)
class TermSize:
    """What one term pays under one policy, without regard to the sign.

    Attributes:
        mean: For a step, over the discounted visits.
        largest: At most, in any step that can happen.
        share: Of the sizes of all terms together; 0 if there are none.
    """

    mean: float
    largest: float
    share: float


@final
@dataclass(frozen=True, slots=True)
class TermSizes:
    """One term.

    Attributes:
        random: Under the uniform policy, which can do all that can be done.
        optimal: Under the policy that takes each proxy-optimal action with the same probability.
    """

    random: TermSize
    optimal: TermSize

    @property
    def fires(self) -> bool:
        """Whether it pays anything in any step that can happen."""
        return self.random.largest > 0.0


def term_sizes(
    case: AuditCase, random_visits: NDArray[np.float64], optimal_visits: NDArray[np.float64]
) -> Mapping[str, TermSizes]:
    """Measure all terms of the proxy; none if it was given as one table.

    Args:
        case: The model and the proxy.
        random_visits: ``[n]`` of the uniform policy.
        optimal_visits: ``[n]`` of the policy that takes each proxy-optimal action with the same probability.
    """
    allowed = case.proxy_optimal
    within = case.model.feasible & (reachable_states(case.model, allowed=allowed)[:, None] & allowed)[:, :, None]
    random = _sizes(case, random_visits, case.model.feasible)
    optimal = _sizes(case, optimal_visits, within)
    return {name: TermSizes(random[name], optimal[name]) for name in case.terms}


def _sizes(case: AuditCase, visits: NDArray[np.float64], within: NDArray[np.bool_]) -> dict[str, TermSize]:
    sizes = {name: np.abs(table) * within for name, table in case.terms.items()}
    means = {name: float(visits @ case.space.rows(size) / visits.sum()) for name, size in sizes.items()}
    total = sum(means.values())
    return {
        name: TermSize(mean, float(sizes[name].max(initial=0.0)), mean / total if total > 0 else 0.0)
        for name, mean in means.items()
    }
