"""What `audit` accepts, what it refuses and in which words, and the form of its answers."""

from __future__ import annotations

import json
from typing import Any

import gymnasium as gym
import numpy as np
import pytest

import rewardlab
from rewardlab.audit import LEVELS, QUESTIONS, Audit, audit, audited_case
from rewardlab.audit.case import audit_case
from rewardlab.audit.rollout import shown_path
from rewardlab.errors import BadInput
from rewardlab.mdp import FiniteEnv, FiniteVectorEnv, expected_return, toy_text_task
from rewardlab.rewards import Exploit, Potential, Reward
from tests.mdp.tiny_models import PAID, exit_or_stay, slippery_fork, stay_or_switch, task_of, uniform_policy

MODEL = slippery_fork()
TABLE = MODEL.reward_table(PAID)
TASK = task_of(MODEL)
BUMPS: dict[str, float] = {"bumped": -1.0}
DELIVERY = "rewardlab_envs:rewardlab/Delivery-v0"


def summary(answer: Audit) -> list[tuple[str, str, str]]:
    """All but what is said of wrappers, of which a model has none."""
    return [(finding.name, finding.level, finding.verdict) for finding in answer.findings if finding.name != "stack"]


def problems(*arguments: Any, **settings: Any) -> list[str]:
    """What is said about what is refused, problem by problem."""
    with pytest.raises(BadInput) as refused:
        audit(*arguments, **settings)
    return [str(problem) for problem in refused.value.problems]


BY_STATE = -MODEL.expected(TABLE)  # the opposite of what the task means
ARRAYS = {
    "[S, A]": BY_STATE,
    "[S, A, S]": np.repeat(BY_STATE[:, :, None], 6, axis=2),
    "[S, A, K]": np.repeat(BY_STATE[:, :, None], 3, axis=2),
    "lists": BY_STATE.tolist(),
    "tuples": tuple(map(tuple, BY_STATE.tolist())),
    "float32": BY_STATE.astype(np.float32),
    "with NaN for what cannot happen": np.where(MODEL.feasible, BY_STATE[:, :, None], np.nan),
}


@pytest.mark.parametrize("name", ARRAYS)
def test_an_array_of_any_shape_is_the_same_reward(name: str) -> None:
    # For either reward: what is paid and what is meant.
    expected = audit(MODEL, ARRAYS["[S, A]"], against=TABLE)
    assert not expected.safe
    assert summary(audit(MODEL, ARRAYS[name], against=TABLE)) == summary(expected)
    assert summary(audit(MODEL, TABLE, against=ARRAYS[name])) == summary(audit(MODEL, TABLE, against=BY_STATE))


def paid_in_every_way() -> dict[str, tuple[Any, Any]]:
    """The task and its reward ``bumped``, as a user might put them."""
    reward = Reward.from_event_weights(BUMPS, name="bumps")
    return {
        "task, weights": (TASK, BUMPS),
        "task, Reward": (TASK, reward),
        "task, array": (TASK, MODEL.reward_table(reward)),
        "task, function": (TASK, Reward.from_function(lambda batch: -batch.events["bumped"], name="f")),
        "env, weights": (FiniteEnv(TASK), BUMPS),
        "env that pays it": (FiniteEnv(TASK, BUMPS), None),
        "vector that pays it": (FiniteVectorEnv(TASK, num_envs=3, reward=BUMPS), None),
        "wrapped env": (gym.wrappers.TimeLimit(FiniteEnv(TASK, BUMPS), 5), None),
        "Gymnasium's vector": (gym.vector.SyncVectorEnv([lambda: FiniteEnv(TASK, BUMPS)] * 2), None),
        "bare model, Reward": (MODEL, reward),
    }


@pytest.mark.parametrize("way", paid_in_every_way())
def test_a_reward_is_the_same_however_it_is_given(way: str) -> None:
    subject, reward = paid_in_every_way()[way]
    expected = audited_case(TASK, BUMPS, against="paid")
    against = TABLE if subject is MODEL else "paid"
    case = audited_case(subject, reward, against=against)
    np.testing.assert_allclose(case.proxy, expected.proxy, rtol=0, atol=1e-15)
    assert (case.objective == expected.objective).all()
    assert (case.proxy != case.objective).any()


def test_by_default_the_environments_reward_is_asked_for_the_objective() -> None:
    answer = audit(FiniteEnv(TASK, BUMPS))
    assert (answer.proxy, answer.objective) == ("-1*bumped", "paid")
    assert audit(TASK).proxy == audit(FiniteEnv(TASK)).proxy == "paid"


