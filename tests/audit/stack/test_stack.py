"""A stack is read without a step: planted faults are found in each world they can be planted in, clean ones pass."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.vector import SyncVectorEnv

from rewardlab.audit.finding import Finding
from rewardlab.audit.stack.stack_finding import stack_finding
from rewardlab.audit.stack.stack_table import stack_table
from rewardlab.audit.subject import Subject, audited_subject
from rewardlab.mdp import FiniteEnv, FiniteModel, FiniteTask, FiniteVectorEnv, solve
from rewardlab.outside import AnyEnv
from rewardlab.rewards import Bonus, Potential, ScheduledPotential
from rewardlab.rewards.bonus import BonusForm
from rewardlab.wrappers import (
    Ledger,
    PotentialShaping,
    ReturnScaling,
    RewardClipping,
    RewardTransform,
    UnsafeBonus,
    VectorLedger,
    VectorPotentialShaping,
    VectorReturnScaling,
    VectorRewardClipping,
    VectorRewardTransform,
)
from rewardlab.wrappers import gymnasium_compatible as compatible
from rewardlab.wrappers.gymnasium_compatible import vector as compatible_vector
from tests.audit.stack.stacks import WORLDS, Halved
from tests.mdp.tiny_models import exit_or_stay, random_model, task_of
from tests.wrappers.scripted_env import ScriptedEnv

GAMMA = 0.9
Wrap = Callable[[FiniteTask], Any]


def limited(task: FiniteTask) -> Any:
    return gym.wrappers.TimeLimit(FiniteEnv(task), task.max_episode_steps)


def vector(task: FiniteTask, mode: str = "SameStep") -> Any:
    return FiniteVectorEnv(task, 3, autoreset_mode=mode)


def some(task: FiniteTask, seed: int = 0) -> Potential:
    return Potential.from_table(np.random.default_rng(seed).normal(size=task.model.n_states), name="some")


def shaped(env: Any, task: FiniteTask, gamma: float = GAMMA) -> Any:
    return PotentialShaping(env, some(task), gamma=gamma)


def vector_shaped(env: Any, task: FiniteTask) -> Any:
    return VectorPotentialShaping(env, some(task), gamma=GAMMA)


def by_hand(task: FiniteTask, *, gamma: float = GAMMA, gives_back: bool = True) -> Bonus:
    """Shaping as a bonus."""
    values = some(task)(np.arange(task.model.n_states))
    ahead = np.where(task.model.terminal & gives_back, 0.0, values)
    return Bonus("by hand", "state", lambda now, reached: gamma * ahead[reached] - values[now])


def remarks(finding: Finding, level: str) -> set[str]:
    return {remark["name"] for remark in finding.data["remarks"] if remark["level"] == level}


CLEAN: dict[str, Wrap] = {
    "bare": limited,
    "shaped": lambda task: Ledger(shaped(limited(task), task)),
    "shaped vector": lambda task: VectorLedger(vector_shaped(vector(task), task)),
    "a vector of shaped copies": lambda task: SyncVectorEnv([lambda: shaped(limited(task), task)] * 2),
    "a clip that does not bind": lambda task: shaped(RewardClipping(limited(task), -99.0, 99.0), task),
    "scaled before": lambda task: Ledger(shaped(ReturnScaling(limited(task), gamma=GAMMA), task)),
    "one scale for all copies": lambda task: VectorReturnScaling(vector(task), gamma=GAMMA),
    "a positive factor": lambda task: RewardTransform(limited(task), lambda rewards: 3.0 * rewards),
    "a stranger's factor": lambda task: shaped(Halved(limited(task)), task),
    "a bonus that telescopes": lambda task: UnsafeBonus(limited(task), by_hand(task)),
    "reset steps left alone": lambda task: VectorRewardClipping(vector(task, "NextStep"), -99.0, 99.0),
}


@pytest.mark.parametrize("stack", CLEAN)
@pytest.mark.parametrize("world", WORLDS)
def test_clean_stacks_are_fine(world: str, stack: str) -> None:
    finding = stack_finding(CLEAN[stack](WORLDS[world]), gamma=GAMMA)
    assert (finding.level, finding.data["remarks"]) == ("fine", []), finding.evidence
    assert finding.basis == "proven on the model"
    changes = [layer for layer in finding.data["layers"] if layer["keeps_optimal"] is not None]
    assert all(layer["keeps_optimal"] for layer in changes)


FAULTS: dict[str, tuple[str, str, Wrap]] = {
    "another gamma": ("gamma", "caution", lambda task: shaped(limited(task), task, 0.99)),
    "B7: clip outside": ("order", "caution", lambda task: RewardClipping(shaped(limited(task), task), -1, 1)),
    "B7: their clip outside": ("order", "caution", lambda t: gym.wrappers.ClipReward(shaped(limited(t), t), -1, 1)),
    "B8: mean outside": (
        "order",
        "caution",
        lambda task: ReturnScaling(shaped(limited(task), task), gamma=GAMMA, subtract_mean=True),
    ),
    "bend outside": ("order", "caution", lambda task: RewardTransform(shaped(limited(task), task), np.tanh)),
    "negated": ("transform", "caution", lambda task: RewardTransform(limited(task), lambda rewards: -rewards)),
    "bonus outside": ("order", "caution", lambda task: UnsafeBonus(shaped(limited(task), task), by_hand(task))),
    "shaped twice": ("order", "caution", lambda task: shaped(shaped(limited(task), task), task)),
    "two scales": (
        "order",
        "caution",
        lambda task: ReturnScaling(ReturnScaling(limited(task), gamma=GAMMA), gamma=GAMMA),
    ),
    "a moving scale outside": ("order", "note", lambda t: ReturnScaling(shaped(limited(t), t), gamma=GAMMA)),
    "B22: ledger inside": ("order", "note", lambda task: shaped(Ledger(limited(task)), task)),
    "B22: their log inside": (
        "order",
        "note",
        lambda task: shaped(gym.wrappers.RecordEpisodeStatistics(limited(task)), task),
    ),
    "two logs": ("monitors", "caution", lambda t: gym.wrappers.RecordEpisodeStatistics(Ledger(limited(t)))),
    "two logs of a vector": (
        "monitors",
        "caution",
        lambda task: gym.wrappers.vector.RecordEpisodeStatistics(VectorLedger(vector(task))),
    ),
    "scale of another gamma": ("scale gamma", "note", lambda task: ReturnScaling(limited(task), gamma=0.5)),
    "their scale of another gamma": ("scale gamma", "note", lambda task: compatible.NormalizeReward(limited(task))),
    "B1, B2": ("normaliser", "note", lambda task: gym.wrappers.NormalizeReward(limited(task), GAMMA)),
    "B3": ("normaliser", "note", lambda task: gym.wrappers.vector.NormalizeReward(vector(task, "NextStep"), GAMMA)),
    "B4": ("normaliser", "note", lambda task: compatible_vector.NormalizeReward(vector(task, "Disabled"), GAMMA)),
    "B23: a scale for each copy": (
        "scale per copy",
        "caution",
        lambda task: SyncVectorEnv([lambda: ReturnScaling(limited(task), gamma=GAMMA)] * 2),
    ),
    "reset steps paid": (
        "reset steps",
        "caution",
        lambda task: gym.wrappers.vector.ClipReward(vector(task, "NextStep"), 0.5, None),
    ),
    "reset steps paid by a transform": (
        "reset steps",
        "caution",
        lambda task: compatible_vector.TransformReward(vector(task, "NextStep"), lambda rewards: rewards + 1.0),
    ),
    "B11: autoreset inside": ("autoreset", "caution", lambda t: shaped(gym.wrappers.Autoreset(limited(t)), t)),
    "fading": (
        "schedule",
        "note",
        lambda t: PotentialShaping(limited(t), ScheduledPotential.faded(some(t), over_steps=9), gamma=GAMMA),
    ),
    "copies wrapped differently": (
        "copies",
        "caution",
        lambda task: SyncVectorEnv([lambda: limited(task), lambda: shaped(limited(task), task)]),
    ),
    "a stranger's step": ("unread", "caution", lambda task: gym.wrappers.StickyAction(limited(task), 0.5)),
    "no time limit": ("time limit", "note", lambda task: shaped(FiniteEnv(task), task)),
}


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("world", WORLDS)
def test_planted_faults_are_found(world: str, fault: str) -> None:
    name, level, wrap = FAULTS[fault]
    finding = stack_finding(wrap(WORLDS[world]), gamma=GAMMA)
    assert name in remarks(finding, level), finding.evidence
    assert finding.level in (("caution",) if level == "caution" else ("caution", "note"))
    for number in re.findall(r"\bB\d\b", fault) if name == "normaliser" else ():
        assert f"({number})" in finding.evidence[0], "the fault is named"


@pytest.mark.parametrize("fault", [name for name, (_, level, _) in FAULTS.items() if level == "note"])
def test_what_is_merely_doubtful_breaks_nothing(fault: str) -> None:
    finding = stack_finding(FAULTS[fault][2](WORLDS["slippery"]), gamma=GAMMA)
    assert finding.level == "note", finding.evidence
    assert remarks(finding, "note") - {"normaliser"} <= {FAULTS[fault][0]}


def test_a_mean_matters_where_episodes_may_differ_in_length() -> None:
    for world, level in (("town", "caution"), ("slippery", "caution"), ("boat race", "note")):
        env = ReturnScaling(limited(WORLDS[world]), gamma=GAMMA, subtract_mean=True)
        finding = stack_finding(env, gamma=GAMMA)
        assert finding.level == level, finding.evidence
        assert remarks(finding, level) == {"mean"}


@pytest.mark.parametrize("world", WORLDS)
def test_bonuses_are_told_apart_by_what_they_add(world: str) -> None:
    task = WORLDS[world]

    def said(bonus: Bonus, gamma: float = GAMMA) -> str:
        layers = stack_finding(UnsafeBonus(limited(task), bonus), gamma=gamma).evidence
        return next(line for line in layers if "(UnsafeBonus): bonus; " in line)

    assert f"telescopes: potential-based for gamma {GAMMA:g}" in said(by_hand(task))
    assert "telescopes at gamma 1 alone, not at 0.9" in said(by_hand(task, gamma=1.0))
    assert "does not telescope" in said(Bonus.from_potential(some(task), form="progress"))
    assert "does not telescope" in said(Bonus.from_potential(some(task), form="level"))
    naive = said(Bonus.from_potential(some(task), form="difference"))
    # Where one end can be reached from a state at most (each order of the town has its own, and the race none), the
    # potential may be counted from there, so that nothing is left to give back.
    if world == "slippery":
        assert "sums to 0 round every cycle, but not for a learner who discounts, and gives nothing back" in naive
    else:
        assert "telescopes at gamma 1 alone" in naive
    if task.model.terminal.any():
        assert "keeps its potential where the task ends" in said(by_hand(task, gives_back=False))


def test_a_bonus_that_pays_for_going_to_and_fro_changes_what_is_optimal() -> None:
    # From the middle (0) left is an end that pays 1. The loop of middle and right takes two steps; with gains only it
    # pays 0.6 a round, 0.6 / (1 - 0.9**2) = 3.16 in all, more than 1. As a difference it pays 0.6 - 0.9 * 0.6 a round,
    # 0.06 / 0.19 = 0.316 in all, less than 1.
    successor = np.array([[[1], [2]], [[1], [1]], [[0], [0]]])
    paid = np.zeros(successor.shape)
    paid[0, 0] = 1.0
    start, ends = np.array([1.0, 0.0, 0.0]), np.array([False, True, False])
    task = task_of(FiniteModel(successor, np.ones(successor.shape), ends, start, events={"paid": paid}))
    potential = Potential.from_table([0.0, 0.0, 0.6])
    forms: tuple[tuple[BonusForm, str, float], ...] = (("progress", "caution", 0.6 / 0.19), ("difference", "note", 1.0))
    for form, level, value in forms:
        env = UnsafeBonus(limited(task), Bonus.from_potential(potential, form=form))
        finding = stack_finding(env, gamma=0.9)
        assert (finding.level, remarks(finding, level)) == (level, {"bonus"}), finding.evidence
        assert finding.data["layers"][1]["keeps_optimal"] is (level == "note")
        assert solve(task.model, stack_table(env, gamma=0.9).paid, 0.9).values[0] == pytest.approx(value)


def test_to_break_a_tie_keeps_what_is_optimal_and_to_make_one_does_not() -> None:
    bonus = Bonus("second exit", "state", lambda now, reached: 0.1 * (reached == 2))
    for exits, keeps in (((1.0, 1.0), True), ((1.0, 0.9), False)):
        task = task_of(exit_or_stay(exits=exits))
        layer = stack_finding(UnsafeBonus(limited(task), bonus), gamma=0.9).data["layers"][1]
        assert (layer["potential_based"], layer["keeps_optimal"]) == (False, keeps)


def test_b7_clipping_after_shaping_turns_the_best_action_into_the_worse() -> None:
    # As in tests/wrappers/test_order.py: four steps right lead to a reward of 1, in each state one may quit for 0.3,
    # and potentials are misleading. True q(right) = 0.857, q(quit) = 0.3; clipped outside, q(right) = -0.05.
    successor = np.array([[[min(s + 1, 4)], [4]] for s in range(4)] + [[[4], [4]]])
    paid = np.zeros(successor.shape)
    paid[:4, 1], paid[3, 0] = 0.3, 1.0
    model = FiniteModel(successor, np.ones(successor.shape), np.arange(5) == 4, (np.arange(5) == 0) * 1.0)
    shaping = {"kind": "potential_shaping", "potential": [0.0, -4.0, -8.0, -12.0, 0.0]}
    clip = {"kind": "clip", "min_reward": -1.0, "max_reward": 1.0}

    def q(stack: list[Any]) -> Any:
        table = stack_table(stack, Subject(model), paid, gamma=0.95).paid
        return pytest.approx(solve(model, table, 0.95).action_values[0].tolist())

    assert q([]) == [0.857375, 0.3]
    assert q([clip, shaping]) == [0.857375, 0.3]
    assert q([shaping, clip]) == [-0.05, 0.3]
    wrong = stack_finding([shaping, clip], Subject(model), paid, gamma=0.95)
    assert wrong.level == "caution"
    assert [layer["keeps_optimal"] for layer in wrong.data["layers"]] == [True, False]
    assert stack_finding([clip, shaping], Subject(model), paid, gamma=0.95).level == "fine"


def test_shaping_is_never_blamed_and_its_faults_always_are_on_random_models() -> None:
    rng = np.random.default_rng(0)
    for _ in range(60):
        model = random_model(rng, states=5, actions=3, outcomes=2)
        table = model.scatter(rng.normal(size=len(model.transitions)))
        potential = (10.0 ** rng.uniform(-2, 2) * rng.normal(size=model.n_states)).tolist()
        shaping = {"kind": "potential_shaping", "potential": potential}
        subject, gamma = Subject(model), float(rng.uniform(0.1, 0.99))
        finding = stack_finding([{"kind": "scale"}, shaping], subject, table, gamma=gamma)
        assert finding.level == "fine", finding.evidence
        other = stack_finding([shaping | {"gamma": gamma / 2}], subject, table, gamma=gamma)
        assert remarks(other, "caution") >= {"gamma"}
        assert other.data["layers"][0]["potential_based"] is False
        assert remarks(other, "caution" if not other.data["layers"][0]["keeps_optimal"] else "note") >= {"shaping"}


def test_shaping_is_blamed_where_the_time_limit_is_an_end() -> None:
    # Kept at the limit, the potential of the last state is paid and never taken back.
    task = WORLDS["town"]
    env = shaped(limited(task), task)
    finding = stack_finding(env, gamma=GAMMA, horizon=6)
    assert finding.level in ("caution", "note")
    assert {remark["name"] for remark in finding.data["remarks"]} == {"shaping"}
    assert stack_finding(env, gamma=GAMMA).level == "fine"


class Goals(ScriptedEnv):
    def compute_reward(self, achieved: Any, desired: Any, info: Any) -> float:
        return 0.0


def test_a_limit_within_what_an_environment_holds_is_a_limit() -> None:
    # As docs/any-environment.md brings rewards to one.
    limited = gym.make("CartPole-v1")
    assert stack_finding(AnyEnv(limited), gamma=0.9).data["remarks"] == []
    (remark,) = stack_finding(AnyEnv(limited.unwrapped), gamma=0.9).data["remarks"]
    assert remark["name"] == "time limit"


def test_b13_hindsight_that_bypasses_wrappers() -> None:
    env = gym.wrappers.TimeLimit(Goals([]), 9)
    for wrap in (
        lambda env: RewardClipping(env, -1, 1),
        lambda env: SyncVectorEnv([lambda: RewardClipping(env, -1, 1)]),
    ):
        assert remarks(stack_finding(wrap(env), gamma=GAMMA), "note") == {"hindsight"}
        assert remarks(stack_finding(wrap(env), gamma=GAMMA, hindsight=True), "caution") == {"hindsight"}
    assert stack_finding(env, gamma=GAMMA, hindsight=True).level == "fine"


def test_without_a_model_a_stack_is_still_read() -> None:
    cart = gym.make("CartPole-v1")
    potential = Potential("upright", lambda seen: -np.abs(seen[:, 2]), "observation")
    right = stack_finding(Ledger(PotentialShaping(cart, potential, gamma=0.99)), gamma=0.99)
    assert (right.level, right.basis) == ("fine", "read from the wrappers")
    wrong = stack_finding(RewardClipping(PotentialShaping(cart, potential, gamma=0.9), -1, 1), gamma=0.99)
    assert remarks(wrong, "caution") == {"order", "gamma"}
    assert (
        stack_finding(gym.make("CartPole-v1"), gamma=0.99).verdict
        == "No wrapper round the environment changes the reward."
    )


def test_stacks_of_sb3_are_read_without_importing_it() -> None:
    from stable_baselines3.common.env_util import make_vec_env
    from stable_baselines3.common.vec_env import DummyVecEnv, VecMonitor, VecNormalize

    from rewardlab.agents.vector_adapter import VectorAdapter

    task = WORLDS["slippery"]

    def one() -> Any:
        return shaped(limited(task), task)

    # B7: VecNormalize clips at 10 by default; with its clip off only a moving scale is left.
    clipped = stack_finding(VecNormalize(DummyVecEnv([one]), norm_obs=False, gamma=GAMMA), gamma=GAMMA)
    assert remarks(clipped, "caution") == {"order"}
    assert "(VecNormalize.clip_reward) outside of wrapper 2 (PotentialShaping): a clip of shaped" in clipped.verdict
    off = VecNormalize(DummyVecEnv([one]), norm_obs=False, gamma=GAMMA, clip_reward=float("inf"))
    assert (stack_finding(off, gamma=GAMMA).level, remarks(stack_finding(off, gamma=GAMMA), "note")) == (
        "note",
        {"order", "normaliser"},
    )
    assert "(B6)" in str(stack_finding(off, gamma=GAMMA).evidence)
    bare = VecNormalize(VecMonitor(DummyVecEnv([one])), norm_obs=False, norm_reward=False)
    assert stack_finding(bare, gamma=GAMMA).level == "fine"
    # B22: make_vec_env puts Monitor inside of what wrapper_class adds.
    inside = make_vec_env(lambda: limited(task), 2, wrapper_class=lambda env: shaped(env, task))
    assert "a monitor inside of what changes rewards" in stack_finding(inside, gamma=GAMMA).verdict
    adapted = VectorAdapter(VectorRewardTransform(vector_shaped(vector(task), task), np.tanh))
    assert remarks(stack_finding(adapted, gamma=GAMMA), "caution") >= {"order"}
    assert stack_finding(VectorAdapter(vector_shaped(vector(task), task)), gamma=GAMMA).level == "fine"


def test_environments_in_other_processes_are_said_to_be_unseen() -> None:
    env = gym.vector.AsyncVectorEnv([lambda: gym.make("CartPole-v1")])
    try:
        finding = stack_finding(VectorRewardClipping(env, -1, 1), gamma=GAMMA)
    finally:
        env.close()
    assert remarks(finding, "caution") == {"unread"}
    assert "the environments of AsyncVectorEnv run in other processes" in finding.verdict


@pytest.mark.parametrize("world", ["town", "slippery"])
def test_settings_are_read_as_live_wrappers_are(world: str) -> None:
    task = WORLDS[world]
    subject = audited_subject(task)
    assert subject is not None

    def found(*stack: dict[str, Any]) -> Finding:
        return stack_finding(list(stack), subject, task.objective_table, gamma=GAMMA)

    shaping = {"kind": "potential_shaping", "potential": "distance"}
    clip = {"kind": "clip", "min_reward": -1e-3, "max_reward": 1e-3}
    assert found(shaping).level == "fine"
    assert found({"kind": "scale"}, shaping).level == "fine"
    assert remarks(found(shaping | {"gamma": 0.5}), "caution") >= {"gamma"}
    assert "wrappers[1] (clip) outside of wrappers[0] (potential_shaping)" in found(shaping, clip).verdict
    assert remarks(found({"kind": "scale", "subtract_mean": True}), "caution") == {"mean"}
    assert found(clip).data["layers"][0]["potential_based"] is False
    assert found({"kind": "bonus", "potential": "distance", "form": "progress"}).level in ("caution", "note")


def test_a_finding_is_plain_data() -> None:
    import json

    finding = stack_finding(RewardClipping(shaped(limited(WORLDS["town"]), WORLDS["town"]), -0.1, 0.1), gamma=0.5)
    assert json.loads(json.dumps(finding.as_dict()))["data"]["layers"][2]["role"] == "clip"
