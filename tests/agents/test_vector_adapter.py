"""The adapter must tell SB3 what its own DummyVecEnv would, in both autoreset modes that it takes."""

from __future__ import annotations

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.vector import AutoresetMode
from stable_baselines3 import A2C, DQN, PPO
from stable_baselines3.common.vec_env import DummyVecEnv

from rewardlab.agents.vector_adapter import VectorAdapter
from rewardlab.errors import BadInput, InvalidReward
from rewardlab.wrappers import Ledger, PotentialShaping, VectorPotentialShaping

DELIVERY = "rewardlab_envs:rewardlab/Delivery-v0"
GAMMA = 0.97


def make_adapter(mode: AutoresetMode, num_envs: int = 3, **settings: object) -> VectorAdapter:
    env = gym.make_vec(DELIVERY, num_envs, autoreset_mode=mode, reward="fixed_speed", **settings)
    return VectorAdapter(VectorPotentialShaping(env, env.unwrapped.catalogue.potential("work_left"), gamma=GAMMA))


def make_dummy(num_envs: int = 3, **settings: object) -> DummyVecEnv:
    def make_one() -> gym.Env:
        env = gym.make(DELIVERY, reward="fixed_speed", **settings)
        return Ledger(PotentialShaping(env, env.unwrapped.catalogue.potential("work_left"), gamma=GAMMA))

    return DummyVecEnv([make_one] * num_envs)


class OneStart(gym.Wrapper):
    """Begins every episode in the same state, so that streams can be compared though generators differ."""

    def __init__(self, env: gym.Env, state: int) -> None:
        super().__init__(env)
        self.state = state

    def reset(self, *, seed=None, options=None):
        return self.env.reset(seed=seed, options={**(options or {}), "state": self.state})


class OneStartVector(gym.vector.VectorWrapper):
    """The same for a vector in DISABLED mode."""

    def __init__(self, env: gym.vector.VectorEnv, state: int) -> None:
        super().__init__(env)
        self.state = state

    def reset(self, *, seed=None, options=None):
        return self.env.reset(seed=seed, options={**(options or {}), "state": self.state})


def test_stream_equals_dummy_vec_env() -> None:
    start = gym.make(DELIVERY).unwrapped.reset(seed=3)[1]["state"]
    settings = {"max_episode_steps": 11}
    potential = gym.make(DELIVERY).unwrapped.catalogue.potential("work_left")

    def make_one() -> gym.Env:
        env = OneStart(gym.make(DELIVERY, reward="fixed_speed", **settings), start)
        return Ledger(PotentialShaping(env, potential, gamma=GAMMA))

    theirs = DummyVecEnv([make_one] * 3)
    bare = gym.make_vec(DELIVERY, 3, autoreset_mode="Disabled", reward="fixed_speed", **settings)
    ours = VectorAdapter(VectorPotentialShaping(OneStartVector(bare, start), potential, gamma=GAMMA))
    np.testing.assert_array_equal(ours.reset(), theirs.reset())
    rng = np.random.default_rng(0)
    endings = 0
    for _ in range(200):
        actions = rng.integers(0, 6, 3)
        observations, rewards, dones, infos = ours.step(actions)
        expected = theirs.step(actions)
        np.testing.assert_array_equal(observations, expected[0])
        np.testing.assert_array_equal(rewards, expected[1])
        np.testing.assert_array_equal(dones, expected[2])
        for mine, other, done in zip(infos, expected[3], dones, strict=True):
            # Their flag is in every info, ours where an episode ended; SB3 asks for it only there.
            flag = other.pop("TimeLimit.truncated")
            assert mine.pop("TimeLimit.truncated", False) == flag
            if done:
                endings += 1
                np.testing.assert_array_equal(mine.pop("terminal_observation"), other.pop("terminal_observation"))
                assert mine["episode"].pop("ledger") == pytest.approx(other["episode"].pop("ledger"), rel=1e-12)
                assert mine.pop("episode") == pytest.approx(other.pop("episode"), rel=1e-12)
            assert mine["ledger"] == pytest.approx(other["ledger"], rel=1e-12, abs=1e-15)
            assert {**mine, "ledger": 0} == {**other, "ledger": 0}
        assert [info["state"] for info in ours.reset_infos] == [info["state"] for info in theirs.reset_infos]
    assert endings >= 3 * 18


