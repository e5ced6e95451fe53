"""The proxy as a signal to learn from: how often, how soon, how late, how evenly it pays, and what a shift would do."""

from rewardlab.audit.signal.signal_finding import signal_finding

__all__ = ["signal_finding"]
