"""Small packages that work, for somebody to fill in: an environment, a reward, a wrapper, a loss, an experiment."""

from rewardlab.scaffolding.names import name_problems
from rewardlab.scaffolding.package import Written, write_package

__all__ = ["Written", "name_problems", "write_package"]
