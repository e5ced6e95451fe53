"""Auxiliary objectives: losses beside the agent's own, for an unmodified agent of stable-baselines3. Loads torch."""

from rewardlab.agents.auxiliary.auxiliary_objectives import AuxiliaryObjectives
from rewardlab.agents.auxiliary.batch import AuxiliaryBatch
from rewardlab.agents.auxiliary.objective import AbstractObjective, ObjectiveLoss, Task
from rewardlab.agents.auxiliary.representation import find_representation, representation_names
from rewardlab.agents.auxiliary.weight_regularizer import WeightRegularizer

__all__ = [
    "AbstractObjective",
    "AuxiliaryBatch",
    "AuxiliaryObjectives",
    "ObjectiveLoss",
    "Task",
    "WeightRegularizer",
    "find_representation",
    "representation_names",
]
