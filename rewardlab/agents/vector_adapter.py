"""A Gymnasium vector environment as a ``VecEnv`` of stable-baselines3."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, final

import numpy as np
from gymnasium.vector import AutoresetMode, VectorEnv
from numpy.typing import NDArray
from stable_baselines3.common.vec_env.base_vec_env import VecEnv, VecEnvIndices, VecEnvStepReturn

from rewardlab.agents.guards.step_guard import StepGuard
from rewardlab.agents.guards.trail import StepTaken
from rewardlab.agents.unbatched_infos import unbatched_infos
from rewardlab.errors import BadInput, InvalidReward, Problem
from rewardlab.snapshots import Restorable
from rewardlab.wrappers.ledger import VectorLedger

__all__ = ["VectorAdapter"]

_OF_ONE = {"observation_space": "single_observation_space", "action_space": "single_action_space"}


@final
class VectorAdapter(VecEnv, Restorable):
    """Lets an unmodified SB3 agent train on a Gymnasium vector environment, without a Python loop over environments.

    Each step's infos are those of N single environments. Where an episode ended they hold what SB3 looks for:
    ``terminal_observation``, ``TimeLimit.truncated``, and ``episode`` with ``r`` (the sum of what the learner saw),
    ``l``, and beside them ``objective`` and ``ledger``. A `VectorLedger` is put outermost if there is none yet.

    Args:
        vector_env: An environment whose autoreset mode is SAME_STEP or DISABLED. NEXT_STEP is refused: its reset steps
            would be trained on as if they were steps.
        guard: Looks at all that the environment says.

    Raises:
        BadInput: It is no vector, or its autoreset mode is NEXT_STEP or not stated.
    """

    def __init__(self, vector_env: VectorEnv[Any, Any, Any], guard: StepGuard | None = None) -> None:
        self._resets_by_mask = _checked_mode(vector_env) is AutoresetMode.DISABLED
        self.vector_env = vector_env if isinstance(vector_env, VectorLedger) else VectorLedger(vector_env)
        self._actions: NDArray[Any] = np.zeros(0)
        self._steps_taken = 0
        self._guard = guard
        super().__init__(vector_env.num_envs, vector_env.single_observation_space, vector_env.single_action_space)

    def reset(self) -> Any:
        """Begin new episodes everywhere, with the seed and options given to `seed` and `set_options`.

        Raises:
            BadInput: Not all environments were given the same options, and one reset takes one set of them.
        """
        seed = None if self._seeds[0] is None else int(self._seeds[0])
        given = list(dict.fromkeys(map(repr, self._options)))
        if len(given) > 1:
            raise BadInput(Problem("set_options", " and ".join(given[:2]), "the same options for all environments"))
        options = self._options[0] or None
        observations, infos = self._guarded(lambda: self.vector_env.reset(seed=seed, options=options))
        if self._guard is not None:
            self._guard.began(observations)
        self.reset_infos = unbatched_infos(infos, self.num_envs)
        self._reset_seeds()
        self._reset_options()
        return observations

    def step_async(self, actions: NDArray[Any]) -> None:
        """Keep the actions for `step_wait`."""
        self._actions = actions

    def step_wait(self) -> VecEnvStepReturn:
        """Step all environments.

        Raises:
            InvalidReward: A reward is NaN, infinite or too large for float32; names the step and the environment.
            Diverged: Instead of it, and for more than rewards, if there is a guard.
        """
        actions = self._actions
        observations, rewards, terminations, truncations, infos = self._guarded(lambda: self.vector_env.step(actions))
        self._steps_taken += 1
        if self._guard is not None:
            taken = (actions, observations, rewards, terminations, truncations, infos)
            self._guard.took(StepTaken(self._steps_taken, *taken))
        with np.errstate(over="ignore"):
            seen = rewards.astype(np.float32)
        if not np.isfinite(seen).all():
            raise self._invalid_reward(rewards, seen)
        ended = terminations | truncations
        dicts = unbatched_infos(infos, self.num_envs)
        if ended.any():
            for index in np.flatnonzero(ended).tolist():
                dicts[index]["TimeLimit.truncated"] = bool(truncations[index] and not terminations[index])
            observations = self._hand_over_finals(observations, infos, ended, dicts)
        return observations, seen, ended, dicts

    def snapshot(self) -> dict[str, Any]:
        """What it remembers itself; the layers inside of it have snapshots of their own."""
        return {"steps_taken": self._steps_taken}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from a snapshot. No reset follows, so that a seed that waits for one is forgotten."""
        self._steps_taken = state["steps_taken"]
        self._reset_seeds()
        self._reset_options()

    def close(self) -> None:
        """Close the environment."""
        self.vector_env.close()

    def render(self, mode: str | None = None) -> NDArray[np.uint8] | None:
        """The frames of all environments side by side, if it renders images."""
        del mode
        frames = self.get_images()
        shown = [frame for frame in frames if frame is not None]
        return np.concatenate(shown, axis=1) if shown else None

    def get_images(self) -> Sequence[NDArray[np.uint8] | None]:
        """One frame for each environment."""
        frames: Any = self.vector_env.render()
        return [None] * self.num_envs if frames is None else list(frames)

    def get_attr(self, attr_name: str, indices: VecEnvIndices = None) -> list[Any]:
        """An attribute, once for each environment: of the vector environment if it has it, else of each inner one."""
        count = len(self._rows(indices))
        base = self.vector_env.unwrapped
        # Who asks for a space means that of one environment, as everywhere in SB3.
        attr_name = _OF_ONE.get(attr_name, attr_name)
        if hasattr(base, attr_name):
            return [getattr(base, attr_name)] * count
        if hasattr(base, "get_attr"):
            return [base.get_attr(attr_name)[index] for index in self._rows(indices)]
        raise AttributeError(f"{base} has no attribute {attr_name!r}")

    def set_attr(self, attr_name: str, value: Any, indices: VecEnvIndices = None) -> None:
        """Set an attribute where `get_attr` finds it: of the vector environment as a whole, or of inner ones.

        Raises:
            BadInput: It is one that the environments share, and not for all of them.
        """
        rows = self._rows(indices)
        base: Any = self.vector_env.unwrapped
        if not hasattr(base, attr_name) and hasattr(base, "set_attr"):
            everyone = len(rows) == self.num_envs
            kept = [None] * self.num_envs if everyone else base.get_attr(attr_name)
            base.set_attr(attr_name, [value if row in rows else kept[row] for row in range(self.num_envs)])
            return
        if len(rows) != self.num_envs:
            raise BadInput(Problem("set_attr indices", str(indices), "None: the environments share their attributes"))
        setattr(base, attr_name, value)

    def env_method(
        self, method_name: str, *method_args: Any, indices: VecEnvIndices = None, **method_kwargs: Any
    ) -> list[Any]:
        """Call a method of the vector environment and hand out its result row by row, as for ``action_masks``."""
        base = self.vector_env.unwrapped
        if hasattr(base, method_name):
            result = getattr(base, method_name)(*method_args, **method_kwargs)
        elif hasattr(base, "call"):
            result = base.call(method_name, *method_args, **method_kwargs)
        else:
            raise AttributeError(f"{base} has no method {method_name!r}")
        return [result[index] for index in self._rows(indices)]

    def env_is_wrapped(self, wrapper_class: type[Any], indices: VecEnvIndices = None) -> list[bool]:
        """Whether the environments report their episodes, which is what SB3 asks: yes, through the ledger."""
        from stable_baselines3.common.monitor import Monitor

        return [wrapper_class is Monitor] * len(self._rows(indices))

    def _guarded(self, acting: Callable[[], Any]) -> Any:
        """What the environment answers; where one of its layers refuses to pay what is no number, the guard tells."""
        try:
            return acting()
        except InvalidReward as fault:
            if self._guard is None:
                raise
            raise self._guard.refused(fault, self._steps_taken + 1) from fault

    def _hand_over_finals(
        self, observations: Any, infos: dict[str, Any], ended: NDArray[np.bool_], dicts: list[dict[str, Any]]
    ) -> Any:
        """Put last observations into the info dictionaries; return the observations to go on from."""
        finals = observations if self._resets_by_mask else infos["final_obs"]
        indices = np.flatnonzero(ended).tolist()
        for index in indices:
            dicts[index]["terminal_observation"] = _row(finals, index)
        if self._resets_by_mask:
            observations, reset_infos = self.vector_env.reset(options={"reset_mask": ended})
        else:
            # The ledger of the ended episode stands at the top level, where all else is of the new one.
            reset_infos = {name: values for name, values in infos.items() if name not in ("episode", "_episode")}
        started = unbatched_infos(reset_infos, self.num_envs, only=ended)
        for index in indices:
            self.reset_infos[index] = started[index]
        return observations

    def _rows(self, indices: VecEnvIndices) -> list[int]:
        if indices is None:
            return list(range(self.num_envs))
        return [int(index) for index in indices] if isinstance(indices, Iterable) else [int(indices)]

    def _invalid_reward(self, rewards: NDArray[np.float64], seen: NDArray[np.float32]) -> InvalidReward:
        index = int(np.flatnonzero(~np.isfinite(seen))[0])
        return InvalidReward(
            f"step {self._steps_taken}, environment {index}: got reward {rewards[index]}, expected a finite float32; "
            "look for a division by zero, a logarithm of 0 or an overflow in the environment's reward"
        )


def _checked_mode(vector_env: object) -> AutoresetMode:
    if not isinstance(vector_env, VectorEnv):
        fix = "make one with gymnasium.make_vec; SB3 takes a single environment as it is"
        raise BadInput(Problem("vector_env", f"a {type(vector_env).__name__}", "a Gymnasium vector environment", fix))
    mode = vector_env.metadata.get("autoreset_mode")
    if mode not in (AutoresetMode.SAME_STEP, AutoresetMode.DISABLED):
        fix = (
            "make it with vectorization_mode='sync', vector_kwargs={'autoreset_mode': 'SameStep'}, or with"
            " autoreset_mode='SameStep' if it has a vector of its own that takes that"
        )
        raise BadInput(Problem("vector_env autoreset mode", str(mode), "SAME_STEP or DISABLED", fix))
    return AutoresetMode(mode)


def _row(observations: Any, index: int) -> Any:
    """One environment's observation out of a batch, which is a dictionary of batches for a Dict space."""
    if isinstance(observations, dict):
        return {name: part[index] for name, part in observations.items()}
    return observations[index]
