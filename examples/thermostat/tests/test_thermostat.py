"""What the author of the thermostat wants to hold."""

from __future__ import annotations

from collections.abc import Callable

import gymnasium as gym
import numpy as np
import pytest

import rewardlab
from rewardlab.testing import assert_conforms
from thermostat import room

THERMOSTAT = "thermostat:thermostat/Thermostat-v0"


def test_it_keeps_what_the_lab_relies_on() -> None:
    assert_conforms(THERMOSTAT)


def test_paid_for_the_sensor_a_perfect_agent_warms_the_sensor() -> None:
    answer = rewardlab.audit(room(), "sensor", gamma=0.95)
    assert not answer.safe
    assert any("warms_the_sensor" in shown.exploits for shown in answer.finding("exploit").trajectories)


@pytest.mark.parametrize("shaping", [None, "nearness"])
def test_where_a_lit_lamp_voids_the_reading_it_is_safe(shaping: str | None) -> None:
    assert rewardlab.audit(room(), "sensor_in_the_dark", gamma=0.95, shaping=shaping).safe


def test_shaping_does_not_mend_the_sensor() -> None:
    assert not rewardlab.audit(room(), "sensor", gamma=0.95, shaping="nearness").safe


def test_the_detector_sees_the_lamp_and_not_honest_heating() -> None:
    exploit = room().catalogue.rewards["sensor"].exploit
    assert exploit is not None
    lamp, paid, objective = _play(lambda step, degrees: "lamp" if step == 0 else "wait")
    assert (paid, objective) == (60.0, 0.0)
    assert exploit.detect(lamp)
    honest, paid, objective = _play(lambda step, degrees: "heat" if degrees < 20 else "wait")
    assert paid == objective > 40.0
    assert not exploit.detect(honest)


def _play(choose: Callable[[int, int], str]) -> tuple[rewardlab.Transitions, float, float]:
    """An episode that is paid by the sensor, by step and degrees of the room; what was paid and what was achieved."""
    env = gym.make(THERMOSTAT, reward="sensor")
    _, info = env.reset(seed=0)
    paid = objective = 0.0
    steps = []
    for step in range(60):
        state = info["state"]
        action = room().action_names.index(choose(step, 15 + state // 2))
        _, reward, terminated, _, info = env.step(action)
        paid, objective = paid + float(reward), objective + info["objective"]
        events = {name: np.array([amount]) for name, amount in info["events"].items()}
        before, taken, after, ended = (np.array([value]) for value in (state, action, info["state"], terminated))
        steps.append(rewardlab.Transitions(before, taken, after, ended, events))
    return rewardlab.Transitions.concatenate(steps), paid, objective
