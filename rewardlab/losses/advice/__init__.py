"""Which loss to choose: the tables, the rules of thumb, and six questions that lead to an answer.

All of it is data, and ``rewardlab losses`` prints it. Nothing here computes a loss; the names of the functions and
modules that do are part of the advice.
"""

from rewardlab.losses.advice.decision_rules import DECISION_RULES, DecisionRule, decision_rule
from rewardlab.losses.advice.framework import Advice, advise
from rewardlab.losses.advice.loss_table import LOSS_TABLE, LossRow
from rewardlab.losses.advice.mistake_table import MISTAKE_TABLE, MistakeRow, answer_to_mistake
from rewardlab.losses.advice.vocabulary import DATA, MISTAKES, OUTPUTS, Word

__all__ = [
    "DATA",
    "DECISION_RULES",
    "LOSS_TABLE",
    "MISTAKES",
    "MISTAKE_TABLE",
    "OUTPUTS",
    "Advice",
    "DecisionRule",
    "LossRow",
    "MistakeRow",
    "Word",
    "advise",
    "answer_to_mistake",
    "decision_rule",
]
