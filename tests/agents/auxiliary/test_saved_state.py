"""What heads have learned is saved without pickle, and taken up again bit by bit."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from stable_baselines3 import DQN, PPO
from stable_baselines3.common.base_class import BaseAlgorithm
from torch import Tensor, nn

from rewardlab.agents.auxiliary import AbstractObjective, AuxiliaryBatch, AuxiliaryObjectives, ObjectiveLoss, Task
from rewardlab.errors import BadInput, Problem


class LastNumber(AbstractObjective):
    """Predict the last number of the next observation; dropout draws from the stream that must be saved too."""

    width = 8

    def problems(self, task: Task) -> list[Problem]:
        return []

    def make_head(self, task: Task) -> nn.Module:
        return nn.Sequential(nn.Linear(task.size, self.width), nn.Dropout(0.1), nn.Linear(self.width, 1))

    def loss(self, head: nn.Module, encode: Callable[[Any], Tensor], batch: AuxiliaryBatch) -> ObjectiveLoss:
        predicted = head(encode(batch.observations))[:, 0]
        return ObjectiveLoss((predicted - batch.next_observations[:, -1]).square().mean())


def agent(kind: type[BaseAlgorithm]) -> BaseAlgorithm:
    options: dict[str, Any] = {"n_steps": 32, "batch_size": 16, "n_epochs": 2}
    if kind is DQN:
        options = {"learning_starts": 20, "batch_size": 16, "buffer_size": 200, "train_freq": 2}
    return kind("MlpPolicy", "CartPole-v1", seed=1, device="cpu", policy_kwargs={"net_arch": [8]}, **options)


def numbers(model: BaseAlgorithm, callback: AuxiliaryObjectives) -> dict[str, np.ndarray]:
    found = {f"agent {name}": value.numpy().copy() for name, value in model.policy.state_dict().items()}
    for objective, head in callback.heads.items():
        found |= {f"{objective} {name}": value.numpy().copy() for name, value in head.state_dict().items()}
    return found


@pytest.mark.parametrize("kind", [PPO, DQN], ids=["PPO", "DQN"])
def test_who_goes_on_from_a_saved_state_is_bit_by_bit_who_was_never_interrupted(
    kind: type[BaseAlgorithm], tmp_path: Path
) -> None:
    ends = []
    for interrupted in (False, True):
        model, callback = agent(kind), AuxiliaryObjectives([LastNumber("last", 0.5)], seed=3)
        model.learn(64, callback=callback)
        if interrupted:
            callback.save(tmp_path)
            callback = AuxiliaryObjectives([LastNumber("last", 0.5)], seed=77)
            callback.load(tmp_path)
        model.learn(64, callback=callback, reset_num_timesteps=False)
        ends.append((numbers(model, callback), callback.updates))
    assert ends[0][1] == ends[1][1]
    for name, values in ends[0][0].items():
        np.testing.assert_array_equal(ends[1][0][name], values, err_msg=name)


def test_nothing_is_saved_before_there_is_something() -> None:
    with pytest.raises(BadInput, match="nothing learned yet, expected a training before"):
        AuxiliaryObjectives([LastNumber("last", 0.5)]).save("anywhere")


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("saved")
    callback = AuxiliaryObjectives([LastNumber("last", 0.5)])
    agent(PPO).learn(32, callback=callback)
    callback.save(folder)
    return folder


def test_it_is_json_and_safetensors(saved: Path) -> None:
    assert sorted(path.name for path in saved.iterdir()) == ["auxiliary.json", "auxiliary.safetensors"]
    assert json.loads((saved / "auxiliary.json").read_text())["updates"] == 4


def test_another_objective_is_not_given_what_is_not_its_own(saved: Path) -> None:
    callback = AuxiliaryObjectives([LastNumber("first", 0.5)])
    callback.load(saved)
    with pytest.raises(
        BadInput, match=r"head of 'first': got nothing(.|\n)*head of 'last': got saved, expected an obj"
    ):
        agent(PPO).learn(32, callback=callback)


def test_a_head_of_another_shape_is_refused(saved: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(LastNumber, "width", 9)
    callback = AuxiliaryObjectives([LastNumber("last", 0.5)])
    callback.load(saved)
    with pytest.raises(BadInput, match=r"head of 'last': got .*\(8, 8\).*expected .*\(9, 8\).*saved with other obj"):
        agent(PPO).learn(32, callback=callback)


@pytest.mark.parametrize("spoilt", ["auxiliary.json", "auxiliary.safetensors"])
def test_a_spoilt_or_missing_file_is_refused(saved: Path, tmp_path: Path, spoilt: str) -> None:
    for path in saved.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    (tmp_path / spoilt).write_bytes((tmp_path / spoilt).read_bytes()[:20])
    with pytest.raises(BadInput, match=r"expected a folder with auxiliary.safetensors and auxiliary.json"):
        AuxiliaryObjectives().load(tmp_path)
    (tmp_path / spoilt).unlink()
    with pytest.raises(BadInput, match="No such file"):
        AuxiliaryObjectives().load(tmp_path)


def test_counters_that_are_none_are_refused(saved: Path, tmp_path: Path) -> None:
    (tmp_path / "auxiliary.safetensors").write_bytes((saved / "auxiliary.safetensors").read_bytes())
    (tmp_path / "auxiliary.json").write_text('{"updates": "many", "generator": {"bit_generator": "PCG64"}}')
    callback = AuxiliaryObjectives([LastNumber("last", 0.5)])
    callback.load(tmp_path)
    with pytest.raises(BadInput, match=r"auxiliary.json: got .*, expected counters and a generator's state"):
        agent(PPO).learn(32, callback=callback)
