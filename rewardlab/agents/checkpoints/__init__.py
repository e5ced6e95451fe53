"""A training that can be stopped at any moment and goes on as if it had not been.

Nothing here loads torch until it is used; what does has modules of its own, such as
`rewardlab.agents.checkpoints.learning_with_checkpoints`.
"""

from rewardlab.agents.checkpoints.checkpoint_folder import Checkpoint, read_checkpoint, write_checkpoint
from rewardlab.agents.checkpoints.checkpoint_keeper import CANNOT_BE_WRITTEN, CheckpointKeeper
from rewardlab.agents.checkpoints.checkpoint_settings import CheckpointSettings
from rewardlab.agents.checkpoints.run_mark import RunMark, made_with

__all__ = [
    "CANNOT_BE_WRITTEN",
    "Checkpoint",
    "CheckpointKeeper",
    "CheckpointSettings",
    "RunMark",
    "made_with",
    "read_checkpoint",
    "write_checkpoint",
]
