"""Ortak test araçları: her bölüm bir kez koşar, şekilleri kaydedilirken denetlenir.

`pytest` iddiaları `--hizli` boyutunda sınar, `pytest -m tam` dersteki boyutta.
"""

import importlib
import re
import shutil
import signal
from dataclasses import dataclass, field
from itertools import combinations
from pathlib import Path

import matplotlib.pyplot as plt
import pytest
from matplotlib.text import Text
from xdist.scheduler import LoadScopeScheduling

from common.classroom import lettering
from common.files import ROOT
from common.lab import Lab

signal.signal(signal.SIGINT, signal.default_int_handler)  # `nohup … &` ignores it
LABS = {
    path.stem: importlib.import_module(path.stem).lab
    for path in sorted(ROOT.glob("uygulama_0*.py"))
}
MIN_FONT = (
    16  # projektörde arka sıradan okunan en küçük yazı (punto, 1920 piksel genişlikte)
)
SLACK = 2.0  # piksel; yazının kutusu harflerden biraz büyüktür


def copy_repository(folder: Path) -> Path:
    """The repository without its results, in a path with a space, Turkish letters."""
    target = folder / "Derin Öğrenme ığüşçİ"
    ignored = shutil.ignore_patterns(".*", "outputs", "tests", "__pycache__")
    return Path(shutil.copytree(ROOT, target, ignore=ignored))


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
    return [
        text
        for text in fig.findobj(Text)
        if text.get_visible() and text.get_text().strip() and id(text) not in hidden
    ]


def figure_problems(fig: plt.Figure) -> list[str]:
    """What the back row could not read: small, clipped or overlapping text."""
    fig.canvas.draw()
    texts = visible_texts(fig)
    boxes = [text.get_window_extent() for text in texts]
    problems = [
        f"küçük yazı ({t.get_fontsize():.0f} punto): {t.get_text()!r}"
        for t in texts
        if t.get_fontsize() < MIN_FONT
    ]
    for text, box in zip(texts, boxes, strict=True):
        outside = box.x0 < -SLACK or box.y0 < -SLACK
        if outside or box.x1 > fig.bbox.x1 + SLACK or box.y1 > fig.bbox.y1 + SLACK:
            problems.append(f"kesilmiş yazı: {text.get_text()!r}")
    for (one, a), (other, b) in combinations(zip(texts, boxes, strict=True), 2):
        width = min(a.x1, b.x1) - max(a.x0, b.x0)
        height = min(a.y1, b.y1) - max(a.y0, b.y0)
        if width > SLACK and height > SLACK:
            problems.append(f"üst üste: {one.get_text()!r} ile {other.get_text()!r}")
    return problems


class ByLab(LoadScopeScheduling):
    """A file's tests stay in one process; those about a lab by lab and seed."""

    def _split_scope(self, nodeid):
        parts = re.findall(r"uygulama_0\d|hizli|tam-\d+", nodeid)
        return "-".join([nodeid.split("::")[0], *sorted(set(parts))])


def pytest_xdist_make_scheduler(config, log):
    return ByLab(config, log)


def pytest_addoption(parser):
    parser.addoption(
        "--tohum",
        type=lambda text: [int(word) for word in text.split(",")],
        default=[42, 7],
        help="iddiaların tohumları, virgülle: hızlı boyda ilki, tam boyda hepsi",
    )


@dataclass
class Evidence:
    """Runs a section of a lab once and keeps what it returned, said and drew."""

    lab: Lab
    folder: Path
    quick: bool
    seed: int
    results: dict = field(default_factory=dict)
    reports: dict = field(default_factory=dict)
    problems: dict = field(default_factory=dict)

    def __call__(self, name: str) -> dict:
        """The numbers that the section claims."""
        if name not in self.results:
            section = self.lab.sections[name]
            quick = self.quick or section.alone  # at full size it takes minutes
            self.lab.configure(quick=quick, out=self.folder, seed=self.seed)
            finish, problems = lettering.finish, self.problems.setdefault(name, [])

            def checked(fig, conclusion=""):
                finish(fig, conclusion)
                problems.extend(figure_problems(fig))

            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(lettering, "finish", checked)
                section.run()
            self.reports[name] = self.lab.report
            self.results[name] = self.lab.report.data
        return self.results[name]


def repeats_itself(evidence: Evidence, names: list[str], folder: Path) -> None:
    """Assert that these sections, alone and run again, write the same CSV files."""
    for name in names:
        evidence(name)
    numbers = [str(evidence.lab.sections[name].number) for name in names]
    size = ["--hizli"] if evidence.quick else []
    options = [*size, "--tohum", str(evidence.seed), "--cikti", str(folder)]
    assert evidence.lab.main(["--bolum", *numbers, *options]) == 0
    again = sorted((folder / evidence.lab.name).glob("[0-9]*.csv"))
    assert {path.name[:2] for path in again} == {number.zfill(2) for number in numbers}
    for path in again:
        before = evidence.folder / evidence.lab.name / path.name
        assert path.read_bytes() == before.read_bytes(), path.name


@pytest.fixture
def failing(request, tmp_path):
    """Runs a section of the module's `lab` and gives the checks that do not hold."""

    lab = request.module.lab

    def run(name: str) -> list[str]:
        lab.configure(quick=True, out=tmp_path)
        lab.sections[name].run()
        return [c.label for c in lab.report.checks if c.asked and not c.holds]

    yield run
    lab.configure()
