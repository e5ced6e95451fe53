"""Each fault of an environment that the catalogue of bad inputs names is told in words; a sound one passes."""

from __future__ import annotations

import random
import re
import time
from typing import Any

import gymnasium as gym
import numpy as np
import pytest

from rewardlab.rewards import Exploit, Potential, Reward
from rewardlab.testing import check_environment, problems_of
from rewardlab.wrappers import PotentialShaping, ReturnScaling, RewardClipping
from tests.testing.planted_environments import ARRIVED, OldReset, Walk, offers, paying, walks_of

OLD_STEP = "expected five values: observation, reward, terminated, truncated, info; this is the interface of old Gym"


def told(environment: Any, **settings: Any) -> list[str]:
    return [str(problem) for problem in problems_of(check_environment(environment, **{"steps": 200, **settings}))]


def notes(environment: Any) -> list[str]:
    return [str(note) for answer in check_environment(environment, steps=120) for note in answer.notes]


@pytest.mark.parametrize("fault", ["", "reward float32"])
def test_a_sound_one_passes(fault: str) -> None:
    assert told(walks_of(fault)) == []
    assert notes(walks_of(fault)) == []


@pytest.mark.parametrize(
    ("row", "fault", "message"),
    [
        (41, "reward None", r"step 1, Walk: got reward None \(NoneType\), expected a number; return float\(...\)"),
        (41, "reward text", r"step 1, Walk: got reward '1' \(str\), expected a number"),
        (41, "reward list", r"step 1, Walk: got reward \[1.0\] \(list\), expected a number"),
        (41, "reward array", r"step 1, Walk: got reward array\(\[1.\]\) \(ndarray\), expected a number"),
        (41, "reward complex", r"step 1, Walk: got reward \(1\+0j\) \(complex\), expected a number"),
        (42, "reward NaN", r"step 1, Walk: got reward nan, expected a finite number; guard the division or logarithm"),
        (42, "reward inf", r"step 1, Walk: got reward -inf, expected a finite number"),
        (43, "reward bool", r"step 1, Walk: got reward True \(bool\), expected a number, not a boolean"),
        (
            45,
            "outside",
            r"step \d+: got observation\[1\] = 1.5, expected a number in \[0, 1\]; widen the space, or clip",
        ),
        (45, "NaN seen", r"step \d+: got observation\[0\] = nan, expected a number in \[0, 1\]"),
        (45, "dtype", r"reset: got observation of dtype float64, expected float32, as in its space; .*astype"),
        (45, "shape", r"reset: got observation of shape \(2, 1\), expected shape \(2,\)"),
        (45, "list seen", r"reset: got observation of type list, expected a NumPy array; return np.asarray"),
        (46, "own buffer", r"reset: got an observation that changed after it was returned.*return a copy"),
        (47, "global numpy", r"step \d+: got another outcome for the same seed 0, once the global gener.*np_random"),
        (47, "global random", r"step \d+: got another outcome for the same seed 0, once the global generator"),
        (
            47,
            "own generator",
            r"step \d+: got another outcome for the same seed 0, expected the same; .*self.np_random",
        ),
        (48, "old step", rf"step 1, Walk: got four values, {OLD_STEP}: return observation, reward, terminated, trunc"),
        (
            48,
            "old reset",
            r"reset, Walk: got ndarray instead of \(observation, info\), .*old Gym: return observation, \{\}",
        ),
        (49, "swapped", r"step \d+: got truncated after .* steps, and never terminated.*may be swapped"),
        (
            49,
            "clock terminates",
            r"step 7: got terminated after exactly 7 steps in each of the \d+ longest.*truncated=True",
        ),
        (
            50,
            "raises",
            r"step \d+: got ZeroDivisionError: division by zero, expected no error; look at .*planted_env.*line",
        ),
        (50, "exits", r"step 3: got SystemExit: 0, expected no error; look at .*planted_environments"),
        (50, "cannot be closed", r"step 100: got OSError: no window, expected no error"),
        (0, "no objective", r"step 1: got no info\['objective'\].*what the designer means"),
        (0, "objective int", r"step 1: got info\['objective'\] = 1 \(int\), expected a finite float"),
        (
            0,
            "objective of its own",
            r"reward 'arrived', step 1: got 0.49, which the environment calls the objective, expected -0.01, which",
        ),
        (
            0,
            "event missing",
            r"step \d+: got events arrived, expected those of the catalogue, in its order: arrived, steps",
        ),
        (0, "ledger now and then", r"step \d+: got info that has 'ledger' in some steps only, expected the same keys"),
        (
            0,
            "ledger wrong",
            r"step 1: got a ledger of arrived 0.5 \+ steps -0.01 = 0.49 for a reward of -0.01, expected",
        ),
        (
            0,
            "pays more",
            r"reward 'arrived', step 1: got 0.24, which the environment pays, expected -0.01, which 'arriv",
        ),
    ],
)
def test_a_planted_fault_is_told(row: int, fault: str, message: str) -> None:
    found = told(walks_of(fault))
    assert any(re.match(message, each) for each in found), (row, found)
    assert len(found) <= 2, found


