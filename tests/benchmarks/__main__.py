"""Measures every row and prints one table: ``python -m tests.benchmarks [--only NAME] [--skip-demo] [--strict]``."""

from __future__ import annotations

import argparse
import os
import platform
import sys
import traceback
from collections.abc import Callable, Sequence

import torch

from tests.benchmarks import (
    adapter_step,
    audit,
    auxiliary,
    demo,
    engine_throughput,
    finite_vector,
    losses,
    minichess,
    ppo_training,
    reward_wrappers,
    start_up,
    tablebase,
)
from tests.benchmarks.table import Row, as_text

BENCHMARKS: dict[str, Callable[[], list[Row]]] = {
    "finite-vector": finite_vector.rows,
    "mini-chess": minichess.rows,
    "adapter-step": adapter_step.rows,
    "ppo-training": ppo_training.rows,
    "auxiliary": auxiliary.rows,
    "reward-wrappers": reward_wrappers.rows,
    "start-up": start_up.rows,
    "audit": audit.rows,
    "losses": losses.rows,
    "tablebase": tablebase.rows,
    "engine-throughput": engine_throughput.rows,
    "demo": demo.rows,
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmarks.

    Returns:
        1 if one broke, or, with ``--strict``, if a budget was missed; else 0.
    """
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description="Speed, as ratios to peers.")
    parser.add_argument("--only", choices=BENCHMARKS, action="append", help="run this one; may be repeated")
    parser.add_argument("--skip-demo", action="store_true", help="leave `rewardlab run delivery` out")
    parser.add_argument("--strict", action="store_true", help="exit with 1 if a budget is missed")
    chosen = parser.parse_args(arguments)
    names = [name for name in chosen.only or BENCHMARKS if not (chosen.skip_demo and name == "demo")]
    torch.set_num_threads(1)
    rows: list[Row] = []
    broken = False
    for name in names:
        print(f"measuring {name} ...", file=sys.stderr, flush=True)
        try:
            rows += BENCHMARKS[name]()
        except Exception as error:
            broken = True
            traceback.print_exc()
            rows.append(Row(name, f"broke: {type(error).__name__}"))
    load = ", ".join(f"{load:.1f}" for load in os.getloadavg())
    print(f"Python {platform.python_version()}, {os.cpu_count()} cores, load {load}; medians over interleaved rounds\n")
    print(as_text(rows))
    missed = any(row.kept is False for row in rows)
    return int(broken or (chosen.strict and missed))


if __name__ == "__main__":
    sys.exit(main())
