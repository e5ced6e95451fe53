"""Episodes played again for the page: the ledger adds up, exploits show where they begin, and nothing else is lost."""

from __future__ import annotations

import base64
import copy
import io
import json
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from rewardlab.agents import make_single
from rewardlab.errors import RunFailed
from rewardlab.lab.playing import choose_actions
from rewardlab.reports.page.replays import ROOM_BYTES, replays_of
from rewardlab.reports.page.replays_boards import MARK_BEGINS, MARK_ENDS, BoardShelf, marked_text
from rewardlab.reports.page.replays_chosen import ChosenEpisode, chosen_episodes
from rewardlab.reports.page.replays_episode import MOST_MOMENTS, episode_data, kept_steps, rare_steps
from rewardlab.reports.page.replays_played import kept_wrappers, played_episode
from rewardlab.reports.page.replays_room import within_room
from tests.lab.small_experiment import DELIVERY
from tests.reports.finished_experiment import comparison_of

PICK_UP, DROP = 4, 5
SHAPING = {"kind": "potential_shaping", "potential": "work_left"}
BONUS = {"kind": "bonus", "events": {"picked_up": 0.5}}
CLIP = {"kind": "clip", "min_reward": -0.2, "max_reward": 0.3}
TERMS = {"kind": "terms", "factors": {"speed": 0.5}}
CURRICULUM = {"kind": "curriculum", "stages": ["one"], "event": "delivered"}
SCALE = {"kind": "scale"}
GAMMA = 0.97


def settings_of(*wrappers: dict[str, Any], reward: str = "speed", environment: str = DELIVERY) -> dict[str, Any]:
    """The settings of a run, as the store keeps them."""
    return {
        "environment": {"id": environment, "settings": {}},
        "seed": 0,
        "variant": {"reward": reward, "wrappers": [*wrappers], "algorithm": {"settings": {"gamma": GAMMA}}},
    }


def optimal(seed: int) -> dict[str, Any]:
    """A recording of the optimal policy."""
    env = make_single(DELIVERY, {}, "fixed_speed")
    return {"seed": seed, "actions": choose_actions(env, "optimal", seed, GAMMA)}


@pytest.mark.parametrize(
    ("wrappers", "lines"),
    [
        ((), {"speed"}),
        ((SHAPING,), {"speed", "shaping"}),
        ((BONUS, CLIP), {"speed", "bonus", "clip"}),
        ((TERMS, CLIP, SHAPING), {"speed", "amended", "clip", "shaping"}),
        ((CURRICULUM, SHAPING), {"speed", "shaping"}),
    ],
    ids=["bare", "shaped", "bonus-clipped", "terms", "curriculum"],
)
def test_the_lines_of_each_step_add_up_to_what_the_learner_saw(wrappers: Any, lines: set[str]) -> None:
    recording = optimal(5)
    moments = played_episode(settings_of(*wrappers), recording, None).moments
    assert len(moments) == len(recording["actions"]) + 1
    for moment in moments[1:]:
        assert moment.seen == pytest.approx(math.fsum(moment.lines.values()), abs=1e-12)
    assert set().union(*(moment.lines for moment in moments)) == lines


def test_shaping_telescopes_in_the_replay() -> None:
    # Discounted, shaping adds up to gamma^T * potential(end) - potential(start), and the potential of an end is 0.
    moments = played_episode(settings_of(SHAPING), optimal(5), None).moments
    shaped = sum(GAMMA**step * moment.lines["shaping"] for step, moment in enumerate(moments[1:]))
    env = make_single(DELIVERY, {}, "speed")
    _, info = env.reset(seed=5)
    potential = env.unwrapped.catalogue.potential("work_left")  # type: ignore[attr-defined]
    assert moments[-1].note == "the task is over"
    assert shaped == pytest.approx(-float(potential(np.array([info["state"]]))[0]), abs=1e-9)


def test_the_objective_of_a_replay_is_that_of_the_environment() -> None:
    recording = optimal(3)
    env = make_single(DELIVERY, {}, "speed")
    env.reset(seed=3)
    expected = [env.step(action)[4]["objective"] for action in recording["actions"]]
    moments = played_episode(settings_of(CLIP), recording, None).moments
    assert [moment.objective for moment in moments[1:]] == expected
    played_episode(settings_of(), {**recording, "objective": sum(expected)}, None)
    with pytest.raises(RunFailed, match="its objective is"):
        played_episode(settings_of(), {**recording, "objective": sum(expected) + 0.01}, None)


