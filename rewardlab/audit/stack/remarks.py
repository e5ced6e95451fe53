"""What can be said against a stack of wrappers by looking at it, without a step and without a model.

Each check is one function from the stack to its remarks. The faults of other packages' wrappers that are named here are
those of Gymnasium 1.4 and stable-baselines3 2.9; each was seen when it was run.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, final

import gymnasium as gym
import numpy as np
from gymnasium.vector import AutoresetMode

from rewardlab.audit.finding import Level
from rewardlab.audit.stack.layer_amounts import reward_map, unread_layer
from rewardlab.audit.stack.reading import StackLayer, WrapperStack
from rewardlab.errors import Problem
from rewardlab.rewards.potential import ScheduledPotential
from rewardlab.wrappers.order import CHANGES_REWARDS, broken_orders, doubtful_orders

__all__ = ["Remark", "StackCheck", "stack_remarks"]


@final
@dataclass(frozen=True, slots=True)
class Remark:
    """One thing to be said against a wrapper.

    Attributes:
        name: What it is about, in a word or two.
        level: ``caution`` where a promise is broken, ``note`` where one is doubtful.
        place: Where.
        said: What is the matter.
        fix: What to do.
    """

    name: str
    level: Level
    place: str
    said: str
    fix: str

    def __str__(self) -> str:
        return f"{self.place}: {self.said}; {self.fix}" if self.fix else f"{self.place}: {self.said}"

    def as_dict(self) -> dict[str, Any]:
        """All of it as JSON data."""
        return {
            "name": self.name, "level": self.level, "place": self.place, "said": self.said, "fix": self.fix,
        }  # fmt: skip


@final
@dataclass(frozen=True, slots=True)
class StackCheck:
    """What is asked of a stack.

    Attributes:
        stack: The wrappers.
        gamma: The learner's discount.
        hindsight: Whether transitions will be relabelled in hindsight (HER).
        runs_on: Whether an episode may go on for ever; True where that is not known.
        lengths_vary: Whether episodes may be of different lengths; True where that is not known.
    """

    stack: WrapperStack
    gamma: float
    hindsight: bool = False
    runs_on: bool = True
    lengths_vary: bool = True


def stack_remarks(check: StackCheck) -> list[Remark]:
    """All that can be said without a model, from the inside out within each check."""
    return [remark for ask in _CHECKS for remark in ask(check)]


def _orders(check: StackCheck) -> Iterator[Remark]:
    for problem in broken_orders(check.stack.order):
        yield _of(problem, "order", "caution")
    for problem in doubtful_orders(check.stack.order):
        yield _of(problem, "order", "note")


def _gammas(check: StackCheck) -> Iterator[Remark]:
    for layer in check.stack.layers:
        if layer.layer.role == "shaping" and layer.is_known and layer.wrapper.shaping_gamma != check.gamma:
            said = f"shapes by gamma {layer.wrapper.shaping_gamma:g}, while the learner's is {check.gamma:g}"
            fix = "give it the learner's: with another one the optimal policies are not kept (Ng et al. 1999)"
            yield Remark("gamma", "caution", layer.layer.place, said, fix)
        if "scale" in layer.layer.role and layer.is_known:
            own = getattr(layer.wrapper, "running_scale", layer.wrapper).gamma
            if own != check.gamma:
                said = f"scales by returns of gamma {own:g}, while the learner's is {check.gamma:g}"
                yield Remark("scale gamma", "note", layer.layer.place, said, "give it the learner's")


def _means(check: StackCheck) -> Iterator[Remark]:
    for layer in check.stack.layers:
        if layer.layer.role != "centred scale":
            continue
        if check.lengths_vary:
            said = "subtracts the mean of the rewards, which pays or charges for every step that an episode lasts"
            yield Remark("mean", "caution", layer.layer.place, said, "scale without subtract_mean")
        else:
            said = "subtracts the mean of the rewards; every episode has the same length, so that nothing depends on it"
            yield Remark("mean", "note", layer.layer.place, said, "")


def _scales_of_copies(check: StackCheck) -> Iterator[Remark]:
    for layer in check.stack.layers:
        if "scale" in layer.layer.role and layer.in_copies:
            said = "each copy has a scale of its own, so that the same deed is paid differently in different copies"
            yield Remark("scale per copy", "caution", layer.layer.place, said, "put one scale round the vector")


def _normalizers(check: StackCheck) -> Iterator[Remark]:
    fix = "rewardlab.wrappers.ReturnScaling, or VectorReturnScaling, is right in all of that"
    first = "the first rewards are divided by the deviation of one or two numbers, so that a 5 comes out as 98 (B5)"
    for layer in check.stack.layers:
        if layer.kind == "VecNormalize" and layer.layer.role == "scale":
            said = (
                "the first rewards are divided by the deviation of one or two numbers, and saturate at clip_reward (B5)"
            )
            said += "; saving it forgets the running returns, and keeps whether it was training (B6)"
            yield Remark("normaliser", "note", layer.layer.place, said, fix)
        if layer.kind != "NormalizeReward" or not layer.is_known:
            continue
        said = "the reward of a termination opens the next episode's return (B1)"
        mode = layer.wrapper.metadata.get("autoreset_mode") if layer.is_of_vector else None
        if not layer.is_of_vector:
            said += "; a truncated episode leaks into the next (B2)"
        elif mode is AutoresetMode.NEXT_STEP:
            said += "; a truncated episode leaks into the next in NEXT_STEP mode (B3)"
        elif mode is AutoresetMode.DISABLED:
            said += "; a truncated episode leaks into the next (B3)"
            said += ", and a reset of some copies forgets the returns of all (B4)"
        yield Remark("normaliser", "note", layer.layer.place, f"{said}; {first}", fix)


def _hindsight(check: StackCheck) -> Iterator[Remark]:
    changing = [layer for layer in check.stack.layers if layer.layer.role in CHANGES_REWARDS]
    if not changing or not hasattr(getattr(check.stack.base, "unwrapped", None), "compute_reward"):
        return
    said = "the environment computes the rewards of relabelled transitions itself, past this wrapper (B13)"
    fix = "put what changes the reward into compute_reward, or do without hindsight"
    yield Remark("hindsight", "caution" if check.hindsight else "note", changing[0].layer.place, said, fix)


def _reset_rows(check: StackCheck) -> Iterator[Remark]:
    for layer in check.stack.layers:
        bends = layer.layer.role in ("clip", "transform") and layer.kind not in ("RewardClipping", "RewardTransform")
        if not bends or not layer.is_of_vector:
            continue
        paid = _for_nothing(layer)
        if layer.wrapper.metadata.get("autoreset_mode") is AutoresetMode.NEXT_STEP and paid:
            said = f"pays {paid:g} in the reset steps of NEXT_STEP mode, in which nothing was done"
            fix = "VectorRewardClipping and VectorRewardTransform of rewardlab leave reset steps alone"
            yield Remark("reset steps", "caution", layer.layer.place, said, fix)


def _autoreset_inside(check: StackCheck) -> Iterator[Remark]:
    inside = ""
    for layer in check.stack.layers:
        if layer.kind == "Autoreset" and layer.is_known:
            inside = layer.layer.place
        remembers = layer.layer.role in ("shaping", "bonus") and layer.kind != "AmendedTerms"
        if inside and remembers and not layer.is_of_vector:
            said = f"takes the reset steps of {inside} for steps, and pays for the way from an end to a beginning (B11)"
            yield Remark("autoreset", "caution", layer.layer.place, said, "put Autoreset outside of it")


def _time_limit(check: StackCheck) -> Iterator[Remark]:
    base = check.stack.base
    # A vector limits its episodes itself, and settings are put round an environment that is registered with a limit.
    if base is None or not check.runs_on or hasattr(base, "num_envs"):
        return
    if not any(layer.kind == "TimeLimit" for layer in check.stack.layers) and not _limited_within(base):
        said = "no TimeLimit, while an episode may go on for ever"
        yield Remark("time limit", "note", "stack", said, "put gymnasium.wrappers.TimeLimit round the environment")


def _limited_within(base: Any) -> bool:
    """Whether the innermost environment holds another one, as `AnyEnv` does, that has a limit of its own."""
    held = vars(base).get("env")
    while isinstance(held, gym.Wrapper):
        if isinstance(held, gym.wrappers.TimeLimit):
            return True
        held = held.env
    return False


def _monitors(check: StackCheck) -> Iterator[Remark]:
    """Gymnasium's recorder raises at the end of an episode where its key is taken already."""
    for number, outer in enumerate(check.stack.layers):
        if outer.kind != "RecordEpisodeStatistics" or not outer.is_known:
            continue
        key = outer.wrapper._stats_key
        for inner in check.stack.layers[:number]:
            logs = inner.layer.role in ("ledger", "monitor") and inner.in_copies == outer.in_copies
            if logs and getattr(inner.wrapper, "_stats_key", "episode") == key:
                said = (
                    f"raises an error at the end of an episode, where {inner.layer.place} has written {key!r} already"
                )
                yield Remark("monitors", "caution", outer.layer.place, said, "give it a `stats_key` of its own")


