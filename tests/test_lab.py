"""Komut satırı ve kötü günler: ne olduğu Türkçe söylenir, tamamlanmış hiçbir şey kaybolmaz."""

import ast
import dataclasses
import errno
import io
import json
import os
import re
import shlex
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import time
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

import keras
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from conftest import LABS

import common
from common import (
    Lab,
    LabError,
    load_mnist,
    number,
    page,
    percent,
    plots,
    predict_in,
    restart,
    set_seed,
    start_python,
    tidy,
)
from common import data as data_module
from common import files as files_module
from common.__main__ import check_outputs
from common.console import MAX_SEED, fail, read_outline, understand
from common.files import command_line, read_times, write_times

SCRIPT = "uygulama_01_keras_sequential.py"
NAME = "çizgi"


@pytest.fixture
def lab(tmp_path):
    """A lab of two quick sections that write a table, a figure and a model."""
    made = Lab("uygulama_09_deneme", "Uygulama 09 · Deneme", "00:00-01:00")

    @made.section(quick={"size": 2})
    def first(
        size=3,  # satır sayısı
        rate=0.5,  # oran
        rates=(0.1, 0.3),
        kind="relu",
        fast=False,
    ):
        """Birinci bölüm

        Soru: Kaç satır çıkar?

        Neden: Ayarı kadar
        satır yazılır.
        """
        frame = pd.DataFrame({"ad": [NAME] * size, "pay": keras.random.uniform((size,)).numpy()})
        made.table(frame.assign(oran=rate), "T")
        fig, ax = plots.figure("Başlık")
        ax.plot([1, 2], [3, 4])
        ax.set(ylabel="val_accuracy")
        made.save(fig)
        made.conclude(f"{size} satır, {rates} {kind} {fast}.")
        made.check("satır sayısı", len(frame), equal=3, full_size=True)
        made.check("oran", rate, below=1)
        return frame

    @made.section
    def second():
        """İkinci bölüm

        Soru: Ne olur?
        """
        made.save(small_model())

    made.out = tmp_path
    return made


def small_model() -> keras.Model:
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3), keras.layers.Dense(1)])
    model.compile("adam", "mse")
    return model


def run(lab, *words: str) -> int:
    return lab.main([*words, "--cikti", str(lab.out)])


def files(lab) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in lab.folder.iterdir()}


def test_whole_run_writes_tables_figures_models_and_times(lab, capsys):
    assert run(lab) == 0
    names = {"01_first.csv", "01_first.png", "02_second.keras", "sureler.csv"}
    records = {"ders.json", "01_first.json", "02_second.json"}
    assert set(files(lab)) == names | records
    out = capsys.readouterr().out
    told = ("Birinci bölüm", "Sonuç: 3 satır", "Neden: Ayarı kadar satır", "✓ oran (0,5)")
    assert all(words in out for words in (*told, "2 bölüm", "MB"))
    times = (lab.folder / "sureler.csv").read_text(encoding="utf-8-sig").splitlines()
    assert [line.split(",")[0] for line in times] == ["bolum", "1", "2", "toplam"]


class Links(HTMLParser):
    """What a page loads or links to, the ids in it, and its text."""

    def __init__(self, text: str):
        super().__init__()
        self.targets, self.ids, self.text = [], [], ""
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        for name, value in attrs:
            if name in ("href", "src"):
                self.targets.append(value.partition("?")[0])
            if name == "id" and tag == "section":
                self.ids.append(value)

    def handle_data(self, data):
        self.text += data


def read_page(lab) -> Links:
    return Links((lab.out / "index.html").read_text(encoding="utf-8"))


def test_the_days_page_shows_what_has_run_so_far(lab):
    run(lab, "--bolum", "1", "--tohum", "7")
    shown = read_page(lab)
    told = ("Birinci bölüm", "Kaç satır çıkar?", "3 satır", NAME, "0,5", "✓ oran", "--tohum 7")
    assert all(words in shown.text for words in told)
    assert "İkinci bölüm" not in shown.text
    run(lab, "--bolum", "2")
    assert read_page(lab).ids == ["uygulama_09-1", "uygulama_09-2"]


def test_everything_on_the_page_is_in_the_output_folder(lab):
    run(lab)
    shown = read_page(lab)
    inside = {f"#{name}" for name in ["icerik", *shown.ids]}
    assert {t for t in shown.targets if t.startswith("#")} == inside
    files = [target for target in shown.targets if not target.startswith("#")]
    assert files
    assert all((lab.out / target).is_file() for target in files)


def test_an_open_page_learns_that_there_is_a_newer_one(lab):
    def versions():
        page_ = (lab.out / "index.html").read_text(encoding="utf-8")
        told = (lab.out / "surum.js").read_text(encoding="utf-8")
        return re.search(r'surum !== "(\w+)"', page_)[1], re.search(r'"(\w+)"', told)[1]

    run(lab, "--bolum", "1")
    first = versions()
    run(lab, "--bolum", "2")
    assert first[0] == first[1] != versions()[0] == versions()[1]


def test_the_code_of_a_section_is_on_the_page_with_colours(lab):
    run(lab, "--bolum", "1")
    shown = read_page(lab)
    assert "made.conclude(" in shown.text
    assert '<span class="n">made</span>' in (lab.out / "index.html").read_text(encoding="utf-8")


