"""Every key of the schema, misspelt in four ways and given 40 values, through the command line."""

from __future__ import annotations

import math
import pathlib
import re
import time
import tomllib
from typing import Any

import pytest

from rewardlab.errors import BadInput
from rewardlab.lab import plan_experiment
from rewardlab.lab.located_problems import told_by_line
from rewardlab.lab.spec import ExperimentSpec
from rewardlab.lab.study_spec import DistanceStudySpec, read_any_spec
from rewardlab.lab.toml_lines import dotted
from tests.command_line import call
from tests.lab.every_key import Path, every_key, renamed, replaced, specs
from tests.lab.small_experiment import write_toml

KEYS = every_key()
SAMPLE = KEYS[::10]


def four_slips(key: str) -> list[str]:
    """A letter dropped, two swapped, one doubled, another case; in the middle, where it can be."""
    middle = len(key) // 2
    at = next((i for i in [*range(middle - 1, len(key) - 1), *range(middle)] if key[i] != key[i + 1]), 0)
    swapped = key[:at] + key[at + 1] + key[at] + key[at + 2 :]
    return [key[:middle] + key[middle + 1 :], swapped, key[:middle] + key[middle] + key[middle:], key.swapcase()]


def read_and_planned(path: pathlib.Path) -> ExperimentSpec | DistanceStudySpec:
    """What `rewardlab run` does before anything runs."""
    with told_by_line(path):
        spec = read_any_spec(path)
        if isinstance(spec, ExperimentSpec):
            plan_experiment(spec, str(path))
        return spec


def test_the_specs_are_accepted_and_use_every_key(tmp_path: pathlib.Path) -> None:
    for name, spec in specs().items():
        read_and_planned(write_toml(tmp_path / f"{name}.toml", spec))
    assert len(KEYS) > 140
    tops = {path[0] for name, path in KEYS if name != "study"}
    assert tops == set(ExperimentSpec.model_fields)
    assert {path[0] for name, path in KEYS if name == "study"} == set(DistanceStudySpec.model_fields)


def _misspelt(name: str, path: Path, folder: pathlib.Path) -> list[bool]:
    """Whether each slip gets the right suggestion; that it is refused, at its line and within a second, is required."""
    suggested = []
    for slip in four_slips(str(path[-1])):
        spec = renamed(specs()[name], path, slip)
        file = write_toml(folder / "spec.toml", spec)
        begun = time.process_time()
        said = call("run", file, "--out", folder / "out")
        assert time.process_time() - begun < 1.0
        assert (said.code, said.out) == (2, "")
        line = [*spec].index(slip if len(path) == 1 else str(path[0])) + 1
        place = f"rewardlab: {file}:{line}: {dotted((*path[:-1], slip))}: got "
        about = [each for each in said.err.splitlines() if each.startswith(place)]
        assert about, (slip, said.err)
        suggested.append(any(each.endswith(f"; did you mean {path[-1]!r}?") for each in about))
        assert not (folder / "out").exists()
    return suggested


def test_slips_in_a_sample_of_keys_are_refused_with_line_and_suggestion(tmp_path: pathlib.Path) -> None:
    suggested = [right for name, path in SAMPLE for right in _misspelt(name, path, tmp_path)]
    assert sum(suggested) >= 0.95 * len(suggested) - 2  # of so few, "l2" or "id" may be one


@pytest.mark.slow
def test_slips_in_every_key_are_refused_with_line_and_suggestion(tmp_path: pathlib.Path) -> None:
    suggested = {(name, path): _misspelt(name, path, tmp_path) for name, path in KEYS}
    asked = sum(map(len, suggested.values()))
    answered = sum(map(sum, suggested.values()))
    print(f"{len(KEYS)} keys, {asked} slips, {answered} right suggestions")
    print([place for place, right in suggested.items() if not all(right)])
    assert answered >= 0.95 * asked


