"""Any Gymnasium environment, paid by what is brought to it: beside the environment itself, and at its borders."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.wrappers import TimeLimit

from rewardlab.audit import audit
from rewardlab.errors import BadInput, InvalidReward
from rewardlab.lab.checked_environment import checked_environment
from rewardlab.lab.plan import plan_experiment
from rewardlab.lab.spec import parse_spec
from rewardlab.outside import ANY_ID, AnyEnv
from rewardlab.transitions import Transitions
from tests.command_line import call

CODE = '''
import numpy as np
from gymnasium.wrappers import TransformObservation
from rewardlab.rewards import Exploit, Potential, Reward, Term

def distance(steps):
    return np.abs(steps.next_state[:, 0])

def centred(steps):
    """1 a step, less the distance from the middle."""
    return 1.0 - steps.event("distance")

def wrong_shape(steps):
    return 1.0

def upright(observations):
    """Nearer to upright is better."""
    return -np.abs(observations[:, 2])

def falls(episode):
    return len(episode) < 12

STEPS = (Term("steps", lambda steps: steps.event("steps")),)
FALLS = Reward("falls", STEPS, "Pays for standing.", Exploit("falls_at_once", "Falls at once.", falls))
def doubled(env):
    return TransformObservation(env, lambda seen: 2.0 * seen, env.observation_space)

def raised(env):
    return TransformObservation(env, lambda seen: seen + 1.0, env.observation_space)

LEFT = Potential("left", lambda seen: -seen[:, 0], "observation", "How far left it is.")
'''


class Told(gym.Env[Any, Any]):
    """Counts to four; its info tells of the count, and at the end of success."""

    observation_space = gym.spaces.Box(0, 4, (1,))
    action_space = gym.spaces.Discrete(2)

    def __init__(self, forgets_at: int = 99) -> None:
        self.forgets_at, self.count = forgets_at, 0

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> Any:
        super().reset(seed=seed)
        self.count = 0
        return np.zeros(1, np.float32), {}

    def step(self, action: int) -> Any:
        self.count += 1
        info: dict[str, Any] = {"place": {"x": np.array([self.count], np.float32)}}
        if self.count == self.forgets_at:
            info = {"plcae": 1}
        if self.count == 4:
            info["success"] = True
        return np.full(1, self.count, np.float32), 0.5, self.count == 4, False, info


@pytest.fixture
def cart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A module of a user's, with functions of steps."""
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "my_cart.py").write_text(CODE)
    yield "my_cart"
    sys.modules.pop("my_cart", None)


BROUGHT: dict[str, Any] = {
    "events": {"distance": "my_cart:distance"},
    "rewards": {"centred": "my_cart:centred", "alive": {"steps": 1.0, "terminated": -10.0}},
    "potentials": {"upright": "my_cart:upright"},
    "objective": "centred",
}


def infos(env: gym.Env[Any, Any]) -> list[tuple[float, dict[str, Any]]]:
    """What each step of one episode paid and told."""
    env.reset(seed=0)
    told, ended = [], False
    while not ended:
        _, paid, terminated, truncated, info = env.step(0)
        told.append((float(paid), info))
        ended = terminated or truncated
    return told


def test_events_of_the_info_and_rewards_of_them() -> None:
    # Counts 1, 2, 3, 4: the place, and success in the last step alone. climb pays place - 2 for each step.
    events = {"x": "place.x", "won": {"key": "success", "missing": 0.0}}
    rewards = {"climb": {"x": 1.0, "steps": -2.0}, "win": {"won": 10.0, "reward": 2.0}}
    told = infos(AnyEnv(Told(), events=events, rewards=rewards, objective="win", reward="climb"))
    assert [paid for paid, _ in told] == [-1.0, 0.0, 1.0, 2.0]
    assert [info["objective"] for _, info in told] == [1.0, 1.0, 1.0, 11.0]
    assert told[3][1]["ledger"] == {"x": 4.0, "steps": -2.0}
    assert told[3][1]["events"] == {
        "reward": 0.5, "steps": 1.0, "terminated": 1.0, "truncated": 0.0, "x": 4.0, "won": 1.0
    }  # fmt: skip
    assert set(told[0][1]) == {"objective", "ledger", "events"}


