"""Looks at all that an environment says in a step, before a learner sees it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from rewardlab.agents.guards.guard_settings import GuardSettings
from rewardlab.agents.guards.trail import StepTaken, Trail
from rewardlab.errors import Diverged, InvalidReward, Problem
from rewardlab.wrappers.ledger_lines import ENVIRONMENT_LINE

__all__ = ["StepGuard"]


@final
class StepGuard:
    """Ends a training at the first reward, ledger line, objective or observation that is no number or absurdly large.

    It costs a scalar product for each of them; only when one of these is too large does it look closer.

    Attributes:
        trail: The last steps.

    Args:
        settings: How large is absurd.
    """

    def __init__(self, settings: GuardSettings) -> None:
        self.trail = Trail()
        self._largest = settings.number
        self._square = settings.number**2

    def began(self, observations: Any, where: str = "reset") -> None:
        """Look at observations that belong to no step, such as those of a reset.

        Args:
            observations: ``[N, ...]``, or a dictionary of such.
            where: What to call it.

        Raises:
            Diverged: One of them is no number, or absurd.
        """
        with np.errstate(over="ignore"):
            self._look_at(observations, where)

    def took(self, taken: StepTaken) -> None:
        """Look at a step.

        Args:
            taken: The step, with the ledger that `VectorLedger` makes.

        Raises:
            Diverged: Something in it is no number, or absurd. It says what, in which environment, and by which layer.
        """
        self.trail.add(taken)
        # A square of a number that is absurd overflows; that is what it is looked at for.
        with np.errstate(over="ignore"):
            # Written so that NaN does not pass.
            if not self._sum_of_squares(taken) <= self._square:
                self._look_closely(taken)
            self._look_at(taken.observations, taken)
            if "final_obs" in taken.infos:
                self._look_at(taken.infos["final_obs"], taken)

    def refused(self, fault: InvalidReward, number: int) -> Diverged:
        """What to raise where a reward, a potential or a wrapper has refused to go on by itself.

        Args:
            fault: What it said.
            number: Of the step that it did not take; 0 for the reset.
        """
        said = " ".join(str(fault).split())
        # All environments are stepped at once, and the fault names a row of its batch where it knows one.
        report = {"step": number, "environment": None, "layer": said.partition(":")[0], "value": None}
        return Diverged(f"step {number}: {said}", {**report, "last_steps": self.trail.last_steps(0)})

    @staticmethod
    def _sum_of_squares(taken: StepTaken) -> Any:
        infos = taken.infos
        square = _square_of(taken.rewards)
        for part in (infos, infos["final_info"]) if "final_info" in infos else (infos,):
            lines = part.get("ledger", _NONE)
            for name, amounts in lines.items():
                # A mask is named after its line; a line's own name may begin like one.
                if name[:1] != "_" or name[1:] not in lines:
                    square += _square_of(amounts)
            if "objective" in part:
                square += _square_of(part["objective"])
        return square

    def _look_closely(self, taken: StepTaken) -> None:
        lines = [*_lines(taken.infos)]
        wrong = self._wrong(taken.rewards)
        if len(wrong):
            index = int(wrong[0])
            guilty = [(name, amounts) for name, amounts in lines if index in self._wrong(amounts)]
            if not guilty:  # many lines that add up
                raise self._diverged(taken, index, "reward", taken.rewards[index], "reward")
            layer, amounts = guilty[0]
            part = f" (of which {layer!r} is {amounts[index]:g})"
            raise self._diverged(taken, index, "reward", taken.rewards[index], layer, part)
        for layer, amounts in lines:
            for index in self._wrong(amounts)[:1].tolist():
                raise self._diverged(taken, index, f"{layer!r} in the ledger of", amounts[index], layer)
        for infos in (taken.infos, taken.infos.get("final_info", _NONE)):
            objective = infos.get("objective", np.zeros(0))
            for index in self._wrong(objective)[:1].tolist():
                raise self._diverged(taken, index, "objective", objective[index], ENVIRONMENT_LINE)

    def _look_at(self, observations: Any, taken: StepTaken | str) -> None:
        if isinstance(observations, dict):
            for part in observations.values():
                self._look_at(part, taken)
            return
        kind = getattr(getattr(observations, "dtype", None), "kind", "")
        if kind == "O":  # the last observations of those that ended, and None for the others
            for index, each in enumerate(observations):
                if each is not None:
                    self._look_at_one(each, taken, index)
            return
        if kind != "f":
            return
        flat = observations.ravel()
        if not flat.dot(flat) <= self._square:
            for index, each in enumerate(observations):
                self._look_at_one(each, taken, index)

    def _look_at_one(self, observation: Any, taken: StepTaken | str, index: int) -> None:
        if isinstance(observation, Mapping):
            for part in observation.values():
                self._look_at_one(part, taken, index)
            return
        numbers = np.asarray(observation).ravel()
        wrong = self._wrong(numbers)
        if len(wrong):
            what = f"number {int(wrong[0])} of the observation"
            raise self._diverged(taken, index, what, numbers[wrong[0]], "observation")

    def _wrong(self, values: NDArray[Any]) -> NDArray[np.intp]:
        return np.flatnonzero(~(np.abs(np.asarray(values, dtype=np.float64)) <= self._largest))

    def _diverged(
        self, taken: StepTaken | str, index: int, what: str, value: Any, layer: str, part: str = ""
    ) -> Diverged:
        number, where = (0, taken) if isinstance(taken, str) else (taken.number, f"step {taken.number}")
        problem = Problem(
            f"{where}, environment {index}",
            f"{what} {value:g}{part}",
            f"a finite number of at most {self._largest:g} in size",
            _FIXES.get(layer, _IN_REWARD),
        )
        report = {"step": number, "environment": index, "layer": layer, "value": f"{value:g}"}
        return Diverged(str(problem), {**report, "last_steps": self.trail.last_steps(index)})


def _square_of(amounts: NDArray[Any]) -> Any:
    # The square of a large whole number is too large for one, and comes out as any number at all, without a word.
    numbers = amounts if amounts.dtype.kind == "f" else amounts.astype(np.float64)
    return numbers.dot(numbers)


def _lines(infos: Mapping[str, Any]) -> Iterator[tuple[str, NDArray[np.float64]]]:
    """The lines of a ledger, in the order in which the layers wrote them."""
    for part in (infos, infos.get("final_info", _NONE)):
        lines = part.get("ledger", _NONE)
        for name, amounts in lines.items():
            if not (name.startswith("_") and name[1:] in lines):
                yield name, amounts


_NONE: dict[str, Any] = {}
_IN_REWARD = "look for a division by zero, a logarithm of 0 or an overflow in the environment's reward"
_FIXES = {
    "shaping": "look at the potential in these states",
    "bonus": "look at the bonus in these states",
    "scale": "scale by a fixed number, or begin with a longer warm_up",
    "unaccounted": "look at the reward wrapper that keeps no line in the ledger",
    "observation": "look for a division by zero or an overflow where the environment makes its observations",
}
