"""What becomes of the objective as the proxy is optimised harder and harder: the Goodhart curve.

Pressure grows along two paths. On one, the soft-optimal policies of the proxy from the uniform policy (no pressure) to
a proxy-optimal one (temperature 0); what they are paid never falls. On the other, the rounds of policy iteration from
the greedy policy of the uniform policy's values. Both are exact. On the first, the bound of Karwowski et al. 2024,
"Goodhart's law in reinforcement learning", says how far one may go knowing only the angle between the two rewards.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from rewardlab.audit.case import AuditCase
from rewardlab.audit.finding import Finding, Level
from rewardlab.audit.pressure.early_stopping import angle_between, early_stopping_index
from rewardlab.mdp.policy_iteration import policy_iteration
from rewardlab.mdp.soft_optimal import soft_optimal_limit, soft_optimal_policies

__all__ = ["TEMPERATURES", "GoodhartCurve", "UnderPressure", "under_pressure", "under_pressure_finding"]

QUESTION = "Does the objective keep rising as the proxy is optimised harder?"

TEMPERATURES: tuple[float, ...] = tuple((10.0 ** np.arange(1.0, -3.5, -0.5)).tolist())
"""Those of the soft-optimal policies, in units of the proxy's largest advantage under the uniform policy: at 10 hardly
anything counts, at 0.001 hardly anything else."""

NEGLIGIBLE = 0.01
"""A change of the objective by less than this share of what there is to gain or lose is not spoken of: no training is
judged that finely, and whether the end is the optimum exactly is what optimal_set says."""

_ROUNDING = 1e-12
_TIE = 1e-9


@final
@dataclass(frozen=True, slots=True)
class GoodhartCurve:
    """Policies along one path, by growing pressure.

    Attributes:
        proxy: ``[T]`` what each is paid; it never falls.
        objective: ``[T]`` what each achieves.
        span: What there is to gain or lose of the objective, by which changes are measured; 0 if nothing.
    """

    proxy: NDArray[np.float64]
    objective: NDArray[np.float64]
    span: float

    @property
    def peak(self) -> int:
        """The first policy that achieves the most."""
        return int(np.flatnonzero(self.objective >= self.objective.max() - _TIE * self.span)[0])

    @property
    def gained(self) -> float:
        """From the first policy to the peak, as a share of the span."""
        return self._share(self.objective[self.peak] - self.objective[0])

    @property
    def lost(self) -> float:
        """From the peak to the last policy, as a share of the span; 0 if it is negligible."""
        share = self._share(self.objective[self.peak] - self.objective[-1])
        return share if share > NEGLIGIBLE else 0.0

    @property
    def deepest_dip(self) -> float:
        """The largest fall from any policy to a later one, made good or not, as a share of the span."""
        return self._share(float((np.maximum.accumulate(self.objective) - self.objective).max()))

    @property
    def goodharts(self) -> bool:
        """Whether the objective rises first and falls then."""
        return self.lost > 0.0 and self.gained > NEGLIGIBLE

    def _share(self, change: float) -> float:
        return float(change) / self.span if self.span > 0.0 else 0.0


@final
@dataclass(frozen=True, slots=True)
class UnderPressure:
    """The answer.

    Attributes:
        soft: From the uniform policy over the temperatures to the limit at temperature 0.
        temperatures: ``[T]`` of `soft`, in units of the reward; infinite first, 0 last.
        rounds: Those of policy iteration.
        uniform: What the uniform policy is paid and achieves.
        optimum: The most that can be paid, and the most that can be achieved.
        angle: Between the two rewards along differences of visits, in radians; NaN if one is 0 there.
        stop: The last policy of `soft` that is safe for every objective within that angle; None if there is no angle.
    """

    soft: GoodhartCurve
    temperatures: NDArray[np.float64]
    rounds: GoodhartCurve
    uniform: tuple[float, float]
    optimum: tuple[float, float]
    angle: float
    stop: int | None


def under_pressure(case: AuditCase) -> UnderPressure:
    """Follow both paths, and find where the bound would stop on the first."""
    space = case.space
    proxy, objective = case.proxy_advantages, case.objective_advantages
    scale = float(np.abs(proxy).max(initial=0.0))
    temperatures = scale * np.array(TEMPERATURES) if scale > 0.0 else np.zeros(0)
    visits = np.stack(
        [
            space.visits(space.uniform),
            *(policy.visits for policy in soft_optimal_policies(space, proxy, temperatures)),
            soft_optimal_limit(space, case.proxy_optimal).visits,
        ]
    )
    # Advantages order policies as the rewards do; what they leave out is the same for all policies.
    start = case.model.start
    uniform = tuple(float(start @ space.values(rows)) for rows in (case.proxy_rows, case.objective_rows))
    perfect = space.visits(np.eye(case.model.n_actions)[case.objective_optimal.argmax(axis=1)])
    rounds = _rounds(case)
    achieved = [visits @ objective, rounds @ objective, perfect[None] @ objective]
    span = float(np.ptp(np.concatenate(achieved)))
    angle = angle_between(space.projected(proxy), space.projected(objective))
    stop = None if np.isnan(angle) else early_stopping_index(visits, space.projected(proxy), angle)
    return UnderPressure(
        GoodhartCurve(_total(uniform[0], visits @ proxy), _total(uniform[1], achieved[0]), span),
        np.concatenate([[np.inf], temperatures, [0.0]]),
        GoodhartCurve(_total(uniform[0], rounds @ proxy), _total(uniform[1], achieved[1]), span),
        (uniform[0], uniform[1]),
        (float(_total(uniform[0], visits @ proxy)[-1]), float(_total(uniform[1], achieved[2])[0])),
        angle,
        stop,
    )


def under_pressure_finding(case: AuditCase) -> Finding:
    """Ask it of a model."""
    answer = under_pressure(case)
    evidence = [
        f"{case.objective_name}: {answer.uniform[1]:.6g} by the uniform policy, {answer.optimum[1]:.6g} at best",
        _curve_line(case, "soft-optimal policies, weak to strong pressure", answer.soft),
        _curve_line(case, f"policy iteration ({len(answer.rounds.proxy)} rounds)", answer.rounds),
        _stop_line(case, answer),
    ]
    level, verdict, advice = _judged(case, answer)
    return Finding(
        "under_pressure", QUESTION, level, verdict, "proven on the model", tuple(evidence), advice, _data(answer)
    )


def _rounds(case: AuditCase) -> NDArray[np.float64]:
    """``[R, n]`` the visits of the rounds of policy iteration."""
    scale = max(float(np.abs(case.proxy_advantages).max(initial=0.0)), np.finfo(np.float64).tiny)
    paid = case.space.table(case.proxy_advantages / scale)
    greedy = np.where(case.model.legal, paid, -np.inf).argmax(axis=1)
    table = np.repeat(paid[:, :, None], case.model.n_outcomes, axis=2)
    policies = policy_iteration(case.model, table, case.gamma, first=greedy).policies
    one_hot = np.eye(case.model.n_actions)
    return np.stack([case.space.visits(one_hot[actions]) for actions in policies])


def _total(uniform: float, beyond: NDArray[np.float64]) -> NDArray[np.float64]:
    """Returns ``[T]`` from the uniform policy's and what each gains on it, with 0 for what rounding left."""
    returns = uniform + beyond
    return np.where(np.abs(returns) <= _ROUNDING * max(1e-300, abs(uniform)), 0.0, returns)


