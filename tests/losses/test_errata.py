"""Every number that the tutorial prints wrongly, computed by our public functions: the true one, to six digits.

The numbers of its problem 8, on rewards, are in tests/environments/test_tutorial_rewards.py; those of composed losses
(Appendix B of the errata) in test_composed.py beside this file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import pytest
from numpy.typing import NDArray

from rewardlab import losses as L  # noqa: N812  # one letter, so that a row is a formula
from rewardlab.losses import modules

PREDICTED, TAKEN = np.array([21, 22, 21, 24, 23, 30]), np.array([20, 21, 22, 23, 24, 900])
FIVE = np.array([20.0, 21.0, 22.0, 23.0, 100.0])
ANIMALS = np.array([2.0, 1.0, 0.1])
JUDGED_REAL, JUDGED_FAKE = L.logit([0.92, 0.88, 0.95]), L.logit([0.35, 0.28, 0.41])
SHARP, BLURRED, ORIGINAL = [0.85, 0.15, 0.75, 0.25], [0.5] * 4, [0.9, 0.1, 0.8, 0.2]


def bce(logit: float, label: float) -> float:
    return float(L.binary_cross_entropy([logit], [label])[0])


def weighted(logit: float, label: float, weight: float = 19.0) -> float:
    return float(L.weighted_binary_cross_entropy([logit], [label], weight)[0])


def focal(logit: float, label: float, **how: object) -> float:
    return float(L.focal_loss([logit], [label], **how)[0])  # type: ignore[arg-type]


def one_of_three(label: int) -> float:
    return float(L.softmax_cross_entropy(ANIMALS[None], np.array([label]))[0])


def two_lanes(at: float, sigma: float = 2.0) -> float:
    return float(L.mixture_nll(np.array([[-10.0, 10.0]]), np.array([at]), sigma, np.array([0.5, 0.5]))[0])


def gaussian(at: float, mean: float, sigma: float) -> float:
    return float(L.gaussian_nll([mean], [at], sigma)[0])


def lanes_cost(at: float) -> float:
    return float(L.expected_squared_error(at, [-10.0, 10.0], [0.5, 0.5]))


TRUE_NUMBERS: dict[str, tuple[Callable[[], float], float]] = {
    "E51 sum of squares": (lambda: L.squared_error(PREDICTED, TAKEN).sum(), 756905),
    "E52 mean of squares": (lambda: L.squared_error(PREDICTED, TAKEN).mean(), 126150.833),
    "E53 mean absolute error": (lambda: L.absolute_error(PREDICTED, TAKEN).mean(), 145.833),
    "E55 Huber at 15": (lambda: L.huber(PREDICTED, TAKEN, 15.0).mean(), 2156.67),
    "E56 cost of the corrupt record": (lambda: L.huber([30], [900], 15.0)[0], 12937.5),
    "E56 its slope": (lambda: L.huber_gradient([30], [900], 15.0)[0], -15),
    "E46 Huber at 15 sharp": (lambda: L.huber([15.0], [0.0], 15.0)[0], 112.5),
    "E26 share of the corrupt record": (
        lambda: L.squared_error([30], [900])[0] / L.squared_error(PREDICTED, TAKEN).sum(),
        0.999993,
    ),
    "E43 best constant for squares": (lambda: best_constant(L.squared_error_gradient, FIVE), 37.2),
    "B best constant for Huber": (lambda: best_constant(huber_slope, FIVE), 25.25),
    "B best constant for squares of six": (lambda: best_constant(L.squared_error_gradient, TAKEN), 168.333),
    "B best constant for Huber of six": (lambda: best_constant(huber_slope, TAKEN), 25),
    "E75 Brier, 60 %": (lambda: L.squared_error([0.6], [0.0])[0], 0.36),
    "E75 Brier, 99 %": (lambda: L.squared_error([0.99], [0.0])[0], 0.9801),
    "E75 its slope in the logit, 60 %": (lambda: brier_slope(0.6), 0.288),
    "E75 its slope in the logit, 99 %": (lambda: brier_slope(0.99), 0.019602),
    "E76 60 % sure of rain": (lambda: L.cross_entropy_of_probability([0.6], [0.0])[0], 0.916291),
    "E76 99 % sure of rain": (lambda: L.cross_entropy_of_probability([0.99], [0.0])[0], 4.60517),
    "E84 logit -2.2": (lambda: bce(-2.2, 0), 0.105083),
    "E86 logit 0.4": (lambda: bce(0.4, 0), 0.913015),
    "E88 logit 4.6": (lambda: bce(4.6, 0), 4.61000),
    "E93 beyond the clip": (lambda: bce(-200.0, 1), 200),
    "E93 its slope": (lambda: L.binary_cross_entropy_gradient([-200.0], [1.0])[0], -1),
    "E94 sigmoid at 800": (lambda: L.sigmoid(800.0), 1),
    "E96 a row of a batch sums to 1": (lambda: L.softmax([[2.0, 1.0], [4.0, 3.0]])[0].sum(), 1),
    "E97 sure and wrong": (lambda: L.softmax_cross_entropy([[1000.0, 0.0]], [1])[0], 1000),
    "E97 sure and right": (lambda: L.softmax_cross_entropy([[1000.0, 0.0]], [0])[0], 0),
    "E99 cat": (lambda: L.softmax(ANIMALS)[0], 0.659001),
    "E100 loss if cat": (lambda: one_of_three(0), 0.417030),
    "B loss if dog": (lambda: one_of_three(1), 1.41703),
    "E101 loss if bird": (lambda: one_of_three(2), 2.31703),
    "E8 two classes": (lambda: L.softmax_cross_entropy([[1.3, 0.0]], [0])[0], 0.241008),
    "E103 threshold at 19 to 1": (lambda: L.threshold_from_costs(1.0, 19.0), 0.05),
    "E119 missed fraud": (lambda: weighted(-2.0, 1), 40.4116),
    "E120 honest and left alone": (lambda: weighted(-2.0, 0), 0.126928),
    "E121 ratio of the two": (lambda: weighted(-2.0, 1) / weighted(-2.0, 0), 318.382),
    "E124 a real false alarm": (lambda: weighted(2.0, 0), 2.12693),
    "E124 ratio to a missed fraud": (lambda: weighted(-2.0, 1) / weighted(2.0, 0), 19),
    "E126 easy negatives": (lambda: 999_000 * bce(float(L.logit(0.01)), 0), 10040.3),
    "E126 hard positives": (lambda: 1000 * bce(float(L.logit(0.2)), 1), 1609.44),
    "E126 easy negatives, focal": (lambda: 999_000 * focal(float(L.logit(0.01)), 0, alpha=None), 1.00403),
    "E126 hard positives, focal": (lambda: 1000 * focal(float(L.logit(0.2)), 1, alpha=None), 1030.04),
    "E131 by class, positive": (lambda: focal(0.0, 1), 0.0433217),
    "E131 by class, negative": (lambda: focal(0.0, 0), 0.129965),
    "E131 constant alpha, negative": (lambda: focal(0.0, 0, constant_alpha=True), 0.0433217),
    "E139 focal optimum": (lambda: L.focal_optimum(0.1, 2.0), 0.305787),
    "E139 focal optimum of a rare class": (lambda: L.focal_optimum(0.001, 2.0), 0.0727465),
    "E139 weighted optimum": (lambda: L.weighted_optimum(0.05, 19.0), 0.5),
    "E152 peak of a Gaussian": (lambda: L.gaussian_log_density([3.0], [3.0], 2.0)[0], -1.61209),
    "E154 middle": (lambda: lanes_cost(0.0), 100),
    "E155 left": (lambda: lanes_cost(-10.0), 200),
    "E156 right": (lambda: lanes_cost(10.0), 200),
    "E157 in between": (lambda: lanes_cost(5.0), 125),
    "E159 mixture, left": (lambda: two_lanes(-10.0), 2.30523),
    "E160 mixture, right": (lambda: two_lanes(10.0), 2.30523),
    "E161 mixture in the middle": (lambda: two_lanes(0.0), 14.1121),
    "E161 best single Gaussian": (lambda: gaussian(-10.0, 0.0, 10.0), 3.72152),
    "E161 narrow single Gaussian": (lambda: gaussian(-10.0, 0.0, 2.0), 14.1121),
    "E161 a density above 1": (lambda: two_lanes(10.0, sigma=0.1), -0.690499),
    "E187 plain loss at 1 %": (lambda: best_binary_cost(0.01), 0.0560015),
    "E195 beyond the clip, weighted": (lambda: weighted(-20.0, 1, 10.0), 200),
    "E195 a soft label": (lambda: weighted(1.0, 0.9, 10.0), 2.95068),
    "E224 focal, bad guess": (lambda: focal(-5.0, 1, constant_alpha=True), 1.23498),
    "E225 focal, good guess": (lambda: focal(5.0, 1, constant_alpha=True), 7.52023e-8),
    "E226 untrained": (lambda: bce(0.0, 1), 0.693147),
    "E228 untrained, focal": (lambda: focal(0.0, 1, constant_alpha=True), 0.0433217),
    "E228 untrained, focal by class": (lambda: (focal(0.0, 1) + focal(0.0, 0)) / 2, 0.0866434),
    "E231 slope past the clip, legit": (lambda: slope(20.0, 0, 10.0), 1),
    "E231 slope past the clip, fraud": (lambda: slope(-20.0, 1, 10.0), -10),
    "E232 pull of a fraud": (lambda: slope(float(L.logit(0.3)), 1, 19.0), -13.3),
    "E233 pull of an honest one": (lambda: slope(float(L.logit(0.3)), 0, 19.0), 0.3),
    "E304 blurred": (lambda: L.reconstruction_error(BLURRED, ORIGINAL).mean(), 0.125),
    "E305 sharp": (lambda: L.reconstruction_error(SHARP, ORIGINAL).mean(), 0.0025),
    "E306 committing to one of two": (
        lambda: np.mean([L.reconstruction_error(ORIGINAL, x).mean() for x in (ORIGINAL, 1 - np.array(ORIGINAL))]),
        0.25,
    ),
    "E311 real half": (lambda: L.binary_cross_entropy(JUDGED_REAL, [1, 1, 1]).mean(), 0.0875028),
    "E311 made-up half": (lambda: L.binary_cross_entropy(JUDGED_FAKE, [0, 0, 0]).mean(), 0.428973),
    "E312 judge": (lambda: L.discriminator_loss(JUDGED_REAL, JUDGED_FAKE), 0.516476),
    "E313 maker": (lambda: L.generator_loss(JUDGED_FAKE).mean(), 1.07146),
    "E314 judge at a draw": (lambda: L.discriminator_loss([0.0], [0.0]), 1.38629),
    "E314 maker at a draw": (lambda: L.generator_loss([0.0]).mean(), 0.693147),
    "E321 combined": (lambda: L.combined_generative_loss(0.125, L.generator_loss(JUDGED_FAKE).mean(), 0.1), 0.232146),
    "E334 behind 20 %, w = 10": (lambda: L.unweighted_probability(0.2, 10.0), 0.0243902),
    "E334 behind 20 %, w = 19": (lambda: L.unweighted_probability(0.2, 19.0), 0.0129870),
    "E334 behind 20 %, w = 99": (lambda: L.unweighted_probability(0.2, 99.0), 0.00251889),
    "E191 weight from counts": (lambda: L.positive_weight_from_counts(99, 1), 99),
    "B shared logit, w = 19": (lambda: L.weighted_optimum(0.05, 19.0), 0.5),
    "B shared logit, w = 10": (lambda: L.weighted_optimum(0.05, 10.0), 0.344828),
}


@pytest.mark.parametrize("name", TRUE_NUMBERS)
def test_the_true_number(name: str) -> None:
    computed, true = TRUE_NUMBERS[name]
    with np.errstate(all="raise"):
        assert float(computed()) == pytest.approx(true, rel=6e-6)


def test_any_time_between_the_two_middle_ones_is_a_best_one_for_absolute_error() -> None:
    costs = [L.absolute_error(np.full(6, at), TAKEN).mean() for at in (21.9, 22.0, 22.5, 23.0, 23.1)]
    assert costs[1] == costs[2] == costs[3] < min(costs[0], costs[4])


def test_squares_prefer_the_middle_of_two_lanes_to_either_and_to_all_else() -> None:
    at = np.linspace(-12, 12, 241)
    np.testing.assert_allclose([lanes_cost(place) for place in at], 100 + at**2)


@pytest.mark.parametrize("side", ["NumPy", "torch"])
def test_the_program_with_weights_and_an_l2_penalty(side: str) -> None:
    # E206 to E218: w stands after the step, the rest before it, as the program prints it; no step 300 is reached.
    rows = dict(enumerate(regularised_training(side)))
    expected = {
        0: (2.52306, 2.52306, 0, 0.189202),
        100: (1.46101, 1.26933, 0.191679, 0.619074),
        200: (1.46100, 1.27051, 0.190492, 0.617237),
        300: (1.46100, 1.27052, 0.190478, 0.617217),
    }
    for step, row in expected.items():
        np.testing.assert_allclose(rows[step], row, rtol=6e-6)
    # E220: the penalty does not grow all the way; it is largest after 16 steps.
    penalties = [row[2] for row in rows.values()]
    assert (int(np.argmax(penalties)), max(penalties)) == (16, pytest.approx(0.239015, rel=6e-6))


def test_five_frauds_by_hand_as_the_program_does_it() -> None:
    # E241 to E248: a hundred logits, each of which walks to its own label.
    labels = np.array([1.0] * 5 + [0.0] * 95)
    logits, rows = np.zeros(100), []
    for _ in range(201):
        cost = L.weighted_binary_cross_entropy(logits, labels, 19.0).mean()
        logits -= 0.5 * L.weighted_binary_cross_entropy_gradient(logits, labels, 19.0) / 100
        rows.append((cost, *L.sigmoid(logits[[0, -1]])))
    printed = [(1.31698, 0.511873), (0.799994, 0.815119), (0.659697, 0.895028), (0.581246, 0.927962)]
    np.testing.assert_allclose([row[:2] for row in rows[:200:50]], printed, rtol=6e-6)
    np.testing.assert_allclose(rows[200][:2], (0.524660, 0.945496), rtol=6e-6)
    np.testing.assert_allclose([rows[0][2], rows[199][2]], [0.499375, 0.391004], rtol=6e-6)


@pytest.mark.parametrize(("weight", "rest"), [(19.0, 0.5), (10.0, 0.344828)])
def test_five_frauds_by_hand_with_the_one_logit_that_was_meant(weight: float, rest: float) -> None:
    labels, logit = np.array([1.0] * 5 + [0.0] * 95), 0.0
    for _ in range(2000):
        logit -= 0.5 * L.weighted_binary_cross_entropy_gradient(np.full(100, logit), labels, weight).mean()
    assert L.sigmoid(logit) == pytest.approx(rest, rel=6e-6)


def best_constant(slope: Callable[..., NDArray[np.floating]], target: NDArray[np.floating]) -> float:
    """Where the slopes add up to nothing, by bisection."""
    low, high = float(target.min()), float(target.max())
    for _ in range(100):
        middle = (low + high) / 2
        low, high = (middle, high) if slope(np.full(target.shape, middle), target).sum() < 0 else (low, middle)
    return low


def huber_slope(predicted: NDArray[np.floating], target: NDArray[np.floating]) -> NDArray[np.floating]:
    return L.huber_gradient(predicted, target, 15.0)


def brier_slope(probability: float) -> float:
    by_probability = float(L.squared_error_gradient([probability], [0.0])[0])
    return by_probability * probability * (1 - probability)


def best_binary_cost(rate: float) -> float:
    logit = L.logit(rate)
    assert L.sigmoid(logit) == pytest.approx(rate)
    assert L.binary_cross_entropy_gradient([logit], [rate])[0] == pytest.approx(0, abs=1e-12)
    return bce(float(logit), rate)


def slope(logit: float, label: float, weight: float) -> float:
    return float(L.weighted_binary_cross_entropy_gradient([logit], [label], weight)[0])


def regularised_training(side: str) -> Iterator[tuple[float, float, float, float]]:
    """Total, data, penalty and weight of each step: data and seed of the tutorial's third example."""
    stream = np.random.RandomState(0)  # the tutorial's own
    amounts = stream.randn(200)
    labels = (amounts + stream.randn(200) * 0.5 > 0.5).astype(float)
    weight, bias = 0.0, 0.0
    for _ in range(301):
        data, by_weight, by_bias = _DATA[side](amounts, labels, weight, bias)
        penalty = L.l2_penalty(np.array([weight]), 0.5)
        by_weight += float(L.l2_penalty_gradient(np.array([weight]), 0.5)[0])
        weight, bias = weight - 0.1 * by_weight, bias - 0.1 * by_bias
        yield data + penalty, data, penalty, weight


def _in_numpy(
    amounts: NDArray[np.float64], labels: NDArray[np.float64], weight: float, bias: float
) -> tuple[float, float, float]:
    logits = weight * amounts + bias
    slopes = L.weighted_binary_cross_entropy_gradient(logits, labels, 9.0)
    by_weight, by_bias = L.linear_gradient(amounts[:, None], slopes)
    return L.weighted_binary_cross_entropy(logits, labels, 9.0).mean(), float(by_weight[0]), float(by_bias)


def _in_torch(
    amounts: NDArray[np.float64], labels: NDArray[np.float64], weight: float, bias: float
) -> tuple[float, float, float]:
    import torch

    parameters = torch.tensor([weight, bias], dtype=torch.float64, requires_grad=True)
    logits = parameters[0] * torch.from_numpy(amounts) + parameters[1]
    loss = modules.WeightedBinaryCrossEntropyLoss(9.0)(logits, torch.from_numpy(labels))
    loss.backward()
    assert parameters.grad is not None
    return loss.item(), parameters.grad[0].item(), parameters.grad[1].item()


_DATA = {"NumPy": _in_numpy, "torch": _in_torch}
