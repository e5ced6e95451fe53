"""Runs and what identifies them: the settings that change training, and nothing else."""

from __future__ import annotations

import subprocess
import sys
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.lab.small_experiment import plan_of, small_spec, with_learner, with_variant

CART_POLE = small_spec(environment={"id": "CartPole-v1"}, variants=[{"name": "plain", "reward": "environment"}])
SHAPING = {"kind": "potential_shaping", "potential": "distance"}


def identities(spec: dict[str, Any]) -> dict[tuple[str, int], str]:
    """Variant and seed to identity."""
    return {(run.variant, run.seed): run.identity for run in plan_of(spec).runs}


def test_there_is_a_run_for_each_variant_and_seed_the_first_seed_first() -> None:
    runs = plan_of(small_spec()).runs
    assert [(run.variant, run.seed) for run in runs] == [("hacked", 0), ("repaired", 0), ("hacked", 1), ("repaired", 1)]
    assert len({run.identity for run in runs}) == 4
    assert all(len(run.identity) == 32 and int(run.identity, 16) >= 0 for run in runs)


def test_a_name_is_no_part_of_a_run() -> None:
    before, after = plan_of(small_spec()), plan_of(with_variant(name="<b>../x</b>"))
    renamed = small_spec(name="another", question="Why?")
    assert [run.identity for run in before.runs] == [run.identity for run in after.runs]
    assert [run.identity for run in before.runs] == [run.identity for run in plan_of(renamed).runs]
    assert [run.training for run in before.runs] == [run.training for run in after.runs]


def test_the_order_of_keys_is_no_part_of_a_run() -> None:
    spec = small_spec()
    turned = {key: spec[key] for key in reversed(spec)}
    turned["algorithm"] = {key: spec["algorithm"][key] for key in reversed(spec["algorithm"])}
    turned["algorithm"]["settings"] = dict(reversed(spec["algorithm"]["settings"].items()))
    assert identities(turned) == identities(spec)


def test_other_variants_and_seeds_are_no_part_of_a_run() -> None:
    few, many = identities(small_spec()), small_spec(seeds=[7, 1, 0])
    many["variants"].insert(0, {"name": "third", "reward": "on_time"})
    assert few.items() <= identities(many).items()


def test_a_setting_is_the_same_wherever_it_is_written() -> None:
    inherited = identities(with_learner(gamma=0.9))
    own = identities(with_variant(algorithm={"settings": {"gamma": 0.9}}))
    assert own["hacked", 0] == inherited["hacked", 0]
    assert own["repaired", 0] == identities(small_spec())["repaired", 0]
    explicit = with_variant(wrappers=[SHAPING | {"gamma": 0.97}])
    assert identities(explicit) == identities(with_variant(wrappers=[SHAPING]))


@pytest.mark.parametrize(
    "changed",
    [
        small_spec(budget_steps=8000),
        small_spec(evaluation_episodes=21),
        small_spec(environment=small_spec()["environment"] | {"settings": {"orders": 2, "town_map": "DA."}}),
        small_spec(algorithm=small_spec()["algorithm"] | {"num_envs": 5}),
        small_spec(algorithm=small_spec()["algorithm"] | {"name": "maskable_ppo"}),
        with_learner(gamma=0.9),
        with_learner(learning_rate=1e-3),
        with_learner(net_arch=[8]),
        with_variant(reward="on_time"),
        with_variant(reward={"delivered": 1.0}),
        with_variant(wrappers=[SHAPING]),
        with_variant(wrappers=[SHAPING | {"potential": "work_left"}]),
        with_variant(algorithm={"name": "a2c"}),
    ],
)
def test_whatever_changes_training_changes_the_run(changed: dict[str, Any]) -> None:
    assert identities(changed)["hacked", 0] != identities(small_spec())["hacked", 0]


