"""One training run, from its settings to its result. Everything in it is data, so that it can cross process borders."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, final

import numpy as np
from gymnasium.vector import AutoresetMode
from numpy.typing import NDArray

from rewardlab.agents.algorithms import make_agent
from rewardlab.agents.environments import ENVIRONMENT_REWARD, make_single, make_vector
from rewardlab.agents.evaluation import Policy, evaluation_scores, exploits_shown, play_episodes, play_single
from rewardlab.errors import RunFailed
from rewardlab.rewards.catalogue import Catalogue
from rewardlab.wrappers.stack import WrapperSettings, wrap_vector

__all__ = ["TrainingRun", "train"]

_REPLAY_CANDIDATES = 8


@final
@dataclass(frozen=True, slots=True)
class TrainingRun:
    """The settings of one run, resolved and checked.

    Attributes:
        environment_id: A registered id, with its module.
        environment_settings: Keyword arguments of the environment.
        reward: A name of its catalogue, weights on its events, or ``"environment"``.
        wrappers: The reward wrappers, innermost first.
        algorithm: Its name.
        algorithm_settings: Keyword arguments of its class; ``gamma`` among them.
        num_envs: The environments stepped at once.
        budget_steps: The environment steps to train for; whole rollouts are finished.
        evaluation_episodes: The episodes to evaluate the final policy on.
        environment_seed: Seeds the training environments; shared by the variants of an experiment.
        evaluation_seed: Seeds the evaluation environments; shared likewise.
        replay_seed: Seeds the recorded episode, this or one of the next few; shared by all runs of an environment.
        learner_seed: Seeds the learner; the variant's own.
    """

    environment_id: str
    environment_settings: dict[str, Any]
    reward: str | dict[str, float]
    wrappers: tuple[WrapperSettings, ...]
    algorithm: str
    algorithm_settings: Mapping[str, Any]
    num_envs: int
    budget_steps: int
    evaluation_episodes: int
    environment_seed: int
    evaluation_seed: int
    replay_seed: int
    learner_seed: int


def train(run: TrainingRun, on_progress: Callable[[int], None]) -> dict[str, Any]:
    """Train and evaluate one agent. Bit-identical when called again with the same settings on the same machine.

    Args:
        run: The settings.
        on_progress: Called now and then with the environment steps taken so far.

    Returns:
        JSON data: ``steps``, ``curve`` (see `LearningCurve`), ``evaluation`` (see `evaluation_scores`), and ``replay``
        (the seed and the actions of one episode, and the exploits it shows).

    Raises:
        RunFailed: The training could not go on; the message says why.
    """
    import torch

    from rewardlab.agents.learning_curve import LearningCurve
    from rewardlab.agents.shared_discount import require_shared_discount
    from rewardlab.agents.vector_adapter import VectorAdapter

    torch.set_num_threads(1)
    bare = make_vector(run.environment_id, run.environment_settings, run.reward, run.num_envs, AutoresetMode.SAME_STEP)
    adapter = VectorAdapter(wrap_vector(bare, run.wrappers, run.algorithm_settings["gamma"]))
    agent = make_agent(run.algorithm, run.algorithm_settings, adapter, run.learner_seed)
    require_shared_discount(agent)
    # SB3 seeds the environment with the learner's seed; the environments' stream is its own, so that runs are paired.
    adapter.seed(run.environment_seed)
    curve = LearningCurve(run.budget_steps, on_progress)
    agent.learn(run.budget_steps, callback=curve)
    _require_finite_weights(agent)
    adapter.close()
    policy = _policy(agent, run.algorithm)
    return {
        "steps": int(agent.num_timesteps),
        "curve": curve.points,
        "evaluation": _evaluate(run, policy),
        "replay": _record(run, policy),
    }


def _policy(agent: Any, algorithm: str) -> Policy:
    def choose(observations: Any, masks: NDArray[np.bool_] | None) -> NDArray[Any]:
        legal = {"action_masks": masks} if algorithm == "maskable_ppo" else {}
        actions, _ = agent.predict(observations, deterministic=True, **legal)
        return np.asarray(actions)

    return choose


def _evaluate(run: TrainingRun, policy: Policy) -> dict[str, Any]:
    env = make_vector(
        run.environment_id, run.environment_settings, run.reward, run.evaluation_episodes, AutoresetMode.DISABLED
    )
    catalogue = Catalogue.of(env)
    episodes = play_episodes(env, policy, run.evaluation_seed)
    env.close()
    own = catalogue.reward(run.reward) if catalogue is not None and run.reward != ENVIRONMENT_REWARD else None
    return evaluation_scores(episodes, own, catalogue)


def _record(run: TrainingRun, policy: Policy) -> dict[str, Any]:
    """Keep what is needed to play one episode again: the first that shows an exploit, or the first of all."""
    env = make_single(run.environment_id, run.environment_settings, run.reward)
    catalogue = Catalogue.of(env)
    recordings = []
    for seed in range(run.replay_seed, run.replay_seed + _REPLAY_CANDIDATES):
        actions, steps = play_single(env, policy, seed)
        shown = exploits_shown(steps, catalogue)
        recordings.append({"seed": seed, "actions": actions, "exploits": shown})
        if shown:
            break
    env.close()
    return recordings[-1] if recordings[-1]["exploits"] else recordings[0]


def _require_finite_weights(agent: Any) -> None:
    import torch

    for name, weights in agent.policy.state_dict().items():
        if not torch.isfinite(weights).all():
            raise RunFailed(
                f"step {agent.num_timesteps}: got non-finite weights in {name!r}, expected finite ones; "
                "the training diverged: lower the learning rate or the scale of the reward"
            )
