"""Episodes are handed over in the order in which they began, whole, with their totals."""

from __future__ import annotations

import numpy as np
import pytest

from rewardlab.agents.watched_episode import EpisodeLog, WatchedEpisode, write_episode


def info(paid: float) -> dict[str, object]:
    return {"ledger": {"base": paid, "bonus": 1.0}, "objective": 2 * paid, "state": 7}


def test_a_short_episode_waits_for_a_long_one_that_began_before_it() -> None:
    # Environment 0 plays one episode of four steps, environment 1 meanwhile three of one, one, and two steps.
    log = EpisodeLog([0, 0], 0)
    ends = [(False, True), (False, True), (False, False), (True, True)]
    handed = []
    for step, dones in enumerate(ends, start=1):
        infos = [info(10.0), info(float(step))]
        ended = log.add(np.array([step, -step]), np.array(dones), infos, [0, 0], 2 * step)
        handed.append([(episode.environment, episode.began, episode.paid) for episode in ended])
    assert handed == [[], [], [], [(0, 0, 44.0), (1, 0, 2.0), (1, 2, 3.0), (1, 4, 9.0)]]


def test_an_episode_step_by_step() -> None:
    log = EpisodeLog([3], 0)
    log.add(np.array([4]), np.array([False]), [info(0.5)], [3], 1)
    (ended,) = log.add(np.array([5]), np.array([True]), [info(0.25) | {"TimeLimit.truncated": True}], [8], 2)
    episode = ended.watched(12, None)
    assert episode.actions == (4, 5)
    assert episode.ledger == {"base": (0.5, 0.25), "bonus": (1.0, 1.0)}
    assert episode.paid == (1.5, 1.25)
    assert episode.objective == (1.0, 0.5)
    assert (episode.number, episode.first_state, episode.terminated) == (12, 3, False)
    assert episode.as_dict()["totals"] == {"paid": 2.75, "objective": 1.5, "ledger": {"base": 0.75, "bonus": 2.0}}


def test_a_line_that_appears_late_was_nothing_before() -> None:
    log = EpisodeLog([0], 0)
    log.add(np.array([0]), np.array([False]), [{"ledger": {"base": 1.0}}], [0], 1)
    (ended,) = log.add(np.array([0]), np.array([True]), [{"ledger": {"base": 1.0, "late": 5.0}}], [0], 2)
    assert ended.watched(1, None).ledger == {"base": (1.0, 1.0), "late": (0.0, 5.0)}


def test_an_environment_without_objective_means_what_it_pays_itself() -> None:
    (ended,) = EpisodeLog([None], 0).add(
        np.array([[0.5]]), np.array([True]), [{"ledger": {"environment": 3.0, "shaping": 1.0}}], [None], 1
    )
    assert (ended.paid, ended.objective) == (4.0, 3.0)


def test_a_failed_write_leaves_the_old_file(tmp_path) -> None:
    path = tmp_path / "episode.json"
    path.write_text("old", encoding="utf-8")
    unwritable = WatchedEpisode(1, 0, 0, 0, (object(),), {"base": (1.0,)}, (1.0,), True, ())
    with pytest.raises(TypeError):
        write_episode(unwritable, path)
    assert path.read_text(encoding="utf-8") == "old"
