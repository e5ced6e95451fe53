"""What STARC compares: a reward without all that no policy notices.

Skalse et al. 2024, "STARC: A general framework for quantifying differences between reward functions" (ICLR). In given
dynamics, potential-based shaping and whatever is expected to be 0 over outcomes change no difference between the
returns of two policies. A canonical form is linear, and 0 for these and for nothing else. Only expectations over
outcomes enter, so it is exact on tables over outcomes and takes one sparse linear solution.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any, Literal, final, get_args

import numpy as np
from numpy.typing import NDArray

from rewardlab.errors import BadInput, Problem, one_of
from rewardlab.mdp.dense_model import number_array
from rewardlab.mdp.discounted import policy_values
from rewardlab.mdp.finite_model import FiniteModel
from rewardlab.mdp.policy_space import PolicySpace
from rewardlab.mdp.reachable import reachable_part

__all__ = ["FORMS", "CanonicalForms", "Form", "starc_canonical"]

Form = Literal["value", "minimal", "value_potential"]
"""``value``: VAL of the paper, the advantages under a fixed policy that takes every action. ``minimal``: the reward
that is smallest by its squares among all whose returns differ alike. ``value_potential``: VALPotential of the authors'
code, for each outcome alone: it keeps what is expected to be 0, so it also tells rewards apart that order policies
alike."""

FORMS: tuple[Form, ...] = get_args(Form)

_ROUNDING = 1e-11


def starc_canonical(
    model: FiniteModel,
    table: NDArray[np.float64],
    gamma: float,
    *,
    form: Form = "value",
    policy: NDArray[np.float64] | None = None,
) -> NDArray[np.float64]:
    """The canonical form of a reward in a model.

    Args:
        model: The dynamics. States that no policy reaches are left out: no return depends on them.
        table: ``[S, A, K]`` what each outcome pays.
        gamma: The discount, in [0, 1); also 1 where no state can come twice.
        form: One of `FORMS`.
        policy: ``[S, A]`` the fixed policy of the forms with a value in their name, positive for each legal action;
            uniform over them by default.

    Returns:
        ``[S, A]``, with 0 where there is nothing to be done: for ``value`` the advantages; for ``minimal`` the length
        of the smallest reward's row over next states, with the sign of its expectation. For ``value_potential``
        ``[S, A, K]``.

    Raises:
        BadInput: The discount, the form, the policy or the table does not fit.
    """
    forms = CanonicalForms(model, gamma, form, policy)
    return forms.laid_out(forms.entries(table)[0])


@final
class CanonicalForms:
    """Brings any number of rewards into one canonical form; what they share is computed once.

    Args:
        model: The dynamics.
        gamma: The discount, in [0, 1); also 1 where no state can come twice.
        form: One of `FORMS`.
        policy: ``[S, A]``, see `starc_canonical`.

    Raises:
        BadInput: The discount, the form or the policy does not fit.
    """

    def __init__(
        self, model: FiniteModel, gamma: float, form: Form = "value", policy: NDArray[np.float64] | None = None
    ) -> None:
        self._whole = model
        self._part = reachable_part(model)
        self._form = form
        problems = [] if form in FORMS else [one_of("form", form, FORMS, "canonical form")]
        self._policy = None if policy is None else number_array(policy, "policy", f"{model.legal.shape}")
        problems += _policy_problems(self._policy, model)
        if problems:
            raise BadInput(*problems)
        self.space = PolicySpace(self._part.model, gamma)
        if self._policy is not None:
            self._policy = self._part.table(self._policy)

    def entries(self, table: NDArray[np.float64]) -> tuple[NDArray[np.float64], bool]:
        """The canonical form of one reward as a vector, and whether it is 0 but for rounding.

        Args:
            table: ``[S, A, K]`` what each outcome pays.

        Raises:
            BadInput: It has another shape, or an entry that is not finite.
        """
        self._whole.expected(table)
        space, paid = self.space, self._part.table(table)
        rewards = space.rows(paid)
        values = self._values(rewards)
        size = np.abs(paid[space.model.feasible]).max(initial=0.0) + np.abs(values).max(initial=0.0)
        if self._form == "value_potential":
            entries = (paid + space.model.shaping_table(values, space.gamma))[space.model.feasible]
        else:
            entries = rewards + space.shaping_matrix @ values[~space.model.terminal]
        if self._form == "minimal":
            entries = self._smallest(entries)
            size = size * float(self._stretch.max(initial=1.0))
        return entries, bool(np.abs(entries).max(initial=0.0) <= _ROUNDING * size)

    def weights(self, weights: NDArray[np.float64]) -> NDArray[np.float64]:
        """Weights of states and actions, ``[S, A]``, as weights of the entries; outcomes share theirs by chance."""
        model, kept = self.space.model, self._part.table(weights)
        if self._form == "value_potential":
            return np.asarray((kept[:, :, None] * model.probability)[model.feasible])
        return np.asarray(kept[self.space.state, self.space.action])

    def laid_out(self, entries: NDArray[np.float64]) -> NDArray[np.float64]:
        """Entries as a table of the whole model: ``[S, A]``, or ``[S, A, K]`` for ``value_potential``."""
        table = np.zeros(self._whole.successor.shape if self._form == "value_potential" else self._whole.legal.shape)
        by_outcome = self._form == "value_potential"
        table[self._part.states] = self.space.model.scatter(entries) if by_outcome else self.space.table(entries)
        return table

    def _values(self, rewards: NDArray[np.float64]) -> NDArray[np.float64]:
        if self._policy is None:
            return self.space.values(rewards)
        model = self.space.model
        table = np.repeat(self.space.table(rewards)[:, :, None], model.n_outcomes, axis=2)
        return policy_values(model, table, self._policy, self.space.gamma)

    def _smallest(self, advantages: NDArray[np.float64]) -> NDArray[np.float64]:
        """The lengths of the rows of the smallest reward among those with these advantages.

        Of all rows over next states with one expectation, the smallest is a multiple of the probabilities, and its
        length is the expectation by theirs. What is left to choose is the potential, by least squares.
        """
        rest = self._stretch * advantages
        # The second pass takes away what rounding left of the first one.
        for _ in range(2):
            rest = rest - self._stretched @ self._normal_solve(self._stretched.T @ rest)
        return rest

    @cached_property
    def _stretch(self) -> NDArray[np.float64]:
        """``[n]`` one by the length of each row of probabilities over next states; several outcomes may share one."""
        from scipy import sparse

        space, model = self.space, self.space.model
        chances, reached = model.probability[space.state, space.action], model.successor[space.state, space.action]
        row = np.repeat(np.arange(len(space.state)), model.n_outcomes)
        shape = (len(space.state), model.n_states)
        together = sparse.coo_array((chances.ravel(), (row, reached.ravel())), shape=shape).tocsr()
        return np.asarray(1 / np.sqrt(together.multiply(together).sum(axis=1))).ravel()

    @cached_property
    def _stretched(self) -> Any:
        from scipy import sparse

        return (sparse.diags_array(self._stretch) @ self.space.shaping_matrix).tocsr()

    @cached_property
    def _normal_solve(self) -> Any:
        from scipy.sparse.linalg import splu

        return splu((self._stretched.T @ self._stretched).tocsc()).solve


def _policy_problems(policy: NDArray[np.float64] | None, model: FiniteModel) -> list[Problem]:
    if policy is None:
        return []
    if policy.shape != model.legal.shape:
        return [Problem("policy", f"an array of shape {policy.shape}", f"{model.legal.shape}")]
    try:
        model.check_policy(policy)
    except BadInput as refused:
        return [*refused.problems]
    if not (policy > 0)[model.legal & ~model.terminal[:, None]].all():
        fix = "a form that never looks at an action cannot tell rewards apart that differ there"
        return [Problem("policy", "a legal action that is never taken", "a positive probability for each", fix)]
    return []
