"""The checks in training: gradients, clipping, weights and the spread of actions of any SB3 agent, while it learns."""

from __future__ import annotations

import math
from array import array
from typing import Any, final

import torch
from stable_baselines3.common.callbacks import BaseCallback
from torch import nn

from rewardlab.agents.optimiser_watch import OptimiserWatch, names_of, optimisers_of
from rewardlab.errors import RunFailed
from rewardlab.losses.checks.clipping_monitor import clipping_finding
from rewardlab.losses.checks.finding import LossFinding, LossReport, answer, not_asked

__all__ = ["TrainingDoctor"]

_SMALL_SPREAD, _LARGE_SPREAD = 1e-2, 1e2
_GROWTH = 1e3
_RUN_AWAY = 30.0
_LEAP = 1e6
_LOG_STD_BOUNDS = (-20.0, 2.0)


@final
class TrainingDoctor(BaseCallback):
    """Watches the gradients of any SB3 agent, and stops a training in which one is no number.

    Without it a PPO whose reward was NaN once dies in a distribution, naming neither step nor cause, and a DQN goes on
    to the end and saves weights that are NaN. Watching draws no random number and changes nothing: the weights are the
    same, bit by bit, with and without it. It costs a look at the norm of each parameter's gradient at each update.

    Attributes:
        trouble: What was not finite, in one sentence for each time, at most ten; empty if all was well.

    Args:
        stop: Raise `RunFailed` at the first gradient, weight or loss that is not finite, before a gradient like that is
            applied; else go on, and tell at the end.

    Example:
        ``doctor = TrainingDoctor(); agent.learn(50_000, callback=doctor); print(doctor.report.as_text())``
    """

    def __init__(self, *, stop: bool = True) -> None:
        super().__init__()
        self.trouble: list[str] = []
        self._stop = stop
        self._watches: list[OptimiserWatch] = []
        self._spreads: list[float] = []
        self._losses: dict[str, array[float]] = {}
        self._said: list[torch.Tensor] = []
        self._handle: Any = None

    @property
    def report(self) -> LossReport:
        """What was found so far, one finding for each question; with several optimisers, for each of them."""
        findings = [self._finite()]
        for watch in self._watches:
            findings += [self._clipping(watch), _growing(watch), _weights(watch), _zero(watch), _frozen(watch)]
        return LossReport((*findings, self._loss_spikes(), self._action_spread()))

    @property
    def gradient_norms(self) -> dict[str, list[float]]:
        """The norm of the gradient at each update, before clipping, by optimiser."""
        return {watch.name: list(watch.norms) for watch in self._watches}

    def _on_training_start(self) -> None:
        self._close()
        names = names_of(self.model)
        self._watches = [
            OptimiserWatch(name, optimiser, names, self._alarm) for name, optimiser in optimisers_of(self.model)
        ]
        layer = getattr(getattr(self.model.policy, "actor", None), "log_std", None)
        if isinstance(layer, nn.Module):
            # Kept as it is and read once a rollout, so that it costs nothing.
            self._handle = layer.register_forward_hook(lambda module, inputs, output: self._keep(output))

    def _on_rollout_start(self) -> None:
        self._look()

    def _on_step(self) -> bool:
        return True

    def _on_training_end(self) -> None:
        self._look()
        self._close()

    def _look(self) -> None:
        """Losses, weights and spreads, between two rounds of updates."""
        for name, value in self.logger.name_to_value.items():
            if name.startswith("train/") and "loss" in name:
                self._losses.setdefault(name, array("d")).append(abs(value))
                if not math.isfinite(value):
                    self._note(f"the logged {name} is {value}")
        for watch in self._watches:
            if word := watch.spoilt_weight():
                self._note(f"a weight of {word} is not finite")
        spread = self._spread_now()
        if spread is not None:
            self._spreads.append(spread)

    def _spread_now(self) -> float | None:
        log_std = getattr(self.model.policy, "log_std", None)
        if isinstance(log_std, torch.Tensor) and log_std.numel() and not getattr(self.model, "use_sde", False):
            return float(log_std.detach().exp().min())
        if self._said:
            return float(self._said[-1].detach().clamp(*_LOG_STD_BOUNDS).exp().min())
        return None

    def _keep(self, output: torch.Tensor) -> None:
        self._said[:] = [output.detach()]

    def _alarm(self, parameter: str, words: str) -> None:
        self._note(f"{parameter}: {words}")

    def _note(self, words: str) -> None:
        updates = max((len(watch.norms) for watch in self._watches), default=0)
        sentence = f"step {self.model.num_timesteps:,}, update {updates:,}: {words}"
        if len(self.trouble) < 10:
            self.trouble.append(sentence)
        if self._stop:
            self._close()
            raise RunFailed(f"{sentence}; look for a reward, an observation or a learning rate that is absurd")

    def _close(self) -> None:
        for watch in self._watches:
            watch.close()
        if self._handle is not None:
            self._handle.remove()
            self._handle = None

    def _finite(self) -> LossFinding:
        if self.trouble:
            cause = "a reward or an observation that is no number or far too large, or a learning rate that is"
            return answer("finite", "fault", "they were not", cause, self.trouble)
        updates = sum(len(watch.norms) for watch in self._watches)
        if not updates:
            return not_asked("finite", "there was no update: fewer steps than a rollout or learning_starts?")
        return answer("finite", "fine", f"they were, at {updates:,} updates")

    def _clipping(self, watch: OptimiserWatch) -> LossFinding:
        limit = getattr(self.model, "max_grad_norm", None)
        # SB3 clips the parameters of the policy alone; SAC and TD3 have no such setting, TRPO has one that is 0.
        if not limit or not math.isfinite(limit) or not watch.name.startswith("policy"):
            return not_asked("clipping", f"{watch.name} does not clip")
        return clipping_finding(watch.norms, float(limit))

    def _loss_spikes(self) -> LossFinding:
        name = "loss_spikes"
        if not self._losses:
            return not_asked(name, "no loss was logged")
        largest = {word: max(values) for word, values in self._losses.items()}
        usual = {word: sorted(values)[len(values) // 2] for word, values in self._losses.items()}
        ratios = {word: most / max(usual[word], 1.0) for word, most in largest.items()}
        worst = max(ratios, key=lambda word: ratios[word])
        words = f"{worst} is {usual[worst]:.4g} at the median and {largest[worst]:.4g} at most"
        if not ratios[worst] <= _LEAP:
            cause = "one absurd reward is enough; a loss that bounds its slope, as DQN's, hides it from the gradient"
            return answer(name, "fault", words, cause)
        return answer(name, "fine", words)

    def _action_spread(self) -> LossFinding:
        name = "action_spread"
        if not self._spreads:
            return not_asked(name, "the policy has no standard deviation of its own")
        first, last = self._spreads[0], self._spreads[-1]
        words = f"the smallest of them went {first:.4g} -> {last:.4g}"
        if last < _SMALL_SPREAD:
            cause = "exploration has ended; log-probabilities divide by it. A larger entropy bonus, or a floor"
            return answer(name, "caution", words, cause)
        if last > _LARGE_SPREAD:
            return answer(name, "caution", words, "actions are noise: an entropy bonus that outweighs the reward?")
        return answer(name, "fine", words)


def _growing(watch: OptimiserWatch) -> LossFinding:
    name = "exploding_gradients"
    norms = [norm for norm in watch.norms if math.isfinite(norm)]
    if len(norms) < 10:
        return not_asked(name, f"{watch.name} had {len(norms)} updates")
    part = max(1, len(norms) // 10)
    first, last = (sorted(each)[len(each) // 2] for each in (norms[:part], norms[-part:]))
    words = (
        f"{watch.name}: median norm {first:.3g} in the first tenth, {last:.3g} in the last, {max(norms):.3g} at most"
    )
    if last > _GROWTH * max(first, 1e-12) and last > 1.0:
        cause = "values run away: a learning rate that is too large, or rewards that are not scaled"
        return answer(name, "fault", words, cause)
    if max(norms) > _GROWTH * max(first, 1.0):
        return answer(name, "caution", words, "a spike: one absurd reward or observation is enough")
    return answer(name, "fine", words)


def _weights(watch: OptimiserWatch) -> LossFinding:
    name = "weights"
    if not watch.norms:
        return not_asked(name, f"{watch.name} had no update")
    now = watch.weight_norm()
    words = f"{watch.name}: their norm went {watch.started:.4g} -> {now:.4g}"
    if not now <= _RUN_AWAY * max(watch.started, 1.0):
        cause = "a learning rate that is far too large: Adam moves each weight by about that much at each update"
        return answer(name, "fault", words, cause)
    return answer(name, "fine", words)


def _zero(watch: OptimiserWatch) -> LossFinding:
    name = "zero_gradients"
    silent = [word for word, count in watch.moved.items() if count == 0]
    if not watch.norms:
        return not_asked(name, f"{watch.name} had no update")
    if silent:
        cause = "no loss depends on them, or dead units stand behind them"
        words = f"{watch.name}: {', '.join(silent)} had no gradient but zero at all {len(watch.norms):,} updates"
        return answer(name, "caution", words, cause)
    return answer(name, "fine", f"{watch.name}: every parameter was pulled on")


def _frozen(watch: OptimiserWatch) -> LossFinding:
    if watch.frozen:
        words = f"{watch.name}: {', '.join(watch.frozen)} are not trained"
        return answer("frozen", "caution", words, "requires_grad is False; on purpose?")
    return answer("frozen", "fine", f"{watch.name}: all {len(watch.moved)} parameters are trained")
