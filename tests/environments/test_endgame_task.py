"""The endgame as a task: what moves lead to, both defenders, masks, folded boards, and what is refused."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from rewardlab.errors import BadInput
from rewardlab.mdp import FiniteTask, FiniteVectorEnv, solve
from rewardlab.wrappers import StartCurriculum, Success
from rewardlab_envs.endgame import endgame_env, endgame_task, endgame_vector_env, tablebase
from rewardlab_envs.endgame.board import Board
from rewardlab_envs.endgame.picture import BoardPicture
from rewardlab_envs.endgame.positions import BARE, MATE, PLAY, PROMOTED, STALEMATE, STUCK, Positions
from rewardlab_envs.endgame.potentials import box_squares
from rewardlab_envs.endgame.tablebase import NOT_WON
from tests.environments.plain_endgame import Position, black_moves, cell, in_check, read, white_moves

SMALL: tuple[dict[str, Any], ...] = (
    {},
    {"pieces": "KRK"},
    {"pieces": "KPK"},
    {"pieces": "KPK", "promotion": "ends"},
    {"pieces": "KQK", "defender": "perfect"},
    {"pieces": "KRK", "defender": "perfect", "illegal_moves": "refused"},
    {"pieces": "KPK", "defender": "perfect"},
    {"pieces": "KQK", "fold": True},
    {"pieces": "KRK", "fold": True, "defender": "perfect"},
    {"pieces": "KPK", "fold": True, "illegal_moves": "refused"},
)
EACH = pytest.mark.parametrize(
    "settings", SMALL, ids=lambda settings: "-".join(map(str, settings.values())) or "default"
)


def positions_of(task: FiniteTask) -> Positions:
    """The positions behind the numbers of the states."""
    picture = task.text_picture.__self__  # type: ignore[attr-defined]
    assert isinstance(picture, BoardPicture)
    return picture.positions


def state_of(task: FiniteTask, text: str) -> int:
    """The state with White to move that is written like ``Kg6 Qg7 kg8``."""
    positions, position = positions_of(task), read(text)
    kind = positions.letters.index(position.letter)
    return int(positions.number[PLAY][kind][cell(position, positions.board.size)])


def position_of(positions: Positions, state: int) -> Position:
    size = positions.board.size
    king, piece, lone = (
        divmod(int(squares[state]), size) for squares in (positions.king, positions.piece, positions.lone)
    )
    kind = int(positions.kind[state])
    return Position(positions.letters[kind] if kind >= 0 else "", king, piece, lone)


def to_mate(task: FiniteTask) -> np.ndarray:
    """``[S]`` White's moves to mate where White is to move; else `NOT_WON`."""
    positions = positions_of(task)
    moves = np.full(task.model.n_states, NOT_WON, dtype=np.int64)
    for kind, letter in enumerate(positions.letters):
        of = (positions.phase == PLAY) & (positions.kind == kind)
        base = tablebase(letter, positions.board.size)
        moves[of] = base.white[positions.king[of], positions.piece[of], positions.lone[of]]
    return moves


def events_of(task: FiniteTask, state: int, move: str) -> dict[str, float]:
    """What a move may cause at most, without what it never does."""
    action = task.action_names.index(move)
    may = task.model.feasible[state, action]
    caused = {name: float(amounts[state, action][may].max()) for name, amounts in task.model.events.items()}
    return {name: amount for name, amount in caused.items() if amount}


@pytest.mark.parametrize("settings", SMALL[:3], ids=["KQK", "KRK", "KPK"])
def test_outcomes_are_those_of_the_plain_rules(settings: dict[str, Any]) -> None:
    # From every 17th state: each legal move of White, each answer of Black, all answers equally likely.
    task = endgame_task(**settings)
    positions, model = positions_of(task), task.model
    for state in np.flatnonzero(positions.phase == PLAY)[::17]:
        position = position_of(positions, int(state))
        plain: Counter[tuple[Any, ...]] = Counter()
        for after in white_moves(position, 4):
            answers = black_moves(after, 4)
            if not answers:
                plain[MATE if in_check(after, 4) else STALEMATE, after, 1.0] += 1
            for last in answers:
                taken = last.letter == ""
                stuck = not taken and not white_moves(last, 4)
                phase = BARE if taken else STUCK if stuck else PLAY
                shown = last._replace(piece=(0, 0)) if taken else last
                plain[phase, shown, round(1 / len(answers), 12)] += 1
        found: Counter[tuple[Any, ...]] = Counter()
        legal = model.events["moves"][state].any(axis=1)
        for action, outcome in zip(*np.nonzero(model.feasible[state] & legal[:, None]), strict=True):
            led = int(model.successor[state, action, outcome])
            phase, shown = int(positions.phase[led]), position_of(positions, led)
            shown = shown._replace(piece=(0, 0)) if phase == BARE else shown
            found[phase, shown, round(float(model.probability[state, action, outcome]), 12)] += 1
        assert found == plain, position


