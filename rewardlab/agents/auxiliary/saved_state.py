"""Heads, their optimisers, streams and counters in a folder: numbers as safetensors, the rest as JSON. No pickle."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, final

import safetensors
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from torch.optim import Optimizer

from rewardlab.errors import BadInput, Problem

__all__ = ["TENSORS", "WORDS", "SavedState"]

TENSORS, WORDS = "auxiliary.safetensors", "auxiliary.json"
"""The two files in the folder."""

_RANDOM = "random"


@final
class SavedState:
    """What an `AuxiliaryObjectives` is made of, apart from its settings.

    Args:
        tensors: Under ``head/NAME/...``, ``optimizer/NAME/PLACE/...`` and ``random``.
        words: JSON data: counters, and the state of NumPy's generator.
    """

    def __init__(self, tensors: Mapping[str, Tensor], words: Mapping[str, Any]) -> None:
        self.tensors, self.words = dict(tensors), dict(words)

    @classmethod
    def taken(
        cls,
        heads: Mapping[str, nn.Module],
        optimizers: Mapping[str, Optimizer],
        random: Tensor,
        words: Mapping[str, Any],
    ) -> SavedState:
        """A copy of what there is now."""
        tensors = {_RANDOM: random.clone()}
        for name, head in heads.items():
            tensors |= {f"head/{name}/{key}": value.detach().clone() for key, value in head.state_dict().items()}
            for place, state in optimizers[name].state_dict()["state"].items():
                kept = {f"optimizer/{name}/{place}/{key}": value.detach().clone() for key, value in state.items()}
                tensors |= kept
        return cls(tensors, words)

    @classmethod
    def read(cls, folder: str | Path) -> SavedState:
        """What `write` wrote.

        Raises:
            BadInput: A file is missing or spoilt.
        """
        try:
            words = json.loads((Path(folder) / WORDS).read_text(encoding="utf-8"))
            return cls(load_file(Path(folder) / TENSORS), words)
        except (OSError, ValueError, safetensors.SafetensorError) as fault:
            got = f"{type(fault).__name__}: {fault}"
            raise BadInput(Problem(str(folder), got, f"a folder with {TENSORS} and {WORDS}")) from None

    def write(self, folder: str | Path) -> None:
        """Write both files, into a folder that is made if need be."""
        path = Path(folder)
        path.mkdir(parents=True, exist_ok=True)
        save_file({name: tensor.contiguous().cpu() for name, tensor in self.tensors.items()}, path / TENSORS)
        (path / WORDS).write_text(json.dumps(self.words, indent=1), encoding="utf-8")

    def give(self, heads: Mapping[str, nn.Module], optimizers: Mapping[str, Optimizer]) -> Tensor:
        """Put the state into heads and optimisers of the same make.

        Returns:
            The state of the random stream.

        Raises:
            BadInput: Names or shapes differ; then nothing was changed.
        """
        problems = []
        for name, head in heads.items():
            wanted = {key: tuple(value.shape) for key, value in head.state_dict().items()}
            found = {key: tuple(value.shape) for key, value in self._under(f"head/{name}/").items()}
            if wanted != found:
                got = f"{found or 'nothing'}"
                problems.append(Problem(f"head of {name!r}", got, f"{wanted}", "was it saved with other objectives?"))
        unknown = sorted({key.split("/")[1] for key in self.tensors if key.startswith("head/")} - set(heads))
        problems += [Problem(f"head of {name!r}", "saved", "an objective of that name") for name in unknown]
        if problems:
            raise BadInput(*problems)
        for name, head in heads.items():
            head.load_state_dict(self._under(f"head/{name}/"))
            state: dict[int, dict[str, Tensor]] = {}
            for key, value in self._under(f"optimizer/{name}/").items():
                place, _, word = key.partition("/")
                state.setdefault(int(place), {})[word] = value.clone()
            optimizer = optimizers[name]
            optimizer.load_state_dict({**optimizer.state_dict(), "state": state})
        return self.tensors[_RANDOM].clone()

    def _under(self, prefix: str) -> dict[str, Tensor]:
        return {key.removeprefix(prefix): value for key, value in self.tensors.items() if key.startswith(prefix)}
