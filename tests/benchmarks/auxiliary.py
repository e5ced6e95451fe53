"""PPO with one auxiliary objective, against the same PPO without."""

from __future__ import annotations

from collections.abc import Callable

from stable_baselines3 import PPO
from stable_baselines3.common.vec_env import VecEnv

from rewardlab.agents.auxiliary import AuxiliaryObjectives, NextObservation
from rewardlab.losses.modules import HuberLoss
from tests.benchmarks.delivery import GAMMA, adapted
from tests.benchmarks.measuring import CPU, Side, in_turns
from tests.benchmarks.table import Row

_COUNT = 50
_STEPS = 20_000
_ROUNDS = 5
_MEASURED = f"PPO on Delivery, {_COUNT} environments, {_STEPS} steps a round, batches of {{}}, 10 epochs; CPU time"


def rows() -> list[Row]:
    """With and without, at large batches and at SB3's own size of 64."""
    table = []
    for batch_size in (1000, 64):
        sides = [
            Side("one objective", _training(adapted(_COUNT), batch_size, auxiliary=True)),
            Side("plain", _training(adapted(_COUNT), batch_size, auxiliary=False)),
        ]
        ours, plain = in_turns(sides, rounds=_ROUNDS, clock=CPU)
        name = f"auxiliary, batch {batch_size}"
        table.append(Row.from_rates(name, _MEASURED.format(batch_size), ours, plain, at_least=1 / 1.5))
    return table


def _training(env: VecEnv, batch_size: int, *, auxiliary: bool) -> Callable[[], int]:
    agent = PPO("MlpPolicy", env, n_steps=80, batch_size=batch_size, n_epochs=10, gamma=GAMMA, seed=0, device="cpu")
    callback = AuxiliaryObjectives([NextObservation(HuberLoss(1.0), weight=0.1)]) if auxiliary else None

    def work() -> int:
        agent.learn(_STEPS, callback=callback)
        return _STEPS

    return work
