"""Two policies that two rewards order differently, so far apart that their returns show it.

From the visits of the uniform policy one goes a little up and a little down along a direction in which one reward
rises and the other falls, or stays; such a direction exists unless the canonical forms are parallel. That pair is the
plainest. But where a state that matters is hardly ever visited the step must be tiny, and a large potential or many
steps ahead drown it in rounding. Then policies that are perfect at mixtures of the two rewards are compared.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import permutations, product

import numpy as np
from numpy.typing import NDArray

from rewardlab.audit.case import AuditCase
from rewardlab.audit.policy_pair import PolicyPair, policy_pair
from rewardlab.mdp.discounted import expected_return, solve

__all__ = ["ordered_differently"]

_SHARES = (0.5, 0.1, 0.9, 1.0, 0.0)
"""How much of a mixture is the proxy."""


def ordered_differently(case: AuditCase) -> PolicyPair | None:
    """Two stationary policies that the two rewards order differently, ties counted.

    Returns:
        The first one is paid more and achieves less; where one reward does not distinguish policies at all, only the
        other does. None if the canonical forms are parallel, or if evaluation could tell no such pair apart.
    """
    meant, paid = (_unit(case.space.projected(rows)) for rows in (case.objective_advantages, case.proxy_advantages))
    direction = _unit(paid - meant)
    # Where one of them says nothing, along the other it stays as it is; where they are opposed, either will do.
    if not direction.any():
        return None
    middle = case.space.visits(case.space.uniform)
    room = np.abs(direction) / np.maximum(middle, 1e-300)
    step = 0.5 / room.max()
    near = [case.space.policy(middle + sign * step * direction) for sign in (1.0, -1.0)]
    plainest = policy_pair(case, "two policies near the uniform one", near[0], near[1])
    if _told_apart(case, plainest):
        return plainest
    tilted = policy_pair(case, "two policies about the uniform one", *_tilted(case, middle))
    if _told_apart(case, tilted):
        return tilted
    return _of_mixtures(case)


def _told_apart(case: AuditCase, pair: PolicyPair) -> bool:
    """Whether returns differ by more than rounding, in opposite ways, as far as a reward distinguishes policies."""
    differences = (pair.proxy[0] - pair.proxy[1], pair.objective[1] - pair.objective[0])
    sizes = (max(map(abs, pair.proxy)), max(map(abs, pair.objective)))
    forms = (case.proxy_advantages, case.objective_advantages)
    # A value is the sum of about 1 / (1 - gamma) rewards, and the rounding of each may be in it.
    rounding = max(1e-12, 10 * float(np.finfo(np.float64).eps) / max(1e-6, 1.0 - case.gamma))
    compared = zip(differences, sizes, forms, strict=True)
    return all(difference > rounding * size for difference, size, form in compared if form.any())


def _tilted(case: AuditCase, middle: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The uniform policy, a little more and a little less of what the proxy likes better than the objective does.

    Along it returns change by what advantages weigh in visits, so that rare states limit no other's step.
    """
    forms = []
    for rows in (case.proxy_advantages, case.objective_advantages):
        scaled = rows / (float(np.abs(rows).max(initial=0.0)) or 1.0)
        forms.append(scaled / (float(np.sqrt(middle @ scaled**2)) or 1.0))
    tilt = forms[0] - forms[1]
    factor = case.space.table(0.5 * tilt / (float(np.abs(tilt).max(initial=0.0)) or 1.0))
    more, less = (case.space.uniform * (1.0 + sign * factor) for sign in (1.0, -1.0))
    return _normal(more), _normal(less)


def _of_mixtures(case: AuditCase) -> PolicyPair | None:
    """The first pair that can be told apart among policies that are perfect at mixtures of the two rewards."""
    policies = list(_perfect_at_mixtures(case))
    title = "two policies that are perfect at mixtures of the two"
    paid, achieved = (
        [expected_return(case.model, table, policy, case.gamma) for policy in policies]
        for table in (case.proxy, case.objective)
    )
    for one, other in permutations(range(len(policies)), 2):
        returns = (paid[one], paid[other]), (achieved[one], achieved[other])
        pair = PolicyPair(title, policies[one], policies[other], *returns)
        if _told_apart(case, pair):
            return pair
    return None


def _perfect_at_mixtures(case: AuditCase) -> Iterator[NDArray[np.float64]]:
    """Policies that are best and worst at the proxy's canonical form less the objective's, in several proportions."""
    paid, meant = (
        rows / (float(np.abs(rows).max(initial=0.0)) or 1.0)
        for rows in (case.proxy_advantages, case.objective_advantages)
    )
    for share, sign in product(_SHARES, (1.0, -1.0)):
        mixed = case.space.table(sign * (share * paid - (1.0 - share) * meant))
        table = np.repeat(mixed[:, :, None], case.model.n_outcomes, axis=2)
        actions = solve(case.model, table, case.gamma).optimal.argmax(axis=1)
        yield np.eye(case.model.n_actions)[actions]


def _normal(policy: NDArray[np.float64]) -> NDArray[np.float64]:
    rows: NDArray[np.float64] = policy / np.maximum(policy.sum(axis=1, keepdims=True), 1e-300)
    return rows


def _unit(vector: NDArray[np.float64]) -> NDArray[np.float64]:
    largest = float(np.abs(vector).max(initial=0.0))
    if largest == 0.0:
        return np.zeros_like(vector)
    scaled = vector / largest
    unit: NDArray[np.float64] = scaled / np.linalg.norm(scaled)
    return unit
