"""Bir uygulama ne yazar, ne söyler, kötü günde ne yapar: biten hiçbir şey kaybolmaz."""

import dataclasses
import errno
import json
import os
import re
import signal
import struct
import tempfile
from functools import partial
from html import unescape
from pathlib import Path
from types import SimpleNamespace
from unittest.mock import DEFAULT, Mock

import keras
import matplotlib.pyplot as plt
import numpy as np
import pytest
from helpers import LABS, add_two_sections

from common import data as data_module
from common import files as files_module
from common import load_mnist, number, percent, restart, set_seed
from common.classroom import page
from common.classroom.records import read_seconds
from common.classroom.source import read_outline
from common.files import ROOT


@pytest.fixture
def lab(lab):
    return add_two_sections(lab)


def add_third(lab, act) -> None:
    @lab.section
    def third():
        """Üçüncü bölüm"""
        act()


def test_a_whole_run_writes_tables_figures_models_and_times(lab, told):
    assert lab.ran() == 0
    assert list(lab.report.data) == ["rows", "others"]  # dersin döndürdüğü çerçeveler
    whole = lab.files()
    endings = (".keras", ".json", "_rows.csv", "_others.csv")
    names = {"ders.json", *(f"02_second{ending}" for ending in endings)}
    assert set(whole) == names | {"01_first.csv", "01_first.json", "01_first.png"}
    assert struct.unpack(">II", whole["01_first.png"][16:24]) == (1920, 1080)
    said = ["Birinci bölüm", "Sonuç: 3 satır", "Neden: Ayarı kadar satır", "2 bölüm"]
    told(*said, "Sonuç: a, aa.", "✓ oran küçük (0,5)", "MB")
    assert set(read_seconds(lab.folder)) == {"first", "second"}
    assert b'"total"' in lab.files()["ders.json"]
    lab.ran("--bolum", "1")
    assert lab.files()["01_first.csv"] == whole["01_first.csv"]
    assert b'"total"' not in lab.files()["ders.json"]  # toplam eskidi
    lab.ran("--bolum", "1", "--tohum", "7")
    assert lab.files()["01_first.csv"] != whole["01_first.csv"]


def test_quick_results_never_replace_full_ones_nor_answer_for_them(lab):
    assert lab.ran("--hizli", "--bolum", "1") == 0
    assert len(lab.report.data) == 2
    assert "yalnız dersteki boyutta" in lab.report.checks[0].text
    for quick, folder in ((True, "outputs/hizli"), (False, "outputs")):
        lab.configure(quick=quick)
        assert lab.folder == ROOT / folder / "uygulama_09"


def test_outline_read_from_the_text_is_that_of_the_running_lab():
    for stem, real in LABS.items():
        read = read_outline(ROOT / f"{stem}.py")
        for name in ("title", "hours", "script", "switches", "values"):
            assert getattr(read, name) == getattr(real, name)
        assert list(read.exercises) == list(real.exercises)
        sections = [dataclasses.replace(s, run=None) for s in real.sections.values()]
        assert list(read.sections.values()) == sections


def test_a_what_if_is_kept_apart_and_says_so(lab, told):
    lab.ran()
    before = lab.files()
    assert lab.ran("--bolum", "1", "--ayar", "rate=1,0", "size=2") == 0
    told("Sonuç: 2 satır", "Deneme: rate=1.0", "✗ oran küçük (1)")
    assert lab.files() == before
    assert (lab.out / "deneme" / lab.name / "01_first.csv").exists()
    assert "Deneme sayfası" in read_page(lab, "deneme").text
    assert "Deneme sayfası" not in read_page(lab).text


def test_bounds_of_a_check(lab, told):
    holding = {"below": 2, "above": 0.5, "equal": 1, "within": (1, 2)}
    failing = {"below": 1, "above": 1, "equal": 1.1, "within": (1.5, 2)}

    def ask():
        for bound in holding:
            assert lab.check("Tuttu", 1.0, **{bound: holding[bound]})
            assert not lab.check("Tutmadı", 1.0, **{bound: failing[bound]})
            assert not lab.check("Sayı değil", float("nan"), **{bound: holding[bound]})

    add_third(lab, ask)
    assert lab.ran("--bolum", "3") == 1
    told("✗ Tutmadı (ölçülen 1; beklenen ", "Bölüm: 3")
    with pytest.raises(ValueError, match="below="):
        lab.check("sınırsız", 1.0)


JUDGED = [  # what the exercise expects, the exit code, what is told
    ({}, 0, "✓ beklenen: 4 ile 6 arasında"),
    ({"low": 6, "high": 7}, 1, "✗ beklenen: 6 ile 7 arasında"),
    ({"settings": {}, "measure": lambda found: float("nan")}, 1, "henüz yok"),
]


