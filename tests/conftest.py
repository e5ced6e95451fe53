"""What holds in every process of the tests."""

import os
import signal

# They run side by side, and small networks on several threads wait for each other.
os.environ.setdefault("OMP_NUM_THREADS", "1")

# Whoever starts the tests in the background of a shell makes them, and all that they start, deaf to Ctrl-C.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
