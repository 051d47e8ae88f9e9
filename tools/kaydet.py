"""Bütün bir koşudan kaydı yeniler: sayfa, sonuçlar, README ile kılavuzun sayıları.

    python uygulama_04_custom_loop.py --bolum 13 --cikti KLASÖR    (önce: tek başına)
    for f in uygulama_0*.py; do python $f --cikti KLASÖR; done
    python tools/kaydet.py KLASÖR        (yazılmazsa: outputs)
    python tools/kaydet.py --kilavuz     (yalnız kılavuz: satır numaraları, HTML'si)

README'de ve kılavuzda bir kaydın yeri işaretlidir, elle yazılmaz:
<!-- kayıt: uygulama_02 saniye -->81<!-- kayıt -->. (For the maintainers; students never
run it.)
"""

import json
import shutil
import sys
from collections.abc import Iterable
from pathlib import Path

import jinja2
from markdown_it import MarkdownIt
from markupsafe import Markup
from PIL import Image

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from common.classroom import page  # noqa: E402
from common.classroom.source import Outline, Section, read_outline  # noqa: E402
from common.files import LabError, write_text  # noqa: E402

DAY = "outputs/ornekler/gun"  # the recorded page with its figures
COLORS = 256
GUIDE = "outputs/ornekler/egitmen.md"
PRINTED = "outputs/ornekler/egitmen.html"  # made of the guide, one block a page
PAGES = ("README.md", GUIDE)
RESULTS = "outputs/ornekler/sonuclar.json"
KEPT = ("question", "conclusion", "seconds", "memory_mb")  # of a section's record
MARK, END = "<!-- kayıt: ", "<!-- kayıt -->"  # before and behind a recorded value


def renewed(text: str, results: dict) -> str:
    """README or the guide with the values of a recorded day between their marks.

    Args:
        text: of the page.
        results: lab -> {"total": {…}, "sections": {name: KEPT}}, as in RESULTS.
    """
    values = {}
    for name, lab in results.items():
        values[f"{name} saniye"] = round(lab["total"]["seconds"])
    first, *parts = text.split(MARK)
    filled, unknown = [first], []
    for part in parts:
        key, _, rest = part.partition(" -->")
        _, end, after = rest.partition(END)
        filled.append(f"{MARK}{key} -->{values.get(key)}{END}{after}")
        if key not in values or not end:
            unknown.append(key)
    if unknown:
        told = ", ".join(unknown)
        raise LabError(f"İşaretin kaydı ya da sonu yok: {told}")
    return "".join(filled)


def part_of(outlines: Iterable[Outline], part: str) -> Outline | None:
    """The lab whose script a part of the guide names in its heading, or None."""
    heading = part.partition("\n")[0]
    return next((lab for lab in outlines if f"`{lab.script}`" in heading), None)


def cells(row: str) -> list[str]:
    """What stands in a row of a Markdown table."""
    return [cell.strip() for cell in row.strip("|").split("|")]


def section_of(lab: Outline, row: str) -> Section | None:
    """The section of a row of the guide: its cell says "**8** · Kaybolan gradyan"."""
    _, _, rest = row.partition("**")
    number, mark, _ = rest.partition("** · ")
    return lab.numbered(number) if row.startswith("|") and mark else None


def line_of(lab: Outline, section: Section, fragment: str) -> int | None:
    """The line of the script in which a piece of a section's lesson part stands.

    None: it does not stand there exactly once, in one line.
    """
    start = section.lines[0]
    if section.code.count(fragment) == 1:
        lines = (ROOT / lab.script).read_text(encoding="utf-8").splitlines()
        for number, line in enumerate(lines[start - 1 :], start=start):
            if fragment in line:
                return number
    return None


def pointed(text: str, outlines: Iterable[Outline]) -> str:
    """The guide with the line numbers of today's scripts: 214 `model.compile(`.

    Raises:
        LabError: a fragment does not stand exactly once in its section's lesson part.
    """
    parts, lost = [], []
    for part in text.split("\n## "):
        lab = part_of(outlines, part)
        rows = part.split("\n")
        for place, row in enumerate(rows):
            section = section_of(lab, row) if lab else None
            if not section:
                continue
            old, new = cells(row)[3], []
            for fragment in old.split("`")[1::2]:
                number = line_of(lab, section, fragment)
                new.append(f"{number} `{fragment}`")
                if number is None:
                    lost.append(f"{lab.name}, bölüm {section.number}: {fragment}")
            rows[place] = row.replace(old, " · ".join(new))
        parts.append("\n".join(rows))
    if lost:
        told = "\n".join(lost)
        raise LabError(f"Kılavuzun gösterdiği parça derste bir kez geçmiyor:\n{told}")
    return "\n## ".join(parts)


