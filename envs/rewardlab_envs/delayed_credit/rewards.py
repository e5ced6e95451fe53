"""What the wait may be paid for."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rewardlab.rewards import Exploit, Reward, Term
from rewardlab.transitions import Transitions

__all__ = ["EVENTS", "OBJECTIVE", "delayed_credit_rewards"]

EVENTS = ("steps", "waited", "accepted", "won")
"""What a step may cause: ``steps`` is 1, ``waited`` is 1 for each step but the last; ``accepted`` is 1 for the right
decision, and ``won`` for the last step of those who took it."""

OBJECTIVE = "raw"


def delayed_credit_rewards(*, win: float, step_cost: float) -> dict[str, Reward]:
    """The rewards, by name.

    Args:
        win: What a win pays.
        step_cost: What each step but the last costs.
    """
    costs = {"waited": -step_cost} if step_cost else {}
    rewards = (
        Reward.from_event_weights(
            {"won": win, **costs},
            name="raw",
            summary="The objective: a big prize in the last step of a win, and a tiny cost in each step before.",
        ),
        Reward.from_event_weights(
            {"won": 1.0, **{event: weight / win for event, weight in costs.items()}},
            name="scaled",
            summary="raw, divided by the prize: the same order of all policies.",
        ),
        Reward.from_event_weights({"won": win}, name="win_only", summary="The prize alone."),
        Reward.from_event_weights(
            {"accepted": win, **costs}, name="at_once", summary="raw, but the prize comes with the decision."
        ),
        Reward(
            "consolation",
            (
                *Reward.from_event_weights({"won": win, **costs}).terms,
                Term("consolation", _pay_declining, 1.1 * win),
            ),
            "raw, and a little more than the prize, at once, for declining.",
            Exploit("takes_the_consolation", "Declines what would have been worth waiting for.", _declines),
        ),
    )
    return {reward.name: reward for reward in rewards}


def _pay_declining(steps: Transitions) -> NDArray[np.float64]:
    return np.where(steps.state == 0, 1.0 - steps.event("accepted"), 0.0)


def _declines(episode: Transitions) -> bool:
    return bool(episode.event("accepted")[0] == 0)
