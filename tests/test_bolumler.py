"""Her bölüm sınıfa ne borçlu? Sınamaları tutar; sorusu, sonucu ve nedeni vardır.

`pytest` hızlı boyda bir tohumla koşar, `pytest -m tam` dersteki boyda `--tohum` ile
verilenlerle.
"""

import functools
import io
import math
import re

import pytest
from helpers import LABS, TASKS, figure_problems
from rich.console import Console

import uygulama_04_custom_loop as lab04
from common.classroom import lettering
from common.classroom.lettering import first_sentence
from common.classroom.runner import Report
from common.classroom.terminal import panel

SECTIONS = [(stem, name) for stem, lab in LABS.items() for name in lab.sections]
NAMES = [f"{stem[:12]}-{name}" for stem, name in SECTIONS]
every_section = pytest.mark.parametrize(("stem", "name"), SECTIONS, ids=NAMES)
ALONE = {  # yeniden koşanlar: hızlı boyda ilki, tam boyda hepsi
    "uygulama_01": ["first_model", "full_architecture", "dropout_kinds"],
    "uygulama_02": ["lr_logger", "early_stopping", "plotter"],
    "uygulama_03": ["concatenate_or_add", "shared_layers"],
    "uygulama_04": ["custom_loss", "mixed_precision", "mini_project"],
}
VERB = re.compile(  # a Turkish sentence ends like this, as far as a rule can tell
    r"(yor|m[ae]z|[dt][ıiuü]r?|[aeıiuü]r|\b(var|yok|değil|aynı|None)"
    r"|\b(büyük|küçük|hızlı|altında|emin))$"
)
NAMED_VALUE = re.compile(r" \((?=.*\{\})(?=.*[^\W\d_])[^()]+\)$")  # "(fark {})"
LESSON, RESULT = 40, 32  # iki parçanın en çok satırı: projektörde bir ekran


def pytest_generate_tests(metafunc):
    if "runs" not in metafunc.fixturenames:
        return
    sizes = []
    for seed in metafunc.config.getoption("--tohum"):
        full = pytest.param((False, seed), id=f"tam-{seed}", marks=pytest.mark.tam)
        quick = pytest.param((True, seed), id="hizli")
        sizes += [full] if sizes else [quick, full]
    marked = {marker.name for marker in metafunc.definition.iter_markers()}
    wanted = slice(1, None) if "tam" in marked else slice(None)
    wanted = slice(2) if "bir_tohum" in marked else wanted
    metafunc.parametrize("runs", sizes[wanted], indirect=True, scope="module")


@pytest.fixture(scope="module")
def runs(request, tmp_path_factory):
    """Runs a section once at one size and seed: its report, problems of its figures."""
    quick, seed = request.param
    folder = tmp_path_factory.mktemp("outputs")
    finish = lettering.finish

    @functools.cache
    def run(stem: str, name: str) -> tuple[Report, list[str]]:
        section = LABS[stem].sections[name]
        small = quick or section.alone  # at full size it takes minutes
        LABS[stem].configure(quick=small, out=folder / stem, seed=seed)
        problems = []

        def checked(fig, conclusion=""):
            finish(fig, conclusion)
            problems.extend(figure_problems(fig))

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(lettering, "finish", checked)
            if quick:  # iki teknik yeter: her biri yeni bir çizge izletir
                few = dict([*lab04.TECHNIQUES.items()][:2])
                patch.setattr(lab04, "TECHNIQUES", few)
            section.run()
        return LABS[stem].report, problems

    run.quick, run.seed, run.folder = quick, seed, folder
    yield run
    for lab in LABS.values():
        lab.configure()


@every_section
def test_every_check_of_the_section_holds(runs, stem, name):
    report, _ = runs(stem, name)
    assert report.checks
    broken = [check for check in report.checks if check.asked and not check.holds]
    assert [check.text for check in broken] == []


@every_section
def test_section_shows_question_table_figure_and_whole_sentences(runs, stem, name):
    report, problems = runs(stem, name)
    section = report.section
    assert re.fullmatch(r"[^?]+\?( \(a\) .+ \(b\) .+ \(c\) .+)?", section.question)
    assert section.why
    assert report.conclusion
    assert len(re.findall(r"[.!](?=\s|$)", report.conclusion)) <= 2, report.conclusion
    said = [NAMED_VALUE.sub("", check.label) for check in report.checks]
    said.append(re.sub(r": .*| \([^()]*\)", "", first_sentence(report.conclusion)))
    assert [sentence for sentence in said if not VERB.search(sentence)] == []
    assert report.tables
    assert all(len(frame) for frame in report.frames.values())
    drawn = f"{section.stem}.png" in {path.name for path in report.written}
    assert drawn or section.curious  # bir tuzak tablosu yetebilir
    assert problems == []
    screen = Console(width=80, file=io.StringIO(), force_terminal=True)
    screen.print(panel(report, 80))
    assert len(screen.file.getvalue().splitlines()) < 24  # sınıftaki en küçük terminal


@pytest.mark.bir_tohum
@pytest.mark.parametrize("stem", LABS)
def test_alone_and_again_the_csv_files_are_the_same(runs, stem, tmp_path):
    lab, names = LABS[stem], ALONE[LABS[stem].name]
    options = ["--tohum", str(runs.seed), "--cikti", str(tmp_path)]
    if runs.quick:
        names = names[:1]
        options.append("--hizli")
    sections = [runs(stem, name)[0].section for name in names]
    numbers = [str(section.number) for section in sections]
    assert lab.main(["--bolum", *numbers, *options]) == 0
    again = sorted((tmp_path / lab.name).glob("[0-9]*.csv"))
    assert {int(path.name[:2]) for path in again} == {int(n) for n in numbers}
    for path in again:
        before = runs.folder / stem / lab.name / path.name
        assert path.read_bytes() == before.read_bytes(), path.name


@pytest.mark.tam
@pytest.mark.parametrize(("stem", "level"), TASKS)
def test_task_not_done_is_not_judged_right(runs, stem, level):
    task = LABS[stem].exercises[level]
    report, _ = runs(stem, task.section)
    usual = task.measure(report.data)  # NaN: yazılacak satırlar henüz yok
    assert not task.low <= usual <= task.high
    assert math.isnan(usual) == (not task.settings)


@every_section
def test_every_setting_tells_its_reason_and_the_parts_are_short(stem, name):
    section = LABS[stem].sections[name]
    assert set(section.quick) <= set(section.settings)
    assert [word for word, reason in section.reasons.items() if not reason] == []
    assert max(len(cell.splitlines()) for cell in section.lesson) <= LESSON
    assert 0 < len(section.result.splitlines()) <= RESULT
