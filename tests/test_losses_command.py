"""`rewardlab losses`: the tables, the rules, and advice from flags or in conversation."""

from __future__ import annotations

import json
import os
import pty
import select
import signal
import subprocess
import time

import pytest

from rewardlab.losses.advice import DECISION_RULES, LOSS_TABLE, MISTAKE_TABLE
from tests.command_line import COMMAND, Said, call

FRAUD = ("losses", "advise", "--output", "probability", "--data", "imbalance", "--mistake", "false-negatives")


def refused(*arguments: object) -> list[str]:
    """The lines that are said about arguments that are refused."""
    said = call(*arguments)
    assert (said.code, said.out) == (2, "")
    return [line.removeprefix("rewardlab: ") for line in said.err.splitlines()]


@pytest.mark.parametrize("arguments", [("losses",), ("losses", "rules"), FRAUD])
def test_what_is_printed_fits_into_eighty_columns_and_is_plain(
    arguments: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    said = call(*arguments)
    assert (said.code, said.err) == (0, "")
    assert max(map(len, said.out.splitlines())) <= 80
    assert "\x1b" not in said.out


@pytest.mark.parametrize("columns", ["0", "1", "20"])
@pytest.mark.parametrize("arguments", [("losses",), ("losses", "rules"), FRAUD, ("lesson",)])
def test_no_terminal_is_too_narrow(arguments: tuple[str, ...], columns: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    said = call(*arguments)
    assert (said.code, said.err) == (0, "")
    assert len(said.words) > 500
    assert max(map(len, said.out.splitlines())) <= (80 if columns == "0" else 45)


@pytest.mark.parametrize("arguments", [("losses",), ("lesson", "one-number"), ("list",)])
def test_a_reader_that_goes_away_is_no_error(arguments: tuple[str, ...]) -> None:
    process = subprocess.Popen([*COMMAND, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    assert (process.stderr.read(), process.wait()) == (b"", 0)
    process.stderr.close()


def test_both_tables_are_printed_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "1000")
    said = call("losses")
    for row in LOSS_TABLE:
        for text in (row.name, row.use_when, row.output, *row.functions, *row.modules):
            assert text in said.words
    for mistake in MISTAKE_TABLE:
        assert mistake.answer.split()[-1] in said.words
    tables = json.loads(call("losses", "--json").out)
    assert [row["name"] for row in tables["losses"]] == [row.name for row in LOSS_TABLE]
    assert [row["answer"] for row in tables["mistakes"]] == [row.answer for row in MISTAKE_TABLE]


def test_every_rule_is_printed_with_its_reason() -> None:
    said = call("losses", "rules")
    assert all(rule.rule in said.words and rule.because in said.words for rule in DECISION_RULES)
    for arguments in (("losses", "rules", "--json"), ("losses", "--json", "rules")):
        assert len(json.loads(call(*arguments).out)) == len(DECISION_RULES)


def test_advice_has_six_parts_in_their_order() -> None:
    said = call(*FRAUD)
    titles = ["1. Output", "2. Data", "3. Mistake", "4. Choice", "5. Trade-off", "6. Implementation"]
    assert [line for line in said.out.splitlines() if line[:1].isdigit()] == titles
    assert "its weight the cost ratio" in said.words
    assert "never their product" in said.words
    assert "Undo the weight before checking calibration" in said.words


def test_costs_and_counts_become_a_threshold_and_weights() -> None:
    numbers = ("--false-alarm-cost", 1, "--miss-cost", 19, "--negatives", 99, "--positives", 1)
    advice = json.loads(call(*FRAUD, *numbers, "--json").out)
    assert advice["numbers"] == {
        "threshold": 0.05,
        "weight_from_costs": 19.0,
        "weight_from_counts": 99.0,
        "prior_logit": pytest.approx(-4.59511985013459),
    }
    assert "threshold 0.05 on an unweighted probability" in call(*FRAUD, *numbers).words


def test_facts_and_mistakes_may_be_several() -> None:
    said = call(*FRAUD, "--data", "easy negatives", "--mistake", "Overfitting", "--json")
    functions = json.loads(said.out)["functions"]
    assert functions[0] == "focal_loss"
    assert "l2_penalty" in functions


def test_without_terminal_and_flags_it_says_which_are_needed() -> None:
    said = subprocess.run(
        [*COMMAND, "losses", "advise"], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    assert (said.returncode, said.stdout) == (2, "")
    assert [line.split(": got nothing, expected at least one of ")[0] for line in said.stderr.splitlines()] == [
        "rewardlab: --output",
        "rewardlab: --data",
        "rewardlab: --mistake",
    ]


@pytest.mark.parametrize(
    ("arguments", "starts"),
    [
        ("losses advize", ["argument COMMAND: invalid choice: 'advize'"]),
        ("losses advise --mistaek x", ["unrecognized arguments: --mistaek x; did you mean '--mistake'?"]),
        (
            "losses advise --output probabilty --data imbalance --mistake misses",
            ["--output: got 'probabilty', expected a known answer"],
        ),
        (
            "losses advise --output continuous --data imbalance --mistake misses",
            ["--data: got 'imbalance', expected what goes with", "--mistake: got 'false-negatives', expected what"],
        ),
        (
            "losses advise --output probability --data plain --mistake misses --miss-cost 3 --positives 4",
            ["--false-alarm-cost: got nothing, expected a number, since --miss-cost", "--negatives: got nothing"],
        ),
        (
            "losses advise --output probability --data plain --mistake misses --miss-cost nan --false-alarm-cost 1",
            ["--miss-cost: got nan, expected a finite number above 0"],
        ),
        (
            "losses advise --output probability --data plain --mistake misses --negatives 5 --positives 0",
            ["argument --positives: got '0', expected a whole number"],
        ),
    ],
)
def test_a_slip_is_refused_with_its_fix(arguments: str, starts: list[str]) -> None:
    lines = refused(*arguments.split())
    assert len(lines) == len(starts)
    for line, start in zip(lines, starts, strict=True):
        assert line.startswith(start)


def test_in_a_terminal_the_questions_are_asked_until_they_are_answered() -> None:
    # By number, by name, by a slip and its correction, and two at once.
    asked, answer = conversation(["1", "rare-klass", "imbalance", "false-negatives, overfitting"])
    assert answer.code == 0
    assert asked.count("Number or name:") == 4
    assert "What does the model output?" in asked
    assert "got 'rare-klass', expected a known answer" in asked
    # What does not go with a probability is not offered.
    assert "imbalance: one class is rare" in asked
    assert "outliers-noise: " not in asked
    advice = json.loads(answer.out)
    assert advice["functions"][0] == "weighted_binary_cross_entropy"
    assert "l2_penalty" in advice["functions"]


def test_where_nobody_is_there_to_ask_it_is_said() -> None:
    command = subprocess.list2cmdline([*COMMAND, "losses", "advise"])
    said = subprocess.run(f"{command} <&-", shell=True, capture_output=True, text=True, check=False)
    assert (said.returncode, said.stdout) == (2, "")
    assert "in a terminal the questions are asked" in said.stderr


def test_a_question_that_is_broken_off_promises_nothing() -> None:
    asked, answer = conversation(["1", "stop"])
    assert (answer.code, answer.out) == (130, "")
    assert asked.endswith("rewardlab: stopped\r\n")


def test_questions_that_end_without_an_answer_are_refused() -> None:
    asked, answer = conversation(["\x04"])
    assert (answer.code, answer.out) == (2, "")
    assert "--output: got the end of the input, expected an answer" in asked


def conversation(lines: list[str]) -> tuple[str, Said]:
    """What `losses advise --json` asks at a terminal, and what it puts out; each prompt gets the next line."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [*COMMAND, "losses", "advise", "--json"], stdin=theirs, stderr=theirs, stdout=subprocess.PIPE, text=True
    )
    os.close(theirs)
    asked, answered, end = "", 0, time.monotonic() + 20
    try:
        while time.monotonic() < end:
            if not select.select([ours], [], [], 3.0)[0]:
                if answered and lines[answered - 1] == "stop":
                    process.send_signal(signal.SIGINT)
                continue
            try:
                part = os.read(ours, 4096).decode()
            except OSError:  # the other side has gone
                break
            if not part:
                break
            asked += part
            if asked.count("Number or name:") > answered:
                line = lines[answered]
                if line == "stop":
                    # Between the prompt and the wait for an answer a signal is noted, but wakes nobody.
                    time.sleep(0.3)
                    process.send_signal(signal.SIGINT)
                else:
                    os.write(ours, (line if line == "\x04" else line + "\n").encode())
                answered += 1
        out, _ = process.communicate(timeout=20)
    finally:
        process.kill()
        process.communicate()
        os.close(ours)
    return asked, Said(process.returncode, out, "")
