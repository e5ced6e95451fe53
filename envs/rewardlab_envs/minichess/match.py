"""N games against the same opponent: the arrays that the engine works on, and what may be chosen about them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, final

import numpy as np
from numpy.typing import NDArray

from rewardlab.errors import BadInput, Problem, one_of
from rewardlab_envs.minichess.actions import action_table
from rewardlab_envs.minichess.events import ILLEGAL, LOST, N_EVENTS
from rewardlab_envs.minichess.fen import read_fen
from rewardlab_envs.minichess.game import HISTORY_LENGTH, Game
from rewardlab_envs.minichess.loading import compiled
from rewardlab_envs.minichess.rules import rule_set
from rewardlab_envs.minichess.squares import SIDE, STATE_LENGTH

__all__ = ["OPPONENTS", "Match", "MatchSettings"]

OPPONENTS = ("random", "greedy", "alpha_beta")
_COLOURS = {"white": 1, "black": -1, "either": 0}
_ILLEGAL_MOVES = ("wasted", "refused", "lost")


@final
@dataclass(frozen=True, slots=True)
class MatchSettings:
    """What is played, against whom.

    Attributes:
        rules: The name of a rule set.
        opponent: ``random``; ``greedy``, which takes what is worth most and else moves at random; ``alpha_beta``, which
            searches ``depth`` plies and counts material. Equal moves are drawn.
        depth: Plies that ``alpha_beta`` looks ahead, 1 to 6.
        plays: The agent's colour: "white", "black", or "either", drawn for each game. By default White, or whoever is
            to move in ``fen``.
        fen: Where games begin; the start of the rule set by default. The agent must be to move there, so that no game
            is over before its first move.
        illegal_moves: ``wasted``: an illegal action leaves the position as it is and takes a step all the same, so that
            any learner may play; ``refused``: it is an error; ``lost``: it loses the game.

    Raises:
        BadInput: Anything above is not as it should be, all of it at once.
    """

    rules: str = "gardner"
    opponent: str = "random"
    depth: int = 2
    plays: Literal["white", "black", "either"] | None = None
    fen: str | None = None
    illegal_moves: Literal["wasted", "refused", "lost"] = "wasted"

    def __post_init__(self) -> None:
        problems = []
        if self.opponent not in OPPONENTS:
            problems.append(one_of("opponent", str(self.opponent), OPPONENTS, "opponent"))
        if isinstance(self.depth, bool) or not isinstance(self.depth, int) or not 1 <= self.depth <= 6:
            problems.append(Problem("depth", repr(self.depth), "a whole number in [1, 6]"))
        if self.plays is not None and self.plays not in _COLOURS:
            problems.append(one_of("plays", str(self.plays), _COLOURS, "colour"))
        if self.illegal_moves not in _ILLEGAL_MOVES:
            problems.append(one_of("illegal_moves", str(self.illegal_moves), _ILLEGAL_MOVES, "treatment"))
        try:
            rule_set(self.rules)
            problems += self._problems_of_fen() if self.fen is not None else []
        except BadInput as error:
            problems += error.problems
        if problems:
            raise BadInput(*problems)

    def start(self) -> NDArray[np.int16]:
        """The state in which games begin, ``[128]`` int16."""
        rules = rule_set(self.rules)
        return read_fen(rules.start if self.fen is None else self.fen, rules)

    def colour(self) -> int:
        """The agent's colour: 1 for White, -1 for Black, 0 where it is drawn."""
        if self.plays is not None:
            return _COLOURS[self.plays]
        return 1 if self.fen is None else int(self.start()[SIDE])

    def _problems_of_fen(self) -> list[Problem]:
        game = Game(self.rules, self.fen)
        if game.ending:
            return [Problem("fen", f"a game that is over ({game.ending})", "one that goes on")]
        if self.plays is not None and _COLOURS.get(self.plays, game.side) != game.side:
            side = "white" if game.side > 0 else "black"
            return [Problem("plays", repr(self.plays), f"{side!r}, who is to move in fen", "leave it out")]
        return []


