"""Günün sayfası: koşan her bölümden sonra yeniden yazılan `outputs/index.html`."""

import functools
import json
from pathlib import Path

import jinja2

from common.files import atomic

PAGE_FILE, LAB_FILE = "index.html", "ders.json"
FORMAT = 3  # kayıtların biçimi; başka biçimdeki eski kayıtlar sayfaya girmez
SECTION_FILES = "[0-9][0-9]_*.json"  # bölümün kaydı: NN_section_name.json
TEMPLATE = Path(__file__).with_name("page.html")


def write_record(path: Path, record: dict) -> None:
    """Write what the page will say of a lab or a section (JSON, UTF-8)."""
    text = json.dumps(record | {"format": FORMAT}, ensure_ascii=False, indent=1)
    with atomic(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def _read(path: Path) -> dict:
    """One record; empty where an older version or another program left something else."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) and found.get("format") == FORMAT else {}


def read_day(folder: Path) -> list[tuple[str, dict, list[dict]]]:
    """What the labs have left so far: (name, record of the lab, records of its sections).

    Args:
        folder: the output folder; each lab wrote into a folder of its own in it.
    """
    day = []
    for path in sorted(folder.glob(f"uygulama_*/{LAB_FILE}")):
        lab = _read(path)
        sections = [_read(p) for p in sorted(path.parent.glob(SECTION_FILES))]
        names = lab.get("sections", [])
        known = [s for s in sections if s and s["name"] in names[s["number"] - 1 : s["number"]]]
        if known:
            day.append((path.parent.name, lab, known))
    return day


@functools.cache
def _template() -> jinja2.Template:
    settings = {"autoescape": True, "trim_blocks": True, "undefined": jinja2.ChainableUndefined}
    return jinja2.Environment(**settings).from_string(TEMPLATE.read_text(encoding="utf-8"))


def html(day: list[tuple[str, dict, list[dict]]], trial: bool = False) -> str:
    """The whole page; every text escaped, no resource from outside the output folder."""
    return _template().render(day=day, trial=trial)


def write(folder: Path, trial: bool = False) -> None:
    """Write the page of an output folder; another lab may be writing it at the same time.

    Args:
        trial: it is the folder of what-ifs, and says so.
    """
    written = None
    while written != (day := read_day(folder)):  # o sırada biten bir bölüm de sayfaya girsin
        with atomic(folder / PAGE_FILE) as path:
            path.write_text(html(day, trial), encoding="utf-8")
        written = day
