"""What `python -m common` tells: packages, data, output folder, speed."""

import os
import platform
import shutil
import time
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version

import keras
import numpy as np
from packaging.requirements import Requirement

from common import files
from common.classroom.terminal import OK, USAGE
from common.data import load_breast_cancer, load_mnist
from common.files import FAILED, LabError, prepare
from common.text import number

NEEDED_MB = 500  # more than enough for the outputs of the four labs
STEPS = 200  # of the speed test
USUAL_MS = 3.0  # a step on the 2-core machine whose seconds are recorded


def check_python() -> str:
    """Version, system and cores; an old Python has been refused before."""
    cores = os.cpu_count()
    return f"{platform.python_version()}, {platform.system()}, {cores} çekirdek"


def check_packages() -> str:
    """Installed versions against requirements.txt."""
    text = (files.ROOT / "requirements.txt").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if line.strip() and line[0] != "#"]
    needed = [Requirement(line) for line in lines]
    repair = "Düzeltmek için: python -m pip install -r requirements.txt"
    try:
        wrong = [r for r in needed if not r.specifier.contains(version(r.name))]
    except PackageNotFoundError as error:
        raise LabError(f"{error.name} kurulu değil.\n{repair}") from error
    if wrong:
        told = [f"{r.name} {version(r.name)} (istenen {r.specifier})" for r in wrong]
        raise LabError(f"{', '.join(told)}\n{repair}")
    return ", ".join(f"{r.name} {version(r.name)}" for r in needed)


def check_data() -> str:
    """Both data sets load, MNIST with the right checksum."""
    mnist = load_mnist().x_train.shape
    cancer = load_breast_cancer().x_train.shape
    return f"MNIST {mnist}, Breast Cancer {cancer}"


def check_outputs() -> str:
    """The output folder can be written and the disk has room."""
    prepare(files.ROOT / "outputs")
    free = shutil.disk_usage(files.ROOT).free / 1e6
    if free < NEEDED_MB:
        told = f"diskte {free:.0f} MB boş; en az {NEEDED_MB} MB gerekir. Yer açın."
        raise LabError(told)
    return f"outputs yazılabiliyor, diskte {free / 1000:.0f} GB boş"


def check_speed() -> str:
    """Milliseconds of a small training step, beside the machine of the seconds."""
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
    return f"bir eğitim adımı {took} ms: süreler yazılanın yaklaşık {times} katı"


CHECKS: dict[str, Callable[[], str]] = {
    "Python": check_python,
    "paketler": check_packages,
    "veri": check_data,
    "çıktı klasörü": check_outputs,
    "hız": check_speed,
}


def main(argv: list[str]) -> int:
    """Run every check; returns the exit code."""
    if argv:
        print("Kullanım: python -m common")
        return USAGE
    failed = []
    for name, check in CHECKS.items():
        try:
            print(f"tamam  {name}: {check()}", flush=True)
        except LabError as error:
            failed.append(name)
            print(f"SORUN  {name}: {error}", flush=True)
    if failed:
        print(f"\nHazır değil: {', '.join(failed)}.")
        return FAILED
    print("\nHazır. Başlamak için: python uygulama_01_keras_sequential.py")
    return OK
