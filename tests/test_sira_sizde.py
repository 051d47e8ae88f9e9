"""Sıra sizde: değişiklik yapılınca sonuç söz verilen aralıkta, yapılmayınca değil."""

import importlib.util
import re
import sys

import pytest
from conftest import LABS

import common
from common.old import OldLab

LEVELS = ["temel", "orta", "ileri"]
OLD = {stem: lab for stem, lab in LABS.items() if isinstance(lab, OldLab)}
NEW = {stem: lab for stem, lab in LABS.items() if stem not in OLD}
TASKS = [(stem, exercise) for stem, lab in OLD.items() for exercise in lab.old_exercises]
NAMES = [f"{stem[:12]}-{exercise.level}" for stem, exercise in TASKS]
SETTINGS = [(s, e) for s, e in TASKS if e.constants]  # ileri: sorulan satır betikte henüz yok

# İleri alıştırmaların çözümleri: betikteki satır → yerine yazılan
SOLUTIONS = {
    "uygulama_04_custom_loop": (
        '    "global_clipnorm": clip_global,\n',
        """    "global_clipnorm": clip_global,
    "sabit norm": lambda gradients: [
        g * CLIP_NORM / tf.linalg.global_norm(gradients) for g in gradients
    ],
""",
    ),
}


def changed(stem: str, exercise) -> str:
    """The script's text after the change that the exercise asks for."""
    text = (common.ROOT / f"{stem}.py").read_text(encoding="utf-8")
    if not exercise.constants:
        line, instead = SOLUTIONS[stem]
        assert text.count(line) == 1
        return text.replace(line, instead)
    for name, value in exercise.constants.items():
        text, count = re.subn(rf"(?m)^{name} = [^#\n]*", f"{name} = {value!r}  ", text)
        assert count == 1, name
    return text


def load(text: str, stem: str, folder):
    """A script with this text, imported from a folder of its own."""
    path = folder / f"{stem}.py"
    path.write_text(text, encoding="utf-8")
    spec = importlib.util.spec_from_file_location(f"{stem}_denenen", path)
    script = sys.modules[spec.name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    return script


def outcome(text: str, stem: str, exercise, folder, seed: int) -> float:
    """Run the section of a script with this text; the quantity that the exercise compares."""
    script = load(text, stem, folder)
    script.lab.configure(out=folder, seed=seed)
    return exercise.measure(script.lab.sections[exercise.section].run())


@pytest.mark.parametrize("stem", LABS)
def test_each_lab_has_three_exercises(stem):
    lab = LABS[stem]
    tasks = lab.old_exercises if stem in OLD else list(lab.exercises.values())
    assert [exercise.level for exercise in tasks] == LEVELS
    assert all(exercise.section in lab.sections for exercise in tasks)


@pytest.mark.parametrize(("stem", "exercise"), TASKS, ids=NAMES)
def test_the_change_is_really_one(stem, exercise):
    before = (common.ROOT / f"{stem}.py").read_text(encoding="utf-8")
    assert changed(stem, exercise) != before


@pytest.mark.tam
@pytest.mark.parametrize(("stem", "exercise"), TASKS, ids=NAMES)
def test_result_is_in_the_range_that_was_promised(stem, exercise, full_seed, tmp_path):
    found = outcome(changed(stem, exercise), stem, exercise, tmp_path, full_seed)
    assert exercise.low <= found <= exercise.high


@pytest.mark.tam
@pytest.mark.parametrize(
    ("stem", "exercise"), SETTINGS, ids=[f"{stem[:12]}-{e.level}" for stem, e in SETTINGS]
)
def test_without_the_change_the_result_is_another(stem, exercise, full_seed, tmp_path):
    text = (common.ROOT / f"{stem}.py").read_text(encoding="utf-8")
    found = outcome(text, stem, exercise, tmp_path, full_seed)
    assert not exercise.low <= found <= exercise.high


# Yeni yazılış: --sira bölümü alıştırmanın ayarlarıyla koşar, hükmü kendisi verir ---------------

NEW_TASKS = [(stem, level) for stem in NEW for level in LEVELS]
MARK = "# Sıra sizde (ileri): bir satır da siz ekleyin"


def tried(script, level: str, folder, seed: int) -> int:
    return script.lab.main(["--sira", level, "--tohum", str(seed), "--cikti", str(folder)])


@pytest.mark.parametrize(("stem", "level"), NEW_TASKS)
def test_task_has_a_hint_a_solution_and_keeps_what_is_expected_to_itself(stem, level, capsys):
    lab, exercise = NEW[stem], NEW[stem].exercises[level]
    assert lab.main(["--sira", level, "--ipucu"]) == 0
    hint = capsys.readouterr().out
    assert exercise.hint
    assert exercise.write(exercise.low) not in hint
    assert lab.main(["--sira", level, "--cozum"]) == 0
    assert "Çözüm:" in capsys.readouterr().out


@pytest.mark.tam
@pytest.mark.parametrize(("stem", "level"), NEW_TASKS)
def test_task_done_is_judged_right(stem, level, full_seed, tmp_path, capsys):
    text = (common.ROOT / f"{stem}.py").read_text(encoding="utf-8")
    if not NEW[stem].exercises[level].settings:
        assert text.count(MARK) == 1
        text = text.replace(MARK, NEW[stem].exercises[level].solution)
    assert tried(load(text, stem, tmp_path), level, tmp_path, full_seed) == 0
    assert "✓ beklenen" in capsys.readouterr().out


@pytest.mark.tam
@pytest.mark.parametrize(("stem", "level"), NEW_TASKS)
def test_task_not_done_is_not_judged_right(stem, level, full_seed, tmp_path, capsys):
    exercise = NEW[stem].exercises[level]
    text = (common.ROOT / f"{stem}.py").read_text(encoding="utf-8")
    script = load(text, stem, tmp_path)
    if not exercise.settings:
        assert tried(script, level, tmp_path, full_seed) == 1
        assert "henüz yok" in capsys.readouterr().out
        return
    script.lab.configure(out=tmp_path, seed=full_seed)
    usual = exercise.measure(script.lab.sections[exercise.section].run())
    assert not exercise.low <= usual <= exercise.high
