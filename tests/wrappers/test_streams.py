"""Shaping and ledger on 10,000 random streams: one vector wrapper pays what N scalar ones pay, in every autoreset mode.

Each stream is a sequence of episodes that end by termination, by truncation, by both at once, or, in DISABLED mode, by
a reset in mid-episode. The potential is NaN in the terminal state, which nothing may read.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from gymnasium.vector import AutoresetMode, SyncVectorEnv

from rewardlab.rewards import Potential
from rewardlab.wrappers import Ledger, PotentialShaping, VectorLedger, VectorPotentialShaping
from tests.wrappers.scripted_env import ScriptedEnv, ScriptedEpisode, ScriptedStep

STREAMS = 10_000
WIDTH = 500
STEPS = 12
GAMMA = 0.97
TERMINAL = 9
TABLE = np.append(np.random.default_rng(0).normal(scale=50, size=TERMINAL), np.nan)

BY_STATE = Potential("by_state", TABLE.take, "state")
BY_OBSERVATION = Potential("by_observation", lambda seen: TABLE[seen[:, 0].astype(int)], "observation")

Line = tuple[int, float, dict[str, float], dict[str, Any] | None]


def random_stream(rng: np.random.Generator) -> list[ScriptedEpisode]:
    """Episodes of one to eight steps, twelve steps or more in all."""
    episodes = []
    for length in rng.integers(1, 9, size=STEPS).tolist():
        states, rewards = rng.integers(TERMINAL, size=length + 1).tolist(), rng.normal(scale=10, size=length).tolist()
        steps = [ScriptedStep(state, reward) for state, reward in zip(states[1:], rewards, strict=True)]
        terminated, truncated = [(True, False), (False, True), (False, True), (True, True)][rng.integers(4)]
        last = TERMINAL if terminated else states[-1]
        steps[-1] = ScriptedStep(last, rewards[-1], terminated, truncated)
        episodes.append(ScriptedEpisode(states[0], steps))
    return episodes


def scalar_lines(stream: list[ScriptedEpisode], potential: Potential, abandon: np.ndarray) -> list[Line]:
    """Reward, ledger and episode of each step by the scalar wrappers; ``abandon[t]`` resets after step t."""
    env = Ledger(PotentialShaping(ScriptedEnv(stream), potential, gamma=GAMMA))
    env.reset()
    lines: list[Line] = []
    for step in range(STEPS):
        _, reward, terminated, truncated, info = env.step(0)
        lines.append((step, float(reward), info["ledger"], info.get("episode")))
        if terminated or truncated or abandon[step]:
            env.reset()
    return lines


def vector_lines(
    streams: list[list[ScriptedEpisode]], potential: Potential, mode: AutoresetMode, abandon: np.ndarray
) -> list[list[Line]]:
    """The same by the vector wrappers, the rows of each environment apart, reset rows left out."""
    inner = SyncVectorEnv([lambda stream=stream: ScriptedEnv(stream) for stream in streams], autoreset_mode=mode)
    env = VectorLedger(VectorPotentialShaping(inner, potential, gamma=GAMMA))
    env.reset()
    lines: list[list[Line]] = [[] for _ in streams]
    resetting = np.zeros(len(streams), dtype=bool)
    for step in range(STEPS):
        _, rewards, terminations, truncations, infos = env.step(np.zeros(len(streams), dtype=np.int64))
        ended = terminations | truncations
        for index in range(len(streams)):
            if resetting[index]:
                assert rewards[index] == 0.0, "a reset step pays nothing and is not shaped"
                continue
            paid_infos = infos["final_info"] if mode is AutoresetMode.SAME_STEP and ended[index] else infos
            episode = row_of(infos["episode"], index) if ended[index] else None
            lines[index].append((len(lines[index]), rewards[index], row_of(paid_infos["ledger"], index), episode))
        if mode is AutoresetMode.NEXT_STEP:
            resetting = ended
        if mode is AutoresetMode.DISABLED and (ended | abandon[:, step]).any():
            env.reset(options={"reset_mask": ended | abandon[:, step]})
    return lines


def row_of(entries: dict[str, Any], index: int) -> dict[str, Any]:
    """One environment's dictionary out of Gymnasium's masked arrays."""
    present = [name for name in entries if f"_{name}" in entries and entries[f"_{name}"][index]]
    return {
        name: row_of(entries[name], index) if isinstance(entries[name], dict) else entries[name][index]
        for name in present
    }


def flat(lines: list[Line]) -> tuple[list[str], np.ndarray]:
    """Names and numbers of some steps, side by side."""
    names, numbers = [], []
    for step, reward, ledger, episode in lines:
        entries = {"reward": reward} | {f"ledger/{name}": amount for name, amount in ledger.items()}
        if episode is not None:
            sums = {f"sum/{name}": amount for name, amount in episode["ledger"].items()}
            entries |= sums | {name: episode[name] for name in ("r", "l", "objective")}
        names += [f"{step} {name}" for name in sorted(entries)]
        numbers += [float(entries[name]) for name in sorted(entries)]
    return names, np.array(numbers)


@pytest.mark.parametrize("mode", AutoresetMode, ids=lambda mode: mode.value)
def test_scalar_equals_vector(mode: AutoresetMode) -> None:
    rng = np.random.default_rng(list(AutoresetMode).index(mode))
    compared = 0
    for chunk in range(STREAMS // WIDTH):
        potential = BY_STATE if chunk % 2 else BY_OBSERVATION
        streams = [random_stream(rng) for _ in range(WIDTH)]
        abandon = (rng.random((WIDTH, STEPS)) < 0.1) & (mode is AutoresetMode.DISABLED)
        by_vector = vector_lines(streams, potential, mode, abandon)
        for stream, row, lines in zip(streams, abandon, by_vector, strict=True):
            expected_names, expected = flat(scalar_lines(stream, potential, row)[: len(lines)])
            names, numbers = flat(lines)
            assert names == expected_names
            np.testing.assert_allclose(numbers, expected, rtol=1e-12, atol=0)
            compared += len(lines)
    assert compared > 5 * STREAMS
