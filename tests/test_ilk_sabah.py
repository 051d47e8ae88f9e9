"""Sınıfın ilk sabahı: yanlış yazılan her şey için doğru cümle, doğru çare."""

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
import pytest

from common import data, load_mnist
from common.classroom import live
from common.classroom.check import usable_cores
from common.files import ROOT, LabError


def test_cores_are_those_that_the_container_gives(tmp_path):
    (tmp_path / "cpu.max").write_text("100000 100000\n", encoding="utf-8")
    assert usable_cores(tmp_path / "cpu.max") == 1
    (tmp_path / "cpu.max").write_text("max 100000\n", encoding="utf-8")
    assert usable_cores(tmp_path / "cpu.max") == usable_cores(tmp_path / "yok") >= 1


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
