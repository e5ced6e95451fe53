"""Finding environments: which packages bring them, which ids may be made, and what a broken package breaks."""

from __future__ import annotations

import importlib
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import gymnasium
import pytest

from rewardlab.errors import BadInput
from rewardlab.plugins import Plugin, declared_plugins, environment_spec, load_plugin, look_at
from tests.broken_plugins import BROKEN, NO_TEXT, SOUND, install, install_broken
from tests.command_line import COMMAND
from tests.lab.small_experiment import DELIVERY

Install = Callable[..., None]


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Install]:
    """Installs modules as packages for this process: name, source, entry points."""
    load_plugin("rewardlab_envs")
    known, loaded = dict(gymnasium.registry), set(sys.modules)
    monkeypatch.syspath_prepend(tmp_path)

    def install_one(name: str, source: str | None, points: str | None = None) -> None:
        install(tmp_path, name, source, points)
        importlib.invalidate_caches()

    yield install_one
    gymnasium.registry.clear()
    gymnasium.registry.update(known)
    for name in set(sys.modules) - loaded:
        if not name.startswith("rewardlab"):
            del sys.modules[name]


@pytest.fixture(scope="module")
def with_broken(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The variables of a process in which every broken plugin is installed."""
    folder = tmp_path_factory.mktemp("site-packages")
    install_broken(folder)
    install(folder, "sound", SOUND.format(name="sound/Env-v0", module="sound"))
    return {**os.environ, "PYTHONPATH": str(folder)}


def said(variables: dict[str, str], *words: str) -> tuple[int, str, str, float]:
    """Exit code, output, errors and seconds of a command in a process of its own; less those that others had.

    On a busy machine the clock tells of the others: then its time on the processor counts.
    """
    start, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run([*COMMAND, *words], env=variables, capture_output=True, text=True, timeout=100)
    passed, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    worked = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
    return done.returncode, done.stdout, done.stderr, worked if os.getloadavg()[0] > (os.cpu_count() or 1) else passed


def test_help_works_within_a_second_beside_every_broken_plugin(with_broken: dict[str, str]) -> None:
    tries = [said(with_broken, "--help") for _ in range(3)]
    assert {code for code, _, _, _ in tries} == {0}
    assert all("COMMAND" in out and not err for _, out, err, _ in tries)
    # The quickest: how long the others waited for the disk is not ours.
    assert min(seconds for _, _, _, seconds in tries) < 1.0


def test_a_list_names_every_plugin_and_imports_none(with_broken: dict[str, str]) -> None:
    code, out, err, _ = said(with_broken, "list")
    assert (code, err) == (0, "")
    for name, broken in BROKEN.items():
        assert (broken.listed or f"{name}:{name}/Env-v0") in out, name
    assert "plugin no_text: its entry points cannot be read: UnicodeDecodeError" in out
    assert "sound:sound/Env-v0" in out
    assert DELIVERY in out
    assert "\x1b" not in out


@pytest.mark.slow  # some twenty processes
def test_a_check_says_of_every_plugin_what_is_wrong_with_it(with_broken: dict[str, str]) -> None:
    code, out, err, _ = said(with_broken, "list", "--check", "--time-limit", "10")
    assert (code, err) == (1, "")
    words = " ".join(out.split())
    for name, broken in BROKEN.items():
        assert broken.checked in words, name
        # Of an entry point that names no module, that name is all there is.
        assert name == "bad_value" or f"plugin {name}" in out or f"{name}:" in out
    assert "plugin sound: environments that can be made: 1" in words
    assert "plugin rewardlab_envs: environments that can be made: 10" in words
    assert "\x1b" not in out
    assert max(map(len, out.splitlines())) < 500


def test_the_lab_works_beside_every_broken_plugin(with_broken: dict[str, str]) -> None:
    code, out, err, _ = said(with_broken, "watch", DELIVERY, "--policy", "random", "--delay", "0")
    assert (code, err) == (0, "")
    assert "step 1" in out
    code, _, err, _ = said(with_broken, "watch", "rewardlab_envs:rewardlab/Delivrey-v0")
    assert code == 2
    assert err.count("\n") == 1
    assert f"did you mean '{DELIVERY}'?" in err


@pytest.mark.parametrize(("name", "seconds"), [("ends_process", 30.0), ("hangs", 1.0)])
def test_what_ends_or_hangs_is_seen_from_outside(
    name: str, seconds: float, with_broken: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", with_broken["PYTHONPATH"])
    assert BROKEN[name].checked in look_at(name, seconds=seconds).fault


def test_what_a_plugin_offers_is_seen_from_outside() -> None:
    seen = look_at("rewardlab_envs")
    assert seen.is_sound
    assert set(seen.environments) == set(load_plugin("rewardlab_envs").environment_ids)
    delivery = seen.environments[DELIVERY]
    assert delivery["objective"] == "on_time"
    assert delivery["rewards"]["speed"].startswith("1 / minutes")
    assert "Exploit drop_at_once: " in delivery["rewards"]["speed"]
    assert "work_left" in delivery["potentials"]


def test_our_environments_come_by_the_same_door_and_are_all_declared() -> None:
    (ours,) = (plugin for plugin in declared_plugins() if plugin.module == "rewardlab_envs")
    assert ours.faults == ()
    assert ours.distribution == "rewardlab"
    assert ours.environment_ids == load_plugin("rewardlab_envs").environment_ids
    assert DELIVERY in ours.environment_ids


def test_metadata_that_is_no_text_hides_no_other(installed: Install) -> None:
    installed("no_text", "", NO_TEXT)
    faults = {plugin.module: plugin.faults for plugin in declared_plugins()}
    assert faults["rewardlab_envs"] == ()
    assert faults["no_text"][0].startswith("its entry points cannot be read: UnicodeDecodeError")


def test_a_plugin_brings_its_environments_under_full_ids(installed: Install) -> None:
    installed(
        "my_plugin", SOUND.format(name="My/Env-v3", module="my_plugin"), "[rewardlab.environments]\nMy/Env-v3=my_plugin"
    )
    (declared,) = (plugin for plugin in declared_plugins() if plugin.module == "my_plugin")
    assert declared.environment_ids == ("my_plugin:My/Env-v3",)
    assert "my_plugin" not in sys.modules
    assert load_plugin("my_plugin").environment_ids == ("my_plugin:My/Env-v3",)
    assert environment_spec("my_plugin:My/Env-v3").id == "My/Env-v3"


def test_the_older_form_names_the_module_alone(installed: Install) -> None:
    installed("older", SOUND.format(name="Old-v0", module="older"), "[rewardlab.plugins]\nanything = older")
    (declared,) = (plugin for plugin in declared_plugins() if plugin.module == "older")
    assert (declared.environment_ids, declared.faults) == ((), ())
    assert load_plugin("older").environment_ids == ("older:Old-v0",)
    assert environment_spec("older:Old-v0").id == "Old-v0"


def test_a_module_within_a_package_brings_its_environments_too(installed: Install, tmp_path: Path) -> None:
    (tmp_path / "my_package").mkdir()
    (tmp_path / "my_package" / "__init__.py").touch()
    (tmp_path / "my_package" / "envs.py").write_text(SOUND.format(name="Inner-v0", module="my_package.envs"))
    installed("other_name", None, "[rewardlab.environments]\nInner-v0 = my_package.envs")
    assert load_plugin("my_package.envs").environment_ids == ("my_package.envs:Inner-v0",)


def test_a_wrong_id_imports_its_own_plugin_at_most(installed: Install) -> None:
    installed("sound_one", SOUND.format(name="sound_one/Env-v0", module="sound_one"))
    installed("other_one", SOUND.format(name="other_one/Env-v0", module="other_one"))
    with pytest.raises(BadInput, match="did you mean 'other_one:other_one/Env-v0'"):
        environment_spec("sound_one:other_one/Env-v1")
    with pytest.raises(BadInput, match="did you mean 'other_one:other_one/Env-v0'"):
        environment_spec("other_one/Env-v0")
    assert "sound_one" in sys.modules
    assert "other_one" not in sys.modules


@pytest.mark.parametrize("name", ["no_syntax", "no_library", "raises_exit", "raises_base", "cannot_speak"])
def test_a_broken_plugin_is_named_where_it_is_used(name: str, installed: Install) -> None:
    installed(name, BROKEN[name].source)
    fault = BROKEN[name].checked
    assert load_plugin(name) == Plugin(name, (), fault)
    with pytest.raises(BadInput) as refused:
        environment_spec(f"{name}:Foo-v0", where="here")
    assert str(refused.value) == f"here: got '{name}:Foo-v0', expected a module that can be imported ({fault})"
    assert environment_spec(DELIVERY).id == "rewardlab/Delivery-v0"


def test_a_module_that_is_not_there_is_told_how_to_be_found() -> None:
    with pytest.raises(
        BadInput, match=r"no_such_plugin.*; install its package, or put the folder that holds it into PY"
    ):
        environment_spec("no_such_plugin:Foo-v0", allowed_modules=["no_such_plugin"])


def test_what_a_plugin_prints_is_not_our_output(installed: Install, capsys: pytest.CaptureFixture[str]) -> None:
    installed("talks", "print('hello')" + SOUND.format(name="talks/Env-v0", module="talks"))
    assert load_plugin("talks").fault == ""
    assert capsys.readouterr() == ("", "hello\n")


def test_an_id_that_another_declares_stays_its_own(installed: Install) -> None:
    ours = gymnasium.registry["rewardlab/Delivery-v0"]
    installed("steals", BROKEN["steals"].source, BROKEN["steals"].points)
    with pytest.warns(UserWarning, match="Overriding environment"):
        assert load_plugin("steals").fault == BROKEN["steals"].checked
    assert environment_spec(DELIVERY) is ours


def test_a_thief_that_comes_first_gets_nothing(installed: Install) -> None:
    ours = gymnasium.registry.pop("rewardlab/Delivery-v0")
    installed("steals", BROKEN["steals"].source, BROKEN["steals"].points)
    assert load_plugin("steals").fault == BROKEN["steals"].checked
    assert "rewardlab/Delivery-v0" not in gymnasium.registry
    gymnasium.registry["rewardlab/Delivery-v0"] = ours


def test_an_id_that_two_declare_is_never_taken_for_the_others(installed: Install) -> None:
    installed("claims", BROKEN["claims"].source, BROKEN["claims"].points)
    with pytest.warns(UserWarning, match="Overriding environment"):
        environment_spec("claims:rewardlab/Delivery-v0")
    with pytest.raises(BadInput, match="which claims has registered too, in this process"):
        environment_spec(DELIVERY)


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