def test_an_info_that_is_none_is_told_once() -> None:
    class Silent(Walk):
        def step(self, action: Any) -> Any:
            *returned, _ = super().step(action)
            return *returned, None

    assert told(Silent) == ["step 1: got info of type NoneType, expected a dictionary"]


def test_a_reset_without_a_seed_is_the_interface_of_old_gym() -> None:  # row 48
    (found,) = told(OldReset)
    assert re.match(
        r"reset, OldReset: got .*unexpected keyword argument 'seed'.*write def reset\(self, \*, seed=None", found
    )


def test_the_layer_is_told_where_a_reward_becomes_none() -> None:  # row 42
    def make(**more: Any) -> Any:
        return gym.wrappers.TimeLimit(gym.wrappers.TransformReward(walks_of("")(**more), lambda _: float("nan")), 50)

    (found,) = told(make)
    assert found.startswith("step 1, TransformReward: got reward nan")


def test_an_end_after_so_many_steps_is_the_tasks_own_where_the_clock_is_seen() -> None:
    class Clock(Walk):
        """Ends after seven steps, as it says in what is seen."""

        def _observation(self) -> Any:
            return np.array([self._taken / 7, self.np_random.random()], dtype=np.float32)

    assert told(lambda **more: Clock("clock terminates", **more)) == []


def test_an_environment_that_never_ends_is_told() -> None:  # row 50
    (found,) = told(walks_of("never ends", limit=None))
    assert found.startswith(
        "step 3000: got no end of an episode within 3000 steps, and no limit, expected an episode th"
    )


def test_a_step_that_sleeps_is_given_up() -> None:  # row 50
    began = time.monotonic()
    found = told(walks_of("sleeps"), seconds=0.3)
    assert found == [
        "step 3: got no answer yet, expected an answer within 0.3 seconds; look for a sleep, an endless loop, or a lock"
        " in it"
    ]
    assert time.monotonic() - began < 5


def test_what_cannot_be_sent_is_noted_by_its_path_and_fails_nothing() -> None:  # row 51
    assert told(walks_of("cannot be sent")) == []
    (note,) = notes(walks_of("cannot be sent"))
    assert re.match(r"Walk.chooser: got .*pickle.*; it still runs within one process", note)


class DrawsBytes(Walk):
    def render(self) -> Any:
        return b"place" if self.render_mode == "ansi" else super().render()


class DrawsFloats(Walk):
    def render(self) -> Any:
        return "place" if self.render_mode == "ansi" else np.zeros((4, 4, 3))


@pytest.mark.parametrize(
    ("environment", "message"),
    [
        (Walk, ""),
        (DrawsBytes, r"render_mode 'ansi', after reset: got b'place' \(bytes\), expected a text"),
        (DrawsFloats, r"render_mode 'rgb_array', after reset: got float64 of shape \(4, 4, 3\), expected \[height"),
    ],
)
def test_a_picture_that_is_none_is_told(environment: type, message: str) -> None:
    # A walk has no time limit of its own, and at random it is not always over in so few steps.
    found = [each for each in told(environment, steps=60) if "render_mode" in each]
    assert [bool(re.match(message, each)) for each in found] == [True] * bool(message), found


