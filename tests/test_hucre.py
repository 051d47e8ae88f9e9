"""Betiklerin hücreleri gerçek bir ipykernel'de (Jupyter, VS Code, Spyder)."""

import builtins
import dis
import re
from types import CodeType

import nbformat
import pytest
from helpers import LABS, copy_repository
from nbclient import NotebookClient

from common.files import ROOT

MARKER = re.compile(r"(?m)^# %%.*\n")
SECONDS = 900  # en uzun hücre, yavaş makinede


def cells_of(text: str) -> list[str]:
    """The code cells of a script."""
    kinds = ["# %%\n", *MARKER.findall(text)]
    parts = zip(kinds, MARKER.split(text), strict=True)
    return [part for kind, part in parts if "markdown" not in kind and part.strip()]


def run_cells(cells: list[str], folder) -> list[str]:
    """Run cells in a fresh kernel; what each one printed."""
    notebook = nbformat.v4.new_notebook()
    for cell in cells:
        fails = {"tags": ["raises-exception"]} if "raise" in cell else {}
        notebook.cells.append(nbformat.v4.new_code_cell(cell, metadata=fails))
    options = {"timeout": SECONDS, "kernel_name": "python3"}
    options["resources"] = {"metadata": {"path": str(folder)}}
    NotebookClient(notebook, **options).execute()
    return ["".join(map(text_of, cell.outputs)) for cell in notebook.cells]


def text_of(output) -> str:
    return output.get("text") or output.get("data", {}).get("text/plain", "")


def names_of(code, kinds: set[str]) -> set[str]:
    """The global names that a code object, or one inside it, loads or stores."""
    found = {i.argval for i in dis.get_instructions(code) if i.opname in kinds}
    inner = [part for part in code.co_consts if isinstance(part, CodeType)]
    return found.union(*(names_of(part, kinds) for part in inner))


@pytest.mark.parametrize("stem", LABS)
def test_a_cell_needs_only_the_cells_above_it(stem):
    known = {*vars(builtins), "__name__"}
    for cell in cells_of((ROOT / f"{stem}.py").read_text(encoding="utf-8")):
        code = compile(cell, stem, "exec")
        known |= names_of(code, {"STORE_NAME"})
        assert names_of(code, {"LOAD_NAME", "LOAD_GLOBAL"}) - known == set()


OWN_FIT = """
import numpy as np
own = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
own.compile("sgd", "mse")
history = own.fit(np.zeros((4, 2)), np.zeros(4), verbose=2)
"""
RUNS = [("uygulama_03_functional_api", 2)]  # betik, kaç bölümü (hepsi: -m tam)
RUNS += [pytest.param(stem, 99, marks=pytest.mark.tam) for stem in LABS]


@pytest.mark.parametrize(("stem", "most"), RUNS)
def test_cells_of_a_script_write_what_a_run_writes(stem, most, tmp_path, monkeypatch):
    monkeypatch.setenv("DERS_HIZLI", "1")
    folder = copy_repository(tmp_path)
    text = (folder / f"{stem}.py").read_text(encoding="utf-8")
    first, *_ = text.split(f"# %% [markdown]\n# ## {most + 1} ·")
    cells = [*cells_of(first), cells_of(text)[-1]]  # sonuncusu: lab.run()
    *printed, own = run_cells([*cells, OWN_FIT], folder)
    assert "1/1 - " in own  # öğrencinin kendi fit'i susturulmaz
    out = "".join(printed)
    sections = list(LABS[stem].sections.values())[:most]
    assert [s for s in sections if f"Bölüm {s.number} · {s.title}" not in out] == []
    usual = [section for section in sections if not section.alone]
    assert out.count("Sonuç: ") == len(usual)
    assert "✗" not in out
    assert "Sıra sizde" in printed[-1]
    folder = folder / "outputs" / "hizli"
    written = {path.name for path in (folder / LABS[stem].name).iterdir()}
    assert {f"{section.stem}.json" for section in usual} <= written
    assert (folder / "index.html").exists()


HEAD = """
from common import Lab

lab = Lab("uygulama_09_deneme", "Uygulama 09 · Deneme", "00:00-01:00")
"""
LESSON = '''
@lab.section
def counting(size=3):
    """Sayma

    Soru: Kaç satır?
    """
    print("ders", size)
    return [size]
'''
RESULT = """
@counting.result
def _(rows, size):
    lab.conclude(f"{size} satır, {rows}.")
    lab.table(__import__("pandas").DataFrame({"a": rows}), "Tablo")
"""
FAILING = LESSON.replace("return", "raise ValueError")
EDITED = RESULT.replace("satır, ", "sıra, ")
LONG = LESSON.replace("section", "section(alone=True)").replace("counting", "long")
LONG_RESULT = RESULT.replace("counting", "long")
CELLS = [  # a cell, what it prints, what it does not print
    (HEAD, [], "Bölüm"),
    (LESSON, ["Kaç satır?", "ders 3"], "Sonuç"),
    (RESULT, ["Sonuç: 3 satır, [3].", "Tablo"], "ders 3"),
    (EDITED, ["Sonuç: 3 sıra, [3].", "Tablo"], "ders 3"),  # dersin son döndürdüğüyle
    (LESSON, ["ders 3", "Sonuç: 3 sıra, [3]."], "Deneme"),  # ders hücresi: sonucu da
    (FAILING, ["ders 3"], "Sonuç"),
    (RESULT, ["Önce bu bölümün ders hücresini"], "Sonuç"),
    (LESSON, ["ders 3", "Sonuç: 3 satır, [3]."], "Bölüm 2"),
    (LONG, ["Çalıştırmak için: long()"], "ders 3"),
    (LONG_RESULT, [], "Sonuç"),
    ("counting(size=5)", ["Sonuç: 5 satır, [5].", "Deneme: size=5"], "ders 3"),
    ("long()", ["ders 3", "Sonuç: 3 satır, [3]."], "Çalıştırmak"),
    # Spyder'ın F5'i de %run gibidir: komut satırına uyar; sonraki hücreler hücredir
    ("%run betik.py --bolum 1 --ayar size=4", ["Sonuç: 4 satır"], "ders 3"),
    (HEAD + LESSON, ["ders 3"], "ders 4"),
]


def test_both_parts_of_a_section_are_cells_and_run_obeys_the_command_line(tmp_path):
    folder = copy_repository(tmp_path)
    script = "\n".join([HEAD, LESSON, RESULT, "lab.run()"])
    (folder / "betik.py").write_text(script, encoding="utf-8")
    printed = run_cells([cell for cell, *_ in CELLS], folder)
    for (cell, words, never), text in zip(CELLS, printed, strict=True):
        assert [word for word in words if word not in text] == [], cell
        assert never not in text, cell
        assert text.count("Tablo") <= 1, cell
    written = {path.name for path in (folder / "outputs" / "uygulama_09").iterdir()}
    assert "01_counting.json" in written
