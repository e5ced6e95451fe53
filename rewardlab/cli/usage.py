"""Reading the words of a command line: which of them mean nothing, and what was probably meant, in one line."""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NoReturn, final

from rewardlab.errors import RewardLabError, nearest

__all__ = ["Parser", "parsed"]

_GOES_ON = "it is not needed: `rewardlab run` goes on with whatever is not finished, and trains what has changed anew"
_NEEDLESS = {"--resume": _GOES_ON, "--continue": _GOES_ON, "--restart": _GOES_ON}


@final
class _WrongUsage(RewardLabError):
    exit_code = 2


@final
class Parser(argparse.ArgumentParser):
    """Raises what it cannot read; takes no beginning of an option for the option, as ``--seed`` for ``--seeds``."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(allow_abbrev=False, **settings)
        self.set_defaults(parser=self)

    def error(self, message: str) -> NoReturn:
        """Raise what argparse found wrong."""
        word = re.search(r"invalid choice: '([^']*)' \(choose from (.*)\)", message)
        known = [choice.strip("' ") for choice in word[2].split(",")] if word else []
        self.refuse(message, nearest(word[1], known) if word else "")

    def refuse(self, message: str, fix: str) -> NoReturn:
        """Raise what is wrong with the words of this command, and the likely fix, or where to read on."""
        raise _WrongUsage(f"{message}; {fix or f'see `{self.prog} --help`'}")


def parsed(parser: Parser, arguments: Sequence[str] | None) -> argparse.Namespace:
    """What the words of a command line mean.

    Args:
        parser: Knows all commands.
        arguments: The words; those of the process by default.

    Returns:
        The options, and in ``parser`` who knows the command's.

    Raises:
        RewardLabError: They mean nothing; its message says what was probably meant.
    """
    options, others = parser.parse_known_args(arguments)
    if others:
        word = others[0].partition("=")[0]
        command: Parser = options.parser
        fix = ""
        if word.startswith("--"):  # the dashes, which all have, would make all alike
            own = [option.removeprefix("--") for option in _options_of([command])]
            fix = nearest(word.removeprefix("--"), own).replace("'", "'--", 1)
        if word in _options_of(_commands_of(parser)):
            fix = "another command has it, this one does not"
        command.refuse(f"unrecognized arguments: {' '.join(others)}", _NEEDLESS.get(word, fix))
    return options


def _commands_of(parser: argparse.ArgumentParser) -> Iterator[argparse.ArgumentParser]:
    """A parser and those of the commands below it, at any depth."""
    yield parser
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for below in action.choices.values():
                yield from _commands_of(below)


def _options_of(parsers: Iterable[argparse.ArgumentParser]) -> list[str]:
    return [
        word
        for parser in parsers
        for action in parser._actions
        for word in action.option_strings
        if word.startswith("--")
    ]
