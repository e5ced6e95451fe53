"""What the shaping wrappers refuse, and that the message says where, what came and what was expected."""

from __future__ import annotations

from typing import Any

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.vector import AutoresetMode, SyncVectorEnv

from rewardlab.errors import BadInput, InvalidReward
from rewardlab.rewards import Bonus, Potential
from rewardlab.wrappers import (
    Ledger,
    PotentialShaping,
    UnsafeBonus,
    VectorLedger,
    VectorPotentialShaping,
    VectorUnsafeBonus,
)
from tests.wrappers.scripted_env import ScriptedEnv, ScriptedEpisode, ScriptedStep

WALK = ScriptedEpisode(0, [ScriptedStep(1, 0.0), ScriptedStep(2, 0.0), ScriptedStep(3, 0.0, terminated=True)])
STATE = Potential("index", lambda states: 1.0 * states, "state")


def scalar(potential: Any, gamma: Any = 0.9, **settings: Any) -> PotentialShaping:
    return PotentialShaping(ScriptedEnv([WALK], **settings), potential, gamma=gamma)


def vector(
    potential: Any, gamma: Any = 0.9, mode: AutoresetMode = AutoresetMode.NEXT_STEP, **settings: Any
) -> VectorPotentialShaping:
    inner = SyncVectorEnv([lambda: ScriptedEnv([WALK], **settings)] * 2, autoreset_mode=mode)
    return VectorPotentialShaping(inner, potential, gamma=gamma)


BOTH = pytest.mark.parametrize("made", [scalar, vector])


def act(env: Any) -> Any:
    return 0 if isinstance(env, PotentialShaping) else np.zeros(2, dtype=int)


@BOTH
@pytest.mark.parametrize(("gamma", "said"), [(1.01, "1.01"), (-0.1, "-0.1"), (float("nan"), "nan"), (True, "True")])
def test_gamma_outside_its_range(made: Any, gamma: Any, said: str) -> None:
    with pytest.raises(BadInput, match=rf"PotentialShaping.gamma: got {said}, expected a number in \[0, 1\]"):
        made(STATE, gamma)


@BOTH
def test_a_percentage_is_recognised(made: Any) -> None:
    with pytest.raises(BadInput, match=r"got 99, expected .* did you mean 0.99\?"):
        made(STATE, 99)


@BOTH
def test_a_plain_function_is_asked_what_it_reads(made: Any) -> None:
    with pytest.raises(BadInput, match=r"potential: got <function.*say what a function reads: .*reads='state'"):
        made(lambda states: states)


@BOTH
def test_a_state_that_info_does_not_hold(made: Any) -> None:
    env = made(STATE, state_in_info=False)
    with pytest.raises(BadInput, match=r"info\['state'\]: got nothing.*'index' reads.*reads='observation'"):
        env.reset()


@BOTH
def test_an_observation_is_read_without_a_state(made: Any) -> None:
    env = made(Potential("ten_times", lambda seen: 10 * seen[:, 0], "observation"), state_in_info=False)
    env.reset()
    assert np.ravel(env.step(act(env))[1])[0] == 0.9 * 10 - 0


class Compound(ScriptedEnv):
    """Shows what it shows in a space of parts."""

    def __init__(self, space: gym.Space) -> None:
        super().__init__([WALK])
        self.observation_space = space


@pytest.mark.parametrize(
    "space", [gym.spaces.Dict(a=gym.spaces.Discrete(2)), gym.spaces.Tuple([gym.spaces.Discrete(2)])]
)
def test_observations_made_of_parts_are_no_arrays(space: gym.Space) -> None:
    seen = Potential("seen", lambda batch: np.zeros(len(batch)), "observation")
    bonus = Bonus.from_potential(seen)
    many = SyncVectorEnv([lambda: Compound(space)] * 2)
    for put in (
        lambda: PotentialShaping(Compound(space), seen, gamma=0.9),
        lambda: VectorPotentialShaping(many, seen, gamma=0.9),
        lambda: UnsafeBonus(Compound(space), bonus),
        lambda: VectorUnsafeBonus(many, bonus),
    ):
        with pytest.raises(BadInput, match=rf"observation_space: got {type(space).__name__}, .*seen'.*FlattenObs"):
            put()
    VectorPotentialShaping(many, STATE, gamma=0.9)


