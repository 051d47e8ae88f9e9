"""Uygulama 01'de bir sınamanın (`lab.check`) söyleyemediği: ilk modelin satırları."""

import ast
import inspect

import keras

import uygulama_01_keras_sequential as lab01
from common.data import load_breast_cancer

lab = lab01.lab


def test_the_lines_of_the_first_model_run_in_a_plain_python(capsys):
    function = ast.parse(inspect.getsource(inspect.unwrap(lab01.first_model))).body[0]
    data, *body = function.body[1:-1]  # docstring ve return dışında
    assert ast.unparse(data) == "data = load_breast_cancer()"
    names = {"keras": keras, "layers": keras.layers, "data": load_breast_cancer()}
    exec("\n".join(map(ast.unparse, body)), names)
    said = capsys.readouterr().out
    assert said.count("val_loss:") == said.count("Epoch ") == 8
    assert names["p"].shape == (114,)


def test_what_the_first_model_prints_does_not_answer_its_question(tmp_path, capsys):
    lab.configure(quick=True, out=tmp_path)
    lab01.first_model()
    shown, _, _ = capsys.readouterr().out.partition("İlk ve son epoch")
    learned = str(lab.report.found[2].count_params())
    lab.configure()
    assert "Epoch 1/" in shown
    assert learned not in shown.replace(".", " ").split()
