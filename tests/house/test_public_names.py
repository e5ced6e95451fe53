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


@pytest.mark.parametrize("name", MODULES)
def test_all_is_sorted_without_repetition_and_true(name: str) -> None:
    module = importlib.import_module(name)
    listed = getattr(module, "__all__", [])
    # Constants, then classes, then functions, as ruff sorts them.
    assert list(listed) == sorted(set(listed), key=lambda word: (not word.isupper(), not word[0].isupper(), word))
    assert [word for word in listed if not hasattr(module, word)] == []


@pytest.mark.parametrize("name", PUBLIC)
def test_what_is_offered_is_not_hidden_by_a_module_of_the_same_name(name: str) -> None:
    module = importlib.import_module(name)
    offered = {word: getattr(module, word) for word in getattr(module, "__all__", [])}
    assert [word for word, value in offered.items() if inspect.ismodule(value) and not callable(value)] == []


@pytest.mark.parametrize("name", PUBLIC)
def test_what_a_module_offers_is_listed(name: str) -> None:
    defined = {node.name for node in _definitions(PUBLIC[name]) if not node.name.startswith("_")}
    assert defined <= set(getattr(importlib.import_module(name), "__all__", []))


@pytest.mark.parametrize("name", PUBLIC)
def test_a_module_and_all_that_it_offers_is_explained(name: str) -> None:
    assert ast.get_docstring(_tree(PUBLIC[name])), "the module has no docstring"
    listed = getattr(importlib.import_module(name), "__all__", [])
    assert [
        node.name for node in _definitions(PUBLIC[name]) if node.name in listed and not ast.get_docstring(node)
    ] == []


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
