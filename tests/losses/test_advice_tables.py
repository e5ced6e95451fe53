"""The tables and rules of the advice: whole, without repetition, true in their numbers, and naming only what exists."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import rewardlab.losses as losses
from rewardlab.errors import BadInput
from rewardlab.losses.advice import (
    DATA,
    DECISION_RULES,
    LOSS_TABLE,
    MISTAKE_TABLE,
    MISTAKES,
    OUTPUTS,
    answer_to_mistake,
    decision_rule,
)
from rewardlab.losses.advice.choices import LOSS_CHOICES, PENALTY_CHOICES
from rewardlab.losses.advice.remarks import REMARKS
from rewardlab.losses.class_weights import focal_optimum, unweighted_probability
from rewardlab.losses.thresholds import accuracy

CHOICES = (*LOSS_CHOICES, *PENALTY_CHOICES)
# Read, not imported: that would load torch.
MODULES = ast.parse((Path(losses.__file__).parent / "modules" / "__init__.py").read_text(encoding="utf-8"))


def texts() -> Iterator[str]:
    for source in (*CHOICES, *REMARKS):
        yield from (source.said(part) for part in ("choice", "trade_off", "implementation"))


def names_of_modules() -> set[str]:
    (names,) = (
        ast.literal_eval(node.value)
        for node in MODULES.body
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and node.targets[0].id == "__all__"
    )
    return set(names)


def test_every_function_that_is_named_exists() -> None:
    sources = (*LOSS_TABLE, *MISTAKE_TABLE, *CHOICES, *REMARKS)
    assert {name for source in sources for name in source.functions} - set(losses.__all__) == set()


def test_every_module_that_is_named_exists() -> None:
    assert {name for source in (*LOSS_TABLE, *CHOICES) for name in source.modules} - names_of_modules() == set()


def test_what_a_text_names_is_listed_beside_it() -> None:
    for source in (*CHOICES, *REMARKS):
        quoted = {
            name
            for part in ("choice", "trade_off", "implementation")
            for name in re.findall(r"`(\w+)", source.said(part))
        }
        listed = {*source.functions, *getattr(source, "modules", ())}
        # A remark may call by name the loss that it is a remark on.
        main = {"token_cross_entropy"} if source in REMARKS else set()
        assert quoted <= listed | main, source


def test_tables_are_whole() -> None:
    assert len(LOSS_TABLE) == 9
    assert len(MISTAKE_TABLE) == 14
    for table in (LOSS_TABLE, MISTAKE_TABLE, DECISION_RULES, CHOICES, OUTPUTS, DATA, MISTAKES):
        names = [row.name for row in table]
        assert len(set(names)) == len(names)
    assert {row.name for row in MISTAKE_TABLE if not row.functions} == {"reward-hacking", "sparse-reward"}


def test_what_is_commonly_said_wrong_is_said_right() -> None:
    rows = {row.name: row for row in LOSS_TABLE}
    assert "same slope" in rows["absolute error (MAE)"].behaviour
    assert "half the squared error" in rows["Huber"].behaviour
    assert "never quite to 0" in rows["focal loss"].behaviour
    assert "KL" in rows["reconstruction error"].use_when
    assert "elastic net" in answer_to_mistake("too-many-features").answer
    assert "cannot help" in answer_to_mistake("reward-hacking").because
    assert "shaping" not in answer_to_mistake("reward-hacking").answer
    assert "squared error" in decision_rule("noise-or-real").rule.partition("Real outliers")[2]


def test_the_numbers_in_the_texts_are_those_of_the_functions() -> None:
    said = " ".join(texts())
    assert f"a rate of 0.1 is learned as {float(focal_optimum(0.1, 2.0)):.3f}" in said
    assert f"under weight 19 an output of 0.2 means a rate of {float(unweighted_probability(0.2, 19)):.4f}" in said
    right = accuracy([0.0] * 1000, [1] + [0] * 999)
    assert f"{right:.1%}".replace("%", " %") in next(word.says for word in DATA if word.name == "imbalance")
    assert f"{float(focal_optimum(0.1, 2.0)):.3f}" in decision_rule("no-focal-for-probabilities").because


def test_words_are_told_apart_by_every_name_they_have() -> None:
    for question in (OUTPUTS, DATA, MISTAKES):
        names = [name for word in question for name in (word.name, *word.aliases)]
        assert len(set(names)) == len(names)
        for word in question:
            assert set(word.not_with) <= {output.name for output in OUTPUTS}
            assert set(word.clashes) <= {other.name for other in question} - {word.name}
    # A condition sees answers about data and mistakes in one set.
    assert not {word.name for word in DATA} & {word.name for word in MISTAKES}


def test_every_condition_speaks_of_words_that_exist() -> None:
    answers = {word.name for word in (*DATA, *MISTAKES)}
    for condition in [one for choice in CHOICES for one in choice.conditions] + [one.condition for one in REMARKS]:
        assert set(condition.outputs) <= {word.name for word in OUTPUTS}
        assert {*condition.needs, *condition.without} <= answers


def test_a_mistake_is_looked_up_by_its_name() -> None:
    assert answer_to_mistake("Averaged answers").functions == ("mixture_nll",)
    assert answer_to_mistake("averaged_answers") == answer_to_mistake("averaged-answers")
    assert answer_to_mistake("missed-rare-class").functions[0] == "weighted_binary_cross_entropy"
    with pytest.raises(BadInput, match=r"got 'overfiting', expected a known mistake: .*; did you mean 'overfitting'\?"):
        answer_to_mistake("overfiting")


def test_a_rule_is_looked_up_by_its_name() -> None:
    assert decision_rule("threshold-apart").topic == "decisions"
    assert decision_rule("Threshold_apart") == decision_rule("threshold-apart")
    with pytest.raises(BadInput, match="did you mean 'threshold-apart'"):
        decision_rule("treshold-apart")
