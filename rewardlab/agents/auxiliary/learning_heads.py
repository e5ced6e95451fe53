"""The heads of auxiliary objectives: made, stepped, saved and restored, by random streams of their own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import final

import numpy as np
import torch
from torch import nn
from torch.optim import Adam

from rewardlab.agents.auxiliary.objective import AbstractObjective, Task
from rewardlab.agents.auxiliary.own_randomness import OwnRandomness
from rewardlab.agents.auxiliary.saved_state import SavedState
from rewardlab.errors import BadInput, Problem

__all__ = ["LearningHeads"]


@final
class LearningHeads:
    """A head and an optimiser for each objective.

    Attributes:
        modules: The head of each objective, by name.
        parameters: The parameters of each head: its own, and those of its opponent, which have a loss of their own.
        optimizers: Their optimisers.
        generator: Draws the batches.
        random: The torch stream in which heads are made and losses computed.
        updates: How often they were stepped.

    Args:
        objectives: Whose heads.
        tasks: What each must fit, by name.
        device: Where.
        seed: Of everything random.

    Raises:
        BadInput: An objective does not suit its task; all of them are named.
    """

    def __init__(
        self, objectives: Sequence[AbstractObjective], tasks: Mapping[str, Task], device: torch.device, seed: int
    ) -> None:
        problems = [found for objective in objectives for found in objective.problems(tasks[objective.name])]
        if problems:
            raise BadInput(*problems)
        self.generator = np.random.default_rng(seed)
        self.random = OwnRandomness(seed, device)
        self.updates = 0
        with self.random.swapped_in():
            self.modules = {
                objective.name: objective.make_head(tasks[objective.name]).to(device) for objective in objectives
            }
        self.parameters = {name: _split(head) for name, head in self.modules.items()}
        self.optimizers = {
            objective.name: Adam(self.modules[objective.name].parameters(), lr=objective.head_learning_rate, fused=True)
            for objective in objectives
        }

    def step(self, names: Sequence[str]) -> None:
        """Step the heads that have been given gradients."""
        self.updates += 1
        for name in names:
            self.optimizers[name].step()

    def save(self, folder: str | Path) -> None:
        """Write all that is needed to go on bit by bit into a folder."""
        self.taken().write(folder)

    def taken(self) -> SavedState:
        """A copy of all that is needed to go on bit by bit."""
        words = {"updates": self.updates, "generator": self.generator.bit_generator.state}
        return SavedState.taken(self.modules, self.optimizers, self.random.state, words)

    def restore(self, saved: SavedState) -> None:
        """Take on what was saved of heads of the same make.

        Raises:
            BadInput: They are of another make.
        """
        try:
            generator = np.random.default_rng(0)
            generator.bit_generator.state = saved.words["generator"]
            updates = int(saved.words["updates"])
        except (KeyError, TypeError, ValueError) as fault:
            expected = "counters and a generator's state, as they were saved"
            raise BadInput(Problem("auxiliary.json", f"{type(fault).__name__}: {fault}", expected)) from None
        self.random.state = saved.give(self.modules, self.optimizers)
        self.generator, self.updates = generator, updates


def _split(head: nn.Module) -> tuple[list[nn.Parameter], list[nn.Parameter]]:
    judge = getattr(head, "opponent", None)
    opponent = list(judge.parameters()) if isinstance(judge, nn.Module) else []
    apart = {id(parameter) for parameter in opponent}
    return [parameter for parameter in head.parameters() if id(parameter) not in apart], opponent
