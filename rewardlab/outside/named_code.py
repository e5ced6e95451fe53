"""Functions and objects that settings name, as ``module:name``. Whether their code may run is asked elsewhere."""

from __future__ import annotations

import importlib
import re
from collections.abc import Mapping
from typing import Any

from rewardlab.errors import BadInput, Problem, nearest
from rewardlab.plugins.declared import told

__all__ = ["is_code", "modules_named", "named_object"]

_CODE = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*:[^\W\d]\w*")


def is_code(value: object) -> bool:
    """Whether a setting names code, as in ``my_rewards:upright``."""
    return isinstance(value, str) and _CODE.fullmatch(value) is not None


def modules_named(settings: Mapping[str, Any]) -> dict[str, str]:
    """The modules that settings of `AnyEnv` would import, each with the setting that names it first.

    Args:
        settings: As a user wrote them; what is malformed is left to whoever makes the environment.
    """
    named = [("env", settings.get("env"))]
    for table in ("events", "rewards", "potentials"):
        values = settings.get(table)
        named += [(f"{table}.{key}", value) for key, value in values.items()] if isinstance(values, Mapping) else []
    wrappers = settings.get("observed_by")
    listed = wrappers if isinstance(wrappers, list | tuple) else ()
    named += [(f"observed_by[{index}]", each) for index, each in enumerate(listed)]
    found: dict[str, str] = {}
    for where, value in named:
        if isinstance(value, str) and ":" in value and (where == "env" or is_code(value)):
            found.setdefault(value.rpartition(":")[0], where)
    return found


def named_object(text: object, where: str) -> Any:
    """What ``module:name`` stands for.

    Args:
        text: The setting.
        where: The place to name in an error.

    Raises:
        BadInput: It is not of that form, the module cannot be imported, or it has no such name.
    """
    if not isinstance(text, str) or not is_code(text):
        raise BadInput(Problem(where, repr(text), "code, written as in my_module:my_function"))
    module, _, name = text.partition(":")
    try:
        found = vars(importlib.import_module(module))
    except KeyboardInterrupt:
        raise
    except BaseException as fault:  # a stranger's module may raise anything
        raise BadInput(Problem(where, repr(text), f"a module that can be imported ({told(fault)})")) from None
    if name not in found:
        public = [known for known in found if not known.startswith("_")]
        raise BadInput(Problem(where, repr(text), f"a name that {module} has", nearest(name, public)))
    return found[name]
