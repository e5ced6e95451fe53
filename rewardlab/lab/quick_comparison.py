"""A comparison without a file: `rewardlab compare`."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from rewardlab.agents.environments import ENVIRONMENT_REWARD
from rewardlab.errors import BadInput, Problem
from rewardlab.lab.checked_environment import checked_environment
from rewardlab.lab.spec import ExperimentSpec, parse_spec
from rewardlab.rewards.catalogue import Catalogue

__all__ = ["QUICK_PPO", "default_reward", "parse_reward", "quick_comparison"]

QUICK_PPO: dict[str, Any] = {
    "n_steps": 80,
    "batch_size": 1000,
    "n_epochs": 10,
    "learning_rate": 3e-3,
    "gae_lambda": 0.98,
    "ent_coef": 0.03,
}
"""Large batches, many environments: some 25,000 steps a second on one core where SB3's defaults do 5,000."""


def quick_comparison(
    environment_id: str,
    rewards: Sequence[str],
    shapings: Sequence[str],
    *,
    gamma: float,
    seeds: int,
    steps: int,
    settings: Mapping[str, Any] | None = None,
) -> ExperimentSpec:
    """Compare rewards, each as it is and with each shaping.

    Args:
        environment_id: A registered id.
        rewards: Names of its catalogue, or weights as in ``"delivered=1,minutes=-0.01"``.
        shapings: Names of its potentials.
        gamma: The agents' discount, and the shaping's.
        seeds: The number of seeds.
        steps: The budget of each run, in environment steps.
        settings: Keyword arguments of the environment.

    Raises:
        BadInput: The arguments make no sense; all problems at once.
    """
    variants: list[dict[str, Any]] = []
    for text in rewards:
        reward = parse_reward(text)
        variants.append({"name": text, "reward": reward})
        for potential in shapings:
            wrapper = {"kind": "potential_shaping", "potential": potential}
            variants.append({"name": f"{text} + {potential}", "reward": reward, "wrappers": [wrapper]})
    data = {
        "version": 1,
        "name": "compare",
        "question": f"What is learned from {', '.join(rewards)} in {environment_id}?",
        "environment": {"id": environment_id, "settings": dict(settings or {})},
        "algorithm": {"settings": {**QUICK_PPO, "gamma": gamma}},
        "variants": variants,
        "seeds": seeds,
        "budget_steps": steps,
    }
    return parse_spec(data, "compare")


def default_reward(
    environment_id: str, settings: Mapping[str, Any] | None = None, *, allowed_modules: Collection[str] = ()
) -> str:
    """What is compared where no reward is named: the objective of the catalogue, or the environment's own reward.

    Args:
        environment_id: A registered id.
        settings: Keyword arguments of the environment.
        allowed_modules: Modules that may be imported beside those of installed plugins.

    Raises:
        BadInput: There is no such environment.
    """
    env = checked_environment(environment_id, settings or {}, "ENV", "--set", allowed_modules=allowed_modules)
    catalogue = Catalogue.of(env)
    env.close()
    return ENVIRONMENT_REWARD if catalogue is None else catalogue.objective


def parse_reward(text: str, where: str = "--reward") -> str | dict[str, float]:
    """A reward as written on the command line: a name, or ``event=weight`` pairs with commas between.

    Args:
        text: What was written.
        where: The option, for the message.

    Raises:
        BadInput: A weight is not a number.
    """
    if "=" not in text:
        return text
    weights: dict[str, float] = {}
    fix = "write it as in delivered=1,minutes=-0.01"
    for pair in text.split(","):
        event, _, weight = (part.strip() for part in pair.partition("="))
        try:
            number = float(weight)
        except ValueError:
            raise BadInput(Problem(f"{where} {text}", repr(weight), "a number after each '='", fix)) from None
        if event in weights:
            raise BadInput(Problem(f"{where} {text}", f"event {event!r} twice", "each event once", fix))
        weights[event] = number
    return weights
