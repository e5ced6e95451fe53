"""An audit as plain text: the verdict first, then the findings, worst first."""

from __future__ import annotations

import textwrap

from rewardlab.audit.auditing import Audit
from rewardlab.audit.finding import Finding
from rewardlab.reports.trajectory_text import WATCH, narrow_picture, trajectory_lines

__all__ = ["audit_lines"]

_NARROWEST = 60
_VERDICTS = {
    True: "SAFE: every policy that is optimal for the proxy is optimal for the objective.",
    False: "UNSAFE: a policy that is optimal for the proxy falls short of the objective.",
    None: "NOT DECIDED: the environment is no table; samples can show violations, never their absence.",
}


def audit_lines(audit: Audit, width: int = 110, watch: str = WATCH) -> list[str]:
    """Lay an audit out.

    Args:
        audit: What was found.
        width: The characters of a line, at least 60. Maps and commands are never broken, however long.
        watch: The command that plays an episode, of which each trajectory tells the rest.
    """
    width = max(width, _NARROWEST)
    lines = [
        *_wrapped(f"{audit.subject}: does {_quoted(audit.proxy)} ask for {_quoted(audit.objective)}?", "", width),
        *_wrapped(f"criterion: {audit.criterion}", "", width),
        "",
        *_wrapped(_VERDICTS[audit.safe], "", width),
    ]
    told: dict[str, str] = {}
    for finding in audit.findings:
        lines += ["", *_finding_lines(finding, width, watch, told)]
    return lines


def _quoted(name: str) -> str:
    """A name in quotes; a description, such as "the environment's reward", as it is."""
    return name if name.startswith("the ") else repr(name)


def _finding_lines(finding: Finding, width: int, watch: str, told: dict[str, str]) -> list[str]:
    """The lines of a finding; what was told already is not told again."""
    lines = [f"{finding.level.upper():<8} {finding.name} ({finding.basis})", *_wrapped(finding.question, "  ", width)]
    lines += _wrapped(finding.verdict, "  -> ", width)
    for line in finding.evidence:
        if line.removesuffix(f"; {finding.advice}") in finding.verdict:
            continue
        if told.setdefault(line, finding.name) != finding.name:
            line = f"{line.partition(':')[0]}: see {told[line]}"
        lines += _evidence_lines(line, width)
    for trajectory in finding.trajectories:
        lines += ["", *(f"     {line}".rstrip() for line in trajectory_lines(trajectory, width - 5, watch))]
    if finding.advice:
        lines += _wrapped(f"what to do: {finding.advice}", "     ", width)
    return lines


def _evidence_lines(text: str, width: int) -> list[str]:
    """A sentence, and under it a picture where there is one."""
    said, _, picture = text.partition("\n")
    return [*_wrapped(said, "   - ", width), *(f"     {line}".rstrip() for line in narrow_picture(picture, width - 5))]


def _wrapped(text: str, indent: str, width: int) -> list[str]:
    return textwrap.wrap(
        text, width, initial_indent=indent, subsequent_indent=" " * len(indent), break_on_hyphens=False
    )