@pytest.mark.parametrize("mode", [AutoresetMode.SAME_STEP, AutoresetMode.DISABLED])
def test_endings_say_what_sb3_looks_for(mode: AutoresetMode) -> None:
    adapter = make_adapter(mode, num_envs=5, max_episode_steps=7)
    adapter.seed(4)
    adapter.reset()
    rng = np.random.default_rng(0)
    paid = np.zeros(5)
    for step in range(1, 15):
        observations, rewards, dones, infos = adapter.step(rng.integers(0, 6, 5))
        paid += rewards
        assert rewards.dtype == np.float32
        assert dones.all() == (step % 7 == 0)
        if dones.all():
            for index, info in enumerate(infos):
                assert info["TimeLimit.truncated"] is True
                assert info["terminal_observation"].shape == observations[index].shape
                # The clock of a new episode is at 0; that of an episode that ended after moves need not be.
                assert observations[index][-2] == 0.0
                assert info["episode"]["l"] == 7
                assert info["episode"]["r"] == pytest.approx(paid[index], abs=1e-6)
                assert sum(info["episode"]["ledger"].values()) == pytest.approx(info["episode"]["r"], abs=1e-12)
            paid[:] = 0


class BothEndings(gym.Env):
    """Terminates in the very step in which the time is up."""

    observation_space = gym.spaces.Box(0, 1, (1,), np.float32)
    action_space = gym.spaces.Discrete(2)

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        return np.zeros(1, np.float32), {}

    def step(self, action):
        return np.ones(1, np.float32), 1.0, True, True, {}


@pytest.mark.parametrize("mode", [AutoresetMode.SAME_STEP, AutoresetMode.DISABLED])
def test_a_termination_at_the_time_limit_is_not_bootstrapped_from(mode: AutoresetMode) -> None:
    adapter = VectorAdapter(gym.vector.SyncVectorEnv([BothEndings] * 2, autoreset_mode=mode))
    adapter.reset()
    infos = adapter.step(np.zeros(2, dtype=np.int64))[3]
    assert [info["TimeLimit.truncated"] for info in infos] == [False, False]


def test_next_step_mode_is_refused_with_the_remedy() -> None:
    env = gym.make_vec(DELIVERY, 2)
    with pytest.raises(BadInput, match=r"got AutoresetMode.NEXT_STEP, expected SAME_STEP or DISABLED; make it"):
        VectorAdapter(env)


def test_the_remedy_works_for_environments_with_and_without_a_vector_of_their_own() -> None:
    for name in ("CartPole-v1", "Pendulum-v1", DELIVERY):
        with pytest.raises(BadInput) as refused:
            VectorAdapter(gym.make_vec(name, 1))
        (told,) = refused.value.problems
        assert "vectorization_mode='sync', vector_kwargs={'autoreset_mode': 'SameStep'}" in told.fix
        remedy = {"vectorization_mode": "sync", "vector_kwargs": {"autoreset_mode": "SameStep"}}
        VectorAdapter(gym.make_vec(name, 1, **remedy)).close()


def test_a_single_environment_is_refused_as_such() -> None:
    with pytest.raises(BadInput, match="vector_env: got a TimeLimit, expected a Gymnasium vector environment"):
        VectorAdapter(gym.make("CartPole-v1"))


def test_attributes_of_copies_are_set_in_the_copies() -> None:
    copies = gym.vector.SyncVectorEnv([lambda: gym.make("CartPole-v1")] * 3, autoreset_mode=AutoresetMode.SAME_STEP)
    adapter = VectorAdapter(copies)
    adapter.set_attr("gravity", 5.0)
    assert [copy.unwrapped.gravity for copy in copies.envs] == adapter.get_attr("gravity") == [5.0] * 3
    adapter.set_attr("gravity", 1.0, indices=1)
    assert [copy.unwrapped.gravity for copy in copies.envs] == [5.0, 1.0, 5.0]
    native = make_adapter(AutoresetMode.SAME_STEP)
    native.set_attr("mark", 3)
    assert native.get_attr("mark") == [3] * 3


