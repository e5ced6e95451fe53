"""Focal loss: reference values, what it reduces to, what alpha means, and gradients for every gamma."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from rewardlab.errors import BadInput
from rewardlab.losses import (
    binary_cross_entropy,
    binary_cross_entropy_gradient,
    focal_factor,
    focal_loss,
    focal_loss_gradient,
    focal_optimum,
    logit,
    sigmoid,
)
from rewardlab.losses.modules import FocalLoss

GAMMAS = st.floats(0, 5)
ROWS = st.lists(st.tuples(st.floats(-1e4, 1e4), st.booleans()), min_size=1, max_size=9)


def test_reference_values() -> None:
    # alpha_t (1 - p_t)**2 (-ln p_t), p_t = .9, .1, .5, .1.
    logits, labels = logit([0.9, 0.9, 0.5, 0.1]), [1, 0, 1, 1]
    by_class = [2.634012891446e-4, 1.398820443994, 0.0433216987850, 0.2025 * np.log(10)]
    plain = [1.053605156578e-3, 1.865093925325, 0.17328679514, 1.865093925325]
    np.testing.assert_allclose(focal_loss(logits, labels), by_class, rtol=1e-12)
    np.testing.assert_allclose(focal_loss(logits, labels, alpha=None), plain, rtol=1e-11)
    tensors = torch.from_numpy(logits), torch.tensor(labels)
    np.testing.assert_allclose(FocalLoss(reduction="none")(*tensors).numpy(), by_class, rtol=1e-12)
    np.testing.assert_allclose(FocalLoss(alpha=None, reduction="none")(*tensors).numpy(), plain, rtol=1e-11)


def test_alpha_is_by_class_unless_it_is_to_be_constant() -> None:
    # 0.25 and 0.75 of a quarter of ln 2; a constant alpha makes both 0.25.
    np.testing.assert_allclose(focal_loss([0, 0], [1, 0]), [0.0433217, 0.129965], rtol=5e-6)
    np.testing.assert_allclose(focal_loss([0, 0], [1, 0], constant_alpha=True), [0.0433217, 0.0433217], rtol=5e-6)
    tensors = torch.zeros(2, dtype=torch.float64), torch.tensor([1, 0])
    constant = FocalLoss(constant_alpha=True, reduction="none")(*tensors)
    np.testing.assert_allclose(constant.numpy(), [0.0433217, 0.0433217], rtol=5e-6)
    # Untrained, on whatever labels: 0.25 * 0.25 ln 2; by class on balanced ones, half of all of it.
    labels = np.arange(100) % 2
    assert focal_loss(np.zeros(100), labels, constant_alpha=True).mean() == pytest.approx(0.0433217, rel=5e-6)
    assert focal_loss(np.zeros(100), labels).mean() == pytest.approx(0.0866434, rel=5e-6)
    # A bad guess and a good one.
    costs = focal_loss([-5, 5], [1, 1], constant_alpha=True)
    np.testing.assert_allclose(costs, [1.23498, 7.52023e-8], rtol=5e-6)


def test_the_factor_from_easy_to_hard() -> None:
    np.testing.assert_allclose(focal_factor([0.99, 0.9, 0.7, 0.5, 0.2]), [0.0001, 0.01, 0.09, 0.25, 0.64])
    # 0.968 is turned down about a thousandfold.
    assert 1 / focal_factor(0.968) == pytest.approx(976.5625)
    np.testing.assert_array_equal(focal_factor([0.0, 0.3, 1.0], 0.0), [1, 1, 1])
    np.testing.assert_array_equal(focal_factor([0.0, 1.0], 0.5), [1, 0])


def test_easy_negatives_drown_hard_positives_until_they_are_turned_down() -> None:
    logits, labels, counts = logit([0.01, 0.2]), [0, 1], np.array([999_000, 1000])
    np.testing.assert_allclose(counts * binary_cross_entropy(logits, labels), [10040.3, 1609.44], rtol=5e-6)
    np.testing.assert_allclose(counts * focal_loss(logits, labels, alpha=None), [1.00403, 1030.04], rtol=5e-6)


@given(ROWS, GAMMAS, st.floats(0, 1))
@settings(max_examples=50, deadline=None)
def test_it_is_cross_entropy_times_factor_times_alpha(
    rows: list[tuple[float, bool]], gamma: float, alpha: float
) -> None:
    z, y = np.array([row[0] for row in rows]), np.array([row[1] for row in rows])
    right = sigmoid(np.where(y, z, -z))
    product = binary_cross_entropy(z, y) * focal_factor(right, gamma) * np.where(y, alpha, 1 - alpha)
    # 1 - p has lost its digits where p is near 1, and there the product is next to nothing.
    np.testing.assert_allclose(focal_loss(z, y, gamma, alpha), product, rtol=1e-9, atol=1e-14)


@given(ROWS)
@settings(max_examples=50, deadline=None)
def test_without_focus_it_is_cross_entropy(rows: list[tuple[float, bool]]) -> None:
    z, y = np.array([row[0] for row in rows]), np.array([row[1] for row in rows])
    np.testing.assert_array_equal(focal_loss(z, y, 0.0, None), binary_cross_entropy(z, y))
    np.testing.assert_array_equal(focal_loss_gradient(z, y, 0.0, None), binary_cross_entropy_gradient(z, y))
    # A constant alpha is a learning rate and nothing else.
    np.testing.assert_allclose(focal_loss(z, y, 0.0, 0.25, constant_alpha=True), binary_cross_entropy(z, y) / 4)
    np.testing.assert_array_equal(focal_loss(z, y, alpha=1.0, constant_alpha=True), focal_loss(z, y, alpha=None))


def test_a_class_of_no_weight_costs_nothing() -> None:
    logits, ones, zeros = [np.inf, 3.0, -3.0, -np.inf], [1.0] * 4, [0.0] * 4
    for alpha, labels in ((0.0, ones), (1.0, zeros)):
        with np.errstate(all="raise"):
            assert not focal_loss(logits, labels, alpha=alpha).any()
            assert not focal_loss_gradient(logits, labels, alpha=alpha).any()


@pytest.mark.parametrize("gamma", [0.0, 0.1, 0.5, 1.0, 1.5, 2.0])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_the_gradient_in_torch_is_finite_where_the_probability_is_rounded_to_one(
    gamma: float, dtype: torch.dtype
) -> None:
    # The usual (1 - p)**gamma has the slope 0 * infinity there, which is NaN; in float32 from a logit of 17 on.
    far = torch.tensor([20.0, 50.0, 120.0, 800.0, 1e4, torch.inf], dtype=dtype)
    logits, labels = torch.cat([far, -far]).requires_grad_(), torch.cat([far > 0, far < 0]).to(dtype)
    FocalLoss(gamma, None)(logits, labels).backward()
    assert logits.grad is not None
    assert (logits.grad.abs() < 1e-8).all()
    # Mixed with soft labels it goes another way, and is no less finite.
    again = torch.cat([logits.detach(), torch.zeros(1, dtype=dtype)]).requires_grad_()
    FocalLoss(gamma, None)(again, torch.cat([labels, torch.full((1,), 0.5, dtype=dtype)])).backward()
    assert again.grad is not None
    torch.testing.assert_close(again.grad[:-1] * 13, logits.grad * 12)


@given(st.floats(0.02, 0.98), st.floats(0, 4), st.floats(0.01, 0.99))
@settings(max_examples=50, deadline=None)
def test_its_best_constant_is_the_focal_optimum(rate: float, gamma: float, other: float) -> None:
    def expected(probability: float) -> float:
        z = float(logit(probability))
        return float(np.dot([rate, 1 - rate], focal_loss([z, z], [1, 0], gamma, None)))

    best = float(focal_optimum(rate, gamma))
    assert expected(best) <= expected(other) * (1 + 1e-12)
    z = logit([best, best])
    assert np.dot([rate, 1 - rate], focal_loss_gradient(z, [1, 0], gamma, None)) == pytest.approx(0, abs=1e-9)


def test_a_label_between_two_classes_is_a_mixture_as_in_torchvision() -> None:
    # y = 0.3 at p = 0.8: p_t = .8 * .3 + .2 * .7 = .38, alpha_t = .25 * .3 + .75 * .7 = .6.
    cross_entropy = -0.3 * np.log(0.8) - 0.7 * np.log(0.2)
    assert focal_loss(logit(0.8), 0.3) == pytest.approx(0.6 * 0.62**2 * cross_entropy)


@pytest.mark.parametrize(("gamma", "alpha"), [(2.0, 0.25), (1.0, None), (0.0, 0.6), (3.5, 0.9)])
def test_parity_with_torchvision(gamma: float, alpha: float | None) -> None:
    torchvision = pytest.importorskip("torchvision")
    generator = torch.Generator().manual_seed(0)
    logits = (3 * torch.randn(500, generator=generator, dtype=torch.float64)).requires_grad_()
    labels = torch.rand(500, generator=generator, dtype=torch.float64)
    labels[::2] = labels[::2].round()
    peer = torchvision.ops.sigmoid_focal_loss(logits, labels, -1 if alpha is None else alpha, gamma)
    (slope,) = torch.autograd.grad(peer.sum(), logits)
    ours = FocalLoss(gamma, alpha, reduction="none")(logits, labels)
    torch.testing.assert_close(ours, peer)
    torch.testing.assert_close(torch.autograd.grad(ours.sum(), logits)[0], slope)
    arrays = logits.detach().numpy(), labels.numpy()
    np.testing.assert_allclose(focal_loss(*arrays, gamma, alpha), peer.detach().numpy(), rtol=1e-9)
    np.testing.assert_allclose(focal_loss_gradient(*arrays, gamma, alpha), slope.numpy(), rtol=1e-8, atol=1e-12)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"gamma": -1.0}, "gamma: got -1.0, expected a finite number of at least 0"),
        ({"gamma": np.nan, "alpha": "x"}, "gamma: got nan.*\n.*alpha: got 'x'"),
        ({"alpha": 1.5}, r"alpha: got 1.5, expected a number in \[0, 1\], or None"),
        ({"alpha": -1}, "alpha: got -1, expected a finite number of at least 0"),
        ({"alpha": None, "constant_alpha": True}, "constant_alpha: got True, with alpha None"),
        ({"constant_alpha": "mean"}, "constant_alpha: got 'mean', expected True or False; a reduction is named"),
    ],
)
def test_settings_without_sense_are_refused(settings: dict[str, Any], message: str) -> None:
    for refused in (
        lambda: focal_loss([0.0], [1.0], **settings),
        lambda: focal_loss_gradient([0.0], [1.0], **settings),
        lambda: FocalLoss(**settings),
    ):
        with pytest.raises(BadInput, match=message):
            refused()


def test_the_factor_refuses_what_is_no_probability() -> None:
    with pytest.raises(BadInput, match=r"probability_of_truth: got values from -2 to 0.5.*sigmoid"):
        focal_factor([-2.0, 0.5])
    with pytest.raises(BadInput, match=r"gamma: got -0\.5"):
        focal_factor([0.5], -0.5)


def test_it_says_what_it_is() -> None:
    assert repr(FocalLoss()) == "FocalLoss(gamma=2, alpha=0.25, reduction='mean')"
    assert repr(FocalLoss(1.5, 0.5, True)) == "FocalLoss(gamma=1.5, alpha=0.5, constant_alpha=True, reduction='mean')"


@pytest.mark.parametrize(("gamma", "alpha"), [(2.0, None), (0.5, 0.25), (1.0, 0.75)])
def test_the_derivative_by_a_hard_label_is_the_limit_of_that_by_soft_ones(gamma: float, alpha: float | None) -> None:
    logits = torch.tensor([-30.0, -1.0, 0.5, 2.0, 30.0, 1e4], dtype=torch.float64)
    for label, nearly in ((0.0, 1e-13), (1.0, 1 - 1e-13)):
        slopes = []
        for value in (label, nearly):
            labels = torch.full_like(logits, value, requires_grad=True)
            FocalLoss(gamma, alpha, reduction="sum")(logits[1:4], labels[1:4]).backward()
            assert labels.grad is not None
            slopes.append(labels.grad[1:4])
        torch.testing.assert_close(slopes[0], slopes[1], rtol=1e-9, atol=1e-9)
        far = torch.full_like(logits, label, requires_grad=True)
        FocalLoss(gamma, alpha)(logits, far).backward()
        assert far.grad is not None
        assert torch.isfinite(far.grad).all()
