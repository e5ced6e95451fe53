"""What may be chosen about games: the rules, who plays against the agent and how well, where they begin."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Literal, final

import numpy as np
from numpy.typing import NDArray

from rewardlab.errors import BadInput, Problem, one_of
from rewardlab_envs.minichess.engine_settings import EngineSettings
from rewardlab_envs.minichess.fen import read_fen
from rewardlab_envs.minichess.game import Game
from rewardlab_envs.minichess.rules import rule_set
from rewardlab_envs.minichess.squares import SIDE

__all__ = ["OPPONENTS", "MatchSettings", "match_settings_from"]

OPPONENTS = ("random", "greedy", "alpha_beta", "uci")
_FARTHEST = {"alpha_beta": 6, "uci": 99}
_COLOURS = {"white": 1, "black": -1, "either": 0}
_ILLEGAL_MOVES = ("wasted", "refused", "lost")
_MILLION = 1_000_000
_NODES, _SECONDS = 1000, 10.0


@final
@dataclass(frozen=True, slots=True)
class MatchSettings:
    """What is played, against whom.

    Attributes:
        rules: The name of a rule set.
        opponent: ``random``; ``greedy``, which takes what is worth most and else moves at random; ``alpha_beta``, which
            searches ``depth`` plies and counts material; ``uci``, a chess engine, which is a program of its own. Equal
            moves are drawn, but an engine always answers the same game in the same way.
        depth: Plies that ``alpha_beta`` looks ahead, 1 to 6 (2 by default), or an engine at most, 1 to 99.
        random_moves: The share of its moves that the opponent draws from all legal ones, in [0, 1], to be exact to a
            millionth. It makes games against an engine differ, and an engine that can be beaten.
        plays: The agent's colour: "white", "black", or "either", drawn for each game. By default White, or whoever is
            to move in ``fen``.
        fen: Where games begin; the start of the rule set by default. The agent must be to move there, so that no game
            is over before its first move.
        illegal_moves: ``wasted``: an illegal action leaves the position as it is and takes a step all the same, so that
            any learner may play; ``refused``: it is an error; ``lost``: it loses the game.
        engine: Which engine, as `rewardlab_envs.minichess.find_engine` takes it: "stockfish" (the default for chess),
            "fairy-stockfish" (for the others), or the ``Path`` of another.
        engine_nodes: Positions that it may look at for a move.
        engine_seconds: How long a move may take before the engine counts as failed.
        engine_options: Its own options, such as ``{"Hash": 16}``.

    Raises:
        BadInput: Anything above is not as it should be, all of it at once.
    """

    rules: str = "gardner"
    opponent: str = "random"
    depth: int | None = None
    random_moves: float = 0.0
    plays: Literal["white", "black", "either"] | None = None
    fen: str | None = None
    illegal_moves: Literal["wasted", "refused", "lost"] = "wasted"
    engine: str | Path | None = None
    engine_nodes: int = _NODES
    engine_seconds: float = _SECONDS
    engine_options: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        problems = []
        if self.opponent not in OPPONENTS:
            problems.append(one_of("opponent", str(self.opponent), OPPONENTS, "opponent"))
        problems += self._problems_of_strength()
        if self.plays is not None and self.plays not in tuple(_COLOURS):
            problems.append(one_of("plays", str(self.plays), _COLOURS, "colour"))
        if self.illegal_moves not in _ILLEGAL_MOVES:
            problems.append(one_of("illegal_moves", str(self.illegal_moves), _ILLEGAL_MOVES, "treatment"))
        try:
            rule_set(self.rules)
            problems += self._problems_of_fen() if self.fen is not None else []
            if self.opponent == "uci":
                self.engine_settings()
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

    def as_numbers(self) -> NDArray[np.int64]:
        """Opponent, depth, colour, and random answers in a million, ``[4]``, as the compiled games read them."""
        share = round(self.random_moves * _MILLION)
        return np.array([OPPONENTS.index(self.opponent), self.depth or 2, self.colour(), share], dtype=np.int64)

    def opponent_name(self) -> str:
        """Who plays against the agent, such as "greedy", or an engine as it calls itself: "Stockfish 15.1"."""
        return self.engine_settings().card().name if self.opponent == "uci" else self.opponent

    def engine_settings(self) -> EngineSettings:
        """The engine, where one plays.

        Raises:
            BadInput: It cannot play, or not so.
        """
        return EngineSettings(
            self.rules, self.engine, self.engine_nodes, self.depth, self.engine_seconds, self.engine_options
        )

    def _problems_of_strength(self) -> list[Problem]:
        problems, farthest = self._problems_of_others(), _FARTHEST.get(str(self.opponent), 6)
        is_whole = isinstance(self.depth, int) and not isinstance(self.depth, bool)
        is_other = any(problem.where == "depth" for problem in problems)
        if self.depth is not None and not is_other and not (is_whole and 1 <= self.depth <= farthest):
            problems.append(Problem("depth", repr(self.depth), f"a whole number in [1, {farthest}]"))
        share = self.random_moves
        if isinstance(share, bool) or not isinstance(share, int | float) or not 0 <= share <= 1:
            problems.append(Problem("random_moves", repr(share), "a share in [0, 1]"))
        return problems

    def _problems_of_others(self) -> list[Problem]:
        """What is set for another opponent, and would be ignored."""
        if self.opponent == "uci" or self.opponent not in OPPONENTS:
            return []
        usual: dict[str, Any] = {
            "engine": None,
            "engine_nodes": _NODES,
            "engine_seconds": _SECONDS,
            "engine_options": {},
        }
        needs = {name: "uci" for name, value in usual.items() if getattr(self, name) != value}
        if self.depth is not None and self.opponent != "alpha_beta":
            needs["depth"] = "alpha_beta"
        return [
            Problem(
                name,
                repr(str(self.engine) if name == "engine" else getattr(self, name)),
                f"none beside the opponent {self.opponent!r}",
                f"set opponent to {needed!r}, or leave it out",
            )
            for name, needed in needs.items()
        ]

    def _problems_of_fen(self) -> list[Problem]:
        game = Game(self.rules, self.fen)
        if game.ending:
            return [Problem("fen", f"a game that is over ({game.ending})", "one that goes on")]
        if self.plays is not None and _COLOURS.get(str(self.plays), game.side) != game.side:
            side = "white" if game.side > 0 else "black"
            return [Problem("plays", repr(self.plays), f"{side!r}, who is to move in fen", "leave it out")]
        return []


def match_settings_from(settings: Mapping[str, Any]) -> MatchSettings:
    """The settings that are given by name.

    Raises:
        BadInput: There is none of a name, and a similar one is suggested; or what `MatchSettings` says.
    """
    known = [each.name for each in fields(MatchSettings)]
    unknown = [one_of(name, name, known, "setting of this environment") for name in settings if name not in known]
    if unknown:
        raise BadInput(*unknown)
    return MatchSettings(**settings)
