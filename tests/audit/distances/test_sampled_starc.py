"""STARC from recorded steps: exact where all was seen, and honest about what was not."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from rewardlab.audit.distances import sampled_starc, starc_distance
from rewardlab.audit.distances.empirical_model import closed_steps, empirical_model
from rewardlab.errors import BadInput
from rewardlab.mdp import FiniteModel
from rewardlab.transitions import Transitions
from tests.mdp.tiny_models import random_model, slippery_fork

GAMMA = 0.9


def played(
    model: FiniteModel, tables: Any, rng: np.random.Generator, episodes: int, limit: int
) -> tuple[Transitions, list[NDArray[np.float64]], NDArray[np.int64]]:
    """Episodes of the uniform policy: their steps, what each table paid, and the row in which each begins."""
    rows, begins = [], []
    for _ in range(episodes):
        begins.append(len(rows))
        state = int(rng.choice(model.n_states, p=model.start))
        for _ in range(limit):
            action = int(rng.choice(np.flatnonzero(model.legal[state])))
            outcome = int(rng.choice(model.n_outcomes, p=model.probability[state, action]))
            reached = int(model.successor[state, action, outcome])
            rows.append((state, action, outcome, reached))
            state = reached
            if model.terminal[state]:
                break
    state, action, outcome, reached = np.array(rows).T
    steps = Transitions(state, action, reached, model.terminal[reached], {})
    return steps, [table[state, action, outcome] for table in tables], np.array(begins)


def test_of_a_record_in_which_all_was_done_it_is_exact() -> None:
    for seed in range(5):
        rng = np.random.default_rng(seed)
        model = random_model(rng, states=6, actions=2, outcomes=1, ends=seed % 2)
        tables = rng.normal(size=(2, *model.successor.shape))
        s, a = np.nonzero(model.legal & ~model.terminal[:, None])
        reached = model.successor[s, a, 0]
        # Every state may be where an episode begins, as in a record that has all of them.
        everywhere = FiniteModel(
            model.successor, model.probability, model.terminal, ~model.terminal / (~model.terminal).sum(), model.legal
        )
        steps = Transitions(s, a, reached, model.terminal[reached], {})
        for form in ("value", "minimal", "value_potential"):
            found = sampled_starc(
                steps,
                tables[0][s, a, 0],
                tables[1][s, a, 0],
                GAMMA,
                rng=rng,
                form=form,
                resamples=2,  # type: ignore[arg-type]
            )
            exact = starc_distance(everywhere, tables[0], tables[1], GAMMA, form=form)  # type: ignore[arg-type]
            assert found.value == pytest.approx(exact, abs=1e-12)
            assert (found.samples, found.left_out) == (len(s), 0)


def test_chances_are_shares_and_rewards_are_means() -> None:
    # From state 3 action 5 led twice to 7 (paid 1 and 3) and once to the end (paid 6); from 7 back to 3 for nothing.
    steps = Transitions(
        np.array([3, 3, 3, 7]), np.array([5, 5, 5, 2]), np.array([7, 7, 9, 3]), np.array([0, 0, 1, 0], dtype=bool), {}
    )
    seen = empirical_model(steps, [np.array([1.0, 3.0, 6.0, 0.0])], np.array([1.0, 1.0, 1.0, 1.0]))
    # States 3, 7 and the end; actions 2 and 5.
    assert seen.model.legal[:2].tolist() == [[False, True], [True, False]]
    assert seen.model.successor[0, 1].tolist() == [1, 2]
    assert seen.model.probability[0, 1] == pytest.approx([2 / 3, 1 / 3])
    assert seen.tables[0][0, 1] == pytest.approx([2, 6])
    assert seen.model.terminal.tolist() == [False, False, True]


def test_what_leads_to_the_unknown_is_left_out() -> None:
    # 0 to 1 to 2, where a time limit cut it off; and 0 to 0, which can go on.
    steps = Transitions(np.array([0, 1, 0]), np.zeros(3, dtype=int), np.array([1, 2, 0]), np.zeros(3, dtype=bool), {})
    assert closed_steps(steps, np.ones(3)).tolist() == [False, False, True]
    ended = Transitions(steps.state, steps.action, steps.next_state, np.array([False, True, False]), {})
    assert closed_steps(ended, np.ones(3)).all()
    assert closed_steps(ended, np.array([1.0, 0, 1])).tolist() == [False, False, True]
    with pytest.raises(BadInput, match="none after which anything is known"):
        empirical_model(steps.select(slice(0, 2)), [np.zeros(2)], np.ones(2))


def test_shaping_is_taken_out_exactly_also_where_a_time_limit_cut_off() -> None:
    model = slippery_fork()
    rng = np.random.default_rng(0)
    table = rng.normal(size=model.successor.shape)
    shaped = table + model.shaping_table(5 * rng.normal(size=6), GAMMA)
    steps, paid, begins = played(model, [table, shaped], rng, episodes=60, limit=2)
    found = sampled_starc(steps, paid[0], paid[1], GAMMA, rng=rng, episodes=begins, resamples=20)
    assert found.high == pytest.approx(0, abs=1e-11)
    assert sampled_starc(steps, paid[0], -paid[1], GAMMA, rng=rng, resamples=20).low == pytest.approx(1, abs=1e-11)


@pytest.mark.slow
def test_the_interval_holds_the_truth_and_shrinks() -> None:
    # 25 records; a true 90 % would be below 17 of 25 in 1 of 1,000 tries.
    model = slippery_fork()
    rng = np.random.default_rng(1)
    tables = rng.normal(size=(2, *model.successor.shape))
    truth = starc_distance(model, tables[0], tables[1], GAMMA)
    held, widths = 0, []
    for _ in range(25):
        steps, paid, begins = played(model, tables, rng, episodes=300, limit=30)
        found = sampled_starc(steps, paid[0], paid[1], GAMMA, rng=rng, episodes=begins, level=0.9, resamples=40)
        held += found.low <= truth <= found.high
        widths.append(found.high - found.low)
    assert held >= 17
    steps, paid, begins = played(model, tables, rng, episodes=3000, limit=30)
    large = sampled_starc(steps, paid[0], paid[1], GAMMA, rng=rng, episodes=begins, level=0.9, resamples=40)
    assert large.value == pytest.approx(truth, abs=0.02)
    assert large.high - large.low < np.mean(widths) / 2


def test_what_is_refused() -> None:
    steps = Transitions(np.zeros((2, 3)), np.zeros(2), np.zeros((2, 3)), np.ones(2, dtype=bool), {})
    with pytest.raises(BadInput) as refused:
        sampled_starc(
            steps,
            [1.0],
            [np.nan, 0.0],
            9,
            rng=np.random.default_rng(0),
            episodes=[1],
            form="best",  # type: ignore[arg-type]
            norm="l0",  # type: ignore[arg-type]
            level=2,
        )
    places = [problem.where for problem in refused.value.problems]
    expected = ["gamma", "level", "steps.state", "steps.action", "steps.next_state", "first", "second", "episodes"]
    assert places == [*expected, "form", "norm"]
