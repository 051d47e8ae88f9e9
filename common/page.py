"""Günün sayfası: koşan her bölümden sonra yeniden yazılan `outputs/index.html`."""

import functools
import hashlib
import json
import os
from pathlib import Path
from urllib.parse import quote

import jinja2
from markupsafe import Markup
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer

from common.files import write_text

PAGE, PAGE_FILE, LAB_FILE, VERSION_FILE = "page.html", "index.html", "ders.json", "surum.js"
FORMAT = 4  # kayıtların biçimi; başka biçimdeki eski kayıtlar sayfaya girmez
SECTION_FILES = "[0-9][0-9]_*.json"  # bölümün kaydı: NN_section_name.json
CODE = HtmlFormatter(nowrap=True)


def write_record(path: Path, record: dict) -> None:
    """Write what the page will say of a lab or a section (JSON, UTF-8)."""
    write_text(path, json.dumps(record | {"format": FORMAT}, ensure_ascii=False, indent=1))


def _read(path: Path) -> dict:
    """One record; empty where an older version or another program left something else."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) and found.get("format") == FORMAT else {}


def _fits(name: str, lab: dict, section: dict) -> bool:
    """Whether the page can show this record: someone may have edited it by hand."""
    try:
        template(PAGE).render(day=[(name, lab, [section])])
        return lab["sections"].index(section["name"]) == section["number"] - 1
    except Exception:  # yanlış türde bir değer, şablonun her yerinde başka bir hata verir
        return False


def read_day(folder: Path) -> list[tuple[str, dict, list[dict]]]:
    """What the labs have left in an output folder: (name, its record, those of its sections)."""
    day = []
    for path in sorted(folder.glob(f"uygulama_*/{LAB_FILE}")):
        name, lab = path.parent.name, _read(path)
        sections = [_read(p) for p in sorted(path.parent.glob(SECTION_FILES))]
        if known := [s for s in sections if _fits(name, lab, s)]:
            day.append((name, lab, known))
    return day


@functools.cache
def template(name: str) -> jinja2.Template:
    """The HTML file of that name beside this one; every text that goes into it is escaped."""
    settings = {"autoescape": True, "trim_blocks": True, "undefined": jinja2.ChainableUndefined}
    environment = jinja2.Environment(**settings)
    environment.filters |= {"python": _colour, "link": lambda name: quote(os.fsencode(name))}
    return environment.from_string(Path(__file__).with_name(name).read_text(encoding="utf-8"))


@functools.cache
def _colour(code: str) -> Markup:
    return Markup(highlight(code, PythonLexer(), CODE))


def html(day: list[tuple[str, dict, list[dict]]], trial: bool = False) -> str:
    """The whole page; no resource from outside the output folder."""
    style = CODE.get_style_defs("pre")
    return template(PAGE).render(day=day, trial=trial, code_style=style, stamp=stamp(day))


def stamp(day: list) -> str:
    """Names what the page shows: an open page renews itself when `surum.js` names another."""
    return hashlib.sha256(json.dumps(day).encode()).hexdigest()[:12]


def write(folder: Path, trial: bool = False) -> None:
    """Write the page of an output folder (`trial`: of what-ifs); another lab may do so too."""
    written = None
    while written != (day := read_day(folder)):  # o sırada biten bir bölüm de sayfaya girsin
        write_text(folder / PAGE_FILE, html(day, trial))
        write_text(folder / VERSION_FILE, f'window.surum = "{stamp(day)}";\n')
        written = day
