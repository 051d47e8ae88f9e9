"""Günün sayfası: koşan her bölümden sonra yeniden yazılan `outputs/index.html`."""

import json
from html import escape
from pathlib import Path

import pandas as pd

from common.files import atomic

PAGE_FILE, LAB_FILE = "index.html", "ders.json"
FORMAT = 2  # kayıtların biçimi; başka biçimdeki eski kayıtlar sayfaya girmez
SECTION_FILES = "[0-9][0-9]_*.json"  # bölümün kaydı: NN_section_name.json

_STYLE = """
body { font: 26px/1.4 system-ui, sans-serif; margin: 0; color: #111; background: #fff }
nav { position: sticky; top: 0; padding: .3em 1em; background: #123; color: #fff; font-size: 20px }
nav a { color: #fff; padding: 0 .35em }
section { min-height: 100vh; padding: 3em 1em 1.5em; box-sizing: border-box;
          border-bottom: 4px solid #123 }
h1 { font-size: 1.6em; line-height: 1.2; margin: .2em 0 .5em }
.yan { display: grid; gap: 1em; grid-template-columns: minmax(0, 13fr) minmax(0, 7fr) }
@media (max-width: 1100px) { .yan { grid-template-columns: minmax(0, 1fr) } }
.yan p { margin: 0 0 .7em }
.gozlem { background: #e6f4e6; border-left: .3em solid #2a7a2a; padding: .5em .7em }
.tekrar { font-size: .8em }
img { width: 100%; height: auto; border: 1px solid #ccc; box-sizing: border-box }
.tablo { overflow-x: auto; margin: 1em 0 }
table { border-collapse: collapse }
caption { text-align: left; font-weight: bold; white-space: nowrap }
th, td { border: 1px solid #bbb; padding: .15em .6em; text-align: left }
li { margin-bottom: .8em }
code { background: #eee; padding: .1em .4em }
"""

_KEYS = """
const all = [...document.querySelectorAll("section")];
addEventListener("keydown", event => {
  const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (!step || event.altKey || event.ctrlKey || event.metaKey) return;
  const tops = all.map(section => section.getBoundingClientRect().top);
  const here = tops.filter(top => top < innerHeight / 2).length - 1;
  const next = all[Math.min(Math.max(here + step, 0), all.length - 1)];
  history.replaceState(null, "", "#" + next.id);
  next.scrollIntoView();
  event.preventDefault();
});
"""


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


def _table(table: dict) -> str:
    frame = pd.DataFrame(table["rows"], columns=table["columns"])
    caption = f"<caption>{escape(table['title'])}</caption>"
    text = frame.to_html(index=False, border=0)
    return f'<div class="tablo">{text.replace("<thead>", caption + "<thead>", 1)}</div>'


def _number(section: dict) -> str:
    return f"{section['number']}{section['variant']}"


def _section(name: str, lab: dict, section: dict) -> str:
    title = f"{section['number']} · {section['title']}"
    figures = "".join(
        f'<a href="{name}/{escape(file)}"><img src="{name}/{escape(file)}" width="1920" '
        f'height="1080" alt="{escape(section["title"])}" loading="lazy"></a>'
        for file in section["figures"]
    )
    return (
        f'<section id="{name}-{_number(section)}"><div>{escape(lab["title"])}</div>'
        f'<h1>{escape(title)}</h1><div class="yan"><div>{figures}</div><div>'
        f"<p>{escape(section['question'])}</p>"
        f'<p class="gozlem">{escape(section["observation"])}</p>'
        f'<p class="tekrar">{section["seconds"]:.1f} saniye · yeniden:<br>'
        f"<code>{escape(section['command'])}</code></p></div></div>"
        f"{''.join(map(_table, section['tables']))}</section>"
    )


def _exercises(name: str, lab: dict) -> str:
    items = "".join(
        f"<li><b>{escape(e['level'])}:</b> {escape(e['task'])}<br><code>{escape(e['command'])}"
        f"</code><details><summary>Beklenen</summary>{escape(e['expected'])}</details></li>"
        for e in lab["exercises"]
    )
    return f'<section id="{name}-sira"><div>{escape(lab["title"])}</div><h1>Sıra sizde</h1>' + (
        f"<ul>{items}</ul></section>"
    )


def write(folder: Path) -> None:
    """Write the page of an output folder; another lab may be writing it at the same time."""
    written = None
    while written != (day := read_day(folder)):  # o sırada biten bir bölüm de sayfaya girsin
        with atomic(folder / PAGE_FILE) as path:
            path.write_text(html(day), encoding="utf-8")
        written = day


def html(day: list[tuple[str, dict, list[dict]]]) -> str:
    """The whole page; every text escaped, no resource from outside the output folder."""
    links, parts = [], []
    for name, lab, sections in day:
        links.append(f"<b>{escape(lab['title'].split(' · ')[0])}</b>")
        for s in sections:
            link = f'<a href="#{name}-{_number(s)}" title="{escape(s["title"])}">'
            links.append(f"{link}{_number(s)}</a>")
            parts.append(_section(name, lab, s))
        if lab["exercises"]:
            links.append(f'<a href="#{name}-sira">sıra sizde</a>')
            parts.append(_exercises(name, lab))
    return (
        '<!DOCTYPE html><html lang="tr"><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>Keras ile Derin Öğrenme</title><style>{_STYLE}</style>"
        f"<nav>{' '.join(links)} · ← → ile gezilir</nav>"
        f"{''.join(parts)}<script>{_KEYS}</script></html>\n"
    )
