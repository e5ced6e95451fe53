"""Which engine plays against the agent, and how long it may think: found, greeted and checked before a game begins."""

from __future__ import annotations

import functools
import math
import os
import select
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, final

from rewardlab.errors import BadInput, Problem, one_of
from rewardlab_envs.minichess.uci_options import EngineCard, read_card
from rewardlab_envs.minichess.uci_process import EngineFailed, UciProcess

__all__ = ["ENGINES", "UCI_VARIANTS", "EngineSettings", "find_engine"]

ENGINES = ("fairy-stockfish", "stockfish")
"""The engines that may be named without more ado, by the names of their programs."""

UCI_VARIANTS = {"chess": "chess", "gardner": "gardner", "los_alamos": "losalamos"}
"""What engines call a rule set; only those whose legal moves are the same, by test."""

_OWN_ENGINES = "REWARDLAB_ENGINES"
_GAMES_FOLDER = "/usr/games"  # where Debian installs them, and not on everybody's PATH
_START_SECONDS = 10.0
_MOST_NODES = 10**9
_REPEATABLE = {"Threads": 1, "Hash": 1}
"""One thread searches in one order. The hash table is emptied before each move, which takes longer the larger it is."""


def find_engine(name: str | Path) -> Path | None:
    """Where an engine is; None if it is nowhere.

    Args:
        name: The name of a program, or as a ``Path`` the program itself. A name is looked for among the files that the
            environment variable ``REWARDLAB_ENGINES`` lists, and if it is one of `ENGINES` on ``PATH`` and in Debian's
            folder of games. Any other name is nowhere: an experiment names its engine, and a file from a stranger may
            not decide which program runs.
    """
    if isinstance(name, Path):
        found = shutil.which(name.absolute())
        return Path(found) if found else None
    for listed in os.environ.get(_OWN_ENGINES, "").split(os.pathsep):
        if listed and Path(listed).name == name:
            return find_engine(Path(listed))
    if name not in ENGINES:
        return None
    found = shutil.which(name, path=os.pathsep.join([os.environ.get("PATH", os.defpath), _GAMES_FOLDER]))
    return Path(found) if found else None


