"""Why this loss? Six questions, answered in one order: output, data, mistake, choice, trade-off, implementation.

The first three are facts of the task, the last three follow from them. `advise` looks them up in the tables of this
folder; nothing is computed but a threshold and weights, where costs or counts are known.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import final

from rewardlab.errors import BadInput
from rewardlab.losses.advice.choices import LOSS_CHOICES, PENALTY_CHOICES, Choice
from rewardlab.losses.advice.costs_and_counts import CostsAndCounts
from rewardlab.losses.advice.remarks import REMARKS, Remark
from rewardlab.losses.advice.vocabulary import DATA, MISTAKES, OUTPUTS, Word, combination_problems, read_words

__all__ = ["Advice", "advise"]


@final
@dataclass(frozen=True, slots=True)
class Advice:
    """The answers to the six questions, in their order; each is one or more sentences.

    Attributes:
        output: What the model puts out.
        data: What is special about the data.
        mistake: What must not happen.
        choice: Which loss and penalty, and what they punish.
        trade_off: The risks that come with them.
        implementation: How to compute them, and what to do with the result.
        functions: The functions in `rewardlab.losses` that are advised.
        modules: The modules in `rewardlab.losses.modules` that are advised.
        numbers: What followed from costs and counts: ``threshold`` and ``weight_from_costs``, of which one is used;
            ``weight_from_counts`` and ``prior_logit``. Empty without them.
    """

    output: tuple[str, ...]
    data: tuple[str, ...]
    mistake: tuple[str, ...]
    choice: tuple[str, ...]
    trade_off: tuple[str, ...]
    implementation: tuple[str, ...]
    functions: tuple[str, ...]
    modules: tuple[str, ...]
    numbers: dict[str, float]

    def parts(self) -> dict[str, str]:
        """The six parts by their titles, each as one paragraph, in their order."""
        return {
            "Output": " ".join(self.output),
            "Data": " ".join(self.data),
            "Mistake": " ".join(self.mistake),
            "Choice": " ".join(self.choice),
            "Trade-off": " ".join(self.trade_off),
            "Implementation": " ".join(self.implementation),
        }

    def as_dict(self) -> dict[str, object]:
        """All of it as plain values, for JSON."""
        return {
            **{title.lower().replace("-", "_"): text for title, text in self.parts().items()},
            "functions": list(self.functions),
            "modules": list(self.modules),
            "numbers": dict(self.numbers),
        }


def advise(
    output: str,
    data: str | Collection[str],
    mistake: str | Collection[str],
    *,
    false_alarm_cost: float | None = None,
    miss_cost: float | None = None,
    negatives: int | None = None,
    positives: int | None = None,
    where: str = "",
) -> Advice:
    """Which loss to choose, why, at what risk, and how.

    Args:
        output: A name of `OUTPUTS`, such as ``"probability"``.
        data: Names of `DATA`, one or several, such as ``"imbalance"``; ``"plain"`` if there is nothing special.
        mistake: Names of `MISTAKES`, one or several, such as ``"false-negatives"``.
        false_alarm_cost: What a false alarm costs, above 0; with ``miss_cost``, and of a yes or no only.
        miss_cost: What a miss costs, above 0, in the same unit.
        negatives: How many training cases are a no; with ``positives``, and of a yes or no only.
        positives: How many are a yes.
        where: What stands before the names of arguments in messages; the command line says ``"--"``.

    Raises:
        BadInput: A word is unknown, answers do not go together, or costs or counts make no sense; all at once.

    Example:
        >>> advise("continuous", "outliers-noise", "large-errors").functions
        ('huber',)
    """
    known = CostsAndCounts(false_alarm_cost, miss_cost, negatives, positives)
    what, facts, mistakes = _read(output, data, mistake, known, where)
    answers = [word.name for word in (*facts, *mistakes)]
    losses, penalties = (_first(choices, what.name, answers) for choices in (LOSS_CHOICES, PENALTY_CHOICES))
    remarks = [remark for remark in REMARKS if remark.condition.holds(what.name, answers)]
    sources: list[Choice | Remark] = [*losses, *remarks, *penalties]
    return Advice(
        output=(what.says,),
        data=tuple(word.says for word in facts),
        mistake=tuple(word.says for word in mistakes),
        choice=_said("choice", sources),
        trade_off=_said("trade_off", sources),
        implementation=(*_said("implementation", sources), *known.sentences()),
        functions=tuple(dict.fromkeys(name for source in sources for name in source.functions)),
        modules=tuple(dict.fromkeys(name for source in sources for name in source.modules)),
        numbers=known.numbers(),
    )


def _read(
    output: str, data: str | Collection[str], mistake: str | Collection[str], known: CostsAndCounts, where: str
) -> tuple[Word, list[Word], list[Word]]:
    """The answers to the first three questions, or all that is wrong with them."""
    whats, problems = read_words(f"{where}output", output, OUTPUTS)
    facts, wrong_data = read_words(f"{where}data", data, DATA)
    mistakes, wrong_mistakes = read_words(f"{where}mistake", mistake, MISTAKES)
    problems += wrong_data + wrong_mistakes
    if whats:
        # What clashes can be said of the words that are known, even beside others that are not.
        problems += combination_problems(whats[0], facts, mistakes, (f"{where}data", f"{where}mistake"))
        problems += known.problems(whats[0].name, where)
    if problems:
        raise BadInput(*problems)
    return whats[0], facts, mistakes


def _first(choices: tuple[Choice, ...], output: str, answers: Collection[str]) -> list[Choice]:
    """The first that fits, alone; nothing if none does."""
    return [choice for choice in choices if any(one.holds(output, answers) for one in choice.conditions)][:1]


def _said(part: str, sources: list[Choice | Remark]) -> tuple[str, ...]:
    return tuple(text for source in sources if (text := source.said(part)))
