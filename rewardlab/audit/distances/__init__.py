"""How far two rewards are from asking for the same: EPIC, DARD and STARC, exact on tables, estimated from samples."""

from rewardlab.audit.distances.canonical_forms import FORMS, starc_canonical
from rewardlab.audit.distances.dard import dard_canonical, dard_distance
from rewardlab.audit.distances.dense import FILLS, dense_reward, dense_shaping, dense_transitions
from rewardlab.audit.distances.epic import epic_canonical, epic_distance
from rewardlab.audit.distances.matrix import KINDS, DistanceMatrix, distance_matrix, table_distances
from rewardlab.audit.distances.pearson import pearson_distance
from rewardlab.audit.distances.sampled import SampledDistance
from rewardlab.audit.distances.sampled_dard import sampled_dard
from rewardlab.audit.distances.sampled_epic import sampled_epic
from rewardlab.audit.distances.sampled_starc import sampled_starc
from rewardlab.audit.distances.starc import NORMS, starc_distance

__all__ = [
    "FILLS",
    "FORMS",
    "KINDS",
    "NORMS",
    "DistanceMatrix",
    "SampledDistance",
    "dard_canonical",
    "dard_distance",
    "dense_reward",
    "dense_shaping",
    "dense_transitions",
    "distance_matrix",
    "epic_canonical",
    "epic_distance",
    "pearson_distance",
    "sampled_dard",
    "sampled_epic",
    "sampled_starc",
    "starc_canonical",
    "starc_distance",
    "table_distances",
]
