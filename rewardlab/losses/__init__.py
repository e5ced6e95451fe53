"""Losses of supervised learning, as values and derivatives in NumPy, and as modules in torch.

One convention: ``loss(predicted, target)`` returns a value for each element, ``loss_gradient(predicted, target)`` the
derivative of each value by its prediction; the caller reduces. Cross-entropies take logits. Nothing is broadcast,
clipped or guessed: what is not as it should be is refused.

Importing this loads NumPy only. `rewardlab.losses.modules` has the same losses as ``torch.nn.Module``,
`rewardlab.losses.checks` what to ask when a loss misbehaves, `rewardlab.losses.advice` which loss to choose. The page
docs/losses.md lists everything by name.
"""

from rewardlab.losses.adversarial import (
    DiscriminatorGradient,
    combined_generative_loss,
    discriminator_loss,
    discriminator_loss_gradient,
    generator_loss,
    generator_loss_gradient,
    saturating_generator_loss,
    saturating_generator_loss_gradient,
)
from rewardlab.losses.binary import (
    binary_cross_entropy,
    binary_cross_entropy_gradient,
    cross_entropy_of_probability,
    cross_entropy_of_probability_gradient,
    weighted_binary_cross_entropy,
    weighted_binary_cross_entropy_gradient,
)
from rewardlab.losses.calibration import CalibrationRow, calibration_table, expected_calibration_error
from rewardlab.losses.categorical import (
    softmax_cross_entropy,
    softmax_cross_entropy_gradient,
    token_cross_entropy,
    token_cross_entropy_gradient,
)
from rewardlab.losses.class_weights import (
    focal_optimum,
    positive_weight_from_counts,
    prior_logit,
    unfocused_probability,
    unweighted_probability,
    weighted_optimum,
)
from rewardlab.losses.focal import focal_factor, focal_loss, focal_loss_gradient
from rewardlab.losses.gaussian import GaussianGradient, gaussian_log_density, gaussian_nll, gaussian_nll_gradient
from rewardlab.losses.latent import LatentGradient, gaussian_kl, gaussian_kl_gradient
from rewardlab.losses.linear import LinearGradient, linear_gradient
from rewardlab.losses.logistic import log_sigmoid, log_softmax, log_sum_exp, logit, sigmoid, softmax, softplus
from rewardlab.losses.mixture import (
    MixtureGradient,
    expected_squared_error,
    mixture_nll,
    mixture_nll_gradient,
    mixture_responsibilities,
)
from rewardlab.losses.noise import (
    clean_estimate,
    noise_prediction_error,
    noise_prediction_error_gradient,
    noised,
    signal_to_noise_ratio,
)
from rewardlab.losses.reconstruction import reconstruction_error, reconstruction_error_gradient
from rewardlab.losses.regression import (
    absolute_error,
    absolute_error_gradient,
    huber,
    huber_gradient,
    squared_error,
    squared_error_gradient,
)
from rewardlab.losses.regularisers import (
    elastic_net_penalty,
    elastic_net_penalty_gradient,
    elastic_net_proximal,
    l1_penalty,
    l1_penalty_gradient,
    l1_proximal,
    l1_zeroing_strength,
    l2_penalty,
    l2_penalty_gradient,
    l2_proximal,
)
from rewardlab.losses.thresholds import (
    ThresholdSweep,
    accuracy,
    precision,
    recall,
    threshold_from_costs,
    threshold_sweep,
)

__all__ = [
    "CalibrationRow",
    "DiscriminatorGradient",
    "GaussianGradient",
    "LatentGradient",
    "LinearGradient",
    "MixtureGradient",
    "ThresholdSweep",
    "absolute_error",
    "absolute_error_gradient",
    "accuracy",
    "binary_cross_entropy",
    "binary_cross_entropy_gradient",
    "calibration_table",
    "clean_estimate",
    "combined_generative_loss",
    "cross_entropy_of_probability",
    "cross_entropy_of_probability_gradient",
    "discriminator_loss",
    "discriminator_loss_gradient",
    "elastic_net_penalty",
    "elastic_net_penalty_gradient",
    "elastic_net_proximal",
    "expected_calibration_error",
    "expected_squared_error",
    "focal_factor",
    "focal_loss",
    "focal_loss_gradient",
    "focal_optimum",
    "gaussian_kl",
    "gaussian_kl_gradient",
    "gaussian_log_density",
    "gaussian_nll",
    "gaussian_nll_gradient",
    "generator_loss",
    "generator_loss_gradient",
    "huber",
    "huber_gradient",
    "l1_penalty",
    "l1_penalty_gradient",
    "l1_proximal",
    "l1_zeroing_strength",
    "l2_penalty",
    "l2_penalty_gradient",
    "l2_proximal",
    "linear_gradient",
    "log_sigmoid",
    "log_softmax",
    "log_sum_exp",
    "logit",
    "mixture_nll",
    "mixture_nll_gradient",
    "mixture_responsibilities",
    "noise_prediction_error",
    "noise_prediction_error_gradient",
    "noised",
    "positive_weight_from_counts",
    "precision",
    "prior_logit",
    "recall",
    "reconstruction_error",
    "reconstruction_error_gradient",
    "saturating_generator_loss",
    "saturating_generator_loss_gradient",
    "sigmoid",
    "signal_to_noise_ratio",
    "softmax",
    "softmax_cross_entropy",
    "softmax_cross_entropy_gradient",
    "softplus",
    "squared_error",
    "squared_error_gradient",
    "threshold_from_costs",
    "threshold_sweep",
    "token_cross_entropy",
    "token_cross_entropy_gradient",
    "unfocused_probability",
    "unweighted_probability",
    "weighted_binary_cross_entropy",
    "weighted_binary_cross_entropy_gradient",
    "weighted_optimum",
]