def test_an_exploit_is_marked_where_it_begins_to_show() -> None:
    # Picked up in step 1 and dropped in step 2, where it was: "drop at once". Again and again: "farm pick-ups".
    exploits = played_episode(settings_of(), {"seed": 0, "actions": [PICK_UP, DROP] * 20}, None).exploits
    assert exploits == {"drop_at_once": 2, "farm_pickups": 5}


@pytest.mark.parametrize("actions", [[PICK_UP] * 39, [PICK_UP] * 41])
def test_another_length_is_another_episode(actions: list[int]) -> None:
    with pytest.raises(RunFailed, match=r"the episode (ended|went on) after"):
        played_episode(settings_of(), {"seed": 0, "actions": actions}, None)


def test_what_a_scale_had_reached_is_not_known_afterwards() -> None:
    kept, told = kept_wrappers([BONUS, SCALE, CLIP, SHAPING])
    assert kept == [BONUS, SHAPING]
    assert told == "Without the wrapper 'scale' and 'clip': the scale that the training had reached is not kept."
    assert kept_wrappers([CLIP, SHAPING]) == ([CLIP, SHAPING], "")


def test_the_data_of_an_episode_says_the_same_as_the_episode() -> None:
    chosen = ChosenEpisode("best", "The best.", settings_of(SHAPING), optimal(5))
    data = episode_data(chosen, BoardShelf())
    moments = played_episode(settings_of(SHAPING), optimal(5), None).moments
    assert data["steps"] == list(range(len(moments)))
    assert data["seen"]["total"][-1] == pytest.approx(sum(moment.seen for moment in moments), rel=1e-5)
    totals = [sum(line["total"][place] for line in data["lines"]) for place in data["steps"]]
    assert totals == pytest.approx(data["seen"]["total"], abs=1e-4)
    assert json.loads(json.dumps(data, allow_nan=False)) == data


def test_an_episode_that_cannot_be_played_is_told_and_costs_nothing_else(tmp_path: Path) -> None:
    comparison = comparison_of(tmp_path, "one", "two", seeds=1)
    broken = copy.deepcopy(dict(comparison.variants[0].runs))
    for run in broken.values():
        run.result["replay"]["actions"][7] = 77
    first = replace(comparison.variants[0], runs=broken)
    found = replays_of(replace(comparison, variants=(first, comparison.variants[1])))
    assert found is not None
    for episode in found.data["players"][0]:
        assert "steps" not in episode
        assert episode["told"][1].startswith("It cannot be played again: BadInput: action: got")
    assert all(len(episode["steps"]) == 41 for episode in found.data["players"][1])


def test_an_environment_that_draws_letters_only_and_one_that_draws_nothing() -> None:
    shelf = BoardShelf()
    lake = settings_of(reward="environment", environment="FrozenLake-v1")
    lake["environment"]["settings"] = {"is_slippery": False}
    letters = episode_data(ChosenEpisode("best", "", lake, {"seed": 0, "actions": [1, 1, 2, 2, 1, 2]}), shelf)
    assert letters["notes"][-1] == "the task is over"
    assert letters["actions"][:2] == ["", "action 1"]
    assert letters["lines"] == [{"name": "environment", "paid": [0.0] * 6 + [1.0], "total": [0.0] * 6 + [1.0]}]
    assert f"{MARK_BEGINS}S{MARK_ENDS}FFF" in shelf.texts[letters["texts"][0]]


def test_a_board_that_is_turned_between_steps_is_told_of() -> None:
    settings = settings_of(reward="mate", environment="rewardlab_envs:rewardlab/Endgame-v0")
    told = {}
    for fold in (True, False):
        settings["environment"]["settings"] = {"pieces": "KQK", "size": 4, "fold": fold, "max_episode_steps": 1}
        told[fold] = episode_data(ChosenEpisode("best", "", settings, {"seed": 0, "actions": [0]}), BoardShelf())[
            "told"
        ]
    assert told[True] == [
        "The board is turned or mirrored between steps: positions that differ by no more are one state here."
    ]
    assert told[False] == []


