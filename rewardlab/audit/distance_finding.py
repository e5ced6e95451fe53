"""How far is the proxy from the objective, as the distances between rewards in the literature measure it?

One number in [0, 1] each, exact on the model: STARC (Skalse et al. 2024) on any, EPIC (Gleave et al. 2021) and DARD
(Wulfe et al. 2022) on models that are small enough to be made dense. A distance is no verdict: the proxy may be far and
SAFE, or near and UNSAFE; see the experiment `distance-predicts-regret`.
"""

from __future__ import annotations

from rewardlab.audit.case import AuditCase
from rewardlab.audit.distances import KINDS, table_distances
from rewardlab.audit.distances.dense import LARGEST_DENSE_STATES
from rewardlab.audit.distances.matrix import Kind
from rewardlab.audit.finding import Finding, Level

__all__ = ["distances_finding", "distances_of"]

QUESTION = "How far is the proxy from the objective?"
_LARGEST_DENSE = 3_000_000


def distances_of(case: AuditCase) -> dict[str, float]:
    """The distances of a case, each in [0, 1]: ``starc``, and ``epic`` and ``dard`` if the model is small."""
    model, tables = case.model, {"proxy": case.proxy, "objective": case.objective}
    entries = model.n_states**2 * model.n_actions
    dense = model.n_states <= LARGEST_DENSE_STATES and entries <= _LARGEST_DENSE
    kinds: tuple[Kind, ...] = KINDS if dense else ("starc",)
    return {
        kind: table_distances(model, tables, kind=kind, gamma=case.gamma).between("proxy", "objective")
        for kind in kinds
    }


def distances_finding(case: AuditCase) -> Finding:
    """Ask it of a model."""
    found = distances_of(case)
    listed = ", ".join(f"{kind.upper()} {distance:.4g}" for kind, distance in found.items())
    near = found["starc"] <= 1e-9
    verdict = f"{listed}; 0 is the same, 1 the opposite."
    evidence = ["STARC with the canonical form VAL (advantages of the uniform policy), norm and metric L2"]
    if len(found) == 1:
        evidence.append("EPIC and DARD need every triple of state, action and next state: too many in this model")
    else:
        evidence.append("EPIC and DARD also judge what cannot happen, by a convention (docs/audit/distances.md)")
    level: Level = "fine" if near else "note"
    advice = "" if near else "a distance is no verdict: optimal_set decides"
    return Finding("distances", QUESTION, level, verdict, "proven on the model", tuple(evidence), advice, dict(found))
