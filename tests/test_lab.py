"""Bir uygulama ne yazar, ne söyler, kötü günde ne yapar: biten hiçbir şey kaybolmaz."""

import dataclasses
import errno
import io
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
from conftest import LABS

from common import (
    Lab,
    load_mnist,
    number,
    percent,
    plots,
    restart,
    set_seed,
    tidy,
)
from common import data as data_module
from common import files as files_module
from common.classroom import page
from common.classroom.check import check_outputs
from common.classroom.command import MAX_SEED, understand
from common.classroom.records import FORMAT, read_seconds
from common.classroom.source import read_outline
from common.classroom.terminal import fail
from common.files import ROOT, LabError, command_line

NAME = "çizgi"


@pytest.fixture
def lab(tmp_path):
    """A lab of two quick sections that write a table, a figure and a model."""
    made = Lab("uygulama_09_deneme", "Uygulama 09 · Deneme", "00:00-01:00")

    @made.section(quick={"size": 2}, limits={"size": (1, 50), "rates": (0.05, 1)})
    def first(
        size=3,  # satır sayısı
        rate=0.5,  # oran
        rates=(0.1, 0.3),
        kind="relu",
        fast=False,
    ):
        """Birinci bölüm

        Soru: Kaç satır çıkar?
        """
        frame = pd.DataFrame({
            "ad": [NAME] * size,
            "pay": keras.random.uniform((size,)).numpy(),
        })
        return frame

    @first.result
    def _(frame, size, rate, rates, kind, fast):
        """Neden: Ayarı kadar
        satır yazılır.
        """
        made.table(frame.assign(oran=rate), "T")
        fig, ax = plots.figure(title="Başlık")
        ax.plot([1, 2], [3, 4])
        ax.set(ylabel="val_accuracy")
        made.save(fig)
        made.conclude(f"{size} satır, {rates} {kind} {fast}.")
        made.check("satır sayısı", len(frame), equal=3, full_size=True)
        made.check("oran küçük ({})", rate, below=1)

    @made.section
    def second():
        """İkinci bölüm

        Soru: Ne olur?
        """
        made.save(small_model())

    made.configure(out=tmp_path)
    made.out = tmp_path
    return made


def small_model() -> keras.Model:
    model = keras.Sequential([
        keras.Input((4,)),
        keras.layers.Dense(3),
        keras.layers.Dense(1),
    ])
    model.compile("adam", "mse")
    return model


def run(lab, *words: str) -> int:
    return lab.main([*words, "--cikti", str(lab.out)])


def files(lab) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in lab.folder.iterdir()}


def refused(lab, capsys, *words: str, code: int = 1) -> str:
    """What is told when the lab ends before its first training."""
    assert run(lab, *words) == code
    captured = capsys.readouterr()
    assert "Bölüm 1" not in captured.out
    assert "Traceback" not in captured.err
    return captured.err


def test_whole_run_writes_tables_figures_models_and_times(lab, capsys):
    assert run(lab) == 0
    names = {"01_first.csv", "01_first.png", "02_second.keras"}
    assert set(files(lab)) == names | {"ders.json", "01_first.json", "02_second.json"}
    assert struct.unpack(">II", files(lab)["01_first.png"][16:24]) == (1920, 1080)
    out = capsys.readouterr().out
    told = (
        "Birinci bölüm",
        "Sonuç: 3 satır",
        "Neden: Ayarı kadar satır",
        "✓ oran küçük (0,5)",
    )
    assert all(words in out for words in (*told, "2 bölüm", "MB"))
    assert set(read_seconds(lab.folder)) == {"first", "second"}
    assert json.loads(files(lab)["ders.json"])["total"]["seconds"] > 0
    run(lab, "--bolum", "2")
    assert "total" not in json.loads(files(lab)["ders.json"])  # toplam eskidi


def test_seed_decides_and_order_does_not(lab):
    run(lab)
    alone = files(lab)["01_first.csv"]
    run(lab, "--bolum", "1")
    assert files(lab)["01_first.csv"] == alone
    run(lab, "--bolum", "1", "--tohum", "7")
    assert files(lab)["01_first.csv"] != alone


