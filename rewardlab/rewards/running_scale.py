"""The running scale of a reward: the standard deviation of the discounted return, shared by N environments.

Dividing by it brings rewards of any size to about 1 and keeps what is optimal, because a fixed positive factor changes
no order of returns (Engstrom et al. 2020, "Implementation Matters in Deep RL"; van Hasselt et al. 2016,
"Learning values across many orders of magnitude"). Its moments are merged batch by batch in float64 by the parallel
update of Chan, Golub & LeVeque (1983), so that nothing is summed over and over and no large numbers are subtracted.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from rewardlab.errors import BadInput, InvalidReward, Problem
from rewardlab.rewards.bounded import all_within
from rewardlab.rewards.returns import check_gamma

__all__ = ["LARGEST_REWARD", "Moments", "RunningScale"]

LARGEST_REWARD = float(np.finfo(np.float32).max)
"""Learners compute in float32; a larger reward would reach them as an infinity."""

_NOBODY: NDArray[np.intp] = np.zeros(0, dtype=np.intp)

_NO_SPREAD = 1e-10
"""A standard deviation below this part of the mean is what rounding leaves of equal numbers."""


@final
@dataclass(frozen=True, slots=True)
class Moments:
    """Count, mean and population variance of a stream of numbers.

    Attributes:
        count: How many numbers came; nothing is made up at the start.
        mean: Their mean.
        variance: The mean square of their distance to it.
    """

    count: int = 0
    mean: float = 0.0
    variance: float = 0.0

    def merged(self, values: NDArray[np.float64], left_out: NDArray[np.intp] = _NOBODY) -> Moments:
        """The moments of all that came before and of a batch (Chan et al. 1983).

        Args:
            values: ``[B]`` finite numbers; B may be 0.
            left_out: Indices of rows that do not count; they must hold 0.
        """
        size = len(values) - len(left_out)
        if size == 0:
            return self
        mean = float(np.add.reduce(values)) / size
        apart = values - mean
        if len(left_out):
            apart[left_out] = 0.0
        total = self.count + size
        step = mean - self.mean
        squares = self.variance * self.count + float(apart.dot(apart)) + step * step * (self.count * size / total)
        return Moments(total, self.mean + step * (size / total), squares / total)

    def deviation(self, epsilon: float, warm_up: int) -> float:
        """What to divide by: the standard deviation, or 1 where it is not yet known.

        Args:
            epsilon: Added to the variance under the root.
            warm_up: Below this count the answer is 1; so it is where all numbers were alike.
        """
        if self.count < warm_up or math.sqrt(self.variance) <= _NO_SPREAD * abs(self.mean):
            return 1.0
        return math.sqrt(self.variance + epsilon)


@final
class RunningScale:
    """Divides the rewards of N environments by the running standard deviation of their discounted returns.

    At every step, in this order: each paid reward is added to its environment's accumulator
    (``accumulator = gamma * accumulator + reward``), the moments take in the accumulators of the paid rows, the rewards
    are divided, and *then* the accumulators of the episodes that ended are set to 0. Terminations and truncations are
    the same here: either way the next reward belongs to another episode.

    Args:
        num_envs: N.
        gamma: The discount of the accumulators; the learner's.
        epsilon: Added to the variance under the root. Positive.
        warm_up: Until so many steps have been paid, rewards pass as they are. Two rewards say nothing about a standard
            deviation, and dividing by it multiplies the first ones by up to a hundred.
        subtract_mean: Subtract the running mean of the *rewards* first. **This changes what is optimal wherever the
            length of an episode depends on what the agent does**: a penalty of -1 a step becomes 0 a step, and there is
            no reason left to finish. Only for tasks in which every episode has the same number of steps.
        largest_reward: A reward beyond this is refused, before it enters a statistic that it would spoil for good.

    Raises:
        BadInput: An argument is out of its range.
    """

    def __init__(
        self,
        num_envs: int,
        *,
        gamma: float,
        epsilon: float = 1e-8,
        warm_up: int = 1000,
        subtract_mean: bool = False,
        largest_reward: float = LARGEST_REWARD,
    ) -> None:
        _check_settings(epsilon, warm_up, largest_reward)
        self.gamma = check_gamma(gamma, "RunningScale.gamma")
        self.epsilon, self.warm_up = float(epsilon), int(warm_up)
        self.subtract_mean, self.largest_reward = bool(subtract_mean), float(largest_reward)
        self.frozen = False
        self.returns = Moments()
        self.rewards = Moments()
        self.accumulators: NDArray[np.float64] = np.zeros(num_envs)

    @property
    def scale(self) -> float:
        """What rewards are divided by now."""
        return self.returns.deviation(self.epsilon, self.warm_up)

    def restart(self, rows: NDArray[np.bool_]) -> None:
        """Forget the running returns of environments that were reset, ``[N]`` bool."""
        self.accumulators[rows] = 0.0

    def scaled(
        self, rewards: NDArray[np.float64], ended: NDArray[np.intp], unpaid: NDArray[np.intp] = _NOBODY
    ) -> NDArray[np.float64]:
        """Take a step in and divide its rewards.

        Args:
            rewards: ``[N]`` float64; left as they are.
            ended: The indices of the rows that terminated or were truncated.
            unpaid: The indices of the rows that took no step; they pass untouched and enter no statistic.

        Raises:
            InvalidReward: A reward is NaN, infinite or beyond ``largest_reward``; nothing was taken in.
        """
        self._check(rewards)
        running = self.accumulators
        running *= self.gamma
        running += rewards
        # A row that took no step has just been reset: its accumulator is 0 and stays so.
        if len(unpaid):
            running[unpaid] = 0.0
        if not self.frozen:
            self.returns = self.returns.merged(running, unpaid)
            if self.subtract_mean:
                paid = rewards.copy()
                paid[unpaid] = 0.0
                self.rewards = self.rewards.merged(paid, unpaid)
        centre = self.rewards.mean if self.subtract_mean and self.returns.count >= self.warm_up else 0.0
        divided: NDArray[np.float64] = (rewards - centre) / self.scale if centre else rewards / self.scale
        if len(unpaid):
            divided[unpaid] = rewards[unpaid]
        running[ended] = 0.0
        return divided

    def state_dict(self) -> dict[str, Any]:
        """All that is needed to go on, as numbers, lists and dictionaries (JSON, never pickle)."""
        return {
            "gamma": self.gamma,
            "returns": asdict(self.returns),
            "rewards": asdict(self.rewards),
            "accumulators": self.accumulators.tolist(),
        }

    def load_state_dict(self, state: Mapping[str, Any], *, frozen: bool) -> None:
        """Go on from a saved state.

        Args:
            state: What `state_dict` gave, of as many environments and the same gamma.
            frozen: Whether the statistics stand still from now on. It is no part of the state: a run that goes on and
                an evaluation load the same one, and each has to say which it is.

        Raises:
            BadInput: The state does not fit; nothing was loaded.
        """
        loaded = _checked_state(state, self.gamma, len(self.accumulators))
        self.returns, self.rewards, self.accumulators = loaded
        self.frozen = bool(frozen)

    def _check(self, rewards: NDArray[np.float64]) -> None:
        if all_within(rewards, self.largest_reward):
            return
        faulty = np.flatnonzero(~(np.abs(rewards) <= self.largest_reward))
        if len(faulty):
            raise InvalidReward(
                f"environment {faulty[0]}: got a reward of {rewards[faulty[0]]}, expected a finite number of at most "
                f"{self.largest_reward:g} in size; it would spoil the running scale for all rewards that follow"
            )


def _check_settings(epsilon: object, warm_up: object, largest_reward: object) -> None:
    problems = []
    if not _is_number(epsilon) or not 0.0 < float(epsilon) < math.inf:  # type: ignore[arg-type]
        problems.append(Problem("epsilon", repr(epsilon), "a positive number"))
    if isinstance(warm_up, bool) or not isinstance(warm_up, int | np.integer) or warm_up < 1:
        problems.append(Problem("warm_up", repr(warm_up), "a number of steps, at least 1"))
    if not _is_number(largest_reward) or not 0.0 < float(largest_reward) <= LARGEST_REWARD:  # type: ignore[arg-type]
        problems.append(Problem("largest_reward", repr(largest_reward), f"a number in (0, {LARGEST_REWARD:.3g}]"))
    if problems:
        raise BadInput(*problems)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float | np.integer | np.floating) and not isinstance(value, bool | np.bool_)


def _checked_state(
    state: Mapping[str, Any], gamma: float, num_envs: int
) -> tuple[Moments, Moments, NDArray[np.float64]]:
    expected = {"gamma", "returns", "rewards", "accumulators"}
    if not isinstance(state, Mapping) or set(state) != expected:
        got = f"the keys {', '.join(map(str, state))}" if isinstance(state, Mapping) else repr(state)
        raise BadInput(Problem("state", got, f"the keys {', '.join(sorted(expected))}"))
    problems = []
    if state["gamma"] != gamma:
        problems.append(Problem("state['gamma']", repr(state["gamma"]), f"{gamma:g}, as this scale was made with"))
    accumulators = _as_floats(state["accumulators"])
    if accumulators is None or accumulators.shape != (num_envs,):
        given = "no list of numbers" if accumulators is None else f"shape {accumulators.shape}"
        problems.append(Problem("state['accumulators']", given, f"{num_envs} finite numbers, one for each environment"))
    moments = [_as_moments(state[key]) for key in ("returns", "rewards")]
    problems += [
        Problem(f"state[{key!r}]", repr(state[key]), "count, mean and variance, as numbers")
        for key, found in zip(("returns", "rewards"), moments, strict=True)
        if found is None
    ]
    if problems or moments[0] is None or moments[1] is None or accumulators is None:
        raise BadInput(*problems)
    return moments[0], moments[1], accumulators


def _as_moments(state: object) -> Moments | None:
    if not isinstance(state, Mapping) or set(state) != {"count", "mean", "variance"}:
        return None
    numbers = [*state.values()]
    fits = all(_is_number(number) and math.isfinite(number) for number in numbers)
    if not fits or state["count"] < 0 or int(state["count"]) != state["count"] or state["variance"] < 0.0:
        return None
    return Moments(int(state["count"]), float(state["mean"]), float(state["variance"]))


def _as_floats(values: ArrayLike) -> NDArray[np.float64] | None:
    try:
        array = np.array(values, dtype=np.float64)
    except (TypeError, ValueError):
        return None
    return array if np.isfinite(array).all() else None
