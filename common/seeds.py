"""Seeds: the same seed gives the same numbers on the same machine."""

import keras
import numpy as np
import tensorflow as tf


def set_seed(seed: int) -> None:
    """Fix the seeds of Python, NumPy and TensorFlow, and so of every initializer.

    On a CPU this alone repeats a run number for number. Op determinism costs a tenth of
    the speed, so it is switched on only where it is needed: when TensorFlow sees a GPU.

    Args:
        seed: a whole number from 0 to 2**32 - 1.

    Example:
        set_seed(42)
    """
    keras.utils.set_random_seed(seed)
    if tf.config.list_physical_devices("GPU"):
        tf.config.experimental.enable_op_determinism()


def restart(model: keras.Model, seed: int) -> None:
    """Start a compiled model anew without tracing it again: tracing costs seconds.

    Afterwards the model is, bit for bit, what building it under that seed gives:
    weights, BatchNorm statistics and Dropout seeds. The optimizer's state is zero; its
    learning rate stays as it is.

    Args:
        model: a compiled model, trained or not.
        seed: as for `set_seed`; it also fixes the order of the batches of the next
            `fit`.

    Example:
        for seed in (42, 43, 44):
            restart(model, seed)
            model.fit(x, y)
    """
    set_seed(seed)
    fresh = keras.models.clone_model(model)
    for variable, start in zip(model.variables, fresh.variables, strict=True):
        variable.assign(start)
    make_variables(model)
    for variable in model.optimizer.variables:
        if variable.name != "learning_rate":
            variable.assign(keras.ops.zeros_like(variable))
    set_seed(seed)


def make_variables(model: keras.Model) -> None:
    """Make the variables that the first training step would make.

    A step that makes variables is traced twice, and tracing a deep model takes seconds.
    These are the variables of the optimizer, the losses and the metrics. A metric that
    is named by a word ("accuracy") is made for the labels that it is shown, and only
    Keras' own losses tell what labels look like. With another loss the metrics are left
    to the first step.

    Args:
        model: a compiled model with weights.
    """
    model.optimizer.build(model.trainable_variables)
    outputs = getattr(model, "outputs", None)
    if not outputs or any(None in output.shape[1:] for output in outputs):
        return
    predicted = [np.zeros((1, *output.shape[1:]), "float32") for output in outputs]
    if isinstance(model.loss, dict):
        named = dict(zip(model.output_names, predicted, strict=True))
        y = {name: _label(loss, named[name]) for name, loss in model.loss.items()}
        labels = list(y.values())
    else:
        predicted = predicted[0]
        y = _label(model.loss, predicted)
        labels = [y]
    if len(labels) != len(outputs) or any(label is None for label in labels):
        return
    model.compute_loss(None, y, predicted, training=False)
    model.compute_metrics(None, y, predicted)
    model.reset_metrics()


def _label(loss, predicted: np.ndarray) -> np.ndarray | None:
    """An example of the labels that a loss compares with these outputs.

    It is None where the loss is not one of Keras' own.
    """
    own = type(loss).__module__.startswith("keras.")
    if isinstance(loss, keras.losses.Loss) and own:
        loss = loss.name
    if not isinstance(loss, str):
        return None
    return np.zeros(predicted.shape[:-1] if "sparse" in loss else predicted.shape)
