"""An engine that fails when it is told to: a small program that speaks UCI, and keeps what it has heard."""

from __future__ import annotations

import functools
import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, final

from rewardlab_envs.minichess import Game, MiniChessEnv
from rewardlab_envs.minichess.actions import action_names

__all__ = ["ACTIONS", "CAGE", "OPTIONS", "WALK", "FakeEngine", "settings", "undisturbed", "walked"]

CAGE = "k7/p1p5/P1P5/8/8/8/8/K7 w - - 0 1"
"""Chess in which White walks about, and Black's king goes from a8 to b8 and back."""

WALK = ("a1b1", "b1c1", "c1d1", "d1e1", "e1f1", "f1g1", "g1h1", "h1h2")
"""White's moves; no position comes three times."""

ACTIONS = {name: action for action, name in enumerate(action_names("chess", 1))}
"""White's moves as actions."""

_PROGRAM = r"""
import json, os, signal, sys, time

home = os.path.dirname(os.path.abspath(__file__))
plan = json.load(open(os.path.join(home, "plan.json")))
moves = 0
# White's knight goes to and fro from the start of chess, Black's king in the cage.
ANSWERS = ("g1f3", "a8b8", "f3g1", "b8a8")

def heard(line):
    with open(os.path.join(home, "heard"), "a") as file:
        file.write(f"{os.getpid()} {line}\n")

def say(line):
    print(line, flush=True)

def questions():
    return sum(line.split()[1:2] == ["go"] for line in open(os.path.join(home, "heard")))

def answer(fault):
    if fault == "die":
        print("out of ideas", file=sys.stderr, flush=True)
        os._exit(3)
    if fault == "crash":
        os.kill(os.getpid(), signal.SIGSEGV)
    if fault == "hang":
        time.sleep(600)
    while fault == "chatter":
        say("info string thinking")
    if fault == "endless line":
        while True:
            sys.stdout.write("x" * 4096)
    say("bestmove " + (fault if fault is not None else ANSWERS[moves % 4]))

heard("started")
if plan["greeting"] == "leave":
    sys.exit("I am no engine")
if plan["greeting"] == "deaf":
    time.sleep(600)
for line in sys.stdin:
    words = line.split()
    heard(line.strip())
    if words[:1] == ["uci"] and plan["greeting"] == "uciok":
        say("id name Fake 1.0")
        for option in plan["options"]:
            say("option name " + option)
        say("uciok")
    elif words[:1] == ["isready"]:
        say("readyok")
    elif words[:1] == ["position"]:
        moves = len(words) - words.index("moves") - 1 if "moves" in words else 0
    elif words[:1] == ["go"]:
        answer(plan["faults"].get(str(questions())))
    elif words[:1] == ["quit"]:
        break
"""

OPTIONS = (
    "Threads type spin default 1 min 1 max 8",
    "Hash type spin default 16 min 1 max 1024",
    "Skill Level type spin default 20 min 0 max 20",
    "Style type combo default calm var calm var wild",
    "Own Book type check default false",
    "Debug Log File type string default ",
)


@final
@dataclass(frozen=True)
class FakeEngine:
    """The program in a folder of its own.

    Attributes:
        path: The program.
    """

    path: Path

    @classmethod
    def write(
        cls,
        folder: Path,
        faults: Mapping[int, str] | None = None,
        *,
        greeting: str = "uciok",
        options: tuple[str, ...] = OPTIONS,
        name: str = "fake",
    ) -> FakeEngine:
        """Write it.

        Args:
            folder: Where; made if need be.
            faults: What goes wrong, by the number of the question, counted over all processes from 1: ``die``,
                ``crash``, ``hang``, ``chatter``, ``endless line``, or what to answer instead of a move.
            greeting: ``uciok``, ``silence``, ``deaf`` for one that does not even read, or ``leave``.
            options: What it says of its options.
            name: Its file.
        """
        folder.mkdir(parents=True, exist_ok=True)
        numbered = {str(number): fault for number, fault in (faults or {}).items()}
        plan = {"faults": numbered, "greeting": greeting, "options": options}
        (folder / "plan.json").write_text(json.dumps(plan), encoding="utf-8")
        (folder / "program.py").write_text(_PROGRAM, encoding="utf-8")
        path = folder / name
        path.write_text(f'#!/bin/sh\nexec "{sys.executable}" -IS "{folder / "program.py"}"\n', encoding="utf-8")
        path.chmod(0o755)
        return cls(path)

    def heard(self, word: str) -> list[str]:
        """The lines that begin with a word, in the order in which they came."""
        return [line for _, line in self._heard() if line.split(" ", 1)[0] == word]

    def processes(self) -> list[int]:
        """The numbers of all processes that it has been, in the order in which they were started."""
        return list(dict.fromkeys(process for process, _ in self._heard()))

    def _heard(self) -> list[tuple[int, str]]:
        log = self.path.parent / "heard"
        lines = log.read_text(encoding="utf-8").splitlines() if log.exists() else []
        return [(int(process), line) for process, _, line in (entry.partition(" ") for entry in lines)]


def settings(engine: FakeEngine, **more: Any) -> dict[str, Any]:
    """The settings of an environment in which it plays Black in the cage."""
    return {"rules": "chess", "opponent": "uci", "engine": engine.path, "fen": CAGE, **more}


def walked(env: MiniChessEnv) -> list[str]:
    """The positions of a game in which White walks."""
    env.reset(seed=0)
    positions = []
    for move in WALK:
        env.step(ACTIONS[move])
        positions.append(env.fen)
    return positions


@functools.cache
def undisturbed() -> list[str]:
    """The positions of that game, by the rules alone."""
    game, positions = Game("chess", CAGE), []
    for number, move in enumerate(WALK):
        game.play(move, ("a8b8", "b8a8")[number % 2])
        positions.append(game.fen)
    return positions
