"""One replay as JSON values: which of its steps are kept, their boards, their ledger, and the marks on its scale."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from itertools import accumulate, islice
from typing import Any

import numpy as np

from rewardlab.reports.page.replays_boards import BoardShelf
from rewardlab.reports.page.replays_chosen import ChosenEpisode
from rewardlab.reports.page.replays_drawn import DrawnEpisode, drawn_episode
from rewardlab.reports.page.replays_played import kept_wrappers
from rewardlab.reports.page.shown_text import shortened

__all__ = ["MOST_MOMENTS", "episode_data", "kept_steps", "rare_steps"]

MOST_MOMENTS = 150
"""Of one episode; of a longer one some are left out."""

_AROUND, _LAST = 10, 20
_SENTENCE, _NAME = 400, 80


def episode_data(chosen: ChosenEpisode, shelf: BoardShelf) -> dict[str, Any]:
    """One episode as JSON values.

    Args:
        chosen: Which one.
        shelf: Where its boards are kept.

    Returns:
        ``label``, ``told`` (sentences), and unless it cannot be played again ``steps`` (the numbers of those that are
        kept, from 0), ``actions``, ``notes``, ``images`` and ``texts`` (places on the shelf or None), ``lines`` (each
        with its ``name``, and for each step ``paid`` and ``total``), ``seen`` and ``objective`` (likewise), and
        ``marks`` (each with its ``step``, ``kind``, "exploit" or "paid", and ``text``).
    """
    try:
        drawn = drawn_episode(chosen.settings, chosen.recording)
    except Exception as fault:  # the environment is a stranger's, and must not cost the page
        reason = shortened(" ".join(f"{type(fault).__name__}: {fault}".split()), _SENTENCE)
        return {"label": chosen.label, "told": [chosen.told, f"It cannot be played again: {reason}."]}
    moments = drawn.played.moments
    steps = kept_steps(len(moments) - 1, drawn.played.exploits.values())
    names = list(dict.fromkeys(name for moment in moments for name in moment.lines))
    amounts = {name: [moment.lines.get(name, 0.0) for moment in moments] for name in names}
    boards = [moments[step].board for step in steps]
    told = [
        chosen.told,
        _changed(chosen.recording.get("exploits", drawn.played.exploits), drawn.played.exploits),
        kept_wrappers(chosen.settings["variant"]["wrappers"])[1],
        *drawn.told,
        _left_out(len(moments), len(steps)),
    ]
    return {
        "label": chosen.label,
        "told": [shortened(sentence, _SENTENCE) for sentence in told if sentence],
        "steps": steps,
        "actions": [shortened(_in_words(moments[step].action), _SENTENCE) for step in steps],
        "notes": [moments[step].note for step in steps],
        "images": [shelf.put_image(board) if isinstance(board, np.ndarray) else None for board in boards],
        "texts": [shelf.put_text(drawn.texts[step]) if drawn.texts else None for step in steps],
        "lines": [{"name": shortened(name, _NAME), **_amounts(amounts[name], steps)} for name in names],
        "seen": _amounts([moment.seen for moment in moments], steps),
        "objective": _amounts([moment.objective for moment in moments], steps),
        "marks": [*_exploit_marks(drawn), *_paid_marks(amounts, steps)],
    }


def kept_steps(last: int, shown: Collection[int]) -> list[int]:
    """The steps of an episode that are kept: all of them, or of a long one the first, the last, and around exploits.

    Args:
        last: The number of steps.
        shown: The steps from which on an exploit shows.

    Returns:
        Steps from 0, the start, in order; `MOST_MOMENTS` of them at most.
    """
    if last < MOST_MOMENTS:
        return list(range(last + 1))
    around = [step for middle in shown for step in range(middle - _AROUND, middle + _AROUND + 1)]
    wanted = [*shown, 0, *range(last - _LAST, last + 1), *around, *range(last + 1)]
    return sorted(islice(dict.fromkeys(step for step in wanted if 0 <= step <= last), MOST_MOMENTS))


def rare_steps(amounts: Sequence[float]) -> list[int]:
    """The steps in which a line pays; none if that is every other step or more, for such marks tell nothing.

    Args:
        amounts: What it paid, from the start, which is step 0.
    """
    paying = [step for step, amount in enumerate(amounts) if amount]
    return paying if 2 * len(paying) < len(amounts) else []


def _in_words(action: str) -> str:
    """An action that has no name is called one: "action 3"."""
    return f"action {action}" if action.isdigit() or action.startswith("[") else action.replace("_", " ")


def _exploit_marks(drawn: DrawnEpisode) -> list[dict[str, Any]]:
    return [
        {"step": step, "kind": "exploit", "text": f"{shortened(name.replace('_', ' '), _NAME)} shows from here on"}
        for name, step in drawn.played.exploits.items()
    ]


def _paid_marks(amounts: Mapping[str, Sequence[float]], steps: Collection[int]) -> list[dict[str, Any]]:
    return [
        {"step": step, "kind": "paid", "text": f"{shortened(name, _NAME)} {paid[step]:+.3g}"}
        for name, paid in amounts.items()
        for step in rare_steps(paid)
        if step in steps
    ]


def _changed(recorded: Collection[str], found: Collection[str]) -> str:
    """A sentence where the detectors find something else today."""
    if set(recorded) == set(found):
        return ""
    then, now = (" and ".join(sorted(names)) or "no exploit" for names in (recorded, found))
    return f"When it was recorded, it showed {then}; now {now}."


def _left_out(moments: int, kept: int) -> str:
    return f"{moments - kept} of its {moments - 1} steps are left out here." if kept < moments else ""


def _amounts(values: Sequence[float], steps: Sequence[int]) -> dict[str, list[float]]:
    totals = list(accumulate(values))
    return {"paid": [_short(values[step]) for step in steps], "total": [_short(totals[step]) for step in steps]}


def _short(value: float) -> float:
    """To six digits, and without the sign of a zero."""
    return float(f"{value:.6g}") + 0.0
