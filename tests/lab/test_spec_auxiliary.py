"""Auxiliary objectives in a spec: what is refused, what they are to the identity of a run, and that they train."""

from __future__ import annotations

import dataclasses
import inspect
import json
from typing import Any

import pytest

from rewardlab.agents import auxiliary, make_agent, make_vector, train
from rewardlab.agents.auxiliary_kinds import LOSSES, OBJECTIVES, REGULARIZER_KEYS, REPRESENTATIONS
from rewardlab.agents.auxiliary_making import make_auxiliary
from rewardlab.agents.vector_adapter import VectorAdapter
from rewardlab.errors import BadInput
from rewardlab.lab import parse_spec, read_spec
from rewardlab.losses import modules
from tests.lab.small_experiment import DELIVERY, plan_of, small_spec, with_variant

REWARD = {"objective": "reward_prediction", "loss": "huber", "delta": 1.0, "weight": 0.1}
MIXTURE = {"objective": "next_observation", "loss": "mixture_nll", "components": 2, "weight": 0.1}
RIVALS = {"objective": "adversarial_next_observation", "adversarial_weight": 0.1, "weight": 0.1}
RARE = {
    "objective": "reward_classes",
    "loss": "weighted_binary_cross_entropy",
    "positive_weight": 9.0,
    "negative_weight": 1.0,
    "weight": 0.1,
}
FOCAL = {"objective": "termination_prediction", "loss": "focal", "gamma": 2.0, "alpha": 0.25, "weight": 0.1}
NAN, INF = float("nan"), float("inf")


def lines_of(spec: dict[str, Any]) -> list[str]:
    """What is said about a spec, each without the place of the variant."""
    with pytest.raises(BadInput) as refused:
        plan_of(spec)
    return [str(problem).removeprefix("spec: variants[0].") for problem in refused.value.problems]


def line_of(**changes: Any) -> str:
    """The one thing that is said about a variant."""
    (line,) = lines_of(with_variant(**changes))
    return line


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        (
            REWARD | {"objective": "reward_predicton"},
            "objective: got 'reward_predicton', expected a known auxiliary objective: ",
        ),
        (REWARD | {"objective": [1]}, "objective: got '[1]', expected a known auxiliary objective: "),
        (
            REWARD | {"loss": "hubber"},
            "loss: got 'hubber', expected a known loss of this objective: absolute_error, huber, squared_error; did",
        ),
        (
            {"objective": "reward_prediction", "loss": "mixture_nll", "weight": 0.1},
            "loss: got 'mixture_nll', expected a known loss of this objective: absolute_error, huber, squared_error",
        ),
        (
            {"objective": "reward_prediction", "weight": 1.0},
            "loss: got nothing, expected a loss: absolute_error, huber, squared_error",
        ),
        ({"loss": "squared_error", "weight": 1.0}, "objective: got nothing, expected an auxiliary objective: "),
        (REWARD | {"weight": -0.1}, "weight: got -0.1, expected a finite number, at least 0"),
        (REWARD | {"weight": NAN}, "weight: got nan, expected a finite number, at least 0"),
        (REWARD | {"weight": True}, "weight: got True, expected a finite number, at least 0"),
        (REWARD | {"weight": "0.1"}, "weight: got '0.1', expected a finite number, at least 0"),
        (
            {"objective": "reward_prediction", "loss": "absolute_error"},
            "weight: got nothing, expected a finite number, at least 0",
        ),
        (REWARD | {"delta": 0}, "delta: got 0, expected a finite number above 0"),
        (
            {"objective": "reward_prediction", "loss": "huber", "weight": 1.0},
            "delta: got nothing, expected a finite number above 0",
        ),
        (
            REWARD | {"loss": "squared_error"},
            "delta: got a key of another loss than 'squared_error', expected none; it goes with huber",
        ),
        (REWARD | {"components": 2}, "components: got an unknown key, expected one of objective, loss, weight, "),
        (MIXTURE | {"components": 0}, "components: got 0, expected a whole number in [1, 10000]"),
        (MIXTURE | {"components": 2.0}, "components: got 2.0, expected a whole number in [1, 10000]"),
        (MIXTURE | {"least_spread": INF}, "least_spread: got inf, expected a finite number above 0"),
        (MIXTURE | {"hidden": -1}, "hidden: got -1, expected a whole number in [0, 10000]"),
        (MIXTURE | {"head_learning_rate": 0.0}, "head_learning_rate: got 0.0, expected a finite number above 0"),
        (MIXTURE | {"name": "two words"}, "name: got 'two words', expected a word without spaces and slashes"),
        (
            MIXTURE | {"representation": "latent"},
            "representation: got 'latent', expected a known representation of ppo: policy_latent, value_latent; did",
        ),
        (RARE | {"positive_weight": 0}, "positive_weight: got 0, expected a finite number above 0"),
        (FOCAL | {"gamma": -1.0}, "gamma: got -1.0, expected a finite number, at least 0"),
        (FOCAL | {"alpha": 1.5}, "alpha: got 1.5, expected a number in [0, 1]"),
        (FOCAL | {"constant_alpha": 1}, "constant_alpha: got 1, expected true or false"),
        (
            RARE | {"gamma": 2.0},
            "gamma: got a key of another loss than 'weighted_binary_cross_entropy', expected none; it goes with focal",
        ),
        (RIVALS | {"noise": 1.5}, "noise: got 1.5, expected a whole number in [0, 10000]"),
        ({"objective": "adversarial_next_observation", "weight": 0.1}, "adversarial_weight: got nothing, expected a "),
    ],
)
def test_a_table_of_an_objective_is_refused_in_one_line(table: dict[str, Any], expected: str) -> None:
    assert line_of(auxiliary=[table]).startswith(f"auxiliary[0].{expected}")


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        ({}, ": got no strength, expected l1 or l2 above 0"),
        ({"l1": 0.0, "on": "value_latent"}, ": got only strengths of 0, expected l1 or l2 above 0"),
        ({"l1": -1.0}, ".l1: got -1.0, expected a finite number, at least 0"),
        ({"l2": NAN}, ".l2: got nan, expected a finite number, at least 0"),
        ({"l2": 0.1, "on": "features"}, ".on: got 'features', expected a known representation of ppo: policy_latent, "),
    ],
)
def test_a_table_of_a_regulariser_is_refused_in_one_line(table: dict[str, Any], expected: str) -> None:
    assert line_of(regularizers=[table]).startswith(f"regularizers[0]{expected}")


