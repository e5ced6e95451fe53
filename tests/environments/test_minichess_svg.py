"""Boards as pictures: SVG that is well formed and still, the same look in all forms, and marks of what has moved."""

from __future__ import annotations

import warnings
import xml.etree.ElementTree as ET
from typing import Any

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env
from numpy.typing import NDArray

from rewardlab_envs.drawn_board import SQUARE_PIXELS, DrawnBoard
from rewardlab_envs.endgame import endgame_task
from rewardlab_envs.minichess import RULE_SETS, Game, MiniChessEnv, MiniChessVectorEnv
from rewardlab_envs.minichess.actions import action_names
from rewardlab_envs.minichess.two_players import TwoPlayerEnv

SPACE = "{http://www.w3.org/2000/svg}"
LETTER_SIZE = "28"


def men_in(svg: str) -> dict[str, str]:
    """Square to letter, as a reader of the picture finds them."""
    root = ET.fromstring(svg)
    size = int(root.attrib["width"]) // SQUARE_PIXELS
    return {
        f"{'abcdefgh'[int(text.attrib['x']) // SQUARE_PIXELS]}{size - int(text.attrib['y']) // SQUARE_PIXELS}": str(
            text.text
        )
        for text in root.iter(f"{SPACE}text")
        if text.attrib["font-size"] == LETTER_SIZE
    }


def men_of(fen: str) -> dict[str, str]:
    rows = fen.split()[0].split("/")
    men = {}
    for row, line in enumerate(reversed(rows), start=1):
        spelt = "".join("." * int(sign) if sign.isdigit() else sign for sign in line)
        men |= {f"{'abcdefgh'[file]}{row}": sign for file, sign in enumerate(spelt) if sign != "."}
    return men


def luminance(image: NDArray[np.uint8], square: str, size: int) -> NDArray[np.float64]:
    """The grey values of a square's middle, where a man stands."""
    left, top = (ord(square[0]) - ord("a")) * SQUARE_PIXELS, (size - int(square[1])) * SQUARE_PIXELS
    middle = image[top + 15 : top + 45, left + 15 : left + 45]
    return np.asarray(middle @ np.array([0.299, 0.587, 0.114]))


@pytest.mark.parametrize("rules", RULE_SETS)
def test_the_svg_holds_what_the_position_holds(rules: str) -> None:
    game = Game(rules)
    for _ in range(3):
        game.play(game.legal_moves()[0])
    assert men_in(game.svg()) == men_of(game.fen)
    assert game._repr_svg_() == game.svg()


def test_an_svg_neither_runs_nor_fetches_anything() -> None:
    game = Game("chess")
    game.play("e2e4")
    boards = [game.svg(), DrawnBoard(4, {0: "<"}, '"&<script>').svg(), endgame_svg()]
    for svg in boards:
        root = ET.fromstring(svg)
        assert {element.tag for element in root.iter()} == {
            SPACE + tag for tag in ("svg", "title", "rect", "text", "circle")
        }
        names = {name for element in root.iter() for name in element.attrib}
        assert not [name for name in names if name.startswith("on") or "href" in name or name == "style"]
        assert "url(" not in svg
    assert ET.fromstring(boards[1])[0].text == '"&<script>'


def endgame_svg() -> str:
    task = endgame_task("KQK", 4)
    return str(task.text_picture.__self__.svg(0))  # type: ignore[attr-defined]


def test_men_and_sides_are_told_without_colour() -> None:
    # In grey, White's discs are light with a dark letter and Black's the other way round, and letters differ in case.
    game = Game("chess")
    image = game.board().rgb()
    for square, man in men_of(game.fen).items():
        grey = luminance(image, square, 8)
        assert (np.median(grey) > 230) == man.isupper()
        assert (np.median(grey) < 60) == man.islower()
        assert grey.max() - grey.min() > 150
    text = str(game).splitlines()
    assert text[0] == "8 r n b q k b n r"
    assert text[7:] == ["1 R N B Q K B N R", "  a b c d e f g h", "White to move"]


