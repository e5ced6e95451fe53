"""The doctor in training finds the fault planted for it, keeps silent where there is none, and changes nothing."""

from __future__ import annotations

import json
import math
import warnings
from typing import Any

import gymnasium as gym
import numpy as np
import pytest
import torch
from sb3_contrib import TRPO
from stable_baselines3 import A2C, DQN, PPO, SAC, TD3
from torch import Tensor, nn

from rewardlab.agents.optimiser_watch import OptimiserWatch
from rewardlab.agents.training_doctor import TrainingDoctor
from rewardlab.errors import RunFailed
from rewardlab.losses.checks import LossReport

STEPS = 300
SMALL: dict[type, dict[str, Any]] = {
    PPO: {"n_steps": 64, "batch_size": 32, "n_epochs": 4},
    A2C: {},
    DQN: {"learning_starts": 50, "train_freq": 1},
    SAC: {"learning_starts": 50, "train_freq": 2, "batch_size": 32, "policy_kwargs": {"net_arch": [16, 16]}},
    TD3: {"learning_starts": 50, "train_freq": 2, "batch_size": 32, "policy_kwargs": {"net_arch": [16, 16]}},
}
ALGORITHMS = list(SMALL)


class Following(gym.Env):
    """Paid for an action with the sign of what is seen; at one step with something absurd, if so wished."""

    observation_space = gym.spaces.Box(-1, 1, (3,), np.float32)

    def __init__(self, *, boxed: bool, absurd: float | None = None) -> None:
        self.action_space = gym.spaces.Box(-1, 1, (1,), np.float32) if boxed else gym.spaces.Discrete(2)
        self.absurd, self.steps, self.seen = absurd, 0, np.zeros(3, np.float32)

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.seen = self.np_random.uniform(-1, 1, 3).astype(np.float32)
        return self.seen, {}

    def step(self, action):
        self.steps += 1
        paid = float(self.seen[0] * np.reshape(action, -1)[0])
        if self.absurd is not None and self.steps == 100:
            paid = self.absurd
        self.seen = self.np_random.uniform(-1, 1, 3).astype(np.float32)
        return self.seen, paid, self.steps % 20 == 0, False, {}


def agent_of(algorithm: Any, *, absurd: float | None = None, boxed: bool | None = None, **changes: Any) -> Any:
    torch.set_num_threads(1)
    env = Following(boxed=algorithm in (SAC, TD3) if boxed is None else boxed, absurd=absurd)
    return algorithm("MlpPolicy", env, seed=0, device="cpu", **(SMALL[algorithm] | changes))


def watched(agent: Any, steps: int = STEPS) -> LossReport:
    doctor = TrainingDoctor()
    agent.learn(steps, callback=doctor)
    return doctor.report


def ill(report: LossReport) -> dict[str, str]:
    return {finding.name: finding.level for finding in (*report.faults, *report.cautions)}


def weights(agent: Any) -> list[Tensor]:
    return [each.clone() for each in agent.policy.state_dict().values()]


@pytest.mark.parametrize(
    "algorithm", [pytest.param(each, marks=() if each in (PPO, DQN) else pytest.mark.slow) for each in ALGORITHMS]
)
def test_a_sound_training_passes_and_is_the_same_bit_by_bit(algorithm: Any) -> None:
    plain = agent_of(algorithm).learn(STEPS)
    agent = agent_of(algorithm)
    report = watched(agent)
    assert ill(report) == {}
    assert report.finding("finite").level == "fine"
    assert all(torch.equal(left, right) for left, right in zip(weights(plain), weights(agent), strict=True))
    assert torch.equal(
        torch.as_tensor(plain.predict(np.ones(3, np.float32), deterministic=True)[0]),
        torch.as_tensor(agent.predict(np.ones(3, np.float32), deterministic=True)[0]),
    )


@pytest.mark.parametrize("algorithm", ALGORITHMS)
@pytest.mark.parametrize("absurd", [math.nan, math.inf])
def test_a_reward_that_is_no_number_stops_the_training_within_one_update(algorithm: Any, absurd: float) -> None:
    agent = agent_of(algorithm, absurd=absurd)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        with pytest.raises(RunFailed, match=r"^step \d+, update \d+: .*; look for a reward"):
            agent.learn(STEPS, callback=TrainingDoctor())
    # It was paid at step 100; PPO updates every 64 steps, and what is replayed is drawn at random.
    assert 100 <= agent.num_timesteps <= 140
    # The step that would have spread it was not taken; DQN's bounded slope takes it in, and only its loss shows it.
    assert algorithm is DQN or all(bool(torch.isfinite(each).all()) for each in weights(agent))


