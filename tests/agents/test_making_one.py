"""An environment is made for who draws it, and for who does not."""

from __future__ import annotations

from collections.abc import Iterator

import gymnasium as gym
import pytest

from rewardlab.agents.environments import ENVIRONMENT_REWARD, make_single
from tests.testing.planted_environments import Walk


@pytest.fixture
def without_pictures() -> Iterator[str]:
    """The id of an environment that takes no render mode."""
    name = "made/WithoutPictures-v0"
    gym.register(name, entry_point=Walk, max_episode_steps=9)
    yield name
    del gym.registry[name]


def test_an_environment_that_takes_no_render_mode_can_be_played(without_pictures: str) -> None:
    assert isinstance(make_single(without_pictures, {}, "arrived").unwrapped, Walk)
    assert make_single("CartPole-v1", {}, ENVIRONMENT_REWARD).render_mode is None
