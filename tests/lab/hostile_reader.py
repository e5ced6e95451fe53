"""A process that reads what an enemy has written, and notes all that Python does meanwhile. Its output is JSON.

``python -m tests.lab.hostile_reader FOLDER HOW_MUCH``; the folder holds ``evil_module.py``. ``all`` puts every word in
every place and every file under every name, ``some`` each of them once or so, and ``planted`` does what must be seen.
"""

from __future__ import annotations

import copy
import hashlib
import importlib
import io
import itertools
import json
import os
import pickle
import sys
import zipfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from rewardlab.agents import TrainingJob, train_job
from rewardlab.agents.checkpoints import CheckpointSettings
from rewardlab.lab.plan import PlannedRun
from tests.command_line import call
from tests.lab.small_experiment import plan_of, small_spec, write_toml

MARKER = "marker"
FILES = ("manifest.json", "state.json", "tensors.safetensors")
PAYLOADS = (
    "evil_module:Delivery-v0",
    "evil_module",
    "antigravity:Delivery-v0",
    "../evil_module:Delivery-v0",
    "os:system",
    "__import__('os').mkdir('marker')",
    "${env:PATH}",
    "${evil_module.run:now}",
    "!!python/object/apply:os.mkdir [marker]",
    "__class__",
    "__init__.__globals__",
    "{{ ''.__class__.__mro__ }}",
    "$(mkdir marker)",
    "speed; mkdir marker",
    "http://127.0.0.1:9/evil_module.py",
)
PLACES: dict[str, Callable[[dict[str, Any], str], None]] = {
    "environment.id": lambda spec, word: spec["environment"].update(id=word),
    "environment.settings": lambda spec, word: spec["environment"]["settings"].update({word: 1}),
    "reward": lambda spec, word: spec["variants"][0].update(reward=word),
    "reward.weights": lambda spec, word: spec["variants"][0].update(reward={word: 1.0}),
    "algorithm.name": lambda spec, word: spec["algorithm"].update(name=word),
    "algorithm.settings": lambda spec, word: spec["algorithm"]["settings"].update({word: 1}),
    "wrapper.kind": lambda spec, word: spec["variants"][0].update(wrappers=[{"kind": word}]),
    "potential": lambda spec, word: spec["variants"][0].update(
        wrappers=[{"kind": "potential_shaping", "potential": word}]
    ),
    "key": lambda spec, word: spec.update({word: 1}),
}
EVENTS = ("pickle.find_class", "os.system", "subprocess.Popen", "os.exec", "os.posix_spawn", "socket.connect")
_TABULAR = {"name": "q_learning", "num_envs": 2, "settings": {"gamma": 0.97}}


class Evil:
    """Makes a folder when it is unpickled."""

    def __reduce__(self) -> tuple[Callable[[str], None], tuple[str]]:
        return (os.mkdir, (MARKER,))


