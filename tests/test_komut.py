"""Gerçek betik, ayrı bir süreçte: ağsız, eksik kurulumda, gerçek terminalde."""

import ast
import json
import os
import re
import select
import signal
import subprocess
import sys
import time

import keras
import matplotlib.pyplot as plt
import numpy as np
import pytest
from helpers import copy_repository

from common import LabError, predict_in, start_python
from common.classroom import startup, terminal
from common.classroom.check import usable_cores
from common.classroom.source import read_outline
from common.files import ROOT, here

SCRIPT = "uygulama_01_keras_sequential.py"
UTF8 = os.environ | {"PYTHONUTF8": "1"}
HERE = {"cwd": ROOT, "encoding": "utf-8", "env": UTF8}
ON_UNIX = pytest.mark.skipif(os.name == "nt", reason="kabuk, pty")


def python(*arguments, **options) -> subprocess.CompletedProcess:
    options = {"capture_output": True} | HERE | options
    return subprocess.run([sys.executable, *arguments], **options)


def assert_told(done: subprocess.CompletedProcess, *told: str, code: int = 1) -> None:
    """It ended with this code, and said these words instead of a traceback."""
    assert done.returncode == code, done.stderr
    assert [text for text in told if text not in done.stderr] == []
    assert "Traceback" not in done.stderr


OWN_PYTHON = ".venv/Scripts/python.exe" if os.name == "nt" else ".venv/bin/python"
MISSING = "sys.modules['seaborn'] = None"
OUTSIDE = MISSING + "; import pathlib; sys.prefix = sys.base_prefix; "
OUTSIDE += "pathlib.Path.exists = lambda path: False"
FORGOTTEN = MISSING + "; import pathlib; real = pathlib.Path.exists; sys.prefix = '/'; "
FORGOTTEN += "pathlib.Path.exists = lambda p: p.name.startswith('python') or real(p)"
INTERPRETERS = [  # what is wrong, what is told; the last word is the cure's
    (MISSING, ["Eksik paket: seaborn", "  .venv", "-m pip install -r"]),
    (OUTSIDE, ["python3 -m venv .venv && .venv/bin/python -m pip in"]),
    (FORGOTTEN, ["Eksik paket: seaborn", f"\n  {here(ROOT / OWN_PYTHON)} uyg"]),
    (MISSING + "; sys.version_info = (3, 14, 0)", ["3.14 henüz yeni", "3.11 - 3.13"]),
    ("sys.version_info = (3, 9, 6)", ["Python 3.9 bu ders için eski", "3.12"]),
]


@pytest.mark.parametrize(("setup", "told"), INTERPRETERS)
def test_a_wrong_interpreter_is_told_with_its_cure(setup, told):
    run = f"runpy.run_path({SCRIPT!r}, run_name='__main__')"
    done = python("-c", f"import sys, runpy; {setup}; {run}")
    assert_told(done, *told)
    assert ("pip install" in done.stderr) == ("pip in" in told[-1])


def test_an_old_python_can_read_as_far_as_the_message():
    for path in ("common/__init__.py", "common/classroom/startup.py", SCRIPT):
        ast.parse((ROOT / path).read_text(encoding="utf-8"), feature_version=(3, 8))


DLL_TOLD = "DLL load failed while importing _pywrap_tensorflow_internal: failed."
DLL = f"Traceback:\n  File\nImportError: {DLL_TOLD}\n\nFailed to load the native …"
OTHER_KERAS = "raise AttributeError('module keras has no attribute Model')"
DIES = "import os; os.write(2, b'I0000 noise\\n{}\\n'); os.abort()"
LOADING = [  # what keras.py does, the exit code, what is told
    ("raise ImportError('libx')", 1, ["yüklenemedi: libx", "--force-reinstall"]),
    (f"raise ImportError({DLL!r})", 1, [f"açılamadı: {DLL_TOLD}\n", "Visual C++"]),
    ("raise type('VersionError', (Exception,), {})('5.29')", 1, ["uymuyor: 5.29"]),
    (OTHER_KERAS, 1, ["sürümleri birbirine uymuyor: module keras has no"]),
    ("raise MemoryError", 1, ["Bellek yetmedi.\nAçık programları kapatın"]),
    ("raise OSError(22, 'The paging file is too small')", 1, ["Bellek yetmedi."]),
    (DIES.format("OMP: Error #15: two"), -6, ["OMP: Error #15", "venv .venv &&"]),
    (DIES.format("compiled to use AVX"), -6, ["işlemcisi", "Colab"]),
    (DIES.format(""), -6, ["bir şey demeden bitti: ", "\nAçık programları", "Colab"]),
    ("raise KeyboardInterrupt", 130, [f"(Ctrl-C). Yeniden: python {SCRIPT}\n"]),
]


@pytest.mark.parametrize(("loading", "code", "told"), LOADING)
def test_what_happens_while_keras_loads_is_told(tmp_path, loading, code, told):
    (tmp_path / "keras.py").write_text(loading, encoding="utf-8")
    done = python(SCRIPT, env=UTF8 | {"PYTHONPATH": str(tmp_path)})
    assert_told(done, *told, code=code)
    assert "noise" not in done.stderr


