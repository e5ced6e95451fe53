"""Finding environments: which packages bring them, and which ids may be made.

A package that brings environments says so in its metadata, an entry point for each id:

    [project.entry-points."rewardlab.environments"]
    "my_envs/CleaningRobot-v0" = "my_envs"

The name is the id, as it is registered with Gymnasium; the value is the module whose import registers it. So all that
is installed can be listed, and a typing error be answered, without running a line of anybody's code: a package whose
import fails, hangs or ends the process harms nobody who does not use it. An entry point in the older group
``rewardlab.plugins``, of any name and with the module as its value, says only that the module brings environments;
which they are is seen when it is looked at (`rewardlab list MODULE`).

Ids are always written with the module, ``my_envs:my_envs/CleaningRobot-v0``, so that worker processes find them. Only
the modules of declared plugins are imported, and only when asked for; any other must be allowed by name, because
importing a module runs its code.
"""

from rewardlab.plugins.declared import ENVIRONMENT_GROUP, PLUGIN_GROUP, DeclaredPlugin, declared_plugins
from rewardlab.plugins.finding import environment_spec
from rewardlab.plugins.loading import Plugin, load_plugin
from rewardlab.plugins.looked_at import LookedAt, look_at

__all__ = [
    "ENVIRONMENT_GROUP",
    "PLUGIN_GROUP",
    "DeclaredPlugin",
    "LookedAt",
    "Plugin",
    "declared_plugins",
    "environment_spec",
    "load_plugin",
    "look_at",
]
