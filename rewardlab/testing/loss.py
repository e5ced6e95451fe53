"""What a loss must keep before a model learns from it, asked of somebody's own."""

from __future__ import annotations

import inspect
from typing import Any

from rewardlab.testing.answer import Answer
from rewardlab.testing.arguments import needed_arguments
from rewardlab.testing.asking import asked
from rewardlab.testing.patience import Patience

__all__ = ["check_loss_function", "is_loss"]

_TARGETS = ("target", "targets", "label", "labels", "y", "y_true", "truth", "ground_truth", "expected", "actual")


def is_loss(thing: Any) -> bool:
    """Whether a thing looks like a loss: a torch module, or a function of a prediction and a target."""
    if _is_module(type(thing)):
        return True
    if inspect.isclass(thing):
        return _is_module(thing)
    if not inspect.isfunction(thing):
        return False
    needed = needed_arguments(thing)
    return len(needed) == 2 and any(name in _TARGETS for name in needed)


def check_loss_function(
    loss: Any, name: str = "the loss", *, seconds: float = 30.0, patience: Patience | None = None
) -> list[Answer]:
    """Ask a loss what `rewardlab.losses.checks.check_loss` asks, on batches made for it. Nothing is trained.

    Args:
        loss: Called as ``loss(predicted, target)``: a function or module of torch's; or the class of one, which is made
            without arguments.
        name: What to call it.
        seconds: How long it may take.
        patience: Knows where the check is.
    """
    from rewardlab.losses.checks.battery import loss_answers

    why = _called_otherwise(loss)
    if why:
        return [Answer("it takes a batch of predictions and targets", not_asked=why)]
    patience = patience or Patience(seconds)
    patience.seconds = max(patience.seconds, seconds)

    def questions(answers: list[Answer]) -> None:
        patience.at(f"asking {name}")
        answers += [Answer.of(*answer) for answer in loss_answers(loss, name)]

    return asked(questions, patience)


def _called_otherwise(loss: Any) -> str:
    """Why a loss cannot be asked anything; empty if it is called with a prediction and a target alone."""
    if inspect.isclass(loss):
        settings = needed_arguments(loss)
        if settings:
            return f"it needs {', '.join(settings)} to be made: check one that is made, as in module:attribute"
    call = loss.forward if _is_module(loss if inspect.isclass(loss) else type(loss)) else loss
    needed = needed_arguments(call)
    # A function or object of two arguments was meant to be asked; of a class that a module offers one cannot know.
    if not needed or (len(needed) == 2 and (needed[1] in _TARGETS or not inspect.isclass(loss))):
        return ""
    fix = "; call the second one target, if it is one" if len(needed) == 2 else ""
    return f"it is called with {', '.join(needed)}, and the questions are about loss(predicted, target){fix}"


def _is_module(kind: type) -> bool:
    return any(base.__module__ == "torch.nn.modules.module" for base in kind.__mro__)
