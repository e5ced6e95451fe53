"""The gallery shows every experiment that comes along, as it is: with its commands and the hash of its spec."""

from __future__ import annotations

import re

import pytest

from rewardlab.lab import submission
from rewardlab.lab.distance_study import planned_blocks, study_submission
from rewardlab.lab.plan import plan_experiment
from rewardlab.lab.shipped import shipped_experiments
from rewardlab.lab.study_spec import DistanceStudySpec, read_any_spec
from tests.house.gallery_page import DIGITS, PAGE, Shown, shown_experiments

SLOW = {"endgame-shaping-8x8", "distance-predicts-regret"}  # a large table, and eight environments
SHOWN = shown_experiments(PAGE.read_text(encoding="utf-8"))


def spec_hash(name: str) -> str:
    """The hash of an experiment as it would be kept beside its results."""
    spec = read_any_spec(shipped_experiments()[name])
    if isinstance(spec, DistanceStudySpec):
        return study_submission(spec, planned_blocks(spec, name)).spec_hash
    return submission(plan_experiment(spec, name)).spec_hash


def test_every_experiment_is_shown_once() -> None:
    assert sorted(shown.name for shown in SHOWN) == sorted(shipped_experiments())


@pytest.mark.parametrize(
    "shown",
    [pytest.param(shown, marks=[pytest.mark.slow] if shown.name in SLOW else []) for shown in SHOWN],
    ids=[shown.name for shown in SHOWN],
)
def test_an_experiment_is_shown_as_it_is(shown: Shown) -> None:
    assert shown.figure.is_file()
    assert shown.page.parent.name == shown.name
    assert shown.commands[0] == ("rewardlab", "run", shown.name)
    assert shown.commands[1][:3] == ("rewardlab", "figure", shown.name)
    assert shown.commands[1][-2:] == ("--out", shown.figure.name)
    assert shown.spec == spec_hash(shown.name)[:DIGITS]
    assert re.fullmatch(rf"[0-9a-f]{{{DIGITS}}}", shown.table)


def test_what_is_not_so_is_seen() -> None:
    code = "```bash\nrewardlab run delivery\n```\n"
    (shown,) = shown_experiments(
        f"## delivery\n\n![x](images/gallery/none.svg)\n\n{code}\n[Its page](a.md); spec `0`\n"
    )
    assert (shown.name, shown.spec, shown.table, shown.figure.is_file()) == ("delivery", "0", "", False)
    assert len(shown.commands) == 1