def test_a_space_that_is_asked_for_is_that_of_one_environment() -> None:
    adapter = make_adapter(AutoresetMode.SAME_STEP)
    assert adapter.get_attr("action_space", indices=0) == [adapter.action_space]
    assert adapter.get_attr("observation_space") == [adapter.observation_space] * 3


def test_sync_vector_env_of_a_stranger_is_adapted() -> None:
    env = gym.make_vec(
        "CartPole-v1", 4, vectorization_mode="sync", vector_kwargs={"autoreset_mode": AutoresetMode.SAME_STEP}
    )
    adapter = VectorAdapter(env)
    adapter.reset()
    episodes = []
    for _ in range(60):
        _, _, dones, infos = adapter.step(np.zeros(4, dtype=np.int64))
        episodes += [info["episode"] for info, done in zip(infos, dones, strict=True) if done]
    assert all(episode["r"] == episode["l"] == episode["objective"] for episode in episodes)
    assert len(episodes) >= 4


def test_options_reach_all_environments_or_are_refused() -> None:
    adapter = make_adapter(AutoresetMode.SAME_STEP)
    start = int(np.flatnonzero(adapter.get_attr("task")[0].model.start)[0])
    adapter.set_options({"state": start})
    adapter.reset()
    assert [info["state"] for info in adapter.reset_infos] == [start] * 3
    adapter.set_options([{"state": start}, {}, {}])
    with pytest.raises(
        BadInput, match=r"set_options: got \{'state': \d+\} and \{\}, expected the same options for all"
    ):
        adapter.reset()


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf, 1e300])
def test_absurd_rewards_stop_at_their_step(bad: float) -> None:
    class Absurd(gym.vector.VectorRewardWrapper):
        steps = 0

        def rewards(self, rewards):
            self.steps += 1
            return np.where((np.arange(3) == 1) & (self.steps == 4), bad, rewards)

    adapter = VectorAdapter(Absurd(gym.make_vec(DELIVERY, 3, autoreset_mode="SameStep")))
    adapter.reset()
    for _ in range(3):
        adapter.step(np.zeros(3, dtype=np.int64))
    with pytest.raises(InvalidReward, match=r"step 4, environment 1: got reward .*, expected a finite float32; look"):
        adapter.step(np.zeros(3, dtype=np.int64))


def test_action_masks_and_attributes_reach_sb3() -> None:
    adapter = make_adapter(AutoresetMode.SAME_STEP)
    adapter.reset()
    assert np.stack(adapter.env_method("action_masks")).shape == (3, 6)
    assert len(adapter.env_method("action_masks", indices=[0, 2])) == 2
    assert adapter.has_attr("action_masks")
    assert not adapter.has_attr("no_such_thing")
    assert adapter.get_attr("render_mode", indices=1) == [None]
    with pytest.raises(AttributeError, match="no method 'no_such_thing'"):
        adapter.env_method("no_such_thing")


@pytest.mark.parametrize("algorithm", [PPO, A2C, DQN])
def test_unmodified_agents_train_save_and_load(algorithm: type, tmp_path) -> None:
    settings = {"learning_starts": 64, "train_freq": 8} if algorithm is DQN else {"n_steps": 16}
    agent = algorithm("MlpPolicy", make_adapter(AutoresetMode.SAME_STEP, 4), seed=0, device="cpu", **settings)
    agent.learn(256)
    assert len(agent.ep_info_buffer) > 0
    agent.save(tmp_path / "agent.zip")
    loaded = algorithm.load(tmp_path / "agent.zip", device="cpu")
    observations = make_adapter(AutoresetMode.SAME_STEP, 4).reset()
    np.testing.assert_array_equal(
        agent.predict(observations, deterministic=True)[0], loaded.predict(observations, deterministic=True)[0]
    )


def test_maskable_ppo_trains_on_masks() -> None:
    from sb3_contrib import MaskablePPO

    agent = MaskablePPO("MlpPolicy", make_adapter(AutoresetMode.SAME_STEP, 4), n_steps=16, seed=0, device="cpu")
    agent.learn(128)
    assert agent.num_timesteps == 128
