"""`rewardlab losses`, `rewardlab losses rules` and `rewardlab losses advise`."""

from __future__ import annotations

import argparse
import json
import sys
import textwrap
from typing import TYPE_CHECKING

from rewardlab.cli import lines as layout

if TYPE_CHECKING:
    from rewardlab.losses.advice import Word

__all__ = ["advise", "losses", "rules"]

_QUESTIONS = {
    "output": "What does the model output?",
    "data": "What is special about the data? (several answers: with commas between)",
    "mistake": "Which mistake is the expensive one? (several answers: with commas between)",
}


def losses(options: argparse.Namespace) -> int:
    """Show the losses at a glance, and which mistake is punished by what."""
    from dataclasses import asdict

    from rewardlab.losses.advice import LOSS_TABLE, MISTAKE_TABLE

    if options.json:
        tables = {"losses": [asdict(row) for row in LOSS_TABLE], "mistakes": [asdict(row) for row in MISTAKE_TABLE]}
        print(json.dumps(tables, indent=2))
        return 0
    lines = [("The losses at a glance", True)]
    for row in LOSS_TABLE:
        facts = {
            "use when": row.use_when,
            "output": row.output,
            "behaviour": row.behaviour,
            "here": ", ".join((*row.functions, *row.modules)),
        }
        lines += [("", False), (row.name, True), *layout.rows(facts.items(), 11)]
    lines += [("", False), ("The mistake to avoid, and what punishes it", True), ("", False)]
    for mistake in MISTAKE_TABLE:
        lines += layout.rows([(mistake.mistake, f"{mistake.answer}: {mistake.because}")], 30)
    lines += [("", False), *layout.wrapped("For advice on a task of your own: rewardlab losses advise", "")]
    layout.show(lines)
    return 0


def rules(options: argparse.Namespace) -> int:
    """Show the rules of thumb for choosing, tuning and writing losses."""
    from dataclasses import asdict

    from rewardlab.losses.advice import DECISION_RULES

    if options.json:
        print(json.dumps([asdict(rule) for rule in DECISION_RULES], indent=2))
        return 0
    lines: list[tuple[str, bool]] = []
    for topic in dict.fromkeys(rule.topic for rule in DECISION_RULES):
        lines += [(f"Rules on {topic}", True), ("", False)]
        for rule in DECISION_RULES:
            if rule.topic == topic:
                lines += [*layout.wrapped(rule.rule, "- "), *layout.wrapped(rule.because, "  "), ("", False)]
    layout.show(lines[:-1])
    return 0


def advise(options: argparse.Namespace) -> int:
    """Lead from output, data and mistake to a loss, its trade-off and how to compute it."""
    from rewardlab.losses.advice import advise as advised

    output = None if options.output is None else [options.output]
    answers = _completed({"output": output, "data": options.data, "mistake": options.mistake})
    advice = advised(
        answers["output"][0],
        answers["data"],
        answers["mistake"],
        false_alarm_cost=options.false_alarm_cost,
        miss_cost=options.miss_cost,
        negatives=options.negatives,
        positives=options.positives,
        where="--",
    )
    if options.json:
        print(json.dumps(advice.as_dict(), indent=2, allow_nan=False))
        return 0
    lines: list[tuple[str, bool]] = []
    for number, (title, text) in enumerate(advice.parts().items(), start=1):
        lines += [(f"{number}. {title}", True), *layout.wrapped(text, "   "), ("", False)]
    lines += layout.rows([("functions", ", ".join(advice.functions)), ("modules", ", ".join(advice.modules))], 11)
    layout.show(lines)
    return 0


def _completed(given: dict[str, list[str] | None]) -> dict[str, list[str]]:
    """The answers, those that are missing asked for where someone is there to ask."""
    from rewardlab.errors import BadInput, Problem
    from rewardlab.losses.advice import DATA, MISTAKES, OUTPUTS
    from rewardlab.losses.advice.vocabulary import read_words

    known = {"output": OUTPUTS, "data": DATA, "mistake": MISTAKES}
    problems = []
    for name, words in known.items():
        if given[name]:
            problems += read_words(f"--{name}", given[name] or (), words)[1]
        elif not _someone_is_there():
            expected = f"at least one of {', '.join(word.name for word in words)}"
            problems.append(Problem(f"--{name}", "nothing", expected, "in a terminal the questions are asked"))
    if problems:
        raise BadInput(*problems)
    answers: dict[str, list[str]] = {}
    for name, words in known.items():
        fitting = words if name == "output" else _fitting(words, answers["output"])
        answers[name] = given[name] or _asked(_QUESTIONS[name], f"--{name}", fitting)
    return answers


def _someone_is_there() -> bool:
    # Either is None where it was closed.
    return all(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stderr))


def _fitting(words: tuple[Word, ...], output: list[str]) -> tuple[Word, ...]:
    """The words that go with the output."""
    from rewardlab.losses.advice.vocabulary import OUTPUTS, read_words

    (meant,), _ = read_words("--output", output, OUTPUTS)
    return tuple(word for word in words if meant.name not in word.not_with)


def _asked(question: str, where: str, words: tuple[Word, ...]) -> list[str]:
    """The names that someone at the terminal chooses. What is asked goes to stderr, so that stdout is the answer."""
    from rewardlab.errors import BadInput, Problem
    from rewardlab.losses.advice.vocabulary import read_words

    print(question, file=sys.stderr)
    for number, word in enumerate(words, start=1):
        line = f"  {number:>2}  {word.name}: {word.means}"
        print(*textwrap.wrap(line, layout.width(), subsequent_indent=" " * 8), sep="\n", file=sys.stderr)
    while True:
        print("Number or name: ", end="", file=sys.stderr, flush=True)
        try:
            texts = [text.strip() for text in input().split(",") if text.strip()]
        except EOFError:
            print(file=sys.stderr)
            raise BadInput(Problem(where, "the end of the input", "an answer")) from None
        chosen = [
            words[int(text) - 1].name if text.isdecimal() and 0 < int(text) <= len(words) else text for text in texts
        ]
        meant, problems = read_words(where, chosen, words)
        if len(meant) > 1 and where == "--output":
            problems.append(Problem(where, ", ".join(texts), "one answer"))
        if not problems:
            return [word.name for word in meant]
        print(*problems, sep="\n", file=sys.stderr)
