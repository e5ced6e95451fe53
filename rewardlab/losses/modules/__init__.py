"""The losses of `rewardlab.losses` as ``torch.nn.Module``, built on ``torch.nn.functional`` wherever that has them.

All take ``(predicted, target)``, refuse what torch would silently broadcast, and are as fast as torch's own; see
`rewardlab.losses.modules.abstract_loss`. Importing this loads torch.
"""

from rewardlab.losses.modules.abstract_loss import AbstractPairLoss
from rewardlab.losses.modules.regression import AbsoluteErrorLoss, HuberLoss, SquaredErrorLoss

__all__ = ["AbsoluteErrorLoss", "AbstractPairLoss", "HuberLoss", "SquaredErrorLoss"]
