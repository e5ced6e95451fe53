"""What is audited: two rewards of one finite model, and the criterion under which they are compared."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import final

import numpy as np
from numpy.typing import NDArray

from rewardlab.mdp.discounted import checked_discount, solve
from rewardlab.mdp.finite_model import FiniteModel
from rewardlab.mdp.policy_space import PolicySpace
from rewardlab.mdp.reachable import reachable_part, reachable_states
from rewardlab.mdp.timed_model import timed_model
from rewardlab.rewards.exploit import Exploit

__all__ = ["AuditCase", "audit_case"]

_TIE = 1e-11
"""Actions of a canonical form whose values differ by less, relative to the largest value, count as equally good. In a
loop the difference is made at each step, so that returns may differ by 1 / (1 - gamma) times as much."""

_ROUNDING = 1e-12
"""What is left of equal numbers after a linear solution, relative to the numbers that went in."""


@final
@dataclass(frozen=True, eq=False)
class AuditCase:
    """Two rewards of one model; use `audit_case` to make one.

    The model holds what can be reached from where episodes begin and nothing else, and time as part of the state where
    there is a horizon.

    Attributes:
        model: The dynamics.
        proxy: ``[S, A, K]`` what the agent is paid.
        objective: ``[S, A, K]`` what the designer means.
        gamma: The discount.
        horizon: The number of steps after which an episode is over; None where a time limit only cuts off, and the
            learner bootstraps there, as stable-baselines3 does.
        states: ``[S]`` the number that each state has in the environment.
        steps: ``[S]`` the step at which it stands, where there is a horizon.
        proxy_name: What the proxy is called.
        objective_name: What the objective is called.
        terms: Name to ``[S, A, K]``, the summands of the proxy; wrappers add theirs.
        action_names: A word for each action.
        picture: A state, by its number in the environment, as text.
        exploits: The known ways to game some reward of the environment.
        episode_steps: How long an episode is shown for.
    """

    model: FiniteModel
    proxy: NDArray[np.float64]
    objective: NDArray[np.float64]
    gamma: float
    horizon: int | None
    states: NDArray[np.int64]
    steps: NDArray[np.int64] | None = None
    proxy_name: str = "proxy"
    objective_name: str = "objective"
    terms: Mapping[str, NDArray[np.float64]] = field(default_factory=dict)
    action_names: tuple[str, ...] = ()
    picture: Callable[[int], str] | None = None
    exploits: tuple[Exploit, ...] = ()
    episode_steps: int = 100

    @property
    def criterion(self) -> str:
        """The criterion in words."""
        if self.horizon is None:
            return f"gamma {self.gamma:g}, without end; a time limit only cuts off, and learners bootstrap there"
        return f"gamma {self.gamma:g} over {self.horizon} steps; the time limit is an end, and learners see the time"

    @cached_property
    def space(self) -> PolicySpace:
        """The visits of all policies."""
        return PolicySpace(self.model, self.gamma)

    @cached_property
    def proxy_rows(self) -> NDArray[np.float64]:
        """``[n]`` what the proxy pays on average for each state and legal action, see `PolicySpace`."""
        return self.space.rows(self.proxy)

    @cached_property
    def objective_rows(self) -> NDArray[np.float64]:
        """``[n]`` the same of the objective."""
        return self.space.rows(self.objective)

    @cached_property
    def proxy_advantages(self) -> NDArray[np.float64]:
        """``[n]`` the proxy's canonical form; exactly 0 where it is negligible, that is if all policies are equal."""
        return self._advantages(self.proxy_rows)

    @cached_property
    def objective_advantages(self) -> NDArray[np.float64]:
        """``[n]`` the objective's canonical form; exactly 0 if all policies are equal."""
        return self._advantages(self.objective_rows)

    @cached_property
    def proxy_optimal(self) -> NDArray[np.bool_]:
        """``[S, A]`` the actions that are optimal for the proxy."""
        return self.optimal_actions(self.proxy_advantages, self.tolerance(self.proxy_rows))

    @cached_property
    def objective_optimal(self) -> NDArray[np.bool_]:
        """``[S, A]`` the actions that are optimal for the objective."""
        return self.optimal_actions(self.objective_advantages, self.tolerance(self.objective_rows))

    @cached_property
    def visited_by_proxy(self) -> NDArray[np.bool_]:
        """``[S]`` the states that some proxy-optimal policy comes to."""
        return reachable_states(self.model, allowed=self.proxy_optimal)

    def optimal_actions(self, advantages: NDArray[np.float64], tolerance: float = 0.0) -> NDArray[np.bool_]:
        """The optimal actions of a reward given by its canonical form, ``[S, A]``.

        Args:
            advantages: ``[n]``. Policies are ordered by it as by the reward itself, and a large potential does not
                drown what decides.
            tolerance: What rounding may have left in it; ten times as much counts as a tie.
        """
        scale = float(np.abs(advantages).max(initial=0.0))
        if scale == 0.0:
            return self.model.legal & ~self.model.terminal[:, None]
        table = self.space.table(advantages / scale)
        solution = solve(self.model, np.repeat(table[:, :, None], self.model.n_outcomes, axis=2), self.gamma)
        # The nearer the discount to 1, the more of the values is the rounding of many steps.
        steps = 1.0 / (1.0 - self.gamma) if self.gamma < 1.0 else 1.0
        share = max(_TIE, 10 * float(np.finfo(np.float64).eps) * steps)
        tie = share * max(1.0, float(np.abs(solution.values).max())) + 10 * tolerance / scale
        best = solution.action_values >= solution.values[:, None] - tie
        optimal: NDArray[np.bool_] = best & self.model.legal & ~self.model.terminal[:, None]
        return optimal

    def tolerance(self, rewards: NDArray[np.float64]) -> float:
        """What rounding can leave in the canonical form of these expected rewards, ``[n]``."""
        values = np.abs(self.space.values(rewards)).max(initial=0.0)
        return float(_ROUNDING * (np.abs(rewards).max(initial=0.0) + values))

    def place(self, state: int) -> str:
        """A state in words: its number in the environment and, where there is a horizon, the step."""
        number = f"state {self.states[state]}"
        return number if self.steps is None else f"{number} at step {self.steps[state]}"

    def drawn(self, state: int) -> str:
        """A state as further lines of text under what is said of it; empty where a number says as much."""
        return "" if self.picture is None else f"\n{self.picture(int(self.states[state]))}"

    def action_name(self, action: int) -> str:
        """An action in a word."""
        return self.action_names[action] if self.action_names else f"action {action}"

    def _advantages(self, rewards: NDArray[np.float64]) -> NDArray[np.float64]:
        advantages = self.space.advantages(rewards)
        negligible = np.abs(advantages).max(initial=0.0) <= 10 * self.tolerance(rewards)
        return np.zeros_like(advantages) if negligible else advantages


