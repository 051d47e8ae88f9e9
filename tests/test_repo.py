"""Depo kendi sözünü tutuyor mu: README, eğitmen kılavuzu, kayıt, adlar, sürümler."""

import csv
import json
import re
import shlex
from importlib.metadata import requires, version

import pytest
from helpers import LABS
from packaging.requirements import Requirement

from common.classroom import spelling
from common.classroom.command import understand
from common.classroom.source import read_outline
from common.classroom.startup import PACKAGES
from common.files import ROOT
from tools import kaydet
from tools.kaydet import MARK, PAGES, RESULTS, renewed


def read(path: str) -> str:
    return (ROOT / path).read_text(encoding="utf-8")


EXAMPLES = "outputs/ornekler"
MARKED = [read(path) for path in PAGES]
SIGNS = re.compile(f"{MARK}.+? -->|{kaydet.END}")  # of what was recorded
README, GUIDE = (SIGNS.sub("", text) for text in MARKED)
TOLD = json.loads(read(RESULTS))
LABS_READ = [read_outline(path) for path in sorted(ROOT.glob("uygulama_0*.py"))]
SECTIONS = {(lab.name, s.number): s for lab in LABS_READ for s in lab.sections.values()}
LIMITS = {"uygulama_04": (170, 2500)}  # saniye, MB; ötekilerde 120, 2000
LONGEST, MINI_PROJECT = 25, 100  # bir bölümün, mini projenin sınırı (saniye)
DAY = 450  # dört betik (saniye): yedi buçuk dakika


def test_ci_and_workflows_run_exactly_the_lines_of_the_readme():
    *_, line, full = read(".ci/run").splitlines()
    assert [part for part in ("pip install", "ruff check") if part not in line] == []
    assert line.endswith("-m pytest")
    assert full == ".venv/bin/python -m pytest -m tam"
    lines = README.splitlines()
    run, test = (text for text in lines if text.startswith("python3") and "&&" in text)
    assert line == test
    run = run.split(" && (")[0]
    run += "".join(f" && .venv/bin/python {stem}.py" for stem in LABS)
    windows = [
        text.replace("python3", "py -3").replace(".venv/bin/", ".venv\\Scripts\\")
        for text in (run, test)
    ]
    assert re.findall(r"```bat\n(.+)\n```", README) == windows
    commands = set()
    for path in (ROOT / ".github" / "workflows").glob("*.yml"):
        text = path.read_text(encoding="utf-8")
        assert "\t" not in text  # YAML sekmeyle girinti bilmez
        commands.update(re.findall(r"(?m)^ +(?:- )?run: (.+)$", text))
    assert commands == {test, windows[1], ".ci/run"}


def test_readme_names_every_lab_and_shows_what_the_first_minute_shows():
    for lab in LABS_READ:
        assert f"| {lab.hours} | {lab.title} | `{lab.script}` |" in README
    first = re.search(r"--bolum (\d+)\n```\n(?:.|\n)+?`✓ (.+?)`", README)
    section = LABS_READ[0].numbered(first[1])
    assert first[2] in section.code + section.result


DOCUMENTS = [ROOT / "README.md", *ROOT.glob(f"{EXAMPLES}/*.md")]


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_links_lead_somewhere_and_pictures_are_small(path):
    text = path.read_text(encoding="utf-8")
    targets = re.findall(r"\]\(([^)#]*)(?:#([^)]*))?\)", text)
    assert targets
    for target, anchor in targets:
        found = path.parent / target if target else path
        assert found.exists(), target
        assert found.suffix != ".png" or found.stat().st_size <= 150_000
        if anchor:
            headings = re.findall(r"(?m)^#+ (.+)$", found.read_text(encoding="utf-8"))
            assert anchor in {h.lower().replace(" ", "-") for h in headings}


def test_the_slide_table_points_to_sections_that_exist():
    text = read(f"{EXAMPLES}/slaytlar_ve_keras.md")
    rows = re.findall(r"(?m)^\| .+ \| .+ \| (0\d), bölüm ([\d, ]+) \|$", text)
    assert len(rows) >= 27  # DESIGN.md'deki doğrulanmış gerçeklerin sayısı
    for lab, numbers in rows:
        assert {(f"uygulama_{lab}", int(n)) for n in numbers.split(", ")} <= {*SECTIONS}


def test_the_pages_tell_what_was_recorded_of_every_lab():
    assert [renewed(text, TOLD) for text in MARKED] == MARKED
    marks = [f"{MARK}{name} saniye -->" for name in TOLD]
    assert all(mark in text for mark in marks for text in MARKED)
    asked = [s["question"] for run in TOLD.values() for s in run["sections"].values()]
    assert asked == [section.question for section in SECTIONS.values()]


