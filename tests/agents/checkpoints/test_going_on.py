"""A training that was broken off and goes on comes to the bits of one that was not."""

from __future__ import annotations

from pathlib import Path

import pytest

from rewardlab.agents import train
from rewardlab.agents.checkpoints import CheckpointSettings
from tests.agents.checkpoints.broken_off import broken_off, gone_on, hashed, quiet, training


@pytest.mark.parametrize("algorithm", ["ppo", "q_learning"])
def test_a_training_that_was_broken_off_goes_on_as_if_it_had_not_been(algorithm: str, tmp_path: Path) -> None:
    run, settings = training(algorithm, "delivery", 1000), CheckpointSettings(tmp_path / "run", 0.05, 1.0)
    uninterrupted = train(run, quiet)
    broken_off(run, settings, after_steps=700)
    result = gone_on(run, settings)
    assert 0 < result["resumed"]["from_step"] < 1000
    assert hashed(result) == hashed(uninterrupted)
