"""What every reward wrapper must do, as checks that a right one passes and a broken one does not.

Each check plays random scripts through the scalar wrapper and through the vector wrapper in all three autoreset modes,
and compares with a reference that is computed from the scripts in plain loops.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import numpy as np
from gymnasium.vector import AutoresetMode

from rewardlab.rewards import Bonus, Potential, ScheduledPotential
from tests.wrappers.played import TERMINAL, Happened, Stream, Wrap, happened, play_scalar, play_vector, random_stream
from tests.wrappers.scripted_env import ScriptedEnv

GAMMA = 0.9
TABLE = np.append(np.random.default_rng(0).normal(scale=50, size=TERMINAL), np.nan)
BY_STATE = Potential("by_state", TABLE.take, "state")
BY_OBSERVATION = Potential("by_observation", lambda seen: TABLE[seen[:, 0].astype(int)], "observation")
SCHEDULED = ScheduledPotential("later is more", lambda states, times: TABLE[states] * (1.0 + times), "state")
PLACES = np.random.default_rng(1).normal(scale=5, size=TERMINAL + 1)


@dataclass(frozen=True)
class Case:
    """One wrapper with its arguments, and what it should pay.

    Attributes:
        name: For messages.
        scalar: The wrapper for one environment.
        vector: The same for a vector.
        reference: ``[T, N]`` rewards expected.
        line: The ledger line in which the difference must stand; None if the wrapper changes no reward.
    """

    name: str
    scalar: Wrap
    vector: Wrap
    reference: Callable[[Happened], np.ndarray]
    line: str | None


def cases(classes: Any) -> list[Case]:
    """The cases for some classes, named as in `rewardlab.wrappers`; those that are not there are left out."""
    found = []

    def add(name: str, wrapper: str, *arguments: Any, reference: Any, line: str | None, **keywords: Any) -> None:
        scalar, vector = getattr(classes, wrapper, None), getattr(classes, f"Vector{wrapper}", None)
        if scalar is not None and vector is not None:
            wraps = (lambda env, made=made: made(env, *arguments, **keywords) for made in (scalar, vector))
            found.append(Case(name, *wraps, reference, line))

    for low, high in ((-3.0, 4.0), (1.0, None), (None, -1.0)):
        add(f"clip {low} {high}", "RewardClipping", low, high, reference=clips(low, high), line="clip")
    if hasattr(classes, "RewardClipping"):
        scalar, vector = (
            lambda env, clip=clip: clip(clip(env, -8.0, 8.0), -3.0, 4.0)
            for clip in (classes.RewardClipping, classes.VectorRewardClipping)
        )
        found.append(Case("clip twice", scalar, vector, clips(-3.0, 4.0), "clip"))
    add("transform", "RewardTransform", lambda r: 2 * r + 1, reference=doubles_and_adds_one, line="transform")
    for potential in (BY_STATE, BY_OBSERVATION):
        add(potential.name, "PotentialShaping", potential, gamma=GAMMA, reference=shapes, line="shaping")
    add("scheduled", "PotentialShaping", SCHEDULED, gamma=GAMMA, reference=shapes_in_time, line="shaping")
    weights = Bonus.from_event_weights({"odd": 7.0})
    add("bonus of events", "UnsafeBonus", weights, reference=pays_odd_states, line="bonus")
    for reads in ("state", "observation"):
        bonus = Bonus.from_potential(Potential("places", _places, reads), weight=2.0)
        add(f"bonus of {reads}", "UnsafeBonus", bonus, reference=pays_places, line="bonus")
    for settings in ({"warm_up": 1}, {"warm_up": 9}, {"warm_up": 3, "subtract_mean": True}):
        reference = scales(**settings)
        add(f"scale {settings}", "ReturnScaling", gamma=GAMMA, reference=reference, line="scale", **settings)
    add("ledger", "Ledger", reference=lambda past: past.reward, line=None)
    return found


def check(case: Case, *, seed: int = 0, width: int = 12, steps: int = 14) -> None:
    """The scalar wrapper and the vector wrapper in every mode pay as the reference does, and account for it."""
    rng = np.random.default_rng(seed)
    for mode in (None, *AutoresetMode):
        count = 1 if mode is None else width
        streams = [random_stream(rng, steps) for _ in range(count)]
        abandon = (rng.random((steps, count)) < 0.1) & (mode in (None, AutoresetMode.DISABLED))
        past = happened(streams, mode, abandon)
        if mode is None:
            seen = play_scalar(streams[0], case.scalar, abandon[:, 0])
        else:
            seen = play_vector(streams, case.vector, mode, abandon)
        expected = case.reference(past)
        np.testing.assert_allclose(seen.reward, expected, rtol=1e-11, atol=1e-11, err_msg=f"{case.name} {mode}")
        _check_lines(case, past, seen.lines, expected)


def _check_lines(case: Case, past: Happened, lines: dict[str, np.ndarray], expected: np.ndarray) -> None:
    assert lines, "there is no ledger"
    total = np.sum([*lines.values()], axis=0)
    assert not np.isnan(total[past.paid]).any(), "a paid row lacks a line"
    np.testing.assert_allclose(total[past.paid], expected[past.paid], atol=1e-9, err_msg="the ledger does not add up")
    assert lines["environment"][past.paid].tolist() == past.reward[past.paid].tolist()
    if case.line is not None:
        added = (expected - past.reward)[past.paid]
        np.testing.assert_allclose(lines[case.line][past.paid], added, atol=1e-9, err_msg=f"line {case.line}")


def check_scale(classes: Any, *, seed: int = 0, width: int = 6, steps: int = 14) -> None:
    """What only a running scale must do: freeze, refuse, save and go on, keep accumulators of its own."""
    rng = np.random.default_rng(seed)
    for mode in AutoresetMode:
        streams = [random_stream(rng, 2 * steps) for _ in range(width)]
        abandon = (rng.random((steps, width)) < 0.1) & (mode is AutoresetMode.DISABLED)

        def wrap(env: Any) -> Any:
            return classes.VectorReturnScaling(env, gamma=GAMMA, warm_up=4)

        kept: list[np.ndarray] = []
        seen = play_vector(
            streams, wrap, mode, abandon, lambda env, into=kept: into.append(env.running_scale.accumulators.copy())
        )
        past = happened(streams, mode, abandon)
        before = accumulators(past) * ~past.ended  # as they stand when the step is over, before any masked reset
        np.testing.assert_allclose(np.array(kept), before, rtol=1e-12, atol=1e-12)
        _check_saving(seen.env, wrap, rng)
        _check_freezing(seen.env)
    _check_zero_at_endings(classes, random_stream(rng, steps))


def _check_saving(env: Any, wrap: Wrap, rng: np.random.Generator) -> None:
    state = json.loads(json.dumps(env.state_dict()))
    twin = wrap(env.env)
    twin.load_state_dict(state, frozen=False)
    assert twin.state_dict() == env.state_dict()
    assert twin.running_scale.scale == env.running_scale.scale
    assert twin.running_scale.accumulators.tolist() == env.running_scale.accumulators.tolist()
    twin.load_state_dict(state, frozen=True)
    assert twin.frozen, "the mode is said when loading, not taken from the state"
    assert not env.frozen


def _check_zero_at_endings(classes: Any, stream: Stream) -> None:
    env = classes.ReturnScaling(ScriptedEnv(stream), gamma=GAMMA)
    for episode in stream:
        env.reset()
        for _ in episode.steps:
            env.step(0)
        assert env.running_scale.accumulators[0] == 0.0, "an ending leaks, should nobody reset"


def _check_freezing(env: Any) -> None:
    env.frozen = True
    before = (env.running_scale.returns, env.running_scale.scale)
    env.reset()
    for _ in range(3):
        env.step(np.zeros(env.num_envs, dtype=np.int64))
        if env.metadata["autoreset_mode"] is AutoresetMode.DISABLED:
            env.reset()
    assert (env.running_scale.returns, env.running_scale.scale) == before
    env.frozen = False


def battery(classes: Any) -> None:
    """All checks that apply to the classes at hand.

    Raises:
        AssertionError: A wrapper is broken.
    """
    found = cases(classes)
    assert found, "nothing to check"
    for case in found:
        check(case)
    if hasattr(classes, "VectorReturnScaling"):
        check_scale(classes)


def only(**classes: Any) -> SimpleNamespace:
    """Some classes under their names in `rewardlab.wrappers`."""
    return SimpleNamespace(**classes)


# The references: plain loops over what happened.


def clips(low: float | None, high: float | None) -> Callable[[Happened], np.ndarray]:
    def reference(past: Happened) -> np.ndarray:
        out = past.reward.copy()
        for place in zip(*np.nonzero(past.paid), strict=True):
            if low is not None and out[place] < low:
                out[place] = low
            if high is not None and out[place] > high:
                out[place] = high
        return out

    return reference


def doubles_and_adds_one(past: Happened) -> np.ndarray:
    return np.where(past.paid, 2 * past.reward + 1, 0.0)


def shapes(past: Happened) -> np.ndarray:
    out = past.reward.copy()
    for place in zip(*np.nonzero(past.paid), strict=True):
        after = 0.0 if past.terminated[place] else TABLE[past.reached[place]]
        out[place] += GAMMA * after - TABLE[past.now[place]]
    return out


def shapes_in_time(past: Happened) -> np.ndarray:
    """Each potential at the time of the visit; the clock of an environment counts its paid steps."""
    out = past.reward.copy()
    times = np.zeros(past.reward.shape[1], dtype=int)
    for step, index in np.ndindex(*past.reward.shape):
        place = step, index
        if not past.paid[place]:
            continue
        before, times[index] = times[index], times[index] + 1
        after = 0.0 if past.terminated[place] else TABLE[past.reached[place]] * (1.0 + times[index])
        out[place] += GAMMA * after - TABLE[past.now[place]] * (1.0 + before)
    return out


def pays_odd_states(past: Happened) -> np.ndarray:
    return past.reward + 7.0 * ((past.reached % 2 == 1) & past.paid)


def pays_places(past: Happened) -> np.ndarray:
    return past.reward + np.where(past.paid, 2.0 * (PLACES[past.reached] - PLACES[past.now]), 0.0)


def accumulators(past: Happened) -> np.ndarray:
    """``[T, N]`` the running returns, the reward of the step included."""
    out = np.zeros_like(past.reward)
    running = np.zeros(past.reward.shape[1])
    for step, index in np.ndindex(*past.reward.shape):
        if past.paid[step, index]:
            running[index] = GAMMA * running[index] + past.reward[step, index]
            out[step, index] = running[index]
        if past.restarted[step, index]:
            running[index] = 0.0
    return out


def scales(*, warm_up: int, subtract_mean: bool = False) -> Callable[[Happened], np.ndarray]:
    """One scale for all: the deviation of every paid accumulator so far, all environments together."""

    def reference(past: Happened) -> np.ndarray:
        running, out = accumulators(past), past.reward.copy()
        for step in range(len(out)):
            pooled = running[: step + 1][past.paid[: step + 1]]
            if len(pooled) < warm_up:
                continue
            spread = np.ptp(pooled) > 0
            deviation = np.sqrt(np.var(pooled) + 1e-8) if spread else 1.0
            centre = past.reward[: step + 1][past.paid[: step + 1]].mean() if subtract_mean else 0.0
            out[step] = np.where(past.paid[step], (past.reward[step] - centre) / deviation, 0.0)
        return out

    return reference


def _places(batch: np.ndarray) -> np.ndarray:
    return PLACES[np.asarray(batch).reshape(len(batch)).astype(int)]