def test_the_package_itself_can_be_asked() -> None:
    assert rewardlab.audit(TASK, BUMPS).safe is audit(TASK, BUMPS).safe


@pytest.mark.parametrize("name", ["FrozenLake-v1", "CliffWalking-v1"])
def test_toy_texts_alone_as_tasks_and_in_vectors(name: str) -> None:
    env = gym.make(name)
    expected = summary(audit(env))
    assert summary(audit(toy_text_task(env, max_episode_steps=100))) == expected
    assert summary(audit(gym.make_vec(name, num_envs=2, vectorization_mode="sync"))) == expected


class OnlyTable(gym.Env[int, int]):
    """A table, and no word of where episodes begin."""

    observation_space, action_space = gym.spaces.Discrete(1), gym.spaces.Discrete(1)
    P = {0: {0: [(1.0, 0, 0.0, False)]}}  # noqa: RUF012 - Gymnasium declares it so


def test_a_table_that_does_not_say_where_episodes_begin_is_refused() -> None:
    (line,) = problems(OnlyTable())
    assert line.endswith("expected an `initial_state_distrib` beside it; let the environment have it: [S] "
                         "probabilities of the first state")  # fmt: skip


def test_what_cannot_be_audited_is_refused() -> None:
    for subject in (3, "FrozenLake-v1", np.zeros((2, 2, 2)), None):
        (line,) = problems(subject, TABLE, against=TABLE)
        assert "expected a FiniteModel, a FiniteTask, or a Gymnasium environment; make arrays a model with" in line


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "typo": ({"reward": "payd"}, "reward: got 'payd', expected a known reward: paid; did you mean 'paid'?"),
    "typo in against": ({"against": "Paid"}, "against: got 'Paid', expected a known reward: paid; did you mean 'paid'"),
    "typo in an event": (
        {"reward": {"bumpd": 1}},
        "reward.bumpd: got 'bumpd', expected a known event: bumped, paid; did you mean 'bumped'?",
    ),
    "weight no number": ({"reward": {"paid": "1"}}, "reward.paid: got '1', expected a number"),
    "weight NaN": ({"reward": {"paid": np.nan}}, "got nan, expected a finite number"),
    "weights all 0": ({"reward": {"paid": 0}}, "expected at least one weight other than 0"),
    "a function": ({"reward": len}, "make a function a reward with Reward.from_function"),
    "NaN": ({"reward": np.full((6, 3), np.nan)}, "reward: got NaN or an infinity for what can happen"),
    "infinity": ({"against": np.full((6, 3), np.inf)}, "against: got NaN or an infinity for what can happen"),
    "shape": ({"reward": np.zeros((3, 6))}, "reward: got an array of shape (3, 6), expected (6, 3) or (6, 3, 3) or"),
    "ragged": ({"reward": [[1, 2], [3]]}, "reward: got [[1, 2], [3]], expected an array of numbers; rows of one"),
    "a strange event": (
        {"reward": Reward.from_event_weights({"nothing": 1.0})},
        "event: got 'nothing', expected a known event: bumped, paid",
    ),
    "a term that pays NaN": (
        {"reward": Reward.from_function(lambda batch: batch.state * np.nan, name="f")},
        "reward term 'f': got nan for state",
    ),
    "potential typo": ({"shaping": "half"}, "shaping: got 'half', expected a known potential: half_index; did you"),
    "potential shape": ({"shaping": [0, 1]}, "shaping: got an array of shape (2,), expected (6,) finite numbers"),
    "potential NaN": ({"shaping": [np.nan] * 6}, "shaping: got NaN or an infinity for a state that is not terminal"),
    "potential words": ({"shaping": ["a"] * 6}, "expected a name, a Potential, or [S] numbers; rows of one length"),
    "potential of another model": (
        {"shaping": Potential.from_table([0, 1])},
        "shaping: got potential 'table', which does not know every state: ",
    ),
    "gamma": ({"gamma": 99}, "gamma: got 99, expected a number in [0, 1]; did you mean 0.99?"),
    "gamma NaN": ({"gamma": np.nan}, "gamma: got nan, expected a number in [0, 1]"),
    "gamma a word": ({"gamma": "0.9"}, "gamma: got '0.9', expected a number in [0, 1]"),
    "gamma 1 without end": ({"gamma": 1}, "gamma: got 1, expected a number in [0, 1); for gamma 1 give a horizon"),
    "horizon 0": ({"horizon": 0}, "horizon: got 0, expected a whole number of steps, at least 1"),
    "horizon 2.5": ({"horizon": 2.5}, "horizon: got 2.5, expected a whole number of steps, at least 1"),
    "horizon too long": ({"horizon": 10**6}, "expected at most 2,000,000 outcomes; leave the horizon out"),
    "an event that is no name": ({"reward": {3: 1.0}}, "reward.3: got 3, expected a known event: bumped, paid"),
    "wrappers a word": ({"wrappers": "clip"}, "wrappers: got 'clip', expected a list of settings; such as"),
    "wrappers None": ({"wrappers": None}, "wrappers: got None, expected a list of settings; such as"),
    "one wrapper alone": ({"wrappers": {"kind": "clip"}}, "wrappers: got {'kind': 'clip'}, expected a list of"),
    "a wrapper that is none": ({"wrappers": [3]}, "wrappers[0]: got 3, expected settings such as"),
    "policies a number": ({"policies": 3}, "policies: got 3, expected a list of [S, A] arrays"),
    "policies of a sample": ({"policies": {"a": len}}, "[S, A] arrays: this environment has a table"),
    "policies ragged": ({"policies": [[[1], [0, 1]]]}, "policies[0]: got [[1], [0, 1]], expected (6, 3); rows of one"),
    "policies shape": ({"policies": [np.ones((3, 6))]}, "policies[0]: got shape (3, 6), expected (6, 3)"),
    "policies no distribution": ({"policies": [np.zeros((6, 3))]}, "policy: got rows that do not sum to 1"),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_what_does_not_fit_is_refused_in_words_that_help(case: str) -> None:
    settings, expected = REFUSED[case]
    with pytest.raises(rewardlab.RewardLabError) as refused:
        audit(TASK, **settings)
    assert expected in str(refused.value)


