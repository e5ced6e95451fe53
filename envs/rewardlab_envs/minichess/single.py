"""One game at a time, as a Gymnasium environment."""

from __future__ import annotations

from typing import Any, final

import gymnasium as gym
import numpy as np
from numpy.typing import NDArray

from rewardlab.errors import BadInput, Problem
from rewardlab.mdp.action_index import action_index
from rewardlab.rewards import Catalogue, RewardChoice
from rewardlab_envs.minichess.actions import action_names
from rewardlab_envs.minichess.events import DRAWN, ILLEGAL, WON
from rewardlab_envs.minichess.fen import write_fen
from rewardlab_envs.minichess.game import Game
from rewardlab_envs.minichess.match import Match
from rewardlab_envs.minichess.match_settings import match_settings_from
from rewardlab_envs.minichess.notation import standard_notation
from rewardlab_envs.minichess.paying import pay
from rewardlab_envs.minichess.picture import RENDER_MODES, drawn, drawn_position, squares_of
from rewardlab_envs.minichess.recording import Recorded, moves_of_step, recorded_game
from rewardlab_envs.minichess.rewards import OBJECTIVE, catalogue_of
from rewardlab_envs.minichess.rules import rule_set
from rewardlab_envs.minichess.squares import SIDE

__all__ = ["MiniChessEnv"]

_ONLY = np.zeros(1, dtype=np.int64)
_STEPPED = np.ones(1, dtype=np.bool_)