def test_text_on_the_page_is_escaped(lab):
    @lab.section
    def third():
        """<b>Üç</b> & "dört"

        Soru: <script>alert(1)</script>?

        Neden: a <s>b</s>
        """
        lab.table(pd.DataFrame({"<i>ad</i>": ["<img src=x>"]}), "<u>T</u>")
        lab.conclude("a < b <em>c</em>")
        lab.check("<q>d</q>", 1, equal=1)

    run(lab, "--bolum", "3")
    shown = read_page(lab)
    told = (
        "<b>Üç</b>",
        "<script>alert(1)",
        "<i>ad</i>",
        "<img src=x>",
        "<u>T</u>",
        "a < b <em>c</em>",
        "a <s>b</s>",
        "<q>d</q>",
    )
    assert all(words in shown.text for words in told)
    assert "x" not in shown.targets


def test_two_labs_share_the_page_and_old_records_do_not_disturb_it(lab):
    run(lab)
    other = lab.out / "uygulama_01"
    other.mkdir()
    for path in lab.folder.glob("*.json"):
        (other / path.name).write_bytes(path.read_bytes())
    (lab.folder / "02_second.json").write_text('{"title": "eski sürümden"}', encoding="utf-8")
    (lab.folder / "05_yarim.json").write_text('{"tit', encoding="utf-8")
    old = (lab.folder / "01_first.json").read_text(encoding="utf-8")
    (lab.folder / "07_gone.json").write_text(old.replace('"first"', '"gone"'), encoding="utf-8")
    page.write(lab.out)
    assert read_page(lab).ids == ["uygulama_01-1", "uygulama_01-2", "uygulama_09-1"]


def test_a_section_that_ends_while_the_page_is_written_is_on_it_too(lab, monkeypatch):
    run(lab, "--bolum", "1")
    record = lab.folder / "01_first.json"
    late = record.read_text(encoding="utf-8").replace('"first"', '"second"')
    late = late.replace('"number": 1', '"number": 2')
    build = page.html

    def slow(day, trial):
        (lab.folder / "02_second.json").write_text(late, encoding="utf-8")
        return build(day, trial)

    monkeypatch.setattr(page, "html", slow)
    page.write(lab.out)
    assert len(read_page(lab).ids) == 2


def declare(lab, level="temel", **words):
    usual = {"section": "first", "task": "Ne olur?", "quantity": "satır", "low": 4, "high": 6}
    usual |= {"measure": len, "settings": {"size": 5}, "hint": "say", "solution": "beş"}
    lab.exercise(level=level, **usual | words)


def test_exercise_of_a_section_is_shown_at_its_end_and_on_the_page(lab, capsys):
    declare(lab)
    run(lab, "--bolum", "2")
    assert "Sıra sizde" not in capsys.readouterr().out
    run(lab, "--bolum", "1")
    out = capsys.readouterr().out
    command = "python uygulama_09_deneme.py --sira temel"
    assert "Ne olur?" in out
    assert command in out
    assert " 4 " not in out.partition("Sıra sizde")[2]  # beklenen aralık önceden görünmez
    shown = read_page(lab)
    assert command in shown.text
    assert shown.ids[-1] == "uygulama_09-sira"


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
    assert not (lab.out / lab.name / "01_first.csv").exists()


def test_a_level_that_the_lab_does_not_have(lab, capsys):
    declare(lab)
    assert run(lab, "--sira", "ileri") == 2
    assert "temel" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (["size=2"], "2 satır, (0.1, 0.3) relu False."),
        (["rate=0,25", "rates=0.1,0.3,0.9"], "3 satır, (0.1, 0.3, 0.9) relu False."),
        (["rate=0,25", "rates=0,2;1"], "3 satır, (0.2, 1.0) relu"),
        (["rates=(0.5, 1)", "kind=tanh", "fast=True"], "3 satır, (0.5, 1.0) tanh True."),
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
    page_ = (lab.out / "deneme" / "index.html").read_text(encoding="utf-8")
    assert "Deneme sayfası" in page_
    assert "Deneme sayfası" not in (lab.out / "index.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "word", ["siz=2", "size=iki", "size=2.5", "size=0", "rate=-1", "rates=a", "fast=2", "size"]
)
def test_wrong_setting_lists_the_settings(lab, capsys, word):
    assert run(lab, "--bolum", "1", "--ayar", word) == 2
    err = capsys.readouterr().err
    assert word in err
    assert "size=3   satır sayısı" in err
    assert not (lab.out / "deneme").exists()


def test_settings_are_listed(lab, capsys):
    assert lab.main(["--bolum", "1", "--yardim"]) == 0
    assert "rate=0.5   oran" in capsys.readouterr().out
    assert run(lab, "--ayar", "size=2") == 2
    assert "--bolum" in capsys.readouterr().err


def test_check_that_fails_is_an_error_only_in_the_lesson(lab, capsys):
    lab.configure(out=lab.out)
    assert run(lab, "--bolum", "1", "--ayar", "rate=2.0") == 0
    assert "✗ oran (2; beklenen < 1)" in capsys.readouterr().out

    @lab.section
    def third():
        """Üçüncü bölüm"""
        lab.check("iddia", 0.5, above=1)

    assert run(lab, "--bolum", "3") == 1
    assert "Bölüm: 3" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("bounds", "holds"),
    [
        ({"below": 2}, True),
        ({"below": 1}, False),
        ({"above": 0.5}, True),
        ({"above": 1}, False),
        ({"equal": 1}, True),
        ({"equal": 1.1}, False),
        ({"within": (1, 2)}, True),
        ({"within": (1.5, 2)}, False),
    ],
)
def test_bounds_of_a_check(lab, bounds, holds):
    lab.main(["--bolum", "2", "--cikti", str(lab.out)])
    assert lab.check("iddia", 1.0, **bounds) is holds
    assert not lab.check("sayı değil", float("nan"), **bounds)
    with pytest.raises(ValueError, match="below="):
        lab.check("sınırsız", 1.0)


