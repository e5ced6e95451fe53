"""The options that say where runs are done: handed on, explained, and refused with all that is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from rewardlab.cli.engines import engine_of
from rewardlab.cli.parser import make_parser
from rewardlab.lab.engines import DaskEngine, LocalEngine, RunLimits
from rewardlab.lab.spec_tables import LimitsSpec
from tests.command_line import call


@pytest.mark.parametrize("command", ["run delivery", "compare CartPole-v1"])
def test_every_option_reaches_the_engine(command: str, tmp_path: Path) -> None:
    words = "--workers 3 --time-limit 60 --memory-limit 900 --silence-limit 30 --process-limit 9 --max-retries 5"
    engine = engine_of(make_parser().parse_args([*command.split(), *words.split()]))
    assert isinstance(engine, LocalEngine)
    assert (engine.workers, engine.limits) == (3, RunLimits(60, 900, 30, 9, 6))
    files = [tmp_path / name for name in ("ca", "cert", "key")]
    for file in files:
        file.touch()
    words = f"--engine dask --scheduler tls://node1:8786 --tls-ca {files[0]} --tls-cert {files[1]} --tls-key {files[2]}"
    engine = engine_of(make_parser().parse_args([*command.split(), *words.split()]))
    assert isinstance(engine, DaskEngine)
    assert engine.scheduler == "tls://node1:8786"
    assert engine.tls is not None
    assert [engine.tls.authority, engine.tls.certificate, engine.tls.key] == files


def test_without_options_limits_are_the_usual_ones() -> None:
    engine = engine_of(make_parser().parse_args(["run", "delivery"]))
    assert isinstance(engine, LocalEngine)
    assert engine.limits == RunLimits()


def test_limits_of_the_file_hold_where_no_option_says_otherwise() -> None:
    written = LimitsSpec(seconds=100, memory_mib=900.0, attempts=1)
    words = ["run", "delivery", "--time-limit", "60", "--max-retries", "5"]
    engine = engine_of(make_parser().parse_args(words), written)
    assert isinstance(engine, LocalEngine)
    assert engine.limits == RunLimits(seconds=60, memory_mib=900, attempts=6)
    engine = engine_of(make_parser().parse_args(words[:2]), written)
    assert isinstance(engine, LocalEngine)
    assert engine.limits == RunLimits(seconds=100, memory_mib=900, attempts=1)


def test_all_that_is_wrong_is_told_and_nothing_is_run(tmp_path: Path) -> None:
    said = call(
        "run",
        "delivery",
        "--out",
        tmp_path / "out",
        "--scheduler",
        "tcp://a:1",
        "--time-limit",
        "0",
        "--max-retries",
        -1,
        "--largest-number",
        0,
    )
    assert said.code == 2
    assert said.err.splitlines() == [
        "rewardlab: --largest-number: got 0.0, expected a number in [1, inf]; a reward of 1 is no fault",
        "rewardlab: --time-limit: got 0.0, expected seconds in [0.1, 1e9]",
        "rewardlab: --max-retries: got -1, expected a number of further attempts in [0, 100]",
        "rewardlab: --scheduler: got tcp://a:1, expected --engine dask with it",
    ]
    assert not (tmp_path / "out").exists()