def test_all_else_is_the_environments_own(cart: str) -> None:
    ours, theirs = gym.make(ANY_ID, env="CartPole-v1", **BROUGHT, reward="own"), gym.make("CartPole-v1")
    a, b = ours.reset(seed=3)[0], theirs.reset(seed=3)[0]
    ended, actions = False, np.random.default_rng(0)
    while not ended:
        np.testing.assert_array_equal(a, b)
        action = int(actions.integers(2))
        (a, *mine, info), (b, *its, _) = ours.step(action), theirs.step(action)
        assert mine == its
        assert info["objective"] == pytest.approx(1.0 - abs(float(b[0])))
        ended = its[1] or its[2]


def test_a_time_limit_cuts_off_and_is_seen(cart: str) -> None:
    env = gym.make(ANY_ID, env="MountainCar-v0", rewards={"r": {"truncated": 1.0}}, objective="r")
    told = infos(env)
    assert [paid for paid, _ in told] == [0.0] * 199 + [1.0]
    assert isinstance(env, TimeLimit)


def test_a_key_that_is_missing_is_named_with_its_step() -> None:
    env = AnyEnv(Told(forgets_at=3), events={"x": "place.x"}, rewards={"climb": {"x": 1.0}}, objective="climb")
    with pytest.raises(InvalidReward, match=r"event 'x', step 2: the info has no key 'place\.x'; it has plcae"):
        infos(env)


@pytest.mark.parametrize(
    ("brought", "said"),
    [
        ({"events": {"reward": "x"}}, "events.reward: got 'reward', expected a name other than"),
        ({"events": {"x": 3}}, "events.x: got 3, expected a key of the info"),
        ({"events": {"x": {"key": "a", "mising": 1}}}, "events.x: got"),
        ({"events": {"x": "my_cart:distanze"}}, "did you mean 'distance'?"),
        (
            {"events": {"x": "speed"}},
            "events: got in the first step: event 'x', step 0: the info has no key",
        ),
        ({"rewards": {"r": {"stepz": 1.0}}}, "rewards.r.stepz: got 'stepz'"),
        ({"rewards": {"own": {"steps": 1.0}}}, "rewards.own: got 'own', expected another name"),
        ({"rewards": {"r": 3}}, "rewards.r: got 3, expected weights on events"),
        (
            {"rewards": {"r": "my_cart:wrong_shape"}},
            "rewards.r: got in the first step: reward term 'r': got float64",
        ),
        ({"objective": "centered", **{k: BROUGHT[k] for k in ("events", "rewards")}}, "did you mean 'centred'?"),
        ({"potentials": {"p": "upright"}}, "potentials.p: got 'upright', expected a function of observations"),
        ({"rewards": [1]}, "rewards: got [1], expected a table"),
        ({"colour": 1}, "colour: got 1, expected one of env, settings, observed_by"),
        ({"rewards": {"r": "os:system"}}, "rewards.r: got 'os', expected a module among"),
        ({"observed_by": ["shutil:rmtree"]}, "observed_by[0]: got 'shutil', expected a module among"),
        ({"events": {"e": "antigravity:fly"}}, "events.e: got 'antigravity', expected a module among"),
        ({"potentials": {"p": "antigravity:fly"}}, "potentials.p: got 'antigravity', expected a module among"),
        (
            {"potentials": {"p": "my_cart:wrong_shape"}},
            "potentials.p: got in the first step: potential 'p': got shape",
        ),
        ({"env": "antigravity:Foo-v0"}, "env: got 'antigravity', expected a module among"),
        ({"env": "Taxi-v4", "settings": 3}, "settings: got 3, expected a table of keyword arguments"),
        ({"env": None}, "env: got None, expected the id of an environment"),
    ],
)
def test_what_does_not_fit_is_said_before_anything_runs(brought: dict[str, Any], said: str, cart: str) -> None:
    with pytest.raises(BadInput) as refused:
        checked_environment(ANY_ID, {"env": "CartPole-v1", **brought}, "ENV", "--set", allowed_modules=[cart])
    assert said in str(refused.value)
    assert "antigravity" not in sys.modules


def test_every_function_that_fails_in_the_first_step_is_named_at_once() -> None:
    def one_observation(seen: Any) -> Any:
        return seen[3]  # of a batch of one row

    wrong = {"rewards": {"r": lambda steps: steps.next_state[:, 9]}, "potentials": {"p": one_observation}}
    with pytest.raises(BadInput) as refused:
        AnyEnv(gym.make("CartPole-v1"), objective="r", **wrong).try_step()
    told = {problem.where: problem.got for problem in refused.value.problems}
    assert [*told] == ["rewards.r", "potentials.p"]
    assert all(got.startswith("in the first step: IndexError: index") for got in told.values())


