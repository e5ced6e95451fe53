"""One checkpoint in one folder: arrays as safetensors, the rest as JSON, and a manifest that knows the hash of each.

It is written into a folder beside and renamed when all of it is on the disk, so that there is a whole one or none.
Nothing in it can execute anything, and every byte of it is under a hash: what is damaged is named, never half read.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import shutil
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, final

from safetensors import SafetensorError
from safetensors.numpy import load, save

from rewardlab.agents.checkpoints.foreign_content import foreign_content
from rewardlab.agents.checkpoints.state_tree import put_together, taken_apart
from rewardlab.errors import BadInput, Problem

__all__ = ["FORMAT", "MANIFEST", "STATE", "TENSORS", "Checkpoint", "read_checkpoint", "write_checkpoint"]

FORMAT = 1
"""The version of the layout."""

MANIFEST, STATE, TENSORS = "manifest.json", "state.json", "tensors.safetensors"
"""The three files."""


@final
@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What a checkpoint holds.

    Attributes:
        head: What it is of, as its writer put it.
        state: A tree of JSON data with arrays as leaves.
    """

    head: Mapping[str, Any]
    state: Any


def write_checkpoint(folder: Path, checkpoint: Checkpoint) -> None:
    """Write a checkpoint, so that it is there as a whole, and for good, when this returns.

    Args:
        folder: Where; one that is there already is replaced.
        checkpoint: What.

    Raises:
        OSError: It cannot be written. What was there before is there still.
        TypeError: The state is no tree of JSON data and arrays.
    """
    words, arrays = taken_apart(checkpoint.state)
    contents = {TENSORS: save(arrays), STATE: _json(words)}
    files = {name: {"bytes": len(content), "sha256": _hash(content)} for name, content in contents.items()}
    manifest = {"format": FORMAT, "head": checkpoint.head, "files": files}
    contents[MANIFEST] = _json({**manifest, "checksum": _hash(_json(manifest))})
    beside = folder.with_name(f".{folder.name}.{secrets.token_hex(8)}")
    try:
        beside.mkdir()
        for name, content in contents.items():
            _write(beside / name, content)
        _sync(beside)
        _put_in_place(beside, folder)
    except BaseException:
        shutil.rmtree(beside, ignore_errors=True)
        raise


def read_checkpoint(folder: Path) -> Checkpoint:
    """Read a checkpoint that is whole.

    Raises:
        BadInput: It is not there, is damaged, or is of another format; the message says which file and why.
    """
    manifest = _manifest(folder)
    contents = {}
    for name in (TENSORS, STATE):
        content = contents[name] = _content(folder, name)
        noted = manifest["files"][name]["sha256"]
        if _hash(content) != noted:
            size = manifest["files"][name]["bytes"]
            got = f"{len(content)} bytes with SHA-256 {_hash(content)[:12]}..{foreign_content(content)}"
            raise BadInput(Problem(f"{folder / name}", f"a damaged file, {got}", f"{size} bytes with {noted[:12]}.."))
    try:
        words = json.loads(contents[STATE])
        return Checkpoint(manifest["head"], put_together(words, load(contents[TENSORS])))
    except (KeyError, RecursionError, TypeError, ValueError, SafetensorError) as fault:
        parts = " and ".join(contents)
        got = f"{type(fault).__name__}: {fault}{''.join(foreign_content(content) for content in contents.values())}"
        raise BadInput(Problem(str(folder), got, f"{parts} of format {FORMAT}")) from None


def _manifest(folder: Path) -> dict[str, Any]:
    content = _content(folder, MANIFEST)
    where = str(folder / MANIFEST)
    try:
        manifest = json.loads(content)
        unsigned = {key: part for key, part in manifest.items() if key != "checksum"}
        whole = manifest["checksum"] == _hash(_json(unsigned))
    except (AttributeError, KeyError, RecursionError, TypeError, ValueError):
        whole = False
    if not whole:
        got = f"a damaged file, {len(content)} bytes{foreign_content(content)}"
        raise BadInput(Problem(where, got, "the manifest of a checkpoint, with its own checksum"))
    if manifest.get("format") != FORMAT:
        fix = "it was written by another version of rewardlab"
        raise BadInput(Problem(where, f"format {manifest.get('format')!r}", f"format {FORMAT}", fix))
    files = manifest.get("files")
    fits = isinstance(manifest.get("head"), dict) and isinstance(files, dict) and files.keys() == {STATE, TENSORS}
    if not fits or not all(isinstance(note, dict) and isinstance(note.get("sha256"), str) for note in files.values()):
        raise BadInput(Problem(where, "other keys", f"head, and the hashes of {STATE} and {TENSORS}"))
    found: dict[str, Any] = manifest
    return found


def _content(folder: Path, name: str) -> bytes:
    try:
        return (folder / name).read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        tried = ", ".join(str(folder / file) for file in (MANIFEST, STATE, TENSORS))
        expected = f"a checkpoint: {tried}"
        what = "no such folder" if not folder.exists() else f"no file {name}"
        if folder.is_file():
            what = f"a file{foreign_content(folder.read_bytes()[:65536])}"
        raise BadInput(Problem(str(folder), what, expected)) from None
    except OSError as fault:
        raise BadInput(Problem(str(folder / name), fault.strerror or str(fault), "a file that can be read")) from None


def _put_in_place(beside: Path, folder: Path) -> None:
    """A folder with something in it cannot be renamed over, so an older one is moved aside first."""
    aside = folder.with_name(f"{beside.name}.old")
    with suppress(FileNotFoundError):
        folder.rename(aside)
    beside.rename(folder)
    _sync(folder.parent)
    shutil.rmtree(aside, ignore_errors=True)


def _write(path: Path, content: bytes) -> None:
    with path.open("xb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _sync(folder: Path) -> None:
    """Put the names in a folder on the disk; not every system can, and those that cannot need not."""
    try:
        handle = os.open(folder, os.O_RDONLY)
    except (NotImplementedError, PermissionError):
        return
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _json(data: object) -> bytes:
    return json.dumps(data, allow_nan=False, separators=(",", ":")).encode()


def _hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
