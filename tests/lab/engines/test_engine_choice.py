"""Engines by their names, and what is refused before anything runs."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from rewardlab.errors import BadInput
from rewardlab.lab.engines import DaskEngine, LocalEngine, RunLimits, make_engine
from rewardlab.lab.engines import dask_engine as dask_module


@pytest.fixture
def pem(tmp_path: Path) -> Path:
    """A file."""
    (tmp_path / "any.pem").touch()
    return tmp_path / "any.pem"


def test_the_default_is_local() -> None:
    limits = RunLimits(seconds=7)
    engine = make_engine(workers=3, limits=limits)
    assert isinstance(engine, LocalEngine)
    assert (engine.workers, engine.limits) == (3, limits)


def test_dask_has_its_settings(pem: Path) -> None:
    engine = make_engine("dask", workers=3)
    assert isinstance(engine, DaskEngine)
    assert (engine.workers, engine.scheduler, engine.tls) == (3, "", None)
    files = {"tls_authority": pem, "tls_certificate": pem, "tls_key": pem}
    engine = make_engine("dask", scheduler="tls://node1:8786", **files)
    assert isinstance(engine, DaskEngine)
    assert engine.tls is not None
    assert engine.tls.authority == pem


@pytest.mark.parametrize(
    "address", ["tcp://10.0.0.1:8786", "tls://node-1.example.org:1", "localhost:8786", "tcp://[::1]:8786"]
)
def test_addresses_that_there_are(address: str, pem: Path) -> None:
    files = {"tls_authority": pem, "tls_certificate": pem, "tls_key": pem} if address.startswith("tls") else {}
    assert make_engine("dask", scheduler=address, **files)


@pytest.mark.parametrize(
    ("settings", "lines"),
    [
        ({"name": "dsak"}, ["--engine: got 'dsak', expected a known engine: dask, local; did you mean 'dask'?"]),
        (
            {"scheduler": "tcp://a:1", "tls_key": Path("k")},
            [
                "--tls-key: got k, expected --engine dask with it",
                "--scheduler: got tcp://a:1, expected --engine dask with it",
            ],
        ),
        (
            {"name": "dask", "scheduler": "node1"},
            ["--scheduler: got 'node1', expected an address as in tls://node1:8786"],
        ),
        ({"name": "dask", "scheduler": "inproc://1/2:3"}, ["--scheduler: got 'inproc://1/2:3', expected an address"]),
        (
            {"name": "dask", "scheduler": "tcp://a:1", "workers": 2},
            ["--workers: got 2, expected none: the scheduler has"],
        ),
        (
            {"name": "dask", "scheduler": "tls://a:1"},
            ["--scheduler: got 'tls://a:1', expected --tls-ca, --tls-cert and --tls-key with it"],
        ),
        (
            {"name": "dask", "scheduler": "tls://a:1", "tls_key": Path("k")},
            ["--tls-ca: got nothing, expected a PEM file", "--tls-cert: got nothing, expected a PEM file"],
        ),
        (
            {"name": "dask", "tls_authority": Path("a"), "tls_certificate": Path("b"), "tls_key": Path("c")},
            [
                f"--tls-{flag}: got {path}, expected a PEM file"
                for flag, path in (("ca", "a"), ("cert", "b"), ("key", "c"))
            ],
        ),
        ({"name": "dask", "workers": 0}, ["--workers: got 0, expected a number of processes in [1, 256]"]),
    ],
)
def test_what_does_not_go_together_is_refused(settings: dict[str, Any], lines: list[str]) -> None:
    with pytest.raises(BadInput) as caught:
        make_engine(**settings)
    found = [str(problem) for problem in caught.value.problems]
    assert len(found) == len(lines)
    assert all(any(text.startswith(line) for text in found) for line in lines)


def test_certificates_need_an_address_that_uses_them(pem: Path) -> None:
    files = {"tls_authority": pem, "tls_certificate": pem, "tls_key": pem}
    for scheduler in ("", "tcp://a:1"):
        with pytest.raises(BadInput, match=r"--tls-ca: got .*, expected --scheduler tls://HOST:PORT with it"):
            make_engine("dask", scheduler=scheduler, **files)


def test_what_is_not_installed_is_named_with_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    find = importlib.util.find_spec
    monkeypatch.setattr(
        dask_module.importlib.util, "find_spec", lambda name: None if name == "distributed" else find(name)
    )
    with pytest.raises(BadInput, match=r"the package distributed.*pip install 'rewardlab\[cluster\]'"):
        make_engine("dask")
    assert make_engine()


def test_dask_is_loaded_by_those_who_use_it() -> None:
    code = "import sys, rewardlab.lab.engines; print('distributed' in sys.modules, 'dask' in sys.modules)"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout.split() == ["False", "False"]
