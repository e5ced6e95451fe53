"""Rules of thumb for choosing, tuning and writing losses, each with its reason."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

from rewardlab.errors import BadInput, one_of
from rewardlab.losses.advice.vocabulary import spelled

__all__ = ["DECISION_RULES", "DecisionRule", "decision_rule"]


@final
@dataclass(frozen=True, slots=True)
class DecisionRule:
    """One rule.

    Attributes:
        name: In small letters with hyphens, to look it up by.
        topic: ``numbers``, ``decisions``, ``penalties``, ``generation``, ``rewards`` or ``losses of your own``.
        rule: What to do.
        because: Why, and where it ends.
    """

    name: str
    topic: str
    rule: str
    because: str


DECISION_RULES = (
    DecisionRule(
        "start-from-the-mistake",
        "losses of your own",
        "Say which mistake must not happen, then choose the loss that makes it expensive.",
        "A model is only ever as careful as its loss is dear.",
    ),
    DecisionRule(
        "catastrophes",
        "numbers",
        "Use squared error where one huge miss is worse than many small ones.",
        "Its slope grows with the error, and what it learns, the mean, moves with every extreme.",
    ),
    DecisionRule(
        "squared-error-first",
        "numbers",
        "Begin a regression with squared error; reconsider where outliers are noise or several answers are valid.",
        "It estimates the mean. It assumes neither, but the mean is then the wrong summary.",
    ),
    DecisionRule(
        "noise-or-real",
        "numbers",
        "Outliers that are noise: absolute error or Huber's. Real outliers that count: squared error, Huber's with a "
        "large delta, or a quantile (the pinball loss, which is not one of ours).",
        "A median does not see how far out the tail lies, which is right for noise and wrong for what is real.",
    ),
    DecisionRule(
        "where-huber-turns",
        "numbers",
        "Put Huber's delta where the tail of the honest errors begins.",
        "Below it errors are averaged, above it they pull with one slope.",
    ),
    DecisionRule(
        "several-answers",
        "numbers",
        "Where several answers are valid, model a distribution with several modes and train it by its likelihood.",
        "The mean of valid answers can be invalid, and squared error prefers it to each of them.",
    ),
    DecisionRule(
        "probability-for-yes-or-no",
        "decisions",
        "For yes or no, put out a probability and train it by cross-entropy, not by squared error.",
        "Squared error is proper there too, but its cost is at most 1, and its slope in the logit, 2 (p - y) p (1 - "
        "p), vanishes where the model is confident and wrong.",
    ),
    DecisionRule(
        "from-logits",
        "decisions",
        "Compute cross-entropies from logits, with log-sum-exp, and clip nothing.",
        "Rounded probabilities of 0 and 1 give infinities; clipped ones give a slope of 0 just where the model is most "
        "wrong.",
    ),
    DecisionRule(
        "threshold-apart",
        "decisions",
        "Choose the threshold apart from training: cost of a false alarm / (cost of a false alarm + cost of a miss).",
        "On a calibrated probability it is the cheapest; 0.5 is right only where both mistakes cost the same.",
    ),
    DecisionRule(
        "no-custom-loss-first",
        "decisions",
        "With a rare class look at precision, recall and the threshold first; put costs into the loss only once they "
        "are known.",
        "Plain cross-entropy learns the rare rate rightly; it is accuracy and a threshold of 0.5 that ignore the "
        "class.",
    ),
    DecisionRule(
        "counts-or-costs",
        "decisions",
        "Weigh by the cost ratio or by the count ratio, never by their product; undo the weight before checking "
        "calibration.",
        "One says how bad a miss is, the other how rare a yes is. Either way q / (q + w (1 - q)) is the probability.",
    ),
    DecisionRule(
        "importance-or-difficulty",
        "decisions",
        "A class weight for importance, where costs are known; a focal factor for difficulty, where easy examples "
        "drown the hard ones.",
        "The weight looks at the label, the factor at how well the example is handled.",
    ),
    DecisionRule(
        "no-focal-on-wrong-labels",
        "decisions",
        "No focal loss where hard examples may be mislabelled.",
        "A label that the model rightly contradicts keeps a factor near 1, and the rest is weighed down.",
    ),
    DecisionRule(
        "no-focal-for-probabilities",
        "decisions",
        "No focal loss, and no weight, where the output is to be read as a probability; or undo it first.",
        "Both move the minimum: at gamma 2 a rate of 0.1 is learned as 0.306.",
    ),
    DecisionRule(
        "keep-correlated-features",
        "penalties",
        "Correlated features that all carry signal: L2, not L1.",
        "L1 keeps an arbitrary one of them. L2 keeps all, if not in proportion: only its push is proportional to the "
        "weight.",
    ),
    DecisionRule(
        "select-features",
        "penalties",
        "Many features of which few matter: L1, its strength chosen on validation data; if they are correlated, "
        "elastic net.",
        "The strength that predicts best still keeps some noise: a short list is no proof.",
    ),
    DecisionRule(
        "short-list",
        "penalties",
        "Where a decision must be explained by a short list of features: L1, with proximal steps.",
        "L2 leaves every weight a little above or below 0. A plain step with the sign of the weight never rests at 0.",
    ),
    DecisionRule(
        "l2-then-l1",
        "penalties",
        "Begin with L2 for stability; add L1, as elastic net, where an explanation is required.",
        "An upweighted class is a few examples with loud noise, and L2 bounds what one feature can do.",
    ),
    DecisionRule(
        "tune-l2-first",
        "penalties",
        "In an elastic net tune L2 first, for stability, then L1, for the length of the list.",
        "An unstable fit selects by chance.",
    ),
    DecisionRule(
        "which-penalty",
        "penalties",
        "L1 to find features, L2 in general; choose the strength on validation data, and never penalise biases.",
        "L2 takes the same share off every weight at each step, so that none arrives at 0.",
    ),
    DecisionRule(
        "balance-of-realism",
        "generation",
        "Tune the weight of the adversarial part: higher is sharper and less stable, lower blurrier and stable.",
        "At 0 it is pure reconstruction.",
    ),
    DecisionRule(
        "combine-generative",
        "generation",
        "Reconstruction for a steady signal, an adversarial part for realism; consider predicting noise instead.",
        "Predicting noise is reconstruction weighted by the level of noise: stable; it averages at each level too, but "
        "the many small steps of sampling end at one original.",
    ),
    DecisionRule(
        "three-failures-of-rewards",
        "rewards",
        "Ask of a reward how it is gamed, whether it is too rare to learn from, and whether its scale spans powers of "
        "ten: redesign, shape by a potential, scale.",
        "Shaping by a potential cannot mend a reward that is gamed, clipping changes the task, and centring within an "
        "episode takes away what tells episodes apart.",
    ),
    DecisionRule(
        "same-approach",
        "losses of your own",
        "Go through the same four questions with every loss of your own: reuse, output, mistake, slope.",
        "Most losses that are written anew exist already, with their edge cases solved.",
    ),
    DecisionRule(
        "reuse-first",
        "losses of your own",
        "Reuse a standard loss, with a weight or a delta, before writing one.",
        "Weighted, focal and Huber's loss cover most wishes.",
    ),
    DecisionRule(
        "match-the-output",
        "losses of your own",
        "Let the loss fit what the model puts out: a number, a logit, several of them.",
        "A mismatch of shapes is broadcast in silence by most libraries, and trains something else.",
    ),
    DecisionRule(
        "mistake-in-words",
        "losses of your own",
        "Write the expensive mistake down in a plain sentence before writing a formula.",
        "What cannot be said cannot be checked.",
    ),
    DecisionRule(
        "finite-slopes",
        "losses of your own",
        "See that values agree where branches meet, and that every branch has a finite slope, used or not.",
        "Automatic differentiation multiplies an unused branch by 0, and 0 times infinity is NaN. A kink does no harm: "
        "absolute error has one.",
    ),
    DecisionRule(
        "standard-loss-first",
        "losses of your own",
        "Begin with a standard loss and weights, from logits or log-probabilities; check that a better prediction "
        "costs less; watch the norm of the gradient.",
        "These are the faults that stay silent.",
    ),
)
"""The rules, topic by topic within the order of a first reading."""


def decision_rule(name: str) -> DecisionRule:
    """The rule of that name.

    Args:
        name: Such as ``"threshold-apart"``; capitals, spaces and underscores do not matter.

    Raises:
        BadInput: There is none.
    """
    rules = {rule.name: rule for rule in DECISION_RULES}
    wanted = spelled(name)
    if wanted not in rules:
        raise BadInput(one_of("rule", str(name), rules, "rule"))
    return rules[wanted]
