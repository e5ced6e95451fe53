"""Tabular Q-learning on finite environments, for experiments that should take seconds.

Watkins (1989), "Learning from delayed rewards". Several environments may be stepped at once; they share one table, and
their updates of a step are computed from the same table and added up. With one environment this is the textbook's
algorithm. Where N of them are in one state and do the same, the rate is N times as large, and from 2 on values may grow
for ever: with ``N * learning_rate`` of at most 1 they cannot. At a time limit the last state is bootstrapped from, as
stable-baselines3 does.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from typing import Any, final

import numpy as np
from gymnasium.vector import VectorEnv
from numpy.typing import ArrayLike, NDArray

from rewardlab.agents.checkpoints import CheckpointKeeper
from rewardlab.agents.checkpoints.stack_snapshot import restore_stack, stack_snapshot
from rewardlab.agents.curve_recorder import CurveRecorder
from rewardlab.agents.guards import GuardSettings, StepGuard, StepTaken
from rewardlab.agents.guards.table_guard import TableGuard
from rewardlab.errors import BadInput, InvalidReward, Problem
from rewardlab.snapshots import generator_from

__all__ = ["QLearner", "q_update"]

_GUARDS = GuardSettings()


def q_update(
    table: NDArray[np.float64],
    states: NDArray[np.int64],
    actions: NDArray[np.int64],
    rewards: NDArray[np.float64],
    next_states: NDArray[np.int64],
    terminated: NDArray[np.bool_],
    *,
    learning_rate: float,
    gamma: float,
) -> None:
    """One step of Q-learning, in place: ``Q += learning_rate * (reward + gamma * max Q(next) - Q)``.

    Args:
        table: ``[S, A]`` action values; minus infinity for actions that are not legal.
        states: ``[N]`` where the steps began.
        actions: ``[N]`` what was done.
        rewards: ``[N]`` what was paid.
        next_states: ``[N]`` where they led; of the final state where an episode ended.
        terminated: ``[N]`` whether the task itself ended: then nothing follows.
        learning_rate: In (0, 1].
        gamma: The discount.
    """
    following = np.where(terminated, 0.0, table[next_states].max(axis=1))
    errors = rewards + gamma * following - table[states, actions]
    np.add.at(table, (states, actions), learning_rate * errors)


@final
class QLearner:
    """An epsilon-greedy Q-learner. Ties between the best actions are broken at random.

    Attributes:
        table: ``[S, A]`` the action values learned so far.

    Args:
        env: A vector environment in SAME_STEP mode whose info holds ``state``, with a ledger outermost.
        legal: ``[S, A]`` bool, the actions that may be taken.
        gamma: The discount.
        rng: Draws explorations and ties.
        learning_rate: In (0, 1].
        initial_value: Of every legal action in every state; or ``[S]`` values, such as a potential (Wiewiora 2003:
            starting from a potential is equivalent to shaping by it).
        exploration_initial_eps: The share of random actions at first.
        exploration_final_eps: The share of random actions at last.
        exploration_fraction: The part of the training over which it falls.
    """

    def __init__(
        self,
        env: VectorEnv[Any, Any, Any],
        legal: NDArray[np.bool_],
        gamma: float,
        rng: np.random.Generator,
        *,
        learning_rate: float = 0.1,
        initial_value: ArrayLike = 0.0,
        exploration_initial_eps: float = 1.0,
        exploration_final_eps: float = 0.05,
        exploration_fraction: float = 0.5,
    ) -> None:
        self.table = np.where(legal, np.reshape(initial_value, (-1, 1)), -np.inf).astype(np.float64)
        self._env = env
        self._gamma = gamma
        self._rng = rng
        self._learning_rate = learning_rate
        self._exploration = (exploration_initial_eps, exploration_final_eps, exploration_fraction)

    def learn(
        self,
        budget_steps: int,
        recorder: CurveRecorder,
        seed: int,
        evaluate: Callable[[], float] | None = None,
        keeper: CheckpointKeeper | None = None,
        guards: GuardSettings = _GUARDS,
    ) -> int:
        """Train.

        Args:
            budget_steps: The environment steps to take; whole steps of all environments.
            recorder: Told of every episode that ends.
            seed: Seeds the environments.
            evaluate: Says how good the policy is as it stands; called at the end of each span.
            keeper: Has the checkpoint to go on from, if there is one, and takes those that are written.
            guards: What ends the training.

        Returns:
            The environment steps taken.

        Raises:
            Diverged: A reward or an action value is no number, or absurdly large; names the step and the environment.
        """
        guard = StepGuard(guards)
        sound = TableGuard(self.table, guards, guard.trail)
        if keeper is not None and keeper.state is not None:
            with keeper.giving_back():
                states, steps = self._restored(keeper.state, recorder)
            keeper.state = None
        else:
            _, infos = self._env.reset(seed=seed)
            states, steps = _states(infos), 0
        while steps < budget_steps:
            if keeper is not None and keeper.is_due(steps):
                keeper.write(steps, self._state(states, steps, recorder))
            actions = self._explore(states, steps / budget_steps)
            steps += len(states)
            number = steps // len(states)
            try:
                seen, rewards, terminated, truncated, infos = self._env.step(actions)
            except InvalidReward as fault:
                raise guard.refused(fault, number) from fault
            guard.took(StepTaken(number, actions, seen, rewards, terminated, truncated, infos))
            ended = terminated | truncated
            reached = np.where(ended, infos["final_info"]["state"], infos["state"]) if ended.any() else infos["state"]
            q_update(
                self.table,
                states,
                actions,
                rewards,
                reached,
                terminated,
                learning_rate=self._learning_rate,
                gamma=self._gamma,
            )
            sound.updated(self.table, states, actions, number)
            states = infos["state"]
            for index in np.flatnonzero(ended).tolist():
                recorder.add(_episode(infos["episode"], index))
            if recorder.span_ends(steps) or steps >= budget_steps:
                sound.whole(self.table, number)
                recorder.close_span(steps, **({} if evaluate is None else {"evaluated": evaluate()}))
        return steps

    def act(self, states: NDArray[np.int64]) -> NDArray[np.int64]:
        """The best action in each state, the first of equals: ``[N]``."""
        best: NDArray[np.int64] = self.table[states].argmax(axis=1)
        return best

    def table_hash(self) -> str:
        """The SHA-256 of the action values."""
        return hashlib.sha256(f"{self.table.shape}".encode() + self.table.tobytes()).hexdigest()

    def _state(self, states: NDArray[np.int64], steps: int, recorder: CurveRecorder) -> dict[str, Any]:
        """All that the training is made of between two steps."""
        return {
            "table": self.table,
            "generator": self._rng.bit_generator.state,
            "layers": stack_snapshot(self._env),
            "recorder": recorder.snapshot(),
            "states": states,
            "steps": steps,
        }

    def _restored(self, state: Mapping[str, Any], recorder: CurveRecorder) -> tuple[NDArray[np.int64], int]:
        self.table = state["table"]
        self._rng = generator_from(state["generator"])
        restore_stack(self._env, state["layers"])
        recorder.restore(state["recorder"])
        return state["states"], state["steps"]

    def _explore(self, states: NDArray[np.int64], progress: float) -> NDArray[np.int64]:
        initial, final, fraction = self._exploration
        share = final if fraction == 0 else initial + (final - initial) * min(1.0, progress / fraction)
        values = self.table[states]
        legal = values > -np.inf
        at_random = self._rng.random(len(states)) < share
        candidates = np.where(at_random[:, None], legal, values >= values.max(axis=1, keepdims=True))
        picked: NDArray[np.int64] = np.where(candidates, self._rng.random(values.shape), -1.0).argmax(axis=1)
        return picked


def _states(infos: dict[str, Any]) -> NDArray[np.int64]:
    if "state" not in infos:
        raise BadInput(Problem("algorithm 'q_learning'", "no 'state' in info", "a finite environment"))
    states: NDArray[np.int64] = infos["state"]
    return states


def _episode(episodes: dict[str, Any], index: int) -> dict[str, Any]:
    lines = episodes["ledger"]
    kept = {name: float(values[index]) for name, values in lines.items() if f"_{name}" in lines}
    return {name: float(episodes[name][index]) for name in ("r", "l", "objective")} | {"ledger": kept}
