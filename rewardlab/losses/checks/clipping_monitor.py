"""Gradient clipping that counts: how often it fired, and by how much.

Clipping contains spikes. It does not mend a loss: where it fires at every step, the limit alone decides how long a step
is, and the learning rate means something else than it says.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import final

import torch

from rewardlab.errors import BadInput, Problem
from rewardlab.losses.checks.finding import LossFinding, answer, not_asked
from rewardlab.losses.number_or_elements import is_number

__all__ = ["ClippingMonitor", "clipping_finding", "limit_problems"]

_OFTEN = 0.5
_HARD = 10.0


@final
class ClippingMonitor:
    """Clips by the norm, as ``torch.nn.utils.clip_grad_norm_`` does, and remembers.

    Pascanu, Mikolov, Bengio (2013), "On the difficulty of training recurrent neural networks".

    Args:
        max_norm: The limit, above 0; ``inf`` only measures.

    Attributes:
        max_norm: The limit.
        norms: The norm before clipping, of each step.

    Raises:
        BadInput: The limit is not above 0.

    Example:
        >>> weight = torch.nn.Parameter(torch.zeros(2))
        >>> weight.grad = torch.tensor([3.0, 4.0])
        >>> monitor = ClippingMonitor(1.0)
        >>> monitor.clip([weight])
        5.0
        >>> monitor.fired, monitor.steps, monitor.largest_ratio
        (1, 1, 5.0)
    """

    def __init__(self, max_norm: float) -> None:
        if problems := limit_problems("ClippingMonitor.max_norm", max_norm):
            raise BadInput(*problems)
        self.max_norm = float(max_norm)
        self.norms: list[float] = []

    def clip(self, parameters: Iterable[torch.nn.Parameter]) -> float:
        """Scale the gradients of all parameters together down to the limit, between ``backward`` and ``step``.

        Args:
            parameters: Those whose gradients count; those without one are passed over.

        Returns:
            The norm before clipping. If it is not finite nothing is scaled, so that no NaN is spread.
        """
        kept = [parameter for parameter in parameters if parameter.grad is not None]
        norm = float(torch.nn.utils.get_total_norm([each.grad for each in kept if each.grad is not None]))
        self.norms.append(norm)
        if math.isfinite(norm) and norm > self.max_norm:
            torch.nn.utils.clip_grads_with_norm_(kept, self.max_norm, torch.tensor(norm))
        return norm

    @property
    def steps(self) -> int:
        """How many steps were seen."""
        return len(self.norms)

    @property
    def fired(self) -> int:
        """At how many of them the norm was above the limit, or no number."""
        return sum(not norm <= self.max_norm for norm in self.norms)

    @property
    def largest_ratio(self) -> float:
        """The largest norm, in units of the limit; infinite if one was no number."""
        return max(map(_endless, self.norms), default=0.0) / self.max_norm

    def finding(self) -> LossFinding:
        """How often clipping fired, as a finding."""
        return clipping_finding(self.norms, self.max_norm)


def clipping_finding(norms: Sequence[float], max_norm: float) -> LossFinding:
    """How often clipping fires, and whether it does more than contain spikes.

    Args:
        norms: The norm of the gradient before clipping, of each step.
        max_norm: The limit.
    """
    name = "clipping"
    if not norms:
        return not_asked(name, "no step was seen")
    norms = [_endless(norm) for norm in norms]
    fired = [norm for norm in norms if norm > max_norm]
    middle = sorted(norms)[len(norms) // 2]
    words = f"at {len(fired)} of {len(norms)} steps ({len(fired) / len(norms):.0%}); limit {max_norm:g}"
    words += f", median norm {middle:.3g}, largest {max(norms):.3g}"
    endless = sum(math.isinf(norm) for norm in norms)
    if endless:
        cause = "what is not finite is not clipped, and one such step spoils all weights; look where it comes from"
        return answer(name, "fault", f"{words}; {endless} are not finite", cause)
    if len(fired) > _OFTEN * len(norms) and middle > _HARD * max_norm:
        cause = "it hides a loss that is too steep, or the limit is too low: every step has the size of the limit"
        return answer(name, "caution", words, cause)
    return answer(name, "fine", words, "spikes are contained, which is what it is for" if fired else "")


def limit_problems(where: str, max_norm: object) -> list[Problem]:
    """What is wrong with a limit: one problem or none.

    Args:
        where: The name of the argument.
        max_norm: As the user gave it.
    """
    if is_number(max_norm) and max_norm > 0:  # type: ignore[operator]
        return []
    return [Problem(where, repr(max_norm), "a number above 0")]


def _endless(norm: float) -> float:
    # Of NaN neither the largest nor the middle one can be told.
    return math.inf if math.isnan(norm) else norm