def test_quick_results_never_replace_full_ones_nor_answer_for_them(lab):
    assert run(lab, "--hizli", "--bolum", "1") == 0
    assert lab.report.data.shape[0] == 2
    assert not lab.report.checks[0].asked
    assert "yalnız dersteki boyutta" in lab.report.checks[0].text
    lab.configure(quick=True)
    assert lab.folder == ROOT / "outputs" / "hizli" / "uygulama_09"
    lab.configure()
    assert lab.folder == ROOT / "outputs" / "uygulama_09"


def test_section_called_again_in_a_notebook_keeps_its_number(lab):
    def first():
        """Birinci bölüm, düzeltilmiş"""

    lab.section(first)
    assert [(s.number, s.name) for s in lab.sections.values()] == [
        (1, "first"),
        (2, "second"),
    ]


def test_outline_read_from_the_text_is_that_of_the_running_lab():
    for stem, real in LABS.items():
        told = read_outline(ROOT / f"{stem}.py")
        assert (told.title, told.hours, told.script) == (
            real.title,
            real.hours,
            real.script,
        )
        assert told.switches == real.switches
        assert list(told.exercises) == list(real.exercises)
        for one, other in zip(
            told.sections.values(), real.sections.values(), strict=True
        ):
            assert dataclasses.replace(other, run=None) == one


# Sınamalar, ayarlar, alıştırmalar


def test_check_that_fails_is_an_error_only_in_the_lesson(lab, capsys):
    assert run(lab, "--bolum", "1", "--ayar", "rate=1.0") == 0
    assert "✗ oran küçük (1) (ölçülen 1; beklenen < 1)" in capsys.readouterr().out

    @lab.section
    def third():
        """Üçüncü bölüm"""
        lab.check("iddia", 0.5, above=1)

    assert run(lab, "--bolum", "3") == 1
    assert "Bölüm: 3" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("bound", "holds", "fails"),
    [
        ("below", 2, 1),
        ("above", 0.5, 1),
        ("equal", 1, 1.1),
        ("within", (1, 2), (1.5, 2)),
    ],
)
def test_bounds_of_a_check(lab, bound, holds, fails):
    run(lab, "--bolum", "2")
    assert lab.check("iddia", 1.0, **{bound: holds})
    assert not lab.check("iddia", 1.0, **{bound: fails})
    assert not lab.check("sayı değil", float("nan"), **{bound: holds})
    with pytest.raises(ValueError, match="below="):
        lab.check("sınırsız", 1.0)


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (["size=2"], "2 satır, (0.1, 0.3) relu False."),
        (["rate=0,25", "rates=0.1,0.3,0.9"], "3 satır, (0.1, 0.3, 0.9) relu False."),
        (["rate=0,25", "rates=0,2;1"], "3 satır, (0.2, 1.0) relu"),
        (["rates=0.1,", "0.3", "0.9"], "3 satır, (0.1, 0.3, 0.9) relu False."),
        (
            ["rates=(0.5, 1)", "kind=tanh", "fast=True"],
            "3 satır, (0.5, 1.0) tanh True.",
        ),
    ],
)
def test_what_if_is_kept_apart_and_says_so(lab, capsys, words, found):
    run(lab)
    before = files(lab)
    capsys.readouterr()
    assert run(lab, "--bolum", "1", "--ayar", *words) == 0
    out = capsys.readouterr().out
    assert found in out.replace("\n", " ")
    assert f"Deneme: {words[0].partition('=')[0]}=" in out
    assert files(lab) == before
    assert "Deneme sayfası" in read_page(lab, "deneme").text
    assert "Deneme sayfası" not in read_page(lab).text


@pytest.mark.parametrize(
    "word",
    [
        "siz=2",
        "size=iki",
        "size=2.5",
        "size=0",
        "size",
        "rate=-1",
        "rates=a",
        "rates=",
        "rate=1.5",
        "fast=2",
    ],
)
def test_wrong_setting_lists_the_settings(lab, capsys, word):
    err = refused(lab, capsys, "--bolum", "1", "--ayar", word, code=2)
    assert word in err
    assert "size=3   satır sayısı" in err
    assert not (lab.out / "deneme").exists()


def declare(lab, **words):
    usual = {
        "section": "first",
        "task": "Ne olur?",
        "quantity": "satır",
        "low": 4,
        "high": 6,
    }
    usual |= {"measure": len, "settings": {"size": 5}, "hint": "say", "solution": "beş"}
    lab.exercise(level="temel", **usual | words)


