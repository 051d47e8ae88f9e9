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
    assert failing("training_flag") == [
        "training=True her çağrıda çıktıyı değiştiriyor"
    ]


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
        if self.global_clipnorm:
            return [ops.clip(g, -0.01, 0.01) for g in gradients]
        return clip(self, gradients)

    monkeypatch.setattr(keras.optimizers.SGD, "_clip_gradients", by_value)
    assert "global_clipnorm yönü koruyor" in failing("gradient_clipping")


def test_a_loss_that_is_not_scaled_is_noticed(failing, monkeypatch):
    monkeypatch.setattr(keras.optimizers.Adam, "scale_loss", lambda self, loss: loss)
    assert "Ölçekli gradyan sıfır olmuyor" in failing("mixed_precision")


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
    told = "Elle yazılan döngü de aynı kayba varıyor (fark {})"
    assert failing("custom_train_step") == [told]
