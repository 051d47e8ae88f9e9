"""Tohumlar: aynı tohum, aynı makinede aynı sayılar."""

import keras
import tensorflow as tf


def set_seed(seed: int) -> None:
    """Fix the seeds of Python, NumPy and TensorFlow (and so of every Keras initializer).

    On a CPU that alone repeats a run number for number. Op determinism costs about a tenth of the
    speed and is switched on only where it is needed: when TensorFlow sees a GPU.
    """
    keras.utils.set_random_seed(seed)
    if tf.config.list_physical_devices("GPU"):
        tf.config.experimental.enable_op_determinism()


def restart(model: keras.Model, seed: int) -> None:
    """Start a compiled model anew without tracing it again, which is what costs the seconds.

    Afterwards it is, bit for bit, the model that building it under that seed gives: weights,
    BatchNorm statistics and Dropout seeds; the optimizer's state is zero, its learning rate stays.

    Args:
        model: compiled; trained or not.
        seed: as for `set_seed`; also fixes the order of the batches of the next `fit`.
    """
    set_seed(seed)
    fresh = keras.models.clone_model(model)
    for variable, start in zip(model.variables, fresh.variables, strict=True):
        variable.assign(start)
    model.optimizer.build(model.trainable_variables)  # yoksa ilk adım iki kez izlenir: saniyeler
    for variable in model.optimizer.variables:
        if variable.name != "learning_rate":
            variable.assign(keras.ops.zeros_like(variable))
    set_seed(seed)
