"""What a checkpoint is refused for, and in which words: rows 58 to 62 of the bad inputs."""

from __future__ import annotations

import dataclasses
import json
import os
import pickle
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rewardlab.agents import TrainingRun, train
from rewardlab.agents.checkpoints import (
    Checkpoint,
    CheckpointSettings,
    RunMark,
    checkpoint_folder,
    read_checkpoint,
    write_checkpoint,
)
from rewardlab.agents.checkpoints.foreign_content import foreign_content
from rewardlab.agents.checkpoints.run_mark import made_with
from rewardlab.errors import BadInput
from tests.agents.checkpoints.broken_off import break_off, hashed, present, quiet, training
from tests.broken_plugins import install


@pytest.fixture
def written(tmp_path: Path) -> Path:
    mark = RunMark.of({"algorithm": "ppo"}, {"numpy": "2"})
    write_checkpoint(tmp_path / "one", Checkpoint(mark.head(5), {"table": np.arange(3.0)}))
    return tmp_path / "one"


def refusal(folder: Path) -> str:
    with pytest.raises(BadInput) as refused:
        read_checkpoint(folder)
    return str(refused.value)


def test_a_missing_one_is_told_with_the_names_that_were_tried(tmp_path: Path) -> None:
    files = ", ".join(str(tmp_path / "x" / name) for name in ("manifest.json", "state.json", "tensors.safetensors"))
    assert refusal(tmp_path / "x") == f"{tmp_path / 'x'}: got no such folder, expected a checkpoint: {files}"
    (tmp_path / "y").mkdir()
    assert "y: got no file manifest.json, expected a checkpoint: " in refusal(tmp_path / "y")


@pytest.mark.parametrize("name", ["state.json", "tensors.safetensors"])
@pytest.mark.parametrize(
    "damaged",
    [lambda content: b"", lambda content: b"hello\n", lambda content: content[:-1], lambda content: b"X" + content[1:]],
    ids=["empty", "text", "truncated", "flipped"],
)
def test_a_damaged_one_is_told_with_both_hashes(name: str, damaged: Any, written: Path) -> None:
    content = (written / name).read_bytes()
    (written / name).write_bytes(damaged(content))
    message = refusal(written)
    noted = json.loads((written / "manifest.json").read_text())["files"][name]
    assert message.startswith(f"{written / name}: got a damaged file, {len(damaged(content))} bytes with SHA-256 ")
    assert message.endswith(f"expected {len(content)} bytes with {noted['sha256'][:12]}..")


@pytest.mark.parametrize("content", [b"", b"hello\n", b"[1]", b'{"checksum": 1}', b"[" * 100_000, b"\xff\xfe"])
def test_a_manifest_that_is_none_is_told(content: bytes, written: Path) -> None:
    (written / "manifest.json").write_bytes(content)
    assert f"manifest.json: got a damaged file, {len(content)} bytes" in refusal(written)


def test_a_newer_format_is_told(written: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checkpoint_folder, "FORMAT", 2)
    assert "manifest.json: got format 1, expected format 2; it was written by another version" in refusal(written)


@pytest.mark.parametrize(
    "manifest",
    [
        {"format": 1},
        {"format": 1, "head": {}, "files": {"../../etc/passwd": {"sha256": ""}}},
        {"format": 1, "head": [], "files": {"state.json": {"sha256": ""}, "tensors.safetensors": {"sha256": ""}}},
        {"format": 1, "head": {}, "files": {"state.json": 3, "tensors.safetensors": {"sha256": ""}}},
    ],
)
def test_a_manifest_that_was_made_up_is_told(manifest: dict[str, Any], written: Path) -> None:
    checksum = checkpoint_folder._hash(checkpoint_folder._json(manifest))
    (written / "manifest.json").write_bytes(checkpoint_folder._json({**manifest, "checksum": checksum}))
    assert "got other keys, expected head, and the hashes of" in refusal(written)


class Evil:
    def __init__(self, marker: Path) -> None:
        self._marker = marker

    def __reduce__(self) -> tuple[Any, ...]:
        return os.system, (f"touch {self._marker}",)


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
@pytest.mark.parametrize("name", ["manifest.json", "state.json", "tensors.safetensors"])
def test_code_is_refused_and_named_and_never_run(name: str, protocol: int, written: Path) -> None:
    marker = written.parent / "executed"
    content = pickle.dumps(Evil(marker), protocol=protocol)
    if name == "manifest.json":
        (written / name).write_bytes(content)
    else:
        _replace(written, name, content)
    message = refusal(written)
    assert not marker.exists()
    assert f", a pickle that names {os.system.__module__}.system; it was not executed" in message
    assert "Traceback" not in message


def test_an_archive_of_sb3_is_refused_by_name(written: Path) -> None:
    archive = written.parent / "model.zip"
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("data", "{}")
    assert "model.zip: got a file, a zip archive, which is never read" in refusal(archive)
    _replace(written, "tensors.safetensors", archive.read_bytes())
    assert "zip archive" in refusal(written)


def test_what_is_foreign_is_told_apart() -> None:
    assert foreign_content(b"cos\nsystem\n(S'ls'\ntR.") == ", a pickle that names os.system; it was not executed"
    assert foreign_content(pickle.dumps([1])) == ", a pickle that names nothing; it was not executed"
    assert foreign_content(pickle.dumps(Evil)[:-1]).startswith(", a pickle that names ")
    for content in (b"", b"{}", b"c", b"completely different", b"(", b"\x00\x01"):
        assert foreign_content(content) == ""


