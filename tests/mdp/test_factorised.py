"""Factors: they solve the system, and stay as small as it is where time is part of the state."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse

from rewardlab.mdp.factorised import factorised
from rewardlab.mdp.policy_space import PolicySpace
from rewardlab.mdp.reachable import reachable_part
from rewardlab.mdp.timed_model import timed_model
from tests.mdp.tiny_models import random_model


def system_of(space: PolicySpace) -> sparse.csc_array:
    """That of the uniform policy."""
    group = np.cumsum(np.diff(space.state, prepend=-1) > 0) - 1
    chosen = space.uniform[space.state, space.action]
    mixing = sparse.csr_array((chosen, (group, np.arange(len(chosen)))))
    return (-(mixing @ space.shaping_matrix)).tocsc()


@pytest.mark.parametrize("horizon", [None, 8])
def test_it_solves(horizon: int | None) -> None:
    model = random_model(np.random.default_rng(3), states=12, actions=3, outcomes=3)
    model = reachable_part(model if horizon is None else timed_model(model, horizon).model).model
    system = system_of(PolicySpace(model, 0.9))
    right = np.arange(system.shape[0], dtype=np.float64)
    assert system @ factorised(system).solve(right) == pytest.approx(right)
    assert system.T @ factorised(system).solve(right, trans="T") == pytest.approx(right)


def test_with_time_in_the_state_nothing_is_filled() -> None:
    model = random_model(np.random.default_rng(3), states=12, actions=3, outcomes=3)
    system = system_of(PolicySpace(reachable_part(timed_model(model, 8).model).model, 1.0))
    factors = factorised(system)
    # The lower one is the identity.
    assert factors.L.nnz == system.shape[0]
    assert factors.U.nnz == system.nnz


def test_a_column_without_entries_is_no_obstacle_to_the_order() -> None:
    with pytest.raises(RuntimeError, match="singular"):
        factorised(sparse.csc_array(np.array([[1.0, 0.0], [0.0, 0.0]])))
