"""The comparison as a table: a column for each variant, a row for each number, intervals on everything."""

from __future__ import annotations

import io
import math
from collections.abc import Callable, Sequence

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from rewardlab.lab.comparison import Comparison, VariantSummary
from rewardlab.lab.statistics import Estimate
from rewardlab.reports.interval_notes import interval_notes, reference_note
from rewardlab.reports.training_notes import guard_notes, oddity_notes
from rewardlab.rewards import Catalogue

__all__ = ["as_text", "comparison_cells", "comparison_notes", "comparison_table", "comparison_tables"]

_Row = tuple[str, Callable[[VariantSummary], str] | None]
"""A label and what stands in each variant's column; no cells for the heading of a section."""

_CELL_CHARACTERS = 12


def comparison_tables(comparison: Comparison, width: int) -> list[Table]:
    """`comparison_table`, cut into as many tables as it takes for every number to be seen.

    Args:
        comparison: What to show.
        width: The characters of a line.
    """
    label_characters = max(len(label) for label, _ in _rows(comparison))
    beside = max(1, (width - label_characters) // (_CELL_CHARACTERS + 2))
    variants = comparison.variants
    return [comparison_table(comparison, variants[first : first + beside]) for first in range(0, len(variants), beside)]


def comparison_table(comparison: Comparison, variants: Sequence[VariantSummary] | None = None) -> Table:
    """One table of what each variant was paid, what it achieved, and how it did under every reward of the catalogue.

    Args:
        comparison: What to show.
        variants: Those that have a column; all by default.
    """
    spec = comparison.plan.spec
    variants = comparison.variants if variants is None else variants
    title = Text(spec.question or spec.name, style="bold")
    table = Table(title=title, title_justify="left", box=SIMPLE_HEAD, pad_edge=False, collapse_padding=True)
    table.add_column("", no_wrap=True)
    for variant in variants:
        # A mean of fewer seeds than were planned says so at once, for those that are left are often the better ones.
        partly = f"\n{len(variant.runs)} of {variant.planned} seeds" if len(variant.runs) < variant.planned else ""
        table.add_column(Text(variant.name + partly), justify="right", overflow="fold", min_width=_CELL_CHARACTERS)
    for label, cell in _rows(comparison):
        if cell is None:
            table.add_section()
            table.add_row(Text(label, style="bold"))
        else:
            table.add_row(Text(label), *[Text(cell(variant)) for variant in variants])
    return table


def comparison_cells(comparison: Comparison) -> list[list[str]]:
    """The rows of `comparison_table` as text: a label and a cell for each variant, or the label of a heading alone."""
    return [
        [label, *([] if cell is None else [cell(variant) for variant in comparison.variants])]
        for label, cell in _rows(comparison)
        if label or cell is not None
    ]


def comparison_notes(comparison: Comparison) -> list[str]:
    """What a reader must know to read the table, and every failed run."""
    spec = comparison.plan.spec
    notes = [
        f"After {_trained(comparison)} of training each policy played {spec.evaluation_episodes} episodes in the"
        " bare environment; scores are undiscounted, exploits in % of episodes. Late in"
        " training: the training episodes of the last quarter, exploration included.",
        "Each cell: the interquartile mean over seeds, and an interval of it.",
        *interval_notes(comparison),
    ]
    if any(variant.optima for variant in comparison.variants):
        notes.append("Best: the exact optimum over one episode, computed from the environment's table.")
    notes += [reference_note(comparison)] if reference_note(comparison) else []
    if any(variant.time_to_threshold for variant in comparison.variants):
        notes.append(
            f"Steps until the policy, without exploration, holds {100 * spec.threshold:.0f} % of the best: those of the"
            " median seed, by which half of all have got there (Kaplan-Meier; > is beyond the budget)."
        )
    notes += [*guard_notes(comparison), *oddity_notes(comparison)]
    notes += [
        f"{variant.name}, seed {seed}: {reason}"
        for variant in comparison.variants
        for seed, reason in variant.failures.items()
    ]
    return notes


def _trained(comparison: Comparison) -> str:
    budget = comparison.plan.spec.budget_steps
    runs = [run for variant in comparison.variants for run in variant.runs.values()]
    beyond = sorted({steps for run in runs if (steps := run.result.get("steps", budget)) > budget})
    whole = f" ({' or '.join(f'{steps:,}' for steps in beyond)}, since whole rollouts are finished)" if beyond else ""
    return f"{budget:,} steps{whole}"


def as_text(comparison: Comparison, width: int = 110) -> str:
    """Table and notes as plain text."""
    console = Console(file=io.StringIO(), width=width, force_terminal=False, color_system=None)
    for table in comparison_tables(comparison, width):
        console.print(table)
    for note in comparison_notes(comparison):
        console.print(Text(note), soft_wrap=True)
    text: str = console.file.getvalue()  # type: ignore[attr-defined]
    return text


def _rows(comparison: Comparison) -> list[_Row]:
    rows: list[_Row] = [("paid (own reward)", _cell("paid")), *_objective_rows(comparison)]
    catalogue = comparison.plan.catalogue
    if catalogue is not None:
        rows += [(_event_label(name, catalogue), _cell(f"event/{name}")) for name in catalogue.shown_events]
        exploits = [reward.exploit.name for reward in catalogue.rewards.values() if reward.exploit]
        rows += [("exploit seen, %", None)] if exploits else []
        rows += [(f"  {name}", _cell(f"exploit/{name}", scale=100, decimals=0)) for name in exploits]
        rows += [("re-scored by", None)]
        rows += [(f"  {name}", _cell(f"reward/{name}")) for name in catalogue.rewards]
    if any("value_gradient_norm" in variant.metrics for variant in comparison.variants):
        rows += [("", None), ("value gradient norm", _cell("value_gradient_norm"))]
    if any(variant.auxiliary or variant.regularizers for variant in comparison.plan.spec.variants):
        # What is learned beside the task has its price.
        rows += [("", None), ("seconds a run", _cell("seconds"))]
    return [*rows, ("", None), ("seeds", lambda variant: f"{len(variant.runs)} of {variant.planned}")]


def _objective_rows(comparison: Comparison) -> list[_Row]:
    best = {variant.name: comparison.best_objective(variant) for variant in comparison.variants}
    known = {number for number in best.values() if number is not None}
    is_known = bool(known) and None not in best.values()
    shared = f", best {_rounded([*known])[0]}" if is_known and len(known) == 1 else ""
    rows: list[_Row] = [(f"objective{shared}", _cell("objective"))]
    if any(variant.against_reference for variant in comparison.variants):
        rows += [("  minus the first", _difference_cell), ("  beats it, %", _improvement_cell)]
    rows.append(("  late in training", _cell("late_training")))
    if not is_known:
        return rows
    if not shared:
        rows.append(("  exact best", lambda variant: _rounded([best[variant.name] or 0.0])[0]))
    if min(known) > 0:
        threshold = round(100 * comparison.plan.spec.threshold)
        rows += [
            ("  % of the best", lambda variant: _share_of_best(variant, best[variant.name] or 1.0)),
            (f"1000 steps to {threshold} %", _time_cell),
            ("  which reached", lambda variant: f"{variant.reached} of {variant.planned}"),
        ]
    return rows


def _share_of_best(variant: VariantSummary, best: float) -> str:
    return _cell("objective", scale=100 / best, decimals=0)(variant)


def _cell(metric: str, *, scale: float = 1.0, decimals: int | None = None) -> Callable[[VariantSummary], str]:
    return lambda variant: _shown(variant.metrics.get(metric), len(variant.runs), scale, decimals)


def _difference_cell(variant: VariantSummary) -> str:
    against = variant.against_reference
    return "-" if against is None else _shown(against.difference, len(variant.runs))


def _improvement_cell(variant: VariantSummary) -> str:
    against = variant.against_reference
    return "-" if against is None else _shown(against.improvement, len(variant.runs), 100, 0)


def _shown(found: Estimate | None, seeds: int, scale: float = 1.0, decimals: int | None = None) -> str:
    """A number, its interval, and how many of the column's seeds it is made of where that is not all of them."""
    if found is None:
        return "-"
    value, low, high = _rounded([scale * number for number in (found.value, found.low, found.high)], decimals)
    interval = "" if found.kind == "none" else f"\n{low}..{high}"
    partly = f"\n{found.count} of {seeds}" if found.count < seeds else ""
    return f"{value}{interval}{partly}"


def _time_cell(variant: VariantSummary) -> str:
    time = variant.time_to_threshold
    if time is None:
        return "-"
    numbers = [0.001 * min(number, time.budget) for number in (time.median, time.low, time.high)]
    value, low, high = (
        f">{text}" if number == math.inf else text
        for number, text in zip((time.median, time.low, time.high), _rounded(numbers), strict=True)
    )
    return value if time.low == math.inf or time.count == 1 else f"{value}\n{low}..{high}"


def _event_label(name: str, catalogue: Catalogue) -> str:
    where = catalogue.averaged_where.get(name)
    return name if where is None else f"{name} if {where}"


def _rounded(numbers: Sequence[float], decimals: int | None = None) -> list[str]:
    """Numbers of one cell, alike in their decimals: as many as the largest of them is worth."""
    largest = max(abs(number) for number in numbers)
    if 0 < largest < 0.002:
        # Longer numbers would not fit a column of a terminal.
        return [f"{number:.0e}".replace("e-0", "e-") if number else "0" for number in numbers]
    if decimals is None:
        decimals = 0 if largest >= 100 else 1 if largest >= 10 else 2 if largest >= 0.02 else 3
    texts = [f"{number:.{decimals}f}" if largest else "0" for number in numbers]
    return [text.removeprefix("-") if float(text) == 0 else text for text in texts]
