"""An agent of stable-baselines3 that learns as always, writes checkpoints on the way, and goes on from one.

A checkpoint is taken where a rollout begins: the rollout buffer is void there, so that nothing of it need be kept. A
training that goes on enters ``learn`` again without a reset; then whatever comes next is what would have come next.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, final

from stable_baselines3.common.callbacks import BaseCallback

from rewardlab.agents.checkpoints.agent_snapshot import agent_snapshot, restore_agent
from rewardlab.agents.checkpoints.checkpoint_keeper import CheckpointKeeper
from rewardlab.agents.checkpoints.random_streams import restore_streams, streams_snapshot
from rewardlab.agents.checkpoints.stack_snapshot import restore_stack, stack_snapshot
from rewardlab.agents.curve_recorder import CurveRecorder
from rewardlab.agents.vector_adapter import VectorAdapter
from rewardlab.snapshots import Restorable

__all__ = ["learn_with_checkpoints"]


def learn_with_checkpoints(
    agent: Any,
    adapter: VectorAdapter,
    budget_steps: int,
    callbacks: Sequence[BaseCallback],
    recorder: CurveRecorder,
    keeper: CheckpointKeeper,
) -> None:
    """Train an agent that has just been made, from the beginning or from the keeper's checkpoint.

    Args:
        agent: An ``A2C``, ``DQN``, ``PPO`` or ``MaskablePPO``.
        adapter: Its environment, seeded.
        budget_steps: The environment steps to train for in all; whole rollouts are finished.
        callbacks: What takes part. Each is `Restorable`, unless the keeper has an obstacle.
        recorder: Gets the learning curve.
        keeper: Has what to go on from, and takes what is written.
    """
    writing = _Writing(adapter, callbacks, recorder, keeper)
    if keeper.state is None:
        agent.learn(budget_steps, callback=[writing, *callbacks])
        return
    with keeper.giving_back():
        restore_agent(agent, keeper.state["agent"])
        adapter.restore(keeper.state["adapter"])
        restore_stack(adapter.vector_env, keeper.state["layers"])
        recorder.restore(keeper.state["recorder"])
    # SB3 adds what has been taken to what is asked for.
    remaining = budget_steps - agent.num_timesteps
    going_on = [writing, *callbacks, _GoingOn(callbacks, keeper)]
    agent.learn(remaining, callback=going_on, reset_num_timesteps=False)


@final
class _Writing(BaseCallback):
    """Writes checkpoints. It stands first, so that the others take note of the rollout's beginning only afterwards."""

    def __init__(
        self,
        adapter: VectorAdapter,
        callbacks: Sequence[BaseCallback],
        recorder: CurveRecorder,
        keeper: CheckpointKeeper,
    ) -> None:
        super().__init__()
        self._adapter, self._callbacks, self._recorder, self._keeper = adapter, callbacks, recorder, keeper

    def _on_rollout_start(self) -> None:
        steps = int(self.model.num_timesteps)
        if self._keeper.is_due(steps):
            self._keeper.write(steps, self._state())

    def _on_step(self) -> bool:
        return True

    def _state(self) -> dict[str, Any]:
        return {
            "agent": agent_snapshot(self.model),
            "adapter": self._adapter.snapshot(),
            "layers": stack_snapshot(self._adapter.vector_env),
            "recorder": self._recorder.snapshot(),
            "callbacks": [
                {"calls": callback.n_calls, "state": callback.snapshot() if isinstance(callback, Restorable) else None}
                for callback in self._callbacks
            ],
            "streams": streams_snapshot(),
        }


@final
class _GoingOn(BaseCallback):
    """Restores the other callbacks, and the streams last of all. It stands last: all of them have been set up then."""

    def __init__(self, callbacks: Sequence[BaseCallback], keeper: CheckpointKeeper) -> None:
        super().__init__()
        self._callbacks, self._keeper = callbacks, keeper

    def _on_training_start(self) -> None:
        with self._keeper.giving_back():
            for callback, saved in zip(self._callbacks, self._keeper.state["callbacks"], strict=True):
                callback.n_calls = saved["calls"]
                if isinstance(callback, Restorable):
                    callback.restore(saved["state"])
            restore_streams(self._keeper.state["streams"])
        # As large as all of a replay buffer, and of no more use.
        self._keeper.state = None

    def _on_step(self) -> bool:
        return True
