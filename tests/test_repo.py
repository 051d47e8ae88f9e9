"""Depo kendi sözünü tutuyor mu: README, eğitmen kılavuzu, adlar, sürümler, figürler."""

import ast
import csv
import json
import re
import shlex
import shutil
import sys
from importlib.metadata import packages_distributions, requires, version

import pytest
from helpers import LABS
from packaging.requirements import Requirement
from PIL import Image

from common import LabError
from common.classroom import records
from common.classroom.command import understand
from common.classroom.source import read_outline
from common.classroom.startup import PACKAGES
from common.files import ROOT
from tools import kaydet
from tools.kaydet import MARK, PAGES, RESULTS, renewed

EXAMPLES_FOLDER = ROOT / "outputs" / "ornekler"


def unmarked(text: str) -> str:
    """A page as it is shown: without the marks of what was recorded."""
    first, *parts = text.split(MARK)
    shown = [part.partition(" -->")[2] for part in parts]
    return "".join([first, *shown]).replace(kaydet.END, "")


MARKED = [(ROOT / path).read_text(encoding="utf-8") for path in PAGES]
README, GUIDE = (unmarked(text) for text in MARKED)
SLIDES = (EXAMPLES_FOLDER / "slaytlar_ve_keras.md").read_text(encoding="utf-8")
TOLD = json.loads((ROOT / RESULTS).read_text(encoding="utf-8"))
OUTLINES = {
    path.stem: read_outline(path) for path in sorted(ROOT.glob("uygulama_0*.py"))
}
LIMITS = {
    f"uygulama_0{n}": seconds for n, seconds in enumerate((120, 120, 120, 170), start=1)
}
MEMORY_MB = {
    f"uygulama_0{n}": mb for n, mb in enumerate((2000, 2000, 2000, 2500), start=1)
}
DOCUMENTS = ("egitmen", "slaytlar_ve_keras", "sozluk", "sss")
LONGEST, MINI_PROJECT = 25, 100  # bir bölümün, mini projenin sınırı (saniye)
DAY = 450  # dört betik (saniye): yedi buçuk dakika
OWN = {"alistirmalar", "common", "helpers", "tools", *LABS}


def test_ci_runs_exactly_the_test_line_of_the_readme_and_then_the_full_size():
    *_, line, full = (ROOT / ".ci" / "run").read_text(encoding="utf-8").splitlines()
    assert line in README.splitlines()
    assert "pip install" in line
    assert "ruff check" in line
    assert line.endswith("-m pytest")
    assert full == ".venv/bin/python -m pytest -m tam"


def test_the_lines_of_cmd_do_what_those_of_the_shell_do():
    lines = README.splitlines()
    run, test = (line for line in lines if line.startswith("python3") and "&&" in line)
    run = run.split(" && (")[0] + "".join(
        f" && .venv/bin/python {stem}.py" for stem in LABS
    )
    there = [
        line.replace("python3", "py -3").replace(".venv/bin/", ".venv\\Scripts\\")
        for line in (run, test)
    ]
    assert re.findall(r"```bat\n(.+)\n```", README) == there


def test_the_first_minute_shows_what_readme_says():
    number, label = re.search(
        r"--bolum (\d+)\n```\n(?:.|\n)+?`✓ (.+?)`", README
    ).groups()
    lab = LABS["uygulama_01_keras_sequential"]
    assert label in lab.numbered(number).code + lab.numbered(number).result


@pytest.mark.parametrize("stem", LABS)
def test_script_lab_list_and_readme_agree(stem, capsys):
    lab = LABS[stem]
    assert lab.script == f"{stem}.py"
    assert f"| {lab.hours} | {lab.title} | `{lab.script}` |" in README
    lab.main(["--liste"])
    shown = capsys.readouterr().out
    assert all(section.title in shown for section in lab.sections.values())


def test_the_pages_tell_what_was_recorded_of_every_lab():
    assert [renewed(text, TOLD) for text in MARKED] == MARKED
    marks = [f"{MARK}{name} saniye -->" for name in TOLD]
    assert all(mark in text for mark in marks for text in MARKED)