@pytest.mark.parametrize(
    ("paid", "shown"),
    [
        (float("nan"), "nan (float)"),
        (None, "None (NoneType)"),
        ("1", "'1' (str)"),
        (np.array([1.0]), "array([1.]) (ndarray)"),
        (True, "True (bool)"),
    ],
    ids=repr,
)
def test_what_the_environment_itself_pays_is_a_number(paid: Any, shown: str) -> None:
    env = AnyEnv(gym.wrappers.TransformReward(Told(), lambda _: paid), rewards={"r": {"steps": 1.0}})
    with pytest.raises(InvalidReward) as refused:
        infos(env)
    assert str(refused.value) == f"step 0: got reward {shown} of the environment itself, expected a finite number"


def test_what_stands_in_the_info_and_is_no_number_is_told_from_what_is_not_there() -> None:
    class Odd(Told):
        def step(self, action: int) -> Any:
            *returned, info = super().step(action)
            return *returned, {**info, "nothing": None, "two": np.array([1, 2])}

    for key, got in (("nothing", "'None'"), ("two", r"'\[1 2\]'")):
        env = AnyEnv(Odd(), events={"x": key}, rewards={"r": {"x": 1.0}})
        with pytest.raises(InvalidReward, match=f"event 'x', step 0: got {got}, expected one finite number"):
            infos(env)
    env = AnyEnv(Odd(), events={"x": {"key": "nothing", "missing": 3.0}}, rewards={"r": {"x": 1.0}}, objective="r")
    assert infos(env)[0][0] == 3.0


def test_a_reward_or_potential_that_is_named_comes_whole(cart: str) -> None:
    brought: dict[str, Any] = {"rewards": {"mine": "my_cart:FALLS"}, "potentials": {"p": "my_cart:LEFT"}}
    catalogue = AnyEnv(gym.make("CartPole-v1"), **brought).catalogue
    reward, potential = catalogue.rewards["mine"], catalogue.potentials["p"]
    assert (reward.name, reward.summary) == ("mine", "Pays for standing.")
    assert reward.exploit is not None
    assert reward.exploit.name == "falls_at_once"
    assert (potential.name, potential.reads, potential.summary) == ("p", "observation", "How far left it is.")
    assert potential(np.array([[0.5, 0, 0, 0], [-2.0, 0, 0, 0]])).tolist() == [-0.5, 2.0]


def test_an_environment_with_a_catalogue_has_its_own() -> None:
    with pytest.raises(BadInput, match="an environment without a catalogue"):
        AnyEnv(gym.make("rewardlab_envs:rewardlab/Delivery-v0"))


def test_observations_that_are_no_arrays_need_a_wrapper() -> None:
    space = gym.spaces.Dict(a=gym.spaces.Discrete(2))
    env = Told()
    env.observation_space = space  # type: ignore[assignment]
    with pytest.raises(BadInput, match="FlattenObservation"):
        AnyEnv(env)
    made = gym.make(ANY_ID, env="Blackjack-v1", observed_by=["gymnasium.wrappers:FlattenObservation"])
    assert made.observation_space.shape == (32 + 11 + 2,)


def test_the_first_wrapper_is_the_innermost(cart: str) -> None:
    env = gym.make(ANY_ID, env="CartPole-v1", observed_by=["my_cart:doubled", "my_cart:raised"])
    seen, bare = env.reset(seed=0)[0], gym.make("CartPole-v1").reset(seed=0)[0]
    np.testing.assert_allclose(seen, 2.0 * bare + 1.0)


def test_what_is_legal_is_what_the_environment_says() -> None:
    class Masked(Told):
        def action_masks(self) -> Any:
            return np.array([False, True])

    env = TimeLimit(AnyEnv(Masked()), 9)
    assert env.get_wrapper_attr("action_masks")().tolist() == [False, True]
    assert not TimeLimit(AnyEnv(Told()), 9).has_wrapper_attr("action_masks")


def test_it_is_audited_by_its_names_and_by_weights(cart: str) -> None:
    env = gym.make(ANY_ID, env="CartPole-v1", **BROUGHT)

    def left(observation: Any) -> int:
        return 0

    found = audit(env, "alive", policies={"left": left}, episodes=10)
    assert (found.proxy, found.objective) == ("alive", "centred")
    signal = found.finding("signal").data["terms"]
    assert signal["steps"]["share"] == 1.0
    assert signal["terminated"]["largest"] == 10.0
    assert audit(env, {"distance": -1.0}, episodes=10).finding("signal").data["terms"]["distance"]["share"] == 1.0


