"""rewardlab: write a reward, shape it, train on it, and find out whether it still asks for what you meant.

The names below are the short way to what is used most; each lives in one of the rooms, such as `rewardlab.mdp`, and is
imported from there when it is first asked for, so that ``import rewardlab`` itself costs next to nothing.
"""

from __future__ import annotations

from importlib import import_module, metadata
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rewardlab.audit import audit
    from rewardlab.errors import BadInput, InvalidReward, RewardLabError, RunFailed
    from rewardlab.mdp import (
        FiniteEnv,
        FiniteModel,
        FiniteTask,
        FiniteVectorEnv,
        dense_model,
        objective_range,
        solve,
        solve_finite_horizon,
    )
    from rewardlab.rewards import Catalogue, Exploit, Potential, Reward, Term, discounted_returns
    from rewardlab.transitions import Transitions
    from rewardlab.wrappers import Ledger, PotentialShaping, VectorLedger, VectorPotentialShaping

    __version__: str

__all__ = [
    "BadInput",
    "Catalogue",
    "Exploit",
    "FiniteEnv",
    "FiniteModel",
    "FiniteTask",
    "FiniteVectorEnv",
    "InvalidReward",
    "Ledger",
    "Potential",
    "PotentialShaping",
    "Reward",
    "RewardLabError",
    "RunFailed",
    "Term",
    "Transitions",
    "VectorLedger",
    "VectorPotentialShaping",
    "__version__",
    "audit",
    "dense_model",
    "discounted_returns",
    "objective_range",
    "solve",
    "solve_finite_horizon",
]

_NAMES_BY_ROOM = {
    "rewardlab.errors": ("BadInput", "InvalidReward", "RewardLabError", "RunFailed"),
    "rewardlab.mdp": (
        "FiniteEnv",
        "FiniteModel",
        "FiniteTask",
        "FiniteVectorEnv",
        "dense_model",
        "objective_range",
        "solve",
        "solve_finite_horizon",
    ),
    "rewardlab.rewards": ("Catalogue", "Exploit", "Potential", "Reward", "Term", "discounted_returns"),
    "rewardlab.transitions": ("Transitions",),
    "rewardlab.wrappers": ("Ledger", "PotentialShaping", "VectorLedger", "VectorPotentialShaping"),
}
_ROOM_OF = {name: room for room, names in _NAMES_BY_ROOM.items() for name in names}


def __getattr__(name: str) -> Any:
    if name == "__version__":
        value: Any = metadata.version("rewardlab")
    elif name == "audit":
        value = import_module("rewardlab.audit")  # a room that can be called
    elif name in _ROOM_OF:
        value = getattr(import_module(_ROOM_OF[name]), name)
    else:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
