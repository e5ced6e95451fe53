"""A repair as plain text: what is so, then the proposals, mildest kind first."""

from __future__ import annotations

import textwrap

from rewardlab.audit.repair.proposal import Proposal, Repair
from rewardlab.reports.trajectory_text import narrow_picture

__all__ = ["repair_lines"]


def repair_lines(repair: Repair, width: int = 110) -> list[str]:
    """Lay a repair out.

    Args:
        repair: What was found.
        width: The characters of a line.
    """
    case = repair.case
    lines = [
        *_wrapped(f"{repair.subject}: what would make {case.proxy_name!r} ask for {case.objective_name!r}?", "", width),
        *_wrapped(f"criterion: {case.criterion}", "", width),
        "",
    ]
    for statement in repair.statements:
        lines += _wrapped(statement, "", width)
    for number, proposal in enumerate(repair.proposals, start=1):
        lines += ["", *_proposal_lines(number, proposal, width)]
    if not repair.already_safe and not repair.proposals:
        lines += ["", "Nothing that was tried passes the audit."]
    return lines


def _proposal_lines(number: int, proposal: Proposal, width: int) -> list[str]:
    lines = _wrapped(f"{number}. {proposal.kind.upper()}: {proposal.summary}", "", width)
    for line in proposal.evidence:
        said, _, picture = line.partition("\n")
        lines += [
            *_wrapped(said, "   - ", width),
            *(f"     {row}".rstrip() for row in narrow_picture(picture, width - 5)),
        ]
    share = f"{100 * proposal.gap_share:.3g} % of the largest amounts"
    ahead = f"right actions are ahead of wrong ones by {proposal.gap:.3g} at least ({share})"
    lines += _wrapped(f"audited again: SAFE; {ahead}", "   - ", width)
    if proposal.payment is None:
        lines += _wrapped("no spec can say it: the reward came as an array or a function", "   - ", width)
        return lines
    lines += _wrapped(f"reward = {_shown(proposal.payment.reward)}", "   ", width)
    for wrapper in proposal.payment.wrappers:
        lines += _wrapped(f"wrapper {_shown(wrapper)}", "   ", width)
    return lines


def _shown(value: object) -> str:
    """A value as TOML would write it, a long list cut short."""
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {_shown(entry)}" for key, entry in value.items()) + " }"
    if isinstance(value, list):
        shown = ", ".join(f"{entry:.4g}" for entry in value[:4])
        return f"[{shown}, ... {len(value)} numbers, one for each state]" if len(value) > 4 else f"[{shown}]"
    return f'"{value}"' if isinstance(value, str) else f"{value:.6g}"


def _wrapped(text: str, indent: str, width: int) -> list[str]:
    return textwrap.wrap(
        text, width, initial_indent=indent, subsequent_indent=" " * max(3, len(indent)), break_on_hyphens=False
    )
