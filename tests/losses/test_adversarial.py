"""Losses of a generative adversarial network: verdicts worked out by hand, equilibrium, and slopes where it is sure."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from rewardlab.errors import BadInput
from rewardlab.losses import (
    combined_generative_loss,
    discriminator_loss,
    discriminator_loss_gradient,
    generator_loss,
    generator_loss_gradient,
    logit,
    saturating_generator_loss,
    saturating_generator_loss_gradient,
)
from rewardlab.losses.modules import CombinedGenerativeLoss, DiscriminatorLoss, GeneratorLoss, ReconstructionLoss

REAL, FAKE = logit([0.92, 0.88, 0.95]), logit([0.35, 0.28, 0.41])


def test_six_verdicts() -> None:
    # -(log 0.92 + log 0.88 + log 0.95) / 3 and -(log 0.65 + log 0.72 + log 0.59) / 3.
    on_real = -(math.log(0.92) + math.log(0.88) + math.log(0.95)) / 3
    on_fake = -(math.log(0.65) + math.log(0.72) + math.log(0.59)) / 3
    assert (on_real, on_fake) == pytest.approx((0.0875028, 0.428973), abs=5e-7)
    assert discriminator_loss(REAL, FAKE) == pytest.approx(on_real + on_fake, abs=1e-14)
    assert discriminator_loss(REAL, FAKE) == pytest.approx(0.516476, abs=5e-7)
    # -log 0.35, -log 0.28, -log 0.41: a loss, not a share of those that fool.
    np.testing.assert_allclose(generator_loss(FAKE), [1.04982, 1.27297, 0.891598], rtol=5e-6)
    assert generator_loss(FAKE).mean() == pytest.approx(1.07146, abs=5e-6)
    np.testing.assert_allclose(saturating_generator_loss(FAKE), np.log([0.65, 0.72, 0.59]))
    assert combined_generative_loss(0.125, generator_loss(FAKE).mean(), 0.1) == pytest.approx(0.232146, abs=5e-7)


def test_at_equilibrium_nobody_can_tell() -> None:
    assert discriminator_loss(np.zeros(5), np.zeros(3)) == pytest.approx(2 * math.log(2))
    assert generator_loss(np.zeros(3)).mean() == pytest.approx(math.log(2))
    assert saturating_generator_loss(np.zeros(3)).mean() == pytest.approx(-math.log(2))
    assert DiscriminatorLoss()(torch.zeros(5), torch.zeros(3)).item() == pytest.approx(1.38629, abs=5e-6)


def test_where_the_discriminator_is_sure_only_one_of_the_two_has_a_slope() -> None:
    judged = np.array([1e-4, 0.01, 0.5, 0.99])
    np.testing.assert_allclose(generator_loss_gradient(logit(judged)), -(1 - judged))
    np.testing.assert_allclose(saturating_generator_loss_gradient(logit(judged)), -judged)
    for saturating, slope in ((False, -(1 - judged)), (True, -judged)):
        logits = torch.from_numpy(logit(judged)).requires_grad_()
        GeneratorLoss(saturating, reduction="sum")(logits).backward()
        assert logits.grad is not None
        np.testing.assert_allclose(logits.grad.numpy(), slope)


def test_logits_of_any_size_and_certainty_are_exact() -> None:
    sure = np.array([-np.inf, -1e4, -800.0, 0.0, 800.0, 1e4, np.inf])
    with np.errstate(all="raise"):
        np.testing.assert_array_equal(generator_loss(sure), [np.inf, 1e4, 800, math.log(2), 0, 0, 0])
        np.testing.assert_array_equal(saturating_generator_loss(sure), [0, 0, 0, -math.log(2), -800, -1e4, -np.inf])
        np.testing.assert_array_equal(generator_loss_gradient(sure), [-1, -1, -1, -0.5, 0, 0, 0])
        np.testing.assert_array_equal(saturating_generator_loss_gradient(sure), [0, 0, 0, -0.5, -1, -1, -1])
        assert discriminator_loss([np.inf, 1e4], [-np.inf, -1e4]) == 0
        assert discriminator_loss([-1e4], [1e4]) == 2e4
        assert discriminator_loss([-np.inf], [0.0]) == np.inf
        # The smallest number that there is, divided by two.
        assert discriminator_loss_gradient([745.0, 800.0], [-745.0, 0.0]).fake[1] == 0.25
        assert discriminator_loss([745.0, 800.0], [-745.0, -800.0]) == pytest.approx(0, abs=1e-300)
    for saturating, values in ((False, generator_loss(sure)), (True, saturating_generator_loss(sure))):
        logits = torch.from_numpy(sure).requires_grad_()
        found = GeneratorLoss(saturating, reduction="none", check=True)(logits)
        found.sum().backward()
        np.testing.assert_allclose(found.detach().numpy(), values, rtol=1e-15)
        assert logits.grad is not None
        slope = saturating_generator_loss_gradient(sure) if saturating else generator_loss_gradient(sure)
        np.testing.assert_allclose(logits.grad.numpy(), slope, atol=1e-300)


def test_small_losses_keep_their_digits() -> None:
    # log(1 + exp(-30)), where 1 - D is no longer D's rounding away from 1, and where softplus of torch is a line.
    assert generator_loss([30.0])[0] == pytest.approx(math.exp(-30), rel=1e-12)
    assert generator_loss_gradient([50.0])[0] == pytest.approx(-math.exp(-50), rel=1e-12, abs=0)
    assert discriminator_loss_gradient([50.0], [0.0]).real[0] == pytest.approx(-math.exp(-50), rel=1e-12, abs=0)
    exact = math.log1p(math.exp(-25))
    assert GeneratorLoss()(torch.tensor([-25.0], dtype=torch.float64)).item() == pytest.approx(25 + exact, abs=1e-15)
    assert GeneratorLoss()(torch.tensor([30.0])).item() == pytest.approx(math.exp(-30), rel=1e-6)


LOGITS = st.lists(st.floats(-50, 50), min_size=1, max_size=6)


@given(LOGITS, LOGITS)
@settings(max_examples=50, deadline=None)
def test_each_kind_counts_the_same_however_many_there_are(real: list[float], fake: list[float]) -> None:
    value = discriminator_loss(real, fake)
    assert value >= 0
    assert discriminator_loss(real * 3, fake) == pytest.approx(value, abs=1e-12)
    # What is good for the one is bad for the other: its loss on generated ones is minus the saturating one.
    on_fake = -saturating_generator_loss(fake).mean()
    assert value == pytest.approx(generator_loss(real).mean() + on_fake, abs=1e-12)
    gradient = discriminator_loss_gradient(real, fake)
    assert gradient.real.sum() <= 0 <= gradient.fake.sum()
    # Each logit's derivative and its mirror image differ by the share of one example.
    mirrored = discriminator_loss_gradient([-x for x in real], fake)
    np.testing.assert_allclose(gradient.real + mirrored.real, -1 / len(real))


def test_a_sum_adds_up_all_values_and_there_is_no_value_for_each() -> None:
    real, fake = torch.tensor([1.0, -2.0, 0.5]), torch.tensor([[0.3], [2.0]])
    total = generator_loss(real.numpy()).sum() - saturating_generator_loss(fake.numpy()).sum()
    assert DiscriminatorLoss(reduction="sum")(real, fake).item() == pytest.approx(float(total), rel=1e-6)
    for module in (DiscriminatorLoss, lambda **settings: CombinedGenerativeLoss(0.1, **settings)):
        with pytest.raises(
            BadInput, match="reduction: got 'none', expected a known reduction of two batches: mean, sum"
        ):
            module(reduction="none")


def test_a_combined_loss_is_the_sum_of_its_parts() -> None:
    predicted, target, fake = torch.rand(3, 2, 4, generator=torch.Generator().manual_seed(0))
    parts = ReconstructionLoss()(predicted, target), GeneratorLoss()(fake)
    torch.testing.assert_close(CombinedGenerativeLoss(0.3)(predicted, target, fake), parts[0] + 0.3 * parts[1])
    assert "adversarial_weight=0.3" in repr(CombinedGenerativeLoss(0.3))


def test_with_no_weight_it_is_the_reconstruction_exactly() -> None:
    assert combined_generative_loss(0.125, 1.07, 0) == 0.125
    assert combined_generative_loss(0.125, math.inf, 0.0) == 0.125
    predicted, target = torch.rand(2, 4, generator=torch.Generator().manual_seed(1))
    loss = CombinedGenerativeLoss(0)(predicted, target, torch.full((4,), -math.inf))
    assert loss == ReconstructionLoss()(predicted, target)


@pytest.mark.parametrize("weight", [-0.1, math.nan, math.inf, "0.1", None, True])
def test_a_weight_that_is_none_is_refused(weight: Any) -> None:
    for refused in (lambda: combined_generative_loss(0.1, 0.2, weight), lambda: CombinedGenerativeLoss(weight)):
        with pytest.raises(BadInput, match=r"adversarial_weight: got .*, expected a finite number of at least 0"):
            refused()


def test_a_reduction_without_its_name_is_not_taken_for_another_loss() -> None:
    with pytest.raises(BadInput, match="saturating: got 'sum', expected True or False; a reduction is named"):
        GeneratorLoss("sum")  # type: ignore[arg-type]
    assert not GeneratorLoss(reduction="sum").saturating


@pytest.mark.parametrize("loss", [math.nan, [0.1, 0.2], None, "0.1"])
def test_what_is_no_reduced_loss_is_refused(loss: Any) -> None:
    with pytest.raises(BadInput, match=r"reconstruction: got .*, expected a loss that is already reduced"):
        combined_generative_loss(loss, 0.2, 0.1)
    with pytest.raises(BadInput, match=r"adversarial: got .*, expected a loss that is already reduced"):
        combined_generative_loss(0.2, loss, 0.1)


def test_infinities_that_cancel_are_refused() -> None:
    assert combined_generative_loss(0.1, math.inf, 0.1) == math.inf
    with pytest.raises(BadInput, match="no infinities that cancel each other"):
        combined_generative_loss(math.inf, -math.inf, 0.1)
