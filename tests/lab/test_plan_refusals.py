"""What does not fit the environment or the algorithm is refused before anything runs, with the likely fix."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import gymnasium
import pytest

from rewardlab.errors import BadInput
from rewardlab.lab import parse_spec, plan_experiment
from tests.lab.small_experiment import DELIVERY, plan_of, small_spec, with_learner, with_variant

SHAPING = {"kind": "potential_shaping", "potential": "distance"}


def at(environment: str, **settings: Any) -> dict[str, Any]:
    """The small experiment in another environment."""
    plain = [{"name": "plain", "reward": "environment"}]
    return small_spec(environment={"id": environment, "settings": settings}, variants=plain)


def line_of(spec: dict[str, Any]) -> str:
    """The one thing that is said about a spec."""
    with pytest.raises(BadInput) as refused:
        plan_of(spec)
    (problem,) = refused.value.problems
    return str(problem)


@pytest.mark.parametrize(
    ("environment", "fix"),
    [
        ("CartPoll-v1", "did you mean 'CartPole-v1'?"),
        ("CartPole-v9", "did you mean 'CartPole-v1'?"),
        ("cartpole-v1", "did you mean 'CartPole-v1'?"),
        ("Delivery-v0", f"did you mean {DELIVERY!r}?"),
        ("rewardlab/Delivery-v0", f"did you mean {DELIVERY!r}?"),
        ("rewardlab_envs:rewardlab/Delivry-v0", f"did you mean {DELIVERY!r}?"),
        ("rewardlab_envs:Delivery-v0", f"did you mean {DELIVERY!r}?"),
        ("rewardlab_env:rewardlab/Delivery-v0", "did you mean 'rewardlab_envs'?"),
        ("evil_module:Foo-v0", "install it as a plugin, or allow its code to run with --allow-code evil_module"),
        ("Zzqx-v0", "`rewardlab list` shows those that there are"),
    ],
)
def test_an_unknown_environment_is_refused_with_the_likely_one(environment: str, fix: str) -> None:
    line = line_of(at(environment))
    assert line.startswith(f"spec: environment.id: got {environment!r}, expected ")
    assert line.endswith(f"; {fix}")


def test_a_module_that_is_not_allowed_is_not_imported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    marker = tmp_path / "imported"
    (tmp_path / "nosy_module.py").write_text(f"import pathlib; pathlib.Path({str(marker)!r}).touch()")
    monkeypatch.syspath_prepend(tmp_path)
    assert "--allow-code nosy_module" in line_of(at("nosy_module:Foo-v0"))
    assert not marker.exists()
    with pytest.raises(BadInput, match="expected the id of an environment"):
        plan_experiment(parse_spec(at("nosy_module:Foo-v0"), "spec"), "spec", allowed_modules=["nosy_module"])
    assert marker.exists()
    del sys.modules["nosy_module"]


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        (
            {"oders": 1},
            "oders: got 'oders', expected a known setting of this environment: orders, town_map; did you mean 'ord",
        ),
        ({"orders": 0}, "orders: got 0, expected a whole number, at least 1"),
        ({"town_map": "A."}, "map: got 0 depots 'D', expected exactly one"),
        (
            {"reward": "speed"},
            "reward: got 'speed', expected a setting of the environment itself; what is paid belongs at variants",
        ),
        ({"num_envs": 3}, "num_envs: got 3, expected a setting of the environment itself; it belongs at algorithm"),
        (
            {"render_mode": "human"},
            "render_mode: got 'human', expected a setting of the environment itself; leave it out",
        ),
        (
            {"autoreset_mode": "NextStep"},
            "autoreset_mode: got 'NextStep', expected a setting of the environment itself",
        ),
    ],
)
def test_a_setting_that_the_environment_does_not_take_is_refused(settings: dict[str, Any], expected: str) -> None:
    spec = small_spec(environment={"id": DELIVERY, "settings": settings})
    assert line_of(spec).startswith(f"spec: environment.settings.{expected}")


def test_settings_are_plain_values() -> None:
    line = line_of(small_spec(environment={"id": DELIVERY, "settings": {"orders": float("nan")}}))
    assert line.startswith(
        "spec: environment.settings: got {'orders': nan}, expected text, finite numbers, true, false"
    )


def test_an_environment_that_cannot_be_made_is_named_with_the_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "unlicensed_module.py").write_text(
        "import gymnasium\n"
        "def make(level=1, **settings): raise RuntimeError('no licence:\\nbuy one')\n"
        "gymnasium.register('Unlicensed-v0', entry_point='unlicensed_module:make')\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    spec = parse_spec(at("unlicensed_module:Unlicensed-v0"), "spec")
    with pytest.raises(BadInput) as refused:
        plan_experiment(spec, "spec", allowed_modules=["unlicensed_module"])
    assert str(refused.value) == (
        "spec: environment: got 'unlicensed_module:Unlicensed-v0' with settings {}, "
        "expected an environment that can be made (RuntimeError: no licence: buy one)"
    )
    del sys.modules["unlicensed_module"], gymnasium.registry["Unlicensed-v0"]


def test_other_problems_are_told_beside_that_of_the_environment() -> None:
    spec = with_learner(gamma=99)
    spec["environment"]["id"] = "CartPoll-v1"
    with pytest.raises(BadInput) as refused:
        plan_of(spec)
    assert [problem.fix for problem in refused.value.problems] == [
        "did you mean 'CartPole-v1'?",
        "did you mean 0.99?",
    ]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"reward": "sped"}, "reward: got 'sped', expected a known reward: {rewards}; did you mean 'speed'?"),
        ({"reward": {"delivred": 1}}, "reward.delivred: got 'delivred', expected a known event: "),
        ({"wrappers": [SHAPING | {"kind": "clap"}]}, "wrappers[0].kind: got 'clap', expected a known wrapper: "),
        ({"wrappers": [SHAPING | {"kind": [1]}]}, "wrappers[0].kind: got '[1]', expected a known wrapper: "),
        (
            {"wrappers": [SHAPING | {"potential": {}}]},
            "wrappers[0].potential: got '{{}}', expected a known potential: ",
        ),
        (
            {"wrappers": [SHAPING | {"potential": "distanse"}]},
            "wrappers[0].potential: got 'distanse', expected a known ",
        ),
        ({"wrappers": [{"kind": "potential_shaping"}]}, "wrappers[0].potential: got nothing, expected a potential: "),
        (
            {"wrappers": [SHAPING | {"gamma": 99}]},
            "wrappers[0].gamma: got 99, expected a number in [0, 1]; did you mean",
        ),
        ({"algorithm": {"name": "pppo"}}, "algorithm.name: got 'pppo', expected a known algorithm: a2c, dqn, "),
        (
            {"algorithm": {"settings": {"gamma": 9}}},
            "algorithm.settings.gamma: got 9, expected a number in [0, 1]; did ",
        ),
    ],
)
def test_a_choice_of_a_variant_that_does_not_exist_is_refused(changes: dict[str, Any], expected: str) -> None:
    spec = with_variant(**changes)
    rewards = "fixed_speed, on_time, pickup_bonus, progress_bonus, speed"
    assert line_of(spec).startswith(f"spec: variants[0].{expected.format(rewards=rewards)}")


def test_two_gammas_are_refused_and_both_are_named() -> None:
    line = line_of(with_variant(wrappers=[SHAPING | {"gamma": 0.9}]))
    assert line.startswith(
        "spec: variants[0].wrappers[0].gamma: got 0.9, expected the agent's gamma, 0.97 (algorithm.settings.gamma); "
        "leave it out: "
    )


def test_an_algorithm_that_is_there_but_not_in_experiments_is_not_taken_for_another() -> None:
    assert line_of(with_variant(algorithm={"name": "SAC"})).endswith("; an experiment does not train it, a program can")


def test_an_algorithm_that_cannot_act_there_is_refused_and_those_that_can_are_named() -> None:
    spec = at("Pendulum-v1") | {"algorithm": {"name": "dqn"}}
    line = line_of(spec)
    assert line.startswith("spec: algorithm.name: got 'dqn', expected an algorithm for actions of Box(-2.0, 2.0, (1,)")
    assert line.endswith(": a2c, ppo")
    spec = at("Pendulum-v1")
    spec["variants"][0]["algorithm"] = {"name": "maskable_ppo"}
    assert line_of(spec).startswith("spec: variants[0].algorithm.name: got 'maskable_ppo', expected an algorithm for")


def test_observations_that_no_network_here_takes_are_refused_before_a_run_fails_of_them() -> None:
    line = line_of(at("Blackjack-v1"))
    assert line.startswith(
        "spec: environment.id: got 'Blackjack-v1' with observations in Tuple(Discrete(32), Discrete(11), Discrete(2)), "
        "expected arrays or numbers; put it into a wrapper that makes an array of them"
    )


def test_a_reward_by_name_needs_a_catalogue() -> None:
    spec = at("CartPole-v1")
    spec["variants"][0]["reward"] = "speed"
    assert line_of(spec) == (
        "spec: variants[0].reward: got 'speed', expected 'environment': this environment has no catalogue of rewards"
    )
    spec["variants"][0] |= {"reward": "environment", "wrappers": [SHAPING]}
    assert line_of(spec).endswith("potential: got 'distance', expected a known potential: (there is none)")


def test_an_order_that_breaks_the_promise_of_shaping_is_refused_before_anything_runs() -> None:
    clip = {"kind": "clip", "min_reward": -1.0, "max_reward": 1.0}
    with pytest.raises(BadInput) as refused:
        plan_of(with_variant(wrappers=[SHAPING, clip]))
    said = str(refused.value)
    assert "variants[0].wrappers[1] (clip) outside of spec: variants[0].wrappers[0] (potential_shaping)" in said
    assert "put it inside, and shape what is left" in said
    plan_of(with_variant(wrappers=[clip, SHAPING]))


def test_a_tabular_learner_without_a_table_is_refused() -> None:
    spec = at("CartPole-v1") | {"algorithm": {"name": "q_learning", "num_envs": 2, "settings": {"gamma": 0.9}}}
    spec["variants"] = [{"name": "a", "reward": "environment"}, {"name": "b", "reward": "environment", "wrappers": []}]
    line = line_of(spec)
    assert "spec: algorithm.name: got 'q_learning', expected one of a2c, dqn, maskable_ppo, ppo" in line
    assert line.endswith("this environment is no finite model, and has no table")


@pytest.mark.parametrize("value", [float("nan"), float("inf"), "0", True])
def test_the_first_value_of_a_table_is_a_finite_number(value: object) -> None:
    spec = small_spec(algorithm={"name": "q_learning", "num_envs": 2, "settings": {"initial_value": value}})
    with pytest.raises(BadInput, match=r"algorithm\.settings\.initial_value"):
        plan_of(spec)