def test_claim_of_the_full_size_is_not_asked_of_the_quick_one(lab):
    assert run(lab, "--hizli", "--bolum", "1") == 0
    assert lab.report.data.shape[0] == 2
    assert not lab.report.checks[0].asked
    assert "yalnız dersteki boyutta" in lab.report.checks[0].text


def test_outline_read_from_the_text_is_that_of_the_running_lab():
    for path in sorted(common.ROOT.glob("uygulama_0*.py")):
        told, real = read_outline(path), LABS[path.stem]
        assert (told.title, told.hours, told.script) == (real.title, real.hours, real.script)
        assert told.switches == real.switches
        assert list(told.exercises) == list(real.exercises)
        for one, other in zip(told.sections.values(), real.sections.values(), strict=True):
            assert dataclasses.replace(other, run=None, code=one.code) == one


def test_figure_is_1920_pixels_wide(lab):
    run(lab, "--bolum", "1")
    png = files(lab)["01_first.png"]
    assert struct.unpack(">II", png[16:24]) == (1920, 1080)


def test_one_section_keeps_the_seconds_of_the_others(lab):
    run(lab)
    run(lab, "--bolum", "2")
    times = (lab.folder / "sureler.csv").read_text(encoding="utf-8-sig")
    assert [line.split(",")[0] for line in times.splitlines()] == [
        "bolum",
        "1",
        "2",
    ]  # toplam eskidi


def test_seed_decides_and_order_does_not(lab):
    run(lab)
    alone = files(lab)["01_first.csv"]
    run(lab, "--bolum", "1")
    assert files(lab)["01_first.csv"] == alone
    run(lab, "--bolum", "1", "--tohum", "7")
    assert files(lab)["01_first.csv"] != alone


def test_quick_results_never_replace_full_ones():
    lab = Lab("uygulama_09_deneme", "", "")
    lab.configure(quick=True)
    assert lab.folder == common.ROOT / "outputs" / "hizli" / "uygulama_09"
    lab.configure()
    assert lab.folder == common.ROOT / "outputs" / "uygulama_09"


def test_section_called_again_in_a_notebook_keeps_its_number(lab):
    def first():
        """Birinci bölüm, düzeltilmiş"""

    lab.section(first)
    assert [(s.number, s.name) for s in lab.sections.values()] == [(1, "first"), (2, "second")]


def test_list_shows_every_section(lab, capsys):
    assert lab.main(["--liste"]) == 0
    out = capsys.readouterr().out
    assert "Birinci bölüm" in out
    assert "İkinci bölüm" in out


def test_help_is_turkish(lab, capsys):
    assert lab.main(["--yardim"]) == 0
    out = capsys.readouterr().out
    assert "kullanım" in out
    assert "--bolum" in out


def test_a_script_declares_its_own_switches(lab, capsys):
    lab.option("--uzun", "uzun eğitim")
    seen = []

    @lab.section
    def third():
        """Üçüncü bölüm"""
        seen.append(dict(lab.options))

    assert run(lab, "--bolum", "3", "--uzun") == 0
    assert run(lab, "--bolum", "3") == 0
    assert seen == [{"uzun": True}, {"uzun": False}]
    assert lab.main(["--yardim"]) == 0
    assert "uzun eğitim" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--bolum", "99"], ["Böyle bir bölüm yok: 99", "1  Birinci bölüm", "2  İkinci bölüm"]),
        (["--bolum", "bir"], ["Böyle bir bölüm yok: bir"]),
        (["--bolum"], ["--bolum eksik yazıldı", "--bolum N"]),
        (["--hızlı"], ["--hızlı: anlaşılmadı", "--hizli"]),
        (["--bolm", "3"], ["--bolm 3: anlaşılmadı", "--bolum mi demek istediniz?"]),
        (["--sira", "kolay"], ["--sira kolay: anlaşılmadı", "DÜZEY"]),
        (["--hizli=çok"], ["--hizli çok: anlaşılmadı"]),
        (["--ipucu"], ["--sira DÜZEY"]),
        (["--tohum", "-1"], ["--tohum -1", "tam sayı"]),
        (["--tohum", "kırk"], ["--tohum kırk", "tam sayı"]),
        (["--tohum", str(MAX_SEED + 1)], ["tam sayı"]),
        (["--tohum", "9" * 5_000], ["tam sayı"]),
        (["--cikti", ""], ["klasörün adı boş"]),
        (["--hizli", "--cikti", str(common.ROOT / "outputs")], ["dersin sonuçlarının"]),
    ],
)
def test_wrong_usage(lab, capsys, words, told):
    out = [] if "--cikti" in words else ["--cikti", str(lab.out)]
    assert lab.main([*words, *out]) == 2
    captured = capsys.readouterr()
    assert all(text in captured.err for text in told)
    assert "Bölüm 1" not in captured.out


def test_output_folder_that_cannot_be_written_is_told_before_training(lab, capsys):
    (lab.out / "dosya").write_text("", encoding="utf-8")
    assert lab.main(["--cikti", str(lab.out / "dosya")]) == 1
    captured = capsys.readouterr()
    assert "yazılamadı" in captured.err
    assert "--cikti" in captured.err
    assert "Bölüm 1" not in captured.out


def test_full_disk_half_way_through_a_figure(lab, capsys, monkeypatch):
    run(lab)
    before = files(lab)

    def half(self, path):
        Path(path).write_bytes(b"\x89PNG half")
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(plt.Figure, "savefig", half)
    assert run(lab) == 1
    err = capsys.readouterr().err
    assert "disk dolu" in err
    assert "01_first.png" in err
    assert files(lab)["01_first.png"] == before["01_first.png"]
    assert set(files(lab)) == set(before)