def test_what_fails_inside_tensorflow_is_not_the_fault_of_keras_json(tmp_path):
    (tmp_path / "tensorflow.py").write_text("raise MemoryError", encoding="utf-8")
    done = python(SCRIPT, env=UTF8 | {"PYTHONPATH": str(tmp_path)})
    assert_told(done, "Bellek yetmedi.", code=1)


def test_a_settings_file_that_keras_refuses_is_named(tmp_path):
    (tmp_path / "keras.json").write_text("[]", encoding="utf-8")
    done = python(SCRIPT, env=UTF8 | {"KERAS_HOME": str(tmp_path)})
    assert_told(done, f"({tmp_path / 'keras.json'})", "Bu dosyayı silin")


def test_a_processor_without_avx_is_told_before_tensorflow_kills(tmp_path, monkeypatch):
    cpuinfo = tmp_path / "cpuinfo"
    for right in ("flags : fpu avx", "Features : fp"):
        cpuinfo.write_text(f"model : x\n{right}\n", encoding="utf-8")
        startup.check_processor(cpuinfo)
    cpuinfo.write_text("model : x\nflags : sse\n", encoding="utf-8")
    with pytest.raises(SystemExit, match="AVX"):
        startup.check_processor(cpuinfo)
    monkeypatch.setattr(startup.check_processor, "__defaults__", (cpuinfo,))
    with pytest.raises(SystemExit, match="AVX"):
        startup.check_machine()


def test_cores_are_those_that_the_container_gives(tmp_path):
    (tmp_path / "cpu.max").write_text("100000 100000\n", encoding="utf-8")
    assert usable_cores(tmp_path / "cpu.max") == 1
    (tmp_path / "cpu.max").write_text("max 100000\n", encoding="utf-8")
    assert usable_cores(tmp_path / "cpu.max") == usable_cores(tmp_path / "yok") >= 1


def test_a_file_that_hides_a_module_is_named(tmp_path):
    copy = copy_repository(tmp_path)
    for name in ("random.py", "numpy.py", "scipy.py", "PIL.py", "keras/__init__.py"):
        (copy / name).parent.mkdir(exist_ok=True)
        (copy / name).write_text("1 / 0", encoding="utf-8")
        done = python(SCRIPT, "--liste", cwd=copy)
        assert_told(done, f"klasördeki {name.split('/')[0]}", "n adını değiştirin")
        (copy / name).unlink()


def test_answers_that_need_no_keras_come_at_once():
    for words, code in ((["--liste"], 0), (["--yardim"], 0), (["--bolum", "99"], 2)):
        before = os.times()
        done = python(SCRIPT, *words)
        used = os.times().children_user - before.children_user
        assert used < 1.5  # işlemcinin saniyesi: boş makinede 0,2; Keras'la 4
        assert done.returncode == code
        assert "yükleniyor" not in done.stdout


def test_keras_has_its_usual_settings_whatever_it_was_told():
    config = keras.config
    config.set_floatx("float16")
    config.set_epsilon(0.1)
    config.set_image_data_format("channels_first")
    config.set_max_epochs(2)
    config.set_max_steps_per_epoch(2)
    startup.load_keras()
    assert (config.floatx(), config.epsilon()) == ("float32", 1e-7)
    assert config.image_data_format() == "channels_last"
    assert (config.max_epochs(), config.max_steps_per_epoch()) == (None, None)


def test_environment_check_passes_whatever_the_home_folder_says(tmp_path):
    wrong = {"floatx": "float16", "image_data_format": "channels_first"}
    (tmp_path / "keras.json").write_text(json.dumps(wrong), encoding="utf-8")
    rc = "text.usetex: True\nsavefig.bbox: tight\n"
    (tmp_path / "matplotlibrc").write_text(rc, encoding="utf-8")
    homes = dict.fromkeys(("KERAS_HOME", "MPLCONFIGDIR"), str(tmp_path))
    limits = {"KERAS_MAX_EPOCHS": "yok", "KERAS_MAX_STEPS_PER_EPOCH": "2"}
    other = {"MPLBACKEND": "nonsense", "PYTHONWARNINGS": "error"}
    close = None if os.name == "nt" else lambda: (os.close(0), os.close(2))
    environment = UTF8 | homes | limits | other
    done = python("-m", "common", env=environment, preexec_fn=close)  # `<&- 2>&-`
    assert done.returncode == 0, done.stdout + done.stderr
    order = ["Python:", "paketler:", "Keras:", "veri:", "çıktı klasörü:"]
    assert sorted(order, key=done.stdout.index) == order


NO_NETWORK = """
import socket
def refuse(*arguments, **options):
    raise OSError("bu testte ağ yok")
socket.socket.connect = socket.getaddrinfo = socket.create_connection = refuse
"""


