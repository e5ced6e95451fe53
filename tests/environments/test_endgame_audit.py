"""What the audit says of endgames: bonuses that are gamed, potentials that keep everything, and by how much."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rewardlab.audit.audited_case import audited_case
from rewardlab.audit.exploit import exploit_finding
from rewardlab.audit.optimal_set import optimal_set_finding
from rewardlab.mdp import FiniteTask, reachable_part, solve
from rewardlab.mdp.policy_space import PolicySpace
from rewardlab_envs.endgame import endgame_task, tablebase
from tests.environments.registered import episodes, optimal_agent

GAMMA = 0.99
UP_TO_FIVE: tuple[dict[str, Any], ...] = (
    *(
        {"pieces": pieces, "size": 4, "defender": defender}
        for pieces in ("KQK", "KRK", "KPK")
        for defender in ("random", "perfect")
    ),
    *({"pieces": pieces, "size": 5, "fold": True} for pieces in ("KQK", "KRK")),
    *({"pieces": pieces, "size": 5, "fold": True, "defender": "perfect"} for pieces in ("KQK", "KRK", "KPK")),
    *({"pieces": "KPK", "size": size, "promotion": "ends"} for size in (4, 5)),
)


def name_of(settings: dict[str, Any]) -> str:
    return "-".join(map(str, settings.values()))


def assert_every_potential_keeps_the_order_of_all_policies(task: FiniteTask) -> None:
    """Shaping has no advantages at all: under any policy it adds the same to whatever is done."""
    part = reachable_part(task.model)
    space = PolicySpace(part.model, GAMMA)
    for potential in task.catalogue.potentials.values():
        added = part.table(task.model.shaping_table(potential(np.arange(task.model.n_states)), GAMMA))
        assert np.abs(added).max() > 0.01
        assert np.abs(space.advantages(space.rows(added))).max() < 1e-9, potential.name


@pytest.mark.parametrize("settings", UP_TO_FIVE, ids=name_of)
def test_every_potential_keeps_the_order_of_all_policies(settings: dict[str, Any]) -> None:
    assert_every_potential_keeps_the_order_of_all_policies(endgame_task(**settings))


def test_that_would_fail_if_the_potential_were_kept_where_it_ends() -> None:
    # The slip that it guards against: at mate the potential has to count as 0.
    task = endgame_task(fold=True)
    part = reachable_part(task.model)
    space = PolicySpace(part.model, GAMMA)
    potential = task.catalogue.potentials["kings"](np.arange(task.model.n_states)) + 1.0
    kept = np.where(task.model.feasible, GAMMA * potential[task.model.successor] - potential[:, None, None], 0.0)
    assert np.abs(space.advantages(space.rows(part.table(kept)))).max() > 0.1


@pytest.mark.parametrize("pieces", ["KQK", "KRK", "KPK"])
@pytest.mark.parametrize("reward", ["mate", "check_bonus", "edge_bonus"])
def test_mate_alone_is_safe_and_each_bonus_is_not(pieces: str, reward: str) -> None:
    case = audited_case(endgame_task(pieces, fold=True, defender="perfect"), reward, gamma=GAMMA)
    finding = optimal_set_finding(case)
    assert finding.basis == "proven on the model"
    assert (finding.level == "unsafe") == (reward != "mate")


@pytest.mark.parametrize("potential", ["edge", "kings", "tablebase", "box"])
@pytest.mark.parametrize("illegal_moves", ["wasted", "refused"])
def test_mate_with_a_potential_is_safe(potential: str, illegal_moves: Any) -> None:
    task = endgame_task("KRK", fold=True, illegal_moves=illegal_moves)
    finding = optimal_set_finding(audited_case(task, "mate", shaping=potential, gamma=GAMMA))
    assert finding.basis == "proven on the model"
    assert finding.level != "unsafe"
    assert finding.data["visited_states"]["disjoint"] == 0


@pytest.mark.parametrize("potential", ["edge", "kings", "tablebase"])
def test_a_potential_mends_no_bonus(potential: str) -> None:
    task = endgame_task(fold=True)
    assert optimal_set_finding(audited_case(task, "edge_bonus", shaping=potential, gamma=GAMMA)).level == "unsafe"


@pytest.mark.parametrize(
    ("reward", "exploit"), [("check_bonus", "perpetual_check"), ("edge_bonus", "let_go_and_drive")]
)
def test_each_exploit_is_named(reward: str, exploit: str) -> None:
    finding = exploit_finding(audited_case(endgame_task(), reward, gamma=GAMMA))
    assert finding.level == "unsafe"
    assert exploit in finding.data["known_exploits"]


def test_there_is_a_check_in_every_position_for_ever() -> None:
    # Perfect at checks, the queen on 4 x 4 gives one in each move: 0.25 / (1 - 0.99) = 25, and never mates.
    task = endgame_task()
    paid = task.model.reward_table(task.catalogue.reward("check_bonus"))
    assert solve(task.model, paid, GAMMA).expected_return == pytest.approx(25, abs=1e-6)


@pytest.mark.parametrize("settings", [*UP_TO_FIVE[:4], UP_TO_FIVE[5], *UP_TO_FIVE[6:8]], ids=name_of)
def test_detectors_tell_the_gamer_from_the_player(settings: dict[str, Any]) -> None:
    task = endgame_task(**settings)
    for name, reward in task.catalogue.rewards.items():
        if reward.exploit is None:
            continue
        for paid, caught in ((name, True), ("mate", False)):
            played = episodes(task, optimal_agent(task, paid, (GAMMA, None)), 15)
            assert {reward.exploit.detect(episode) for episode in played} == {caught}, (name, paid)


@pytest.mark.slow
def test_every_potential_keeps_the_order_with_a_pawn_on_five_squares() -> None:
    assert_every_potential_keeps_the_order_of_all_policies(endgame_task("KPK", 5))


@pytest.mark.slow
def test_every_potential_keeps_the_order_on_the_full_board(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REWARDLAB_CACHE", str(tmp_path))
    tablebase.cache_clear()
    task = endgame_task("KRK", 8, defender="perfect", fold=True)
    assert_every_potential_keeps_the_order_of_all_policies(task)
    # From the longest mates, perfect play takes 16 moves: the value of a perfect agent is gamma ** 15.
    values = solve(task.model, task.objective_table, GAMMA).values
    assert values[~task.model.terminal].min() == pytest.approx(GAMMA**15, abs=1e-9)
    tablebase.cache_clear()
