"""The numbers of the advice: threshold or weight from what mistakes cost, weight and bias from how rare a yes is."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, final

from rewardlab.errors import BadInput, Problem
from rewardlab.losses.advice.condition import YES_OR_NO
from rewardlab.losses.borders import require_at_least
from rewardlab.losses.class_weights import positive_weight_from_counts
from rewardlab.losses.thresholds import threshold_from_costs

__all__ = ["CostsAndCounts"]


@final
@dataclass(frozen=True, slots=True)
class CostsAndCounts:
    """What is known of a yes or no in numbers; None where it is not known.

    Attributes:
        false_alarm_cost: What a false alarm costs.
        miss_cost: What a miss costs, in the same unit.
        negatives: How many training cases are a no.
        positives: How many are a yes.
    """

    false_alarm_cost: float | None = None
    miss_cost: float | None = None
    negatives: int | None = None
    positives: int | None = None

    def problems(self, output: str, prefix: str) -> list[Problem]:
        """What is wrong with them; an empty list if nothing is.

        Args:
            output: The name of the output that is advised on.
            prefix: What stands before the names in messages, such as ``"--"``.
        """
        pairs = (
            (("false_alarm_cost", self.false_alarm_cost), ("miss_cost", self.miss_cost)),
            (("negatives", self.negatives), ("positives", self.positives)),
        )
        found = []
        for pair in pairs:
            given = [(_named(name, prefix), value) for name, value in pair if value is not None]
            names = [_named(name, prefix) for name, _ in pair]
            if given and output not in YES_OR_NO:
                expected = f"neither {names[0]} nor {names[1]} with output {output}"
                found.append(Problem(given[0][0], repr(given[0][1]), expected, "they belong to a yes or no"))
            elif len(given) == 1:
                missing = next(name for name in names if name != given[0][0])
                found.append(Problem(missing, "nothing", f"a number, since {given[0][0]} is given"))
        return found or self._value_problems(prefix)

    def numbers(self) -> dict[str, float]:
        """What follows from them: ``threshold`` and ``weight_from_costs``; ``weight_from_counts`` and ``prior_logit``.

        Raises:
            BadInput: They make no sense.
        """
        found = {}
        if self.false_alarm_cost is not None and self.miss_cost is not None:
            found["threshold"] = threshold_from_costs(self.false_alarm_cost, self.miss_cost)
            found["weight_from_costs"] = self.miss_cost / self.false_alarm_cost
        if self.negatives is not None and self.positives is not None:
            found["weight_from_counts"] = positive_weight_from_counts(self.negatives, self.positives)
            # Not by way of the rate, which rounds to 1 where negatives are very few.
            found["prior_logit"] = math.log(self.positives) - math.log(self.negatives)
        return found

    def sentences(self) -> list[str]:
        """The same in words, for the implementation."""
        numbers, said = self.numbers(), []
        if "threshold" in numbers:
            said.append(
                f"With these costs: either threshold {numbers['threshold']:.6g} on an unweighted probability, or "
                f"weight {numbers['weight_from_costs']:.6g} and threshold 0.5."
            )
        if "weight_from_counts" in numbers:
            said.append(
                f"With these counts: weight {numbers['weight_from_counts']:.6g} would bring the base rate to an output "
                f"of 0.5; without a weight, begin the last bias at {numbers['prior_logit']:.6g}."
            )
        if len(said) == 2:
            said.append(
                "The two weights answer different questions, how dear and how rare: use one, never their product."
            )
        return said

    def _value_problems(self, prefix: str) -> list[Problem]:
        costs: dict[str, Any] = {"false_alarm_cost": self.false_alarm_cost, "miss_cost": self.miss_cost}
        given = {name: cost for name, cost in costs.items() if cost is not None}
        problems = _refusals(lambda: require_at_least("costs", 0.0, above=True, **given), prefix)
        if not problems and self.false_alarm_cost and self.miss_cost:
            ratio = self.miss_cost / self.false_alarm_cost
            if ratio == 0 or not math.isfinite(ratio):
                problems.append(Problem(f"{prefix}costs", f"a ratio of {ratio:g}", "costs that can be compared"))
        if self.negatives is not None and self.positives is not None:
            negatives, positives = self.negatives, self.positives
            problems += _refusals(lambda: positive_weight_from_counts(negatives, positives), prefix)
        return problems


def _refusals(ask: Callable[[], object], prefix: str) -> list[Problem]:
    """What a function refuses, in the names that the user wrote."""
    try:
        ask()
    except BadInput as fault:
        return [replace(one, where=_named(one.where.rpartition(".")[2], prefix)) for one in fault.problems]
    return []


def _named(name: str, prefix: str) -> str:
    """An argument as it was written: the command line has hyphens."""
    return f"{prefix}{name.replace('_', '-')}" if prefix == "--" else f"{prefix}{name}"
