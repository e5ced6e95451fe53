"""Which episodes of a variant are shown: the best, the median and the first that shows an exploit, as far as recorded.

After its training a run plays a few episodes with its final policy and keeps the actions of some of them. Runs of older
stores kept one; of these, runs are chosen rather than episodes, and the labels say so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, final

from rewardlab.lab.comparison import VariantSummary
from rewardlab.lab.store import StoredRun

__all__ = ["ChosenEpisode", "chosen_episodes"]


@final
@dataclass(frozen=True, slots=True)
class ChosenEpisode:
    """An episode to show.

    Attributes:
        label: A word or two, such as "best"; several where it is several things.
        told: One sentence: of how many it is that, and whose it is.
        settings: Of its run, as the store keeps them.
        recording: ``seed``, ``actions``, ``exploits``, and ``objective`` where it was recorded.
    """

    label: str
    told: str
    settings: Mapping[str, Any]
    recording: Mapping[str, Any]


def chosen_episodes(variant: VariantSummary) -> list[ChosenEpisode]:
    """The episodes to show of a variant, each once, with all that it is; none without a finished run.

    Args:
        variant: With its finished runs.
    """
    runs = [variant.runs[seed] for seed in sorted(variant.runs)]
    if not runs:
        return []
    found = [_best(runs), _median(runs), *_exploiting(runs)]
    merged: list[ChosenEpisode] = []
    for chosen in found:
        for place, other in enumerate(merged):
            if chosen.settings == other.settings and chosen.recording == other.recording:
                both = (f"{other.label}, {chosen.label}", f"{other.told} {chosen.told}")
                merged[place] = ChosenEpisode(*both, other.settings, other.recording)
                break
        else:
            merged.append(chosen)
    return merged


def _best(runs: Sequence[StoredRun]) -> ChosenEpisode:
    if all(_episodes(run) for run in runs):
        run = max(runs, key=lambda run: float(_kept(run, "best")["objective"]))
        told = f"The most achieved in {_counted(sum(_episodes(run)['played'] for run in runs))}: {_owner(run)}."
        return ChosenEpisode("best", told, run.settings, _kept(run, "best"))
    run = max(runs, key=_achieved)
    told = f"Recorded of the run that achieved most on average: {_owner(run)}."
    return ChosenEpisode("best run", told, run.settings, run.result["replay"])


def _median(runs: Sequence[StoredRun]) -> ChosenEpisode:
    ordered = sorted(runs, key=lambda run: (_achieved(run), run.identity))
    run = ordered[(len(ordered) - 1) // 2]
    if _episodes(run):
        told = f"The median of {_counted(_episodes(run)['played'])} of the median run: {_owner(run)}."
        return ChosenEpisode("median", told, run.settings, _kept(run, "median"))
    told = f"Recorded of the run with the median objective: {_owner(run)}."
    return ChosenEpisode("median run", told, run.settings, run.result["replay"])


def _exploiting(runs: Sequence[StoredRun]) -> list[ChosenEpisode]:
    """Of the run with the lowest seed whose recorded episode shows an exploit: a list of one, or an empty one."""
    gamed = [run for run in runs if run.result["replay"].get("exploits")]
    if not gamed:
        return []
    told = f"The first recorded episode that shows an exploit, in the order of seeds: {_owner(gamed[0])}."
    recording = _kept(gamed[0], "exploiting") if _episodes(gamed[0]) else gamed[0].result["replay"]
    return [ChosenEpisode("first exploiting", told, gamed[0].settings, recording)]


def _episodes(run: StoredRun) -> Mapping[str, Any]:
    found: Mapping[str, Any] = run.result.get("episodes", {})
    return found


def _kept(run: StoredRun, name: str) -> Mapping[str, Any]:
    episodes = _episodes(run)
    kept: Mapping[str, Any] = episodes["kept"][episodes[name]]
    return kept


def _achieved(run: StoredRun) -> float:
    return float(run.result["evaluation"]["objective"])


def _counted(number: int) -> str:
    return f"{number} episodes" if number != 1 else "the one episode"


def _owner(run: StoredRun) -> str:
    return f"seed {run.settings['seed']}"
