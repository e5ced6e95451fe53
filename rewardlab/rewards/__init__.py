"""What a step is worth: terms and their sum, potentials, returns, and the catalogue that an environment offers."""

from rewardlab.rewards.bonus import Bonus, BonusForm
from rewardlab.rewards.catalogue import Catalogue, RewardChoice
from rewardlab.rewards.episode import normalized_episode
from rewardlab.rewards.exploit import Exploit
from rewardlab.rewards.learned_potential import bootstrapped_potential, value_potential
from rewardlab.rewards.potential import Potential, ScheduledPotential, shaping
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
    "ScheduledPotential",
    "Term",
    "bootstrapped_potential",
    "check_gamma",
    "discounted_returns",
    "normalized_episode",
    "shaping",
    "value_potential",
]
