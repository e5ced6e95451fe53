"""One training run, from its settings to its result. Everything in it is data, so that it can cross process borders."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Any, final

import numpy as np
from gymnasium.vector import AutoresetMode, VectorEnv
from numpy.typing import NDArray

from rewardlab.agents.algorithms import TABULAR
from rewardlab.agents.auxiliary_settings import AuxiliarySettings
from rewardlab.agents.checkpoints import CheckpointKeeper, CheckpointSettings, RunMark, made_with
from rewardlab.agents.checkpoints.stack_snapshot import layers, obstacle
from rewardlab.agents.curve_recorder import CurveRecorder
from rewardlab.agents.environments import ENVIRONMENT_REWARD, make_single, make_vector
from rewardlab.agents.evaluation import Policy, evaluation_scores, play_episodes
from rewardlab.agents.guards import GuardSettings
from rewardlab.agents.guards.evaluation_guard import require_sound_episodes, sound_policy
from rewardlab.agents.probe import Probe
from rewardlab.agents.q_learning import QLearner
from rewardlab.agents.recorded_episodes import recorded_episodes
from rewardlab.errors import BadInput, Diverged, Problem
from rewardlab.mdp.finite_vector_env import FiniteVectorEnv
from rewardlab.rewards.catalogue import Catalogue
from rewardlab.wrappers.ledger import VectorLedger
from rewardlab.wrappers.stack import WrapperSettings, wrap_vector

__all__ = ["PROBE_EPISODES", "TrainingJob", "TrainingRun", "train", "train_job"]

PROBE_EPISODES = 20
"""Of each look at the policy along the way, unless a spec says otherwise."""

_GUARDS = GuardSettings()


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
        replay_seed: Seeds the first of the recorded episodes, which are shared by all runs of an environment.
        learner_seed: Seeds the learner; the variant's own.
        auxiliary: The auxiliary objectives, see `rewardlab.agents.auxiliary_settings`.
        regularizers: The penalties on weights.
        auxiliary_seed: Seeds the heads of auxiliary objectives and their batches.
        probe_episodes: The episodes of each look at the policy along the way.
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
    auxiliary: tuple[AuxiliarySettings, ...] = ()
    regularizers: tuple[AuxiliarySettings, ...] = ()
    auxiliary_seed: int = 0
    probe_episodes: int = PROBE_EPISODES


@final
@dataclass(frozen=True, slots=True)
class TrainingJob:
    """What an engine is given: a run, and where it keeps what it can go on from.

    Attributes:
        run: The settings.
        checkpoints: None for a training that begins anew whenever it is broken off.
        guards: What ends it.
    """

    run: TrainingRun
    checkpoints: CheckpointSettings | None = None
    guards: GuardSettings = _GUARDS


def train_job(job: TrainingJob, on_progress: Callable[[int], None]) -> dict[str, Any]:
    """`train`, of one argument that can cross process borders.

    A training that diverged has an end as sure as any other: it comes back as ``diverged``, the report, with its
    ``message``, and nothing beside it.
    """
    try:
        return train(job.run, on_progress, job.checkpoints, job.guards)
    except Diverged as fault:
        return {"diverged": {**fault.report, "message": str(fault)}}


def train(
    run: TrainingRun,
    on_progress: Callable[[int], None],
    checkpoints: CheckpointSettings | None = None,
    guards: GuardSettings = _GUARDS,
) -> dict[str, Any]:
    """Train and evaluate one agent. Bit-identical when called again with the same settings on the same machine.

    That holds also if it was broken off at any moment, by whatever, and is called again with the same checkpoints.

    Args:
        run: The settings.
        on_progress: Called now and then with the environment steps taken so far.
        checkpoints: Where the training keeps what it can go on from. Whoever keeps the result may remove the folder.
        guards: What ends it. A training that none of them ends is the same with any of them, bit by bit.

    Returns:
        JSON data: ``steps``, ``curve`` (see `CurveRecorder`), ``evaluation`` (see `evaluation_scores`), ``replay``
        and ``episodes`` (see `recorded_episodes`), and ``weights``, the SHA-256 of what was learned. If the training
        had been broken off, also ``resumed``: ``from_step`` and ``why``.

    Raises:
        BadInput: The checkpoints are those of another run.
        Diverged: A number of the training or of the evaluation is NaN, infinite or absurdly large.
        RunFailed: The training could not go on; the message says why.
    """
    bare = make_vector(run.environment_id, run.environment_settings, run.reward, run.num_envs, AutoresetMode.SAME_STEP)
    env = VectorLedger(wrap_vector(bare, run.wrappers, run.algorithm_settings["gamma"]))
    recorder = CurveRecorder(run.budget_steps, on_progress)
    probe = Probe(_bare(run, run.probe_episodes), run.evaluation_seed, guards)
    beside = _beside(run)
    keeper = None if checkpoints is None else _keeper(run, env, beside, checkpoints)
    learned, steps, weights = _learned(run, env, recorder, probe, beside, keeper, guards)
    policy = sound_policy(learned, guards)
    probe.close()
    env.close()
    result = {
        "steps": steps,
        "curve": recorder.points,
        "evaluation": _evaluate(run, policy, guards),
        **_record(run, policy),
        "weights": weights,
    }
    return result if keeper is None or keeper.resumed is None else {**result, "resumed": keeper.resumed}


def _keeper(run: TrainingRun, env: VectorLedger, beside: Any, checkpoints: CheckpointSettings) -> CheckpointKeeper:
    """What there is to go on from, of this very run."""
    with_torch = run.algorithm != TABULAR
    if with_torch:
        from rewardlab.agents.sb3_training import use_one_thread

        use_one_thread()
    settings = {field.name: getattr(run, field.name) for field in fields(run)}
    settings |= {"observation_space": str(env.single_observation_space), "action_space": str(env.single_action_space)}
    parts = [*layers(env), *([] if beside is None else [beside])]
    mark = RunMark.of(settings, made_with(run.environment_id, with_torch=with_torch))
    return CheckpointKeeper(checkpoints, mark, obstacle(parts))


def _learned(
    run: TrainingRun,
    env: VectorLedger,
    recorder: CurveRecorder,
    probe: Probe,
    beside: Any,
    keeper: CheckpointKeeper | None,
    guards: GuardSettings,
) -> tuple[Policy, int, str]:
    """Train by the algorithm of the run: its policy without exploration, the steps taken, the hash of the weights."""
    settings = dict(run.algorithm_settings)
    if run.algorithm != TABULAR:
        # Imported here, because the tabular learner does without torch and starts in no time.
        from rewardlab.agents.sb3_training import train_sb3

        return train_sb3(
            env,
            run.algorithm,
            settings,
            run.budget_steps,
            recorder,
            probe,
            environment_seed=run.environment_seed,
            learner_seed=run.learner_seed,
            beside=beside,
            keeper=keeper,
            guards=guards,
        )
    base = env.unwrapped
    if not isinstance(base, FiniteVectorEnv):
        raise BadInput(Problem("algorithm.name", repr(TABULAR), "another one: this environment is no finite model"))
    rng = np.random.default_rng(run.learner_seed)
    learner = QLearner(env, base.task.model.legal, settings.pop("gamma"), rng, **settings)

    def policy(
        observations: Any, states: NDArray[np.int64] | None, masks: NDArray[np.bool_] | None
    ) -> NDArray[np.int64]:
        del observations, masks
        return learner.act(np.asarray(states))

    steps = learner.learn(run.budget_steps, recorder, run.environment_seed, lambda: probe(policy), keeper, guards)
    return policy, steps, learner.table_hash()


def _beside(run: TrainingRun) -> Any:
    """The callback of the auxiliary objectives; None without any."""
    if not run.auxiliary and not run.regularizers:
        return None
    from rewardlab.agents.auxiliary_making import make_auxiliary

    return make_auxiliary(run.auxiliary, run.regularizers, run.algorithm_settings["gamma"], run.auxiliary_seed)


def _bare(run: TrainingRun, episodes: int) -> VectorEnv[Any, Any, Any]:
    """The environment without any reward wrapper, as evaluation wants it."""
    return make_vector(run.environment_id, run.environment_settings, run.reward, episodes, AutoresetMode.DISABLED)


def _evaluate(run: TrainingRun, policy: Policy, guards: GuardSettings) -> dict[str, Any]:
    env = _bare(run, run.evaluation_episodes)
    catalogue = Catalogue.of(env)
    episodes = play_episodes(env, policy, run.evaluation_seed)
    require_sound_episodes(episodes, guards)
    env.close()
    own = catalogue.reward(run.reward) if catalogue is not None and run.reward != ENVIRONMENT_REWARD else None
    return evaluation_scores(episodes, own, catalogue)


def _record(run: TrainingRun, policy: Policy) -> dict[str, Any]:
    env = make_single(run.environment_id, run.environment_settings, run.reward)
    found = recorded_episodes(env, policy, run.replay_seed)
    env.close()
    return found
