"""What is added to the choice, its trade-off or its implementation where certain answers come together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, final

from rewardlab.losses.advice.condition import YES_OR_NO, Condition

__all__ = ["REMARKS", "Remark"]

_SPOILT_FOCUS = ("noisy-labels", "uncalibrated")


@final
@dataclass(frozen=True, slots=True)
class Remark:
    """One sentence or two for one part of the advice.

    Attributes:
        part: ``choice``, ``trade_off`` or ``implementation``.
        condition: When it is said.
        text: What is said.
        functions: Functions in `rewardlab.losses` that it names.
        modules: Modules in `rewardlab.losses.modules` beside them.
    """

    part: Literal["choice", "trade_off", "implementation"]
    condition: Condition
    text: str
    functions: tuple[str, ...] = ()
    modules: tuple[str, ...] = ()

    def said(self, part: str) -> str:
        """What it says to ``choice``, ``trade_off`` or ``implementation``; empty if nothing."""
        return self.text if part == self.part else ""


REMARKS = (
    Remark(
        "choice",
        Condition(
            YES_OR_NO,
            ("imbalance", "false-negatives"),
            ("easy-negatives", "noisy-labels", "uncalibrated", "false-alarms"),
        ),
        "If easy negatives turn out to dominate training, the focal loss on top, alpha = w / (1 + w) for a weight w.",
        ("focal_loss",),
        ("FocalLoss",),
    ),
    Remark(
        "choice",
        Condition(("distribution",), ("outliers-real",)),
        "A wide component gives the real extremes their probability, where one bell would stretch for them.",
    ),
    Remark(
        "choice",
        Condition(YES_OR_NO, ("imbalance",), ("false-negatives", "easy-negatives")),
        "No weight: the plain loss is least at the true rate, at 0.01 where 1 % are a yes; what ignores the rare class "
        "is a threshold of 0.5.",
    ),
    Remark(
        "choice",
        Condition(YES_OR_NO, ("imbalance", "false-negatives", "false-alarms"), ("easy-negatives",)),
        "No weight: with a price on both mistakes, the threshold is where they meet.",
    ),
    Remark(
        "choice",
        Condition(YES_OR_NO, ("imbalance", "false-negatives", "uncalibrated"), ("false-alarms",)),
        "No weight, although misses cost: it would bend the probabilities, and a lower threshold does the same for the "
        "decisions.",
    ),
    Remark(
        "choice",
        Condition(YES_OR_NO, ("easy-negatives", "noisy-labels")),
        "No focal loss, although most examples are easy: it would train hardest on the wrong labels.",
    ),
    Remark(
        "choice",
        Condition(YES_OR_NO, ("easy-negatives", "uncalibrated"), ("noisy-labels",)),
        "No focal loss, although most examples are easy: it would pull the probabilities towards one half.",
    ),
    Remark(
        "choice",
        Condition(YES_OR_NO, ("easy-negatives", "false-negatives"), (*_SPOILT_FOCUS, "false-alarms")),
        "Its alpha carries the cost ratio w (cost of a miss / cost of a false alarm), as alpha = w / (1 + w); undo it "
        "after the focus, with `unweighted_probability`.",
        ("unweighted_probability",),
    ),
    Remark(
        "choice",
        Condition(("one-of-n",), ("false-negatives", "imbalance")),
        "Where the misses of one class cost more, multiply each value by the weight of its true class: the loss "
        "returns one value an example.",
    ),
    Remark(
        "choice",
        Condition(("continuous",), ("outliers-real",), ("equal-errors", "several-outcomes", "averaged-answers")),
        "No robust loss: the extremes are real, and absolute error would not see how far out they lie. Huber's with a "
        "large delta, or a quantile (the pinball loss, not one of ours), stands between.",
        ("huber",),
        ("HuberLoss",),
    ),
    Remark(
        "choice",
        Condition(("continuous",), ("outliers-noise", "large-errors"), ("several-outcomes", "averaged-answers")),
        "Up to delta it punishes large errors as squared error does; only what lies beyond is taken for noise.",
    ),
    Remark(
        "trade_off",
        Condition(("continuous",), ("outliers-real", "equal-errors"), ("several-outcomes", "averaged-answers")),
        "The real extremes can move ever further out without moving the median: make sure that is meant.",
    ),
    Remark(
        "trade_off",
        Condition(YES_OR_NO, ("noisy-labels",)),
        "Wrong labels cost most where the model rightly contradicts them: look at the dearest examples first.",
    ),
    Remark(
        "trade_off",
        Condition(("one-of-n", "tokens"), ("noisy-labels",)),
        "Wrong labels cost most where the model rightly contradicts them: look at the dearest examples first.",
    ),
    Remark(
        "trade_off",
        Condition(("tokens",), ("imbalance",)),
        "Judge the rare tokens apart: the mean hardly sees them.",
    ),
    Remark(
        "trade_off",
        Condition(("generated",), ("unstable-training", "blurry-output")),
        "The two usual cures undo each other: adversarial training sharpens and unsettles, reconstruction settles and "
        "blurs.",
    ),
    Remark(
        "implementation",
        Condition(("several-labels",), ("imbalance",)),
        "Each label has its own rate, and so its own weight or threshold: one call a label.",
    ),
    Remark(
        "implementation",
        Condition(YES_OR_NO, ("false-alarms",)),
        "Dear false alarms raise the threshold, dear misses lower it: c_FP / (c_FP + c_FN), `threshold_from_costs`.",
        ("threshold_from_costs",),
    ),
    *(
        Remark(
            "implementation", condition, "Decide for the class of least expected cost, which need not be the likeliest."
        )
        for condition in (
            Condition(("one-of-n",), ("false-negatives",), ("false-alarms",)),
            Condition(("one-of-n",), ("false-alarms",)),
        )
    ),
    Remark(
        "implementation",
        Condition((*YES_OR_NO, "one-of-n"), ("uncalibrated",)),
        "Watch `calibration_table` on held-out cases (of several classes, each against the rest).",
        ("calibration_table",),
    ),
    Remark(
        "implementation",
        Condition(("tokens", "distribution"), ("uncalibrated",)),
        "On held-out cases, see that what was given 80 % comes true in 80 % of them.",
    ),
    *(
        Remark("implementation", condition, "One wide component takes up the wrong records and leaves the others be.")
        for condition in (
            Condition(("distribution",), ("outliers-noise",)),
            Condition(("continuous",), ("outliers-noise", "several-outcomes")),
            Condition(("continuous",), ("outliers-noise", "averaged-answers"), ("several-outcomes",)),
        )
    ),
    Remark(
        "implementation",
        Condition(("tokens",), ("unequal-lengths",)),
        "Name the padding, as in `token_cross_entropy(..., padding=0)`, so that it is not counted.",
    ),
    Remark(
        "implementation",
        Condition(("generated",), ("unstable-training",), ("blurry-output", "averaged-answers", "several-outcomes")),
        "If that is too blurred, consider `noise_prediction_error` before anything adversarial.",
        ("noise_prediction_error",),
        ("NoisePredictionLoss",),
    ),
)
"""The remarks, in the order in which they are said."""