@pytest.mark.parametrize("mark", [f"yok -->3{kaydet.END}", "uygulama_01 saniye -->3"])
def test_a_mark_without_a_record_or_an_end_is_told(mark):
    with pytest.raises(LabError, match=mark.partition(" -->")[0]):
        renewed(MARK + mark, TOLD)


@pytest.fixture
def recorded(tmp_path):
    """The repository when the run was recorded: its outputs, nothing in ornekler."""
    outputs = tmp_path / "outputs"
    shutil.copytree(
        EXAMPLES_FOLDER,
        outputs / "ornekler",
        ignore=shutil.ignore_patterns("*.[cjp]*", "gun"),
    )
    shutil.copy(ROOT / "README.md", tmp_path)
    for lab in OUTLINES.values():
        folder = outputs / lab.name
        ours = {"title": lab.title, "sections": list(lab.sections)}
        ours["total"] = TOLD[lab.name]["total"]
        records.write_record(folder / records.LAB_FILE, ours)
        for number, (name, told) in enumerate(
            TOLD[lab.name]["sections"].items(), start=1
        ):
            command = f"python {lab.script} --bolum {number}"
            record = told | {"name": name, "number": number}
            record["command"] = f"{command} --cikti {outputs}"
            record |= {"code": "", "figures": [f"{name}.png"]}
            Image.new("RGB", (192, 108), "red").save(folder / f"{name}.png")
            records.write_record(folder / f"{number:02}_{name}.json", record)
            other = record | {
                "command": f"{command} --tohum 7 --cikti {outputs}",
                "conclusion": "Dersinki değil.",
            }
            records.write_record(folder / f"{number:02}_{name}_uzun.json", other)
    return tmp_path


def test_a_whole_run_renews_pages_results_and_the_recorded_day(recorded):
    kaydet.record(recorded / "outputs", recorded)
    renewed_pages = [(recorded / path).read_text(encoding="utf-8") for path in PAGES]
    assert renewed_pages == MARKED
    assert json.loads((recorded / RESULTS).read_text(encoding="utf-8")) == TOLD
    day = recorded / kaydet.DAY
    text = (day / "index.html").read_text(encoding="utf-8")
    assert str(recorded) not in text
    figures = {path.relative_to(day).as_posix() for path in day.glob("*/*.png")}
    assert figures == {f"{lab}/{s}.png" for lab in TOLD for s in TOLD[lab]["sections"]}
    assert all(f'src="{figure}?' in text for figure in figures)
    assert "setInterval" not in text
    with Image.open(day / min(figures)) as picture:
        assert picture.mode == "P"
        assert picture.convert("RGB").getpixel((96, 54))[0] > 250


@pytest.mark.parametrize(
    "missing", ["residual_blocks.png", "*_vanishing_gradient.json"]
)
def test_a_run_that_is_not_whole_is_not_recorded(recorded, missing):
    (path,) = (recorded / "outputs").glob(f"uygulama_*/{missing}")
    path.unlink()
    with pytest.raises(LabError, match=path.parent.name):
        kaydet.record(recorded / "outputs", recorded)
    assert not (recorded / kaydet.DAY).exists()


def test_the_recorded_day_is_small_and_whole():
    day = ROOT / kaydet.DAY
    assert sum(path.stat().st_size for path in day.glob("**/*.*")) <= 3_000_000
    for path in day.glob("index.html"):
        text = path.read_text(encoding="utf-8")
        targets = re.findall(r'(?:src|href)="([^"#?]+)', text)
        assert targets
        assert all((day / target).is_file() for target in targets)


def test_the_slide_table_points_to_sections_that_exist():
    rows = re.findall(r"(?m)^\| .+ \| .+ \| (0\d), bölüm ([\d, ]+) \|$", SLIDES)
    assert len(rows) >= 27  # DESIGN.md'deki doğrulanmış gerçeklerin sayısı
    for number, sections in rows:
        lab = next(lab for lab in LABS.values() if lab.name == f"uygulama_{number}")
        valid = {str(section.number) for section in lab.sections.values()}
        assert set(sections.split(", ")) <= valid


