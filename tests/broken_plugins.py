"""Plugins as they are installed: a module and a dist-info folder; and the ways in which one can be broken."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

SOUND = """
import gymnasium

class Empty(gymnasium.Env):
    observation_space = gymnasium.spaces.Discrete(2)
    action_space = gymnasium.spaces.Discrete(2)

gymnasium.register({name!r}, entry_point="{module}:Empty")
"""


@dataclass(frozen=True, slots=True)
class Broken:
    """A way to be broken.

    Attributes:
        source: Of the module; None for no module at all.
        points: The file entry_points.txt; by default it declares `NAME/Env-v0`.
        listed: What `rewardlab list` says of it, which imports nothing; "" where that shows only its id.
        checked: What `rewardlab list --check` says.
    """

    source: str | None
    checked: str
    listed: str = ""
    points: str | None = None


BROKEN = {
    "no_module": Broken(None, "there is no module 'no_module'", listed="there is no module 'no_module'"),
    "no_syntax": Broken("def broken(:", "SyntaxError: invalid syntax (no_syntax.py, line 1)"),
    "no_library": Broken("import a_library_of_nobody", "ModuleNotFoundError: No module named 'a_library_of_nobody'"),
    "raises_exit": Broken("raise SystemExit(3)", "SystemExit: 3"),
    "interrupts": Broken("raise KeyboardInterrupt", "KeyboardInterrupt:"),
    "raises_base": Broken("class Odd(BaseException): pass\nraise Odd('no')", "Odd: no"),
    "hangs": Broken("import time\ntime.sleep(3600)", "it was not done after"),
    "ends_process": Broken("import os\nos._exit(7)", "importing it ended the process, with exit code 7"),
    "kills_itself": Broken("import os\nos.kill(os.getpid(), 9)", "importing it ended the process, with exit code -9"),
    "prints_much": Broken("print('x' * 10**7)\nraise OSError('full')", "OSError: full"),
    "shouts": Broken(
        "raise ValueError('\\x1b[31mred\\x1b[0m [bold]' + 'y' * 10**6)", r"ValueError: \x1b[31mred\x1b[0m [bold]yyy"
    ),
    "cannot_speak": Broken(
        "class Mute(Exception):\n    def __str__(self): raise RuntimeError\nraise Mute", "Mute, which cannot be shown"
    ),
    "registers_nothing": Broken("", "declares registers_nothing/Env-v0 and does not register that"),
    "no_code": Broken(
        "import gymnasium\ngymnasium.register('no_code/Env-v0', entry_point='no_code:missing')",
        "no_code:no_code/Env-v0 cannot be made: AttributeError",
    ),
    "steals": Broken(
        "import gymnasium\ngymnasium.register('rewardlab/Delivery-v0', entry_point='steals:Fake')",
        "it registers rewardlab/Delivery-v0, which another plugin declares",
        points="[rewardlab.plugins]\nsteals = steals\n",
        listed="rewardlab list steals shows its environments",
    ),
    "claims": Broken(
        SOUND.format(name="rewardlab/Delivery-v0", module="claims"),
        "rewardlab/Delivery-v0 is also declared by rewardlab_envs",
        points="[rewardlab.environments]\nrewardlab/Delivery-v0 = claims\n",
        listed="plugin claims: rewardlab/Delivery-v0 is also declared by rewardlab_envs",
    ),
    "bad_value": Broken(
        "",
        "its entry point names '../../etc/passwd; rm', which is no module",
        points="[rewardlab.environments]\nbad_value/Env-v0 = ../../etc/passwd; rm\n",
        listed="its entry point names '../../etc/passwd; rm', which is no module",
    ),
    "bad_id": Broken(
        "",
        r"'\x1b]0;owned\x07' is no id",
        points="[rewardlab.environments]\n\x1b]0;owned\x07 = bad_id\n",
        listed=r"'\x1b]0;owned\x07' is no id",
    ),
    "bad_file": Broken(
        "",
        "plugin bad_file could not be loaded: its entry points cannot be read",
        points="[rewardlab.environments]\nno equals sign in this line\n",
        listed="plugin bad_file: its entry points cannot be read",
    ),
}


NO_TEXT = "[rewardlab.environments]\n\udcff\udcfe = no_text\n"
"""An entry_points.txt that is no UTF-8."""


def install(folder: Path, name: str, source: str | None, points: str | None = None) -> None:
    """Install a module as a package of its own, as a wheel would be unpacked.

    Args:
        folder: The site-packages, so to say.
        name: Of the module and of the distribution.
        source: Of the module; None leaves it out.
        points: The file entry_points.txt; by default it declares `NAME/Env-v0`.
    """
    if source is not None:
        (folder / f"{name}.py").write_text(source, encoding="utf-8")
    metadata = folder / f"{name}-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n", encoding="utf-8")
    points = f"[rewardlab.environments]\n{name}/Env-v0 = {name}\n" if points is None else points
    (metadata / "entry_points.txt").write_bytes(points.encode(errors="surrogateescape"))


def install_broken(folder: Path) -> None:
    """Install every broken plugin."""
    for name, broken in BROKEN.items():
        install(folder, name, broken.source, broken.points)
    install(folder, "no_text", "", NO_TEXT)
