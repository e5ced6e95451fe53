"""`rewardlab watch` on games: legal moves, captions in the language of the game, and animated pictures."""

from __future__ import annotations

import contextlib
import io
import itertools
import re
from pathlib import Path
from typing import final

import numpy as np
import pytest
from PIL import Image

from rewardlab.agents import make_single
from rewardlab.cli import main
from rewardlab.lab.playing import choose_actions
from rewardlab.reports import play_again
from rewardlab_envs.minichess.actions import action_names
from rewardlab_envs.minichess.loading import compiled
from tests.command_line import call

MINI_CHESS = "rewardlab_envs:rewardlab/MiniChess-v0"
CHESS = "rewardlab_envs:rewardlab/Chess-v0"
ENDGAME = "rewardlab_envs:rewardlab/Endgame-v0"


@pytest.fixture(autouse=True, scope="module")
def rules_are_compiled() -> None:
    """Where they are not yet, a line on standard error says so, which is none of a command's."""
    compiled("games")
    compiled("playing")


def test_a_game_is_watched_move_by_move() -> None:
    options = ("--policy", "random", "--seed", 3, "--set", "opponent=greedy", "--set", "illegal_moves=refused")
    said = call("watch", MINI_CHESS, *options)
    assert (said.code, said.err) == (0, "")
    frames = said.out.strip().split("\n\n")
    captions = [frame.splitlines()[-3] for frame in frames]
    assert captions[0] == "step 0: start"
    move = r"(O-O(-O)?|[NBRQK]?[a-e]?[1-5]?x?[a-e][1-5](=[QRBN])?)[+#]?"
    assert [line for line in captions[1:-1] if not re.fullmatch(rf"step \d+: {move} {move}", line)] == []
    assert captions[-1].endswith("  - the task is over")
    boards = [frame.splitlines()[:5] for frame in frames]
    assert boards[0][-1] == "1 R N B Q K"
    assert all(one != other for one, other in itertools.pairwise(boards))
    assert said.out == call("watch", MINI_CHESS, *options).out


def test_the_words_of_a_step_say_why_a_game_is_drawn_or_a_move_illegal() -> None:
    env = make_single(MINI_CHESS, {"fen": "k4/p4/2K2/5/R4 w - - 0 1", "opponent": "greedy"}, "result", "ansi")
    frames = list(play_again(env, 0, [467, action_names("gardner", 1).index("a1a4")]))
    assert [frame.action for frame in frames[1:]] == ["illegal e4e5n", "Rxa4+ Kxa4 (dead position)"]


@pytest.mark.parametrize(
    ("environment", "settings", "policy"),
    [
        (MINI_CHESS, {"opponent": "alpha_beta"}, "random"),
        (CHESS, {"fen": "7k/8/5KQ1/8/8/8/8/8 w - - 80 90"}, "random"),
        (ENDGAME, {"pieces": "KRK"}, "optimal"),
    ],
    ids=["mini-chess", "chess", "endgame"],
)
def test_an_episode_becomes_a_moving_picture(
    environment: str, settings: dict[str, str], policy: str, tmp_path: Path
) -> None:
    chosen = [word for key, value in settings.items() for word in ("--set", f"{key}={value}")]
    path = tmp_path / "game.gif"
    said = call("watch", environment, "--policy", policy, "--seed", 1, *chosen, "--out", path)
    assert (said.code, said.out, said.err) == (0, f"Written: {path}\n", "")
    env = make_single(environment, settings, "environment", "rgb_array")
    frames = list(play_again(env, 1, choose_actions(env, policy, 1, 0.97)))
    with Image.open(path) as image:
        assert image.n_frames == len(frames)  # type: ignore[attr-defined]
        assert image.width == max(360, frames[0].picture.shape[1])  # type: ignore[union-attr]
        image.seek(image.n_frames - 1)  # type: ignore[attr-defined]
        last = np.asarray(image.convert("RGB")).astype(int)
    first, drawn = (np.asarray(frame.picture).astype(int) for frame in (frames[0], frames[-1]))
    left = (last.shape[1] - drawn.shape[1]) // 2
    shown = last[18 : 18 + drawn.shape[0], left : left + drawn.shape[1]]
    assert np.abs(shown - drawn).mean() < min(6, np.abs(shown - first).mean() / 2), "the end stands in the last picture"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--out", "game.png"], "a file that ends in .gif"),
        (["--out", "no-such-folder/game.gif"], "a folder that exists"),
        (["--state", "3"], "state: got 3, expected none"),
    ],
)
def test_what_cannot_be_is_refused_in_one_line(
    options: list[str], message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    said = call("watch", MINI_CHESS, "--policy", "random", *options)
    assert said.code == 2
    assert message in said.err
    assert len(said.err.splitlines()) == 1
    assert len(said.err) < 250
    assert list(tmp_path.iterdir()) == []


@final
class Terminal(io.StringIO):
    """Somebody watches."""

    def isatty(self) -> bool:
        return True


def test_a_terminal_shows_a_frame_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    naps: list[float] = []
    monkeypatch.setattr("signal.signal", lambda *_: None)  # the handlers of this process are not ours
    monkeypatch.setattr("time.sleep", naps.append)
    words = ["watch", "rewardlab_envs:rewardlab/BoatRace-v0", "--actions", "0,1", "--delay", "0.25"]
    with contextlib.redirect_stdout(Terminal()) as terminal:
        assert main(words) == 0
    assert naps == [0.25] * 3
    assert terminal.getvalue().count("\033[2J\033[H") == 3
