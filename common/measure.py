"""What a lesson measures of a model, and what Keras answers to a wrong line."""

import warnings
from collections.abc import Callable

import keras
import numpy as np
import tensorflow as tf


def largest_difference(one, other) -> float:
    """The largest absolute difference of two arrays, or of two lists of arrays.

    Args:
        one, other: arrays of the same shape, or lists of such arrays in the same order.

    Raises:
        ValueError: one of them is longer than the other.

    Example:
        largest_difference(model.get_weights(), other.get_weights())
    """
    pairs = zip(one, other, strict=True)
    return max(float(np.max(np.abs(a - b))) for a, b in pairs)


def gradients(model: keras.Model, x: np.ndarray, y: np.ndarray) -> list[np.ndarray]:
    """The gradient of the loss with respect to the kernel of every Dense layer.

    The loss is the cross-entropy; the model is called in training mode.

    Args:
        model: a classifier with one softmax output.
        x: inputs, shape (n, …).
        y: labels (0, 1, …), shape (n,).

    Returns:
        An array per Dense layer, of the shape of its kernel, from input to output.

    Example:
        norms = [np.linalg.norm(g) for g in gradients(model, *data.train)]
    """
    kernels = [
        layer.kernel for layer in model.layers if isinstance(layer, keras.layers.Dense)
    ]
    loss_fn = keras.losses.SparseCategoricalCrossentropy()
    with tf.GradientTape() as tape:  # taught in lab 04
        loss = loss_fn(y, model(x, training=True))
    return [gradient.numpy() for gradient in tape.gradient(loss, kernels)]


def keras_answer(attempt: Callable, *arguments, **options) -> str:
    """What Keras answers to a wrong line: its error ("ValueError: …") or its warning.

    Args:
        attempt: what is called.
        arguments, options: what it is called with.

    Returns:
        The message in one line; an empty text where Keras accepts the line.

    Example:
        keras_answer(layers.Add(), [one, two])
    """
    with warnings.catch_warnings(record=True, action="always") as told:
        try:
            attempt(*arguments, **options)
        except Exception as error:  # which kind it is, is what the lesson shows
            text = str(error).split("\x1b[1m")[-1]  # Keras prints its message in bold
            return f"{type(error).__name__}: {' '.join(text.split())}"
    return " ".join(str(warning.message) for warning in told)
