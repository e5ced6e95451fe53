"""A whole stack on 10,000 random streams: vector wrappers pay what N scalar ones pay, in every autoreset mode.

Each wrapper of the stack has a line of its own in the ledger, so that each is compared by itself. The running scale is
left to `test_scale_streams`, because a vector shares one by nature. Each stream is a sequence of episodes that end by
termination, by truncation, by both at once, or, in DISABLED mode, by a reset in mid-episode. The potential is NaN in
the terminal state, which nothing may read.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from gymnasium.vector import AutoresetMode, SyncVectorEnv

from rewardlab import wrappers
from rewardlab.rewards import Bonus, Potential
from tests.wrappers.played import TERMINAL, random_stream
from tests.wrappers.scripted_env import ScriptedEnv, ScriptedEpisode

STREAMS = pytest.mark.parametrize("streams", [1_500, pytest.param(10_000, marks=pytest.mark.slow)])
WIDTH = 500
STEPS = 7
GAMMA = 0.97
TABLE = np.append(np.random.default_rng(0).normal(scale=50, size=TERMINAL), np.nan)

BY_STATE = Potential("by_state", TABLE.take, "state")
BY_OBSERVATION = Potential("by_observation", lambda seen: TABLE[seen[:, 0].astype(int)], "observation")

EVENTS = Bonus.from_event_weights({"odd": 7.0})
PLACES = Bonus.from_potential(Potential("places", lambda seen: 3.0 * seen.reshape(len(seen)), "state"), form="progress")
OTHERS = Bonus.from_potential(Potential("others", lambda seen: -seen[:, 0], "observation"), form="level")
BONUSES = (EVENTS, PLACES, OTHERS)

Parts = tuple[Potential, Bonus]
Line = tuple[int, float, dict[str, float], dict[str, Any] | None]


def scalar_stack(env: Any, parts: Parts) -> wrappers.Ledger:
    env = wrappers.RewardClipping(wrappers.UnsafeBonus(env, parts[1]), -12.0, 9.0)
    env = wrappers.RewardTransform(env, lambda rewards: rewards + 0.01 * rewards**2 + 1.0)
    return wrappers.Ledger(wrappers.PotentialShaping(env, parts[0], gamma=GAMMA))


def vector_stack(env: Any, parts: Parts) -> wrappers.VectorLedger:
    env = wrappers.VectorRewardClipping(wrappers.VectorUnsafeBonus(env, parts[1]), -12.0, 9.0)
    env = wrappers.VectorRewardTransform(env, lambda rewards: rewards + 0.01 * rewards**2 + 1.0)
    return wrappers.VectorLedger(wrappers.VectorPotentialShaping(env, parts[0], gamma=GAMMA))


def scalar_lines(stream: list[ScriptedEpisode], parts: Parts, abandon: np.ndarray) -> list[Line]:
    """Reward, ledger and episode of each step by the scalar wrappers; ``abandon[t]`` resets after step t."""
    env = scalar_stack(ScriptedEnv(stream, events=True), parts)
    env.reset()
    lines: list[Line] = []
    for step in range(STEPS):
        _, reward, terminated, truncated, info = env.step(0)
        lines.append((step, float(reward), info["ledger"], info.get("episode")))
        if terminated or truncated or abandon[step]:
            env.reset()
    return lines


def vector_lines(
    streams: list[list[ScriptedEpisode]], parts: Parts, mode: AutoresetMode, abandon: np.ndarray
) -> list[list[Line]]:
    """The same by the vector wrappers, the rows of each environment apart, reset rows left out."""
    makers = [lambda stream=stream: ScriptedEnv(stream, events=True) for stream in streams]
    env = vector_stack(SyncVectorEnv(makers, autoreset_mode=mode), parts)
    env.reset()
    lines: list[list[Line]] = [[] for _ in streams]
    resetting = np.zeros(len(streams), dtype=bool)
    for step in range(STEPS):
        _, rewards, terminations, truncations, infos = env.step(np.zeros(len(streams), dtype=np.int64))
        ended = terminations | truncations
        for index in range(len(streams)):
            if resetting[index]:
                assert rewards[index] == 0.0, "a reset step pays nothing, whatever stands round it"
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
@STREAMS
def test_scalar_equals_vector(mode: AutoresetMode, streams: int) -> None:
    rng = np.random.default_rng([streams, list(AutoresetMode).index(mode)])
    compared = 0
    for chunk in range(streams // WIDTH):
        parts = (BY_STATE if chunk % 2 else BY_OBSERVATION, BONUSES[chunk % 3])
        played = [random_stream(rng, STEPS) for _ in range(WIDTH)]
        abandon = (rng.random((WIDTH, STEPS)) < 0.1) & (mode is AutoresetMode.DISABLED)
        by_vector = vector_lines(played, parts, mode, abandon)
        for stream, row, lines in zip(played, abandon, by_vector, strict=True):
            expected_names, expected = flat(scalar_lines(stream, parts, row)[: len(lines)])
            names, numbers = flat(lines)
            assert names == expected_names
            np.testing.assert_allclose(numbers, expected, rtol=1e-12, atol=1e-12)
            compared += len(lines)
    assert compared > 4 * streams
