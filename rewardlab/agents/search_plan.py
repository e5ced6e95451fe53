"""What a search for an exploit is to train and to play: checked before anything runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, final

import numpy as np
from gymnasium.vector import AutoresetMode, VectorEnv

from rewardlab.agents.algorithms import action_space_problems, algorithm_problems
from rewardlab.agents.environments import ENVIRONMENT_REWARD, make_vector
from rewardlab.agents.evaluation import legal_actions
from rewardlab.agents.two_rewards import VectorTwoRewards
from rewardlab.errors import BadInput, Problem
from rewardlab.rewards.catalogue import Catalogue, RewardChoice
from rewardlab.rewards.returns import check_gamma
from rewardlab.rewards.reward import Reward
from rewardlab.wrappers.stack import WrapperSettings, order_of_stack_problems, wrap_vector, wrapper_problems

__all__ = ["NUM_ENVS", "SearchPlan", "search_plan"]

NUM_ENVS = 50
"""The environments that an agent learns in at once."""

_FEWEST_EPISODES = 10
_REFUSED = {
    "scale": "leave it out: a positive scale changes nothing of what is asked",
    "curriculum": "leave it out: it changes where episodes begin, and no reward",
}


@final
@dataclass(frozen=True, slots=True)
class SearchPlan:
    """What is to be trained and played, checked; use `search_plan` to make one.

    Attributes:
        environment_id: A registered id.
        settings: Keyword arguments of the environment.
        paid: What the environment itself is told to pay.
        proxy: What is paid instead, in an environment without a catalogue.
        objective: What is meant; None for what the environment says.
        gamma: The discount.
        budget_steps: The steps that each agent learns from.
        wrappers: Those of the proxy, shaping left out.
        algorithm: Its name.
        algorithm_settings: Keyword arguments of its class.
        episodes: How many fresh episodes each agent plays.
        catalogue: What the environment offers.
        proxy_name: What the proxy is called.
        objective_name: What the objective is called.
    """

    environment_id: str
    settings: dict[str, Any]
    paid: RewardChoice
    proxy: Reward | None
    objective: Reward | None
    gamma: float
    budget_steps: int
    wrappers: tuple[WrapperSettings, ...]
    algorithm: str
    algorithm_settings: dict[str, Any]
    episodes: int
    catalogue: Catalogue | None
    proxy_name: str
    objective_name: str

    def environment(self, num_envs: int) -> tuple[VectorEnv[Any, Any, Any], VectorTwoRewards]:
        """The environment paid by the proxy, and its innermost wrapper, which knows the objective."""
        bare = make_vector(self.environment_id, self.settings, self.paid, num_envs, AutoresetMode.DISABLED)
        two = VectorTwoRewards(bare, self.proxy, self.objective)
        return wrap_vector(two, self.wrappers, self.gamma), two


def search_plan(
    environment_id: str,
    settings: dict[str, Any],
    reward: RewardChoice,
    objective: RewardChoice | None,
    gamma: float,
    budget_steps: int,
    wrappers: Sequence[WrapperSettings],
    algorithm_settings: dict[str, Any],
    episodes: int,
    charge: float,
    seed: int,
) -> SearchPlan:
    """Check what a search is asked for. Arguments as those of `rewardlab.agents.exploit_search.search_exploit`.

    Raises:
        BadInput: Something does not fit; all that is wrong at once.
    """
    gamma = check_gamma(gamma)
    probe = make_vector(environment_id, settings, ENVIRONMENT_REWARD, 1, AutoresetMode.DISABLED)
    catalogue = Catalogue.of(probe)
    algorithm, space = _algorithm(probe), probe.single_action_space
    probe.close()
    problems = [
        Problem(where, repr(number), f"a whole number, at least {least}")
        for where, number, least in (
            ("budget_steps", budget_steps, 1),
            ("evaluation_episodes", episodes, _FEWEST_EPISODES),
            ("seed", seed, 0),
        )
        if isinstance(number, bool) or not isinstance(number, int) or number < least
    ]
    if isinstance(charge, bool) or not isinstance(charge, int | float) or not 0.0 <= charge < np.inf:
        problems.append(Problem("charge", repr(charge), "a finite number, at least 0"))
    problems += algorithm_problems(algorithm, algorithm_settings, NUM_ENVS, lambda key: f"algorithm_{key}")
    problems += action_space_problems(algorithm, space, "environment_id")
    for index, wrapper in enumerate(wrappers):
        problems += wrapper_problems(wrapper, catalogue, gamma, f"wrappers[{index}]")
        if wrapper.get("kind") in _REFUSED:
            fix = _REFUSED[wrapper["kind"]]
            problems.append(Problem(f"wrappers[{index}].kind", repr(wrapper["kind"]), "a change of the proxy", fix))
    if not problems:
        # Shaping is left out below, which is right only where nothing bends what it adds.
        problems += order_of_stack_problems(wrappers, "wrappers")
    chosen = []
    for where, choice in (("reward", reward), ("objective", objective)):
        try:
            chosen.append(_chosen(catalogue, choice, where))
        except BadInput as fault:
            problems += fault.problems
    if problems:
        raise BadInput(*problems)
    paid: RewardChoice = ENVIRONMENT_REWARD if catalogue is None or chosen[0] is None else chosen[0]
    kept = tuple(wrapper for wrapper in wrappers if wrapper["kind"] != "potential_shaping")
    own = catalogue.objective if catalogue is not None else ENVIRONMENT_REWARD
    return SearchPlan(
        environment_id, settings, paid, chosen[0] if catalogue is None else None, chosen[1], gamma, budget_steps, kept,
        algorithm, algorithm_settings, episodes, catalogue, *(own if one is None else one.name for one in chosen),
    )  # fmt: skip


def _chosen(catalogue: Catalogue | None, choice: RewardChoice | None, where: str) -> Reward | None:
    if choice is None or choice == ENVIRONMENT_REWARD or isinstance(choice, Reward):
        return choice if isinstance(choice, Reward) else None
    if catalogue is None:
        fix = "make a function of steps a reward: Reward.from_function(f)"
        raise BadInput(Problem(where, repr(choice), "a Reward: this environment has no catalogue", fix))
    return catalogue.reward(choice, where)


def _algorithm(env: VectorEnv[Any, Any, Any]) -> str:
    """PPO where every action is always legal, as far as can be known, else MaskablePPO."""
    task = getattr(env.unwrapped, "task", None)
    if task is not None and task.model.legal.all():
        return "ppo"
    env.reset(seed=0)
    return "ppo" if legal_actions(env) is None else "maskable_ppo"
