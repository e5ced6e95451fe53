"""`python -m rewardlab.cli`, the same as `rewardlab`."""

import sys

from rewardlab.cli import main

if __name__ == "__main__":
    sys.exit(main())
