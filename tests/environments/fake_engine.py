"""An engine that fails when it is told to: a small program that speaks UCI, and keeps what it has heard."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import final

__all__ = ["CAGE", "FakeEngine"]

CAGE = "k7/p1p5/P1P5/8/8/8/8/K7 w - - 0 1"
"""Chess in which White walks about and Black's king may go from a8 only to b8, and back."""

_PROGRAM = r"""
import json, os, signal, sys, time

home = os.path.dirname(os.path.abspath(__file__))
plan = json.load(open(os.path.join(home, "plan.json")))
moves = 0

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
    # Black has gone to b8 with every other move, and back.
    say("bestmove " + (fault if fault is not None else "a8b8" if moves % 4 == 1 else "b8a8"))

heard("started")
if plan["greeting"] == "leave":
    sys.exit("I am no engine")
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
            greeting: ``uciok``, ``silence``, or ``leave``.
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
