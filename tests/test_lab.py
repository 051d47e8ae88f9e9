"""Bir uygulama ne yazar, ne söyler, kötü günde ne yapar: biten hiçbir şey kaybolmaz."""

import dataclasses
import errno
import json
import os
import re
import shlex
import signal
import struct
import sys
import tempfile
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

import keras
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from helpers import LABS

from common import data as data_module
from common import files as files_module
from common import load_mnist, number, percent, plots, restart, set_seed, tidy
from common.classroom import page
from common.classroom.check import check_outputs
from common.classroom.records import FORMAT, read_seconds
from common.classroom.source import read_outline
from common.files import ROOT


@pytest.fixture
def lab(lab):
    """A lab of two quick sections that write a table, a figure and a model."""

    @lab.section(quick={"size": 2})
    def first(
        size=3,  # satır sayısı
        rate=0.5,  # oran
    ):
        """Birinci bölüm

        Soru: Kaç satır çıkar?
        """
        shares = keras.random.uniform((size,)).numpy()
        return pd.DataFrame({"ad": ["çizgi"] * size, "pay": shares})

    @first.result
    def _(frame, size, rate):
        """Neden: Ayarı kadar
        satır yazılır.
        """
        lab.table(frame.assign(oran=rate), "T")
        fig, ax = plots.figure(title="Başlık")
        ax.plot([1, 2], [3, 4])
        lab.save(fig)
        lab.conclude(f"{size} satır.")
        lab.check("satır sayısı", len(frame), equal=3, full_size=True)
        lab.check("oran küçük ({})", rate, below=1)

    @lab.section
    def second():
        """İkinci bölüm"""
        lab.save(keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)]))

    return lab


def told(capsys, *words: str) -> str:
    """What was printed, with these words in it."""
    captured = capsys.readouterr()
    text = captured.out + captured.err
    assert [word for word in words if word not in text] == []
    assert "Traceback" not in text
    return text


def test_a_whole_run_writes_tables_figures_models_and_times(lab, capsys):
    assert lab.ran() == 0
    names = {"01_first.csv", "01_first.png", "02_second.keras", "ders.json"}
    whole = lab.files()
    assert set(whole) == names | {"01_first.json", "02_second.json"}
    assert struct.unpack(">II", whole["01_first.png"][16:24]) == (1920, 1080)
    said = ["Birinci bölüm", "Sonuç: 3 satır", "Neden: Ayarı kadar satır", "2 bölüm"]
    told(capsys, *said, "✓ oran küçük (0,5)", "MB")
    assert set(read_seconds(lab.folder)) == {"first", "second"}
    assert json.loads(whole["ders.json"])["total"]["seconds"] > 0
    lab.ran("--bolum", "1")
    assert lab.files()["01_first.csv"] == whole["01_first.csv"]
    assert "total" not in json.loads(lab.files()["ders.json"])  # toplam eskidi
    lab.ran("--bolum", "1", "--tohum", "7")
    assert lab.files()["01_first.csv"] != whole["01_first.csv"]


def test_quick_results_never_replace_full_ones_nor_answer_for_them(lab):
    assert lab.ran("--hizli", "--bolum", "1") == 0
    assert len(lab.report.data) == 2
    assert not lab.report.checks[0].asked
    assert "yalnız dersteki boyutta" in lab.report.checks[0].text
    lab.configure(quick=True)
    assert lab.folder == ROOT / "outputs" / "hizli" / "uygulama_09"
    lab.configure()
    assert lab.folder == ROOT / "outputs" / "uygulama_09"


def test_outline_read_from_the_text_is_that_of_the_running_lab():
    for stem, real in LABS.items():
        read = read_outline(ROOT / f"{stem}.py")
        heads = [(one.title, one.hours, one.script) for one in (read, real)]
        assert heads[0] == heads[1]
        assert read.switches == real.switches
        assert list(read.exercises) == list(real.exercises)
        sections = [dataclasses.replace(s, run=None) for s in real.sections.values()]
        assert list(read.sections.values()) == sections


def test_a_what_if_is_kept_apart_and_says_so(lab, capsys):
    lab.ran()
    before = lab.files()
    assert lab.ran("--bolum", "1", "--ayar", "rate=1,0", "size=2") == 0
    told(capsys, "Sonuç: 2 satır.", "Deneme: rate=1.0", "✗ oran küçük (1)")
    assert lab.files() == before
    assert "Deneme sayfası" in read_page(lab, "deneme").text
    assert "Deneme sayfası" not in read_page(lab).text


