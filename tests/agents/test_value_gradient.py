"""The gradient at a value head: the norm by hand, and nothing changed by looking."""

from __future__ import annotations

import pytest
import torch

from rewardlab.agents.value_gradient import ValueGradient


def test_mean_norm_by_hand() -> None:
    head = torch.nn.Linear(1, 1)
    watched = ValueGradient(head)
    assert watched.mean_norm() is None
    # The gradient of scale * (w x + b) is scale * (x, 1): with x = 0.75 its norm is 1.25 * scale.
    for scale in (2.0, 4.0):
        head.zero_grad()
        (scale * head(torch.tensor([[0.75]]))).sum().backward()
    assert head.weight.grad is not None
    assert head.weight.grad.item() == 3.0
    assert watched.mean_norm() == pytest.approx(1.25 * 3.0)
    assert watched.mean_norm() is None
    watched.remove()
    head(torch.ones(1, 1)).sum().backward()
    assert watched.mean_norm() is None