def test_exercise_of_a_section_is_shown_at_its_end_and_on_the_page(lab, capsys):
    declare(lab)
    run(lab, "--bolum", "2")
    assert "Sıra sizde" not in capsys.readouterr().out
    run(lab, "--bolum", "1")
    out = capsys.readouterr().out
    command = "python uygulama_09_deneme.py --sira temel"
    assert "Ne olur?" in out
    assert command in out
    assert "4 ile 6" not in out  # beklenen aralık önceden görünmez
    assert command in read_page(lab).text
    assert read_page(lab).ids[-1] == "uygulama_09-sira"
    assert "Bu uygulamadakiler: temel" in refused(
        lab, capsys, "--sira", "ileri", code=2
    )


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        ({}, 0, "✓ beklenen: 4 ile 6 arasında"),
        ({"low": 6, "high": 7}, 1, "✗ beklenen: 6 ile 7 arasında"),
        ({"settings": {}, "measure": lambda found: float("nan")}, 1, "henüz yok"),
    ],
)
def test_exercise_is_judged(lab, capsys, words, code, told):
    declare(lab, **words)
    assert run(lab, "--sira", "temel") == code
    assert told in capsys.readouterr().out
    assert (lab.out / "deneme" / lab.name / "01_first.csv").exists()
    assert not (lab.folder / "01_first.csv").exists()


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
    run(lab, "--bolum", "1", "--tohum", "7")
    shown = read_page(lab)
    told = (
        "Birinci bölüm",
        "Kaç satır çıkar?",
        "3 satır",
        NAME,
        "0,5",
        "✓ oran",
        "--tohum 7",
    )
    assert all(words in shown.text for words in (*told, "made.conclude("))
    assert '<span class="k">def</span>' in shown.raw  # kod, renkleriyle
    assert "İkinci bölüm" not in shown.text
    run(lab, "--bolum", "2")
    shown = read_page(lab)
    assert shown.ids == ["uygulama_09-1", "uygulama_09-2"]
    inside = {f"#{name}" for name in ["icerik", "uygulama_09", *shown.ids]}
    assert {t for t in shown.targets if t.startswith("#")} == inside
    linked = [target for target in shown.targets if not target.startswith("#")]
    assert linked
    assert all((lab.out / target).is_file() for target in linked)


def test_an_open_page_learns_that_there_is_a_newer_one(lab):
    def versions():
        newest = (lab.out / "surum.js").read_text(encoding="utf-8")
        shown = re.search(r'surum !== "(\w+)"', read_page(lab).raw)[1]
        return shown, re.search(r'"(\w+)"', newest)[1]

    run(lab, "--bolum", "1")
    first = versions()
    run(lab, "--bolum", "2")
    assert first[0] == first[1] != versions()[0] == versions()[1]


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

    run(lab, "--bolum", "3")
    evil = "uygulama_<script>alert(1)<!-- #?%\"'"
    lab.folder.rename(lab.out / evil)
    record = lab.out / evil / "03_third.json"
    told = json.loads(record.read_text(encoding="utf-8"))
    told["figures"] = ['"><script>a#b?c.png']
    record.write_text(json.dumps(told), encoding="utf-8")
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
    run(lab)
    other = lab.out / "uygulama_01"
    other.mkdir()
    for path in lab.folder.glob("*.json"):
        (other / path.name).write_bytes(path.read_bytes())
    (lab.folder / "02_second.json").unlink()
    old = (lab.folder / "01_first.json").read_text(encoding="utf-8")
    (lab.folder / "07_gone.json").write_text(
        old.replace('"first"', '"gone"'), encoding="utf-8"
    )
    page.write(lab.out)
    assert read_page(lab).ids == ["uygulama_01-1", "uygulama_01-2", "uygulama_09-1"]


def test_a_section_that_ends_while_the_page_is_written_is_on_it_too(lab, monkeypatch):
    run(lab)
    record, build = lab.folder / "02_second.json", page.html
    late = record.read_bytes()
    record.unlink()

    def slow(day, trial):
        record.write_bytes(late)
        return build(day, trial)

    monkeypatch.setattr(page, "html", slow)
    page.write(lab.out)
    assert len(read_page(lab).ids) == 2


