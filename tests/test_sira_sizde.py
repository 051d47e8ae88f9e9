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


def tried(script, level: str, folder, seed: int) -> int:
    return script.lab.main([
        "--sira",
        level,
        "--tohum",
        str(seed),
        "--cikti",
        str(folder),
    ])


@pytest.mark.parametrize("stem", LABS)
def test_each_lab_has_its_exercises(stem):
    assert list(LABS[stem].exercises) == [*LEVELS, "yaz"]
    assert all(
        task.section in LABS[stem].sections for task in LABS[stem].exercises.values()
    )


@pytest.mark.parametrize(("stem", "level"), TASKS)
def test_task_has_a_hint_a_solution_and_keeps_what_is_expected_to_itself(
    stem, level, capsys
):
    lab, exercise = LABS[stem], LABS[stem].exercises[level]
    assert lab.main(["--sira", level, "--ipucu"]) == 0
    hint = capsys.readouterr().out
    assert exercise.hint
    assert exercise.write(exercise.low) not in hint
    assert lab.main(["--sira", level, "--cozum"]) == 0
    assert "Çözüm:" in capsys.readouterr().out


@pytest.mark.tam
@pytest.mark.parametrize(("stem", "level"), TASKS)
def test_task_done_is_judged_right(stem, level, full_seed, tmp_path, capsys):
    text = (ROOT / f"{stem}.py").read_text(encoding="utf-8")
    if not LABS[stem].exercises[level].settings:
        assert text.count(MARK) == 1
        text = text.replace(MARK, LABS[stem].exercises[level].solution)
    assert tried(load_script(text, stem, tmp_path), level, tmp_path, full_seed) == 0
    assert "✓ beklenen" in capsys.readouterr().out