def test_two_of_one_name_are_refused_whether_it_was_written_or_not() -> None:
    named = "auxiliary[1].name: got 'reward', as in auxiliary[0], expected each name once; give one of them another"
    assert line_of(auxiliary=[REWARD, REWARD | {"delta": 2.0}]).startswith(named)
    assert line_of(auxiliary=[REWARD, MIXTURE | {"name": "reward"}]).startswith(named)
    assert line_of(auxiliary=[REWARD], regularizers=[{"l2": 0.1, "name": "reward"}]).startswith("regularizers[0].name")
    assert len(plan_of(with_variant(auxiliary=[REWARD, REWARD | {"name": "again"}])).runs) == 4


def test_an_agent_without_layers_is_refused() -> None:
    algorithm = {"settings": {"net_arch": []}}
    assert line_of(auxiliary=[REWARD], algorithm=algorithm) == (
        "auxiliary: got an agent with net_arch = [], expected one with a layer to shape; "
        "give it layers, such as net_arch = [64, 64]"
    )
    assert line_of(regularizers=[{"l2": 0.1}], algorithm={"name": "q_learning"}) == (
        "regularizers: got a learner by 'q_learning', expected one with a network: a2c, dqn, maskable_ppo, ppo"
    )


@pytest.mark.parametrize(
    ("environment", "fitting"),
    [("CartPole-v1", ["softmax_cross_entropy"]), ("Pendulum-v1", ["absolute_error", "huber", "squared_error"])],
)
def test_the_action_is_predicted_by_a_loss_of_such_actions(environment: str, fitting: list[str]) -> None:
    for loss in OBJECTIVES["inverse_dynamics"].losses:
        variant = {"name": "a", "reward": "environment", "auxiliary": [any_table("inverse_dynamics", loss)]}
        spec = small_spec(environment={"id": environment}, variants=[variant])
        if loss in fitting:
            plan_of(spec)
            continue
        expected = f"auxiliary[0].loss: got {loss!r}, expected a known loss of this objective for "
        assert any(line.startswith(expected) and ", ".join(fitting) in line for line in lines_of(spec))


