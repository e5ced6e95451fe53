"""Whether an environment's own vector does what Gymnasium's makes of single ones, in all three autoreset modes."""

from __future__ import annotations

from typing import Any

import gymnasium as gym
import numpy as np
from gymnasium.vector import AutoresetMode

from rewardlab.errors import Problem
from rewardlab.rewards.catalogue import Catalogue
from rewardlab.testing.answer import Answer
from rewardlab.testing.observations import same
from rewardlab.testing.patience import Patience
from rewardlab.testing.record import raised_problem

__all__ = ["vector_answers"]

_QUESTION = "its own vector does what a vector of single ones does, in every autoreset mode"
_COUNT, _STEPS = 3, 60
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
            problems += _compared(environment, mode, patience, seed)
        except Exception as fault:
            problems.append(raised_problem(fault, f"{patience.place} ({mode.name})"))
        if problems:
            break  # the other modes would say the same again
    return [Answer.of(_QUESTION, problems)]


def _compared(environment: str, mode: AutoresetMode, patience: Patience, seed: int) -> list[Problem]:
    place = f"the vector in mode {mode.name}"
    patience.at(f"{place}: making it")
    own: Any = gym.make_vec(environment, _COUNT, autoreset_mode=mode)
    sync: Any = gym.make_vec(environment, _COUNT, vectorization_mode="sync", vector_kwargs={"autoreset_mode": mode})
    try:
        for name in _SPACES:
            if getattr(own, name) != getattr(sync, name):
                return [Problem(f"{place}: {name}", str(getattr(own, name)), str(getattr(sync, name)))]
        if own.metadata.get("autoreset_mode") is not mode:
            got = repr(own.metadata.get("autoreset_mode"))
            return [Problem(f"{place}: metadata['autoreset_mode']", got, str(mode), "take autoreset_mode and keep it")]
        return _played(own, sync, mode, patience, place, seed)
    finally:
        own.close()
        sync.close()


def _played(own: Any, sync: Any, mode: AutoresetMode, patience: Patience, place: str, seed: int) -> list[Problem]:
    patience.at(f"{place}: reset")
    starts = [env.reset(seed=seed) for env in (own, sync)]
    alike = same(starts[0][0], starts[1][0])
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
            if problem is not None and not _drawn(own, sync, seed):
                return [problem]
            alike = problem is None
        problem = _malformed(ours, where)
        if problem is not None:
            return [problem]
        ended = ours[2] | ours[3]
        if mode is AutoresetMode.DISABLED and ended.any():
            for env in (own, sync) if alike else (own,):
                env.reset(options={"reset_mask": ended.copy()})
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


def _drawn(own: Any, sync: Any, seed: int) -> bool:
    """Whether chance decides anything: two seeds of one environment part ways under the same actions."""
    del own
    env = sync.envs[0]
    streams = []
    for other in (seed, seed + 1):
        stream: list[Any] = [env.reset(seed=other)[0]]
        rng = np.random.default_rng(seed)
        for _ in range(_STEPS):
            space = env.action_space
            masks = env.get_wrapper_attr("action_masks")() if env.has_wrapper_attr("action_masks") else None
            space.seed(int(rng.integers(2**31)))
            action = rng.choice(np.flatnonzero(masks)) if masks is not None else space.sample()
            observation, reward, terminated, truncated, _ = env.step(action)
            stream.append((observation, reward))
            if terminated or truncated:
                break
        streams.append(stream)
    return not same(*streams)


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
