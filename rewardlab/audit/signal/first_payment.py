"""How long a random policy waits for its first payment, exactly, by one linear solution."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

import numpy as np
from numpy.typing import NDArray

from rewardlab.mdp.factorised import factorised
from rewardlab.mdp.policy_space import PolicySpace

__all__ = ["FirstPayment", "first_payment"]

_ROUNDING = 1e-6


@final
@dataclass(frozen=True, slots=True)
class FirstPayment:
    """What comes first in an episode of the uniform policy.

    Attributes:
        steps: The expected steps up to the first payment, episodes that end unpaid counted in, as a learner lives
            through them; infinite if it may never come.
        paid: The probability that an episode is paid before it ends.
        unpaid: The probability that it ends unpaid.
        never: The probability that it comes to where it neither ends nor is ever paid.
    """

    steps: float
    paid: float
    unpaid: float
    never: float


def first_payment(space: PolicySpace, pays: NDArray[np.bool_]) -> FirstPayment:
    """Follow the uniform policy without a discount until it is first paid.

    With T the steps of an episode up to its first payment or its end, and p the probability that it is paid at all, the
    expected steps over many episodes are ``E[T] / p`` (Wald 1944, "On cumulative sums of random variables"). A time
    limit that only cuts off is no end.

    Args:
        space: The model; every state can be reached.
        pays: ``[S, A, K]`` whether an outcome is paid.
    """
    from scipy import sparse

    model = space.model
    alive = np.flatnonzero(~model.terminal)
    size = len(alive)
    column = np.full(model.n_states, size)
    column[alive] = np.arange(size)
    weight = (space.uniform[:, :, None] * model.probability * model.feasible)[alive]
    paid_now = (weight * pays[alive]).sum(axis=(1, 2))
    unpaid_weight = weight * ~pays[alive]
    origin = np.broadcast_to(np.arange(size)[:, None, None], weight.shape)
    ahead = column[model.successor[alive]]
    moves = (unpaid_weight > 0) & (ahead < size)
    chain = sparse.csr_array((unpaid_weight[moves], (origin[moves], ahead[moves])), shape=(size, size))
    ends_now = (unpaid_weight * (ahead == size)).sum(axis=(1, 2))
    stuck = ~_leads_to(chain, (paid_now > 0) | (ends_now > 0))
    # Where nothing can come any more the walk is over; this also keeps the system regular.
    leaving = sparse.diags_array((~stuck).astype(np.float64)) @ chain
    visits = factorised(sparse.eye_array(size) - leaving).solve(model.start[alive], trans="T")
    paid, unpaid, never = (float(visits @ share) for share in (paid_now, ends_now, stuck.astype(np.float64)))
    precise = abs(paid + unpaid + never - 1.0) <= _ROUNDING
    comes = paid > 0.0 and never == 0.0 and precise
    return FirstPayment(float(visits @ ~stuck) / paid if comes else np.inf, paid, unpaid, never)


def _leads_to(chain: object, goal: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """``[n]`` from where a chain can come to a goal."""
    from scipy import sparse
    from scipy.sparse.csgraph import breadth_first_order

    # One more node, from which all goals are a step away against the arrows.
    backwards = sparse.block_array([[chain.T, None], [goal[None, :].astype(np.float64), sparse.coo_array((1, 1))]])  # type: ignore[attr-defined]
    order = breadth_first_order(sparse.csr_array(backwards), len(goal), return_predecessors=False)
    found = np.zeros(len(goal) + 1, dtype=np.bool_)
    found[order] = True
    return found[:-1]
