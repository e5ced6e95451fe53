"""Games of mini chess go on where others were, also against an engine."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from gymnasium.vector import AutoresetMode, VectorEnv
from safetensors.numpy import load, save

from rewardlab.agents.checkpoints.stack_snapshot import layers, obstacle, restore_stack, stack_snapshot
from rewardlab.agents.checkpoints.state_tree import put_together, taken_apart
from rewardlab.errors import BadInput
from rewardlab.wrappers import VectorLedger
from rewardlab_envs.minichess import MiniChessVectorEnv
from rewardlab_envs.minichess.engine_settings import find_engine

ENGINE = pytest.mark.skipif(find_engine("fairy-stockfish") is None, reason="fairy-stockfish is not installed")
AGAINST_AN_ENGINE = {"opponent": "uci", "engine": "fairy-stockfish", "engine_nodes": 20, "random_moves": 0.5}


def made(mode: AutoresetMode, **settings: Any) -> VectorEnv[Any, Any, Any]:
    return VectorLedger(
        MiniChessVectorEnv(3, max_episode_steps=7, autoreset_mode=mode, rules="gardner", plays="either", **settings)
    )


def moves(env: VectorEnv[Any, Any, Any], count: int, rng: np.random.Generator) -> list[str]:
    seen = []
    for _ in range(count):
        masks = env.unwrapped.action_masks()
        actions = [int(rng.choice(np.flatnonzero(mask))) if mask.any() else 0 for mask in masks]
        observations, rewards, terminations, truncations, infos = env.step(np.array(actions))
        seen.append(repr([observations.tolist(), rewards.tolist(), terminations.tolist(), infos]))
        ended = terminations | truncations
        if env.metadata["autoreset_mode"] is AutoresetMode.DISABLED and ended.any():
            seen.append(repr(env.reset(options={"reset_mask": ended})[0].tolist()))
    return seen


@pytest.mark.parametrize("mode", AutoresetMode)
@pytest.mark.parametrize("settings", [{"opponent": "greedy"}, pytest.param(AGAINST_AN_ENGINE, marks=ENGINE)])
def test_games_go_on_where_others_were(settings: dict[str, Any], mode: AutoresetMode) -> None:
    first, second = made(mode, **settings), made(mode, **settings)
    assert obstacle(layers(first)) == ""
    first.reset(seed=4)
    moves(first, 12, np.random.default_rng(0))
    words, arrays = taken_apart(stack_snapshot(first))
    restore_stack(second, put_together(json.loads(json.dumps(words)), load(save(arrays))))
    left, right = (moves(env, 12, np.random.default_rng(1)) for env in (first, second))
    assert left == right
    first.close()
    second.close()


def test_games_of_other_rules_are_refused() -> None:
    saved = MiniChessVectorEnv(2, rules="silverman").snapshot()
    with pytest.raises(BadInput, match="the snapshot's masks: got shape"):
        MiniChessVectorEnv(2, rules="gardner").restore(saved)
    with pytest.raises(BadInput, match="the snapshot's states: got shape"):
        MiniChessVectorEnv(3, rules="silverman").restore(saved)
