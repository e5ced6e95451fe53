"""Auxiliary objectives: losses beside the agent's own, for an unmodified agent of stable-baselines3. Loads torch."""

from rewardlab.agents.auxiliary.adversarial_next_observation import AdversarialNextObservation
from rewardlab.agents.auxiliary.auxiliary_objectives import AuxiliaryObjectives
from rewardlab.agents.auxiliary.batch import AuxiliaryBatch
from rewardlab.agents.auxiliary.inverse_dynamics import InverseDynamics
from rewardlab.agents.auxiliary.next_observation import NextObservation
from rewardlab.agents.auxiliary.objective import AbstractObjective, ObjectiveLoss, Task
from rewardlab.agents.auxiliary.own_objective import OwnObjective
from rewardlab.agents.auxiliary.reconstruction import Reconstruction
from rewardlab.agents.auxiliary.representation import find_representation, representation_names
from rewardlab.agents.auxiliary.reward_classes import RewardClasses
from rewardlab.agents.auxiliary.reward_prediction import RewardPrediction
from rewardlab.agents.auxiliary.termination_prediction import TerminationPrediction
from rewardlab.agents.auxiliary.value_replay import ValueReplay
from rewardlab.agents.auxiliary.weight_regularizer import WeightRegularizer

__all__ = [
    "AbstractObjective",
    "AdversarialNextObservation",
    "AuxiliaryBatch",
    "AuxiliaryObjectives",
    "InverseDynamics",
    "NextObservation",
    "ObjectiveLoss",
    "OwnObjective",
    "Reconstruction",
    "RewardClasses",
    "RewardPrediction",
    "Task",
    "TerminationPrediction",
    "ValueReplay",
    "WeightRegularizer",
    "find_representation",
    "representation_names",
]
