"""Finite models, their exact solution, and the Gymnasium environments that one table drives."""

from rewardlab.mdp.dense_model import dense_model, dense_reward_table
from rewardlab.mdp.discounted import TIE_TOLERANCE, Solution, expected_return, policy_values, solve
from rewardlab.mdp.finite_env import FiniteEnv
from rewardlab.mdp.finite_horizon import HorizonSolution, policy_score, solve_finite_horizon
from rewardlab.mdp.finite_model import FiniteModel
from rewardlab.mdp.finite_task import FiniteTask
from rewardlab.mdp.finite_vector_env import FiniteVectorEnv
from rewardlab.mdp.objective_range import ObjectiveRange, objective_range
from rewardlab.mdp.occupancy import Occupancy, discounted_occupancy, horizon_occupancy
from rewardlab.mdp.policy_iteration import PolicyIteration, policy_iteration
from rewardlab.mdp.reachable import ReachablePart, reachable_part, reachable_states
from rewardlab.mdp.timed_model import TimedModel, timed_model
from rewardlab.mdp.toy_text import toy_text_model, toy_text_task

__all__ = [
    "TIE_TOLERANCE",
    "FiniteEnv",
    "FiniteModel",
    "FiniteTask",
    "FiniteVectorEnv",
    "HorizonSolution",
    "ObjectiveRange",
    "Occupancy",
    "PolicyIteration",
    "ReachablePart",
    "Solution",
    "TimedModel",
    "dense_model",
    "dense_reward_table",
    "discounted_occupancy",
    "expected_return",
    "horizon_occupancy",
    "objective_range",
    "policy_iteration",
    "policy_score",
    "policy_values",
    "reachable_part",
    "reachable_states",
    "solve",
    "solve_finite_horizon",
    "timed_model",
    "toy_text_model",
    "toy_text_task",
]
