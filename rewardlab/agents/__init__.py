"""The only room that knows stable-baselines3: its adapter, training and evaluation.

Nothing here loads torch until it is used; the adapter and the callbacks are in their own modules, which do:
`rewardlab.agents.vector_adapter.VectorAdapter`, `rewardlab.agents.learning_curve.LearningCurve`,
`rewardlab.agents.reward_watch.RewardWatch`.
"""

from rewardlab.agents.algorithms import action_space_problems, algorithm_problems, make_agent, setting_names
from rewardlab.agents.environments import ENVIRONMENT_REWARD, make_single, make_vector
from rewardlab.agents.evaluation import Episode, Policy, evaluation_scores, play_episodes
from rewardlab.agents.exploit_search import search_exploit
from rewardlab.agents.q_learning import QLearner, q_update
from rewardlab.agents.shared_discount import require_shared_discount
from rewardlab.agents.training import TrainingJob, TrainingRun, train, train_job

__all__ = [
    "ENVIRONMENT_REWARD",
    "Episode",
    "Policy",
    "QLearner",
    "TrainingJob",
    "TrainingRun",
    "action_space_problems",
    "algorithm_problems",
    "evaluation_scores",
    "make_agent",
    "make_single",
    "make_vector",
    "play_episodes",
    "q_update",
    "require_shared_discount",
    "search_exploit",
    "setting_names",
    "train",
    "train_job",
]
