"""The finding on the proxy as a signal: what is said of it, and when it is a cause for caution."""

from __future__ import annotations

from typing import Any

import numpy as np

from rewardlab.audit.case import AuditCase
from rewardlab.audit.finding import Finding, Level
from rewardlab.audit.signal.proxy_signal import ProxySignal, proxy_signal

__all__ = ["signal_finding"]

QUESTION = "How strong a signal is the proxy to learn from?"

LONG_WAIT = 10_000
"""Steps to the first payment. A small experiment trains for 100,000 steps; one that sees fewer than ten payments before
it has learned anything is a matter of luck."""
LITTLE_CREDIT = 0.1
"""Of a payment at the effective horizon. What the first step decides is then worth less than a tenth of it in values
and advantages, and drowns in the error of any estimate of them."""
WIDE_SCALE = 10_000.0
"""Largest payment to smallest. A critic's squared error counts the large one 10,000 ** 2 times as much, and single
precision, 7 digits, leaves 3 of the small one."""
FEW_STEPS = 0.01
"""The share of paid steps below which a reward is called sparse: one in a hundred."""


def signal_finding(case: AuditCase) -> Finding:
    """Ask it of a model."""
    answer = proxy_signal(case)
    hard, worth_knowing = _difficulties(answer), _fragilities(answer)
    level: Level = "caution" if hard else "note" if worth_knowing else "fine"
    if hard:
        verdict = f"Weak: {'; '.join(hard)}."
    elif worth_knowing:
        verdict = f"Strong enough, but mind: {'; '.join(worth_knowing)}."
    else:
        verdict = "Strong: paid often, soon and evenly."
    evidence = [_often(answer), _soon(answer), _late(case, answer), _even(answer), _shifts(answer)]
    evidence += _clips(answer) + _terms(answer)
    advice = _advice(answer) if hard else ""
    return Finding("signal", QUESTION, level, verdict, "proven on the model", tuple(evidence), advice, _data(answer))


def _silent(answer: ProxySignal) -> list[str]:
    return [name for name, term in answer.terms.items() if not term.fires]


def _difficulties(answer: ProxySignal) -> list[str]:
    first = answer.first
    found = []
    if answer.largest == 0.0:
        found.append("it pays nothing at all")
    elif not np.isfinite(first.steps):
        found.append("a random policy may wait for its first payment for ever")
    elif first.steps > LONG_WAIT:
        found.append(f"a random policy waits {first.steps:,.0f} steps for its first payment")
    if answer.credit < LITTLE_CREDIT:
        found.append(f"{100 * answer.credit:.2g} % of the payment is left at the first step")
    if answer.unshaped_ratio > WIDE_SCALE:
        found.append(f"the largest payment is {answer.unshaped_ratio:,.0f} times the smallest")
    found += [f"{name} never fires" for name in _silent(answer)]
    return found


def _fragilities(answer: ProxySignal) -> list[str]:
    found = []
    if 0.0 < answer.paid_steps < FEW_STEPS:
        found.append(f"sparse, {100 * answer.paid_steps:.2g} % of a random policy's steps are paid")
    if min(-answer.penalty, answer.bonus) < answer.largest:
        found.append("a constant smaller than a payment, added to each step, changes what is optimal")
    if _harmful(answer):
        found.append(f"clipping changes what is optimal ({', '.join(_harmful(answer))})")
    return found


def _harmful(answer: ProxySignal) -> list[str]:
    return [_clipping(name) for name, clipped in answer.clipped.items() if not clipped.safe]


def _advice(answer: ProxySignal) -> str:
    advice = []
    if not answer.first.steps <= LONG_WAIT or answer.credit < LITTLE_CREDIT:
        advice.append("shape by a potential, or begin episodes nearer to what is paid (a curriculum)")
    if answer.unshaped_ratio > WIDE_SCALE:
        advice.append("bring the payments to one scale (not by clipping, where that changes what is optimal)")
    if _silent(answer):
        advice.append("look at the condition of a term that never fires, or drop it")
    return "; ".join(advice)


