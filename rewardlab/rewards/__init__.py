"""What a step is worth: terms and their sum, potentials, returns, and the catalogue that an environment offers."""

from rewardlab.rewards.bonus import Bonus, BonusForm
from rewardlab.rewards.catalogue import Catalogue, RewardChoice
from rewardlab.rewards.exploit import Exploit
from rewardlab.rewards.potential import Potential, shaping
from rewardlab.rewards.returns import check_gamma, discounted_returns
from rewardlab.rewards.reward import Reward, RewardFunction, Term
from rewardlab.rewards.running_scale import RunningScale

__all__ = [
    "Bonus",
    "BonusForm",
    "Catalogue",
    "Exploit",
    "Potential",
    "Reward",
    "RewardChoice",
    "RewardFunction",
    "RunningScale",
    "Term",
    "check_gamma",
    "discounted_returns",
    "shaping",
]
