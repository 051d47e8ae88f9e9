"""Sınıfın ilk sabahı: yanlış yazılan her şey için doğru cümle, doğru çare."""

import dataclasses
import errno
import io
import os
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from urllib.request import urlopen

import keras
import numpy as np
import pytest
from keras import layers

from common import Lab, data, load_mnist
from common.classroom import live
from common.classroom.check import usable_cores
from common.classroom.command import read_settings, typed, understand
from common.classroom.source import read_outline
from common.files import ROOT, LabError

SCRIPT = '''\
lab = Lab("uygulama_09_deneme", "Deneme", "00:00-01:00")

@lab.section{given}
def first(
    size={size},  # satır
):
    """Birinci"""

@lab.section
def second(rate=0.5):
    """İkinci"""
'''


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ({"size": "3 * 10"}, "satır 5: size ayarı okunamadı: “3 * 10” bir hesap."),
        ({"size": "len(x)"}, "satır 5: size ayarı okunamadı: “len(x)” bir hesap."),
        ({"given": "(quick={'size': 1 + 1})"}, "satır 3: quick ayarı okunamadı"),
        ({"size": "3,\n    *, x=2"}, ""),
    ],
)
def test_a_setting_that_cannot_be_read_stops_only_its_own_section(
    tmp_path, words, told
):
    path = tmp_path / "uygulama_09_deneme.py"
    text = SCRIPT.format(**{"given": "", "size": "3"} | words)
    path.write_text(text, encoding="utf-8-sig")  # Not Defteri'nin BOM'u ile
    outline = read_outline(path)
    assert understand(outline, ["--bolum", "2"]).chosen[0].name == "second"
    assert understand(outline, ["--liste"]) is None
    for chosen in ([], ["--bolum", "1"]):
        if told:
            with pytest.raises(LabError, match=r"uygulama_09_deneme\.py, ") as stopped:
                understand(outline, chosen)
            assert told in str(stopped.value)


def test_a_setting_without_a_value_stops_only_its_own_section(tmp_path):
    path = tmp_path / "uygulama_09_deneme.py"
    text = SCRIPT.replace("size={size}", "size").format(given="")
    path.write_text(text, encoding="utf-8")
    with pytest.raises(LabError, match="satır 5: size ayarı okunamadı: değeri yok"):
        understand(read_outline(path), ["--bolum", "1"])


def test_cores_are_those_that_the_container_gives(tmp_path):
    (tmp_path / "cpu.max").write_text("100000 100000\n", encoding="utf-8")
    assert usable_cores(tmp_path / "cpu.max") == 1
    (tmp_path / "cpu.max").write_text("max 100000\n", encoding="utf-8")
    assert usable_cores(tmp_path / "cpu.max") == usable_cores(tmp_path / "yok") >= 1


# Yazılan ayarlar

SECTIONS = [
    section
    for path in sorted(ROOT.glob("uygulama_0*.py"))
    for section in read_outline(path).sections.values()
]


def test_what_the_help_prints_can_be_typed_back():
    settings = [(s, {n: v}) for s in SECTIONS for n, v in s.settings.items()]
    assert len(settings) > 100
    for section, usual in settings:
        assert read_settings([section], typed(usual)) == usual, section.name
        split = " ".join(typed(usual)).split()  # PowerShell, canlı konsol
        assert read_settings([section], split) == usual, section.name


def test_brackets_of_a_name_are_not_those_of_the_list():
    usual = {"measures": ("yarıçap (hata)", "alan (hata)")}
    section = dataclasses.replace(SECTIONS[0], settings=usual)
    assert read_settings([section], typed(usual)) == usual


# Öğrencinin yanlış satırı

SPARSE = "sparse_categorical_crossentropy"