@BOTH
def test_a_potential_of_the_wrong_shape(made: Any) -> None:
    env = made(Potential("whole_row", lambda seen: seen, "observation"))
    with pytest.raises(
        InvalidReward, match=r"potential 'whole_row': got shape \(\d, 1\), expected \(\d,\).*one number"
    ):
        env.reset()


@BOTH
@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_potential_that_is_not_finite_on_the_way(made: Any, bad: float) -> None:
    env = made(Potential("hole", lambda states: np.where(states == 1, bad, 0.0), "state"))
    env.reset()
    with pytest.raises(
        InvalidReward, match=r"potential 'hole': got (nan|inf) for state .*1.*, expected a finite number"
    ):
        env.step(act(env))


@BOTH
def test_a_potential_that_is_not_finite_at_the_start(made: Any) -> None:
    env = made(Potential("hole", lambda states: np.where(states == 0, np.nan, 0.0), "state"))
    with pytest.raises(InvalidReward, match=r"potential 'hole': got nan for state .*0"):
        env.reset()


@pytest.mark.parametrize("mode", AutoresetMode, ids=lambda mode: mode.value)
def test_a_potential_that_is_nan_in_terminal_states_alone_is_fine(mode: AutoresetMode) -> None:
    potential = Potential("undefined_at_the_end", lambda states: np.where(states == 3, np.nan, 1.0 * states), "state")
    lone, many = scalar(potential), vector(potential, mode=mode)
    lone.reset()
    many.reset()
    expected = [0.9 * 1 - 0, 0.9 * 2 - 1, -2.0]
    assert [lone.step(0)[1] for _ in range(3)] == pytest.approx(expected)
    assert [many.step(np.array([0, 0]))[1][1] for _ in range(3)] == pytest.approx(expected)


@pytest.mark.parametrize("mode", AutoresetMode, ids=lambda mode: mode.value)
def test_a_truncated_state_must_have_a_potential(mode: AutoresetMode) -> None:
    cut = ScriptedEpisode(0, [ScriptedStep(1, 0.0, truncated=True)])
    inner = SyncVectorEnv([lambda: ScriptedEnv([cut])] * 2, autoreset_mode=mode)
    potential = Potential("hole", lambda states: np.where(states == 1, np.nan, 0.0), "state")
    env = VectorPotentialShaping(inner, potential, gamma=0.9)
    env.reset()
    with pytest.raises(InvalidReward, match=r"got nan for state .*1"):
        env.step(np.array([0, 0]))


@pytest.mark.parametrize("made", [lambda env: VectorPotentialShaping(env, STATE, gamma=0.9), VectorLedger])
@pytest.mark.parametrize("metadata", [{}, {"autoreset_mode": "NextStep"}], ids=["absent", "a string"])
def test_a_vector_environment_that_does_not_name_its_autoreset_mode(made: Any, metadata: dict[str, Any]) -> None:
    inner = SyncVectorEnv([lambda: ScriptedEnv([WALK])])
    inner.metadata = metadata
    with pytest.raises(
        BadInput, match=r"env.metadata\['autoreset_mode'\]: got .*expected a gymnasium.vector.Autoreset"
    ):
        made(inner)


def test_the_caller_keeps_its_options_and_mask() -> None:
    env = VectorLedger(vector(STATE, mode=AutoresetMode.DISABLED))
    env.reset()
    mask = np.array([True, False])
    env.reset(options={"reset_mask": mask})
    assert mask.tolist() == [True, False]


def test_wrapped_environments_keep_their_spec() -> None:
    import gymnasium as gym

    env = Ledger(gym.make("rewardlab_envs:rewardlab/Delivery-v0"))
    assert env.spec is not None
    assert env.spec.id == "rewardlab/Delivery-v0"