@pytest.mark.parametrize("settings", SMALL[:4], ids=["KQK", "KRK", "KPK", "KPK-ends"])
def test_each_end_is_what_it_is_called(settings: dict[str, Any]) -> None:
    positions = positions_of(endgame_task(**settings))
    for state in np.flatnonzero(np.isin(positions.phase, (MATE, STALEMATE, PROMOTED))):
        position, phase = position_of(positions, int(state)), positions.phase[state]
        assert bool(black_moves(position, 4)) == (phase == PROMOTED)
        assert phase == PROMOTED or in_check(position, 4) == (phase == MATE)


@EACH
def test_what_is_not_legal_is_wasted_or_refused(settings: dict[str, Any]) -> None:
    task = endgame_task(**settings)
    model, playing = task.model, ~task.model.terminal
    moves, wasted = model.events["moves"], model.events["illegal_moves"]
    if settings.get("illegal_moves") == "refused":
        assert not model.legal[playing].all()
        assert not wasted[model.feasible].any()
        assert (model.legal[playing] == moves[playing].all(axis=2)).all()
        assert model.legal[playing].any(axis=1).all()
        return
    assert model.legal.all()
    assert ((moves + wasted)[playing] == 1).all()
    state, action, outcome = np.nonzero((wasted == 1) & model.feasible)
    assert (model.successor[state, action, outcome] == state).all()
    assert (model.events["wasted_moves"][state, action, outcome] == 1).all()
    others = set(model.events) - {"illegal_moves", "wasted_moves"}
    assert not any(model.events[name][state, action, outcome].any() for name in others)


@EACH
def test_perfect_play_takes_as_long_as_the_tablebase_says(settings: dict[str, Any]) -> None:
    # Two ways to one number: value iteration forwards on the model, and retrograde analysis. Against perfect defence
    # the value is gamma ** (moves - 1); against chance it is no less. (A promotion that ends the game ends it sooner.)
    task = endgame_task(**settings)
    moves, gamma = to_mate(task), 0.9
    values = solve(task.model, task.objective_table, gamma).values
    forced = np.where(moves < NOT_WON, gamma ** (moves - 1.0), 0.0)[~task.model.terminal]
    if settings.get("defender") == "perfect":
        np.testing.assert_allclose(values[~task.model.terminal], forced, rtol=0, atol=1e-9)
    else:
        assert (values[~task.model.terminal] >= forced - 1e-9).all()


@EACH
def test_it_begins_where_mate_can_be_forced_and_nowhere_else(settings: dict[str, Any]) -> None:
    task = endgame_task(**settings)
    positions, moves = positions_of(task), to_mate(task)
    assert ((task.model.start > 0) == ((positions.kind == 0) & (moves < NOT_WON))).all()
    chances = task.model.start[task.model.start > 0] * positions.weight[task.model.start > 0] ** -1.0
    np.testing.assert_allclose(chances, chances[0])


def test_the_perfect_defender_takes_the_piece_or_lasts_longest() -> None:
    task = endgame_task("KRK", defender="perfect")
    positions, model, moves = positions_of(task), task.model, to_mate(task)
    assert model.n_outcomes == 1
    base = tablebase("R", 4)
    for state in np.flatnonzero(positions.phase == PLAY)[::29]:
        afters = {(after.king, after.piece): after for after in white_moves(position_of(positions, int(state)), 4)}
        for action in np.flatnonzero(model.events["moves"][state, :, 0]):
            led = int(model.successor[state, action, 0])
            shown = position_of(positions, led)
            if positions.phase[led] == BARE:
                continue
            answers = black_moves(afters[shown.king, shown.piece], 4)
            assert all(answer.letter for answer in answers), "it takes where it can"
            if positions.phase[led] == PLAY:
                assert moves[led] == max(int(base.white[cell(answer, 4)]) for answer in answers)
            else:
                assert not answers


