"""`rewardlab distances`."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.command_line import call

BOAT = "rewardlab_envs:rewardlab/BoatRace-v0"


@pytest.mark.parametrize("kind", ["starc", "epic", "dard"])
def test_a_table_of_all_rewards_and_a_picture(kind: str, tmp_path: Path) -> None:
    said = call("distances", BOAT, "--kind", kind, "--out", tmp_path / "maps")
    assert said.code == 0, said.err
    rows = [line.split() for line in said.out.splitlines() if line[:1].isdigit()]
    assert [row[1] for row in rows] == ["performance", "arrows", "fair_arrows"]
    numbers = [[float(cell) for cell in row[2:]] for row in rows]
    assert all(numbers[i][i] == 0 for i in range(3))
    assert numbers[0][1] == numbers[1][0] > 0
    assert (tmp_path / "maps" / f"{kind}.png").stat().st_size > 5_000


def test_chosen_rewards_weights_among_them() -> None:
    # arrows is 3 for an arrow and -1 a step; without an end the -1 is nothing but a constant.
    said = call("distances", BOAT, "--reward", "arrows", "--reward", "arrows=1")
    assert said.code == 0, said.err
    assert "0.000  0.000" in said.out.splitlines()[2].replace("   ", "  ")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--reward", "arows"), "did you mean 'arrows'?"),
        (("--gamma", "97"), "did you mean 0.97?"),
        (("--kind", "stark"), "did you mean 'starc'?"),
        (("--set", "laps=3"), "laps"),
    ],
)
def test_bad_input_is_refused_in_a_line(arguments: tuple[str, ...], message: str) -> None:
    said = call("distances", BOAT, *arguments)
    assert said.code == 2
    assert message in said.err