def _schedules(check: StackCheck) -> Iterator[Remark]:
    for layer in check.stack.layers:
        potential = getattr(layer.wrapper, "potential", None) if layer.layer.role == "shaping" else None
        if isinstance(potential, ScheduledPotential):
            said = (
                f"the potential {potential.name!r} changes in time; what is optimal is kept, a Q-table's head start not"
            )
            yield Remark("schedule", "note", layer.layer.place, said, "")


def _unread(check: StackCheck) -> Iterator[Remark]:
    for layer in check.stack.layers:
        problem = unread_layer(layer)
        if problem is not None:
            yield Remark("unread", "caution", problem.where, f"has {problem.got}", problem.fix)
    if check.stack.unseen:
        yield Remark("unread", "caution", "stack", check.stack.unseen, "give one environment of them, wrapped alike")
    if check.stack.copies_differ:
        said = "the copies of the vector are wrapped in different ways; the first one is read"
        yield Remark("copies", "caution", "stack", said, "wrap all copies alike")


_CHECKS: tuple[Callable[[StackCheck], Iterator[Remark]], ...] = (
    _unread,
    _orders,
    _gammas,
    _means,
    _scales_of_copies,
    _reset_rows,
    _autoreset_inside,
    _hindsight,
    _normalizers,
    _monitors,
    _schedules,
    _time_limit,
)


def _of(problem: Problem, name: str, level: Level) -> Remark:
    return Remark(name, level, problem.where, problem.got, problem.fix)


def _for_nothing(layer: StackLayer) -> float:
    """What it makes of a reward of 0; 0 where that cannot be asked, which is a remark of its own."""
    try:
        return float(np.asarray(reward_map(layer)(np.zeros(1)))[0])
    except Exception:
        return 0.0
