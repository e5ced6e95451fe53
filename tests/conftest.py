"""One torch thread in each process of the tests: they run side by side, and small networks on several threads wait."""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")
