"""A slip of the pen in any key, at any depth, is refused; and nearly always the right key is suggested."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from rewardlab.agents import algorithm_problems, setting_names
from rewardlab.agents.algorithms import _accepted
from rewardlab.errors import BadInput
from rewardlab.lab import parse_spec
from tests.lab.small_experiment import plan_of, small_spec, with_learner, with_variant

WRAPPER = {"kind": "potential_shaping", "potential": "distance", "gamma": 0.97}

AUXILIARY = [
    {
        "objective": "next_observation",
        "loss": "mixture_nll",
        "components": 2,
        "least_spread": 0.1,
        "weight": 0.1,
        "name": "futures",
        "representation": "value_latent",
        "head_learning_rate": 1e-3,
        "hidden": 32,
    },
    {"objective": "reward_prediction", "loss": "huber", "delta": 1.0, "weight": 0.1},
    {"objective": "adversarial_next_observation", "adversarial_weight": 0.1, "noise": 4, "weight": 0.1},
]
REGULARIZER = {"l1": 1e-5, "l2": 1e-4, "on": "policy_latent", "name": "decay"}


def slips(word: str) -> set[str]:
    """A letter dropped, two swapped, one doubled, another case."""
    places = range(len(word))
    dropped = {word[:at] + word[at + 1 :] for at in places}
    swapped = {word[:at] + word[at + 1] + word[at] + word[at + 2 :] for at in places[:-1]}
    doubled = {word[: at + 1] + word[at:] for at in places}
    return (dropped | swapped | doubled | {word.upper(), word.capitalize()}) - {word, ""}


def full_spec() -> dict[str, Any]:
    """A spec that uses every key of the schema."""
    return with_variant(
        wrappers=[dict(WRAPPER)],
        auxiliary=[dict(objective) for objective in AUXILIARY],
        regularizers=[dict(REGULARIZER)],
        algorithm={"name": "ppo", "num_envs": 10, "settings": {"gamma": 0.97}},
    )


def tables(spec: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every table of a spec whose keys are those of a schema, with its place."""
    yield "", spec
    yield "environment.", spec["environment"]
    yield "environment.settings.", spec["environment"]["settings"]
    yield "algorithm.", spec["algorithm"]
    yield "algorithm.settings.", spec["algorithm"]["settings"]
    yield "variants[0].", spec["variants"][0]
    yield "variants[0].wrappers[0].", spec["variants"][0]["wrappers"][0]
    for index in range(len(AUXILIARY)):
        yield f"variants[0].auxiliary[{index}].", spec["variants"][0]["auxiliary"][index]
    yield "variants[0].regularizers[0].", spec["variants"][0]["regularizers"][0]
    yield "variants[0].algorithm.", spec["variants"][0]["algorithm"]
    yield "variants[0].algorithm.settings.", spec["variants"][0]["algorithm"]["settings"]


KEYS = [(place, key) for place, table in tables(full_spec()) for key in table]


def misspelt(place: str, key: str, slip: str) -> dict[str, Any]:
    """The full spec with one key misspelt, where it stands in its table."""
    spec = full_spec()
    table = dict(tables(spec))[place]
    renamed = {slip if other == key else other: value for other, value in table.items()}
    table.clear()
    table.update(renamed)
    return spec


def test_the_full_spec_is_accepted() -> None:
    assert len(plan_of(full_spec()).runs) == 4
    assert len(KEYS) > 30


@pytest.mark.parametrize(("place", "key"), KEYS, ids=lambda part: part or "top.")
def test_every_slip_is_refused_in_one_line_with_the_key_that_was_meant(place: str, key: str) -> None:
    asked, answered = 0, 0
    for slip in sorted(slips(key)):
        with pytest.raises(BadInput) as refused:
            plan_of(misspelt(place, key, slip))
        (problem,) = refused.value.problems
        assert problem.where == f"spec: {place}{slip}"
        asked += 1
        answered += problem.fix == f"did you mean {key!r}?"
    # Of "id" little is left when a letter is dropped, and of "l1" only what "l2" begins with too.
    assert answered >= (0.95 * asked if len(key) > 2 else 0.6 * asked)


def test_of_all_slips_in_settings_of_algorithms_19_of_20_get_the_right_suggestion() -> None:
    asked, answered = 0, 0
    for name in ("a2c", "dqn", "maskable_ppo", "ppo"):
        for key in _accepted(name):
            for slip in slips(key) - setting_names():
                (problem,) = algorithm_problems(name, {slip: 0.5}, 10, str)
                asked += 1
                answered += problem.fix == f"did you mean {key!r}?"
    assert asked > 1_000
    assert answered >= 0.95 * asked


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        (
            {"gamma": 0.9},
            "spec: gamma: got an unknown key, expected one of algorithm, {rest}; it belongs at algorithm.settings",
        ),
        (
            {"reward": "speed"},
            "spec: reward: got an unknown key, expected one of algorithm, {rest}; it belongs at variants",
        ),
        (
            {"num_envs": 4},
            "spec: num_envs: got an unknown key, expected one of algorithm, {rest}; it belongs at algorithm",
        ),
    ],
)
def test_a_key_at_the_wrong_depth_is_told_where_it_belongs(changes: dict[str, Any], expected: str) -> None:
    rest = "budget_steps, environment, evaluation_episodes, name, question, seeds, threshold, variants, version"
    with pytest.raises(BadInput) as refused:
        parse_spec(small_spec(**changes), "spec")
    assert str(refused.value) == expected.format(rest=rest)


def test_a_key_of_the_file_within_a_variant_is_told_where_it_belongs() -> None:
    with pytest.raises(BadInput, match=r"variants\[0\].seeds: got an unknown key.*; it belongs at the top of the file"):
        parse_spec(with_variant(seeds=3), "spec")
    with pytest.raises(BadInput, match=r"algorithm.settings.num_envs: .*; it belongs at spec: algorithm.num_envs"):
        plan_of(with_learner(num_envs=4))


@pytest.mark.parametrize("key", ["str", "a[0]", "dict[str,float]", "a\nb", "", "é"])
def test_any_key_at_all_is_named(key: str) -> None:
    with pytest.raises(BadInput) as refused:
        parse_spec(small_spec(**{key: 1}), "spec")
    (problem,) = refused.value.problems
    assert problem.where in (f"spec: {key}", f"spec: {key!r}")
    assert "\n" not in problem.where
