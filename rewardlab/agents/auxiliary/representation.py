"""The part of an SB3 agent that an auxiliary objective shapes: found by name, with its parameters and their owners."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, final

import numpy as np
import torch
from gymnasium import spaces
from stable_baselines3.common.base_class import BaseAlgorithm
from stable_baselines3.common.policies import BaseModel
from torch import Tensor, nn
from torch.optim import Optimizer

from rewardlab.errors import BadInput, Problem, one_of

__all__ = ["Representation", "find_representation", "representation_names"]

_REMEMBERING = (nn.modules.batchnorm._BatchNorm, nn.RNNBase)


@final
@dataclass(frozen=True, slots=True)
class Representation:
    """A layer of an agent, as a function of observations.

    Attributes:
        name: How objectives call it.
        encode: From observations as SB3's networks get them, ``[B, ...]``, to ``[B, size]``, with gradient.
        parameters: Name and parameter of all that ``encode`` depends on and that is trained.
        owners: The optimisers that step them; more than one only where the agent's actor and critic share.
        size: The width of the layer.
        draws: Whether ``encode`` draws random numbers (dropout) while the agent trains.
    """

    name: str
    encode: Callable[[Any], Tensor]
    parameters: tuple[tuple[str, nn.Parameter], ...]
    owners: tuple[Optimizer, ...]
    size: int
    draws: bool


def representation_names(model: BaseAlgorithm) -> tuple[str, ...]:
    """The representations that an agent has, the default first; without looking whether they have parameters."""
    return tuple(_parts(model))


def find_representation(model: BaseAlgorithm, name: str | None, where: str) -> Representation:
    """The representation of that name.

    Args:
        model: An agent of SB3 or sb3-contrib: actor-critic, of Q-values or quantiles, or as SAC and TD3.
        name: One of `representation_names`; None for the first of them that has parameters.
        where: The place to name in messages.

    Raises:
        BadInput: There is none of that name, it has nothing to train, it has no optimiser, or it keeps statistics or
            a state that a second pass would change (batch normalisation, recurrence).
    """
    parts = _parts(model)
    if name is not None and name not in parts:
        raise BadInput(one_of(where, name, parts, f"representation of {type(model).__name__}"))
    chosen = name or next((known for known in parts if _trained(parts[known][0])), next(iter(parts)))
    modules, encode = parts[chosen]
    parameters = tuple(_trained(modules).items())
    if not parameters:
        fix = "give the policy layers (policy_kwargs=dict(net_arch=[64, 64])) or a features extractor with parameters"
        others = [known for known in parts if _trained(parts[known][0])]
        if others:
            fix = f"this agent's {', '.join(others)} can be trained"
        raise BadInput(Problem(where, f"{chosen!r}, which has no trained parameter", "one with parameters", fix))
    for module in (part for root in modules.values() for part in root.modules()):
        if isinstance(module, _REMEMBERING) or _keeps_statistics(module):
            got = f"{chosen!r} with {type(module).__name__}"
            fix = "use LayerNorm, whose output depends on its own input only"
            raise BadInput(Problem(where, got, "layers that a second pass over a batch does not change", fix))
    owners = tuple(_owners(model, [parameter for _, parameter in parameters]))
    if not owners:
        raise BadInput(Problem(where, f"{chosen!r}, which no optimiser of the agent steps", "trained parameters"))
    draws = any(isinstance(part, nn.modules.dropout._DropoutNd) for root in modules.values() for part in root.modules())
    return Representation(chosen, encode, parameters, owners, _width(model, encode), draws)


def _keeps_statistics(module: nn.Module) -> bool:
    """Whether it remembers means or variances of batches, as the batch renormalisation of sb3-contrib's CrossQ does."""
    return any(part is not None and name.endswith(("mean", "var")) for name, part in module._buffers.items())


_Part = tuple[dict[str, nn.Module], Callable[[Any], Tensor]]