CALLS: list[int] = []


def counts(observations: np.ndarray) -> np.ndarray:
    CALLS.append(1)
    return np.full(len(observations), float(len(CALLS)))


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (
            lambda seen: np.log(seen[:, 0] - seen[:, 0]),
            r"potential 'near': got -inf for observation array.*a finite number",
        ),
        (lambda seen: seen, r"potential 'near': got potential 'near': got shape \(\d+, 2\), expected \(\d+,\)"),
        (lambda seen: 1.0, r"potential 'near': got potential 'near': got shape \(\), expected \(\d+,\)"),
        (lambda seen: seen[:, 0] - seen[:, 0].mean(), r"potential 'near': got .* for observation array.* alone, exp"),
        (counts, r"potential 'near': got .* at a second call, expected the same number.*not a function of the state"),
    ],
    ids=["infinite", "a matrix", "one number", "of the batch", "of the call"],
)
@pytest.mark.filterwarnings("ignore:divide by zero")
def test_a_potential_that_is_none_is_told(function: Any, message: str) -> None:  # row 52
    catalogue = offers(potentials={"near": Potential("near", function, "observation", "Broken.")})
    found = [each for each in told(walks_of("", catalogue=catalogue)) if "pickle" not in each]
    assert len(found) == 1
    assert re.match(message, found[0]), found


@pytest.mark.parametrize(
    ("wrap", "message"),
    [
        (
            lambda env, near: PotentialShaping(PotentialShaping(env, near, gamma=0.9), near, gamma=0.9),
            "got shaping twice",
        ),
        (lambda env, near: RewardClipping(PotentialShaping(env, near, gamma=0.9), -1, 1), "a clip of shaped rewards"),
        (lambda env, near: ReturnScaling(ReturnScaling(env, gamma=0.9), gamma=0.9), "got two running scales"),
    ],
    ids=["53 twice", "53 clipped", "54 two scales"],
)
def test_an_order_of_wrappers_that_breaks_its_promise_is_told_with_both_places(wrap: Any, message: str) -> None:
    def make(**more: Any) -> Any:
        return wrap(walks_of("")(**more), offers().potentials["near"])

    found = [each for each in told(make) if message in each]
    assert len(found) == 1
    assert re.match(r"wrapper \d \(\w+\) outside of wrapper \d \(\w+\): ", found[0])


@pytest.mark.parametrize(
    ("catalogue", "message"),
    [
        (
            paying(lambda t: np.cumsum(t.event("steps"))),
            r"reward 'other': got 2 for row 1 of an episode, and 1 for the sa",
        ),
        (paying(lambda t: t.event("stpes")), r"reward 'other', .*got 'stpes', expected a known event"),
        (
            paying(lambda t: t.event("steps"), exploit=Exploit("loops", "Loops.", lambda t: t.event("steps"))),
            r"exploit 'loops' of reward 'other': got array.*True or False for the whole episode",
        ),
        (
            offers(rewards={"arrived": Reward("arived", ARRIVED.terms, "Typing error.")}),
            r"catalogue.rewards\['arrived'\]",
        ),
        (paying(lambda t: t.event("steps")), r"catalogue.rewards\['other'\].*got .*pickle.*a function of the module"),
    ],
    ids=["reads its neighbours", "no such event", "a detector of rows", "another name", "cannot be sent"],
)
def test_a_broken_catalogue_is_told(catalogue: Any, message: str) -> None:
    found = told(walks_of("", catalogue=catalogue))
    assert any(re.match(message, each) for each in found), found


def test_an_environment_without_the_keyword_reward_is_told() -> None:
    (found,) = told(lambda: walks_of("")())
    assert re.match(r"reward 'arrived', making it: got TypeError.*take the keyword argument reward", found)


def test_the_generators_of_the_process_stay_where_they_are() -> None:
    before = where_they_stand()
    told(walks_of("global numpy"))
    told(walks_of("global random"))
    assert where_they_stand() == before


def where_they_stand() -> list[Any]:
    _, numbers, place, *rest = np.random.get_state()  # noqa: NPY002
    return [numbers.tolist(), place, *rest, random.getstate()]
