"""Depo kendi sözünü tutuyor mu: README'nin satırları, adlar, sürümler, figürler."""

import ast
import os
import re
import shutil
import subprocess
import sys
from importlib.metadata import packages_distributions, requires, version

import pytest
from conftest import LABS
from packaging.requirements import Requirement

import common
from common import LabError
from common.__main__ import EXAMPLES, record_examples, with_seconds
from common.files import read_times

EXAMPLES_FOLDER = common.ROOT / "outputs" / "ornekler"
README = (common.ROOT / "README.md").read_text(encoding="utf-8")
SLIDES = (EXAMPLES_FOLDER / "slaytlar_ve_keras.md").read_text(encoding="utf-8")
LIMITS = {f"uygulama_0{n}": seconds for n, seconds in enumerate((120, 120, 120, 170), start=1)}
MEMORY_MB = {f"uygulama_0{n}": mb for n, mb in enumerate((2000, 2000, 2000, 2500), start=1)}
LONGEST, MINI_PROJECT = 25, 100  # bir bölümün, mini projenin sınırı (saniye)
DAY = 480  # dört betik (saniye)
OWN = {"common", "conftest", *LABS}


def test_ci_runs_exactly_the_test_line_of_the_readme_and_then_the_full_size():
    *_, line, full = (common.ROOT / ".ci" / "run").read_text(encoding="utf-8").splitlines()
    assert line in README.splitlines()
    assert "pip install" in line
    assert "ruff check" in line
    assert line.endswith("-m pytest")
    assert full == ".venv/bin/python -m pytest -m tam"


@pytest.mark.parametrize("stem", LABS)
def test_script_lab_list_and_readme_agree(stem, capsys):
    lab = LABS[stem]
    assert lab.script == f"{stem}.py"
    assert f"| {lab.hours} | {lab.title} | `{lab.script}` |" in README
    block = re.search(rf"(?ms)^## {re.escape(lab.title)} \({lab.hours}\)$.*?(?=^## )", README)[0]
    rows = re.findall(r"(?m)^\| (\d+) \| (.+?) \| `--bolum (\d+)` \| \d+ \| .+ \|$", block)
    numbers = [str(section.number) for section in lab.sections.values()]
    titles = [section.title for section in lab.sections.values()]
    assert rows == list(zip(numbers, titles, numbers, strict=True))
    lab.main(["--liste"])
    shown = capsys.readouterr().out
    assert all(title in shown for title in titles)


@pytest.mark.parametrize("stem", LABS)
def test_seconds_of_the_readme_are_those_of_the_recorded_run(stem):
    table = common.ROOT / "outputs" / "ornekler" / f"{LABS[stem].name}_sureler.csv"
    assert with_seconds(README, f"{stem}.py", read_times(table)) == README


def test_the_recorded_run_is_that_of_the_outputs(tmp_path, monkeypatch):
    shutil.copy(common.ROOT / "README.md", tmp_path)
    for lab in LABS.values():
        folder = tmp_path / "outputs" / lab.name
        folder.mkdir(parents=True)
        recorded = common.ROOT / "outputs" / "ornekler" / f"{lab.name}_sureler.csv"
        shutil.copy(recorded, folder / "sureler.csv")
    for name, figure in EXAMPLES.items():
        shutil.copy(common.ROOT / "outputs" / "ornekler" / name, tmp_path / "outputs" / figure)
    monkeypatch.setattr(common, "ROOT", tmp_path)
    record_examples()
    assert (tmp_path / "README.md").read_text(encoding="utf-8") == README
    written = {path.name for path in (tmp_path / "outputs" / "ornekler").iterdir()}
    assert written == {*EXAMPLES, *(f"{lab.name}_sureler.csv" for lab in LABS.values())}
    (tmp_path / "outputs" / figure).unlink()
    with pytest.raises(LabError, match=figure.split("/")[0]):
        record_examples()


def test_the_slide_table_points_to_sections_that_exist():
    rows = re.findall(r"(?m)^\| .+ \| .+ \| (0\d), bölüm ([\d, ]+) \|$", SLIDES)
    assert len(rows) >= 27  # DESIGN.md'deki doğrulanmış gerçeklerin sayısı
    for number, sections in rows:
        lab = next(lab for lab in LABS.values() if lab.name == f"uygulama_{number}")
        valid = {str(section.number) for section in lab.sections.values()}
        assert set(sections.split(", ")) <= valid


@pytest.mark.parametrize("stem", LABS)
def test_every_section_has_an_expected_time(stem):
    lab = LABS[stem]
    table = common.ROOT / "outputs" / "ornekler" / f"{lab.name}_sureler.csv"
    names = re.findall(r"^\d+,(\w+),", table.read_text(encoding="utf-8-sig"), re.MULTILINE)
    assert names == list(lab.sections)


@pytest.mark.parametrize("stem", LABS)
def test_recorded_times_are_within_the_limits_of_the_course(stem):
    lab = LABS[stem]
    table = common.ROOT / "outputs" / "ornekler" / f"{lab.name}_sureler.csv"
    times = read_times(table)
    sections = {number: row["saniye"] for number, row in times.items()}
    total = sections.pop("toplam")
    assert total <= LIMITS[lab.name]
    if lab.name == "uygulama_04":
        assert sections.pop("7") <= MINI_PROJECT
    assert max(sections.values()) <= LONGEST
    assert max(row["bellek_mb"] for row in times.values()) <= MEMORY_MB[lab.name]


def test_the_whole_day_fits_in_eight_minutes():
    folder = common.ROOT / "outputs" / "ornekler"
    times = [read_times(folder / f"{lab.name}_sureler.csv") for lab in LABS.values()]
    assert sum(rows["toplam"]["saniye"] for rows in times) <= DAY


def test_requirements_cover_what_is_imported():
    lines = (common.ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    needed = [Requirement(line) for line in lines if not line.startswith("#")]
    assert all(str(r.specifier).startswith("~=") for r in needed)
    names = {r.name for r in needed}
    assert names >= {name.replace("sklearn", "scikit-learn") for name in common.PACKAGES}
    for requirement in needed:
        assert requirement.specifier.contains(version(requirement.name))
    brought = {Requirement(line) for name in names for line in requires(name) or ()}
    names |= {r.name for r in brought if not r.marker or r.marker.evaluate({"extra": ""})}
    for path in [*common.ROOT.glob("*.py"), *common.ROOT.glob("[ct]*/*.py")]:
        for statement in ast.parse(path.read_text(encoding="utf-8")).body:
            for package in imported(statement) - OWN - sys.stdlib_module_names:
                brought_by = {name.lower() for name in packages_distributions()[package]}
                assert brought_by & {name.lower() for name in names}, (path, package)


def imported(statement: ast.stmt) -> set[str]:
    if isinstance(statement, ast.ImportFrom):
        return {statement.module.split(".")[0]}
    names = statement.names if isinstance(statement, ast.Import) else []
    return {name.name.split(".")[0] for name in names}


def test_environment_check_passes_here():
    done = subprocess.run(
        [sys.executable, "-m", "common"],
        cwd=common.ROOT,
        capture_output=True,
        encoding="utf-8",
        env=os.environ | {"PYTHONUTF8": "1"},
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Hazır." in done.stdout
    assert "SORUN" not in done.stdout


def test_pictures_of_the_readme_are_there_and_small():
    names = re.findall(r"outputs/ornekler/[\w.]+\.png", README)
    assert set(names) == {f"outputs/ornekler/{name}" for name in EXAMPLES}
    assert all((common.ROOT / name).stat().st_size <= 150_000 for name in names)