def _judged(case: AuditCase, answer: UnderPressure) -> tuple[Level, str, str]:
    worst = max((answer.soft, answer.rounds), key=lambda curve: curve.lost)
    name = case.objective_name
    advice = "stop early, or near the policy where you begin; or change what is paid for (`rewardlab repair`)"
    if worst.lost > 0.0:
        lost = f"{100 * worst.lost:.3g} % of what there is to gain or lose"
        if worst.goodharts:
            return "caution", f"No: {name} rises, then falls by {lost}, while the pay rises on.", advice
        how = "hardly rises, and falls" if worst.peak else "falls from the beginning,"
        return "caution", f"No: {name} {how} by {lost}.", advice
    dip = max(answer.soft.deepest_dip, answer.rounds.deepest_dip)
    if dip > NEGLIGIBLE:
        verdict = f"In the end, yes; on the way {name} dips by {100 * dip:.3g} % of what there is to gain or lose."
        return "note", verdict, "do not judge a training that is half done"
    short = answer.optimum[1] - answer.soft.objective[-1]
    if short > NEGLIGIBLE * answer.soft.span:
        far = f"{100 * short / answer.soft.span:.3g} % of what there is to gain or lose"
        return (
            "fine",
            f"Yes: {name} never falls as the pay rises, but it ends short of the best, by {far}.",
            "",
        )
    return "fine", f"Yes: {name} never falls as the pay rises.", ""


def _curve_line(case: AuditCase, path: str, curve: GoodhartCurve) -> str:
    peak = curve.peak
    line = (
        f"{path}: paid from {curve.proxy[0]:.6g} to {curve.proxy[-1]:.6g},"
        f" {case.objective_name} from {curve.objective[0]:.6g} to {curve.objective[-1]:.6g}"
    )
    if curve.lost > 0.0:
        line += f", with its peak of {curve.objective[peak]:.6g} where the pay is {curve.proxy[peak]:.6g}"
    return line


def _stop_line(case: AuditCase, answer: UnderPressure) -> str:
    if answer.stop is None:
        return "early stopping: no angle between the rewards, for one of them tells no policies apart"
    degrees = np.degrees(answer.angle)
    safe = f"early stopping by the angle between the rewards ({degrees:.1f} degrees): "
    if answer.stop == len(answer.soft.proxy) - 1:
        return safe + "no need to stop"
    where = f"safe up to a pay of {answer.soft.proxy[answer.stop]:.6g}" if answer.stop else "not one step is safe"
    return safe + f"{where}; {case.objective_name} there {answer.soft.objective[answer.stop]:.6g}"


def _data(answer: UnderPressure) -> dict[str, Any]:
    finite = [value if np.isfinite(value) else None for value in answer.temperatures.tolist()]
    return {
        "soft": {"temperatures": finite, **_curve_data(answer.soft)},
        "rounds": _curve_data(answer.rounds),
        "uniform": list(answer.uniform),
        "optimum": list(answer.optimum),
        "angle_degrees": None if np.isnan(answer.angle) else float(np.degrees(answer.angle)),
        "stop": answer.stop,
    }


def _curve_data(curve: GoodhartCurve) -> dict[str, Any]:
    return {
        "proxy": curve.proxy.tolist(),
        "objective": curve.objective.tolist(),
        "peak": curve.peak,
        "gained": curve.gained,
        "lost": curve.lost,
        "deepest_dip": curve.deepest_dip,
        "goodharts": curve.goodharts,
    }
