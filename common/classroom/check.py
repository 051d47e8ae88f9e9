"""The checks of `python -m common`: packages, Keras, data, output folder, speed."""

import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import numpy as np
from packaging.requirements import Requirement

from common import files
from common.classroom import causes
from common.classroom.terminal import OK, USAGE
from common.data import load_breast_cancer, load_mnist
from common.files import FAILED, LabError, prepare
from common.text import number

NEEDED_MB = 500  # more than enough for the outputs of the four labs
STEPS = 200  # training steps of the speed test
USUAL_MS = 3.0  # milliseconds of a step on the 2-core machine that recorded the day


def check_python() -> str:
    """Tell version, system and cores; an old Python has been refused before."""
    cores = usable_cores()
    return f"{platform.python_version()}, {platform.system()}, {cores} çekirdek"


def usable_cores(quota: Path = Path("/sys/fs/cgroup/cpu.max")) -> int:
    """How many cores the system and the quota of its container give this process."""
    cores = os.cpu_count() or 1
    if hasattr(os, "sched_getaffinity"):
        cores = len(os.sched_getaffinity(0))
    try:
        most, period = quota.read_text(encoding="utf-8").split()
        return max(1, min(cores, int(most) // int(period)))
    except (OSError, ValueError):  # not Linux, or "max": there is no quota
        return cores


def check_packages() -> str:
    """Compare installed versions with requirements.txt and with the lesson's own."""
    text = (files.ROOT / "requirements.txt").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if line.strip() and line[0] != "#"]
    needed = [Requirement(line) for line in lines]
    repair = f"Düzeltmek için:\n  {causes.install_command()}"
    try:
        wrong = [r for r in needed if not r.specifier.contains(version(r.name))]
    except PackageNotFoundError as error:
        raise LabError(f"{error.name} kurulu değil.\n{repair}") from error
    if wrong:
        told = [f"{r.name} {version(r.name)} (istenen {r.specifier})" for r in wrong]
        raise LabError(f"{', '.join(told)}\n{repair}")
    told = ", ".join(f"{r.name} {version(r.name)}" for r in needed)
    return f"{told}. {causes.other_versions()}".removesuffix(" ")


def check_keras() -> str:
    """Load Keras and train in a process of its own, so that its death is told, too."""
    code = "from common.classroom import startup as s; s.start(''); "
    code += "from common.classroom import check; print(check.speed())"
    command = [sys.executable, "-X", "utf8", "-c", code]
    child = subprocess.run(
        command, cwd=files.ROOT, capture_output=True, encoding="utf-8"
    )
    if child.returncode:
        told = child.stderr.strip()
        raise LabError(f"yüklenemedi (çıkış kodu {child.returncode}). {told}")
    return child.stdout.strip()


def check_data() -> str:
    """Load both data sets; MNIST has to have the right checksum."""
    mnist = load_mnist().x_train.shape
    cancer = load_breast_cancer().x_train.shape
    return f"MNIST {mnist}, Breast Cancer {cancer}"


def check_outputs() -> str:
    """Ask whether the output folder can be written and the disk has room."""
    prepare(files.ROOT / "outputs")
    free = shutil.disk_usage(files.ROOT).free / 1e6
    if free < NEEDED_MB:
        told = f"diskte {free:.0f} MB boş; en az {NEEDED_MB} MB gerekir. Yer açın."
        raise LabError(told)
    return f"outputs yazılabiliyor, diskte {free / 1000:.0f} GB boş"


def speed() -> str:
    """Draw a figure; tell how long a small training step takes on this machine."""
    import keras

    from common import plots

    fig, ax = plots.figure(title="Şekil")  # whatever matplotlibrc and the fonts say
    ax.plot([1, 2])
    with tempfile.TemporaryFile() as file:
        fig.savefig(file, format="png")
    layers = [keras.layers.Dense(128, "relu"), keras.layers.Dense(10, "softmax")]
    model = keras.Sequential([keras.Input((784,)), *layers])
    model.compile("adam", "sparse_categorical_crossentropy")
    x = np.zeros((125, 784), "float32")
    y = np.zeros(125)
    model.train_on_batch(x, y)
    start = time.perf_counter()
    for _ in range(STEPS):
        model.train_on_batch(x, y)
    ms = (time.perf_counter() - start) / STEPS * 1000
    times = number(ms / USUAL_MS, 2)
    took = number(ms, 2)
    return (
        f"yükleniyor, şekil çiziliyor; bir eğitim adımı {took} ms sürüyor, "
        f"bölümler yazılan sürelerin yaklaşık {times} katı kadar sürer"
    )


CHECKS: dict[str, Callable[[], str]] = {
    "Python": check_python,
    "paketler": check_packages,
    "Keras": check_keras,
    "veri": check_data,
    "çıktı klasörü": check_outputs,
}


def main(argv: list[str]) -> int:
    """Run every check, and return the exit code."""
    if argv:
        print("Kullanım: python -m common")
        return USAGE
    failed = []
    for name, check in CHECKS.items():
        try:
            print(f"tamam  {name}: {check()}", flush=True)
        except Exception as error:
            told = error if isinstance(error, LabError) else causes.first_line(error)
            failed.append(name)
            print(f"SORUN  {name}: {told}", flush=True)
    if failed:
        print(f"\nHazır değil: {', '.join(failed)}.")
        return FAILED
    print("\nHazır. Başlamak için: python uygulama_01_keras_sequential.py")
    return OK
