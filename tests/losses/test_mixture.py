"""The mixture likelihood: the car that turns left or right, laws of mixtures, and targets far away from everything."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.integrate import quad

from rewardlab.errors import BadInput
from rewardlab.losses import (
    expected_squared_error,
    gaussian_nll,
    gaussian_nll_gradient,
    mixture_nll,
    mixture_nll_gradient,
    mixture_responsibilities,
)
from rewardlab.losses.modules import MixtureNLLLoss

SEEDS = st.integers(0, 2**32 - 1)
LEFT_OR_RIGHT = {"means": [-10.0, 10.0], "sigmas": 2.0, "weights": [0.5, 0.5]}


def _mixture(seed: int, examples: int = 4, components: int = 3) -> dict[str, NDArray[np.float64]]:
    generator = np.random.default_rng(seed)
    shape = (examples, components)
    return {
        "means": generator.normal(0, 3, shape),
        "target": generator.normal(0, 3, examples),
        "sigmas": generator.uniform(0.2, 3, shape),
        "weights": generator.dirichlet(np.ones(components), examples),
    }


def test_the_car_that_turns_left_or_right() -> None:
    # Half the mass on each hill, one spread of 2: log 2 + log 2 + log(2 pi) / 2.
    for target in (-10.0, 10.0):
        value = mixture_nll(target=target, **LEFT_OR_RIGHT)
        assert value == pytest.approx(2 * math.log(2) + math.log(2 * math.pi) / 2)
        assert value == pytest.approx(2.30523, abs=5e-6)
    # Between the hills each is five spreads away, together as likely as a single one: 12.5 more than at its top.
    assert mixture_nll(target=0.0, **LEFT_OR_RIGHT) == pytest.approx(14.1121, abs=5e-5)
    assert gaussian_nll(0.0, 10.0, 2.0) == pytest.approx(14.1121, abs=5e-5)
    # A density may exceed 1.
    assert mixture_nll([-10.0, 10.0], 10.0, 0.1, [0.5, 0.5]) == pytest.approx(-0.690499, abs=5e-7)


def test_published_value() -> None:
    assert mixture_nll([0.0, 2.0], 1.0, [1.0, 0.5], [0.3, 0.7]) == pytest.approx(1.909337175265, abs=1e-12)


def test_the_mean_costs_least_though_it_never_happens() -> None:
    # Variance 100 plus the squared distance to the mean, 0.
    costs = expected_squared_error([0.0, -10.0, 10.0, 5.0], [-10.0, 10.0], [0.5, 0.5])
    np.testing.assert_array_equal(costs, [100, 200, 200, 125])
    # With three rights to one left the mean moves to 5; outcomes that cannot happen do not count.
    assert expected_squared_error(5.0, [-10, 10, 1e300], [0.25, 0.75, 0.0]) == 75
    grid = np.linspace(-12, 12, 2401)
    assert grid[np.argmin(expected_squared_error(grid, [-10, 10], [0.25, 0.75]))] == pytest.approx(5)


def test_the_density_integrates_to_one() -> None:
    total, _ = quad(lambda y: math.exp(-mixture_nll([0.0, 3.0], y, [1.0, 0.3], [0.2, 0.8])), -12, 12, points=[0, 3])
    assert total == pytest.approx(1, abs=1e-9)


@given(SEEDS)
@settings(max_examples=30, deadline=None)
def test_one_component_is_a_gaussian(seed: int) -> None:
    mixture = _mixture(seed, components=1)
    arguments = mixture["means"][:, 0], mixture["target"], mixture["sigmas"][:, 0]
    np.testing.assert_allclose(mixture_nll(**mixture), gaussian_nll(*arguments), rtol=1e-13)
    gradient, expected = mixture_nll_gradient(**mixture), gaussian_nll_gradient(*arguments)
    np.testing.assert_allclose(gradient.means[:, 0], expected.mean, rtol=1e-12)
    np.testing.assert_allclose(gradient.sigmas[:, 0], expected.sigma, rtol=1e-12)


@given(SEEDS)
@settings(max_examples=30, deadline=None)
def test_equal_components_are_one_and_one_without_weight_is_none(seed: int) -> None:
    mixture = _mixture(seed)
    one = gaussian_nll(mixture["means"][:, 0], mixture["target"], mixture["sigmas"][:, 0])
    same = {name: np.repeat(mixture[name][:, :1], 3, axis=1) for name in ("means", "sigmas")}
    np.testing.assert_allclose(mixture_nll(same["means"], mixture["target"], same["sigmas"], mixture["weights"]), one)
    with np.errstate(all="raise"):
        alone = mixture_nll(mixture["means"], mixture["target"], mixture["sigmas"], [1.0, 0.0, 0.0])
    np.testing.assert_allclose(alone, one, rtol=1e-13)


@given(SEEDS, st.permutations(range(3)))
@settings(max_examples=30, deadline=None)
def test_the_order_of_components_does_not_matter(seed: int, order: list[int]) -> None:
    mixture = _mixture(seed)
    moved = {name: array[:, order] if name != "target" else array for name, array in mixture.items()}
    np.testing.assert_allclose(mixture_nll(**moved), mixture_nll(**mixture), rtol=1e-13)
    gradient, expected = mixture_nll_gradient(**moved), mixture_nll_gradient(**mixture)
    for one, other in zip(gradient, expected, strict=True):
        np.testing.assert_allclose(one, other[:, order], rtol=1e-12)


@given(SEEDS)
@settings(max_examples=30, deadline=None)
def test_slopes_by_weights(seed: int) -> None:
    mixture = _mixture(seed)
    gradient, shares = mixture_nll_gradient(**mixture), mixture_responsibilities(**mixture)
    np.testing.assert_allclose(shares.sum(axis=-1), 1)
    # Minus the share of the responsibility over the weight; a joint stretch of all weights by 1 % lowers it by 1 %.
    np.testing.assert_allclose(gradient.weights * mixture["weights"], -shares, rtol=1e-12)
    # Mass moved from one component to another keeps the sum, so that differences can check the two together.
    step = 1e-7 * mixture["weights"].min()
    moved = dict(mixture, weights=mixture["weights"] + step * np.array([1, -1, 0]))
    slope = (mixture_nll(**moved) - mixture_nll(**mixture)) / step
    scale = np.abs(gradient.weights).max()
    np.testing.assert_allclose(slope, gradient.weights[:, 0] - gradient.weights[:, 1], atol=1e-4 * scale + 1e-12 / step)


def test_a_component_without_weight_can_win_some() -> None:
    # Its slope says what a little weight would bring: minus its density over that of the mixture.
    gradient = mixture_nll_gradient([0.0, 5.0], 5.0, 1.0, [1.0, 0.0])
    assert gradient.weights[1] == pytest.approx(-math.exp(12.5))
    assert gradient.means[1] == gradient.sigmas[1] == 0


def test_one_spread_one_a_component_and_one_for_each() -> None:
    mixture = _mixture(3)
    weights = np.array([0.2, 0.3, 0.5])
    expected = mixture_nll(mixture["means"], mixture["target"], np.full((4, 3), 0.7), np.tile(weights, (4, 1)))
    means, target = torch.from_numpy(mixture["means"]), torch.from_numpy(mixture["target"])
    logits = torch.from_numpy(np.log(weights))
    for sigmas in (0.7, np.full(3, 0.7), np.full((4, 3), 0.7)):
        np.testing.assert_array_equal(mixture_nll(mixture["means"], mixture["target"], sigmas, weights), expected)
        given = torch.from_numpy(sigmas) if isinstance(sigmas, np.ndarray) else sigmas
        values = MixtureNLLLoss(reduction="none")(means, target, given, logits)
        np.testing.assert_allclose(values.numpy(), expected, rtol=1e-13)


@pytest.mark.parametrize(
    ("target", "value"),
    [
        # Ruled by the wider hill: 500000 - log 0.3 + log(2 pi) / 2.
        (1e3, 500000 - math.log(0.3) + math.log(2 * math.pi) / 2),
        (1e100, 0.5e200),
        (1e200, math.inf),
        (-1e308, math.inf),
    ],
)
def test_a_far_target_costs_what_it_should_and_is_pulled_by_the_nearest(target: float, value: float) -> None:
    with np.errstate(all="raise"):
        assert mixture_nll([0.0, 2.0], target, [1.0, 0.5], [0.3, 0.7]) == pytest.approx(value)
        gradient = mixture_nll_gradient([0.0, 2.0], target, [1.0, 0.5], [0.3, 0.7])
    np.testing.assert_allclose(gradient.means, [-target, 0], rtol=1e-14)
    np.testing.assert_allclose(gradient.weights, [-1 / 0.3, 0])
    means = torch.tensor([0.0, 2.0], dtype=torch.float64, requires_grad=True)
    sigmas, logits = torch.tensor([[1.0, 0.5], [0.3, 0.7]], dtype=torch.float64)
    loss = MixtureNLLLoss()(means, torch.tensor(target, dtype=torch.float64), sigmas, logits.log())
    assert loss.item() == pytest.approx(value)
    if abs(target) < 1e308:
        loss.backward()
        assert means.grad is not None
        np.testing.assert_allclose(means.grad.numpy(), [-target, 0], rtol=1e-14)


def test_a_component_beyond_all_reach_or_without_weight_spoils_no_slope() -> None:
    with np.errstate(all="raise"):
        # The second is so far away, in its spreads, that no number says how far.
        beyond = mixture_nll_gradient([0.0, 2.0], 1e308, [1.0, 1e-3], [0.5, 0.5])
        np.testing.assert_array_equal(beyond.means, [-1e308, 0])
        np.testing.assert_array_equal(beyond.sigmas, [-np.inf, 0])
        # Both are: infinitely unlikely, and nobody can say which is nearer.
        assert mixture_nll([0.0, 2.0], 1e308, 1e-3, [0.5, 0.5]) == math.inf
        assert not np.isnan(mixture_nll_gradient([0.0, 2.0], 1e308, 1e-3, [0.5, 0.5])).any()
        # The one that is near has no weight: the other is pulled, and weight is wanted without end.
        arguments = [0.0, 1e200], 1e200, 1.0, [1.0, 0.0]
        assert mixture_nll(*arguments) == math.inf
        gradient = mixture_nll_gradient(*arguments)
        np.testing.assert_array_equal(gradient.means, [-1e200, 0])
        np.testing.assert_array_equal(gradient.weights, [-1, -np.inf])
    means = torch.tensor([0.0, 1e200], dtype=torch.float64, requires_grad=True)
    target, logits = means.detach()[1], torch.tensor([0.0, -math.inf], dtype=torch.float64, requires_grad=True)
    loss = MixtureNLLLoss()(means, target, 1.0, logits)
    loss.backward()
    assert loss.item() == math.inf
    assert means.grad is not None
    assert logits.grad is not None
    assert means.grad.tolist() == [-1e200, 0]
    assert logits.grad.tolist() == [0, 0]


def test_a_logit_of_minus_infinity_is_a_weight_of_zero() -> None:
    logits = torch.tensor([0.0, -math.inf, 0.0], requires_grad=True)
    means, target = torch.tensor([[0.0, 5.0, 1.0]], requires_grad=True), torch.tensor([5.0])
    loss = MixtureNLLLoss(check=True)(means, target, 1.0, logits)
    loss.backward()
    assert loss.item() == pytest.approx(float(mixture_nll([0.0, 5.0, 1.0], 5.0, 1.0, [0.5, 0.0, 0.5])))
    assert means.grad is not None
    assert logits.grad is not None
    assert means.grad[0, 1] == logits.grad[1] == 0
    assert torch.isfinite(means.grad).all()


def test_a_mixture_learns_both_ways_where_one_number_learns_neither() -> None:
    target = torch.tensor([-10.0, 10.0]).repeat(8)
    means, logits = torch.tensor([-1.0, 1.5], requires_grad=True), torch.zeros(2, requires_grad=True)
    # A fixed spread: with targets that can be hit exactly, one that is learned would shrink without end.
    optimiser = torch.optim.SGD([means, logits], lr=4.0)
    for _ in range(50):
        optimiser.zero_grad()
        MixtureNLLLoss()(means.expand(16, 2), target, 2.0, logits).backward()
        optimiser.step()
    assert means.tolist() == pytest.approx([-10, 10], abs=1e-3)
    assert logits.softmax(-1).tolist() == pytest.approx([0.5, 0.5], abs=1e-3)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"weights": [0.5, 0.5, 0.0]}, r"weights: got shape \(3,\), expected shape \(2,\) or \(1, 2\)"),
        ({"sigmas": [1.0, 2.0, 3.0]}, r"sigmas: got shape \(3,\), expected shape \(\) or \(2,\) or \(1, 2\)"),
        ({"target": [[1.0]]}, r"target: got shape \(1, 1\), expected shape \(1,\)"),
        ({"target": 1.0}, r"target: got shape \(\), expected shape \(1,\)"),
        ({"means": 1.0}, "got a single number.*use gaussian_nll"),
        ({"weights": [0.6, 0.6]}, r"weights: got a sum of 1\.2, expected a sum of 1"),
        ({"weights": [[1.2, -0.2]]}, r"weights: got values down to -0\.2"),
        ({"weights": [math.nan, 1.0]}, "weights: got 1 of 2 elements, the first nan"),
        ({"sigmas": [1.0, 0.0]}, r"sigmas: got 1 of 2 elements, the first 0\.0"),
        ({"sigmas": -1}, r"sigmas: got -1\.0"),
        ({"sigmas": math.inf}, "sigmas: got 1 of 1 elements, the first inf"),
        ({"means": [[math.inf, 0.0]]}, "means: got 1 of 2 elements, the first inf"),
        ({"target": []}, "at least one element"),
        ({"sigmas": None}, "real numbers"),
    ],
)
def test_what_is_no_mixture_is_refused(change: dict[str, Any], words: str) -> None:
    arguments: dict[str, Any] = {"means": [[0.0, 2.0]], "target": [1.0], "sigmas": 1.0, "weights": [0.3, 0.7]}
    for function in (mixture_nll, mixture_nll_gradient, mixture_responsibilities):
        with pytest.raises(BadInput, match=words):
            function(**{**arguments, **change})


def test_all_that_is_wrong_is_said_at_once() -> None:
    with pytest.raises(BadInput) as refusal:
        mixture_nll([[0.0, 2.0]], [1.0, 2.0], [1.0], [1.0])
    assert len(refusal.value.problems) == 3


def test_weights_may_be_rounded_as_their_dtype_rounds() -> None:
    for dtype in (np.float16, np.float32, np.float64):
        weights = np.full((1, 7), 1 / 7, dtype)
        value = mixture_nll(np.zeros((1, 7), dtype), np.zeros(1, dtype), 1.0, weights)
        assert value[0] == pytest.approx(math.log(2 * math.pi) / 2, abs=1e-3)
    with pytest.raises(BadInput, match="a sum of"):
        mixture_nll([0.0, 0.0], 0.0, 1.0, [0.5, 0.501])


@pytest.mark.parametrize(
    ("outcomes", "probabilities", "words"),
    [
        ([1.0, 2.0], [1.0], "two lists of one length"),
        ([[1.0, 2.0]], [[0.5, 0.5]], "two lists of one length"),
        ([1.0, 2.0], [0.5, 0.4], "a sum of"),
        ([1.0, 2.0], [1.5, -0.5], "values down to"),
        ([1.0, math.inf], [0.5, 0.5], "outcomes: got 1 of 2"),
    ],
)
def test_outcomes_that_make_no_distribution_are_refused(outcomes: Any, probabilities: Any, words: str) -> None:
    with pytest.raises(BadInput, match=words):
        expected_squared_error(0.0, outcomes, probabilities)


@pytest.mark.parametrize("check", [False, True])
@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"mixing_logits": [0.0]}, "mixing_logits: got shape"),
        ({"sigmas": [1.0, 2.0, 3.0]}, "sigmas: got shape"),
        ({"target": [[1.0]]}, r"target: got shape.*nothing is broadcast"),
        ({"means": 1.0}, "use GaussianNLLLoss"),
        ({"mixing_logits": [-math.inf, -math.inf]}, "a greatest logit of -inf"),
        ({"mixing_logits": [math.inf, 0.0]}, "a greatest logit of inf"),
        ({"mixing_logits": [math.nan, 0.0]}, "mixing_logits: got 1 of 2 elements, the first nan"),
        ({"sigmas": [1.0, 0.0]}, "expected numbers above 0"),
        ({"sigmas": [1.0, -1.0]}, "expected numbers above 0"),
        ({"target": [math.inf]}, "target: got 1 of 1 elements, the first inf"),
    ],
)
def test_what_is_no_mixture_is_refused_in_torch(change: dict[str, Any], words: str, check: bool) -> None:
    arguments: dict[str, Any] = {
        "means": [[0.0, 2.0]],
        "target": [1.0],
        "sigmas": [1.0, 1.0],
        "mixing_logits": [0.3, 0.7],
    }
    tensors = {name: torch.tensor(value) for name, value in {**arguments, **change}.items()}
    with pytest.raises(BadInput, match=words):
        MixtureNLLLoss(check=check)(**tensors)
