"""`rewardlab check`: what a target names, what is said of it, and how a wrong one is answered."""

from __future__ import annotations

import json
import re
import sys
import time
from importlib.util import spec_from_file_location
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rewardlab.errors import BadInput
from rewardlab.rewards import Potential, Reward
from rewardlab.scaffolding import write_package
from rewardlab.testing import assert_conforms, check_catalogue, check_potential, check_reward
from rewardlab.testing.catalogue import DETECTED, PLACES, ROWS
from rewardlab.testing.practice import practice_task
from tests.command_line import call
from tests.testing.planted_environments import Walk

MODULE = '''
"""A module with something of each kind."""
import gymnasium as gym
import numpy as np
from rewardlab.rewards import Potential, Reward

LIFE = Reward.from_event_weights({"arrived": 1.0, "steps": -0.1}, name="life", summary="Pays.")

def broken(transitions):
    return transitions.event("arrived").cumsum()

BROKEN = Reward.from_function(broken)

def near(observations):
    return observations[:, 0]

NEAR = Potential("near", near, "observation", "Near.")

class Doubled(gym.RewardWrapper):
    def reward(self, reward):
        return 2.0 * float(reward)

def something_else(word):
    return word
'''

CATALOGUE = """
import numpy as np
from rewardlab.rewards import Catalogue, Exploit, Potential, Reward, Term

def broken(steps):
    return np.cumsum(steps.event("delivered"))

def speed(steps):
    return steps.event("delivered") / steps.event("minutes")

def drops(episode):
    return bool(episode.event("minutes").sum() > 3)

def gone(observations):
    return observations[:, 0] - observations[:, 0].mean()

REWARDS = {
    "broken": Reward("broken", (Term("broken", broken),), "Reads its neighbours."),
    "speed": Reward("speed", (Term("speed", speed),), "Pays by the minute.", Exploit("drops", "Drops.", drops)),
}
POTENTIALS = {"gone": Potential("gone", gone, "observation", "Reads its neighbours.")}
CATALOGUE = Catalogue(REWARDS, "broken", ("delivered", "minutes"), POTENTIALS)
"""

LAZY = """
from rewardlab.rewards import Reward
__all__ = ["Absent", "r\x1b[2J"]
globals()["r\x1b[2J"] = Reward.from_event_weights({"a": 1.0})

def __getattr__(name):
    raise ModuleNotFoundError(f"No module named {name}")
"""


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    (tmp_path / "checked_things.py").write_text(MODULE, encoding="utf-8")
    yield tmp_path
    for name in ("checked_things", "checked_faults", "checked_pay"):
        sys.modules.pop(name, None)


def test_an_id_is_checked() -> None:
    said = call("check", "CartPole-v1")
    assert (said.code, said.err) == (0, "")
    assert said.out.startswith("environment CartPole-v1\n  ok        it can be made\n")
    assert said.words.endswith("CartPole-v1 conforms (1 thing, 14 questions)")


def test_a_module_is_checked_with_all_that_is_in_it(here: Path) -> None:
    said = call("check", "checked_things")
    assert said.code == 1
    assert "reward LIFE\n  ok" in said.out
    assert "potential NEAR\n  ok" in said.out
    assert "wrapper Doubled\n  ok" in said.out
    assert "reward BROKEN\n  fault     rewards pay one finite number for each row" in said.out
    assert re.search(r"reward 'broken': got \d for row \d of an episode, and \d for the same row alone", said.words)
    assert said.words.endswith("checked_things does not conform: 1 problem (4 things, 14 questions)")
    assert str(here) not in sys.path


def test_one_thing_in_a_module_is_checked_and_told_as_data(here: Path) -> None:
    said = call("check", "checked_things:LIFE", "--json")
    assert said.code == 0
    told = json.loads(said.out)
    assert told["conforms"] is True
    assert [(each["name"], each["kind"]) for each in told["checked"]] == [("LIFE", "reward")]
    assert {answer["verdict"] for answer in told["checked"][0]["answers"]} == {"ok"}
    broken = json.loads(call("check", "checked_things:BROKEN", "--json").out)
    assert broken["conforms"] is False
    assert broken["checked"][0]["answers"][0]["problems"] != []


