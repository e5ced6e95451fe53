"""Names are data: whatever an experiment or a variant is called, nothing is written but in the folder of results."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from rewardlab.errors import BadInput
from rewardlab.lab import parse_spec
from tests.command_line import call
from tests.lab.small_experiment import small_spec, write_toml

NAMES = (
    *("../escaped", "../../escaped", "..", ".", "./x", "a/../../escaped", "/escaped", "//host/share", "~/escaped"),
    *("..\\escaped", "C:\\escaped", "C:escaped", "\\\\host\\share", "\\\\?\\C:\\escaped", "a\\b", "file:///escaped"),
    *("CON", "con.txt", "NUL", "COM1", "LPT9.log", "aux", "trailing.", "trailing ", " leading", "a" * 300, "é" * 200),
    *("a\0b", "a\nb", "a\rb", "a\tb", "a\x1b[2Jb", "a\x7fb", "a\u202eb", "a\u2028b", "a\u200bb", "\ufeffa"),
    *("\uff0e\uff0e\uff0fescaped", "..\u2215escaped", "a\u0301", "", "-rf", "--out=/escaped", "*", "$(mkdir escaped)"),
    *(
        "`mkdir escaped`",
        "%2e%2e%2fescaped",
        "<img src=x onerror=alert(1)>",
        "[bold]a[/bold]",
        "a;b|c&d",
        "results.sqlite",
    ),
)
"""Of every kind that has led somebody astray; which of them are accepted is the spec's business."""


def spec_of(name: str, variants: list[str]) -> dict[str, object]:
    """Variants that differ in name alone are one training."""
    return small_spec(
        name=name,
        algorithm={"name": "q_learning", "num_envs": 2, "settings": {"gamma": 0.97}},
        variants=[{"name": variant, "reward": "speed"} for variant in variants],
        seeds=[0],
        budget_steps=50,
        evaluation_episodes=1,
    )


def accepted(names: tuple[str, ...]) -> list[str]:
    """The names that a variant may have, each alone."""
    found = []
    for name in names:
        try:
            parse_spec(spec_of("small", [name]), "spec")
        except BadInput:
            continue
        else:
            found.append(name)
    return found


def files_below(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*")}


# Each variant has a replay, so that all of them take their time.
@pytest.mark.parametrize("step", [9, pytest.param(1, marks=pytest.mark.slow)])
def test_variants_of_any_name_write_nothing_elsewhere(
    step: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    names = accepted(NAMES)
    assert len(names) > len(NAMES) / 3, "there is something to be tried"
    distinct = list({name.casefold(): name for name in names}.values())[::step]
    write_toml(tmp_path / "spec.toml", spec_of("small", distinct))
    said = call("run", "spec.toml", "--out", "deep/down/out")
    assert (said.code, said.err) == (0, "")
    assert files_below(tmp_path) - files_below(tmp_path / "deep" / "down") >= {"spec.toml", "deep", "deep/down"}
    outside = {path for path in files_below(tmp_path) if not path.startswith("deep/down/out")}
    assert outside == {"spec.toml", "deep", "deep/down"}
    written = files_below(tmp_path / "deep" / "down" / "out")
    assert "table.txt" in written
    assert [path for path in written if not re.fullmatch(r"[a-z0-9_./-]+", path)] == []
    assert "\x1b" not in said.out


@pytest.mark.parametrize("where", ["out", None])
def test_experiments_have_plain_names_or_are_refused(
    where: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in NAMES:
        if re.fullmatch(r"[A-Za-z0-9]+", name) and len(name) <= 80:
            continue
        write_toml(tmp_path / "spec.toml", spec_of(name, ["plain"]))
        said = call("run", "spec.toml", *(() if where is None else ("--out", where)))
        assert (said.code, files_below(tmp_path)) == (2, {"spec.toml"}), name
        assert "name: " in said.err
