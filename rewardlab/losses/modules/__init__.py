"""The losses of `rewardlab.losses` as ``torch.nn.Module``, built on ``torch.nn.functional`` wherever that has them.

All refuse what torch would silently broadcast, and are as fast as torch's own; see
`rewardlab.losses.modules.abstract_loss`. Importing this loads torch.
"""

from rewardlab.losses.modules.abstract_loss import AbstractPairLoss
from rewardlab.losses.modules.adversarial import CombinedGenerativeLoss, DiscriminatorLoss, GeneratorLoss
from rewardlab.losses.modules.binary import BinaryCrossEntropyLoss, WeightedBinaryCrossEntropyLoss
from rewardlab.losses.modules.categorical import SoftmaxCrossEntropyLoss, TokenCrossEntropyLoss
from rewardlab.losses.modules.focal import FocalLoss
from rewardlab.losses.modules.gaussian import GaussianNLLLoss
from rewardlab.losses.modules.latent import GaussianKLLoss
from rewardlab.losses.modules.mixture import MixtureNLLLoss
from rewardlab.losses.modules.reconstruction import NoisePredictionLoss, ReconstructionLoss
from rewardlab.losses.modules.regression import AbsoluteErrorLoss, HuberLoss, SquaredErrorLoss
from rewardlab.losses.modules.weight_choice import named_weights
from rewardlab.losses.modules.weight_penalty import WeightPenalty

__all__ = [
    "AbsoluteErrorLoss",
    "AbstractPairLoss",
    "BinaryCrossEntropyLoss",
    "CombinedGenerativeLoss",
    "DiscriminatorLoss",
    "FocalLoss",
    "GaussianKLLoss",
    "GaussianNLLLoss",
    "GeneratorLoss",
    "HuberLoss",
    "MixtureNLLLoss",
    "NoisePredictionLoss",
    "ReconstructionLoss",
    "SoftmaxCrossEntropyLoss",
    "SquaredErrorLoss",
    "TokenCrossEntropyLoss",
    "WeightPenalty",
    "WeightedBinaryCrossEntropyLoss",
    "named_weights",
]
