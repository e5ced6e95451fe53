"""Where a result comes from: the code and its version, the libraries, the machine's kind, the seeds."""

from __future__ import annotations

import platform
import subprocess
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from rewardlab.agents.training import TrainingRun
from rewardlab.plugins import declared_plugins

__all__ = ["code_version", "library_versions", "run_provenance", "work_provenance"]

_PACKAGES = ("gymnasium", "numpy", "rewardlab", "safetensors", "sb3-contrib", "scipy", "stable-baselines3", "torch")
_GIT_SECONDS = 10
_SEEDS = ("environment_seed", "evaluation_seed", "replay_seed", "learner_seed", "auxiliary_seed")


def run_provenance(training: TrainingRun, *, spec_hash: str, engine: str, seconds: float) -> dict[str, Any]:
    """What a result depends on beside the run's settings, and what it took.

    Args:
        training: The run.
        spec_hash: Of its experiment.
        engine: What did it.
        seconds: That it took, evaluation included.
    """
    seeds = {name: getattr(training, name) for name in _SEEDS}
    return work_provenance(engine=engine, seconds=seconds) | {"seeds": seeds, "spec_hash": spec_hash}


def work_provenance(*, engine: str, seconds: float) -> dict[str, Any]:
    """What any result depends on beside its settings, and what it took.

    Args:
        engine: What did the work.
        seconds: That it took.
    """
    return {
        "code": code_version(),
        "device": "cpu",
        "engine": engine,
        "machine": platform.machine(),
        "packages": library_versions(),
        "python": platform.python_version(),
        "seconds": round(seconds, 3),
        "system": platform.system(),
        "threads": 1,
    }


@cache
def library_versions() -> dict[str, str]:
    """The versions of what a result depends on, packages that bring environments among them."""
    plugins = {plugin.distribution for plugin in declared_plugins()}
    found = {}
    for name in sorted({*_PACKAGES, *plugins}):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "not installed"
    return found


@cache
def code_version() -> dict[str, Any]:
    """The version of rewardlab: ``version``, and of a checkout also its ``commit`` and whether it is ``dirty``.

    Dirty is a checkout in which a file of the package differs from that commit. Where git cannot say, ``commit`` and
    ``dirty`` are None.
    """
    folder = Path(__file__).parents[1]
    # A wheel installed below somebody else's checkout is none.
    is_checkout = _git(folder, "ls-files", "--error-unmatch", "__init__.py") is not None
    commit = _git(folder, "rev-parse", "HEAD") if is_checkout else None
    status = _git(folder, "status", "--porcelain", "--", ".", "../envs") if commit else None
    dirty = None if status is None else bool(status)
    return {"version": version("rewardlab"), "commit": commit, "dirty": dirty}


def _git(folder: Path, *words: str) -> str | None:
    # With locks git would note what it has looked at; who kills it then leaves a checkout that refuses commits.
    try:
        said = subprocess.run(  # noqa: S603  # fixed words
            ["git", "--no-optional-locks", "-C", str(folder), *words],  # noqa: S607  # whichever git there is
            capture_output=True,
            text=True,
            timeout=_GIT_SECONDS,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return said.stdout.strip()
