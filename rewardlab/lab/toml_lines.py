"""Where the keys of a TOML file stand: `tomllib` gives their values, and forgets the lines."""

from __future__ import annotations

import re
import tomllib
from bisect import bisect_left
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import final

__all__ = ["KeyPath", "Repeated", "TomlLines", "dotted", "toml_lines"]

KeyPath = tuple[str | int, ...]
"""Keys of tables and places in arrays, from the top of the file."""

_DEEPEST = 50  # beyond what any spec may be, and before walking becomes slow
_BLANK = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_SPACE = re.compile(r"[ \t]*")
_BARE = re.compile(r"[A-Za-z0-9_-]+")
_TEXT = re.compile(
    r'"""(?:\\.|[^\\])*?"""(?:"{0,2})' r"|'''.*?'''(?:'{0,2})" r'|"(?:\\.|[^"\\\n])*"' r"|'[^'\n]*'", re.DOTALL
)
_OTHER = re.compile(r"[^,\[\]{}#\r\n]+")


@final
@dataclass(frozen=True, slots=True)
class Repeated:
    """A key that is written twice.

    Attributes:
        key: Its path, as messages write it.
        first: The line where it stands first, from 1.
        line: The line where it stands again.
    """

    key: str
    first: int
    line: int


@final
@dataclass(frozen=True, slots=True)
class TomlLines:
    """The lines of a file's tables, keys and elements of arrays.

    Attributes:
        lines: From a path as messages write it, ``variants[0].wrappers[1].kind``, to its line, from 1.
        repeated: The keys that are written more than once. Such a file is no TOML.
    """

    lines: Mapping[str, int]
    repeated: tuple[Repeated, ...]

    def near(self, key: str) -> int:
        """The line of a key, or of the innermost table round it that is written; 1 at the top of the file.

        Args:
            key: A path as messages write it; what follows it in the message does no harm.
        """
        while key and key not in self.lines:
            key = key[: max(map(key.rfind, ". ["))] if re.search(r"[.\[ ]", key) else ""
        return self.lines.get(key, 1)


def dotted(path: KeyPath) -> str:
    """A path as messages write it: ``variants[0].reward.'odd key'``."""
    text = ""
    for part in path:
        key = part if isinstance(part, int) or re.fullmatch(r"[\w-]+", part) else repr(part)
        text += f"[{key}]" if isinstance(key, int) else f".{key}" if text else key
    return text


def toml_lines(text: str) -> TomlLines:
    """Find the lines of all keys. Of a text that is no TOML, those that come before its first fault.

    Args:
        text: What the file holds.
    """
    scan = _Scan(text)
    with suppress(ValueError, RecursionError):  # a fault, or nested beyond all reason
        scan.document()
    return TomlLines(scan.lines, tuple(scan.repeated))


@final
class _Scan:
    """Walks through a document, and notes where each path begins. What it reads, `tomllib` has read or will refuse."""

    def __init__(self, text: str) -> None:
        self.lines: dict[str, int] = {}
        self.repeated: list[Repeated] = []
        self._text = text
        self._at = 0
        self._ends = [match.start() for match in re.finditer("\n", text)]
        self._written: dict[KeyPath, int] = {}
        self._sizes: dict[KeyPath, int] = {}  # of arrays of tables

    def document(self) -> None:
        table: KeyPath = ()
        self._skip(_BLANK)
        while self._at < len(self._text):
            if self._text.startswith("[", self._at):
                table = self._header()
            else:
                self._pair(table)
            self._skip(_BLANK)

    def _header(self) -> KeyPath:
        line, is_array = self._line(), self._text.startswith("[[", self._at)
        self._at += 2 if is_array else 1
        *outer, last = self._key()
        self._expect("]]" if is_array else "]")
        base: KeyPath = ()
        for part in outer:
            base = self._last_of((*base, part))
        path: KeyPath = (*base, last)
        if is_array:
            self._note(path, line)
            self._sizes[path] = self._sizes.get(path, 0) + 1
            path = self._last_of(path)
        self._note(path, line, written=True)
        return path

    def _pair(self, table: KeyPath) -> None:
        line = self._line()
        path = (*table, *self._key())
        self._expect("=")
        self._note(path, line, written=True)
        self._value(path)

    def _value(self, path: KeyPath) -> None:
        self._skip(_SPACE)
        mark = self._text[self._at : self._at + 1]
        if mark == "[":
            self._array(path)
        elif mark == "{":
            self._inline_table(path)
        elif not (self._skip(_TEXT) or self._skip(_OTHER)):
            raise ValueError(path)

    def _array(self, path: KeyPath) -> None:
        self._at += 1
        index = 0
        while not self._closes("]"):
            place = (*path, index)
            self._note(place, self._line())
            self._value(place)
            index += 1
            self._comma("]")

    def _inline_table(self, path: KeyPath) -> None:
        self._at += 1
        while not self._closes("}"):
            self._pair(path)
            self._comma("}")

    def _closes(self, mark: str) -> bool:
        self._skip(_BLANK)
        if not self._text.startswith(mark, self._at):
            return False
        self._at += 1
        return True

    def _comma(self, closing: str) -> None:
        self._skip(_BLANK)
        if self._text.startswith(",", self._at):
            self._at += 1
        elif not self._text.startswith(closing, self._at):
            raise ValueError(closing)

    def _key(self) -> list[str]:
        parts: list[str] = []
        while not parts or self._text.startswith(".", self._at):
            self._at += bool(parts)
            self._skip(_SPACE)
            bare, quoted = self._skip(_BARE), ""
            if not bare:
                quoted = self._skip(_TEXT)
                if not quoted:
                    raise ValueError("key")
            parts.append(bare or str(tomllib.loads(f"key = {quoted}")["key"]))
            self._skip(_SPACE)
        return parts

    def _note(self, path: KeyPath, line: int, *, written: bool = False) -> None:
        if len(path) > _DEEPEST:
            raise ValueError(path)
        if written and path in self._written:
            self.repeated.append(Repeated(dotted(path), self._written[path], line))
        if written:
            self._written.setdefault(path, line)
        for length in range(len(path), 0, -1):
            part = path[:length]
            if dotted(part) in self.lines:
                break
            self.lines[dotted(part)] = line
            if isinstance(part[-1], str):  # not every message quotes an odd key
                self.lines.setdefault(f"{dotted(part[:-1])}.{part[-1]}".removeprefix("."), line)

    def _last_of(self, path: KeyPath) -> KeyPath:
        return (*path, self._sizes[path] - 1) if path in self._sizes else path

    def _line(self) -> int:
        return bisect_left(self._ends, self._at) + 1

    def _expect(self, mark: str) -> None:
        if not self._text.startswith(mark, self._at):
            raise ValueError(mark)
        self._at += len(mark)

    def _skip(self, pattern: re.Pattern[str]) -> str:
        found = pattern.match(self._text, self._at)
        if found is None:
            return ""
        self._at = found.end()
        return found.group()
