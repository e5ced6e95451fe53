"""Reads every gradient of an optimiser before it is clipped, and changes none.

SB3 clips gradients in place between ``backward`` and ``step``, so that a hook on the optimiser comes too late. A hook
on each parameter is called before, when its gradient has been accumulated; what it read last is put together when the
optimiser steps. So a gradient that belongs to the backward pass of another, as the critic's do while SAC trains its
actor, is overwritten before it counts.
"""

from __future__ import annotations

import math
from array import array
from collections.abc import Callable, Iterator
from typing import Any, final

import torch
from torch import nn

__all__ = ["OptimiserWatch", "names_of", "optimisers_of"]

_Alarm = Callable[[str, str], None]


@final
class OptimiserWatch:
    """The norms of the gradients of one optimiser.

    Args:
        name: Its name, such as ``"policy.optimizer"``.
        optimiser: The optimiser.
        names: What its parameters are called, by identity.
        alarm: Called with the name of a parameter and what is wrong with it, before the step that would spread it.

    Attributes:
        name: Its name.
        norms: The norm of all gradients together, before clipping, at each update.
        frozen: The parameters that are not trained (``requires_grad`` is False).
        started: The norm of all its weights together when watching began.
        moved: For each other parameter, at how many updates it had a gradient that was not zero.
    """

    def __init__(self, name: str, optimiser: torch.optim.Optimizer, names: dict[int, str], alarm: _Alarm) -> None:
        self.name, self.norms, self._alarm = name, array("d"), alarm
        parameters = [each for group in optimiser.param_groups for each in group["params"]]
        self._parameters = {names.get(id(each), f"{name}[{place}]"): each for place, each in enumerate(parameters)}
        self.frozen = [word for word, each in self._parameters.items() if not each.requires_grad]
        self.moved = {word: 0 for word, each in self._parameters.items() if each.requires_grad}
        self.started = self.weight_norm()
        self._latest: dict[str, torch.Tensor] = {}
        self._handles: list[Any] = [
            self._parameters[word].register_post_accumulate_grad_hook(self._reader(word)) for word in self.moved
        ]
        self._handles.append(optimiser.register_step_pre_hook(self._before_step))

    def close(self) -> None:
        """Take all hooks away."""
        for handle in self._handles:
            handle.remove()
        self._handles.clear()

    def weight_norm(self) -> float:
        """The norm of all its weights together, now."""
        norms = [torch.linalg.vector_norm(each.detach()) for each in self._parameters.values()]
        return math.hypot(*torch.stack(norms).tolist())

    def spoilt_weight(self) -> str:
        """The first parameter with a weight that is not finite; empty if there is none."""
        for word, each in self._parameters.items():
            if not bool(torch.isfinite(each.detach()).all()):
                return word
        return ""

    def _reader(self, word: str) -> Callable[[torch.Tensor], None]:
        latest = self._latest

        def read(parameter: torch.Tensor) -> None:
            assert parameter.grad is not None
            latest[word] = torch.linalg.vector_norm(parameter.grad)

        return read

    def _before_step(self, optimiser: torch.optim.Optimizer, arguments: Any, keywords: Any) -> None:
        del optimiser, arguments, keywords
        if not self._latest:
            return
        words = list(self._latest)
        norms = torch.stack(list(self._latest.values())).tolist()
        self._latest.clear()
        # hypot does not overflow where the sum of squares would.
        self.norms.append(math.hypot(*norms))
        for word, norm in zip(words, norms, strict=True):
            self.moved[word] += norm != 0.0
            if not math.isfinite(norm):
                self._alarm(word, self._described(word))

    def _described(self, word: str) -> str:
        gradient = self._parameters[word].grad
        if gradient is None:
            return "its gradient is not finite"
        spoilt = int((~torch.isfinite(gradient)).sum())
        if spoilt:
            return f"{spoilt} of {gradient.numel()} elements of its gradient are not finite"
        return "its gradient is so large that its norm overflows"


def optimisers_of(agent: Any) -> Iterator[tuple[str, torch.optim.Optimizer]]:
    """All optimisers of an SB3 agent, wherever it keeps them, with their names.

    Args:
        agent: A PPO, A2C, DQN, SAC, TD3, ... of stable-baselines3.
    """
    found: set[int] = set()
    owners = [("", agent), *(("policy" + "." * bool(word) + word, each) for word, each in agent.policy.named_modules())]
    for owner, each in owners:
        for attribute, value in vars(each).items():
            if isinstance(value, torch.optim.Optimizer) and id(value) not in found:
                found.add(id(value))
                yield f"{owner}.{attribute}".lstrip("."), value


def names_of(agent: Any) -> dict[int, str]:
    """What the parameters of an SB3 agent are called, by identity: those of its policy, and tensors of its own."""
    names = {id(each): word for word, each in agent.policy.named_parameters()}
    own = {id(value): word for word, value in vars(agent).items() if isinstance(value, nn.Parameter | torch.Tensor)}
    return own | names