def test_mate_in_one_and_the_two_ways_to_spoil_it() -> None:
    # 4 . . . .     Qb2 and Qc1 mate: the king has b2 and a2. The queen has b1, a2 and b2, so that any move of the king
    # 3 . K . .     but one towards Black's is stalemate. On b1 the queen gives check, and is taken.
    # 2 . . Q .
    # 1 k . . .
    task = endgame_task()
    state = state_of(task, "Kb3 Qc2 ka1")
    assert task.text_picture(state) == "4 . . . .\n3 . K . .\n2 . . Q .\n1 k . . .\n  a b c d"
    assert events_of(task, state, "queen_west_1") == {"moves": 1, "mate": 1}
    assert events_of(task, state, "queen_south_1") == {"moves": 1, "mate": 1}
    assert events_of(task, state, "king_north") == {"moves": 1, "stalemate": 1}
    assert events_of(task, state, "king_east") == {"moves": 1, "stalemate": 1}
    assert events_of(task, state, "king_west") == {"moves": 1, "stalemate": 1}
    assert events_of(task, state, "queen_southwest_1") == {"moves": 1, "checks": 1, "piece_lost": 1}
    assert events_of(task, state, "king_southwest") == {"illegal_moves": 1, "wasted_moves": 1}
    assert events_of(task, state, "queen_east_2") == {"illegal_moves": 1, "wasted_moves": 1}
    ended = int(task.model.successor[state, task.action_names.index("queen_west_1"), 0])
    assert task.model.terminal[ended]
    assert task.text_picture(ended).endswith("2 . Q . .\n1 k . . .\n  a b c d\nmate")


def test_the_lone_king_in_and_out_of_the_middle() -> None:
    # On 5 x 5 the lone king stands on c3, two squares from the edge; White waits, and it must leave or stay near.
    task = endgame_task("KRK", 5)
    state = state_of(task, "Ka1 Rb5 kc3")
    caused = events_of(task, state, "king_east")
    assert caused == {"moves": 1, "drives": 1, "wasted_moves": 1}
    back = events_of(task, state_of(task, "Ka1 Rb5 kd2"), "rook_south_1")
    assert back["retreats"] == 1


def test_a_promotion_plays_on_or_ends_it() -> None:
    text = "Kc3 Pd3 ka1"
    on, over = endgame_task("KPK"), endgame_task("KPK", promotion="ends")
    assert events_of(on, state_of(on, text), "promote_queen") == {"moves": 1, "promotions": 1}
    assert "piece_north_1" in on.action_names
    assert events_of(over, state_of(over, text), "promote_queen") == {"moves": 1, "promotions": 1, "mate": 1}
    assert not any("piece" in name for name in over.action_names)
    assert "check_bonus" not in over.catalogue.rewards
    # The new queen on d4 is taken: no mate can be forced.
    lost = state_of(over, "Ka1 Pd3 kc3")
    assert events_of(over, lost, "promote_queen").get("mate") is None
    ended = over.model.successor[lost, over.action_names.index("promote_queen"), 0]
    assert positions_of(over).phase[ended] == PROMOTED


def test_white_may_be_stalemated_too() -> None:
    task = endgame_task("KPK")
    positions = positions_of(task)
    stuck = np.flatnonzero(positions.phase == STUCK)
    assert len(stuck) == 4
    assert task.model.terminal[stuck].all()
    assert task.text_picture(int(stuck[0])).endswith("stalemate")
    state, action, outcome = np.nonzero(np.isin(task.model.successor, stuck) & task.model.feasible)
    assert len(state)
    assert (task.model.events["stalemate"][state, action, outcome] == 1).all()


@pytest.mark.parametrize("pieces", ["KQK", "KRK", "KPK"])
@pytest.mark.parametrize("reward", ["mate", "check_bonus", "edge_bonus"])
def test_a_folded_board_is_worth_the_same(pieces: str, reward: str) -> None:
    # Chance treats turned positions alike, so that the values of all of them are those of the one that stands for them.
    full, folded = endgame_task(pieces), endgame_task(pieces, fold=True)
    values, few = (
        solve(task.model, task.model.reward_table(task.catalogue.reward(reward)), 0.95).values
        for task in (full, folded)
    )
    at, number = positions_of(full), positions_of(folded).number[PLAY]
    playing = np.flatnonzero(at.phase == PLAY)
    stands_for = number[at.kind[playing], at.king[playing], at.piece[playing], at.lone[playing]]
    np.testing.assert_allclose(values[playing], few[stands_for], rtol=0, atol=1e-9)
    assert full.model.start @ values == pytest.approx(folded.model.start @ few, abs=1e-9)
    assert folded.model.n_states < full.model.n_states / (1.8 if pieces == "KPK" else 6)


@EACH
def test_start_sets_grow_with_the_distance_to_mate(settings: dict[str, Any]) -> None:
    task = endgame_task(**settings)
    moves, sets = to_mate(task), task.catalogue.start_sets
    names = list(sets)
    assert names == sorted(names, key=lambda name: int(name.rpartition("_")[2]))
    for name, states in sets.items():
        most = int(name.rpartition("_")[2])
        assert set(states) == set(np.flatnonzero((task.model.start > 0) & (moves <= most)).tolist())
    assert all(set(sets[one]) < set(sets[other]) for one, other in pairwise(names))
    # From the first set a move mates whatever Black does.
    mates = (task.model.events["mate"] * task.model.probability).sum(axis=2).max(axis=1)
    assert (mates[list(sets["mate_in_1"])] == 1).all()


