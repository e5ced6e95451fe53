"""The losses at a glance: when to use each, what the model puts out, and what the loss then does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

__all__ = ["LOSS_TABLE", "LossRow"]


@final
@dataclass(frozen=True, slots=True)
class LossRow:
    """One loss.

    Attributes:
        name: What it is called in the field.
        use_when: The prediction that it is for.
        output: What the model puts out.
        behaviour: What it punishes, and how much.
        functions: Its functions in `rewardlab.losses`.
        modules: Its modules in `rewardlab.losses.modules`.
    """

    name: str
    use_when: str
    output: str
    behaviour: str
    functions: tuple[str, ...]
    modules: tuple[str, ...]


LOSS_TABLE = (
    LossRow(
        "squared error (MSE)",
        "predicting a number, without outliers that are noise",
        "a continuous value",
        "the cost grows with the square of the error, its slope with the error; learns the mean",
        ("squared_error",),
        ("SquaredErrorLoss",),
    ),
    LossRow(
        "absolute error (MAE)",
        "predicting a number, with outliers that are noise",
        "a continuous value",
        "every error pulls with the same slope, though a larger one costs more; learns a median",
        ("absolute_error",),
        ("AbsoluteErrorLoss",),
    ),
    LossRow(
        "Huber",
        "predicting a number, with some outliers that are noise",
        "a continuous value",
        "half the squared error up to delta, a straight line of slope delta beyond: the slope is bounded, not the cost",
        ("huber",),
        ("HuberLoss",),
    ),
    LossRow(
        "binary cross-entropy (BCE)",
        "yes or no",
        "a logit, which stands for a probability",
        "confident and wrong costs most; learns the true rate, however rare",
        ("binary_cross_entropy",),
        ("BinaryCrossEntropyLoss",),
    ),
    LossRow(
        "weighted cross-entropy",
        "yes or no, where a missed yes is known to cost more",
        "a logit; a probability once the weight is undone",
        "multiplies the cost of label 1 (code the dear class so); more hits, more false alarms, no calibration",
        ("weighted_binary_cross_entropy",),
        ("WeightedBinaryCrossEntropyLoss",),
    ),
    LossRow(
        "focal loss",
        "yes or no, where millions of easy negatives drown the rest",
        "a logit; a probability once the focus is undone",
        "weighs examples down the better they are handled, by (1 - p)^gamma, but never quite to 0",
        ("focal_loss",),
        ("FocalLoss",),
    ),
    LossRow(
        "softmax cross-entropy",
        "one of N classes",
        "N scores, which stand for probabilities that add up to 1",
        "binary cross-entropy for N classes: only the probability of the true class counts",
        ("softmax_cross_entropy",),
        ("SoftmaxCrossEntropyLoss",),
    ),
    LossRow(
        "reconstruction error",
        "autoencoders, and, together with the KL term, variational ones (VAE)",
        "values of pixels; of tokens, with cross-entropy",
        "similarity to the original, value by value; blurs where several originals are possible",
        ("reconstruction_error", "token_cross_entropy", "gaussian_kl"),
        ("ReconstructionLoss", "TokenCrossEntropyLoss", "GaussianKLLoss"),
    ),
    LossRow(
        "adversarial loss",
        "generative models with a discriminator (GAN)",
        "a generated sample, judged by the discriminator's logit",
        "rewards what the discriminator takes for real, not similarity to an original",
        ("generator_loss", "discriminator_loss"),
        ("GeneratorLoss", "DiscriminatorLoss"),
    ),
)
"""Nine losses, from numbers over decisions to generated data."""
