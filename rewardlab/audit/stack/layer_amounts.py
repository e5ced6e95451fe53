"""What one wrapper makes of all that a finite model can pay, read from the wrapper without a step."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, final

import gymnasium as gym
import numpy as np
from gymnasium.vector import VectorRewardWrapper, VectorWrapper
from numpy.typing import NDArray

from rewardlab.audit.stack.reading import StackLayer
from rewardlab.errors import BadInput, Problem
from rewardlab.rewards.bonus import Bonus
from rewardlab.rewards.potential import ScheduledPotential, shaping
from rewardlab.transitions import Transitions
from rewardlab.wrappers.amended_terms import AMENDED_LINE, amendment
from rewardlab.wrappers.bonus import BONUS_LINE
from rewardlab.wrappers.clip import CLIP_LINE, clipped
from rewardlab.wrappers.order import CHANGES_REWARDS
from rewardlab.wrappers.potential_shaping import SHAPING_LINE
from rewardlab.wrappers.scale import SCALE_LINE
from rewardlab.wrappers.transform import TRANSFORM_LINE, transformed

__all__ = ["LayerAmounts", "PaidSteps", "layer_amounts", "observations_after", "reward_map", "unread_layer"]

_HANDS_ON_REWARDS = {
    # What steps an environment otherwise than `gym.Wrapper` does and still hands its reward on as it came.
    "Autoreset", "DelayObservation", "FrameStackObservation", "HumanRendering", "Ledger", "Monitor",
    "NormalizeObservation", "OrderEnforcing", "PassiveEnvChecker", "RecordEpisodeStatistics", "RecordVideo",
    "RenderCollection", "StartCurriculum", "TimeAwareObservation", "TimeLimit", "ArrayConversion", "JaxToNumpy",
    "JaxToTorch", "NumpyToTorch", "DictInfoToList", "VecCheckNan", "VecExtractDictObs", "VecFrameStack", "VecMonitor",
    "VecNormalize", "VecTransposeImage", "VecVideoRecorder",
}  # fmt: skip
_HANDS_ON_OBSERVATIONS = {
    "Autoreset", "HumanRendering", "Ledger", "Monitor", "OrderEnforcing", "PassiveEnvChecker",
    "RecordEpisodeStatistics", "RecordVideo", "RenderCollection", "StartCurriculum", "TimeLimit", "DictInfoToList",
}  # fmt: skip
_PLAIN_STEPS = (
    gym.Wrapper.step,
    gym.ObservationWrapper.step,
    VectorWrapper.step,
    gym.vector.VectorObservationWrapper.step,
)

RewardMap = Callable[[NDArray[np.float64]], NDArray[np.float64]]


@final
@dataclass(frozen=True, slots=True)
class PaidSteps:
    """All B steps of a model, and what has been paid for each of them so far.

    Attributes:
        steps: The steps.
        n_states: S.
        paid: ``[B]`` what comes out of the stack so far.
        lines: Line of the ledger to ``[B]``; they add up to what is paid.
        observations: ``[S, ...]`` what a wrapper here is shown of each state; None where that cannot be told.
        tells: Whether the info of a step holds the state, the events and the ledger of a finite environment.
        mean_paid: The mean over the steps of a policy that acts at random, of ``[B]`` amounts.
    """

    steps: Transitions
    n_states: int
    paid: NDArray[np.float64]
    lines: Mapping[str, NDArray[np.float64]]
    observations: NDArray[Any] | None
    tells: bool
    mean_paid: Callable[[NDArray[np.float64]], float]

    def after(self, amounts: LayerAmounts, observations: NDArray[Any] | None) -> PaidSteps:
        """The same after one more wrapper."""
        lines = dict(self.lines)
        if amounts.line:
            lines[amounts.line] = lines.get(amounts.line, 0.0) + (amounts.paid - self.paid)
        return replace(self, paid=amounts.paid, lines=lines, observations=observations)


@final
@dataclass(frozen=True, slots=True)
class LayerAmounts:
    """What one wrapper makes of it.

    Attributes:
        paid: ``[B]`` what comes out.
        line: Under which name of the ledger the difference stands; empty if the wrapper hands rewards on as they came.
        notes: What had to be assumed.
    """

    paid: NDArray[np.float64]
    line: str = ""
    notes: tuple[str, ...] = ()


def layer_amounts(layer: StackLayer, before: PaidSteps) -> LayerAmounts:
    """Read what a wrapper makes of rewards.

    Args:
        layer: The wrapper.
        before: What comes in.

    Raises:
        BadInput: It cannot be read, or it reads what is not there.
    """
    role, place = layer.layer.role, layer.layer.place
    problem = unread_layer(layer)
    if problem is not None:
        raise BadInput(problem)
    if role not in CHANGES_REWARDS:
        return LayerAmounts(before.paid)
    try:
        if role == "shaping":
            return _shaped(layer.wrapper, before)
        if role == "bonus":
            return _amended(layer, before) if layer.kind == "AmendedTerms" else _with_bonus(layer.wrapper, before)
        if role == "clip":
            return LayerAmounts(reward_map(layer)(before.paid), CLIP_LINE)
        if role == "transform":
            return LayerAmounts(_repeatable(reward_map(layer), before.paid, place), TRANSFORM_LINE)
        return _scaled(layer, before)
    except BadInput:
        raise
    except Exception as fault:
        # What a wrapper was given to ask, a potential or a function, is a stranger's and may fail in any way.
        got = f"{type(fault).__name__}: {fault}"
        raise BadInput(Problem(place, got, "a finite number for every step that can happen")) from fault


def unread_layer(layer: StackLayer) -> Problem | None:
    """Why a wrapper cannot be read; None if it can."""
    wrapper, place = layer.wrapper, layer.layer.place
    step = getattr(type(wrapper), "step", None)
    if layer.layer.role in CHANGES_REWARDS:
        foreign = isinstance(wrapper, gym.RewardWrapper | VectorRewardWrapper)
        if layer.is_known or (foreign and step in (gym.RewardWrapper.step, VectorRewardWrapper.step)):
            return None
    elif (layer.is_known and layer.kind in _HANDS_ON_REWARDS) or step in _PLAIN_STEPS or _renames_actions(wrapper):
        return None
    fix = (
        "use PotentialShaping, UnsafeBonus or RewardTransform of rewardlab for what it adds, or audit what it pays as "
        "an array"
    )
    return Problem(
        place, "a step of its own, which may change rewards, actions or dynamics", "a wrapper that can be read", fix
    )


def _renames_actions(wrapper: Any) -> bool:
    """Whether all that it does to actions is to give them other numbers, so that policies are the same ones."""
    if not isinstance(wrapper, gym.wrappers.TransformAction) or type(wrapper).step is not gym.ActionWrapper.step:
        return False
    outside, inside = wrapper.action_space, wrapper.env.action_space
    if not isinstance(outside, gym.spaces.Discrete) or not isinstance(inside, gym.spaces.Discrete):
        return type(outside) is type(inside)
    named = range(int(outside.start), int(outside.start + outside.n))
    meant = range(int(inside.start), int(inside.start + inside.n))
    return sorted(int(wrapper.func(action)) for action in named) == list(meant)


def observations_after(layer: StackLayer, observations: NDArray[Any] | None) -> NDArray[Any] | None:
    """What a wrapper outside of this one is shown of each state; None where that cannot be told."""
    if observations is None or layer.layer.role in CHANGES_REWARDS:
        return observations
    if isinstance(layer.wrapper, gym.wrappers.TransformObservation):
        return np.stack([np.asarray(layer.wrapper.func(one)) for one in observations])
    if layer.is_known and layer.kind in _HANDS_ON_OBSERVATIONS:
        return observations
    plain = getattr(type(layer.wrapper), "step", None) in (gym.Wrapper.step, VectorWrapper.step)
    return observations if plain or _renames_actions(layer.wrapper) else None


def reward_map(layer: StackLayer) -> RewardMap:
    """The function from rewards to rewards that a clip or a transform applies, ``[B]`` to ``[B]``."""
    wrapper = layer.wrapper
    if layer.kind == "VecNormalize":
        return lambda paid: clipped(paid, -wrapper.clip_reward, wrapper.clip_reward)
    if layer.kind == "RewardClipping":
        return lambda paid: clipped(paid, wrapper.min_reward, wrapper.max_reward)
    return _transform(layer)


def _shaped(wrapper: Any, before: PaidSteps) -> LayerAmounts:
    potential, steps = wrapper.potential, before.steps
    seen = _places(potential.reads, f"potential {potential.name!r}", before)
    # Only where a step begins: terminal states count as 0, and a potential may be undefined there.
    asked = np.unique(np.concatenate([steps.state, steps.next_state[~steps.terminated]]))
    values = np.zeros(len(seen))
    batch = seen[asked]
    values[asked] = potential.finite(potential.at(batch, np.zeros(len(asked), dtype=np.int64)), batch)
    added = shaping(values[steps.state], values[steps.next_state], steps.terminated, wrapper.shaping_gamma)
    notes = (f"potential {potential.name!r} changes in time; taken as at step 0 of the training",)
    return LayerAmounts(before.paid + added, SHAPING_LINE, notes if isinstance(potential, ScheduledPotential) else ())


def _with_bonus(wrapper: Any, before: PaidSteps) -> LayerAmounts:
    bonus: Bonus = wrapper.bonus
    steps, size = before.steps, len(before.steps)
    if bonus.reads == "events":
        missing = [name for name in bonus.reads_events if not before.tells or name not in steps.events]
        if missing:
            where = f"info['events'][{missing[0]!r}]"
            raise BadInput(Problem(where, "nothing", f"what bonus {bonus.name!r} reads"))
        added = bonus.of_events({name: steps.events[name] for name in bonus.reads_events}, size)
    else:
        seen = _places(bonus.reads, f"bonus {bonus.name!r}", before)
        added = bonus.of_places(seen[steps.state], seen[steps.next_state])
    return LayerAmounts(before.paid + added, BONUS_LINE)


def _amended(layer: StackLayer, before: PaidSteps) -> LayerAmounts:
    events = before.steps.events if before.tells else {}
    lines = before.lines if before.tells else {}
    return LayerAmounts(before.paid + amendment(lines, events, **layer.wrapper.amendments), AMENDED_LINE)


def _scaled(layer: StackLayer, before: PaidSteps) -> LayerAmounts:
    wrapper, centre, notes = layer.wrapper, 0.0, []
    running = getattr(wrapper, "running_scale", None)
    if running is not None:
        scale = running.scale
        if running.subtract_mean and running.returns.count >= running.warm_up:
            centre = running.rewards.mean
        elif running.subtract_mean:
            centre = before.mean_paid(before.paid)
            notes = [f"the mean is not known yet; taken as {centre:.4g}, that of a policy that acts at random"]
    else:
        statistics = wrapper.ret_rms if layer.kind == "VecNormalize" else wrapper.return_rms
        scale = float(np.sqrt(statistics.var + wrapper.epsilon))
    notes.append(f"a running scale, taken as it stands now, 1/{scale:.4g}: while it stands still it changes no order")
    return LayerAmounts((before.paid - centre) / scale, SCALE_LINE, tuple(notes))


def _places(reads: str, what: str, before: PaidSteps) -> NDArray[Any]:
    """What a function of states or observations is shown of each state, ``[S, ...]``."""
    if reads == "state":
        if not before.tells:
            raise BadInput(Problem("info['state']", "nothing", f"the state, which {what} reads"))
        return np.arange(before.n_states)
    if before.observations is None:
        fix = "let it read the state, or put what changes observations outside of it"
        raise BadInput(Problem("observations", "changed on the way", f"those of the states, which {what} reads", fix))
    return before.observations


def _transform(layer: StackLayer) -> RewardMap:
    """The function of a transform. One for a single environment is asked reward by reward, as it would be."""
    wrapper = layer.wrapper
    if layer.kind == "RewardTransform":
        return lambda paid: transformed(wrapper.function, paid)
    inner = getattr(wrapper, "wrapper", None)  # Gymnasium's vector form of a scalar wrapper
    if layer.is_known and inner is not None:
        return _one_by_one(inner.func)
    if layer.is_known:
        function: Callable[[Any], Any] = wrapper.func
        return function if layer.is_of_vector else _one_by_one(function)
    alone = _alone(wrapper)
    return alone.rewards if layer.is_of_vector else _one_by_one(alone.reward)


def _one_by_one(function: Callable[[Any], Any]) -> RewardMap:
    def each(paid: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.array([float(function(amount)) for amount in paid.tolist()])

    return each


def _alone(wrapper: Any) -> Any:
    """A copy of a stranger's wrapper round nothing: the original is not touched, and it cannot look inside."""
    alone = copy.copy(wrapper)
    for name, value in vars(wrapper).items():
        setattr(alone, name, gym.Env() if name == "env" else copy.deepcopy(value))
    return alone


def _repeatable(function: RewardMap, paid: NDArray[np.float64], place: str) -> NDArray[np.float64]:
    """Apply a function to each different reward, and refuse one that gives another answer when asked again.

    Raises:
        BadInput: It does, or it fails.
    """
    amounts, rows = np.unique(paid, return_inverse=True)
    fix = "a function of the reward alone can be read; for anything else audit what it pays as an array"
    try:
        first = np.asarray(function(amounts.copy()), dtype=np.float64)
        again = np.asarray(function(amounts[::-1].copy()), dtype=np.float64)[::-1]
    except Exception as fault:
        got = f"{type(fault).__name__}: {fault}"
        raise BadInput(Problem(place, got, "a function of the reward alone", fix)) from fault
    if first.shape != amounts.shape or not np.array_equal(first, again):
        raise BadInput(Problem(place, "other amounts when asked again", "a function of the reward alone", fix))
    if not np.isfinite(first).all():
        raise BadInput(Problem(place, "NaN or an infinity", "a finite number for each reward"))
    return first[rows]
