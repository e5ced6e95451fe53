"""Looks at every gradient, weight and loss of an SB3 agent, and changes none.

SB3 clips gradients in place between ``backward`` and ``step``: clipped, a gradient of 1e30 is a gradient of 0, and
nothing is to be seen of it. So they are read where a backward pass ends, before SB3 goes on. PyTorch calls whoever has
asked for it during the pass; its own distributed training is built on that.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, final

import torch
from stable_baselines3.common.callbacks import BaseCallback
from torch import Tensor

from rewardlab.agents.guards.guard_settings import GuardSettings
from rewardlab.agents.guards.trail import Trail
from rewardlab.agents.optimiser_watch import names_of, optimisers_of
from rewardlab.errors import Diverged, Problem, RewardLabError
from rewardlab.snapshots import Restorable

__all__ = ["UpdateGuard"]


@final
class UpdateGuard(BaseCallback, Restorable):
    """Ends a training at the first update with a gradient, weight or loss that is no number or absurdly large.

    Args:
        agent: What is trained.
        settings: How large is absurd.
        trail: The last steps, for the report.
    """

    def __init__(self, agent: Any, settings: GuardSettings, trail: Trail) -> None:
        super().__init__()
        self._agent, self._settings, self._trail = agent, settings, trail
        self._parameters: list[Tensor] = []
        self._handles: list[Any] = []
        self._is_asked = False

    def snapshot(self) -> dict[str, Any]:
        """Nothing: where it goes on, it begins anew."""
        return {}

    def restore(self, state: Mapping[str, Any]) -> None:
        """There is nothing to go on from."""

    @contextmanager
    def watching(self) -> Iterator[None]:
        """To be round ``agent.learn``: looks at the weights at the end, and takes all hooks away.

        Whatever a spoilt weight makes others raise, such as a distribution that gets no number, is told as what it is.

        Raises:
            Diverged: A weight is no number, or absurd.
        """
        try:
            yield
        except RewardLabError:
            raise
        except Exception as fault:
            found = self._spoilt_weight()
            if found is not None:
                raise found from fault
            raise
        finally:
            for handle in self._handles:
                handle.remove()
            self._handles.clear()
        self._look_at_losses()
        found = self._spoilt_weight()
        if found is not None:
            raise found

    def _on_training_start(self) -> None:
        for _, optimiser in optimisers_of(self._agent):
            self._parameters += [each for group in optimiser.param_groups for each in group["params"]]
        self._handles += [
            each.register_post_accumulate_grad_hook(self._reached)  # type: ignore[no-untyped-call]
            for each in self._parameters
            if each.requires_grad
        ]

    def _on_rollout_start(self) -> None:
        # What the last round of updates has made; within it, a spoilt weight is seen by the gradients that it makes.
        self._look_at_losses()
        self._look_at_weights()

    def _on_step(self) -> bool:
        return True

    def _reached(self, parameter: Tensor) -> None:
        """A backward pass has come to a parameter; which one it reaches first is nobody's business."""
        del parameter
        if not self._is_asked:
            self._is_asked = True
            torch.autograd.Variable._execution_engine.queue_callback(self._pass_ended)

    def _pass_ended(self) -> None:
        self._is_asked = False
        gradients = [each.grad for each in self._parameters if each.grad is not None]
        if self._is_large(gradients):
            self._look_closely()

    def _is_large(self, tensors: Sequence[Tensor]) -> bool:
        """Whether they are, put together, too large for each to be looked at; also if something in them is no number.

        One product of all of them: a small one of each would cost as much as a small network's update.
        """
        if not tensors:
            return False
        numbers = torch.cat([each.detach().reshape(-1) for each in tensors])
        # Written so that NaN does not pass. A gradient may be larger than a weight.
        return not numbers.dot(numbers).item() <= self._settings.number**2

    def _look_closely(self) -> None:
        names = names_of(self._agent)
        for parameter in self._parameters:
            if parameter.grad is None:
                continue
            norm = float(torch.linalg.vector_norm(parameter.grad))
            if not norm <= self._settings.gradient:
                raise self._diverged("gradient", f"a gradient at {names.get(id(parameter), '?')!r}", norm)
        self._look_at_weights()

    def _look_at_weights(self) -> None:
        if self._is_large(self._parameters):
            found = self._spoilt_weight()
            if found is not None:
                raise found

    def _spoilt_weight(self) -> Diverged | None:
        for name, weights in self._agent.policy.state_dict().items():
            if not weights.is_floating_point() or not weights.numel():
                continue
            largest = float(weights.detach().abs().max())
            if not largest <= self._settings.number:
                return self._diverged("weight", f"a weight in {name!r}", largest)
        return None

    def _look_at_losses(self) -> None:
        for name, value in self._agent.logger.name_to_value.items():
            if name.startswith("train/") and name.endswith("loss") and not abs(value) <= self._settings.loss:
                raise self._diverged("loss", name.removeprefix("train/"), value)

    def _diverged(self, layer: str, what: str, value: float) -> Diverged:
        steps = int(self._agent.num_timesteps)
        bounds = {"gradient": self._settings.gradient, "loss": self._settings.loss, "weight": self._settings.number}
        problem = Problem(
            f"step {steps}",
            f"{what} of {value:g}",
            f"a finite number of at most {bounds[layer]:g} in size",
            "lower the learning rate or the scale of the reward",
        )
        report = {"step": steps, "environment": None, "layer": layer, "value": f"{value:g}"}
        return Diverged(str(problem), {**report, "last_steps": self._trail.last_steps(0)})