def test_a_curriculum_begins_at_the_mates() -> None:
    env = endgame_env()
    sets = env.catalogue.start_sets
    wrapped = StartCurriculum(env, [sets["mate_in_1"], sets["mate_in_2"]], Success(event="mate"), window=5, rate=1.0)
    model, begun = env.task.model, []
    best = solve(model, env.task.objective_table, 0.9).optimal
    wrapped.reset(seed=0)
    for _ in range(60):
        _, info = wrapped.reset()
        begun.append(info["state"])
        ended = False
        while not ended:
            _, _, terminated, truncated, info = wrapped.step(int(best[info["state"]].argmax()))
            ended = terminated or truncated
    assert set(begun[:5]) <= set(sets["mate_in_1"])
    assert wrapped.promotion.stage == 2


@pytest.mark.parametrize("defender", ["random", "perfect"])
def test_masked_play_meets_no_error(defender: str) -> None:
    env = FiniteVectorEnv(endgame_task("KRK", defender=defender, illegal_moves="refused"), 32)
    env.reset(seed=1)
    rng = np.random.default_rng(1)
    for _ in range(60):
        masks = env.action_masks()
        actions = np.array([rng.choice(np.flatnonzero(mask)) for mask in masks])
        env.step(actions)
    masks = env.action_masks()
    if (refused := np.flatnonzero(~masks[0])).size:
        with pytest.raises(BadInput, match="see action_masks"):
            env.step(np.array([refused[0], *(int(np.flatnonzero(mask)[0]) for mask in masks[1:])]))


def test_boxes() -> None:
    # Rook on c3: the lone king on e5 has files d to h and ranks 4 to 8; on b2, a and b, 1 and 2. On its own file it has
    # all files, and ranks 4 to 8.
    board, square = Board(8), {"c3": 18, "e5": 36, "b2": 9, "c6": 42}
    lone = np.array([square["e5"], square["b2"], square["c6"]])
    assert box_squares(board, np.full(3, square["c3"]), lone).tolist() == [25, 4, 40]


def test_potentials_are_offered_where_they_say_something() -> None:
    assert set(endgame_task("KRK").catalogue.potentials) == {"edge", "kings", "tablebase", "box"}
    assert set(endgame_task("KQK").catalogue.potentials) == {"edge", "kings", "tablebase"}
    for settings in SMALL:
        task = endgame_task(**settings)
        for potential in task.catalogue.potentials.values():
            values = potential(np.arange(task.model.n_states))
            assert values.min() == 0
            # The rook always leaves something, and takes the most where it holds the king in a corner.
            assert 0.9 < values.max() < 1 if potential.name == "box" else values.max() == 1
            assert not values[task.model.terminal].any()


def test_what_is_refused_at_once_and_with_all_its_problems() -> None:
    with pytest.raises(BadInput) as refused:
        endgame_task("KRKK", 9, defender="good", illegal_moves="no", promotion="never", fold=1, max_episode_steps=0)  # type: ignore[arg-type]
    assert [problem.where for problem in refused.value.problems] == [
        "pieces",
        "defender",
        "illegal_moves",
        "promotion",
        "size",
        "fold",
        "max_episode_steps",
    ]
    assert "did you mean 'KRK'?" in str(refused.value)
    with pytest.raises(BadInput, match="no pawn to promote"):
        endgame_task("KQK", promotion="ends")
    for size in (True, 4.0, 3, "4"):
        with pytest.raises(BadInput, match="from 4 to 8"):
            endgame_task(size=size)  # type: ignore[arg-type]


def test_settings_of_other_names_and_kinds_are_refused_in_words() -> None:
    for make in (endgame_env, endgame_vector_env):
        with pytest.raises(BadInput) as refused:
            make(pieces=["KQK"], sise=5)
        assert [problem.where for problem in refused.value.problems] == ["sise", "pieces"]
        assert "did you mean 'size'?" in str(refused.value)


def test_what_would_not_fit_into_memory_is_refused_with_a_way_out() -> None:
    with pytest.raises(BadInput, match=r"outcomes; take a smaller board or fold=True or defender='perfect'$"):
        endgame_task("KQK", 7)


def test_pictures_show_every_end() -> None:
    task = endgame_task("KPK", promotion="ends")
    positions = positions_of(task)
    lines = {phase: task.text_picture(int(np.flatnonzero(positions.phase == phase)[0])) for phase in range(6)}
    assert [lines[phase].splitlines()[5:] for phase in (PLAY, MATE, STALEMATE, STUCK, BARE, PROMOTED)] == [
        [],
        ["mate"],
        ["stalemate"],
        ["stalemate"],
        ["draw: the piece is taken"],
        ["promoted"],
    ]
    assert task.rgb_picture is not None
    assert task.rgb_picture(0).shape == (240, 240, 3)
