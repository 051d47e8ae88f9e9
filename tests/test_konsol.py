"""Komut satırı ve canlı konsol: her yanlışa doğru Türkçe cümle, hepsi tek süreçte."""

import dataclasses
import io
import os
import shlex
import signal
import sys
from unittest.mock import Mock

import pytest
from helpers import add_two_sections

from common.classroom.command import MAX_SEED, read_settings, typed, understand
from common.classroom.live import keyboard_muted
from common.classroom.source import read_outline
from common.files import ROOT, LabError, command_line


@pytest.fixture
def lab(lab):
    """Beside two sections a third one that knows an option and runs only if asked."""
    lab.option("--uzun", "uzun eğitim")
    lab.option("--ad", "afişteki ad", value="AD")

    @add_two_sections(lab).section(options=["uzun"], curious=True, alone=True)
    def third(
        wrong=False,  # yanlış olsun mu
    ):
        """Üçüncü bölüm"""
        if wrong:
            raise ValueError("olmaz")
        signal.raise_signal(signal.SIGINT)

    task = {"task": "Ne olur?", "quantity": "satır", "low": 4, "high": 6}
    lab.exercise(level="temel", section="first", settings={"size": 5}, **task)
    return lab


SETTINGS = "size=3   satır sayısı"
NO_TASK = "--sira kolay: böyle bir alıştırma yok"
WRONG = [  # what is typed, what is told
    ("--bolum 99", ["Böyle bir bölüm yok: 99", "1  Birinci", "3  Üçüncü bölüm (mer"]),
    ("--bolum", ["--bolum eksik yazıldı", "--bolum N"]),
    ("--hızlı", ["--hızlı: anlaşılmadı", "--hizli"]),
    ("--bolm 3", ["--bolm 3: anlaşılmadı", "--bolum mi demek istediniz?"]),
    ("--goster", ["--goster artık yok", "outputs/index.html"]),
    ("--bolum 1 --uzun", ["--uzun: seçilen bölümlerde işi yok", "--bolum 3\n"]),
    ("--sira temel --uzun", ["--uzun: seçilen bölümlerde işi yok", "--bolum 3\n"]),
    ("--ad", ["--ad eksik yazıldı"]),
    ("--sira temel --bolum 1", ["--sira kendi bölümünü"]),
    ("--sira kolay", [NO_TASK, "Bu uygulamadakiler: temel"]),
    ("--sira --hizli", ["--sira eksik yazıldı", "DÜZEY"]),
    ("--bastan", ["--sira DÜZEY"]),
    ("--sira temel --bastan", ["--bastan yalnız --sira yaz"]),
    ("--hizli=çok", ["--hizli bir değer almaz", "--hizli]"]),
    ("--tohum kırk", ["--tohum kırk", "tam sayı"]),
    (f"--tohum {MAX_SEED + 1}", ["tam sayı"]),
    (f"--tohum {'9' * 5_000}", ["tam sayı"]),
    ("--cikti=", ["klasörün adı boş"]),
    (f"--hizli --cikti '{ROOT / 'outputs'}'", ["dersin sonuçlarının"]),
    ("--ayar size=2", ["--bolum"]),
    ("--bolum 1 --ayar siz=2", ["siz=2: böyle bir ayar yok", SETTINGS]),
    ("--bolum 1 --ayar size=iki", ["size=iki: size ayarına pozitif tam s", SETTINGS]),
    ("--bolum 1 --ayar size=0", ["size=0: size ayarına pozitif tam sayı", SETTINGS]),
    ("--bolum 1 --ayar size=51", ["size 1 ile 50 arasında olmalı", SETTINGS]),
    ("--bolum 1 --ayar rates=0.1,2", ["rates 0 ile 1 arasında olmalı", SETTINGS]),
    ("--bolum 1 --ayar size", ["size: size ayarına", SETTINGS]),
    ("--bolum 1 --ayar rate=-1", ["rate=-1: rate ayarına", SETTINGS]),
    ("--bolum 1 --ayar rates=", ["rates=: rates ayarına virgülle", SETTINGS]),
    ("--bolum 1 --ayar fast=2", ["fast=2: fast ayarına True ya da Fa", SETTINGS]),
]


@pytest.mark.parametrize(("words", "told"), WRONG)
def test_a_wrong_command_line_is_told_in_turkish(lab, capsys, words, told):
    out = [] if "--cikti" in words else ["--cikti", str(lab.out)]
    assert lab.main([*shlex.split(words), *out]) == 2
    captured = capsys.readouterr()
    assert [text for text in told if text not in captured.err] == []
    assert "Traceback" not in captured.err
    assert captured.out == ""


def test_questions_to_the_command_line_are_answered(lab, told):
    assert lab.main(["--yardim"]) == 0
    told("kullanım", "--bolum", "--ad AD", "uzun eğitim")
    assert lab.main(["--bolum", "1", "--yardim"]) == 0
    told(SETTINGS, "rate=0.5   oran", "rates=0.1,0.3")
    assert lab.main(["--liste"]) == 0
    told("Birinci bölüm", "Üçüncü bölüm (meraklısına)")


TYPED = [
    ("rate=0,25 rates=0.1,0.3,0.9", {"rate": 0.25, "rates": (0.1, 0.3, 0.9)}),
    ("rates=0,2;1", {"rates": (0.2, 1.0)}),
    ("rates=0.1, 0.3 0.9", {"rates": (0.1, 0.3, 0.9)}),
    ("rates=(0.5, 1) kind=tanh", {"rates": (0.5, 1.0), "kind": "tanh"}),
    ("fast=True", {"fast": True}),
]


@pytest.mark.parametrize(("words", "settings"), TYPED)
def test_settings_are_understood_as_they_are_typed(lab, words, settings):
    command = understand(lab, ["--bolum", "1", "--ayar", *words.split()])
    assert command.settings == settings


