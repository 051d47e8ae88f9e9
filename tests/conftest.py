"""Ortak test araçları: her bölüm bir kez koşar, şekilleri kaydedilirken denetlenir."""

from dataclasses import dataclass, field
from itertools import combinations
from pathlib import Path

import matplotlib.pyplot as plt
import pytest
from matplotlib.text import Text

import uygulama_01_keras_sequential as lab01
from common import plots

MIN_FONT = 16  # projektörde arka sıradan okunan en küçük yazı (punto, 1920 piksel genişlikte)
SLACK = 2.0  # piksel; yazının kutusu harflerden biraz büyüktür


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
    """What a reader in the back row could not read: small, clipped or overlapping text."""
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


def pytest_addoption(parser):
    parser.addoption(
        "--tohum", type=int, default=42, help="iddialar başka bir tohumda da sınansın"
    )


@dataclass
class Evidence:
    """Runs a section of a lab once and keeps what it returned, said and drew."""

    lab: object
    folder: Path
    seed: int
    results: dict = field(default_factory=dict)
    problems: dict = field(default_factory=dict)

    def __call__(self, name: str) -> dict:
        """The numbers that the section claims, at full size."""
        if name not in self.results:
            self.lab.configure(out=self.folder, seed=self.seed)
            self.results[name] = self.lab.sections[name].run()
        return self.results[name]


@pytest.fixture(scope="session")
def evidence(tmp_path_factory, request) -> Evidence:
    """Full-size evidence of Uygulama 01."""
    seed = request.config.getoption("--tohum")
    found = Evidence(lab01.lab, tmp_path_factory.mktemp("tam"), seed)
    present = plots.present

    def checked(fig, window):
        found.problems[lab01.lab.current.name] = figure_problems(fig)
        present(fig, window)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(plots, "present", checked)
        yield found
    lab01.lab.configure()