def _often(answer: ProxySignal) -> str:
    return (
        f"{100 * answer.paying_actions:.3g} % of states and actions may pay, and {100 * answer.paid_steps:.3g} % of a"
        " random policy's (discounted) steps are paid"
    )


def _soon(answer: ProxySignal) -> str:
    first = answer.first
    paid = f"an episode is paid with probability {first.paid:.4g}"
    if np.isfinite(first.steps):
        unit = "step" if f"{first.steps:.4g}" == "1" else "steps"
        return f"a random policy waits {first.steps:.4g} {unit} on average for its first payment; {paid}"
    return (
        f"a random policy may never be paid: {paid}, ends unpaid with {first.unpaid:.4g}, and with {first.never:.4g}"
        " goes on for ever unpaid"
    )


def _late(case: AuditCase, answer: ProxySignal) -> str:
    if np.isnan(answer.horizon):
        return "effective horizon: none, for a proxy-optimal policy is never paid"
    return (
        f"effective horizon: a proxy-optimal policy is paid after {answer.horizon:.4g} steps on average; at the first"
        f" step {case.gamma:g} ** {answer.horizon:.4g} = {answer.credit:.4g} of that is left"
    )


def _even(answer: ProxySignal) -> str:
    return f"payments from {answer.smallest:.4g} to {answer.largest:.4g} in size, a ratio of {answer.scale_ratio:,.0f}"


def _shifts(answer: ProxySignal) -> str:
    bounds = [("a penalty", -answer.penalty), ("a bonus", answer.bonus)]
    finite = [f"{name} of more than {size:.4g}" for name, size in bounds if np.isfinite(size)]
    if not finite:
        return "a constant added to each step never changes what is optimal"
    return f"a constant added to each step changes what is optimal if it is {' or '.join(finite)}"


def _clips(answer: ProxySignal) -> list[str]:
    lines = []
    for name, clipped in answer.clipped.items():
        if not clipped.safe:
            worst = f"the proxy then pays {clipped.worst:.6g} at worst, not {clipped.optimum:.6g}"
            lines.append(f"{_clipping(name)}: changes what is optimal; {worst}")
        else:
            lines.append(f"{_clipping(name)}: {'keeps what is optimal' if clipped.alters else 'alters nothing'}")
    return lines


def _clipping(name: str) -> str:
    return "keep the sign alone" if name == "sign" else name


def _terms(answer: ProxySignal) -> list[str]:
    lines = []
    for name, term in answer.terms.items():
        if not term.fires:
            lines.append(f"term {name}: never fires, whatever is done")
            continue
        parts = [
            f"{size.mean:.4g} a step under a {who} policy ({100 * size.share:.3g} % of all), {size.largest:.4g} at most"
            for who, size in (("random", term.random), ("proxy-optimal", term.optimal))
        ]
        lines.append(f"term {name}, in size: {'; '.join(parts)}")
    return lines


def _data(answer: ProxySignal) -> dict[str, Any]:
    first = answer.first
    return {
        "paying_actions": answer.paying_actions,
        "paid_steps": answer.paid_steps,
        "first_payment": {
            "steps": _finite(first.steps),
            "paid": first.paid,
            "unpaid": first.unpaid,
            "never": first.never,
        },
        "effective_horizon": _finite(answer.horizon),
        "credit": _finite(answer.credit),
        "smallest": answer.smallest,
        "largest": answer.largest,
        "scale_ratio": answer.scale_ratio,
        "unshaped_ratio": answer.unshaped_ratio,
        "penalty": _finite(answer.penalty),
        "bonus": _finite(answer.bonus),
        "clipped": {
            name: {"alters": clipped.alters, "safe": clipped.safe, "worst": clipped.worst, "optimum": clipped.optimum}
            for name, clipped in answer.clipped.items()
        },
        "terms": {
            name: {
                "fires": term.fires,
                **{
                    who: {"mean": size.mean, "largest": size.largest, "share": size.share}
                    for who, size in (("random", term.random), ("optimal", term.optimal))
                },
            }
            for name, term in answer.terms.items()
        },
    }


def _finite(number: float) -> float | None:
    """JSON knows no infinities."""
    return number if np.isfinite(number) else None