@pytest.mark.parametrize(
    ("bound", "holds", "fails"),
    [
        ("below", 2, 1),
        ("above", 0.5, 1),
        ("equal", 1, 1.1),
        ("within", (1, 2), (1.5, 2)),
    ],
)
def test_bounds_of_a_check(lab, capsys, bound, holds, fails):
    @lab.section
    def third():
        """Üçüncü bölüm"""
        lab.check("Tuttu", 1.0, **{bound: holds})
        lab.check("Tutmadı", 1.0, **{bound: fails})
        lab.check("Sayı değil", float("nan"), **{bound: holds})

    assert lab.ran("--bolum", "3") == 1
    assert [check.holds for check in lab.report.checks] == [True, False, False]
    told(capsys, "✗ Tutmadı (ölçülen 1; beklenen ", "Bölüm: 3")
    with pytest.raises(ValueError, match="below="):
        lab.check("sınırsız", 1.0)


def declare(lab, **words):
    usual = {"section": "first", "task": "Ne olur?", "quantity": "satır", "low": 4}
    usual |= {"high": 6, "measure": len, "settings": {"size": 5}}
    lab.exercise(level="temel", **usual | words)


def test_exercise_of_a_section_is_shown_at_its_end_and_on_the_page(lab, capsys):
    declare(lab)
    lab.ran("--bolum", "2")
    assert "Sıra sizde" not in told(capsys)
    lab.ran("--bolum", "1")
    command = "python uygulama_09_deneme.py --sira temel"
    text = told(capsys, "Ne olur?", command)
    assert "4 ile 6" not in text  # beklenen aralık önceden görünmez
    assert command in read_page(lab).text
    assert read_page(lab).ids[-1] == "uygulama_09-sira"


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        ({}, 0, "✓ beklenen: 4 ile 6 arasında"),
        ({"low": 6, "high": 7}, 1, "✗ beklenen: 6 ile 7 arasında"),
        ({"settings": {}, "measure": lambda found: float("nan")}, 1, "henüz yok"),
    ],
)
def test_exercise_is_judged(lab, capsys, words, code, said):
    declare(lab, **words)
    assert lab.ran("--sira", "temel") == code
    told(capsys, said)
    assert (lab.out / "deneme" / lab.name / "01_first.csv").exists()
    assert not lab.folder.exists()


# Günün sayfası


class Links(HTMLParser):
    """What a page loads or links to, the ids in it, and its text."""

    def __init__(self, raw: str):
        super().__init__()
        self.targets, self.ids, self.text, self.raw = [], [], "", raw
        self.feed(raw)

    def handle_starttag(self, tag, attrs):
        for name, value in attrs:
            if name in ("href", "src"):
                self.targets.append(value.partition("?")[0])
            if name == "id" and tag == "section":
                self.ids.append(value)

    def handle_data(self, data):
        self.text += data


def read_page(lab, folder="") -> Links:
    return Links((lab.out / folder / "index.html").read_text(encoding="utf-8"))


def test_the_days_page_shows_what_has_run_so_far_from_its_own_folder(lab):
    def versions():
        newest = (lab.out / "surum.js").read_text(encoding="utf-8")
        shown = re.search(r'surum !== "(\w+)"', read_page(lab).raw)[1]
        return shown, re.search(r'"(\w+)"', newest)[1]

    lab.ran("--bolum", "1", "--tohum", "7")
    shown, old = read_page(lab), versions()
    said = ["Birinci bölüm", "Kaç satır çıkar?", "3 satır", "çizgi", "0,5", "✓ oran"]
    said += ["--tohum 7", "lab.conclude("]
    assert [word for word in said if word not in shown.text] == []
    assert '<span class="k">def</span>' in shown.raw  # kod, renkleriyle
    assert "İkinci bölüm" not in shown.text
    lab.ran("--bolum", "2")
    shown = read_page(lab)
    assert shown.ids == ["uygulama_09-1", "uygulama_09-2"]
    inside = {f"#{name}" for name in ["icerik", "uygulama_09", *shown.ids]}
    assert {t for t in shown.targets if t.startswith("#")} == inside
    linked = [target for target in shown.targets if not target.startswith("#")]
    assert linked
    assert all((lab.out / target).is_file() for target in linked)
    assert old[0] == old[1] != versions()[0] == versions()[1]  # açık sayfa yenilenir


