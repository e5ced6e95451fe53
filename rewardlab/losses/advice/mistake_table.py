"""From the mistake that the model must not make to what makes it expensive.

Choosing a loss begins with the mistake: say in plain words what must not happen, then take what charges for it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

from rewardlab.errors import BadInput, one_of
from rewardlab.losses.advice.vocabulary import spelled

__all__ = ["MISTAKE_TABLE", "MistakeRow", "answer_to_mistake"]


@final
@dataclass(frozen=True, slots=True)
class MistakeRow:
    """One mistake and what punishes it.

    Attributes:
        name: The mistake in a word or two with hyphens, to look it up by.
        mistake: The mistake in words.
        answer: The loss or penalty that punishes it, or what to do instead.
        because: Why that helps, and where it does not.
        functions: The functions in `rewardlab.losses` that compute it; empty where no loss is the answer.
    """

    name: str
    mistake: str
    answer: str
    because: str
    functions: tuple[str, ...] = ()


MISTAKE_TABLE = (
    MistakeRow(
        "large-errors",
        "large errors of a number",
        "squared error",
        "its slope grows with the error",
        ("squared_error",),
    ),
    MistakeRow(
        "outliers",
        "a fit distorted by outliers that are noise",
        "absolute error, or Huber's",
        "the pull of a record is bounded; real outliers that count are a case for squared error",
        ("absolute_error", "huber"),
    ),
    MistakeRow(
        "confident-wrong",
        "probabilities that are confident and wrong",
        "binary cross-entropy",
        "the cost grows without bound as the probability of what happened goes to 0",
        ("binary_cross_entropy",),
    ),
    MistakeRow(
        "missed-rare-class",
        "missing the rare class",
        "weighted cross-entropy, or a lower threshold",
        "plain cross-entropy learns the rare rate rightly; it is a threshold of 0.5 that misses. Do one, not both",
        ("weighted_binary_cross_entropy", "threshold_from_costs"),
    ),
    MistakeRow(
        "drowned-hard-examples",
        "easy examples drown the hard ones",
        "focal loss",
        "weighs each example down by how well it is handled; not with wrong labels, nor for plain probabilities",
        ("focal_loss",),
    ),
    MistakeRow(
        "averaged-answers",
        "several valid answers averaged into an invalid one",
        "a mixture, trained by its likelihood",
        "squared error prefers the average to every valid answer; a mixture has room for each",
        ("mixture_nll",),
    ),
    MistakeRow(
        "overfitting",
        "a model too complex to do well on new data",
        "plus an L2 penalty",
        "charges for large weights; keeps all features",
        ("l2_penalty",),
    ),
    MistakeRow(
        "too-many-features",
        "many features, of which a few should be selected",
        "plus an L1 penalty; if they are correlated, elastic net",
        "L1 sets weights to exactly 0, given proximal steps, but keeps an arbitrary one of a correlated group",
        ("l1_penalty", "l1_proximal", "elastic_net_penalty"),
    ),
    MistakeRow(
        "unstable-selection",
        "a short list of features is needed, and a stable one",
        "plus elastic net (L1 and L2)",
        "L1 makes the list short, L2 holds correlated features together; tune L2 first",
        ("elastic_net_penalty", "elastic_net_proximal"),
    ),
    MistakeRow(
        "overfitted-rare-class",
        "overfitting the few examples of an upweighted class",
        "plus an L2 penalty",
        "a weight w acts as w copies of each example, noise included; L2 bounds what one feature can do",
        ("l2_penalty",),
    ),
    MistakeRow(
        "blurry-output",
        "blurry generated output",
        "plus an adversarial loss on top of reconstruction",
        "the discriminator rejects averages; the price is less stable training",
        ("combined_generative_loss", "generator_loss"),
    ),
    MistakeRow(
        "unstable-training",
        "unstable adversarial training",
        "reconstruction; or a noise-prediction (diffusion) objective",
        "reconstruction is stable and blurs; predicting noise is reconstruction weighted by the level of noise",
        ("reconstruction_error", "noise_prediction_error"),
    ),
    MistakeRow(
        "reward-hacking",
        "an agent that games its reward",
        "redesign the reward; `rewardlab audit` and `rewardlab repair`",
        "potential-based shaping cannot help: it leaves what is optimal as it is, loopholes included",
    ),
    MistakeRow(
        "sparse-reward",
        "a reward too rare to learn from",
        "potential-based shaping; a curriculum of easier tasks first",
        "other intermediate rewards may add loopholes; with a potential that is 0 at the end nothing optimal changes",
    ),
)
"""Fourteen mistakes, from regression over classification and generation to reinforcement learning."""


def answer_to_mistake(name: str) -> MistakeRow:
    """What punishes that mistake.

    Args:
        name: The name of a row, such as ``"averaged-answers"``; capitals, spaces and underscores do not matter.

    Raises:
        BadInput: The table has no answer to it; the error lists those that it has.

    Example:
        >>> answer_to_mistake("confident wrong").answer
        'binary cross-entropy'
    """
    rows = {row.name: row for row in MISTAKE_TABLE}
    wanted = spelled(name)
    if wanted not in rows:
        raise BadInput(one_of("mistake", str(name), rows, "mistake"))
    return rows[wanted]
