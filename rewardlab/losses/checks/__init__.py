"""What to ask when a loss misbehaves. Importing this loads torch."""

from rewardlab.losses.checks.checking import check_loss
from rewardlab.losses.checks.finding import LossFinding, LossReport

__all__ = ["LossFinding", "LossReport", "check_loss"]
