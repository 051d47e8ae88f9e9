"""Günün sayfası: koşan her bölümden sonra yeniden yazılan `outputs/index.html`."""

import functools
import hashlib
import json
from pathlib import Path

import jinja2
from markupsafe import Markup
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer

from common.files import atomic

PAGE_FILE, LAB_FILE, VERSION_FILE = "index.html", "ders.json", "surum.js"
FORMAT = 4  # kayıtların biçimi; başka biçimdeki eski kayıtlar sayfaya girmez
SECTION_FILES = "[0-9][0-9]_*.json"  # bölümün kaydı: NN_section_name.json
TEMPLATE = Path(__file__).with_name("page.html")
CODE = HtmlFormatter(nowrap=True)


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
    environment = jinja2.Environment(**settings)
    environment.filters["python"] = _colour
    return environment.from_string(TEMPLATE.read_text(encoding="utf-8"))


@functools.cache
def _colour(code: str) -> Markup:
    return Markup(highlight(code, PythonLexer(), CODE))


def html(day: list[tuple[str, dict, list[dict]]], trial: bool = False) -> str:
    """The whole page; every text escaped, no resource from outside the output folder."""
    style = CODE.get_style_defs("pre")
    return _template().render(day=day, trial=trial, code_style=style, stamp=stamp(day))


def stamp(day: list) -> str:
    """Names what the page shows: an open page renews itself when `surum.js` names another."""
    return hashlib.sha256(json.dumps(day).encode()).hexdigest()[:12]


def write(folder: Path, trial: bool = False) -> None:
    """Write the page of an output folder; another lab may be writing it at the same time.

    Args:
        trial: it is the folder of what-ifs, and says so.
    """
    written = None
    while written != (day := read_day(folder)):  # o sırada biten bir bölüm de sayfaya girsin
        with atomic(folder / PAGE_FILE) as path:
            path.write_text(html(day, trial), encoding="utf-8")
        with atomic(folder / VERSION_FILE) as path:
            path.write_text(f'window.surum = "{stamp(day)}";\n', encoding="utf-8")
        written = day
