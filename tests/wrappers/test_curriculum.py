"""A curriculum over first states: who is promoted when, in which stage an episode counts, and what is refused."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from gymnasium.vector import AutoresetMode, SyncVectorEnv
from gymnasium.wrappers import TimeLimit

from rewardlab.errors import BadInput
from rewardlab.mdp import FiniteEnv, FiniteModel, FiniteTask, FiniteVectorEnv, solve
from rewardlab.rewards import Catalogue, Reward
from rewardlab.wrappers import Ledger, StartCurriculum, Success, VectorLedger, VectorStartCurriculum
from rewardlab.wrappers.promotion import Promotion
from tests.wrappers.scripted_env import ScriptedEnv

LENGTH = 5
ARRIVED = Success(event="arrived")
STAGES = [[4], [2, 3]]
RIGHT, LEFT = 1, 0


def corridor() -> FiniteTask:
    """Places 0 to 5 in a row; 5 is the goal. Episodes begin in 0."""
    places = np.arange(LENGTH + 1)
    successor = np.stack([np.maximum(places - 1, 0), np.minimum(places + 1, LENGTH)], axis=1)[:, :, None]
    terminal = places == LENGTH
    successor[terminal] = LENGTH
    arrived = ((successor == LENGTH) & ~terminal[:, None, None]).astype(float)
    model = FiniteModel(
        successor=successor,
        probability=np.ones(successor.shape),
        terminal=terminal,
        start=np.eye(LENGTH + 1)[0],
        events={"arrived": arrived},
    )
    rewards = {"arrive": Reward.from_event_weights({"arrived": 1.0}, name="arrive")}
    return FiniteTask(model, Catalogue(rewards, "arrive", ("arrived",)), 8, ("left", "right"))


TASK = corridor()


def single(**keywords: Any) -> StartCurriculum:
    return StartCurriculum(TimeLimit(FiniteEnv(TASK), 8), STAGES, ARRIVED, **{"window": 2, "rate": 1.0} | keywords)


def episode(env: Any, action: int) -> int:
    """Play an episode with one action throughout; where it began."""
    _, info = env.reset()
    ended = False
    while not ended:
        _, _, terminated, truncated, _ = env.step(action)
        ended = terminated or truncated
    return int(info["state"])


def test_success_moves_on_and_the_task_itself_comes_last() -> None:
    env = single()
    begun = [episode(env, RIGHT) for _ in range(6)]
    assert begun[:2] == [4, 4]
    assert set(begun[2:4]) <= {2, 3}
    assert begun[4:] == [0, 0]
    assert env.promotion.stage == 2


def test_failure_stays() -> None:
    env = single()
    assert [episode(env, action) for action in (RIGHT, LEFT, RIGHT, LEFT, RIGHT)] == [4] * 5
    assert (env.promotion.stage, env.promotion.success_rate) == (0, 0.5)


def test_the_objective_may_measure_success_too() -> None:
    env = StartCurriculum(FiniteEnv(TASK), STAGES, Success(objective_at_least=1.0), window=1, rate=1.0)
    assert [episode(env, RIGHT) for _ in range(3)][2] == 0


def test_rewards_model_and_exact_solution_stay_as_they_are() -> None:
    before = solve(TASK.model, TASK.objective_table, 0.9).values.copy()
    env = Ledger(single())
    episode(env, RIGHT)
    assert TASK.model.start.tolist() == [1, 0, 0, 0, 0, 0]
    assert solve(TASK.model, TASK.objective_table, 0.9).values == pytest.approx(before)
    assert episode(FiniteEnv(TASK), RIGHT) == 0, "another environment of the same task knows nothing of it"


def test_an_episode_counts_for_the_stage_in_which_it_began() -> None:
    promotion = Promotion(2, window=1, rate=1.0)
    assert promotion.take(0, True)
    assert not promotion.take(0, True), "begun before the promotion"
    assert promotion.stage == 1
    assert promotion.take(1, True)
    assert not promotion.take(2, True), "there is no stage after the task itself"


@pytest.mark.parametrize("mode", AutoresetMode, ids=lambda mode: mode.value)
@pytest.mark.parametrize("native", [True, False], ids=["native", "copies"])
def test_a_vector_moves_on_by_the_episodes_of_all(mode: AutoresetMode, native: bool) -> None:
    inner: Any
    if native:
        inner = FiniteVectorEnv(TASK, 4, autoreset_mode=mode)
    else:
        inner = SyncVectorEnv([lambda: TimeLimit(FiniteEnv(TASK), 8)] * 4, autoreset_mode=mode)
    env = VectorStartCurriculum(VectorLedger(inner), STAGES, ARRIVED, window=4, rate=1.0)
    assert env.reset(seed=3)[1]["state"].tolist() == [4] * 4
    episodes, stages = 0, [0]
    places = []
    for _ in range(30):
        _, _, terminations, truncations, infos = env.step(np.full(4, RIGHT))
        ended = terminations | truncations
        episodes += int(ended.sum())
        if mode is AutoresetMode.DISABLED and ended.any():
            infos = env.reset(options={"reset_mask": ended})[1]
        places.append(infos["state"].tolist())
        stages.append(env.promotion.stage)
    assert sorted(set(stages)) == [0, 1, 2]
    first_of_all = places[0] if mode is not AutoresetMode.NEXT_STEP else places[1]
    assert set(first_of_all) <= ({4} if mode is AutoresetMode.SAME_STEP else {2, 3}), "a promotion holds from now on"
    assert 0 in np.array(places)[-12:]
    assert episodes > 12


@pytest.mark.parametrize(
    ("mode", "after_each_step"),
    [
        # One step from 4 to the goal, which promotes. Those that begin in that very step begin in 4 again and count no
        # more; the next ones begin in 3, two steps away.
        (AutoresetMode.SAME_STEP, [1, 1, 1, 2]),
        # The second step only resets, to the new stage; two steps more.
        (AutoresetMode.NEXT_STEP, [1, 1, 1, 2]),
        (AutoresetMode.DISABLED, [1, 1, 2]),
    ],
    ids=lambda value: getattr(value, "value", None),
)
def test_in_which_stage_an_episode_of_a_vector_began(mode: AutoresetMode, after_each_step: list[int]) -> None:
    env = VectorStartCurriculum(FiniteVectorEnv(TASK, 2, autoreset_mode=mode), [[4], [3]], ARRIVED, window=1, rate=1.0)
    env.reset(seed=0)
    stages = []
    for _ in after_each_step:
        _, _, terminations, _, _ = env.step(np.full(2, RIGHT))
        stages.append(env.promotion.stage)
        if mode is AutoresetMode.DISABLED and terminations.any():
            env.reset(options={"reset_mask": terminations})
    assert stages == after_each_step


def test_the_state_goes_on_as_data() -> None:
    env = single()
    for action in (RIGHT, RIGHT, RIGHT):
        episode(env, action)
    state = json.loads(json.dumps(env.state_dict()))
    twin = single()
    twin.load_state_dict(state)
    assert twin.state_dict() == env.state_dict() == {"stage": 1, "outcomes": [True]}
    assert episode(twin, RIGHT) in (2, 3)
    assert episode(twin, RIGHT) == 0
    for broken in ({}, {"stage": 3, "outcomes": []}, {"stage": True, "outcomes": []}, {"stage": 0, "outcomes": [1]}):
        with pytest.raises(BadInput, match=r"state\['"):
            twin.load_state_dict(broken)


def test_the_same_seed_draws_the_same_first_states() -> None:
    drawn = []
    for _ in range(2):
        env = single(window=1, rate=1.0)
        env.reset(seed=5)
        episode(env, RIGHT)
        drawn.append([env.reset()[1]["state"] for _ in range(20)])
    assert drawn[0] == drawn[1]
    assert set(drawn[0]) == {2, 3}


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: StartCurriculum(ScriptedEnv([]), [[0]], ARRIVED), "env: got .*, expected a finite environment"),
        (lambda: StartCurriculum(FiniteEnv(TASK), [], ARRIVED), "stages: got none, expected at least one"),
        (lambda: StartCurriculum(FiniteEnv(TASK), [[0], [5]], ARRIVED), r"stages\[1\]: got \[5\], expected indices of"),
        (lambda: StartCurriculum(FiniteEnv(TASK), [[6], [-1]], ARRIVED), r"stages\[0\].*\n.*stages\[1\]"),
        (lambda: StartCurriculum(FiniteEnv(TASK), [[]], ARRIVED), r"stages\[0\]: got \[\]"),
        (lambda: single(window=0), "window: got 0, expected a number of episodes, at least 1"),
        (lambda: single(rate=1.5), "rate: got 1.5, expected a share in"),
        (lambda: Success(), "success: got neither, expected either"),
        (lambda: Success("arrived", 1.0), "success: got both, expected either"),
        (lambda: Success(objective_at_least=float("nan")), "objective_at_least: got nan, expected a finite number"),
        (
            lambda: episode(StartCurriculum(FiniteEnv(TASK), [[4]], Success("arivd")), RIGHT),
            "got 'arivd', expected one",
        ),
        (lambda: FiniteEnv(TASK).set_start([1.0]), r"start: got an array of shape \(1,\), expected 6 weights"),
        (lambda: FiniteEnv(TASK).set_start(np.zeros(6)), "start: got no weight at all"),
        (lambda: FiniteEnv(TASK).set_start(np.ones(6)), r"start: got weight on the terminal states \[5\]"),
        (lambda: FiniteVectorEnv(TASK, 2).set_start(-np.ones(6)), "none negative"),
    ],
)
def test_what_makes_no_sense_is_refused(make: Any, said: str) -> None:
    with pytest.raises(BadInput, match=said):
        make()