def test_the_recorded_day_is_small_and_whole():
    day = ROOT / kaydet.DAY
    assert sum(path.stat().st_size for path in day.glob("**/*.*")) <= 3_000_000
    text = (day / "index.html").read_text(encoding="utf-8")
    assert "--cikti" not in text  # kaydedenin klasörü görünmez
    assert "setInterval" not in text
    targets = re.findall(r'(?:src|href)="([^"#?]+)', text)
    assert len(targets) > len(SECTIONS)
    assert all((day / target).is_file() for target in targets)


def test_recorded_times_are_within_the_limits_of_the_course():
    day = 0
    for lab in LABS_READ:
        total, sections = TOLD[lab.name]["total"], TOLD[lab.name]["sections"]
        most_seconds, most_mb = LIMITS.get(lab.name, (120, 2000))
        assert total["seconds"] <= most_seconds
        assert max(row["memory_mb"] for row in [total, *sections.values()]) <= most_mb
        for name, row in sections.items():
            limit = MINI_PROJECT if name == "mini_project" else LONGEST
            assert row["seconds"] <= limit or lab.sections[name].alone  # dakikalar
        day += total["seconds"]
    assert day <= DAY


def test_no_recorded_check_came_nearer_to_failing_than_a_tenth_of_its_bound():
    rows = list(csv.DictReader(read(f"{EXAMPLES}/sinama_paylari.csv").splitlines()))
    assert min(float(row["pay"]) for row in rows) >= 1
    sections = {(lab.name, name) for lab in LABS_READ for name in lab.sections}
    assert {(row["uygulama"], row["bölüm"]) for row in rows} <= sections


# Eğitmen kılavuzu

COLUMNS = ["saat", "dk", "bölüm", "kodda", "sık yanlış", "şekilde", "deneyin"]
SLIDE_HOURS = {"09:00", "09:30", "10:30", "10:45", "11:45", "13:00", "14:00"}
SLIDE_HOURS |= {"15:15", "16:30"}
LEAST, BUFFER = 4.5, 5  # dakika: bir bölüm, her bloğun payı


def day_blocks() -> list[tuple]:
    """The blocks of the guide: start, end, lab, rows (column -> cell)."""
    found = []
    for part in GUIDE.split("\n## "):
        lab = kaydet.part_of(LABS_READ, part)
        if lab:
            table = [kaydet.cells(r) for r in part.splitlines() if r.startswith("|")]
            assert table[0] == COLUMNS
            rows = [dict(zip(COLUMNS, row, strict=True)) for row in table[2:]]
            found.append((part[:5], part[6:11], lab, rows))
    return found


def what_if(row: dict) -> list[str]:
    """What is typed behind the script's name: of `6 depth=2` "--bolum 6 --ayar …"."""
    number, *words = shlex.split(row["deneyin"].split("`")[1])
    whole = number.startswith("--")
    return [number, *words] if whole else ["--bolum", number, "--ayar", *words]


BLOCKS = day_blocks()
TAUGHT = []  # lab, its section, the section's row
for _, _, lab, rows in BLOCKS:
    for row in rows:
        if section := kaydet.section_of(lab, f"| {row['bölüm']} |"):
            TAUGHT.append((lab, section, row))
WHAT_IFS = [(lab.script[:-3], what_if(row)) for lab, _, row in TAUGHT]


def test_every_section_has_one_row_with_every_cell_filled():
    taught = sorted((lab.name, section.number) for lab, section, _ in TAUGHT)
    assert taught == sorted(SECTIONS)
    for _, section, row in TAUGHT:
        assert row["bölüm"] == f"**{section.number}** · {section.label}"
        assert (row["saat"] == row["dk"] == "-") == section.curious, row
        assert all(row.values()), row


def test_lines_to_point_at_and_the_printed_guide_are_those_of_today():
    for path, text in kaydet.guide_files(MARKED[1]).items():
        assert read(path) == text, f"{path}: python tools/kaydet.py --kilavuz"


def test_the_console_numbers_the_lines_of_a_lesson_as_its_file_does():
    for lab in LABS_READ:
        file = read(lab.script).splitlines()
        for section in lab.sections.values():
            for cell, line in zip(section.lesson, section.lines, strict=True):
                code = cell.splitlines()
                assert file[line - 1 :][: len(code)] == code


def test_what_is_written_by_hand_states_no_result():
    number = re.compile(r"\d+(?:[.,]\d+)*")
    for _, section, row in TAUGHT:
        _, command, seen = row["deneyin"].split("`")
        known = number.findall(section.code.replace("_", "") + command)
        known = {n.replace(".", ",") for n in known}  # ayarlar, sorudaki sayılar
        assert set(number.findall(row["şekilde"] + seen)) <= known, row


