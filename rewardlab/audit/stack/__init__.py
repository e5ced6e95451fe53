"""The stack of wrappers: read without training, as a table of what it pays, and wrapper by wrapper."""

from rewardlab.audit.stack.stack_finding import stack_finding

__all__ = ["stack_finding"]
