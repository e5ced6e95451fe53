"""Nothing that could execute what is read: a gate over every call in the packages, with the few that may be."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import pytest

from tests.house.project import ROOT, modules

FORBIDDEN_MODULES = {"cloudpickle", "dill", "jsonpickle", "joblib", "marshal", "pickle", "shelve", "yaml"}
FORBIDDEN_CALLS = {
    "eval": "evaluates text",
    "exec": "executes text",
    "compile": "makes code of text",
    "torch.load": "unpickles",
    "np.load": "may unpickle",
    "numpy.load": "may unpickle",
    "os.system": "starts a shell",
    "os.popen": "starts a shell",
    "__import__": "imports what it is told",
    "import_module": "imports what it is told",
    "importlib.import_module": "imports what it is told",
    "extractall": "unpacks to where an archive says",
    "unpack_archive": "unpacks to where an archive says",
}
ALLOWED = {
    ("rewardlab/__init__.py", "import_module"): "a room of this package, by the name of an attribute",
    ("rewardlab/agents/algorithms.py", "importlib.import_module"): "one of five modules, looked up by algorithm",
    ("rewardlab/outside/named_code.py", "importlib.import_module"): "a declared plugin, or what --allow-code names",
    ("rewardlab/plugins/loading.py", "importlib.import_module"): "a declared plugin, or what --allow-code names",
    ("rewardlab/testing/targets.py", "importlib.import_module"): "the module that `rewardlab check` is told to",
    ("envs/rewardlab_envs/endgame/tablebase_cache.py", "np.load"): "with allow_pickle=False",
    ("envs/rewardlab_envs/minichess/loading.py", "importlib.import_module"): "one of four modules of that package",
}


def executing(source: str) -> Iterator[tuple[str, int]]:
    """What in a module could execute what it reads: names, and the lines where they stand."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [node.module or ""]
        elif isinstance(node, ast.Call):
            called = ast.unparse(node.func)
            method = node.func.attr if isinstance(node.func, ast.Attribute) else ""
            if called in FORBIDDEN_CALLS or method in ("extractall", "unpack_archive"):
                yield called, node.lineno
            if any(word.arg == "shell" and ast.unparse(word.value) != "False" for word in node.keywords):
                yield "shell=True", node.lineno
            if any(word.arg == "allow_pickle" and ast.unparse(word.value) != "False" for word in node.keywords):
                yield "allow_pickle=True", node.lineno
            continue
        else:
            continue
        yield from ((name, node.lineno) for name in names if name.partition(".")[0] in FORBIDDEN_MODULES)


def test_nothing_in_the_packages_executes_what_it_reads() -> None:
    found = {
        (path.relative_to(ROOT).as_posix(), name)
        for path in modules().values()
        for name, _ in executing(path.read_text(encoding="utf-8"))
    }
    assert found - set(ALLOWED) == set()
    assert set(ALLOWED) - found == set(), "an exception that nobody needs any more"


@pytest.mark.parametrize(
    "line",
    [
        "import pickle",
        "from yaml import safe_load",
        "import os.path, marshal",
        "eval('1')",
        "exec(text)",
        "torch.load(path)",
        "np.load(path)",
        "np.fromfile(path, allow_pickle=True)",
        "subprocess.run(line, shell=True)",
        "zipfile.ZipFile(path).extractall()",
    ],
)
def test_it_would_be_seen(line: str) -> None:
    assert [*executing(line)]


@pytest.mark.parametrize("line", ["model.eval()", "re.compile('a')", "json.loads(text)", "import pickletools"])
def test_what_is_harmless_is_not(line: str) -> None:
    assert [*executing(line)] == []