ANOTHER = {
    "algorithm": ({"algorithm": "a2c"}, r'algorithm: got "q_learning", expected "a2c"'),
    "seed": ({"learner_seed": 77}, "learner_seed: got 4, expected 77"),
    "spaces": (
        {"environment_settings": {"map": "four_rooms"}},
        r'observation_space: got "Box\(0.0, 1.0, \(36,\), float32\)", expected "Box\(0.0, 1.0, \(',
    ),
}


def test_the_version_of_the_package_that_brings_the_environment_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(tmp_path, "my_town", None, "[rewardlab.environments]\nTown-v0 = my_town\n")
    monkeypatch.syspath_prepend(tmp_path)
    before = RunMark.of({}, made_with("my_town:Town-v0", with_torch=False))
    metadata = tmp_path / "my_town-1.0.dist-info" / "METADATA"
    metadata.write_text(metadata.read_text().replace("Version: 1.0", "Version: 1.1"))
    after = RunMark.of({}, made_with("my_town:Town-v0", with_torch=False))
    assert after.made_otherwise(before.head(5)) == "my_town 1.0 instead of 1.1"
    assert "my_town" not in made_with("CartPole-v1", with_torch=False)


@pytest.mark.parametrize("changed", ANOTHER)
def test_one_of_another_run_is_refused_and_left_alone(changed: str, tmp_path: Path) -> None:
    run, settings = training("q_learning", "gridworld", 600), CheckpointSettings(tmp_path / "run", 0.01, 1.0)
    break_off(run, settings, 400)
    before = _bytes(settings.folder)
    other, message = ANOTHER[changed]
    other = {**other, "algorithm_settings": {"gamma": 0.97}}
    with pytest.raises(BadInput, match=message) as refused:
        train(dataclasses.replace(run, **other), quiet, settings)
    assert "it is a checkpoint of another run: give each run a folder of its own" in str(refused.value)
    assert _bytes(settings.folder) == before


def test_another_torch_or_other_threads_begin_anew_and_say_so(tmp_path: Path) -> None:
    run, settings = training("q_learning", "gridworld", 600), CheckpointSettings(tmp_path / "run", 0.01, 1.0)
    uninterrupted = hashed(train(run, quiet))
    break_off(run, settings, 400)
    for path in present(settings):
        checkpoint = read_checkpoint(path)
        made_with = {**checkpoint.head["made_with"], "numpy": "1.26.4", "threads": 2}
        write_checkpoint(path, Checkpoint({**checkpoint.head, "made_with": made_with}, checkpoint.state))
    result = train(run, quiet, settings)
    assert result["resumed"]["from_step"] == 0
    assert "was made with numpy 1.26.4 instead of " in result["resumed"]["why"]
    assert "threads 2 instead of None, so that its bits are others" in result["resumed"]["why"]
    assert hashed(result) == uninterrupted
    # Those of before are gone, though their steps were more.
    assert all("threads" not in read_checkpoint(path).head["made_with"] for path in present(settings))


@pytest.mark.parametrize(
    ("algorithm", "made_up"),
    [
        ("q_learning", lambda state: state.pop("table")),
        ("q_learning", lambda state: state["layers"][0]["state"].update(states=[0])),
        ("a2c", lambda state: state["agent"]["policy"].popitem()),
        ("a2c", lambda state: state["streams"].update(torch=np.zeros(3, np.uint8))),
    ],
)
def test_a_state_that_was_made_up_is_refused_in_words(algorithm: str, made_up: Any, tmp_path: Path) -> None:
    run, settings = training(algorithm, "gridworld", 600), CheckpointSettings(tmp_path / "run", 0.01, 1.0)
    break_off(run, settings, 400)
    newest = present(settings)[-1]
    checkpoint = read_checkpoint(newest)
    made_up(checkpoint.state)
    write_checkpoint(newest, checkpoint)
    with pytest.raises(BadInput) as refused:
        train(run, quiet, settings)
    assert str(refused.value).startswith(f"{newest}: got a state that does not fit (")
    assert str(refused.value).endswith(f"remove {settings.folder}, and the training begins anew")


def test_the_mark_holds_every_setting_of_a_run(tmp_path: Path) -> None:
    run, settings = training("q_learning", "gridworld", 600), CheckpointSettings(tmp_path / "run", 0.0, 1.0)
    break_off(run, settings, 400)
    head = read_checkpoint(present(settings)[-1]).head
    fields = {field.name for field in dataclasses.fields(TrainingRun)}
    assert set(head["settings"]) == fields | {"observation_space", "action_space"}
    assert head["identity"] == RunMark(head["settings"], {}).identity
    assert RunMark(head["settings"], head["made_with"]).problems(head, "x") == []
    changed = RunMark({**head["settings"], "new": 1}, head["made_with"])
    assert [problem.where for problem in changed.problems(head, "x")] == ["x: new"]
    # An older version knows fewer settings; it is told by its version, not by them.
    assert RunMark({**head["settings"], "new": 1}, {"rewardlab": "9"}).problems(head, "x") == []


def _replace(folder: Path, name: str, content: bytes) -> None:
    """As somebody would do it who can compute hashes too."""
    (folder / name).write_bytes(content)
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["files"][name] = {"bytes": len(content), "sha256": checkpoint_folder._hash(content)}
    del manifest["checksum"]
    manifest["checksum"] = checkpoint_folder._hash(checkpoint_folder._json(manifest))
    (folder / "manifest.json").write_bytes(checkpoint_folder._json(manifest))


def _bytes(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}
