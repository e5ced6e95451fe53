"""An environment some of whose rewards spoil it, as a module that a test writes into a folder of its own."""

from __future__ import annotations

from pathlib import Path

SPOILT = "spoilt_module:Line-v0"
_MODULE = '''
import os
import signal

import gymnasium
import numpy
from rewardlab.rewards import Catalogue, Reward

NAMES = ("fine", "nan", "inf", "raise", "kill", "vague")
REWARDS = {name: Reward.from_event_weights({"moved": 1.0}, name=name) for name in NAMES}


class Line(gymnasium.Env):
    """Ten steps; at the fifth it goes wrong, as the name of its reward says."""

    observation_space = gymnasium.spaces.Box(-1.0, 1.0, (1,), numpy.float32)
    action_space = gymnasium.spaces.Discrete(2)
    catalogue = Catalogue(REWARDS, "fine", ("moved",))
    metadata = {"render_modes": []}

    def __init__(self, reward="fine", render_mode=None):
        self.reward, self.steps = reward, 0

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.steps = 0
        return numpy.zeros(1, numpy.float32), {}

    def step(self, action):
        self.steps += 1
        paid = float(action)
        info = {"objective": paid, "events": {"moved": paid}}
        if self.steps == 5 and self.reward == "raise":
            raise ZeroDivisionError("a stranger divides\\nby zero")
        if self.steps == 5 and self.reward == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        if self.steps == 5 and self.reward in ("nan", "inf"):
            paid = float(self.reward)
        if self.reward == "vague":
            info["objective"] = numpy.nan
        return numpy.zeros(1, numpy.float32), paid, self.steps == 10, False, info


gymnasium.register("Line-v0", entry_point="spoilt_module:Line", max_episode_steps=20)
'''


def write_spoilt_module(folder: Path) -> Path:
    """Write the module; its folder is then to be put on the path."""
    (folder / "spoilt_module.py").write_text(_MODULE, encoding="utf-8")
    return folder