def test_svg_and_image_lay_out_the_same() -> None:
    board = DrawnBoard(4, {0: "K", 15: "k"}, marked=frozenset({5}), is_over=True)
    image, root = board.rgb(), ET.fromstring(board.svg())
    assert image.shape == (240, 240, 3)
    assert root.attrib["viewBox"] == "0 0 240 240"
    for disc in root.iter(f"{SPACE}circle"):
        x, y, radius = (int(disc.attrib[name]) for name in ("cx", "cy", "r"))
        assert _hex(image[y, x + radius - 4]) == disc.attrib["fill"]
        assert np.abs(_rgb(disc.attrib["stroke"]) - image[y, x + radius].astype(int)).max() < 40
    for square in list(root.iter(f"{SPACE}rect")):
        if "stroke" not in square.attrib:
            x, y = int(square.attrib["x"]) + 52, int(square.attrib["y"]) + 8
            assert _hex(image[y, x]) == square.attrib["fill"]
    outlines = [rect for rect in root.iter(f"{SPACE}rect") if "stroke" in rect.attrib]
    assert [outline.attrib["stroke"] for outline in outlines] == [_hex(image[121, 90]), _hex(image[1, 100])]


def _rgb(colour: str) -> NDArray[np.int64]:
    return np.array([int(colour[place : place + 2], 16) for place in (1, 3, 5)])


def _hex(pixel: NDArray[np.uint8]) -> str:
    return "#" + "".join(f"{int(value):02x}" for value in pixel)


def marked_in(board: DrawnBoard) -> set[str]:
    return {f"{'abcdefgh'[square % board.size]}{square // board.size + 1}" for square in board.marked}


def test_the_last_move_is_marked_and_the_end_is_told() -> None:
    game = Game("chess")
    assert (marked_in(game.board()), game.board().is_over) == (set(), False)
    game.play("f2f3", "e7e5", "g2g4")
    assert (marked_in(game.board()), game.standing) == ({"g2", "g4"}, "Black to move")
    game.play("d8h4")
    assert (marked_in(game.board()), game.board().is_over, game.standing) == ({"d8", "h4"}, True, "Black has won: mate")
    assert Game("chess", "7k/5Q2/6K1/8/8/8/8/8 b - - 0 1").standing == "a draw: stalemate"
    forfeited = Game()
    forfeited.forfeit()
    assert forfeited.standing == "Black has won: illegal move"


def test_a_step_marks_the_moves_of_both_sides() -> None:
    # The rook takes the pawn on a4, and the king takes the rook: the game is over, for kings cannot mate.
    env = MiniChessEnv(fen="k4/p4/2K2/5/R4 w - - 0 1", opponent="greedy", render_mode="svg")
    env.reset(seed=0)
    assert not _marks(env.render())
    env.step(action_names("gardner", 1).index("a1a4"))
    assert sorted(_marks(env.render())) == ["a1", "a4", "a5"]
    assert "<title>a draw: dead position</title>" in env.render()
    env.render_mode = "ansi"
    assert env.render().splitlines()[-1] == "a draw: dead position"
    env.reset(seed=0)
    env.step(env.action_space.n - 1)
    env.render_mode = "svg"
    assert not _marks(env.render()), "an illegal action changes nothing"


def _marks(svg: str) -> list[str]:
    root = ET.fromstring(svg)
    size = int(root.attrib["width"]) // SQUARE_PIXELS
    marks = [rect for rect in root.iter(f"{SPACE}rect") if rect.attrib.get("stroke") == "#d55e00"]
    places = [(float(mark.attrib["x"]) // SQUARE_PIXELS, float(mark.attrib["y"]) // SQUARE_PIXELS) for mark in marks]
    return [f"{'abcdefgh'[int(file)]}{size - int(row)}" for file, row in places]


def test_gymnasium_and_pettingzoo_accept_the_mode() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for name in ("MiniChess-v0", "Chess-v0"):
            env = gym.make(f"rewardlab_envs:rewardlab/{name}", render_mode="svg")
            check_env(env.unwrapped)
            env.reset(seed=0)
            assert ET.fromstring(str(env.render())).tag == f"{SPACE}svg"
    for mode in TwoPlayerEnv.metadata["render_modes"]:
        players = TwoPlayerEnv(render_mode=mode)
        players.reset()
        first = players.render()
        players.step(int(np.flatnonzero(players.last()[-1]["action_mask"])[0]))
        assert np.any(players.render() != first)


def test_a_vector_draws_all_its_games_and_those_that_are_over() -> None:
    vector: Any = MiniChessVectorEnv(2, fen="4k/R4/1R3/5/4K w - - 0 1", render_mode="svg", autoreset_mode="Disabled")
    vector.reset(seed=0)
    names = action_names("gardner", 1)
    vector.step(np.array([names.index("b3b5"), names.index("b3b4")]))
    mated, going_on = (ET.fromstring(svg)[0].text for svg in vector.render())
    assert (mated, going_on) == ("the game is over", "White to move")