def test_all_that_is_wrong_is_said_at_once() -> None:
    lines = problems(TASK, "payd", against={"bumpd": 1}, shaping="hlaf_index", gamma=7)
    assert [line.partition(":")[0] for line in lines] == ["gamma", "reward", "against.bumpd", "shaping"]


def test_a_bare_model_says_what_it_needs() -> None:
    assert problems(MODEL) == [
        "reward: got nothing, expected what the agent is paid, as an array or a Reward",
        "against: got nothing, expected what the designer means, as an array or a Reward",
    ]
    for choice in ("paid", BUMPS):
        (line,) = problems(MODEL, choice, against=TABLE)
        assert line.endswith("give an array, or a Reward: Reward.from_event_weights({...}) or Reward.from_function(f)")
    (line,) = problems(MODEL, TABLE, against=TABLE, shaping="half_index")
    assert line == "shaping: got 'half_index', expected [S] numbers: a bare model has no catalogue"


def test_arrays_are_called_what_they_are_for() -> None:
    answer = audit(MODEL, TABLE, against=TABLE)
    assert (answer.proxy, answer.objective) == ("reward", "objective")
    assert answer.finding("optimal_set").evidence[0].startswith("objective of proxy-optimal policies: worst")


def test_a_reward_that_is_compared_with_itself_is_said_to_be() -> None:
    lake = gym.make("FrozenLake-v1")
    own = audit(lake).finding("optimal_set")
    twice = audit(lake, 2 * toy_text_task(lake).objective_table).finding("optimal_set")
    assert own.evidence[-1].startswith("the two pay alike in every step, so that no other answer is possible")
    assert not any("pay alike" in line for line in twice.evidence)


def test_weights_are_named_where_an_environment_is_sampled_too() -> None:
    garden = gym.make("rewardlab_envs:rewardlab/TomatoWatering-v0")
    events = garden.unwrapped.catalogue.events
    found = audit(garden, {events[0]: 1.0}, against={events[1]: -2.0}, episodes=10)
    assert (found.proxy, found.objective) == (f"+1*{events[0]}", f"-2*{events[1]}")


def test_a_function_as_shaping_is_told_how_it_becomes_a_potential() -> None:
    (line,) = problems(gym.make("CartPole-v1"), shaping=lambda seen: seen[:, 0])
    assert line.endswith("say what it is called and reads: Potential('name', function, 'observation')")


