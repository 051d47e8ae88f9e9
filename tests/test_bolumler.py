"""Her bölüm sınıfa ne borçlu? Sınamaları tutar; sorusu, sonucu ve nedeni vardır.

`pytest` hızlı boyda bir tohumla koşar, `pytest -m tam` dersteki boyda `--tohum` ile
verilenlerle.
"""

import io
import math
import re

import pytest
from helpers import LABS, TASKS, Evidence
from rich.console import Console

import uygulama_04_custom_loop as lab04
from common.classroom.lettering import first_sentence
from common.classroom.terminal import panel
from common.files import ROOT

SECTIONS = [(stem, name) for stem, lab in LABS.items() for name in lab.sections]
NAMES = [f"{stem[:12]}-{name}" for stem, name in SECTIONS]
every_section = pytest.mark.parametrize(("stem", "name"), SECTIONS, ids=NAMES)
ALONE = {  # yeniden koşanlar; uzun sürenler yalnız tam boyda
    "uygulama_01": ["full_architecture", "dropout_kinds"],
    "uygulama_02": ["early_stopping", "plotter", "lr_logger"],
    "uygulama_03": ["concatenate_or_add", "shared_layers"],
    "uygulama_04": ["mixed_precision", "mini_project", "mini_project_poster"],
}
LONG = {"mixed_precision"}
SCREEN = 80, 24  # sınıftaki en küçük terminal
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
    """Evidence of every lab at one size and seed."""
    quick, seed = request.param
    with pytest.MonkeyPatch.context() as patch:
        if quick:  # üç teknik yeter: her biri yeni bir çizge izletir
            few = dict([*lab04.TECHNIQUES.items()][:3])
            patch.setattr(lab04, "TECHNIQUES", few)
        found = {}
        for stem, lab in LABS.items():
            found[stem] = Evidence(lab, tmp_path_factory.mktemp("outputs"), quick, seed)
        yield found
    for lab in LABS.values():
        lab.configure()


@every_section
def test_every_check_of_the_section_holds(runs, stem, name):
    runs[stem](name)
    report = runs[stem].reports[name]
    assert report.checks
    broken = [check for check in report.checks if check.asked and not check.holds]
    assert [check.text for check in broken] == []


@every_section
def test_section_shows_question_table_figure_and_whole_sentences(runs, stem, name):
    evidence = runs[stem]
    evidence(name)
    report, section = evidence.reports[name], evidence.lab.sections[name]
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
    assert evidence.problems[name] == []


@every_section
def test_the_panel_is_whole_on_a_small_screen(runs, stem, name):
    runs[stem](name)
    screen = Console(width=SCREEN[0], file=io.StringIO(), force_terminal=True)
    screen.print(panel(runs[stem].reports[name], SCREEN[0]))
    assert len(screen.file.getvalue().splitlines()) <= SCREEN[1] - 1


@pytest.mark.bir_tohum
@pytest.mark.parametrize("stem", LABS)
def test_alone_and_again_the_csv_files_are_the_same(runs, stem, tmp_path):
    evidence = runs[stem]
    lab, numbers = evidence.lab, []
    for name in ALONE[lab.name]:
        if not (evidence.quick and name in LONG):
            evidence(name)
            numbers.append(str(lab.sections[name].number))
    size = ["--hizli"] if evidence.quick else []
    options = [*size, "--tohum", str(evidence.seed), "--cikti", str(tmp_path)]
    assert lab.main(["--bolum", *numbers, *options]) == 0
    again = sorted((tmp_path / lab.name).glob("[0-9]*.csv"))
    assert {path.name[:2] for path in again} == {number.zfill(2) for number in numbers}
    for path in again:
        before = evidence.folder / lab.name / path.name
        assert path.read_bytes() == before.read_bytes(), path.name


@pytest.mark.tam
@pytest.mark.parametrize(("stem", "level"), TASKS)
def test_task_not_done_is_not_judged_right(runs, stem, level):
    task = LABS[stem].exercises[level]
    usual = task.measure(runs[stem](task.section))  # NaN: yazılacak satırlar henüz yok
    assert not task.low <= usual <= task.high
    assert math.isnan(usual) == (not task.settings)


@every_section
def test_every_setting_tells_its_reason_and_the_parts_are_short(stem, name):
    section = LABS[stem].sections[name]
    assert set(section.quick) <= set(section.settings)
    assert [word for word, reason in section.reasons.items() if not reason] == []
    assert max(len(cell.splitlines()) for cell in section.lesson) <= LESSON
    assert 0 < len(section.result.splitlines()) <= RESULT


@pytest.mark.parametrize("stem", LABS)
def test_headings_of_the_cells_are_markdown(stem):
    text = (ROOT / f"{stem}.py").read_text(encoding="utf-8")
    headings = re.findall(r"(?m)^# %% \[markdown\]\n# ## (\d+) · .+$", text)
    assert headings == [str(section.number) for section in LABS[stem].sections.values()]
