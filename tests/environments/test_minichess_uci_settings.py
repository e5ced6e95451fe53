"""Which engine plays: found by name, never run by a stranger's word, greeted and checked before a game begins."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from rewardlab.errors import BadInput
from rewardlab_envs.minichess import ENGINES, RULE_SETS, UCI_VARIANTS, MatchSettings, MiniChessEnv, engine_settings
from rewardlab_envs.minichess.engine_settings import EngineSettings, find_engine
from rewardlab_envs.minichess.uci_options import read_card
from rewardlab_envs.minichess.uci_process import EngineFailed, UciProcess
from tests.command_line import is_alive
from tests.environments.fake_engine import OPTIONS, FakeEngine

GARDNER = "UCI_Variant type combo default chess var chess var gardner var losalamos"

pytestmark = pytest.mark.skipif(os.name != "posix", reason="engines are talked to over POSIX pipes")


@pytest.fixture(autouse=True)
def no_engines(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """None is installed."""
    monkeypatch.setattr(engine_settings, "_GAMES_FOLDER", str(tmp_path / "nowhere"))
    monkeypatch.setenv("PATH", f"/usr/bin{os.pathsep}/bin")
    monkeypatch.delenv("REWARDLAB_ENGINES", raising=False)


def refused(**settings: Any) -> dict[str, str]:
    """The problems of settings, by place."""
    with pytest.raises(BadInput) as caught:
        MatchSettings(**{"opponent": "uci", "rules": "chess", **settings})
    return {problem.where: str(problem) for problem in caught.value.problems}


@pytest.mark.parametrize("engine", ENGINES)
def test_an_engine_that_is_not_installed_is_looked_for_and_named(engine: str) -> None:
    said = refused(engine=engine)["engine"]
    assert f"got '{engine}', which is nowhere" in said
    assert f"the program {engine} on PATH, in " in said
    assert f"apt-get install {engine}" in said


def test_each_game_has_an_engine_by_default() -> None:
    assert "'stockfish'" in refused()["engine"]
    assert "'fairy-stockfish'" in refused(rules="los_alamos")["engine"]


def test_engines_are_found_by_path_and_in_the_folder_of_games(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    first = FakeEngine.write(tmp_path / "games", name="stockfish").path
    monkeypatch.setattr(engine_settings, "_GAMES_FOLDER", str(first.parent))
    assert find_engine("stockfish") == first
    second = FakeEngine.write(tmp_path / "own", name="stockfish").path
    monkeypatch.setenv("PATH", str(second.parent), prepend=os.pathsep)
    assert find_engine("stockfish") == second
    third = FakeEngine.write(tmp_path / "listed", name="stockfish").path
    monkeypatch.setenv("REWARDLAB_ENGINES", f"/nowhere/else{os.pathsep}{third}")
    assert find_engine("stockfish") == third


def test_a_name_runs_no_other_program(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    engine = FakeEngine.write(tmp_path / "bin", name="stockfisch")
    monkeypatch.setenv("PATH", str(engine.path.parent), prepend=os.pathsep)
    monkeypatch.chdir(engine.path.parent)
    assert "did you mean 'stockfish'?" in refused(engine="stockfisch")["engine"]
    assert "REWARDLAB_ENGINES" in refused(engine="poweroff")["engine"]
    for written in (str(engine.path), "./stockfisch", f"{engine.path} --now", "../bin/stockfisch", "", "stockfish\n"):
        assert written not in ENGINES
        assert "engine" in refused(engine=written)
    assert re.search(
        r"never a path; write Path\('.*stockfisch'\), or list it", refused(engine=str(engine.path))["engine"]
    )
    assert engine.processes() == []
    # Who runs the program may allow it: by a path in code, or by the environment.
    MatchSettings(opponent="uci", rules="chess", engine=engine.path)
    monkeypatch.setenv("REWARDLAB_ENGINES", str(engine.path))
    MatchSettings(opponent="uci", rules="chess", engine="stockfisch")
    assert len(engine.processes()) == 1, "the second time it is known"


def test_programs_that_are_no_engines(tmp_path: Path) -> None:
    text = tmp_path / "notes.txt"
    text.write_text("uciok", encoding="utf-8")
    broken = tmp_path / "broken"
    broken.write_text("#!/no/such/interpreter\n", encoding="utf-8")
    broken.chmod(0o755)
    for nothing in (tmp_path / "missing", tmp_path, text):
        assert "expected a program that may be run; is the path right?" in refused(engine=nothing)["engine"]
    assert "cannot be started (No such file" in refused(engine=broken)["engine"]
    leaving = FakeEngine.write(tmp_path / "leaving", greeting="leave")
    said = refused(engine=leaving.path)["engine"]
    assert "died (exit code 1); the last that it said was 'I am no engine'" in said
    assert "a program that speaks UCI" in said
    true = shutil.which("true")
    assert true is not None
    assert "died (exit code 0)" in refused(engine=Path(true))["engine"]


@pytest.mark.parametrize("greeting", ["silence", "deaf"])
def test_one_that_does_not_answer_the_greeting_is_not_waited_for_for_ever(greeting: str, tmp_path: Path) -> None:
    silent = FakeEngine.write(tmp_path, greeting=greeting)
    process = UciProcess(silent.path)
    process.say("uci")
    with pytest.raises(EngineFailed, match=r"no 'uciok' within 0\.05 s"):
        process.hear("uciok", 0.05)
    process.close()
    with pytest.raises(EngineFailed, match=r"died|closed"):
        process.say("isready")
    assert not any(is_alive(number) for number in silent.processes())


def test_only_games_that_both_know(tmp_path: Path) -> None:
    plain = FakeEngine.write(tmp_path / "plain").path
    able = FakeEngine.write(tmp_path / "able", options=(*OPTIONS, GARDNER)).path
    MatchSettings(opponent="uci", rules="chess", engine=plain)
    assert "(Fake 1.0), expected an engine that plays 'gardner'" in refused(rules="gardner", engine=plain)["engine"]
    for rules in RULE_SETS:
        if rules in UCI_VARIANTS:
            MatchSettings(opponent="uci", rules=rules, engine=able)
        else:
            assert "that engines know: chess, gardner, los_alamos" in refused(rules=rules, engine=able)["rules"]


def test_the_variant_is_set(tmp_path: Path) -> None:
    able = FakeEngine.write(tmp_path, options=(*OPTIONS, GARDNER))
    EngineSettings("los_alamos", able.path).start().close()
    assert able.heard("setoption")[-1] == "setoption name UCI_Variant value losalamos"


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"Skil Level": 3}, "Skil Level: got 'Skil Level', expected a known option of Fake 1.0.*mean 'Skill Level'"),
        ({"Hash": 0}, r"Hash: got 0, expected a whole number in \[1, 1024\]"),
        ({"Hash": True}, "Hash: got True, expected a whole number"),
        ({"Style": "wilt"}, "Style: got 'wilt', .*did you mean 'wild'"),
        ({"Own Book": "yes"}, "Own Book: got 'yes', expected true or false"),
        ({"Debug Log File": "notes.log"}, "Debug Log File: got 'notes.log', expected an option that is a number"),
        ({"UCI_Variant": "gardner"}, "UCI_Variant: got 'UCI_Variant', expected a known option"),
        ({"Hash\nquit": 1}, "expected a known option"),
        ([1], r"engine_options: got \[1\], expected a table"),
    ],
)
def test_options_are_checked_against_what_the_engine_takes(options: Any, said: str, tmp_path: Path) -> None:
    engine = FakeEngine.write(tmp_path, options=(*OPTIONS, GARDNER))
    problems = refused(engine=engine.path, engine_options=options)
    assert re.search(said, "\n".join(problems.values()))
    assert [place.split(".")[0] for place in problems] == ["engine_options"]


def test_all_that_is_wrong_is_told_at_once(tmp_path: Path) -> None:
    engine = FakeEngine.write(tmp_path)
    broken = {"engine_nodes": 0, "engine_seconds": float("nan"), "depth": 100, "random_moves": 1.5, "plays": "red"}
    places = list(refused(engine=engine.path, engine_options={"Hash": -1, "Threads": 9}, **broken))
    assert places == [
        "depth",
        "random_moves",
        "plays",
        "engine_nodes",
        "engine_seconds",
        "engine_options.Hash",
        "engine_options.Threads",
    ]


def test_an_engine_beside_another_opponent_is_a_mistake() -> None:
    with pytest.raises(BadInput, match="engine: got 'stockfish', expected none beside the opponent 'greedy'; set opp"):
        MiniChessEnv(opponent="greedy", engine="stockfish")


def test_what_engines_say_of_their_options() -> None:
    card = read_card(
        [
            "Fairy by its authors",
            "id name Fairy 1",
            "id author its authors",
            "option name Clear Hash type button",
            "option name Contempt type spin default 24 min -100 max 100",
            "option name UCI_Variant type combo default chess var 3check var gardner var chess",
            "option name Nullmove type check default true",
            "uciok",
        ]
    )
    assert card.name == "Fairy 1"
    assert card.variants == ("3check", "gardner", "chess")
    assert card.options["contempt"].bounds == (-100, 100)
    assert [option.kind for option in card.options.values()] == ["button", "spin", "combo", "check"]
    assert card.lines({"nullmove": False, "Elo": 1}) == ["setoption name Nullmove value false"]
    assert read_card(["uciok"]).variants == ("chess",)