def test_it_names_the_parameter_and_the_update() -> None:
    agent = agent_of(PPO, absurd=math.nan)
    # Two batches in each of four epochs of the first 64 steps; the ninth update is the first that can hold step 100.
    with pytest.raises(
        RunFailed, match=r"^step 128, update (9|10): [\w.]+: \d+ of \d+ elements of its gradient are not"
    ):
        agent.learn(STEPS, callback=TrainingDoctor())


@pytest.mark.parametrize("algorithm", [PPO, A2C, SAC])
def test_a_reward_of_1e30_overflows_and_stops_the_training(algorithm: Any) -> None:
    with pytest.raises(RunFailed, match="so large that its norm overflows"):
        agent_of(algorithm, absurd=1e30).learn(STEPS, callback=TrainingDoctor())


def test_in_dqn_it_shows_in_the_loss_alone() -> None:
    report = watched(agent_of(DQN, absurd=1e30))
    assert ill(report) == {"loss_spikes": "fault"}
    assert report.finding("finite").level == "fine"


def test_without_stopping_dqn_ends_with_weights_that_are_nan_and_the_report_says_so() -> None:
    doctor = TrainingDoctor(stop=False)
    agent = agent_of(DQN, absurd=math.nan).learn(STEPS, callback=doctor)
    assert agent.num_timesteps == STEPS
    assert not all(bool(torch.isfinite(each).all()) for each in weights(agent))
    assert doctor.report.finding("finite").level == "fault"
    assert 1 <= len(doctor.trouble) <= 10
    assert "gradient are not finite" in doctor.trouble[0]


@pytest.mark.parametrize("algorithm", [PPO, A2C, DQN])
def test_a_learning_rate_of_ten_throws_the_weights(algorithm: Any) -> None:
    report = watched(agent_of(algorithm, learning_rate=10.0))
    assert ill(report)["weights"] == "fault"


def test_a_learning_rate_of_ten_stops_sac() -> None:
    with pytest.raises(RunFailed, match="critic"):
        agent_of(SAC, learning_rate=10.0).learn(STEPS, callback=TrainingDoctor())


@pytest.mark.parametrize("algorithm", [PPO, A2C, DQN])
def test_clipping_is_measured_before_it_is_done(algorithm: Any) -> None:
    # With a limit of next to nothing all gradients that the optimiser sees are that small; the norms are not.
    doctor = TrainingDoctor()
    agent = agent_of(algorithm, max_grad_norm=1e-4)
    agent.learn(STEPS, callback=doctor)
    assert ill(doctor.report) == {"clipping": "caution"}
    assert (
        f"at {agent_updates(doctor)} of {agent_updates(doctor)} steps (100%)" in doctor.report.finding("clipping").saw
    )
    assert np.median(doctor.gradient_norms["policy.optimizer"]) > 1e-2


def test_an_agent_that_has_the_setting_and_does_not_clip_is_not_asked() -> None:
    agent = TRPO("MlpPolicy", Following(boxed=False), n_steps=16, batch_size=16, seed=0, device="cpu")
    assert agent.max_grad_norm == 0.0
    assert watched(agent, 16).finding("clipping").level == "not asked"


def agent_updates(doctor: TrainingDoctor) -> int:
    return len(doctor.gradient_norms["policy.optimizer"])


def test_the_norms_are_those_of_the_gradient_and_one_for_each_update() -> None:
    seen: list[float] = []
    agent = agent_of(PPO)
    doctor = TrainingDoctor()
    original = torch.nn.utils.clip_grad_norm_

    def noted(parameters: Any, limit: float) -> Tensor:
        norm = original(parameters, limit)
        seen.append(float(norm))
        return norm

    torch.nn.utils.clip_grad_norm_ = noted
    try:
        agent.learn(128, callback=doctor)
    finally:
        torch.nn.utils.clip_grad_norm_ = original
    # Two rollouts of 64 steps, four epochs, two batches.
    assert len(seen) == 2 * 4 * 2
    assert doctor.gradient_norms["policy.optimizer"] == pytest.approx(seen, rel=1e-5)


