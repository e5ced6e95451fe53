"""A store that somebody else sends: what a row says of its run is believed only where it is what the run is."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from rewardlab.errors import StoreUnusable
from rewardlab.lab import ResultStore, StoredRun, compare
from tests.lab.small_experiment import plan_of, small_spec
from tests.reports.finished_experiment import report_of, result

SETTINGS: dict[str, dict[str, Any]] = {
    "as its environment": {"id": "planted:Foo-v0", "settings": {}},
    "as a function brought to one": {
        "id": "rewardlab.outside:rewardlab/Any-v0",
        "settings": {"env": "CartPole-v1", "events": {"one": "planted:function"}},
    },
}


@pytest.mark.parametrize("how", SETTINGS)
def test_a_row_that_names_code_of_its_own_runs_none(how: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "planted.py").write_text("", encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    plan = plan_of(small_spec())
    store = ResultStore(tmp_path / "results.sqlite")
    for run in plan.runs:
        planted = {**run.settings, "environment": SETTINGS[how]}
        store.write(StoredRun(run.identity, "finished", planted, result(run.seed), "", {}))
    with pytest.raises(StoreUnusable, match=f"a row with the settings of another run .{plan.runs[0].identity}"):
        report_of(compare(plan, store), tmp_path, tmp_path / "out", lambda text: None)
    assert "planted" not in sys.modules