def test_episodes_are_chosen_among_those_that_were_recorded(tmp_path: Path) -> None:
    variant = comparison_of(tmp_path, "one", seeds=3).variants[0]
    chosen = chosen_episodes(variant)
    assert [(one.label, one.settings["seed"]) for one in chosen] == [
        ("best run", 2), ("median run", 1), ("first exploiting", 0),
    ]  # fmt: skip
    # Newer runs: seed 0 has the best single episode, seed 1 is the median run, and its median episode is shown.
    runs = {}
    for seed, run in variant.runs.items():
        kept = [{"seed": place, "actions": [], "exploits": [], "objective": 9.0 - seed - place} for place in (0, 1)]
        episodes = {"played": 8, "kept": kept, "best": 0, "median": 1, "exploiting": None}
        runs[seed] = replace(run, result={**run.result, "replay": {"exploits": []}, "episodes": episodes})
    best, median = chosen_episodes(replace(variant, runs=runs))
    assert (best.label, best.told) == ("best", "The most achieved in 24 episodes: seed 0.")
    assert best.recording["objective"] == 9.0
    assert (median.label, median.told) == ("median", "The median of 8 episodes of the median run: seed 1.")
    assert median.recording["objective"] == 7.0
    # One episode that is all three is shown once.
    kept = [{"seed": 0, "actions": [], "exploits": ["farm_pickups"], "objective": 1.0}]
    episodes = {"played": 8, "kept": kept, "best": 0, "median": 0, "exploiting": 0}
    run = replace(variant.runs[1], result={**variant.runs[1].result, "episodes": episodes})
    (one,) = chosen_episodes(replace(variant, runs={1: run}))
    assert (one.label, one.recording) == ("best, median, first exploiting", kept[0])
    both = chosen_episodes(replace(variant, runs={1: variant.runs[1]}))
    assert [one.label for one in both] == ["best run, median run, first exploiting"]


@settings(max_examples=50, deadline=None)
@given(last=st.integers(1, 1_000), shown=st.lists(st.integers(1, 1_000), max_size=4))
def test_of_a_long_episode_the_steps_that_tell_most_are_kept(last: int, shown: list[int]) -> None:
    shown = [step for step in shown if step <= last]
    kept = kept_steps(last, shown)
    assert kept == sorted(set(kept))
    assert len(kept) == min(last + 1, MOST_MOMENTS)
    assert {0, last, *shown} <= set(kept) <= set(range(last + 1))


def test_only_what_does_not_always_pay_is_marked() -> None:
    assert rare_steps([0.0, 0.0, 1.0, 0.0, -1.0]) == [2, 4]
    assert rare_steps([0.0, -0.1, -0.1, -0.1]) == []


def test_a_board_is_kept_once() -> None:
    shelf = BoardShelf()
    first, second = np.zeros((40, 40, 3), dtype=np.uint8), np.full((40, 40, 3), 9, dtype=np.uint8)
    assert [shelf.put_image(board) for board in (first, second, first)] == [0, 1, 0]
    assert [shelf.put_text(board) for board in ("a", "b", "a")] == [0, 1, 0]
    assert [address.partition(",")[0] for address in shelf.images] == ["data:image/webp;base64"] * 2
    # A board of few colours is kept as it is.
    shown = Image.open(io.BytesIO(base64.b64decode(shelf.images[1].partition(",")[2]))).convert("RGB")
    assert np.array_equal(np.asarray(shown), second)


def test_where_room_is_short_every_episode_keeps_its_beginning() -> None:
    # Four pictures of ten bytes and room for three: the second moment of the second episode is left out.
    episodes: list[dict[str, Any]] = [
        {"told": [], "images": [2, 3, 2]},
        {"told": []},
        {"told": [], "images": [1, 0, None]},
    ]
    images = [letter * 10 for letter in "abcd"]
    assert within_room(images, episodes, 39) == ["c" * 10, "b" * 10, "d" * 10]
    assert [episode.get("images") for episode in episodes] == [[0, 2, 0], None, [1, None, None]]
    assert episodes[2]["told"] == ["This page has no room for 1 of its pictures."]
    assert episodes[0]["told"] == episodes[1]["told"] == []
    assert within_room([], [], 0) == []


def test_marks_of_a_terminal_become_marks_and_other_controls_are_shown() -> None:
    assert marked_text("a\x1b[41mS\x1b[0mb\n\x07") == f"a{MARK_BEGINS}S{MARK_ENDS}b\n␇"
    assert marked_text("plain") == "plain"


def test_the_replays_of_a_page_keep_to_their_room(tmp_path: Path) -> None:
    found = replays_of(comparison_of(tmp_path, "one", "two", seeds=1))
    assert found is not None
    assert found.variants == ("one", "two")
    assert sum(map(len, found.data["images"])) < ROOM_BYTES
    assert replays_of(comparison_of(tmp_path / "none", "one", seeds=1, failed=(0,))) is None
