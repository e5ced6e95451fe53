"""The six questions: every combination is answered in full or refused with a reason, and the known answers come out."""

from __future__ import annotations

import itertools
import json

import pytest

from rewardlab.errors import BadInput
from rewardlab.losses.advice import DATA, MISTAKES, OUTPUTS, Advice, advise
from rewardlab.losses.advice.choices import LOSS_CHOICES, PENALTY_CHOICES
from rewardlab.losses.advice.remarks import REMARKS
from rewardlab.losses.thresholds import threshold_from_costs

PARTS = ["Output", "Data", "Mistake", "Choice", "Trade-off", "Implementation"]


def combinations() -> list[tuple[str, tuple[str, ...], tuple[str, ...]]]:
    """Every output with up to two facts and up to two mistakes."""
    facts = [names for size in (1, 2) for names in itertools.combinations([word.name for word in DATA], size)]
    mistakes = [names for size in (1, 2) for names in itertools.combinations([word.name for word in MISTAKES], size)]
    return [(word.name, *rest) for word in OUTPUTS for rest in itertools.product(facts, mistakes)]


@pytest.fixture(scope="module")
def answered() -> dict[tuple[str, tuple[str, ...], tuple[str, ...]], Advice | BadInput]:
    found: dict[tuple[str, tuple[str, ...], tuple[str, ...]], Advice | BadInput] = {}
    for combination in combinations():
        try:
            found[combination] = advise(*combination)
        except BadInput as fault:
            found[combination] = fault
    return found


def test_every_combination_gives_all_six_parts_or_a_reason(
    answered: dict[tuple[str, tuple[str, ...], tuple[str, ...]], Advice | BadInput],
) -> None:
    full = 0
    modules = {choice.functions[0]: choice.modules[0] for choice in LOSS_CHOICES}
    for (output, _, _), advice in answered.items():
        if isinstance(advice, BadInput):
            assert all(problem.fix for problem in advice.problems), advice
            continue
        full += 1
        assert list(advice.parts()) == PARTS
        assert all(len(text) > 20 for text in advice.parts().values())
        assert advice.functions
        assert {modules[name] for name in advice.functions if name in modules} <= set(advice.modules)
        sentences = (*advice.choice, *advice.trade_off, *advice.implementation)
        assert len(set(sentences)) == len(sentences), f"said twice for {output}"
    assert full > 1000


def test_whatever_is_refused_in_pairs_is_refused_for_its_own_reason(
    answered: dict[tuple[str, tuple[str, ...], tuple[str, ...]], Advice | BadInput],
) -> None:
    # What goes with an output alone goes with it in company, unless the two clash.
    for (output, facts, mistakes), advice in answered.items():
        alone = [answered[output, (fact,), (mistake,)] for fact in facts for mistake in mistakes]
        if any(isinstance(one, BadInput) for one in alone):
            assert isinstance(advice, BadInput)
        elif isinstance(advice, BadInput):
            assert all(" and " in problem.got for problem in advice.problems)


def test_every_choice_and_every_remark_is_given_to_someone(
    answered: dict[tuple[str, tuple[str, ...], tuple[str, ...]], Advice | BadInput],
) -> None:
    given = {text for advice in answered.values() if isinstance(advice, Advice) for text in said(advice)}
    for choice in (*LOSS_CHOICES, *PENALTY_CHOICES):
        assert choice.choice in given, choice.name
    three = [
        advise("probability", "imbalance", ["false-negatives", "false-alarms", "uncalibrated"]),
        advise("distribution", ["outliers-noise", "few-examples"], "large-errors"),
    ]
    given |= {text for advice in three for text in said(advice)}
    assert [remark for remark in REMARKS if remark.text not in given] == []


def said(advice: Advice) -> tuple[str, ...]:
    return (*advice.choice, *advice.trade_off, *advice.implementation)


def test_the_answer_to_fraud() -> None:
    advice = advise("probability", "imbalance", "false negatives")
    parts = advice.parts()
    assert "99.9 %" in parts["Data"]
    assert "Precision and recall" in parts["Data"]
    assert parts["Choice"].startswith("Weighted cross-entropy, its weight the cost ratio")
    assert "focal loss on top" in parts["Choice"]
    assert "never their product" in parts["Trade-off"]
    assert "no probability any more" in parts["Trade-off"]
    assert "from logits" in parts["Implementation"]
    assert "Undo the weight before checking calibration" in parts["Implementation"]
    assert "20 %" in parts["Implementation"]
    assert {"weighted_binary_cross_entropy", "calibration_table"} <= set(advice.functions)


@pytest.mark.parametrize(
    ("output", "data", "mistake", "first"),
    [
        ("probability", "plain", "confident-wrong", "binary_cross_entropy"),
        ("probability", "imbalance", "uncalibrated", "binary_cross_entropy"),
        # An unweighted probability and a threshold do what the weight would do, and stay a probability.
        ("probability", "imbalance", ["false-negatives", "uncalibrated"], "binary_cross_entropy"),
        ("probability", ["imbalance", "easy-negatives"], "false-negatives", "focal_loss"),
        ("probability", ["easy-negatives", "noisy-labels"], "false-negatives", "binary_cross_entropy"),
        ("probability", "easy-negatives", "uncalibrated", "binary_cross_entropy"),
        ("several-labels", "imbalance", "false-negatives", "weighted_binary_cross_entropy"),
        ("one-of-n", "plain", "confident-wrong", "softmax_cross_entropy"),
        ("tokens", "unequal-lengths", "confident-wrong", "token_cross_entropy"),
        ("continuous", "plain", "large-errors", "squared_error"),
        ("continuous", "outliers-noise", "large-errors", "huber"),
        ("continuous", "outliers-noise", "equal-errors", "absolute_error"),
        # Real outliers that count are no case for a median.
        ("continuous", "outliers-real", "large-errors", "squared_error"),
        ("continuous", "several-outcomes", "averaged-answers", "mixture_nll"),
        ("distribution", "plain", "uncalibrated", "gaussian_nll"),
        ("distribution", "several-outcomes", "confident-wrong", "mixture_nll"),
        ("generated", "plain", "large-errors", "reconstruction_error"),
        ("generated", "plain", "blurry-output", "combined_generative_loss"),
        ("generated", "plain", "unstable-training", "reconstruction_error"),
        ("generated", "several-outcomes", "unstable-training", "noise_prediction_error"),
    ],
)
def test_what_is_advised(output: str, data: str | list[str], mistake: str | list[str], first: str) -> None:
    assert advise(output, data, mistake).functions[0] == first