def test_what_a_module_lists_and_cannot_give_is_told_and_the_terminal_is_not_driven(here: Path) -> None:
    (here / "checked_faults.py").write_text(LAZY, encoding="utf-8")
    said = call("check", "checked_faults")
    assert (said.code, said.err) == (1, "")
    assert "name Absent\n  fault     what the module lists can be read" in said.out
    assert "reward r\\x1b[2J" in said.out
    assert "\x1b[2J" not in said.out


@pytest.mark.parametrize(
    ("target", "message"),
    [
        ("CartPoll-v1", "TARGET: got 'CartPoll-v1', expected the id of an environment; did you mean 'CartPole-v1'?"),
        ("no_such_module", "TARGET: got 'no_such_module', expected a module: there is no 'no_such_module'; install it"),
        (
            "checked_things.py",
            "TARGET: got 'checked_things.py', expected the id of an environment, module:attribute, or",
        ),
        (
            "../checked_things",
            "TARGET: got '../checked_things', expected the id of an environment, module:attribute, or",
        ),
        ("checked_things:LIVE", "TARGET: got 'LIVE', expected a known name in checked_things: BROKEN, "),
        (
            "checked_things:something_else",
            "TARGET: got 'checked_things:something_else', a function, expected the id of",
        ),
        ("checked_things:checked/Life-v0", "TARGET: got 'checked_things:checked/Life-v0', expected the id of an envir"),
        (
            "checked_faults",
            "TARGET: got 'checked_faults', whose import fails (ZeroDivisionError: division by zero), exp",
        ),
        (
            "json",
            "TARGET: got 'json', with nothing to check, expected environments, rewards, catalogues, potentials, wr",
        ),
    ],
)
def test_a_wrong_target_is_told_in_one_line(here: Path, target: str, message: str) -> None:
    (here / "checked_faults.py").write_text("1 / 0\n", encoding="utf-8")
    said = call("check", target)
    assert (said.code, said.out) == (2, "")
    (line,) = said.err.splitlines()
    assert line.startswith(f"rewardlab: {message}")


@pytest.mark.parametrize(
    ("source", "patience", "message"),
    [
        (
            "while True: pass",
            0.3,
            "whose import is not done after 0.9 seconds, expected a module; look for a sleep, an",
        ),
        ("import os\nos._exit(7)", 20, "whose import ends the process, with exit code 7, expected a module"),
        ("class Odd(BaseException): pass\nraise Odd('no')", 20, "whose import fails (Odd: no), expected a module"),
        (
            "class Mute(Exception):\n    def __str__(self): raise OSError\nraise Mute",
            20,
            "whose import fails (Mute, which cannot be shown), expected a module; look at ",
        ),
    ],
    ids=["hangs", "ends", "no exception", "no words"],
)
def test_an_import_that_takes_the_process_along_is_told(here: Path, source: str, patience: float, message: str) -> None:
    (here / "checked_faults.py").write_text(source, encoding="utf-8")
    for target in ("checked_faults", "checked_faults:checked/Life-v0"):
        began = time.monotonic()
        said = call("check", target, "--patience", patience)
        assert (said.code, said.out) == (2, "")
        (line,) = said.err.splitlines()
        assert line.startswith("rewardlab: TARGET: got 'checked_faults")
        assert message in line
        assert time.monotonic() - began < 20


def test_a_folder_that_only_holds_a_package_is_told_from_the_package(here: Path) -> None:
    write_package("reward", "checked_pay", here)
    said = call("check", "checked_pay")
    assert (said.code, said.out) == (2, "")
    expected = (
        f"{here / 'checked_pay'} is a folder without code of its own: install what is in it, or call this within it"
    )
    assert expected in said.err