@pytest.mark.parametrize("policies", [5, None, "left", [np.ones((4, 2))], np.ones((1, 4, 2))])
def test_policies_of_an_environment_without_a_table_have_names(policies: Any) -> None:
    with pytest.raises(rewardlab.BadInput, match=r"policies: got .*expected names with functions"):
        audit(gym.make("CartPole-v1"), policies=policies)


def test_a_horizon_makes_time_part_of_the_task() -> None:
    # Exits for 1 and for 2; staying is free. Gamma 1 needs an end. In 1 step an agent that is paid for staying a
    # little, 0.6 a step, leaves for 1; in 3 steps it stays for 1.2 first. It leaves in the last step and loses nothing.
    model = exit_or_stay(exits=(1.0,))
    proxy = np.array([[0.6, 1.0], [0.0, 0.0]])
    answers = {steps: audit(model, proxy, against=PAID, gamma=1, horizon=steps) for steps in (1, 3)}
    assert all(answer.safe for answer in answers.values())
    assert "over 3 steps; the time limit is an end" in answers[3].criterion
    # Without a horizon the agent stays for ever, at any discount above 0.4.
    assert audit(model, proxy, against=PAID, gamma=0.41).safe is False
    assert audit(model, proxy, against=PAID, gamma=0.39).safe is True


@pytest.mark.parametrize(
    "potential",
    ["half_index", Potential.from_table(np.arange(6) * 0.5 - 1), np.arange(6) * 0.5 - 1, [-1, -0.5, 0, 9, 9, 9]],
    ids=["name", "Potential", "array", "list, other numbers where the task is over"],
)
def test_a_potential_in_any_form_is_the_same_shaping(potential: Any) -> None:
    case = audited_case(TASK, BUMPS, shaping=potential, gamma=0.9)
    batch = MODEL.transitions
    values = np.where(MODEL.terminal, 0, np.arange(6) * 0.5 - 1)
    added = 0.9 * values[batch.next_state] - values[batch.state]
    expected = MODEL.scatter(added - batch.events["bumped"])
    np.testing.assert_allclose(case.proxy, expected, rtol=0, atol=1e-15)
    np.testing.assert_allclose(sum(case.terms.values()), case.proxy, rtol=0, atol=1e-15)
    assert case.proxy_name == f"-1*bumped + {potential if isinstance(potential, str) else 'shaping'}"


def test_a_potential_of_observations_is_given_observations() -> None:
    # Of state i the task shows (i / 6, 1 - i / 6).
    seen = Potential("first", lambda observations: observations[:, 0], "observation")
    one, other = (audited_case(TASK, shaping=potential).proxy for potential in (seen, np.arange(6) / 6))
    np.testing.assert_allclose(one, other, atol=1e-6)


def test_shaping_with_its_own_gamma_is_safe() -> None:
    for gamma in (0.0, 0.5, 0.99):
        answer = audit(TASK, shaping="half_index", gamma=gamma)
        assert answer.safe
        assert answer.finding("shaping_form").level == "fine"


def test_policies_are_those_of_the_environment_also_where_the_case_has_other_states() -> None:
    # Episodes begin in state 0 and never come to state 1 of these three.
    successor = [[[0.0, 0.0, 1.0]] * 2, [[0.0, 1.0, 0.0]] * 2, [[0.0, 0.0, 1.0]] * 2]
    model = rewardlab.dense_model(successor, start=[1, 0, 0])
    meant, paid = [[0, 1], [5, 5], [0, 0]], [[1, 0], [5, 5], [0, 0]]
    policies = [np.eye(2)[[action] * 3] for action in (0, 1)]
    for horizon in (None, 4):
        answer = audit(model, paid, against=meant, policies=policies, horizon=horizon).finding("hackability")
        assert "among the 2 policies given: 1 such pairs" in answer.evidence[-1]


@pytest.mark.parametrize("horizon", [None, 3])
@pytest.mark.parametrize("gamma", [0.0, 0.9])
def test_answers_are_json_and_the_worst_comes_first(gamma: float, horizon: int | None) -> None:
    for reward in (None, BUMPS, np.zeros((6, 3)), -TABLE):
        for against in (None, np.zeros((6, 3))):
            answer = audit(
                TASK, reward, against=against, gamma=gamma, horizon=horizon, policies=[uniform_policy(MODEL)]
            )
            data = json.loads(json.dumps(answer.as_dict(), allow_nan=False))
            assert set(data) == {"subject", "proxy", "objective", "criterion", "safe", "level", "findings"}
            levels = [LEVELS.index(finding["level"]) for finding in data["findings"]]
            assert levels == sorted(levels)
            assert data["level"] == data["findings"][0]["level"] == answer.level
            assert data["safe"] is answer.safe is answer.finding("optimal_set").data["safe"]
            assert set(QUESTIONS) <= {finding["name"] for finding in data["findings"]}