def test_texts_and_names_reach_the_page_escaped_and_encoded(lab):
    @lab.section
    def third():
        """<b>Üç</b> & "dört"

        Soru: <script>alert(1)</script>? (a) 2 (b) 3
        """

    @third.result
    def _(nothing):
        """Neden: a <s>b</s>"""
        lab.table(pd.DataFrame({"<i>ad</i>": ["<img src=x>"]}), "<u>T</u>")
        lab.conclude("a < b <em>c</em>")
        lab.check("<q>d</q>", 1, equal=1)

    lab.ran("--bolum", "3")
    evil = "uygulama_<script>alert(1)<!-- #?%\"'"
    lab.folder.rename(lab.out / evil)
    record = lab.out / evil / "03_third.json"
    changed = json.loads(record.read_text(encoding="utf-8"))
    changed["figures"] = ['"><script>a#b?c.png']
    record.write_text(json.dumps(changed), encoding="utf-8")
    page.write(lab.out)
    shown = read_page(lab)
    texts = ["<b>Üç</b>", "<script>alert(1)", "<i>ad</i>", "<img src=x>", "<u>T</u>"]
    texts += ["a < b <em>c</em>", "a <s>b</s>", "<q>d</q>"]
    assert [text for text in texts if text not in shown.text] == []
    assert "x" not in shown.targets
    assert '<span class="sik">(b) 3</span>' in shown.raw
    assert "<script>a" not in shown.raw
    figures = [t for t in shown.targets if t.endswith(".png")]
    assert {unquote(t) for t in figures} == {f'{evil}/"><script>a#b?c.png'}
    assert not any(set('<>"#?') & set(t) for t in figures)


def test_two_labs_share_the_page_and_a_section_that_is_gone_is_not_on_it(lab):
    lab.ran("--bolum", "1")
    other = lab.out / "uygulama_01"
    other.mkdir()
    for path in lab.folder.glob("*.json"):
        (other / path.name).write_bytes(path.read_bytes())
    old = (lab.folder / "01_first.json").read_text(encoding="utf-8")
    gone = old.replace('"first"', '"gone"')
    (lab.folder / "07_gone.json").write_text(gone, encoding="utf-8")
    page.write(lab.out)
    assert read_page(lab).ids == ["uygulama_01-1", "uygulama_09-1"]


def broken(record: dict) -> list[bytes]:
    """This record as another program or version might have left it."""
    found = [b"", b"\xff\xfe", b"[" * 100_000, b'{"tit', b"[]", b"null", b"1" * 5_000]
    found += [json.dumps({"format": FORMAT}).encode(), b'{"title": "eski"}']
    for key in record:
        less = {k: v for k, v in record.items() if k != key}
        values = (None, 3, "x", [], {}, [1], 1e400, float("nan"), -1, True, "\ud800")
        for changed in [less, *(record | {key: value} for value in values)]:
            found.append(json.dumps(changed).encode())
    return found


def test_a_foreign_record_stops_neither_the_page_nor_a_lab(lab):
    lab.ran()
    for name, ids in (("02_second.json", ["uygulama_09-1"]), ("ders.json", [])):
        path, good = lab.folder / name, lab.files()[name]
        for content in broken(json.loads(good)):
            path.write_bytes(content)
            page.write(lab.out)
            assert set(ids) <= set(read_page(lab).ids), content[:200]
            seconds = read_seconds(lab.folder)
            assert "first" in seconds, content[:200]
            assert all(0 <= took < 1e6 for took in seconds.values()), content[:200]
        path.unlink()
        path.mkdir()
        page.write(lab.out)
        assert read_page(lab).ids == ids
        path.rmdir()
        path.write_bytes(good)
    other_settings = json.loads(lab.files()["01_first.json"]) | {"usual": False}
    (lab.folder / "01_first.json").write_text(json.dumps(other_settings), "utf-8")
    assert set(read_seconds(lab.folder)) == {"second"}