# As TOML writes them; what is no TOML is refused as such, with its line.
VALUES = [
    "0", "1", "-1", "2", "3", "7", "100", "4294967296", "1_000", "0x10", "0o17", "0b11", "1" + "0" * 30,
    "0.0", "-0.0", "0.5", "1.0", "1.5", "-0.5", "1e-3", "1E3", "1e400", "inf", "-inf", "nan", "+1",
    "true", "false", '"1"', '"0.5"', '"1e-3"', '"auto"', '""', "[]", "[1]", "{}", "1979-05-27", "07:32:00",
    "010", "1.",
]  # fmt: skip


def _numeric() -> list[tuple[str, Path, Any]]:
    """The keys that hold a number, each with the one that it holds."""
    found = []
    for name, path in KEYS:
        value: Any = specs()[name]
        for part in path:
            value = value[part]
        if type(value) in (int, float):
            found.append((name, path, value))
    return found


def _typed_or_refused(name: str, path: Path, value: str, folder: pathlib.Path) -> None:
    file = write_toml(folder / "spec.toml", replaced(specs()[name], path, "PLACE"))
    file.write_text(file.read_text(encoding="utf-8").replace('"PLACE"', value), encoding="utf-8")
    try:
        spec = read_and_planned(file)
    except BadInput as fault:
        lines = str(fault).splitlines()
    else:
        lines = []
    if lines:
        assert all(line.startswith(f"{file}:") for line in lines)
        return
    written: Any = tomllib.loads(f"key = {value}")["key"]
    kept: Any = spec.model_dump(mode="python")
    for part in path:
        kept = kept[part]
    # A count of seeds is the seeds, and a whole number may stand for a real one; nothing else becomes another thing.
    if path == ("seeds",) and isinstance(written, int):
        written = written if name == "study" else [*range(written)]
    is_number = type(written) in (int, float) and type(kept) in (int, float)
    assert is_number or (type(kept), type(written)) == (list, list), (path, value)
    # A whole number may stand for a real one; one of 31 digits becomes the nearest.
    assert kept == (float(written) if isinstance(kept, float) else written)
    assert isinstance(kept, list) or math.isfinite(kept)


def test_a_number_is_typed_right_or_refused_in_a_sample(tmp_path: pathlib.Path) -> None:
    numeric = _numeric()
    for number, value in enumerate(VALUES):
        for name, path, _ in numeric[number % 23 :: 23]:
            _typed_or_refused(name, path, value, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("name", specs())
def test_every_number_is_typed_right_or_refused(name: str, tmp_path: pathlib.Path) -> None:
    numeric = _numeric()
    for value in VALUES:
        for owner, path, _ in numeric:
            if owner == name:
                _typed_or_refused(name, path, value, tmp_path)


def test_there_are_40_values_for_every_number() -> None:
    assert (len(VALUES), len(set(VALUES))) == (40, 40)
    assert len(_numeric()) > 70


def test_the_page_names_every_key() -> None:
    page = (pathlib.Path(__file__).parents[2] / "docs" / "experiments.md").read_text(encoding="utf-8")
    told = set(re.findall(r"`(\w+)(?: = \w+)?`|^(\w+) = ", page, re.MULTILINE))
    named = {word for words in told for word in words}
    keys = {str(path[-1]) for name, path in KEYS if name != "study"}
    assert keys - named == set()


def test_the_examples_of_the_page_are_accepted(tmp_path: pathlib.Path) -> None:
    page = (pathlib.Path(__file__).parents[2] / "docs" / "experiments.md").read_text(encoding="utf-8")
    whole, *parts = re.findall(r"```toml\n(.*?)```", page, re.DOTALL)
    assert len(parts) == 3
    begin = whole.partition("[sweep")[0]
    for text in (whole, *(begin + part for part in parts)):
        (tmp_path / "spec.toml").write_text(text, encoding="utf-8")
        read_and_planned(tmp_path / "spec.toml")
    (tmp_path / "spec.toml").write_text(whole, encoding="utf-8")
    spec = read_and_planned(tmp_path / "spec.toml")
    assert isinstance(spec, ExperimentSpec)
    assert len(spec.variants) == 8
