"""The heat map: each number in its cell, one scale for all pictures, and names that stay text."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from rewardlab.audit.distances import DistanceMatrix
from rewardlab.reports.distance_map import distance_map_figure, draw_distance_map


def matrix_of(*names: str) -> DistanceMatrix:
    """Distances that tell the pairs apart."""
    count = len(names)
    values = np.abs(np.subtract.outer(np.arange(count), np.arange(count))) / max(1, count - 1)
    return DistanceMatrix("starc", 0.9, names, values)


def test_each_number_stands_in_its_cell() -> None:
    figure = distance_map_figure(matrix_of("speed", "on_time", "bonus"))
    axis: Any = figure.axes[0]
    written = {text.get_position(): text.get_text() for text in axis.texts}
    assert written == {
        (0, 0): "0.00",
        (1, 0): "0.50",
        (2, 0): "1.00",
        (0, 1): "0.50",
        (1, 1): "0.00",
        (2, 1): "0.50",
        (0, 2): "1.00",
        (1, 2): "0.50",
        (2, 2): "0.00",
    }
    assert [label.get_text() for label in axis.get_yticklabels()] == ["speed", "on_time", "bonus"]
    assert [label.get_text() for label in axis.get_xticklabels()] == ["speed", "on_time", "bonus"]
    assert axis.get_title() == "STARC distance, gamma 0.9"


def test_the_scale_is_the_same_whatever_the_entries() -> None:
    small = DistanceMatrix("epic", 0.9, ("a", "b"), np.array([[0, 0.01], [0.01, 0]]))
    (image,) = distance_map_figure(small, title="near").axes[0].get_images()
    assert image.get_clim() == (0.0, 1.0)


def test_numbers_can_be_told_from_their_cells() -> None:
    axis: Any = distance_map_figure(matrix_of(*"abcdefghijk")).axes[0]
    (image,) = axis.get_images()
    for text in axis.texts:
        column, row = text.get_position()
        cell = np.array(image.cmap(image.norm(image.get_array()[row, column]))[:3]) @ [0.2126, 0.7152, 0.0722]
        ink = 1.0 if text.get_color() == "white" else 0.0
        assert abs(cell - ink) > 0.4


@pytest.mark.parametrize("count", [1, 5, 12])
def test_no_two_numbers_and_no_two_names_overlap(count: int) -> None:
    figure = distance_map_figure(matrix_of(*[f"a_long_name_of_reward_{number}" for number in range(count)]))
    figure.draw_without_rendering()  # type: ignore[no-untyped-call]
    axis: Any = figure.axes[0]
    for texts in (axis.texts, axis.get_yticklabels()):
        boxes = [text.get_window_extent() for text in texts]
        assert not any(one.overlaps(two) for number, one in enumerate(boxes) for two in boxes[:number])
    width, height = figure.bbox.width, figure.bbox.height
    for text in [*axis.texts, *axis.get_yticklabels(), *axis.get_xticklabels(), axis.title]:
        box = text.get_window_extent()
        assert box.x0 >= 0
        assert box.y0 >= 0
        assert box.x1 <= width
        assert box.y1 <= height


@pytest.mark.parametrize("name", ["$x$", r"$\frac{$", "a_b^c", "日本 🎉", "x" * 100])
def test_names_are_no_formulas(name: str, tmp_path: Path) -> None:
    path = draw_distance_map(matrix_of(name, "$other"), tmp_path / "map.png", title="$not a formula")
    with Image.open(path) as image:
        assert image.width > 200
        assert len(image.convert("RGB").getcolors(1 << 24) or ()) > 10


def test_a_drawing_that_can_be_scaled_has_no_date(tmp_path: Path) -> None:
    path = draw_distance_map(matrix_of("a", "b"), tmp_path / "map.svg")
    assert "<dc:date>" not in path.read_text(encoding="utf-8")