@pytest.mark.parametrize(
    "path", ["README.md", *(f"outputs/ornekler/{p}.md" for p in DOCUMENTS)]
)
def test_links_lead_somewhere(path):
    text = (ROOT / path).read_text(encoding="utf-8")
    targets = re.findall(r"\]\(([^)#]*)(#[^)]*)?\)", text)
    assert targets
    for target, anchor in targets:
        found = (ROOT / path).parent / target if target else ROOT / path
        assert found.exists(), target
        headings = (
            re.findall(r"(?m)^#+ (.+)$", found.read_text("utf-8")) if anchor else []
        )
        anchors = {"#" + heading.lower().replace(" ", "-") for heading in headings}
        assert not anchor or anchor in anchors, anchor


# Eğitmen kılavuzu

COLUMNS = ["saat", "dk", "bölüm", "kodda", "sık yanlış", "şekilde", "deneyin"]
SLIDE_HOURS = [
    "09:00",
    "09:30",
    "10:30",
    "10:45",
    "11:45",
    "13:00",
    "14:00",
    "15:15",
    "16:30",
]
LEAST, BUFFER = 4.5, 5  # dakika: bir bölüm, her bloğun payı


def day_blocks() -> list[tuple]:
    """The blocks of the guide: start, end, lab, rows (column -> cell)."""
    found = []
    for part in GUIDE.split("\n## "):
        lab = kaydet.part_of(OUTLINES.values(), part)
        if lab:
            table = [kaydet.cells(r) for r in part.splitlines() if r.startswith("|")]
            assert table[0] == COLUMNS
            rows = [dict(zip(COLUMNS, row, strict=True)) for row in table[2:]]
            found.append((part[:5], part[6:11], lab, rows))
    return found


def what_if(cell: str) -> list[str]:
    """What is typed behind the script's name: of `6 depth=2` "--bolum 6 --ayar …"."""
    number, *words = shlex.split(cell.split("`")[1])
    whole = number.startswith("--")
    return [number, *words] if whole else ["--bolum", number, "--ayar", *words]


BLOCKS = day_blocks()
TAUGHT = []  # lab, its section, the section's row
for _, _, lab, rows in BLOCKS:
    for row in rows:
        section = kaydet.section_of(lab, f"| {row['bölüm']} |")
        if section:
            TAUGHT.append((lab, section, row))
WHAT_IFS = [(lab.script[:-3], what_if(row["deneyin"])) for lab, _, row in TAUGHT]


def test_questions_of_the_recorded_run_are_those_of_the_docstrings():
    asked = {
        lab: {name: s["question"] for name, s in told["sections"].items()}
        for lab, told in TOLD.items()
    }
    assert asked == {
        lab.name: {section.name: section.question for section in lab.sections.values()}
        for lab in OUTLINES.values()
    }


def test_every_section_has_one_row_with_every_cell_filled():
    taught = sorted((lab.name, section.number) for lab, section, _ in TAUGHT)
    labs = OUTLINES.values()
    assert taught == [
        (lab.name, s.number) for lab in labs for s in lab.sections.values()
    ]
    for _, section, row in TAUGHT:
        assert row["bölüm"] == f"**{section.number}** · {section.label}"
        assert (row["saat"] == row["dk"] == "-") == section.curious, row
        assert all(row.values()), row


def test_lines_to_point_at_and_the_printed_guide_are_those_of_today():
    for path, text in kaydet.guide_files(MARKED[1]).items():
        told = f"{path}: python tools/kaydet.py --kilavuz"
        assert (ROOT / path).read_text(encoding="utf-8") == text, told


@pytest.mark.parametrize("fragment", ["model.tamamla(", "layers.", ",\n"])
def test_a_fragment_that_is_not_in_the_lesson_once_is_told(fragment):
    lab, section, row = TAUGHT[1]
    old = f"| {row['kodda']} |"
    text = MARKED[1].replace(old, f"| 1 `{fragment}` |")
    with pytest.raises(LabError, match=f"{lab.name}, bölüm {section.number}: "):
        kaydet.guide_files(text)


def test_the_console_numbers_the_lines_of_a_lesson_as_its_file_does():
    for lab in OUTLINES.values():
        file = (ROOT / lab.script).read_text(encoding="utf-8").splitlines()
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


