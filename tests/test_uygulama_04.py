"""Uygulama 04'te bir sınamanın söyleyemediği: yanlışı yakalayan sınamalar.

İddiaların kendisi bölümlerin sınamalarıdır (`lab.check`); mini projenin kötü günleri
tests/test_mini_proje.py içindedir.
"""

import keras
import tensorflow as tf
from keras import ops

import uygulama_04_custom_loop as lab04

lab = lab04.lab


def test_a_tape_with_a_wrong_derivative_is_noticed(failing, monkeypatch):
    gradient = tf.GradientTape.gradient

    def wrong(self, y, x):
        return 1.001 * gradient(self, y, x)

    monkeypatch.setattr(tf.GradientTape, "gradient", wrong)
    assert "Bandın türevi formülün türevidir (fark {})" in failing("gradient_tape")


def test_an_optimizer_that_hides_a_missing_gradient_is_noticed(failing, monkeypatch):
    apply = keras.optimizers.SGD.apply

    def silent(self, gradients, variables):
        zeros = [0.0 if gradient is None else gradient for gradient in gradients]
        return apply(self, [tf.constant(zero) for zero in zeros], variables)

    monkeypatch.setattr(keras.optimizers.SGD, "apply", silent)
    assert failing("none_gradients") == [
        "Gradyanların hepsi None iken Keras hata veriyor",
        "Yalnız biri None iken Keras uyarıyor",
    ]


def test_a_loop_that_forgets_a_variable_is_noticed(failing, monkeypatch):
    apply = keras.optimizers.Adam.apply_gradients

    def forgetful(self, pairs):
        first, *others = pairs
        forgotten = tf.executing_eagerly()  # slaytın döngüsü; fit çizgede çalışır
        return apply(
            self, [(0 * first[0] if forgotten else first[0], first[1]), *others]
        )

    monkeypatch.setattr(keras.optimizers.Adam, "apply_gradients", forgetful)
    told = "Döngü fit ile aynı ağırlıklara varıyor (fark {})"
    assert told in failing("custom_loop")


def test_a_dropout_that_never_drops_is_noticed(failing, monkeypatch):
    def idle(self, inputs, training=False):
        return inputs

    monkeypatch.setattr(keras.layers.Dropout, "call", idle)
    assert failing("training_flag") == ["training=True ile ayrı çıktılar geliyor"]


def test_a_graph_that_skips_steps_is_noticed(failing, monkeypatch):
    def lazy(step, batches):
        for x, y in batches:
            if tf.executing_eagerly():
                step(x, y)

    monkeypatch.setattr(lab04, "one_epoch", lazy)
    told = "Beş yazılış aynı ağırlıklara varıyor (fark {})"
    assert failing("tf_function_speed") == [told]


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
