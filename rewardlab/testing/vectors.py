"""Whether an environment's own vector does what Gymnasium's makes of single ones, in all three autoreset modes."""

from __future__ import annotations

from functools import partial
from typing import Any

import gymnasium as gym
import numpy as np
from gymnasium.vector import AutoresetMode

from rewardlab.errors import Problem
from rewardlab.rewards.catalogue import Catalogue
from rewardlab.testing.answer import Answer
from rewardlab.testing.observations import same
from rewardlab.testing.patience import Patience
from rewardlab.testing.record import legal_action, raised_problem
from rewardlab.testing.restoring import restored_vector_answers
from rewardlab.transitions import Transitions

__all__ = ["vector_answers"]

_QUESTION = "its own vector does what a vector of single ones does, in every autoreset mode"
_COUNT, _STEPS, _STARTS, _TRIES = 3, 60, 8, 60
_TOLERANCE = 1e-5
_SPACES = ("observation_space", "action_space", "single_observation_space", "single_action_space")


def vector_answers(environment: str, catalogue: Catalogue | None, patience: Patience, *, seed: int) -> list[Answer]:
    """Compare the registered vector with `gymnasium.vector.SyncVectorEnv`.

    Args:
        environment: A registered id; the module before its colon has been imported.
        catalogue: What the environment offers, if it does.
        patience: Told of each call.
        seed: Of resets and actions.
    """
    registered = gym.registry.get(environment.rpartition(":")[2])
    if registered is None or registered.vector_entry_point is None:
        return []
    if ":" not in environment:
        return [Answer(_QUESTION, not_asked="Gymnasium's own are trained as vectors of single ones")]
    problems = []
    for mode in AutoresetMode:
        try:
            problems += _compared(environment, catalogue, mode, patience, seed)
        except Exception as fault:
            problems.append(raised_problem(fault, f"{patience.place} ({mode.name})"))
        if problems:
            break  # the other modes would say the same again
    if problems:
        return [Answer.of(_QUESTION, problems)]
    restored = restored_vector_answers(partial(_made, environment), patience, seed=seed)
    return [Answer.of(_QUESTION), *restored]


def _made(environment: str, mode: AutoresetMode) -> Any:
    return gym.make_vec(environment, _COUNT, autoreset_mode=mode)


def _compared(
    environment: str, catalogue: Catalogue | None, mode: AutoresetMode, patience: Patience, seed: int
) -> list[Problem]:
    place = f"the vector in mode {mode.name}"
    patience.at(f"{place}: making it")
    own = _made(environment, mode)
    sync: Any = gym.make_vec(environment, _COUNT, vectorization_mode="sync", vector_kwargs={"autoreset_mode": mode})
    try:
        for name in _SPACES:
            if getattr(own, name) != getattr(sync, name):
                return [Problem(f"{place}: {name}", str(getattr(own, name)), str(getattr(sync, name)))]
        if own.metadata.get("autoreset_mode") is not mode:
            got = repr(own.metadata.get("autoreset_mode"))
            return [Problem(f"{place}: metadata['autoreset_mode']", got, str(mode), "take autoreset_mode and keep it")]
        return _played(own, sync, catalogue, mode, patience, place, seed)
    finally:
        own.close()
        sync.close()


def _played(
    own: Any, sync: Any, catalogue: Catalogue | None, mode: AutoresetMode, patience: Patience, place: str, seed: int
) -> list[Problem]:
    patience.at(f"{place}: reset")
    starts = [env.reset(seed=seed) for env in (own, sync)]
    alike, before = same(starts[0][0], starts[1][0]), starts[0]
    rng = np.random.default_rng(seed)
    sync.single_action_space.seed(seed)
    for number in range(1, _STEPS + 1):
        where = f"{place}: step {number}"
        patience.at(where)
        actions = _actions(own, rng)
        ours = own.step(actions)
        if alike:
            theirs = sync.step(actions)
            problem = _unlike(ours, theirs, where)
            # Where chance is drawn in another order they part ways, and only their forms can be compared from here.
            if problem is not None and not _drawn(sync.envs[0], seed):
                return [problem]
            alike = problem is None
        problem = _malformed(ours, where)
        if problem is None and mode is AutoresetMode.DISABLED:
            problem = _paid_otherwise(catalogue, before[0], before[1], actions, ours, where)
        if problem is not None:
            return [problem]
        before, ended = (ours[0], ours[4]), ours[2] | ours[3]
        if mode is AutoresetMode.DISABLED and ended.any():
            if alike:
                sync.reset(options={"reset_mask": ended.copy()})
            before = own.reset(options={"reset_mask": ended.copy()})
    return []


