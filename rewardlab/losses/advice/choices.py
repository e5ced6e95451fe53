"""Which loss, which penalty: the fourth question, with the trade-off and the implementation that come with each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

from rewardlab.losses.advice.condition import YES_OR_NO, Condition

__all__ = ["LOSS_CHOICES", "PENALTY_CHOICES", "Choice"]


@final
@dataclass(frozen=True, slots=True)
class Choice:
    """One loss or penalty that may be advised. The first of a list of which a condition holds is taken.

    Attributes:
        name: In small letters with hyphens.
        conditions: When it is chosen: if one of them holds.
        choice: What to use and what it punishes.
        trade_off: The risk that comes with it.
        implementation: How to compute it.
        functions: Functions in `rewardlab.losses` that the advice names.
        modules: Modules in `rewardlab.losses.modules` that the advice names.
    """

    name: str
    conditions: tuple[Condition, ...]
    choice: str
    trade_off: str
    implementation: str
    functions: tuple[str, ...]
    modules: tuple[str, ...]

    def said(self, part: str) -> str:
        """What it says to ``choice``, ``trade_off`` or ``implementation``."""
        return {"choice": self.choice, "trade_off": self.trade_off, "implementation": self.implementation}[part]


LOSS_CHOICES = (
    Choice(
        "focal",
        (Condition(YES_OR_NO, ("easy-negatives",), ("noisy-labels", "uncalibrated")),),
        "Focal loss: a factor (1 - p)^gamma, p the probability of what happened, weighs each example down the better "
        "it is handled, so that the hard ones are heard.",
        "Wrong labels look like hard examples, and it trains hardest on them. And its outputs are pulled towards one "
        "half: at gamma 2 a rate of 0.1 is learned as 0.306, until `unfocused_probability` undoes it.",
        "`focal_loss` or `FocalLoss`, from logits; alpha by class, as in its paper. Begin the last bias at "
        "`prior_logit(rate)`, lest the easy negatives drown the first steps.",
        ("focal_loss", "unfocused_probability", "prior_logit"),
        ("FocalLoss",),
    ),
    Choice(
        "weighted-cross-entropy",
        (Condition(YES_OR_NO, ("imbalance", "false-negatives"), ("false-alarms", "uncalibrated")),),
        "Weighted cross-entropy, its weight the cost ratio (cost of a miss / cost of a false alarm), once precision "
        "and recall have shown that it is the misses that cost: it makes each missed yes that much dearer.",
        "More false alarms, and the noise in a few rare examples counts as if each stood there many times; an L2 "
        "penalty holds against that. The cost ratio says how bad a miss is, the count ratio how rare a yes is: use one "
        "of them, never their product. And the output is no probability any more: under weight 19 an output of 0.2 "
        "means a rate of 0.0130.",
        "`weighted_binary_cross_entropy` or `WeightedBinaryCrossEntropyLoss`, from logits. With the cost ratio as "
        "weight the threshold stays at 0.5; or else no weight and the threshold of `threshold_from_costs`; not both. "
        "Undo the weight before checking calibration, q / (q + w (1 - q)): `calibration_table(..., positive_weight=w)` "
        "does; of the cases then scored 20 %, about 20 % should be a yes.",
        ("weighted_binary_cross_entropy", "threshold_from_costs", "calibration_table", "precision", "recall"),
        ("WeightedBinaryCrossEntropyLoss",),
    ),
    Choice(
        "binary-cross-entropy",
        (Condition(YES_OR_NO),),
        "Binary cross-entropy: it charges -log of the probability that was given to what happened, so that being "
        "confident and wrong costs most, and it learns the true rate, however rare.",
        "A probability is no decision: the threshold is chosen afterwards, and 0.5 is right only where both mistakes "
        "cost the same.",
        "`binary_cross_entropy` or `BinaryCrossEntropyLoss`, from logits, never from rounded or clipped probabilities; "
        "the threshold from `threshold_from_costs`.",
        ("binary_cross_entropy", "threshold_from_costs"),
        ("BinaryCrossEntropyLoss",),
    ),
    Choice(
        "softmax-cross-entropy",
        (Condition(("one-of-n",)),),
        "Softmax cross-entropy: it charges -log of the probability of the true class; how the rest is spread over the "
        "wrong ones does not matter.",
        "All wrong classes are equally wrong to it, however much worse one confusion may be in life.",
        "`softmax_cross_entropy` or `SoftmaxCrossEntropyLoss`, from scores with log-sum-exp; targets are class "
        "numbers.",
        ("softmax_cross_entropy",),
        ("SoftmaxCrossEntropyLoss",),
    ),
    Choice(
        "token-cross-entropy",
        (Condition(("tokens",)),),
        "Cross-entropy of each token: it charges -log of the probability of the token that came.",
        "Every token counts alike, so that frequent and easy ones own most of the mean; and it judges token by token, "
        "not the text as a whole.",
        "`token_cross_entropy` or `TokenCrossEntropyLoss`, from scores with log-sum-exp.",
        ("token_cross_entropy",),
        ("TokenCrossEntropyLoss",),
    ),
    Choice(
        "mixture",
        (
            Condition(("continuous", "distribution"), ("several-outcomes",)),
            Condition(("continuous", "distribution"), ("averaged-answers",)),
            Condition(("distribution",), ("outliers-noise",)),
            Condition(("distribution",), ("outliers-real",)),
        ),
        "A mixture of Gaussians, trained by its likelihood: it rewards the probability given to what happened, and has "
        "room for more than one answer, where squared error prefers their average to each of them.",
        "Components can end up the same or unused, and a spread that shrinks onto one example sends the loss to minus "
        "infinity: bound it from below. The value is the log of a density, and may be negative.",
        "`mixture_nll` or `MixtureNLLLoss`, with log-sum-exp. To act on one value take the likeliest mode, or the "
        "value of least expected cost, not the mean.",
        ("mixture_nll",),
        ("MixtureNLLLoss",),
    ),
    Choice(
        "gaussian",
        (Condition(("distribution",)),),
        "Gaussian likelihood with a spread of its own for each prediction: it charges large errors by their square, "
        "more so where the model claimed to be sure.",
        "A spread near 0 divides by nearly nothing; and one bell has one mode, whatever the data has.",
        "`gaussian_nll` or `GaussianNLLLoss`; let the model put out the logarithm of the spread, and bound it from "
        "below.",
        ("gaussian_nll",),
        ("GaussianNLLLoss",),
    ),
    Choice(
        "absolute-error",
        (Condition(("continuous",), ("equal-errors",)),),
        "Absolute error: every error pulls with the same slope, and it learns a median, which is cheapest where cost "
        "is in proportion to the error.",
        "It pulls as hard a hair's breadth from the answer as far away, so that the last steps rattle; a median need "
        "not be unique, and does not see how far out a tail lies.",
        "`absolute_error` or `AbsoluteErrorLoss`; its slope at an error of 0 is set to 0. Let the learning rate fall.",
        ("absolute_error",),
        ("AbsoluteErrorLoss",),
    ),
    Choice(
        "huber",
        (Condition(("continuous",), ("outliers-noise",)),),
        "Huber's loss: quadratic up to delta, so that honest errors are averaged, and linear beyond, so that no record "
        "pulls harder than delta.",
        "Delta is one more number to choose; what lies beyond it is heard less, should it be real after all. The cost "
        "itself is not bounded, only its slope.",
        "`huber` or `HuberLoss`, delta where the tail of the honest errors begins: plot them.",
        ("huber",),
        ("HuberLoss",),
    ),
    Choice(
        "squared-error",
        (Condition(("continuous",)),),
        "Squared error: its slope grows with the error, so that large errors are punished most, and it learns the "
        "mean.",
        "One wrong record can outweigh thousands; and the mean is the wrong summary where several answers are valid.",
        "`squared_error` or `SquaredErrorLoss`; shapes must be equal, since (n, 1) against (n,) is another loss.",
        ("squared_error",),
        ("SquaredErrorLoss",),
    ),
    Choice(
        "noise-prediction",
        (
            Condition(("generated",), ("unstable-training", "blurry-output")),
            Condition(("generated",), ("unstable-training", "averaged-answers")),
            Condition(("generated",), ("unstable-training", "several-outcomes")),
        ),
        "Noise prediction (diffusion): squared error on the noise that was mixed in, which is reconstruction weighted "
        "by the level of noise; stable, and sharp after many small steps.",
        "Making one sample takes many passes through the model.",
        "`noise_prediction_error` or `NoisePredictionLoss`; draw the level of noise anew for each example.",
        ("noise_prediction_error",),
        ("NoisePredictionLoss",),
    ),
    Choice(
        "reconstruction-and-adversarial",
        (
            Condition(("generated",), ("blurry-output",)),
            Condition(("generated",), ("averaged-answers",)),
            Condition(("generated",), ("several-outcomes",)),
        ),
        "Reconstruction plus a weighted adversarial loss: the first gives a steady signal, the second rejects the "
        "averages that the first prefers.",
        "Adversarial training can fall apart or make the same sample again and again; a higher weight is sharper and "
        "less stable.",
        "`combined_generative_loss` of `reconstruction_error` and `generator_loss` (the form that does not saturate), "
        "beginning at a small weight; `CombinedGenerativeLoss`. Both parts must judge the same samples.",
        ("combined_generative_loss", "reconstruction_error", "generator_loss", "discriminator_loss"),
        ("CombinedGenerativeLoss", "ReconstructionLoss", "GeneratorLoss", "DiscriminatorLoss"),
    ),
    Choice(
        "reconstruction",
        (Condition(("generated",)),),
        "Reconstruction error: similarity to the original, value by value, with a signal at every step.",
        "Where several originals are possible it prefers their blurred average. A plain autoencoder generates nothing: "
        "a variational one needs the KL term beside.",
        "`reconstruction_error` or `ReconstructionLoss`, with the range of values given so that it is checked; "
        "`gaussian_kl` beside it for a variational autoencoder.",
        ("reconstruction_error", "gaussian_kl"),
        ("ReconstructionLoss", "GaussianKLLoss"),
    ),
)
"""The losses, in the order in which they are tried."""

PENALTY_CHOICES = (
    Choice(
        "elastic-net",
        (
            Condition(needs=("unexplainable", "correlated-features")),
            Condition(needs=("unexplainable", "overfitting")),
            Condition(needs=("unexplainable", "few-examples")),
        ),
        "Plus an elastic net on the weights: L1 for a short list of features, L2 to hold together those that go "
        "together.",
        "Two strengths to choose on validation data, L2 first. The list that predicts best still keeps some noise.",
        "`elastic_net_penalty`, never on biases, with `elastic_net_proximal` steps: plain steps never rest at 0.",
        ("elastic_net_penalty", "elastic_net_proximal"),
        ("WeightPenalty",),
    ),
    Choice(
        "l1",
        (Condition(needs=("unexplainable",)),),
        "Plus an L1 penalty on the weights: what is left is a short list of features.",
        "Among correlated features it keeps an arbitrary one, and the strength that predicts best keeps some noise.",
        "`l1_penalty`, never on biases, with `l1_proximal` steps: plain steps never rest at 0.",
        ("l1_penalty", "l1_proximal"),
        ("WeightPenalty",),
    ),
    Choice(
        "l2",
        (
            Condition(needs=("correlated-features",)),
            Condition(needs=("overfitting",)),
            Condition(needs=("few-examples",)),
        ),
        "Plus an L2 penalty on the weights: it bounds what one feature can do, and keeps correlated ones together, "
        "where L1 would keep an arbitrary one.",
        "Too strong, it flattens what is real: choose its strength on validation data.",
        "`l2_penalty`, never on biases; `WeightPenalty` in torch.",
        ("l2_penalty",),
        ("WeightPenalty",),
    ),
)
"""The penalties on weights, in the order in which they are tried; none may apply."""