def test_ctrl_c_in_the_middle_of_training(lab, capsys):
    class Interrupt(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            if batch == 3:
                signal.raise_signal(signal.SIGINT)

    @lab.section
    def third():
        """Üçüncü bölüm"""
        model = small_model()
        model.fit(np.ones((50, 4)), np.ones(50), batch_size=5, verbose=0, callbacks=[Interrupt()])
        raise AssertionError("durmadı")

    assert run(lab, "--bolum", "1", "3") == 130
    captured = capsys.readouterr()
    assert "Ctrl-C" in captured.err
    assert "01_first.png" in captured.err
    assert "Traceback" not in captured.err + captured.out


def test_unexpected_error_says_what_to_type(lab, capsys):
    @lab.section
    def third():
        """Üçüncü bölüm"""
        raise ZeroDivisionError

    assert run(lab, "--bolum", "3") == 1
    assert "--bolum 3" in capsys.readouterr().err


def test_damaged_mnist_stops_the_section(lab, capsys, monkeypatch, tmp_path):
    broken = tmp_path / "mnist.npz"
    broken.write_bytes(data_module.MNIST_FILE.read_bytes()[:1000])
    monkeypatch.setattr(data_module, "MNIST_FILE", broken)

    @lab.section
    def third():
        """Üçüncü bölüm"""
        load_mnist()

    assert run(lab, "--bolum", "1", "3") == 1
    err = capsys.readouterr().err
    assert "bozuk" in err
    assert "git checkout -- data/mnist.npz" in err
    assert "01_first.png" in err


def test_show_without_a_display_goes_on(lab, capsys, monkeypatch):
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    assert run(lab, "--goster") == 0
    assert "ekran yok" in capsys.readouterr().out
    assert "01_first.png" in files(lab)


def typing(monkeypatch, *lines: str) -> list[str]:
    """Type these lines at the prompts of the live console; the prompts that were seen."""
    prompts, left = [], iter(lines)

    def answer(prompt):
        prompts.append(prompt)
        line = next(left)
        if isinstance(line, type):
            raise line
        return line

    monkeypatch.setattr("builtins.input", answer)
    return prompts


def test_pause_without_a_keyboard_goes_on(lab, capsys, monkeypatch):
    typing(monkeypatch, EOFError)
    assert run(lab, "--bekle") == 0
    assert "klavye bağlı değil" in capsys.readouterr().out
    assert "02_second.keras" in files(lab)


def test_live_console_uncovers_only_what_is_asked_for(lab, capsys, monkeypatch):
    seen = []

    def uncovered(prompt):
        seen.append((prompt, "Sonuç" in capsys.readouterr().out))
        return next(lines)

    lines = iter(["", "", "", "", ""])
    monkeypatch.setattr("builtins.input", uncovered)
    assert run(lab, "--bekle") == 0
    assert [shown for _, shown in seen] == [False, False, True, False, True]
    assert "sonucu aç" in seen[1][0]


def test_live_console_understands_its_keys(lab, capsys, monkeypatch):
    lines = ["?", "l", "k", "üç bence", "1 size=2", "", "t", "", "1", "", "g", "a", "2 x=1", "q"]
    typing(monkeypatch, *lines)
    assert run(lab, "--bekle") == 0
    out = capsys.readouterr().out
    for told in ("bir bölüm geri gider", "İkinci bölüm", "def first(", "Tahmin: üç bence"):
        assert told in out
    assert out.count("Deneme: size=2") == 2
    assert "2 satır," in out
    assert "x=1: böyle bir ayar yok" in out
    assert (lab.out / "deneme" / lab.name / "01_first.csv").exists()
    assert lab.out.joinpath(lab.name, "01_first.csv").exists()
    assert "02_second.keras" not in files(lab)


def test_prediction_stands_beside_the_result_and_on_the_page(lab, capsys, monkeypatch):
    typing(monkeypatch, "= 3", "", "", "q")
    assert run(lab, "--bekle") == 0
    assert "Tahmin: 3" in capsys.readouterr().out
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
    assert run(lab, "--bekle", "--bolum", "3") == 130  # eğitimde: isteme döner; istemde: çıkar
    captured = capsys.readouterr()
    assert "Durduruldu" in captured.out
    assert "olmaz" in captured.err
    assert "Ctrl-C" in captured.err


def test_what_a_killed_run_left_half_written_is_swept(lab):
    lab.configure(out=lab.out)
    lab.folder.mkdir()
    old, page_, fresh = (
        lab.folder / ".01_first-99.yarim.png",
        lab.out / ".index-9.yarim.html",
        lab.folder / ".01_first-98.yarim.png",
    )
    others = [lab.out / name for name in (".zcompdump-host-5.9", ".python-3.12", "index-9.html")]
    for path in (old, page_, fresh, *others):
        path.touch()
    for path in (old, page_, *others):
        os.utime(path, (0, 0))
    run(lab, "--bolum", "1")
    assert not old.exists()
    assert not page_.exists()
    assert all(path.exists() for path in (fresh, *others))


def test_file_that_another_program_holds_for_a_moment_is_written(tmp_path, monkeypatch):
    replace, refused = os.replace, []

    def busy(source, target):
        if len(refused) < 2:
            refused.append(target)
            raise PermissionError(errno.EACCES, "açık")
        replace(source, target)

    monkeypatch.setattr(os, "replace", busy)
    with files_module.atomic(tmp_path / "a.txt") as path:
        path.write_text("bütün", encoding="utf-8")
    assert (tmp_path / "a.txt").read_text(encoding="utf-8") == "bütün"
    assert len(refused) == 2


def test_page_that_cannot_be_written_does_not_stop_the_lesson(lab, capsys):
    (lab.out / "index.html").mkdir()
    assert run(lab) == 0
    assert "Günün sayfası yenilenemedi" in capsys.readouterr().out
    assert "02_second.keras" in files(lab)


def test_time_of_a_run_with_own_switches_is_not_the_courses_time(lab):
    lab.option("--uzun", "daha uzun")
    run(lab, "--uzun")
    assert "01_first.csv" in files(lab)
    assert "sureler.csv" not in files(lab)


def launch(folder: Path, *words: str) -> subprocess.Popen:
    """A lab in a process of its own, as a student starts it."""
    command = [sys.executable, SCRIPT, "--hizli", "--cikti", str(folder), *words]
    return subprocess.Popen(
        command, cwd=common.ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )


def test_same_script_twice_at_once_and_one_of_them_killed(tmp_path):
    numbers = ("--bolum", "4", "11")
    first, killed = (launch(tmp_path, *numbers) for _ in range(2))
    while not list(tmp_path.glob("*/*.png")) and killed.poll() is None:
        time.sleep(0.1)
    killed.kill()
    assert first.wait() == 0
    assert killed.wait() != 0
    for process in (first, killed):
        assert process.stderr.read() == b""
        process.stderr.close()
    folder = tmp_path / "uygulama_01"
    assert {path.name[:2] for path in folder.glob("[0-9]*.png")} == {"04", "11"}
    for path in folder.glob("[0-9]*.png"):
        assert plt.imread(path).shape[:2] == (1080, 1920)  # bütün, okunabilir
    text = (tmp_path / "index.html").read_text(encoding="utf-8")
    assert Links(text).ids == ["uygulama_01-4", "uygulama_01-11", "uygulama_01-sira"]


@pytest.mark.parametrize("text", ["bozuk;dosya\n1;2\n", "bozuk\n", "bolum\n1\n", ""])
def test_broken_times_file_is_measured_anew(lab, text):
    lab.configure(out=lab.out)
    lab.folder.mkdir()
    (lab.folder / "sureler.csv").write_text(text, encoding="utf-8")
    assert run(lab) == 0
    assert "first" in files(lab)["sureler.csv"].decode("utf-8-sig")


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("%98,4", (0.984,)),
        ("%0,0", (-0.0001,)),
        ("-%1,2", (-0.012,)),
        ("%97,5 ± 1,6", (0.975, 0.016)),
        ("-", (float("nan"),)),
    ],
)
def test_percent_is_written_the_turkish_way(text, values):
    assert percent(*values) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.3714, "0,371"),
        (12.5, "12,5"),
        (100, "100"),
        (1e-7, "1e-07"),
        (0, "0"),
        (-0.5, "-0,5"),
        (float("nan"), "-"),
        (float("inf"), "sonsuz"),
    ],
)
def test_number_is_written_the_turkish_way(value, text):
    assert number(value) == text


