"""Files that hold an experiment: what is read, and what is refused in one line that says why."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from rewardlab.errors import BadInput
from rewardlab.lab import parse_spec, read_spec
from rewardlab.lab.shipped import find_spec, shipped_experiments
from rewardlab.lab.study_spec import read_any_spec
from tests.lab.small_experiment import small_spec, write_toml


def test_what_is_written_is_read(tmp_path: Path) -> None:
    spec = read_spec(write_toml(tmp_path / "spec.toml", small_spec()))
    assert (spec.name, spec.seeds, spec.budget_steps) == ("small", [0, 1], 4000)
    assert spec.environment.settings == {"orders": 1, "town_map": "DA."}
    assert [(variant.name, variant.reward) for variant in spec.variants] == [
        ("hacked", "speed"),
        ("repaired", "fixed_speed"),
    ]


def test_what_is_left_out_has_a_default() -> None:
    spec = small_spec()
    del spec["algorithm"], spec["evaluation_episodes"], spec["question"]
    read = parse_spec(spec, "spec")
    assert (read.algorithm.name, read.algorithm.num_envs, read.evaluation_episodes) == ("ppo", 50, 100)


def test_a_number_of_seeds_means_the_first_ones() -> None:
    assert parse_spec(small_spec(seeds=3), "spec").seeds == [0, 1, 2]


def test_a_byte_order_mark_is_no_fault(tmp_path: Path) -> None:
    path = write_toml(tmp_path / "spec.toml", small_spec())
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert read_spec(path).name == "small"


def test_every_shipped_experiment_is_read() -> None:
    found = shipped_experiments()
    assert "delivery" in found
    assert {name: read_any_spec(path).name for name, path in found.items()} == {name: name for name in found}


def _missing(folder: Path) -> Path:
    return folder / "none.toml"


def _folder(folder: Path) -> Path:
    return folder


def _holding(content: bytes, name: str = "spec.toml") -> Callable[[Path], Path]:
    def make(folder: Path) -> Path:
        path = folder / name
        path.write_bytes(content)
        return path

    return make


@pytest.mark.parametrize(
    ("make", "expected"),
    [
        (_missing, "got no file, expected a TOML file, seen from "),
        (_folder, "got a folder, expected a TOML file"),
        (_holding(b"x = 1\ny = 2\nz = '\xff'\n"), "a byte that is not UTF-8 at offset 17, in line 3, expected UTF-8"),
        (_holding(bytes(range(256))), "a byte that is not UTF-8 at offset 128, in line 2"),
        (_holding(b"#" * 1_000_001), "got 1000001 bytes, expected at most 1000000"),
        (_holding(b"version = 1\nversion = 1\n"), "text that is not TOML (Cannot overwrite a value (at line 2"),
        (_holding(b"seeds = 010\n"), "text that is not TOML"),
        (_holding(b"x = " + b"[" * 100_000), "nested too deeply, expected at most 20 levels"),
        (_holding(b".".join([b"a"] * 5_000) + b" = 1"), "nested too deeply, expected at most 20 levels"),
        (_holding(b"budget_steps = " + b"9" * 5_000), "text that is not TOML (Exceeds the limit"),
        (_holding(b"version: 1\n", "spec.yaml"), "got a YAML file, expected TOML; rewrite it as .toml"),
        (_holding(b"version: 1\n", "spec.yml"), "got a YAML file, expected TOML; rewrite it as .toml"),
    ],
)
def test_what_is_no_experiment_is_refused(make: Callable[[Path], Path], expected: str, tmp_path: Path) -> None:
    path = make(tmp_path)
    with pytest.raises(BadInput) as refused:
        read_spec(path)
    assert expected in str(refused.value)
    assert str(path) in str(refused.value)
    assert len(refused.value.problems) == 1


def test_an_empty_file_lacks_every_required_key(tmp_path: Path) -> None:
    path = _holding(b"")(tmp_path)
    with pytest.raises(BadInput) as refused:
        read_spec(path)
    assert [problem.where.rpartition(": ")[2] for problem in refused.value.problems] == [
        "version",
        "name",
        "environment",
        "variants",
        "seeds",
        "budget_steps",
    ]
    assert {problem.expected for problem in refused.value.problems} == {"a value: the key is required"}


def test_an_experiment_is_found_by_name_by_file_and_by_folder(tmp_path: Path) -> None:
    path = write_toml(tmp_path / "experiment.toml", small_spec())
    assert find_spec(str(path)) == path
    assert find_spec(str(tmp_path)) == path
    assert find_spec("delivery") == shipped_experiments()["delivery"]


def test_a_misspelt_name_is_refused_with_the_likely_one() -> None:
    with pytest.raises(BadInput, match=r"EXPERIMENT: got 'dlivery', .*; did you mean 'delivery'\?"):
        find_spec("dlivery")
    with pytest.raises(BadInput, match=r"none/x.toml: got no file, expected a TOML file, seen from /"):
        find_spec("none/x.toml")
