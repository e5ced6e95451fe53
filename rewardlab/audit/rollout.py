"""Paths through a model, laid out to be shown."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rewardlab.audit.case import AuditCase
from rewardlab.audit.trajectory import Trajectory
from rewardlab.mdp.best_value import best_value
from rewardlab.transitions import Transitions

__all__ = ["most_probable_path", "repeated_path", "shown_path"]

_SHOWN_STEPS = 30
"""A most probable trajectory of more steps than this shows nothing new."""


def repeated_path(case: AuditCase, policy: NDArray[np.int64], first: int) -> tuple[NDArray[np.int64], int | None]:
    """What a policy does in a deterministic model, until it ends or comes to a state that it has been in.

    Args:
        case: The model.
        policy: ``[S]`` actions.
        first: The first state.

    Returns:
        The actions, and the step from which they repeat for ever; None if the episode ends.
    """
    seen: dict[int, int] = {}
    actions: list[int] = []
    state = first
    while not case.model.terminal[state]:
        if state in seen:
            return np.array(actions), seen[state]
        seen[state] = len(actions)
        actions.append(int(policy[state]))
        state = int(case.model.successor[state, actions[-1], case.model.probability[state, actions[-1]].argmax()])
    return np.array(actions), None


def most_probable_path(
    case: AuditCase, policy: NDArray[np.int64], errs: NDArray[np.bool_]
) -> tuple[int, NDArray[np.int64], NDArray[np.int64], float]:
    """The most probable path of a policy that shows an error: until it ends, or for 30 steps if nothing ends it sooner.

    Args:
        case: The model.
        policy: ``[S]`` actions.
        errs: ``[S]`` bool, the states in which the policy does what is to be shown. If it comes to none of them within
            those steps, the path is the most probable one of all.

    Returns:
        The first state, the actions, the outcome of each, and the probability of the whole, first state included.
    """
    model = case.model
    states = np.arange(model.n_states)
    with np.errstate(divide="ignore"):
        chance, begins = np.log(model.probability[states, policy]), np.log(model.start)
    reached = model.successor[states, policy]
    # Of what may follow: the likeliest of all, and the likeliest in which an error is still to come.
    likeliest, owing = np.zeros(model.n_states), np.full(model.n_states, -np.inf)
    choices = []
    for _ in range(min(case.episode_steps, _SHOWN_STEPS)):
        total = chance + likeliest[reached]
        erring = np.where(errs[:, None], total, chance + owing[reached])
        choices.append((total.argmax(axis=1), erring.argmax(axis=1)))
        likeliest = np.where(model.terminal, 0.0, best_value(total))
        owing = np.where(model.terminal, -np.inf, best_value(erring))
    shows = bool((begins + owing > -np.inf).any())
    whole = begins + (owing if shows else likeliest)
    first = state = int(whole.argmax())
    actions, outcomes, erred = [], [], not shows
    for plain, showing in reversed(choices):
        if model.terminal[state]:
            break
        actions.append(int(policy[state]))
        outcomes.append(int(plain[state] if erred else showing[state]))
        erred = erred or bool(errs[state])
        state = int(reached[state, outcomes[-1]])
    return first, np.array(actions), np.array(outcomes), float(np.exp(whole[first]))


def shown_path(
    case: AuditCase,
    title: str,
    first: int,
    actions: NDArray[np.int64],
    outcomes: NDArray[np.int64] | None = None,
    probability: float = 1.0,
    *,
    repeats_from: int | None = None,
) -> Trajectory:
    """Lay a path out: states, amounts, pictures, and the known exploits that it shows.

    Args:
        case: The model.
        title: What the path shows.
        first: The first state.
        actions: ``[T]``.
        outcomes: ``[T]`` the outcome of each; the likeliest by default.
        probability: Of the outcomes.
        repeats_from: The step from which the actions repeat for ever.
    """
    batch, here = _walk(case, first, actions, outcomes)
    whole = batch
    if repeats_from is not None:
        # A loop is judged as it is played: over a whole episode.
        rounds = 1 + case.episode_steps // max(1, len(actions) - repeats_from)
        lap = np.arange(repeats_from, len(actions))
        order = np.concatenate([np.arange(len(actions)), np.tile(lap, rounds)])[: case.episode_steps]
        whole = batch.select(order)
    states = [int(case.states[first]), *batch.next_state.tolist()]
    return Trajectory(
        title,
        tuple(states),
        tuple(batch.action.tolist()),
        tuple(case.action_name(action) for action in batch.action.tolist()),
        tuple(case.proxy[here].tolist()),
        tuple(case.objective[here].tolist()),
        probability,
        repeats_from,
        bool(batch.terminated[-1]) if len(batch) else False,
        tuple(dict.fromkeys(known.name for known in case.exploits if len(whole) and known.detect(whole))),
        tuple(case.picture(state) for state in states) if case.picture is not None else (),
    )


def _walk(
    case: AuditCase, first: int, actions: NDArray[np.int64], outcomes: NDArray[np.int64] | None
) -> tuple[Transitions, tuple[NDArray[np.int64], ...]]:
    """The steps with the environment's own numbers of states, as detectors know them, and their places in tables."""
    model, state = case.model, first
    rows: list[tuple[int, int, int, int]] = []
    for step, action in enumerate(actions.tolist()):
        likeliest = int(model.probability[state, action].argmax())
        outcome = likeliest if outcomes is None else int(outcomes[step])
        rows.append((state, action, outcome, int(model.successor[state, action, outcome])))
        state = rows[-1][3]
    before, taken, outcome_of, after = np.array(rows, dtype=np.int64).reshape(-1, 4).T
    events = {name: values[before, taken, outcome_of] for name, values in model.events.items()}
    batch = Transitions(case.states[before], taken, case.states[after], model.terminal[after], events)
    return batch, (before, taken, outcome_of)
