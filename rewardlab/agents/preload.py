"""Imported once by the fork server, so that each training process starts in a fraction of a second."""

import stable_baselines3  # noqa: F401  # the point of this module is that it has been imported
import torch
import torch._dynamo  # the first optimiser would import it, taking a second

# More threads are slower here and change results; parallelism is by process.
torch.set_num_threads(1)
