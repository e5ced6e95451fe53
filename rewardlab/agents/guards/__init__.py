"""What ends a training in which a number is NaN, infinite or absurdly large, and says which, where and by what.

A training that goes on from such a number ends, as often as not, with a result that looks like any other. Nothing here
changes a number or draws one. Nothing here loads torch until it is used; `rewardlab.agents.guards.update_guard` does,
and `rewardlab.agents.guards.evaluation_guard` stands beside evaluation.
"""

from rewardlab.agents.guards.guard_settings import GuardSettings
from rewardlab.agents.guards.step_guard import StepGuard
from rewardlab.agents.guards.trail import StepTaken, Trail

__all__ = ["GuardSettings", "StepGuard", "StepTaken", "Trail"]
