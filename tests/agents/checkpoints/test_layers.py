"""Each layer of a stack goes on where another one was: the same steps, bit by bit, in all three autoreset modes."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.vector import AutoresetMode, VectorEnv
from safetensors.numpy import load, save

from rewardlab.agents import make_vector
from rewardlab.agents.checkpoints.stack_snapshot import layers, obstacle, restore_stack, stack_snapshot
from rewardlab.agents.checkpoints.state_tree import put_together, taken_apart
from rewardlab.errors import BadInput
from rewardlab.rewards import Bonus, Potential, ScheduledPotential
from rewardlab.wrappers import (
    Success,
    VectorAmendedTerms,
    VectorLedger,
    VectorPotentialShaping,
    VectorReturnScaling,
    VectorRewardClipping,
    VectorRewardTransform,
    VectorStartCurriculum,
    VectorUnsafeBonus,
)
from rewardlab.wrappers.gymnasium_compatible.vector import NormalizeReward

Wrap = Callable[[VectorEnv[Any, Any, Any]], VectorEnv[Any, Any, Any]]
SETTINGS = {"slip": 0.2, "max_episode_steps": 9}
BY_OBSERVATION = Potential("sum", lambda batch: batch.sum(axis=1) * 0.5, "observation")
IN_TIME = ScheduledPotential("late", lambda states, times: states * 0.1 + times, "state")
WRAPPERS: dict[str, Wrap] = {
    "nothing": lambda env: env,
    "ledger": VectorLedger,
    "amended": lambda env: VectorAmendedTerms(env, {"steps": 0.5}),
    "bonus": lambda env: VectorUnsafeBonus(env, Bonus.from_potential(env.unwrapped.catalogue.potential("distance"))),
    "shaping": lambda env: VectorPotentialShaping(env, BY_OBSERVATION, gamma=0.9),
    "shaping in time": lambda env: VectorPotentialShaping(env, IN_TIME, gamma=0.9),
    "scale": lambda env: VectorReturnScaling(env, gamma=0.9, warm_up=20, subtract_mean=True),
    "clip": lambda env: VectorRewardClipping(env, -0.01, 0.01),
    "transform": lambda env: VectorRewardTransform(env, np.tanh),
    # Who is at the exit within four steps has succeeded; stages are left after about 15 and 55 steps.
    "all": lambda env: VectorLedger(
        WRAPPERS["scale"](WRAPPERS["shaping"](WRAPPERS["clip"](WRAPPERS["curriculum"](env))))
    ),
    "curriculum": lambda env: VectorStartCurriculum(
        env,
        [env.unwrapped.catalogue.start_sets[name] for name in ("near", "halfway")],
        Success(None, 0.96),
        window=10,
        rate=0.2,
    ),
}


def made(wrapper: str, mode: AutoresetMode, environment: str = "Gridworld") -> VectorEnv[Any, Any, Any]:
    env = make_vector(f"rewardlab_envs:rewardlab/{environment}-v0", SETTINGS, "goal", 6, mode)
    return WRAPPERS[wrapper](env)


def steps(env: VectorEnv[Any, Any, Any], count: int, rng: np.random.Generator) -> list[str]:
    """What a number of steps bring, as text; in DISABLED mode what has ended is reset."""
    seen = []
    for _ in range(count):
        *step, infos = env.step(rng.integers(0, env.single_action_space.n, env.num_envs))
        seen.append(repr([[part.tolist() for part in step], sorted_infos(infos)]))
        ended = step[2] | step[3]
        if env.metadata["autoreset_mode"] is AutoresetMode.DISABLED and ended.any():
            seen.append(repr(env.reset(options={"reset_mask": ended})[0].tolist()))
    return seen


def sorted_infos(infos: dict[str, Any]) -> dict[str, Any]:
    return {key: sorted_infos(part) if isinstance(part, dict) else repr(part) for key, part in sorted(infos.items())}


def through_files(state: Any) -> Any:
    words, arrays = taken_apart(state)
    return put_together(json.loads(json.dumps(words, allow_nan=False)), load(save(arrays)))


@pytest.mark.parametrize("mode", AutoresetMode)
@pytest.mark.parametrize("wrapper", WRAPPERS)
def test_a_stack_goes_on_where_another_was(wrapper: str, mode: AutoresetMode) -> None:
    first, rng = made(wrapper, mode), np.random.default_rng(0)
    first.reset(seed=4)
    # Also where some episodes have just ended, and where the curriculum has just moved on with them.
    for count in (2, 2, 14, 4):
        steps(first, count, rng)
        saved, again = through_files(stack_snapshot(first)), np.random.default_rng(0)
        again.bit_generator.state = rng.bit_generator.state
        second = made(wrapper, mode)
        restore_stack(second, saved)
        assert steps(first, 9, rng) == steps(second, 9, again)
        assert repr(stack_snapshot(first)) == repr(stack_snapshot(second))


def test_first_states_that_were_set_are_kept() -> None:
    first, second = (made("nothing", AutoresetMode.SAME_STEP) for _ in range(2))
    start = np.zeros(first.unwrapped.task.model.n_states)
    start[[3, 5]] = 0.25, 0.75
    first.unwrapped.set_start(start)
    first.reset(seed=1)
    restore_stack(second, through_files(stack_snapshot(first)))
    left, right = (steps(env, 30, np.random.default_rng(2)) for env in (first, second))
    assert left == right


def test_the_stream_of_the_noise_goes_on_too() -> None:
    first, second = (made("nothing", AutoresetMode.SAME_STEP, "NoisyGridworld") for _ in range(2))
    first.reset(seed=1)
    steps(first, 5, np.random.default_rng(0))
    restore_stack(second, through_files(stack_snapshot(first)))
    left, right = (steps(env, 15, np.random.default_rng(2)) for env in (first, second))
    assert left == right


def test_a_snapshot_stays_as_it_is_while_the_stack_goes_on() -> None:
    env = made("scale", AutoresetMode.SAME_STEP)
    env.reset(seed=0)
    steps(env, 3, np.random.default_rng(0))
    saved = stack_snapshot(env)
    before = repr(saved)
    steps(env, 30, np.random.default_rng(0))
    assert repr(saved) == before


def test_what_has_no_snapshot_is_named() -> None:
    env = NormalizeReward(made("ledger", AutoresetMode.SAME_STEP))
    assert obstacle(layers(env)).startswith("NormalizeReward cannot be saved")
    strange = gym.make_vec("CartPole-v1", 2, vectorization_mode="sync")
    assert "SyncVectorEnv cannot be saved" in obstacle(layers(strange))
    assert obstacle(layers(made("curriculum", AutoresetMode.DISABLED))) == ""
    with pytest.raises(BadInput, match="NormalizeReward: got no snapshot"):
        stack_snapshot(env)


def test_a_snapshot_of_another_stack_is_refused() -> None:
    mode = AutoresetMode.SAME_STEP
    saved = stack_snapshot(made("clip", mode))
    with pytest.raises(BadInput, match=r"VectorRewardClipping, .*expected FiniteVectorEnv, VectorReturnScaling"):
        restore_stack(made("scale", mode), saved)
    smaller = make_vector("rewardlab_envs:rewardlab/Gridworld-v0", SETTINGS, "goal", 5, mode)
    with pytest.raises(BadInput, match=r"\(6,\) states"):
        restore_stack(smaller, stack_snapshot(made("nothing", mode).unwrapped))
    with pytest.raises(BadInput, match="expected one of MT19937"):
        smaller.restore({**smaller.snapshot(), "generator": {"bit_generator": "os.system"}})


@pytest.mark.parametrize(
    "tree",
    [
        {"a": [1, 2.5, None, True, "word", 2**200, float("inf"), float("-inf")], "b": {"": {}}},
        [np.zeros((0, 3), np.float32), np.array(3.0), np.arange(12, dtype=np.int16).reshape(3, 4).T[::2]],
        {"bits": np.random.MT19937(3).state, "mask": np.array([True, False]), "big": np.array([2**63], np.uint64)},
    ],
)
def test_a_tree_comes_back_as_it_was(tree: Any) -> None:
    assert repr(through_files(tree)) == repr(tree)


def test_a_line_of_a_ledger_may_be_called_as_we_call_arrays() -> None:
    tree = {"ledger": {"$array": 1.0}, "$float": {"$": 2.0, "$$fare": np.ones(2)}, "": {"$float": "nan"}}
    assert repr(through_files(tree)) == repr(tree)


def test_not_a_number_comes_back_and_a_tuple_becomes_a_list() -> None:
    assert repr(through_files((float("nan"), np.float32(0.5)))) == "[nan, 0.5]"


@pytest.mark.parametrize(
    ("tree", "message"),
    [
        ({"a": [{1: 2}]}, r"a/0: got the key 1, expected a word"),
        ({"a": {"b": {3}}}, "a/b: got a set, expected JSON data or an array"),
        ({"a": np.array(["x"])}, "a: got an array of <U1, expected one of numbers"),
        ({"a/b": np.zeros(1), "a": {"b": np.zeros(1)}}, "a/b: got two arrays of this name"),
    ],
)
def test_what_is_no_such_tree_is_refused(tree: Any, message: str) -> None:
    with pytest.raises(TypeError, match=message):
        taken_apart(tree)
