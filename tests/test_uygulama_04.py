"""Uygulama 04'te bir sınamanın söyleyemediği: yanlışı yakalayan sınamalar.

İddiaların kendisi bölümlerin sınamalarıdır (`lab.check`); mini projenin kötü günleri
tests/test_mini_proje.py içindedir.
"""

import keras
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
        limit = self.global_clipnorm
        return (
            [ops.clip(g, -0.01, 0.01) for g in gradients]
            if limit
            else clip(self, gradients)
        )

    monkeypatch.setattr(keras.optimizers.SGD, "_clip_gradients", by_value)
    assert "global_clipnorm: kosinüs" in failing("gradient_clipping")


def test_a_loss_without_its_exponent_is_noticed(failing, monkeypatch):
    def call(self, y_true, y_pred):
        gamma, self.gamma = self.gamma, 1.0 if self.gamma else 0.0
        loss = right(self, y_true, y_pred)
        self.gamma = gamma
        return loss

    right = lab04.FocalLoss.call
    monkeypatch.setattr(lab04.FocalLoss, "call", call)
    assert "sınıflarımız = formül, hazırı" in failing("custom_loss_and_metric")


def test_policy_is_chosen_by_the_device_alone(monkeypatch):
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind: [])
    assert lab04.device_policy() == "float32"
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind: ["GPU:0"])
    assert lab04.device_policy() == "mixed_float16"