@pytest.mark.parametrize("gamma", [0.0, 1e-9, 1 - 1e-7])
@pytest.mark.parametrize("horizon", [None, 40])
def test_discounts_at_the_edge_are_answered(gamma: float, horizon: int | None) -> None:
    answer = audit(TASK, BY_STATE, gamma=gamma, horizon=horizon, policies=[uniform_policy(MODEL)])
    json.dumps(answer.as_dict(), allow_nan=False)


def test_a_question_that_was_not_asked_is_refused() -> None:
    with pytest.raises(BadInput, match=r"finding: got 'optimal', expected a known question: .*mean 'optimal_set'\?"):
        audit(TASK).finding("optimal")


def test_an_audit_leaves_what_it_was_given_as_it_was() -> None:
    array = BY_STATE.copy()
    env = FiniteEnv(TASK, BUMPS)
    _, before = env.reset(seed=3)
    audit(env, array, shaping=array[:, 0])
    assert (array == BY_STATE).all()
    assert env.reset(seed=3)[1] == before
    assert env.unwrapped.table.reward.name == "-1*bumped"


def test_a_detector_is_shown_the_states_of_the_environment() -> None:
    # State 0 cannot be reached, so that the case numbers state 1 as 0. What is gamed is staying in state 1.
    successor = [[[0, 1, 0]] * 2, [[0, 1, 0], [0, 0, 1]], [[0, 0, 1]] * 2]
    model = rewardlab.dense_model(successor, start=[0, 1, 0])
    seen: list[list[int]] = []

    def stays(batch: Any) -> bool:
        seen.append(batch.state.tolist())
        return set(batch.state.tolist()) == {1}

    zeros = np.zeros(model.successor.shape)
    case = audit_case(model, zeros, zeros, gamma=0.9, exploits=(Exploit("stays", "Stays.", stays),), episode_steps=4)
    shown = shown_path(case, "stays", 0, np.array([0]), repeats_from=0)
    assert (shown.exploits, shown.states) == (("stays",), (1, 1))
    assert seen == [[1, 1, 1, 1]]


def test_gamma_one_in_a_task_that_surely_ends_needs_no_horizon() -> None:
    model = rewardlab.dense_model([[[0, 1, 0], [0, 0, 1]], [[0, 0, 1]] * 2, [[0, 0, 0]] * 2], terminal=[0, 0, 1])
    answer = audit(model, [[0, 2], [1, 1], [0, 0]], against=[[0, 1], [2, 2], [0, 0]], gamma=1)
    # To leave at once pays 2 and achieves 1; to go round by state 1 pays 1 and achieves 2.
    assert answer.safe is False
    assert expected_return(model, np.ones((3, 2, model.n_outcomes)), np.eye(2)[[0, 0, 0]], 1.0) == 1.5


def test_shaping_by_name_works_where_the_environment_is_sampled_too() -> None:
    env = gym.make("rewardlab_envs:rewardlab/TomatoWatering-v0")
    answer = audit(env, shaping="looks_watered", episodes=10)
    assert answer.safe is None
    assert answer.proxy.endswith(" + shaping")
    json.dumps(answer.as_dict(), allow_nan=False)
    (line,) = problems(env, shaping="looks_waterd")
    assert "did you mean 'looks_watered'?" in line


def test_what_belongs_to_a_table_is_refused_of_a_sample() -> None:
    cart = gym.make("CartPole-v1")
    (line,) = problems(cart, horizon=10)
    assert "leave it out: episodes are played with the environment's own time limit" in line
    (line,) = problems(cart, policies=[np.ones((2, 2))])
    assert line == "policies: got arrays, expected names with functions: this environment has no table"
    with pytest.raises(BadInput, match="expected an environment with a finite model; `audit` samples it"):
        audited_case(cart)


def test_a_subject_is_called_by_its_name() -> None:
    assert audit(gym.make(DELIVERY, orders=1)).subject == "rewardlab/Delivery-v0"
    assert audit(TASK).subject == "FiniteTask"
    assert audit(stay_or_switch(), PAID, against=PAID, gamma=0.9).subject == "FiniteModel"
