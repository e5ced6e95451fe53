"""What to ask when a loss misbehaves: of the loss alone, or of a model with its loss and its data. Loads torch.

`check_loss` asks a loss, `doctor` a whole set-up, on copies; `ClippingMonitor` clips gradients and counts,
`check_diversity` looks for mode collapse. Each answer is a `LossFinding`: what was seen, and the likely cause. An agent
in training has `rewardlab.agents.training_doctor.TrainingDoctor`.
"""

from rewardlab.losses.checks.checking import check_loss
from rewardlab.losses.checks.clipping_monitor import ClippingMonitor
from rewardlab.losses.checks.examination import doctor
from rewardlab.losses.checks.finding import LossFinding, LossReport
from rewardlab.losses.checks.outputs import check_diversity

__all__ = ["ClippingMonitor", "LossFinding", "LossReport", "check_diversity", "check_loss", "doctor"]