@pytest.mark.parametrize(("words", "code", "said"), JUDGED)
def test_a_task_is_shown_after_its_section_and_judged(lab, told, words, code, said):
    usual = {"task": "Ne olur?", "quantity": "satır", "low": 4, "high": 6}
    usual |= {"measure": len, "settings": {"size": 5}} | words
    lab.exercise(level="temel", section="first", **usual)
    assert lab.ran("--sira", "temel") == code
    told(said)
    assert not lab.folder.exists()
    lab.ran("--bolum", "2")
    told(never="Sıra sizde")
    lab.ran("--bolum", "1")
    command = "python uygulama_09_deneme.py --sira temel"
    told("Ne olur?", command, never=" ile ")  # beklenen aralık önceden görünmez
    assert command in read_page(lab).text
    assert read_page(lab).ids[-1] == "uygulama_09-sira"


def read_page(lab, folder="") -> SimpleNamespace:
    """The page: its HTML, what it shows (no code), its links, its sections."""
    raw = (lab.out / folder / "index.html").read_text(encoding="utf-8")
    text = unescape(re.sub(r"(?s)<pre>.*?</pre>|<[^>]*>", "", raw))
    targets = re.findall(r'(?:href|src)="([^"?]+)', raw)
    ids = re.findall(r'<section id="(.+?)"', raw)
    return SimpleNamespace(raw=raw, text=text, targets=targets, ids=ids)


def test_the_days_page_shows_what_has_run_so_far_from_its_own_folder(lab):
    def versions():
        newest = (lab.out / "surum.js").read_text(encoding="utf-8")
        shown = re.search(r'surum !== "(\w+)"', read_page(lab).raw)[1]
        return shown, re.search(r'"(\w+)"', newest)[1]

    lab.ran("--bolum", "1", "--tohum", "7")
    shown, old = read_page(lab), versions()
    said = ["Birinci bölüm", "<b>satır</b>", "<s>yazılır</s>", "<u>T</u>", "<i>oran"]
    said += ["satır <em>var</em>", "<q>satır</q> sayısı", "çizgi", "0,5", "✓ oran"]
    assert [word for word in said if word not in shown.text] == []
    assert "--tohum 7" in shown.text
    assert "lab.conclude(" in shown.raw
    assert '<span class="k">def</span>' in shown.raw  # kod, renkleriyle
    assert '<span class="sik">(b) 3</span>' in shown.raw
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


def test_a_foreign_record_stops_neither_the_page_nor_a_lab(lab):
    lab.ran()
    for name, ids in (("02_second.json", ["uygulama_09-1"]), ("ders.json", [])):
        path, good = lab.folder / name, lab.files()[name]
        contents = [b"", b"\xff\xfe", b"[" * 100_000, b'{"tit', b"null", b"1" * 5_000]
        for key in json.loads(good):
            for value in (None, 3, "x", [1], {}, 1e400, -1, True, "\ud800"):
                changed = json.loads(good) | {key: value}
                contents.append(json.dumps(changed).encode())
        for content in contents:
            path.write_bytes(content)
            page.write(lab.out)
            assert set(ids) <= set(read_page(lab).ids), content[:200]
            seconds = read_seconds(lab.folder)
            assert "first" in seconds, content[:200]
            assert all(0 <= took < 1e6 for took in seconds.values()), content[:200]
        path.write_bytes(good)
    gone = lab.files()["02_second.json"].replace(b'"second"', b'"gone"')
    (lab.folder / "02_second.json").write_bytes(gone)
    page.write(lab.out)
    assert read_page(lab).ids == ["uygulama_09-1"]


def test_a_run_with_a_switch_of_the_script_is_not_the_courses(lab, told):
    lab.option("--uzun", "uzun eğitim")
    seen = []
    add_third(lab, lambda: seen.append(dict(lab.options)))
    assert lab.ran("--uzun") == 0
    assert "01_first.csv" in lab.files()
    assert read_seconds(lab.folder) == {}
    assert b'"total"' not in lab.files()["ders.json"]
    assert lab.ran("--bolum", "3") == 0
    assert seen == [{"uzun": True}, {"uzun": False}]


# Kötü günler


