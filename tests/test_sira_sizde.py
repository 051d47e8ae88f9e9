"""Sıra sizde: her alıştırmanın değişikliği betiğin metninde yapılır, sonucu söz verilen aralıkta.

İleri alıştırmaların çözümleri de buradadır.
"""

import re
import types

import pytest
from conftest import LABS

import common

LEVELS = ["temel", "orta", "ileri"]
TASKS = [(stem, exercise) for stem, lab in LABS.items() for exercise in lab.exercises]
NAMES = [f"{stem[:12]}-{exercise.level}" for stem, exercise in TASKS]
SETTINGS = [(s, e) for s, e in TASKS if e.constants]  # ileri: sorulan satır betikte henüz yok

# İleri alıştırmaların çözümleri: betikteki satır → yerine yazılan
SOLUTIONS = {
    "uygulama_01_keras_sequential": (
        '    "arctan": Activation(keras.ops.arctan, np.arctan, lambda x: 1 / (x**2 + 1)),\n',
        """    "Mish": Activation(
        "mish",
        lambda x: x * np.tanh(np.log1p(np.exp(x))),
        lambda x: np.tanh(np.log1p(np.exp(x)))
        + x * sigmoid(x) * (1 - np.tanh(np.log1p(np.exp(x))) ** 2),
    ),
""",
    ),
    "uygulama_02_callbacks_lr": (
        '        "OneCycle": OneCycle(high, n_steps),\n',
        """        "OneCycle": OneCycle(high, n_steps),
        "doğrusal": lambda step: high * (1 - step / n_steps),
""",
    ),
    "uygulama_03_functional_api": (
        "        (392 + 1) * 64 + (392 + 1) * 32 + 32 * 64 + (64 + 1) * 10,\n    ),\n",
        """        (392 + 1) * 64 + (392 + 1) * 32 + 32 * 64 + (64 + 1) * 10,
    ),
    "Multiply": (
        lambda: halves_model(layers.Multiply(), BRANCH),
        2 * (392 + 1) * 64 + (64 + 1) * 10,
    ),
""",
    ),
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


def outcome(text: str, stem: str, exercise, folder, seed: int) -> float:
    """Run the section of a script with this text; the quantity that the exercise compares."""
    script = types.ModuleType(stem)
    exec(compile(text, f"{stem}.py", "exec"), script.__dict__)
    script.lab.configure(out=folder, seed=seed)
    return exercise.measure(script.lab.sections[exercise.section].run())


@pytest.mark.parametrize("stem", LABS)
def test_each_lab_has_three_exercises(stem):
    lab = LABS[stem]
    assert [exercise.level for exercise in lab.exercises] == LEVELS
    assert all(exercise.section in lab.sections for exercise in lab.exercises)


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
