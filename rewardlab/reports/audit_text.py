"""An audit as plain text: the verdict first, then the findings, worst first."""

from __future__ import annotations

import textwrap

from rewardlab.audit.auditing import Audit
from rewardlab.audit.finding import Finding
from rewardlab.reports.trajectory_text import trajectory_lines

__all__ = ["audit_lines"]

_NARROWEST = 60
_VERDICTS = {
    True: "SAFE: every policy that is optimal for the proxy is optimal for the objective.",
    False: "UNSAFE: a policy that is optimal for the proxy falls short of the objective.",
    None: "NOT DECIDED: the environment is no table; samples can show violations, never their absence.",
}


def audit_lines(audit: Audit, width: int = 110) -> list[str]:
    """Lay an audit out.

    Args:
        audit: What was found.
        width: The characters of a line, at least 60. Maps and commands are never broken, however long.
    """
    width = max(width, _NARROWEST)
    lines = [
        *_wrapped(f"{audit.subject}: does {audit.proxy!r} ask for {audit.objective!r}?", "", width),
        *_wrapped(f"criterion: {audit.criterion}", "", width),
        "",
        *_wrapped(_VERDICTS[audit.safe], "", width),
    ]
    for finding in audit.findings:
        lines += ["", *_finding_lines(finding, width)]
    return lines


def _finding_lines(finding: Finding, width: int) -> list[str]:
    lines = [f"{finding.level.upper():<8} {finding.name} ({finding.basis})", *_wrapped(finding.question, "  ", width)]
    lines += _wrapped(finding.verdict, "  -> ", width)
    for line in finding.evidence:
        lines += _wrapped(line, "   - ", width)
    for trajectory in finding.trajectories:
        lines += ["", *(f"     {line}".rstrip() for line in trajectory_lines(trajectory, width - 5))]
    if finding.advice:
        lines += _wrapped(f"what to do: {finding.advice}", "     ", width)
    return lines


def _wrapped(text: str, indent: str, width: int) -> list[str]:
    return textwrap.wrap(
        text, width, initial_indent=indent, subsequent_indent=" " * len(indent), break_on_hyphens=False
    )
