"""From auxiliary objectives as data to the callback that an SB3 agent trains with. Loads torch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import rewardlab.losses.modules as losses
from rewardlab.agents import auxiliary
from rewardlab.agents.auxiliary_kinds import LOSSES, OBJECTIVES
from rewardlab.agents.auxiliary_settings import AuxiliarySettings

__all__ = ["make_auxiliary"]

_OF_THE_OBJECTIVE = ("components", "least_spread")
"""Arguments that go with a loss and are given to the objective."""


def make_auxiliary(
    objectives: Sequence[AuxiliarySettings], regularizers: Sequence[AuxiliarySettings], gamma: float, seed: int
) -> auxiliary.AuxiliaryObjectives:
    """The callback.

    Args:
        objectives: Already checked by `rewardlab.agents.auxiliary_settings.auxiliary_problems`.
        regularizers: Likewise.
        gamma: The agent's discount, for the objectives that need one.
        seed: Of the heads and the batches.
    """
    return auxiliary.AuxiliaryObjectives(
        [_objective(settings, gamma) for settings in objectives],
        [auxiliary.WeightRegularizer(**settings) for settings in regularizers],
        seed=seed,
    )


def _objective(settings: AuxiliarySettings, gamma: float) -> auxiliary.AbstractObjective:
    kind = OBJECTIVES[settings["objective"]]
    loss = LOSSES[settings.get("loss", kind.losses[0])]
    own: dict[str, Any] = {key: value for key, value in settings.items() if key not in ("objective", "loss", "weight")}
    of_loss = {key: own.pop(key) for key in loss.keys if key in own and key not in _OF_THE_OBJECTIVE}
    if kind.needs_gamma:
        own["gamma"] = gamma
    made: auxiliary.AbstractObjective = getattr(auxiliary, kind.class_name)(
        getattr(losses, loss.class_name)(**of_loss), settings["weight"], **own
    )
    return made
