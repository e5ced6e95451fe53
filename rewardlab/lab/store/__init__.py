"""Where results live, and who works on them: rows, claims, heartbeats, the file and its versions."""

from rewardlab.lab.store.claims import MAX_ATTEMPTS, Claim, Claims
from rewardlab.lab.store.heartbeat import Heartbeat
from rewardlab.lab.store.owner import Owner, has_ended, this_process
from rewardlab.lab.store.owner_watch import HEARTBEAT_SECONDS, SILENCE_SECONDS, OwnerWatch
from rewardlab.lab.store.presence import Presence, beat, enter, leave, present
from rewardlab.lab.store.result_store import ResultStore
from rewardlab.lab.store.stored_run import Standing, StoredRun
from rewardlab.lab.store.submitted import Member, Submitted

__all__ = [
    "HEARTBEAT_SECONDS",
    "MAX_ATTEMPTS",
    "SILENCE_SECONDS",
    "Claim",
    "Claims",
    "Heartbeat",
    "Member",
    "Owner",
    "OwnerWatch",
    "Presence",
    "ResultStore",
    "Standing",
    "StoredRun",
    "Submitted",
    "beat",
    "enter",
    "has_ended",
    "leave",
    "present",
    "this_process",
]