def test_a_foreign_record_stops_neither_the_page_nor_a_lab(lab):
    run(lab)
    good = {
        name: json.loads(files(lab)[name]) for name in ("02_second.json", "ders.json")
    }
    wrong = (None, 3, "x", [], {}, [1], 1e400, True, "\ud800")
    for name, ids in (("02_second.json", {"uygulama_09-1"}), ("ders.json", set())):
        path = lab.folder / name
        broken = [
            b"\xff\xfe",
            b"[" * 100_000,
            b'{"tit',
            b"[]",
            b"7",
            b"null",
            b"1" * 5_000,
        ]
        broken += [json.dumps({"format": FORMAT}).encode(), b'{"title": "eski"}']
        for key in good[name]:
            broken.append(
                json.dumps({k: v for k, v in good[name].items() if k != key}).encode()
            )
            broken += [
                json.dumps(good[name] | {key: value}).encode() for value in wrong
            ]
        for content in broken:
            path.write_bytes(content)
            page.write(lab.out)
            assert ids <= set(read_page(lab).ids), content[:200]
        path.unlink()
        path.mkdir()
        page.write(lab.out)
        assert set(read_page(lab).ids) == ids
        path.rmdir()
        path.write_text(json.dumps(good[name]), encoding="utf-8")


# Komut satırı


def test_a_script_declares_its_own_switches_and_their_run_is_not_the_courses(
    lab, capsys
):
    lab.option("--uzun", "uzun eğitim")
    seen = []

    @lab.section
    def third():
        """Üçüncü bölüm"""
        seen.append(dict(lab.options))

    assert run(lab, "--uzun") == 0
    assert "01_first.csv" in files(lab)
    assert read_seconds(lab.folder) == {}
    assert "total" not in json.loads(files(lab)["ders.json"])
    assert run(lab, "--bolum", "3") == 0
    assert seen == [{"uzun": True}, {"uzun": False}]
    assert lab.main(["--yardim"]) == 0
    assert "uzun eğitim" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--yardim"], ["kullanım", "--bolum"]),
        (["--bolum", "1", "--yardim"], ["rate=0.5   oran"]),
    ],
)
def test_questions_to_the_command_line(lab, capsys, words, told):
    assert lab.main(words) == 0
    out = capsys.readouterr().out
    assert [text for text in told if text not in out] == []


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (
            ["--bolum", "99"],
            ["Böyle bir bölüm yok: 99", "1  Birinci bölüm", "2  İkinci bölüm"],
        ),
        (["--bolum", "bir"], ["Böyle bir bölüm yok: bir"]),
        (["--bolum"], ["--bolum eksik yazıldı", "--bolum N"]),
        (["--hızlı"], ["--hızlı: anlaşılmadı", "--hizli"]),
        (["--bolm", "3"], ["--bolm 3: anlaşılmadı", "--bolum mi demek istediniz?"]),
        (["--goster"], ["--goster artık yok", "outputs/index.html"]),
        (["--ablasyon"], ["--ablasyon artık yok", "--bolum 13"]),
        (["--ayar", "size=2"], ["--bolum"]),
        (["--bolum", "1", "--ayar", "size=51"], ["size 1 ile 50 arasında olmalı"]),
        (["--bolum", "1", "--ayar", "rates=0.1,2"], ["rates 0,05 ile 1 arasında"]),
        (["--sira", "temel", "--bolum", "1"], ["--sira kendi bölümünü"]),
        (["--sira", "kolay"], ["--sira kolay: böyle bir alıştırma yok"]),
        (["--sira", "--hizli"], ["--sira eksik yazıldı", "DÜZEY"]),
        (["--hizli=çok"], ["--hizli bir değer almaz", "--hizli]"]),
        (["--ipucu"], ["--sira DÜZEY"]),
        (["--bastan"], ["--sira DÜZEY"]),
        (["--tohum", "-1"], ["--tohum -1", "tam sayı"]),
        (["--tohum", "kırk"], ["--tohum kırk", "tam sayı"]),
        (["--tohum", str(MAX_SEED + 1)], ["tam sayı"]),
        (["--tohum", "9" * 5_000], ["tam sayı"]),
        (["--cikti", ""], ["klasörün adı boş"]),
        (["--hizli", "--cikti", str(ROOT / "outputs")], ["dersin sonuçlarının"]),
    ],
)
def test_wrong_usage(lab, capsys, words, told):
    out = [] if "--cikti" in words else ["--cikti", str(lab.out)]
    assert lab.main([*words, *out]) == 2
    captured = capsys.readouterr()
    assert all(text in captured.err for text in told)
    assert "Bölüm 1" not in captured.out


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("--bolum 1 --surdur", ("--surdur", "11")),
        ("--bolum 1 12 --surdur", ("--surdur", "11")),
        ("--bolum 11 --ad Ada", ("--ad", "12")),
        ("--sira temel --surdur", ("--surdur", "11")),
    ],
)
def test_an_option_that_no_chosen_section_knows_is_refused(
    capsys, tmp_path, words, told
):
    lab = LABS["uygulama_04_custom_loop"]
    assert lab.main([*words.split(), "--hizli", "--cikti", str(tmp_path)]) == 2
    err = capsys.readouterr().err
    assert f"{told[0]}: seçilen bölümlerde işi yok" in err
    assert f"--bolum {told[1]}\n" in err


