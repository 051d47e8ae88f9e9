"""Uygulama 01'de bir sınamanın söyleyemediği: yanlışı yakalayan sınamalar.

İddiaların kendisi bölümlerin sınamalarıdır (`lab.check`): tests/test_bolumler.py.
"""

import ast
import inspect
import subprocess
import sys
import textwrap

import keras
import pytest
from keras import layers

import uygulama_01_keras_sequential as lab01
from common.files import ROOT

lab = lab01.lab


def body_of_the_first_model() -> list[str]:
    """Bölüm 2'nin ders parçasındaki deyimler; docstring, veri ve return dışında."""
    function = inspect.unwrap(lab01.first_model)
    source = textwrap.dedent(inspect.getsource(function))
    node = next(n for n in ast.parse(source).body if isinstance(n, ast.FunctionDef))
    statements = [ast.unparse(statement) for statement in node.body[1:]]
    assert statements[0] == "data = load_breast_cancer()"
    assert statements[-1].startswith("return ")
    return statements[1:-1]


def test_the_lines_of_the_first_model_run_in_a_plain_python():
    body = body_of_the_first_model()
    assert not any("lab" in line.split(".")[0] for line in body)
    head = ["import keras", "from keras import layers"]
    head.append("from common.data import load_breast_cancer")
    head.append("data = load_breast_cancer()")
    done = subprocess.run(
        [sys.executable, "-c", "\n".join([*head, *body, "print('p', p.shape)"])],
        cwd=ROOT,
        capture_output=True,
        text=True,
        encoding="utf-8",
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("val_loss:") == done.stdout.count("Epoch ") == 8
    assert "p (114,)" in done.stdout


def test_what_the_first_model_prints_does_not_answer_its_question(tmp_path, capsys):
    lab.configure(quick=True, out=tmp_path)
    lab01.first_model()
    shown, _, _ = capsys.readouterr().out.partition("İlk ve son epoch")
    learned = str(lab.report.found[2].count_params())
    lab.configure()
    assert "Epoch 1/" in shown
    assert learned not in shown.replace(".", " ").split()


def test_a_patient_who_is_not_there_is_told_in_turkish(tmp_path, capsys):
    words = ["--bolum", "2", "--ayar", "patient=1000", "--cikti", str(tmp_path)]
    assert lab.main(words) == 2
    lab.configure()
    assert "patient 0 ile 113 arasında olmalı" in "".join(capsys.readouterr())


def test_a_wrong_gradient_by_hand_is_noticed(failing, monkeypatch):
    right = lab01.backward

    def wrong(*args):
        first, *others = right(*args)
        return [first * 1.05, *others]

    monkeypatch.setattr(lab01, "backward", wrong)
    told = "Elle yazılan ağ Keras'la aynı ağırlıklara varıyor"
    assert told in failing("network_by_hand")


@pytest.mark.parametrize("name", ["ELU", "sigmoid"])
def test_a_wrong_activation_is_noticed(failing, monkeypatch, name):
    right = lab01.GALLERY[name]
    monkeypatch.setitem(lab01.GALLERY, name, lambda x: right(x) + 0.3)
    assert len(failing("activation_gallery")) == 1


def test_a_batch_norm_with_another_formula_is_noticed(failing, monkeypatch):
    call = layers.BatchNormalization.call

    def wrong(self, inputs, training=None, mask=None):
        return 1.01 * call(self, inputs, training, mask)

    monkeypatch.setattr(layers.BatchNormalization, "call", wrong)
    told = "Slaytın formülü iki kipte de Keras'ın çıktısını veriyor (fark {})"
    assert failing("batch_norm_by_hand") == [told]


def test_a_dropout_that_does_not_scale_is_noticed(failing, monkeypatch):
    call = keras.layers.Dropout.call

    def unscaled(self, inputs, training=False):
        return call(self, inputs, training) * (1 - self.rate if training else 1)

    monkeypatch.setattr(keras.layers.Dropout, "call", unscaled)
    assert "Açık nöron 1 / (1 - oran) ile çarpılıyor" in failing("dropout_kinds")


def test_a_batch_norm_that_is_not_frozen_is_noticed(failing, monkeypatch):
    shift = lab01.largest_shift

    def melting(model):
        model.layers[1].trainable = True
        return shift(model)

    monkeypatch.setattr(lab01, "largest_shift", melting)
    assert "Dondurulan BatchNorm'un ortalaması kaymıyor" in failing("mc_dropout")
