"""Makes a broken version of a wrapper: its own source with one place changed, run as modules of their own."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType, SimpleNamespace

import rewardlab

ROOT = Path(rewardlab.__file__).parent


@dataclass(frozen=True)
class Broken:
    """One fault.

    Attributes:
        fault: What is wrong, in words.
        module: The file it is in, such as ``"wrappers.clip"``.
        right: The source as it is; must occur.
        wrong: What stands there instead.
        shell: The module of the wrapper, if that is another one.
    """

    fault: str
    module: str
    right: str
    wrong: str
    shell: str = ""

    def classes(self) -> SimpleNamespace:
        """The wrapper classes, built on the broken source."""
        names = [f"rewardlab.{self.module}"]
        if self.shell:
            names.append(f"rewardlab.{self.shell}")
        kept = {name: importlib.import_module(name) for name in names}
        try:
            for name in names:
                source = (ROOT / f"{name.removeprefix('rewardlab.').replace('.', '/')}.py").read_text(encoding="utf-8")
                if name == names[0]:
                    assert self.right in source, f"{self.fault}: {name} no longer holds {self.right!r}"
                    source = source.replace(self.right, self.wrong)
                sys.modules[name] = _run(name, source)
            module = sys.modules[names[-1]]
        finally:
            sys.modules.update(kept)
        return SimpleNamespace(**{word: getattr(module, word) for word in module.__all__})


def _run(name: str, source: str) -> ModuleType:
    module = ModuleType(name)
    sys.modules[name] = module  # dataclasses look their module up
    exec(compile(source, f"<broken {name}>", "exec"), module.__dict__)
    return module
