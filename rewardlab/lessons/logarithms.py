"""From logits, never from probabilities: where floating-point numbers end, and what clipping does about it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rewardlab.lessons.layout import columns, paragraph
from rewardlab.lessons.lesson import Lesson
from rewardlab.losses.binary import binary_cross_entropy, binary_cross_entropy_gradient
from rewardlab.losses.categorical import softmax_cross_entropy
from rewardlab.losses.logistic import logit, sigmoid, softmax

__all__ = ["LOGARITHMS"]

CLIP = 1e-7
"""The usual distance that is kept from 0 and 1."""

_Array = NDArray[Any]


def _saturation() -> list[str]:
    rows = []
    for dtype in (np.float16, np.float32, np.float64):
        one = _first(lambda x: _plain_sigmoid(x) == 1, dtype, 1.0)
        none = _first(lambda x: _plain_sigmoid(x) == 0, dtype, -1.0)
        rows.append((np.dtype(dtype).name, f"{one:.2f}", f"{none:.2f}"))
    ours = _first(lambda x: sigmoid(x) == 0, np.float32, -1.0)
    return [
        "The first logit, in steps of 0.05, whose plain sigmoid 1 / (1 + exp(-x)) is",
        "",
        *columns(("dtype", "exactly 1 from", "exactly 0 from"), rows, words=[0]),
        "",
        *paragraph(
            "At 1 the digits run out; at 0 the exponential overflows. "
            f"Written with exp(-|x|), float32 is 0 only from {ours:.2f} on; but it ends too."
        ),
    ]


def _both_branches_run() -> list[str]:
    rows = []
    for value in (800.0, -800.0):
        complaints: list[str] = []
        x = np.array([value])
        with np.errstate(over="call", invalid="call", divide="call", under="ignore", call=_collector(complaints)):
            chosen = np.where(x >= 0, 1 / (1 + np.exp(-x)), np.exp(x) / (1 + np.exp(x)))
        with np.errstate(all="raise", under="ignore"):
            ours = sigmoid(x)
        rows.append((f"{value:g}", f"{chosen[0]:g}", f"{ours[0]:g}", f"{len(complaints)}", ", ".join(complaints)))
    return [
        "A sigmoid of two formulas, chosen with np.where by the sign of the logit:",
        "",
        *columns(("logit", "chosen", "ours", "complaints", ""), rows, words=[4]),
        "",
        "Ours takes exp(-|x|), which cannot overflow, and chooses afterwards.",
    ]


def _naive_logarithm() -> list[str]:
    rows = []
    for value, target in ((-200.0, 1.0), (200.0, 1.0), (200.0, 0.0)):
        z, y = np.array([value], np.float32), np.array([target], np.float32)
        p = _plain_sigmoid(z)
        with np.errstate(all="ignore"):
            short = -np.log(p)
            slope = -1 / p * (p * (1 - p))
            full = -(y * np.log(p) + (1 - y) * np.log(1 - p))
        exact, push = binary_cross_entropy(z, y), binary_cross_entropy_gradient(z, y)
        shown = (short, slope) if target else ([np.nan], [np.nan])
        naive = tuple(f"{one[0] + 0.0:g}" if target else "-" for one in shown)
        rows.append((f"{value:g}", f"{target:g}", *naive, f"{full[0]:g}", f"{exact[0]:g}", f"{push[0]:g}"))
    return [
        *paragraph("float32: first the sigmoid p, then its logarithm; beside it the loss from the logit."),
        "",
        *columns(("logit", "target", "-log p", "slope", "both terms", "from logits", "slope"), rows),
        "",
        *paragraph("-log p has no term for target 0 at all. Its slope by the chain rule is infinity x 0."),
    ]


def _clipped_cross_entropy() -> list[str]:
    edge = float(logit(np.array([1 - CLIP]))[0])
    rows = []
    for value in (5.0, 16.0, 17.0, 20.0, 1000.0):
        z, y = np.array([value]), np.array([0.0])
        nudge = 1e-3
        slope = (_clipped(z + nudge, y) - _clipped(z - nudge, y)) / (2 * nudge)
        rows.append(
            (
                f"{value:g}",
                f"{_clipped(z, y)[0]:.6g}",
                f"{slope[0]:.6f}",
                f"{binary_cross_entropy(z, y)[0]:.6g}",
                f"{binary_cross_entropy_gradient(z, y)[0]:.6f}",
            )
        )
    single = [
        _clipped(np.array([200.0 * sign], np.float32), np.array([y], np.float32))[0] for sign, y in ((1, 0), (-1, 1))
    ]
    half = _clipped(np.array([20.0], np.float16), np.array([0.0], np.float16))[0]
    right = _clipped(np.array([100.0]), np.array([1.0]))[0]
    return [
        *paragraph(f"Target 0, and a model that is ever more sure of 1. Clipped: p kept in [{CLIP:g}, 1 - {CLIP:g}]."),
        "",
        *columns(("logit", "clipped", "its slope", "from logits", "its slope"), rows),
        "",
        *paragraph(
            f"The clipped loss ends at {_clipped(np.array([1000.0]), np.array([0.0]))[0]:.6g}, reached at a logit of "
            f"{edge:.6g}, and never falls below {right:.6g}. "
            f"In float32 it ends at {single[0]:.6g} for target 0, at {single[1]:.6g} for target 1; "
            f"in float16 at {half:g}."
        ),
    ]


def _inside_the_logarithm() -> list[str]:
    wrong, right = np.array([1000.0, 0.0]), np.array([1000.0, 0.0])
    rows = [
        (name, f"{-np.log(softmax(scores)[true] + CLIP):.6g}", f"{softmax_cross_entropy(scores[None], [true])[0]:.6g}")
        for name, scores, true in (("wrong", wrong, 1), ("right", right, 0))
    ]
    return [
        f"Two classes with scores 1000 and 0, and the loss -log(p + {CLIP:g}).",
        "",
        *columns(("the model is", "with something added", "from the scores"), rows, words=[0]),
        "",
        "What is added caps the loss of the worst mistake, and pays for being right.",
    ]


def _plain_sigmoid(x: _Array) -> _Array:
    with np.errstate(over="ignore", under="ignore"):
        return np.asarray(1 / (1 + np.exp(-x)), x.dtype)


def _clipped(z: _Array, y: _Array) -> _Array:
    low, high = np.asarray([CLIP, 1 - CLIP]).astype(z.dtype)
    p = np.clip(_plain_sigmoid(z), low, high)
    with np.errstate(all="ignore"):
        return np.asarray(-(np.where(y == 1, np.log(p), np.log(1 - p))))


def _first(holds: Callable[[_Array], _Array], dtype: type[np.floating[Any]], sign: float) -> float:
    grid = np.arange(0, 800, 0.05)
    return float(sign * grid[int(np.argmax(holds((sign * grid).astype(dtype))))])


def _collector(complaints: list[str]) -> Callable[[str, int], None]:
    return lambda complaint, _: complaints.append(complaint)


LOGARITHMS = (
    Lesson(
        "saturation",
        "A sigmoid is exactly 1 sooner than one thinks",
        _saturation,
        belief="a probability from a sigmoid is never exactly 0 or 1.",
        truth="past a logit that depends on the dtype it is; then the logarithm of p or of 1 - p is minus infinity.",
    ),
    Lesson(
        "both-branches-run",
        "np.where computes both branches, also the one that overflows",
        _both_branches_run,
        belief="choosing the formula by the sign of the logit avoids the overflow.",
        truth="both formulas are computed for every element before one is chosen.",
    ),
    Lesson(
        "naive-logarithm",
        "A sigmoid, then a logarithm: infinity, and slopes that are no numbers",
        _naive_logarithm,
        belief="-log(sigmoid(z)) is fine as long as p is not rounded to 1.",
        truth="p = 1 is harmless for -log p, which is 0 there; it is p = 0 that makes it infinite and its slope NaN.",
    ),
    Lesson(
        "clipped-cross-entropy",
        "A clipped probability stops teaching where teaching is needed most",
        _clipped_cross_entropy,
        belief="clipping p at 1e-7 is the stable way to compute cross-entropy.",
        truth="it caps the loss and sets the slope to 0 for the most confident mistakes; computed from the logit, "
        "nothing needs a clip.",
    ),
    Lesson(
        "something-inside-the-logarithm",
        "A small number inside the logarithm makes a loss negative",
        _inside_the_logarithm,
        belief="adding 1e-7 inside the logarithm only guards against log(0).",
        truth="it also makes a right answer's loss negative and caps a wrong one's; log-sum-exp does neither.",
    ),
)
"""Cross-entropy and floating-point numbers."""