def test_folders_that_cannot_be_written_are_told_at_once(lab, told, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(tempfile, "tempdir", "/olmayan/klasör")
        assert lab.ran() == 1
        told("Geçici klasör yazılamadı", never="Bölüm 1")
    lab.out /= "dosya"
    lab.out.write_text("", encoding="utf-8")
    assert lab.ran() == 1
    told("yazılamadı", "--cikti", never="Bölüm 1")


def test_only_what_a_killed_run_left_half_written_is_swept(lab):
    lab.folder.mkdir()
    gone = [lab.folder / ".01_first-99.yarim.png", lab.out / ".index-9.yarim.html"]
    fresh = lab.folder / ".01_first-98.yarim.png"  # öteki koşu şu anda yazıyor
    mine = lab.folder / ".01_first-1.png"
    for path in (*gone, mine, fresh):
        path.touch()
        os.utime(path, None if path is fresh else (0, 0))
    lab.ran("--bolum", "2")
    assert [path.exists() for path in (*gone, mine, fresh)] == [False] * 2 + [True] * 2


def test_the_lesson_goes_on_without_page_or_keyboard(lab, told, monkeypatch):
    (lab.out / "index.html").mkdir()
    monkeypatch.setattr("builtins.input", Mock(side_effect=EOFError))
    assert lab.ran("--bekle") == 0
    told("Günün sayfası yenilenemedi", "klavye bağlı değil")
    assert {"01_first.png", "02_second.keras"} <= set(lab.files())


def refuse(number: int):
    raise OSError(number, "refused")


CTRL_C = partial(signal.raise_signal, signal.SIGINT)
STOPPED = [  # what the third section does, the exit code, what is told
    (CTRL_C, 130, ["Durduruldu (Ctrl-C)", "_deneme.py --bolum 3 --tohum 7 --cik"]),
    (load_mnist, 1, ["bozuk", "git checkout -- data/mnist.npz"]),
    (partial(refuse, errno.ENOSPC), 1, ["disk dolu.\nYeniden: python"]),
    (partial(refuse, errno.EDQUOT), 1, ["disk kotanız doldu.\nYeniden: python"]),
]


@pytest.mark.parametrize(("act", "code", "said"), STOPPED)
def test_what_stops_a_section_is_told_with_the_files_of_the_others(
    lab, told, monkeypatch, tmp_path, act, code, said
):
    damaged = tmp_path / "mnist.npz"
    damaged.write_bytes(data_module.MNIST_FILE.read_bytes()[:1000])
    monkeypatch.setattr(data_module, "MNIST_FILE", damaged)
    add_third(lab, act)
    assert lab.ran("--bolum", "1", "3", "--tohum", "7") == code
    told(*said, "01_first.png")


def test_full_disk_half_way_through_a_figure(lab, told, monkeypatch):
    lab.ran("--bolum", "1")
    before = lab.files()

    def half(self, path):
        Path(path).write_bytes(b"\x89PNG half")
        refuse(errno.ENOSPC)

    monkeypatch.setattr(plt.Figure, "savefig", half)
    told()
    assert lab.ran("--bolum", "1") == 1
    text = told()  # dosya yazılamasa da sonuç gösterilir
    at = text.index("01_first.png yazılamadı: disk dolu")
    assert text.index("Sonuç: 3 satır") < at
    assert lab.files()["01_first.png"] == before["01_first.png"]
    assert set(lab.files()) == set(before)


def test_file_that_another_program_holds_for_a_moment_is_written(tmp_path, monkeypatch):
    answers = [PermissionError(errno.EACCES, "açık")] * 2 + [DEFAULT]
    busy = Mock(wraps=os.replace, side_effect=answers)
    monkeypatch.setattr(os, "replace", busy)
    files_module.write_text(tmp_path / "a.txt", "bütün")
    assert (tmp_path / "a.txt").read_text(encoding="utf-8") == "bütün"
    assert busy.call_count == 3


def test_numbers_are_written_the_turkish_way():
    nan, infinite = float("nan"), float("inf")
    shares = [percent(share) for share in (0.984, -0.0001, -0.012, nan)]
    assert shares == ["%98,4", "%0,0", "-%1,2", "-"]
    assert percent(0.975, 0.016) == "%97,5 ± 1,6"
    large = [number(value) for value in (12.5, 100, 11_264, infinite)]
    assert large == ["12,5", "100", "11 264", "sonsuz"]
    small = [number(value) for value in (0.3714, -0.5, 0, 0.25**8, 1e-7, nan)]
    assert small == ["0,371", "-0,5", "0", "1,5e-05", "1e-07", "-"]


def test_restart_is_the_same_as_building_anew():
    x, y = np.random.default_rng(0).normal(size=(40, 4)), np.arange(40.0)

    def build():
        layers = [keras.Input((4,)), keras.layers.Dense(8, "relu")]
        layers += [keras.layers.BatchNormalization(), keras.layers.Dropout(0.3)]
        model = keras.Sequential([*layers, keras.layers.Dense(1)])
        model.compile(keras.optimizers.Adam(0.01), "mse")
        return model

    used = build()
    used.fit(x, y, 8, verbose=0)
    restart(used, seed=5)
    used.fit(x, y, 8, epochs=2, verbose=0)
    set_seed(5)
    fresh = build()
    set_seed(5)
    fresh.fit(x, y, 8, epochs=2, verbose=0)
    for one, other in zip(used.get_weights(), fresh.get_weights(), strict=True):
        assert np.array_equal(one, other)
