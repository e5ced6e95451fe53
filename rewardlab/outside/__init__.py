"""Any Gymnasium environment, with events, rewards, potentials and an objective brought to it from outside.

Importing this registers `rewardlab/Any-v0`, whose settings say which environment it is and what is brought to it; so it
works wherever an environment is named, in specs, on the command line and in Python (docs/any-environment.md).
"""

import gymnasium as gym

from rewardlab.outside.brought import brought_catalogue
from rewardlab.outside.environment import AnyEnv, make_any
from rewardlab.outside.events import OWN_EVENTS, EventSource, event_sources
from rewardlab.outside.named_code import modules_named, named_object

__all__ = [
    "ANY_ID",
    "OWN_EVENTS",
    "AnyEnv",
    "EventSource",
    "brought_catalogue",
    "event_sources",
    "make_any",
    "modules_named",
    "named_object",
]

ANY_ID = "rewardlab.outside:rewardlab/Any-v0"
"""The full id."""

# The environment that it holds has been checked and is put in order by Gymnasium itself.
gym.register(
    "rewardlab/Any-v0",
    entry_point="rewardlab.outside.environment:make_any",
    disable_env_checker=True,
    order_enforce=False,
)