def test_every_section_has_a_what_if_that_the_command_line_understands():
    for lab, section, row in TAUGHT:
        command = understand(lab, what_if(row["deneyin"]))
        assert command.chosen[-1].name == section.name, row
        known = {name for s in command.chosen for name in s.settings}
        assert command.settings, row
        assert set(command.settings) <= known, row


def test_every_command_of_the_guide_is_understood():
    commands = re.findall(r"`python (uygulama_\w+)\.py ?(.*?)`", GUIDE)
    assert len(commands) >= 3
    for stem, words in commands:
        understand(OUTLINES[stem], shlex.split(words))


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
    assert starts >= set(SLIDE_HOURS)
    for _, section, row in TAUGHT:
        assert section.curious or int(row["dk"]) >= LEAST, row


def test_a_recorded_section_leaves_two_thirds_of_its_minutes_to_the_class():
    for lab, section, row in TAUGHT:
        if not section.curious:
            seconds = TOLD[lab.name]["sections"][section.name]["seconds"]
            assert seconds <= 60 * int(row["dk"]) / 3, row


def test_the_slide_map_leads_to_every_section():
    rows = re.findall(r"(?m)^\| (\d+) \| [^|]+ \| (0\d · [^|]+) \|$", GUIDE)
    assert [int(slide) for slide, _ in rows] == list(range(2, 14))
    mapped = {
        (part[:2], number)
        for _, cell in rows
        for part in cell.split("; ")
        for number in part[5:].split(", ")
    }
    assert mapped == {
        (lab.name[-2:], str(s.number))
        for lab in OUTLINES.values()
        for s in lab.sections.values()
    }


@pytest.mark.parametrize("stem", LABS)
def test_the_guide_has_the_solutions_of_the_exercises(stem):
    lab = LABS[stem]
    for level, task in lab.exercises.items():
        if level == "yaz":  # alistirmalar/cozumler
            continue
        section = lab.sections[task.section].number
        expected = f"{task.write(task.low)} ile {task.write(task.high)} arasında"
        solution = (
            task.solution if task.settings else f"`{task.solution}`"
        )  # yazılacak satır
        assert (
            f"| {lab.name[-2:]} · {level} | {section} | {task.task} "
            f"| {task.quantity}: {expected} | {solution} |\n"
        ) in GUIDE


def test_recorded_times_are_within_the_limits_of_the_course():
    day = 0
    for lab in OUTLINES.values():
        run = TOLD[lab.name]
        total, sections = run["total"], run["sections"]
        most = max(row["memory_mb"] for row in [total, *sections.values()])
        assert most <= MEMORY_MB[lab.name]
        assert list(sections) == list(lab.sections)
        seconds = {name: row["seconds"] for name, row in sections.items()}
        assert seconds.pop("mini_project", 0) <= MINI_PROJECT
        for section in lab.sections.values():
            if section.alone:  # yalnız numarasıyla koşar, dakikalar sürer
                seconds.pop(section.name)
        assert max(seconds.values()) <= LONGEST
        assert total["seconds"] <= LIMITS[lab.name]
        day += total["seconds"]
    assert day <= DAY


def test_no_recorded_check_came_nearer_to_failing_than_a_tenth_of_its_bound():
    path = EXAMPLES_FOLDER / "sinama_paylari.csv"
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert min(float(row["pay"]) for row in rows) >= 1
    sections = {(lab.name, name) for lab in OUTLINES.values() for name in lab.sections}
    assert {(row["uygulama"], row["bölüm"]) for row in rows} <= sections


def test_requirements_cover_what_is_imported():
    lines = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    needed = [Requirement(line) for line in lines if not line.startswith("#")]
    assert all(str(r.specifier).startswith("~=") for r in needed)
    names = {r.name for r in needed}
    assert names >= {name.replace("sklearn", "scikit-learn") for name in PACKAGES}
    for requirement in needed:
        assert requirement.specifier.contains(version(requirement.name))
    distributions = packages_distributions()
    brought = {Requirement(line) for name in names for line in requires(name) or ()}
    names |= {
        r.name for r in brought if not r.marker or r.marker.evaluate({"extra": ""})
    }
    for path in [*ROOT.glob("*.py"), *ROOT.glob("[act]*/**/*.py")]:
        for statement in ast.parse(path.read_text(encoding="utf-8")).body:
            for package in imported(statement) - OWN - sys.stdlib_module_names:
                brought_by = {name.lower() for name in distributions[package]}
                assert brought_by & {name.lower() for name in names}, (path, package)


