"""Every question that is asked, by the name of its finding, in the order of a whole examination."""

from __future__ import annotations

__all__ = ["DATA_QUESTIONS", "LAYER_QUESTIONS", "LOSS_QUESTIONS", "OUTPUT_QUESTIONS", "QUESTIONS", "STEP_QUESTIONS"]

_DATA = {
    "input_values": "Are all inputs finite?",
    "target_values": "Are all targets finite?",
    "output_values": "Is all that the model says finite?",
    "target_shape": "Do outputs and targets have shapes that belong together?",
    "labels": "Are the labels those that the loss counts in?",
    "target_dtype": "Does the loss take targets of this dtype?",
    "target_variety": "Do targets differ?",
}
_OUTPUTS = {
    "activation": "Does the model put out what the loss takes in?",
    "output_range": "Do the targets lie where the model can reach?",
    "spread": "Is a predicted standard deviation vanishing?",
}
_LOSS = {
    "returned_value": "Does the loss return a finite scalar with a graph?",
    "kind": "What does the loss take for a prediction?",
    "broadcasting": "Does a shape (n, 1) against (n,) pass silently?",
    "target_dtypes": "Does a target cost the same, whatever its dtype?",
    "order": "Does the loss stay the same when examples are put in another order?",
    "reduction": "Does the loss stay the same when every example stands twice in the batch?",
    "gradient": "Is there a finite gradient, and is it zero only at an optimum?",
    "gradient_check": "Does the gradient agree with finite differences?",
    "direction": "Does a better prediction lower the loss?",
    "plateau": "Does the loss stay the same somewhere while predictions get better?",
    "extremes": "Are value and gradient finite for extreme predictions?",
    "joins": "Is the loss continuous along a line, and where has it corners?",
    "no_knowledge": "Is the loss of a prediction that says nothing what it should be?",
}
_LAYERS = {
    "reached": "Does a gradient reach every parameter that is to be trained?",
    "dead_units": "Are there units that are zero for every example?",
    "zero_gradients": "Are there parameters on which no example pulls?",
    "vanishing_gradients": "Do gradients shrink to nothing on their way to the inputs?",
    "exploding_gradients": "Are gradients or outputs absurdly large?",
    "output_variety": "Do different inputs get different outputs?",
}
_STEPS = {
    "learning_rate": "Does the loss fall under the first steps of the optimiser?",
    "clipping": "How often does gradient clipping fire, and by how much?",
}
_ALONE = {
    "memorising": "Can the model learn ten examples by heart?",
    "better": "Does the prediction that was said to be better cost less?",
    "diversity": "Are the outputs as different from each other as real examples are?",
    "weights": "Have the weights run away?",
    "loss_spikes": "Did a logged loss leap?",
    "frozen": "Are there parameters that the training does not move?",
    "action_spread": "Is the standard deviation of the actions vanishing or exploding?",
    "finite": "Were all gradients and weights finite, at every update?",
}

DATA_QUESTIONS = tuple(_DATA)
"""What is asked of inputs, targets and outputs."""

OUTPUT_QUESTIONS = tuple(_OUTPUTS)
"""What is asked of what the model says."""

LOSS_QUESTIONS = tuple(_LOSS)
"""What is asked of a loss."""

LAYER_QUESTIONS = tuple(_LAYERS)
"""What is asked of the gradients in a model."""

STEP_QUESTIONS = tuple(_STEPS)
"""What is asked of the first steps of an optimiser."""

QUESTIONS: dict[str, str] = {**_DATA, **_OUTPUTS, **_LOSS, **_LAYERS, **_STEPS, **_ALONE}
"""All questions in words."""
