"""The audit by playing: known hacks, clean rewards, what cannot be told, and what is refused."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import count
from typing import Any

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.wrappers import TimeLimit

from rewardlab.audit.finding import LEVELS, Finding
from rewardlab.audit.sampling.paired_returns import SampledReturns, sampled_pair
from rewardlab.audit.sampling.recording import record_episodes
from rewardlab.audit.sampling.sampled_audit import sampled_audit, sampled_returns
from rewardlab.audit.sampling.searched_exploit import ExploitSearch, Replay
from rewardlab.errors import BadInput
from rewardlab.mdp import FiniteEnv, policy_values
from rewardlab.rewards import Potential, Reward
from rewardlab.wrappers import PotentialShaping, RewardTransform
from tests.mdp.tiny_models import stay_or_switch, task_of, uniform_policy

TOMATOES = "rewardlab_envs:rewardlab/TomatoWatering-v0"
WEST, SOUTH = 3, 2


def go(action: int) -> Any:
    return lambda observation: action


def asked(env: Any, **settings: Any) -> dict[str, Finding]:
    findings = sampled_audit(env, **{"gamma": 0.99, "seed": 0, "episodes": 30} | settings)
    assert [LEVELS.index(finding.level) for finding in findings] == sorted(
        LEVELS.index(finding.level) for finding in findings
    )
    assert all(finding.basis != "proven on the model" and finding.level != "unsafe" for finding in findings)
    return {finding.name: finding for finding in findings}


def test_the_bucket_is_a_violation_among_policies_and_honest_watering_is_none() -> None:
    policies = {"west": go(WEST), "south": go(SOUTH)}
    gamed = asked(gym.make(TOMATOES, reward="seen_watered"), policies=policies)["hackability"]
    assert gamed.level == "caution"
    first = gamed.data["violations"][0]
    assert first["first"] == "west"
    # The sixth step arrives, and from it on each pays 0.56: 0.56 * (0.99^5 - 0.99^100) / 0.01 = 32.76.
    paid = next(row for row in gamed.data["policies"] if row["policy"] == "west")
    assert paid["proxy"][0] == pytest.approx(0.56 * (0.99**5 - 0.99**100) / 0.01)
    assert paid["objective"][0] == 0
    clean = asked(gym.make(TOMATOES, reward="watered"), policies=policies)["hackability"]
    assert (clean.level, clean.data["violations"]) == ("fine", [])
    assert clean.verdict.startswith("Nothing found among 3 policies in 30 episodes")


def test_deliveries_dropped_at_once_are_a_violation() -> None:
    # At the depot a parcel is picked up and dropped for ever; the customer lives one cell to the east of it.
    env = gym.make("rewardlab_envs:rewardlab/Delivery-v0", reward="speed", orders=1, town_map="DA.")
    tasks = {"farm": ("pick_up", "drop"), "deliver": ("pick_up", "east", "drop")}
    names, taken = env.unwrapped.task.action_names, count()

    def in_turn(words: tuple[str, ...]) -> Any:
        return lambda observation: names.index(words[next(taken) % len(words)])

    found = asked(env, policies={name: in_turn(words) for name, words in tasks.items()})["hackability"]
    assert found.level == "caution"
    assert ("farm", "deliver") in {(pair["first"], pair["second"]) for pair in found.data["violations"]}


def test_a_slippery_lake_under_its_own_reward_is_clean() -> None:
    arrived = Reward.from_function(lambda steps: steps.next_state == 15, name="arrived")
    lake = gym.make("FrozenLake-v1")
    findings = asked(lake, policies={"down": go(1), "right": go(2)}, episodes=200, objective=arrived)
    assert findings["hackability"].level == "fine"
    assert findings["shaping_form"].level == "fine"


def test_cartpole_is_its_own_objective_and_nothing_is_claimed() -> None:
    def never() -> ExploitSearch:
        raise AssertionError("trained for minutes, and nothing could come of it")

    findings = asked(gym.make("CartPole-v1"), policies={"left": go(0)}, search=never)
    for name in ("exploit", "hackability", "optimal_set", "shaping_form"):
        assert (findings[name].level, findings[name].basis) == ("note", "not asked")
    for name in ("exploit", "hackability"):
        assert "no reward can be gamed against itself" in findings[name].verdict
        assert "against=" in findings[name].advice
    assert [row["policy"] for row in findings["hackability"].data["policies"]] == ["random", "left"]


def test_what_is_meant_may_be_what_is_paid_so_far_and_is_asked_about_all_the_same() -> None:
    upright = Reward.from_function(lambda steps: np.ones(len(steps)), name="upright")
    findings = asked(gym.make("CartPole-v1"), policies={"left": go(0)}, objective=upright)
    assert findings["hackability"].verdict.startswith("Nothing found among 2 policies")
    assert findings["exploit"].verdict == "Not asked: no search was ordered."


def test_a_variation_of_cartpole_that_pays_for_leaning_is_caught() -> None:
    leaning = Reward.from_function(lambda steps: 100 * np.abs(steps.next_state[:, 2]) ** 3, name="leaning")
    falling = {"falls": go(0), "balances": lambda seen: int(seen[2] + seen[3] > 0)}
    found = asked(gym.make("CartPole-v1"), reward=leaning, policies=falling)["hackability"]
    assert ("falls", "balances") in {(pair["first"], pair["second"]) for pair in found.data["violations"]}


def test_returns_agree_with_the_exact_ones() -> None:
    model = stay_or_switch()
    env = TimeLimit(FiniteEnv(task_of(model)), 60)
    findings = asked(env, gamma=0.8, episodes=400)
    row = findings["hackability"].data["policies"][0]
    table = model.events["paid"]
    exact = float(model.start @ policy_values(model, table, uniform_policy(model), 0.8))
    value, low, high = row["proxy"]
    # 0.8^60 is 1.5e-6. The interval is half as wide as 1.96 standard errors; four of them are surely wide enough.
    assert abs(value - exact) < 2.05 * (high - low) / 2


class TestShapingThatIsCutOff:
    """Two states, and the objective pays 0.01 for arriving in the first; the potential is 10 in the second."""

    POLICIES = {"stay in 0": lambda seen: int(seen), "go to 1": lambda seen: 1 - int(seen)}  # noqa: RUF012

    def environment(self, shaping_gamma: float) -> gym.Env[Any, Any]:
        model = stay_or_switch()
        model = replace(model, events={"meant": 0.01 * (model.successor == 0)})
        bare = TimeLimit(FiniteEnv(task_of(model, seen=False)), 5)
        return PotentialShaping(bare, Potential.from_table(np.array([0.0, 10.0]), name="ten"), gamma=shaping_gamma)

    def test_taken_at_face_value_honest_shaping_would_look_like_a_hack(self) -> None:
        env = self.environment(0.9)
        records = [
            record_episodes(env, self.POLICIES[name], episodes=60, seed=0, name=name)
            for name in ("go to 1", "stay in 0")
        ]
        raw = [
            SampledReturns(record.policy, *(record.returns(part, 0.9) for part in (record.proxy, record.objective)))
            for record in records
        ]
        # What was cut off after five steps is 0.9^5 * 10 = 5.9 more, and the objective some 0.04 less.
        pair = sampled_pair(*raw)
        assert pair.paid_more.value == pytest.approx(5.9, abs=0.1)
        assert pair.p_value < 1e-6
        honest, remarks = sampled_returns(env, records, 0.9)
        assert sampled_pair(*honest).p_value == 1.0
        assert any("left out" in remark for remark in remarks)

    def test_the_audit_is_not_taken_in(self) -> None:
        findings = asked(self.environment(0.9), gamma=0.9, policies=self.POLICIES)
        assert (findings["hackability"].level, findings["shaping_form"].level) == ("fine", "fine")

    def test_the_shaping_of_a_stranger_is_left_out_where_every_step_fits(self) -> None:
        class Stranger(gym.Wrapper[Any, Any, Any, Any]):
            def reset(self, **settings: Any) -> Any:
                observation, info = self.env.reset(**settings)
                self.now = 10.0 * info["state"]
                return observation, info

            def step(self, action: Any) -> Any:
                observation, reward, *ends, info = self.env.step(action)
                before, self.now = self.now, 10.0 * info["state"]
                return observation, float(reward) + 0.9 * self.now - before, *ends, info

        findings = asked(Stranger(self.environment(0.9).env), gamma=0.9, policies=self.POLICIES)
        assert findings["hackability"].level == "fine"
        assert any("in every step seen, and was left out" in line for line in findings["hackability"].evidence)

    def test_nor_does_it_excuse_shaping_by_another_gamma(self) -> None:
        findings = asked(self.environment(0.5), gamma=0.9, policies=self.POLICIES)
        assert findings["shaping_form"].data["is_shaping"] is False
        assert "gamma mismatch" in findings["shaping_form"].data["slips"]
        assert not any("left out" in line for line in findings["hackability"].evidence)

    def test_what_was_scaled_outside_is_not_left_out_unscaled(self) -> None:
        # Paid a hundredth of reward and shaping: to leave out all of the shaping would turn its sign round.
        env = RewardTransform(self.environment(0.9), lambda reward: 0.01 * reward)
        records = [
            record_episodes(env, self.POLICIES[name], episodes=60, seed=0, name=name)
            for name in ("stay in 0", "go to 1")
        ]
        returns, remarks = sampled_returns(env, records, 0.9)
        assert [list(one.proxy) for one in returns] == [list(one.returns(one.proxy, 0.9)) for one in records]
        assert not any("left out" in remark for remark in remarks)
        assert any("RewardTransform changes what it paid" in remark for remark in remarks)

    def test_without_numbered_states_our_own_wrapper_is_known(self) -> None:
        height = Potential("height", lambda seen: -np.abs(seen[:, 2]), "observation")
        findings = asked(PotentialShaping(gym.make("CartPole-v1"), height, gamma=0.99))
        row = findings["hackability"].data["policies"][0]
        assert row["proxy"] == pytest.approx(row["objective"])


def searched(differences: float) -> ExploitSearch:
    rng = np.random.default_rng(0)
    exploiter = SampledReturns("exploiter", differences + rng.normal(size=50), -differences + rng.normal(size=50))
    reference = SampledReturns("reference", rng.normal(size=50), rng.normal(size=50))
    pair = sampled_pair(exploiter, reference)
    replay = Replay(3, (0, 1), (1.0, 1.0), (0.0, 0.0))
    return ExploitSearch("p", "o", 0.9, 100, 200, 1.0, (1.0, 1.0), exploiter, reference, pair, 0.01, {}, replay)


@pytest.mark.parametrize(("difference", "level"), [(3.0, "caution"), (0.0, "fine"), (-3.0, "fine")])
def test_what_a_search_found_is_a_finding(difference: float, level: str) -> None:
    finding = asked(gym.make(TOMATOES), search=lambda: searched(difference), episodes=10)["exploit"]
    assert (finding.level, finding.basis) == (level, "sampled")
    assert ("within 200 steps" in finding.verdict) == (level == "fine")
    assert finding.data["replay"]["seed"] == 3


def test_the_same_seed_gives_the_same_findings_as_plain_data() -> None:
    def found() -> str:
        findings = sampled_audit(
            lambda: gym.make(TOMATOES), gamma=0.9, seed=4, episodes=10, policies={"west": go(WEST)}
        )
        return json.dumps([finding.as_dict() for finding in findings], allow_nan=False)

    assert found() == found()


def test_progress_is_told() -> None:
    told: list[tuple[str, int]] = []
    sampled_audit(
        gym.make("CartPole-v1"), gamma=0.9, seed=0, episodes=10, policies={"left": go(0)},
        on_progress=lambda name, count: told.append((name, count)),
    )  # fmt: skip
    assert told == [(name, count) for name in ("random", "left") for count in range(1, 11)]


def test_all_that_is_wrong_is_said_at_once() -> None:
    with pytest.raises(BadInput) as caught:
        sampled_audit(gym.make("CartPole-v1"), gamma=99, seed=-1, episodes=3, policies={"random": go(0)})  # type: ignore[arg-type]
    assert [problem.where for problem in caught.value.problems] == ["gamma", "seed", "episodes", "policies"]
    with pytest.raises(BadInput, match="reward: got 'speed', expected a Reward: this environment has no catalogue"):
        sampled_audit(gym.make("CartPole-v1"), gamma=0.9, seed=0, reward="speed")
    with pytest.raises(BadInput, match="search: got 5, expected a function without arguments"):
        sampled_audit(gym.make("CartPole-v1"), gamma=0.9, seed=0, search=5)  # type: ignore[arg-type]
    with pytest.raises(BadInput, match="a vector cannot be recorded"):
        sampled_audit(gym.make_vec("CartPole-v1"), gamma=0.9, seed=0)  # type: ignore[arg-type]
