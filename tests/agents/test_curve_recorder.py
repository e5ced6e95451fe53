"""The learning curve: means over spans, worked out by hand, and the same whether or not it is broken off."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rewardlab.agents.curve_recorder import CurveRecorder


def episode(paid: float, objective: float = 0.0, length: int = 1, **ledger: float) -> dict[str, Any]:
    return {"r": paid, "objective": objective, "l": length, "ledger": ledger}


def test_a_point_is_the_mean_of_the_episodes_that_ended_in_its_span() -> None:
    told: list[int] = []
    recorder = CurveRecorder(100, told.append, spans=4)
    recorder.add(episode(1.0, 4.0, 10, environment=1.0))
    assert not recorder.span_ends(24)
    recorder.add(episode(3.0, 8.0, 20, environment=1.0, shaping=2.0))
    assert recorder.span_ends(25)
    recorder.close_span(25, evaluated=0.5)
    recorder.add(episode(7.0))
    assert not recorder.span_ends(49)
    recorder.close_span(51)
    first, second = recorder.points
    # A line that an episode does not have was 0 in it.
    assert first == {
        "steps": 25,
        "episodes": 2,
        "paid": 2.0,
        "objective": 6.0,
        "length": 15.0,
        "ledger": {"environment": 1.0, "shaping": 1.0},
        "evaluated": 0.5,
    }
    assert (second["steps"], second["episodes"], second["paid"]) == (51, 1, 7.0)
    assert told == [25, 51]


def test_a_span_without_the_end_of_an_episode_is_left_out_and_still_told_of() -> None:
    told: list[int] = []
    recorder = CurveRecorder(100, told.append, spans=4)
    recorder.close_span(25, evaluated=0.5)
    assert (recorder.points, told) == ([], [25])
    assert not recorder.span_ends(49)


@pytest.mark.parametrize(("budget", "first_end"), [(100, 2), (40, 1), (3, 1)])
def test_there_are_forty_spans_and_no_span_is_shorter_than_a_step(budget: int, first_end: int) -> None:
    recorder = CurveRecorder(budget, lambda steps: None)
    assert [recorder.span_ends(steps) for steps in (first_end - 1, first_end)] == [False, True]


def play(recorder: CurveRecorder, first: int, rewards: list[float | None]) -> None:
    for steps, reward in enumerate(rewards, start=first):
        if reward is not None:
            recorder.add(episode(reward, shaping=reward))
        if recorder.span_ends(steps):
            recorder.close_span(steps)


@settings(max_examples=30)
@given(st.lists(st.none() | st.floats(-9, 9), min_size=1, max_size=40), st.integers(0, 40))
def test_broken_off_anywhere_it_goes_on_as_if_it_had_not_been(rewards: list[float | None], stop: int) -> None:
    whole, before, after = (CurveRecorder(40, lambda steps: None, spans=10) for _ in range(3))
    play(whole, 1, rewards)
    play(before, 1, rewards[:stop])
    state = before.snapshot()
    kept = copy.deepcopy(state)
    after.restore(state)
    play(after, 1 + len(rewards[:stop]), rewards[stop:])
    for recorder in (whole, after):
        recorder.close_span(41)
    assert after.points == whole.points
    # Neither of the two writes into what was kept.
    play(before, 1 + len(rewards[:stop]), rewards[stop:])
    assert state == kept