def _parts(model: BaseAlgorithm) -> dict[str, _Part]:
    policy: Any = model.policy
    if hasattr(policy, "lstm_actor"):
        fix = "an encoding there needs the states before it; frames stacked into observations need no memory"
        raise BadInput(Problem("AuxiliaryObjectives", f"a {type(policy).__name__}", "a policy without memory", fix))
    if hasattr(policy, "mlp_extractor"):
        return _actor_critic_parts(policy)
    for name in ("q_net", "quantile_net"):
        if hasattr(policy, name):
            network = getattr(policy, name)
            return _network_parts(network, getattr(network, name)[:-1], f"{name}.", "latent", "features")
    if hasattr(policy, "actor") and hasattr(policy, "critic"):
        actor, critic = policy.actor, policy.critic
        body = actor.latent_pi if hasattr(actor, "latent_pi") else _before_the_last_linear(actor.mu)
        found = _network_parts(actor, body, "actor.", "actor_latent", "actor_features")
        found |= _network_parts(critic, nn.Sequential(), "critic.", "", "critic_features")
        found.pop("")
        return found
    fix = "PPO, A2C, DQN, SAC, TD3, MaskablePPO and QRDQN are known"
    raise BadInput(Problem("AuxiliaryObjectives", f"a {type(policy).__name__}", "a policy with a known layer", fix))


def _actor_critic_parts(policy: Any) -> dict[str, _Part]:
    body = policy.mlp_extractor
    parts: dict[str, _Part] = {}
    for name, extractor, network, key in (
        ("policy_latent", policy.pi_features_extractor, body.policy_net, "policy_net"),
        ("value_latent", policy.vf_features_extractor, body.value_net, "value_net"),
    ):
        modules = {"features_extractor": extractor, f"mlp_extractor.{key}": network}
        parts[name] = (modules, _chain(policy, extractor, network))
    if policy.share_features_extractor:
        shared = policy.features_extractor
        parts["features"] = ({"features_extractor": shared}, _chain(policy, shared, None))
    else:
        for name, extractor in (
            ("policy_features", policy.pi_features_extractor),
            ("value_features", policy.vf_features_extractor),
        ):
            parts[name] = ({"features_extractor": extractor}, _chain(policy, extractor, None))
    return parts


def _network_parts(network: Any, body: nn.Module, prefix: str, latent: str, features: str) -> dict[str, _Part]:
    extractor = network.features_extractor
    below = {f"{prefix}features_extractor": extractor}
    return {
        latent: (below | {f"{prefix}body": body}, _chain(network, extractor, body)),
        features: (below, _chain(network, extractor, None)),
    }


def _before_the_last_linear(network: nn.Sequential) -> nn.Sequential:
    last = max(index for index, layer in enumerate(network) if isinstance(layer, nn.Linear))
    return nn.Sequential(*list(network)[:last])


def _chain(owner: Any, extractor: nn.Module, body: nn.Module | None) -> Callable[[Any], Tensor]:
    def encode(observations: Any) -> Tensor:
        # The base class's own: ActorCriticPolicy's ignores the extractor that it is given where two are not shared.
        features: Tensor = BaseModel.extract_features(owner, observations, extractor)  # type: ignore[arg-type]
        return features if body is None else body(features)

    return encode


def _trained(modules: dict[str, nn.Module]) -> dict[str, nn.Parameter]:
    found: dict[int, tuple[str, nn.Parameter]] = {}
    for prefix, module in modules.items():
        for name, parameter in module.named_parameters(prefix):
            if parameter.requires_grad:
                found.setdefault(id(parameter), (name, parameter))
    return dict(found.values())


def _owners(model: BaseAlgorithm, parameters: list[nn.Parameter]) -> Iterator[Optimizer]:
    wanted = {id(parameter) for parameter in parameters}
    seen: set[int] = set()
    for module in model.policy.modules():
        # SB3 keeps an optimiser as an attribute of the module that it steps.
        optimizer = vars(module).get("optimizer")
        if isinstance(optimizer, Optimizer) and id(optimizer) not in seen:
            seen.add(id(optimizer))
            if any(id(parameter) in wanted for group in optimizer.param_groups for parameter in group["params"]):
                yield optimizer


def _width(model: BaseAlgorithm, encode: Callable[[Any], Tensor]) -> int:
    was_training = model.policy.training
    model.policy.set_training_mode(False)
    with torch.no_grad():
        observation, _ = model.policy.obs_to_tensor(_blank(model.observation_space))
        width = encode(observation).shape[-1]
    model.policy.set_training_mode(was_training)
    return int(width)


def _blank(space: Any) -> Any:
    """An observation of zeros; a sample would move the space's random stream, which users may have seeded."""
    if isinstance(space, spaces.Dict):
        return {key: _blank(part) for key, part in space.items()}
    return np.zeros(space.shape, space.dtype)
