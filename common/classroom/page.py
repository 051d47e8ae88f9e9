"""The day's page `outputs/index.html`; it is written anew after every section."""

import functools
import hashlib
import json
import os
import re
from pathlib import Path
from urllib.parse import quote

import jinja2
from markupsafe import Markup
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer

from common.classroom.records import LAB_FILE, SECTION_FILES, read_record
from common.files import write_text

PAGE_FILE = "index.html"
VERSION_FILE = "surum.js"  # it tells an open page that there is a newer one
LIVE_FILE = "canli.js"  # it names the figure that grows while a training runs
CODE = HtmlFormatter(nowrap=True)


def _fits(name: str, lab: dict, section: dict) -> bool:
    """Whether the page can show a section's record; someone may have edited it."""
    try:
        template().render(day=[(name, lab, [section])])
        return lab["sections"].index(section["name"]) == section["number"] - 1
    except Exception:  # a wrong kind of value fails anywhere in the template
        return False


def read_day(folder: Path) -> list[tuple[str, dict, list[dict]]]:
    """What each lab left in an output folder: its name, its record, its sections'."""
    day = []
    for path in sorted(folder.glob(f"uygulama_*/{LAB_FILE}")):
        name, lab = path.parent.name, read_record(path)
        sections = [read_record(p) for p in sorted(path.parent.glob(SECTION_FILES))]
        known = [section for section in sections if _fits(name, lab, section)]
        if known:
            day.append((name, lab, known))
    return day


@functools.cache
def template() -> jinja2.Template:
    """The page's template; it escapes every text."""
    environment = jinja2.Environment(
        autoescape=True, trim_blocks=True, undefined=jinja2.ChainableUndefined
    )
    environment.filters["python"] = _colour
    environment.filters["choices"] = re.compile(r"\s(?=\([a-e]\) )").split
    environment.filters["link"] = lambda name: quote(os.fsencode(name))
    text = Path(__file__).with_name("page.html").read_text(encoding="utf-8")
    return environment.from_string(text)


@functools.cache
def _colour(code: str) -> Markup:
    """Python as coloured HTML; names and signs stay black, which halves the page."""
    coloured = highlight(code, PythonLexer(), CODE)
    return Markup(re.sub(r'<span class="[nopw]">(.*?)</span>', r"\1", coloured))


def html(day: list, trial: bool = False, recorded: bool = False) -> str:
    """The whole page; it needs nothing from outside the output folder.

    Args:
        day: what `read_day` returned.
        trial: the page shows what-ifs.
        recorded: the page shows a day that is over, so it does not renew itself.
    """
    return template().render(
        day=day,
        trial=trial,
        recorded=recorded,
        stamp=stamp(day),
        code_style=CODE.get_style_defs("pre"),
    )


def stamp(day: list) -> str:
    """A name for what the page shows; an open page renews itself when it changes."""
    return hashlib.sha256(json.dumps(day).encode()).hexdigest()[:12]


def write(folder: Path, trial: bool = False) -> None:
    """Write the page of an output folder; another lab may do so at the same time."""
    written = None
    while written != (day := read_day(folder)):  # another section may have ended
        write_text(folder / PAGE_FILE, html(day, trial))
        write_text(folder / VERSION_FILE, f'window.surum = "{stamp(day)}";\n')
        written = day


def show_live(folder: Path, figure: str = "") -> None:
    """Show a growing figure on the open page of an output folder; "" hides it again.

    Args:
        folder: the output folder, which holds the folders of the labs.
        figure: the path of the figure in that folder, with slashes.
    """
    path = folder / LIVE_FILE
    if figure or path.exists():
        write_text(path, f"window.canli = {json.dumps(quote(figure))};\n")
