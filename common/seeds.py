"""Tohumlar: aynı tohum, aynı makinede aynı sayılar."""

import keras
import tensorflow as tf

MAX_SEED = 2**32 - 100  # NumPy 2**32'den küçüğünü ister; çok tohumlu bölüm birkaç üstüne çıkar


def set_seed(seed: int) -> None:
    """Fix the seeds of Python, NumPy and TensorFlow (and so of every Keras initializer).

    On a CPU that alone repeats a run number for number. Op determinism costs about a tenth of the
    speed and is switched on only where it is needed: when TensorFlow sees a GPU.

    Args:
        seed: whole number from 0 to MAX_SEED.

    Raises:
        ValueError: seed is outside that range.
    """
    keras.utils.set_random_seed(seed)
    if tf.config.list_physical_devices("GPU"):
        tf.config.experimental.enable_op_determinism()


def restart(model: keras.Model, twin: keras.Model, seed: int) -> None:
    """Start a compiled model anew without tracing it again, which is what costs the seconds.

    The weights, BatchNorm statistics and Dropout seeds of `twin` (same architecture, untrained)
    are copied, the optimizer's state is set to zero (its learning rate stays), and `seed` fixes
    the order of the batches.

    Raises:
        ValueError: the two models do not have the same variables.
    """
    for variable, start in zip(model.variables, twin.variables, strict=True):
        variable.assign(start)
    for variable in model.optimizer.variables:
        if variable.name != "learning_rate":
            variable.assign(keras.ops.zeros_like(variable))
    set_seed(seed)
