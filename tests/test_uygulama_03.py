"""Uygulama 03'te bir sınamanın söyleyemediği: yanlışı yakalayan sınamalar.

İddiaların kendisi bölümlerin sınamalarıdır (`lab.check`): tests/test_bolumler.py.
"""

import keras
from keras import layers

import uygulama_03_functional_api as lab03

lab = lab03.lab


def test_an_add_that_weakens_a_branch_is_noticed(failing, monkeypatch):
    monkeypatch.setattr(
        layers.Add, "_merge_function", lambda self, x: x[0] + 0.9 * x[1]
    )
    told = "Add, iki dala aynı ağırlığı veren Concatenate'e eşittir (fark {})"
    assert told in failing("concatenate_or_add")


def test_a_skip_that_carries_nothing_is_noticed(failing, monkeypatch):
    monkeypatch.setattr(layers.Add, "_merge_function", lambda self, x: x[0] + 0 * x[1])
    assert "Artık bağlantı ilk bloğun gradyanını {} kat büyütüyor" in failing(
        "residual_blocks"
    )


def test_two_encoders_that_start_differently_are_noticed(failing, monkeypatch):
    monkeypatch.setattr(lab03, "start_alike", lambda model, seed, starts: None)
    assert failing("shared_layers") == ["İki ağ aynı kayıptan başlıyor (fark {})"]


def test_a_test_set_that_is_not_weighed_is_noticed(failing, monkeypatch):
    evaluate = keras.Model.evaluate

    def wrong(self, *arguments, **options):
        found = evaluate(self, *arguments, **options)
        return found | {"loss": 2 * found["loss"]} if isinstance(found, dict) else found

    monkeypatch.setattr(keras.Model, "evaluate", wrong)
    told = "Toplam kayıp Σ ağırlık · kayıp'tır (fark {})"
    assert failing("multi_input_output") == [told]
