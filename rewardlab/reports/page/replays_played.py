"""A recorded episode played again under all that the learner was paid by: its boards, and who paid how much when."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, final

import gymnasium as gym
import numpy as np
from gymnasium.vector import AutoresetMode, SyncVectorEnv, VectorEnv
from numpy.typing import NDArray

from rewardlab.agents.environments import make_single
from rewardlab.errors import RunFailed
from rewardlab.reports.replay import described_action
from rewardlab.rewards.catalogue import Catalogue
from rewardlab.transitions import Transitions
from rewardlab.wrappers.ledger import UNACCOUNTED_LINE, VectorLedger
from rewardlab.wrappers.ledger_lines import paid_by_itself
from rewardlab.wrappers.stack import wrap_vector

__all__ = ["Moment", "PlayedEpisode", "exploit_steps", "kept_wrappers", "played_episode"]

Board = str | NDArray[np.uint8] | None


@final
@dataclass(frozen=True, slots=True)
class Moment:
    """One moment of an episode.

    Attributes:
        board: What ``render`` returned: text, an image ``[H, W, 3]`` uint8, or None.
        action: What the step that led here did, in words; empty at the start.
        lines: Line of the ledger to what it paid in this step; empty at the start.
        seen: What the learner saw of this step: the sum of the lines.
        objective: Of this step.
        note: How the episode ended; empty before its end.
    """

    board: Board
    action: str
    lines: Mapping[str, float]
    seen: float
    objective: float
    note: str


@final
@dataclass(frozen=True, slots=True)
class PlayedEpisode:
    """A recorded episode, played again.

    Attributes:
        moments: The start and the moment after each step.
        exploits: Exploit to the step from which on it shows; see `exploit_steps`.
    """

    moments: tuple[Moment, ...]
    exploits: Mapping[str, int]


def played_episode(settings: Mapping[str, Any], recording: Mapping[str, Any], render_mode: str | None) -> PlayedEpisode:
    """Play a recorded episode again under the run's own reward and wrappers.

    Args:
        settings: Of the run, as the store keeps them.
        recording: ``seed`` and ``actions``; also ``objective`` if it was recorded, which must then come out again.
        render_mode: As in Gymnasium; None to draw nothing.

    Raises:
        RunFailed: Another episode comes out, or a number of it is not finite: the code has changed since.
    """
    environment, variant = settings["environment"], settings["variant"]
    single = make_single(environment["id"], environment["settings"], variant["reward"], render_mode)
    vector: VectorEnv[Any, Any, Any] = SyncVectorEnv([lambda: single], autoreset_mode=AutoresetMode.DISABLED)
    try:
        wrapped = VectorLedger(
            wrap_vector(vector, kept_wrappers(variant["wrappers"])[0], variant["algorithm"]["settings"]["gamma"])
        )
        moments, steps = _played(wrapped, single, int(recording["seed"]), recording["actions"])
    finally:
        vector.close()
    _check(moments, recording)
    return PlayedEpisode(moments, exploit_steps(steps, Catalogue.of(single)))


def kept_wrappers(wrappers: Sequence[Mapping[str, Any]]) -> tuple[list[Mapping[str, Any]], str]:
    """The wrappers whose lines can be known afterwards, and in words what of the others is left out.

    A scale is that of the returns in training, which is not kept; so what a clip outside of it did is not known either.
    A curriculum pays nothing, and recorded episodes begin in the bare environment.
    """
    kept: list[Mapping[str, Any]] = []
    left_out: list[str] = []
    for wrapper in wrappers:
        kind = wrapper["kind"]
        if kind == "scale" or (kind == "clip" and "scale" in left_out):
            left_out.append(kind)
        elif kind != "curriculum":
            kept.append(wrapper)
    if not left_out:
        return kept, ""
    named = " and ".join(repr(kind) for kind in dict.fromkeys(left_out))
    return kept, f"Without the wrapper {named}: the scale that the training had reached is not kept."


def exploit_steps(steps: Transitions, catalogue: Catalogue | None) -> dict[str, int]:
    """From which step on each exploit of a catalogue shows in an episode, for those that it shows.

    Args:
        steps: The episode in time order.
        catalogue: What the environment offers.

    Returns:
        Exploit to the number of steps from which on its detector fires on the beginning of the episode, whatever
        follows; 1 is the first step.
    """
    found = {}
    for reward in catalogue.rewards.values() if catalogue else ():
        exploit = reward.exploit
        if exploit is None or not exploit.detect(steps):
            continue
        first = len(steps)
        while first > 1 and exploit.detect(steps.select(np.arange(first - 1))):
            first -= 1
        found[exploit.name] = first
    return found


def _played(
    env: VectorLedger, single: gym.Env[Any, Any], seed: int, actions: Sequence[Any]
) -> tuple[tuple[Moment, ...], Transitions]:
    observations, infos = env.reset(seed=seed)
    before = infos.get("state", np.array(observations))
    moments = [Moment(_drawn(single), "", {}, 0.0, 0.0, "")]
    steps: list[Transitions] = []
    for number, action in enumerate(actions, start=1):
        batch = np.asarray(action)[None]
        observations, rewards, terminations, truncations, infos = env.step(batch)
        after = infos.get("state", np.array(observations))
        events = {name: amounts for name, amounts in infos.get("events", {}).items() if not name.startswith("_")}
        steps.append(Transitions(before, batch, after, terminations, events))
        before = after
        seen = float(rewards[0])
        note = "the task is over" if terminations[0] else "time is up" if truncations[0] else ""
        lines = _lines(infos["ledger"])
        objective = float(infos["objective"][0] if "objective" in infos else paid_by_itself(lines))
        moments.append(Moment(_drawn(single), described_action(single, action), lines, seen, objective, note))
        if bool(note) != (number == len(actions)):
            raise RunFailed(f"the episode {'ended' if note else 'went on'} after {number} of {len(actions)} steps")
    return tuple(moments), Transitions.concatenate(steps)


def _lines(ledger: Mapping[str, Any]) -> dict[str, float]:
    """The lines of one step, without their masks; "unaccounted" only where there is something."""
    lines = {
        name: float(amounts[0]) for name, amounts in ledger.items() if not (name.startswith("_") and name[1:] in ledger)
    }
    if not lines.get(UNACCOUNTED_LINE, 1.0):
        del lines[UNACCOUNTED_LINE]
    return lines


def _drawn(env: gym.Env[Any, Any]) -> Board:
    if env.render_mode is None:
        return None
    picture: Any = env.render()
    return picture if isinstance(picture, str) else np.asarray(picture)


def _check(moments: Sequence[Moment], recording: Mapping[str, Any]) -> None:
    """Whether this is the recorded episode, as far as the recording can tell."""
    numbers = [value for moment in moments for value in (moment.seen, moment.objective, *moment.lines.values())]
    if not all(map(math.isfinite, numbers)):
        raise RunFailed("a number of it is not finite")
    total = math.fsum(moment.objective for moment in moments)
    if "objective" in recording and not math.isclose(total, recording["objective"], rel_tol=1e-6, abs_tol=1e-6):
        raise RunFailed(f"its objective is {total:g} now, and was {recording['objective']:g} when it was recorded")