def test_a_spec_names_it_and_its_runs_are_planned(cart: str) -> None:
    data = {
        "version": 2, "name": "cart", "environment": {"id": ANY_ID, "settings": {"env": "CartPole-v1", **BROUGHT}},
        "variants": [
            {"name": "alive", "reward": "alive"},
            {"name": "both", "reward": {"steps": 1.0, "distance": -1.0},
             "wrappers": [{"kind": "potential_shaping", "potential": "upright"}]},
        ],
        "seeds": 1, "budget_steps": 100,
    }  # fmt: skip
    plan = plan_experiment(parse_spec(data, "spec"), "spec", allowed_modules=[cart])
    assert plan.catalogue is not None
    assert plan.catalogue.shown_events == ("distance",)
    assert plan.catalogue.rewards["centred"].summary == "1 a step, less the distance from the middle."
    assert [run.training.environment_id for run in plan.runs] == [ANY_ID] * 2
    with pytest.raises(BadInput, match="--allow-code my_cart"):
        plan_experiment(parse_spec(data, "spec"), "spec")


def test_the_command_line_takes_the_same_settings(cart: str) -> None:
    words = ["--set", "env=CartPole-v1", "--set", 'rewards={"alive": {"steps": 1, "terminated": -10}}']
    said = call("audit", ANY_ID, *words, "--reward", "alive", "--episodes", 10)
    assert (said.code, said.err) == (0, "")
    assert "terminated: fires in" in said.words
    assert "no TimeLimit" not in said.words


def test_a_function_is_given_what_a_reward_is_given(cart: str) -> None:
    seen: list[Transitions] = []

    def noted(steps: Transitions) -> Any:
        seen.append(steps)
        return np.zeros(len(steps))

    env = AnyEnv(Told(), rewards={"noted": noted}, objective="noted")
    env.reset(seed=0)
    env.step(1)
    assert (seen[0].state.item(), seen[0].action.item(), seen[0].next_state.item()) == (0.0, 1, 1.0)
    assert not seen[0].terminated[0]


class OwnBuffer(Told):
    """Hands out the array that it counts in."""

    buffer = np.zeros(1, np.float32)

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> Any:
        self.buffer[:] = super().reset(seed=seed)[0]
        return self.buffer, {}

    def step(self, action: int) -> Any:
        observation, *rest = super().step(action)
        self.buffer[:] = observation
        return self.buffer, *rest


def test_a_buffer_that_is_handed_out_is_read_in_time() -> None:
    def moved(steps: Transitions) -> Any:
        return steps.next_state[:, 0] - steps.state[:, 0]

    env = AnyEnv(OwnBuffer(), rewards={"moved": moved}, objective="moved")
    assert [paid for paid, _ in infos(env)] == [1.0] * 4


def test_one_that_draws_nothing_need_not_know_how() -> None:
    gym.register("Told-v0", entry_point=Told)
    try:
        assert gym.make(ANY_ID, env="Told-v0").render_mode is None
    finally:
        del gym.registry["Told-v0"]


def test_what_a_function_does_to_its_steps_nobody_else_sees() -> None:
    def spoils(steps: Transitions) -> Any:
        found = steps.next_state[:, 0] - steps.state[:, 0]
        steps.next_state[:] = steps.state[:] = 99.0
        return found

    env = AnyEnv(Told(), events={"a": spoils, "b": spoils}, rewards={"r": {"a": 1.0, "b": 1.0}}, objective="r")
    assert env.reset(seed=0)[0] == 0.0
    assert env.step(0)[:2] == (1.0, 2.0)
    assert env.step(0)[:2] == (2.0, 2.0)


def test_minigrid_is_played_through_its_wrappers() -> None:
    pytest.importorskip("minigrid")
    env = checked_environment(
        ANY_ID,
        {"env": "minigrid:MiniGrid-Empty-5x5-v0", "observed_by": ["minigrid.wrappers:ImgObsWrapper"],
         "rewards": {"quick": {"reward": 1.0, "steps": -0.01}}, "objective": "own"},
        "ENV", "--set", allowed_modules=["minigrid"],
    )  # fmt: skip
    assert env.observation_space.shape == (7, 7, 3)
    found = audit(env, "quick", episodes=10)
    assert found.finding("signal").data["terms"]["steps"]["share"] == 1.0