@final
@dataclass(frozen=True, slots=True)
class EngineSettings:
    """An engine that plays a rule set.

    Attributes:
        rules: The name of a rule set.
        engine: As `find_engine` takes it; None for stockfish where chess is played, and else fairy-stockfish.
        nodes: Positions that it may look at for a move.
        depth: Plies that it may look ahead; None for no limit.
        seconds: How long we wait for a move. No limit that the engine knows of, for then the machine would decide.
        options: Its own options, such as ``{"Hash": 16}``; one thread and a hash table of 1 MB if nothing else is said.

    Raises:
        BadInput: There is no such engine, it does not speak UCI, does not know the game or an option, or a number is
            out of range; all of it at once.
    """

    rules: str
    engine: str | Path | None = None
    nodes: int = 1000
    depth: int | None = None
    seconds: float = 10.0
    options: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        problems = [*self._problems_of_numbers()]
        if self.rules not in UCI_VARIANTS:
            expected = f"a rule set that engines know: {', '.join(UCI_VARIANTS)}"
            problems.append(Problem("rules", repr(self.rules), expected, "take another opponent"))
        elif not hasattr(select, "poll"):
            problems.append(Problem("opponent", "'uci'", "another one: this system has no poll() for pipes"))
        else:
            try:
                problems += self._problems_of_engine(self.card())
            except BadInput as fault:
                problems += fault.problems
        if problems:
            raise BadInput(*problems)

    @property
    def name(self) -> str:
        """The engine's name, or its path."""
        if self.engine is None:
            return "stockfish" if self.rules == "chess" else "fairy-stockfish"
        return str(self.engine)

    def path(self) -> Path:
        """Where the engine is.

        Raises:
            BadInput: Nowhere.
        """
        found = find_engine(self.name if self.engine is None else self.engine)
        if found is None:
            raise BadInput(self._missing())
        return found

    def card(self) -> EngineCard:
        """What the engine says of itself.

        Raises:
            BadInput: It is nowhere, or is no engine.
        """
        path = self.path()
        try:
            return _greeted(path, path.stat().st_mtime_ns)
        except (EngineFailed, OSError) as fault:
            expected = "a program that speaks UCI and says 'uciok' when it is greeted with 'uci'"
            raise BadInput(Problem("engine", f"{self.name!r} ({fault})", expected, "is it a chess engine?")) from None

    def start(self) -> UciProcess:
        """Start the engine and set its options.

        Raises:
            EngineFailed: It cannot be started, dies at once, or is there no longer.
        """
        try:
            process = UciProcess(self.path())
        except BadInput as fault:
            raise EngineFailed(str(fault)) from None
        card = _greet(process)
        variant = {"UCI_Variant": UCI_VARIANTS[self.rules]} if "uci_variant" in card.options else {}
        process.say(*card.lines({**_REPEATABLE, **self.options, **variant}), "isready")
        process.hear("readyok", _START_SECONDS)
        return process

    def limits(self) -> str:
        """The search that is asked for, as UCI writes it."""
        return f"go nodes {self.nodes}" + ("" if self.depth is None else f" depth {self.depth}")

    def _problems_of_numbers(self) -> list[Problem]:
        problems = []
        if isinstance(self.nodes, bool) or not isinstance(self.nodes, int) or not 1 <= self.nodes <= _MOST_NODES:
            problems.append(Problem("engine_nodes", repr(self.nodes), f"a whole number in [1, {_MOST_NODES:,}]"))
        seconds = self.seconds
        is_number = isinstance(seconds, int | float) and not isinstance(seconds, bool)
        if not is_number or not (math.isfinite(seconds) and 0 < seconds <= 3600):
            problems.append(Problem("engine_seconds", repr(seconds), "a number in (0, 3600]"))
        if not _is_table(self.options):
            problems.append(Problem("engine_options", repr(self.options), "a table of options and their values"))
        return problems

    def _problems_of_engine(self, card: EngineCard) -> list[Problem]:
        variant, problems = UCI_VARIANTS[self.rules], []
        if variant not in card.variants:
            got, expected = f"{self.name!r} ({card.name})", f"an engine that plays {variant!r}"
            fix = "take 'fairy-stockfish'" if find_engine("fairy-stockfish") else "install fairy-stockfish"
            problems.append(Problem("engine", got, expected, fix))
        return problems + (card.problems(self.options, "engine_options") if _is_table(self.options) else [])

    def _missing(self) -> Problem:
        if isinstance(self.engine, Path):
            return Problem("engine", repr(str(self.engine)), "a program that may be run", "is the path right?")
        if self.name not in ENGINES and os.sep in self.name:
            fix = f"write Path({self.name!r}), or list it in the environment variable {_OWN_ENGINES}"
            return Problem("engine", repr(self.name), "the name of an engine: text from a file is never a path", fix)
        if self.name not in ENGINES:
            problem = one_of("engine", self.name, ENGINES, "engine")
            fix = problem.fix or f"list its path in the environment variable {_OWN_ENGINES}"
            return Problem("engine", problem.got, problem.expected, fix)
        looked = f"the program {self.name} on PATH, in {_GAMES_FOLDER} or in {_OWN_ENGINES}"
        fix = f"install it (Debian and Ubuntu: apt-get install {self.name})"
        return Problem("engine", f"{self.name!r}, which is nowhere", looked, fix)


def _is_table(value: object) -> bool:
    return isinstance(value, Mapping)


def _greet(process: UciProcess) -> EngineCard:
    process.say("uci")
    return read_card(process.hear("uciok", _START_SECONDS))


@functools.lru_cache(maxsize=32)
def _greeted(path: Path, changed: int) -> EngineCard:
    """The card of a program as it was last changed, asked for once: engines take up to half a second to start."""
    del changed
    process = UciProcess(path)
    try:
        return _greet(process)
    finally:
        process.close()
