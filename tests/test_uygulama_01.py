"""Uygulama 01'de bir sınamanın (`lab.check`) söyleyemediği.

İddiaların kendisi bölümlerin sınamalarıdır (`lab.check`): tests/test_bolumler.py.
"""

import ast
import inspect
import subprocess
import sys
import textwrap

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
