"""What several test files use: the labs, a small lab, looking at figures."""

import importlib.util
import shutil
import sys
from itertools import combinations
from pathlib import Path

import keras
import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.text import Text
from matplotlib.transforms import Bbox

from common import plots
from common.files import ROOT
from common.lab import Lab

LABS = {
    path.stem: importlib.import_module(path.stem).lab
    for path in sorted(ROOT.glob("uygulama_0*.py"))
}
LEVELS = ("temel", "orta", "ileri")  # "yaz": test_alistirmalar.py
TASKS = [(stem, level) for stem in LABS for level in LEVELS]
MIN_FONT = 16  # projektörde arka sıradan okunan punto, 1920 piksel genişlikte
SLACK = 2.0  # piksel; yazının kutusu harflerden biraz büyüktür


class SmallLab(Lab):
    """A lab of the test's own sections that writes into the test's folder."""

    def __init__(self, folder: Path):
        super().__init__("uygulama_09_deneme", "Uygulama 09 · Deneme", "00:00-01:00")
        self.out = folder
        self.configure(out=folder)

    def ran(self, *words: str) -> int:
        return self.main([*words, "--cikti", str(self.out)])

    def files(self) -> dict[str, bytes]:
        return {path.name: path.read_bytes() for path in self.folder.iterdir()}


def add_two_sections(lab: SmallLab) -> SmallLab:
    """Quick sections that write tables, a figure, frames and a model."""

    @lab.section(quick={"size": 2}, limits={"size": (1, 50), "rates": (0, 1)})
    def first(
        size=3,  # satır sayısı
        rate=0.5,  # oran
        rates=(0.1, 0.3),
        kind="relu",
        fast=False,
    ):
        """Birinci bölüm

        Soru: Kaç <b>satır</b> çıkar? (a) 2 (b) 3
        """
        shares = keras.random.uniform((size,)).numpy()
        return pd.DataFrame({"ad": ["çizgi"] * size, "pay": shares})

    @first.result
    def _(frame, size, rate):
        """Neden: Ayarı kadar
        satır <s>yazılır</s>.
        """
        lab.table(frame.assign(**{"<i>oran": rate}), "<u>T</u>")
        fig, ax = plots.figure(title="Başlık")
        ax.plot([1, 2], [3, 4])
        lab.save(fig)
        lab.conclude(f"{size} satır <em>var</em>.")
        lab.check("<q>satır</q> sayısı", len(frame), equal=3, full_size=True)
        lab.check("oran küçük ({})", rate, below=1)

    @lab.section
    def second(word="a"):
        """İkinci bölüm"""
        lab.save(keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)]))
        return pd.DataFrame({"b": [1]}), 2 * word, pd.DataFrame({"c": [2]})

    @second.result
    def _(rows, doubled, others, word):
        lab.conclude(f"{word}, {doubled}.")

    return lab


def copy_repository(folder: Path) -> Path:
    """The repository without its results, in a path with a space, Turkish letters."""
    target = folder / "Derin Öğrenme ığüşçİ"
    ignored = shutil.ignore_patterns(".*", "outputs", "tests", "__pycache__")
    return Path(shutil.copytree(ROOT, target, ignore=ignored))


def load_script(text: str, stem: str, folder: Path):
    """A script with this text, imported from a folder of its own."""
    path = folder / f"{stem}.py"
    path.write_text(text, encoding="utf-8")
    spec = importlib.util.spec_from_file_location(f"{stem}_denenen", path)
    script = sys.modules[spec.name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    return script


def visible_texts(fig: plt.Figure) -> list[Text]:
    """Every text that is really drawn; tick labels outside their axis are not."""
    hidden = set()
    for ax in fig.axes:
        for axis in (ax.xaxis, ax.yaxis):
            drawn = {id(tick) for tick in axis._update_ticks()} if ax.axison else set()
            for tick in [*axis.get_major_ticks(), *axis.get_minor_ticks()]:
                if id(tick) not in drawn:
                    hidden |= {id(tick.label1), id(tick.label2)}
            if not ax.axison:
                hidden |= {id(axis.label), id(axis.offsetText)}
    texts = [text for text in fig.findobj(Text) if text.get_visible()]
    return [t for t in texts if t.get_text().strip() and id(t) not in hidden]


def figure_problems(fig: plt.Figure) -> list[str]:
    """What the back row could not read: small, clipped or overlapping text."""
    fig.canvas.draw()
    whole = fig.bbox.padded(SLACK)
    boxes, problems = [], []
    for text in visible_texts(fig):
        said, box = text.get_text(), text.get_window_extent()
        boxes.append((said, box))
        if text.get_fontsize() < MIN_FONT:
            problems.append(f"küçük yazı: {said!r}")
        if not (whole.contains(*box.min) and whole.contains(*box.max)):
            problems.append(f"kesilmiş yazı: {said!r}")
    for (one, a), (other, b) in combinations(boxes, 2):
        shared = Bbox.intersection(a, b)
        if shared and min(shared.size) > SLACK:
            problems.append(f"üst üste: {one!r} ile {other!r}")
    return problems
