"""Each broken version of a wrapper fails the battery that the right one passes."""

from __future__ import annotations

import pytest

from rewardlab import wrappers
from tests.wrappers.battery import battery
from tests.wrappers.broken import Broken

SCALE = "wrappers.scale"
RUNNING = "rewards.running_scale"
CLIP, BONUS, TRANSFORM = "wrappers.clip", "wrappers.bonus", "wrappers.transform"
SHAPING, LEDGER, ENDINGS = "wrappers.potential_shaping", "wrappers.ledger", "wrappers.endings"
LINES = "wrappers.ledger_lines"

LATE = "if centre else rewards / (vars(self).pop('was', 1.0), vars(self).update(was=self.scale))[0]"
OWN = """own = vars(self).setdefault('own', [Moments() for _ in rewards])
        skipped = set(unpaid.tolist())
        own[:] = [one if i in skipped else one.merged(running[i : i + 1]) for i, one in enumerate(own)]
        divided = (rewards - centre) / np.array([one.deviation(self.epsilon, self.warm_up) for one in own])"""
DIVIDED = "divided: NDArray[np.float64] = (rewards - centre) / self.scale if centre else rewards / self.scale"

FAULTS = [
    Broken("output doubled, scalar clip", CLIP, "return observation, kept,", "return observation, 2 * kept,"),
    Broken("output doubled, vector clip", CLIP, "return observations, kept,", "return observations, 2 * kept,"),
    Broken("lower clip ignored", CLIP, "np.maximum(values, min_reward, out=values)", "pass"),
    Broken("upper clip ignored", CLIP, "np.minimum(values, max_reward, out=values)", "pass"),
    Broken("lower clip cuts from above", CLIP, "np.maximum(values, min", "np.minimum(values, min"),
    Broken("a lower bound pays the reset rows", CLIP, "if len(unpaid):", "if False:"),
    Broken("clip writes into the rewards", CLIP, "values = np.array(rewards,", "values = np.asarray(rewards,"),
    Broken("clip keeps no line, scalar", CLIP, "with_line(info, paid, CLIP_LINE, kept - paid)", "info"),
    Broken("clip keeps no line, vector", CLIP, "infos = with_vector_line(infos,", "with_vector_line(infos,"),
    Broken("clip's line of the wrong sign", CLIP, "CLIP_LINE, kept - rewards", "CLIP_LINE, rewards - kept"),
    Broken("transform pays the reset rows", TRANSFORM, "turned[paid] =", "turned[:] ="),
    Broken("transform changes nothing", TRANSFORM, "result = np.asarray(function(given))", "result = given"),
    Broken(
        "bonus of the reset rows",
        BONUS,
        "added[paid] = self._bonus(observations, infos, ended, paid)",
        "added[:] = self._bonus(observations, infos, ended, paid | True)",
    ),
    Broken("bonus one step late", BONUS, "paid + added, terminated", "paid + 0 * added, terminated"),
    Broken("bonus from the next episode's first place", BONUS, "reached[ended] = finals", "pass"),
    Broken("bonus forgets where it stands", BONUS, "self._now = reached", "pass"),
    Broken("a masked reset moves every row", BONUS, "if restarted.all():", "if True:"),
    Broken(
        "events of ended episodes lost", BONUS, 'if "final_info" in infos else [infos]', 'if "" in infos else [infos]'
    ),
    Broken(
        "mean of returns subtracted",
        RUNNING,
        "centre = self.rewards.mean if self.subtract_mean and",
        "centre = self.returns.mean if",
        SCALE,
    ),
    Broken("mean never subtracted", RUNNING, "(rewards - centre)", "rewards", SCALE),
    Broken("warm-up ignored", RUNNING, "if self.count < warm_up or", "if", SCALE),
    Broken("warm-up one step late", RUNNING, "if self.count < warm_up", "if self.count <= warm_up", SCALE),
    Broken("gamma ignored", RUNNING, "running *= self.gamma", "pass", SCALE),
    Broken(
        "zeroed before the reward is added",
        RUNNING,
        "running = self.accumulators",
        "running = self.accumulators; running[ended] = 0.0",
        SCALE,
    ),
    Broken("never zeroed at an ending", RUNNING, "running[ended] = 0.0", "pass", SCALE),
    Broken(
        "zeroed at terminations only",
        SCALE,
        "(rewards, self._endings.ended_rows",
        "(rewards, terminations.nonzero()[0]",
    ),
    Broken(
        "zeroed at truncations only", SCALE, "(rewards, self._endings.ended_rows", "(rewards, truncations.nonzero()[0]"
    ),
    Broken("scalar: leak at truncations", SCALE, "if terminated or truncated else", "if terminated else"),
    Broken("scalar: reset leaks", SCALE, "self.running_scale.restart(_ONE)", "pass"),
    Broken(
        "reset_mask ignored by the scale",
        SCALE,
        "self.running_scale.restart(restarted)",
        "self.running_scale.restart(restarted | True)",
    ),
    Broken("a masked reset leaks", SCALE, "self.running_scale.restart(restarted)", "pass"),
    Broken("reset rows enter the statistics", RUNNING, "merged(running, unpaid)", "merged(running)", SCALE),
    Broken("reset rows count, but not for the spread", RUNNING, "len(values) - len(left_out)", "len(values)", SCALE),
    Broken("sample variance", RUNNING, "squares / total)", "squares / max(total - 1, 1))", SCALE),
    Broken("batches merged without the step between means", RUNNING, " + step * step *", " + 0 *", SCALE),
    Broken(
        "statistics of the rewards, not of the returns",
        RUNNING,
        "self.returns.merged(running, unpaid)",
        "self.returns.merged(rewards, unpaid)",
        SCALE,
    ),
    Broken("scale of the step before", RUNNING, "if centre else rewards / self.scale", LATE, SCALE),
    Broken("one scale for each environment", RUNNING, DIVIDED, OWN, SCALE),
    Broken(
        "divided by the variance",
        RUNNING,
        "return math.sqrt(self.variance + epsilon)",
        "return self.variance + epsilon",
        SCALE,
    ),
    Broken("frozen statistics move", RUNNING, "if not self.frozen:", "if True:", SCALE),
    Broken(
        "accumulators left out of the saved state",
        RUNNING,
        "self.accumulators.tolist()",
        "[0.0] * len(self.accumulators)",
        SCALE,
    ),
    Broken("statistics not loaded", RUNNING, "self.returns, self.rewards, self.accumulators = loaded", "pass", SCALE),
    Broken("mode taken from nowhere when loading", RUNNING, "self.frozen = bool(frozen)", "pass", SCALE),
    Broken(
        "the scale writes into the rewards",
        SCALE,
        "scaled = self.running_scale.scaled(rewards,",
        "scaled = rewards[:] = self.running_scale.scaled(rewards,",
    ),
    Broken(
        "shaping: nothing taken back at the end",
        "rewards.potential",
        "np.where(terminated, 0.0, potential_next)",
        "np.asarray(potential_next)",
        SHAPING,
    ),
    Broken(
        "shaping: taken back at the time limit too",
        SHAPING,
        "np.zeros(1) if terminated else",
        "np.zeros(1) if terminated or truncated else",
    ),
    Broken(
        "shaping: terminated and truncated swapped",
        SHAPING,
        "observations, rewards, terminations, truncations, infos = self.env",
        "observations, rewards, truncations, terminations, infos = self.env",
    ),
    Broken("shaping: gamma ignored", "rewards.potential", "gamma * kept", "kept", SHAPING),
    Broken(
        "shaping: one step late",
        SHAPING,
        "self._now = after",
        "self._now, self._was = getattr(self, '_was', after), after",
    ),
    Broken("shaping: next episode's first state", SHAPING, "reached[ended] = final_potentials", "pass"),
    Broken(
        "shaping: reset rows shaped",
        SHAPING,
        "added[self._endings.unpaid] = 0.0",
        "pass",
    ),
    Broken(
        "shaping: reset_mask ignored",
        SHAPING,
        "self._now[restarted] = self.potential.finite(self.potential.at(first, self._times[restarted]), first)",
        "self._now = self.potential.at(batch, self._times)",
    ),
    Broken("shaping: the clock stands still", SHAPING, "self._times + paid", "self._times"),
    Broken("shaping: the clock ticks in reset steps", SHAPING, "self._times + paid", "self._times + 1"),
    Broken("shaping: one clock for all", SHAPING, "self._times + paid", "self._times + paid.any()"),
    Broken("shaping: no line", SHAPING, "with_line(info, paid, SHAPING_LINE, added)", "info"),
    Broken("endings: reset rows not known", ENDINGS, "self._resetting = self._ended.copy()", "pass", CLIP),
    Broken(
        "endings: reset rows a step late",
        ENDINGS,
        "self._resetting.nonzero()[0], ~self._resetting",
        "rows, ~self._ended",
        CLIP,
    ),
    Broken("lines of ended episodes lost", LINES, "paid & finals)", "paid & ~finals)", CLIP),
    Broken("a line under the same name is overwritten", LINES, "before + amounts", "amounts", CLIP),
    Broken(
        "the ledger pays double",
        LEDGER,
        "return observation, paid, terminated",
        "return observation, 2 * paid, terminated",
    ),
]


def test_the_real_wrappers_pass() -> None:
    battery(wrappers)


@pytest.mark.parametrize("broken", FAULTS, ids=[broken.fault for broken in FAULTS])
def test_a_broken_version_is_killed(broken: Broken) -> None:
    classes = broken.classes()
    with pytest.raises((AssertionError, ValueError)):
        battery(classes)


def test_there_are_many_faults_and_no_two_alike() -> None:
    assert len({(broken.module, broken.right, broken.wrong) for broken in FAULTS}) == len(FAULTS) >= 20