def audit_case(
    model: FiniteModel,
    proxy: NDArray[np.float64],
    objective: NDArray[np.float64],
    *,
    gamma: float,
    horizon: int | None = None,
    terms: Mapping[str, NDArray[np.float64]] | None = None,
    proxy_name: str = "proxy",
    objective_name: str = "objective",
    action_names: tuple[str, ...] = (),
    picture: Callable[[int], str] | None = None,
    exploits: tuple[Exploit, ...] = (),
    episode_steps: int = 100,
) -> AuditCase:
    """Put two rewards of a model before the audit.

    Args:
        model: The dynamics.
        proxy: ``[S, A, K]`` what the agent is paid.
        objective: ``[S, A, K]`` what the designer means.
        gamma: The discount; 1 only with a horizon, or where no state can come twice.
        horizon: The number of steps after which an episode is over; None if a time limit only cuts off.
        terms: Name to ``[S, A, K]``, the summands of the proxy.
        proxy_name: What the proxy is called.
        objective_name: What the objective is called.
        action_names: A word for each action.
        picture: A state as text.
        exploits: The known ways to game some reward of the environment.
        episode_steps: How long an episode is shown for.

    Raises:
        BadInput: The discount does not fit, the horizon makes the model too large, or a table is not ``[S, A, K]``
            finite numbers.
    """
    tables = {
        "proxy": proxy,
        "objective": objective,
        **{f"term {name}": table for name, table in (terms or {}).items()},
    }
    for table in tables.values():
        model.expected(table)  # refuses another shape, NaN and infinities
    if gamma == 0.0:
        # Nothing counts but the first step, so that all it leads to may as well be the end.
        model = replace(model, terminal=model.terminal | (model.start == 0.0))
    timed = None if horizon is None else timed_model(model, horizon)
    part = reachable_part(model if timed is None else timed.model)
    checked_discount(part.model, gamma)
    laid_out = {
        name: part.table(table if timed is None else timed.table(table)) * part.model.feasible
        for name, table in tables.items()
    }
    return AuditCase(
        part.model,
        laid_out.pop("proxy"),
        laid_out.pop("objective"),
        float(gamma),
        horizon,
        part.states % model.n_states,
        None if horizon is None else part.states // model.n_states,
        proxy_name,
        objective_name,
        {name.removeprefix("term "): table for name, table in laid_out.items()},
        action_names,
        picture,
        exploits,
        episode_steps,
    )