def test_all_problems_are_told_at_once() -> None:
    told = lines_of(
        with_variant(
            reward="spede",
            auxiliary=[REWARD | {"weight": -1, "delta": 0, "represention": "x"}, {"objective": "inverse"}],
            regularizers=[{"l1": "a little", "on": "latent"}],
        )
    )
    starts = ["reward", "auxiliary[0].represention", "auxiliary[0].weight", "auxiliary[0].delta", "auxiliary[1].weight"]
    starts += ["auxiliary[1].objective", "regularizers[0].on", "regularizers[0].l1"]
    assert sorted(line.split(":")[0] for line in told) == sorted(starts)


def test_a_list_of_tables_is_expected() -> None:
    with pytest.raises(BadInput, match=r"variants\[0\].auxiliary: got .*, expected a list"):
        parse_spec(with_variant(auxiliary=REWARD), "spec")
    with pytest.raises(BadInput, match=r"spec: auxiliary: got an unknown key.*; it belongs at variants"):
        parse_spec(small_spec(auxiliary=[REWARD]), "spec")


def test_toml_takes_them_as_sections(tmp_path: Any) -> None:
    path = tmp_path / "spec.toml"
    path.write_text(
        'version = 1\nname = "x"\nseeds = 1\nbudget_steps = 1\n[environment]\nid = "CartPole-v1"\n'
        '[[variants]]\nname = "helped"\nreward = "environment"\n'
        '[[variants.auxiliary]]\nobjective = "reward_prediction"\nloss = "squared_error"\nweight = 0.5\n'
        "[[variants.regularizers]]\nl2 = 0.001\n"
    )
    (variant,) = read_spec(path).variants
    assert variant.auxiliary == [{"objective": "reward_prediction", "loss": "squared_error", "weight": 0.5}]
    assert variant.regularizers == [{"l2": 0.001}]


def identity(**changes: Any) -> str:
    """Of the first run of the small experiment, its first variant changed."""
    return plan_of(with_variant(**changes)).runs[0].identity


def test_a_run_without_any_is_the_one_that_older_stores_hold() -> None:
    # Taken down before specs could name auxiliary objectives.
    shaped = {"kind": "potential_shaping", "potential": "distance"}
    assert identity() == identity(auxiliary=[], regularizers=[]) == "f0de8e61c51b4c8a7b9771093df6834e"
    assert identity(wrappers=[shaped]) == "10471b85ad32bea93e95c7290726e08d"
    assert [run.training.learner_seed for run in plan_of(small_spec()).runs[:2]] == [708805237, 504895842]


def test_each_setting_of_them_is_part_of_a_run() -> None:
    tables = [REWARD, *(REWARD | {key: value} for key, value in (("weight", 0.2), ("delta", 2.0), ("hidden", 8)))]
    tables += [MIXTURE, REWARD | {"representation": "value_latent"}]
    runs = {identity(), *(identity(auxiliary=[table]) for table in tables), identity(auxiliary=[REWARD, MIXTURE])}
    runs |= {identity(regularizers=[{"l2": strength}]) for strength in (0.1, 0.2)}
    assert len(runs) == 1 + len(tables) + 1 + 2
    assert identity(auxiliary=[dict(reversed(REWARD.items()))]) == identity(auxiliary=[REWARD])


def test_heads_have_a_stream_of_their_own_in_each_run() -> None:
    plan = plan_of(small_spec(seeds=20, variants=[{"name": "a", "reward": "speed", "auxiliary": [REWARD]}]))
    seeds = {run.training.auxiliary_seed for run in plan.runs} | {run.training.learner_seed for run in plan.runs}
    assert len(seeds) == 40


@pytest.mark.parametrize("name", OBJECTIVES)
def test_what_is_said_of_an_objective_is_true_of_its_class(name: str) -> None:
    kind = OBJECTIVES[name]
    parameters = inspect.signature(getattr(auxiliary, kind.class_name)).parameters
    of_losses = {key for loss in kind.losses for key in LOSSES[loss].keys} & {"components", "least_spread"}
    common = {"loss", "weight", "name", "representation", "head_learning_rate", "hidden"}
    assert set(parameters) == common | {*kind.keys} | of_losses | ({"gamma"} if kind.needs_gamma else set())
    assert parameters["name"].default == kind.default_name


