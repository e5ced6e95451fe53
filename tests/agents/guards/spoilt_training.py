"""Trainings in which one number is spoilt on purpose: at a place, at a step, to a value."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gymnasium as gym
import numpy as np
import pytest
import torch

from rewardlab.agents import TrainingJob, TrainingRun, make_agent, sb3_training, train_job
from rewardlab.rewards import Catalogue, Potential, Reward

NUM_ENVS = 2
BUDGET_STEPS = 120
"""60 steps of both environments."""
ROLLOUT_STEPS = {"a2c": 10, "dqn": 8, "maskable_ppo": 20, "ppo": 20}
"""Of all environments, between two updates."""
SETTINGS: dict[str, dict[str, Any]] = {
    "a2c": {"gamma": 0.9, "n_steps": 5},
    "dqn": {"gamma": 0.9, "learning_starts": 0, "train_freq": 4, "batch_size": 8},
    "maskable_ppo": {"gamma": 0.9, "n_steps": 10, "batch_size": 20, "n_epochs": 1},
    "ppo": {"gamma": 0.9, "n_steps": 10, "batch_size": 20, "n_epochs": 1},
}
WRAPPERS: dict[str, tuple[dict[str, Any], ...]] = {
    "potential": ({"kind": "potential_shaping", "potential": "spoilt"},),
    "bonus": ({"kind": "bonus", "events": {"spoilt": 1.0}},),
}
IN_ENVIRONMENT = ("reward", "observation", "objective", "potential", "bonus")
IN_UPDATE = ("loss", "gradient", "weight")

_TRAINED, _EVALUATED = 1_000, 2_000
_STEP_SIZE = 0.125  # exact in float32, so that a potential can read the step


class _Line(gym.Env):
    """Episodes of seven steps. The last of the environments that are trained in goes wrong once, at a step of its life.

    Seeds tell it where it is: training environments are seeded from 1,000 on, those of the evaluation from 2,000.
    """

    observation_space = gym.spaces.Box(-np.inf, np.inf, (2,), np.float32)
    action_space = gym.spaces.Discrete(2)
    metadata = {"render_modes": []}  # noqa: RUF012 - Gymnasium declares it so
    spoilt_at, spoilt_to = 0.0, 0.0

    @classmethod
    def potential_at(cls, observations: np.ndarray) -> np.ndarray:
        return np.where(observations[:, 0] == cls.spoilt_at, cls.spoilt_to, 0.0)

    def __init__(
        self, place: str = "", step: int = 0, to: str = "nan", during: str = "training", reward: str = "moved", **_: Any
    ) -> None:
        self.place, self.step_wanted, self.to, self.during = place, step, float(to), during
        self.catalogue = Catalogue(
            {reward: Reward.from_event_weights({"moved": 1.0}, name=reward)},
            reward,
            ("moved", "spoilt"),
            potentials={"spoilt": Potential("spoilt", _Line.potential_at, reads="observation")},
        )
        self.lived, self.is_it, self.steps = 0, False, 0
        if place == "potential":
            _Line.spoilt_at, _Line.spoilt_to = _STEP_SIZE * step, self.to

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> Any:
        super().reset(seed=seed)
        if seed is not None:
            first = _TRAINED if self.during == "training" else _EVALUATED
            self.is_it = seed == first + NUM_ENVS - 1
        self.steps = 0
        return self._observation(False), {}

    def step(self, action: Any) -> Any:
        self.steps += 1
        self.lived += 1
        now = self.is_it and self.lived == self.step_wanted
        paid = float(action)
        info = {"objective": paid, "events": {"moved": paid, "spoilt": 0.0}}
        if now and self.place == "objective":
            info["objective"] = self.to
        if now and self.place == "bonus":
            info["events"]["spoilt"] = self.to
        reward = self.to if now and self.place == "reward" else paid
        return self._observation(now and self.place == "observation"), reward, self.steps == 7, False, info

    def action_masks(self) -> np.ndarray:
        return np.ones(2, dtype=np.bool_)

    def _observation(self, is_spoilt: bool) -> np.ndarray:
        lived = self.lived if self.is_it else 0
        return np.array([_STEP_SIZE * lived, self.to if is_spoilt else 0.0], dtype=np.float32)


SPOILT = f"{__name__}:SpoiltLine-v0"

gym.register("SpoiltLine-v0", entry_point=_Line, disable_env_checker=True)


def spoilt_run(algorithm: str, place: str, value: float, step: int, during: str = "training") -> TrainingRun:
    """A run whose environment goes wrong at a step; at none if the place is no place of an environment."""
    return TrainingRun(
        environment_id=SPOILT,
        environment_settings={"place": place, "step": step, "to": str(value), "during": during},
        reward="moved",
        wrappers=WRAPPERS.get(place, ()),
        algorithm=algorithm,
        algorithm_settings=SETTINGS[algorithm],
        num_envs=NUM_ENVS,
        budget_steps=BUDGET_STEPS,
        evaluation_episodes=NUM_ENVS,
        environment_seed=_TRAINED,
        evaluation_seed=_EVALUATED,
        replay_seed=3_000,
        learner_seed=0,
        probe_episodes=1,
    )


def trained(run: TrainingRun) -> dict[str, Any]:
    """What an engine would be given back."""
    return train_job(TrainingJob(run), lambda steps: None)


def spoil_update(
    monkeypatch: pytest.MonkeyPatch, place: str, value: float, step: int, *, constant: bool = False
) -> list[int]:
    """Spoil the first update after a step, once, in every agent that is made from now on.

    Args:
        monkeypatch: Takes it back.
        place: One of `IN_UPDATE`.
        value: What to spoil it to.
        step: Of all environments.
        constant: Whether a loss is spoilt by a summand, which leaves its gradient alone, instead of a factor.

    Returns:
        The step at which it was done, once it has been.
    """
    done: list[int] = []

    def due(agent: Any) -> bool:
        if done or agent.num_timesteps < step:
            return False
        done.append(int(agent.num_timesteps))
        return True

    def make(*arguments: Any, **keywords: Any) -> Any:
        agent = make_agent(*arguments, **keywords)
        if place == "loss":
            for name in ("mse_loss", "smooth_l1_loss"):
                _spoil_loss(monkeypatch, name, lambda: due(agent), value, constant)
        elif place == "gradient":
            first = next(agent.policy.parameters())

            def spoil(parameter: torch.Tensor) -> None:
                if due(agent):
                    assert parameter.grad is not None
                    parameter.grad.view(-1)[0] = value

            first.register_post_accumulate_grad_hook(spoil)
        elif place == "weight":

            def after(*_: Any) -> None:
                if due(agent):
                    with torch.no_grad():
                        next(agent.policy.parameters()).view(-1)[0] = value

            agent.policy.optimizer.register_step_post_hook(after)
        return agent

    monkeypatch.setattr(sb3_training, "make_agent", make)
    return done


def _spoil_loss(
    monkeypatch: pytest.MonkeyPatch, name: str, due: Callable[[], bool], value: float, constant: bool
) -> None:
    sound = getattr(torch.nn.functional, name)

    def spoilt(*arguments: Any, **keywords: Any) -> torch.Tensor:
        loss: torch.Tensor = sound(*arguments, **keywords)
        if not due():
            return loss
        return loss + value if constant else loss * value

    monkeypatch.setattr(torch.nn.functional, name, spoilt)
