"""Shaping and ledger over the native vector environment pay what they pay over single environments of the same task."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from gymnasium.vector import AutoresetMode
from gymnasium.wrappers import TimeLimit

from rewardlab.mdp import FiniteEnv, FiniteVectorEnv
from rewardlab.rewards import Potential
from rewardlab.wrappers import Ledger, PotentialShaping, VectorLedger, VectorPotentialShaping
from rewardlab_envs.delivery import delivery_task

COUNT, LIMIT, GAMMA = 5, 9, 0.95
TASK = delivery_task(1, "A.D\n.#B", LIMIT)
STARTS = np.flatnonzero(TASK.model.start)
BEGIN = STARTS[np.argmax(TASK.catalogue.potential("distance")(STARTS))]  # the parcel in the bag, next to its customer
CERTAIN = replace(TASK, model=replace(TASK.model, start=np.eye(TASK.model.n_states)[BEGIN]))
POTENTIALS = [
    TASK.catalogue.potential("work_left"),
    Potential("clock", lambda seen: -10 * seen[:, -2].astype(np.float64), "observation"),
]


@pytest.mark.parametrize("potential", POTENTIALS, ids=lambda potential: potential.reads)
@pytest.mark.parametrize("mode", AutoresetMode, ids=lambda mode: mode.value)
def test_native_vector_equals_single_environments(mode: AutoresetMode, potential: Potential) -> None:
    rng = np.random.default_rng(0)
    inner = FiniteVectorEnv(CERTAIN, COUNT, "fixed_speed", autoreset_mode=mode)
    many = VectorLedger(VectorPotentialShaping(inner, potential, gamma=GAMMA))
    lone = [
        Ledger(PotentialShaping(TimeLimit(FiniteEnv(CERTAIN, "fixed_speed"), LIMIT), potential, gamma=GAMMA))
        for _ in range(COUNT)
    ]
    many.reset()
    for env in lone:
        env.reset()
    resetting, delivered = np.zeros(COUNT, dtype=bool), 0
    for _ in range(400):
        actions = rng.integers(6, size=COUNT)
        _, rewards, terminations, truncations, infos = many.step(actions)
        ended = terminations | truncations
        for index, env in enumerate(lone):
            if resetting[index]:
                env.reset()
                assert rewards[index] == 0
                continue
            _, reward, terminated, truncated, info = env.step(int(actions[index]))
            assert (rewards[index], ended[index]) == (reward, terminated or truncated)
            delivered += terminated
            if ended[index]:
                for name, amount in info["episode"]["ledger"].items():
                    assert infos["episode"]["ledger"][name][index] == amount, name
                for name in ("r", "l", "objective"):
                    assert infos["episode"][name][index] == info["episode"][name], name
                if mode is not AutoresetMode.NEXT_STEP:
                    env.reset()
        resetting = ended & (mode is AutoresetMode.NEXT_STEP)
        if mode is AutoresetMode.DISABLED and ended.any():
            many.reset(options={"reset_mask": ended})
    assert delivered > 20, "terminations must occur, not only time limits"
