"""Auxiliary objectives for an unmodified agent of stable-baselines3, as one callback."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, final

import numpy as np
import torch
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.off_policy_algorithm import OffPolicyAlgorithm
from stable_baselines3.common.on_policy_algorithm import OnPolicyAlgorithm
from torch import nn

from rewardlab.agents.auxiliary.batch import TransitionSource
from rewardlab.agents.auxiliary.joined_gradient import AddedGradient, JoinedGradient
from rewardlab.agents.auxiliary.learning_heads import LearningHeads
from rewardlab.agents.auxiliary.objective import AbstractObjective, Task
from rewardlab.agents.auxiliary.objective_gradient import objective_gradient
from rewardlab.agents.auxiliary.replay_source import ReplaySource
from rewardlab.agents.auxiliary.representation import Representation, find_representation
from rewardlab.agents.auxiliary.rollout_record import RolloutRecord
from rewardlab.agents.auxiliary.saved_state import SavedState
from rewardlab.agents.auxiliary.weight_regularizer import WeightRegularizer
from rewardlab.errors import BadInput, Problem, RunFailed
from rewardlab.snapshots import Restorable

__all__ = ["AuxiliaryObjectives"]

_LARGEST_BATCH = 256


@final
class AuxiliaryObjectives(BaseCallback, Restorable):
    """Adds the gradients of auxiliary losses to those of an agent, in the same update, before it clips.

    ``PPO``, ``A2C``, ``DQN``, ``SAC`` and ``TD3`` of stable-baselines3, ``MaskablePPO`` and ``QRDQN`` of sb3-contrib;
    see `rewardlab.agents.auxiliary.joined_gradient` for how. Each objective logs, under ``auxiliary/NAME/``: ``loss``,
    ``weight``, ``gradient_norm`` on what it shares with the agent, and ``cosine`` with the agent's own gradient there.

    Args:
        objectives: What to learn beside the agent's own task.
        regularizers: Penalties on the weights of representations.
        batch_size: Transitions in a batch; by default as many as the agent's own, at most 256.
        seed: Of the heads, and of what is drawn. The agent's own streams are not touched.

    Raises:
        BadInput: Two objectives have one name, or a number is out of range. When training begins: an objective does not
            suit the agent, its spaces or its buffer; or the heads have learned beside an agent that was made otherwise.
        RunFailed: In training: a loss or a weight is no number, or the agent learns past a representation, as TRPO.
    """

    def __init__(
        self,
        objectives: Sequence[AbstractObjective] = (),
        regularizers: Sequence[WeightRegularizer] = (),
        *,
        batch_size: int | None = None,
        seed: int = 0,
    ) -> None:
        super().__init__()
        problems = _misplaced(objectives, AbstractObjective, "objectives")
        problems += _misplaced(regularizers, WeightRegularizer, "regularizers")
        if problems:
            raise BadInput(*problems)
        names = [objective.name for objective in objectives] + [regularizer.name for regularizer in regularizers]
        problems += [
            Problem("AuxiliaryObjectives", f"two of the name {name!r}", "one of each name", "pass name=...")
            for name in sorted({name for name in names if names.count(name) > 1})
        ]
        if batch_size is not None and (not isinstance(batch_size, int) or batch_size < 1):
            problems.append(Problem("AuxiliaryObjectives.batch_size", repr(batch_size), "a whole number above 0"))
        if not isinstance(seed, int) or seed < 0:
            problems.append(Problem("AuxiliaryObjectives.seed", repr(seed), "a whole number of at least 0"))
        if problems:
            raise BadInput(*problems)
        self.objectives, self.regularizers = tuple(objectives), tuple(regularizers)
        self._seed, self._wanted_size = seed, batch_size
        self._learned: LearningHeads | None = None
        self._tasks: dict[str, Task] = {}
        self._saved: SavedState | None = None
        self._representations: dict[str, Representation] = {}
        self._joined: list[JoinedGradient] = []
        self._record: RolloutRecord | None = None
        self._source: TransitionSource | None = None
        self._measured: dict[str, list[dict[str, float]]] = {name: [] for name in names}
        self._took_part: set[str] = set()
        self._agent_began: int | None = None

    @property
    def heads(self) -> Mapping[str, nn.Module]:
        """The head of each objective, by name; empty before the first training."""
        return self._learned.modules if self._learned is not None else {}

    @property
    def updates(self) -> int:
        """How many of the agent's updates they took part in."""
        return self._learned.updates if self._learned is not None else 0

    @property
    def notes(self) -> tuple[str, ...]:
        """What is worth knowing of how they are attached; empty before the first training."""
        return tuple(
            f"{name}: {found.name} belongs to {len(found.owners)} optimisers; what it adds is added once, in the pass "
            "that brings the agent's own gradient there"
            for name, found in self._representations.items()
            if len(found.owners) > 1
        )

    def save(self, folder: str | Path) -> None:
        """Write heads, their optimisers, streams and counters beside an agent: safetensors and JSON.

        Raises:
            BadInput: There is nothing to save before the first training.
        """
        if self._learned is None:
            raise BadInput(Problem("AuxiliaryObjectives.save", "nothing learned yet", "a training before"))
        self._learned.save(folder)

    def load(self, folder: str | Path) -> None:
        """Go on from what was saved, bit by bit, when training begins.

        Raises:
            BadInput: A file is missing or spoilt. When training begins: it was saved of other objectives.
        """
        self._saved = SavedState.read(folder)

    def snapshot(self) -> dict[str, Any]:
        """What `save` writes, as data; nothing before the first training. What was measured for a log is not in it."""
        if self._learned is None:
            return {"tensors": None, "words": None}
        taken = self._learned.taken()
        return {"tensors": {name: tensor.cpu().numpy() for name, tensor in taken.tensors.items()}, "words": taken.words}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from a snapshot; in a training that has begun, at once.

        Raises:
            BadInput: It is of other objectives.
        """
        if state["tensors"] is None:
            return
        tensors = {name: torch.from_numpy(np.array(part)) for name, part in state["tensors"].items()}
        saved = SavedState(tensors, state["words"])
        self._agent_began = None
        if self._learned is None:
            self._saved = saved
        else:
            self._learned.restore(saved)

    def _init_callback(self) -> None:
        self._representations = self._find_representations()
        for regularizer in self.regularizers:
            regularizer.chosen(self._representations[regularizer.name])
        self._make_source()
        tasks = {objective.name: self._task(objective) for objective in self.objectives}
        if self._learned is None:
            self._learned = LearningHeads(self.objectives, tasks, self.model.device, self._seed)
            self._tasks = tasks
        elif tasks != self._tasks:
            got = "an agent with other spaces or layers than the one that its heads have learned beside"
            raise BadInput(
                Problem("AuxiliaryObjectives", got, "that agent, or one made alike", "make another callback")
            )
        if self._saved is not None:
            self._learned.restore(self._saved)
            self._saved = None

    def _on_training_start(self) -> None:
        self._took_part, self._agent_began = set(), None
        groups: dict[tuple[int, ...], list[str]] = {}
        for joined in self._joined:
            joined.remove()
        for name, representation in self._representations.items():
            groups.setdefault(tuple(id(owner) for owner in representation.owners), []).append(name)
        self._joined = [self._join(group) for group in groups.values()]

    def _on_training_end(self) -> None:
        for joined in self._joined:
            joined.remove()
        self._joined = []
        self._log()
        self._require_part()

    def _on_rollout_start(self) -> None:
        self._require_part()
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

    def _require_part(self) -> None:
        """Refuse an agent that learns without the passes in which gradients could be added, as TRPO's policy does."""
        updates = int(getattr(self.model, "_n_updates", 0))
        if self._agent_began is None:
            self._agent_began = updates
        missing = [name for name in self._representations if name not in self._took_part]
        # An actor may be updated only now and then.
        if missing and updates - self._agent_began >= getattr(self.model, "policy_delay", 1):
            kind = type(self.model).__name__
            raise RunFailed(
                f"auxiliary objectives: {', '.join(missing)}: took no part in {updates - self._agent_began} updates of"
                f" {kind}, which leaves no gradient at that representation for its optimiser; choose another"
            )

    def _find_representations(self) -> dict[str, Representation]:
        found: dict[str, Representation] = {}
        problems: list[Problem] = []
        wanted = [(part.name, part.representation, "representation") for part in self.objectives]
        wanted += [(part.name, part.on, "on") for part in self.regularizers]
        for name, representation, argument in wanted:
            try:
                found[name] = find_representation(self.model, representation, f"{name}.{argument}")
            except BadInput as refused:
                problems += refused.problems
        if problems:
            raise BadInput(*dict.fromkeys(problems))  # what is wrong with the agent is wrong for each of them
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
        # A larger batch costs as much time again as the agent's own and says little more.
        return min(int(getattr(self.model, "batch_size", whole) or whole), _LARGEST_BATCH)

    def _join(self, names: list[str]) -> JoinedGradient:
        parameters = {
            id(parameter): (name, parameter)
            for part in names
            for name, parameter in self._representations[part].parameters
        }
        places = {key: place for place, key in enumerate(parameters)}
        owners = self._representations[names[0]].owners

        def stepped(added: list[AddedGradient]) -> None:
            self._after_step(added, names, owners[0].param_groups[0]["lr"])

        began = self.model.start_time
        return JoinedGradient(
            list(parameters.values()),
            owners,
            lambda: self._added(names, places),
            stepped,
            # Each call of learn has a time of its own.
            lambda: self.model.start_time == began,
        )

    def _added(self, names: list[str], places: dict[int, int]) -> list[AddedGradient]:
        assert self._source is not None
        assert self._learned is not None
        objectives = [objective for objective in self.objectives if objective.name in names]
        added = []
        with self._learned.random.swapped_in():
            if objectives:
                batch = self._source.sample(self._learned.generator, self._batch_size())
            for objective in objectives:
                head, representation = self.heads[objective.name], self._representations[objective.name]
                weight = self._weight_now(objective)
                parameters = self._learned.parameters[objective.name]
                added.append(objective_gradient(objective, head, parameters, representation, batch, weight, places))
        for regularizer in self.regularizers:
            if regularizer.name in names:
                chosen = regularizer.chosen(self._representations[regularizer.name])
                added.append(regularizer.gradient(chosen, places))
        return added

    def _weight_now(self, objective: AbstractObjective) -> float:
        weight = objective.weight
        if callable(weight):
            weight = float(weight(self.model._current_progress_remaining))
        if not 0 <= weight < math.inf:
            raise RunFailed(f"auxiliary objective {objective.name!r}: its schedule gave the weight {weight}")
        return float(weight)

    def _after_step(self, added: list[AddedGradient], names: list[str], learning_rate: float) -> None:
        assert self._learned is not None
        self._took_part.update(names)
        self._learned.step([gradient.name for gradient in added if gradient.name in self.heads])
        for gradient in added:
            self._measured[gradient.name].append(gradient.measured())
        for regularizer in self.regularizers:
            if regularizer.name in names:
                regularizer.after_step(regularizer.chosen(self._representations[regularizer.name]), learning_rate)

    def _log(self) -> None:
        for joined in self._joined:
            joined.measure_next()
        for name, rows in self._measured.items():
            if rows:
                for key in rows[0]:
                    values = np.array([row[key] for row in rows])
                    known = values[~np.isnan(values)]
                    if len(known):
                        self.logger.record(f"auxiliary/{name}/{key}", float(known.mean()))
                rows.clear()


def _misplaced(given: object, kind: type[Any], argument: str) -> list[Problem]:
    """What is no list of these."""
    where, expected = f"AuxiliaryObjectives.{argument}", f"a list of {argument}"
    if not isinstance(given, Sequence) or isinstance(given, str):
        return [Problem(where, f"a {type(given).__name__}", expected, "put it into a list: [...]")]
    fix = (
        "a loss stands in an objective, such as RewardPrediction(loss, weight=0.1)" if argument == "objectives" else ""
    )
    return [
        Problem(f"{where}[{place}]", f"a {type(part).__name__}", expected, fix)
        for place, part in enumerate(given)
        if not isinstance(part, kind)
    ]
