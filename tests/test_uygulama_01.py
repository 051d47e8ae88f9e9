"""Uygulama 01'de bir sınamanın söyleyemediği: yanlışı yakalayan sınamalar.

İddiaların kendisi bölümlerin sınamalarıdır (`lab.check`): tests/test_bolumler.py.
"""

import keras

import uygulama_01_keras_sequential as lab01

lab = lab01.lab


def test_a_wrong_gradient_by_hand_is_noticed(failing, monkeypatch):
    right = lab01.backward

    def wrong(*args):
        first, *others = right(*args)
        return [first * 1.05, *others]

    monkeypatch.setattr(lab01, "backward", wrong)
    assert "SGD: elle = Keras" in failing("network_by_hand")


def test_a_wrong_activation_is_noticed(failing, monkeypatch):
    relu, formula, derivative = lab01.GALLERY["ReLU"]
    monkeypatch.setitem(
        lab01.GALLERY, "ReLU", (relu, formula, lambda x: derivative(x) + 0.01)
    )
    assert failing("activation_gallery") == [
        "f ve f': Keras = slayt",
        "slaytın f' formülü = sonlu fark",
    ]


def test_a_dropout_that_does_not_scale_is_noticed(failing, monkeypatch):
    call = keras.layers.Dropout.call

    def unscaled(self, inputs, training=False):
        return call(self, inputs, training) * (1 - self.rate if training else 1)

    monkeypatch.setattr(keras.layers.Dropout, "call", unscaled)
    assert failing("dropout_kinds")
