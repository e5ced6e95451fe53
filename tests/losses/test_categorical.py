"""Cross-entropy of one class of several and of tokens: numbers by hand, laws, padding, and what is no class."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional

from rewardlab.errors import BadInput
from rewardlab.losses import (
    binary_cross_entropy,
    binary_cross_entropy_gradient,
    log_softmax,
    softmax,
    softmax_cross_entropy,
    softmax_cross_entropy_gradient,
    token_cross_entropy,
    token_cross_entropy_gradient,
)
from rewardlab.losses.modules import SoftmaxCrossEntropyLoss, TokenCrossEntropyLoss

ANIMALS = [2.0, 1.0, 0.1]
INF = np.inf
SEEDS = st.integers(0, 2**32 - 1)


def batch(seed: int, *shape: int, spread: float = 3.0) -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(seed)
    return generator.normal(0, spread, shape), generator.integers(0, shape[-1], shape[:-1])


def test_numbers_by_hand() -> None:
    np.testing.assert_allclose(softmax_cross_entropy([ANIMALS] * 3, [0, 1, 2]), [0.417030, 1.41703, 2.31703], rtol=5e-6)
    np.testing.assert_array_equal(softmax_cross_entropy([[1000.0, 0.0]] * 2, [1, 0]), [1000, 0])
    assert softmax_cross_entropy([1.3, 0.0], 0) == pytest.approx(0.241008, rel=5e-6)
    assert softmax_cross_entropy([2.0, 0.0, 0.0], 0) == pytest.approx(0.239544766222, rel=1e-11)
    # Not log(1 + 4e-18), which is 0.
    assert softmax_cross_entropy([40.0, 0.0], 0) == pytest.approx(np.exp(-40.0), rel=1e-12, abs=0)
    assert softmax_cross_entropy_gradient([40.0, 0.0], 0)[0] == pytest.approx(-np.exp(-40.0), rel=1e-12, abs=0)


def test_only_the_probability_of_the_true_class_enters() -> None:
    # e**0 + e**0 among the wrong ones, or 2 e**-50 + e**(ln 2).
    split, single = softmax_cross_entropy([[1.0, 0.0, 0.0], [1.0, np.log(2) + np.log1p(-1e-15), -40.0]], [0, 0])
    assert split == pytest.approx(single, rel=1e-12)


@given(SEEDS, st.floats(0, 1e3))
@settings(max_examples=50, deadline=None)
def test_laws(seed: int, spread: float) -> None:
    scores, labels = batch(seed, 4, 3, 5, spread=spread)
    with np.errstate(all="raise"):
        values, slopes = softmax_cross_entropy(scores, labels), softmax_cross_entropy_gradient(scores, labels)
        moved = softmax_cross_entropy(scores + 7.0, labels)
    assert (values >= 0).all()
    assert values.shape == labels.shape
    place = labels[..., None]
    logs = np.take_along_axis(log_softmax(scores), place, -1)[..., 0]
    np.testing.assert_allclose(values, -logs, rtol=1e-9, atol=1e-15)
    np.testing.assert_allclose(moved, values, rtol=1e-9, atol=1e-11)
    one_hot = np.zeros_like(scores)
    np.put_along_axis(one_hot, place, 1, -1)
    np.testing.assert_allclose(slopes, softmax(scores) - one_hot, atol=1e-15)
    np.testing.assert_allclose(slopes.sum(-1), 0, atol=1e-15)


@given(st.lists(st.tuples(st.floats(-1e4, 1e4), st.floats(-10, 10), st.booleans()), min_size=1, max_size=9))
@settings(max_examples=50, deadline=None)
def test_of_two_classes_it_is_the_binary_loss_of_the_difference(rows: list[tuple[float, float, bool]]) -> None:
    z, shift, y = (np.array(column) for column in zip(*rows, strict=True))
    scores = np.stack([shift, shift + z], -1)
    z = scores[:, 1] - scores[:, 0]
    labels = y.astype(int)
    np.testing.assert_allclose(softmax_cross_entropy(scores, labels), binary_cross_entropy(z, y), rtol=1e-12)
    slopes = softmax_cross_entropy_gradient(scores, labels)
    np.testing.assert_allclose(slopes[:, 1], binary_cross_entropy_gradient(z, y), rtol=1e-12)
    np.testing.assert_allclose(slopes[:, 0], -slopes[:, 1], rtol=1e-12)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("kind", [np.uint8, np.int32, np.int64])
@pytest.mark.parametrize("shape", [(4,), (6, 4), (2, 3, 4), (2, 1, 3, 5)])
def test_numpy_and_torch_agree(dtype: type, kind: type, shape: tuple[int, ...]) -> None:
    scores, labels = batch(1, *shape)
    scores, labels = scores.astype(dtype), np.asarray(labels, kind)
    expected, slope = softmax_cross_entropy(scores, labels), softmax_cross_entropy_gradient(scores, labels)
    assert expected.dtype == slope.dtype == (np.float32 if dtype == np.float16 else dtype)
    precision = 1e-12 if dtype == np.float64 else 1e-5
    for loss in (SoftmaxCrossEntropyLoss, TokenCrossEntropyLoss):
        tensor = torch.from_numpy(scores).requires_grad_()
        values = loss(reduction="none")(tensor, torch.from_numpy(labels))
        assert values.shape == (labels.shape if loss is SoftmaxCrossEntropyLoss else (labels.size,))
        assert values.dtype == torch.from_numpy(expected).dtype
        np.testing.assert_allclose(values.detach().numpy().ravel(), expected.ravel(), rtol=precision, atol=precision)
        loss()(tensor, torch.from_numpy(labels)).backward()
        assert tensor.grad is not None
        atol = 1e-3 if dtype == np.float16 else precision
        np.testing.assert_allclose(tensor.grad.numpy(), slope / labels.size, rtol=precision, atol=atol)
        total = loss(reduction="sum", check=True)(tensor, torch.from_numpy(labels))
        torch.testing.assert_close(total, values.sum())


def test_autograd_agrees_with_differences_to_second_order() -> None:
    scores, labels = (torch.from_numpy(array) for array in batch(2, 3, 4))
    scores.requires_grad_()
    for loss in (SoftmaxCrossEntropyLoss(), TokenCrossEntropyLoss(int(labels[0]), reduction="sum")):
        if (labels == labels[0]).all():
            continue
        assert torch.autograd.gradcheck(lambda values, loss=loss: loss(values, labels), (scores,))
        assert torch.autograd.gradgradcheck(lambda values, loss=loss: loss(values, labels), (scores,))


def test_numpy_gradients_are_those_of_the_values() -> None:
    scores, labels = batch(3, 5, 4)
    slopes = softmax_cross_entropy_gradient(scores, labels)
    for column in range(4):
        step = np.zeros(4)
        step[column] = 1e-6
        difference = softmax_cross_entropy(scores + step, labels) - softmax_cross_entropy(scores - step, labels)
        np.testing.assert_allclose(slopes[:, column], difference / 2e-6, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("kept", [slice(None), slice(0, 3), slice(2, 5)])
def test_infinite_scores(kept: slice) -> None:
    # A class that is impossible, true and not; one that is certain, true and not; and a row as any other.
    scores = np.array([[0, -INF, 1], [0, -INF, 1], ANIMALS, [5, INF, -INF], [5, INF, -INF]])[kept]
    labels = np.array([1, 0, 2, 1, 2])[kept]
    far, one = np.exp(1) / (1 + np.exp(1)), softmax(ANIMALS) - [0, 0, 1]
    values = np.array([INF, np.log1p(np.exp(1)), 2.3170300, 0, INF])[kept]
    slopes = np.array([[1 - far, -1, far], [-far, 0, far], one, [0, 0, 0], [0, 1, -1]])[kept]
    with np.errstate(all="raise"):
        np.testing.assert_allclose(softmax_cross_entropy(scores, labels), values, rtol=1e-7)
        np.testing.assert_allclose(softmax_cross_entropy_gradient(scores, labels), slopes, rtol=1e-12)
    for loss in (SoftmaxCrossEntropyLoss, TokenCrossEntropyLoss):
        tensor = torch.from_numpy(scores).requires_grad_()
        found = loss(reduction="none", check=True)(tensor, torch.from_numpy(labels))
        np.testing.assert_allclose(found.detach().numpy(), values, rtol=1e-7)
        loss(reduction="sum")(tensor, torch.from_numpy(labels)).backward()
        assert tensor.grad is not None
        np.testing.assert_allclose(tensor.grad.numpy(), slopes, rtol=1e-12)


@pytest.mark.parametrize("spoilt", [[-INF, -INF], [INF, INF]])
def test_rows_without_a_softmax_are_refused(spoilt: list[float]) -> None:
    scores, labels = np.array([[0.0, 1.0], spoilt]), np.array([0, 1])
    tensors = torch.from_numpy(scores), torch.from_numpy(labels)
    for refused in (
        lambda: softmax_cross_entropy(scores, labels),
        lambda: softmax_cross_entropy_gradient(scores, labels),
        lambda: token_cross_entropy(scores, labels),
        lambda: SoftmaxCrossEntropyLoss()(*tensors),
        lambda: TokenCrossEntropyLoss(check=True)(*tensors),
    ):
        with pytest.raises(BadInput, match=r"predicted: got 1 of 2 rows where all are -inf or several are inf"):
            refused()
    # At a padded place it does not matter.
    assert token_cross_entropy(scores, [0, -1], padding=-1) == pytest.approx(np.log1p(np.exp(1)))
    assert not token_cross_entropy_gradient(scores, [0, -1], padding=-1)[1].any()


@pytest.mark.parametrize("padding", [-100, -1, 0, 3, 99])
def test_only_tokens_that_are_no_padding_count(padding: int) -> None:
    scores, labels = batch(4, 3, 5, 4)
    labels[1, 2:] = labels[0, 0] = padding
    counted = labels != padding
    expected = softmax_cross_entropy(scores[counted], labels[counted])
    slopes = np.zeros_like(scores)
    slopes[counted] = softmax_cross_entropy_gradient(scores[counted], labels[counted])
    np.testing.assert_array_equal(token_cross_entropy(scores, labels, padding), expected)
    np.testing.assert_array_equal(token_cross_entropy_gradient(scores, labels, padding), slopes)
    tensor, targets = torch.from_numpy(scores).requires_grad_(), torch.from_numpy(labels)
    values = TokenCrossEntropyLoss(padding, reduction="none")(tensor, targets)
    np.testing.assert_allclose(values.detach().numpy(), expected, rtol=1e-12, atol=1e-14)
    loss = TokenCrossEntropyLoss(padding, check=True)(tensor, targets)
    assert loss.item() == pytest.approx(expected.mean())
    loss.backward()
    assert tensor.grad is not None
    np.testing.assert_allclose(tensor.grad.numpy(), slopes / counted.sum(), rtol=1e-9, atol=1e-15)
    # The sequence written out with the padding cut off costs the same.
    peer = functional.cross_entropy(tensor.reshape(-1, 4), targets.reshape(-1), ignore_index=padding)
    torch.testing.assert_close(loss, peer)


@pytest.mark.parametrize("row", [[-INF] * 3, [INF] * 3, [0.0, INF, 1.0]])
@pytest.mark.parametrize("padding", [-100, 0])
def test_what_scores_a_padded_place_has_does_not_matter(row: list[float], padding: int) -> None:
    scores, labels = np.array([[1.0, 2.0, 3.0], row, [0.0, 5.0, 1.0]]), np.array([2, padding, 1])
    slopes = token_cross_entropy_gradient(scores, labels, padding)
    np.testing.assert_array_equal(slopes[1], 0)
    tensor, targets = torch.from_numpy(scores).requires_grad_(), torch.from_numpy(labels)
    for check in (True, False):
        tensor.grad = None
        loss = TokenCrossEntropyLoss(padding, check=check)(tensor, targets)
        assert loss.item() == pytest.approx(token_cross_entropy(scores, labels, padding).mean())
        loss.backward()
        assert tensor.grad is not None
        # Unchecked, the padded place itself is torch's own NaN; no other is spoilt by it.
        kept = slice(None) if check else [0, 2]
        np.testing.assert_allclose(tensor.grad.numpy()[kept], slopes[kept] / 2, rtol=1e-9, atol=1e-15)


@pytest.mark.parametrize("padding", [-100, 0])
def test_nothing_but_padding_is_refused(padding: int) -> None:
    scores, labels = np.zeros((2, 3, 4)), np.full((2, 3), padding)
    for reduction in ("mean", "sum", "none"):
        with pytest.raises(BadInput, match=rf"target: got nothing but padding \({padding}\), .*skip such batches"):
            TokenCrossEntropyLoss(padding, reduction=reduction)(torch.from_numpy(scores), torch.from_numpy(labels))
    for function in (token_cross_entropy, token_cross_entropy_gradient):
        with pytest.raises(BadInput, match="nothing but padding"):
            function(scores, labels, padding)


REFUSED: list[tuple[Any, Any, str]] = [
    (
        [[0.0, 1.0, 2.0]] * 2,
        [1, 3],
        r"from 1 to 3, expected classes from 0 to 2; classes count from 0: subtract 1",
    ),
    ([[0.0, 1.0, 2.0]] * 2, [0, 7], "values from 0 to 7, expected classes from 0 to 2$"),
    (
        [[0.0, 1.0]] * 2,
        [0, -100],
        "from -100 to 0.*; if -100 marks padding, token cross-entropy takes padding=-100",
    ),
    ([[0.0, 1.0]] * 2, [0.0, 1.0], "dtype .*float64, expected whole numbers of classes; class numbers count from 0"),
    ([[0.0, 1.0]] * 2, [True, False], "dtype .*bool, expected whole numbers of classes"),
    ([[0.0, 1.0]] * 2, [[0.0, 1.0]] * 2, r"whole numbers of classes; of one-hot rows take target.argmax\(-1\)"),
    ([[0.0, 1.0]] * 2, [[0, 1]] * 2, r"a target of shape \(2,\).*; of one-hot rows take target.argmax\(-1\)"),
    ([[0.0, 1.0]] * 2, [[0], [1]], r"got predicted of shape \(2, 2\), target of shape \(2, 1\).*squeeze the target"),
    ([[0.0], [1.0]], [0, 0], r"shape \(2, 1\), expected at least two classes.* is for binary_cross_entropy"),
    ([[0.0, np.nan]], [0], r"predicted: got 1 of 2 elements, the first nan at \[0, 1\]"),
    (np.zeros((0, 3)), np.zeros(0, int), r"shape \(0, 3\), expected at least one element"),
]


@pytest.mark.parametrize(("scores", "labels", "message"), REFUSED)
def test_what_is_no_class_is_refused(scores: Any, labels: Any, message: str) -> None:
    arrays = np.asarray(scores), np.asarray(labels)
    tensors = torch.from_numpy(arrays[0]), torch.from_numpy(arrays[1])
    ways = [
        lambda: softmax_cross_entropy(*arrays),
        lambda: softmax_cross_entropy_gradient(*arrays),
        lambda: token_cross_entropy(*arrays),
        lambda: SoftmaxCrossEntropyLoss()(*tensors),
        lambda: SoftmaxCrossEntropyLoss(check=True, reduction="none")(*tensors),
        lambda: TokenCrossEntropyLoss()(*tensors),
    ]
    for refused in ways:
        with pytest.raises(BadInput, match=message):
            refused()


def test_settings_and_dtypes_without_sense_are_refused() -> None:
    with pytest.raises(BadInput, match=r"values from 0 to 5, expected classes from 0 to 1$"):
        token_cross_entropy([[0.0, 1.0]] * 3, [0, 5, -1], padding=-1)
    with pytest.raises(BadInput, match=r"values from 0 to 5, expected classes from 0 to 1$"):
        TokenCrossEntropyLoss(-1)(torch.zeros(3, 2), torch.tensor([0, 5, -1]))
    for padding in (1.5, "a", True):
        with pytest.raises(BadInput, match=r"padding: got .*, expected a whole number, or None"):
            token_cross_entropy([[0.0, 1.0]], [0], padding)  # type: ignore[arg-type]
        with pytest.raises(BadInput, match=r"padding: got .*, expected a whole number, or None"):
            TokenCrossEntropyLoss(padding)  # type: ignore[arg-type]
    with pytest.raises(BadInput, match=r"predicted: got torch.int64, expected a floating dtype"):
        SoftmaxCrossEntropyLoss()(torch.zeros(3, 2, dtype=torch.int64), torch.zeros(3, dtype=torch.int64))
    with pytest.raises(BadInput, match="did you mean 'mean'"):
        TokenCrossEntropyLoss(reduction="men")  # type: ignore[arg-type]


def test_inputs_are_left_as_they_are() -> None:
    scores, labels = batch(5, 4, 3)
    kept = scores.copy(), labels.copy()
    for function in (softmax_cross_entropy, softmax_cross_entropy_gradient, token_cross_entropy):
        function(scores, labels)
    token_cross_entropy_gradient(scores, labels)
    np.testing.assert_array_equal(scores, kept[0])
    np.testing.assert_array_equal(labels, kept[1])


def test_it_says_what_it_is() -> None:
    assert repr(TokenCrossEntropyLoss(-100)) == "TokenCrossEntropyLoss(padding=-100, reduction='mean')"
    assert repr(SoftmaxCrossEntropyLoss()) == "SoftmaxCrossEntropyLoss(reduction='mean')"


def test_arrays_are_refused_in_torch() -> None:
    for module in (SoftmaxCrossEntropyLoss(), TokenCrossEntropyLoss()):
        with pytest.raises(BadInput, match=r"predicted: got ndarray, expected a tensor(.|\n)*target: got list"):
            module(np.zeros((2, 3)), [0, 1])  # type: ignore[arg-type]
