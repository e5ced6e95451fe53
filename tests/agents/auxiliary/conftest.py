"""Agents made here log into the test's own folder; SB3 would leave one behind in the system's for each training."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def own_log_folder(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path_factory.getbasetemp() / "sb3"
    monkeypatch.setenv("SB3_LOGDIR", str(folder))
    return folder
