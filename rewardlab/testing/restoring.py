"""Whether what can be stopped goes on as if it had not been."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from gymnasium.vector import AutoresetMode, VectorWrapper

from rewardlab.errors import Problem
from rewardlab.snapshots import Restorable
from rewardlab.testing.answer import Answer
from rewardlab.testing.observations import kept_apart, same
from rewardlab.testing.patience import Patience
from rewardlab.testing.record import raised_problem

__all__ = ["restored_vector_answers"]

_QUESTION = "stopped and gone on, its own vector does the same"
_BEFORE, _AFTER = 15, 30


def restored_vector_answers(make: Callable[[AutoresetMode], Any], patience: Patience, *, seed: int) -> list[Answer]:
    """Stop a vector in the middle of its episodes, and let another one go on from its snapshot.

    Args:
        make: Makes the vector in a mode.
        patience: Told of each call.
        seed: Of resets and actions.

    Returns:
        One answer; none where it is not `Restorable`.
    """
    for mode in (AutoresetMode.NEXT_STEP, AutoresetMode.SAME_STEP):
        place = f"the vector in mode {mode.name}"
        patience.at(f"{place}: snapshot and restore")
        one, twin = make(mode), make(mode)
        if not isinstance(one.unwrapped, Restorable):
            return []
        try:
            problem = _difference(one, twin, patience, place, seed)
        except Exception as fault:
            problem = raised_problem(fault, patience.place)
        finally:
            one.close()
            twin.close()
        if problem is not None:
            return [Answer.of(_QUESTION, [problem])]
    return [Answer.of(_QUESTION)]


def _difference(one: Any, twin: Any, patience: Patience, place: str, seed: int) -> Problem | None:
    one.reset(seed=seed)
    twin.reset(seed=seed + 1)
    for number in range(1, _BEFORE + 1):
        one.step(_actions(one, seed, number))
    for layer, other in zip(_layers(one), _layers(twin), strict=True):
        if isinstance(layer, Restorable):
            other.restore(kept_apart(layer.snapshot()))
    for number in range(_BEFORE + 1, _BEFORE + _AFTER + 1):
        patience.at(f"{place}: step {number}, after restore()")
        actions = _actions(one, seed, number)
        if not same(one.step(actions)[:4], twin.step(actions)[:4]):
            expected = "what the one does whose snapshot it was given"
            return Problem(patience.place, "another outcome", expected, "see rewardlab.snapshots.Restorable")
    return None


def _layers(env: Any) -> list[Any]:
    """The wrappers from the outside in, and what they stand around; each remembers for itself."""
    found = [env]
    while isinstance(found[-1], VectorWrapper):
        found.append(found[-1].env)
    return found


def _actions(env: Any, seed: int, number: int) -> Any:
    masks = getattr(env.unwrapped, "action_masks", None)
    rng = np.random.default_rng([seed, number])
    if masks is not None:
        legal = np.asarray(masks())
        return np.argmax(rng.random(legal.shape) * legal, axis=1)
    env.action_space.seed(int(rng.integers(2**31)))
    return env.action_space.sample()
