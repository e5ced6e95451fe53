"""The name of a package: what it may be, and the other names that follow from it."""

from __future__ import annotations

import importlib.util
import keyword
import sys

from rewardlab.errors import Problem

__all__ = ["class_name", "name_problems", "title"]

_LONGEST = 40
_TAKEN = ("rewardlab", "rewardlab_envs", "rewardlab_experiments", "tests", "test")


def name_problems(name: str, where: str = "NAME", *, imported: bool = True) -> list[Problem]:
    """What is wrong with a name: one problem or none.

    Args:
        name: As the user wrote it.
        where: The place to name in an error.
        imported: Whether a package gets the name, so that it may not hide another.
    """
    expected = "small letters, digits and underscores, beginning with a letter, such as my_garden"
    plain = name.isascii() and name.isidentifier() and name == name.lower() and name[:1].isalpha()
    if not plain:
        likely = "".join(mark if mark.isascii() and mark.isalnum() else "_" for mark in name.lower()).strip("_")
        usable = likely != name and 0 < len(likely) <= _LONGEST and not name_problems(likely)
        return [Problem(where, repr(name), expected, f"did you mean {likely!r}?" if usable else "")]
    if len(name) > _LONGEST:
        return [Problem(where, f"{len(name)} characters", f"at most {_LONGEST}")]
    if keyword.iskeyword(name) or keyword.issoftkeyword(name):
        return [Problem(where, repr(name), "a name that is no word of Python")]
    if name in _TAKEN or name in sys.stdlib_module_names or (imported and _is_installed(name)):
        return [Problem(where, repr(name), "a name that is not taken", "a module of that name is there already")]
    return []


def class_name(name: str) -> str:
    """The name of a class: ``my_garden`` becomes ``MyGarden``."""
    return "".join(word.capitalize() for word in name.split("_") if word)


def title(name: str) -> str:
    """The name as a heading: ``my_garden`` becomes ``My garden``."""
    return " ".join(word for word in name.split("_") if word).capitalize()


def _is_installed(name: str) -> bool:
    """Whether a package of that name could be imported; a folder without code of its own is none."""
    try:
        found = importlib.util.find_spec(name)
    except (ImportError, ValueError):  # an import hook of somebody's, or a module that says nothing of itself
        return False
    return found is not None and found.origin is not None