def printable(text: str) -> str:
    """The guide as a page to print: every block of the day on a page of its own."""
    markdown = MarkdownIt().enable("table")
    parts = []
    for number, part in enumerate(text.split("\n## ")):
        html = markdown.render(f"## {part}" if number else part)
        html = html.replace(" <code>", "&nbsp;<code>")  # the line stays at its code
        rows = html.count("<tr>")
        size = " pek-az" if rows < 9 else " az" if rows < 15 else ""  # larger type
        made = {"html": Markup(html), "block": part[:1].isdigit(), "size": size}
        parts.append(made)
    template = Path(__file__).with_name("egitmen.html").read_text(encoding="utf-8")
    environment = jinja2.Environment(autoescape=True, trim_blocks=True)
    return environment.from_string(template).render(parts=parts) + "\n"


def guide_files(text: str) -> dict[str, str]:
    """The guide with today's line numbers, and its page to print: path -> text."""
    outlines = [read_outline(path) for path in sorted(ROOT.glob("uygulama_0*.py"))]
    text = pointed(text, outlines)
    return {GUIDE: text, PRINTED: printable(text)}


def recorded_lab(outline: Outline, lab: dict, sections: list[dict], folder: Path):
    """A lab's record and those of its sections, as a run into outputs leaves them.

    Raises:
        LabError: it has not run from its first to its last section yet.
    """
    run = []
    for section in sections:
        command = section["command"].partition(" --cikti ")[0]
        # --tohum is not the course's run
        if command == f"python {outline.script} --bolum {section['number']}":
            run.append(section | {"command": command})
    names = list(outline.sections)
    figures = [folder / figure for section in run for figure in section["figures"]]
    there = all(figure.is_file() for figure in figures)
    if not lab.get("total") or [s["name"] for s in run] != names or not there:
        told = f"{outline.name} baştan sona koşmamış. Önce: python {outline.script}"
        raise LabError(told)
    tasks = []
    for task in lab.get("exercises", []):
        tasks.append(task | {"command": task["command"].partition(" --cikti ")[0]})
    return lab | {"exercises": tasks}, run


def record(source: Path, root: Path = ROOT) -> None:
    """Renew the recorded page, the results, README and the guide from a whole run.

    Args:
        source: the folder of the labs' folders.
        root: of the repository.

    Raises:
        LabError: a script has not run from its first to its last section yet.
    """
    texts = {path: (root / path).read_text(encoding="utf-8") for path in PAGES}
    found = {name: (lab, sections) for name, lab, sections in page.read_day(source)}
    day, results, figures = [], {}, []
    for path in sorted(ROOT.glob("uygulama_0*.py")):
        outline = read_outline(path)
        name = outline.name
        lab, sections = recorded_lab(outline, *found.get(name, ({}, [])), source / name)
        day.append((name, lab, sections))
        told = {s["name"]: {key: s[key] for key in KEPT} for s in sections}
        results[name] = {"total": lab["total"], "sections": told}
        figures += [f"{name}/{f}" for s in sections for f in s["figures"]]
    texts = {path: renewed(text, results) for path, text in texts.items()}
    texts |= guide_files(texts[GUIDE])
    shutil.rmtree(root / DAY, ignore_errors=True)
    for figure in figures:
        copy = root / DAY / figure
        copy.parent.mkdir(parents=True, exist_ok=True)
        quantize(source / figure, copy)
    texts[RESULTS] = json.dumps(results, ensure_ascii=False, indent=1) + "\n"
    texts[f"{DAY}/{page.PAGE_FILE}"] = page.html(day, recorded=True)
    for path, text in texts.items():
        write_text(root / path, text)


def quantize(source: Path, target: Path) -> None:
    """Copy a picture with few colours; Pillow's default method would merge hues."""
    with Image.open(source) as picture:
        shown = picture.convert("RGB")
    few = shown.quantize(COLORS, method=Image.Quantize.FASTOCTREE)
    few.save(target, optimize=True)


if __name__ == "__main__":
    try:
        if sys.argv[1:] == ["--kilavuz"]:
            guide = (ROOT / GUIDE).read_text(encoding="utf-8")
            for path, text in guide_files(guide).items():
                write_text(ROOT / path, text)
        else:
            record(Path(*sys.argv[1:2] or [ROOT / "outputs"]).resolve())
    except LabError as error:
        sys.exit(str(error))
