"""What the audit says of each reward that was trained on, before any training."""

from __future__ import annotations

from collections.abc import Sequence

from rewardlab.audit.auditing import Audit
from rewardlab.reports.audit_text import audit_lines
from rewardlab.reports.page.audited_rewards import AuditedReward
from rewardlab.reports.page.section import Section, TextBlock, TextTable

__all__ = ["audit_section"]

_COLUMNS = 100
_VERDICTS = {True: "SAFE", False: "UNSAFE", None: "not decided"}


def audit_section(rewards: Sequence[AuditedReward]) -> Section | None:
    """One column for each reward, a row for each question; below it each audit with its evidence.

    Args:
        rewards: Those of the experiment.
    """
    if not rewards:
        return None
    found = [(reward, reward.audit) for reward in rewards if reward.audit is not None]
    lead = (
        "Exact, on the environment's table, without training. SAFE: whatever is optimal for what is paid is optimal for"
        " the objective. The other rows say how much a finding matters: unsafe, caution, note or fine."
        if found
        else "None of these rewards was audited for this page."
    )
    tables = [*([_table(found)] if found else []), *_left_out(rewards)]
    blocks = [
        TextBlock(
            "\n".join(audit_lines(audit, _COLUMNS, reward.watch)),
            f"{reward.name}: {_VERDICTS[audit.safe]}, with the evidence",
            is_folded=True,
        )
        for reward, audit in found
    ]
    return Section("audit", "What the rewards ask for", lead, tables=tables, blocks=blocks)


def _table(found: Sequence[tuple[AuditedReward, Audit]]) -> TextTable:
    questions = list(dict.fromkeys(finding.name for _, audit in found for finding in audit.findings))
    words = [{finding.name: finding.level for finding in audit.findings} for _, audit in found]
    rows = [
        ["paid to", *(", ".join(reward.variants) for reward, _ in found)],
        ["verdict", *(_VERDICTS[audit.safe] for _, audit in found)],
        *([name.replace("_", " "), *(levels.get(name, "-") for levels in words)] for name in sorted(questions)),
    ]
    return TextTable(["", *(reward.name for reward, _ in found)], rows, "Findings", is_prose=True)


def _left_out(rewards: Sequence[AuditedReward]) -> list[TextTable]:
    """Those that were not audited, each with the reason and the command; none if all were."""
    rows = [
        [reward.name, reward.reason, reward.command or "none says all that wraps it: see rewardlab.audit.audit"]
        for reward in rewards
        if reward.audit is None
    ]
    head = ["reward", "why it was not audited here", "the command that audits it"]
    return [TextTable(head, rows, "Not audited", is_prose=True)] if rows else []
