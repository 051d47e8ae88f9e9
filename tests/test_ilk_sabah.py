"""Sınıfın ilk sabahı: yanlış yazılan her şey için doğru cümle, doğru çare."""

import pytest

from common.classroom.check import usable_cores
from common.classroom.command import understand
from common.classroom.source import read_outline
from common.files import LabError

SCRIPT = '''\
lab = Lab("uygulama_09_deneme", "Deneme", "00:00-01:00")

@lab.section{given}
def first(
    size={size},  # satır
):
    """Birinci"""

@lab.section
def second(rate=0.5):
    """İkinci"""
'''


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ({"size": "3 * 10"}, "satır 5: size ayarı okunamadı: “3 * 10” bir hesap."),
        ({"size": "len(x)"}, "satır 5: size ayarı okunamadı: “len(x)” bir hesap."),
        ({"given": "(quick={'size': 1 + 1})"}, "satır 3: quick ayarı okunamadı"),
        ({"size": "3,\n    *, x=2"}, ""),
    ],
)
def test_a_setting_that_cannot_be_read_stops_only_its_own_section(
    tmp_path, words, told
):
    path = tmp_path / "uygulama_09_deneme.py"
    text = SCRIPT.format(**{"given": "", "size": "3"} | words)
    path.write_text(text, encoding="utf-8-sig")  # Not Defteri'nin BOM'u ile
    outline = read_outline(path)
    assert understand(outline, ["--bolum", "2"]).chosen[0].name == "second"
    assert understand(outline, ["--liste"]) is None
    for chosen in ([], ["--bolum", "1"]):
        if told:
            with pytest.raises(LabError, match=r"uygulama_09_deneme\.py, ") as stopped:
                understand(outline, chosen)
            assert told in str(stopped.value)


def test_a_setting_without_a_value_stops_only_its_own_section(tmp_path):
    path = tmp_path / "uygulama_09_deneme.py"
    text = SCRIPT.replace("size={size}", "size").format(given="")
    path.write_text(text, encoding="utf-8")
    with pytest.raises(LabError, match="satır 5: size ayarı okunamadı: değeri yok"):
        understand(read_outline(path), ["--bolum", "1"])


def test_cores_are_those_that_the_container_gives(tmp_path):
    (tmp_path / "cpu.max").write_text("100000 100000\n", encoding="utf-8")
    assert usable_cores(tmp_path / "cpu.max") == 1
    (tmp_path / "cpu.max").write_text("max 100000\n", encoding="utf-8")
    assert usable_cores(tmp_path / "cpu.max") == usable_cores(tmp_path / "yok") >= 1
