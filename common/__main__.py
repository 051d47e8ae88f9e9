"""`python -m common`: dersten bir gün önce, bu makine hazır mı?

`python -m common --ornekler`: dört betiğin son bütün koşusundan README'yi, eğitmen kılavuzunu ve
outputs/ornekler içindeki örnekleri yeniler: saniyeler, sorular, sonuçlar, şekiller.

`python -m common --sergi KLASÖR`: klasördeki posterlerden (PNG) tek bir sayfa yapar: sergi.html.
"""

import json
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
from common import number, page
from common.console import OK, USAGE, Outline, fail, read_outline
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

NEEDED_MB = 500  # dört uygulamanın çıktılarına bol bol yeter
STEPS = 200  # hız denemesinin adım sayısı
USUAL_MS = 3.0  # dersin sürelerinin ölçüldüğü 2 çekirdekli makinede bir adım

LABS = sorted(common.ROOT.glob("uygulama_0*.py"))
EXAMPLES = {  # README'nin şekilleri: outputs/ornekler içindeki ad → outputs içindeki aslı
    "uygulama_01_aktivasyonlar.png": "uygulama_01/04_activation_gallery.png",
    "uygulama_01_batch_norm.png": "uygulama_01/10_batch_norm_learning_rates.png",
    "uygulama_02_lr_aralik_testi.png": "uygulama_02/07_lr_range_test.png",
    "uygulama_03_residual.png": "uygulama_03/04_residual_blocks.png",
    "uygulama_04_poster.png": "uygulama_04/08_mini_project_poster.png",
}
EXAMPLE_SIZE, EXAMPLE_COLORS = (1280, 720), 64  # bir şekil 150 KB'ı aşmasın
PAGES = ("README.md", "outputs/ornekler/egitmen.md")  # saniyeleri, sonuçları yenilenen metinler
RESULTS = "outputs/ornekler/sonuclar.json"  # uygulama → bölüm → sorusu, sonucu


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
    times = number(ms / USUAL_MS, 2)
    return f"bir eğitim adımı {number(ms, 2)} ms: süreler yazılanın yaklaşık {times} katı"


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


def renewed(text: str, lab: Outline, times: dict[str, dict], told: dict[str, dict]) -> str:
    """README or the guide with what the recorded run of one lab left.

    Args:
        times: seconds by section number (`read_times`).
        told: question and conclusion by section name, as in RESULTS.
    """
    seconds = {n: max(1, round(row["saniye"])) for n, row in times.items()}
    news = [(rf"(\| `{lab.script}` \| )\d+", seconds["toplam"])]
    for section in lab.sections.values():
        title, found, took = section.title, told[section.name], seconds[str(section.number)]
        here = f"{lab.name[-2:]} · {section.number}"  # kılavuz bölümü böyle anar: "01 · 6"
        head = rf"^### {here} · "
        news += [
            (rf"(\| {re.escape(title)} \| `--bolum \d+` \| )\d+", took),
            (rf"(\| {here} \| )\d+", took),
            (rf"({head}).*", f"{title} ({took} saniye)"),
            (rf"({head}.*\n\n- \*\*Soru:\*\* ).*", found["question"]),
            (rf"({head}(?:.*\n(?!#))*?- \*\*Çıkan:\*\* ).*", found["conclusion"]),
        ]
    for place, value in news:
        text = re.sub(place, lambda m, value=value: f"{m[1]}{value}", text, flags=re.MULTILINE)
    return text


def record_examples() -> None:
    """Copy what the last full run left into outputs/ornekler, the README and the guide.

    Raises:
        LabError: a script has not run from its first to its last section yet, or its figure is
            missing.
    """
    outputs, pages, results = common.ROOT / "outputs", {}, {}
    for path in map(common.ROOT.joinpath, PAGES):
        pages[path] = path.read_text(encoding="utf-8")
    day = {name: sections for name, _, sections in page.read_day(outputs)}
    for lab in map(read_outline, LABS):
        times = read_times(outputs / lab.name / TIMES_FILE)
        usual = f"python {lab.script} --bolum "  # --uzun, --tohum dersin koşusu değildir
        told = {
            s["name"]: {key: s[key] for key in ("question", "conclusion")}
            for s in day.get(lab.name, [])
            if s["command"] == f"{usual}{s['number']}"
        }
        figures = [outputs / s for s in EXAMPLES.values() if s.startswith(lab.name)]
        whole = "toplam" in times and list(told) == list(lab.sections)
        if not (whole and all(figure.exists() for figure in figures)):
            raise LabError(f"{lab.name} baştan sona koşmamış. Önce: python {lab.script}")
        results[lab.name] = told
        pages = {path: renewed(text, lab, times, told) for path, text in pages.items()}
    for name in results:
        with atomic(outputs / "ornekler" / f"{name}_{TIMES_FILE}") as path:
            shutil.copyfile(outputs / name / TIMES_FILE, path)
    for name, source in EXAMPLES.items():
        with Image.open(outputs / source) as big, atomic(outputs / "ornekler" / name) as path:
            small = big.convert("RGB").resize(EXAMPLE_SIZE, Image.Resampling.LANCZOS)
            small.quantize(EXAMPLE_COLORS).save(path, optimize=True)
    pages[common.ROOT / RESULTS] = json.dumps(results, ensure_ascii=False, indent=1) + "\n"
    for path, text in pages.items():
        write_text(path, text)


def exhibition(folder: Path) -> Path:
    """Write the page that shows the posters of a folder, and return its path.

    Raises:
        LabError: there is no poster in it.
    """
    names = sorted(path.name for path in folder.glob("*.png") if path.name[0] != ".")
    if not names:
        raise LabError(f"{folder} klasöründe poster (PNG) yok.")
    path = folder / "sergi.html"
    write_text(path, page.template(path.name).render(names=names))
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