def contents() -> dict[str, bytes]:
    """Files that would do something if anybody were to load them as what they are."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        for name in ("../marker", "/marker", "data", "policy.pth"):
            file.writestr(name, pickle.dumps(Evil()))
    pickles = {f"pickle {protocol}": pickle.dumps(Evil(), protocol) for protocol in range(pickle.HIGHEST_PROTOCOL + 1)}
    return {
        **pickles,
        "zip": archive.getvalue(),
        "deep": b"[" * 100_000,
        "nul": bytes(100),
        "huge": b"\xff" * 8 + b"{}",
    }


class _Importing:
    """Notes who is looked for, and finds nobody."""

    def __init__(self, loaded: set[str], seen: list[str]) -> None:
        self.loaded, self.seen = loaded, seen

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> None:
        if name.partition(".")[0] not in self.loaded:
            self.seen.append(f"import {name}")


def tabular(**changes: Any) -> dict[str, Any]:
    """An experiment that is trained in no time and without torch."""
    return small_spec(algorithm=copy.deepcopy(_TABULAR), budget_steps=100, seeds=[0], evaluation_episodes=1, **changes)


def read_specs(folder: Path, step: int) -> dict[str, int]:
    """Specs that name what is none of theirs to name, and files that are no specs: exit codes."""
    codes = {}
    for place, word in [*itertools.product(PLACES, PAYLOADS)][::step]:
        spec = tabular()
        PLACES[place](spec, word)
        codes[f"{place}: {word}"] = call("run", write_toml(folder / "spec.toml", spec), "--out", "out").code
    for name, content in contents().items():
        (folder / "spec.toml").write_bytes(content)
        codes[f"spec: {name}"] = call("run", "spec.toml", "--out", "out").code
    return codes


def read_stores(folder: Path) -> dict[str, int]:
    """Files that stand where the results ought to: exit codes."""
    codes = {}
    write_toml(folder / "spec.toml", tabular())
    for name, content in contents().items():
        (folder / "stored").mkdir(exist_ok=True)
        (folder / "stored" / "results.sqlite").write_bytes(content)
        codes[f"store: {name}"] = call("run", "spec.toml", "--out", "stored").code
    return codes


def read_checkpoints(folder: Path, step: int) -> dict[str, bool]:
    """Files that stand where checkpoints ought to: whether the training names them and comes to the same result."""
    planned: PlannedRun = plan_of(tabular()).runs[0]
    run = planned.training
    sound = train_job(TrainingJob(run), lambda steps: None)
    named = {}
    for file, (name, content) in [*itertools.product(FILES, contents().items())][::step]:
        kept = folder / "kept" / f"{file} {name}"
        train_job(TrainingJob(run, CheckpointSettings(kept, 0.0)), lambda steps: None)
        (newest,) = sorted(kept.glob("0*"))[-1:]
        replaced(newest, file, content)
        result = train_job(TrainingJob(run, CheckpointSettings(kept)), lambda steps: None)
        why = result.pop("resumed")["why"]
        named[f"{file}: {name}"] = newest.name in why and result == sound
    return named


def replaced(checkpoint: Path, file: str, content: bytes) -> None:
    """Put something else in place of a file of a checkpoint, and sign the manifest for it as its writer would."""
    (checkpoint / file).write_bytes(content)
    if file == "manifest.json":
        return
    manifest = json.loads((checkpoint / "manifest.json").read_bytes())
    del manifest["checksum"]
    manifest["files"][file] = {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
    words = json.dumps(manifest, allow_nan=False, separators=(",", ":")).encode()
    manifest["checksum"] = hashlib.sha256(words).hexdigest()
    (checkpoint / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")


def plant() -> None:
    """All three that nobody may do."""
    importlib.import_module("evil_module")
    with suppress(FileExistsError):
        pickle.loads(pickle.dumps(Evil()))
    eval("1")


def main() -> None:
    """Read everything under an audit hook, and print what was seen."""
    folder, how_much = Path(sys.argv[1]), sys.argv[2]
    os.chdir(folder)
    sys.path.insert(0, str(folder))
    # Once without harm, so that all that is needed is loaded; refused once too, for that needs more.
    call("run", write_toml(folder / "spec.toml", tabular()), "--out", "harmless")
    call("run", write_toml(folder / "spec.toml", tabular(version=3)), "--out", "refused")
    loaded = {name.partition(".")[0] for name in sys.modules}
    seen: list[str] = []

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if event in EVENTS:
            seen.append(f"{event} {arguments[:2]}")
        if event == "compile" and arguments[0] is not None:
            seen.append(f"compile {arguments[0]!r:.80}")

    sys.addaudithook(hook)
    # Python tells its auditors of the import statement alone, and not of `importlib`.
    sys.meta_path.insert(0, _Importing(loaded, seen))  # type: ignore[arg-type]
    if how_much == "planted":
        plant()
        codes, named = {}, {}
    else:
        step = 1 if how_much == "all" else 8
        codes, named = read_specs(folder, step) | read_stores(folder), read_checkpoints(folder, step)
    made = sorted(str(path.relative_to(folder)) for path in folder.iterdir())
    print(json.dumps({"codes": codes, "named": named, "seen": seen, "made": made}))


if __name__ == "__main__":
    main()