def test_limits_of_settings_hold_where_a_section_is_called(lab):
    with pytest.raises(LabError, match="size 1 ile 50 arasında olmalı"):
        lab.sections["first"].run(size=51)
    lab.sections["first"].run(size=50)
    assert len(lab.report.data) == 50


def test_bolum_twice_chooses_both(lab):
    assert [
        s.number for s in understand(lab, ["--bolum", "2", "--bolum", "1"]).chosen
    ] == [1, 2]


@pytest.mark.parametrize(
    ("windows", "line"),
    [
        (
            False,
            "python a.py --ad 'Işık Öz' --cikti /a/b --ayar x=0.1,2 "
            """'y=$(q)' 'it'"'"'s'""",
        ),
        (
            True,
            'python a.py --ad "Işık Öz" --cikti /a/b --ayar "x=0.1,2" "y=$(q)" "it\'s"',
        ),
    ],
)
def test_commands_are_written_for_the_shell(windows, line):
    words = [
        "python",
        "a.py",
        "--ad",
        "Işık Öz",
        "--cikti",
        "/a/b",
        "--ayar",
        "x=0.1,2",
    ]
    assert command_line(*words, "y=$(q)", "it's", windows=windows) == line


# Canlı konsol


def typing(monkeypatch, *lines, look=lambda prompt: None) -> None:
    """Type these lines at the live console's prompts; `look` sees each one first."""
    left = iter(lines)

    def answer(prompt):
        look(prompt)
        line = next(left)
        if isinstance(line, type):
            raise line
        return line

    monkeypatch.setattr("builtins.input", answer)


def test_live_console_uncovers_only_what_is_asked_for(lab, capsys, monkeypatch):
    seen = []

    def look(prompt):
        seen.append((prompt, "Sonuç" in capsys.readouterr().out))

    typing(monkeypatch, "", "", "", "", "", look=look)
    assert run(lab, "--bekle") == 0
    assert [shown for _, shown in seen] == [False, False, True, False, True]
    assert "sonucu aç" in seen[1][0]


def test_live_console_understands_its_keys(lab, capsys, monkeypatch):
    lines = [
        "?",
        "t",
        "l",
        "k",
        "üç bence",
        "1 size=2",
        "",
        "t",
        "",
        "= 3",
        "1",
        "",
        "g",
        "a",
    ]
    typing(monkeypatch, *lines, "2 x=1", "q")
    assert run(lab, "--bekle") == 0
    out = capsys.readouterr().out
    told = [
        "bir bölüm geri gider",
        "Henüz koşan bölüm yok",
        "İkinci bölüm",
        "def first(",
        "x=1: böyle bir ayar yok",
    ]
    told += ["Tahmin: üç bence", "2 satır,", "Tahmin: 3"]
    assert [text for text in told if text not in out] == []
    assert out.count("Deneme: size=2") == 2
    assert (lab.out / "deneme" / lab.name / "01_first.csv").exists()
    assert "01_first.csv" in files(lab)
    assert "02_second.keras" not in files(lab)
    assert "Tahmin: 3" in read_page(lab).text


def test_ctrl_c_in_the_live_console(lab, capsys, monkeypatch):
    @lab.section
    def third(
        wrong=False,  # yanlış olsun mu
    ):
        """Üçüncü bölüm"""
        if wrong:
            raise ValueError("olmaz")
        signal.raise_signal(signal.SIGINT)

    typing(monkeypatch, "", "3 wrong=True", "", KeyboardInterrupt)
    assert (
        run(lab, "--bekle", "--bolum", "3") == 130
    )  # eğitimde: isteme döner; istemde: çıkar
    captured = capsys.readouterr()
    assert "Durduruldu" in captured.out
    assert "Denenen ayar bölüme uymuyor olabilir: wrong=True" in captured.out
    assert "uymuyor olabilir: wrong=True\nValueError: olmaz\n" in captured.out
    assert "Ctrl-C" in captured.err


