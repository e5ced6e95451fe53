"""The discounted sum of shaping along an episode is what stands at its two ends, and nothing between.

Three kinds of shaping share this: that by a potential of states (Grzes 2017, "Reward shaping in episodic reinforcement
learning"), by one that changes in time (Devlin & Kudenko 2012, "Dynamic potential-based reward shaping"), and look-back
advice, a potential of states and actions (Wiewiora, Cottrell & Elkan 2003, "Principled methods for advising
reinforcement learning agents"). What stands at the far end is what each of them must not leave there.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from rewardlab.audit.identities.identity import Identity, checked_arrays, compared
from rewardlab.errors import BadInput, Problem
from rewardlab.rewards.returns import check_gamma

__all__ = ["Telescoped", "dynamic_shaping", "look_back_advice", "shaped_return"]


@final
@dataclass(frozen=True, slots=True)
class Telescoped:
    """What was added to each step, and what it sums to.

    Attributes:
        amounts: ``[T]`` what is added to each step's reward.
        identity: The discounted sum of what is added, against what stands at the ends; of `shaped_return`, both with
            the return itself.
        faulty: ``[T]`` what would be added with the fault that is common here; see the function.
        faulty_sum: The discounted sum with the fault.
    """

    amounts: NDArray[np.float64]
    identity: Identity
    faulty: NDArray[np.float64]
    faulty_sum: float

    @property
    def sum(self) -> float:
        """The discounted sum: the identity's left side."""
        return float(self.identity.left)


def shaped_return(
    rewards: ArrayLike, potentials: ArrayLike, gamma: float, *, terminated: bool, tolerance: float = 1e-9
) -> Telescoped:
    """The return of an episode with shaping: ``U + gamma**T * last - first``, where ``last`` is 0 if it terminated.

    The identity's sides are the whole returns. The fault is to keep the potential of a terminal state (Grzes 2017):
    episodes are then ranked by where and when they end.

    Args:
        rewards: ``[T]`` what each step paid.
        potentials: ``[T + 1]`` the potentials of the states visited, the last one's included.
        gamma: The discount, in [0, 1].
        terminated: Whether the task ended; False if a time limit cut the episode off.
        tolerance: What counts as rounding.

    Raises:
        BadInput: The lengths do not fit, a number is not finite, or gamma is out of its range.
    """
    paid, phi = checked_arrays({"rewards": (rewards, (-1,)), "potentials": (potentials, (-1,))})
    _one_more("potentials", phi, len(paid))
    gamma = check_gamma(gamma)
    ends = phi.copy()
    if terminated:
        ends[-1] = 0.0
    amounts, faulty = gamma * ends[1:] - ends[:-1], gamma * phi[1:] - phi[:-1]
    left = _discounted(paid + amounts, gamma)
    right = _discounted(paid, gamma) + gamma ** len(paid) * ends[-1] - ends[0]
    return Telescoped(amounts, compared(left, right, tolerance=tolerance), faulty, _discounted(paid + faulty, gamma))


def dynamic_shaping(potentials: ArrayLike, states: ArrayLike, gamma: float, *, tolerance: float = 1e-9) -> Telescoped:
    """Shaping by a potential that changes in time: each is taken when its state is visited.

    ``F_t = gamma * potential_{t+1}(s_{t+1}) - potential_t(s_t)`` sums to ``gamma**T * potential_T(s_T) -
    potential_0(s_0)``. The fault is to take both terms with the potential of the moment, ``t + 1``.

    Args:
        potentials: ``[T + 1, S]`` the potential of every state at every time. A terminal state's must be 0 throughout.
        states: ``[T + 1]`` int, the states visited.
        gamma: The discount, in [0, 1].
        tolerance: What counts as rounding.

    Raises:
        BadInput: The lengths do not fit, a state is none, a number is not finite, or gamma is out of its range.
    """
    phi, visited = checked_arrays({"potentials": (potentials, (-1, -1)), "states": (states, (-1,))})
    _one_more("states", visited, len(phi) - 1)
    places = visited.astype(np.int64)
    if (places != visited).any() or (places < 0).any() or (places >= phi.shape[1]).any():
        raise BadInput(Problem("states", "a number that is no state", f"whole numbers in [0, {phi.shape[1]})"))
    gamma = check_gamma(gamma)
    times = np.arange(len(places))
    when_visited = phi[times, places]
    amounts = gamma * when_visited[1:] - when_visited[:-1]
    faulty = gamma * when_visited[1:] - phi[times[1:], places[:-1]]
    ends = gamma ** (len(places) - 1) * when_visited[-1] - when_visited[0]
    identity = compared(_discounted(amounts, gamma), ends, tolerance=tolerance)
    return Telescoped(amounts, identity, faulty, _discounted(faulty, gamma))


def look_back_advice(advice: ArrayLike, gamma: float, *, terminated: bool, tolerance: float = 1e-9) -> Telescoped:
    """Look-back advice along one episode: ``F_t = advice_t - advice_{t-1} / gamma``, and nothing before the first step.

    It sums to ``gamma**(T - 1) * advice_{T-1}``, which vanishes in an endless task, so that an on-policy learner needs
    no bias. In a task that ends it does not vanish: it pays for the last action. Where the episode terminated the last
    step's own advice therefore counts as 0 here, as the potential of a terminal state does, and the sum is 0. The fault
    is to keep it.

    Args:
        advice: ``[T]`` the advice on each action taken, T at least 1.
        gamma: The discount, in (0, 1].
        terminated: Whether the task ended with the last step.
        tolerance: What counts as rounding.

    Raises:
        BadInput: There is no step, a number is not finite, or gamma is out of its range.
    """
    (given,) = checked_arrays({"advice": (advice, (-1,))})
    gamma = check_gamma(gamma)
    problems = [] if len(given) else [Problem("advice", "no steps", "at least one")]
    if gamma == 0.0:
        problems.append(Problem("gamma", "0", "a number in (0, 1]", "look-back advice divides by it"))
    if problems:
        raise BadInput(*problems)
    counted = given.copy()
    if terminated:
        counted[-1] = 0.0
    before = np.append(0.0, given[:-1]) / gamma
    amounts, faulty = counted - before, given - before
    identity = compared(_discounted(amounts, gamma), gamma ** (len(given) - 1) * counted[-1], tolerance=tolerance)
    return Telescoped(amounts, identity, faulty, _discounted(faulty, gamma))


def _discounted(stream: NDArray[np.float64], gamma: float) -> float:
    return float(stream @ gamma ** np.arange(len(stream)))


def _one_more(name: str, values: NDArray[np.float64], steps: int) -> None:
    if len(values) != steps + 1:
        raise BadInput(Problem(name, f"{len(values)} of them", f"{steps + 1}, one more than there are steps"))
