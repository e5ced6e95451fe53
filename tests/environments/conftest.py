"""How the Delivery tests play an episode."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from rewardlab.mdp import FiniteTask
from rewardlab.transitions import Transitions

Play = Callable[[FiniteTask, int, Callable[[int, int], int]], Transitions]


@pytest.fixture
def play() -> Play:
    """Plays one episode of at most 40 steps: task, first state, and (state, step) to action."""

    def play_episode(task: FiniteTask, first: int, choose: Callable[[int, int], int]) -> Transitions:
        model, states, actions = task.model, [first], []
        while len(actions) < 40 and not model.terminal[states[-1]]:
            actions.append(int(choose(states[-1], len(actions))))
            states.append(int(model.successor[states[-1], actions[-1], 0]))
        before, after, acted = np.array(states[:-1]), np.array(states[1:]), np.array(actions)
        events = {name: amounts[before, acted, 0] for name, amounts in model.events.items()}
        return Transitions(before, acted, after, model.terminal[after], events)

    return play_episode
