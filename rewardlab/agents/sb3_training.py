"""Training an unmodified stable-baselines3 agent."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
import torch
from gymnasium.vector import VectorEnv
from numpy.typing import NDArray
from stable_baselines3.common.callbacks import BaseCallback

from rewardlab.agents.algorithms import make_agent
from rewardlab.agents.checkpoints import CheckpointKeeper
from rewardlab.agents.checkpoints.learning_with_checkpoints import learn_with_checkpoints
from rewardlab.agents.curve_recorder import CurveRecorder
from rewardlab.agents.evaluation import Policy
from rewardlab.agents.guards import GuardSettings, StepGuard
from rewardlab.agents.guards.update_guard import UpdateGuard
from rewardlab.agents.learning_curve import LearningCurve
from rewardlab.agents.probe import Probe
from rewardlab.agents.shared_discount import require_shared_discount
from rewardlab.agents.vector_adapter import VectorAdapter

__all__ = ["train_sb3", "use_one_thread"]

_GUARDS = GuardSettings()


def train_sb3(
    env: VectorEnv[Any, Any, Any],
    algorithm: str,
    settings: dict[str, Any],
    budget_steps: int,
    recorder: CurveRecorder,
    probe: Probe,
    *,
    environment_seed: int,
    learner_seed: int,
    beside: BaseCallback | None = None,
    keeper: CheckpointKeeper | None = None,
    guards: GuardSettings = _GUARDS,
) -> tuple[Policy, int, str]:
    """Train on one thread: more of them are slower on small networks, and change the result.

    Args:
        env: The environment with its reward wrappers, in SAME_STEP or DISABLED mode.
        algorithm: Its name.
        settings: Keyword arguments of its class.
        budget_steps: The environment steps to train for; whole rollouts are finished.
        recorder: Gets the learning curve.
        probe: Evaluates the policy along the way.
        environment_seed: Seeds the environments.
        learner_seed: Seeds the learner.
        beside: What takes part in the training, such as auxiliary objectives.
        keeper: Has the checkpoint to go on from, if there is one, and takes those that are written.
        guards: What ends the training.

    Returns:
        The policy without exploration, the environment steps taken, and the SHA-256 of the weights.

    Raises:
        Diverged: A reward, observation, gradient, loss or weight is no number, or absurdly large.
    """
    use_one_thread()
    guard = StepGuard(guards)
    adapter = VectorAdapter(env, guard)
    agent = make_agent(algorithm, settings, adapter, learner_seed)
    require_shared_discount(agent)
    # SB3 seeds the environment with the learner's seed; the environments' stream is its own, so that runs are paired.
    adapter.seed(environment_seed)
    policy = _policy(agent, algorithm)
    curve = LearningCurve(recorder, lambda: probe(policy))
    updates = UpdateGuard(agent, guards, guard.trail)
    callbacks = [updates, curve] if beside is None else [updates, beside, curve]
    with updates.watching():
        if keeper is None:
            agent.learn(budget_steps, callback=callbacks)
        else:
            learn_with_checkpoints(agent, adapter, budget_steps, callbacks, recorder, keeper)
    return policy, int(agent.num_timesteps), _weights_hash(agent)


def use_one_thread() -> None:
    """What every training begins with: more threads are slower on small networks, and come to other bits."""
    torch.set_num_threads(1)


def _policy(agent: Any, algorithm: str) -> Policy:
    def choose(observations: Any, states: NDArray[np.int64] | None, masks: NDArray[np.bool_] | None) -> NDArray[Any]:
        del states
        legal = {"action_masks": masks} if algorithm == "maskable_ppo" else {}
        actions, _ = agent.predict(observations, deterministic=True, **legal)
        return np.asarray(actions)

    return choose


def _weights_hash(agent: Any) -> str:
    digest = hashlib.sha256()
    for name, weights in agent.policy.state_dict().items():
        array = weights.detach().cpu().contiguous().numpy()
        digest.update(f"{name} {array.dtype} {array.shape}".encode())
        digest.update(array.tobytes())
    return digest.hexdigest()
