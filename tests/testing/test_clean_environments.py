"""Every registered environment conforms, and so do Gymnasium's own."""

from __future__ import annotations

import pytest

from rewardlab.testing import check_environment, problems_of
from tests.environments.registered import IDS

QUICK = ("/Gridworld-v0", "/TomatoWatering-v0")
OWN = [
    pytest.param(name, marks=[] if name.endswith(QUICK) else pytest.mark.slow, id=name.rpartition("/")[2])
    for name in IDS
]


@pytest.mark.parametrize("name", OWN)
def test_those_of_rewardlab_envs_conform(name: str) -> None:
    answers = check_environment(name)
    assert problems_of(answers) == []
    assert [answer.question for answer in answers if answer.word != "ok"] == []


@pytest.mark.parametrize("name", ["CartPole-v1", "FrozenLake-v1", "Pendulum-v1", "Blackjack-v1", "CliffWalking-v1"])
def test_those_of_gymnasium_conform(name: str) -> None:
    assert problems_of(check_environment(name)) == []
