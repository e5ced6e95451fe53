"""What a user may put before the audit, brought into one form: a finite model, its rewards, and how it looks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, final

import gymnasium as gym
import numpy as np
from gymnasium.vector import VectorEnv
from numpy.typing import ArrayLike, NDArray

from rewardlab.errors import BadInput, Problem
from rewardlab.mdp.dense_model import dense_reward_table, number_array
from rewardlab.mdp.finite_env import FiniteEnv
from rewardlab.mdp.finite_model import FiniteModel
from rewardlab.mdp.finite_task import FiniteTask
from rewardlab.mdp.finite_vector_env import FiniteVectorEnv
from rewardlab.mdp.toy_text import toy_text_task
from rewardlab.rewards.catalogue import Catalogue, RewardChoice
from rewardlab.rewards.exploit import Exploit
from rewardlab.rewards.potential import Potential
from rewardlab.rewards.reward import Reward

__all__ = [
    "AnyEnv",
    "AuditedReward",
    "AuditedSubject",
    "Subject",
    "audited_subject",
    "potential_table",
    "subject_name",
]

_EPISODE_STEPS = 100
"""How long an episode is shown for where there is no time limit."""

_CALLED = {"against": "objective"}
"""What an array is called, which brings no name; by default as the argument that it came as."""

AnyEnv = gym.Env[Any, Any] | VectorEnv[Any, Any, Any]

AuditedSubject = FiniteModel | FiniteTask | AnyEnv
"""A model, a task, or an environment that has one: of this package, or with a table `P` as Gymnasium's toy texts."""

AuditedReward = RewardChoice | ArrayLike
"""A name of the catalogue, weights on events, a `Reward`, or an array ``[S, A]``, ``[S, A, S]`` or ``[S, A, K]``."""


@final
@dataclass(frozen=True)
class Subject:
    """A finite model with what is known of it.

    Attributes:
        model: The dynamics.
        catalogue: What the environment offers; None for a bare model.
        task: The task, where there is one.
        paid_reward: The reward that an environment pays at present; None where that is not known.
        action_names: A word for each action.
        picture: A state as text, where that shows more than its number.
        exploits: The known ways to game its rewards.
        episode_steps: Its time limit, or 100.
    """

    model: FiniteModel
    catalogue: Catalogue | None = None
    task: FiniteTask | None = None
    paid_reward: Reward | None = None
    action_names: tuple[str, ...] = ()
    picture: Callable[[int], str] | None = None
    exploits: tuple[Exploit, ...] = ()
    episode_steps: int = _EPISODE_STEPS

    def reward(self, choice: AuditedReward, where: str) -> tuple[str, NDArray[np.float64], dict[str, NDArray[Any]]]:
        """A reward's name, its table ``[S, A, K]``, and the table of each of its terms; an array has none.

        Args:
            choice: What the user named or gave.
            where: The argument that it came as, to name in an error.

        Raises:
            BadInput: There is no such reward, or it does not fit the model.
        """
        if isinstance(choice, Sequence | np.ndarray) and not isinstance(choice, str):
            return _CALLED.get(where, where), dense_reward_table(self.model, choice, where), {}
        if isinstance(choice, Reward):
            found = choice
        elif self.catalogue is None:
            fix = "give an array, or a Reward: Reward.from_event_weights({...}) or Reward.from_function(f)"
            raise BadInput(Problem(where, repr(choice), "a reward that a bare model can be paid by", fix))
        else:
            found = self.catalogue.reward(choice, where)  # type: ignore[arg-type]
        lines = found.lines(self.model.transitions)
        terms = {name: self.model.scatter(amounts) for name, amounts in lines.items()}
        return found.name, np.sum([*terms.values()], axis=0), terms


def audited_subject(subject: object) -> Subject | None:
    """Find the model of what is to be audited; None for an environment that has none.

    Raises:
        BadInput: It is nothing that can be audited, or its table cannot be read.
    """
    if isinstance(subject, FiniteModel):
        return Subject(subject)
    if isinstance(subject, FiniteTask):
        return _of_task(subject, None)
    if not isinstance(subject, gym.Env | VectorEnv):
        expected = "a FiniteModel, a FiniteTask, or a Gymnasium environment"
        raise BadInput(Problem("audit", repr(subject), expected, "make arrays a model with rewardlab.mdp.dense_model"))
    base: Any = subject.unwrapped
    if hasattr(base, "envs"):
        base = base.envs[0].unwrapped
    if isinstance(base, FiniteEnv | FiniteVectorEnv):
        return _of_task(base.task, base.table.reward)
    if not hasattr(base, "P"):
        return None
    if not hasattr(base, "initial_state_distrib"):
        fix = "let the environment have it: [S] probabilities of the first state"
        raise BadInput(Problem("audit", f"{base} with a table `P`", "an `initial_state_distrib` beside it", fix))
    limit = getattr(base.spec, "max_episode_steps", None) or _EPISODE_STEPS
    task = toy_text_task(base, max_episode_steps=limit)
    return _of_task(task, task.catalogue.rewards["reward"])


def potential_table(subject: Subject, potential: str | Potential | ArrayLike, where: str) -> NDArray[np.float64]:
    """The potential of every state, ``[S]``.

    Args:
        subject: What is audited.
        potential: A name of the catalogue, a `Potential`, or ``[S]`` numbers.
        where: The place to name in an error.

    Raises:
        BadInput: There is no such potential, or it does not fit the model.
    """
    states = np.arange(subject.model.n_states)
    if isinstance(potential, str):
        if subject.catalogue is None:
            raise BadInput(Problem(where, repr(potential), "[S] numbers: a bare model has no catalogue"))
        potential = subject.catalogue.potential(potential, where)
    if isinstance(potential, Potential):
        seen: NDArray[Any] = states
        if potential.reads == "observation" and subject.task is not None and subject.task.observations is not None:
            seen = subject.task.observations
        try:
            return potential.finite(np.where(subject.model.terminal, 0.0, potential(seen)), seen)
        except IndexError as fault:  # a table of another model
            got = f"potential {potential.name!r}, which does not know every state: {fault}"
            raise BadInput(Problem(where, got, f"one that knows all {len(states)} states")) from None
    values = number_array(potential, where, "a name, a Potential, or [S] numbers")
    if values.shape != states.shape:
        raise BadInput(Problem(where, f"an array of shape {values.shape}", f"{states.shape} finite numbers"))
    if not np.isfinite(values[~subject.model.terminal]).all():
        raise BadInput(Problem(where, "NaN or an infinity for a state that is not terminal", "finite numbers"))
    return np.where(subject.model.terminal, 0.0, values)


def subject_name(subject: AuditedSubject) -> str:
    """What was audited, in a word: its registered id, or else its class."""
    spec = getattr(getattr(subject, "unwrapped", None), "spec", None)
    return spec.id if spec is not None else type(subject).__name__


def _of_task(task: FiniteTask, paid: Reward | None) -> Subject:
    exploits = tuple(reward.exploit for reward in task.catalogue.rewards.values() if reward.exploit)
    only_numbers = task.text_picture(0) == "state 0"
    picture = None if only_numbers else task.text_picture
    return Subject(task.model, task.catalogue, task, paid, task.action_names, picture, exploits, task.max_episode_steps)
