"""What holds for every loss of several tensors: both sides agree, gradients are right, bad input is told by name."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from rewardlab import losses
from rewardlab.errors import BadInput
from rewardlab.losses import modules

Arrays = Sequence[NDArray[Any]]


@dataclass(frozen=True)
class LikelihoodLoss:
    """A loss of several arrays. ``slopes`` gives the derivatives by the arrays whose names stand in ``by``."""

    values: Callable[..., Any]
    slopes: Callable[..., Arrays]
    module: Callable[..., Any]
    names: tuple[str, ...]
    by: tuple[str, ...]
    sample: Callable[[np.random.Generator], Arrays]
    as_torch: Callable[..., Arrays] = lambda *arrays: arrays
    finite: bool = True
    """Whether infinities are refused."""

    def arrays(self, dtype: type = np.float64) -> list[NDArray[Any]]:
        return [array.astype(dtype) for array in self.sample(np.random.default_rng(7))]

    def tensors(self, dtype: type = np.float64) -> list[torch.Tensor]:
        tensors = [torch.from_numpy(array) for array in self.as_torch(*self.arrays(dtype))]
        return [tensor.requires_grad_(name in self.by) for tensor, name in zip(tensors, self.names, strict=True)]


def _mixture_slopes(*arrays: NDArray[Any]) -> Arrays:
    gradient = losses.mixture_nll_gradient(*arrays)
    # In torch the weights come as the logits of a softmax.
    return gradient.means, gradient.sigmas, arrays[3] - losses.mixture_responsibilities(*arrays)


LIKELIHOOD_LOSSES = {
    "gaussian": LikelihoodLoss(
        losses.gaussian_nll,
        losses.gaussian_nll_gradient,
        modules.GaussianNLLLoss,
        ("mean", "target", "sigma"),
        ("mean", "sigma"),
        lambda generator: [*generator.normal(0, 2, (2, 3, 2)), generator.uniform(0.3, 2, (3, 2))],
    ),
    "mixture": LikelihoodLoss(
        losses.mixture_nll,
        _mixture_slopes,
        modules.MixtureNLLLoss,
        ("means", "target", "sigmas", "weights"),
        ("means", "sigmas", "weights"),
        lambda generator: [
            generator.normal(0, 2, (2, 3)),
            generator.normal(0, 2, 2),
            generator.uniform(0.3, 2, (2, 3)),
            generator.dirichlet([1, 2, 3], 2),
        ],
        lambda means, target, sigmas, weights: (means, target, sigmas, np.log(weights)),
    ),
    "code": LikelihoodLoss(
        losses.gaussian_kl,
        losses.gaussian_kl_gradient,
        modules.GaussianKLLoss,
        ("mean", "log_variance"),
        ("mean", "log_variance"),
        lambda generator: list(generator.normal(0, 2, (2, 3, 2))),
    ),
    "discriminator": LikelihoodLoss(
        losses.discriminator_loss,
        losses.discriminator_loss_gradient,
        modules.DiscriminatorLoss,
        ("real", "fake"),
        ("real", "fake"),
        lambda generator: [generator.normal(0, 2, (3, 2)), generator.normal(0, 2, 4)],
        finite=False,
    ),
    "generator": LikelihoodLoss(
        losses.generator_loss,
        lambda *arrays: [losses.generator_loss_gradient(*arrays)],
        modules.GeneratorLoss,
        ("fake",),
        ("fake",),
        lambda generator: [generator.normal(0, 2, (3, 2))],
        finite=False,
    ),
    "saturating generator": LikelihoodLoss(
        losses.saturating_generator_loss,
        lambda *arrays: [losses.saturating_generator_loss_gradient(*arrays)],
        lambda **settings: modules.GeneratorLoss(True, **settings),
        ("fake",),
        ("fake",),
        lambda generator: [generator.normal(0, 2, (3, 2))],
        finite=False,
    ),
}

OF_TWO_BATCHES = {"discriminator"}
"""Losses that have no value for each element."""

OF_ARRAYS_THAT_FIT = {"gaussian", "mixture", "code"}
"""Losses of arrays whose shapes depend on each other."""


def _parametrised(names: Iterable[str]) -> pytest.MarkDecorator:
    listed = sorted(names)
    return pytest.mark.parametrize("loss", [LIKELIHOOD_LOSSES[name] for name in listed], ids=listed)


LOSSES = _parametrised(LIKELIHOOD_LOSSES)


def _reduction(loss: LikelihoodLoss) -> str:
    return "mean" if loss in [LIKELIHOOD_LOSSES[name] for name in OF_TWO_BATCHES] else "none"


@LOSSES
def test_the_gradient_is_that_of_the_value_by_central_differences(loss: LikelihoodLoss) -> None:
    arrays = loss.arrays()
    for name, slope in zip(loss.by, loss.slopes(*arrays), strict=True):
        if name == "weights":
            continue  # Moved alone they are no weights any more; see test_slopes_by_weights.
        place = loss.names.index(name)
        for index in np.ndindex(arrays[place].shape):
            moved = [[array.copy() for array in arrays] for _ in range(2)]
            moved[0][place][index] -= 1e-6
            moved[1][place][index] += 1e-6
            with np.errstate(all="raise"):
                difference = np.sum(loss.values(*moved[1])) - np.sum(loss.values(*moved[0]))
            assert slope[index] == pytest.approx(difference / 2e-6, rel=1e-6, abs=1e-8)


@LOSSES
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_numpy_and_torch_agree_in_value_gradient_and_dtype(loss: LikelihoodLoss, dtype: type) -> None:
    arrays, tensors = loss.arrays(dtype), loss.tensors(dtype)
    values = loss.module(reduction=_reduction(loss))(*tensors)
    values.sum().backward()
    expected = loss.values(*arrays)
    precision = {np.float16: 2e-3, np.float32: 2e-6, np.float64: 1e-12}[dtype]
    assert values.detach().numpy().dtype == (np.float32 if dtype == np.float16 else dtype)
    assert isinstance(expected, float) or expected.dtype == values.detach().numpy().dtype
    np.testing.assert_allclose(values.detach().numpy(), expected, rtol=precision, atol=precision)
    for name, slope in zip(loss.by, loss.slopes(*arrays), strict=True):
        gradient = tensors[loss.names.index(name)].grad
        assert gradient is not None
        np.testing.assert_allclose(gradient.numpy(), slope, rtol=4 * precision, atol=4 * precision)


@LOSSES
def test_autograd_agrees_with_differences_to_second_order(loss: LikelihoodLoss) -> None:
    module, tensors = loss.module(reduction="sum"), loss.tensors()
    assert torch.autograd.gradcheck(module, tensors)
    assert torch.autograd.gradgradcheck(module, tensors, fast_mode=True)


@_parametrised(LIKELIHOOD_LOSSES.keys() - OF_TWO_BATCHES)
def test_reductions_are_the_mean_and_the_sum_of_the_values(loss: LikelihoodLoss) -> None:
    values = loss.module(reduction="none")(*loss.tensors())
    torch.testing.assert_close(loss.module()(*loss.tensors()), values.mean())
    torch.testing.assert_close(loss.module(reduction="sum")(*loss.tensors()), values.sum())


@LOSSES
def test_whole_numbers_do_not_wrap(loss: LikelihoodLoss) -> None:
    arrays = [np.ones_like(array) for array in loss.arrays()]
    if "weights" in loss.names:
        arrays[3][..., 1:] = 0
    if "target" in loss.names:
        arrays[1] *= 3
    for dtype in (np.uint8, np.int64):
        whole = [array.astype(dtype) for array in arrays]
        np.testing.assert_array_equal(loss.values(*whole), loss.values(*arrays))
        for slope, expected in zip(loss.slopes(*whole), loss.slopes(*arrays), strict=True):
            np.testing.assert_array_equal(slope, expected)


@_parametrised(["gaussian", "mixture"])
def test_whole_numbers_take_the_precision_that_stands_beside_them(loss: LikelihoodLoss) -> None:
    arrays = loss.arrays(np.float32)
    arrays[1] = arrays[1].astype(np.int64)
    assert loss.values(*arrays).dtype == np.float32
    tensors = loss.tensors(np.float32)
    tensors[1] = tensors[1].long()
    assert loss.module()(*tensors).dtype == torch.float32


@LOSSES
def test_nan_and_what_is_infinite_is_refused_by_name_and_place(loss: LikelihoodLoss) -> None:
    for place, name in enumerate(loss.names):
        for spoilt in (np.nan, np.inf) if loss.finite else (np.nan,):
            arrays = loss.arrays()
            arrays[place].flat[1] = spoilt
            for function in (loss.values, loss.slopes):
                with pytest.raises(BadInput, match=rf"{name}: got 1 of \d+ elements, the first {spoilt} at"):
                    function(*arrays)
            tensors = [torch.from_numpy(array) for array in loss.as_torch(*arrays)]
            checks = (True,) if spoilt == np.inf else (True, False)
            for check in checks:
                with pytest.raises(BadInput, match="mixing_logits" if name == "weights" else f"{name}: got 1 of"):
                    loss.module(check=check)(*tensors)


@LOSSES
def test_an_empty_batch_is_refused(loss: LikelihoodLoss) -> None:
    arrays = [np.empty((0, *array.shape[1:])) for array in loss.arrays()]
    for refused in (
        lambda: loss.values(*arrays),
        lambda: loss.slopes(*arrays),
        lambda: loss.module()(*map(torch.from_numpy, arrays)),
    ):
        with pytest.raises(BadInput, match="at least one element; the mean of nothing is not defined"):
            refused()


@LOSSES
def test_what_is_no_number_is_refused(loss: LikelihoodLoss) -> None:
    for place, name in enumerate(loss.names):
        for wrong in (["a"], [None], [1j]):
            arrays: list[Any] = loss.arrays()
            arrays[place] = wrong
            with pytest.raises(BadInput, match=f"{name}: got dtype .*, expected real numbers"):
                loss.values(*arrays)
        tensors = loss.tensors()
        tensors[place] = tensors[place].detach().long() if name != "target" else tensors[place] * 1j
        with pytest.raises(BadInput, match=r"a floating dtype|real numbers"):
            loss.module()(*tensors)


@_parametrised(["gaussian", "mixture"])
def test_a_number_as_spread_does_not_excuse_what_is_no_tensor(loss: LikelihoodLoss) -> None:
    for given in (lambda array: array.tolist(), lambda array: array):
        tensors = [given(array) for array in loss.arrays()]
        tensors[2] = 1.0
        with pytest.raises(BadInput, match=rf"{loss.names[0]}: got (list|ndarray), expected a tensor"):
            loss.module()(*tensors)


@_parametrised(OF_ARRAYS_THAT_FIT)
def test_nothing_is_broadcast(loss: LikelihoodLoss) -> None:
    for place, name in enumerate(loss.names[1:], start=1):
        arrays: list[Any] = loss.arrays()
        arrays[place] = arrays[place][:1] if arrays[place].shape[0] > 1 else arrays[place][..., :1]
        for refused in (
            lambda arrays=arrays: loss.values(*arrays),
            lambda arrays=arrays: loss.slopes(*arrays),
            lambda arrays=arrays: loss.module()(*map(torch.from_numpy, arrays)),
        ):
            with pytest.raises(BadInput, match=rf"{'mixing_logits|weights' if name == 'weights' else name}.*expected"):
                refused()


@LOSSES
def test_inputs_are_left_as_they_are(loss: LikelihoodLoss) -> None:
    arrays = loss.arrays()
    for result in (np.asarray(loss.values(*arrays)), *loss.slopes(*arrays)):
        assert not any(np.shares_memory(result, array) for array in arrays)
    for array, kept in zip(arrays, loss.arrays(), strict=True):
        np.testing.assert_array_equal(array, kept)


@LOSSES
def test_an_unknown_reduction_is_refused_with_a_suggestion(loss: LikelihoodLoss) -> None:
    with pytest.raises(BadInput, match="did you mean 'mean'"):
        loss.module(reduction="men")
    assert "reduction='sum', check=True" in repr(loss.module(reduction="sum", check=True))