def test_restart_is_the_same_as_building_anew():
    x, y = np.random.default_rng(0).normal(size=(40, 4)), np.arange(40.0)

    def build():
        layers = [keras.layers.Dense(8, "relu", kernel_initializer="he_normal")]
        layers += [keras.layers.BatchNormalization(), keras.layers.Dropout(0.3)]
        model = keras.Sequential([keras.Input((4,)), *layers, keras.layers.Dense(1)])
        model.compile(keras.optimizers.Adam(0.01), "mse")
        return model

    def trained(model):
        model.fit(x, y, batch_size=8, epochs=3, verbose=0)
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


def test_tidy_has_a_row_an_epoch():
    model = small_model()
    history = model.fit(np.ones((4, 4)), np.ones(4), epochs=3, verbose=0)
    frame = tidy(history, ad="a")
    assert list(frame) == ["loss", "epoch", "ad"]
    assert frame["epoch"].tolist() == [1, 2, 3]


# Ayrı süreçte: gerçek betik, gerçek terminal ------------------------------------------------


UTF8 = os.environ | {"PYTHONUTF8": "1"}


def python(*arguments, **options) -> subprocess.CompletedProcess:
    return subprocess.run([sys.executable, *arguments], capture_output=True, **options)


def start(setup: str) -> subprocess.CompletedProcess:
    """The real script after `setup` has changed the interpreter under it."""
    code = f"import sys, runpy; {setup}; runpy.run_path({SCRIPT!r}, run_name='__main__')"
    return python("-c", code, cwd=common.ROOT, encoding="utf-8", env=UTF8)


def test_missing_package_gives_the_install_line():
    done = start("sys.modules['seaborn'] = None")
    assert done.returncode == 1
    assert "Eksik paket: seaborn" in done.stderr
    assert "-m pip install -r" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.fixture
def copy(tmp_path):
    """The repository without data and results, in a path with a space and Turkish letters."""
    folder = tmp_path / "Derin Öğrenme ığüşçİ"
    ignored = shutil.ignore_patterns(".*", "outputs", "data", "tests", "__pycache__")
    shutil.copytree(common.ROOT, folder, ignore=ignored)
    return folder


@pytest.mark.parametrize("name", ["random.py", "json.py", "numpy.py", "keras.py"])
def test_a_file_that_hides_a_module_is_named(copy, name):
    (copy / name).write_text("1 / 0", encoding="utf-8")
    done = python(
        SCRIPT, "--liste", cwd=copy, encoding="utf-8", env=os.environ | {"PYTHONUTF8": "1"}
    )
    assert done.returncode == 1
    assert name in done.stderr
    assert "Dosyanızın adını değiştirin" in done.stderr
    assert "Traceback" not in done.stderr


