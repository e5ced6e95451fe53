"""A training that can be stopped at any moment and goes on as if it had not been."""

from rewardlab.agents.checkpoints.checkpoint_settings import CheckpointSettings

__all__ = ["CheckpointSettings"]
