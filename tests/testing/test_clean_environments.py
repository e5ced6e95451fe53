"""Gymnasium's own environments conform; those of rewardlab_envs are asked in `tests/environments`."""

from __future__ import annotations

import pytest

from rewardlab.testing import check_environment, problems_of


@pytest.mark.parametrize("name", ["CartPole-v1", "FrozenLake-v1", "Pendulum-v1", "Blackjack-v1", "CliffWalking-v1"])
def test_those_of_gymnasium_conform(name: str) -> None:
    assert problems_of(check_environment(name)) == []