@final
class Match:
    """N games under the same settings.

    Args:
        settings: What is played, against whom.
        count: N.

    Attributes:
        states: ``[N, 128]`` int16, as the engine knows them.
        masks: ``[N, A]`` bool, the actions that are legal now; none where a game is over.
    """

    def __init__(self, settings: MatchSettings, count: int) -> None:
        self.settings = settings
        self.table = action_table(settings.rules)
        self._rules = rule_set(settings.rules).as_numbers()
        self._start: NDArray[np.int16] | None = None  # read on first use, so that nothing is compiled before
        kind = OPPONENTS.index(settings.opponent)
        self._setup = np.array([kind, settings.depth, settings.colour()], dtype=np.int64)
        self.states = np.zeros((count, STATE_LENGTH), dtype=np.int16)
        self._histories = np.zeros((count, HISTORY_LENGTH), dtype=np.uint64)
        self._streams = np.zeros((count, 1), dtype=np.uint64)
        self._colours = np.ones(count, dtype=np.int64)
        self.masks = np.zeros((count, len(self.table)), dtype=np.bool_)
        self.observation_length = 13 * self.table.size**2 + 6

    def seed(self, which: NDArray[np.int64], streams: NDArray[np.uint64]) -> None:
        """Give the games ``which`` new random streams, one number for each."""
        self._streams[which, 0] = streams

    def begin(self, which: NDArray[np.int64]) -> None:
        """Begin new games in the rows ``which``, up to the agent's first move."""
        nothing = np.full(len(self.states), -1, dtype=np.int64)
        self._advance(which, nothing, np.zeros((len(self.states), N_EVENTS)))

    def act(self, which: NDArray[np.int64], actions: NDArray[np.int64]) -> NDArray[np.float64]:
        """Play actions ``[N]`` in the games ``which``, and the opponent's answers.

        Args:
            which: The rows that play.
            actions: ``[N]``, read in those rows.

        Returns:
            ``[N, E]`` float64, what happened; zeros in all other rows.

        Raises:
            BadInput: An action is no action, or not legal where illegal moves are refused.
        """
        chosen = actions[which]
        outside = (chosen < 0) | (chosen >= len(self.table))
        if outside.any():
            index = int(which[np.flatnonzero(outside)[0]])
            raise BadInput(
                Problem(f"actions[{index}]", str(actions[index]), f"a whole number in [0, {len(self.table)})")
            )
        legal = self.masks[which, chosen]
        events = np.zeros((len(self.states), N_EVENTS))
        if not legal.all():
            illegal = which[~legal]
            if self.settings.illegal_moves == "refused":
                raise BadInput(self._illegal(int(illegal[0]), int(actions[illegal[0]])))
            events[illegal, ILLEGAL] = 1.0
            events[illegal, LOST] = float(self.settings.illegal_moves == "lost")
        self._advance(which[legal], actions, events)
        return events

    def observe(self) -> NDArray[np.float32]:
        """What the agents see, ``[N, O]`` float32."""
        observations = np.zeros((len(self.states), self.observation_length), dtype=np.float32)
        compiled("games").observe(self.states, self._colours, self._rules, observations)
        return observations

    def _advance(self, which: NDArray[np.int64], actions: NDArray[np.int64], events: NDArray[np.float64]) -> None:
        if self._start is None:
            self._start = self.settings.start()
        compiled("games").advance(
            self.states,
            self._histories,
            self._streams,
            self._colours,
            which,
            actions,
            self.table.moves,
            self.table.number,
            self._start,
            self._rules,
            self._setup,
            events,
            self.masks,
        )

    def _illegal(self, index: int, action: int) -> Problem:
        legal = [f"{move} ({self.table.describe(move)})" for move in np.flatnonzero(self.masks[index]).tolist()]
        fix = "see action_masks(), or set illegal_moves='wasted'"
        got = f"{action} ({self.table.describe(action)})"
        return Problem(f"actions[{index}]", got, f"a legal move: {', '.join(legal)}", fix)
