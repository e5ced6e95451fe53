"""Chess-like games on small boards, and chess: one compiled engine, and the rules as data."""

from __future__ import annotations

from typing import Any

from rewardlab_envs.minichess.actions import ActionTable, action_names, action_table
from rewardlab_envs.minichess.engine_settings import ENGINES, UCI_VARIANTS, find_engine
from rewardlab_envs.minichess.game import ENDINGS, Game
from rewardlab_envs.minichess.match_settings import OPPONENTS, MatchSettings
from rewardlab_envs.minichess.rules import RULE_SETS, RuleSet, rule_set
from rewardlab_envs.minichess.single import MiniChessEnv
from rewardlab_envs.minichess.uci_process import EngineFailed
from rewardlab_envs.minichess.vector import MiniChessVectorEnv

__all__ = [
    "ENDINGS",
    "ENGINES",
    "OPPONENTS",
    "RULE_SETS",
    "UCI_VARIANTS",
    "ActionTable",
    "EngineFailed",
    "Game",
    "MatchSettings",
    "MiniChessEnv",
    "MiniChessVectorEnv",
    "RuleSet",
    "action_names",
    "action_table",
    "chess_env",
    "chess_vector_env",
    "find_engine",
    "rule_set",
]


def chess_env(**settings: Any) -> MiniChessEnv:
    """Chess as a Gymnasium environment; ``settings`` go to `MiniChessEnv`."""
    return MiniChessEnv(**{"rules": "chess", **settings})


def chess_vector_env(num_envs: int = 1, **settings: Any) -> MiniChessVectorEnv:
    """Chess as a native vector environment; ``settings`` go to `MiniChessVectorEnv`."""
    return MiniChessVectorEnv(num_envs, **{"rules": "chess", **settings})
