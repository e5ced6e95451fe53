"""`python -m rewardlab.cli`, the same as `rewardlab`."""

import sys

from rewardlab.cli import main

sys.exit(main())
