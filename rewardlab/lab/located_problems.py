"""Problems of a spec, told with the lines of its file."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from rewardlab.errors import BadInput, Problem
from rewardlab.lab.toml_lines import TomlLines, toml_lines

__all__ = ["told_by_line", "with_lines"]


@contextmanager
def told_by_line(path: Path) -> Iterator[None]:
    """Within it, whatever is wrong with a key of a file is told with the line of that key.

    Args:
        path: The TOML file. The problems name it as ``FILE: key.path``, and then as ``FILE:LINE: key.path``.

    Raises:
        BadInput: What was raised within, with lines.
    """
    try:
        yield
    except BadInput as fault:
        if not any(f"{path}: " in problem.where for problem in fault.problems):
            raise
        try:
            lines = toml_lines(path.read_text(encoding="utf-8-sig"))
        except (OSError, ValueError):  # it cannot be read, and that is what the problems say
            raise fault from None
        raise BadInput(*with_lines(fault.problems, str(path), lines)) from None


def with_lines(problems: Sequence[Problem], source: str, lines: TomlLines) -> list[Problem]:
    """Name the line of each key that a problem names together with its file.

    Args:
        problems: As ``FILE: key.path``; the key may also stand in the remedy.
        source: The file, as the problems name it.
        lines: Of the file.
    """
    place = re.compile(re.escape(source) + r": (?=(?P<key>[^;,\n]+))")

    def located(text: str) -> str:
        return place.sub(lambda found: f"{source}:{lines.near(found['key'])}: ", text)

    return [
        replace(problem, where=located(problem.where), expected=located(problem.expected), fix=located(problem.fix))
        for problem in problems
    ]