def test_a_parameter_that_took_no_part_does_not_count_again() -> None:
    left, right = nn.Parameter(torch.zeros(1)), nn.Parameter(torch.zeros(1))
    optimiser = torch.optim.SGD([left, right], lr=0.0)
    watch = OptimiserWatch("both", optimiser, {id(left): "left", id(right): "right"}, lambda name, words: None)
    for loss in (3 * left + 4 * right, 3 * left):
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    assert list(watch.norms) == [5.0, 3.0]
    assert watch.moved == {"left": 2, "right": 1}


def test_each_optimiser_of_sac_has_its_own_norms() -> None:
    doctor = TrainingDoctor()
    agent_of(SAC).learn(STEPS, callback=doctor)
    counts = {name: len(norms) for name, norms in doctor.gradient_norms.items()}
    # From step 51 on, one update of each for every two steps.
    assert set(counts) == {"ent_coef_optimizer", "policy.actor.optimizer", "policy.critic.optimizer"}
    assert len(set(counts.values())) == 1
    assert counts["policy.actor.optimizer"] == 125


def test_a_frozen_layer_is_named() -> None:
    agent = agent_of(PPO)
    agent.policy.mlp_extractor.policy_net[0].weight.requires_grad_(False)
    report = watched(agent)
    assert ill(report) == {"frozen": "caution"}
    assert "mlp_extractor.policy_net.0.weight" in report.finding("frozen").saw


def test_a_layer_without_a_gradient_is_named() -> None:
    agent = agent_of(PPO)
    with torch.no_grad():
        agent.policy.mlp_extractor.policy_net[0].bias.fill_(1e3)  # tanh of it is exactly 1
    report = watched(agent)
    assert ill(report) == {"zero_gradients": "caution"}
    assert "mlp_extractor.policy_net.0.weight" in report.finding("zero_gradients").saw


def test_a_standard_deviation_that_vanishes_or_explodes() -> None:
    for log_std, level in ((-8.0, "caution"), (6.0, "caution"), (0.0, "fine")):
        agent = agent_of(PPO, boxed=True, policy_kwargs={"log_std_init": log_std})
        assert watched(agent, 128).finding("action_spread").level == level, log_std


def test_the_spread_of_sac_is_read_from_what_its_actor_says() -> None:
    agent = agent_of(SAC)
    with torch.no_grad():
        agent.actor.log_std.weight.zero_()
        agent.actor.log_std.bias.fill_(-9.0)
    found = watched(agent).finding("action_spread")
    assert found.level == "caution"


def test_hooks_are_gone_after_the_training_and_after_a_failure() -> None:
    for absurd in (None, math.nan):
        agent = agent_of(DQN, absurd=absurd)
        try:
            agent.learn(STEPS, callback=TrainingDoctor())
        except RunFailed:
            assert absurd is not None
        optimiser = agent.policy.optimizer
        assert not optimiser._optimizer_step_pre_hooks
        assert not any(each._post_accumulate_grad_hooks for each in agent.policy.parameters())


def test_one_doctor_watches_two_trainings_one_after_the_other() -> None:
    doctor, agent = TrainingDoctor(), agent_of(PPO)
    agent.learn(128, callback=doctor)
    agent.learn(128, callback=doctor, reset_num_timesteps=False)
    assert agent_updates(doctor) == 16
    assert ill(doctor.report) == {}


def test_before_the_first_update_nothing_is_claimed() -> None:
    doctor = TrainingDoctor()
    agent_of(DQN, learning_starts=1000).learn(50, callback=doctor)
    assert doctor.report.clean
    assert doctor.report.finding("finite").level == "not asked"
    assert doctor.report.finding("weights").level == "not asked"


def test_the_report_is_text_and_plain_data() -> None:
    report = watched(agent_of(PPO))
    json.dumps(report.as_dict())
    assert report.as_text().startswith("8 questions: 0 fault, 0 caution, 7 fine")


def test_units_that_are_dead_from_the_beginning_are_named() -> None:
    agent = agent_of(PPO, policy_kwargs={"net_arch": [8], "activation_fn": nn.ReLU})
    with torch.no_grad():
        agent.policy.mlp_extractor.value_net[0].bias.fill_(-1e3)  # dead for all inputs
    found = watched(agent).finding("zero_gradients")
    assert "mlp_extractor.value_net.0.weight" in found.saw
