"""What is public is listed, in order, exists, and is explained."""

from __future__ import annotations

import ast
import doctest
import importlib
import inspect
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.house.project import modules

MODULES = modules()
PUBLIC = {name: path for name, path in MODULES.items() if not any(part.startswith("_") for part in name.split("."))}
WITH_EXAMPLES = [name for name, path in MODULES.items() if ">>>" in path.read_text(encoding="utf-8")]


def test_all_is_sorted_without_repetition_and_true() -> None:
    faults = []
    for name in MODULES:
        module = importlib.import_module(name)
        listed = list(getattr(module, "__all__", []))
        # Constants, then classes, then functions, as ruff sorts them.
        if listed != sorted(set(listed), key=lambda word: (not word.isupper(), not word[0].isupper(), word)):
            faults.append((name, listed))
        faults += [(name, word) for word in listed if not hasattr(module, word)]
    assert faults == []


def test_what_is_offered_is_not_hidden_by_a_module_of_the_same_name() -> None:
    faults = []
    for name in PUBLIC:
        module = importlib.import_module(name)
        offered = {word: getattr(module, word) for word in getattr(module, "__all__", [])}
        faults += [(name, word) for word, value in offered.items() if inspect.ismodule(value) and not callable(value)]
    assert faults == []


def test_what_a_module_offers_is_listed() -> None:
    faults = []
    for name, path in PUBLIC.items():
        defined = {node.name for node in _definitions(path) if not node.name.startswith("_")}
        listed = set(getattr(importlib.import_module(name), "__all__", []))
        faults += [(name, word) for word in sorted(defined - listed)]
    assert faults == []


def test_a_module_and_all_that_it_offers_is_explained() -> None:
    faults = []
    for name, path in PUBLIC.items():
        if not ast.get_docstring(_tree(path)):
            faults.append((name, "the module itself"))
        listed = getattr(importlib.import_module(name), "__all__", [])
        defined = _definitions(path)
        faults += [(name, node.name) for node in defined if node.name in listed and not ast.get_docstring(node)]
    assert faults == []


@pytest.mark.parametrize("name", WITH_EXAMPLES)
def test_the_examples_in_docstrings_are_true(name: str) -> None:
    result = doctest.testmod(importlib.import_module(name), optionflags=doctest.NORMALIZE_WHITESPACE)
    assert result.attempted > 0
    assert result.failed == 0


def test_the_package_itself_lists_what_it_hands_on() -> None:
    import rewardlab

    assert set(rewardlab.__all__) <= set(dir(rewardlab))
    assert rewardlab.solve is importlib.import_module("rewardlab.mdp").solve
    with pytest.raises(AttributeError, match="no attribute 'slove'"):
        _ = rewardlab.slove  # type: ignore[attr-defined]


def _definitions(path: Path) -> Iterator[ast.FunctionDef | ast.ClassDef]:
    return (node for node in _tree(path).body if isinstance(node, ast.FunctionDef | ast.ClassDef))


def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))
