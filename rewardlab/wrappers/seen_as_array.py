"""Whether what an environment shows is one array, which is what functions of observations are given in batches."""

from __future__ import annotations

from typing import Any

from gymnasium import Env, spaces
from gymnasium.vector import VectorEnv

from rewardlab.errors import BadInput, Problem

__all__ = ["check_seen_as_array"]

_COMPOUND = (spaces.Dict, spaces.Tuple, spaces.Sequence, spaces.Graph, spaces.OneOf)


def check_seen_as_array(env: Env[Any, Any] | VectorEnv[Any, Any, Any], reader: str) -> None:
    """Refuse an environment whose observations are made of parts.

    A batch of those is no array: parts of a tuple would be taken for rows.

    Args:
        env: One environment or a vector.
        reader: Who reads its observations, for the message: "potential 'distance'".

    Raises:
        BadInput: Its observations are dictionaries, tuples, sequences, graphs or one of several.
    """
    space = env.single_observation_space if isinstance(env, VectorEnv) else env.observation_space
    if isinstance(space, _COMPOUND):
        fix = "wrap the environment in gymnasium.wrappers.FlattenObservation first, or read 'state' or 'events'"
        got = f"{type(space).__name__}, which {reader} cannot read in batches"
        raise BadInput(Problem("env.observation_space", got, "a space of arrays, such as Box or Discrete", fix))