def test_an_environment_that_was_forgotten_is_named():
    own = common.ROOT / ".venv" / "bin" / "python"
    setup = "import pathlib; real = pathlib.Path.exists; sys.modules['seaborn'] = None; "
    setup += "pathlib.Path.exists = lambda p: p.name.startswith('python') or real(p)"
    done = start(setup)
    assert done.returncode == 1
    if os.name != "nt" and sys.prefix != str(common.ROOT / ".venv"):
        assert str(own) in done.stderr
        assert "pip install" not in done.stderr


def test_a_package_that_cannot_be_loaded_is_told_with_its_cure(copy):
    (copy / "common" / "data.py").write_text("raise ImportError('libx')", encoding="utf-8")
    done = python(SCRIPT, cwd=copy, encoding="utf-8", env=UTF8)
    assert done.returncode == 1
    assert "Bir paket yüklenemedi: libx" in done.stderr
    assert "--force-reinstall" in done.stderr


def test_ctrl_c_while_keras_loads_is_one_line(copy):
    (copy / "common" / "data.py").write_text("raise KeyboardInterrupt", encoding="utf-8")
    done = python(SCRIPT, cwd=copy, encoding="utf-8", env=UTF8)
    assert done.returncode == 130
    assert done.stderr.split("\n")[1:] == [f"Durduruldu (Ctrl-C). Yeniden: python {SCRIPT}", ""]


def test_settings_of_the_home_folder_change_nothing(tmp_path):
    wrong = {"floatx": "float16", "epsilon": 0.1, "image_data_format": "channels_first"}
    (tmp_path / "keras.json").write_text(json.dumps(wrong), encoding="utf-8")
    code = "import common; from keras import config as c; "
    code += "print(c.floatx(), c.epsilon(), c.image_data_format())"
    environment = os.environ | {"KERAS_HOME": str(tmp_path), "MPLBACKEND": "nonsense"}
    closed = {"preexec_fn": lambda: (os.close(0), os.close(2))}  # `<&- 2>&-` ile de
    closed = {} if os.name == "nt" else closed
    done = python("-c", code, cwd=common.ROOT, encoding="utf-8", env=environment, **closed)
    assert done.stdout.split() == ["float32", "1e-07", "channels_last"], done.stderr


def test_too_old_a_python_is_told_which_one_to_install():
    done = start("sys.version_info = (3, 9, 6)")
    assert done.returncode == 1
    assert "Python 3.9 bu ders için eski" in done.stderr
    assert "3.12" in done.stderr


@pytest.mark.parametrize("path", ["common/__init__.py", SCRIPT])
def test_an_old_python_can_read_as_far_as_the_message(path):
    ast.parse((common.ROOT / path).read_text(encoding="utf-8"), feature_version=(3, 8))


NO_NETWORK = """
import socket
def refuse(*arguments, **options):
    raise OSError("bu testte ağ yok")
socket.socket.connect = socket.getaddrinfo = socket.create_connection = refuse
"""


@pytest.mark.parametrize(("encoding", "numbers"), [("cp1254", "3 5"), ("ascii", "4")])
def test_elsewhere_offline_and_into_a_file(tmp_path, encoding, numbers):
    repository = tmp_path / "Derin Öğrenme ığüşçİ"
    keep_out = shutil.ignore_patterns(".*", "outputs", "__pycache__")
    shutil.copytree(common.ROOT, repository, ignore=keep_out)
    (tmp_path / "sitecustomize.py").write_text(NO_NETWORK, encoding="utf-8")
    environment = os.environ | {"PYTHONIOENCODING": encoding, "PYTHONPATH": str(tmp_path)}
    command = [repository / SCRIPT, "--hizli", "--bolum", *numbers.split()]
    done = python(*command, cwd=tmp_path, env=environment)
    out = done.stdout.decode(encoding)
    assert done.returncode == 0, done.stderr
    assert done.stderr == b""
    assert ("Sonuç" if encoding == "cp1254" else "Sonuc") in out
    assert "[tamam]" in out
    assert not re.search(
        r"\?\S|^. \? ", out, re.MULTILINE
    )  # her harfin okunur bir karşılığı bulundu
    written = {path.name[:2] for path in repository.glob("outputs/hizli/uygulama_01/[0-9]*.png")}
    assert written == {number.zfill(2) for number in numbers.split()}


@pytest.mark.skipif(os.name == "nt", reason="pty yalnız Linux ve macOS'ta var")
def test_pause_in_a_real_terminal(tmp_path):
    import pty

    master, slave = pty.openpty()
    command = [sys.executable, SCRIPT, "--bekle", "--bolum", "9", "--cikti", str(tmp_path)]
    child = subprocess.Popen(command, cwd=common.ROOT, stdin=slave, stdout=slave, stderr=slave)
    os.close(slave)
    seen = b""

    def wait_for(text: str) -> None:
        nonlocal seen
        deadline = time.monotonic() + 60
        while text.encode() not in seen:
            assert time.monotonic() < deadline, seen.decode()
            seen += os.read(master, 4096)

    wait_for("Keras yükleniyor")
    os.write(master, b"\n\n\n")  # sabırsızlık: kimse sormadan basılan tuşlar
    wait_for("Enter: koş")
    time.sleep(0.5)
    assert "Enter: sonucu aç".encode() not in seen
    os.write(master, b"\n")
    wait_for("Enter: sonucu aç")
    assert "Sonuç".encode() not in seen
    os.write(master, b"\n")
    wait_for("Sonuç")
    wait_for("Enter: çık")
    assert child.poll() is None
    time.sleep(0.5)  # istem yazıldı, okumaya başlasın
    child.send_signal(signal.SIGINT)  # Ctrl-C
    assert child.wait(timeout=30) == 130
    os.close(master)