@pytest.mark.parametrize(
    ("data", "mistake", "penalty"),
    [
        ("correlated-features", "large-errors", "l2_penalty"),
        ("plain", "overfitting", "l2_penalty"),
        ("few-examples", "large-errors", "l2_penalty"),
        ("plain", "unexplainable", "l1_penalty"),
        # L1 alone keeps an arbitrary one of a correlated group.
        ("correlated-features", "unexplainable", "elastic_net_penalty"),
    ],
)
def test_which_penalty_is_added(data: str, mistake: str, penalty: str) -> None:
    functions = advise("continuous", data, mistake).functions
    assert [name for name in functions if name.endswith("penalty")] == [penalty]
    assert not any(name.endswith("penalty") for name in advise("continuous", "plain", "large-errors").functions)


def test_costs_and_counts_answer_different_questions() -> None:
    # 99 negatives to 1, and misses 19 times as dear: 1 / 20, 19, 99, ln(1 / 99).
    advice = advise(
        "probability", "imbalance", "false-negatives", false_alarm_cost=2, miss_cost=38, negatives=990, positives=10
    )
    assert advice.numbers == {
        "threshold": threshold_from_costs(1, 19),
        "weight_from_costs": 19,
        "weight_from_counts": 99,
        "prior_logit": pytest.approx(-4.59511985013459, abs=1e-13),
    }
    assert "threshold 0.05 on an unweighted probability, or weight 19" in advice.parts()["Implementation"]
    assert advice.implementation[-1].startswith("The two weights answer different questions")
    alone = advise("probability", "plain", "false-alarms", false_alarm_cost=3, miss_cost=1)
    assert alone.numbers == {"threshold": 0.75, "weight_from_costs": pytest.approx(1 / 3)}
    assert not advise("probability", "plain", "false-alarms").numbers


def test_advice_is_plain_data() -> None:
    advice = advise("Probability", ["Rare class", "imbalance", "few_examples"], "misses", negatives=99, positives=1)
    written = json.loads(json.dumps(advice.as_dict(), allow_nan=False))
    assert list(written) == [
        "output", "data", "mistake", "choice", "trade_off", "implementation", "functions", "modules", "numbers",
    ]  # fmt: skip
    # An answer under two names is one answer.
    assert len(advice.data) == 2


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("probabilty", "plain", "overfitting"), r"output: got 'probabilty'.*did you mean 'probability'\?"),
        (("continuous", "outliers", "large-errors"), r"data: got 'outliers'.*outliers-noise\) or real"),
        (("continuous", "plain", "false-negatives"), "mistake: got 'false-negatives'.*say large-errors"),
        (("one-of-n", "easy-negatives", "confident-wrong"), "with output several-labels each class is judged so"),
        (("continuous", "plain", "confident-wrong"), "output distribution does"),
        (("continuous", ["plain", "few-examples"], "overfitting"), "'plain' and few-examples"),
        (("continuous", ["outliers-real", "outliers-noise"], "large-errors"), "remove the records known to be wrong"),
        (("continuous", "plain", ["equal-errors", "large-errors"]), "in proportion, or it does not"),
        (("continuous", [], "large-errors"), "data: got no answer"),
        # All at once.
        (("prob", "plan", "overfiting"), "output: got 'prob'(.|\n)*data: got 'plan'(.|\n)*mistake: got 'overfiting'"),
    ],
)
def test_what_makes_no_sense_is_refused(arguments: tuple[str, str, str], words: str) -> None:
    with pytest.raises(BadInput, match=words):
        advise(*arguments)


@pytest.mark.parametrize(
    ("numbers", "words"),
    [
        ({"miss_cost": 3}, "false_alarm_cost: got nothing, expected a number, since miss_cost is given"),
        ({"positives": 3}, "negatives: got nothing"),
        ({"false_alarm_cost": 0, "miss_cost": -1}, "false_alarm_cost: got 0(.|\n)*miss_cost: got -1"),
        ({"false_alarm_cost": 1e-300, "miss_cost": 1e300}, "a ratio of inf"),
        ({"negatives": 5, "positives": 0}, "positives: got 0.*nothing to weigh"),
    ],
)
def test_numbers_that_make_no_sense_are_refused(numbers: dict[str, float], words: str) -> None:
    with pytest.raises(BadInput, match=words):
        advise("probability", "plain", "false-negatives", **numbers)  # type: ignore[arg-type]


def test_numbers_belong_to_a_yes_or_no() -> None:
    with pytest.raises(BadInput, match="with output continuous; they belong to a yes or no"):
        advise("continuous", "plain", "large-errors", false_alarm_cost=1, miss_cost=2)