def test_sections_run_in_their_order_and_those_that_run_alone_are_asked_for(lab):
    for words in ("--bolum 2 --bolum 1", ""):
        chosen = understand(lab, words.split()).chosen
        assert [section.number for section in chosen] == [1, 2]


def test_limits_of_settings_hold_where_a_section_is_called(lab):
    with pytest.raises(LabError, match="size 1 ile 50 arasında olmalı"):
        lab.sections["first"].run(size=51)


def test_what_the_help_prints_can_be_typed_back():
    outlines = map(read_outline, sorted(ROOT.glob("uygulama_0*.py")))
    sections = [section for one in outlines for section in one.sections.values()]
    brackets = {"measures": ("yarıçap (hata)", "alan (hata)")}
    sections.append(dataclasses.replace(sections[0], settings=brackets))
    settings = [(s, {n: v}) for s in sections for n, v in s.settings.items()]
    assert len(settings) > 100
    for section, usual in settings:
        assert read_settings([section], typed(usual)) == usual, section.name
        split = " ".join(typed(usual)).split()  # PowerShell, canlı konsol
        assert read_settings([section], split) == usual, section.name


PATIENT = "satır {}: patient ayarı okunamadı: "
UNREADABLE = [  # what lab 01 says of a setting, how a student writes it, what is told
    ("patient=25,", "patient=5 * 5,", PATIENT + "“5 . 5” bir hesap."),
    ("patient=25,", "patient,", PATIENT + "değeri yok"),
    ("(0, 113)}", "(0, 100 + 13)}", "satır {}: limits ayarı okunamadı"),
]


@pytest.mark.parametrize(("right", "wrong", "told"), UNREADABLE)
def test_a_setting_that_cannot_be_read_stops_its_own_section(
    tmp_path, right, wrong, told
):
    name = "uygulama_01_keras_sequential.py"
    before, after = (ROOT / name).read_text(encoding="utf-8").split(right)
    text = f"{before}{wrong}{after}"
    (tmp_path / name).write_text(text, encoding="utf-8-sig")  # Not Defteri'nin BOM'u
    outline = read_outline(tmp_path / name)
    assert understand(outline, ["--bolum", "1"]).chosen[0].number == 1
    assert understand(outline, ["--liste"]) is None
    line = before.count("\n") + 1
    for chosen in ([], ["--bolum", "2"]):
        with pytest.raises(LabError, match=f"{name}, {told.format(line)}"):
            understand(outline, chosen)


def test_commands_are_written_for_the_shell():
    words = ["python", "a.py", "--ad", "Işık Öz", "--ayar", "x=0.1,2", "y=$(q)", "it's"]
    unix = """python a.py --ad 'Işık Öz' --ayar x=0.1,2 'y=$(q)' 'it'"'"'s'"""
    dos = 'python a.py --ad "Işık Öz" --ayar "x=0.1,2" "y=$(q)" "it\'s"'
    lines = [command_line(*words, windows=windows) for windows in (False, True)]
    assert lines == [unix, dos]


def test_live_console_understands_its_keys(lab, told, monkeypatch):
    lines = ["?", "t", "l", "k", "kk", "üç bence", "1 size=2", "", "t", "geç", "k", ""]
    lines += ["= 3", "1", "", "g", "a", "1 x=1", "1 size=51", "99", "--bolum 3", "q"]
    monkeypatch.setattr("builtins.input", Mock(side_effect=lines))
    assert lab.ran("--bekle") == 0
    keys = ["bir bölüm geri gider", "Henüz koşan bölüm yok", "Üçüncü bölüm (mer"]
    keys += ["def first(", "@first.result", "x=1: böyle bir ayar yok", "size 1 ile 50"]
    keys += ["Tahmin: üç bence", "Sonuç: 2 satır", "Tahmin: 3", "Sonuç: 3 satır"]
    keys += ["Tahmin: geç", "Tahminse: = 99", "Seçenek burada yazılmaz"]
    said = told(*keys)
    assert said.count("Deneme: size=2") == 2  # t yineler,
    assert said.count("Tahmin: üç bence") == 1  # tahmini değil
    assert said.count("Bölüm 2 ·") == 2  # g geri gitti, a yine buraya
    assert "Tahmin: 3" in (lab.out / "index.html").read_text(encoding="utf-8")


def test_ctrl_c_in_the_live_console(lab, capsys, monkeypatch):
    lines = ["", "3 wrong=True", "", KeyboardInterrupt]
    monkeypatch.setattr("builtins.input", Mock(side_effect=lines))
    assert lab.ran("--bekle", "--bolum", "3") == 130  # eğitimde isteme döner
    captured = capsys.readouterr()
    assert "Durduruldu" in captured.out
    assert "uymuyor olabilir: wrong=True\nValueError: olmaz\n" in captured.out
    assert "Ctrl-C" in captured.err


@pytest.mark.skipif(os.name == "nt", reason="Windows'ta borunun içi atılamaz")
def test_what_was_typed_ahead_into_a_pipe_is_dropped(monkeypatch):
    read, write = os.pipe()
    with open(read, encoding="utf-8") as pipe, open(write, "wb", 0) as keys:  # noqa: PTH123
        monkeypatch.setattr(sys, "stdin", pipe)
        with keyboard_muted():
            keys.write(b"\n\n\n")
        keys.write("üç\n".encode())
        assert sys.stdin.readline() == "üç\n"


def test_a_keyboard_without_a_descriptor_still_types(monkeypatch):
    idle = io.StringIO("üç\n")
    idle.isatty = lambda: True
    monkeypatch.setattr(sys, "stdin", idle)
    with keyboard_muted():
        assert sys.stdin.readline() == "üç\n"
