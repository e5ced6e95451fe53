"""What a checkpoint is of, and what made it: whether another process may go on from it."""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import Any, final

import numpy as np

from rewardlab.errors import Problem
from rewardlab.plugins import declared_plugins

__all__ = ["RunMark", "made_with"]

_PACKAGES = ("rewardlab", "gymnasium", "numpy")
_PACKAGES_OF_SB3 = ("sb3-contrib", "stable-baselines3", "torch")


@final
@dataclass(frozen=True, slots=True)
class RunMark:
    """What stands at the head of each checkpoint of a run.

    Attributes:
        settings: Of the run, as JSON data, and the spaces of its environment; another run has others.
        made_with: Versions, threads and the processor's kind: with others the same run comes to other bits.
    """

    settings: Mapping[str, Any]
    made_with: Mapping[str, Any]

    @classmethod
    def of(cls, settings: Mapping[str, Any], made_with: Mapping[str, Any]) -> RunMark:
        """A mark of settings that need not be JSON data yet: arrays become lists, other mappings dictionaries."""
        plain = json.loads(json.dumps(settings, default=_plain))
        return cls(plain, json.loads(json.dumps(made_with)))

    @property
    def identity(self) -> str:
        """The hash of the settings."""
        return hashlib.sha256(json.dumps(self.settings, sort_keys=True).encode()).hexdigest()

    def head(self, steps: int) -> dict[str, Any]:
        """What to write at the head of a checkpoint after so many environment steps."""
        return {
            "identity": self.identity,
            "made_with": dict(self.made_with),
            "settings": dict(self.settings),
            "steps": steps,
        }

    def problems(self, head: Mapping[str, Any], where: str) -> list[Problem]:
        """Why a checkpoint is not of this run, one problem for each setting; an empty list if it is.

        A setting that one of the two does not know counts only if the same version of rewardlab made both.
        """
        found = head.get("settings")
        if not isinstance(found, dict) or type(head.get("steps")) is not int:
            return [Problem(where, "a head without settings and steps", "that of a checkpoint")]
        keys = {*self.settings, *found} if not self.made_otherwise(head) else {*self.settings} & {*found}
        fix = "it is a checkpoint of another run: give each run a folder of its own"
        return [
            Problem(f"{where}: {key}", _shown(found.get(key)), _shown(self.settings.get(key)), fix)
            for key in sorted(keys)
            if found.get(key) != self.settings.get(key)
        ]

    def made_otherwise(self, head: Mapping[str, Any]) -> str:
        """What differs in what made a checkpoint, such as ``torch 2.12.0 instead of 2.13.0``; empty if nothing."""
        found = head.get("made_with")
        before: Mapping[str, Any] = found if isinstance(found, dict) else {}
        return ", ".join(
            f"{key} {before.get(key)} instead of {self.made_with.get(key)}"
            for key in sorted({*self.made_with, *before})
            if before.get(key) != self.made_with.get(key)
        )


def made_with(environment_id: str, *, with_torch: bool) -> dict[str, Any]:
    """What the bits of a training depend on beside its settings.

    Args:
        environment_id: Of the environment; the package that declares its module counts, with its version.
        with_torch: Whether it computes by torch, whose kernels and sums depend on the processor and the threads.
    """
    packages = (*_PACKAGES, *_PACKAGES_OF_SB3) if with_torch else _PACKAGES
    module = environment_id.rpartition(":")[0]
    brings = (plugin.distribution for plugin in declared_plugins() if plugin.module == module)
    found: dict[str, Any] = {name: _version(name) for name in (*packages, *brings)}
    found |= {"python": platform.python_version(), "machine": platform.machine()}
    if with_torch:
        import torch

        found |= {"threads": torch.get_num_threads(), "kernels": torch.backends.cpu.get_cpu_capability()}
    return found


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "none"


def _plain(value: Any) -> Any:
    if isinstance(value, np.ndarray | np.generic):
        return value.tolist()
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"settings of a run: got a {type(value).__name__}, expected JSON data")


def _shown(value: Any) -> str:
    text = json.dumps(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
