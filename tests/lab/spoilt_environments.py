"""Environments that go wrong, as the text of a module that a test writes into a folder of its own."""

from __future__ import annotations

from pathlib import Path

MODULE = '''
import os
import signal

import gymnasium
import numpy


class Line(gymnasium.Env):
    """Ten steps; the spoilt ones go wrong at the fifth."""

    observation_space = gymnasium.spaces.Box(-1.0, 1.0, (1,), numpy.float32)
    action_space = gymnasium.spaces.Discrete(2)

    def __init__(self, fault="", render_mode=None):
        self.fault, self.steps = fault, 0

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.steps = 0
        return numpy.zeros(1, numpy.float32), {}

    def step(self, action):
        self.steps += 1
        reward = float(action)
        if self.steps == 5 and self.fault == "raise":
            raise ZeroDivisionError("a stranger divides\\nby zero")
        if self.steps == 5 and self.fault == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        if self.steps == 5 and self.fault in ("nan", "inf"):
            reward = float(self.fault)
        return numpy.zeros(1, numpy.float32), reward, self.steps == 10, False, {}


gymnasium.register("Line-v0", entry_point="spoilt_module:Line", max_episode_steps=20)
'''


def write_module(folder: Path) -> Path:
    """Write the module ``spoilt_module``; its environment is ``spoilt_module:Line-v0``."""
    (folder / "spoilt_module.py").write_text(MODULE, encoding="utf-8")
    return folder