def test_a_script_declares_its_own_switches_and_their_run_is_not_the_courses(
    lab, capsys
):
    lab.option("--uzun", "uzun eğitim")
    seen = []

    @lab.section
    def third():
        """Üçüncü bölüm"""
        seen.append(dict(lab.options))

    assert lab.ran("--uzun") == 0
    assert "01_first.csv" in lab.files()
    assert read_seconds(lab.folder) == {}
    assert "total" not in json.loads(lab.files()["ders.json"])
    assert lab.ran("--bolum", "3") == 0
    assert seen == [{"uzun": True}, {"uzun": False}]
    assert lab.ran("--yardim") == 0
    told(capsys, "uzun eğitim")


# Kötü günler: eğitimden önce söylenenler


def test_folders_that_cannot_be_written_are_told_at_once(lab, capsys, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(tempfile, "tempdir", "/olmayan/klasör")
        assert lab.ran() == 1
        assert "Bölüm 1" not in told(capsys, "Geçici klasör yazılamadı")
    lab.out /= "dosya"
    lab.out.write_text("", encoding="utf-8")
    assert lab.ran() == 1
    assert "Bölüm 1" not in told(capsys, "yazılamadı", "--cikti")


def test_only_what_a_killed_run_left_half_written_is_swept(lab, monkeypatch):
    gone = [lab.folder / ".01_first-99.yarim.png", lab.out / ".index-9.yarim.html"]
    fresh = lab.folder / ".01_first-98.yarim.png"  # öteki koşu şu anda yazıyor
    mine = [lab.folder / ".01_first-1.png", lab.out / ".python-3.12"]
    mine += [lab.out / "deneme.txt", lab.out / "outputs" / "deneme.txt"]
    for path in (*gone, fresh, *mine):
        path.parent.mkdir(exist_ok=True)
        path.write_text("benim", encoding="utf-8")
    for path in (*gone, *mine):
        os.utime(path, (0, 0))
    lab.ran("--bolum", "2")
    monkeypatch.setattr(files_module, "ROOT", lab.out)
    assert "yazılabiliyor" in check_outputs()
    assert not any(path.exists() for path in gone)
    assert {path.read_text(encoding="utf-8") for path in (fresh, *mine)} == {"benim"}
    assert {path.name for path in (lab.out / "outputs").iterdir()} == {"deneme.txt"}


# Kötü günler: koşarken


@pytest.mark.parametrize(
    ("words", "said"),
    [([], "Günün sayfası yenilenemedi"), (["--bekle"], "klavye bağlı değil")],
)
def test_the_lesson_goes_on_without_page_or_keyboard(
    lab, capsys, monkeypatch, words, said
):
    def no_keyboard(prompt):
        raise EOFError

    (lab.out / "index.html").mkdir()
    monkeypatch.setattr("builtins.input", no_keyboard)
    assert lab.ran(*words) == 0
    told(capsys, said)
    assert {"01_first.png", "02_second.keras"} <= set(lab.files())


def interrupt():
    signal.raise_signal(signal.SIGINT)


def full_disk(*arguments):
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@pytest.mark.parametrize(
    ("act", "code", "said"),
    [
        (interrupt, 130, ["Durduruldu (Ctrl-C)"]),
        (load_mnist, 1, ["bozuk", "git checkout -- data/mnist.npz"]),
        (full_disk, 1, ["disk dolu.\nYeniden: python"]),
        (lambda: 1 / 0, 1, ["hata oldu.\nZeroDivisionError: div", "py, satır "]),
    ],
)
def test_what_stops_a_section_is_told_with_the_files_of_the_others(
    lab, capsys, monkeypatch, tmp_path, act, code, said
):
    damaged = tmp_path / "mnist.npz"
    damaged.write_bytes(data_module.MNIST_FILE.read_bytes()[:1000])
    monkeypatch.setattr(data_module, "MNIST_FILE", damaged)

    @lab.section
    def third():
        """Üçüncü bölüm"""
        act()

    assert lab.ran("--bolum", "1", "3") == code
    text = told(capsys, *said, "01_first.png")
    kept = lab.out / "son_hata.txt"
    assert kept.exists() == ("test_lab.py, satır " in text)
    assert not kept.exists() or "1 / 0" in kept.read_text(encoding="utf-8")


def test_full_disk_half_way_through_a_figure(lab, capsys, monkeypatch):
    lab.ran("--bolum", "1")
    before = lab.files()

    def half(self, path):
        Path(path).write_bytes(b"\x89PNG half")
        full_disk()

    monkeypatch.setattr(plt.Figure, "savefig", half)
    capsys.readouterr()
    assert lab.ran("--bolum", "1") == 1
    out = told(capsys)  # dosya yazılamasa da sonuç gösterilir
    assert out.index("Sonuç: 3 satır") < out.index("01_first.png yazılamadı: disk dolu")
    assert lab.files()["01_first.png"] == before["01_first.png"]
    assert set(lab.files()) == set(before)


def test_terminated_run_leaves_no_temporary_file(lab, monkeypatch):
    seen = []

    @lab.section
    def third():
        """Üçüncü bölüm"""
        with lab.file("", ".csv") as path:
            path.touch()
            seen.append(path)
            signal.raise_signal(signal.SIGTERM)

    usual = signal.getsignal(signal.SIGTERM)
    words = [lab.script, "--bolum", "3", "--cikti", str(lab.out)]
    monkeypatch.setattr(sys, "argv", words)
    try:
        with pytest.raises(SystemExit) as stopped:
            lab.run()
    finally:
        signal.signal(signal.SIGTERM, usual)
    assert stopped.value.code == 128 + signal.SIGTERM
    assert not seen[0].exists()


def test_stopped_before_the_first_section_repeats_what_was_typed(
    lab, capsys, monkeypatch
):
    monkeypatch.setattr(lab, "announce", lambda section: interrupt())
    words = ["--hizli", "--bolum", "2", "1", "--ayar", "rate=0.2", "--tohum", "7"]
    assert lab.ran(*words) == 130
    typed = shlex.join([*words, "--cikti", str(lab.out)])
    told(capsys, f"Yeniden: python uygulama_09_deneme.py {typed}\n")


def test_file_that_another_program_holds_for_a_moment_is_written(tmp_path, monkeypatch):
    replace, refusals = os.replace, []

    def busy(source, target):
        if len(refusals) < 2:
            refusals.append(target)
            raise PermissionError(errno.EACCES, "açık")
        replace(source, target)

    monkeypatch.setattr(os, "replace", busy)
    files_module.write_text(tmp_path / "a.txt", "bütün")
    assert (tmp_path / "a.txt").read_text(encoding="utf-8") == "bütün"
    assert len(refusals) == 2


# Yazılanlar, modeller


@pytest.mark.parametrize(
    ("text", "write", "values"),
    [
        ("%98,4", percent, (0.984,)),
        ("%0,0", percent, (-0.0001,)),
        ("-%1,2", percent, (-0.012,)),
        ("%97,5 ± 1,6", percent, (0.975, 0.016)),
        ("-", percent, (float("nan"),)),
        ("0,371", number, (0.3714,)),
        ("12,5", number, (12.5,)),
        ("100", number, (100,)),
        ("1e-07", number, (1e-7,)),
        ("1,5e-05", number, (0.25**8,)),
        ("0", number, (0,)),
        ("-0,5", number, (-0.5,)),
        ("-", number, (float("nan"),)),
        ("sonsuz", number, (float("inf"),)),
    ],
)
def test_numbers_are_written_the_turkish_way(text, write, values):
    assert write(*values) == text


def test_restart_is_the_same_as_building_anew():
    x, y = np.random.default_rng(0).normal(size=(40, 4)), np.arange(40.0)

    def build():
        layers = [keras.layers.Dense(8, "relu", kernel_initializer="he_normal")]
        layers += [keras.layers.BatchNormalization(), keras.layers.Dropout(0.3)]
        model = keras.Sequential([keras.Input((4,)), *layers, keras.layers.Dense(1)])
        model.compile(keras.optimizers.Adam(0.01), "mse")
        return model

    def trained(model):
        frame = tidy(model.fit(x, y, 8, epochs=3, verbose=0), ad="a")
        assert list(frame) == ["loss", "epoch", "ad"]
        assert frame["epoch"].tolist() == [1, 2, 3]
        return [variable.numpy() for variable in model.weights]

    used = build()
    trained(used)
    restart(used, seed=5)
    assert used.optimizer.iterations == 0
    assert float(used.optimizer.learning_rate) == pytest.approx(0.01)
    again = trained(used)
    set_seed(5)
    fresh = build()
    set_seed(5)
    for one, other in zip(again, trained(fresh), strict=True):
        assert np.array_equal(one, other)