def test_what_is_installed_is_checked_in_the_folder_that_holds_its_folder_too(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As docs/checking-your-own.md has it: `rewardlab new`, then `pip install -e`, then `rewardlab check`."""
    write_package("reward", "checked_pay", here)
    code = here / "checked_pay" / "checked_pay"

    class Editable:
        """The finder that `pip install -e` brings, which is asked after all folders."""

        @staticmethod
        def find_spec(name: str, path: Any = None, target: Any = None) -> Any:
            found = {"checked_pay": code / "__init__.py"}.get(name)
            return found and spec_from_file_location(name, found, submodule_search_locations=[str(code)])

    monkeypatch.setattr(sys, "meta_path", [*sys.meta_path, Editable])
    said = call("check", "checked_pay")
    assert (said.code, said.err) == (0, "")
    assert "checked_pay conforms" in said.out


def test_a_test_of_somebodys_own_fails_with_all_that_is_wrong() -> None:
    class Spoilt(Walk):
        def __init__(self, reward: str = "arrived", **more: Any) -> None:
            super().__init__("ledger wrong", reward=reward, **more)

    with pytest.raises(AssertionError, match=r"(?s)Spoilt does not conform, 1 problem:\n  step 1: got a ledger of"):
        assert_conforms(Spoilt)
    assert_conforms(Reward.from_event_weights({"arrived": 1.0}))
    assert_conforms(Potential("near", lambda seen: seen[:, 0], "observation"))
    assert_conforms(lambda **settings: Walk(**settings))
    with pytest.raises(BadInput, match="assert_conforms: got 3, expected the id of an environment, its class or a fun"):
        assert_conforms(3)


def test_a_catalogue_alone_is_asked_as_its_parts_are(here: Path) -> None:
    (here / "checked_faults.py").write_text(CATALOGUE, encoding="utf-8")
    said = call("check", "checked_faults:CATALOGUE", "--json")
    answers = {each["question"]: each for each in json.loads(said.out)["checked"][0]["answers"]}
    (rows,) = answers[ROWS]["problems"]
    assert re.match(r"reward 'broken': got \d for row \d of an episode, and \d for the same row alone", rows)
    (places,) = answers[PLACES]["problems"]
    assert places.startswith("potential 'gone': got ")
    assert answers[DETECTED]["verdict"] == "ok"
    assert said.code == 1
    # A reward that pays by the minute is no finite number where no minute passed, which need not ever be.
    (note,) = answers[ROWS]["notes"]
    assert note.startswith("reward 'speed': ")
    assert said.err == ""


def test_what_no_step_was_given_for_is_not_asked() -> None:
    catalogue = practice_task().catalogue
    verdicts = {answer.question: answer.word for answer in check_catalogue(catalogue)}
    assert [verdicts[each] for each in (ROWS, PLACES, DETECTED)] == ["not asked"] * 3
    (reward, *_), (potential, *_) = catalogue.rewards.values(), catalogue.potentials.values()
    assert {answer.word for answer in check_reward(reward, [])} == {"not asked"}
    assert {answer.word for answer in check_potential(potential, np.zeros(0, np.int64))} == {"not asked"}


def test_a_function_that_makes_an_environment_can_be_named_and_one_that_is_made_cannot(here: Path) -> None:
    source = "from gymnasium.envs.classic_control import CartPoleEnv\ndef make(): return CartPoleEnv()\nMADE = make()\n"
    (here / "checked_faults.py").write_text(source, encoding="utf-8")
    said = call("check", "checked_faults:make", "--json")
    told = json.loads(said.out)["checked"]
    assert [(each["name"], each["kind"]) for each in told] == [("make", "environment")]
    assert len(told[0]["answers"]) > 5
    said = call("check", "checked_faults:MADE")
    assert (said.code, said.out) == (2, "")
    assert "a CartPoleEnv, expected the id of an environment, its class or a function that makes it" in said.err
    assert "name its class, or a function that makes it" in said.err
