"""A game of two learners, as a PettingZoo environment in which they move in turn.

PettingZoo does not come along with rewardlab, and nothing else here needs it: Terry et al. (2021), "PettingZoo: Gym for
multi-agent reinforcement learning".
"""

from __future__ import annotations

from typing import Any, Literal, final

import gymnasium as gym
import numpy as np
from numpy.typing import NDArray

from rewardlab.errors import BadInput, Problem
from rewardlab_envs.minichess.actions import action_names, action_table
from rewardlab_envs.minichess.game import Game
from rewardlab_envs.minichess.loading import compiled
from rewardlab_envs.minichess.match_settings import MatchSettings
from rewardlab_envs.minichess.picture import RENDER_MODES, drawn

try:
    from pettingzoo import AECEnv
except ModuleNotFoundError as missing:
    raise ModuleNotFoundError(
        f"two players need PettingZoo: got no module {missing.name!r}; pip install 'pettingzoo>=1.27'",
        name=missing.name,
    ) from None

__all__ = ["TwoPlayerEnv"]

_COLOURS = {"player_0": 1, "player_1": -1}


@final
class TwoPlayerEnv(AECEnv):  # type: ignore[misc]
    """A game between two agents: ``player_0`` has White, ``player_1`` Black.

    Each sees and moves as the agent of `MiniChessEnv` does, from its own side of the board, and finds what is legal in
    the ``action_mask`` of its info (``[A]`` int8; nothing while the other is to move). At the end the winner is paid 1
    and the loser -1; a draw pays 0. There is no chance in it, so a seed changes nothing.

    Args:
        rules: The name of a rule set.
        fen: Where games begin; the start of the rule set by default.
        illegal_moves: ``wasted``: an illegal action leaves the position as it is, takes a step, and the same player
            is to move; ``refused``: it is an error; ``lost``: it loses the game.
        max_episode_steps: The time limit, in steps of both players together; None for none.
        render_mode: "ansi" for text, "rgb_array" for an image, "svg" for a picture as text, or None.

    Attributes:
        game: The game as it stands, with its moves.

    Raises:
        BadInput: Anything above is not as it should be.
    """

    metadata: dict[str, Any] = {  # noqa: RUF012 - PettingZoo declares it so
        "name": "minichess_v0",
        "render_modes": list(RENDER_MODES),
        "render_fps": 2,
        "is_parallelizable": False,
    }

    def __init__(
        self,
        rules: str = "gardner",
        fen: str | None = None,
        illegal_moves: Literal["wasted", "refused", "lost"] = "wasted",
        max_episode_steps: int | None = None,
        render_mode: str | None = None,
    ) -> None:
        self.settings = MatchSettings(rules=rules, fen=fen, illegal_moves=illegal_moves)
        _check(max_episode_steps, render_mode, self.metadata["render_modes"])
        self.max_episode_steps = max_episode_steps
        self.render_mode = render_mode
        self.game = Game(rules, fen)
        self._table = action_table(rules)
        self._numbers = {
            colour: {name: action for action, name in enumerate(action_names(rules, colour))} for colour in (1, -1)
        }
        self.possible_agents = list(_COLOURS)
        self.agents: list[str] = []
        length = 13 * self._table.size**2 + 6
        self.observation_spaces = {
            agent: gym.spaces.Box(0.0, 1.0, (length,), np.float32) for agent in self.possible_agents
        }
        self.action_spaces = {agent: gym.spaces.Discrete(len(self._table)) for agent in self.possible_agents}

    def observation_space(self, agent: str) -> gym.spaces.Box:
        """What a player may see."""
        return self.observation_spaces[agent]

    def action_space(self, agent: str) -> gym.spaces.Discrete:
        """What a player may do."""
        return self.action_spaces[agent]

    def reset(self, seed: int | None = None, options: dict[str, Any] | None = None) -> None:
        """Begin a game. Both arguments are there because PettingZoo asks for them."""
        self.game = Game(self.settings.rules, self.settings.fen)
        self.agents = list(self.possible_agents)
        self.rewards = dict.fromkeys(self.agents, 0.0)
        self._cumulative_rewards = dict.fromkeys(self.agents, 0.0)
        self.terminations = dict.fromkeys(self.agents, False)
        self.truncations = dict.fromkeys(self.agents, False)
        self._elapsed_steps = 0
        self._pass_on()

    def observe(self, agent: str) -> NDArray[np.float32]:
        """The board from the side of a player, ``[O]`` float32, whoever is to move."""
        seen = np.zeros((1, *self.observation_spaces[agent].shape), dtype=np.float32)
        colour = np.array([_COLOURS[agent]], dtype=np.int64)
        compiled("games").observe(self.game.state[None], colour, self.game.rules.as_numbers(), seen)
        return seen[0]

    def state(self) -> NDArray[np.float32]:
        """The whole position, as White sees it."""
        return self.observe("player_0")

    def step(self, action: Any) -> None:
        """Move with the player whose turn it is, or take a player out whose game is over (action None).

        Raises:
            BadInput: The action is none, or not legal where illegal moves are refused, or nobody is to move.
        """
        if not self.agents:
            raise BadInput(Problem("step", "a game that is over or has not begun", "a new one", "call reset()"))
        agent = self.agent_selection
        if self.terminations[agent] or self.truncations[agent]:
            self._was_dead_step(action)
            return
        self._cumulative_rewards[agent] = 0.0
        self.rewards = dict.fromkeys(self.agents, 0.0)
        move = action_names(self.settings.rules, _COLOURS[agent])[self._checked(action)]
        if move in self.game.legal_moves():
            self.game.play(move)
            self._note_ending(agent if self.game.ending == "mate" else None, over=bool(self.game.ending))
        elif self.settings.illegal_moves == "refused":
            raise BadInput(self._illegal(agent, int(action)))
        elif self.settings.illegal_moves == "lost":
            self.game.forfeit()
            self._note_ending(next(other for other in self.agents if other != agent), over=True)
        self._elapsed_steps += 1
        if self._elapsed_steps == self.max_episode_steps and not any(self.terminations.values()):
            self.truncations = dict.fromkeys(self.agents, True)
        self._accumulate_rewards()
        self._pass_on()

    def render(self) -> Any:
        """The position, as the render mode says; White is below."""
        return drawn(self.game.board(), self.render_mode)

    def close(self) -> None:
        """Nothing is open."""

    def _note_ending(self, winner: str | None, *, over: bool) -> None:
        self.terminations = dict.fromkeys(self.agents, over)
        for agent in self.agents if winner else ():
            self.rewards[agent] = 1.0 if agent == winner else -1.0

    def _pass_on(self) -> None:
        """Ask the player who is to move, and tell it what it may do."""
        mover = next(agent for agent, colour in _COLOURS.items() if colour == self.game.side)
        self.agent_selection = mover
        goes_on = not any((*self.terminations.values(), *self.truncations.values()))
        masks = {agent: np.zeros(len(self._table), dtype=np.int8) for agent in self.agents}
        numbers = self._numbers[self.game.side]
        masks[mover][[numbers[move] for move in self.game.legal_moves() if goes_on]] = 1
        self.infos = {agent: {"action_mask": mask} for agent, mask in masks.items()}

    def _checked(self, action: Any) -> int:
        count = len(self._table)
        if isinstance(action, bool) or not isinstance(action, int | np.integer) or not 0 <= action < count:
            raise BadInput(Problem("action", repr(action), f"a whole number in [0, {count})"))
        return int(action)

    def _illegal(self, agent: str, action: int) -> Problem:
        legal = np.flatnonzero(self.infos[agent]["action_mask"]).tolist()
        listed = ", ".join(f"{move} ({self._table.describe(move)})" for move in legal)
        fix = f"see infos[{agent!r}]['action_mask'], or set illegal_moves='wasted'"
        return Problem("action", f"{action} ({self._table.describe(action)})", f"a legal move: {listed}", fix)


def _check(max_episode_steps: object, render_mode: str | None, modes: list[str]) -> None:
    problems = []
    if max_episode_steps is not None and (
        isinstance(max_episode_steps, bool) or not isinstance(max_episode_steps, int) or max_episode_steps < 1
    ):
        problems.append(Problem("max_episode_steps", repr(max_episode_steps), "a whole number of at least 1, or None"))
    if render_mode not in (None, *modes):
        problems.append(Problem("render_mode", repr(render_mode), f"None or one of {', '.join(map(repr, modes))}"))
    if problems:
        raise BadInput(*problems)