def test_what_is_said_of_losses_and_regularisers_is_true_of_their_classes() -> None:
    for loss in LOSSES.values():
        parameters = inspect.signature(getattr(modules, loss.class_name)).parameters
        assert set(parameters) - {"reduction", "check"} == {*loss.keys} - {"components", "least_spread"}
        needed = {key for key, parameter in parameters.items() if parameter.default is parameter.empty}
        assert needed == {*loss.required} - {"components"}
    assert set(inspect.signature(auxiliary.WeightRegularizer).parameters) == {*REGULARIZER_KEYS, "names"}
    assert auxiliary.WeightRegularizer(l2=0.1).name == "regularizer"


@pytest.mark.parametrize("algorithm", REPRESENTATIONS)
def test_the_representations_of_an_algorithm_are_those_with_weights(algorithm: str) -> None:
    env = VectorAdapter(make_vector(DELIVERY, {"orders": 1, "town_map": "DA."}, "speed", 2, "SameStep"))  # type: ignore[arg-type]
    agent = make_agent(algorithm, {"net_arch": [4]}, env, 0)
    found = []
    for name in auxiliary.representation_names(agent):
        try:
            found.append(auxiliary.find_representation(agent, name, "here").name)
        except BadInput as refused:
            assert "no trained parameter" in str(refused)  # noqa: PT017 - the others must not be refused at all
    assert tuple(found) == REPRESENTATIONS[algorithm]


def any_table(objective: str, loss: str) -> dict[str, Any]:
    """A table with the keys that must be there."""
    values = {"delta": 1.0, "components": 2, "adversarial_weight": 0.1, "positive_weight": 9.0}
    return {"objective": objective, "loss": loss, "weight": 0.1, **{key: values[key] for key in LOSSES[loss].required}}


PAIRS = [(objective, loss) for objective, kind in OBJECTIVES.items() for loss in kind.losses]


@pytest.mark.parametrize(("objective", "loss"), PAIRS)
def test_every_objective_with_every_loss_that_is_offered_is_made(objective: str, loss: str) -> None:
    table = any_table(objective, loss)
    if objective != "inverse_dynamics":  # which has to fit the actions
        assert len(plan_of(with_variant(auxiliary=[table])).runs) == 4
    (made,) = make_auxiliary([table], [], 0.97, 0).objectives
    assert (type(made).__name__, made.weight) == (OBJECTIVES[objective].class_name, 0.1)


@pytest.mark.parametrize("algorithm", ["ppo", "dqn"])
def test_they_train_from_end_to_end_and_only_their_weight_moves_the_agent(algorithm: str) -> None:
    own = (
        {"n_steps": 20, "batch_size": 50, "n_epochs": 2}
        if algorithm == "ppo"
        else {"learning_starts": 50, "train_freq": 1}
    )
    learner = {"name": algorithm, "num_envs": 5, "settings": {"learning_rate": 0.01, "net_arch": [8]} | own}
    value = {"objective": "value_replay", "loss": "squared_error", "weight": 1000.0}
    variant = {"name": "helped", "reward": "speed", "auxiliary": [REWARD, value], "regularizers": [{"l2": 1e-3}]}
    town = {"id": DELIVERY, "settings": {"orders": 1, "town_map": "DA.", "max_episode_steps": 8}}
    experiment = {"algorithm": learner, "environment": town, "variants": [variant]}
    plan = plan_of(small_spec(**experiment, budget_steps=300, evaluation_episodes=2))
    helped = plan.runs[0].training
    weightless = tuple(dict(table) | {"weight": 0.0} for table in helped.auxiliary)
    found = [
        json.dumps(train(run, lambda _: None), sort_keys=True)
        for run in (
            helped,
            helped,
            dataclasses.replace(helped, auxiliary_seed=helped.auxiliary_seed + 1),
            dataclasses.replace(helped, auxiliary=weightless, regularizers=()),
            dataclasses.replace(helped, auxiliary=(), regularizers=()),
        )
    ]
    assert found[0] == found[1]
    assert found[0] != found[2]
    assert found[3] == found[4]
    assert found[3] != found[0]
