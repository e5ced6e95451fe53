"""Values of a spec that are refused, each in one line that names the key, the value and what would be right."""

from __future__ import annotations

from typing import Any

import pytest

from rewardlab.agents import algorithm_problems, setting_names
from rewardlab.errors import BadInput
from rewardlab.lab import parse_spec
from tests.lab.small_experiment import plan_of, small_spec, with_learner, with_variant

NAN, INF = float("nan"), float("inf")


def lines_of(spec: dict[str, Any]) -> list[str]:
    """What is said about a spec."""
    with pytest.raises(BadInput) as refused:
        plan_of(spec)
    assert refused.value.exit_code == 2
    return [str(problem) for problem in refused.value.problems]


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        ("gamma", 99, "got 99, expected a number in [0, 1]; did you mean 0.99?"),
        ("gamma", -1, "got -1, expected a number in [0, 1]"),
        ("gamma", NAN, "got nan, expected a number in [0, 1]"),
        ("gamma", True, "got True, expected a number in [0, 1]"),
        ("gamma", "0.9", "got '0.9', expected a number in [0, 1]"),
        ("n_epochs", 0, "got 0, expected a whole number in [1, 10000000]"),
        ("n_epochs", 1.5, "got 1.5, expected a whole number in [1, 10000000]"),
        ("n_steps", 10**400, "expected a whole number in [1, 10000000]"),
        ("clip_range", -0.2, "got -0.2, expected a finite number above 0"),
        ("gae_lambda", 7, "got 7, expected a number in [0, 1]"),
        ("learning_rate", INF, "got inf, expected a finite number above 0"),
        ("learning_rate", "1e-3", "got '1e-3', expected a finite number above 0"),
        ("ent_coef", -1, "got -1, expected a finite number, at least 0"),
        ("target_kl", NAN, "got nan, expected a finite number above 0"),
        ("normalize_advantage", 1, "got 1, expected true or false"),
        ("net_arch", [64, True], "got [64, True], expected a list of layer sizes, each at least 1"),
        ("net_arch", 64, "got 64, expected a list of layer sizes, each at least 1"),
        ("batch_size", 300, "expected a divisor of the rollout of 400 steps (num_envs * n_steps)"),
    ],
)
def test_a_setting_of_the_learner_is_refused_once(key: str, value: object, expected: str) -> None:
    (line,) = lines_of(with_learner(**{key: value}))
    assert line.startswith(f"spec: algorithm.settings.{key}: got ")
    assert expected in line


def test_the_sizes_of_minibatch_nearest_to_an_odd_one_are_named() -> None:
    (line,) = lines_of(with_learner(batch_size=300))
    assert line.endswith("; the nearest are 200 or 400")


@pytest.mark.parametrize(
    ("name", "settings", "num_envs", "expected"),
    [
        # stable-baselines3 asserts or divides by the spread of one number, and each run fails or diverges of it.
        (
            "ppo",
            {"batch_size": 1},
            8,
            "settings.batch_size: got a batch of 1 step, expected 2 at least, since advantag",
        ),
        ("maskable_ppo", {"batch_size": 1}, 8, "settings.batch_size: got a batch of 1 step, expected 2 at least"),
        ("ppo", {"n_steps": 1}, 1, "settings.n_steps: got a rollout of 1 step, expected 2 at least"),
        (
            "a2c",
            {"n_steps": 1, "normalize_advantage": True},
            1,
            "settings.n_steps: got a rollout of 1 step, expected 2",
        ),
        ("ppo", {"n_steps": 1, "normalize_advantage": False}, 1, "settings.batch_size: got 64, expected a divisor of"),
        ("q_learning", {"learning_rate": 1.5}, 8, "settings.learning_rate: got 1.5, expected a number in (0, 1]"),
        ("q_learning", {"learning_rate": 0}, 8, "settings.learning_rate: got 0, expected a number in (0, 1]"),
    ],
)
def test_what_a_learner_could_not_learn_with_is_refused(
    name: str, settings: dict[str, Any], num_envs: int, expected: str
) -> None:
    (problem,) = algorithm_problems(name, settings, num_envs, str)
    assert str(problem).startswith(expected)
    assert not str(problem).endswith("are ")


@pytest.mark.parametrize(
    ("name", "settings", "num_envs"),
    [
        ("ppo", {"batch_size": 1, "normalize_advantage": False}, 8),
        ("ppo", {"n_steps": 1, "batch_size": 1, "normalize_advantage": False}, 1),
        ("ppo", {"n_steps": 1, "batch_size": 2}, 2),
        ("a2c", {"n_steps": 1}, 1),
        ("a2c", {"normalize_advantage": True}, 1),
        ("q_learning", {"learning_rate": 1}, 8),
        ("a2c", {"learning_rate": 2}, 8),
    ],
)
def test_what_a_learner_can_learn_with_is_not(name: str, settings: dict[str, Any], num_envs: int) -> None:
    assert algorithm_problems(name, settings, num_envs, str) == []


@pytest.mark.parametrize("name", ["a2c", "dqn", "maskable_ppo", "ppo"])
def test_every_setting_of_every_algorithm_has_a_rule(name: str) -> None:
    for key in setting_names():
        (problem,) = algorithm_problems(name, {key: "soon"}, 10, str)
        assert problem.where == f"settings.{key}"
        assert problem.got == repr("soon") or f"a known setting of {name}" in problem.expected


