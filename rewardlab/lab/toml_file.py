"""Reading a TOML file, or saying in one line why it is none."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

from rewardlab.errors import BadInput, Problem
from rewardlab.lab.toml_lines import toml_lines

__all__ = ["MAX_NESTING", "MAX_SPEC_BYTES", "nested_too_deeply", "read_toml", "refuse_deep"]

MAX_SPEC_BYTES = 1_000_000
MAX_NESTING = 20


def read_toml(path: Path) -> dict[str, Any]:
    """Read a TOML file.

    Raises:
        BadInput: The file is missing, too large or not TOML.
    """
    if path.suffix in (".yaml", ".yml"):
        raise BadInput(Problem(str(path), "a YAML file", "TOML", "rewrite it as .toml: its values keep their types"))
    if not path.is_file():
        got = "a folder" if path.is_dir() else "no file"
        raise BadInput(Problem(str(path), got, f"a TOML file, seen from {Path.cwd()}"))
    if path.stat().st_size > MAX_SPEC_BYTES:
        raise BadInput(Problem(str(path), f"{path.stat().st_size} bytes", f"at most {MAX_SPEC_BYTES}"))
    try:
        content = path.read_bytes()
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as fault:
        line = content.count(b"\n", 0, fault.start) + 1
        got = f"a byte that is not UTF-8 at offset {fault.start}, in line {line}"
        raise BadInput(Problem(f"{path}:{line}", got, "UTF-8 text")) from None
    except OSError as fault:
        raise BadInput(Problem(str(path), f"{fault.strerror}", "a file that can be read")) from None
    try:
        return tomllib.loads(text)
    except RecursionError:
        raise BadInput(nested_too_deeply(str(path))) from None
    except ValueError as fault:  # TOMLDecodeError is one, and so is what int() says of a number of 5,000 digits
        raise BadInput(_not_toml(str(path), text, str(fault))) from None


def refuse_deep(data: dict[str, Any], source: str) -> None:
    """Refuse what is nested more deeply than any spec.

    Args:
        data: What a TOML file holds.
        source: The file, or what else to name in errors.

    Raises:
        BadInput: It is nested too deeply.
    """
    layer: list[Any] = [data]
    for _ in range(MAX_NESTING):
        values = [value for part in layer for value in (part.values() if isinstance(part, dict) else part)]
        layer = [value for value in values if isinstance(value, dict | list)]
    if layer:
        raise BadInput(nested_too_deeply(source))


def nested_too_deeply(source: str) -> Problem:
    """The problem of tables within tables within tables.

    Args:
        source: The file, or what else to name.
    """
    return Problem(source, "tables or lists nested too deeply", f"at most {MAX_NESTING} levels")


def _not_toml(source: str, text: str, message: str) -> Problem:
    at = re.search(r"\(at line (\d+),", message)
    if at is None:
        return Problem(source, f"text that is not TOML ({message})", "TOML")
    number = int(at[1])
    got = f"text that is not TOML ({message})"
    again = [each for each in toml_lines(text).repeated if each.line <= number]
    if again and re.match("Cannot (overwrite|declare)|Duplicate", message):
        fix = f"{again[-1].key} stands in line {again[-1].first} and again in line {again[-1].line}"
        return Problem(f"{source}:{number}", got, "each key once", fix)
    return Problem(f"{source}:{number}", got, "TOML", _likely_meant(text.splitlines()[number - 1 :][:1]))


def _likely_meant(lines: list[str]) -> str:
    """The likely remedy for a value that other formats would take, each in its own way."""
    value = lines[0].partition("=")[2].partition("#")[0].strip() if lines else ""
    if re.fullmatch(r"[+-]?0\d+", value):
        return f"ambiguous: write {int(value)}, or {value!r} in quotes"
    if value.lower() in ("yes", "no", "on", "off", "true", "false", "none", "null", "~"):
        return "ambiguous: write true or false, or put it in quotes"
    if re.fullmatch(r"[A-Za-z][\w./:-]*|\d+:\d+", value):
        return f"text stands in quotes: {value!r}"
    if re.match(r"[\w-]+\s*:", lines[0] if lines else ""):
        return "TOML writes key = value"
    return ""
