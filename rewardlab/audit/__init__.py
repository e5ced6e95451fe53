"""Whether a reward still asks for what was meant: one question a file, each answered with its evidence.

The room can be called by the name of what it is for: ``rewardlab.audit(env, "speed")`` is `audit`.
"""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any, final

from rewardlab.audit.audited_case import audited_case
from rewardlab.audit.auditing import QUESTIONS, Audit, audit
from rewardlab.audit.case import AuditCase, audit_case
from rewardlab.audit.exploit import find_exploit
from rewardlab.audit.finding import LEVELS, Finding
from rewardlab.audit.hackability import hackable_pairs, hackable_witness
from rewardlab.audit.optimal_set import optimal_set
from rewardlab.audit.policy_order import policy_order
from rewardlab.audit.shaping_form import shaping_form
from rewardlab.audit.trajectory import Trajectory

__all__ = [
    "LEVELS",
    "QUESTIONS",
    "Audit",
    "AuditCase",
    "Finding",
    "Trajectory",
    "audit",
    "audit_case",
    "audited_case",
    "find_exploit",
    "hackable_pairs",
    "hackable_witness",
    "optimal_set",
    "policy_order",
    "shaping_form",
]


@final
class _Room(ModuleType):
    # A package has one name for its room and for its function; whichever of them is imported first must not hide the
    # other.
    def __call__(self, *arguments: Any, **settings: Any) -> Audit:
        return audit(*arguments, **settings)


sys.modules[__name__].__class__ = _Room
