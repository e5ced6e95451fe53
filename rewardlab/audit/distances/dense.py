"""From a model and tables over its outcomes to the dense arrays that EPIC and DARD are about.

Both ask what a reward says of transitions that cannot happen, and a table over outcomes says nothing of them. Something
has to be put there, EPIC depends on it, and DARD somewhat. The convention:

- What can happen is paid its table; where several outcomes lead to the same state, their mean by probability.
- What cannot happen is paid as the *mean* outcome of its state and action. With ``fill="advantage"`` (the default) that
  is said of the advantages under the uniform policy, and the shaping by which these differ from the reward is then put
  back over all triples by its formula. So shaping of the table is shaping everywhere, and changes no distance. But
  where nothing is left to chance and all actions are legal, EPIC then says nothing of its own: it is STARC (VAL, L2).
  With ``fill="mean"`` it is said of the table itself, as if a step paid the same wherever it led; shaping that is in
  the table is then none where it cannot happen, and EPIC notices. Add shaping by `dense_shaping` there.
- A terminal state leads to itself and pays nothing (but shaping into other states, where that is put back).
- An action that is not legal does what a legal one, drawn at random, would do.
"""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from rewardlab.audit.distances.checks import gamma_problems, refuse_if_any
from rewardlab.errors import BadInput, Problem, one_of
from rewardlab.mdp.dense_model import number_array
from rewardlab.mdp.finite_model import FiniteModel
from rewardlab.mdp.policy_space import PolicySpace

__all__ = ["FILLS", "LARGEST_DENSE_STATES", "Fill", "dense_reward", "dense_shaping", "dense_transitions"]

LARGEST_DENSE_STATES = 400
"""Beyond this many states the arrays would fill the memory; `starc_distance` needs none."""

Fill = Literal["advantage", "mean"]
"""What is put where nothing can happen; see the module."""

FILLS: tuple[Fill, ...] = get_args(Fill)


def dense_transitions(model: FiniteModel) -> NDArray[np.float64]:
    """The probability of each next state, ``[S, A, S]``, by the convention of the module.

    Raises:
        BadInput: The model has more than `LARGEST_DENSE_STATES` states.
    """
    _check_size(model)
    return _completed(model, _by_next_state(model, model.probability), ends=1.0)


def dense_reward(
    model: FiniteModel, table: NDArray[np.float64], gamma: float, *, fill: Fill = "advantage"
) -> NDArray[np.float64]:
    """What a reward pays for each triple, possible or not, ``[S, A, S]``, by the convention of the module.

    Args:
        model: The dynamics.
        table: ``[S, A, K]`` what each outcome pays.
        gamma: The discount, in [0, 1); also 1 where no state can come twice.
        fill: What is put where nothing can happen, one of `FILLS`.

    Raises:
        BadInput: The model has more than `LARGEST_DENSE_STATES` states, or an argument does not fit.
    """
    _check_size(model)
    refuse_if_any([*gamma_problems(gamma), *([] if fill in FILLS else [one_of("fill", fill, FILLS, "convention")])])
    model.expected(table)
    if fill == "mean":
        return _filled(model, table)
    space = PolicySpace(model, gamma)
    values = space.values(space.rows(table))
    deshaped = _filled(model, table + model.shaping_table(values, gamma))
    return deshaped - dense_shaping(values, gamma, model.n_actions)


def dense_shaping(potential: ArrayLike, gamma: float, n_actions: int) -> NDArray[np.float64]:
    """Potential-based shaping of every triple, ``[S, A, S]``: ``gamma * potential[s'] - potential[s]``.

    Args:
        potential: ``[S]`` finite numbers. Shaping of a model needs 0 in its terminal states.
        gamma: The learner's discount.
        n_actions: A.

    Raises:
        BadInput: The potential is not one-dimensional and finite, or the discount not in [0, 1].
    """
    values = number_array(potential, "potential", "[S] finite numbers")
    fits = values.ndim == 1 and np.isfinite(values).all()
    problems = [] if fits else [Problem("potential", f"an array of shape {values.shape}", "[S] finite numbers")]
    refuse_if_any([*problems, *gamma_problems(gamma)])
    return np.repeat((gamma * values - values[:, None])[:, None, :], n_actions, axis=1)


def _filled(model: FiniteModel, table: NDArray[np.float64]) -> NDArray[np.float64]:
    """The table by next state; where nothing leads, the mean of its state and action."""
    chances = _completed(model, _by_next_state(model, model.probability), ends=0.0)
    paid = _completed(model, _by_next_state(model, model.probability * table), ends=0.0)
    mean = np.broadcast_to(paid.sum(axis=2, keepdims=True), paid.shape)
    return np.asarray(np.divide(paid, chances, out=mean.copy(), where=chances > 0), dtype=np.float64)


def _by_next_state(model: FiniteModel, amounts: NDArray[np.float64]) -> NDArray[np.float64]:
    """``[S, A, K]`` amounts of outcomes added up by the state that they lead to, ``[S, A, S]``."""
    dense = np.zeros((model.n_states, model.n_actions, model.n_states))
    states, actions = np.arange(model.n_states)[:, None, None], np.arange(model.n_actions)[:, None]
    np.add.at(dense, (states, actions, model.successor), np.where(model.feasible, amounts, 0.0))
    return dense


def _completed(model: FiniteModel, dense: NDArray[np.float64], ends: float) -> NDArray[np.float64]:
    """Rows for actions that are not legal, the mean of the legal ones, and for states that are terminal."""
    legal = np.maximum(1, model.legal.sum(axis=1))
    mean = dense.sum(axis=1) / legal[:, None]
    dense = np.where(model.legal[:, :, None], dense, mean[:, None, :])
    dense[model.terminal] = 0.0
    over = np.flatnonzero(model.terminal)
    dense[over, :, over] = ends
    return dense


def _check_size(model: FiniteModel) -> None:
    if model.n_states > LARGEST_DENSE_STATES:
        fix = "use STARC, which needs no dense arrays, or the part that can be reached (reachable_part)"
        raise BadInput(Problem("model", f"{model.n_states} states", f"at most {LARGEST_DENSE_STATES}", fix))