def test_every_what_if_and_every_command_of_the_guide_is_understood():
    for lab, section, row in TAUGHT:
        command = understand(lab, what_if(row))
        assert command.chosen[-1].name == section.name, row
        assert command.settings, row
    commands = re.findall(r"`python (uygulama_0(\d)\w+\.py) ?(.*?)`", GUIDE)
    assert len(commands) >= 3
    for script, number, words in commands:
        assert LABS_READ[int(number) - 1].script == script
        understand(LABS_READ[int(number) - 1], shlex.split(words))


@pytest.mark.tam
@pytest.mark.parametrize(
    ("stem", "words"), WHAT_IFS, ids=[" ".join(words) for _, words in WHAT_IFS]
)
def test_what_if_runs(stem, words, tmp_path):
    lab = LABS[stem]
    code = lab.main([*words, "--hizli", "--cikti", str(tmp_path)])
    lab.configure()
    assert code == 0


def test_the_plan_fills_the_hours_of_the_slides():
    now, starts = 9 * 60, set()
    for start, end, lab, rows in BLOCKS:
        starts.add(start)
        for row in rows:
            if row["saat"] != "-":
                assert row["saat"] == f"{now // 60:02}:{now % 60:02}"
                starts.add(row["saat"])
                now += int(row["dk"])
        assert end == f"{now // 60:02}:{now % 60:02}"
        assert lab.hours[:5] <= start < lab.hours[6:]
        spare = [int(row["dk"]) for row in rows if row["bölüm"].startswith("pay")]
        assert sum(spare) >= BUFFER, start
    assert end == "17:00"
    assert starts >= SLIDE_HOURS
    for lab, section, row in TAUGHT:
        if not section.curious:
            minutes = int(row["dk"])
            seconds = TOLD[lab.name]["sections"][section.name]["seconds"]
            assert minutes >= LEAST, row
            assert seconds <= 60 * minutes / 3, row  # üçte ikisi sınıfa kalır


def test_the_slide_map_leads_to_every_section():
    rows = re.findall(r"(?m)^\| (\d+) \| [^|]+ \| (0\d · [^|]+) \|$", GUIDE)
    assert [int(slide) for slide, _ in rows] == list(range(2, 14))
    mapped = set()
    for _, cell in rows:
        for part in cell.split("; "):
            lab, _, numbers = part.partition(" · ")
            mapped |= {(f"uygulama_{lab}", int(n)) for n in numbers.split(", ")}
    assert mapped == set(SECTIONS)


@pytest.mark.parametrize("stem", LABS)
def test_the_guide_has_the_solutions_of_the_exercises(stem):
    lab = LABS[stem]
    for level, task in lab.exercises.items():
        if level == "yaz":  # alistirmalar/cozumler
            continue
        section = lab.sections[task.section].number
        solution = task.solution if task.settings else f"`{task.solution}`"
        row = f"| {lab.name[-2:]} · {level} | {section} | {task.task} "
        row += f"| {task.quantity}: {task.expected} | {solution} |\n"
        assert row in GUIDE


def requirements(name: str) -> list[Requirement]:
    return [Requirement(line) for line in read(name).splitlines() if line[:1] != "#"]


def plain(name: str) -> str:
    """A distribution's name as all files may write it."""
    return name.lower().replace("_", "-")


def test_constraints_pin_everything_that_the_requirements_bring():
    pinned = {}
    for pin in requirements("constraints.txt"):
        assert str(pin.specifier).startswith("=="), pin
        if not pin.marker or pin.marker.evaluate():
            pinned[plain(pin.name)] = str(pin.specifier).removeprefix("==")
    queue, seen = requirements("requirements.txt"), set()
    while queue:
        needed = queue.pop()
        name = plain(needed.name)
        assert name in pinned, f"python tools/sabitle.py: {name}"
        assert needed.specifier.contains(pinned[name]), f"tools/sabitle.py: {needed}"
        if name not in seen:
            seen.add(name)
            found = map(Requirement, requires(name) or ())
            here = {"extra": ""}
            queue += [r for r in found if not r.marker or r.marker.evaluate(here)]


def test_requirements_are_installed_and_name_what_a_lab_looks_for():
    needed = requirements("requirements.txt")
    assert all(str(r.specifier).startswith("~=") for r in needed)
    assert all(r.specifier.contains(version(r.name)) for r in needed)
    packages = {name.replace("sklearn", "scikit-learn") for name in PACKAGES}
    assert {r.name for r in needed} >= packages


@pytest.mark.parametrize("stem", LABS)
def test_headings_numbers_chance_and_signs_are_written_in_one_way(stem):
    text = read(f"{stem}.py")
    headings = re.findall(r"(?m)^# %% \[markdown\]\n# ## (\d+) · .+$", text)
    assert headings == [str(section.number) for section in LABS[stem].sections.values()]
    assert re.findall(r"(?<![\w.,])\d{5,}(?!\w)", text) == []  # "42 497"
    assert "gürültüden ayrılmıyor" not in text  # "fark şanstan ayrılmıyor"
    assert spelling.plain(text).count("?") == text.count("?")  # dar terminalde de
