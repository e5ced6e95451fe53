"""What an engine says of itself when it is greeted: its name, and the options that it takes."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, final

from rewardlab.errors import Problem, one_of

__all__ = ["EngineCard", "UciOption", "read_card"]

_TRANSLATED = ("protocol", "uci_chess960", "uci_variant", "ponder")
"""What our side of the conversation depends on."""


@final
@dataclass(frozen=True, slots=True)
class UciOption:
    """An option of an engine.

    Attributes:
        name: As the engine writes it.
        kind: ``check``, ``spin``, ``combo``, ``button`` or ``string``.
        bounds: The smallest and largest value of a spin.
        choices: The values of a combo.
    """

    name: str
    kind: str
    bounds: tuple[int, int] = (0, 0)
    choices: tuple[str, ...] = ()

    def problem(self, value: Any, where: str) -> Problem | None:
        """What is wrong with a value; None if nothing is."""
        if self.kind == "check":
            return None if isinstance(value, bool) else Problem(where, repr(value), "true or false")
        if self.kind == "spin":
            low, high = self.bounds
            fits = isinstance(value, int) and not isinstance(value, bool) and low <= value <= high
            return None if fits else Problem(where, repr(value), f"a whole number in [{low}, {high}]")
        if self.kind == "combo":
            return None if value in self.choices else one_of(where, str(value), self.choices, "choice")
        # Texts of engines are names of files: to read, and as "Debug Log File" to write over.
        return Problem(where, repr(value), "an option that is a number, a choice, or true or false", "leave it out")

    def line(self, value: Any) -> str:
        """The line that sets it."""
        return f"setoption name {self.name} value {str(value).lower() if isinstance(value, bool) else value}"


@final
@dataclass(frozen=True, slots=True)
class EngineCard:
    """What an engine is.

    Attributes:
        name: Such as "Stockfish 15.1".
        options: By name in lower case, since UCI does not tell capitals apart.
    """

    name: str
    options: Mapping[str, UciOption]

    @property
    def variants(self) -> tuple[str, ...]:
        """The games that it plays, as it calls them; nothing but chess unless it says more."""
        option = self.options.get("uci_variant")
        return ("chess",) if option is None else option.choices

    def problems(self, chosen: Mapping[str, Any], where: str) -> list[Problem]:
        """What is wrong with the values chosen for options."""
        open_ones = {name: option for name, option in self.options.items() if name not in _TRANSLATED}
        known = [option.name for option in open_ones.values()]
        found: list[Problem | None] = []
        for name, value in chosen.items():
            option = open_ones.get(str(name).lower())
            if option is None:
                found.append(one_of(f"{where}.{name}", str(name), known, f"option of {self.name}"))
            else:
                found.append(option.problem(value, f"{where}.{name}"))
        return [problem for problem in found if problem is not None]

    def lines(self, chosen: Mapping[str, Any]) -> list[str]:
        """The lines that set options, those that the engine has not left out."""
        lowered = {name.lower(): value for name, value in chosen.items()}
        return [self.options[name].line(value) for name, value in lowered.items() if name in self.options]


def read_card(lines: Sequence[str]) -> EngineCard:
    """Read what an engine answers to "uci"."""
    name, options = "an engine without a name", {}
    for line in lines:
        if line.startswith("id name "):
            name = line.removeprefix("id name ")
        described = re.match(r"option name (.+?) type (\w+)(.*)", line)
        if described:
            option = _option(*described.groups())
            options[option.name.lower()] = option
    return EngineCard(name, options)


def _option(name: str, kind: str, rest: str) -> UciOption:
    low, high = (re.search(rf" {bound} (-?\d+)", rest) for bound in ("min", "max"))
    # A combo gives its default first and may list it again: "default chess var chess var gardner".
    choices = tuple(dict.fromkeys(choice.strip() for choice in rest.split(" var ")[1:]))
    default = re.match(r" default (.*?)(?: var |$)", rest)
    if kind == "combo" and default and default.group(1) not in choices:
        choices = (default.group(1).strip(), *choices)
    return UciOption(name, kind, (int(low[1]) if low else 0, int(high[1]) if high else 0), choices)
