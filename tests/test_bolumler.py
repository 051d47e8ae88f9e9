"""Her bölüm sınıfa ne borçlu? Sınamaları tutar; sorusu, sonucu ve nedeni vardır.

`pytest` hızlı boyda bir tohumla koşar, `pytest -m tam` dersteki boyda `--tohum` ile
verilenlerle.
"""

import io
import math
import re
from pathlib import Path

import pandas as pd
import pytest
from helpers import LABS, TASKS, Evidence
from rich.console import Console

from common.classroom.terminal import panel
from common.files import ROOT

SECTIONS = [(stem, name) for stem, lab in LABS.items() for name in lab.sections]
NAMES = [f"{stem[:12]}-{name}" for stem, name in SECTIONS]
ALONE = {
    "uygulama_01_keras_sequential": ["full_architecture", "dropout_kinds"],
    "uygulama_02_callbacks_lr": [
        "early_stopping",
        "plotter",
        "lr_logger",
    ],
    "uygulama_03_functional_api": ["concatenate_or_add", "shared_layers"],
    "uygulama_04_custom_loop": [
        "mixed_precision",
        "mini_project",
        "mini_project_poster",
    ],
}
SCREEN = 80, 24  # sınıftaki en küçük terminal
LESSON, RESULT = 40, 32  # iki parçanın en çok satırı: projektörde bir ekran


def pytest_generate_tests(metafunc):
    if "runs" not in metafunc.fixturenames:
        return
    seeds = metafunc.config.getoption("--tohum")
    full = [
        pytest.param((False, s), id=f"tam-{s}", marks=pytest.mark.tam) for s in seeds
    ]
    quick = pytest.param((True, seeds[0]), id="hizli")
    marked = {marker.name for marker in metafunc.definition.iter_markers()}
    sizes = (
        full
        if "tam" in marked
        else [quick, *(full[:1] if "bir_tohum" in marked else full)]
    )
    metafunc.parametrize("runs", sizes, indirect=True, scope="module")


@pytest.fixture(scope="module")
def runs(request, tmp_path_factory):
    """Evidence of every lab at one size and seed."""
    make = tmp_path_factory.mktemp
    yield {
        stem: Evidence(lab, make("outputs"), *request.param)
        for stem, lab in LABS.items()
    }
    for lab in LABS.values():
        lab.configure()


@pytest.mark.parametrize(("stem", "name"), SECTIONS, ids=NAMES)
def test_every_check_of_the_section_holds(runs, stem, name):
    runs[stem](name)
    report = runs[stem].reports[name]
    assert report.checks
    assert [
        check.text for check in report.checks if check.asked and not check.holds
    ] == []


@pytest.mark.parametrize(("stem", "name"), SECTIONS, ids=NAMES)
def test_section_shows_its_question_table_figure_conclusion_and_reason(
    runs, stem, name
):
    evidence = runs[stem]
    evidence(name)
    report, section = evidence.reports[name], evidence.lab.sections[name]
    assert re.fullmatch(r"[^?]+\?( \(a\) .+ \(b\) .+ \(c\) .+)?", section.question)
    assert section.why
    assert report.conclusion
    assert len(re.findall(r"[.!](?=\s|$)", report.conclusion)) <= 2, report.conclusion
    assert report.tables
    frames = report.frames.values()
    assert all(isinstance(frame, pd.DataFrame) and len(frame) for frame in frames)
    drawn = f"{section.stem}.png" in {path.name for path in report.written}
    assert drawn or section.curious  # bir tuzak tablosu yetebilir
    assert evidence.problems[name] == []


@pytest.mark.parametrize(("stem", "name"), SECTIONS, ids=NAMES)
def test_the_panel_is_whole_on_a_small_screen(runs, stem, name):
    runs[stem](name)
    screen = Console(width=SCREEN[0], file=io.StringIO(), force_terminal=True)
    screen.print(panel(runs[stem].reports[name], SCREEN[0]))
    lines = screen.file.getvalue().splitlines()
    assert len(lines) <= SCREEN[1] - 1, len(lines)


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


@pytest.mark.bir_tohum
@pytest.mark.parametrize("stem", LABS)
def test_alone_and_again_the_csv_files_are_the_same(runs, stem, tmp_path):
    repeats_itself(runs[stem], ALONE[stem], tmp_path)


@pytest.mark.tam
@pytest.mark.parametrize(("stem", "level"), TASKS)
def test_task_not_done_is_not_judged_right(runs, stem, level):
    task = LABS[stem].exercises[level]
    usual = task.measure(runs[stem](task.section))  # NaN: yazılacak satırlar henüz yok
    assert not task.low <= usual <= task.high
    assert math.isnan(usual) == (not task.settings)


@pytest.mark.parametrize(("stem", "name"), SECTIONS, ids=NAMES)
def test_every_setting_tells_its_reason_and_the_parts_are_short(stem, name):
    section = LABS[stem].sections[name]
    assert set(section.quick) <= set(section.settings)
    untold = [setting for setting, reason in section.reasons.items() if not reason]
    assert untold == []
    assert max(len(cell.splitlines()) for cell in section.lesson) <= LESSON
    assert 0 < len(section.result.splitlines()) <= RESULT


@pytest.mark.parametrize("stem", LABS)
def test_headings_of_the_cells_are_markdown(stem):
    text = (ROOT / f"{stem}.py").read_text(encoding="utf-8")
    headings = re.findall(r"(?m)^# %% \[markdown\]\n# ## (\d+) · .+$", text)
    assert headings == [str(section.number) for section in LABS[stem].sections.values()]
