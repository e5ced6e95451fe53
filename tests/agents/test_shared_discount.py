"""One gamma for shaping and agent, wherever the shaping sits."""

from __future__ import annotations

import gymnasium as gym
import pytest
from gymnasium.vector import AsyncVectorEnv, AutoresetMode
from stable_baselines3 import PPO
from stable_baselines3.common.vec_env import DummyVecEnv, SubprocVecEnv, VecNormalize

from rewardlab.agents import require_shared_discount
from rewardlab.agents.vector_adapter import VectorAdapter
from rewardlab.errors import BadInput
from rewardlab.wrappers import Ledger, PotentialShaping, VectorPotentialShaping

DELIVERY = "rewardlab_envs:rewardlab/Delivery-v0"


def scalar_stack(gamma: float) -> DummyVecEnv:
    def make_one() -> gym.Env:
        env = gym.make(DELIVERY)
        return Ledger(PotentialShaping(env, env.unwrapped.catalogue.potential("distance"), gamma=gamma))

    return DummyVecEnv([make_one])


def vector_stack(gamma: float) -> VectorAdapter:
    env = gym.make_vec(DELIVERY, 2, autoreset_mode="SameStep")
    return VectorAdapter(VectorPotentialShaping(env, env.unwrapped.catalogue.potential("distance"), gamma=gamma))


def normalised_stack(gamma: float) -> VecNormalize:
    return VecNormalize(vector_stack(gamma))


@pytest.mark.parametrize("stack", [scalar_stack, vector_stack, normalised_stack])
def test_another_gamma_is_refused_and_both_are_named(stack) -> None:
    agent = PPO("MlpPolicy", stack(0.9), gamma=0.99, n_steps=8, batch_size=8, device="cpu")
    with pytest.raises(BadInput, match=r"shaping gamma: got 0\.9, expected the agent's gamma, 0\.99; give the wrapper"):
        require_shared_discount(agent)


@pytest.mark.parametrize("stack", [scalar_stack, vector_stack, normalised_stack])
def test_the_same_gamma_passes(stack) -> None:
    require_shared_discount(PPO("MlpPolicy", stack(0.99), gamma=0.99, n_steps=8, batch_size=8, device="cpu"))


def shaped_copy() -> gym.Env:
    env = gym.make(DELIVERY)
    return PotentialShaping(env, env.unwrapped.catalogue.potential("distance"), gamma=0.9)


def of_processes(kind: str, make_one) -> SubprocVecEnv | VectorAdapter:
    if kind == "SubprocVecEnv":
        return SubprocVecEnv([make_one], start_method="fork")
    return VectorAdapter(AsyncVectorEnv([make_one], context="fork", autoreset_mode=AutoresetMode.SAME_STEP))


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
@pytest.mark.parametrize("kind", ["SubprocVecEnv", "AsyncVectorEnv"])
def test_copies_in_other_processes_are_asked(kind: str) -> None:
    envs = of_processes(kind, shaped_copy)
    try:
        agent = PPO("MlpPolicy", VecNormalize(envs), gamma=0.99, n_steps=8, batch_size=8, device="cpu")
        with pytest.raises(BadInput, match=r"shaping gamma: got 0\.9, expected the agent's gamma, 0\.99"):
            require_shared_discount(agent)
    finally:
        envs.close()


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
@pytest.mark.parametrize("kind", ["SubprocVecEnv", "AsyncVectorEnv"])
def test_copies_in_other_processes_without_shaping_pass_and_live_on(kind: str) -> None:
    envs = of_processes(kind, lambda: gym.make(DELIVERY))
    try:
        require_shared_discount(PPO("MlpPolicy", envs, gamma=0.99, n_steps=8, batch_size=8, device="cpu"))
        envs.reset()
    finally:
        envs.close()


def test_an_agent_without_an_environment_is_refused(tmp_path) -> None:
    PPO("MlpPolicy", scalar_stack(0.99), n_steps=8, batch_size=8, device="cpu").save(tmp_path / "agent")
    with pytest.raises(BadInput, match=r"agent: got an agent without an environment.*set_env"):
        require_shared_discount(PPO.load(tmp_path / "agent", device="cpu"))