def imported(statement: ast.stmt) -> set[str]:
    if isinstance(statement, ast.ImportFrom):
        return {statement.module.split(".")[0]}
    names = statement.names if isinstance(statement, ast.Import) else []
    return {name.name.split(".")[0] for name in names}


def test_constraints_pin_everything_that_the_requirements_bring():
    def lines(name):
        told = (ROOT / name).read_text(encoding="utf-8").splitlines()
        return [Requirement(line) for line in told if line[:1] != "#"]

    pinned = {}
    for pin in lines("constraints.txt"):
        assert str(pin.specifier).startswith("=="), pin
        if not pin.marker or pin.marker.evaluate():
            pinned[pin.name.lower().replace("_", "-")] = pin.specifier
    queue, seen = lines("requirements.txt"), set()
    while queue:
        needed = queue.pop()
        name = needed.name.lower().replace("_", "-")
        assert name in pinned, f"python tools/sabitle.py: {name}"
        version_ = str(pinned[name]).removeprefix("==")
        assert needed.specifier.contains(version_), f"python tools/sabitle.py: {needed}"
        brought = [Requirement(line) for line in requires(name) or ()]
        fits = [r for r in brought if not r.marker or r.marker.evaluate({"extra": ""})]
        queue += [] if name in seen else fits
        seen.add(name)


def test_workflows_run_only_what_readme_or_ci_runs():
    known = {*README.splitlines(), ".ci/run"}
    commands = set()
    for path in (ROOT / ".github" / "workflows").glob("*.yml"):
        text = path.read_text(encoding="utf-8")
        assert "\t" not in text  # YAML sekmeyle girinti bilmez
        commands.update(re.findall(r"(?m)^ +(?:- )?run: (.+)$", text))
    assert len(commands) == 3  # kabuk, cmd.exe, tam boy
    assert commands <= known


def test_pictures_of_the_readme_are_there_and_small():
    names = re.findall(r"outputs/ornekler/[\w./]+\.png", README)
    assert names
    assert all((ROOT / name).stat().st_size <= 150_000 for name in names)


VERB = re.compile(  # a Turkish sentence ends like this, as far as a rule can tell
    r"(yor|m[ae]z|[dt][ıiuü]r?|[aeıiuü]r|\b(var|yok|değil|aynı|None)"
    r"|\b(büyük|küçük|hızlı|altında|emin))$"
)
NAMED_VALUE = re.compile(r" \((?=.*(\{\}|…))(?=.*[^\W\d_])[^()]+\)$")  # "(fark {})"


def first_sentence(node: ast.expr, known: dict) -> str:
    """As the script writes it; "…" where only the run knows."""
    node = known.get(ast.unparse(node), node)
    parts = node.values if isinstance(node, ast.JoinedStr) else [node]
    text = [part.value if isinstance(part, ast.Constant) else "…" for part in parts]
    return re.split(r"\.(?=\s|$)", "".join(text))[0].strip()


@pytest.mark.parametrize("stem", LABS)
def test_checks_and_conclusions_are_sentences_and_numbers_are_readable(stem):
    source = (ROOT / f"{stem}.py").read_text(encoding="utf-8")
    nodes = [node for node in ast.walk(ast.parse(source)) if hasattr(node, "lineno")]
    told, known = [], {}  # known: a name -> what was assigned to it last
    for node in sorted(nodes, key=lambda node: node.lineno):
        if isinstance(node, ast.Assign):
            known[ast.unparse(node.targets[0])] = node.value
        called = ast.unparse(node.func) if isinstance(node, ast.Call) else ""
        if called in ("lab.check", "lab.conclude"):
            told.append(NAMED_VALUE.sub("", first_sentence(node.args[0], known)))
    assert [one for one in told if one[-1] != "…" and not VERB.search(one)] == []
    assert re.findall(r"(?<![\w.,])\d{5,}(?!\w)", source) == []  # "42 497"
    assert "gürültüden ayrılmıyor" not in source  # "fark şanstan ayrılmıyor"
