"""Audits of environments that are no table: a record of episodes, what it shows of each question, and a search."""

from rewardlab.audit.sampling.recording import Record, random_policy, record_episodes
from rewardlab.audit.sampling.sampled_audit import sampled_audit

__all__ = ["Record", "random_policy", "record_episodes", "sampled_audit"]
