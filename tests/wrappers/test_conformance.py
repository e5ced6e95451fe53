"""Every reward wrapper of rewardlab passes the battery."""

from __future__ import annotations

import pytest

from rewardlab import wrappers
from tests.wrappers.battery import Case, cases, check, check_scale

CASES = cases(wrappers)


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_it_pays_as_its_reference_does_in_every_mode(case: Case) -> None:
    for seed in range(3):
        check(case, seed=seed)


def test_the_running_scale_freezes_saves_and_keeps_its_accumulators_apart() -> None:
    check_scale(wrappers)