@final
class MiniChessEnv(gym.Env[NDArray[np.float32], Any]):
    """A game against an opponent that is part of the environment: a step is the agent's move and the answer to it.

    Observations and actions are those of docs/environments.md, both from the agent's side of the board. The info holds
    ``action_mask`` (``[A]`` int8, as ``Discrete.sample`` takes it), and after a step ``objective``, ``ledger`` and
    ``events``.

    Args:
        reward: What is paid: a name of the catalogue, weights on its events, or a reward. The objective by default.
        render_mode: "ansi" for text, "rgb_array" for an image, "svg" for a picture as text, or None.
        settings: Those of `MatchSettings`.
    """

    metadata: dict[str, Any] = {  # noqa: RUF012 - Gymnasium declares it so
        "render_modes": list(RENDER_MODES),
        "render_fps": 2,
    }

    def __init__(self, reward: RewardChoice = OBJECTIVE, render_mode: str | None = None, **settings: Any) -> None:
        if render_mode not in (None, *self.metadata["render_modes"]):
            raise BadInput(Problem("render_mode", repr(render_mode), "None, 'ansi', 'rgb_array' or 'svg'"))
        self.settings = match_settings_from(settings)
        self.reward = self.catalogue.reward(reward)
        self.render_mode = render_mode
        self._match = Match(self.settings, 1)
        self._is_seeded = False
        self._observations: NDArray[np.float32] | None = None
        self._over = False
        self._recorded: list[Recorded] = []
        self.observation_space = gym.spaces.Box(0.0, 1.0, (self._match.observation_length,), np.float32)
        self.action_space = gym.spaces.Discrete(len(self._match.table))

    @property
    def catalogue(self) -> Catalogue:
        """The rewards and potentials of the game."""
        return catalogue_of(self.settings.rules)

    @property
    def fen(self) -> str:
        """The position."""
        self._current()
        return write_fen(self._match.states[0], rule_set(self.settings.rules))

    @property
    def game(self) -> Game:
        """The game so far, with the moves of both sides."""
        self._current()
        forfeits = self.settings.illegal_moves == "lost"
        return recorded_game(self.settings.rules, self.settings.fen, self._recorded, forfeits=forfeits)

    def pgn(self, *, event: str = "?", date: str = "????.??.??", agent: str = "agent") -> str:
        """The game so far as PGN, see `Game.pgn`; the opponent is named after its kind, an engine as it says."""
        names = [agent, self.settings.opponent_name()]
        is_white = self._current()[0, -1] > 0
        white, black = names if is_white else reversed(names)
        return self.game.pgn(event=event, date=date, white=white, black=black)

    def describe_step(self) -> str:
        """What the last step did, for the caption of a replay: the moves of both sides, and why the game is drawn."""
        self._current()
        if len(self._recorded) < 2:
            return ""
        before, step = self._recorded[-2].state, self._recorded[-1]
        rules = rule_set(self.settings.rules)
        words = standard_notation(before, rules.as_numbers(), self._last_moves())
        if step.action is not None and not step.is_legal:
            words = [f"illegal {action_names(rules.name, int(before[SIDE]))[step.action]}"]
        if self._over and self.game.result == "1/2-1/2":
            words.append(f"({self.game.ending.replace('_', ' ')})")
        return " ".join(words)

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[NDArray[np.float32], dict[str, Any]]:
        """Begin a game. A seed also decides all that the opponent will draw, in this game and the next ones."""
        super().reset(seed=seed)
        if seed is not None or not self._is_seeded:
            self._match.seed(_ONLY, self.np_random.integers(0, 2**63, 1).astype(np.uint64))
            self._is_seeded = True
        self._match.begin(_ONLY)
        self._observations = self._match.observe()
        self._over = False
        self._recorded = [Recorded(None, False, self._match.states[0].copy())]
        return self._observations[0].copy(), self._mask_info()

    def step(self, action: Any) -> tuple[NDArray[np.float32], float, bool, bool, dict[str, Any]]:
        """Move, and let the opponent answer.

        Raises:
            BadInput: The action is no whole number or not legal where illegal moves are refused, or the game is over.
            EngineFailed: The engine that plays against the agent died twice over this move, was too slow twice, or
                answered nonsense. The game stands where it stood.
        """
        before, index = self._current(), action_index(action)
        if self._over:
            raise BadInput(Problem("step", "a game that is over", "a new one", "call reset()"))
        if index < 0:
            raise BadInput(Problem("action", repr(action), f"a whole number in [0, {len(self._match.table)})"))
        actions = np.array([index], dtype=np.int64)
        events = self._match.act(_ONLY, actions)
        self._recorded.append(Recorded(index, not events[0, ILLEGAL], self._match.states[0].copy()))
        after = self._observations = self._match.observe()
        self._over = bool(events[0, WON : DRAWN + 1].any())
        terminated = np.array([self._over])
        paid = pay(self.reward, self.catalogue, before, actions, after, terminated, events, _STEPPED)
        return after[0].copy(), float(paid.rewards[0]), self._over, False, paid.info() | self._mask_info()

    def action_masks(self) -> NDArray[np.bool_]:
        """The actions that are legal now, ``[A]`` bool, as sb3-contrib's MaskablePPO asks for them."""
        self._current()
        mask: NDArray[np.bool_] = self._match.masks[0].copy()
        return mask

    def render(self) -> Any:
        """The position, as the render mode says, with the squares marked of the moves of the last step."""
        self._current()
        if self.render_mode is None:
            return None
        size, state = self._match.table.size, self._match.states[0]
        marked = squares_of(self._last_moves(), size)
        if self._over:
            return drawn(self.game.board(marked), self.render_mode)
        return drawn(drawn_position(state, size, marked=marked), self.render_mode)

    def close(self) -> None:
        """End the engine, where one plays."""
        self._match.close()
        super().close()

    def _last_moves(self) -> list[str]:
        if len(self._recorded) < 2:
            return []
        return moves_of_step(rule_set(self.settings.rules), self._recorded[-2].state, self._recorded[-1])

    def _mask_info(self) -> dict[str, Any]:
        return {"action_mask": self._match.masks[0].astype(np.int8)}

    def _current(self) -> NDArray[np.float32]:
        if self._observations is None:
            raise gym.error.ResetNeeded("call reset() before the first step")
        return self._observations