def test_different_changes_are_different_runs() -> None:
    rewards = ["speed", "on_time", {"delivered": 1.0}, {"delivered": 2.0}, {"delivered": 1.0, "minutes": -0.1}]
    variants = [{"name": str(number), "reward": reward} for number, reward in enumerate(rewards)]
    assert len(set(identities(small_spec(variants=variants)).values())) == 2 * len(rewards)


def test_environments_and_evaluation_are_shared_by_the_variants_of_a_seed_and_learners_are_not() -> None:
    streams: dict[str, set[int]] = {}
    plan = plan_of(
        small_spec(seeds=100, variants=[{"name": r, "reward": r} for r in ("speed", "fixed_speed", "on_time")])
    )
    for run in plan.runs:
        training = run.training
        streams.setdefault("replay", set()).add(training.replay_seed)
        streams.setdefault("learner", set()).add(training.learner_seed)
        streams.setdefault("environment", set()).add(training.environment_seed)
        streams.setdefault("evaluation", set()).add(training.evaluation_seed)
    assert {name: len(seeds) for name, seeds in streams.items()} == {
        "replay": 1,
        "learner": 300,
        "environment": 100,
        "evaluation": 100,
    }
    assert len(set.union(*streams.values())) == 501
    by_seed = {run.seed: run.training.environment_seed for run in plan.runs}
    assert all(run.training.environment_seed == by_seed[run.seed] for run in plan.runs)


def test_neighbouring_seeds_share_no_environment_stream() -> None:
    # SB3 and Gymnasium seed the i-th of N environments with seed + i.
    starts = sorted({run.training.environment_seed for run in plan_of(small_spec(seeds=100)).runs})
    assert min(after - before for before, after in pairwise(starts)) > 50


@given(st.integers(0, 2**32 - 1))
def test_every_seed_gives_streams_that_every_library_takes(seed: int) -> None:
    training = plan_of(small_spec(seeds=[seed])).runs[0].training
    seeds = (training.environment_seed, training.evaluation_seed, training.learner_seed, training.replay_seed)
    assert all(0 <= stream < 2**31 for stream in seeds)
    assert len(set(seeds)) == 4


def test_identities_are_the_same_in_every_process() -> None:
    program = (
        "from tests.lab.small_experiment import plan_of, small_spec\n"
        "print(*[run.identity for run in plan_of(small_spec()).runs])"
    )
    for hash_seed in ("1", "2"):
        command = [sys.executable, "-c", program]
        printed = subprocess.run(command, capture_output=True, text=True, check=True, env={"PYTHONHASHSEED": hash_seed})
        assert printed.stdout.split() == [run.identity for run in plan_of(small_spec()).runs]


def test_settings_are_kept_as_they_identify_the_run() -> None:
    run = plan_of(with_variant(wrappers=[SHAPING])).runs[0]
    assert run.settings["seed"] == 0
    assert run.settings["environment"]["settings"] == {"orders": 1, "town_map": "DA."}
    assert run.settings["variant"]["wrappers"] == [SHAPING]
    assert run.settings["variant"]["algorithm"]["settings"]["gamma"] == 0.97


def test_an_environment_without_a_catalogue_has_runs_too() -> None:
    plan = plan_of(CART_POLE)
    assert plan.catalogue is None
    assert [run.training.reward for run in plan.runs] == ["environment", "environment"]


def test_a_variant_may_change_its_environment() -> None:
    plan = plan_of(with_variant(environment={"orders": 2}))
    changed, other = plan.runs[:2]
    assert changed.training.environment_settings == {"orders": 2, "town_map": "DA."}
    assert other.training.environment_settings == {"orders": 1, "town_map": "DA."}
    # Other worlds have other episodes; pairing them would mean nothing.
    assert changed.training.environment_seed != other.training.environment_seed


def test_gamma_of_a_wrapper_says_nothing_new() -> None:
    plain, spoken = (plan_of(with_variant(wrappers=[{**SHAPING, **gamma}])) for gamma in ({}, {"gamma": 0.97}))
    assert plain.runs[0].identity == spoken.runs[0].identity
