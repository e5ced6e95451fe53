"""Thousands of games at once, as a Gymnasium vector environment."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, final

import gymnasium as gym
import numpy as np
from gymnasium.utils.seeding import np_random
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space
from numpy.typing import NDArray

from rewardlab.errors import BadInput, Problem
from rewardlab.rewards import Catalogue, RewardChoice
from rewardlab.snapshots import Restorable, generator_from
from rewardlab_envs.minichess.events import DRAWN, WON
from rewardlab_envs.minichess.match import Match
from rewardlab_envs.minichess.match_settings import match_settings_from
from rewardlab_envs.minichess.paying import Paid, pay
from rewardlab_envs.minichess.picture import RENDER_MODES, drawn, drawn_position
from rewardlab_envs.minichess.rewards import OBJECTIVE, catalogue_of

__all__ = ["MiniChessVectorEnv"]

_NOBODY = np.zeros(0, dtype=np.int64)


@final
class MiniChessVectorEnv(VectorEnv[Any, Any, Any], Restorable):
    """N games, equal in every number and info key to a ``SyncVectorEnv`` of N `MiniChessEnv`; stepped in compiled code.

    Args:
        num_envs: N.
        reward: What is paid: a name of the catalogue, weights on its events, or a reward. The objective by default.
        max_episode_steps: The time limit, in moves of the agent; None for none.
        autoreset_mode: Any of Gymnasium's three, as the enumeration or its value ("NextStep", "SameStep", "Disabled").
        render_mode: "rgb_array", "ansi", "svg" or None.
        settings: Those of `MatchSettings`.
    """

    metadata: dict[str, Any] = {  # noqa: RUF012 - Gymnasium declares it so
        "render_modes": list(RENDER_MODES),
        "render_fps": 2,
    }

    def __init__(
        self,
        num_envs: int = 1,
        reward: RewardChoice = OBJECTIVE,
        max_episode_steps: int | None = None,
        autoreset_mode: AutoresetMode | str = AutoresetMode.NEXT_STEP,
        render_mode: str | None = None,
        **settings: Any,
    ) -> None:
        self._check(num_envs, max_episode_steps, render_mode)
        self.autoreset_mode = _checked_mode(autoreset_mode)
        self.settings = match_settings_from(settings)
        self.reward = self.catalogue.reward(reward)
        self.num_envs = num_envs
        self.max_episode_steps = max_episode_steps
        self.render_mode = render_mode
        self.metadata = {**type(self).metadata, "autoreset_mode": self.autoreset_mode}
        self._match = Match(self.settings, num_envs)
        self.single_observation_space = gym.spaces.Box(0.0, 1.0, (self._match.observation_length,), np.float32)
        self.single_action_space = gym.spaces.Discrete(len(self._match.table))
        self.observation_space = batch_space(self.single_observation_space, num_envs)
        self.action_space = batch_space(self.single_action_space, num_envs)
        self._is_seeded = np.zeros(num_envs, dtype=np.bool_)
        self._elapsed_steps = np.zeros(num_envs, dtype=np.int64)
        self._observations = np.zeros(0, dtype=np.float32)
        self._ended: NDArray[np.int64] | None = None  # indices; None before the first reset

    @property
    def catalogue(self) -> Catalogue:
        """The rewards and potentials of the game."""
        return catalogue_of(self.settings.rules)

    def reset(
        self, *, seed: int | list[int | None] | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Any, dict[str, Any]]:
        """Begin new games everywhere, or in those of ``options["reset_mask"]``.

        Args:
            seed: Game i is seeded with ``seed + i``, or with entry i of a list.
            options: ``reset_mask``, ``[N]`` bool, restarts only those.

        Raises:
            BadInput: The list of seeds or the mask does not fit, or the first reset leaves a game out.
        """
        super().reset(seed=seed if isinstance(seed, int) else None)
        mask = self._checked_mask((options or {}).get("reset_mask"))
        starting = np.flatnonzero(mask)
        self._seed(starting, seed)
        self._match.begin(starting)
        self._elapsed_steps[starting] = 0
        ended = _NOBODY if self._ended is None else self._ended
        self._ended = ended[~mask[ended]]
        self._observations = self._match.observe()
        return self._observations.copy(), self._mask_infos(mask)

    def step(
        self, actions: Any
    ) -> tuple[Any, NDArray[np.float64], NDArray[np.bool_], NDArray[np.bool_], dict[str, Any]]:
        """Move in every game, and let the opponents answer.

        Args:
            actions: ``[N]`` whole numbers. Ignored, in NEXT_STEP mode, for games that are being reset.

        Raises:
            BadInput: An action is not legal where illegal moves are refused, or DISABLED games that ended were not
                reset. No game has moved then.
            EngineFailed: The engine that plays against the agents died twice over a move, was too slow twice, or
                answered nonsense; the message says in which game. No game has moved then, and the others can go on once
                that one is played otherwise, or reset.
        """
        with self._match.undone_on_failure(self._elapsed_steps):
            return self._step(actions)

    def snapshot(self) -> dict[str, Any]:
        """The games, their elapsed steps and their streams."""
        return {
            "match": self._match.snapshot(),
            "elapsed_steps": self._elapsed_steps.copy(),
            "ended": None if self._ended is None else self._ended.copy(),
            "is_seeded": self._is_seeded.copy(),
            "generator": self.np_random.bit_generator.state,
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from a snapshot of as many games under the same settings.

        Raises:
            BadInput: It is of others.
        """
        self._match.restore(state["match"])
        self.np_random = generator_from(state["generator"])
        self._elapsed_steps = np.array(state["elapsed_steps"], dtype=np.int64)
        self._ended = None if state["ended"] is None else np.array(state["ended"], dtype=np.int64)
        self._is_seeded = np.array(state["is_seeded"], dtype=np.bool_)
        self._observations = self._match.observe()

    def action_masks(self) -> NDArray[np.bool_]:
        """The actions that are legal now, ``[N, A]`` bool."""
        return self._match.masks.copy()

    def get_attr(self, name: str) -> tuple[Any, ...]:
        """An attribute of this environment, once for each game, as ``SyncVectorEnv.get_attr`` gives it."""
        return (getattr(self, name),) * self.num_envs

    def render(self) -> tuple[Any, ...] | None:
        """The positions, as the render mode says."""
        if self.render_mode is None:
            return None
        boards = []
        for state, mask in zip(self._match.states, self._match.masks, strict=True):
            is_over = not mask.any()
            note = "the game is over" if is_over else ""
            boards.append(drawn_position(state, self._match.table.size, note=note, is_over=is_over))
        return tuple(drawn(board, self.render_mode) for board in boards)

    def close_extras(self, **kwargs: Any) -> None:
        """End the engine, where one plays."""
        self._match.close()

    def _step(
        self, actions: Any
    ) -> tuple[Any, NDArray[np.float64], NDArray[np.bool_], NDArray[np.bool_], dict[str, Any]]:
        resetting = self._checked_resetting()
        given = np.asarray(actions)
        if given.shape != (self.num_envs,) or given.dtype.kind not in "iu":
            got = f"{given.dtype} of shape {given.shape}"
            raise BadInput(Problem("actions", got, f"whole numbers of shape ({self.num_envs},)"))
        chosen = given.astype(np.int64)
        stepped = np.ones(self.num_envs, dtype=np.bool_)
        stepped[resetting] = False
        events = self._match.act(np.flatnonzero(stepped), chosen)
        self._elapsed_steps += 1
        if len(resetting):
            self._match.begin(resetting)
            self._elapsed_steps[resetting] = 0
        before = self._observations
        observations = self._match.observe()
        terminations: NDArray[np.bool_] = events[:, WON : DRAWN + 1].max(axis=1) > 0
        truncations = np.zeros(self.num_envs, dtype=np.bool_)
        if self.max_episode_steps is not None:
            truncations = self._elapsed_steps >= self.max_episode_steps
        paid = pay(self.reward, self.catalogue, before, chosen, observations, terminations, events, stepped)
        ended = np.flatnonzero(terminations | truncations)
        if self.autoreset_mode is AutoresetMode.SAME_STEP and len(ended):
            observations, infos = self._restart(ended, observations, paid)
        else:
            infos = paid.infos(stepped) if stepped.any() else {}
            infos |= self._mask_infos(np.ones(self.num_envs, dtype=np.bool_))
            self._ended = ended
        self._observations = observations
        return observations.copy(), paid.rewards, terminations, truncations, infos

    def _restart(
        self, ended: NDArray[np.int64], observations: NDArray[np.float32], paid: Paid
    ) -> tuple[NDArray[np.float32], dict[str, Any]]:
        """Begin new games in place and build the infos, with what ended under ``final_obs`` and ``final_info``."""
        has_ended = np.zeros(self.num_envs, dtype=np.bool_)
        has_ended[ended] = True
        final_observations = np.full(self.num_envs, None, dtype=object)
        for index in ended.tolist():
            final_observations[index] = observations[index].copy()
        final_info = paid.infos(has_ended) | self._mask_infos(has_ended)
        self._match.begin(ended)
        self._elapsed_steps[ended] = 0
        observations = self._match.observe()
        infos = {} if has_ended.all() else paid.infos(~has_ended)
        infos |= self._mask_infos(np.ones(self.num_envs, dtype=np.bool_))
        infos |= {"final_obs": final_observations, "_final_obs": has_ended}
        infos |= {"final_info": final_info, "_final_info": has_ended}
        self._ended = _NOBODY
        return observations, infos

    def _mask_infos(self, which: NDArray[np.bool_]) -> dict[str, Any]:
        masks = (self._match.masks & which[:, None]).astype(np.int8)
        return {"action_mask": masks, "_action_mask": which}

    def _seed(self, starting: NDArray[np.int64], seed: int | list[int | None] | None) -> None:
        seeds: list[int | None] = [None] * self.num_envs
        if isinstance(seed, int):
            seeds = [seed + index for index in range(self.num_envs)]
        elif seed is not None:
            seeds = list(seed)
        if len(seeds) != self.num_envs:
            raise BadInput(Problem("seed", f"{len(seeds)} seeds", f"one for each of {self.num_envs} games"))
        for index in starting.tolist():
            given = seeds[index]
            if given is None and self._is_seeded[index]:
                continue
            # A single environment draws its stream in the same way from a generator of its own.
            generator = self.np_random if given is None else np_random(given)[0]
            self._match.seed(np.array([index]), generator.integers(0, 2**63, 1).astype(np.uint64))
            self._is_seeded[index] = True

    def _checked_resetting(self) -> NDArray[np.int64]:
        if self._ended is None:
            raise BadInput(Problem("step", "a call before reset", "reset() first"))
        if self.autoreset_mode is AutoresetMode.DISABLED and len(self._ended):
            got = f"environments {self._ended[:8].tolist()} that have ended"
            fix = "call reset(options={'reset_mask': terminations | truncations}) first"
            raise BadInput(Problem("step", got, "environments that run", fix))
        return self._ended if self.autoreset_mode is AutoresetMode.NEXT_STEP else _NOBODY

    def _checked_mask(self, mask: Any) -> NDArray[np.bool_]:
        if mask is None:
            return np.ones(self.num_envs, dtype=np.bool_)
        fits = isinstance(mask, np.ndarray) and mask.dtype == np.bool_ and mask.shape == (self.num_envs,)
        if not fits or not mask.any():
            expected = f"a bool array of shape ({self.num_envs},) with a True in it"
            raise BadInput(Problem("options['reset_mask']", repr(mask), expected))
        if self._ended is None and not mask.all():
            raise BadInput(Problem("options['reset_mask']", "some of the games", "all, before the first step"))
        fitting: NDArray[np.bool_] = mask.copy()
        return fitting

    def _check(self, num_envs: int, max_episode_steps: int | None, render_mode: str | None) -> None:
        problems = []
        if num_envs < 1:
            problems.append(Problem("num_envs", repr(num_envs), "at least 1"))
        if max_episode_steps is not None and max_episode_steps < 1:
            problems.append(Problem("max_episode_steps", repr(max_episode_steps), "at least 1, or None"))
        if render_mode not in (None, *self.metadata["render_modes"]):
            problems.append(Problem("render_mode", repr(render_mode), "None, 'ansi', 'rgb_array' or 'svg'"))
        if problems:
            raise BadInput(*problems)


def _checked_mode(mode: AutoresetMode | str) -> AutoresetMode:
    try:
        return AutoresetMode(mode)
    except ValueError:
        known = ", ".join(repr(known.value) for known in AutoresetMode)
        raise BadInput(Problem("autoreset_mode", repr(mode), f"one of {known}")) from None