def test_answers_that_need_no_keras_come_at_once():
    for words, code in ((["--liste"], 0), (["--yardim"], 0), (["--bolum", "99"], 2)):
        start = time.perf_counter()
        done = python(SCRIPT, *words, cwd=common.ROOT)
        assert time.perf_counter() - start < 1.5  # boş makinede 0,2 saniye; Keras'la 4
        assert done.returncode == code
        assert "yükleniyor" not in done.stdout.decode()


def test_a_fresh_process_that_fails_says_why(tmp_path):
    with (
        start_python("raise SystemExit('bu dosya açılamaz')") as fresh,
        pytest.raises(LabError, match="bu dosya açılamaz"),
    ):
        predict_in(fresh, tmp_path / "model.keras", np.zeros(3))


# Başkalarının bıraktığı dosyalar -------------------------------------------------------------


@pytest.mark.parametrize(
    ("rows", "kept"),
    [
        ("1,a,2.5,100\n01,a,3.5,100\n 1 ,a,4.5,nan\n", {"1": 4.5}),  # satır çoğalmaz
        ("1,a,2.5,100,fazla,sütun\ntoplam,x,9,1\n", {"1": 2.5, "toplam": 9}),
        ("1,a,nan,1\n2,b,-1,1\n3,c,1e300,1\n4,d,iki,1\n5\n\n6,f,7,1\n", {"6": 7}),
        ("²,a,1,1\nbir,b,1,1\n" + "9" * 5_000 + ",c,1,1\n", {}),
        ("\x00\udcff", {}),
    ],
)
def test_times_that_others_changed(tmp_path, rows, kept):
    path = tmp_path / "sureler.csv"
    path.write_bytes(("bolum,ad,saniye,bellek_mb\n" + rows).encode(errors="surrogateescape"))
    times = read_times(path)
    assert {n: row["saniye"] for n, row in times.items()} == kept
    write_times(path, times)
    assert read_times(path).keys() == kept.keys()
    assert len(path.read_text(encoding="utf-8").splitlines()) == 1 + len(kept)


DEEP = "[" * 100_000


def test_a_foreign_record_stops_neither_the_page_nor_a_lab(lab, monkeypatch):
    run(lab)
    good = {name: json.loads(files(lab)[name]) for name in ("02_second.json", "ders.json")}
    wrong = (None, 3, "x", [], {}, [1], 1e400, 10**4000, True, "\ud800")
    for name, ids in (("02_second.json", {"uygulama_09-1"}), ("ders.json", set())):
        path = lab.folder / name
        broken = [b"\xff\xfe", DEEP.encode(), b"[]", b"7", b"null", b"1" * 5_000]
        broken += [json.dumps({"format": page.FORMAT}).encode()]
        for key in good[name]:
            broken.append(json.dumps({k: v for k, v in good[name].items() if k != key}).encode())
            broken += [json.dumps(good[name] | {key: value}).encode() for value in wrong]
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


@pytest.mark.parametrize(
    "name",
    ["sureler.csv", "01_first.csv", "01_first.png", "01_first_ek.npz", "02_second.json",
     "02_second.keras"],
)  # fmt: skip
def test_a_folder_in_the_place_of_a_file_is_told_before_training(lab, capsys, name):
    folder = lab.out / lab.name / name
    folder.mkdir(parents=True)
    assert run(lab) == 1
    captured = capsys.readouterr()
    assert f"{folder} bir klasör" in captured.err
    assert "--cikti" in captured.err
    assert "Bölüm 1" not in captured.out
    assert folder.is_dir()


def test_the_users_own_files_stay(lab, monkeypatch):
    lab.configure(out=lab.out)
    mine = [lab.folder / name for name in (".12_notlar-2024.md", ".01_first-1.png")]
    mine += [lab.out / "deneme.txt", lab.out / "outputs" / "deneme.txt"]
    for path in mine:
        path.parent.mkdir(exist_ok=True)
        path.write_text("benim", encoding="utf-8")
        os.utime(path, (0, 0))
    run(lab, "--bolum", "1")
    monkeypatch.setattr(common, "ROOT", lab.out)
    assert "yazılabiliyor" in check_outputs()
    assert {path.read_text(encoding="utf-8") for path in mine} == {"benim"}
    assert {path.name for path in (lab.out / "outputs").iterdir()} == {"deneme.txt"}


def test_names_reach_the_page_escaped_and_encoded(lab):
    run(lab)
    evil = "uygulama_<script>alert(1)<!-- #?%\"'"
    lab.folder.rename(lab.out / evil)
    record = lab.out / evil / "01_first.json"
    told = json.loads(record.read_text(encoding="utf-8"))
    told |= {"variant": '"><script>alert(2)</script>', "figures": ['"><script>a#b?c.png']}
    record.write_text(json.dumps(told), encoding="utf-8")
    page.write(lab.out)
    raw = (lab.out / "index.html").read_text(encoding="utf-8")
    assert "<script>a" not in raw
    figures = [t for t in read_page(lab).targets if t.endswith(".png")]
    assert {unquote(t) for t in figures} == {f'{evil}/"><script>a#b?c.png'}
    assert not any(set('<>"#?') & set(t) for t in figures)


# Akışlar ve sistem ---------------------------------------------------------------------------


