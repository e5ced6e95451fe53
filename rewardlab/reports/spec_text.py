"""A spec as TOML text, such as `rewardlab run` reads. The standard library reads TOML and does not write it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

__all__ = ["spec_text"]


def spec_text(data: Mapping[str, Any]) -> str:
    """Write the data of an experiment as TOML.

    Args:
        data: Text, numbers, true, false, lists and tables; see `rewardlab.lab.spec`. A list of tables at the top
            becomes ``[[name]]`` sections, a table at the top a ``[name]`` section.
    """
    plain = [(key, value) for key, value in data.items() if not _is_section(value)]
    lines = [f"{_key(key)} = {_value(value)}" for key, value in plain]
    for key, value in data.items():
        if isinstance(value, Mapping):
            lines += ["", f"[{_key(key)}]", *_entries(value)]
        elif _is_section(value):
            for entry in value:
                lines += ["", f"[[{_key(key)}]]", *_entries(entry)]
    return "\n".join(lines) + "\n"


def _is_section(value: object) -> bool:
    tables = isinstance(value, list) and bool(value) and all(isinstance(entry, Mapping) for entry in value)
    return isinstance(value, Mapping) or tables


def _entries(table: Mapping[str, Any]) -> list[str]:
    return [f"{_key(key)} = {_value(value)}" for key, value in table.items()]


def _key(key: str) -> str:
    return key if re.fullmatch(r"[A-Za-z0-9_-]+", key) else _text(key)


def _value(value: object) -> str:
    if isinstance(value, Mapping):
        return (
            "{ " + ", ".join(f"{_key(key)} = {_value(entry)}" for key, entry in value.items()) + " }" if value else "{}"
        )
    if isinstance(value, list):
        return "[" + ", ".join(_value(entry) for entry in value) + "]"
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, bool | int):
        return json.dumps(value)
    if isinstance(value, float):
        return repr(value)
    raise TypeError(f"no TOML for {value!r}")


def _text(text: str) -> str:
    # JSON's escapes are TOML's too, except that TOML wants the DEL character escaped.
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
