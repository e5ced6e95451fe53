"""Runs that were identified once stay what they are: a finished experiment trains nothing again after an upgrade."""

from __future__ import annotations

import pytest

from rewardlab.lab import plan_experiment, read_spec
from rewardlab.lab.shipped import shipped_experiments
from tests.lab.small_experiment import small_spec

# Written down on 25 November 2026, when there was one version of the format and one engine: the number of runs, the
# identity of the first and that of the last.
IDENTITIES = {
    "auxiliary-delivery": (70, "67b31855b2e468663c2606371d8b3486", "4cc1b142008a24faf5b635359aec8b08"),
    "auxiliary-noise": (70, "79b1aee95cf9cbb55610f7fc40a8fefc", "ffb3fb49841ac4ecfefdca500f557956"),
    "curriculum": (80, "c5029afdac0eb88debe9594b790d854a", "10bd4cef7716acc0c38c63cbac4f2edb"),
    "delayed-credit": (90, "be9933c7589f4f70c0fbbd57edda688b", "b6f321901f807d10a080ab1d9ce02627"),
    "delivery": (20, "7251a559ae56b41eea43be6abcb6d68c", "79c756c71ce958dce190ebd4a0af0a47"),
    "gridworld-shaping": (120, "10576dd567b5fd6c9104e2e6fb763898", "60d7cdcc8b95055e204e9b3c76708c40"),
    "reward-scale": (40, "334d3357da346531eaa8dd03d6b7f27f", "b195d6d8f1ba8767bd8eef476a22594f"),
}


@pytest.mark.parametrize("name", IDENTITIES)
def test_the_runs_of_what_was_shipped_are_what_they_were(name: str) -> None:
    path = shipped_experiments()[name]
    runs = plan_experiment(read_spec(path), str(path)).runs
    assert (len(runs), runs[0].identity, runs[-1].identity) == IDENTITIES[name]


def test_a_spec_of_version_1_is_kept_with_its_results_as_it_always_was() -> None:
    kept = read_spec(shipped_experiments()["delivery"]).model_dump(mode="json")
    assert set(kept) == {*small_spec(), "threshold"}
