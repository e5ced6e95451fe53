"""The same runs give the same numbers, whatever does them and whatever is killed meanwhile."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from rewardlab.lab.engines import DaskEngine, Event, LocalEngine
from tests.lab.engines.dask_processes import ROOT, address_in, dask, with_our_code
from tests.lab.engines.twenty_four_runs import hash_of_results, plans

SEEDS = 6
"""With two variants and two algorithms, 24 runs."""


def test_one_process_and_two_give_the_same_numbers(tmp_path: Path) -> None:
    few = plans(2, tabular_only=True)
    one, two = (hash_of_results(few, lambda: LocalEngine(workers), tmp_path / str(workers)) for workers in (1, 2))  # noqa: B023
    assert one == two


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The hash of the 24 runs, one after the other."""
    return hash_of_results(plans(SEEDS), lambda: LocalEngine(1), tmp_path_factory.mktemp("one"))


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_twenty_four_runs_on_two_processes(expected: str, tmp_path: Path) -> None:
    assert hash_of_results(plans(SEEDS), lambda: LocalEngine(2), tmp_path) == expected


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_twenty_four_runs_on_a_cluster_that_loses_a_worker(expected: str, tmp_path: Path) -> None:
    pytest.importorskip("distributed")
    address = tmp_path / "scheduler.json"
    with ExitStack() as stack:
        stack.enter_context(dask("scheduler", "--host", "127.0.0.1", "--port", "0", "--scheduler-file", str(address)))
        workers = [
            stack.enter_context(
                dask("worker", "--scheduler-file", str(address), "--nthreads", "1", "--host", "127.0.0.1")
            )
            for _ in range(2)
        ]
        killed: list[int] = []

        def kill_one(event: Event) -> None:
            if event.index == 7 and event.kind == "started" and not killed:
                killed.append(workers[0].pid)
                time.sleep(1)
                os.killpg(workers[0].pid, signal.SIGKILL)

        found = hash_of_results(plans(SEEDS), lambda: DaskEngine(address_in(address)), tmp_path, kill_one)
        assert killed
        assert workers[0].poll() is not None
        assert workers[1].poll() is None
    assert found == expected


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_twenty_four_runs_across_two_networks(expected: str, tmp_path: Path) -> None:
    pytest.importorskip("distributed")
    scheduler = "tcp://10.213.0.1:8786"
    with (
        two_networks() as (here, there),
        dask("scheduler", "--host", "10.213.0.1", "--port", "8786", prefix=here),
        dask("worker", scheduler, "--nthreads", "2", "--host", "10.213.0.2", prefix=there),
    ):
        driver = [*here, sys.executable, "-m", "tests.lab.engines.twenty_four_runs", tmp_path, scheduler]
        said = subprocess.run(driver, cwd=ROOT, env=with_our_code(), capture_output=True, text=True)
    assert said.stdout.strip() == expected, said.stderr


@contextmanager
def two_networks() -> Iterator[tuple[tuple[str, ...], tuple[str, ...]]]:
    """Two network namespaces with a cable between, 10.213.0.1 and .2; and what to put before a command for each."""
    if shutil.which("ip") is None:
        pytest.skip("there is no `ip` to make network namespaces with")
    names = [f"rewardlab-{os.getpid()}-{end}" for end in "ab"]
    made = subprocess.run(["ip", "netns", "add", names[0]], capture_output=True, text=True)
    if made.returncode:
        pytest.skip(f"no network namespaces here: {made.stderr.strip()}")
    cable = [f"rl{os.getpid()}{end}" for end in "ab"]
    try:
        steps = [
            f"ip netns add {names[1]}",
            f"ip link add {cable[0]} netns {names[0]} type veth peer name {cable[1]} netns {names[1]}",
        ]
        for name, end, address in zip(names, cable, ("10.213.0.1", "10.213.0.2"), strict=True):
            steps += [
                f"ip -n {name} addr add {address}/24 dev {end}",
                f"ip -n {name} link set {end} up",
                f"ip -n {name} link set lo up",
            ]
        for step in steps:
            subprocess.run(step.split(), check=True)
        yield ("ip", "netns", "exec", names[0]), ("ip", "netns", "exec", names[1])
    finally:
        for name in names:
            subprocess.run(["ip", "netns", "del", name], capture_output=True)
