"""Many copies of a finite task stepped at once by plain array look-ups."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, final

import numpy as np
from gymnasium.spaces import Discrete
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space
from numpy.typing import ArrayLike, NDArray

from rewardlab.errors import BadInput, Problem
from rewardlab.mdp.finite_task import FiniteTask
from rewardlab.mdp.outcome_table import OutcomeTable
from rewardlab.rewards.catalogue import Catalogue, RewardChoice
from rewardlab.snapshots import Restorable, generator_from

__all__ = ["FiniteVectorEnv"]


@final
class FiniteVectorEnv(VectorEnv[Any, Any, Any], Restorable):
    """N copies of a finite task, equal in every number and info key to a ``SyncVectorEnv`` of N `FiniteEnv`.

    All copies draw from one generator. Arrays that are returned are never written to again. The info keys are those of
    `FiniteEnv`, each with its mask; ``final_obs`` and ``final_info`` stand where Gymnasium puts them.

    Args:
        task: The finite task.
        num_envs: N.
        reward: What is paid: a name of the task's catalogue, weights on its events, or a reward. The objective by
            default.
        max_episode_steps: The time limit; the task's own by default.
        autoreset_mode: Any of Gymnasium's three, as the enumeration or its value ("NextStep", "SameStep", "Disabled").
        render_mode: "rgb_array", "ansi" or None.
    """

    metadata: dict[str, Any] = {  # noqa: RUF012 - Gymnasium declares it so
        "render_modes": ["ansi", "rgb_array"],
        "render_fps": 4,
    }

    def __init__(
        self,
        task: FiniteTask,
        num_envs: int = 1,
        reward: RewardChoice | None = None,
        max_episode_steps: int | None = None,
        autoreset_mode: AutoresetMode | str = AutoresetMode.NEXT_STEP,
        render_mode: str | None = None,
    ) -> None:
        self.autoreset_mode = _checked_mode(autoreset_mode)
        if num_envs < 1:
            raise BadInput(Problem("num_envs", repr(num_envs), "at least 1"))
        task.check_render_mode(render_mode)
        if max_episode_steps is not None and max_episode_steps < 1:
            raise BadInput(Problem("max_episode_steps", repr(max_episode_steps), "at least 1, or None"))
        self.task = task
        self.table = OutcomeTable(task, task.catalogue.objective if reward is None else reward)
        self.num_envs = num_envs
        self.max_episode_steps = task.max_episode_steps if max_episode_steps is None else max_episode_steps
        self.render_mode = render_mode
        offered = {"render_modes": task.render_modes, "autoreset_mode": self.autoreset_mode}
        self.metadata = {**type(self).metadata, **offered}
        self.single_observation_space = task.observation_space()
        self.single_action_space = Discrete(task.model.n_actions)
        self.observation_space = batch_space(self.single_observation_space, num_envs)
        self.action_space = batch_space(self.single_action_space, num_envs)
        self._restricted = not bool(task.model.legal.all())
        self._everyone = np.ones(num_envs, dtype=np.bool_)
        self._everyone.setflags(write=False)
        self._states = np.zeros(num_envs, dtype=np.int64)
        self._elapsed_steps = np.zeros(num_envs, dtype=np.int64)
        self._ended: NDArray[np.int64] | None = None  # indices; None before the first reset

    @property
    def catalogue(self) -> Catalogue:
        """The rewards and potentials of the task."""
        return self.task.catalogue

    def set_start(self, start: ArrayLike) -> None:
        """Begin episodes from another distribution from now on, ``[S]`` weights; see `OutcomeTable.set_start`."""
        self.table.set_start(start)

    def reset(
        self, *, seed: int | list[int | None] | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Any, dict[str, Any]]:
        """Begin new episodes in all environments, or in those of ``options["reset_mask"]``.

        Args:
            seed: Seeds the one generator of all copies; a list, one entry for each copy, seeds it with all of them,
                and not at all where one is None.
            options: ``reset_mask``, ``[N]`` bool, restarts only those; ``state``, an index or ``[N]`` indices, begins
                there instead of in drawn states.

        Raises:
            BadInput: The list of seeds, the mask or the states do not fit, or the first reset leaves a copy out.
        """
        if isinstance(seed, list):
            if len(seed) != self.num_envs:
                raise BadInput(Problem("seed", f"{len(seed)} seeds", f"{self.num_envs}, one for each environment"))
            seed = None if None in seed else int(np.random.SeedSequence(seed).generate_state(1)[0])  # type: ignore[arg-type]
        super().reset(seed=seed)
        asked = options or {}
        mask = self._checked_mask(asked.get("reset_mask"))
        if self._ended is None and not mask.all():
            raise BadInput(Problem("options['reset_mask']", "some of the environments", "all, before the first step"))
        starting = np.flatnonzero(mask)
        if asked.get("state") is None:
            starts = self.table.draw_starts(len(starting), self.np_random)
        else:
            starts = self._checked_starts(asked["state"], starting)
        self._states[starting] = starts
        self._elapsed_steps[starting] = 0
        ended = np.zeros(0, dtype=np.int64) if self._ended is None else self._ended
        self._ended = ended[~mask[ended]]
        return self._observe(self._states), {"state": np.where(mask, self._states, 0), "_state": mask.copy()}

    def step(
        self, actions: Any
    ) -> tuple[Any, NDArray[np.float64], NDArray[np.bool_], NDArray[np.bool_], dict[str, Any]]:
        """Step every environment.

        Args:
            actions: ``[N]`` whole numbers. Ignored, in NEXT_STEP mode, for environments that are being reset.

        Raises:
            BadInput: An action is not legal, or DISABLED environments that ended were not reset.
        """
        resetting = self._checked_resetting()
        chosen = self._checked_actions(np.asarray(actions), resetting)
        outcome = self.table.draw_outcomes(self._states, chosen, self.np_random)
        states = self.table.successor.take(outcome)
        rows = self.table.rows.take(outcome, axis=0)
        self._elapsed_steps += 1
        mask = self._everyone
        if len(resetting):
            states[resetting] = self.table.draw_starts(len(resetting), self.np_random)
            rows[resetting] = 0.0
            self._elapsed_steps[resetting] = 0
            mask = self._everyone.copy()
            mask[resetting] = False
        terminations = self.task.model.terminal.take(states)
        truncations = self._elapsed_steps >= self.max_episode_steps
        rewards = rows[:, 0].copy()
        ended = np.flatnonzero(terminations | truncations)
        if self.autoreset_mode is AutoresetMode.SAME_STEP and len(ended):
            infos = self._restart(ended, states, rows)
        else:
            infos = self.table.infos(rows, states, mask)
            infos["_state"] = self._everyone
            self._ended = ended
        self._states = states.copy()  # the other one is the caller's, in infos
        return self._observe(states), rewards, terminations, truncations, infos

    def snapshot(self) -> dict[str, Any]:
        """States, elapsed steps, the generator and, where it is not the model's own, the distribution of starts."""
        own_start = np.array_equal(self.table.start, self.task.model.start)
        return {
            "states": self._states.copy(),
            "elapsed_steps": self._elapsed_steps.copy(),
            "ended": None if self._ended is None else self._ended.copy(),
            "generator": self.np_random.bit_generator.state,
            "start": None if own_start else self.table.start.copy(),
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from a snapshot of as many copies of this task.

        Raises:
            BadInput: It is of another number of copies, or of states that this task does not have.
        """
        states, steps = np.asarray(state["states"]), np.asarray(state["elapsed_steps"])
        shape, known = (self.num_envs,), self.task.model.n_states
        if not states.shape == steps.shape == shape or (states < 0).any() or (states >= known).any():
            got = f"{states.shape} states up to {states.max(initial=0)}"
            raise BadInput(Problem("the snapshot of an environment", got, f"{shape} states below {known}"))
        self.np_random = generator_from(state["generator"])
        self.set_start(self.task.model.start if state["start"] is None else state["start"])
        self._states, self._elapsed_steps = states.astype(np.int64), steps.astype(np.int64)
        self._ended = None if state["ended"] is None else np.array(state["ended"], dtype=np.int64)

    def action_masks(self) -> NDArray[np.bool_]:
        """The actions that are legal now, ``[N, A]`` bool."""
        masks: NDArray[np.bool_] = self.task.model.legal[self._states]
        return masks

    def get_attr(self, name: str) -> tuple[Any, ...]:
        """An attribute of this environment, once for each copy, as ``SyncVectorEnv.get_attr`` gives it."""
        return (getattr(self, name),) * self.num_envs

    def render(self) -> tuple[Any, ...] | None:
        """The current states, as the render mode says."""
        picture = {"ansi": self.task.text_picture, "rgb_array": self.task.rgb_picture}.get(self.render_mode or "")
        return tuple(picture(int(state)) for state in self._states) if picture else None

    def _restart(
        self, ended: NDArray[np.int64], states: NDArray[np.int64], rows: NDArray[np.float64]
    ) -> dict[str, Any]:
        """Begin new episodes in place and build the infos, with what ended under ``final_obs`` and ``final_info``."""
        has_ended = np.zeros(self.num_envs, dtype=np.bool_)
        has_ended[ended] = True
        final_states, final_rows = np.zeros_like(states), np.zeros_like(rows)
        final_states[ended], final_rows[ended] = states[ended], rows[ended]
        final_observations = np.full(self.num_envs, None, dtype=object)
        for index, observation in zip(ended, self._observe(states[ended]), strict=True):
            final_observations[index] = observation
        states[ended] = self.table.draw_starts(len(ended), self.np_random)
        rows[ended] = 0.0
        self._elapsed_steps[ended] = 0
        infos = self.table.infos(rows, states, ~has_ended)
        infos |= {"_state": self._everyone, "final_obs": final_observations, "_final_obs": has_ended}
        infos |= {"final_info": self.table.infos(final_rows, final_states, has_ended), "_final_info": has_ended}
        return infos

    def _observe(self, states: NDArray[np.int64]) -> NDArray[Any]:
        if self.task.observations is None:
            return states.copy()
        return self.task.observations.take(states, axis=0)

    def _checked_resetting(self) -> NDArray[np.int64]:
        if self._ended is None:
            raise BadInput(Problem("step", "a call before reset", "reset() first"))
        if self.autoreset_mode is AutoresetMode.DISABLED and len(self._ended):
            raise BadInput(
                Problem(
                    "step",
                    f"environments {self._ended[:8].tolist()} that have ended",
                    "environments that run",
                    "call reset(options={'reset_mask': terminations | truncations}) first",
                )
            )
        return self._ended if self.autoreset_mode is AutoresetMode.NEXT_STEP else self._ended[:0]

    def _checked_actions(self, given: NDArray[Any], resetting: NDArray[np.int64]) -> NDArray[np.int64]:
        if given.shape != (self.num_envs,):
            raise BadInput(Problem("actions", f"shape {given.shape}", f"({self.num_envs},)"))
        if given.dtype.kind not in "iu":
            raise BadInput(Problem("actions", f"{given.dtype}", f"whole numbers in [0, {self.table.n_actions})"))
        actions: NDArray[np.int64] = given.astype(np.int64, copy=False)
        if len(resetting):
            # The action of a resetting environment is ignored, so it may be anything; action 0 only fills the look-up.
            actions = actions.copy()
            actions[resetting] = 0
        # One comparison for both ends: a negative number is huge when read as unsigned.
        if (actions.view(np.uint64) >= self.table.n_actions).any():
            wrong = int(np.flatnonzero(actions.view(np.uint64) >= self.table.n_actions)[0])
            raise BadInput(
                Problem(f"actions[{wrong}]", str(actions[wrong]), f"a whole number in [0, {self.table.n_actions})")
            )
        if self._restricted:
            illegal = ~self.task.model.legal[self._states, actions]
            illegal[resetting] = False
            if illegal.any():
                wrong = int(np.flatnonzero(illegal)[0])
                legal = np.flatnonzero(self.task.model.legal[self._states[wrong]]).tolist()
                raise BadInput(
                    Problem(f"actions[{wrong}]", str(actions[wrong]), f"one of {legal}", "see action_masks()")
                )
        return actions

    def _checked_starts(self, state: Any, starting: NDArray[np.int64]) -> NDArray[np.int64]:
        model = self.task.model
        given = np.asarray(state)
        if given.dtype.kind in "iu" and given.shape in ((), (self.num_envs,)):
            starts: NDArray[np.int64] = np.broadcast_to(given.astype(np.int64), self.num_envs)[starting]
            if ((starts >= 0) & (starts < model.n_states)).all() and not model.terminal[starts].any():
                return starts
        expected = f"an index, or {self.num_envs}, of states that are not terminal"
        raise BadInput(Problem("options['state']", repr(state), expected))

    def _checked_mask(self, mask: Any) -> NDArray[np.bool_]:
        if mask is None:
            return self._everyone
        fits = isinstance(mask, np.ndarray) and mask.dtype == np.bool_ and mask.shape == (self.num_envs,)
        if not fits or not mask.any():
            expected = f"a bool array of shape ({self.num_envs},) with a True in it"
            raise BadInput(Problem("options['reset_mask']", repr(mask), expected))
        fitting: NDArray[np.bool_] = mask
        return fitting


def _checked_mode(mode: AutoresetMode | str) -> AutoresetMode:
    try:
        return AutoresetMode(mode)
    except ValueError:
        known = ", ".join(repr(known.value) for known in AutoresetMode)
        raise BadInput(Problem("autoreset_mode", repr(mode), f"one of {known}")) from None
