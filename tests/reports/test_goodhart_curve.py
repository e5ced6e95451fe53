"""The Goodhart curve: what is drawn where, that it is the same as text, and that names in it stay text."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from rewardlab.audit.pressure.under_pressure import GoodhartCurve, UnderPressure
from rewardlab.reports.goodhart_curve import draw_goodhart_curve, goodhart_figure, goodhart_text


def hump(stop: int | None = 1) -> UnderPressure:
    """Uniform: paid 10 and achieves 100; optima 20 and 300. The soft path goes 10, 15, 20 and 100, 200, 50."""
    soft = GoodhartCurve(np.array([10.0, 15.0, 20.0]), np.array([100.0, 200.0, 50.0]), 250.0)
    rounds = GoodhartCurve(np.array([18.0, 20.0]), np.array([150.0, 50.0]), 250.0)
    return UnderPressure(soft, np.array([np.inf, 1.0, 0.0]), rounds, (10.0, 100.0), (20.0, 300.0), 0.5, stop)


def test_the_uniform_policy_is_at_0_and_the_optimum_at_1() -> None:
    (axis,) = goodhart_figure(hump()).axes
    lines = {str(line.get_label()): line for line in axis.get_lines()}
    soft, rounds = lines["soft-optimal policies, hot to cold"], lines["rounds of policy iteration"]
    assert soft.get_xdata() == pytest.approx([0, 0.5, 1])
    assert soft.get_ydata() == pytest.approx([0, 0.5, -0.25])
    assert rounds.get_xdata() == pytest.approx([0.8, 1])
    assert rounds.get_ydata() == pytest.approx([0.25, -0.25])
    for mark in ("peak of the objective", "where the angle-based bound stops"):
        assert [*lines[mark].get_xdata(), *lines[mark].get_ydata()] == pytest.approx([0.5, 0.5])


def test_without_an_angle_there_is_no_stop() -> None:
    (axis,) = goodhart_figure(hump(None)).axes
    assert "where the angle-based bound stops" not in {line.get_label() for line in axis.get_lines()}
    assert "S" not in goodhart_text(hump(None))


def test_the_text_by_hand() -> None:
    # From 1 at the top to -0.25 at the bottom in 9 lines: 0.5 stands on the fourth, as (1 - 0.5) / 1.25 * 8 is 3.2.
    lines = goodhart_text(hump(0)).split("\n")
    assert len(lines) == 10
    assert lines[0].startswith(" 1.00 |")
    assert lines[8].startswith("-0.25 |")
    assert lines[8].endswith("*")
    zero = next(line for line in lines if line.startswith(" 0.00 |"))
    assert zero[7] == "S"
    assert lines[3].index("P") == 7 + 24  # the middle of 49 columns
    assert max(map(len, lines)) <= 60


def test_where_nothing_is_to_gain_all_is_drawn_at_0() -> None:
    flat = replace(hump(None), optimum=(20.0, 100.0))
    (axis,) = goodhart_figure(flat).axes
    soft = next(line for line in axis.get_lines() if str(line.get_label()).startswith("soft"))
    assert not np.any(soft.get_ydata())
    assert "P" in goodhart_text(flat)


@pytest.mark.parametrize("name", ["$x$", r"$\frac{$", "a_b^c", "日本 🎉", "x" * 60])
@pytest.mark.parametrize("suffix", ["png", "svg"])
def test_names_are_no_formulas_and_drawings_have_no_date(name: str, suffix: str, tmp_path: Path) -> None:
    path = draw_goodhart_curve(hump(), tmp_path / f"curve.{suffix}", proxy=name, objective=name)
    if suffix == "svg":
        assert "<dc:date>" not in path.read_text(encoding="utf-8")
        return
    with Image.open(path) as image:
        assert image.width > 300
        assert len(image.convert("RGB").getcolors(1 << 24) or ()) > 10
