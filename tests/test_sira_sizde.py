"""Sıra sizde: `--sira` bölümü alıştırmanın ayarlarıyla koşar, hükmü kendisi verir.

Yapılmayan alıştırmayı bölümlerin kendi koşuları sınar (test_bolumler.py).
"""

import pytest
from helpers import LABS, LEVELS, TASKS, load_script

from common.files import ROOT

MARK = "# Sıra sizde (ileri): bir satır da siz ekleyin"


def pytest_generate_tests(metafunc):
    if "full_seed" in metafunc.fixturenames:
        metafunc.parametrize("full_seed", metafunc.config.getoption("--tohum"))


@pytest.mark.parametrize(("stem", "level"), TASKS)
def test_task_has_a_hint_a_solution_and_keeps_what_is_expected_to_itself(
    stem, level, told
):
    lab, exercise = LABS[stem], LABS[stem].exercises[level]
    assert list(lab.exercises) == [*LEVELS, "yaz"]
    assert lab.main(["--sira", level, "--ipucu"]) == 0
    assert exercise.hint
    told("İpucu:", never=exercise.write(exercise.low))
    assert lab.main(["--sira", level, "--cozum"]) == 0
    told("Çözüm:")


@pytest.mark.tam
@pytest.mark.parametrize(("stem", "level"), TASKS)
def test_task_done_is_judged_right(stem, level, full_seed, tmp_path, told):
    text = (ROOT / f"{stem}.py").read_text(encoding="utf-8")
    exercise = LABS[stem].exercises[level]
    if not exercise.settings:
        assert text.count(MARK) == 1
        text = text.replace(MARK, exercise.solution)
    lab = load_script(text, stem, tmp_path).lab
    words = ["--sira", level, "--tohum", str(full_seed), "--cikti", str(tmp_path)]
    assert lab.main(words) == 0
    told("✓ beklenen")
