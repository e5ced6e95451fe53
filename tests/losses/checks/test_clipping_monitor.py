"""Clipping that counts: as torch clips, and how often and by how much."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from rewardlab.errors import BadInput
from rewardlab.losses.checks import ClippingMonitor
from rewardlab.losses.checks.clipping_monitor import clipping_finding

SIZES = st.floats(-1e3, 1e3, width=32)


def with_gradients(*gradients: list[float]) -> list[torch.nn.Parameter]:
    parameters = [torch.nn.Parameter(torch.zeros(len(each))) for each in gradients]
    for parameter, each in zip(parameters, gradients, strict=True):
        parameter.grad = torch.tensor(each)
    return parameters


@given(st.lists(st.lists(SIZES, min_size=1, max_size=4), min_size=1, max_size=4), st.floats(1e-3, 1e3))
@settings(max_examples=50, deadline=None)
def test_it_clips_as_torch_does(gradients: list[list[float]], limit: float) -> None:
    ours, theirs = with_gradients(*gradients), with_gradients(*gradients)
    norm = ClippingMonitor(limit).clip(ours)
    assert norm == pytest.approx(float(torch.nn.utils.clip_grad_norm_(theirs, limit)))
    for mine, other in zip(ours, theirs, strict=True):
        torch.testing.assert_close(mine.grad, other.grad, rtol=1e-5, atol=1e-5)


def test_it_counts_the_steps_at_which_it_fired() -> None:
    monitor = ClippingMonitor(5.0)
    for scale in (0.1, 1.0, 2.0, 10.0):
        monitor.clip(with_gradients([3.0 * scale], [4.0 * scale]))
    # Norms 0.5, 5, 10 and 50; 5 is the limit, and not above it.
    assert monitor.norms == pytest.approx([0.5, 5.0, 10.0, 50.0])
    assert (monitor.steps, monitor.fired) == (4, 2)
    assert monitor.largest_ratio == pytest.approx(10.0)
    assert monitor.finding().saw.startswith("at 2 of 4 steps (50%)")
    assert monitor.finding().level == "fine"


def test_spikes_are_fine_and_a_limit_that_decides_every_step_is_not() -> None:
    assert clipping_finding([0.1] * 19 + [1e6], 1.0).level == "fine"
    assert clipping_finding([2.0] * 20, 1.0).level == "fine"
    assert clipping_finding([20.0] * 20, 1.0).level == "caution"
    assert clipping_finding([20.0] * 9 + [0.1] * 11, 1.0).level == "fine"
    assert clipping_finding([], 1.0).level == "not asked"


def test_a_gradient_that_is_no_number_is_counted_and_left_alone() -> None:
    parameters = with_gradients([math.nan, 3.0], [1.0])
    monitor = ClippingMonitor(1.0)
    assert math.isnan(monitor.clip(parameters))
    assert monitor.fired == 1
    assert parameters[1].grad is not None
    assert parameters[1].grad.item() == 1.0


@pytest.mark.parametrize("strange", [math.nan, math.inf])
@pytest.mark.parametrize("at", [0, 1, 2])
def test_a_norm_that_is_no_number_is_told_wherever_it_stands(at: int, strange: float) -> None:
    monitor = ClippingMonitor(10.0)
    monitor.norms = [2.0, 3.0]
    monitor.norms.insert(at, strange)
    found = monitor.finding()
    assert (found.level, monitor.largest_ratio) == ("fault", math.inf)
    assert found.saw == "at 1 of 3 steps (33%); limit 10, median norm 3, largest inf; 1 are not finite"


@pytest.mark.parametrize("limit", [0.0, -1.0, math.nan, "1", None, True])
def test_a_limit_that_is_none_is_refused(limit: float) -> None:
    with pytest.raises(BadInput, match="expected a number above 0"):
        ClippingMonitor(limit)