@pytest.mark.skipif(os.name == "nt", reason="kabuk")
@pytest.mark.parametrize(
    ("redirect", "code", "told"),
    [
        (">&-", 1, "Standart çıktı kapalı"),
        (">/dev/full", 1, "disk dolu"),
        (">/dev/full 2>&1", 1, ""),
        (">/dev/full 2>&-", 1, ""),
        ("<&- 2>&- >/dev/null", 0, ""),
        ("| head -c 1 >/dev/null", 0, ""),
    ],
)
def test_streams_that_take_nothing(redirect, code, told):
    shell = f'"$0" {SCRIPT} --liste {redirect}'
    done = subprocess.run(
        ["sh", "-c", shell, sys.executable], cwd=common.ROOT, capture_output=True, env=UTF8
    )
    err = done.stderr.decode()
    assert done.returncode == code
    assert told in err
    assert "Traceback" not in err
    assert "Exception" not in err
    assert not err or told


@pytest.mark.skipif(os.name == "nt", reason="/dev/full")
def test_output_that_fills_up_in_the_middle_of_a_run(lab, capsys, monkeypatch):
    with open("/dev/full", "w", encoding="utf-8") as full, monkeypatch.context() as patch:  # noqa: PTH123
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
    monkeypatch.setattr(sys, "argv", [SCRIPT, "--bolum", "3", "--cikti", str(lab.out)])
    try:
        with pytest.raises(SystemExit) as stopped:
            lab.run()
    finally:
        signal.signal(signal.SIGTERM, usual)
    assert stopped.value.code == 128 + signal.SIGTERM
    assert not seen[0].exists()


@pytest.mark.parametrize(
    ("target", "name", "value", "told"),
    [
        (time, "time", lambda: 0.0, "saati 1970 yılını gösteriyor"),
        (tempfile, "tempdir", "/olmayan/klasör", "Geçici klasör"),
    ],
)
def test_system_that_would_spoil_the_end_is_told_before_training(
    lab, capsys, monkeypatch, target, name, value, told
):
    with monkeypatch.context() as patch:
        patch.setattr(target, name, value)
        assert run(lab) == 1
    captured = capsys.readouterr()
    assert told in captured.err
    assert "Traceback" not in captured.err
    assert "Bölüm 1" not in captured.out


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="dosya adı UTF-8 olmalı")
def test_output_folder_with_any_name(lab, monkeypatch):
    screen = io.TextIOWrapper(io.BytesIO(), encoding="cp1254", errors="sade")
    monkeypatch.setattr(sys, "stdout", screen)
    lab.out = lab.out / "a\nb\udcff ığ'$"
    assert run(lab) == 0
    assert "02_second.keras" in files(lab)
    assert len(read_page(lab).ids) == 2
    assert "ığ'$" in screen.buffer.getvalue().decode("cp1254")


# Komut satırı --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("windows", "line"),
    [
        (False, "python a.py --ad 'Işık Öz' --cikti /a/b --ayar x=0.1,2 'y=$(q)' 'it'\"'\"'s'"),
        (True, 'python a.py --ad "Işık Öz" --cikti /a/b --ayar x=0.1,2 "y=$(q)" "it\'s"'),
    ],
)
def test_commands_are_written_for_the_shell(windows, line):
    words = ["python", "a.py", "--ad", "Işık Öz", "--cikti", "/a/b", "--ayar", "x=0.1,2"]
    assert command_line(*words, "y=$(q)", "it's", windows=windows) == line


def test_stopped_before_the_first_section_repeats_what_was_typed(lab, capsys, monkeypatch):
    def interrupt(section):
        raise KeyboardInterrupt

    monkeypatch.setattr(lab, "announce", interrupt)
    words = ["--hizli", "--bolum", "2", "1", "--ayar", "kind=a b", "--tohum", "7"]
    assert run(lab, *words) == 130
    typed_ = shlex.join([*words, "--cikti", str(lab.out)])
    assert f"Yeniden: python uygulama_09_deneme.py {typed_}\n" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("--bolum 1 --surdur", ("--surdur", "7")),
        ("--bolum 1 8 --ablasyon", ("--ablasyon", "7")),
        ("--bolum 1 --uzun", ("--uzun", "7 8")),
        ("--bolum 7 --ad Ada", ("--ad", "8")),
        ("--sira temel --surdur", ("--surdur", "7")),
    ],
)
def test_an_option_that_no_chosen_section_knows_is_refused(capsys, tmp_path, words, told):
    lab = LABS["uygulama_04_custom_loop"]
    assert lab.main([*words.split(), "--hizli", "--cikti", str(tmp_path)]) == 2
    err = capsys.readouterr().err
    assert f"{told[0]}: seçilen bölümlerde işi yok" in err
    assert f"--bolum {told[1]}\n" in err


def test_bolum_twice_chooses_both(lab):
    assert [s.number for s in understand(lab, ["--bolum", "2", "--bolum", "1"]).chosen] == [1, 2]


# Yorumlayıcı ---------------------------------------------------------------------------------


def test_without_docstrings_the_titles_are_still_there():
    usual, bare = (
        python(*options, SCRIPT, "--liste", cwd=common.ROOT) for options in ([], ["-OO"])
    )
    assert bare.returncode == 0
    assert bare.stdout == usual.stdout


def test_too_new_a_python_is_told_which_one_to_install():
    done = start("sys.modules['seaborn'] = None; sys.version_info = (3, 14, 0)")
    assert done.returncode == 1
    assert "Python 3.14 henüz yeni" in done.stderr
    assert "3.11 - 3.13" in done.stderr
