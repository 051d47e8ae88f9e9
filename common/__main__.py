"""`python -m common`: dersten bir gün önce, bu makine hazır mı?"""

import os
import platform
import shutil
import sys
import time
from collections.abc import Callable
from importlib.metadata import version

import keras
import numpy as np
from packaging.requirements import Requirement

import common
from common.lab import FAILED, OK, LabError, atomic

NEEDED_MB = 500  # dört uygulamanın çıktılarına bol bol yeter
STEPS = 200  # hız denemesinin adım sayısı
USUAL_MS = 3.0  # dersin sürelerinin ölçüldüğü 2 çekirdekli makinede bir adım


def check_packages() -> str:
    """Installed versions against requirements.txt."""
    lines = (common.ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    needed = [Requirement(line) for line in lines if line.strip() and line[0] != "#"]
    wrong = [r for r in needed if not r.specifier.contains(version(r.name))]
    if wrong:
        names = ", ".join(f"{r.name} {version(r.name)} (istenen {r.specifier})" for r in wrong)
        raise LabError(f"{names}\nDüzeltmek için: python -m pip install -r requirements.txt")
    return ", ".join(f"{r.name} {version(r.name)}" for r in needed)


def check_data() -> str:
    """Both data sets load, MNIST with the right checksum."""
    mnist, cancer = common.load_mnist(), common.load_breast_cancer()
    return f"MNIST {mnist.x_train.shape}, Breast Cancer {cancer.x_train.shape}"


def check_outputs() -> str:
    """The output folder can be written and the disk has room."""
    probe = common.ROOT / "outputs" / "deneme.txt"
    with atomic(probe) as path:
        path.write_text("deneme", encoding="utf-8")
    probe.unlink()
    free = shutil.disk_usage(common.ROOT).free / 1e6
    if free < NEEDED_MB:
        raise LabError(f"diskte {free:.0f} MB boş; en az {NEEDED_MB} MB gerekir. Yer açın.")
    return f"outputs yazılabiliyor, diskte {free / 1000:.0f} GB boş"


def check_speed() -> str:
    """Milliseconds of a small training step, beside the machine of the printed seconds."""
    model = keras.Sequential(
        [
            keras.Input((784,)),
            keras.layers.Dense(128, activation="relu"),
            keras.layers.Dense(10, activation="softmax"),
        ]
    )
    model.compile("adam", "sparse_categorical_crossentropy")
    x, y = np.zeros((125, 784), "float32"), np.zeros(125)
    model.train_on_batch(x, y)
    start = time.perf_counter()
    for _ in range(STEPS):
        model.train_on_batch(x, y)
    ms = (time.perf_counter() - start) / STEPS * 1000
    return f"bir eğitim adımı {ms:.1f} ms: süreler yazılanın yaklaşık {ms / USUAL_MS:.1f} katı"


def check_window() -> str:
    """Not an error: without a window the figures still go to files."""
    problem = common.plots.use_window()
    return f"yok ({problem}); şekiller dosyaya yazılır" if problem else "var (--goster çalışır)"


CHECKS: dict[str, Callable[[], str]] = {
    "Python": lambda: (
        f"{platform.python_version()}, {platform.system()}, {os.cpu_count()} çekirdek"
    ),
    "paketler": check_packages,
    "veri": check_data,
    "çıktı klasörü": check_outputs,
    "pencere": check_window,
    "hız": check_speed,
}


def main() -> int:
    """Run every check; exit code 0 when the machine is ready."""
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


if __name__ == "__main__":
    sys.exit(main())
