"""One gamma for shaping and agent: anything else voids the guarantee of potential-based shaping."""

from __future__ import annotations

from typing import Any

from gymnasium.vector import AsyncVectorEnv

from rewardlab.errors import BadInput, Problem

__all__ = ["require_shared_discount"]

_ATTRIBUTE = "shaping_gamma"


def require_shared_discount(agent: Any) -> None:
    """Refuse an agent whose discount differs from that of a shaping wrapper round its environment.

    With shaping discount f and agent discount g, shaping adds the state reward ``(f - g) * potential(next)`` on top of
    what is safe, which can change the optimal policy (Ng, Harada & Russell 1999 assume one gamma).

    Args:
        agent: An SB3 agent, whose environments may be those of this package's adapter or SB3's own. Copies in other
            processes are asked for their outermost shaping.

    Raises:
        BadInput: The two differ; both are named. Or the agent has no environment.
    """
    environment = agent.get_env()
    if environment is None:
        fix = "give it one: agent.set_env(...), or load(..., env=...)"
        raise BadInput(Problem("agent", "an agent without an environment", "one that has it", fix))
    for shaping_gamma in _shaping_gammas(environment):
        if shaping_gamma != agent.gamma:
            fix = f"give the wrapper gamma={agent.gamma:g}"
            raise BadInput(Problem("shaping gamma", f"{shaping_gamma:g}", f"the agent's gamma, {agent.gamma:g}", fix))


def _shaping_gammas(environment: Any) -> list[float]:
    """The discount of every shaping wrapper, from the outside in: VecEnv wrappers, adapter, vector and scalar ones."""
    found = []
    layers = [environment]
    while layers:
        layer = layers.pop()
        if _ATTRIBUTE in vars(layer):
            found.append(layer.shaping_gamma)
        found += _elsewhere(layer)
        inner = [vars(layer).get(name) for name in ("venv", "vector_env", "env")]
        layers += [part for part in (*inner, *vars(layer).get("envs", ())) if part is not None]
    return found


def _elsewhere(layer: Any) -> list[float]:
    """Of copies that run in processes of their own, which can only be asked."""
    from stable_baselines3.common.vec_env import SubprocVecEnv

    if isinstance(layer, SubprocVecEnv):
        return list(layer.get_attr(_ATTRIBUTE)) if layer.has_attr(_ATTRIBUTE) else []
    if isinstance(layer, AsyncVectorEnv):
        # To ask for what is not there would end the processes.
        return list(layer.get_attr(_ATTRIBUTE)) if all(layer.call("has_wrapper_attr", _ATTRIBUTE)) else []
    return []
