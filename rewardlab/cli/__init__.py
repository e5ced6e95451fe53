"""The command line: parsing and printing, no logic."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import NoReturn

from rewardlab.cli.parser import make_parser
from rewardlab.cli.usage import parsed
from rewardlab.cli.words import one_line
from rewardlab.errors import BadInput, RewardLabError

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code.

    Args:
        arguments: The words after the program's name; those of the process by default.
    """
    signal.signal(signal.SIGTERM, _stop)
    _open_what_is_closed()
    # A name or a picture may hold any character, and a terminal or pipe may not know it.
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    # Pydantic looks through all packages for plugins of its own, and ends the program if one of them is damaged.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    resumes = False
    try:
        options = parsed(make_parser(), arguments)
        resumes = "resumes" in options
        code: int = options.command(options)
    except RewardLabError as fault:
        for line in fault.problems if isinstance(fault, BadInput) else [fault]:
            print(f"rewardlab: {one_line(str(line))}", file=sys.stderr)
        return fault.exit_code
    except KeyboardInterrupt:
        kept = "; what is finished is kept, and the same command goes on from there" if resumes else ""
        print(f"rewardlab: stopped{kept}", file=sys.stderr)
        return 130
    except BrokenPipeError:
        return _nobody_reads(resumes)
    except SystemExit as end:
        if isinstance(end.__context__, BrokenPipeError):  # rich ends so, with code 1
            return _nobody_reads(resumes)
        raise
    except OSError as fault:  # a full disk, a folder that went away
        print(f"rewardlab: {one_line(str(fault))}{'; what is finished is kept' if resumes else ''}", file=sys.stderr)
        return 4
    return code


def _nobody_reads(resumes: bool) -> int:
    """Whoever reads may leave early; only a training is not done then, and says so."""
    with suppress(OSError):  # what is still to be written goes nowhere, or Python would complain at its end
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    if not resumes:
        return 0
    why = "stopped, since nobody reads any more what it says"
    with suppress(OSError):
        print(f"rewardlab: {why}; what is finished is kept, and the same command goes on from there", file=sys.stderr)
    return 141


def _open_what_is_closed() -> None:
    """A stream that was closed outside is None, and the next file to be opened, a store say, would get its number."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open(mode, encoding="utf-8"))  # noqa: SIM115  # for as long as we run


def _stop(*_: object) -> NoReturn:
    raise SystemExit(143)
