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
    made = [nbformat.v4.new_code_cell(cell) for cell in cells]
    notebook = nbformat.v4.new_notebook(cells=made)
    place = {"metadata": {"path": str(folder)}}
    NotebookClient(
        notebook, timeout=SECONDS, kernel_name="python3", resources=place
    ).execute()
    return ["".join(map(text_of, cell.outputs)) for cell in notebook.cells]


def text_of(output) -> str:
    return output.get("text") or output.get("data", {}).get("text/plain", "")


OWN_FIT = """
import numpy as np
own = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
own.compile("sgd", "mse")
history = own.fit(np.zeros((4, 2)), np.zeros(4), verbose=2)
"""


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


SHORT = "uygulama_03_functional_api"  # ötekiler: pytest -m tam
KERNEL = [s if s == SHORT else pytest.param(s, marks=pytest.mark.tam) for s in LABS]


@pytest.mark.parametrize("stem", KERNEL)
def test_the_cells_of_a_script_write_what_a_run_writes(stem, tmp_path, monkeypatch):
    monkeypatch.setenv("DERS_HIZLI", "1")
    folder = copy_repository(tmp_path)
    cells = cells_of((folder / f"{stem}.py").read_text(encoding="utf-8"))
    *printed, own = run_cells([*cells, OWN_FIT], folder)
    assert "Epoch 1/1" in own or "1/1 - " in own  # öğrencinin kendi fit'i susturulmaz
    text = "".join(printed)
    sections = LABS[stem].sections.values()
    assert [
        s.name for s in sections if f"Bölüm {s.number} · {s.title}" not in text
    ] == []
    usual = [section for section in sections if not section.alone]
    assert text.count("Sonuç: ") == len(usual)
    assert "✗" not in text
    folder = folder / "outputs" / "hizli"
    written = {path.name for path in (folder / LABS[stem].name).iterdir()}
    assert {f"{section.stem}.json" for section in usual} <= written
    assert (folder / "index.html").exists()


SMALL = '''
from common import Lab

lab = Lab("uygulama_09_deneme", "Uygulama 09 · Deneme", "00:00-01:00")

# %% [markdown]
# ## 1 · Sayma
# %%
@lab.section
def counting(size=3):
    """Sayma

    Soru: Kaç satır?
    """
    print("ders", size)
    return [size]


# %%
@counting.result
def _(rows, size):
    """Neden: Ayar kadar."""
    lab.conclude(f"{size} satır, {rows}.")
    lab.table(__import__("pandas").DataFrame({"a": rows}), "Tablo")


# %%
@lab.section(alone=True)
def long():
    """Uzun

    Soru: Kaç saat?
    """
    print("uzun ders")


# %%
@long.result
def _(nothing):
    """Neden: Uzun."""
    lab.conclude("Uzun sürdü.")


# %%
counting(size=5)
# %%
long()
'''


def test_both_parts_of_a_section_are_cells_of_their_own(tmp_path):
    folder = copy_repository(tmp_path)
    _, lesson, result, long, long_result, again, called = cells_of(SMALL)
    cells = [SMALL.split("# %%")[0], lesson, result, result, lesson, long, long_result]
    told = run_cells([*cells, again, called], folder)
    first, second, third, fourth, skipped, silent, changed, asked = told[1:]
    assert "Kaç satır?" in first
    assert "ders 3" in first
    assert "Sonuç" not in first
    for text in (second, third):  # sonuç hücresi yeniden: dersin son döndürdüğüyle
        assert "Sonuç: 3 satır, [3]." in text
        assert text.count("Tablo") == 1
        assert "ders 3" not in text
    assert "ders 3" in fourth  # ders hücresi yeniden: sonucu da
    assert "Sonuç: 3 satır, [3]." in fourth
    assert "Çalıştırmak için: long()" in skipped
    assert silent == ""
    assert "Sonuç: 5 satır, [5]." in changed
    assert "Deneme: size=5" in changed
    assert "uzun ders" in asked
    assert "Sonuç: Uzun sürdü." in asked
    written = {path.name for path in (folder / "outputs" / "uygulama_09").iterdir()}
    assert "01_counting.json" in written


def test_run_and_f5_obey_the_command_line_and_cells_after_them_are_cells(tmp_path):
    folder = copy_repository(tmp_path)
    text = SMALL.replace(
        "\ncounting(size=5)", "\nif __name__ == '__main__':\n    lab.run()"
    )
    script = folder / "uygulama_09_deneme.py"
    script.write_text(text.replace("\nlong()", ""), encoding="utf-8")
    run = f"%run {script.name} --bolum 1 --ayar size=4"
    ran, cell = run_cells([run, cells_of(SMALL)[0] + cells_of(SMALL)[1]], folder)
    assert "Sonuç: 4 satır" in ran
    assert ran.count("ders ") == 1
    assert "ders 3" in cell
