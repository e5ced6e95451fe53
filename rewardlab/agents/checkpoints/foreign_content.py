"""What a file is that ought to be a checkpoint's: a pickle or an archive is named, and what it would call, not read."""

from __future__ import annotations

import pickletools

__all__ = ["foreign_content"]

_MOST_GLOBALS = 5
_STRINGS = ("UNICODE", "BINUNICODE", "BINUNICODE8", "SHORT_BINUNICODE", "STRING", "BINSTRING", "SHORT_BINSTRING")


def foreign_content(content: bytes) -> str:
    """A clause such as ``", a pickle that names os.system"``; empty if it is neither a pickle nor an archive.

    The opcodes of a pickle are listed; nothing of it is executed.
    """
    if content.startswith(b"PK\x03\x04"):
        return ", a zip archive, which is never read: those of stable-baselines3 hold pickles"
    if not content.startswith((b"\x80", b"c", b"(")):
        return ""
    named = _globals(content)
    if named is None or (not named and not content.startswith(b"\x80")):
        return ""
    return f", a pickle that names {', '.join(named[:_MOST_GLOBALS]) or 'nothing'}; it was not executed"


def _globals(content: bytes) -> list[str] | None:
    """The globals that a pickle names, also one that breaks off; None if it is no pickle."""
    named: list[str] = []
    words: list[str] = []
    try:
        for opcode, argument, _ in pickletools.genops(content):
            if opcode.name in _STRINGS:
                words.append(str(argument))
            if opcode.name == "GLOBAL":
                named.append(str(argument).replace(" ", "."))
            if opcode.name == "STACK_GLOBAL" and len(words) >= 2:
                named.append(".".join(words[-2:]))
    except Exception:  # what breaks off or is none can fail in any way
        return named or None
    return named