@pytest.mark.parametrize(
    ("last", "loss", "told"),
    [
        ((1, "sigmoid"), SPARSE, "Etiketlerde 1 var, ama çıkış katmanının nöron say"),
        ((1, "softmax"), "binary_crossentropy", "Tek nöronlu softmax her örneğe 1 der"),
        ((1, "sigmoid"), "categorical_crossentropy", "tek nöronlu çıkışla çalışmaz"),
        ((10, "softmax"), "categorical_crossentropy", "aynı şekilde olmasını istiyor"),
        (
            (10, "relö"),
            SPARSE,
            "hata oldu.\nValueError: Could not interpret act",
        ),
    ],
)
def test_a_wrong_edit_is_told_with_its_line_and_cure(
    capsys, tmp_path, last, loss, told
):
    lab = Lab("uygulama_09_deneme", "Deneme", "00:00-01:00")

    @lab.section
    def first():
        """Birinci"""
        model = keras.Sequential([layers.Input((2,)), layers.Dense(*last)])
        model.compile("sgd", loss)
        model.fit(np.zeros((4, 2)), np.ones(4))

    assert lab.main(["--hizli", "--cikti", str(tmp_path)]) == 1
    err = capsys.readouterr().err
    assert told in err
    assert "test_ilk_sabah.py, satır " in err
    assert len(err.splitlines()) < 10
    assert (tmp_path / "son_hata.txt").exists()


def test_warnings_of_keras_do_not_end_a_lesson(tmp_path):
    lab = Lab("uygulama_09_deneme", "Deneme", "00:00-01:00")

    @lab.section
    def first():
        """Birinci"""
        warn = "import warnings; warnings.warn('eskidi', DeprecationWarning)"
        exec(warn, {"__name__": "keras.src.saving"})

    assert lab.main(["--cikti", str(tmp_path)]) == 0


# Ağ, klavye, terminal


def test_a_silent_network_ends_with_the_repair_line(tmp_path, monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"http://127.0.0.1:{silent.getsockname()[1]}"
        monkeypatch.setattr(keras.datasets.mnist, "load_data", lambda: urlopen(address))
        monkeypatch.setattr(data, "MNIST_FILE", tmp_path / "mnist.npz")
        monkeypatch.setattr(data, "DOWNLOAD_SECONDS", 0.2)
        with ThreadPoolExecutor() as other:
            failed = other.submit(load_mnist).exception(timeout=30)
    assert isinstance(failed, LabError)
    assert "indirilemedi" in str(failed)
    assert socket.getdefaulttimeout() is None


@pytest.mark.skipif(os.name == "nt", reason="Windows'ta borunun içi atılamaz")
def test_what_was_typed_ahead_into_a_pipe_is_dropped(monkeypatch):
    read, write = os.pipe()
    with open(read, encoding="utf-8") as pipe, open(write, "wb", 0) as keys:  # noqa: PTH123
        monkeypatch.setattr(sys, "stdin", pipe)
        with live.keyboard_muted():
            keys.write(b"\n\n\n")
        keys.write("üç\n".encode())
        assert sys.stdin.readline() == "üç\n"
    monkeypatch.setattr(sys, "stdin", io.StringIO("\n"))
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
    with live.keyboard_muted():  # IDLE: klavye var, tanıtıcı yok
        time.sleep(0)


@pytest.mark.parametrize(
    ("environment", "shown"),
    [({"TERM": "dumb"}, True), ({"FORCE_COLOR": "1"}, False), ({}, False)],
)
@pytest.mark.skipif(os.name == "nt", reason="pty yalnız Linux ve macOS'ta var")
def test_nothing_moves_in_a_file_or_a_dumb_terminal(environment, shown):
    import pty

    code = (
        "from common.classroom import terminal as t; t.waiting('Bekleyin').__enter__()"
    )
    master, slave = pty.openpty()
    out = slave if shown else subprocess.PIPE
    whole = {**os.environ, "PYTHONUTF8": "1", **environment}
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=whole, stdout=out)
    text = os.read(master, 999) if shown else done.stdout
    assert text.strip() == b"Bekleyin"
    os.close(master)
    os.close(slave)


def test_a_full_quota_is_told_in_turkish():
    from common.files import explain_os_errors

    with (
        pytest.raises(LabError, match="disk kotanız doldu"),
        explain_os_errors("a.csv", ""),
    ):
        raise OSError(errno.EDQUOT, "Disk quota exceeded")
