"""`rewardlab repair`, and what `rewardlab audit --out` writes."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

import rewardlab.audit.repair as repair_room
from rewardlab.lab import plan_experiment, read_spec
from tests.command_line import call

BOAT = "rewardlab_envs:rewardlab/BoatRace-v0"
TOWN = ("rewardlab_envs:rewardlab/Delivery-v0", "--set", "orders=1", "--set", "town_map=ADB")


def test_what_is_proposed_is_shown_written_and_can_be_run(tmp_path: Path) -> None:
    path = tmp_path / "new folder" / "repair.toml"
    said = call("repair", *TOWN, "--reward", "speed", "--gamma", 0.97, "--out", path)
    assert said.code == 0, said.err
    assert "only when 'delivered'" in said.words
    assert "audited again: SAFE" in said.words
    assert said.out.endswith(f"Written: {path}; train on it with: rewardlab run '{path}'\n")
    # The spec is read and planned by the same door as any other (and trained on in tests/audit/repair, slowly).
    plan = plan_experiment(read_spec(path), str(path))
    assert [variant.name for variant in plan.spec.variants][:2] == ["as it is", "1. condition"]
    assert plan.spec.algorithm.settings["gamma"] == 0.97
    assert len(plan.runs) == 3 * len(plan.spec.variants)


def test_what_is_safe_needs_no_repair(tmp_path: Path) -> None:
    said = call("repair", BOAT, "--reward", "fair_arrows", "--out", tmp_path / "none.toml")
    assert said.code == 0
    assert "needs no repair" in said.words
    assert not (tmp_path / "none.toml").exists()


def test_where_nothing_helps_it_fails_and_writes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = repair_room.repair
    monkeypatch.setattr(repair_room, "repair", lambda *a, **settings: replace(whole(*a, **settings), proposals=()))
    said = call("repair", BOAT, "--reward", "arrows", "--out", tmp_path / "none.toml")
    assert (said.code, said.err) == (1, "")
    assert not (tmp_path / "none.toml").exists()


def test_json_for_machines() -> None:
    said = call("repair", BOAT, "--reward", "arrows", "--json")
    assert said.code == 0
    data = json.loads(said.out)
    assert data["spec"]["variants"][0]["name"] == "as it is"
    assert data["proposals"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--reward", "arows"), "did you mean 'arrows'?"),
        (("--gamma", "1.0"), "gamma"),
        (("--occupation", "uniforn"), "did you mean 'uniform'?"),
    ],
)
def test_bad_input_is_refused(arguments: tuple[str, ...], message: str) -> None:
    said = call("repair", BOAT, *arguments)
    assert said.code == 2
    assert message in said.err


def test_an_audit_writes_its_findings_and_a_picture(tmp_path: Path) -> None:
    said = call("audit", BOAT, "--reward", "arrows", "--out", tmp_path / "out")
    assert said.code == 1
    written = json.loads((tmp_path / "out" / "audit.json").read_text(encoding="utf-8"))
    assert written["safe"] is False
    assert said.out.endswith(f"\nWritten: audit.json, under_pressure.png in {tmp_path / 'out'}\n")
    assert (tmp_path / "out" / "under_pressure.png").stat().st_size > 5_000


def test_an_audit_of_a_stack_of_wrappers() -> None:
    wrappers = (
        "--wrapper",
        "potential_shaping:potential=arrow_ahead",
        "--wrapper",
        "clip:min_reward=-0.5,max_reward=0.5",
    )
    said = call("audit", BOAT, "--reward", "fair_arrows", *wrappers, "--json")
    findings = {finding["name"]: finding for finding in json.loads(said.out)["findings"]}
    assert findings["stack"]["level"] == "caution"
    assert "a clip of shaped rewards" in findings["stack"]["verdict"]
    refused = call("audit", BOAT, "--wrapper", "potential_shapping:potential=arrow_ahead", "--wrapper", "clip:min=0")
    assert refused.code == 2
    assert "did you mean 'potential_shaping'?" in refused.err
    assert len(refused.err.splitlines()) >= 2  # all problems at once
