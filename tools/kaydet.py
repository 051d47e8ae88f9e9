"""Bütün bir koşudan kaydı yeniler: sayfa, sonuçlar, README ile kılavuzun sayıları.

    for f in uygulama_0*.py; do python $f --cikti KLASÖR; done
    python tools/kaydet.py KLASÖR        (yazılmazsa: outputs)

README'de ve kılavuzda bir kaydın yeri işaretlidir, elle yazılmaz:
<!-- kayıt: uygulama_02 saniye -->81<!-- kayıt -->. (For the maintainers; students never
run it.)
"""

import json
import shutil
import sys
from pathlib import Path

from PIL import Image

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from common.classroom import page  # noqa: E402
from common.classroom.source import Outline, read_outline  # noqa: E402
from common.files import LabError, write_text  # noqa: E402

DAY = "outputs/ornekler/gun"  # the recorded page with its figures
COLORS = 256
PAGES = ("README.md", "outputs/ornekler/egitmen.md")
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
        for section, told in lab["sections"].items():
            values[f"{section} saniye"] = max(1, round(told["seconds"]))
            values[f"{section} soru"] = told["question"]
            values[f"{section} sonuç"] = told["conclusion"]
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
        record(Path(*sys.argv[1:2] or [ROOT / "outputs"]).resolve())
    except LabError as error:
        sys.exit(str(error))
