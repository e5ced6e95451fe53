"""Chess-like games on small boards, and chess: one compiled engine, and the rules as data."""

from rewardlab_envs.minichess.game import Game
from rewardlab_envs.minichess.rules import RULE_SETS, RuleSet, rule_set

__all__ = ["RULE_SETS", "Game", "RuleSet", "rule_set"]
