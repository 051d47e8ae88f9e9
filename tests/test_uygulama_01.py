"""Uygulama 01'de bir sınamanın (`lab.check`) söyleyemediği: ilk modelin satırları."""

import ast
import inspect

import keras

import uygulama_01_keras_sequential as lab01
from common.data import load_breast_cancer


def test_the_first_model_runs_in_a_plain_python_and_does_not_tell_the_answer(capsys):
    function = ast.parse(inspect.getsource(inspect.unwrap(lab01.first_model))).body[0]
    data, *body = function.body[1:-1]  # docstring ve return dışında
    assert ast.unparse(data) == "data = load_breast_cancer()"
    names = {"keras": keras, "layers": keras.layers, "data": load_breast_cancer()}
    exec("\n".join(map(ast.unparse, body)), names)
    said = capsys.readouterr().out
    assert said.count("val_loss:") == said.count("Epoch ") == 8
    assert names["p"].shape == (114,)
    learned = str(names["model"].count_params())  # bölümün sorusu
    assert learned not in said.replace(".", " ").split()
