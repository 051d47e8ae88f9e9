"""Uygulama 04'te bir sınamanın söyleyemediği: yanlışı yakalayan sınamalar.

İddiaların kendisi bölümlerin sınamalarıdır (`lab.check`); mini projenin kötü günleri
tests/test_mini_proje.py içindedir.
"""

import keras
import numpy as np
import tensorflow as tf
from keras import ops

import uygulama_04_custom_loop as lab04

lab = lab04.lab


def test_a_loop_that_forgets_a_variable_is_noticed(failing, monkeypatch):
    apply = keras.optimizers.Adam.apply_gradients

    def forgetful(self, pairs):
        first, *others = pairs
        forgotten = tf.executing_eagerly()  # slaytın döngüsü; fit grafikte koşar
        return apply(
            self, [(0 * first[0] if forgotten else first[0], first[1]), *others]
        )

    monkeypatch.setattr(keras.optimizers.Adam, "apply_gradients", forgetful)
    assert "fit = slaytın döngüsü (fark)" in failing("custom_loop")


def test_a_clip_that_turns_the_gradient_is_noticed(failing, monkeypatch):
    clip = keras.optimizers.SGD._clip_gradients

    def by_value(self, gradients):
        if self.global_clipnorm:
            return [ops.clip(g, -0.01, 0.01) for g in gradients]
        return clip(self, gradients)

    monkeypatch.setattr(keras.optimizers.SGD, "_clip_gradients", by_value)
    assert "global_clipnorm yönü koruyor" in failing("gradient_clipping")


def test_a_loss_that_is_not_scaled_is_noticed(failing, monkeypatch):
    monkeypatch.setattr(keras.optimizers.Adam, "scale_loss", lambda self, loss: loss)
    assert "Ölçek bunu önlüyor" in failing("mixed_precision")


def test_a_loss_that_forgets_the_alarms_is_noticed(failing, monkeypatch):
    def call(self, y_true, y_pred):
        y = ops.reshape(y_true, ops.shape(y_pred))
        return -self.cost * y * ops.log(ops.clip(y_pred, 1e-7, 1))

    monkeypatch.setattr(lab04.CostlyMiss, "call", call)
    told = "Bedel 1 iken kayıp cross-entropy'dir (fark {})"
    assert told in failing("custom_loss")


def test_labels_without_a_column_do_not_multiply():
    y, p = np.array([0.0, 1.0]), np.array([[0.2], [0.9]])
    assert lab04.CostlyMiss().call(y, p).shape == (2, 1)


def test_a_metric_that_averages_is_noticed(failing, monkeypatch):
    monkeypatch.setattr(lab04.FBeta, "result", lambda self: self.hits / 82)
    told = "Biriken F, scikit-learn'ün F'sidir (fark {})"
    assert told in failing("custom_metric")


def test_a_step_without_the_auxiliary_loss_is_noticed(failing, monkeypatch):
    def train_step(self, data):
        self.aux_weight = 0.0
        return right(self, data)

    right = lab04.TwoHeadModel.train_step
    monkeypatch.setattr(lab04.TwoHeadModel, "train_step", train_step)
    told = "Elle yazılan döngü de aynı ağırlıklara varıyor"
    assert failing("custom_train_step") == [told]