def test_elsewhere_offline_in_ascii_twice_at_once_and_one_of_them_killed(tmp_path):
    copy = copy_repository(tmp_path)
    (tmp_path / "sitecustomize.py").write_text(NO_NETWORK, encoding="utf-8")
    script = copy / "uygulama_04_custom_loop.py"
    sections = read_outline(script).sections
    chosen = [sections[name] for name in ("gradient_tape", "custom_metric")]
    command = [sys.executable, script, "--hizli", "--bolum"]
    command += [str(section.number) for section in chosen]  # sonuncusu: yeni süreçle
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    ascii_only = {"PYTHONIOENCODING": "ascii", "PYTHONPATH": str(tmp_path)}
    usual = {"cwd": tmp_path, "env": os.environ | ascii_only}
    first, killed = (subprocess.Popen(command, **usual, **pipes) for _ in range(2))
    folder = copy / "outputs" / "hizli"
    while not list(folder.glob("*/*.png")) and killed.poll() is None:
        time.sleep(0.1)
    killed.kill()
    out, err = first.communicate()
    assert (first.returncode, err) == (0, b"")
    text = out.decode("ascii")
    assert "Sonuc" in text
    assert "[tamam]" in text
    assert not re.search(r"\?\S|^. \? ", text, re.MULTILINE)
    assert b"Traceback" not in killed.communicate()[1]  # belki daha yükleniyordu
    assert killed.returncode != 0
    figures = list(folder.glob("uygulama_04/[0-9]*.png"))
    assert {path.stem for path in figures} == {section.stem for section in chosen}
    sizes = {plt.imread(path).shape[:2] for path in figures}
    assert sizes == {(1080, 1920)}  # bütün, okunabilir
    page = (folder / "index.html").read_text(encoding="utf-8")
    assert re.findall(r'<section id="uygulama_04-(\d)"', page) == command[-2:]


@ON_UNIX
def test_pause_in_a_real_terminal(tmp_path):
    import pty

    master, slave = pty.openpty()
    words = [SCRIPT, "--bekle", "--bolum", "12", "--cikti", str(tmp_path)]
    streams = {"stdin": slave, "stdout": slave, "stderr": slave}
    child = subprocess.Popen([sys.executable, *words], cwd=ROOT, **streams)
    os.close(slave)
    seen = b""

    def wait_for(text: str) -> None:
        nonlocal seen
        deadline = time.monotonic() + 60
        while text not in re.sub(r"\x1b\[[\d;]*m", "", seen.decode(errors="replace")):
            assert time.monotonic() < deadline, seen.decode()
            if select.select([master], [], [], 1)[0]:
                seen += os.read(master, 4096)

    def answer(typed: bytes, *told: str) -> None:
        nonlocal seen
        seen = b""
        os.write(master, typed)
        for text in told:
            wait_for(text)

    prompt = "yardım > "
    wait_for("Keras yükleniyor")
    answer(b"\n\n\n", prompt)  # sabırsızlık: kimse sormadan basılan tuşlar atılır,
    assert not select.select([master], [], [], 2)[0]  # bölüm başlamaz
    answer(b"bence\n", "edildi: bence", prompt)
    answer(b"\x1b[A\n", "edildi: bence", prompt)  # ↑ önceki satırı geri getirir
    answer(b"k\n\n", "@lab.section", prompt)  # dersin iki hücresi var
    answer(b"\n\n\n", "Enter: sonucu aç > ")  # koşarken basılanlar da atılır
    assert not select.select([master], [], [], 1)[0]
    assert "Sonuç: ".encode() not in seen
    answer(b"\n", "Sonuç", "Enter: çık")
    assert child.poll() is None
    time.sleep(0.5)  # istem yazıldı, okumaya başlasın
    child.send_signal(signal.SIGINT)  # Ctrl-C
    assert child.wait(timeout=30) == 130
    os.close(master)


STREAMS = [
    (">/dev/full", 1, "disk dolu"),
    (">/dev/full 2>&1", 1, ""),
    (">/dev/full 2>&-", 1, ""),
    ("<&- 2>&- >/dev/null", 0, ""),
    ("| head -c 1 >/dev/null", 0, ""),
]


@ON_UNIX
@pytest.mark.parametrize(("redirect", "code", "told"), STREAMS)
def test_streams_that_take_nothing(redirect, code, told):
    shell = ["sh", "-c", f'"$0" {SCRIPT} --liste {redirect}', sys.executable]
    done = subprocess.run(shell, capture_output=True, **HERE)
    assert_told(done, told, code=code)
    assert "Exception" not in done.stderr
    assert not done.stderr or told


STILL = [("FORCE_COLOR", "1", False), ("TERM", "dumb", True)]


@pytest.mark.parametrize(("name", "value", "tty"), STILL)
def test_a_file_and_a_dumb_terminal_stay_still(monkeypatch, capsys, name, value, tty):
    monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys.stdout, "isatty", lambda: tty)
    with terminal.waiting("Bekleyin"):
        pass
    assert capsys.readouterr().out.strip() == "Bekleyin"


def test_a_fresh_process_that_fails_says_why(tmp_path):
    with (
        start_python("raise SystemExit('bu dosya açılamaz')") as fresh,
        pytest.raises(LabError, match="bu dosya açılamaz"),
    ):
        predict_in(fresh, tmp_path / "model.keras", np.zeros(3))
