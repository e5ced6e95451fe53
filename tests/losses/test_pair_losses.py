"""What holds for every loss of a prediction and a target: both sides agree, gradients are right, bad input is told."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from rewardlab.errors import BadInput
from tests.losses.registered import PAIR_LOSSES, PairLoss

LOSSES = pytest.mark.parametrize("loss", PAIR_LOSSES.values(), ids=PAIR_LOSSES)
FLOATS = pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])


@LOSSES
def test_the_gradient_is_that_of_the_value_by_central_differences(loss: PairLoss) -> None:
    predicted, target = loss.sample(np.random.default_rng(0), 7, 5)
    step = 1e-6
    with np.errstate(all="raise"):
        slope = (loss.values(predicted + step, target) - loss.values(predicted - step, target)) / (2 * step)
        np.testing.assert_allclose(loss.gradient(predicted, target), slope, rtol=1e-6, atol=1e-8)


@LOSSES
@FLOATS
def test_numpy_and_torch_agree_in_value_gradient_and_dtype(loss: PairLoss, dtype: type) -> None:
    predicted, target = (array.astype(dtype) for array in loss.sample(np.random.default_rng(1), 6, 4))
    tensor = torch.from_numpy(predicted).requires_grad_()
    values = loss.module(reduction="none")(tensor, torch.from_numpy(target))
    values.sum().backward()
    expected, slope = loss.values(predicted, target), loss.gradient(predicted, target)
    precision = 1e-12 if dtype == np.float64 else 1e-5
    assert expected.dtype == values.detach().numpy().dtype == (np.float32 if dtype == np.float16 else dtype)
    np.testing.assert_allclose(values.detach().numpy(), expected, rtol=precision, atol=precision)
    # The gradient of a half tensor is half again.
    atol = 1e-3 if dtype == np.float16 else precision
    assert tensor.grad is not None
    np.testing.assert_allclose(tensor.grad.numpy(), slope, rtol=max(precision, atol), atol=atol)


@LOSSES
def test_reductions_are_the_mean_and_the_sum_of_the_values(loss: PairLoss) -> None:
    predicted, target = (torch.from_numpy(array) for array in loss.sample(np.random.default_rng(2), 9))
    values = loss.module(reduction="none")(predicted, target)
    assert values.shape == predicted.shape
    torch.testing.assert_close(loss.module()(predicted, target), values.mean())
    torch.testing.assert_close(loss.module(reduction="sum")(predicted, target), values.sum())


@LOSSES
def test_autograd_agrees_with_differences_to_second_order(loss: PairLoss) -> None:
    predicted, target = (torch.from_numpy(array) for array in loss.sample(np.random.default_rng(3), 5))
    predicted.requires_grad_()
    module = loss.module(reduction="none")
    assert torch.autograd.gradcheck(lambda values: module(values, target), (predicted,))
    assert torch.autograd.gradgradcheck(lambda values: module(values, target), (predicted,))


@LOSSES
@pytest.mark.parametrize("dtype", [np.uint8, np.int8, np.int64, np.bool_])
def test_whole_numbers_do_not_wrap(loss: PairLoss, dtype: type) -> None:
    predicted, target = np.array([0, 1, 1, 0], dtype), np.array([1, 0, 1, 0], dtype)
    floating = predicted.astype(np.float64), target.astype(np.float64)
    np.testing.assert_array_equal(loss.values(predicted, target), loss.values(*floating))
    np.testing.assert_array_equal(loss.gradient(predicted, target), loss.gradient(*floating))
    tensor = torch.from_numpy(floating[0])
    torch.testing.assert_close(
        loss.module()(tensor, torch.from_numpy(target)), loss.module()(tensor, torch.from_numpy(floating[1]))
    )


@LOSSES
def test_whole_numbers_take_the_precision_that_stands_beside_them(loss: PairLoss) -> None:
    assert loss.values(np.array([0.5], np.float32), np.array([1])).dtype == np.float32
    assert loss.values([0.5], [1]).dtype == np.float64


@LOSSES
@pytest.mark.parametrize("shapes", [((4, 1), (4,)), ((4,), (4, 1)), ((4,), ()), ((2, 3), (3, 2))], ids=str)
def test_nothing_is_broadcast(loss: PairLoss, shapes: tuple[tuple[int, ...], tuple[int, ...]]) -> None:
    predicted, target = np.full(shapes[0], 0.5), np.full(shapes[1], 1.0)
    for refused in _ways(loss, predicted, target):
        with pytest.raises(BadInput, match=r"equal shapes: nothing is broadcast"):
            refused()


@LOSSES
def test_an_empty_batch_is_refused(loss: PairLoss) -> None:
    for refused in _ways(loss, np.empty(0), np.empty(0)):
        with pytest.raises(BadInput, match="at least one element; the mean of nothing is not defined"):
            refused()


@LOSSES
@pytest.mark.parametrize("side", ["predicted", "target"])
def test_nan_is_refused_with_its_place(loss: PairLoss, side: str) -> None:
    arrays = dict(zip(("predicted", "target"), loss.sample(np.random.default_rng(4), 3, 2), strict=True))
    arrays[side][1, 0] = np.nan
    for refused in _ways(loss, arrays["predicted"], arrays["target"]):
        with pytest.raises(
            BadInput, match=rf"{side}: got (1 of 6 elements, the first nan at \[1, 0\]|values from nan)"
        ):
            refused()


@LOSSES
def test_what_is_no_number_is_refused(loss: PairLoss) -> None:
    for predicted in (["a"], [None], [1j]):
        with pytest.raises(BadInput, match="real numbers"):
            loss.values(predicted, [1.0])
    for tensor in (torch.ones(1, requires_grad=True), torch.ones(1, dtype=torch.bfloat16)):
        with pytest.raises(BadInput, match=r"predicted: got a Tensor that is no array: .*tensor.detach\(\)"):
            loss.values(tensor, [1.0])
    with pytest.raises(BadInput, match=r"predicted: got ndarray, expected a tensor; torch.as_tensor\(predicted\)"):
        loss.module()(np.array([1.0]), torch.tensor([1.0]))
    with pytest.raises(BadInput, match="a floating dtype"):
        loss.module()(torch.tensor([1]), torch.tensor([1]))


@LOSSES
@pytest.mark.parametrize("side", [0, 1])
def test_a_mask_is_refused_and_not_passed_over(loss: PairLoss, side: int) -> None:
    arrays: list[Any] = [np.array([0.25, 0.5]), np.array([1.0, 0.0])]
    arrays[side] = np.ma.masked_array(arrays[side], [False, True])
    for function in (loss.values, loss.gradient):
        with pytest.raises(BadInput, match="got a masked array, expected an array in which everything counts"):
            function(*arrays)


@LOSSES
@pytest.mark.parametrize("reduction", ["mean", "none"])
def test_single_beside_double_is_computed_in_double_forwards_and_backwards(loss: PairLoss, reduction: str) -> None:
    # Targets out of NumPy are double more often than not, and models are single.
    predicted, target = (torch.from_numpy(array) for array in loss.sample(np.random.default_rng(6), 4))
    for first, second in ((predicted.float(), target), (predicted, target.float()), (predicted.half(), target)):
        leaf = first.clone().requires_grad_()
        value = loss.module(reduction=reduction)(leaf, second)
        assert value.dtype == torch.float64
        value.sum().backward()
        slope = loss.gradient(first.double().numpy(), second.double().numpy()) / (4 if reduction == "mean" else 1)
        assert leaf.grad is not None
        precision = 1e-3 if first.dtype == torch.float16 else 1e-6
        np.testing.assert_allclose(leaf.grad.double().numpy(), slope, rtol=precision, atol=precision)


@LOSSES
def test_inputs_are_left_as_they_are(loss: PairLoss) -> None:
    predicted, target = loss.sample(np.random.default_rng(5), 8)
    kept = predicted.copy(), target.copy()
    loss.values(predicted, target)
    loss.gradient(predicted, target)
    np.testing.assert_array_equal(predicted, kept[0])
    np.testing.assert_array_equal(target, kept[1])


@LOSSES
def test_an_unknown_reduction_is_refused_with_a_suggestion(loss: PairLoss) -> None:
    with pytest.raises(BadInput, match="did you mean 'mean'"):
        loss.module(reduction="men")


def _ways(loss: PairLoss, predicted: NDArray[Any], target: NDArray[Any]) -> list[Any]:
    tensors = torch.from_numpy(predicted), torch.from_numpy(target)
    return [
        lambda: loss.values(predicted, target),
        lambda: loss.gradient(predicted, target),
        lambda: loss.module()(*tensors),
        lambda: loss.module(check=True)(*tensors),
        lambda: loss.module(reduction="none")(*tensors),
    ]
