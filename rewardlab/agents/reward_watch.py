"""The audit in training: tells when what is paid rises while what was meant falls, and shows how."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, final

import numpy as np
import torch
from stable_baselines3.common.callbacks import BaseCallback

from rewardlab.agents.watched_episode import EndedEpisode, EpisodeLog, WatchedEpisode, told_state, write_episode
from rewardlab.audit.divergence import REACH, WINDOWS, Divergence, divergence_now, paid_alone
from rewardlab.errors import BadInput, Problem
from rewardlab.rewards.catalogue import Catalogue

__all__ = ["RewardAlarm", "RewardWatch"]

_FEWEST_IN_A_BLOCK = 20
_PEAK_BLOCKS = 4  # one block alone would be the luckiest, not the best


@final
@dataclass(frozen=True, slots=True)
class RewardAlarm:
    """What was paid rose while the objective fell.

    Attributes:
        step: The training's steps when it was found.
        episodes: The episodes read until then.
        peak_episode: The first episode after the estimated peak of the objective, counted from 1 in the order in which
            they began.
        paid: Mean pay of an episode before the peak and since, over the windows compared.
        objective: Mean objective likewise.
        p_value: The larger of the p-values of the two movements.
        level: What it had to be at or below, for false alarms to be as rare as ``alpha`` in the whole training.
        alpha: The stated probability of a false alarm.
        term: The line of the ledger that rose most.
        changes: By how much each line rose, the largest first; they add up to the rise of the pay.
        exploit: The most telling episode of the first block after the peak that holds one that is paid at least as much
            and achieves at most as much as is usual since; None if no block does.
        path: Where it was saved; None if it was not.
    """

    step: int
    episodes: int
    peak_episode: int
    paid: tuple[float, float]
    objective: tuple[float, float]
    p_value: float
    level: float
    alpha: float
    term: str
    changes: Mapping[str, float]
    exploit: WatchedEpisode | None
    path: Path | None

    def __str__(self) -> str:
        shown = "no single episode shows it"
        if self.exploit is not None:
            known = f" ({', '.join(self.exploit.exploits)})" if self.exploit.exploits else ""
            shown = f"shown by episode {self.exploit.number:,}{known}"
            shown += f", saved to {self.path}" if self.path is not None else ""
        return (
            f"step {self.step:,}: since about episode {self.peak_episode:,} of {self.episodes:,}, "
            f"paid {self.paid[0]:.4g} -> {self.paid[1]:.4g} while objective {self.objective[0]:.4g} -> "
            f"{self.objective[1]:.4g} (p = {self.p_value:.1e}, alpha {self.alpha:g}); "
            f"{self.term} brought {self.changes[self.term]:+.4g}; {shown}"
        )


@final
class RewardWatch(BaseCallback):
    """Watches the ledger of any SB3 agent in training; see `rewardlab.audit.divergence` for the test and its rate.

    The environments are a `VectorAdapter`, or SB3's own vector of environments wrapped in `rewardlab.Ledger`. Watching
    draws no random number and changes nothing: the weights are the same, bit by bit, with and without it.

    Attributes:
        alarm: The first alarm, None as long as there is none. There is no second.

    Args:
        alpha: The probability of ever giving a false alarm, in (0, 1).
        block_episodes: Episodes in a block; by default 20, or the number of environments if that is larger. More of
            them are safer where neighbouring episodes are very much alike, and slower to tell.
        stop: End the training at the alarm. That is after the peak of the objective, for a peak is known only by what
            follows it; ``keep_peak`` and `restore_peak` go back to it.
        keep_peak: Keep a copy of the policy's parameters whenever the mean objective of the newest four blocks is
            higher than ever. It is the parameters at the end of these blocks, and the highest of many means flatters.
        episode_path: Where to save the first exploiting episode, as JSON, in a folder that exists.

    Raises:
        BadInput: An argument is out of range, or the folder does not exist.
    """

    def __init__(
        self,
        *,
        alpha: float = 0.01,
        block_episodes: int | None = None,
        stop: bool = False,
        keep_peak: bool = False,
        episode_path: str | Path | None = None,
    ) -> None:
        super().__init__()
        self._path = None if episode_path is None else Path(episode_path)
        _check(alpha, block_episodes, self._path)
        self.alarm: RewardAlarm | None = None
        self._alpha, self._stop, self._keep_peak = alpha, stop, keep_peak
        self._size = block_episodes or 0
        self._catalogue: Catalogue | None = None
        self._log: EpisodeLog | None = None
        self._block: list[EndedEpisode] = []
        self._paid: list[float] = []
        self._objective: list[float] = []
        # As far back as a comparison can reach.
        self._lines: deque[Mapping[str, float]] = deque(maxlen=REACH * WINDOWS[-1])
        self._telling: deque[tuple[EndedEpisode, int]] = deque(maxlen=REACH * WINDOWS[-1])
        self._best = -np.inf
        self._best_parameters: dict[str, torch.Tensor] | None = None

    @property
    def note(self) -> str:
        """A weaker observation, empty if there is none: paid has risen and nothing says that the objective has.

        It is what a hack looks like that was learned at once. Unlike the alarm it has no stated rate; a reward that is
        honest, but learned slowly, looks the same for a while.
        """
        if self.alarm is not None or not paid_alone(self._paid, self._objective, self._alpha):
            return ""
        return "what is paid has risen since the beginning, and the objective has not visibly"

    def restore_peak(self) -> float:
        """Give the agent's policy the parameters kept at the peak of the objective; optimisers are left as they are.

        Returns:
            The mean objective of the four blocks that led to them.

        Raises:
            BadInput: None were kept.
        """
        if self._best_parameters is None:
            fix = f"pass keep_peak=True, and train for {_PEAK_BLOCKS} blocks of episodes at least"
            raise BadInput(Problem("restore_peak", "no parameters kept", "some", fix))
        self.model.policy.load_state_dict(self._best_parameters)
        return self._best

    def _on_training_start(self) -> None:
        env = self.training_env
        self._size = self._size or max(_FEWEST_IN_A_BLOCK, env.num_envs)
        offered = env.get_attr("catalogue", 0)[0] if env.has_attr("catalogue") else None
        self._catalogue = offered if isinstance(offered, Catalogue) else None
        self._log = EpisodeLog(self._first_states(), self.num_timesteps)

    def _on_step(self) -> bool:
        assert self._log is not None
        # Boxes are clipped on the way to the environment, and it is there that an episode is played again.
        actions = self.locals.get("clipped_actions", self.locals["actions"])
        dones, infos = self.locals["dones"], self.locals["infos"]
        for ended in self._log.add(actions, dones, infos, self._first_states(), self.num_timesteps):
            self._block.append(ended)
            if len(self._block) == self._size:
                self._close_block()
        return self.alarm is None or not self._stop

    def _close_block(self) -> None:
        block, self._block = self._block, []
        paid, objective = (np.array([getattr(ended, name) for ended in block]) for name in ("paid", "objective"))
        self._paid.append(float(paid.mean()))
        self._objective.append(float(objective.mean()))
        names = {name for ended in block for name in ended.ledger}
        self._lines.append({name: sum(ended.ledger.get(name, 0.0) for ended in block) / len(block) for name in names})
        telling = int((_ranks(paid) - _ranks(objective)).argmax())
        self._telling.append((block[telling], (len(self._paid) - 1) * len(block) + telling + 1))
        if self._keep_peak:
            self._note_peak()
        if self.alarm is None:
            found = divergence_now(self._paid, self._objective, self._alpha)
            if found is not None:
                self.alarm = self._described(found)

    def _note_peak(self) -> None:
        newest = self._objective[-_PEAK_BLOCKS:]
        if len(newest) == _PEAK_BLOCKS and float(np.mean(newest)) > self._best:
            self._best = float(np.mean(newest))
            parameters = self.model.policy.state_dict()
            self._best_parameters = {name: values.detach().clone() for name, values in parameters.items()}

    def _described(self, found: Divergence) -> RewardAlarm:
        split, compared = found.peak - found.first, found.blocks - found.first
        lines = list(self._lines)[-compared:]
        names = {name for block in lines for name in block}
        rises = {name: _mean(lines[split:], name) - _mean(lines[:split], name) for name in names}
        changes = dict(sorted(rises.items(), key=lambda item: (-item[1], item[0])))
        exploit = self._first_exploit(found)
        if exploit is not None and self._path is not None:
            write_episode(exploit, self._path)
        return RewardAlarm(
            self.num_timesteps,
            found.blocks * self._size,
            found.peak * self._size + 1,
            found.paid,
            found.objective,
            found.p_value,
            found.level,
            self._alpha,
            next(iter(changes)),
            changes,
            exploit,
            self._path if exploit is not None else None,
        )

    def _first_exploit(self, found: Divergence) -> WatchedEpisode | None:
        rounding = 1e-9 * max(map(abs, (*found.paid, *found.objective)))
        for ended, number in list(self._telling)[found.peak - found.blocks :]:
            if ended.paid >= found.paid[1] - rounding and ended.objective <= found.objective[1] + rounding:
                return ended.watched(number, self._catalogue)
        return None

    def _first_states(self) -> list[int | None]:
        return [told_state(info) for info in self.training_env.unwrapped.reset_infos]


def _check(alpha: float, block_episodes: int | None, path: Path | None) -> None:
    problems = []
    if not 0.0 < alpha < 1.0:
        problems.append(Problem("alpha", repr(alpha), "a probability in (0, 1)"))
    if block_episodes is not None and block_episodes < 1:
        problems.append(Problem("block_episodes", repr(block_episodes), "a whole number, at least 1"))
    if path is not None and not path.parent.is_dir():
        problems.append(Problem("episode_path", str(path), "a file in a folder that exists", f"make {path.parent}"))
    if problems:
        raise BadInput(*problems)


def _ranks(values: np.ndarray[Any, np.dtype[np.float64]]) -> np.ndarray[Any, np.dtype[np.float64]]:
    """How many values each is above, less how many it is below."""
    compared: np.ndarray[Any, np.dtype[np.float64]] = np.sign(values[:, None] - values).sum(axis=1)
    return compared


def _mean(blocks: list[Mapping[str, float]], name: str) -> float:
    return sum(block.get(name, 0.0) for block in blocks) / len(blocks)
