"""Conformance batteries for anybody's environment, reward, potential, wrapper or loss.

Each ``check_...`` plays or calls what it is given and returns a list of `Answer`: what was asked, and all that is
wrong, in words. In a test of your own, `assert_conforms` asks the same and fails with the list; on the command line,
``rewardlab check TARGET`` does.
"""

from rewardlab.testing.answer import Answer, problems_of
from rewardlab.testing.catalogue import check_catalogue, check_potential, check_reward
from rewardlab.testing.environment import check_environment
from rewardlab.testing.loss import check_loss_function
from rewardlab.testing.subject import assert_conforms
from rewardlab.testing.wrapper import check_wrapper

__all__ = [
    "Answer",
    "assert_conforms",
    "check_catalogue",
    "check_environment",
    "check_loss_function",
    "check_potential",
    "check_reward",
    "check_wrapper",
    "problems_of",
]
