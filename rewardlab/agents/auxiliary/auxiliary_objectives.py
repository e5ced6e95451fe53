"""Auxiliary objectives for an unmodified agent of stable-baselines3, as one callback."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import final

import numpy as np
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.off_policy_algorithm import OffPolicyAlgorithm
from stable_baselines3.common.on_policy_algorithm import OnPolicyAlgorithm
from torch import nn
from torch.optim import Adam

from rewardlab.agents.auxiliary.batch import TransitionSource
from rewardlab.agents.auxiliary.joined_gradient import AddedGradient, JoinedGradient
from rewardlab.agents.auxiliary.objective import AbstractObjective, Task
from rewardlab.agents.auxiliary.objective_gradient import objective_gradient
from rewardlab.agents.auxiliary.own_randomness import OwnRandomness
from rewardlab.agents.auxiliary.replay_source import ReplaySource
from rewardlab.agents.auxiliary.representation import Representation, find_representation
from rewardlab.agents.auxiliary.rollout_record import RolloutRecord
from rewardlab.errors import BadInput, Problem, RunFailed

__all__ = ["AuxiliaryObjectives"]


@final
class AuxiliaryObjectives(BaseCallback):
    """Adds the gradients of auxiliary losses to those of an agent, in the same update, before it clips.

    ``PPO``, ``A2C``, ``DQN``, ``SAC`` and ``TD3`` of stable-baselines3, ``MaskablePPO`` and ``QRDQN`` of sb3-contrib;
    see `rewardlab.agents.auxiliary.joined_gradient` for how. Each objective logs, under ``auxiliary/NAME/``: ``loss``,
    ``weight``, ``gradient_norm`` on what it shares with the agent, and ``cosine`` with the agent's own gradient there.

    Args:
        objectives: What to learn beside the agent's own task.
        batch_size: Transitions in a batch; by default as many as the agent's own.
        seed: Of the heads, and of what is drawn. The agent's own streams are not touched.

    Raises:
        BadInput: Two objectives have one name, or a number is out of range. When training begins: an objective does not
            suit the agent, its spaces or its buffer.
    """

    def __init__(
        self, objectives: Sequence[AbstractObjective], *, batch_size: int | None = None, seed: int = 0
    ) -> None:
        super().__init__()
        names = [objective.name for objective in objectives]
        twice = sorted({name for name in names if names.count(name) > 1})
        problems = [
            Problem("AuxiliaryObjectives", f"two objectives called {name!r}", "one of each name", "pass name=...")
            for name in twice
        ]
        if batch_size is not None and (not isinstance(batch_size, int) or batch_size < 1):
            problems.append(Problem("AuxiliaryObjectives.batch_size", repr(batch_size), "a whole number above 0"))
        if not isinstance(seed, int) or seed < 0:
            problems.append(Problem("AuxiliaryObjectives.seed", repr(seed), "a whole number of at least 0"))
        if problems:
            raise BadInput(*problems)
        self.objectives = tuple(objectives)
        self.heads: dict[str, nn.Module] = {}
        self.head_optimizers: dict[str, Adam] = {}
        self.updates = 0
        self._seed, self._wanted_size = seed, batch_size
        self._generator = np.random.default_rng(seed)
        self._representations: dict[str, Representation] = {}
        self._joined: list[JoinedGradient] = []
        self._record: RolloutRecord | None = None
        self._source: TransitionSource | None = None
        self._measured: dict[str, list[dict[str, float]]] = {name: [] for name in names}

    def _init_callback(self) -> None:
        if self.heads:
            return
        self._representations = self._find_representations()
        self._random = OwnRandomness(self._seed, self.model.device)
        tasks = {objective.name: self._task(objective) for objective in self.objectives}
        problems = [found for objective in self.objectives for found in objective.problems(tasks[objective.name])]
        if problems:
            raise BadInput(*problems)
        with self._random.swapped_in():
            for objective in self.objectives:
                head = objective.make_head(tasks[objective.name]).to(self.model.device)
                self.heads[objective.name] = head
                self.head_optimizers[objective.name] = Adam(head.parameters(), lr=objective.head_learning_rate)
        self._make_source()

    def _on_training_start(self) -> None:
        groups: dict[tuple[int, ...], list[AbstractObjective]] = {}
        for objective in self.objectives:
            owners = self._representations[objective.name].owners
            groups.setdefault(tuple(id(owner) for owner in owners), []).append(objective)
        self._joined = [self._join(group) for group in groups.values()]

    def _on_training_end(self) -> None:
        for joined in self._joined:
            joined.remove()
        self._joined = []
        self._log()

    def _on_rollout_start(self) -> None:
        if self._record is not None:
            self._record.begin()

    def _on_step(self) -> bool:
        if self._record is not None:
            seen = self.locals
            actions = seen.get("clipped_actions", seen["actions"])
            before = self.model._last_obs
            self._record.add(before, actions, seen["rewards"], seen["new_obs"], seen["dones"], seen["infos"])
        return True

    def _on_rollout_end(self) -> None:
        self._log()

    def _find_representations(self) -> dict[str, Representation]:
        found: dict[str, Representation] = {}
        problems: list[Problem] = []
        for objective in self.objectives:
            try:
                found[objective.name] = find_representation(
                    self.model, objective.representation, f"{objective.name}.representation"
                )
            except BadInput as refused:
                problems += refused.problems
        if problems:
            raise BadInput(*problems)
        return found

    def _task(self, objective: AbstractObjective) -> Task:
        size = self._representations[objective.name].size
        return Task(self.model.observation_space, self.model.action_space, size, self.model.device)

    def _make_source(self) -> None:
        if isinstance(self.model, OnPolicyAlgorithm):
            self._record = RolloutRecord(self.model.n_steps, self.model.device, self.model.action_space)
            self._source = self._record
        elif isinstance(self.model, OffPolicyAlgorithm):
            self._source = ReplaySource(self.model)
        else:
            raise BadInput(Problem("AuxiliaryObjectives", f"a {type(self.model).__name__}", "an agent of SB3"))

    def _batch_size(self) -> int:
        if self._wanted_size is not None:
            return self._wanted_size
        whole = self.model.n_steps * self.model.n_envs if isinstance(self.model, OnPolicyAlgorithm) else 0
        return int(getattr(self.model, "batch_size", whole) or whole)

    def _join(self, group: list[AbstractObjective]) -> JoinedGradient:
        parameters = {
            id(parameter): (name, parameter)
            for objective in group
            for name, parameter in self._representations[objective.name].parameters
        }
        places = {key: place for place, key in enumerate(parameters)}
        owners = self._representations[group[0].name].owners
        return JoinedGradient(list(parameters.values()), owners, lambda: self._added(group, places), self._step_heads)

    def _added(self, group: list[AbstractObjective], places: dict[int, int]) -> list[AddedGradient]:
        assert self._source is not None
        with self._random.swapped_in():
            batch = self._source.sample(self._generator, self._batch_size())
            return [
                objective_gradient(
                    objective,
                    self.heads[objective.name],
                    self._representations[objective.name],
                    batch,
                    self._weight_now(objective),
                    places,
                )
                for objective in group
            ]

    def _weight_now(self, objective: AbstractObjective) -> float:
        weight = objective.weight
        if callable(weight):
            weight = float(weight(self.model._current_progress_remaining))
        if not 0 <= weight < math.inf:
            raise RunFailed(f"auxiliary objective {objective.name!r}: its schedule gave the weight {weight}")
        return float(weight)

    def _step_heads(self, added: list[AddedGradient]) -> None:
        self.updates += 1
        for gradient in added:
            self.head_optimizers[gradient.name].step()
            self._measured[gradient.name].append(gradient.measured())

    def _log(self) -> None:
        for name, rows in self._measured.items():
            if rows:
                for key in rows[0]:
                    values = np.array([row[key] for row in rows])
                    known = values[~np.isnan(values)]
                    if len(known):
                        self.logger.record(f"auxiliary/{name}/{key}", float(known.mean()))
                rows.clear()
