"""A number is spoilt in a training: whatever it is, wherever and whenever, the training ends there and says so."""

from __future__ import annotations

import itertools
import json
from typing import Any

import numpy as np
import pytest

from tests.agents.guards.spoilt_training import (
    BUDGET_STEPS,
    IN_ENVIRONMENT,
    IN_UPDATE,
    NUM_ENVS,
    ROLLOUT_STEPS,
    spoil_update,
    spoilt_run,
    trained,
)

VALUES = (np.nan, np.inf, -np.inf, 1e30)
STEPS = (1, 50, 60)
"""Of one environment; the last is the last of the training."""
LAYERS = {"potential": "shaping", "reward": "environment", "objective": "environment"}
ALGORITHMS = tuple(ROLLOUT_STEPS)
# Each algorithm, place, value and step at least twice; all of them together are slow.
SAMPLE = [
    ("ppo", "reward", np.nan, 1),
    ("a2c", "reward", 1e30, 60),
    ("dqn", "observation", np.inf, 50),
    ("maskable_ppo", "observation", -np.inf, 60),
    ("dqn", "potential", np.nan, 60),
    ("ppo", "potential", 1e30, 50),
    ("a2c", "bonus", -np.inf, 1),
    ("dqn", "objective", 1e30, 50),
    ("ppo", "loss", 1e30, 60),
    ("dqn", "loss", np.nan, 60),
    ("a2c", "gradient", 1e30, 60),
    ("dqn", "gradient", -np.inf, 1),
    ("maskable_ppo", "gradient", np.nan, 50),
    ("dqn", "weight", np.nan, 60),
    ("ppo", "weight", 1e30, 60),
    ("a2c", "weight", np.inf, 1),
]


def check_caught(algorithm: str, place: str, value: float, step: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Caught within one update, named, with its last steps, and with nothing that could be taken for a result."""
    steps = NUM_ENVS * step
    done = spoil_update(monkeypatch, place, value, steps) if place in IN_UPDATE else []
    result = trained(spoilt_run(algorithm, place, value, step))
    assert [*result] == ["diverged"]
    told = result["diverged"]
    assert json.loads(json.dumps(told, allow_nan=False)) == told
    assert told["message"].startswith(f"diverged: step {told['step']}")
    assert "\n" not in told["message"]
    if place in IN_ENVIRONMENT:
        assert told["step"] == step
        check_last_steps(told, place, step)
    else:
        assert len(done) == 1
        assert done[0] <= told["step"] <= done[0] + ROLLOUT_STEPS[algorithm]
        # A spoilt loss is seen by its gradient, and a spoilt weight by the next update's if that comes first.
        assert told["layer"] in (place, "gradient")
        assert told["last_steps"][-1]["step"] == told["step"] // NUM_ENVS


def check_last_steps(told: dict[str, Any], place: str, step: int) -> None:
    """They end with the step, in the environment that was spoilt; of a layer that refused by itself, before it."""
    if told["environment"] is None:
        assert place in ("potential", "bonus")
        last = step - 1
    else:
        assert told["environment"] == NUM_ENVS - 1
        assert told["layer"] == LAYERS.get(place, place)
        last = step
    assert [each["step"] for each in told["last_steps"]] == [*range(max(1, last - 9), last + 1)]


@pytest.mark.parametrize(("algorithm", "place", "value", "step"), SAMPLE)
def test_a_spoilt_number_ends_the_training(
    algorithm: str, place: str, value: float, step: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    check_caught(algorithm, place, value, step, monkeypatch)


@pytest.mark.slow
@pytest.mark.parametrize("algorithm", ALGORITHMS)
@pytest.mark.parametrize("place", [*IN_ENVIRONMENT, *IN_UPDATE])
def test_every_spoilt_number_ends_the_training(algorithm: str, place: str) -> None:
    for value, step in itertools.product(VALUES, STEPS):
        with pytest.MonkeyPatch.context() as monkeypatch:
            check_caught(algorithm, place, value, step, monkeypatch)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_loss_that_is_spoilt_and_has_a_sound_gradient_is_seen(
    algorithm: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = spoil_update(monkeypatch, "loss", np.nan, BUDGET_STEPS, constant=True)
    told = trained(spoilt_run(algorithm, "", 0.0, 0))["diverged"]
    assert (told["layer"], told["step"], done) == ("loss", BUDGET_STEPS, [BUDGET_STEPS])


@pytest.mark.parametrize("place", ["reward", "observation", "objective"])
@pytest.mark.parametrize("value", VALUES)
def test_a_number_that_is_spoilt_in_the_evaluation_is_seen(place: str, value: float) -> None:
    told = trained(spoilt_run("a2c", place, value, 3, during="evaluation"))["diverged"]
    assert told["message"].startswith("diverged: evaluation")


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_sound_training_ends_with_a_result(algorithm: str) -> None:
    assert {"steps", "weights", "evaluation"} <= {*trained(spoilt_run(algorithm, "", 0.0, 0))}