# Kötü günler: eğitimden önce söylenenler


@pytest.mark.parametrize(
    ("target", "name", "value", "told"),
    [
        (tempfile, "tempdir", "/olmayan/klasör", "Geçici klasör"),
    ],
)
def test_system_that_would_spoil_the_end(
    lab, capsys, monkeypatch, target, name, value, told
):
    with monkeypatch.context() as patch:
        patch.setattr(target, name, value)
        assert told in refused(lab, capsys)


def test_output_folder_that_cannot_be_written(lab, capsys):
    lab.out /= "dosya"
    lab.out.write_text("", encoding="utf-8")
    err = refused(lab, capsys)
    assert "yazılamadı" in err
    assert "--cikti" in err


@pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="dosya adı UTF-8 olmalı"
)
def test_output_folder_with_any_name(lab, monkeypatch):
    screen = io.TextIOWrapper(io.BytesIO(), encoding="cp1254", errors="sade")
    monkeypatch.setattr(sys, "stdout", screen)
    lab.out = lab.out / "a\nb\udcff ığ'$"
    assert run(lab) == 0
    assert "02_second.keras" in files(lab)
    assert len(read_page(lab).ids) == 2
    assert "ığ'$" in screen.buffer.getvalue().decode("cp1254")


def test_only_what_a_killed_run_left_half_written_is_swept(lab, monkeypatch):
    gone = [lab.folder / ".01_first-99.yarim.png", lab.out / ".index-9.yarim.html"]
    fresh = lab.folder / ".01_first-98.yarim.png"  # öteki koşu şu anda yazıyor
    mine = [lab.folder / name for name in (".12_notlar-2024.md", ".01_first-1.png")]
    mine += [
        lab.out / n for n in (".zcompdump-host-5.9", ".python-3.12", "index-9.html")
    ]
    mine += [lab.out / "deneme.txt", lab.out / "outputs" / "deneme.txt"]
    for path in (*gone, fresh, *mine):
        path.parent.mkdir(exist_ok=True)
        path.write_text("benim", encoding="utf-8")
    for path in (*gone, *mine):
        os.utime(path, (0, 0))
    run(lab, "--bolum", "1")
    monkeypatch.setattr(files_module, "ROOT", lab.out)
    assert "yazılabiliyor" in check_outputs()
    assert not any(path.exists() for path in gone)
    assert {path.read_text(encoding="utf-8") for path in (fresh, *mine)} == {"benim"}
    assert {path.name for path in (lab.out / "outputs").iterdir()} == {"deneme.txt"}


# Kötü günler: koşarken


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ([], "Günün sayfası yenilenemedi"),
        (["--bekle"], "klavye bağlı değil"),
    ],
)
def test_the_lesson_goes_on_without_page_or_keyboard(
    lab, capsys, monkeypatch, words, told
):
    (lab.out / "index.html").mkdir()
    typing(monkeypatch, EOFError)
    assert run(lab, *words) == 0
    assert told in capsys.readouterr().out
    assert {"01_first.png", "02_second.keras"} <= set(files(lab))


class Interrupt(keras.callbacks.Callback):
    def on_train_batch_end(self, batch, logs=None):
        if batch == 3:
            signal.raise_signal(signal.SIGINT)


def interrupted_training():
    x, options = (
        np.ones((50, 4)),
        {"batch_size": 5, "verbose": 0, "callbacks": [Interrupt()]},
    )
    small_model().fit(x, np.ones(50), **options)
    raise AssertionError("durmadı")


