"""A batch of steps: picking rows, joining batches, and what is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rewardlab.errors import BadInput
from rewardlab.transitions import Transitions


def batch(size: int, *, first: int = 0, **changes: Any) -> Transitions:
    """Steps with numbers that tell rows apart, and observations of two numbers for states."""
    rows = np.arange(first, first + size)
    parts: dict[str, Any] = {
        "state": np.stack([rows, -rows], axis=1),
        "action": rows % 3,
        "next_state": np.stack([rows + 1, -rows - 1], axis=1),
        "terminated": rows % 4 == 0,
        "events": {"minutes": rows * 0.5, "dropped": rows * 2.0},
    }
    return Transitions(**parts | changes)


def assert_same(left: Transitions, right: Transitions) -> None:
    for name in ("state", "action", "next_state", "terminated"):
        np.testing.assert_array_equal(getattr(left, name), getattr(right, name), strict=True)
    assert list(left.events) == list(right.events)
    for name, values in left.events.items():
        np.testing.assert_array_equal(values, right.events[name], strict=True)


def test_length_and_events() -> None:
    assert len(batch(5)) == 5
    assert batch(3).event("minutes").tolist() == [0, 0.5, 1]
    with pytest.raises(BadInput, match=r"event: got 'minuts', expected a known event: dropped, minutes; did you mean"):
        batch(3).event("minuts")


def test_select_by_index_mask_and_slice() -> None:
    picked = batch(6).select(np.array([4, 1]))
    assert (picked.state[:, 0].tolist(), picked.event("minutes").tolist()) == ([4, 1], [2, 0.5])
    mask = np.array([False, True, False, False, True, False])
    assert_same(batch(6).select(mask), batch(6).select(np.array([1, 4])))
    assert_same(batch(6).select(slice(1, 5, 3)), batch(6).select(np.array([1, 4])))
    assert len(batch(6).select(slice(0, 0))) == 0


@given(st.lists(st.integers(0, 5), min_size=1, max_size=5))
def test_joining_what_was_cut_gives_the_whole(sizes: list[int]) -> None:
    whole = batch(sum(sizes))
    ends = np.cumsum(sizes)
    parts = [whole.select(slice(end - size, end)) for size, end in zip(sizes, ends, strict=True)]
    assert_same(Transitions.concatenate(parts), whole)


@given(st.lists(st.integers(0, 9), max_size=12))
def test_selecting_rows_one_by_one_is_selecting_them_together(rows: list[int]) -> None:
    whole = batch(10)
    together = whole.select(np.array(rows, dtype=np.int64))
    apart = [whole.select(np.array([row])) for row in rows]
    if apart:
        assert_same(Transitions.concatenate(apart), together)
    assert len(together) == len(rows)


def test_joining_keeps_the_order_and_asks_for_the_same_events() -> None:
    joined = Transitions.concatenate([batch(2, first=5), batch(1)])
    assert joined.state[:, 0].tolist() == [5, 6, 0]
    with pytest.raises(BadInput, match=r"concatenate: got no batches, expected at least one"):
        Transitions.concatenate([])
    with pytest.raises(BadInput, match="concatenate: got batches with different events, expected the same in each"):
        Transitions.concatenate([batch(2), batch(2, events={"minutes": np.zeros(2)})])


def test_every_part_of_another_length_is_named() -> None:
    with pytest.raises(BadInput) as refused:
        batch(3, action=np.zeros(2), events={"minutes": np.zeros(4), "dropped": np.zeros(3)})
    assert str(refused.value).splitlines() == [
        "Transitions.action: got 2 rows, expected 3 rows, as in state",
        "Transitions.events['minutes']: got 4 rows, expected 3 rows, as in state",
    ]
