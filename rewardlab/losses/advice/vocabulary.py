"""The words in which the six questions are answered: outputs, data and mistakes, and which of them go together."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import final

from rewardlab.errors import Problem, one_of

__all__ = ["DATA", "MISTAKES", "OUTPUTS", "Word", "combination_problems", "read_words", "spelled"]


@final
@dataclass(frozen=True, slots=True)
class Word:
    """One possible answer to one of the first three questions.

    Attributes:
        name: In small letters with hyphens; how the command line calls it.
        means: What it says, as a clause to choose by.
        says: Sentences for the advice: what follows from it.
        aliases: Other names that are understood.
        not_with: Outputs that it does not go with, and why. Empty for outputs.
        clashes: Other answers to the same question that it does not go with, and why.
    """

    name: str
    means: str
    says: str
    aliases: tuple[str, ...] = ()
    not_with: Mapping[str, str] = field(default_factory=dict)
    clashes: Mapping[str, str] = field(default_factory=dict)


_CLASSES = ("probability", "several-labels", "one-of-n")
_NUMBERS = ("continuous", "distribution")
_MADE = ("generated",)


def _because(reason: str, *outputs: str) -> dict[str, str]:
    return dict.fromkeys(outputs, reason)


OUTPUTS = (
    Word(
        "probability",
        "the probability of a yes",
        "The model outputs the probability of a yes.",
        ("yes-or-no", "binary"),
    ),
    Word(
        "several-labels",
        "a probability for each of several labels, of which any number may hold",
        "The model outputs a probability for each of several labels, of which any number may hold.",
        ("multi-label", "labels"),
    ),
    Word(
        "one-of-n",
        "one of N classes",
        "The model outputs one of N classes, as N probabilities that add up to 1.",
        ("classes", "multi-class", "category"),
    ),
    Word(
        "continuous",
        "a continuous value",
        "The model outputs a continuous value.",
        ("number", "value", "continuous-value", "regression"),
    ),
    Word(
        "tokens",
        "a sequence of tokens",
        "The model outputs a sequence of tokens, each as probabilities over the vocabulary.",
        ("text", "sequence"),
    ),
    Word(
        "distribution",
        "a distribution over values, since several may be right",
        "The model outputs a distribution over continuous values.",
        ("density", "several-valid-outcomes"),
    ),
    Word(
        "generated",
        "a made signal, such as an image",
        "The model outputs a made signal, such as an image: many values at once.",
        ("image", "signal", "generative"),
    ),
)
"""What the model puts out: the first question."""

DATA = (
    Word(
        "plain",
        "nothing of the below",
        "The data is plain: no class is rare, nothing lies far out, and each input has one answer.",
        ("none", "nothing"),
    ),
    Word(
        "imbalance",
        "one class is rare",
        "One class is rare, so that accuracy says little: where one case in 1,000 is a yes, never saying yes is right "
        "in 99.9 % of all cases. Precision and recall at several thresholds say more.",
        ("imbalanced", "class-imbalance", "rare-class"),
        _because("there are no classes of which one could be rare", *_NUMBERS, *_MADE),
    ),
    Word(
        "easy-negatives",
        "millions of easy negatives",
        "Nearly all examples are easy negatives: each costs little, all together outweigh the hard ones.",
        ("easy-examples",),
        {
            "one-of-n": "the focal loss here judges yes or no; with output several-labels each class is judged so",
            **_because("only a yes or no has negatives", "tokens", *_NUMBERS, *_MADE),
        },
    ),
    Word(
        "noisy-labels",
        "some labels are wrong",
        "Some labels are wrong, and a model that rightly contradicts one is charged most for it.",
        ("mislabelled", "mislabeled", "label-noise"),
        {
            **_because("where numbers are far off say outliers-noise; small errors average out anyway", *_NUMBERS),
            **_because("there are no labels", *_MADE),
        },
    ),
    Word(
        "outliers-noise",
        "some targets are far off by mistake",
        "Some targets are far off by mistake: records that nobody wants to predict.",
        ("noise-outliers", "corrupted-records"),
        {
            **_because("classes have no outliers; wrong labels are noisy-labels", *_CLASSES, "tokens"),
            **_because("judge its values one by one, with output continuous", *_MADE),
        },
        {
            "outliers-real": "one loss cannot treat both rightly; remove the records known to be wrong, then say what "
            "is left"
        },
    ),
    Word(
        "outliers-real",
        "some targets are extreme and real",
        "Some targets are extreme and real: rare, and meant to count.",
        ("real-outliers", "heavy-tail"),
        {
            **_because("classes have no outliers; a rare class is imbalance", *_CLASSES, "tokens"),
            **_because("judge its values one by one, with output continuous", *_MADE),
        },
    ),
    Word(
        "several-outcomes",
        "several outcomes are valid for one input",
        "Several outcomes are valid for the same input, and their average may be none of them.",
        ("several-valid-outcomes", "multi-modal", "multiple-valid-outcomes"),
        _because("probabilities over outcomes say already that each may happen; leave it out", *_CLASSES, "tokens"),
    ),
    Word(
        "correlated-features",
        "many features, correlated with each other",
        "Many features carry the same signal, so that one can stand for another.",
        ("correlated",),
        _because("such a model makes its own features; leave it out", "tokens", *_MADE),
    ),
    Word(
        "few-examples",
        "few examples for the size of the model",
        "There are few examples for the size of the model, so that it can learn them by heart.",
        ("little-data",),
    ),
    Word(
        "unequal-lengths",
        "sequences of unequal length",
        "The sequences are of unequal length and padded to the longest.",
        ("padding",),
        _because("only sequences have lengths", *_CLASSES, *_NUMBERS, *_MADE),
    ),
)
"""What is special about the data: the second question, of which several answers may hold."""

MISTAKES = (
    Word(
        "false-negatives",
        "a yes that is missed",
        "The expensive mistake is a yes that is missed (a false negative).",
        ("misses", "false-negative", "missing-the-rare-class"),
        _because("a miss is a matter of classes; of numbers say large-errors", "tokens", *_NUMBERS, *_MADE),
    ),
    Word(
        "false-alarms",
        "a yes that is none",
        "The expensive mistake is a false alarm (a false positive).",
        ("false-positives", "false-positive"),
        _because("a false alarm is a matter of classes; of numbers say large-errors", "tokens", *_NUMBERS, *_MADE),
    ),
    Word(
        "confident-wrong",
        "being confident and wrong",
        "The expensive mistake is being confident and wrong.",
        ("confident", "confident-wrong-predictions"),
        {
            "continuous": "one value does not say how sure it is; output distribution does",
            "generated": "a made signal does not say how sure it is",
        },
    ),
    Word(
        "uncalibrated",
        "probabilities that do not come true",
        "The expensive mistake is a probability that does not come true as often as it says.",
        ("miscalibrated", "calibration"),
        {
            "continuous": "one value is no probability; output distribution is one",
            "generated": "a made signal is no probability",
        },
    ),
    Word(
        "large-errors",
        "a large error, far worse than many small ones",
        "The expensive mistake is a large error: one is worse than many small ones.",
        ("large-error", "big-errors"),
        _because("between classes there is no distance; is it confident-wrong?", *_CLASSES, "tokens"),
        {"equal-errors": "either a large error costs more than in proportion, or it does not"},
    ),
    Word(
        "equal-errors",
        "any error, in proportion to its size",
        "Every error costs in proportion to its size: ten of 1 as much as one of 10.",
        ("any-error", "proportional-errors"),
        {
            **_because("between classes there is no distance; is it confident-wrong?", *_CLASSES, "tokens"),
            "distribution": "a likelihood weighs errors by its own spread; with output continuous this can be had",
            "generated": "judge its values one by one, with output continuous",
        },
    ),
    Word(
        "averaged-answers",
        "an average of valid answers that is itself invalid",
        "The expensive mistake is an average of valid answers that is itself invalid.",
        ("averaging", "averaged"),
        _because("probabilities over classes are no average of them; leave it out", *_CLASSES, "tokens"),
    ),
    Word(
        "overfitting",
        "doing well on the training data only",
        "The expensive mistake is doing well on the training data only.",
        ("overfit", "complexity"),
    ),
    Word(
        "unexplainable",
        "decisions that nobody can explain by a short list of features",
        "The expensive mistake is a decision that nobody can explain by a short list of features.",
        ("unexplained", "interpretability"),
        _because("such a model makes its own features, of which no list can be given", "tokens", *_MADE),
    ),
    Word(
        "blurry-output",
        "a blurry result",
        "The expensive mistake is a blurry result.",
        ("blurry", "blur"),
        _because("only a made signal is blurry; is it averaged-answers?", *_CLASSES, *_NUMBERS, "tokens"),
    ),
    Word(
        "unstable-training",
        "adversarial training that falls apart",
        "The expensive mistake is adversarial training that falls apart.",
        ("unstable", "mode-collapse"),
        _because(
            "it is adversarial training that is unstable; nothing here is adversarial", *_CLASSES, *_NUMBERS, "tokens"
        ),
    ),
)
"""The mistake that costs: the third question, of which several answers may hold."""

_TOO_VAGUE = {"outliers": "are they mistakes of the record (outliers-noise) or real (outliers-real)?"}


def spelled(text: object) -> str:
    """A word or two as names of the advice are spelled: in small letters, with hyphens for spaces and underscores."""
    return "-".join(str(text).lower().replace("_", " ").replace("-", " ").split())


def read_words(where: str, given: str | Collection[str], known: tuple[Word, ...]) -> tuple[list[Word], list[Problem]]:
    """The words that were meant, in the order in which they were given, and those that are none.

    Args:
        where: The place of the words, such as ``"data"``.
        given: A word or several; capitals, spaces and underscores do not matter.
        known: The words that this question knows.

    Returns:
        The words, each once, and a problem for each that is unknown; also a problem if there is none at all.
    """
    by_name = {alias: word for word in known for alias in (word.name, *word.aliases)}
    words: list[Word] = []
    problems: list[Problem] = []
    for text in [given] if isinstance(given, str) else list(given):
        name = spelled(text)
        if name in by_name:
            words += [by_name[name]] if by_name[name] not in words else []
            continue
        problem = one_of(where, str(text), [word.name for word in known], "answer")
        if name in _TOO_VAGUE and where.endswith("data"):
            problem = Problem(where, repr(text), problem.expected, _TOO_VAGUE[name])
        problems.append(problem)
    if not words and not problems:
        problems.append(Problem(where, "no answer", f"at least one of {', '.join(word.name for word in known)}"))
    return words, problems


def combination_problems(output: Word, data: list[Word], mistakes: list[Word], where: tuple[str, str]) -> list[Problem]:
    """Why answers do not go together; an empty list if they do.

    Args:
        output: What the model puts out.
        data: What is special about the data.
        mistakes: What must not happen.
        where: The places of data and mistakes, for the messages.
    """
    problems = []
    for place, words in zip(where, (data, mistakes), strict=True):
        names = {word.name for word in words}
        for word in words:
            if output.name in word.not_with:
                fit = f"what goes with output {output.name}"
                problems.append(Problem(place, repr(word.name), fit, word.not_with[output.name]))
            problems += [
                Problem(place, f"{word.name!r} and {other!r}", "one of them", reason)
                for other, reason in word.clashes.items()
                if other in names
            ]
        if "plain" in names and len(names) > 1:
            others = ", ".join(sorted(names - {"plain"}))
            problems.append(
                Problem(place, f"'plain' and {others}", "one of them", "plain says that there is nothing else")
            )
    return problems
