"""A vector of a finite task that is stopped in any step goes on in another one as if nothing had happened."""

from __future__ import annotations

import json

import numpy as np
import pytest
from gymnasium.vector import AutoresetMode

from rewardlab.errors import BadInput
from rewardlab.mdp import FiniteVectorEnv
from tests.mdp.equality import assert_same
from tests.mdp.test_finite_environments import TASK, choose


def made(mode: AutoresetMode) -> FiniteVectorEnv:
    return FiniteVectorEnv(TASK, 5, autoreset_mode=mode, max_episode_steps=4)


@pytest.mark.parametrize("mode", AutoresetMode, ids=lambda mode: mode.value)
def test_whatever_had_just_ended(mode: AutoresetMode) -> None:
    env, rng = made(mode), np.random.default_rng(0)
    env.reset(seed=0)
    env.set_start(np.array([1.0, 2.0, 3.0, 0.0, 0.0, 0.0]))
    resets = 0
    for step in range(30):
        actions = choose(env, rng)
        twin = made(mode)
        twin.restore(env.snapshot())
        ours, theirs = env.step(actions), twin.step(actions)
        assert_same(theirs, ours, f"step {step}")
        ended = ours[2] | ours[3]
        resets += int(ended.sum())
        if mode is AutoresetMode.DISABLED and ended.any():
            twin.restore(env.snapshot())  # while some of them wait to be reset
            options = {"reset_mask": ended}
            assert_same(twin.reset(options=options), env.reset(options=options), f"reset after step {step}")
    assert resets > 20


def test_a_snapshot_stays_as_it_was_and_its_generator_is_plain_data() -> None:
    env = made(AutoresetMode.NEXT_STEP)
    env.reset(seed=0)
    kept = env.snapshot()
    states = kept["states"].copy()
    for _ in range(5):
        env.step(choose(env, np.random.default_rng(0)))
    assert kept["states"].tolist() == states.tolist()
    assert json.loads(json.dumps(kept["generator"])) == kept["generator"]


def test_a_snapshot_of_another_make_is_refused() -> None:
    env = made(AutoresetMode.NEXT_STEP)
    env.reset(seed=0)
    other = FiniteVectorEnv(TASK, 4)
    with pytest.raises(BadInput, match=r"the snapshot of an environment: got \(5,\) states up to"):
        other.restore(env.snapshot())
    with pytest.raises(BadInput, match="states up to 9"):
        env.restore({**env.snapshot(), "states": np.full(5, 9)})