def _actions(env: Any, rng: np.random.Generator) -> Any:
    masks = getattr(env.unwrapped, "action_masks", None)
    if masks is not None and isinstance(env.single_action_space, gym.spaces.Discrete):
        legal = np.asarray(masks())
        return np.argmax(rng.random(legal.shape) * legal, axis=1)
    env.action_space.seed(int(rng.integers(2**31)))
    return env.action_space.sample()


def _unlike(ours: Any, theirs: Any, where: str) -> Problem | None:
    names = ("observations", "rewards", "terminations", "truncations")
    for name, one, other in zip(names, ours, theirs, strict=False):
        if not same(one, other):
            return Problem(f"{where}, {name}", _brief(one), f"{_brief(other)}, as single ones give")
    for key in sorted(set(ours[4]) | set(theirs[4])):
        if not same(_bare(ours[4].get(key)), _bare(theirs[4].get(key))):
            got = _brief(ours[4].get(key, "nothing"))
            return Problem(
                f"{where}, infos[{key!r}]", got, f"{_brief(theirs[4].get(key, 'nothing'))}, as single ones give"
            )
    return None


def _bare(value: Any) -> Any:
    return value.tolist() if isinstance(value, np.ndarray) and value.dtype == object else value


def _drawn(env: Any, seed: int) -> bool:
    """Whether chance decides anything after the start: from one start, the same actions lead elsewhere.

    Where no start is seen twice that cannot be told, and is taken to be so.
    """
    compared = False
    for first in range(seed, seed + _STARTS):
        start = env.reset(seed=first)[0]
        stream = _stream(env, first)
        for other in range(seed + 1000, seed + 1000 + _TRIES):
            if same(env.reset(seed=other)[0], start):
                compared = True
                if not same(_stream(env, first), stream):
                    return True
                break
    return not compared


def _stream(env: Any, seed: int) -> list[Any]:
    """What follows on actions drawn with a seed, until the episode ends."""
    rng, stream = np.random.default_rng(seed), []
    for _ in range(_STEPS):
        observation, reward, terminated, truncated, _ = env.step(legal_action(env, rng))
        stream.append((observation, reward, terminated, truncated))
        if terminated or truncated:
            break
    return stream


def _paid_otherwise(
    catalogue: Catalogue | None, before: Any, infos_before: Any, actions: Any, step: Any, where: str
) -> Problem | None:
    """A reward that is not what the objective of the catalogue pays for the same step."""
    observations, rewards, terminations, _, infos = step
    if catalogue is None or not isinstance(observations, np.ndarray) or "events" not in infos:
        return None
    known = "state" in infos_before and "state" in infos
    places = (infos_before["state"], infos["state"]) if known else (before, observations)
    events = {name: infos["events"][name] for name in catalogue.events}
    expected = catalogue.rewards[catalogue.objective](Transitions(places[0], actions, places[1], terminations, events))
    off = np.flatnonzero(~np.isclose(rewards, expected, rtol=_TOLERANCE, atol=_TOLERANCE))
    if not len(off):
        return None
    row = int(off[0])
    wanted = f"{expected[row]:g}, which {catalogue.objective!r} of the catalogue pays for the same step"
    return Problem(f"{where}, rewards", f"{rewards[row]:g} in row {row}", wanted)


def _malformed(step: Any, where: str) -> Problem | None:
    names = ("rewards", "terminations", "truncations")
    for name, value, kind in zip(names, step[1:4], ("f", "b", "b"), strict=True):
        if not isinstance(value, np.ndarray) or value.shape != (_COUNT,) or value.dtype.kind != kind:
            expected = f"an array of {_COUNT} {'float64' if kind == 'f' else 'bool'}"
            return Problem(f"{where}, {name}", _brief(value), expected)
    if not np.isfinite(step[1]).all():
        return Problem(f"{where}, rewards", _brief(step[1]), "finite numbers")
    return None


def _brief(value: Any) -> str:
    text = " ".join(repr(value).split())
    return text if len(text) <= 80 else text[:77] + "..."