@pytest.mark.parametrize(
    ("act", "code", "told"),
    [
        (interrupted_training, 130, ["Durduruldu (Ctrl-C)"]),
        (load_mnist, 1, ["bozuk", "git checkout -- data/mnist.npz"]),
        (
            lambda: 1 / 0,
            1,
            ["hata oldu.\nZeroDivisionError: div", "test_lab.py, satır ", "--bolum 3"],
        ),
    ],
)
def test_what_stops_a_section_is_told_with_the_files_of_the_others(
    lab, capsys, monkeypatch, tmp_path, act, code, told
):
    broken = tmp_path / "mnist.npz"
    broken.write_bytes(data_module.MNIST_FILE.read_bytes()[:1000])
    monkeypatch.setattr(data_module, "MNIST_FILE", broken)

    @lab.section
    def third():
        """Üçüncü bölüm"""
        act()

    assert run(lab, "--bolum", "1", "3") == code
    captured = capsys.readouterr()
    assert [text for text in (*told, "01_first.png") if text not in captured.err] == []
    assert "Traceback" not in captured.err + captured.out
    kept = lab.out / "son_hata.txt"
    assert kept.exists() == ("--bolum 3" in told)
    assert not kept.exists() or "1 / 0" in kept.read_text(encoding="utf-8")


def test_full_disk_half_way_through_a_figure(lab, capsys, monkeypatch):
    run(lab)
    before = files(lab)

    def half(self, path):
        Path(path).write_bytes(b"\x89PNG half")
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(plt.Figure, "savefig", half)
    assert run(lab, "--bolum", "1") == 1
    out = capsys.readouterr().out  # dosya yazılamasa da sonuç gösterilir
    assert out.index("Sonuç: 3 satır") < out.index("01_first.png yazılamadı: disk dolu")
    assert files(lab)["01_first.png"] == before["01_first.png"]
    assert set(files(lab)) == set(before)


@pytest.mark.skipif(os.name == "nt", reason="/dev/full")
def test_output_that_fills_up_in_the_middle_of_a_run(lab, capsys, monkeypatch):
    with (
        open("/dev/full", "w", encoding="utf-8") as full,  # noqa: PTH123
        monkeypatch.context() as patch,
    ):
        patch.setattr(sys, "stdout", full)
        assert run(lab) == 1
    err = capsys.readouterr().err
    assert "disk dolu" in err
    assert "Traceback" not in err


def test_pipe_that_ends_is_no_news(capsys):
    assert fail(BrokenPipeError(errno.EPIPE, "Broken pipe"), "") == 1
    assert capsys.readouterr() == ("", "")


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
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # eski kodda test sürsün
    monkeypatch.setattr(
        sys, "argv", [lab.script, "--bolum", "3", "--cikti", str(lab.out)]
    )
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
    def interrupt(section):
        raise KeyboardInterrupt

    monkeypatch.setattr(lab, "announce", interrupt)
    words = ["--hizli", "--bolum", "2", "1", "--ayar", "kind=a b", "--tohum", "7"]
    assert run(lab, *words) == 130
    typed_ = shlex.join([*words, "--cikti", str(lab.out)])
    assert (
        f"Yeniden: python uygulama_09_deneme.py {typed_}\n" in capsys.readouterr().err
    )


def test_file_that_another_program_holds_for_a_moment_is_written(tmp_path, monkeypatch):
    replace, refusals = os.replace, []

    def busy(source, target):
        if len(refusals) < 2:
            refusals.append(target)
            raise PermissionError(errno.EACCES, "açık")
        replace(source, target)

    monkeypatch.setattr(os, "replace", busy)
    with files_module.atomic(tmp_path / "a.txt") as path:
        path.write_text("bütün", encoding="utf-8")
    assert (tmp_path / "a.txt").read_text(encoding="utf-8") == "bütün"
    assert len(refusals) == 2


@pytest.mark.parametrize(
    "content",
    [b"", b"bozuk", b"[]", b'{"format": 5}', b"\xff\xfe", b"[" * 100_000, b"1" * 5_000,
     *(json.dumps({"format": FORMAT, "usual": True, "name": "first", "seconds": wrong})
       .encode() for wrong in (-1, 1e300, float("nan"), "iki", None, [1], True)),
     json.dumps({"format": FORMAT, "usual": True, "name": [], "seconds": 2}).encode(),
     json.dumps({"format": FORMAT, "usual": False, "name": "first", "seconds": 2})
     .encode()],
)  # fmt: skip
def test_records_that_others_changed_are_read_as_far_as_they_are_good(lab, content):
    run(lab, "--bolum", "2")
    (lab.folder / "01_first.json").write_bytes(content)
    assert set(read_seconds(lab.folder)) == {"second"}
    assert run(lab) == 0
    assert set(read_seconds(lab.folder)) == {"first", "second"}


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
        history = model.fit(x, y, batch_size=8, epochs=3, verbose=0)
        frame = tidy(history, ad="a")
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
