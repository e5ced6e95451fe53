"""Finding environments: which packages bring them, which ids may be made, and what a broken package breaks."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from importlib.metadata import EntryPoint
from pathlib import Path

import gymnasium
import pytest

import rewardlab.plugins
from rewardlab.errors import BadInput
from rewardlab.plugins import PLUGIN_GROUP, Plugin, environment_spec, load_plugins
from tests.lab.small_experiment import DELIVERY


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
    """Installs modules as plugins: name to source; two underscores stand for a dot."""
    load_plugins()
    known, loaded = set(gymnasium.registry), set(sys.modules)
    monkeypatch.syspath_prepend(tmp_path)

    def install_all(**sources: str) -> None:
        for name, source in sources.items():
            path = tmp_path / f"{name.replace('__', '/')}.py"
            path.parent.mkdir(exist_ok=True)
            (path.parent / "__init__.py").touch() if "__" in name else None
            path.write_text(source)
        names = ["rewardlab_envs", *(name.replace("__", ".") for name in sources)]
        points = [EntryPoint(name, name, PLUGIN_GROUP) for name in names]
        monkeypatch.setattr(rewardlab.plugins, "entry_points", lambda group: points if group == PLUGIN_GROUP else [])

    yield install_all
    for name in set(gymnasium.registry) - known:
        del gymnasium.registry[name]
    for name in set(sys.modules) - loaded:
        if not name.startswith("rewardlab"):
            del sys.modules[name]


def found(module: str) -> Plugin:
    """The plugin with that module."""
    (plugin,) = (plugin for plugin in load_plugins() if plugin.module == module)
    return plugin


def test_our_environments_come_by_the_same_door() -> None:
    assert DELIVERY in found("rewardlab_envs").environment_ids
    assert found("rewardlab_envs").fault == ""


def test_a_plugin_brings_its_environments_under_full_ids(install: Callable[..., None]) -> None:
    register = "import gymnasium\ngymnasium.register('My/Env-v3', entry_point='my_plugin:Env')\n"
    install(my_plugin=register + "class Env(gymnasium.Env): pass\n")
    assert found("my_plugin").environment_ids == ("my_plugin:My/Env-v3",)
    assert environment_spec("my_plugin:My/Env-v3").id == "My/Env-v3"


def test_a_module_within_a_package_brings_its_environments_too(install: Callable[..., None]) -> None:
    install(my_package__envs="import gymnasium\ngymnasium.register('Inner-v0', entry_point='my_package.envs:Env')\n")
    assert found("my_package.envs").environment_ids == ("my_package.envs:Inner-v0",)


@pytest.mark.parametrize(
    ("source", "fault"),
    [
        ("raise RuntimeError('no licence:\\nbuy one')", "RuntimeError: no licence: buy one"),
        ("import a_module_that_nobody_has", "ModuleNotFoundError: No module named 'a_module_that_nobody_has'"),
        ("raise SystemExit(3)", "SystemExit: 3"),
        ("def broken(:", "SyntaxError: invalid syntax (bad_plugin.py, line 1)"),
        ("1 / 0", "ZeroDivisionError: division by zero"),
    ],
)
def test_a_broken_plugin_is_named_and_harms_no_other(source: str, fault: str, install: Callable[..., None]) -> None:
    install(bad_plugin=source)
    assert found("bad_plugin") == Plugin("bad_plugin", (), fault)
    assert DELIVERY in found("rewardlab_envs").environment_ids
    with pytest.raises(BadInput) as refused:
        environment_spec("bad_plugin:Foo-v0", where="here")
    assert str(refused.value) == f"here: got 'bad_plugin:Foo-v0', expected a module that can be imported ({fault})"
    assert environment_spec(DELIVERY).id == "rewardlab/Delivery-v0"


def test_gymnasiums_own_need_no_module() -> None:
    assert environment_spec("CartPole-v1").id == "CartPole-v1"


def test_an_id_that_only_this_process_knows_needs_its_module() -> None:
    gymnasium.register("OnlyHere-v0", entry_point=f"{__name__}:missing")
    with pytest.raises(BadInput, match="environment: got 'OnlyHere-v0', expected the id of an environment"):
        environment_spec("OnlyHere-v0")
    del gymnasium.registry["OnlyHere-v0"]


def test_an_allowed_module_is_imported_and_another_is_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "allowed_module.py").write_text("import gymnasium\ngymnasium.register('Mine-v0', entry_point='x:y')\n")
    with pytest.raises(
        BadInput, match=r"expected a module among.*allow its code to run with --allow-code allowed_module"
    ):
        environment_spec("allowed_module:Mine-v0")
    assert "allowed_module" not in sys.modules
    assert environment_spec("allowed_module:Mine-v0", allowed_modules=["allowed_module"]).id == "Mine-v0"
    del gymnasium.registry["Mine-v0"], sys.modules["allowed_module"]
