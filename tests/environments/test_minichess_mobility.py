"""The potential of mobility: counted by hand, equal to the rules' own counts, and exact in shaping."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from gymnasium.wrappers import TimeLimit
from hypothesis import given, settings
from hypothesis import strategies as st

from rewardlab.wrappers import PotentialShaping
from rewardlab_envs.minichess import RULE_SETS, Game
from rewardlab_envs.minichess.rewards import catalogue_of
from rewardlab_envs.minichess.single import MiniChessEnv
from rewardlab_envs.minichess.two_players import TwoPlayerEnv


def mobility(rules: str, fen: str) -> float:
    """Of the side to move."""
    env = TwoPlayerEnv(rules)
    env.game = Game(rules, fen)
    seen = env.observe("player_0" if env.game.side > 0 else "player_1")
    return float(catalogue_of(rules).potentials["mobility"](seen[None])[0])


@pytest.mark.parametrize(
    ("rules", "fen", "own", "other"),
    [
        ("gardner", "rnbqk/ppppp/5/PPPPP/RNBQK w - - 0 1", 7, 7),  # five pawns, two leaps of the knight
        # The rook has b2 to b5, a1, c1 and d1, the king d1, d2 and e2; the lone king only a4.
        ("gardner", "k4/5/5/5/1R2K w - - 0 1", 10, 1),
        ("gardner", "k4/5/5/5/1R2K b - - 0 1", 1, 10),
        # In check: b5 and b4. The rook a2, a3, a4, b1, c1, d1 (it does not take the king), and the king three.
        ("gardner", "k4/5/5/5/R3K b - - 0 1", 2, 9),
        # Four promotions and three steps of the king; the other king d5, e5, d4, d3, e3.
        ("gardner", "5/P3k/5/5/K4 w - - 0 1", 7, 5),
        # e6, exd6 and three of the king; d4 and three of the other.
        ("chess", "k7/8/8/3pP3/8/8/8/K7 w - d6 0 1", 5, 4),
        ("chess", "k7/8/8/3pP3/8/8/8/K7 w - - 0 1", 4, 4),
        ("chess", "k7/8/8/8/3pP3/8/8/K7 b - e3 0 1", 5, 4),
        # King five and two ways to castle, rooks ten and nine; the other king five.
        ("chess", "4k3/8/8/8/8/8/8/R3K2R w KQ - 0 1", 26, 5),
        ("chess", "4k3/8/8/8/8/8/8/R3K2R w K - 0 1", 25, 5),
        ("chess", "4k3/8/8/8/8/8/8/R3K2R b KQ - 0 1", 5, 26),
        ("chess", "r3k2r/8/8/8/8/8/8/4K3 b q - 0 1", 25, 5),
        ("chess", "7k/5Q2/6K1/8/8/8/8/8 b - - 0 1", 0, 26),  # the queen 21 without what her king hides, the king 5
    ],
)
def test_counted_by_hand(rules: str, fen: str, own: int, other: int) -> None:
    assert mobility(rules, fen) == pytest.approx((own - other) / (own + other), abs=1e-12)


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(sorted(RULE_SETS)), st.lists(st.integers(0, 10_000), max_size=60))
def test_it_is_what_the_rules_count_for_both_sides(rules: str, picks: list[int]) -> None:
    game = Game(rules)
    for pick in picks:
        if game.ending:
            break
        legal = game.legal_moves()
        game.play(legal[pick % len(legal)])
        fields = game.fen.split()
        if fields[4] == str(game.rules.quiet_plies):
            break
        turned = " ".join([fields[0], "b" if fields[1] == "w" else "w", fields[2], "-", *fields[4:]])
        if any(letter in "+#" for letter in game.pgn().split()[-2]):
            continue  # in check, so that nobody else could be to move
        own, other = len(game.legal_moves()), len(Game(rules, turned).legal_moves())
        assert mobility(rules, game.fen) == pytest.approx((own - other) / max(own + other, 1), abs=1e-12)


@pytest.mark.parametrize("rules", RULE_SETS)
def test_it_is_bounded_and_0_for_what_is_no_position(rules: str) -> None:
    potential = catalogue_of(rules).potentials["mobility"]
    size = RULE_SETS[rules].size
    length = 13 * size**2 + 6
    assert (potential(np.zeros((2, length))) == 0).all()
    noise = np.random.default_rng(0).random((200, length))
    assert (np.abs(potential(noise)) <= 1).all()
    # A board full of queens but for two kings and a free row: more moves than any position has.
    queens = np.zeros((1, length), dtype=np.float32)
    planes = queens[0, : 12 * size**2].reshape(12, size, size)
    planes[4, ::2], planes[4, 0, 0], planes[5, 0, 0], planes[11, 1, size - 1] = 1, 0, 1, 1
    assert 0.9 < potential(queens)[0] <= 1
    assert potential(queens.astype(np.float64))[0] == potential(queens)[0]
    assert pickle.loads(pickle.dumps(potential))(queens)[0] == potential(queens)[0]


@pytest.mark.parametrize("limit", [5, 300])
def test_shaping_by_it_telescopes(limit: int) -> None:
    gamma, ends = 0.9, set()
    for seed in range(6):
        bare = TimeLimit(MiniChessEnv(plays="either"), limit)
        potential = bare.get_wrapper_attr("catalogue").potentials["mobility"]
        env = PotentialShaping(bare, potential, gamma=gamma)
        first, _ = env.reset(seed=seed)
        rng, added, steps, over, cut = np.random.default_rng(seed), 0.0, 0, False, False
        last = first
        while not (over or cut):
            action = int(rng.choice(np.flatnonzero(env.get_wrapper_attr("action_masks")())))
            last, _, over, cut, info = env.step(action)
            added += gamma**steps * info["ledger"]["shaping"]
            steps += 1
        kept = 0.0 if over else gamma**steps * potential(last[None])[0]
        assert added == pytest.approx(kept - potential(first[None])[0], abs=1e-9)
        ends.add(over)
    assert ends == {limit == 300}
