"""A run has one thread, also in linear algebra, where more of them give other bits."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.lab.engines.dask_processes import ROOT, with_our_code

# In processes of its own, since a fork server that runs already has its threads.
DRIVER = """
import os
from pathlib import Path

import numpy as np

from rewardlab.lab.engines import LocalEngine

def multiply(job, on_progress):
    product = np.ones((600, 600)) @ np.ones((600, 600))
    return {"threads": len(list(Path("/proc/self/task").iterdir())), "sum": float(product.sum())}

if __name__ == "__main__":
    before = dict(os.environ)
    *_, last = LocalEngine(1).run(multiply, [1])
    assert dict(os.environ) == before
    print(last.payload)
"""


def test_a_run_has_one_thread_whatever_the_machine_would_like(tmp_path: Path) -> None:
    script = tmp_path / "driver.py"
    script.write_text(DRIVER)
    wishes = {"OPENBLAS_NUM_THREADS": "2", "OMP_NUM_THREADS": "2"}
    said = subprocess.run(
        [sys.executable, script], env=with_our_code() | wishes, cwd=ROOT, capture_output=True, text=True
    )
    assert said.stdout.strip() == str({"threads": 1, "sum": 600.0**3}), said.stderr
