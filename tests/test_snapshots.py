"""A generator that is data goes on where it was, to the last half of a number."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from rewardlab.errors import BadInput
from rewardlab.snapshots import generator_from


@pytest.mark.parametrize("kind", ["MT19937", "PCG64", "PCG64DXSM", "Philox", "SFC64"])
def test_it_goes_on_after_an_odd_number_of_small_numbers(kind: str) -> None:
    generator = np.random.Generator(getattr(np.random, kind)(7))
    # Numbers of 32 bits are halves of what is drawn: after three of them one is kept for the next.
    generator.integers(0, 1000, size=3, dtype=np.uint32)
    twin = generator_from(generator.bit_generator.state)
    for draw in (lambda each: each.integers(0, 1000, size=5, dtype=np.uint32), lambda each: each.random(5)):
        assert draw(twin).tolist() == draw(generator).tolist()


def test_the_state_of_the_usual_one_is_json() -> None:
    generator = np.random.default_rng(3)
    generator.random(10)
    twin = generator_from(json.loads(json.dumps(generator.bit_generator.state)))
    assert twin.random(5).tolist() == generator.random(5).tolist()


@pytest.mark.parametrize(
    ("state", "said"),
    [
        ({}, r"state\['bit_generator'\]: got None, expected one of MT19937, PCG64"),
        ({"bit_generator": "seed"}, "got 'seed', expected one of"),  # no other name of numpy.random is looked up
        ({"bit_generator": "PCG64"}, "the state of a PCG64: got KeyError"),
        ({"bit_generator": "PCG64", "state": {"state": "x", "inc": 1}, "has_uint32": 0, "uinteger": 0}, "of a PCG64"),
    ],
)
def test_what_is_no_state_of_one_is_refused(state: dict[str, Any], said: str) -> None:
    with pytest.raises(BadInput, match=said):
        generator_from(state)
