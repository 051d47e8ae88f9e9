"""Dört betiğin son bütün koşusundan README'yi, kılavuzu, outputs/ornekler'i yeniler.

    python tools/kaydet.py

Saniyeler, sorular, sonuçlar ve şekiller elle yazılmaz. (For the maintainers; students
never run it.)
"""

import json
import re
import sys
from pathlib import Path

from PIL import Image

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from common.classroom.page import read_day  # noqa: E402
from common.classroom.records import LAB_FILE, read_record  # noqa: E402
from common.classroom.source import Outline, read_outline  # noqa: E402
from common.files import LabError, atomic, write_text  # noqa: E402

EXAMPLES = {  # README's figures: name in outputs/ornekler -> its source in outputs
    "uygulama_01_aktivasyonlar.png": "uygulama_01/06_activation_gallery.png",
    "uygulama_01_batch_norm.png": "uygulama_01/14_batch_norm_speed.png",
    "uygulama_02_lr_aralik_testi.png": "uygulama_02/09_lr_range_test.png",
    "uygulama_03_residual.png": "uygulama_03/04_residual_blocks.png",
    "uygulama_04_poster.png": "uygulama_04/12_mini_project_poster.png",
}
SIZE = (1280, 720)
COLORS = 64  # of a figure: it stays below 150 KB
PAGES = ("README.md", "outputs/ornekler/egitmen.md")
RESULTS = "outputs/ornekler/sonuclar.json"
KEPT = ("question", "conclusion", "seconds", "memory_mb")  # of a section's record


def renewed(text: str, lab: Outline, recorded: dict) -> str:
    """README or the guide with what the recorded run of one lab left.

    Args:
        text: of the page.
        lab: the script's outline.
        recorded: {"total": {…}, "sections": {name: KEPT}}, as in RESULTS.
    """
    total = round(recorded["total"]["seconds"])
    news = [(rf"(\| `{lab.script}` \| )\d+", total)]
    for section in lab.sections.values():
        found = recorded["sections"][section.name]
        took = max(1, round(found["seconds"]))
        title = section.title
        here = f"{lab.name[-2:]} · {section.number}"  # how the guide calls it: "01 · 6"
        head = rf"^### {here} · "
        news += [
            (rf"(\| {re.escape(title)} \| `--bolum \d+` \| )\d+", took),
            (rf"(\| {here} \| )\d+", took),
            (rf"({head}).*", f"{title} ({took} saniye)"),
            (rf"({head}.*\n\n- \*\*Soru:\*\* ).*", found["question"]),
            (rf"({head}(?:.*\n(?!#))*?- \*\*Çıkan:\*\* ).*", found["conclusion"]),
        ]
    for place, value in news:
        found = re.compile(place, re.MULTILINE)
        text = found.sub(lambda match, value=value: f"{match[1]}{value}", text)
    return text


def recorded_run(lab: Outline, sections: list[dict], outputs: Path) -> dict:
    """What the last whole run of a lab left.

    Raises:
        LabError: it has not run from its first to its last section yet.
    """
    usual = f"python {lab.script} --bolum "  # --tohum is not the course's run
    found = {}
    for section in sections:
        if section["command"] == f"{usual}{section['number']}":
            found[section["name"]] = {key: section[key] for key in KEPT}
    total = read_record(outputs / lab.name / LAB_FILE).get("total")
    figures = [
        outputs / path for path in EXAMPLES.values() if path.startswith(lab.name)
    ]
    there = all(figure.exists() for figure in figures)
    if not total or list(found) != list(lab.sections) or not there:
        told = f"{lab.name} baştan sona koşmamış. Önce: python {lab.script}"
        raise LabError(told)
    return {"total": total, "sections": found}


def record_examples(root: Path = ROOT) -> None:
    """Copy what the last full run left into outputs/ornekler, the README and the guide.

    Raises:
        LabError: a script has not run from its first to its last section yet.
    """
    outputs = root / "outputs"
    texts = {path: (root / path).read_text(encoding="utf-8") for path in PAGES}
    day = {name: sections for name, _, sections in read_day(outputs)}
    results = {}
    for path in sorted(ROOT.glob("uygulama_0*.py")):
        lab = read_outline(path)
        run = recorded_run(lab, day.get(lab.name, []), outputs)
        results[lab.name] = run
        texts = {page: renewed(text, lab, run) for page, text in texts.items()}
    for name, source in EXAMPLES.items():
        with Image.open(outputs / source) as big:
            small = big.convert("RGB").resize(SIZE, Image.Resampling.LANCZOS)
        with atomic(outputs / "ornekler" / name) as path:
            quantize_to(small, path)
    texts[RESULTS] = json.dumps(results, ensure_ascii=False, indent=1) + "\n"
    for path, text in texts.items():
        write_text(root / path, text)


def quantize_to(picture: Image.Image, path: Path) -> None:
    """Save a picture with few colours; Pillow's default method would merge hues."""
    few = picture.quantize(COLORS, method=Image.Quantize.FASTOCTREE)
    few.save(path, optimize=True)


if __name__ == "__main__":
    try:
        record_examples()
    except LabError as error:
        sys.exit(str(error))