@pytest.mark.parametrize(
    ("seeds", "expected"),
    [
        ([], ["spec: seeds: got [], expected a list of whole numbers, or how many to train, at most 10000"]),
        ([1, 1], ["spec: seeds[1]: got seed '1' again, expected each seed once; it is also at spec: seeds[0]"]),
        ([-1], ["spec: seeds[0]: got -1, expected greater than or equal to 0"]),
        (
            [0, 1.5, "a"],
            ["spec: seeds[1]: got 1.5, expected a whole number", "spec: seeds[2]: got 'a', expected a whole"],
        ),
        ([True], ["spec: seeds[0]: got True, expected a whole number"]),
        ([2**32], ["spec: seeds[0]: got 4294967296, expected less than or equal to 4294967295"]),
        (
            1_000_000,
            ["spec: seeds: got 1000000, expected a list of whole numbers, or how many to train, at most 10000"],
        ),
        (0, ["spec: seeds: got 0, expected a list of whole numbers, or how many to train"]),
    ],
)
def test_seeds_are_refused_one_by_one(seeds: object, expected: list[str]) -> None:
    lines = lines_of(small_spec(seeds=seeds))
    assert len(lines) == len(expected)
    assert all(line.startswith(start) for line, start in zip(lines, expected, strict=True))


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"version": 3}, "spec: version: got 3, expected 1 or 2"),
        ({"version": True}, "spec: version: got True, expected a whole number"),
        ({"version": 1.0}, "spec: version: got 1.0, expected a whole number"),
        ({"budget_steps": 0}, "spec: budget_steps: got 0, expected greater than or equal to 1"),
        ({"budget_steps": 10**13}, "spec: budget_steps: got 10000000000000, expected less than or equal to"),
        ({"budget_steps": "4000"}, "spec: budget_steps: got '4000', expected a whole number"),
        ({"name": "../x"}, "spec: name: got '../x', expected "),
        ({"name": "x\n"}, "spec: name: got 'x\\n', expected "),
        ({"variants": []}, "spec: variants: got [], expected "),
        ({"environment": "Delivery"}, "spec: environment: got 'Delivery', expected a table"),
        ({"question": 3}, "spec: question: got 3, expected a string"),
    ],
)
def test_a_key_of_the_file_is_refused(changes: dict[str, Any], expected: str) -> None:
    (line,) = lines_of(small_spec(**changes))
    assert line.startswith(expected)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"name": ""}, "spec: variants[0].name: got '', expected at least 1 character"),
        ({"name": "a" * 300}, "expected at most 100 characters"),
        ({"name": "a\x00b"}, "expected a name without control characters such as '\\x00'"),
        ({"name": "a\nb"}, "expected a name without control characters such as '\\n'"),
        ({"name": "\x1b[2J"}, "expected a name without control characters such as '\\x1b'"),
        ({"name": "Repaired"}, "spec: variants[1].name: got name 'repaired' again, expected each name once"),
        ({"reward": 3}, "spec: variants[0].reward: got 3, expected the name of a reward, or a table of weights"),
        ({"reward": {"delivered": NAN}}, "spec: variants[0].reward.delivered: got nan, expected a finite number"),
        ({"reward": {"delivered": -INF}}, "spec: variants[0].reward.delivered: got -inf, expected a finite number"),
        ({"reward": {"delivered": "1"}}, "spec: variants[0].reward.delivered: got '1', expected a number"),
        (
            {"reward": {"delivered": 0}},
            "spec: variants[0].reward: got {'delivered': 0.0}, expected at least one weight",
        ),
        ({"reward": {}}, "spec: variants[0].reward: got {}, expected at least one weight other than 0"),
        ({"algorithm": {"num_envs": 0}}, "spec: variants[0].algorithm.num_envs: got 0, expected greater than or equal"),
        ({"algorithm": {"settings": 3}}, "spec: variants[0].algorithm.settings: got 3, expected a table"),
        ({"algorithm": {"name": [1]}}, "spec: variants[0].algorithm.name: got [1], expected a string"),
        ({"wrappers": [3]}, "spec: variants[0].wrappers[0]: got 3, expected a table"),
    ],
)
def test_a_key_of_a_variant_is_refused(changes: dict[str, Any], expected: str) -> None:
    (line,) = lines_of(with_variant(**changes))
    assert expected in line


@pytest.mark.parametrize("value", ["eval('1')", "!!python/object:os.system", "${HOME}", "__import__('os')"])
def test_text_stays_text(value: str) -> None:
    spec = parse_spec(with_variant(name=value), "spec")
    assert spec.variants[0].name == value
    (line,) = lines_of(with_learner(n_epochs=value))
    assert f"got {value!r}, expected a whole number" in line


@pytest.mark.parametrize(
    "name", ["<img src=x onerror=alert(1)>", "[bold]", "$x$", "../../x", "CON", "a.", "/etc", "ü 日本"]
)
def test_odd_names_of_variants_are_kept_as_they_are(name: str) -> None:
    assert parse_spec(with_variant(name=name), "spec").variants[0].name == name


def test_all_problems_are_told_at_once() -> None:
    spec = with_learner(gamma=99, n_epochs=0)
    spec["variants"][0] |= {"reward": "spede", "wrappers": [{"kind": "shaping", "potential": "distanse"}]}
    spec["variants"][1] |= {"reward": {"delivred": 1}}
    told = "\n".join(lines_of(spec))
    assert told.count("\n") == 5
    for part in ("0.99", "n_epochs", "'speed'", "'potential_shaping'", "'distance'", "'delivered'"):
        assert part in told
