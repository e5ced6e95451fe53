"""Whether an environment can be sent to another process, as vectors of processes do, and what of it cannot."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from multiprocessing.reduction import ForkingPickler
from typing import Any

import gymnasium as gym

from rewardlab.errors import Problem
from rewardlab.testing.answer import Answer
from rewardlab.testing.patience import Patience

__all__ = ["cannot_be_sent", "sending_answers"]

_DEEPEST = 4


def sending_answers(make: Callable[[], gym.Env[Any, Any]], patience: Patience) -> list[Answer]:
    """Try to send an environment. That it cannot be is a note: rewardlab makes it anew in each process.

    Args:
        make: Makes the environment.
        patience: Told of each call.
    """
    patience.at("sending it to another process")
    env = make()
    found = cannot_be_sent(env.unwrapped, type(env.unwrapped).__name__)
    env.close()
    if found is None:
        return [Answer("it can be sent to another process")]
    place, why = found
    fix = "it still runs within one process, and rewardlab makes it anew in each; make it in reset, or with a function"
    note = Problem(place, why, "what pickle can send", fix)
    return [Answer.of("it can be sent to another process", [], [note])]


def cannot_be_sent(value: Any, name: str) -> tuple[str, str] | None:
    """The path of the innermost part that cannot be sent, and why; None if all can.

    Args:
        value: Any object.
        name: What to call it in the path.
    """
    return _innermost(value, name, 0)


def _innermost(value: Any, name: str, depth: int) -> tuple[str, str] | None:
    try:
        ForkingPickler.dumps(value)
    except Exception as fault:  # what refuses to be sent may raise anything
        parts: dict[str, Any] = {}
        if isinstance(value, Mapping):
            parts = {f"[{key!r}]": part for key, part in value.items()}
        elif hasattr(value, "__dict__"):
            parts = {f".{key}": part for key, part in vars(value).items()}
        for key, part in parts.items() if depth < _DEEPEST else ():
            found = _innermost(part, name + key, depth + 1)
            if found is not None:
                return found
        return name, " ".join(f"{type(fault).__name__}: {fault}".split())
    return None
