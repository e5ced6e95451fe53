"""What a run costs beside its training, as runs grow: ``python -m tests.benchmarks.scaling [--runs N] [--engine E]``.

Runs are stubs that end at once, with results as large as real ones, so that all that is seen is the lab's own cost. The
engine ``none`` does them in the driver itself: what is left is claiming, storing and telling. ``CPU``, ``export`` and
``again`` (finding that there is nothing left to do) are processor time, which other load disturbs little.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator, Iterable, Sequence
from pathlib import Path
from typing import final

from rewardlab.lab import ResultStore, StoredRun, Submitted, at_work
from rewardlab.lab.claimed_work import Task, do_claimed
from rewardlab.lab.engines import Engine, Event, make_engine
from rewardlab.lab.engines.engine import Job, Work
from rewardlab.lab.engines.processes import family
from rewardlab.lab.exports import provenance_lines, results_csv, results_json_lines
from rewardlab.lab.store import Member
from tests.benchmarks.stub_runs import stub

_HEADINGS = (
    "engine",
    "runs",
    "wall/run",
    "CPU/run",
    "runs/s",
    "driver peak",
    "store",
    "export",
    "its peak",
    "again",
)
_SETTINGS = {
    "environment": "rewardlab_envs:rewardlab/Delivery-v0",
    "algorithm": {"name": "ppo"},
    "budget_steps": 60_000,
}


@final
class NoEngine(Engine):
    """Does each job in the process that asks."""

    def run(self, work: Work, jobs: Iterable[Job], preload: Sequence[str] = ()) -> Generator[Event]:
        """One after the other."""
        for index, job in enumerate(jobs):
            yield Event(index, "started")
            yield Event(index, "finished", work(job, lambda _: None))


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure each size in a new process, and print a line of each."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.scaling")
    parser.add_argument("--runs", type=int, nargs="+", default=[10, 100, 1000, 10_000])
    parser.add_argument("--engine", nargs="+", choices=("none", "local", "dask"), default=["none", "local"])
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--single", action="store_true", help="measure here, for the first engine and size")
    options = parser.parse_args(arguments)
    if options.single:
        print(_line(options.engine[0], options.runs[0], options.workers))
        return
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, {options.workers} workers")
    print("  ".join(heading.rjust(11) for heading in _HEADINGS), flush=True)
    for engine in options.engine:
        for runs in options.runs:
            words = ["--single", "--engine", engine, "--runs", str(runs), "--workers", str(options.workers)]
            subprocess.run([sys.executable, "-m", "tests.benchmarks.scaling", *words], check=True)


def _line(name: str, runs: int, workers: int) -> str:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "results.sqlite"
        engine = NoEngine() if name == "none" else make_engine(name, workers=workers)
        members = tuple(Member("stub", number, f"{number:032x}") for number in range(runs))
        experiment = Submitted("scaling", {}, members)
        wall, cpu = time.perf_counter(), _cpu_seconds()
        _do(path, experiment, engine)
        wall, cpu = time.perf_counter() - wall, _cpu_seconds() - cpu
        peak, export = _peak_mib(), time.process_time()
        _export(path, experiment)
        export = time.process_time() - export
        again = time.process_time()
        _do(path, experiment, engine)
        again = time.process_time() - again
        cells = (
            name,
            f"{runs}",
            f"{1000 * wall / runs:.1f} ms",
            "?" if name == "dask" else f"{1000 * cpu / runs:.1f} ms",  # its processes are gone
            f"{runs / wall:,.0f}",
            f"{peak:.0f} MiB",
            f"{path.stat().st_size / 2**20:.1f} MiB",
            f"{export:.2f} s",
            f"{_peak_mib():.0f} MiB",
            f"{again:.2f} s",
        )
        return "  ".join(cell.rjust(11) for cell in cells)


def _do(path: Path, experiment: Submitted, engine: Engine) -> None:
    """Do what the store does not have, as `rewardlab run` does."""
    store = ResultStore(path)
    with at_work(store, experiment) as session:
        standings = store.standings(member.identity for member in experiment.members)
        finished = {identity for identity, found in standings.items() if found.state == "finished"}
        tasks = [
            Task(member.identity, _SETTINGS, member.seed)
            for member in experiment.members
            if member.identity not in finished
        ]
        for _ in do_claimed(tasks, session, engine, stub, _row, ["rewardlab.agents.preload"]):
            pass


def _row(task: Task, event: Event, seconds: float) -> StoredRun:
    if event.kind == "failed":
        raise RuntimeError(event.payload)
    return StoredRun(task.identity, "finished", task.settings, event.payload, "", {"seconds": seconds})


def _export(path: Path, experiment: Submitted) -> None:
    store = ResultStore(path)
    table = results_csv(store, experiment)
    for lines in (results_json_lines(store, experiment), provenance_lines(store, experiment, table)):
        with (path.parent / "export").open("w", encoding="utf-8") as file:
            file.writelines(lines)


def _cpu_seconds() -> float:
    """Of this process, and of the fork server with all that it has started."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    ticks = 0
    for pid in family(os.getpid()):
        # User and system time, its own and that of those that it has waited for.
        ticks += sum(map(int, Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:15]))
    return used.ru_utime + used.ru_stime + ticks / os.sysconf("SC_CLK_TCK")


def _peak_mib() -> float:
    """The most memory that this process has held; `getrusage` would also count whoever started it."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:")) / 1024


if __name__ == "__main__":
    main()
