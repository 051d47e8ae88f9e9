"""`python -m common`: dersten bir gün önce, bu makine hazır mı?

`python -m common --ornekler`: dört betiğin son bütün koşusundan README'nin saniyelerini ve örnek
şekillerini (outputs/ornekler) yeniler.

`python -m common --sergi KLASÖR`: klasördeki posterlerden (PNG) tek bir sayfa yapar: sergi.html.
"""

import os
import platform
import re
import shutil
import sys
import time
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import keras
import numpy as np
from packaging.requirements import Requirement
from PIL import Image

import common
from common.console import OK, USAGE, fail
from common.files import (
    FAILED,
    TIMES_FILE,
    LabError,
    atomic,
    command_line,
    prepare,
    read_times,
    write_text,
)
from common.page import template

NEEDED_MB = 500  # dört uygulamanın çıktılarına bol bol yeter
STEPS = 200  # hız denemesinin adım sayısı
USUAL_MS = 3.0  # dersin sürelerinin ölçüldüğü 2 çekirdekli makinede bir adım

LABS = sorted(common.ROOT.glob("uygulama_0*.py"))
EXAMPLES = {  # README'nin şekilleri: outputs/ornekler içindeki ad → outputs içindeki aslı
    "uygulama_01_batch_norm.png": "uygulama_01/10_batch_norm_learning_rates.png",
    "uygulama_02_lr_aralik_testi.png": "uygulama_02/07_lr_range_test.png",
    "uygulama_03_residual.png": "uygulama_03/04_residual_blocks.png",
    "uygulama_04_poster.png": "uygulama_04/08_mini_project_poster.png",
}
EXAMPLE_SIZE, EXAMPLE_COLORS = (1280, 720), 64  # bir şekil 150 KB'ı aşmasın


def check_packages() -> str:
    """Installed versions against requirements.txt."""
    lines = (common.ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    needed = [Requirement(line) for line in lines if line.strip() and line[0] != "#"]
    repair = "Düzeltmek için: python -m pip install -r requirements.txt"
    try:
        wrong = [r for r in needed if not r.specifier.contains(version(r.name))]
    except PackageNotFoundError as error:
        raise LabError(f"{error.name} kurulu değil.\n{repair}") from error
    if wrong:
        names = ", ".join(f"{r.name} {version(r.name)} (istenen {r.specifier})" for r in wrong)
        raise LabError(f"{names}\n{repair}")
    return ", ".join(f"{r.name} {version(r.name)}" for r in needed)


def check_data() -> str:
    """Both data sets load, MNIST with the right checksum."""
    mnist, cancer = common.load_mnist(), common.load_breast_cancer()
    return f"MNIST {mnist.x_train.shape}, Breast Cancer {cancer.x_train.shape}"


def check_outputs() -> str:
    """The output folder can be written and the disk has room."""
    prepare(common.ROOT / "outputs")
    free = shutil.disk_usage(common.ROOT).free / 1e6
    if free < NEEDED_MB:
        raise LabError(f"diskte {free:.0f} MB boş; en az {NEEDED_MB} MB gerekir. Yer açın.")
    return f"outputs yazılabiliyor, diskte {free / 1000:.0f} GB boş"


def check_speed() -> str:
    """Milliseconds of a small training step, beside the machine of the printed seconds."""
    layers = [keras.layers.Dense(128, "relu"), keras.layers.Dense(10, "softmax")]
    model = keras.Sequential([keras.Input((784,)), *layers])
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
    problem = common.plots.open_window()
    common.plots.close_window()
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


def with_seconds(readme: str, script: str, times: dict[str, dict]) -> str:
    """The README with the seconds of one lab (times: `read_times`) in its two tables."""
    seconds = {n: str(max(1, round(row["saniye"]))) for n, row in times.items()}
    readme = re.sub(rf"(\| `{script}` \| )\d+", rf"\g<1>{seconds['toplam']}", readme)
    number = script.split("_")[1]
    head, lab, rest = re.split(rf"(?ms)^(## Uygulama {number} .*?)(?=^## )", readme)
    lab = re.sub(r"(`--bolum (\d+)` \| )\d+", lambda m: m[1] + seconds[m[2]], lab)
    return head + lab + rest


def record_examples() -> None:
    """Copy times and figures of the last full run into outputs/ornekler and the README.

    Raises:
        LabError: a script has not run from its first to its last section yet, or its figure is
            missing.
    """
    outputs, readme = common.ROOT / "outputs", common.ROOT / "README.md"
    scripts = {path.name[: len("uygulama_0N")]: path.name for path in LABS}
    tables = {lab: read_times(outputs / lab / TIMES_FILE) for lab in scripts}
    for lab, times in tables.items():
        figures = [s for s in EXAMPLES.values() if s.startswith(lab)]
        if "toplam" not in times or not all((outputs / s).exists() for s in figures):
            raise LabError(f"{lab} baştan sona koşmamış. Önce: python {scripts[lab]}")
    text = readme.read_text(encoding="utf-8")
    for lab, times in tables.items():
        text = with_seconds(text, scripts[lab], times)
        with atomic(outputs / "ornekler" / f"{lab}_{TIMES_FILE}") as path:
            shutil.copyfile(outputs / lab / TIMES_FILE, path)
    for name, source in EXAMPLES.items():
        with Image.open(outputs / source) as big, atomic(outputs / "ornekler" / name) as path:
            small = big.convert("RGB").resize(EXAMPLE_SIZE, Image.Resampling.LANCZOS)
            small.quantize(EXAMPLE_COLORS).save(path, optimize=True)
    write_text(readme, text)


def exhibition(folder: Path) -> Path:
    """Write the page that shows the posters of a folder, and return its path.

    Raises:
        LabError: there is no poster in it.
    """
    names = sorted(path.name for path in folder.glob("*.png") if path.name[0] != ".")
    if not names:
        raise LabError(f"{folder} klasöründe poster (PNG) yok.")
    path = folder / "sergi.html"
    write_text(path, template(path.name).render(names=names))
    return path


def main(argv: list[str]) -> int:
    """Run every check, or what `argv` asks for; exit code 0 when all is well."""
    show = len(argv) == 2 and argv[0] == "--sergi"
    if not show and argv not in ([], ["--ornekler"]):
        print("Kullanım: python -m common [--ornekler | --sergi KLASÖR]")
        return USAGE
    if argv:
        try:
            print(f"Sergi: {exhibition(Path(argv[1]))}") if show else record_examples()
        except LabError as error:
            print(error)
            return FAILED
        return OK
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
    try:
        sys.exit(main(sys.argv[1:]))
    except (Exception, KeyboardInterrupt) as error:
        sys.exit(fail(error, command_line("python", "-m", "common", *sys.argv[1:])))
